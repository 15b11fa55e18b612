#include "segment/segment_rule.hpp"
#include "segment/distance.hpp"
#include <algorithm>
#include <charconv>

namespace cd::segment {

namespace {

struct Operator {
    const char *name, *words;
    Comparison is;
};
constexpr Operator operators[] = {{"=", "is", Comparison::equal},
                                  {"<>", "is known and not", Comparison::not_equal},
                                  {"<", "is less than", Comparison::less},
                                  {"<=", "is at most", Comparison::less_equal},
                                  {">", "is more than", Comparison::greater},
                                  {">=", "is at least", Comparison::greater_equal},
                                  {"in", "is one of", Comparison::in},
                                  {"not in", "is known and none of", Comparison::not_in},
                                  {"between", "is between", Comparison::between},
                                  {"null", "is not known", Comparison::null},
                                  {"not null", "is known", Comparison::not_null},
                                  {"starts with", "starts with", Comparison::starts_with},
                                  {"contains", "contains", Comparison::contains}};

constexpr const char *grammar = "A rule is one of all, any, not, at_least, column, did, in_segment, within_km and tag.";
constexpr std::uint32_t max_times = 1000000000;

const char *kind_name(const Json &json) {
    switch (json.kind) {
    case Json::Kind::null: return "null";
    case Json::Kind::boolean: return "true or false";
    case Json::Kind::number: return "a number";
    case Json::Kind::string: return "a string";
    case Json::Kind::array: return "an array";
    case Json::Kind::object: return "an object";
    }
    return "";
}

// Reads one rule. Every key of its object has to be asked for, so that none is overlooked.
class Parser {
  public:
    Node rule(const Json &json, const std::string &path, int depth) {
        Node node{path, depth, Group{}};
        if (depth > max_depth)
            refuse(node, "the rule is nested too deeply", "The limit is " + std::to_string(max_depth) + " levels.",
                   "Define an inner part as a segment of its own, and name it with in_segment.",
                   sqlstate::program_limit);
        if (++nodes_ > max_nodes)
            refuse(node, "the rule has too many parts", "The limit is " + std::to_string(max_nodes) + ".",
                   "Use in with an array of values, or define parts as segments of their own.",
                   sqlstate::program_limit);
        if (json.kind != Json::Kind::object)
            refuse(node, "a rule must be an object", std::string("It is ") + kind_name(json) + ".", grammar);
        const Object object(node, json);
        if (const Json *const children = object.get("all"))
            node.what = Group{Group::Kind::all, 0, list(node, "all", *children)};
        else if (const Json *const any = object.get("any"))
            node.what = Group{Group::Kind::any, 0, list(node, "any", *any)};
        else if (const Json *const negated = object.get("not")) {
            Group group{Group::Kind::negation, 0, {}};
            group.children.push_back(rule(*negated, below(node, "not"), depth + 1));
            node.what = std::move(group);
        } else if (object.get("at_least")) {
            const std::uint32_t least = object.count("at_least", 1);
            Group group{Group::Kind::at_least, least, list(node, "of", object.required("of"))};
            if (least > group.children.size())
                refuse(node, "at_least asks for more rules than there are",
                       "It asks for " + std::to_string(least) + " of " + std::to_string(group.children.size()) + ".",
                       "Ask for at most as many as there are, or add rules to of.");
            node.what = std::move(group);
        } else if (object.get("did"))
            node.what = did(node, object);
        else if (object.get("in_segment"))
            node.what = InSegment{object.string("in_segment")};
        else if (object.get("within_km"))
            node.what = within_km(node, object);
        else if (object.get("tag")) {
            node.what = Tag{object.string("tag"), object.get("column") ? object.string("column") : "tags"};
        } else if (object.get("column"))
            node.what = compare(node, object);
        else
            refuse(node, "it is not known what to test", object.keys_seen(), grammar);
        object.all_known();
        return node;
    }

  private:
    class Object {
      public:
        Object(const Node &node, const Json &json) : node_(node), json_(json), asked_(json.keys.size()) {}

        const Json *get(const char *key) const {
            for (std::size_t i = 0; i < json_.keys.size(); ++i)
                if (json_.keys[i] == key) {
                    asked_[i] = true;
                    return &json_.items[i];
                }
            return nullptr;
        }
        const Json &required(const char *key, const std::string &hint = {}) const {
            const Json *const found = get(key);
            if (!found)
                refuse(node_, std::string("the key \"") + key + "\" is missing", keys_seen(),
                       hint.empty() ? std::string("Add \"") + key + "\"." : hint);
            return *found;
        }
        std::string keys_seen() const {
            std::string keys;
            for (const std::string &key : json_.keys) keys += (keys.empty() ? "\"" : ", \"") + key + "\"";
            if (keys.empty()) return "The object is empty.";
            return (json_.keys.size() == 1 ? "Its only key is " : "Its keys are ") + keys + ".";
        }
        std::string string(const char *key, const std::string &hint = {}) const {
            const Json &json = required(key, hint);
            if (json.kind != Json::Kind::string || json.text.empty())
                refuse(node_, std::string(key) + " must be a string that is not empty",
                       std::string("It is ") + kind_name(json) + ".");
            return json.text;
        }
        std::optional<std::string> optional(const char *key) const {
            if (!get(key)) return std::nullopt;
            return string(key);
        }
        std::uint32_t count(const char *key, std::uint32_t min) const {
            const Json &json = required(key);
            std::uint32_t n = 0;
            const char *const end = json.text.data() + json.text.size();
            const auto [stop, error] = std::from_chars(json.text.data(), end, n);
            if (json.kind != Json::Kind::number || error != std::errc() || stop != end || n < min || n > max_times)
                refuse(node_, std::string(key) + " must be a whole number from " + std::to_string(min) + " on",
                       json.kind == Json::Kind::number ? "It is " + json.text + "."
                                                       : std::string("It is ") + kind_name(json) + ".",
                       std::string("Write \"") + key + "\": 3, without quotes, fraction or exponent, and at most " +
                           std::to_string(max_times) + ".");
            return n;
        }
        void all_known() const {
            for (std::size_t i = 0; i < json_.keys.size(); ++i)
                if (!asked_[i]) refuse(node_, "the key \"" + json_.keys[i] + "\" is not known here", "", grammar);
        }

      private:
        const Node &node_;
        const Json &json_;
        mutable std::vector<bool> asked_;
    };

    static std::string below(const Node &node, const std::string &step) {
        return node.path.empty() ? step : node.path + "." + step;
    }

    std::vector<Node> list(const Node &node, const char *key, const Json &json) {
        if (json.kind != Json::Kind::array || json.items.empty())
            refuse(node, std::string(key) + " must be an array of at least one rule",
                   json.kind == Json::Kind::array ? "It is empty." : std::string("It is ") + kind_name(json) + ".",
                   std::string("Write \"") + key + "\": [rule, rule], also for one rule.");
        std::vector<Node> rules;
        for (std::size_t i = 0; i < json.items.size(); ++i)
            rules.push_back(
                rule(json.items[i], below(node, std::string(key) + "[" + std::to_string(i) + "]"), node.depth + 1));
        return rules;
    }

    static const Json &scalar(const Node &node, const Json &json) {
        switch (json.kind) {
        case Json::Kind::boolean:
        case Json::Kind::number:
        case Json::Kind::string: return json;
        default:
            refuse(node, "a value must be a string, a number, true or false",
                   std::string("It is ") + kind_name(json) + ".",
                   json.kind == Json::Kind::null ? "Ask for unknown values with \"is\": \"null\"." : "");
        }
    }

    static Compare compare(const Node &node, const Object &object) {
        Compare result{object.string("column"), Comparison::equal, {}};
        std::string names = "Comparisons are: ";
        for (const Operator &o : operators) names += (&o == operators ? "" : ", ") + std::string(o.name);
        names += ".";
        const std::string is = object.string("is", "Add \"is\". " + names);
        const Operator *const found =
            std::find_if(std::begin(operators), std::end(operators), [&is](const Operator &o) { return is == o.name; });
        if (found == std::end(operators)) refuse(node, "\"" + is + "\" is not a comparison", "", names);
        result.is = found->is;
        switch (result.is) {
        case Comparison::null:
        case Comparison::not_null: break;
        case Comparison::in:
        case Comparison::not_in:
        case Comparison::between: {
            const Json &values = object.required("value");
            const bool range = result.is == Comparison::between;
            if (values.kind != Json::Kind::array || values.items.empty() || (range && values.items.size() != 2))
                refuse(node, is + (range ? " takes an array of two values" : " takes an array of values"),
                       values.kind == Json::Kind::array ? "It has " + std::to_string(values.items.size()) + "."
                                                        : std::string("It is ") + kind_name(values) + ".",
                       range ? "Write \"value\": [low, high]."
                             : "Write \"value\": [\"a\", \"b\"], also for one value.");
            for (const Json &value : values.items) result.values.push_back(scalar(node, value));
            break;
        }
        default: result.values.push_back(scalar(node, object.required("value")));
        }
        return result;
    }

    static Did did(const Node &node, const Object &object) {
        Did result{object.string("did"),     0, {}, object.optional("within"), object.optional("since"),
                   object.optional("before")};
        if (object.get("at_most")) result.at_most = object.count("at_most", 0);
        result.times = object.get("times") ? object.count("times", 0) : result.at_most ? 0 : 1;
        if (result.at_most && *result.at_most < result.times)
            refuse(node, "at_most is less than times",
                   std::to_string(*result.at_most) + " is less than " + std::to_string(result.times) + ".",
                   "For exactly so many give both the same number; leave one out for no such bound.");
        if (result.times == 0 && !result.at_most)
            refuse(node, "times 0 is fulfilled by everybody", "There is no at_most.",
                   "For never write \"at_most\": 0.");
        if (result.within && result.since)
            refuse(node, "within and since both say when the span begins", "", "Give one of them.");
        return result;
    }

    static WithinKm within_km(const Node &node, const Object &object) {
        const Json &point = object.required("of");
        if (point.kind != Json::Kind::array || point.items.size() != 2)
            refuse(node, "of must be [latitude, longitude]",
                   point.kind == Json::Kind::array ? "It has " + std::to_string(point.items.size()) + "."
                                                   : std::string("It is ") + kind_name(point) + ".",
                   "Write \"of\": [52.52, 13.405], in degrees.");
        WithinKm result{real(node, "within_km", object.required("within_km")), real(node, "latitude", point.items[0]),
                        real(node, "longitude", point.items[1]),
                        object.get("latitude") ? object.string("latitude") : "latitude",
                        object.get("longitude") ? object.string("longitude") : "longitude"};
        check_range(node, "within_km", result.km, 0, 20015); // half of the way around
        check_range(node, "latitude", result.latitude, -90, 90);
        check_range(node, "longitude", result.longitude, -360, 360); // as distance_km
        return result;
    }
    static double real(const Node &node, const char *key, const Json &json) {
        double value = 0;
        const char *const end = json.text.data() + json.text.size();
        const auto [stop, error] = std::from_chars(json.text.data(), end, value);
        if (json.kind != Json::Kind::number || error != std::errc() || stop != end)
            refuse(node, std::string(key) + " must be a number", std::string("It is ") + kind_name(json) + ".");
        return value;
    }
    static void check_range(const Node &node, const char *key, double value, double low, double high) {
        if (!(value >= low && value <= high))
            refuse(node, std::string(key) + " must be from " + number_text(low) + " to " + number_text(high),
                   "It is " + number_text(value) + ".");
    }

    std::size_t nodes_ = 0;
};

std::string quoted(const Json &value) { return value.kind == Json::Kind::string ? "'" + value.text + "'" : value.text; }

std::string words_of(const Compare &c) {
    const Operator *const o =
        std::find_if(std::begin(operators), std::end(operators), [&c](const Operator &x) { return x.is == c.is; });
    std::string text = c.column + " " + o->words;
    for (std::size_t i = 0; i < c.values.size(); ++i)
        text += (i == 0 ? " " : c.is == Comparison::between ? " and " : ", ") + quoted(c.values[i]);
    return text;
}

std::string times_in_words(std::uint32_t n) { return n == 1 ? "once" : std::to_string(n) + " times"; }

std::string words_of(const Did &d) {
    std::string text;
    if (d.at_most == 0u)
        text = "never did " + d.event;
    else {
        text = "did " + d.event + " ";
        if (d.at_most == d.times)
            text += "exactly " + times_in_words(d.times);
        else if (!d.at_most)
            text += "at least " + times_in_words(d.times);
        else if (d.times == 0)
            text += "at most " + times_in_words(*d.at_most) + " or never";
        else
            text += std::to_string(d.times) + " to " + times_in_words(*d.at_most);
    }
    if (d.within) text += " within " + *d.within;
    if (d.since) text += " since " + *d.since;
    if (d.before) text += " before " + *d.before;
    return text;
}

std::string words_of(const Group &g) {
    switch (g.kind) {
    case Group::Kind::all: return "all of these:";
    case Group::Kind::any: return "any of these:";
    case Group::Kind::negation: return "not:";
    case Group::Kind::at_least: break;
    }
    return "at least " + std::to_string(g.least) + " of these:";
}
std::string words_of(const InSegment &s) { return "is in segment " + s.segment; }
std::string words_of(const WithinKm &w) {
    return "is within " + number_text(w.km) + " km of " + number_text(w.latitude) + ", " + number_text(w.longitude) +
           " (by " + w.latitude_column + ", " + w.longitude_column + ")";
}
std::string words_of(const Tag &t) { return "has the tag " + t.tag + " in " + t.column; }

} // namespace

Node parse(const Json &json) { return Parser().rule(json, "", 0); }

std::string place(const Node &node) { return node.path.empty() ? "rule: " : "rule node " + node.path + ": "; }

void refuse(const Node &node, const std::string &what, const std::string &detail, const std::string &hint,
            const char *state) {
    throw Error(state, place(node) + what, detail, hint);
}

std::string words(const Node &node) {
    return std::visit([](const auto &what) { return words_of(what); }, node.what);
}

std::string explain(const Node &root) {
    std::string text;
    each_node(root, [&text](const Node &node) {
        if (!text.empty()) text += '\n';
        text.append(2 * static_cast<std::size_t>(node.depth), ' ');
        text += words(node);
    });
    return text;
}

std::string condition(const Node &node, LeafSql &leaf, std::size_t indent) {
    const Group *const group = node.group();
    if (!group) return leaf.sql(node);
    const auto child = [&](const Node &n) { return condition(n, leaf, indent + 4); };
    // True of what is not true: the complement, whether that was false or NULL.
    if (group->kind == Group::Kind::negation) return "(" + child(group->children[0]) + ") IS NOT TRUE";
    const std::string line = "\n" + std::string(indent, ' ');
    const bool counts = group->kind == Group::Kind::at_least;
    const char *const between = counts ? "OPERATOR(pg_catalog.+) " : group->kind == Group::Kind::all ? "AND " : "OR ";
    std::string text = "(";
    for (std::size_t i = 0; i < group->children.size(); ++i) {
        if (i > 0) text += line + between;
        const std::string one = child(group->children[i]);
        const Group *const below = group->children[i].group();
        const bool closed = below && (below->kind == Group::Kind::all || below->kind == Group::Kind::any);
        text += counts ? "CASE WHEN " + one + " THEN 1 ELSE 0 END" : closed ? one : "(" + one + ")";
    }
    text += ")";
    if (counts) text += " OPERATOR(pg_catalog.>=) " + std::to_string(group->least);
    return text;
}

std::string_view moving_word(std::string_view time) {
    static constexpr std::string_view words[] = {"now", "today", "tomorrow", "yesterday"};
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    const auto letter = [&lower](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
    for (std::size_t i = 0; i < time.size();) {
        std::size_t end = i;
        while (end < time.size() && letter(time[end])) ++end;
        for (const std::string_view word : words)
            if (std::equal(word.begin(), word.end(), time.begin() + static_cast<std::ptrdiff_t>(i),
                           time.begin() + static_cast<std::ptrdiff_t>(end),
                           [&lower](char a, char b) { return a == lower(b); }))
                return word;
        i = end + 1;
    }
    return {};
}

std::string number_text(double value) {
    char text[32];
    const auto result = std::to_chars(text, text + sizeof text, value);
    return {text, result.ptr};
}

Band latitudes(const WithinKm &w) {
    const double reach = w.km / earth_radius_km * (180 / 3.141592653589793);
    // A little wider than the circle, so that rounding excludes nobody.
    return {std::max(-90.0, w.latitude - reach - 1e-9), std::min(90.0, w.latitude + reach + 1e-9)};
}

} // namespace cd::segment
