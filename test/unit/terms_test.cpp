#include "learn/terms.hpp"
#include "labelled.hpp"
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

using namespace cd;
using namespace cd::learn;
using dataset::missing;
using test::Labelled;

namespace {

struct Made {
    dataset::View view;
    Inputs inputs;
    Terms terms;
    Made(Labelled &table, std::vector<double> weight = {})
        : view(table.view()), inputs(view, {}), terms(view, inputs, weight, {}) {}

    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const Term &term : terms.terms) names.push_back(term.name);
        return names;
    }
    // By columns.
    std::vector<double> read() const {
        std::vector<double> all(terms.size() * view.rows());
        std::vector<std::size_t> every(terms.size());
        std::iota(every.begin(), every.end(), std::size_t{0});
        view.each(
            [&](std::size_t first, const dataset::View::Chunk &chunk) {
                terms.read(chunk, inputs, every, all.data() + first, view.rows());
            },
            {});
        return all;
    }
};

using Names = std::vector<std::string>;

} // namespace

TEST(Terms, AreNumbersValuesButTheFirstAndWhatIsMissing) {
    Labelled table;
    table.number("tenure", {1, 2, 3, 4})
        .category("contract", {"two", "one", "?", "month"})
        .number("charges", {10, missing, missing, 20})
        .category("city", {"B", "B", "B", "A"});
    const Made made(table);
    EXPECT_EQ(made.names(), (Names{"tenure", "contract = one", "contract = two", "contract is missing", "charges",
                                   "charges is missing", "city = B"}));
    EXPECT_EQ(made.terms.total, 4);
    EXPECT_EQ(made.terms.terms[0].mean, 2.5);
    EXPECT_DOUBLE_EQ(made.terms.terms[0].sd, std::sqrt(1.25));
    EXPECT_EQ(made.terms.terms[1].mean, 0.25);
    EXPECT_DOUBLE_EQ(made.terms.terms[1].sd, std::sqrt(0.1875));
    // 10, 15, 15, 20: what is missing stands at the mean of the others.
    EXPECT_EQ(made.terms.terms[4].mean, 15);
    EXPECT_DOUBLE_EQ(made.terms.terms[4].sd, std::sqrt(12.5));
    EXPECT_EQ(made.terms.terms[5].mean, 0.5);
    EXPECT_EQ(made.terms.share[1], (std::vector<double>{0.25, 0.25, 0.25, 0.25}));
    EXPECT_EQ(made.terms.share[2], (std::vector<double>{0.5}));

    const std::vector<double> x = made.read();
    for (std::size_t j = 0; j < made.terms.size(); ++j) {
        double sum = 0, square = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            sum += x[j * 4 + i];
            square += x[j * 4 + i] * x[j * 4 + i];
        }
        EXPECT_NEAR(sum, 0, 1e-14);
        EXPECT_NEAR(square, 4, 1e-14);
    }
    EXPECT_LT(x[4 * 4], 0);
    EXPECT_EQ(x[4 * 4 + 1], 0); // missing
    EXPECT_GT(x[3 * 4 + 2], 0);
    EXPECT_LT(x[3 * 4 + 1], 0);
}

TEST(Terms, OfWeightedRowsAreThoseOfRepeatedRows) {
    Labelled once, often;
    once.number("x", {1, 5, missing, 9}).category("c", {"a", "b", "?", "b"});
    often.number("x", {1, 1, 1, 5, missing, missing, 9}).category("c", {"a", "a", "a", "b", "?", "?", "b"});
    const Made weighted(once, {3, 1, 2, 1}), repeated(often);
    ASSERT_EQ(weighted.names(), repeated.names());
    EXPECT_EQ(weighted.terms.total, 7);
    for (std::size_t j = 0; j < weighted.terms.size(); ++j) {
        EXPECT_DOUBLE_EQ(weighted.terms.terms[j].mean, repeated.terms.terms[j].mean);
        EXPECT_DOUBLE_EQ(weighted.terms.terms[j].sd, repeated.terms.terms[j].sd);
    }
}

TEST(Terms, AreConstantWhereNothingDiffers) {
    Labelled table;
    table.number("same", {0.1, 0.1, 0.1})
        .number("empty", {missing, missing, missing})
        .category("one", {"a", "a", "a"})
        .category("none", {"?", "?", "?"})
        .number("known once", {7, missing, missing});
    const Made made(table, {0.1, 0.2, 0.7});
    EXPECT_EQ(made.names(),
              (Names{"same", "empty", "empty is missing", "none is missing", "known once", "known once is missing"}));
    for (std::size_t j = 0; j < 5; ++j) EXPECT_TRUE(made.terms.terms[j].constant()) << made.terms.terms[j].name;
    EXPECT_FALSE(made.terms.terms[5].constant());
    EXPECT_EQ(made.terms.terms[0].mean, 0.1);
    for (const double x : made.read()) EXPECT_TRUE(std::isfinite(x));
}

TEST(Terms, StandAnyScale) {
    for (const double scale : {1e-300, 1e-150, 1e150, 1e300}) {
        Labelled table;
        table.number("x", {4 * scale, 7 * scale, 13 * scale, 16 * scale});
        const Made made(table);
        EXPECT_DOUBLE_EQ(made.terms.terms[0].mean / scale, 10);
        EXPECT_DOUBLE_EQ(made.terms.terms[0].sd / scale, std::sqrt(22.5));
    }
    Labelled far;
    far.number("x", {1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16}); // variance 30, of a sample
    EXPECT_DOUBLE_EQ(Made(far).terms.terms[0].sd, std::sqrt(22.5));
    for (const std::vector<double> &values :
         {std::vector<double>{1.7e308, -1.7e308}, std::vector<double>{0, 1e-320}, std::vector<double>{0, 1e-308}}) {
        Labelled table;
        table.number("x", values);
        EXPECT_THROW(Made{table}, Error);
    }
}

TEST(Terms, RefuseTooManyColumns) {
    std::vector<std::string> values;
    for (std::size_t i = 0; i < max_terms + 2; ++i) values.push_back(std::to_string(i));
    Labelled table;
    table.category("customer", values);
    try {
        Made{table};
        FAIL();
    } catch (const Error &e) {
        EXPECT_STREQ(e.state(), sqlstate::program_limit);
    }
    values.pop_back();
    Labelled fits;
    fits.category("customer", values);
    EXPECT_EQ(Made(fits).terms.size(), max_terms);
}

// Levels whose rows were all skipped are in the dictionary, and have no column.
TEST(Terms, TakeTheFirstValueThatSomeRowHasForTheReference) {
    dataset::Dataset set(std::pmr::new_delete_resource(), SIZE_MAX);
    dataset::Shape shape(std::pmr::new_delete_resource());
    shape.columns.emplace_back("c", dataset::Kind::category);
    set.fit_shape(shape);
    set.code(0, "a");
    for (const char *value : {"b", "c", "c"}) {
        set.put(0, set.code(0, value));
        set.end_row();
    }
    const dataset::View view(set);
    const Inputs inputs(view, {});
    const Terms terms(view, inputs, {}, {});
    ASSERT_EQ(terms.size(), 1U);
    EXPECT_EQ(terms.terms[0].name, "c = c");
    const Linear linear = linear_of(terms, inputs, 0.5, std::vector<double>{terms.terms[0].sd});
    EXPECT_DOUBLE_EQ(linear.effects[0].level[3] - linear.effects[0].level[2], 1);
    EXPECT_EQ(linear.effects[0].level[1], 0); // like a value that came later
    EXPECT_EQ(linear.effects[0].of(0), 0);
}

TEST(Terms, AsEffectsGiveTheSameScore) {
    Labelled table;
    table.number("x", {1, missing, 3, 8})
        .category("c", {"p", "q", "?", "q"})
        .number("y", {2, 3, 5, 7})
        .category("d", {"u", "u", "v", "w"});
    const Made made(table, {1, 2, 3, 4});
    const std::vector<double> b = {0.3, -0.7, 0.2, 1.1, -0.4, 0.9, 0.6}, x = made.read();
    ASSERT_EQ(made.terms.size(), b.size());
    const Linear linear = linear_of(made.terms, made.inputs, -0.25, b);
    const std::vector<std::vector<double>> rows = {{1, 1, 2, 1}, {missing, 2, 3, 1}, {3, 0, 5, 2}, {8, 2, 7, 3}};
    std::vector<double> sum(4), square(4);
    for (std::size_t i = 0; i < 4; ++i) {
        double score = -0.25;
        for (std::size_t j = 0; j < b.size(); ++j) score += b[j] * x[j * 4 + i];
        EXPECT_NEAR(linear.score(rows[i].data()), score, 1e-14);
        for (std::size_t f = 0; f < 4; ++f) {
            const double part = linear.effects[f].of(rows[i][f]), w = static_cast<double>(i + 1) / 10;
            sum[f] += w * part;
            square[f] += w * part * part;
        }
    }
    for (std::size_t f = 0; f < 4; ++f)
        EXPECT_NEAR(linear.effects[f].importance, std::sqrt(square[f] - sum[f] * sum[f]), 1e-14);
    for (const std::size_t f : {1U, 2U, 3U}) EXPECT_NEAR(sum[f], 0, 1e-15);
    EXPECT_EQ(linear.effects[2].of(missing), 0); // y was never missing
    EXPECT_EQ(linear.effects[3].of(0), 0);
    EXPECT_NE(linear.effects[1].of(0), 0);
    EXPECT_DOUBLE_EQ(linear.effects[0].of(missing), b[1] / made.terms.terms[1].sd);
}
