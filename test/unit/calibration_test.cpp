#include "learn/describe.hpp"
#include "math/log_odds.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

using namespace cd;
using namespace cd::learn;
using math::Random;
using Method = Calibration::Method;

namespace {

constexpr Poll no_poll;

// Labels with the log odds that `truth` makes of the score.
template <class Truth> Judged simulated(std::size_t rows, std::uint64_t seed, Truth truth) {
    Random random(seed, 0);
    Judged judged;
    for (std::size_t i = 0; i < rows; ++i) {
        judged.score.push_back(2 * random.normal());
        judged.label.push_back(random.uniform() < math::probability(truth(judged.score.back())));
    }
    return judged;
}

double log_loss(const Calibration &calibration, const Judged &judged) {
    double sum = 0;
    for (std::size_t i = 0; i < judged.rows(); ++i) {
        const double x = calibration.log_odds(judged.score[i]);
        sum += math::log_1_exp(judged.label[i] ? -x : x);
    }
    return sum / static_cast<double>(judged.rows());
}

std::vector<std::uint8_t> stored(const Calibration &calibration) {
    Measure measure;
    measure.value(calibration);
    std::vector<std::uint8_t> bytes(measure.size);
    Put put(bytes.data());
    put.value(calibration);
    return bytes;
}
Calibration read(const std::vector<std::uint8_t> &bytes) {
    Reader reader(bytes, "calibration");
    Calibration calibration;
    Get get(reader, no_poll);
    get.value(calibration);
    reader.end();
    if (const char *const wrong = fault(calibration)) reader.refuse(wrong);
    return calibration;
}

void expect_rising(const Calibration &calibration, double from, double to) {
    double before = calibration.log_odds(from);
    for (int i = 1; i <= 20'000; ++i) {
        const double now = calibration.log_odds(from + (to - from) * i / 20'000);
        ASSERT_LT(before, now) << "at step " << i;
        before = now;
    }
}

} // namespace

TEST(LogOdds, ThereAndBack) {
    EXPECT_EQ(math::log_odds(0.5), 0);
    EXPECT_DOUBLE_EQ(math::probability(math::log_odds(0.2)), 0.2);
    EXPECT_DOUBLE_EQ(math::log_1_exp(0), std::log(2));
    for (const double x : {-1e308, -800.0, -40.0, -1.0, 1.0, 40.0, 800.0, 1e308}) {
        EXPECT_GE(math::probability(x), 0);
        EXPECT_LE(math::probability(x), 1);
        EXPECT_NEAR(math::probability(x) + math::probability(-x), 1, 1e-15);
        EXPECT_GE(math::log_1_exp(x), std::max(x, 0.0));
    }
    EXPECT_NEAR(math::log_1_exp(-40), std::exp(-40), 1e-15);
}

// The first is in R's help of isoreg; means of (4, 3, 3, 5, 4, 2, 0) and of (1, 0), (3, 2), (4, 3.5).
TEST(Isotonic, Published) {
    const std::vector<double> ones(9, 1);
    const auto fitted = [&ones](const std::vector<double> &y) { return isotonic(y, std::span(ones).first(y.size())); };
    EXPECT_EQ(fitted({1, 0, 4, 3, 3, 5, 4, 2, 0}), (std::vector<double>{.5, .5, 3, 3, 3, 3, 3, 3, 3}));
    EXPECT_EQ(fitted({1, 3, 2, 4, 3.5, 4, 5}), (std::vector<double>{1, 2.5, 2.5, 3.75, 3.75, 4, 5}));
    EXPECT_EQ(fitted({}), std::vector<double>{});
    // (1 * 3 + 3 * 2) / 4
    EXPECT_EQ(isotonic(std::vector<double>{1, 3, 2}, std::vector<double>{1, 1, 3}),
              (std::vector<double>{1, 2.25, 2.25}));
}

// Minimum of the loss with Platt's targets 7/8 and 1/8, by Newton's method in numpy; scikit-learn 1.2.1's
// _SigmoidCalibration stops at 0.440414, -0.248513.
TEST(Platt, ReferenceFit) {
    Judged judged;
    judged.score = {-3, -2.5, -2, -1.5, -1, -.5, 0, .5, 1, 1.5, 2, 2.5};
    judged.label = {0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1};
    const auto fitted = calibrate(judged, Scores::log_odds, Method::platt, no_poll);
    ASSERT_TRUE(fitted);
    EXPECT_NEAR(fitted->line.slope, 0.440414933143418, 1e-9);
    EXPECT_NEAR(fitted->line.shift, -0.248512880496729, 1e-9);

    // What a weight of 3 in all rows changes: nothing, for weights count against their mean.
    judged.weight.assign(12, 3);
    const auto weighted = calibrate(judged, Scores::log_odds, Method::platt, no_poll);
    EXPECT_NEAR(weighted->line.slope, fitted->line.slope, 1e-9);
    // A weight of 0 is no row.
    judged.score.push_back(-9);
    judged.label.push_back(1);
    judged.weight.push_back(0);
    EXPECT_EQ(calibrate(judged, Scores::log_odds, Method::platt, no_poll)->line.slope, weighted->line.slope);
}

TEST(Calibration, ChoosesWhatTheTruthIs) {
    const auto none = calibrate(simulated(20'000, 1, [](double x) { return x; }), Scores::log_odds, no_poll);
    EXPECT_NEAR(none.log_odds(1.5), 1.5, 0.1); // whichever it is
    const auto platt = calibrate(simulated(20'000, 2, [](double x) { return 0.5 * x - 1; }), Scores::log_odds, no_poll);
    EXPECT_EQ(platt.method, Method::platt);
    EXPECT_NEAR(platt.line.slope, 0.5, 0.03);
    EXPECT_NEAR(platt.line.shift, -1, 0.05);
    const auto step = [](double x) { return x < 0 ? -2.0 : 2.0; };
    const auto isotonic = calibrate(simulated(20'000, 3, step), Scores::log_odds, no_poll);
    EXPECT_EQ(isotonic.method, Method::isotonic);
    EXPECT_NEAR(isotonic.log_odds(-2), -2, 0.3);
    EXPECT_NEAR(isotonic.log_odds(2), 2, 0.3);
    const Judged fresh = simulated(20'000, 4, step);
    Calibration line = isotonic;
    line.method = Method::none;
    EXPECT_LT(log_loss(isotonic, fresh), log_loss(line, fresh));
}

TEST(Calibration, OrderOfRowsDoesNotShow) {
    Judged judged = simulated(3000, 5, [](double x) { return x + 0.5 * std::sin(3 * x); });
    const std::vector<std::uint8_t> before = stored(calibrate(judged, Scores::log_odds, no_poll));
    std::ranges::reverse(judged.score);
    std::ranges::reverse(judged.label);
    EXPECT_EQ(stored(calibrate(judged, Scores::log_odds, no_poll)), before);
}

TEST(Calibration, IsotonicRisesEverywhere) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        Judged judged = simulated(300, seed, [](double x) { return x; });
        if (seed % 2)
            for (double &score : judged.score) score = std::round(score); // ties
        if (seed % 3 == 0)
            for (std::size_t i = 0; i < judged.rows(); ++i) judged.weight.push_back(1 + static_cast<double>(i % 5));
        const auto fitted = calibrate(judged, Scores::log_odds, Method::isotonic, no_poll);
        ASSERT_TRUE(fitted);
        expect_rising(*fitted, -30, 30);
        EXPECT_EQ(stored(read(stored(*fitted))), stored(*fitted));
    }
}

// Four rows (0, 0, 1, 1) in two blocks, with half a row more each: (0 + 0.5) / 3 and (2 + 0.5) / 3 at -1.5 and 1.5.
TEST(Calibration, IsotonicBlocksByHand) {
    Judged judged;
    judged.score = {-2, -1, 1, 2};
    judged.label = {0, 0, 1, 1};
    const auto fitted = calibrate(judged, Scores::log_odds, Method::isotonic, no_poll);
    ASSERT_TRUE(fitted);
    EXPECT_DOUBLE_EQ(fitted->log_odds(-1.5), -std::log(5));
    EXPECT_DOUBLE_EQ(fitted->log_odds(1.5), std::log(5));
    EXPECT_NEAR(fitted->log_odds(0), 0, 1e-15);
    EXPECT_DOUBLE_EQ(fitted->log_odds(4.5), std::log(5) + 3); // the slope beyond is 1 at most
}

TEST(Calibration, WhatDoesNotFit) {
    const Judged falling = simulated(500, 7, [](double x) { return -x; });
    EXPECT_FALSE(calibrate(falling, Scores::log_odds, Method::platt, no_poll));
    Judged one_class = falling;
    one_class.label.assign(one_class.rows(), 1);
    EXPECT_FALSE(calibrate(one_class, Scores::log_odds, Method::platt, no_poll));
    EXPECT_FALSE(calibrate(one_class, Scores::log_odds, Method::isotonic, no_poll));
    EXPECT_EQ(calibrate(one_class, Scores::log_odds, no_poll).method, Method::none);
    EXPECT_EQ(calibrate(Judged{}, Scores::log_odds, no_poll).method, Method::none);
    Judged equal = falling;
    equal.score.assign(equal.rows(), 0.7);
    EXPECT_FALSE(calibrate(equal, Scores::log_odds, Method::isotonic, no_poll));
    // Separated classes have a fit by Platt's targets, and it is finite.
    Judged separated;
    for (int i = -50; i < 50; ++i) {
        separated.score.push_back(i);
        separated.label.push_back(i >= 0);
    }
    const auto fitted = calibrate(separated, Scores::log_odds, Method::platt, no_poll);
    ASSERT_TRUE(fitted);
    EXPECT_LT(fitted->log_odds(50), 20);
    EXPECT_GT(fitted->log_odds(50), 2);
}

TEST(Calibration, ProbabilitiesAndVotes) {
    Calibration calibration;
    calibration.scores = Scores::probability;
    EXPECT_DOUBLE_EQ(math::probability(calibration.log_odds(0.03)), 0.03);
    calibration.scores = Scores::votes;
    EXPECT_DOUBLE_EQ(calibration.log_odds(0), std::log(0.0005 / 1.0005));
    EXPECT_DOUBLE_EQ(calibration.log_odds(1), -calibration.log_odds(0));
    expect_rising(calibration, 0, 1);
    calibration.scores = Scores::probability;
    EXPECT_TRUE(std::isfinite(calibration.log_odds(0)));
    EXPECT_TRUE(std::isfinite(calibration.log_odds(1)));
}

// A population of three times the odds: the shift is log 3, on top of any method.
TEST(Calibration, AnotherPopulation) {
    const auto truth = [](double x) { return 0.7 * x - 0.3; };
    const Judged judged = simulated(50'000, 8, truth),
                 other = simulated(50'000, 9, [truth](double x) { return truth(x) + std::log(3); });
    for (const Method method : {Method::none, Method::platt, Method::isotonic}) {
        const Calibration before = calibrate(judged, Scores::log_odds, method, no_poll).value();
        Judged seen = other;
        for (double &score : seen.score) score = before.log_odds(score);
        const Calibration after = recalibrate(before, seen, no_poll);
        for (const double x : {-2.0, 0.0, 2.0}) EXPECT_NEAR(after.log_odds(x), truth(x) + std::log(3), 0.2);
        EXPECT_LT(log_loss(after, other), log_loss(before, other));
        expect_rising(after, -20, 20);
        EXPECT_EQ(stored(read(stored(after))), stored(after));
    }
    // Scores that say the contrary there: the shift that gives the base rate, and nothing is turned round.
    const Judged contrary = simulated(5000, 10, [](double x) { return -x + 1; });
    const Calibration shifted = recalibrate(Calibration{}, contrary, no_poll);
    EXPECT_EQ(shifted.line.slope, 1);
    double expected = 0, positives = 0;
    for (std::size_t i = 0; i < contrary.rows(); ++i) {
        expected += math::probability(shifted.log_odds(contrary.score[i]));
        positives += contrary.label[i];
    }
    EXPECT_NEAR(expected / positives, 1, 1e-3);
}

TEST(Calibration, ContributionsAddUp) {
    Random random(11, 0);
    const Judged judged = simulated(2000, 12, [](double x) { return 1.5 * std::tanh(x) - 1; });
    for (const Method method : {Method::none, Method::platt, Method::isotonic}) {
        const Calibration calibration = calibrate(judged, Scores::log_odds, method, no_poll).value();
        for (int round = 0; round < 100; ++round) {
            std::vector<double> phi(6);
            for (double &x : phi) x = random.normal();
            const double base = random.normal(), score = std::accumulate(phi.begin(), phi.end(), base);
            const std::vector<double> before = phi;
            const double from = calibrate_contributions(calibration, base, score, phi);
            EXPECT_EQ(from, calibration.log_odds(base));
            EXPECT_NEAR(std::accumulate(phi.begin(), phi.end(), from), calibration.log_odds(score), 1e-12);
            for (std::size_t i = 0; i < phi.size(); ++i) {
                EXPECT_GE(phi[i] * before[i], 0);                           // same signs and
                EXPECT_NEAR(phi[i] * before[0], phi[0] * before[i], 1e-12); // same shares
            }
        }
        std::vector<double> cancelling = {0.5, -0.5};
        calibrate_contributions(calibration, 0.2, 0.2, cancelling);
        EXPECT_GT(cancelling[0], 0);
        EXPECT_EQ(cancelling[0], -cancelling[1]);
    }
}

TEST(Calibration, RefusesOtherBytes) {
    Calibration calibration;
    calibration.method = Method::isotonic;
    calibration.points = {{-1, -2}, {0, 0}, {1, 3}};
    const std::vector<std::uint8_t> good = stored(calibration);
    EXPECT_EQ(stored(read(good)), good);
    for (std::size_t n = 0; n < good.size(); ++n)
        EXPECT_THROW(read(std::vector(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n))), Error);
    const auto refused = [](const Calibration &bad) { EXPECT_THROW(read(stored(bad)), Error); };
    Calibration bad = calibration;
    bad.points[1].value = -2;
    refused(bad);
    bad = calibration;
    bad.points[2].at = 0;
    refused(bad);
    bad = calibration;
    bad.points[2].at = std::nan("");
    refused(bad);
    bad = calibration;
    bad.points.resize(1);
    refused(bad);
    bad = calibration;
    bad.method = Method::platt;
    for (const double slope : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")}) {
        bad.line.slope = slope;
        refused(bad);
    }
    bad.method = static_cast<Method>(3);
    refused(bad);
}
