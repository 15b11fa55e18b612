#include "clv/horizon.hpp"
#include "clv/process.hpp"
#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::clv;

namespace {

using Function = std::function<void(std::span<const double>, double *)>;

std::vector<double> ends_of_periods(double length) {
    std::vector<double> at;
    for (double k = 1; k < length; ++k) at.push_back(k);
    if (length > 0) at.push_back(length);
    return at;
}

// The sum by its definition, in long double.
double plain_sum(const std::vector<double> &at, const std::vector<double> &value, double force) {
    long double sum = 0, before = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
        sum += (value[i] - before) * std::exp(-static_cast<long double>(force) * at[i]);
        before = value[i];
    }
    return static_cast<double>(sum);
}

} // namespace

TEST(Horizon, IsTheSumOverPeriods) {
    // Parameters of real customers, and of some whose rates could be without bound soon after their beginning.
    const std::pair<Process, Parameters> models[] = {
        {Process::bg_nbd, {0.243, 4.414, 0.793, 2.426}},
        {Process::bg_nbd, {0.05, 0.01, 3, 0.2}},
        {Process::mbg_nbd, {0.525, 6.183, 0.891, 1.614}},
        {Process::mbg_nbd, {20, 400, 0.1, 8}},
        {Process::pareto_nbd, {0.553, 10.58, 0.606, 11.66}},
        {Process::pareto_nbd, {2, 0.5, 1, 0.02}},
        {Process::nbd, {0.385, 12.07}},
        {Process::bg_bb, {1.2, 0.75, 0.66, 2.78}},
    };
    double worst = 0;
    for (const auto &[process, parameters] : models) {
        const Purchases model = make(process, parameters);
        const double power = process == Process::bg_nbd    ? parameters[0] - parameters[3]
                             : process == Process::mbg_nbd ? parameters[0] - parameters[3] - 1
                                                           : 0;
        for (const double length : {0.0, 0.3, 1.0, 7.5, 52.0, 1000.0})
            for (const History h : {History{0, 0, 0}, {0, 0, 500}, {2, 3, 4}, {500, 900, 1000}}) {
                const double from = parameters[process == Process::pareto_nbd ? 3 : 1] + h.t;
                const std::vector<double> ends = ends_of_periods(length);
                std::vector<double> values(ends.size());
                std::visit([&](const auto &m) { m.purchases(h, ends, values.data()); }, model);
                for (const double force : {0.0, 1e-9, 0.002, 5.0}) {
                    Horizon horizon(length, force, {});
                    std::size_t asked = 0;
                    const Function f = [&](std::span<const double> at, double *out) {
                        asked = at.size();
                        ASSERT_TRUE(std::ranges::is_sorted(at));
                        std::visit([&](const auto &m) { m.purchases(h, at, out); }, model);
                    };
                    const double sum = horizon.sum({is_discrete(process) ? 0 : from, power}, f);
                    EXPECT_LE(asked, std::ceil(length));
                    const double plain = plain_sum(ends, values, force);
                    const double error = plain == 0 ? std::abs(sum) : std::abs(sum / plain - 1);
                    EXPECT_LE(error, 1e-12) << name_of(process) << ", alpha " << parameters[1] << ", x " << h.x
                                            << ", t " << h.t << ", length " << length << ", force " << force;
                    worst = std::max(worst, error);
                }
            }
    }
    RecordProperty("largest_relative_error", std::to_string(worst * 1e15) + "e-15");
}

// Of f(t) = t without discount it is the length; with discount d = e^-force it is the geometric sum d + ... + d^n.
TEST(Horizon, OfLinearFunctionsIsKnown) {
    const Function line = [](std::span<const double> at, double *out) { std::ranges::copy(at, out); };
    for (const double singular : {0.0, 1e-9, 3.0, 1e9}) {
        Horizon plain(40.25, 0, {}), discounted(1000, 0.01, {});
        EXPECT_NEAR(plain.sum({singular, 0}, line), 40.25, 1e-13 * 40);
        const double d = std::exp(-0.01);
        EXPECT_NEAR(discounted.sum({singular, 0}, line), d * (1 - std::pow(d, 1000)) / (1 - d), 1e-11);
    }
}

// The logarithm of (1 + t / c) has the singularity of the worst customers: the new ones.
TEST(Horizon, TakesFewTimesForAMillionPeriods) {
    Horizon horizon(1e6, 1e-6, {});
    const std::vector<double> ends = ends_of_periods(1e6);
    for (const double c : {1e-15, 1.0, 3e4}) {
        std::size_t asked = 0;
        const Function f = [&](std::span<const double> at, double *out) {
            asked = at.size();
            for (std::size_t i = 0; i < at.size(); ++i) out[i] = std::log1p(at[i] / c);
        };
        const double sum = horizon.sum({c, 0}, f);
        EXPECT_LE(asked, 1000u) << c;
        std::vector<double> values(ends.size());
        f(ends, values.data());
        EXPECT_NEAR(sum / plain_sum(ends, values, 1e-6), 1, 1e-12) << c;
    }
}

// Without discount only what is expected at the end counts.
TEST(Horizon, WithoutDiscountIsTheFunctionAtTheEnd) {
    Horizon horizon(1e6, 0, {});
    double asked = 0;
    EXPECT_EQ(horizon.sum({1, 0},
                          [&](std::span<const double> at, double *out) {
                              ASSERT_EQ(at.size(), 1u);
                              asked = out[0] = at[0];
                          }),
              1e6);
    EXPECT_EQ(asked, 1e6);
}

TEST(Horizon, StopsWhenAsked) {
    struct Stop {};
    static int polls;
    polls = 0;
    const Poll poll([] {
        if (++polls > 300) throw Stop{};
    });
    EXPECT_THROW(
        {
            Horizon horizon(1e6, 1e-6, poll);
            horizon.sum({3, 0}, [](std::span<const double> at, double *out) { std::ranges::copy(at, out); });
        },
        Stop);
}

namespace {

// As the value is defined, period by period.
template <class M> double by_definition(const M &model, const History &h, double length, double force) {
    std::vector<double> end, purchases;
    for (double k = 1; k < length; ++k) end.push_back(k);
    end.push_back(length);
    purchases.resize(end.size());
    model.purchases(h, end, purchases.data());
    double sum = 0;
    for (std::size_t k = end.size(); k-- > 0;)
        sum += (purchases[k] - (k > 0 ? purchases[k - 1] : 0)) * std::exp(-force * end[k]);
    return sum;
}

template <class M>
void expect_sum(const M &model, const History &h, const Horizon::Smoothness &f, Horizon &horizon, double force) {
    const auto purchases = [&](std::span<const double> at, double *out) { model.purchases(h, at, out); };
    EXPECT_NEAR(horizon.sum(f, purchases) / by_definition(model, h, horizon.length(), force), 1, 1e-12)
        << M::name << " x=" << h.x << " t=" << h.t << " singular=" << f.singular << " power=" << f.power
        << " length=" << horizon.length();
}

} // namespace

// Expected purchases then grow on their way to the singularity: by the power of r - b.
TEST(Horizon, KeepsItsDigitsWhereManyLeaveAtOnce) {
    for (const double length : {60.5, 520.0})
        for (const double force : {0.0018}) {
            Horizon horizon(length, force, {});
            for (const double alpha : {.5, 100.0})
                for (const double r : {.2, 30.0, 100.0})
                    for (const double leaving : {.3, 8.0})
                        for (const double staying : {.5, 12.0})
                            for (const double x : {0.0, 40.0})
                                for (const double t : {1.0, 104.0}) {
                                    const History h{x, x > 0 ? t * .9 : 0, t};
                                    const double a = leaving, b = staying, end = alpha + t;
                                    expect_sum(BgNbd({r, alpha, a, b}), h, {end, r - b}, horizon, force);
                                    expect_sum(MbgNbd({r, alpha, a, b}), h, {end, r - b - 1}, horizon, force);
                                    expect_sum(ParetoNbd({r, 7, a, alpha}), h, {end, a - 1}, horizon, force);
                                }
        }
}
