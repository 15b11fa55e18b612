#include "clv/pareto_nbd.hpp"
#include "clv_grid_pareto.hpp"
#include <cmath>
#include <cstdio>
#include <gtest/gtest.h>
#include <vector>

using namespace cd;
using clv::Histories;
using clv::History;
using clv::Parameters;
using clv::ParetoNbd;

namespace {

// Maximum likelihood estimates of CDNOW's sample, as Fader, Hardie and Lee 2005 (.553, 10.578, .606, 11.669) with more
// digits. Values from the literature below were computed at the estimate itself, so they agree to about 1e-8.
const Parameters cdnow{.55327552, 10.57761281, .60621350, 11.66790964};
constexpr double of_rounding = 3e-8;

ParetoNbd grid_model(double number) {
    const double *p = pareto_grid::parameters[static_cast<std::size_t>(number)];
    return ParetoNbd({p[0], p[1], p[2], p[3]});
}
double purchases(const ParetoNbd &model, const History &h, double horizon) {
    double result;
    model.purchases(h, {&horizon, 1}, &result);
    return result;
}
double new_purchases(const ParetoNbd &model, double horizon) {
    double result;
    model.new_purchases({&horizon, 1}, &result);
    return result;
}
double relative(double value, double expected) {
    return expected < 1e-300 ? (value < 1e-300 ? 0 : 1) : std::abs(value / expected - 1);
}
clv::Derivatives of_one(const Parameters &p, const History &h, double customers = 1) {
    return ParetoNbd::log_likelihood(p, Histories{{&h.x, 1}, {&h.t_x, 1}, {&h.t, 1}, {&customers, 1}}, {});
}

// The largest error of a prediction over a table of the grid; a row ends with what is expected.
template <std::size_t width, std::size_t rows, class Prediction>
double largest_error(const double (&table)[rows][width], Prediction prediction) {
    double largest = 0;
    for (const auto &row : table) {
        const double value = prediction(row), error = relative(value, row[width - 1]);
        EXPECT_LE(error, 1e-12) << "row " << &row - table << ": " << value << ", not " << row[width - 1];
        largest = std::max(largest, error);
    }
    return largest;
}
// For the documentation.
void print_error(const char *name, double error) { std::printf("largest error of %s: %.1e\n", name, error); }

} // namespace

// Against integrals with 60 digits, by clv_grid_pareto.py.
TEST(ParetoNbdGrid, LogLikelihoodAndAlive) {
    double likelihood = 0, alive = 0;
    for (const auto &row : pareto_grid::histories) {
        const ParetoNbd model = grid_model(row[0]);
        const History h{row[1], row[2], row[3]};
        const double error = std::abs(model.log_likelihood(h) - row[4]) / std::max(1.0, std::abs(row[4]));
        EXPECT_LE(error, 1e-13) << "parameters " << row[0] << ", x = " << h.x << ", t_x = " << h.t_x << ", t = " << h.t;
        EXPECT_LE(relative(model.alive(h), row[5]), 2e-13)
            << "parameters " << row[0] << ", x = " << h.x << ", t_x = " << h.t_x << ", t = " << h.t;
        likelihood = std::max(likelihood, error);
        alive = std::max(alive, relative(model.alive(h), row[5]));
    }
    print_error("log_likelihood", likelihood);
    print_error("alive", alive);
}

TEST(ParetoNbdGrid, Predictions) {
    print_error("purchases", largest_error(pareto_grid::purchases, [](const double *row) {
                    return purchases(grid_model(row[0]), {row[1], row[2], row[3]}, row[4]);
                }));
    print_error("residual", largest_error(pareto_grid::residuals, [](const double *row) {
                    return grid_model(row[0]).residual({row[1], row[2], row[3]}, row[4]);
                }));
    print_error("new_purchases", largest_error(pareto_grid::new_purchases, [](const double *row) {
                    return new_purchases(grid_model(row[0]), row[1]);
                }));
    print_error("new_probability", largest_error(pareto_grid::new_probabilities, [](const double *row) {
                    return grid_model(row[0]).new_probability(static_cast<std::uint64_t>(row[1]), row[2]);
                }));
}

// By the logarithms of the parameters, per purchase: so an error is measured by what a step of the fit makes of it.
TEST(ParetoNbdGrid, Derivatives) {
    double largest = 0;
    for (const auto &row : pareto_grid::derivatives) {
        const double *p = pareto_grid::parameters[static_cast<std::size_t>(row[0])], *expected = row + 4;
        const auto found = of_one({p[0], p[1], p[2], p[3]}, {row[1], row[2], row[3]});
        const auto check = [&](double value, double scale, const char *what, std::size_t i, std::size_t j) {
            const double error = std::abs(value - *expected) * scale / (1 + row[1]);
            EXPECT_LE(error, 1e-12) << "parameters " << row[0] << ", x = " << row[1] << ", t_x = " << row[2]
                                    << ", t = " << row[3] << ": " << what << " " << i << " " << j << " is " << value
                                    << ", not " << *expected;
            largest = std::max(largest, error);
            ++expected;
        };
        for (std::size_t i = 0; i < 4; ++i) check(found.gradient[i], p[i], "gradient", i, i);
        for (std::size_t i = 0; i < 4; ++i)
            for (std::size_t j = i; j < 4; ++j) {
                check(found.hessian[i][j], p[i] * p[j], "hessian", i, j);
                EXPECT_EQ(found.hessian[j][i], found.hessian[i][j]);
            }
    }
    print_error("derivatives", largest);
}

// BTYD's vignette has 25.46 for the first E[Y(52)], and .0027 as the discount rate of a week.
TEST(ParetoNbd, Cdnow) {
    const ParetoNbd model(cdnow);
    const History first{26, 30.86, 31}, second{2, 30.43, 38.86}, none{0, 0, 38.86};
    EXPECT_NEAR(model.alive(first), .9979179434785, of_rounding);
    EXPECT_NEAR(purchases(model, first, 52), 25.45654711774, 26 * of_rounding);
    EXPECT_NEAR(model.alive(second), .869118727859, of_rounding);
    EXPECT_NEAR(purchases(model, second, 39), 1.4551129726, 2 * of_rounding);
    EXPECT_NEAR(model.alive(none), .295097170584, of_rounding);
    EXPECT_NEAR(purchases(model, none, 39), .1070597971, of_rounding);
    // These at the digits above.
    EXPECT_NEAR(model.log_likelihood(none), -.521201791490617, 1e-14);
    EXPECT_NEAR(model.log_likelihood(second), -9.554333127940311, 1e-13);
    EXPECT_NEAR(model.log_likelihood(first), -39.13076589802492, 5e-13);

    EXPECT_NEAR(new_purchases(model, 1), .05100654, 1e-8);
    EXPECT_NEAR(new_purchases(model, 39), 1.21340800, 1e-7);
    EXPECT_NEAR(new_purchases(model, 78), 1.90988068, 1e-7);
    const double probabilities[] = {.59353278, .16558480, .08250401, .04905229, .03170496, .02149189};
    for (std::uint64_t n = 0; n < std::size(probabilities); ++n)
        EXPECT_NEAR(model.new_probability(n, 39), probabilities[n], 2e-8) << n;

    EXPECT_NEAR(model.residual(first, .0027) / 86.030935016, 1, of_rounding);
    EXPECT_NEAR(model.residual(none, .0027) / .4769309225, 1, of_rounding);
    EXPECT_NEAR(model.residual(second, .0027) / 6.482249914, 1, of_rounding);
    EXPECT_NEAR(model.residual({7, 29.43, 38.86}, .0027) / 16.535126113, 1, of_rounding);
    EXPECT_NEAR(model.residual(first, .1) / 5.6896315838624, 1, of_rounding);
    EXPECT_NEAR(model.residual(first, 5) / .1271032809027, 1, of_rounding);
}

// Where other packages fail.
TEST(ParetoNbd, Overflow) {
    // CLVTools issue 171: a large beta.
    EXPECT_NEAR(ParetoNbd({.5, 10, .6, 5000}).residual({2, 30.43, 38.86}, .1), .51040729637892, 1e-13);
    // Of lifetimes' test of overflow.
    const ParetoNbd lifetimes({10.465, .00798565181, 3.0516, 2.820});
    EXPECT_NEAR(lifetimes.log_likelihood({400, 5, 6}), 1323.188930967818, 1e-11);
    EXPECT_NEAR(lifetimes.alive({400, 5, 6}) / 5.13745811e-31, 1, 1e-8);
    EXPECT_NEAR(lifetimes.log_likelihood({500, 1, 37}), 2594.404454622757, 1e-11);
    EXPECT_EQ(lifetimes.alive({500, 1, 37}), 0); // it is 8e-800
    EXPECT_EQ(purchases(lifetimes, {500, 1, 37}, 10), 0);
    // CLVTools issue 100: heavy buyers.
    const ParetoNbd model(cdnow);
    EXPECT_NEAR(model.log_likelihood({221, 103.42857, 103.57143}), -76.9662432111482, 1e-11);
    EXPECT_NEAR(model.alive({221, 103.42857, 103.57143}), .999133757877112, 1e-12);
    EXPECT_NEAR(model.log_likelihood({161, 94.71429, 98}), -99.0782307705676, 1e-11);
    EXPECT_NEAR(model.alive({161, 94.71429, 98}), .650995763998139, 1e-12);
    EXPECT_NEAR(model.log_likelihood({204, 98.57143, 99.42857}), -79.9355096850097, 1e-11);
    EXPECT_NEAR(model.alive({204, 98.57143, 99.42857}), .988498891970461, 1e-12);
    // Another purchase more or less is no jump.
    const ParetoNbd rounded({.55, 10.58, .61, 11.67});
    EXPECT_NEAR(purchases(rounded, {132, 200, 200}, 10), 6.206051788962932, 1e-13);
    EXPECT_NEAR(purchases(rounded, {133, 200, 200}, 10), 6.252872247574497, 1e-13);
}

// Parameters and times of every size: what must hold holds, and nothing is NaN or takes for ever.
TEST(ParetoNbd, Extremes) {
    for (const double r : {1e-3, 1.0, 50.0})
        for (const double alpha : {1e-6, 1.0, 1e9})
            for (const double s : {1e-4, 1.0, 300.0})
                for (const double beta : {1e-6, 1.0, 1e9})
                    for (const double x : {0.0, 1.0, 1e6})
                        for (const double t : {1e-7, 30.0, 1e7}) {
                            const Parameters p{r, alpha, s, beta};
                            const ParetoNbd model(p);
                            const double early = x > 0 ? t * 1e-3 : 0, late = x > 0 ? t * (1 - 1e-9) : 0;
                            const double alive = model.alive({x, early, t});
                            EXPECT_GE(alive, 0);
                            EXPECT_LE(alive, model.alive({x, late, t}));
                            EXPECT_EQ(model.alive({x, t, t}), 1);
                            const double month = purchases(model, {x, early, t}, 30);
                            EXPECT_GE(month, 0);
                            EXPECT_LE(month, alive * (r + x) / (alpha + t) * 30 * (1 + 1e-14));
                            EXPECT_LE(model.residual({x, early, t}, .01), 100 * alive * (r + x) / (alpha + t) + 1e-300);
                            const auto d = of_one(p, {x, early, t});
                            const double log_likelihood = model.log_likelihood({x, early, t});
                            EXPECT_NEAR(d.value, log_likelihood, 1e-13 * std::abs(log_likelihood) + 1e-15);
                            for (std::size_t i = 0; i < 4; ++i) {
                                EXPECT_TRUE(std::isfinite(d.gradient[i]));
                                for (double second : d.hessian[i]) EXPECT_TRUE(std::isfinite(second));
                            }
                        }
}

// Of the moment of the first purchase, and of no time at all.
TEST(ParetoNbd, NoTime) {
    const ParetoNbd model(cdnow);
    EXPECT_EQ(model.log_likelihood({0, 0, 0}), 0);
    EXPECT_EQ(model.alive({0, 0, 0}), 1);
    EXPECT_EQ(model.new_probability(0, 0), 1);
    EXPECT_EQ(model.new_probability(3, 0), 0);
    EXPECT_EQ(purchases(model, {3, 10, 12}, 0), 0);
    EXPECT_EQ(purchases(model, {0, 0, 0}, 17), new_purchases(model, 17));
}

// Probabilities add up to 1, and their mean is the expectation, which is computed in another way.
TEST(ParetoNbd, ProbabilitiesAddUp) {
    for (const double t : {.5, 39.0, 200.0}) {
        const ParetoNbd model(cdnow);
        double sum = 0, mean = 0;
        for (std::uint64_t n = 800; n-- > 0;) { // (200/210.6)^800 is below 1e-17
            const double p = model.new_probability(n, t);
            sum += p;
            mean += p * static_cast<double>(n);
        }
        EXPECT_NEAR(sum, 1, 1e-13) << t;
        EXPECT_NEAR(mean / new_purchases(model, t), 1, 1e-13) << t;
    }
}

// The moments that matter are spread over seven decades, where n ln((alpha+y) / y) must not lose digits. By the
// integral of clv_grid_pareto.py.
TEST(ParetoNbd, ManyPurchasesOverALongTime) {
    const ParetoNbd model({.009680197811888523, 8.07405482063508e-05, .13488471112070652, 1.2277925395251084e-05});
    EXPECT_NEAR(model.new_probability(1508, 1869877.4654247083) / 1.6387975421008946e-06, 1, 2e-13);
}

// Without a discount, with s > 1: the mean of the time that is left is (beta + T) / (s - 1).
TEST(ParetoNbd, ResidualWithoutDiscount) {
    const ParetoNbd model({.55, 10.58, 3, 11.67});
    const History h{2, 30.43, 38.86};
    EXPECT_NEAR(model.residual(h, 1e-18) / (model.alive(h) * 2.55 / (10.58 + 38.86) * (11.67 + 38.86) / 2), 1, 1e-13);
}

// Customers count as often as they are said to, and horizons do not know of each other.
TEST(ParetoNbd, ManyRowsAndHorizons) {
    const std::vector<double> x{0, 0, 2, 2, 26}, t_x{0, 0, 3, 30.43, 30.86}, t{27, 38.86, 20, 38.86, 31},
        customers{3, 7, 1, 2, 5};
    const Histories rows{x, t_x, t, customers};
    const auto all = ParetoNbd::log_likelihood(cdnow, rows, {});
    clv::Derivatives sum;
    double value = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto one = of_one(cdnow, rows[i], customers[i]);
        value += customers[i] * ParetoNbd(cdnow).log_likelihood(rows[i]);
        for (std::size_t j = 0; j < 4; ++j) {
            sum.gradient[j] += one.gradient[j];
            for (std::size_t k = 0; k < 4; ++k) sum.hessian[j][k] += one.hessian[j][k];
        }
    }
    EXPECT_NEAR(all.value, value, 1e-12);
    for (std::size_t j = 0; j < 4; ++j) {
        EXPECT_NEAR(all.gradient[j], sum.gradient[j], 1e-12);
        for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(all.hessian[j][k], sum.hessian[j][k], 1e-11);
    }

    std::vector<double> horizons, expected(151);
    for (int i = 0; i < 151; ++i) horizons.push_back(i * i * .01);
    const ParetoNbd model(cdnow);
    model.purchases(rows[3], horizons, expected.data());
    for (std::size_t i = 0; i < horizons.size(); ++i)
        EXPECT_EQ(expected[i], purchases(model, rows[3], horizons[i])) << i;
}

TEST(ParetoNbd, CanBeCancelled) {
    struct Cancelled {};
    const std::vector<double> zero(10, 0), t(10, 5), one(10, 1);
    EXPECT_THROW(ParetoNbd::log_likelihood(cdnow, {zero, zero, t, one}, Poll([] { throw Cancelled(); })), Cancelled);
}
