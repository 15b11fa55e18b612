#include "learn_data.hpp"
#include <gtest/gtest.h>
#include <map>
#include <set>

using namespace cd;
using namespace cd::learn;
using math::Random;

namespace {

Table one_number(std::vector<double> values) {
    Table t;
    for (std::size_t i = 0; i < values.size(); ++i) t.label.push_back(i % 2);
    t.columns = {std::move(values)};
    return t;
}

// Of every bin, the sum of its rows' weights.
std::map<int, double> filling(const Problem &p) {
    std::map<int, double> weights;
    for (std::size_t row = 0; row < p.bins.rows; ++row) weights[p.bins.row(row)[0]] += p.target.weight_of(row);
    return weights;
}

} // namespace

TEST(Bins, FewValuesAreAllBins) {
    const Problem p(one_number({3, -1, dataset::missing, 3, 0.5, -0.0, 0.0, 1e300}));
    const Bins::Feature &feature = p.bins.features[0];
    EXPECT_EQ(feature.cuts, (std::vector<double>{-0.5, 0.25, 1.75, 5e299}));
    EXPECT_EQ(feature.bins, 6U);
    EXPECT_EQ(std::vector<std::uint8_t>(p.bins.of.begin(), p.bins.of.end()),
              (std::vector<std::uint8_t>{4, 1, 0, 4, 3, 2, 2, 5}));
}

TEST(Bins, CutsTellNeighboursApart) {
    const double one = 1, next = std::nextafter(1.0, 2.0), least = 5e-324, most = 1.7976931348623157e308;
    for (const auto &[low, high] :
         {std::pair{one, next}, {0.0, least}, {-least, 0.0}, {-most, most}, {std::nextafter(most, 0.0), most}}) {
        const Problem p(one_number({low, high}));
        ASSERT_EQ(p.bins.features[0].cuts.size(), 1U);
        EXPECT_LE(low, p.bins.features[0].cuts[0]);
        EXPECT_LT(p.bins.features[0].cuts[0], high);
    }
}

// More values than bins: the definition of the bins, and that all 255 of about equal weight are there.
TEST(Bins, QuantilesOfAllRows) {
    Random random(1, 1);
    const std::vector<std::function<double()>> kinds = {
        [&] { return random.normal(); },                                          // needs 8 bytes
        [&] { return static_cast<double>(static_cast<float>(random.normal())); }, // 4 are enough
        [&] { return 1.7e9 + std::floor(random.uniform() * 1e6) / 1e3; },         // leading bits are all the same
        [&] { return std::exp(20 * random.normal()); },
        [&] { return random.uniform() < 0.4 ? 0 : random.normal(); }, // a value as heavy as a hundred bins
        [&] { return std::floor(400 * random.uniform()); },
    };
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        for (const bool weighted : {false, true}) {
            Table t = one_number({});
            for (std::size_t i = 0; i < 40'000; ++i) {
                t.columns[0].push_back(random.uniform() < 0.1 ? dataset::missing : kinds[kind]());
                t.label.push_back(i % 2);
                if (weighted) t.weight.push_back(1 + std::floor(3 * random.uniform()));
            }
            const Problem p(t);
            const std::vector<double> &cuts = p.bins.features[0].cuts;
            ASSERT_TRUE(std::ranges::is_sorted(cuts, std::less_equal<>()) || cuts.empty());
            for (std::size_t row = 0; row < t.rows(); ++row) {
                const double value = t.columns[0][row];
                const auto above = std::ranges::lower_bound(cuts, value) - cuts.begin();
                ASSERT_EQ(p.bins.row(row)[0], dataset::is_missing(value) ? 0 : above + 1);
            }
            ASSERT_EQ(p.bins.features[0].bins, max_bins) << kind;
            // No bin has more than twice the weight that is fair, but one of a single value.
            std::map<double, double> values;
            double total = 0;
            for (std::size_t row = 0; row < t.rows(); ++row) {
                if (dataset::is_missing(t.columns[0][row])) continue;
                values[t.columns[0][row]] += p.target.weight_of(row);
                total += p.target.weight_of(row);
            }
            std::map<int, std::set<double>> in_bin;
            for (std::size_t row = 0; row < t.rows(); ++row) in_bin[p.bins.row(row)[0]].insert(t.columns[0][row]);
            for (const auto &[bin, weight] : filling(p))
                EXPECT_TRUE(bin == 0 || in_bin[bin].size() == 1 || weight < 2 * total / 255) << kind << " " << bin;
            for (const auto &[bin, all] : in_bin) EXPECT_TRUE(kind != 4 || !all.contains(0) || all.size() == 1);
        }
    }
}

// The k-th of 255 bins of n different values holds n/255 of them: type-1 quantiles, by sorting.
TEST(Bins, QuantilesAreExact) {
    Random random(2, 1);
    constexpr std::size_t n = 255 * 40;
    std::vector<double> values;
    for (std::size_t i = 0; i < n; ++i) values.push_back(random.normal());
    const Problem p(one_number(values));
    std::ranges::sort(values);
    ASSERT_EQ(p.bins.features[0].cuts.size(), 254U);
    for (std::size_t k = 1; k < 255; ++k)
        EXPECT_DOUBLE_EQ(p.bins.features[0].cuts[k - 1], (values[40 * k - 1] + values[40 * k]) / 2) << k;
}

TEST(Bins, RareLevelsShareOne) {
    Random random(3, 1);
    Table t;
    t.category = {1};
    t.columns.resize(1);
    const auto add = [&](int level, int times) {
        for (int i = 0; i < times; ++i) {
            t.columns[0].push_back(level);
            t.label.push_back(i == 0);
        }
    };
    add(0, 3);
    for (int level = 1; level <= 300; ++level) add(level, level % 2 == 0 ? 4 : level > 290 ? 2 : 3); // 150 have 4
    const Problem p(t);
    const Bins::Feature &feature = p.bins.features[0];
    EXPECT_EQ(feature.bins, 256U);
    std::map<int, int> levels_of_bin;
    for (std::uint32_t code = 1; code <= 300; ++code) ++levels_of_bin[feature.of_level[code]];
    EXPECT_EQ(levels_of_bin.size(), 255U);
    EXPECT_EQ(levels_of_bin[255], 300 - 254);
    for (std::uint32_t code = 2; code <= 300; code += 2) EXPECT_NE(feature.of_level[code], 255);
    for (std::uint32_t code = 291; code <= 299; code += 2) EXPECT_EQ(feature.of_level[code], 255);
    EXPECT_EQ(feature.of_level[0], 0);
    EXPECT_EQ(p.bins.row(0)[0], 0);
}

TEST(Bins, SameInAnyOrderWithAnyThreads) {
    Random random(4, 1);
    Table t = mixed(5000, random);
    for (std::size_t i = 0; i < t.rows(); ++i) t.weight.push_back(random.uniform());
    const std::vector<std::size_t> order = shuffled(t.rows(), random);
    Problem a(t), b(t.of(order), 4);
    for (std::size_t f = 0; f < t.columns.size(); ++f) {
        EXPECT_EQ(a.bins.features[f].cuts, b.bins.features[f].cuts);
        EXPECT_EQ(a.bins.features[f].of_level, b.bins.features[f].of_level);
    }
    const auto keys = row_keys(a.bins, a.target, 5, a.workers), other = row_keys(b.bins, b.target, 5, b.workers);
    for (std::size_t i = 0; i < order.size(); ++i) {
        ASSERT_TRUE(std::equal(b.bins.row(i), b.bins.row(i) + 5, a.bins.row(order[i])));
        ASSERT_EQ(other[i], keys[order[i]]); // no two rows are the same, with such weights
    }
}

TEST(Bins, EqualRowsHaveDifferentKeys) {
    Table t = one_number(std::vector<double>(300'000, 1));
    Random random(5, 1);
    for (double &v : t.columns[0]) v = std::floor(3 * random.uniform());
    Problem p(t);
    auto keys = row_keys(p.bins, p.target, 0, p.workers);
    Problem q(t.of(shuffled(t.rows(), random)));
    auto shuffled_keys = row_keys(q.bins, q.target, 0, q.workers), seeded = row_keys(p.bins, p.target, 1, p.workers);
    for (auto *each : {&keys, &shuffled_keys, &seeded}) std::ranges::sort(*each);
    EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
    EXPECT_EQ(keys, shuffled_keys);
    EXPECT_NE(keys, seeded);
}

TEST(Bins, NothingToSee) {
    const Problem p(one_number({dataset::missing, dataset::missing, dataset::missing}));
    EXPECT_TRUE(p.bins.features[0].cuts.empty());
    const Problem q(one_number({5, 5, 5}));
    EXPECT_TRUE(q.bins.features[0].cuts.empty());
    EXPECT_EQ(q.bins.features[0].bins, 2U);
}

TEST(Bins, WeightsAreIntegersOfOneUnit) {
    Table t = one_number({1, 2, 3, 4});
    t.weight = {1, 2, 0.5, 3};
    const FixedWeights w(Problem(t).target);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(w[i] * w.unit, t.weight[i]);
    t.weight = {1, 1e-300, 1e300, 1e299};
    const FixedWeights far(Problem(t).target);
    EXPECT_EQ(far[1], 1U); // no row is without weight
    EXPECT_NEAR(far[3] * far.unit / 1e299, 1, 1e-8);
}
