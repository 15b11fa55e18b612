#include "clv/gamma_gamma.hpp"
#include "clv_grid_discrete.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <vector>

using namespace cd;
using clv::GammaGamma;

namespace {

struct Table {
    std::vector<double> x, average, customers;
    explicit Table(std::vector<std::array<double, 3>> rows) {
        std::sort(rows.begin(), rows.end());
        for (const auto &row : rows) {
            x.push_back(row[0]);
            average.push_back(row[1]);
            customers.push_back(row[2]);
        }
    }
    clv::Spending spending() const { return {x, average, customers}; }
    clv::Derivatives at(const clv::Parameters &p) const { return GammaGamma::Likelihood(spending(), Poll{})(p); }
};

const clv::Parameters estimates{6.2488019, 3.74458865, 15.44775074};

} // namespace

// Fader and Hardie 2013, note 025: the first ten customers of CDNOW, to more digits.
TEST(GammaGamma, PublishedPredictions) {
    const GammaGamma model(estimates);
    const double x[] = {2, 1, 0, 0, 0, 7, 1, 0, 2, 0};
    const double average[] = {22.35, 11.77, 0, 0, 0, 73.74, 11.77, 0, 25.55, 0};
    const double expected[] = {24.65861655, 18.91148078, 35.17100244, 35.17100244, 35.17100244,
                               71.46285047, 18.91148078, 35.17100244, 27.28240787, 35.17100244};
    for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(model.spend(x[i], average[i]), expected[i], 1e-6) << i;
}

TEST(GammaGamma, Accuracy) {
    test::Accuracy accuracy;
    for (const test::GridValue &value : test::gamma_gamma_grid) {
        const double x = value.at[0], average = value.at[1];
        if (std::string(value.function) == "spend")
            accuracy.add(value, GammaGamma(value.parameters).spend(x, average));
        else
            accuracy.add(value, test::derivative(Table({{x, average, 1}}).at(value.parameters), value.function));
    }
    accuracy.expect_below(1e-12);
}

// Pairs come in groups and blocks of many, customers do not.
TEST(GammaGamma, LikelihoodIsTheSumOverCustomers) {
    math::Random random(1, 1);
    std::vector<std::array<double, 3>> rows;
    for (const auto &[x, pairs] : {std::pair{1., 1}, {2., 5000}, {3., 1024}, {4., 1023}, {17., 1}, {900., 30}})
        for (int i = 0; i < pairs; ++i)
            rows.push_back({x, 1 + 100 * random.uniform(), 1 + std::floor(9 * random.uniform())});
    const auto [p, q, v, none] = estimates;
    clv::Derivatives sum;
    double direct = 0;
    for (const auto &[x, z, customers] : rows) {
        const clv::Derivatives one = Table({{x, z, 1}}).at(estimates);
        for (std::size_t i = 0; i < 3; ++i) {
            sum.gradient[i] += customers * one.gradient[i];
            for (std::size_t j = 0; j < 3; ++j) sum.hessian[i][j] += customers * one.hessian[i][j];
        }
        direct += customers * (std::lgamma(p * x + q) - std::lgamma(p * x) - std::lgamma(q) + q * std::log(v) +
                               (p * x - 1) * std::log(z) + p * x * std::log(x) - (p * x + q) * std::log(x * z + v));
    }
    const clv::Derivatives all = Table(rows).at(estimates);
    EXPECT_NEAR(all.value / direct, 1, 1e-12);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(all.gradient[i] / sum.gradient[i], 1, 1e-12);
        for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(all.hessian[i][j] / sum.hessian[i][j], 1, 1e-12);
    }
    EXPECT_EQ(Table({}).at(estimates).value, 0);
}

// In another currency amounts are other numbers, with densities that are as much smaller.
TEST(GammaGamma, AnyCurrency) {
    const std::vector<std::array<double, 3>> rows{{1, 11.77, 3}, {2, 22.35, 1}, {2, 25.55, 1}, {7, 73.74, 2}};
    const clv::Derivatives here = Table(rows).at(estimates);
    for (const double rate : {1e-8, 1e11}) {
        auto converted = rows;
        for (auto &row : converted) row[1] *= rate;
        const clv::Derivatives there = Table(converted).at({estimates[0], estimates[1], estimates[2] * rate});
        EXPECT_NEAR((there.value + 7 * std::log(rate)) / here.value, 1, 1e-13);
        const double unit[] = {1, 1, rate};
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_NEAR(there.gradient[i] * unit[i] / here.gradient[i], 1, 1e-12);
            for (std::size_t j = 0; j < 3; ++j)
                EXPECT_NEAR(there.hessian[i][j] * unit[i] * unit[j] / here.hessian[i][j], 1, 1e-12);
        }
    }
}

// Anscombe 1973, American Statistician 27(1), first set; interval of scipy 1.10, pearsonr(x, y).confidence_interval().
TEST(GammaGamma, Correlation) {
    const std::vector<std::array<double, 3>> anscombe{{10, 8.04, 1}, {8, 6.95, 1},   {13, 7.58, 1}, {9, 8.81, 1},
                                                      {11, 8.33, 1}, {14, 9.96, 1},  {6, 7.24, 1},  {4, 4.26, 1},
                                                      {7, 4.82, 1},  {12, 10.84, 1}, {5, 5.68, 1}};
    const auto of = [](const std::vector<std::array<double, 3>> &rows) {
        return clv::correlation(Table(rows).spending(), 0.95, Poll{});
    };
    const auto r = of(anscombe);
    ASSERT_TRUE(r);
    EXPECT_NEAR(r->value, 0.81642051634484, 1e-14);
    EXPECT_NEAR(r->low, 0.4243912133932165, 1e-14);
    EXPECT_NEAR(r->high, 0.9506932537865606, 1e-14);
    auto large = anscombe;
    for (auto &row : large) row[1] *= 1e12;
    EXPECT_NEAR(of(large)->value, r->value, 1e-14);

    // Two customers at (2, 3): the sums of products are -1, of squares 2 and 2.75.
    EXPECT_NEAR(of({{1, 2, 1}, {2, 3, 2}, {3, 1, 1}})->value, -1 / std::sqrt(5.5), 1e-15);
    const auto line = of({{1, 1, 2}, {2, 2, 2}});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->value, 1);
    EXPECT_EQ(line->low, 1);
    EXPECT_EQ(line->high, 1);
    EXPECT_FALSE(of({}));
    EXPECT_FALSE(of({{1, 2, 1}, {2, 3, 1}, {3, 1, 1}}));
    EXPECT_FALSE(of({{2, .1, 10}, {2, .3, 10}}));
    EXPECT_FALSE(of({{1, .1, 10}, {2, .1, 10}}));
}
