#include "mask/anonymity.hpp"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <set>

using namespace cd;
using namespace cd::mask;

namespace {

using Text = std::optional<std::string>;
struct Row {
    Text sensitive;
    std::vector<Text> fields;
};
using Rows = std::vector<Row>;
using Flat = std::vector<std::uint8_t>;

Field field(const Text &text) { return text ? Field(*text) : Field(); }

struct Summary {
    std::pmr::monotonic_buffer_resource memory;
    Anonymity summary;
    explicit Summary(std::size_t limit = SIZE_MAX, std::uint64_t seed = 1) : summary(&memory, limit, seed, Poll{}) {}
    explicit Summary(const Rows &rows, std::uint64_t seed = 1) : Summary(SIZE_MAX, seed) {
        for (const Row &row : rows) add(row);
    }
    void add(const Row &row) {
        summary.begin_row(row.fields.size());
        for (const Text &text : row.fields) summary.quasi_identifier(field(text));
        summary.end_row(field(row.sensitive));
    }
    Anonymity *operator->() { return &summary; }
    Flat flat() const {
        Flat bytes;
        summary.flatten([&bytes](std::size_t size) {
            bytes.resize(size);
            return bytes.data();
        });
        return bytes;
    }
};

template <class Body> std::string refusal(Body &&body) {
    try {
        body();
    } catch (const Error &e) {
        EXPECT_FALSE(e.detail().empty());
        EXPECT_FALSE(e.hint().empty());
        return std::string(e.state()) + " " + e.what();
    }
    return "";
}

std::uint32_t next(std::uint32_t &state) { return (state = state * 1664525 + 1013904223) >> 8; }

Rows random_rows(std::size_t n, std::uint32_t classes, std::uint32_t values, std::uint32_t state = 7) {
    Rows rows;
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint32_t c = next(state) % classes, v = next(state) % values * (next(state) % 2);
        rows.push_back({v == values - 1 ? Text() : Text(std::to_string(v)),
                        {c % 7 == 3 ? Text() : Text(std::to_string(c / 5)), Text(std::string(c % 5, 'x'))}});
    }
    return rows;
}

// The definitions, word by word, over all values of the table.
struct Plain {
    double k = INFINITY, l_distinct = INFINITY, l_entropy = INFINITY, t_equal = 0, t_number = 0, unique = 0;
    explicit Plain(const Rows &rows) {
        std::map<std::vector<Text>, std::map<Text, double>> classes;
        std::map<Text, double> all;
        for (const Row &row : rows) {
            ++classes[row.fields][row.sensitive];
            ++all[row.sensitive];
        }
        std::vector<Text> order;
        for (const auto &value : all) order.push_back(value.first);
        std::sort(order.begin(), order.end(), [](const Text &a, const Text &b) {
            return a && b ? std::stod(*a) < std::stod(*b) : a.has_value() < b.has_value();
        });
        for (auto &[fields, counts] : classes) {
            double n = 0, entropy = 0, different = 0, cumulated = 0, moved = 0;
            for (const auto &[value, count] : counts) n += count;
            for (const auto &[value, count] : counts) entropy -= count / n * std::log(count / n);
            for (const Text &value : order) {
                const double p = counts.count(value) ? counts[value] / n : 0,
                             q = all[value] / static_cast<double>(rows.size());
                different += std::abs(p - q) / 2;
                moved += std::abs(cumulated += p - q);
            }
            k = std::min(k, n);
            l_distinct = std::min(l_distinct, static_cast<double>(counts.size()));
            l_entropy = std::min(l_entropy, std::exp(entropy));
            t_equal = std::max(t_equal, different);
            if (order.size() > 1) t_number = std::max(t_number, moved / (static_cast<double>(order.size()) - 1));
            unique += n == 1;
        }
    }
};

// Machanavajjhala, Kifer, Gehrke, Venkitasubramaniam 2007, figure 1: postcode, age, condition of 12 patients.
struct Patient {
    const char *zip, *age, *four_zip, *four_age, *three_zip, *three_age, *condition;
};
constexpr Patient patients[] = {{"13053", "28", "130**", "<30", "1305*", "<=40", "Heart Disease"},
                                {"13068", "29", "130**", "<30", "1306*", "<=40", "Heart Disease"},
                                {"13068", "21", "130**", "<30", "1306*", "<=40", "Viral Infection"},
                                {"13053", "23", "130**", "<30", "1305*", "<=40", "Viral Infection"},
                                {"14853", "50", "1485*", ">=40", "1485*", ">40", "Cancer"},
                                {"14853", "55", "1485*", ">=40", "1485*", ">40", "Heart Disease"},
                                {"14850", "47", "1485*", ">=40", "1485*", ">40", "Viral Infection"},
                                {"14850", "49", "1485*", ">=40", "1485*", ">40", "Viral Infection"},
                                {"13053", "31", "130**", "3*", "1305*", "<=40", "Cancer"},
                                {"13053", "37", "130**", "3*", "1305*", "<=40", "Cancer"},
                                {"13068", "36", "130**", "3*", "1306*", "<=40", "Cancer"},
                                {"13068", "35", "130**", "3*", "1306*", "<=40", "Cancer"}};

// Li, Li, Venkatasubramanian 2007: the nine patients of table 3, with the classes of its tables 4 and 5.
struct Earner {
    const char *salary, *disease, *diverse, *close;
};
constexpr Earner earners[] = {{"3", "gastric ulcer", "476**", "4767*"},
                              {"4", "gastritis", "476**", "4760*"},
                              {"5", "stomach cancer", "476**", "4767*"},
                              {"6", "gastritis", "4790*", "4790*"},
                              {"11", "flu", "4790*", "4790*"},
                              {"8", "bronchitis", "4790*", "4790*"},
                              {"7", "bronchitis", "476** 3*", "4760*"},
                              {"9", "pneumonia", "476** 3*", "4767*"},
                              {"10", "stomach cancer", "476** 3*", "4760*"}};

} // namespace

// Its figure 2 is 4-anonymous, and one class is all cancer; its figure 3 is 3-diverse, each class with shares of 1/4,
// 1/4 and 1/2: H = 2 ln 4 / 4 + ln 2 / 2 = 1.5 ln 2, l = 2^1.5.
TEST(Anonymity, LDiversityOfThePaper) {
    Rows raw, four, three;
    for (const Patient &p : patients) {
        raw.push_back({p.condition, {p.zip, p.age}});
        four.push_back({p.condition, {p.four_zip, p.four_age}});
        three.push_back({p.condition, {p.three_zip, p.three_age}});
    }
    Summary as_is(raw);
    EXPECT_EQ(as_is->k_anonymity(), 1u);
    EXPECT_EQ(as_is->unique_rows(), 12u);
    Summary anonymous(four);
    EXPECT_EQ(anonymous->k_anonymity(), 4u);
    EXPECT_EQ(anonymous->classes(), 3u);
    EXPECT_EQ(anonymous->l_diversity(Diversity::distinct), 1);
    EXPECT_EQ(anonymous->l_diversity(Diversity::entropy), 1);
    Summary diverse(three);
    EXPECT_EQ(diverse->k_anonymity(), 4u);
    EXPECT_EQ(diverse->l_diversity(Diversity::distinct), 3);
    EXPECT_NEAR(diverse->l_diversity(Diversity::entropy), std::pow(2, 1.5), 1e-15 * 8);
    EXPECT_EQ(diverse->unique_rows(), 0u);
}

// Table 4 is 3-diverse, though one class has the three lowest salaries: 0.375 in the paper, section 4.2. Table 5 has
// 0.167-closeness of salaries. By hand, for its class of 3, 5 and 9: P - Q in ninths is 2, 1, 3, 2, 1, 0, 2, 1, 0, so
// that t = 12 / 9 / 8 = 1/6.
TEST(Anonymity, TClosenessOfThePaper) {
    Rows diverse, close, disease;
    for (const Earner &e : earners) {
        diverse.push_back({e.salary, {e.diverse}});
        close.push_back({e.salary, {e.close}});
        disease.push_back({e.disease, {e.close}});
    }
    Summary table4(diverse), table5(close), of_disease(disease);
    EXPECT_EQ(table4->l_diversity(Diversity::distinct), 3);
    EXPECT_EQ(table4->t_closeness(Distance::number), 0.375);
    EXPECT_EQ(table5->t_closeness(Distance::number), 1.0 / 6);
    // As texts, 10 and 11 come first: 10, 11, 3, ... The class of 4, 7 and 10 has P - Q in ninths of 2, 1, 0, 2, 1, 0,
    // 2, 1, 0, that of 3, 5, 9 has -1, -2, 0, -1, 1, 0, -1, -2, 0, that of 6, 8, 11 has -1, 1, 0, -1, -2, 0, -1, 1, 0.
    EXPECT_EQ(table5->t_closeness(Distance::text), 9.0 / 9 / 8);
    // With equal distances all nine salaries are as different: three of them have 1/3 instead of 1/9, 3 * 2/9.
    EXPECT_EQ(table5->t_closeness(Distance::equal), 6.0 / 9);
    // Ulcer 1/3 against 1/9, stomach cancer 1/3 against 2/9, pneumonia 1/3 against 1/9: 2/9 + 1/9 + 2/9.
    EXPECT_EQ(of_disease->t_closeness(Distance::equal), 5.0 / 9);
}

TEST(Anonymity, NumbersAreThoseOfTheDefinitions) {
    for (const std::uint32_t classes : {1u, 3u, 40u, 5000u})
        for (const std::uint32_t values : {2u, 9u, 300u}) {
            const Rows rows = random_rows(2000, classes, values);
            const Plain plain(rows);
            Summary s(rows);
            EXPECT_EQ(static_cast<double>(s->k_anonymity()), plain.k);
            EXPECT_EQ(static_cast<double>(s->unique_rows()), plain.unique);
            EXPECT_EQ(s->l_diversity(Diversity::distinct), plain.l_distinct);
            EXPECT_NEAR(s->l_diversity(Diversity::entropy), plain.l_entropy, 1e-12 * plain.l_entropy);
            EXPECT_NEAR(s->t_closeness(Distance::equal), plain.t_equal, 1e-12);
            Rows known = rows;
            std::erase_if(known, [](const Row &row) { return !row.sensitive; });
            EXPECT_NEAR(Summary(known)->t_closeness(Distance::number), Plain(known).t_number, 1e-12);
            const auto risk = s->risk();
            EXPECT_EQ(risk.k, s->k_anonymity());
            EXPECT_EQ(risk.t, s->t_closeness(Distance::equal));
        }
}

TEST(Anonymity, EqualNumbersHaveOnePlace) {
    // 1 and 1.0 are one place of two: P - Q is 1/2 at it.
    Summary s(Rows{{"1", {"a"}}, {"1.0", {"a"}}, {"2", {"b"}}, {"2", {"b"}}});
    EXPECT_EQ(s->t_closeness(Distance::number), 0.5);
    EXPECT_EQ(Summary(Rows{{"1", {"a"}}, {"1.0", {"b"}}})->t_closeness(Distance::number), 0);
    Summary word(Rows{{"1", {"a"}}, {"high", {"a"}}}), null(Rows{{"1", {"a"}}, {{}, {"a"}}}),
        infinite(Rows{{"inf", {"a"}}});
    EXPECT_EQ(refusal([&] { word->t_closeness(Distance::number); }), "22023 a sensitive value is no number");
    EXPECT_EQ(refusal([&] { infinite->t_closeness(Distance::number); }), "22023 a sensitive value is no number");
    EXPECT_EQ(refusal([&] { null->t_closeness(Distance::text); }), "22023 NULL has no place in an order");
    EXPECT_EQ(null->t_closeness(Distance::equal), 0);
}

TEST(Anonymity, NullIsAValueOfItsOwn) {
    Summary s(Rows{{"x", {{}, "a"}}, {"x", {"", "a"}}, {{}, {"NULL", "a"}}, {"", {{}, "a"}}, {"x", {"", "a"}}});
    EXPECT_EQ(s->classes(), 3u);
    EXPECT_EQ(s->values(), 3u);
    const auto smallest = s->smallest(10, 10);
    ASSERT_EQ(smallest.size(), 3u);
    EXPECT_EQ(smallest[0].rows, 1u);
    std::vector<Text> fields;
    s->each_field(smallest[0].number, [&fields](const Field &f) { fields.push_back(f ? Text(*f) : Text()); });
    EXPECT_EQ(fields, (std::vector<Text>{"NULL", "a"}));
    // Where one field ends and the next begins is known.
    EXPECT_EQ(Summary(Rows{{"x", {"ab", "c"}}, {"x", {"a", "bc"}}})->classes(), 2u);
    EXPECT_EQ(Summary(Rows{{"x", {"a,b); drop table x --"}}, {"x", {"a"}}})->classes(), 2u);
}

TEST(Anonymity, TheSmallestClassesComeFirst) {
    Summary s(random_rows(3000, 200, 9));
    const auto all = s->smallest(SIZE_MAX, UINT64_MAX), few = s->smallest(5, UINT64_MAX);
    ASSERT_EQ(all.size(), s->classes());
    ASSERT_EQ(few.size(), 5u);
    std::uint64_t rows = 0;
    double entropy = INFINITY, t = 0;
    std::set<std::uint32_t> numbers;
    for (std::size_t i = 0; i < all.size(); ++i) {
        rows += all[i].rows;
        numbers.insert(all[i].number);
        entropy = std::min(entropy, all[i].l_entropy);
        t = std::max(t, all[i].t);
        EXPECT_LE(all[i - (i > 0)].rows, all[i].rows);
        EXPECT_EQ(few[std::min(i, few.size() - 1)].number, all[std::min(i, few.size() - 1)].number);
    }
    EXPECT_EQ(rows, s->rows());
    EXPECT_EQ(numbers.size(), all.size());
    EXPECT_EQ(all[0].rows, s->k_anonymity());
    EXPECT_EQ(entropy, s->l_diversity(Diversity::entropy));
    EXPECT_EQ(t, s->t_closeness(Distance::equal));
    const auto below = s->smallest(SIZE_MAX, all[0].rows + 2);
    EXPECT_EQ(below.size(), static_cast<std::size_t>(std::count_if(
                                all.begin(), all.end(), [&](const Class &c) { return c.rows <= all[0].rows + 2; })));
}

TEST(Anonymity, OrderPartsAndSeedsDoNotMatter) {
    const Rows rows = random_rows(5000, 700, 40);
    const Summary whole(rows);
    const Flat bytes = whole.flat();
    EXPECT_EQ(Summary(Rows(rows.rbegin(), rows.rend()), 99).flat(), bytes);
    std::vector<Flat> parts;
    for (std::size_t at = 0; at < rows.size(); at += 337)
        parts.push_back(Summary(Rows(rows.begin() + static_cast<std::ptrdiff_t>(at),
                                     rows.begin() + static_cast<std::ptrdiff_t>(std::min(at + 337, rows.size()))))
                            .flat());
    std::rotate(parts.begin(), parts.begin() + 4, parts.end());
    Summary merged;
    merged->merge(Summary().flat());
    for (const Flat &part : parts) merged->merge(part);
    EXPECT_EQ(merged.flat(), bytes);
    EXPECT_EQ(merged->l_diversity(Diversity::entropy), Summary(rows)->l_diversity(Diversity::entropy));
    Summary with_empty;
    with_empty->merge(bytes);
    with_empty->merge(Summary().flat());
    EXPECT_EQ(with_empty.flat(), bytes);
}

TEST(Anonymity, ColumnsAreTheSameForAllRows) {
    Summary s(Rows{{"x", {"a", "b"}}});
    EXPECT_EQ(refusal([&] { s->begin_row(3); }), "22023 all rows must have the same quasi-identifiers");
    EXPECT_EQ(refusal([&] {
                  s->merge(Summary(Rows{{"x", {"a"}}}).flat());
              }),
              "22023 all rows must have the same quasi-identifiers");
    EXPECT_EQ(refusal([] { Summary()->begin_row(0); }), "22023 there must be between 1 and 1600 quasi-identifiers");
    EXPECT_EQ(refusal([] { Summary()->begin_row(1601); }), "22023 there must be between 1 and 1600 quasi-identifiers");
}

TEST(Anonymity, ItsSizeIsBounded) {
    const auto fill = [](std::size_t limit) {
        Summary s(limit);
        for (int i = 0; i < 1000; ++i) s.add({"value", {std::to_string(i)}});
        return s.flat().size();
    };
    const std::size_t size = fill(SIZE_MAX);
    EXPECT_EQ(fill(size), size);
    // Few classes and values, and all pairs of them.
    EXPECT_EQ(refusal([] {
                  Summary s(100000);
                  for (int i = 0; i < 90000; ++i) s.add({std::to_string(i / 300), {std::to_string(i % 300)}});
              }),
              "54000 anonymity_summary takes too much memory");
    // Many classes of a byte or two: the tables would be large before the stored form is.
    EXPECT_EQ(refusal([] {
                  Summary s(1 << 20);
                  for (int i = 0; i < 200000; ++i)
                      s.add({{}, {std::string(1, static_cast<char>(i)), std::string(1, static_cast<char>(i / 256))}});
              }),
              "54000 anonymity_summary takes too much memory");
    EXPECT_EQ(refusal([&] { fill(size - 1); }), "54000 anonymity_summary is too large");
    EXPECT_EQ(refusal([&] { fill(size / 2); }), "54000 anonymity_summary is too large");
    EXPECT_EQ(refusal([] {
                  Summary(100).add({"x", {std::string(100, 'x')}});
              }),
              "54000 anonymity_summary is too large");
}

TEST(Anonymity, OnlyWhatIsWrittenIsRead) {
    Summary s(Rows{{"x", {"a", {}}}, {"y", {"a", {}}}, {"y", {"a", {}}}, {{}, {"b", ""}}});
    const Flat bytes = s.flat();
    // version, 2 columns; 3 values: NULL, x, y; 2 classes: (a, NULL) with x once and y twice, (b, '') with NULL once.
    EXPECT_EQ(bytes, (Flat{1, 2, 3, 0, 2, 'x', 2, 'y', 2, 2, 'a', 0, 2, 1, 1, 1, 2, 2, 'b', 1, 1, 0, 1}));
    const auto refused = [](const Flat &flat) { return refusal([&flat] { Summary()->merge(flat); }); };
    EXPECT_EQ(refused(bytes), "");
    for (std::size_t n = 0; n < bytes.size(); ++n)
        EXPECT_EQ(refused(Flat(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n))),
                  "22P03 invalid anonymity_summary");
    // Any other byte: refused, or another summary that is written as it was read.
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (int b = 0; b < 256; ++b) {
            Flat other = bytes;
            other[i] = static_cast<std::uint8_t>(b);
            Summary read;
            EXPECT_TRUE(!refusal([&] { read->merge(other); }).empty() || read.flat() == other);
        }
    const std::string invalid = "22P03 invalid anonymity_summary";
    EXPECT_EQ(refused({2}), "22P03 unknown version of anonymity_summary");
    EXPECT_EQ(refused({1}), invalid);
    EXPECT_EQ(refused({1, 0, 0}), invalid);
    EXPECT_EQ(refused({1, 1, 0, 0}), invalid);                            // no values
    EXPECT_EQ(refused({1, 1, 1, 0, 0}), invalid);                         // no classes
    EXPECT_EQ(refused({1, 1, 2, 0, 0, 1, 0, 1, 0, 1}), invalid);          // a value twice
    EXPECT_EQ(refused({1, 1, 2, 0, 1, 1, 0, 1, 0, 1}), invalid);          // a value without rows
    EXPECT_EQ(refused({1, 1, 1, 0, 1, 0, 1, 0, 0}), invalid);             // no rows
    EXPECT_EQ(refused({1, 1, 1, 0, 2, 0, 1, 0, 1, 0, 1, 0, 1}), invalid); // a class twice
    EXPECT_EQ(refused({1, 1, 1, 0, 1, 0, 1, 0, 1}), "");
    Flat many = {1, 1, 1, 0, 1, 0, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40}; // 2^48 rows
    EXPECT_EQ(refused(many), "");
    EXPECT_EQ(refusal([&] {
                  Summary twice;
                  twice->merge(many);
                  twice->merge(many);
              }).substr(0, 5),
              "22003");
}
