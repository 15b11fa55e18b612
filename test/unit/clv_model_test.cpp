#include "clv/clv_model.hpp"
#include "clv_data.hpp"
#include "math/distribution.hpp"
#include <chrono>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::clv;
using test::refusal;

namespace {

// Parameters, and a covariance of their logarithms that has no zeros.
Part part(std::vector<double> parameters) {
    Part p = given_part(parameters);
    const std::size_t n = parameters.size();
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j)
            p.covariance.push_back(i == j ? 0.01 + 0.002 * static_cast<double>(i) : 0.003);
    p.customers = 2357;
    p.log_likelihood = -9582.429;
    p.iterations = 17;
    return p;
}
Fitted fitted(Process process, std::vector<double> parameters) {
    Fitted f;
    f.unit = 7 * test::day;
    f.process = process;
    f.purchases = part(std::move(parameters));
    f.spend = part({6.25, 3.74, 15.44});
    f.correlation = 0.05;
    f.candidates = {{process, 19172.9, true}, {Process::nbd, 19300.1, false}};
    return f;
}
Fitted bg_nbd() { return fitted(Process::bg_nbd, {0.243, 4.414, 0.793, 2.426}); }

std::vector<std::uint8_t> bytes_of(const ClvModel &model) {
    std::vector<std::uint8_t> bytes(model.room());
    EXPECT_EQ(model.put(bytes.data()), bytes.data() + bytes.size());
    return bytes;
}
std::string said(const std::function<void(Fitted &)> &change) {
    Fitted f = bg_nbd();
    change(f);
    return refusal([&] { ClvModel{f}; });
}

} // namespace

TEST(ClvModel, BytesAreTheModel) {
    for (const Fitted &f :
         {bg_nbd(), fitted(Process::bg_bb, {1.2, 0.75, 0.66, 2.78}), fitted(Process::nbd, {0.4, 12})}) {
        const std::vector<std::uint8_t> bytes = bytes_of(ClvModel(f));
        const ClvModel again{Bytes(bytes)};
        EXPECT_EQ(bytes_of(again), bytes);
        EXPECT_EQ(again.fitted().purchases.parameters, f.purchases.parameters);
        EXPECT_EQ(again.fitted().spend->covariance, f.spend->covariance);
        EXPECT_EQ(again.alive({2, 20, 38}), ClvModel(f).alive({2, 20, 38}));
    }
}

TEST(ClvModel, EveryTruncationAndByteIsCheckedOrKept) {
    const std::vector<std::uint8_t> bytes = bytes_of(ClvModel(bg_nbd()));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_NE(refusal([&] { ClvModel(Bytes(bytes.data(), size)); }), "") << size;
    std::size_t refused = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (int value = 0; value < 256; ++value) {
            std::vector<std::uint8_t> changed = bytes;
            changed[i] = static_cast<std::uint8_t>(value);
            refused += !refusal([&] { EXPECT_EQ(bytes_of(ClvModel(Bytes(changed))), changed); }).empty();
        }
    EXPECT_GT(refused, bytes.size());
}

TEST(ClvModel, ImpossibleParametersAreRefused) {
    const std::string message = "22023 these are no parameters of a clv_model";
    EXPECT_EQ(said([](Fitted &) {}), "");
    EXPECT_EQ(said([](Fitted &f) { f.unit = 0; }), message);
    EXPECT_EQ(said([](Fitted &f) { f.unit = UINT64_MAX; }), message);
    for (const double p : {0.0, -1.0, 1e-16, 1e16, std::numeric_limits<double>::infinity(), std::nan("")})
        for (std::size_t i = 0; i < 4; ++i)
            EXPECT_EQ(said([&](Fitted &f) { f.purchases.parameters[i] = p; }), message) << p;
    EXPECT_EQ(said([](Fitted &f) { f.purchases.parameters.pop_back(); }), message);
    EXPECT_EQ(said([](Fitted &f) { f.purchases.parameters.push_back(1); }), message);
    EXPECT_EQ(said([](Fitted &f) { f.purchases.covariance.pop_back(); }), message);
    EXPECT_EQ(said([](Fitted &f) { f.purchases.covariance[1] += 1; }), message);
    EXPECT_EQ(said([](Fitted &f) { f.purchases.covariance[0] = -1; }), message);
    EXPECT_EQ(said([](Fitted &f) { f.purchases.which = 4; }), message);
    EXPECT_EQ(said([](Fitted &f) { f.purchases.customers = UINT64_MAX; }), message);
    EXPECT_EQ(said([](Fitted &f) { f.spend->parameters[1] = 1; }), message); // no mean
    EXPECT_EQ(said([](Fitted &f) { f.spend->parameters.pop_back(); }), message);
}

// Purchases times spend, each from its kernel; and all that is asked of a history is of its own kind.
TEST(ClvModel, ValueIsPurchasesTimesSpend) {
    const ClvModel m(bg_nbd());
    Horizon horizon(52, 0, {});
    const History h{2, 20, 38};
    EXPECT_NEAR(m.value(h, 30, horizon) / (m.purchases(h, 52) * m.spend(2, 30)), 1, 1e-12);
    EXPECT_NEAR(m.spend(2, 30), 6.25 * (15.44 + 2 * 30) / (6.25 * 2 + 2.74), 1e-12);
    EXPECT_NEAR(m.spend(0, 0), 6.25 * 15.44 / 2.74, 1e-12);
    EXPECT_EQ(refusal([&] { m.check({2, 39, 38}); }), "22023 t_x must not be after t");
    const ClvModel discrete(fitted(Process::bg_bb, {1.2, 0.75, 0.66, 2.78}));
    EXPECT_NE(refusal([&] { discrete.check({2, 1.5, 3}); }), "");
    EXPECT_EQ(refusal([&] { discrete.alive({2, 3, 1e9}); }), "54000 too many opportunities for model bg/bb");
    EXPECT_EQ(refusal([&] { discrete.new_probability(1, 1e9); }), "54000 too many opportunities for model bg/bb");
    EXPECT_EQ(refusal([&] { m.new_probability(2'000'000, 1e9); }), "54000 too many purchases for a probability");
}

// The delta method again, with one-sided differences of second order in the parameters themselves instead of central
// ones in their logarithms, and a covariance of the parameters: cov(p) = p p' cov(ln p) (with q - 1 in place of q).
TEST(ClvModel, IntervalsAreThoseOfTheDeltaMethod) {
    const std::vector<Fitted> models{bg_nbd(), fitted(Process::mbg_nbd, {0.525, 6.183, 0.891, 1.614}),
                                     fitted(Process::pareto_nbd, {0.553, 10.58, 0.606, 11.66}),
                                     fitted(Process::nbd, {0.385, 12.07}),
                                     fitted(Process::bg_bb, {1.2, 0.75, 0.66, 2.78})};
    for (const Fitted &f : models)
        for (const History h : {History{0, 0, 20}, {3, 20, 38}}) {
            Horizon horizon(104, 0.002, {});
            const auto value_with = [&](std::size_t which, double change) {
                Fitted other = f;
                const std::size_t n = f.purchases.parameters.size();
                (which < n ? other.purchases.parameters[which] : other.spend->parameters[which - n]) += change;
                return ClvModel(other).value(h, 30, horizon);
            };
            const std::size_t n = f.purchases.parameters.size(), all = n + 3;
            std::vector<double> gradient(all); // by ln(parameter - bound), of ln value
            const double value = value_with(0, 0);
            for (std::size_t i = 0; i < all; ++i) {
                const double distance =
                    i < n ? f.purchases.parameters[i] : f.spend->parameters[i - n] - spend_bounds[i - n];
                const double step = 1e-5 * distance;
                const double slope = (4 * value_with(i, step) - value_with(i, 2 * step) - 3 * value) / (2 * step);
                gradient[i] = slope * distance / value;
            }
            double variance = 0;
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t j = 0; j < n; ++j)
                    variance += gradient[i] * gradient[j] * f.purchases.covariance[i * n + j];
            for (std::size_t i = 0; i < 3; ++i)
                for (std::size_t j = 0; j < 3; ++j)
                    variance += gradient[n + i] * gradient[n + j] * f.spend->covariance[i * 3 + j];
            const Estimate e = ClvModel(f).value_interval(h, 30, horizon, 0.9);
            EXPECT_EQ(e.value, value);
            EXPECT_NEAR(e.std_error / (value * std::sqrt(variance)), 1, 1e-5) << name_of(f.process);
            // 1.6448536269514722 is the 0.95 quantile of the normal distribution.
            EXPECT_NEAR(std::log(e.high / value), 1.6448536269514722 * std::sqrt(variance), 1e-5);
            EXPECT_NEAR(std::log(value / e.low), 1.6448536269514722 * std::sqrt(variance), 1e-5);
        }
}

TEST(ClvModel, IntervalsOfNothingAndOfEverything) {
    Fitted f = bg_nbd();
    Horizon none(0, 0.002, {});
    const Estimate nothing = ClvModel(f).value_interval({2, 20, 38}, 30, none, 0.95);
    EXPECT_EQ(nothing.value, 0);
    EXPECT_EQ(nothing.high, 0);
    for (std::size_t i = 0; i < 16; ++i) f.purchases.covariance[i] = i % 5 == 0 ? 1e8 : 0; // nothing is known
    Horizon year(52, 0.002, {});
    const Estimate everything = ClvModel(f).value_interval({2, 20, 38}, 30, year, 0.95);
    EXPECT_EQ(everything.low, 0);
    EXPECT_EQ(everything.high, std::numeric_limits<double>::infinity());
    EXPECT_TRUE(ClvModel(fitted(Process::nbd, {1, 2})).has_covariance());
    f.purchases.covariance.clear();
    EXPECT_FALSE(ClvModel(f).has_covariance());
}

// Parameters come from anybody: whatever they are, an answer comes soon, and inside its range.
TEST(ClvModel, AnswersSoonWhateverTheParameters) {
    const double ends[] = {1e-15, 0.3, 40, 1e8, 1e15};
    const History histories[] = {{0, 0, 0}, {2, 20, 38}, {300, 1000, 1000}, {1, 1, 40000}};
    const auto start = std::chrono::steady_clock::now();
    int asked = 0;
    for (std::size_t p = 0; p < processes; ++p)
        for (int code = 0; code < 625; code += 7) { // 7 and 5 share nothing: all ends come
            Fitted f;
            f.unit = test::day;
            f.process = static_cast<Process>(p);
            for (int i = 0, rest = code; i < static_cast<int>(parameters_of(f.process).size()); ++i, rest /= 5)
                f.purchases.parameters.push_back(ends[rest % 5]);
            const ClvModel m(f);
            const History &h = histories[code % 4];
            for (const double length : {0.5, 52.0, 1e5}) {
                const auto within = [&](double high, const std::function<double()> &answer) {
                    ++asked;
                    const std::string error = refusal([&] {
                        const double value = answer();
                        EXPECT_GE(value, 0) << name_of(f.process) << " " << code << " " << length;
                        EXPECT_LE(value, high * (1 + 1e-9)) << name_of(f.process) << " " << code << " " << length;
                    });
                    EXPECT_TRUE(error.empty() || error.starts_with("22003") || error.starts_with("54000")) << error;
                };
                within(1, [&] { return m.alive(h); });
                within(1.7e308, [&] { return m.purchases(h, length); });
                within(1.7e308, [&] { return m.residual(h, 1 / length); });
                within(1, [&] { return m.new_probability(static_cast<std::uint64_t>(code) / 60, length); });
            }
        }
    const auto taken = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    EXPECT_LT(taken / asked, 0.02); // of a second, under sanitizers too
}
