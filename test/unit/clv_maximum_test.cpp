#include "clv/maximum.hpp"
#include "clv_data.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::clv;

namespace {

Derivatives of_one(double value, double first, double second) {
    Derivatives d;
    d.value = value;
    d.gradient[0] = first;
    d.hessian[0][0] = second;
    return d;
}

} // namespace

// k ln p - c p is that of a Poisson or gamma rate: its maximum is p = k / c, and in ln p its information is k.
TEST(ClvMaximum, OfAKnownFunction) {
    const LogLikelihood f = [](const Parameters &p) {
        return of_one(12 * std::log(p[0]) - 4 * p[0], 12 / p[0] - 4, -12 / p[0] / p[0]);
    };
    for (const double start : {1e-3, 0.5, 3.0, 200.0}) {
        const Maximum m = maximise(f, {1}, {start}, 100, {});
        ASSERT_EQ(m.end, End::converged) << start;
        EXPECT_NEAR(m.at[0], 3, 1e-11);
        EXPECT_NEAR(m.log_likelihood, 12 * std::log(3.0) - 12, 1e-12);
        ASSERT_EQ(m.covariance.size(), 1u);
        EXPECT_NEAR(m.covariance[0], 1.0 / 12, 1e-9);
    }
}

// The same above a bound of 2: (p - 2) = 3.
TEST(ClvMaximum, BoundsAreBelowTheParameter) {
    const LogLikelihood f = [](const Parameters &p) {
        const double d = p[0] - 2;
        EXPECT_GT(d, 0);
        return of_one(12 * std::log(d) - 4 * d, 12 / d - 4, -12 / d / d);
    };
    const Maximum m = maximise(f, {1, {2}}, {2.001}, 100, {});
    ASSERT_EQ(m.end, End::converged);
    EXPECT_NEAR(m.at[0], 5, 1e-11);
    EXPECT_NEAR(m.covariance[0], 1.0 / 12, 1e-9);
}

// -(a - 1)^2 - (b - 2)^2 + (a - 1) (b - 2) in a = ln p, b = ln q: the information is (2 -1; -1 2), its inverse
// (2 1; 1 2) / 3.
TEST(ClvMaximum, CovarianceIsThatOfLogarithms) {
    const LogLikelihood f = [](const Parameters &p) {
        const double a = std::log(p[0]) - 1, b = std::log(p[1]) - 2, fa = -2 * a + b, fb = -2 * b + a;
        Derivatives d;
        d.value = -a * a - b * b + a * b;
        d.gradient = {fa / p[0], fb / p[1], 0, 0};
        d.hessian[0][0] = (-2 - fa) / p[0] / p[0];
        d.hessian[1][1] = (-2 - fb) / p[1] / p[1];
        d.hessian[0][1] = d.hessian[1][0] = 1 / p[0] / p[1];
        return d;
    };
    const Maximum m = maximise(f, {2}, {30, 0.1}, 100, {});
    ASSERT_EQ(m.end, End::converged);
    EXPECT_LE(m.iterations, 12u);
    EXPECT_NEAR(m.at[0], std::exp(1), 1e-11);
    EXPECT_NEAR(m.at[1], std::exp(2), 1e-11);
    const double expected[] = {2.0 / 3, 1.0 / 3, 1.0 / 3, 2.0 / 3};
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(m.covariance[i], expected[i], 1e-9);
}

// -(u^2 - 1)^2 - v^2 with u = ln p, v = ln q has a saddle at u = 0 and maxima at u = -1 and 1. A start beside the
// saddle, where the likelihood is not concave, must not end there.
TEST(ClvMaximum, LeavesASaddle) {
    const LogLikelihood f = [](const Parameters &p) {
        const double u = std::log(p[0]), v = std::log(p[1]), w = u * u - 1, first = -4 * u * w;
        Derivatives d;
        d.value = -w * w - v * v;
        d.gradient = {first / p[0], -2 * v / p[1], 0, 0};
        d.hessian[0][0] = (4 - 12 * u * u - first) / p[0] / p[0];
        d.hessian[1][1] = (-2 + 2 * v) / p[1] / p[1];
        return d;
    };
    for (const double side : {-1.0, 1.0}) {
        const Maximum m = maximise(f, {2}, {std::exp(side * 1e-3), 5}, 100, {});
        ASSERT_EQ(m.end, End::converged);
        EXPECT_NEAR(std::log(m.at[0]), side, 1e-10);
    }
}

// -e^-p grows as p does, -p as p vanishes.
TEST(ClvMaximum, RunsAway) {
    const Maximum up = maximise(
        [](const Parameters &p) {
            return of_one(-1 / (1 + p[0]), 1 / (1 + p[0]) / (1 + p[0]), -2 / std::pow(1 + p[0], 3));
        },
        {1}, {1}, 1000, {});
    EXPECT_EQ(up.end, End::runs_away);
    EXPECT_TRUE(up.grows);
    EXPECT_GT(up.at[0], 1e3);
    EXPECT_TRUE(up.covariance.empty());
    const Maximum down = maximise([](const Parameters &p) { return of_one(-p[0], -1, 0); }, {1, {3}}, {4}, 1000, {});
    EXPECT_EQ(down.end, End::runs_away);
    EXPECT_FALSE(down.grows);
    EXPECT_GT(down.at[0], 3);
    EXPECT_LT(down.at[0], 3.001);
}

// Of p q only the product matters: a ridge. And of a constant nothing does.
TEST(ClvMaximum, SaysWhatTheDataDoNotTell) {
    const LogLikelihood ridge = [](const Parameters &p) {
        const double product = p[0] * p[1], first = 12 / product - 4, second = -12 / product / product;
        Derivatives d;
        d.value = 12 * std::log(product) - 4 * product;
        d.gradient = {first * p[1], first * p[0], 0, 0};
        d.hessian[0][0] = second * p[1] * p[1];
        d.hessian[1][1] = second * p[0] * p[0];
        d.hessian[0][1] = d.hessian[1][0] = second * product + first;
        return d;
    };
    const Maximum m = maximise(ridge, {2}, {1, 7}, 200, {});
    EXPECT_EQ(m.end, End::flat);
    EXPECT_TRUE(m.covariance.empty());
    EXPECT_NEAR(m.at[0] * m.at[1], 3, 1e-6);
    EXPECT_EQ(maximise([](const Parameters &) { return of_one(-5, 0, 0); }, {1}, {1}, 50, {}).end, End::flat);
}

TEST(ClvMaximum, StopsAfterItsIterations) {
    const LogLikelihood f = [](const Parameters &p) {
        return of_one(12 * std::log(p[0]) - 4 * p[0], 12 / p[0] - 4, -12 / p[0] / p[0]);
    };
    const Maximum m = maximise(f, {1}, {1e-6}, 3, {});
    EXPECT_EQ(m.end, End::too_few_iterations);
    EXPECT_EQ(m.iterations, 3u);
    EXPECT_TRUE(m.covariance.empty());
    EXPECT_EQ(test::refusal(
                  [] { maximise([](const Parameters &) { return of_one(std::log(-1.0), 0, 0); }, {1}, {1}, 9, {}); }),
              "22003 the log-likelihood is not finite");
}

TEST(ClvMaximum, StopsWhenAsked) {
    struct Stop {};
    EXPECT_THROW(
        maximise([](const Parameters &p) { return of_one(-p[0], -1, 0); }, {1}, {1}, 9, Poll([] { throw Stop{}; })),
        Stop);
}
