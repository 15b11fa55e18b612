#include "clv/nbd.hpp"
#include <cmath>
#include <gtest/gtest.h>
#include <vector>

using namespace cd;
using clv::History;
using clv::Nbd;
using clv::Parameters;

static const Parameters cdnow{.38476769, 12.07208536};

// NBDs with whole r by hand. Three purchases by t = 4 of r = 2, alpha = 6: Gamma(5) / Gamma(2) 6^2 / 10^5.
TEST(Nbd, ByHand) {
    const Nbd model({2, 6});
    EXPECT_NEAR(model.log_likelihood({3, 3.5, 4}), std::log(24 * 36 / 1e5), 1e-14);
    EXPECT_EQ(model.alive({3, 1, 40}), 1);
    // At any instants: Gamma(5) / (Gamma(2) 3!) (6 / 10)^2 (4 / 10)^3.
    EXPECT_NEAR(model.new_probability(3, 4), 4 * .36 * .064, 1e-15);
    EXPECT_NEAR(model.new_probability(0, 4), .36, 1e-15);
    EXPECT_EQ(model.new_probability(0, 0), 1);
    EXPECT_EQ(model.new_probability(1, 0), 0);

    const double horizons[] = {0, 2, 30};
    double expected[3];
    model.purchases({3, 3.5, 4}, horizons, expected); // at rate (2 + 3) / (6 + 4)
    EXPECT_EQ(expected[0], 0);
    EXPECT_EQ(expected[1], 1);
    EXPECT_EQ(expected[2], 15);
    model.new_purchases(horizons, expected);
    EXPECT_NEAR(expected[2], 10, 1e-14);
    EXPECT_NEAR(model.residual({3, 3.5, 4}, .1), 5, 1e-14);
}

// By mpmath 1.2 with 40 digits: Gamma(r+n) / (Gamma(r) n!) (alpha / (alpha+t))^r (t / (alpha+t))^n.
TEST(Nbd, Probabilities) {
    struct {
        double r, alpha;
        std::uint64_t n;
        double t, expected;
    } const values[] = {
        {0.38476769, 12.07208536, 0, 39.0, 0.57409137376398738},
        {0.38476769, 12.07208536, 5, 39.0, 0.0234262032399401},
        {0.38476769, 12.07208536, 300, 39.0, 5.4424845208611199e-38},
        {0.38476769, 12.07208536, 1, 1e-06, 3.1872508716586724e-8},
        {25.5, 3.0, 40, 5.0, 0.038096669305424993},
        {0.01, 1e-06, 100000, 1000.0, 9.1712349285694388e-8},
        {2000.0, 1000.0, 30, 15.0, 0.07209577605260873},
    };
    for (const auto &v : values)
        EXPECT_NEAR(Nbd({v.r, v.alpha}).new_probability(v.n, v.t) / v.expected, 1, 1e-12) << v.n << " by " << v.t;
}

// Against differences of the log-likelihood itself.
TEST(Nbd, Derivatives) {
    const std::vector<double> x{0, 2, 2, 40}, t_x{0, 3, 30, 31}, t{39, 20, 38.86, 39}, customers{3, 1, 2, 5};
    const clv::Histories rows{x, t_x, t, customers};
    const auto at = [&](double r, double alpha) { return Nbd::log_likelihood({r, alpha}, rows, {}); };
    const double r = cdnow[0], alpha = cdnow[1], step = 1e-5;
    const auto here = at(r, alpha);
    double value = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) value += customers[i] * Nbd(cdnow).log_likelihood(rows[i]);
    EXPECT_NEAR(here.value, value, 1e-11);

    const auto more_r = at(r + step, alpha), less_r = at(r - step, alpha);
    const auto more_alpha = at(r, alpha + step), less_alpha = at(r, alpha - step);
    const auto slope = [&](double more, double less) { return (more - less) / (2 * step); };
    EXPECT_NEAR(here.gradient[0], slope(more_r.value, less_r.value), 1e-6);
    EXPECT_NEAR(here.gradient[1], slope(more_alpha.value, less_alpha.value), 1e-6);
    EXPECT_NEAR(here.hessian[0][0], slope(more_r.gradient[0], less_r.gradient[0]), 1e-6);
    EXPECT_NEAR(here.hessian[0][1], slope(more_r.gradient[1], less_r.gradient[1]), 1e-8);
    EXPECT_NEAR(here.hessian[1][0], slope(more_alpha.gradient[0], less_alpha.gradient[0]), 1e-8);
    EXPECT_NEAR(here.hessian[1][1], slope(more_alpha.gradient[1], less_alpha.gradient[1]), 1e-8);
    EXPECT_EQ(here.gradient[2], 0);
    EXPECT_EQ(here.hessian[2][2], 0);
}
