#include "math/elementary.hpp"
#include "math/random.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <vector>

namespace math = cd::math;
using math::mix, math::Random, math::Sum, math::two_sum;

static double ulps(double seen, double expected) {
    return std::abs(seen - expected) / (std::nextafter(std::abs(expected), INFINITY) - std::abs(expected));
}

TEST(Elementary, LogIsWithinTwoUlps) {
    Random random(1, 1);
    for (int i = 0; i < 200000; ++i) {
        const double x = std::ldexp(random.uniform() + 0.5, static_cast<int>(random.bits() % 2000) - 1000);
        EXPECT_LE(ulps(math::log(x), std::log(x)), 2) << x;
    }
    for (const double x : {1 + 1e-15, 1 - 1e-15, 1 + 1e-8, 0.70710678, 0.7071068, 5e-324, 1e-310, 1.7e308})
        EXPECT_LE(ulps(math::log(x), std::log(x)), 2) << x;
    EXPECT_EQ(math::log(1), 0);
}

TEST(Elementary, ExpIsWithinTwoUlps) {
    Random random(2, 1);
    for (int i = 0; i < 200000; ++i) {
        const double x = (random.uniform() - 0.5) * 1400;
        EXPECT_LE(ulps(math::exp(x), std::exp(x)), 2) << x;
    }
    EXPECT_EQ(math::exp(0), 1);
}

TEST(Elementary, OfManyAreThoseOfOne) {
    Random random(9, 1);
    std::vector<double> x(100001), logs, exps;
    for (double &value : x) value = (random.uniform() - 0.5) * 1400;
    exps = x;
    math::exp_all(exps.data(), exps.size());
    logs = exps;
    math::log_all(logs.data(), logs.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_LE(ulps(exps[i], std::exp(x[i])), 2) << x[i];
        EXPECT_LE(ulps(logs[i], std::log(exps[i])), 2) << exps[i];
    }
    double ends[] = {-800, 800, 0};
    math::exp_all(ends, 3);
    EXPECT_LT(ends[0], 1e-300);
    EXPECT_GT(ends[1], 1e300);
    EXPECT_EQ(ends[2], 1);
}

// Of mpmath, at the doubles nearest to the arguments.
struct Value {
    double x, expected;
};
static const Value log1p_values[] = {
    {1e-300, 1.000000000000000025059092e-300}, {-1e-20, -9.999999999999999451582715e-21},
    {1e-16, 9.999999999999999290977867e-17},   {-3e-16, -3.00000000000000038729336e-16},
    {2.5e-9, 2.499999996875000057514735e-9},   {-1e-5, -0.00001000005000033333665139205},
    {0.001, 0.0009995003330835331876052847},   {0.1, 0.09531017980432486509042042},
    {-0.3, -0.3566749439387323630523098},      {0.41421356, 0.3465735886019410382132761},
    {-0.5, -0.6931471805599453094172321},      {0.75, 0.5596157879354226862708885},
    {-0.9, -2.302585092994045906062596},       {-0.999999999, -20.72326586522834301952103},
    {1, 0.6931471805599453094172321},          {3.7, 1.547562508716012940597786},
    {1000, 6.908754779315220585220784},        {1e17, 39.14394658089877663830585},
    {1e300, 690.7755278982137052579022},
};
static const Value expm1_values[] = {
    {1e-300, 1.000000000000000025059092e-300}, {-1e-20, -9.999999999999999451482715e-21},
    {1e-16, 1.000000000000000029097787e-16},   {-3e-16, -2.99999999999999948729336e-16},
    {2.5e-9, 2.500000003125000054910569e-9},   {-1e-5, -0.000009999950000166667068023192},
    {0.001, 0.001000500166708341688893263},    {-0.1, -0.09516258196404043185860762},
    {0.2499, 0.2838970205659858086176923},     {0.2501, 0.2841538256497513371039472},
    {-0.25, -0.2211992169285951317548297},     {0.34, 0.4049475905635938311613631},
    {0.35, 0.4190675485932572167607663},       {-0.36, -0.3023236739289689334959549},
    {0.7, 1.013752707470476432195965},         {-1.1, -0.6671289163019204762760444},
    {3.7, 39.44730436006739771377876},         {-20, -0.9999999979388463775614422},
    {-36, -0.999999999999999768047717},        {-50, -0.9999999999999999999998071},
    {36, 4311231547115194.227113422},          {50, 5184705528587072464086.453},
    {100, 2.688117141816135448412626e+43},     {-600, -1.0},
    {690, 4.604606404782989622120963e+299},
};

TEST(Elementary, SmallArgumentsKeepTheirDigits) {
    for (const auto &[x, expected] : log1p_values) {
        double many[] = {0, 0, x};
        EXPECT_LE(ulps(math::log1p(x), expected), 2) << x;
        math::log1p_all(many, 3);
        EXPECT_LE(ulps(many[2], expected), 3) << x;
        EXPECT_EQ(many[0], 0);
    }
    for (const auto &[x, expected] : expm1_values) {
        double many[] = {x, 0, x};
        EXPECT_LE(ulps(math::expm1(x), expected), 2) << x;
        math::expm1_all(many, 3);
        EXPECT_LE(ulps(many[0], expected), 3) << x;
        EXPECT_EQ(many[1], 0);
        EXPECT_EQ(many[2], many[0]);
    }
    EXPECT_EQ(math::log1p(0), 0);
    EXPECT_EQ(math::expm1(0), 0);
}

// Against the C library, over all magnitudes.
TEST(Elementary, Log1pAndExpm1) {
    Random random(11, 1);
    for (int i = 0; i < 200000; ++i) {
        const double size = std::ldexp(random.uniform() + 0.5, static_cast<int>(random.bits() % 70) - 60);
        for (double x : {size, -size}) {
            double many[] = {x};
            if (x > -1) {
                EXPECT_LE(ulps(math::log1p(x), std::log1p(x)), 2) << x;
                math::log1p_all(many, 1);
                EXPECT_LE(ulps(many[0], std::log1p(x)), 3) << x;
            }
            if (size > 690) continue;
            EXPECT_LE(ulps(math::expm1(x), std::expm1(x)), 2) << x;
            many[0] = x;
            math::expm1_all(many, 1);
            EXPECT_LE(ulps(many[0], std::expm1(x)), 3) << x;
        }
    }
}

// Moments of the distributions, at five standard errors of a million draws.
TEST(Random, GammaAndBetaHaveTheirMoments) {
    Random random(3, 7);
    constexpr int n = 1000000;
    for (const double shape : {0.3, 1.0, 4.5}) {
        double sum = 0;
        for (int i = 0; i < n; ++i) sum += random.gamma(shape);
        EXPECT_NEAR(sum / n, shape, 5 * std::sqrt(shape / n));
    }
    double sum = 0;
    for (int i = 0; i < n; ++i) sum += random.beta(0.6, 12);
    const double mean = 0.6 / 12.6, variance = 0.6 * 12 / (12.6 * 12.6 * 13.6);
    EXPECT_NEAR(sum / n, mean, 5 * std::sqrt(variance / n));
}

// The first outputs of SplitMix64 for state 1234567 are published with the generator.
TEST(Random, MixIsSplitMix64) {
    std::uint64_t state = 1234567;
    const std::uint64_t published[] = {6457827717110365317u, 3203168211198807973u, 9817491932198370423u};
    for (const std::uint64_t expected : published) EXPECT_EQ(mix(state += 0x9e3779b97f4a7c15), expected);
}

TEST(Sum, TakesAnAmountForTheDecimalItWasWrittenAs) {
    Sum sum;
    sum.add(Sum::of(11.77));
    sum.add(Sum::of(20.58));
    EXPECT_EQ(sum.value(), 32.35); // 11.77 + 20.58 as doubles, exactly added, is 32.349999999999994
    Sum cents;
    for (int i = 0; i < 1000000; ++i) cents.add(Sum::of(0.1));
    EXPECT_EQ(cents.value(), 100000);
    EXPECT_EQ(cents.decimal(), 1000000000);
}

TEST(Sum, OfEveryDecimalIsThatDecimal) {
    Random random(4, 1);
    for (int i = 0; i < 200000; ++i) {
        const auto units = static_cast<std::int64_t>(random.bits() % (std::uint64_t{1} << (1 + random.bits() % 50)));
        const Sum sum = Sum::of(static_cast<double>(units) / 1e4);
        EXPECT_EQ(sum.decimal(), units);
        EXPECT_EQ(sum.high, Sum::of_decimal(units).high);
        EXPECT_EQ(sum.low, Sum::of_decimal(units).low);
        double error;
        EXPECT_EQ(two_sum(sum.high, sum.low, error), sum.high);
    }
}

TEST(Sum, TakesARoundedProductForItsDecimal) {
    EXPECT_NE(3 * 2.55, 7.65);
    EXPECT_EQ(Sum::of(3 * 2.55).value(), 7.65);
    EXPECT_EQ(Sum::of(50.07 - 50).decimal(), -1); // a difference has lost too many digits
}

TEST(Sum, KeepsWhatIsNoDecimal) {
    for (const double x : {1.0 / 3, 1e-5, 1e300, 5e-324, 123456789012345.678}) {
        EXPECT_EQ(Sum::of(x).high, x);
        EXPECT_EQ(Sum::of(x).low, 0);
        EXPECT_EQ(Sum::of(x).decimal(), -1) << x;
    }
}

// 106 bits: what a long double sum cannot show for such numbers, integers of 128 bits can.
TEST(Sum, AddsInAnyOrderTheSame) {
    Random random(5, 1);
    std::vector<std::int64_t> units(10000);
    std::int64_t exact = 0;
    for (auto &u : units) exact += u = static_cast<std::int64_t>(random.bits() % 1000000000);
    for (int round = 0; round < 5; ++round) {
        Sum sum, parts[3];
        for (std::size_t i = 0; i < units.size(); ++i) {
            const Sum one = Sum::of(static_cast<double>(units[i]) / 1e4);
            sum.add(one);
            parts[i % 3].add(one);
        }
        parts[0].add(parts[1]);
        parts[0].add(parts[2]);
        EXPECT_EQ(sum.decimal(), exact);
        EXPECT_EQ(parts[0].decimal(), exact);
        EXPECT_EQ(sum.value(), static_cast<double>(exact) / 1e4);
        std::reverse(units.begin(), units.end());
        std::rotate(units.begin(), units.begin() + 1234, units.end());
    }
}
