#include "math/incomplete_gamma.hpp"
#include "math/log_concave.hpp"
#include <algorithm>

namespace cd::math {

// The integral of e^((1-s) u - x (e^u - 1)) over u = ln(1+z) (DLMF 8.19.4): only positive terms, so that whole s, where
// series subtract what nearly agrees, are as good as others, and a small x takes no more than a longer way.
double scaled_exponential_integral(double s, double x) {
    const double rising = std::abs(1 - s);
    double start = 0, growth = 1; // e^start
    return integral_of_exp(
        1e4, // further than e^(-x e^u) can be above the rounding of the sum
        [&](double from, double further) {
            if (from != start) {
                start = from;
                growth = 1 + expm1(from);
            }
            return rising + x * growth * further;
        },
        [&](const double *u, double *g, std::size_t n) {
            std::copy_n(u, n, g);
            expm1_all(g, n);
            for (std::size_t i = 0; i < n; ++i) g[i] = (1 - s) * u[i] - x * g[i];
        },
        [](const double *, std::size_t) {});
}

} // namespace cd::math
