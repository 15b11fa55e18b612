#include "math/quadrature.hpp"

namespace cd::math {

namespace {

constexpr double pi = 3.14159265358979323846;

// Only to begin with, so a few digits are enough: 0 <= x <= pi / 2, the last term is below 1e-7.
double rough_cos(double x) {
    const double square = x * x;
    return 1 - square / 2 * (1 - square / 12 * (1 - square / 30 * (1 - square / 56 * (1 - square / 90))));
}

} // namespace

// Roots of the Legendre polynomial by Newton's method, from the beginnings of Abramowitz and Stegun 1972, 22.16.6;
// weights 2 / ((1 - x^2) P'(x)^2) on (-1, 1), ibidem 25.4.29.
Quadrature gauss_legendre(std::size_t n) {
    Quadrature rule;
    rule.at.resize(n);
    rule.weight.resize(n);
    const auto size = static_cast<double>(n);
    for (std::size_t i = 0; i < (n + 1) / 2; ++i) {
        double x = rough_cos(pi * (static_cast<double>(i) + 0.75) / (size + 0.5));
        if (2 * i + 1 == n) x = 0;
        double derivative = 0;
        for (int round = 0; round < 6; ++round) { // each doubles the digits
            double value = x, before = 1;
            for (std::size_t k = 2; k <= n; ++k) {
                const auto degree = static_cast<double>(k);
                const double next = ((2 * degree - 1) * x * value - (degree - 1) * before) / degree;
                before = value;
                value = next;
            }
            derivative = size * (before - x * value) / ((1 - x) * (1 + x));
            x -= value / derivative;
        }
        rule.at[i] = (1 - x) / 2;
        rule.at[n - 1 - i] = (1 + x) / 2;
        rule.weight[i] = rule.weight[n - 1 - i] = 1 / ((1 - x) * (1 + x) * derivative * derivative);
    }
    return rule;
}

} // namespace cd::math
