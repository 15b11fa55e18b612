// Integrals of polynomials.
#pragma once
#include <cstddef>
#include <vector>

namespace cd::math {

// The rule of Gauss and Legendre on (0, 1): the integral of f is the sum of weight[i] f(at[i]), exactly so for
// polynomials of degree below 2n.
struct Quadrature {
    std::vector<double> at, weight; // ascending
};
Quadrature gauss_legendre(std::size_t n);

} // namespace cd::math
