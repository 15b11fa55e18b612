#include "clv/clv_fit.hpp"
#include "clv_data.hpp"
#include "math/elementary.hpp"
#include "purchase/purchase_simulation.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::clv;
using test::buy, test::day, test::Random, test::refusal, test::Summary;

namespace {

constexpr std::uint64_t week = 7 * day;
constexpr int many = 3000;
const Frame weeks{week, false, {}, {}}, opportunities{week, true, {}, {}};

FitOptions only(Process process) { return {process, 200}; }

// Customers seen for 30 to 60 weeks.
template <class Draw> Summary simulated(const Frame &frame, Draw draw) {
    Summary s(frame);
    for (int i = 0; i < many; ++i) {
        Random random(20, static_cast<std::uint64_t>(i));
        const double t = 30 + 30 * random.uniform();
        s->add(draw(random, t), {});
    }
    return s;
}
Summary of_nbd(double r, double alpha) {
    return simulated(weeks, [=](Random &random, double t) { return buy(random, random.gamma(r) / alpha, t, t); });
}
Summary of_pareto(double r, double alpha, double s, double beta) {
    return simulated(weeks, [=](Random &random, double t) {
        const double rate = random.gamma(r) / alpha, going = random.gamma(s) / beta;
        return buy(random, rate, random.exponential() / going, t);
    });
}
Summary of_geometric(bool after_first, double r, double alpha, double a, double b) {
    return simulated(weeks, [=](Random &random, double t) {
        const double rate = random.gamma(r) / alpha, leaves = random.beta(a, b);
        History h{0, 0, t};
        if (after_first && random.uniform() < leaves) return h;
        for (double at = random.exponential() / rate; at < t; at += random.exponential() / rate) {
            ++h.x;
            h.t_x = at;
            if (random.uniform() < leaves) break;
        }
        return h;
    });
}
Summary of_bg_bb(double alpha, double beta, double gamma, double delta) {
    return simulated(opportunities, [=](Random &random, double) {
        const double buys = random.beta(alpha, beta), leaves = random.beta(gamma, delta);
        History h{0, 0, 12};
        for (double at = 1; at <= h.t && random.uniform() >= leaves; ++at)
            if (random.uniform() < buys) {
                ++h.x;
                h.t_x = at;
            }
        return h;
    });
}

// Standard errors are those of logarithms of what a parameter is above its bound.
void expect_recovers(const Part &part, std::initializer_list<double> truth, const Parameters &above = {}) {
    ASSERT_EQ(part.end, End::converged);
    std::size_t i = 0;
    for (const double value : truth) {
        const double found = std::log((part.parameters[i] - above[i]) / (value - above[i])),
                     error = std::sqrt(part.covariance[i * truth.size() + i]);
        EXPECT_LT(std::abs(found), 4 * error) << i << ": " << part.parameters[i] << " for " << value;
        EXPECT_LT(error, 0.5) << i;
        ++i;
    }
}

} // namespace

TEST(ClvFit, RecoversWhatWasSimulated) {
    expect_recovers(fit(of_geometric(false, 0.8, 6, 0.9, 3).counted(), only(Process::bg_nbd), {}).purchases,
                    {0.8, 6, 0.9, 3});
    expect_recovers(fit(of_geometric(true, 0.8, 6, 0.9, 3).counted(), only(Process::mbg_nbd), {}).purchases,
                    {0.8, 6, 0.9, 3});
    expect_recovers(fit(of_pareto(0.7, 5, 0.8, 12).counted(), only(Process::pareto_nbd), {}).purchases,
                    {0.7, 5, 0.8, 12});
    expect_recovers(fit(of_nbd(0.7, 9).counted(), only(Process::nbd), {}).purchases, {0.7, 9});
    expect_recovers(fit(of_bg_bb(1.2, 0.8, 0.7, 2.8).counted(), only(Process::bg_bb), {}).purchases,
                    {1.2, 0.8, 0.7, 2.8});
}

// The process of purchase_simulate(), in days; an amount is in cents, so that it is known to half of one.
TEST(ClvFit, RecoversSimulatedPurchases) {
    const purchase::SimulationParameters truth;
    const Day begin = 8766, end = begin + 1095;
    Summary s({day, false, end, {}});
    for (std::uint64_t i = 0; i < 2000; ++i) {
        std::vector<std::pair<purchase::Micros, double>> rows;
        purchase::simulate_customer(5, i, end - begin, [&](purchase::Micros t, std::int64_t cents) {
            rows.emplace_back(t, static_cast<double>(cents) / 100);
        });
        test::Bought bought({});
        for (const auto &[t, amount] : rows) purchase::add_purchase(bought, t, amount);
        s->add(bought.stored(), nullptr, end);
    }
    check_consistent(s.counted());
    const Fitted f = fit(s.counted(), only(Process::bg_nbd), {});
    expect_recovers(f.purchases, {truth.r, truth.alpha, truth.a, truth.b});
    ASSERT_TRUE(f.spend);
    expect_recovers(*f.spend, {truth.shape, truth.spread, truth.scale}, spend_bounds);
    ASSERT_TRUE(f.correlation);
    const Correlation r = correlation_of(*f.correlation, static_cast<double>(f.spend->customers), 0.99);
    EXPECT_LT(r.low, 0);
    EXPECT_GT(r.high, 0);
}

TEST(ClvFit, ChoosesTheModelThatMadeTheCustomers) {
    const auto chosen = [](const Summary &s) {
        const Fitted f = fit(s.counted(), {{}, 200}, {});
        EXPECT_EQ(f.candidates.size(), 4u);
        EXPECT_EQ(f.candidates.front().process, f.process);
        for (std::size_t i = 1; i < f.candidates.size(); ++i)
            if (f.candidates[i].converged) {
                EXPECT_LE(f.candidates[0].aic, f.candidates[i].aic);
            }
        return f.process;
    };
    EXPECT_EQ(chosen(of_geometric(false, 0.8, 6, 0.9, 3)), Process::bg_nbd);
    EXPECT_EQ(chosen(of_geometric(true, 0.8, 6, 0.9, 3)), Process::mbg_nbd);
    EXPECT_EQ(chosen(of_pareto(0.7, 5, 0.8, 12)), Process::pareto_nbd);
    EXPECT_EQ(chosen(of_nbd(0.7, 9)), Process::nbd); // the others find nobody who leaves, at two parameters more
}

TEST(ClvFit, RunsAwayWhereNobodyLeaves) {
    const Summary s = of_nbd(0.7, 9);
    for (const Process process : {Process::bg_nbd, Process::mbg_nbd, Process::pareto_nbd}) {
        const Fitted f = fit(s.counted(), only(process), {});
        if (f.purchases.end == End::converged) continue; // chance may make some leave
        EXPECT_EQ(f.purchases.end, End::runs_away) << name_of(process);
        EXPECT_GE(f.purchases.which, 2u) << name_of(process); // a parameter of leaving
        const ClvModel model(f);
        EXPECT_GT(model.alive({3, 20, 30}), 0.98) << name_of(process);
    }
    EXPECT_EQ(fit(s.counted(), only(Process::nbd), {}).purchases.end, End::converged);
}

// Nobody differs: amounts without spread have no gamma-gamma model.
TEST(ClvFit, AmountsThatAreAllAlikeRunAway) {
    Summary s(weeks);
    for (int i = 0; i < 200; ++i) s->add({1.0 + i % 5, 10.0 + i % 7, 30}, 25.0);
    const Fitted f = fit(s.counted(), only(Process::nbd), {});
    ASSERT_TRUE(f.spend);
    EXPECT_NE(f.spend->end, End::converged);
    EXPECT_TRUE(f.spend->covariance.empty());
    EXPECT_FALSE(f.correlation);
    const ClvModel model(f);
    EXPECT_NEAR(model.spend(3, 25), 25, 0.01);
    EXPECT_NEAR(model.spend(0, 0), 25, 0.01);
}

// The unit of time is arbitrary: alpha and beta are multiples, the log-likelihood differs by ln(scale) for each
// repeat purchase, and whatever is said in time is the same.
TEST(ClvFit, TheUnitDoesNotMatter) {
    const Summary base = of_pareto(0.7, 5, 0.8, 12);
    for (const double scale : {7.0, 1000.0, 1.0 / 365}) {
        Summary scaled(weeks);
        double purchases = 0;
        for (const auto &[seen, count] : base.counted().seen())
            for (std::uint64_t i = 0; i < count; ++i) {
                scaled->add({seen.x, seen.t_x * scale, seen.t * scale}, {});
                purchases += seen.x;
            }
        for (const Process process : {Process::bg_nbd, Process::mbg_nbd, Process::pareto_nbd, Process::nbd}) {
            const Fitted a = fit(base.counted(), only(process), {}), b = fit(scaled.counted(), only(process), {});
            ASSERT_EQ(b.purchases.end, a.purchases.end);
            const std::size_t n = a.purchases.parameters.size();
            for (std::size_t i = 0; i < n; ++i) {
                const bool time = i == 1 || (i == 3 && process == Process::pareto_nbd);
                EXPECT_NEAR(b.purchases.parameters[i] / a.purchases.parameters[i] / (time ? scale : 1), 1, 1e-7);
                EXPECT_NEAR(b.purchases.covariance[i * n + i] / a.purchases.covariance[i * n + i], 1, 1e-5);
            }
            EXPECT_NEAR(b.purchases.log_likelihood + purchases * std::log(scale), a.purchases.log_likelihood,
                        1e-9 * std::abs(a.purchases.log_likelihood));
            const ClvModel x(a), y(b);
            EXPECT_NEAR(y.alive({3, 20 * scale, 30 * scale}), x.alive({3, 20, 30}), 1e-8);
            EXPECT_NEAR(y.purchases({3, 20 * scale, 30 * scale}, 52 * scale), x.purchases({3, 20, 30}, 52), 1e-6);
            EXPECT_NEAR(y.residual({3, 20 * scale, 30 * scale}, 0.002 / scale), x.residual({3, 20, 30}, 0.002), 1e-5);
        }
    }
}

TEST(ClvFit, TwiceAsManyCustomersHalveTheVariance) {
    const Summary once = of_geometric(false, 0.8, 6, 0.9, 3);
    Summary twice;
    twice->merge(once.bytes());
    twice->merge(once.bytes());
    const Part a = fit(once.counted(), only(Process::bg_nbd), {}).purchases,
               b = fit(twice.counted(), only(Process::bg_nbd), {}).purchases;
    EXPECT_EQ(b.customers, 2 * a.customers);
    EXPECT_NEAR(b.log_likelihood / a.log_likelihood, 2, 1e-12);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(b.parameters[i] / a.parameters[i], 1, 1e-8);
    for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(b.covariance[i] / a.covariance[i], 0.5, 1e-6);
}

TEST(ClvFit, RefusesWhatNoModelCanBeFittedTo) {
    Summary few(weeks), single(weeks);
    for (int i = 0; i < 9; ++i) few->add({1, 2, 30}, 1.0);
    for (int i = 0; i < 50; ++i) single->add({0, 0, 30}, {});
    EXPECT_EQ(refusal([&] { fit(few.counted(), {}, {}); }), "22023 too few customers for a model of purchases");
    EXPECT_EQ(refusal([&] { fit(Summary(weeks).counted(), {}, {}); }),
              "22023 too few customers for a model of purchases");
    EXPECT_EQ(refusal([&] { fit(single.counted(), {}, {}); }), "22023 no customer has come back");
    Summary discrete(opportunities), timed(weeks);
    for (int i = 0; i < 20; ++i) discrete->add({1, 2, 5}, {}), timed->add({1, 2, 5}, {});
    EXPECT_EQ(refusal([&] { fit(discrete.counted(), only(Process::nbd), {}); }),
              "22023 model \"nbd\" does not fit these customers");
    EXPECT_EQ(refusal([&] { fit(timed.counted(), only(Process::bg_bb), {}); }),
              "22023 model \"bg/bb\" does not fit these customers");
    EXPECT_EQ(refusal([&] { fit_options("BG/NBD", 10); }), "22023 unknown model \"BG/NBD\"");
    EXPECT_EQ(refusal([&] { fit_options("auto", 0); }), "22023 max_iterations must be at least 1");
}

// Absurd but possible times end with a model or an error, never without an end.
TEST(ClvFit, EndsWhateverTheTimes) {
    for (const double t : {1e-307, 1e-200, 1e-9, 1e9, 1e200, 1.7e308}) {
        Summary s(weeks);
        for (int i = 0; i < 40; ++i) s->add({1.0 + i % 3, t / (1 + i % 2), t}, 1e-300 + i * 1e290);
        for (std::size_t i = 0; i + 1 < processes; ++i) {
            const std::string said = refusal([&] { ClvModel(fit(s.counted(), only(static_cast<Process>(i)), {})); });
            EXPECT_TRUE(said.empty() || said.starts_with("22")) << said;
        }
    }
}

// Errors of a hold-out by their definition, over customers.
TEST(ClvFit, HoldOutErrorsAreThoseOfTheCustomers) {
    Summary s({week, false, {}, 26.0});
    for (int i = 0; i < 800; ++i) {
        Random random(3, static_cast<std::uint64_t>(i));
        const double rate = random.gamma(0.8) / 6, leaves = random.beta(0.9, 3);
        double held = 0;
        History h{0, 0, 39};
        for (double at = random.exponential() / rate; at < 65; at += random.exponential() / rate) {
            if (at < h.t) {
                ++h.x;
                h.t_x = at;
            } else {
                ++held;
            }
            if (random.uniform() < leaves) break;
        }
        s->add(h, {}, held);
    }
    const std::vector<Compared> all = compare(s.counted(), {{}, 200}, {});
    ASSERT_EQ(all.size(), 4u);
    for (const Compared &one : all) {
        if (!one.part.converged()) {
            EXPECT_FALSE(one.hold_out);
            continue;
        }
        ASSERT_TRUE(one.hold_out);
        const Purchases model = make(one.process, as_parameters(one.part.parameters));
        double expected = 0, absolute = 0, square = 0;
        for (const auto &tally : s.counted().seen())
            for (std::uint64_t i = 0; i < tally.count; ++i) {
                const Seen &seen = tally.value;
                const double length = 26;
                double purchases;
                std::visit(
                    [&](const auto &m) {
                        m.purchases({seen.x, seen.t_x, seen.t}, {&length, 1}, &purchases);
                    },
                    model);
                expected += purchases;
                absolute += std::abs(purchases - seen.held) / 800;
                square += (purchases - seen.held) * (purchases - seen.held) / 800;
            }
        EXPECT_NEAR(one.hold_out->expected / expected, 1, 1e-12);
        EXPECT_NEAR(one.hold_out->mean_absolute_error / absolute, 1, 1e-12);
        EXPECT_NEAR(one.hold_out->root_mean_square_error / std::sqrt(square), 1, 1e-12);
    }
    EXPECT_TRUE(all.front().best);
    // The process of the customers foresees what they did, but for chance: 4 Poisson deviations.
    const auto bg = std::ranges::find(all, Process::bg_nbd, &Compared::process);
    const double held = held_out_purchases(s.counted());
    EXPECT_NEAR(bg->hold_out->expected, held, 6 * std::sqrt(held));
}
