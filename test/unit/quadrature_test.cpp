#include "math/quadrature.hpp"
#include <cmath>
#include <gtest/gtest.h>

using cd::math::gauss_legendre;

// Abramowitz and Stegun 1972, table 25.4, moved from (-1, 1) to (0, 1).
TEST(Quadrature, Table) {
    const auto three = gauss_legendre(3), five = gauss_legendre(5);
    EXPECT_NEAR(three.at[2], (1 + 0.774596669241483) / 2, 1e-15);
    EXPECT_NEAR(three.weight[1], 0.888888888888889 / 2, 1e-15);
    EXPECT_NEAR(five.at[0], (1 - 0.906179845938664) / 2, 1e-15);
    EXPECT_NEAR(five.weight[0], 0.236926885056189 / 2, 1e-15);
    EXPECT_EQ(gauss_legendre(1).at[0], 0.5);
    EXPECT_EQ(gauss_legendre(1).weight[0], 1);
}

// The integral of t^k is 1 / (k + 1) for all k < 2n.
TEST(Quadrature, PowersAreExact) {
    for (const std::size_t n : {1, 2, 3, 4, 7, 16, 33, 100, 800}) {
        const auto rule = gauss_legendre(n);
        for (std::size_t k = 0; k < 2 * n; k += 1 + n / 10) {
            double sum = 0;
            for (std::size_t i = 0; i < n; ++i) sum += rule.weight[i] * std::pow(rule.at[i], static_cast<double>(k));
            EXPECT_NEAR(sum * static_cast<double>(k + 1), 1, 2e-12) << n << " points, power " << k;
        }
        for (std::size_t i = 1; i < n; ++i) EXPECT_LT(rule.at[i - 1], rule.at[i]);
    }
}
