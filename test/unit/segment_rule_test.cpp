#include "segment/segment_rule.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::segment;

namespace {

// JSON as short as tests want it.
JsonValue text(std::string value) { return {JsonValue::Kind::string, std::move(value), {}, {}}; }
JsonValue number(std::string value) { return {JsonValue::Kind::number, std::move(value), {}, {}}; }
JsonValue list(std::vector<JsonValue> items) { return {JsonValue::Kind::array, {}, std::move(items), {}}; }
JsonValue object(std::vector<std::pair<std::string, JsonValue>> pairs) {
    JsonValue json{JsonValue::Kind::object, {}, {}, {}};
    for (auto &[key, value] : pairs) {
        json.keys.push_back(key);
        json.items.push_back(std::move(value));
    }
    return json;
}
JsonValue tag(const std::string &name) { return object({{"tag", text(name)}}); }
JsonValue compare(const char *is, JsonValue value) {
    return object({{"column", text("c")}, {"is", text(is)}, {"value", std::move(value)}});
}

// What parse says of a rule that is wrong.
std::string refusal(const JsonValue &json, std::string *state = nullptr) {
    try {
        parse(json);
    } catch (const Error &e) {
        if (state) *state = e.state();
        return e.what();
    }
    return "taken";
}

// Leaves are their tags.
struct TagSql final : LeafSql {
    std::string sql(const Node &leaf) override { return std::get<Tag>(leaf.what).tag; }
};
std::string sql_of(const JsonValue &json) {
    TagSql leaves;
    return condition(parse(json), leaves, 2);
}

} // namespace

TEST(SegmentRule, NamesTheNodeThatIsWrong) {
    const JsonValue wrong = object({{"colum", text("c")}});
    EXPECT_EQ(refusal(wrong), "rule: it is not known what to test");
    EXPECT_EQ(refusal(object({{"all", list({tag("a"), object({{"any", list({wrong})}})})}})),
              "rule node all[1].any[0]: it is not known what to test");
    EXPECT_EQ(refusal(object({{"not", object({{"at_least", number("1")}, {"of", list({tag("a"), wrong})}})}})),
              "rule node not.of[1]: it is not known what to test");
}

TEST(SegmentRule, RefusesWhatIsNotItsGrammar) {
    EXPECT_EQ(refusal(text("a")), "rule: a rule must be an object");
    EXPECT_EQ(refusal(object({})), "rule: it is not known what to test");
    EXPECT_EQ(refusal(object({{"all", list({})}})), "rule: all must be an array of at least one rule");
    EXPECT_EQ(refusal(object({{"any", tag("a")}})), "rule: any must be an array of at least one rule");
    EXPECT_EQ(refusal(object({{"all", list({tag("a")})}, {"any", list({tag("b")})}})),
              "rule: the key \"any\" is not known here");
    EXPECT_EQ(refusal(object({{"at_least", number("2")}, {"of", list({tag("a")})}})),
              "rule: at_least asks for more rules than there are");
    for (const char *const n : {"0", "-1", "1.5", "1e3", "99999999999"})
        EXPECT_EQ(refusal(object({{"at_least", number(n)}, {"of", list({tag("a")})}})),
                  "rule: at_least must be a whole number from 1 on");
    EXPECT_EQ(refusal(compare("==", text("x"))), "rule: \"==\" is not a comparison");
    EXPECT_EQ(refusal(compare("=", JsonValue{})), "rule: a value must be a string, a number, true or false");
    EXPECT_EQ(refusal(compare("=", list({text("x")}))), "rule: a value must be a string, a number, true or false");
    EXPECT_EQ(refusal(compare("in", text("x"))), "rule: in takes an array of values");
    EXPECT_EQ(refusal(compare("in", list({}))), "rule: in takes an array of values");
    EXPECT_EQ(refusal(compare("between", list({text("x")}))), "rule: between takes an array of two values");
    EXPECT_EQ(refusal(compare("null", text("x"))), "rule: the key \"value\" is not known here");
    EXPECT_EQ(refusal(object({{"column", text("c")}, {"is", text("=")}})), "rule: the key \"value\" is missing");
    EXPECT_EQ(refusal(object({{"column", number("1")}, {"is", text("=")}})),
              "rule: column must be a string that is not empty");
    EXPECT_EQ(refusal(object({{"in_segment", text("")}})), "rule: in_segment must be a string that is not empty");
    const auto did = [](const char *key, JsonValue value) {
        return object({{"did", text("e")}, {key, std::move(value)}});
    };
    EXPECT_EQ(refusal(did("times", number("0"))), "rule: times 0 is fulfilled by everybody");
    EXPECT_EQ(refusal(object({{"did", text("e")}, {"times", number("3")}, {"at_most", number("2")}})),
              "rule: at_most is less than times");
    EXPECT_EQ(refusal(object({{"did", text("e")}, {"within", text("1 day")}, {"since", text("x")}})),
              "rule: within and since both say when the span begins");
    EXPECT_EQ(refusal(did("in", text("1 day"))), "rule: the key \"in\" is not known here");
    const auto near = [](const char *km, const char *lat, const char *lon) {
        return object({{"within_km", number(km)}, {"of", list({number(lat), number(lon)})}});
    };
    EXPECT_EQ(refusal(near("-1", "0", "0")), "rule: within_km must be from 0 to 20015");
    EXPECT_EQ(refusal(near("1", "90.5", "0")), "rule: latitude must be from -90 to 90");
    EXPECT_EQ(refusal(near("1", "0", "361")), "rule: longitude must be from -360 to 360");
    EXPECT_EQ(refusal(near("1", "0", "359")), "taken");
    EXPECT_EQ(refusal(near("1e999", "0", "0")), "rule: within_km must be a number");
    EXPECT_EQ(refusal(object({{"within_km", number("1")}, {"of", list({number("1")})}})),
              "rule: of must be [latitude, longitude]");
}

TEST(SegmentRule, BoundsDepthAndSize) {
    JsonValue deep = tag("a");
    for (int i = 0; i < max_depth; ++i) deep = object({{"not", deep}});
    EXPECT_EQ(refusal(deep), "taken");
    std::string state;
    EXPECT_NE(refusal(object({{"not", deep}}), &state).find("nested too deeply"), std::string::npos);
    EXPECT_EQ(state, "54000");
    std::vector<JsonValue> many(max_nodes - 1, tag("a"));
    EXPECT_EQ(refusal(object({{"any", list(many)}})), "taken");
    many.push_back(tag("a"));
    EXPECT_NE(refusal(object({{"any", list(many)}}), &state).find("too many parts"), std::string::npos);
    EXPECT_EQ(state, "54000");
}

TEST(SegmentRule, CombinesWithParentheses) {
    EXPECT_EQ(sql_of(object({{"all", list({tag("a"), object({{"any", list({tag("b"), tag("c")})}})})}})),
              "((a)\n  AND ((b)\n      OR (c)))");
    EXPECT_EQ(sql_of(object({{"not", tag("a")}})), "(a) IS NOT TRUE");
    EXPECT_EQ(sql_of(object({{"at_least", number("2")}, {"of", list({tag("a"), tag("b")})}})),
              "(CASE WHEN a THEN 1 ELSE 0 END\n  OPERATOR(pg_catalog.+) CASE WHEN b THEN 1 ELSE 0 END)"
              " OPERATOR(pg_catalog.>=) 2");
}

TEST(SegmentRule, SaysItInWords) {
    const JsonValue did = object({{"did", text("purchase")}, {"times", number("3")}, {"within", text("30 days")}});
    const JsonValue rule =
        object({{"all", list({compare("in", list({text("DE"), text("FR")})), object({{"not", did}}),
                              compare(">", number("5")), compare("between", list({number("1"), number("2")}))})}});
    EXPECT_EQ(explain(parse(rule)), "all of these:\n"
                                    "  c is one of 'DE', 'FR'\n"
                                    "  not:\n"
                                    "    did purchase at least 3 times within 30 days\n"
                                    "  c is more than 5\n"
                                    "  c is between 1 and 2");
    const auto words_of_did = [](std::vector<std::pair<std::string, JsonValue>> more) {
        more.insert(more.begin(), {"did", text("e")});
        return words(parse(object(std::move(more))));
    };
    EXPECT_EQ(words_of_did({}), "did e at least once");
    EXPECT_EQ(words_of_did({{"at_most", number("0")}}), "never did e");
    EXPECT_EQ(words_of_did({{"at_most", number("2")}}), "did e at most 2 times or never");
    EXPECT_EQ(words_of_did({{"times", number("2")}, {"at_most", number("2")}}), "did e exactly 2 times");
    EXPECT_EQ(words_of_did({{"times", number("1")}, {"at_most", number("3")}, {"since", text("2024-01-01")}}),
              "did e 1 to 3 times since 2024-01-01");
}

TEST(SegmentRule, SaysWhatItSawAndWhatToDo) {
    const auto error = [](const JsonValue &json) {
        try {
            parse(json);
        } catch (const Error &e) {
            return e.detail() + " " + e.hint();
        }
        return std::string("taken");
    };
    // jsonb has short keys first.
    EXPECT_EQ(error(object({{"is", text("=")}, {"colum", text("age")}, {"value", number("3")}})),
              "Its keys are \"is\", \"colum\", \"value\". "
              "A rule is one of all, any, not, at_least, column, did, in_segment, within_km and tag.");
    EXPECT_EQ(
        error(object({{"column", text("c")}, {"si", text("=")}})),
        "Its keys are \"column\", \"si\". Add \"is\". Comparisons are: =, <>, <, <=, >, >=, in, not in, between, null, "
        "not null, starts with, contains.");
    EXPECT_EQ(error(object({{"column", text("c")}, {"is", text("=")}})),
              "Its keys are \"column\", \"is\". Add \"value\".");
    EXPECT_EQ(error(object({{"all", tag("a")}})), "It is an object. Write \"all\": [rule, rule], also for one rule.");
    EXPECT_EQ(error(object({{"at_least", number("2")}, {"of", list({tag("a")})}})),
              "It asks for 2 of 1. Ask for at most as many as there are, or add rules to of.");
    EXPECT_EQ(error(compare("in", text("x"))), "It is a string. Write \"value\": [\"a\", \"b\"], also for one value.");
    EXPECT_EQ(error(compare("between", list({text("x")}))), "It has 1. Write \"value\": [low, high].");
    const auto did = [&error](const char *times, const char *at_most) {
        return error(object({{"did", text("e")}, {"times", number(times)}, {"at_most", number(at_most)}}));
    };
    EXPECT_EQ(did("3", "2"),
              "2 is less than 3. For exactly so many give both the same number; leave one out for no such "
              "bound.");
    EXPECT_EQ(did("1.5", "2"),
              "It is 1.5. Write \"times\": 3, without quotes, fraction or exponent, and at most 1000000000.");
    EXPECT_EQ(error(object({{"within_km", number("1")}, {"of", text("Berlin")}})),
              "It is a string. Write \"of\": [52.52, 13.405], in degrees.");
}

TEST(SegmentRule, KnowsTimesThatMove) {
    for (const char *const time : {"today", " Today ", "TODAY 10:00", "10:00 today"})
        EXPECT_EQ(moving_word(time), "today");
    EXPECT_EQ(moving_word("now"), "now");
    EXPECT_EQ(moving_word("tomorrow+02"), "tomorrow");
    EXPECT_EQ(moving_word("yesterday"), "yesterday");
    for (const char *const time : {"", "2024-11-01", "1 Nov 2024", "November 1, 2024", "infinity", "epoch", "nowhere"})
        EXPECT_EQ(moving_word(time), "");
}

// One degree of latitude is 6371.0088 km * pi / 180 = 111.19508 km.
TEST(SegmentRule, BoundsTheLatitudeOfACircle) {
    const Band one = latitudes({111.19508, 50, 8, "", ""});
    EXPECT_NEAR(one.low, 49, 1e-6);
    EXPECT_NEAR(one.high, 51, 1e-6);
    EXPECT_LT(one.low, 50 - 111.19508 / 6371.0088 / M_PI * 180);
    EXPECT_EQ(latitudes({500, 89, 0, "", ""}).high, 90);
    EXPECT_EQ(latitudes({500, -89, 0, "", ""}).low, -90);
}
