#include "evaluation/drift.hpp"
#include "evaluation/hash_split.hpp"
#include "evaluation/metrics.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::evaluation;
using math::Random;

namespace {

Drift of(const std::vector<double> &values, int missing = 0) {
    Drift d(std::pmr::new_delete_resource(), SIZE_MAX, Poll{});
    for (const double v : values) d.add(v);
    for (int i = 0; i < missing; ++i) d.skip();
    return d;
}
std::optional<double> psi_of(const std::vector<double> &a, const std::vector<double> &b) { return psi(a, b); }
std::vector<double> borders_of(const std::vector<double> &values, int bins) {
    const Drift d = of(values);
    return borders(d.values(), bins, Poll{});
}
double below(double x) { return std::nextafter(x, -HUGE_VAL); }
template <class F> std::string refusal(F &&f) {
    try {
        f();
    } catch (const Error &e) {
        return e.state();
    }
    return "";
}

} // namespace

TEST(Psi, Published) {
    const std::vector<double> expected{.1, .2, .3, .25, .15}, actual{.12, .18, .28, .24, .18};
    EXPECT_NEAR(*psi_of(expected, actual), 0.013011365527796, 1e-15);
    EXPECT_NEAR(*psi_of(actual, expected), 0.013011365527796, 1e-15); // it is symmetric
    // Counts of 200 and of 50.
    EXPECT_NEAR(*psi_of({20, 40, 60, 50, 30}, {6, 9, 14, 12, 9}), 0.013011365527796, 1e-15);
    EXPECT_EQ(psi_of(expected, expected), 0);
}

TEST(Psi, EmptyBins) {
    // 0.5 ln(0.5 / 0.0001) of each bin that is empty on one side; the share that is counted in is taken off.
    const double term = (0.5 - 1e-4) * std::log(0.5 / 1e-4);
    EXPECT_DOUBLE_EQ(*psi_of({1, 1, 0}, {1, 0, 1}), 2 * term);
    EXPECT_EQ(psi_of({1, 1, 0}, {1, 1, 0}), 0);
    EXPECT_NEAR(*psi_of({1, 0}, {1e6, 1}), 0, 1e-11); // less than what nothing counts as
    EXPECT_FALSE(psi_of({0, 0}, {1, 1}));
    EXPECT_FALSE(psi_of({}, {}));
    EXPECT_EQ(refusal([] { psi_of({DBL_MAX, DBL_MAX}, {1, 1}); }), "22003");
    const auto check = [](const std::vector<double> &a, const std::vector<double> &b) {
        return refusal([&] { check_shares(a, b); });
    };
    EXPECT_EQ(check({1}, {1, 2}), "22023");
    EXPECT_EQ(check({1, -1}, {1, 2}), "22023");
    EXPECT_EQ(check({1, 1}, {1, NAN}), "22023");
    EXPECT_EQ(check({1, 1}, {1, HUGE_VAL}), "22023");
    EXPECT_EQ(check({1, 0}, {0, 2}), "");
}

TEST(Psi, Borders) {
    using V = std::vector<double>;
    V hundred;
    for (int i = 1; i <= 100; ++i) hundred.push_back(i);
    EXPECT_EQ(borders_of(hundred, 4), (V{25, 50, 75}));
    EXPECT_EQ(borders_of(hundred, 1), V{});
    // Whoever is as frequent as a bin has one of his own.
    EXPECT_EQ(borders_of({7, 7, 7}, 10), (V{below(7), 7}));
    EXPECT_EQ(borders_of({0, 0, 0, 0, 0, 1, 2, 3, 4, 5}, 2), (V{below(0), 0}));
    EXPECT_EQ(borders_of({-DBL_MAX, DBL_MAX}, 2), (V{-DBL_MAX, below(DBL_MAX), DBL_MAX}));
    EXPECT_EQ(borders_of({}, 10), V{});
    // So a constant that moves to either side is seen, and so is a value that only the other side has.
    const double moved = 2 * (1 - 1e-4) * std::log(1 / 1e-4);
    EXPECT_DOUBLE_EQ(*psi(of({7, 7}), of({6}), 10), moved);
    EXPECT_DOUBLE_EQ(*psi(of({7, 7}), of({8, 9}), 10), moved);
    EXPECT_EQ(psi(of({7, 7}), of({7}), 10), 0);
}

// By the definition: counts of the values in (border, border], and of the missing ones.
TEST(Psi, OfSamples) {
    Random random(1, 1);
    for (int round = 0; round < 500; ++round) {
        const auto sample = [&random](double shift) {
            std::vector<double> values;
            const bool discrete = random.bits() % 2;
            for (std::uint64_t i = 0, n = 1 + random.bits() % 200; i < n; ++i) {
                const double v = random.normal() + shift;
                values.push_back(discrete ? std::round(2 * v) : v);
            }
            return values;
        };
        const std::vector<double> a = sample(0), b = sample(random.uniform());
        const int bins = 1 + static_cast<int>(random.bits() % 12), missing_a = round % 3, missing_b = round % 5;
        const std::vector<double> cuts = borders_of(a, bins);
        const auto counted = [&cuts](const std::vector<double> &values, int missing) {
            std::vector<double> counts(cuts.size() + 2);
            for (const double v : values)
                ++counts[static_cast<std::size_t>(std::ranges::count_if(cuts, [v](double cut) { return cut < v; }))];
            counts.back() = missing;
            return counts;
        };
        ASSERT_EQ(psi(of(a, missing_a), of(b, missing_b), bins), psi_of(counted(a, missing_a), counted(b, missing_b)));
        // Each value alone fills a bin, or its bin is filled by those that do not: at most as many again.
        ASSERT_LE(cuts.size(), 2 * static_cast<std::size_t>(bins));
        double distance = 0;
        for (const auto &values : {a, b})
            for (const double at : values) {
                const auto share = [at](const std::vector<double> &of_values) {
                    return static_cast<double>(std::ranges::count_if(of_values, [at](double v) { return v <= at; })) /
                           static_cast<double>(of_values.size());
                };
                distance = std::max(distance, std::abs(share(a) - share(b)));
            }
        const Drift first = of(a), second = of(b);
        ASSERT_NEAR(*ks(first.values(), second.values(), Poll{}), distance, 1e-14);
    }
}

TEST(Psi, OfScoresWhateverTheLabels) {
    Random random(2, 1);
    Evaluation a(std::pmr::new_delete_resource(), SIZE_MAX, Poll{}), b = a;
    std::vector<double> scores_a, scores_b;
    for (int i = 0; i < 3000; ++i) {
        scores_a.push_back(random.beta(2, 3));
        scores_b.push_back(std::round(random.beta(2, 2) * 50) / 50);
        a.add(scores_a.back(), random.bits() % 4 == 0);
        b.add(scores_b.back(), random.bits() % 3 == 0);
    }
    EXPECT_EQ(psi(a, b, 10), psi(of(scores_a), of(scores_b), 10));
    EXPECT_EQ(psi(a, a, 10), 0);
    EXPECT_STREQ(verdict(0.0999), "stable");
    EXPECT_STREQ(verdict(0.1), "moderate");
    EXPECT_STREQ(verdict(0.25), "major");
}

TEST(Drift, Mean) {
    EXPECT_EQ(mean(of({1, 2, 6})), 3);
    EXPECT_EQ(mean(of({DBL_MAX, DBL_MAX})), DBL_MAX);
    EXPECT_EQ(mean(of({0.1, 0.1, 0.1})), 0.1);
    EXPECT_FALSE(mean(of({}, 3)));
}

namespace {

// Columns amount, plan and an own one; rows of (amount, plan), where a plan of 0 and an amount of NaN are missing.
dataset::Dataset table(const std::vector<std::pair<double, const char *>> &rows, bool plan_first) {
    using namespace dataset;
    std::pmr::memory_resource *const memory = std::pmr::new_delete_resource();
    Dataset d(memory, SIZE_MAX);
    Shape shape(memory);
    if (plan_first) shape.columns.emplace_back("plan", Kind::category);
    shape.columns.emplace_back("amount", Kind::number);
    if (!plan_first) shape.columns.emplace_back("plan", Kind::category);
    d.fit_shape(shape);
    for (const auto &[amount, plan] : rows) {
        d.put(plan_first, amount);
        d.put(!plan_first, plan ? d.code(!plan_first, plan) : 0);
        d.end_row();
    }
    return d;
}

} // namespace

TEST(Drift, OfDatasets) {
    const auto before = table({{1, "a"}, {2, "a"}, {dataset::missing, "b"}, {4, nullptr}}, false);
    const auto after = table({{4, "c"}, {2, "b"}, {dataset::missing, "b"}, {dataset::missing, "a"}}, true);
    const dataset::View expected(before), actual(after);
    const DatasetDrift drift(expected, actual, 3, Poll{});
    const FeatureDrift amount = drift.feature(0), plan = drift.feature(1);
    // Three values are three bins; 1, 2, 4 and missing have 1 1 1 1, and then 0 1 1 2.
    EXPECT_DOUBLE_EQ(*amount.psi, *psi_of({1, 1, 1, 1}, {0, 1, 1, 2}));
    EXPECT_DOUBLE_EQ(*amount.ks, 1.0 / 3); // up to 1: 1/3 and 0
    EXPECT_EQ(amount.missing_expected, 1u);
    EXPECT_EQ(amount.missing_actual, 2u);
    // a, b, c and missing have 2 1 0 1, and then 1 2 1 0.
    EXPECT_DOUBLE_EQ(*plan.psi, *psi_of({2, 1, 0, 1}, {1, 2, 1, 0}));
    EXPECT_FALSE(plan.ks);
    EXPECT_EQ(plan.missing_expected, 1u);
    EXPECT_EQ(plan.missing_actual, 0u);

    dataset::Dataset other(std::pmr::new_delete_resource(), SIZE_MAX);
    other.name_columns(2, false, false);
    EXPECT_EQ(refusal([&] { DatasetDrift(expected, dataset::View(other), 3, Poll{}); }), "42703");
    dataset::Dataset kinds(std::pmr::new_delete_resource(), SIZE_MAX);
    dataset::Shape shape(std::pmr::new_delete_resource());
    shape.columns.emplace_back("amount", dataset::Kind::category);
    kinds.fit_shape(shape);
    EXPECT_EQ(refusal([&] { DatasetDrift(expected, dataset::View(kinds), 3, Poll{}); }), "42804");
}

TEST(HashSplit, PartOfADigest) {
    // SHA-256 of abc begins ba7816bf (FIPS 180-2, appendix B.1): 3128432319 / 2^32 = 0.72839...
    const std::uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf}, last[] = {0xff, 0xff, 0xff, 0xff}, first[] = {0, 0, 0, 0};
    const auto part = [](Bytes digest, const std::vector<double> &fractions) { return part_of(digest, fractions); };
    EXPECT_EQ(part(abc, {0.8}), 1);
    EXPECT_EQ(part(abc, {0.7}), 2);
    EXPECT_EQ(part(abc, {0.7, 0.02}), 3);
    EXPECT_EQ(part(abc, {0.5, 0.2, 0.2, 0.1}), 3);
    EXPECT_EQ(part(abc, {3128432319 / 4294967296.0}), 2); // a part ends before its border
    EXPECT_EQ(part(abc, {3128432320 / 4294967296.0}), 1);
    // What adds up to 1 but for rounding leaves nothing.
    EXPECT_EQ(part(last, std::vector<double>(10, 0.1)), 10);
    EXPECT_EQ(part(last, {1.0 / 3, 1.0 / 3, 1.0 / 3}), 3);
    EXPECT_EQ(part(last, {0.5, 0.4999999995}), 2);
    EXPECT_EQ(part(last, {0.5, 0.4999}), 3);
    EXPECT_EQ(part(first, {0.0001}), 1);
    const auto check = [](const std::vector<double> &fractions) {
        return refusal([&] { check_fractions(fractions); });
    };
    for (const std::vector<double> &bad : {std::vector<double>{}, {0}, {-0.1}, {1.5}, {0.7, 0.4}, {0.5, NAN}})
        EXPECT_EQ(check(bad), "22023");
    EXPECT_EQ(check({1}), "");
    EXPECT_EQ(check(std::vector<double>(10, 0.1)), "");
    EXPECT_EQ(check(std::vector<double>(3, 0.3333333334)), "");
}
