#include "cluster/pca.hpp"
#include "iris.hpp"
#include "math/random.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::cluster;
using math::Random;

namespace {

Points iris() {
    Points p;
    p.rows = 150;
    p.numbers = 4;
    for (const auto &row : test::iris) p.number.insert(p.number.end(), row, row + 4);
    return p;
}

void expect_same(const std::vector<double> &a, const std::vector<double> &b, double absolute) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], absolute) << i;
}

const char *state_of(const Points &p, int components) {
    try {
        pca(p, components);
    } catch (const Error &e) {
        EXPECT_FALSE(e.detail().empty());
        return e.state();
    }
    return "none";
}

struct Cancelled {};
int polls_left = 0;
void cancel() {
    if (--polls_left < 0) throw Cancelled{};
}

} // namespace

// prcomp(iris[, 1:4]) of R 4.2, with the second and the third component turned round as our rule of signs says.
TEST(Pca, IrisAsInR) {
    const Pca m = pca(iris(), 4);
    expect_same(m.variance, {4.2282417060349, 0.2426707479286, 0.0782095000429, 0.0238350929734}, 1e-12);
    expect_same(m.mean, {876.5 / 150, 458.6 / 150, 563.7 / 150, 179.9 / 150}, 1e-14); // column sums
    expect_same(m.loading,
                {0.3613865917854, -0.0845225140646, 0.8566706059498, 0.3582891971516, //
                 0.6565887712868, 0.7301614347850, -0.1733726627959, -0.0754810199175, -0.5820298512060,
                 0.5979108301000, 0.0762360758210, 0.5458314320200, 0.3154871929040, -0.3197231036660, -0.4798389869950,
                 0.7536574252640},
                1e-9);
    EXPECT_NEAR(m.total_variance, 4.5729570469796, 1e-12); // the sum of the four

    const Pca two = pca(iris(), 2);
    EXPECT_EQ(two.components, 2u);
    expect_same(two.variance, {m.variance[0], m.variance[1]}, 0);
    expect_same(two.loading, std::vector<double>(m.loading.begin(), m.loading.begin() + 8), 0);
    EXPECT_EQ(two.total_variance, m.total_variance);
}

TEST(Pca, ScoresHaveTheVariancesAndNoCorrelation) {
    const Points p = iris();
    const Pca m = pca(p, 4);
    double sum[4] = {}, products[4][4] = {};
    for (std::size_t i = 0; i < p.rows; ++i) {
        double score[4];
        pca_scores(4, 4, m.mean.data(), m.loading.data(), &p.number[i * 4], score);
        for (std::size_t a = 0; a < 4; ++a) {
            sum[a] += score[a];
            for (std::size_t b = 0; b < 4; ++b) products[a][b] += score[a] * score[b] / 149;
        }
    }
    for (std::size_t a = 0; a < 4; ++a) {
        EXPECT_NEAR(sum[a], 0, 1e-11);
        for (std::size_t b = 0; b < 4; ++b) EXPECT_NEAR(products[a][b], a == b ? m.variance[a] : 0, 1e-12);
    }
}

TEST(Pca, LargestLoadingIsPositive) {
    Random random(2, 1);
    for (int round = 0; round < 200; ++round) {
        Points p;
        p.rows = 30;
        p.numbers = 1 + random.bits() % 6;
        for (std::size_t i = 0; i < p.rows * p.numbers; ++i) p.number.push_back(random.normal());
        const Pca m = pca(p, static_cast<int>(p.numbers));
        for (std::size_t c = 0; c < p.numbers; ++c) {
            double largest = 0, square = 0;
            for (std::size_t j = 0; j < p.numbers; ++j) {
                const double x = m.loading[c * p.numbers + j];
                square += x * x;
                if (std::abs(x) > std::abs(largest)) largest = x;
            }
            EXPECT_GT(largest, 0);
            EXPECT_NEAR(square, 1, 1e-13);
            if (c) {
                EXPECT_LE(m.variance[c], m.variance[c - 1]);
            }
        }
    }
    // (x, -x) has the loadings 1/sqrt(2) and -1/sqrt(2) up to rounding: the first one decides.
    for (const double scale : {1.0, 0.1, 1e-9, 3e7}) {
        Points p;
        p.rows = 5;
        p.numbers = 2;
        for (const double x : {1.0, 2.0, 4.0, 7.0, 11.0}) p.number.insert(p.number.end(), {x * scale, -x * scale});
        expect_same(pca(p, 1).loading, {std::sqrt(0.5), -std::sqrt(0.5)}, 1e-12);
    }
}

TEST(Pca, WeightsAreRepeatedRows) {
    Points weighted = iris(), repeated;
    for (std::size_t i = 0; i < weighted.rows; ++i) {
        weighted.weight.push_back(static_cast<double>(1 + i % 3));
        for (std::size_t copy = 0; copy <= i % 3; ++copy, ++repeated.rows)
            repeated.number.insert(repeated.number.end(), test::iris[i], test::iris[i] + 4);
    }
    repeated.numbers = 4;
    const Pca a = pca(weighted, 4), b = pca(repeated, 4);
    expect_same(a.mean, b.mean, 1e-13);
    expect_same(a.variance, b.variance, 1e-13);
    expect_same(a.loading, b.loading, 1e-11);
}

// Two passes keep the digits that sums of squares would lose: the mean is 1e9 times the spread.
TEST(Pca, FarFromTheOrigin) {
    Points p = iris();
    for (double &x : p.number) x = (x - 5) * 0x1p-20 + 0x1p10; // rounds to 2^-42
    const Pca m = pca(p, 4), near = pca(iris(), 4);
    for (std::size_t c = 0; c < 4; ++c) EXPECT_NEAR(m.variance[c] * 0x1p40, near.variance[c], 1e-6);
    expect_same(m.loading, near.loading, 1e-5);
}

TEST(Pca, ConstantColumnsHaveNoPart) {
    Points p = iris();
    for (std::size_t i = 0; i < p.rows; ++i) p.number[i * 4 + 1] = 0.1;
    const Pca m = pca(p, 4);
    EXPECT_EQ(m.mean[1], 0.1);
    EXPECT_NEAR(m.variance[3], 0, 1e-14);
    expect_same({m.loading.begin() + 12, m.loading.end()}, {0, 1, 0, 0}, 1e-14);
    for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(m.loading[c * 4 + 1], 0, 1e-14);

    p.number.assign(600, 0.1);
    const Pca none = pca(p, 2);
    expect_same(none.variance, {0, 0}, 0);
    EXPECT_EQ(none.total_variance, 0);
}

TEST(Pca, MoreColumnsThanRows) {
    Random random(3, 1);
    Points p;
    p.rows = 5;
    p.numbers = 40;
    for (std::size_t i = 0; i < 200; ++i) p.number.push_back(random.normal());
    const Pca m = pca(p, 40);
    for (std::size_t c = 4; c < 40; ++c) EXPECT_NEAR(m.variance[c], 0, 1e-13); // 5 centred rows span 4 dimensions
    EXPECT_NEAR(m.variance[0] + m.variance[1] + m.variance[2] + m.variance[3], m.total_variance, 1e-11);
}

TEST(Pca, RefusesWhatMakesNoSense) {
    EXPECT_STREQ(state_of(iris(), 4), "none");
    EXPECT_STREQ(state_of(iris(), 5), "22023");
    EXPECT_STREQ(state_of(iris(), 0), "22023");
    EXPECT_STREQ(state_of(iris(), -1), "22023");
    Points p = iris();
    p.categories = 1;
    EXPECT_STREQ(state_of(p, 2), "22023");
    p = iris();
    p.rows = 1;
    EXPECT_STREQ(state_of(p, 2), "22023");
    p.rows = 0;
    p.number.clear();
    EXPECT_STREQ(state_of(p, 2), "22023");
    p = iris();
    p.number[0] = 1e200;
    EXPECT_STREQ(state_of(p, 2), "22003");
}

TEST(Pca, CanBeCancelledAnywhere) {
    int polls = 0;
    for (bool cancelled = true; cancelled; ++polls) {
        polls_left = polls;
        cancelled = false;
        try {
            pca(iris(), 2, Poll(cancel));
        } catch (const Cancelled &) {
            cancelled = true;
        }
    }
    EXPECT_EQ(polls, 5); // the weights, one block in two passes, and before the decomposition
}
