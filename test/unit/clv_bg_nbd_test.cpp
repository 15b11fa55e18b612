#include "clv/bg_nbd.hpp"
#include "clv_grid_bg.hpp"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

using cd::Poll;
using cd::clv::BgNbd, cd::clv::MbgNbd, cd::clv::Derivatives, cd::clv::Histories, cd::clv::History, cd::clv::Parameters;

namespace {

constexpr Parameters cdnow{.24259291, 4.41353148, .79288605, 2.42575332};
constexpr Parameters mbg_cdnow{.52483798, 6.18299215, .89135607, 1.61399911};

template <class Answer> auto ask(grid::Model model, const Parameters &parameters, Answer answer) {
    return model == grid::BgNbd ? answer(BgNbd(parameters)) : answer(MbgNbd(parameters));
}
template <class Model> double purchases(const Model &model, const History &history, double horizon) {
    double value;
    model.purchases(history, {&horizon, 1}, &value);
    return value;
}
template <class Model> double new_purchases(const Model &model, double horizon) {
    double value;
    model.new_purchases({&horizon, 1}, &value);
    return value;
}

// The largest relative error, and where it is.
struct Worst {
    double error = 0;
    std::string where = "nowhere";
    int values = 0;
    bool log_scale = false; // logarithms are as good as the numbers that they are of: absolute where below 1

    template <class Row> void see(double seen, double expected, const Row &row, double last) {
        ++values;
        const double found =
            std::abs(seen - expected) / (log_scale ? std::max(1.0, std::abs(expected)) : std::abs(expected));
        if (found <= error) return;
        error = found;
        where = std::to_string(row.model);
        for (const double p : row.parameters) where += " " + std::to_string(p);
        if constexpr (requires { row.history; })
            where += ", x " + std::to_string(row.history.x) + " t_x " + std::to_string(row.history.t_x) + " t " +
                     std::to_string(row.history.t);
        where += ", " + std::to_string(last) + ": " + testing::PrintToString(seen) + " for " +
                 testing::PrintToString(expected);
    }
    void expect_below(const char *name, double limit) const {
        printf("%-20s %4d values, largest relative error %.1e\n", name, values, error);
        EXPECT_LE(error, limit) << name << ": " << where;
        EXPECT_GT(values, 0);
    }
};

} // namespace

TEST(BgNbdGrid, LogLikelihoodAndAlive) {
    Worst log_likelihood, alive;
    log_likelihood.log_scale = true;
    for (const auto &c : grid::customers) {
        log_likelihood.see(ask(c.model, c.parameters, [&](const auto &m) { return m.log_likelihood(c.history); }),
                           c.log_likelihood, c, 0);
        const double seen = ask(c.model, c.parameters, [&](const auto &m) { return m.alive(c.history); });
        if (c.alive > 0)
            alive.see(seen, c.alive, c, 0);
        else
            EXPECT_LT(seen, 1e-299);
    }
    log_likelihood.expect_below("log_likelihood", 1e-12);
    alive.expect_below("alive", 1e-12);
}

TEST(BgNbdGrid, Purchases) {
    Worst worst, worst_new;
    for (const auto &p : grid::purchases)
        worst.see(ask(p.model, p.parameters, [&](const auto &m) { return purchases(m, p.history, p.horizon); }),
                  p.purchases, p, p.horizon);
    for (const auto &p : grid::new_purchases)
        worst_new.see(ask(p.model, p.parameters, [&](const auto &m) { return new_purchases(m, p.horizon); }),
                      p.purchases, p, p.horizon);
    worst.expect_below("purchases", 1e-12);
    worst_new.expect_below("new_purchases", 1e-12);
}

TEST(BgNbdGrid, NewProbability) {
    Worst worst;
    for (const auto &p : grid::new_probabilities)
        worst.see(ask(p.model, p.parameters, [&](const auto &m) { return m.new_probability(p.n, p.time); }),
                  p.probability, p, static_cast<double>(p.n) + p.time / 1e9);
    worst.expect_below("new_probability", 1e-12);
}

TEST(BgNbdGrid, Residual) {
    Worst worst;
    for (const auto &p : grid::residuals)
        worst.see(ask(p.model, p.parameters, [&](const auto &m) { return m.residual(p.history, p.rate); }), p.residual,
                  p, p.rate);
    worst.expect_below("residual", 1e-12);
}

// Derivatives by mpmath's differences with 60 digits. By logarithms of the parameters they are of the size of the
// number of purchases and more, so that is what their errors are compared with.
TEST(BgNbdGrid, Derivatives) {
    for (const auto &s : grid::slopes) {
        const double one = 1;
        const Histories rows{{&s.history.x, 1}, {&s.history.t_x, 1}, {&s.history.t, 1}, {&one, 1}};
        const Derivatives seen =
            ask(s.model, s.parameters, [&](const auto &m) { return m.log_likelihood(s.parameters, rows, Poll()); });
        const double size = 1 + s.history.x;
        std::size_t entry = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const double unit = size / s.parameters[i];
            EXPECT_NEAR(seen.gradient[i], s.gradient[i], 2e-13 * unit)
                << i << " x " << s.history.x << " a " << s.parameters[2];
            for (std::size_t j = 0; j <= i; ++j, ++entry) {
                EXPECT_NEAR(seen.hessian[i][j], s.hessian[entry], 2e-13 * unit / s.parameters[j] * size)
                    << i << " " << j << " x " << s.history.x << " a " << s.parameters[2];
                EXPECT_EQ(seen.hessian[j][i], seen.hessian[i][j]);
            }
        }
    }
}

// Of the literature, as far as its digits and those of the parameters go.
TEST(BgNbd, PublishedValues) {
    const BgNbd model(cdnow);
    EXPECT_NEAR(purchases(model, {2, 30.43, 38.86}, 39), 1.225910503509655, 1e-8);
    EXPECT_NEAR(model.alive({2, 30.43, 38.86}), .7266091685, 1e-8);
    EXPECT_NEAR(purchases(model, {0, 0, 38.86}, 39), .19478085, 1e-8);
    EXPECT_NEAR(purchases(model, {7, 29.43, 38.86}, 39), 3.3372396432, 1e-7);
    EXPECT_NEAR(model.alive({7, 29.43, 38.86}), .6418006, 1e-7);
    EXPECT_NEAR(purchases(model, {29, 38, 38.86}, 39), 19.45301278382925, 1e-6);
    EXPECT_NEAR(purchases(model, {200, 38, 38.86}, 39), 113.1056372424632, 1e-5);
    EXPECT_NEAR(purchases(model, {500, 38.8, 38.86}, 520), 1692.519752309677, 1e-9);

    const double times[] = {.1429, 1, 3, 31.8571, 32, 78};
    const double expected[] = {.00781607, .05318474, .15063193, 1.04049435, 1.04373727, 1.85797190};
    double seen[6];
    model.new_purchases(times, seen);
    for (std::size_t i = 0; i < 6; ++i) EXPECT_NEAR(seen[i], expected[i], 3e-8);
    const double chances[] = {.57430729, .19919304, .08532241, .04579719, .02763122, .01793839};
    for (std::uint64_t n = 0; n < 6; ++n) EXPECT_NEAR(model.new_probability(n, 39), chances[n], 1e-8);

    const BgNbd of_btyd({.243, 4.414, .793, 2.426}); // the manual of the R package BTYD, bgnbd.pmf
    EXPECT_NEAR(of_btyd.new_probability(0, 39), .5737864, 5e-8);
    EXPECT_NEAR(of_btyd.new_probability(10, 2), 1.07869e-07, 5e-13);
    EXPECT_EQ(of_btyd.new_probability(0, 0), 1);
    EXPECT_EQ(of_btyd.new_probability(3, 0), 0);
}

// Rows where other packages overflow, at parameters of lifetimes' own test. What they should be is in the grid, but
// for a chance that no double can hold.
TEST(BgNbd, WhoIsSurelyGone) {
    const BgNbd model({10.465, .00798565181, 3.0516, 2.820});
    EXPECT_EQ(model.alive({500, 1, 37}), 0); // about (37 / 1.008)^-510
    EXPECT_EQ(purchases(model, {500, 1, 37}, 10), 0);
    EXPECT_EQ(model.residual({500, 1, 37}, .1), 0);
    EXPECT_TRUE(std::isfinite(model.log_likelihood({500, 1, 37})));
}

// The first customer of lifetimes' documentation, whose value over 12 months at 1 % a month it gives as 140.10 by
// taking weeks for days. Its months have 4.345 weeks; the spend of 24.6587 is that of the note on Gamma-Gamma.
TEST(BgNbd, ValueOfTheFirstCustomer) {
    double months[12], made[12], value = 0, rate = 1;
    for (int i = 0; i < 12; ++i) months[i] = 4.345 * (i + 1);
    BgNbd(cdnow).purchases({2, 30.43, 38.86}, months, made);
    for (int i = 0; i < 12; ++i) value += 24.65861655 * (made[i] - (i ? made[i - 1] : 0)) / (rate *= 1.01);
    EXPECT_NEAR(made[11], 1.562, 5e-4);
    EXPECT_NEAR(value, 36.2785, 1e-3);
}

// A customer who bought nothing more may be gone only where dropout at once is possible: then the odds of having left
// are a / b ((alpha + t) / alpha)^r.
TEST(BgNbd, WhoNeverCameBack) {
    EXPECT_EQ(BgNbd(cdnow).alive({0, 0, 100}), 1);
    const auto [r, alpha, a, b] = mbg_cdnow;
    EXPECT_NEAR(MbgNbd(mbg_cdnow).alive({0, 0, 39}), 1 / (1 + a / b * std::pow((alpha + 39) / alpha, r)), 1e-15);
    EXPECT_NEAR(MbgNbd(mbg_cdnow).alive({0, 0, 0}), b / (a + b), 1e-15);
}

// The chances of all numbers of purchases add up to 1, and their mean is what new_purchases says.
template <class Model> static void expect_distribution(const Model &model, double time, std::uint64_t enough) {
    double sum = 0, mean = 0;
    for (std::uint64_t n = enough; n > 0; --n) {
        const double chance = model.new_probability(n, time);
        EXPECT_GE(chance, 0);
        sum += chance;
        mean += static_cast<double>(n) * chance;
    }
    EXPECT_NEAR(sum + model.new_probability(0, time), 1, 1e-13);
    EXPECT_NEAR(mean, new_purchases(model, time), 1e-12);
}
TEST(BgNbd, ChancesAddUp) {
    expect_distribution(BgNbd(cdnow), 39, 500);
    expect_distribution(MbgNbd(mbg_cdnow), 39, 500);
    expect_distribution(BgNbd({30, 100, 50, 200}), 520, 1500);
    expect_distribution(MbgNbd({.5, 10, 1, 2.5}), 1, 60);
}

// Horizons reach from where the series serves to where it does not.
TEST(BgNbd, HorizonsTogetherAreHorizonsAlone) {
    std::vector<double> horizons{0, 0}, together;
    for (double h = 1e-9; h < 1e8; h *= 1.7) horizons.push_back(h);
    together.resize(horizons.size());
    const auto compare = [&](const auto &model, const History &history) {
        model.purchases(history, horizons, together.data());
        EXPECT_EQ(together[1], 0);
        for (std::size_t i = 2; i < horizons.size(); ++i) {
            EXPECT_NEAR(together[i] / purchases(model, history, horizons[i]), 1, 3e-13) << horizons[i];
            EXPECT_GT(together[i], together[i - 1]);
        }
    };
    for (const double x : {1.0, 3.0, 40.0, 900.0}) {
        compare(BgNbd(cdnow), {x, 38.9, 39});
        compare(MbgNbd(mbg_cdnow), {x, 38.9, 39});
    }
    BgNbd(cdnow).purchases({2, 30, 39}, {}, nullptr);
    double none[] = {7, 7};
    BgNbd(cdnow).purchases({2, 30, 39}, std::span(horizons).first(2), none);
    EXPECT_EQ(none[0] + none[1], 0);
}

// Without discount a customer makes (1 - the chance to make no more) / p purchases; of Beta(a, b) with a > 1 the mean
// of 1 / p is (a + b - 1) / (a - 1). With much discount they are the first purchases: rate r / alpha over the discount.
TEST(BgNbd, ResidualHasItsLimits) {
    const Parameters p{2.5, 20, 3.7, 5};
    const BgNbd model(p);
    const History history{4, 30, 39};
    const double b = p[3] + history.x, alive = model.alive(history);
    EXPECT_NEAR(model.residual(history, 1e-12) / alive, (p[2] + b - 1) / (p[2] - 1), 1e-8);
    EXPECT_NEAR(model.residual(history, 1e9) / alive * 1e9, (p[0] + history.x) / (p[1] + history.t), 1e-8);
}

namespace {

struct Table {
    std::vector<double> x, t_x, t, customers;
    void add(double x_, double t_x_, double t_, double customers_) {
        x.push_back(x_);
        t_x.push_back(t_x_);
        t.push_back(t_);
        customers.push_back(customers_);
    }
    Histories rows() const { return {x, t_x, t, customers}; }
};
template <class Model> void expect_sums(const Parameters &p) {
    Table many, counted;
    double sum = 0;
    for (int x = 0; x < 30; ++x)
        for (int i = 0; i < 100; ++i) {
            const double t = 20 + .25 * i, t_x = x == 0 ? 0 : t * (i % 10 + 1) / 11;
            for (int k = 0; k <= i % 7; ++k) many.add(x, t_x, t, 1);
            counted.add(x, t_x, t, i % 7 + 1);
            sum += (i % 7 + 1) * Model(p).log_likelihood(History{static_cast<double>(x), t_x, t});
        }
    const Derivatives one = Model::log_likelihood(p, many.rows(), Poll());
    const Derivatives other = Model::log_likelihood(p, counted.rows(), Poll());
    EXPECT_NEAR(one.value / sum, 1, 1e-13);
    EXPECT_NEAR(one.value / other.value, 1, 1e-14);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(one.gradient[i] / other.gradient[i], 1, 1e-12);
        for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(one.hessian[i][j] / other.hessian[i][j], 1, 1e-12);
    }
}
struct Cancelled {};

} // namespace

TEST(BgNbd, RowsAddUpHoweverTheyAreCounted) {
    expect_sums<BgNbd>(cdnow);
    expect_sums<MbgNbd>(mbg_cdnow);
}

TEST(BgNbd, NoRowOverflows) {
    Table table;
    for (const double x : {0.0, 1.0, 2.0, 1e3, 1e6})
        for (const double t : {1e-7, 1.0, 1e7})
            for (const double share : {1e-7, .5, 1.0}) table.add(x, x == 0 ? 0 : share * t, t, 1);
    for (const Parameters &p : {cdnow, Parameters{1e-4, 1e-6, 1e-4, 1e-4}, Parameters{1e3, 1e6, 1e3, 1e5}}) {
        for (const Derivatives &d :
             {BgNbd::log_likelihood(p, table.rows(), Poll()), MbgNbd::log_likelihood(p, table.rows(), Poll())}) {
            EXPECT_TRUE(std::isfinite(d.value));
            for (std::size_t i = 0; i < 4; ++i) {
                EXPECT_TRUE(std::isfinite(d.gradient[i]));
                for (std::size_t j = 0; j < 4; ++j) EXPECT_TRUE(std::isfinite(d.hessian[i][j]));
            }
        }
        for (std::size_t i = 0; i < table.x.size(); ++i) {
            const History history = table.rows()[i];
            for (const double horizon : {1e-9, 1.0, 1e6}) {
                const double made = purchases(MbgNbd(p), history, horizon);
                EXPECT_TRUE(std::isfinite(made) && made >= 0) << made;
            }
            const double residual = BgNbd(p).residual(history, .01);
            EXPECT_TRUE(std::isfinite(residual) && residual >= 0) << residual;
        }
        for (const double t : {1e-7, 1.0, 1e7})
            for (const std::uint64_t n : {0u, 1u, 1000u, 1000000u}) {
                const double chance = BgNbd(p).new_probability(n, t);
                EXPECT_TRUE(chance >= 0 && chance <= 1) << chance;
            }
    }
}

TEST(BgNbd, CanBeCancelled) {
    Table table;
    table.add(1, 1, 2, 1);
    EXPECT_THROW(BgNbd::log_likelihood(cdnow, table.rows(), Poll([] { throw Cancelled(); })), Cancelled);
}
