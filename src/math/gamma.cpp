#include "math/gamma.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>

namespace cd::math {

namespace {

// Stirling's series (Abramowitz and Stegun 6.1.40, 6.3.18, 6.4.11), with the Bernoulli numbers 1/6, -1/30, 1/42, ...
// From here on its first term that is left out is below 2^-56.
constexpr double large = 10;
constexpr double bernoulli[] = {1.0 / 6,  -1.0 / 30,     1.0 / 42, -1.0 / 30,
                                5.0 / 66, -691.0 / 2730, 7.0 / 6,  -3617.0 / 510};
constexpr int terms = sizeof bernoulli / sizeof *bernoulli;
constexpr double half_ln_2pi = 0.91893853320467274178;

// What Stirling's series adds to (x - 1/2) ln x - x + ln(2 pi)/2, to ln x - 1/(2x), and to 1/x + 1/(2x^2): odd or even
// powers of 1/x, from the first, second and third on.
struct Tail {
    int first_power;
    double coefficient[terms];
    double operator()(double x) const {
        const double z = 1 / (x * x);
        double sum = 0;
        for (int k = terms - 1; k >= 0; --k) sum = sum * z + coefficient[k];
        for (int power = 0; power < first_power; ++power) sum /= x;
        return sum;
    }
    // At x + n less that at x, the subtraction carried out in every step of Horner's scheme.
    double step(double x, double n) const {
        const double q = 1 / x, q_then = 1 / (x + n), dq = -n * q * q_then;
        const double z = q * q, z_then = q_then * q_then, dz = dq * (q + q_then);
        double sum = 0, difference = 0;
        for (int k = terms - 1; k >= 0; --k) {
            difference = difference * z_then + sum * dz;
            sum = sum * z + coefficient[k];
        }
        for (int power = 0; power < first_power; ++power) {
            difference = difference * q_then + sum * dq;
            sum *= q;
        }
        return difference;
    }
};
constexpr Tail tail_of_derivative(int order) {
    Tail tail{order + 1, {}};
    for (int k = 1; k <= terms; ++k)
        tail.coefficient[k - 1] = order == 0   ? bernoulli[k - 1] / (2 * k * (2 * k - 1))
                                  : order == 1 ? -bernoulli[k - 1] / (2 * k)
                                               : bernoulli[k - 1];
    return tail;
}
constexpr Tail log_gamma_tail = tail_of_derivative(0), digamma_tail = tail_of_derivative(1),
               trigamma_tail = tail_of_derivative(2);

// Steps of at most so many whole ones are taken one by one.
constexpr double few = 16;
bool is_few(double n) { return n <= few && n == std::floor(n); }

// The sum of f(x), f(x + 1), ... , n of them, the small ones first.
template <class F> double add_up(double x, int n, F f) {
    double sum = 0;
    for (int j = n - 1; j >= 0; --j) sum += f(x + j);
    return sum;
}
double reciprocal(double x) { return 1 / x; }
double reciprocal_square(double x) { return 1 / x / x; }

// ln(x (x + 1) ... (x + n - 1)). The product of few numbers overflows only if they are large.
double log_product(double x, int n) {
    if (n == 0) return 0;
    if (x < 1e15) {
        double product = 1;
        for (int j = n - 1; j >= 1; --j) product *= x + j;
        return log(product) + log(x);
    }
    return add_up(x, n, [](double f) { return log(f); });
}

// How many steps it takes from x to where the series holds.
int steps_to_large(double x) { return x >= large ? 0 : static_cast<int>(std::ceil(large - x)); }

} // namespace

double log_gamma(double x) {
    const int n = steps_to_large(x);
    const double y = x + n;
    return (y - 0.5) * (log(y) - 1) + (half_ln_2pi - 0.5) + log_gamma_tail(y) - log_product(x, n);
}

double digamma(double x) {
    const int n = steps_to_large(x);
    const double y = x + n;
    return log(y) - 0.5 / y + digamma_tail(y) - add_up(x, n, reciprocal);
}

double trigamma(double x) {
    const int n = steps_to_large(x);
    const double y = x + n;
    return 1 / y + 0.5 / y / y + trigamma_tail(y) + add_up(x, n, reciprocal_square);
}

// With y = x + k large: (y + n - 1/2) ln(y + n) - (y - 1/2) ln y = (y - 1/2) ln(1 + n/y) + n ln(y + n), and what k
// steps from x and from x + n differ by.
double log_gamma_step(double x, double n) {
    if (is_few(n)) return log_product(x, static_cast<int>(n));
    const int k = steps_to_large(x);
    const double y = x + k;
    double step = n * (log(y + n) - 1) + (y - 0.5) * log1p(n / y) + log_gamma_tail.step(y, n);
    for (int j = 0; j < k; ++j) step -= log1p(n / (x + j));
    return step;
}

double digamma_step(double x, double n) {
    if (is_few(n)) return add_up(x, static_cast<int>(n), reciprocal);
    const int k = steps_to_large(x);
    const double y = x + k;
    return log1p(n / y) + 0.5 * n / y / (y + n) + digamma_tail.step(y, n) +
           add_up(x, k, [n](double f) { return n / f / (f + n); });
}

double trigamma_step(double x, double n) {
    if (is_few(n)) return -add_up(x, static_cast<int>(n), reciprocal_square);
    const int k = steps_to_large(x);
    const double y = x + k;
    const auto square = [n](double f) { return n / f / f * ((2 * f + n) / (f + n) / (f + n)); };
    return -(n / y / (y + n) + 0.5 * square(y) - trigamma_tail.step(y, n) + add_up(x, k, square));
}

// Stirling's series at y = x + k, with all logarithms of numbers near 1. Each of the k steps contributes a factor
// (f + m)(f + n) / (f (f + m + n)) = 1 + m n / (f (f + m + n)); `more` is their product less 1.
double log_gamma_cross(double x, double m, double n) {
    if (n > m) std::swap(m, n);
    const int k = steps_to_large(std::min(x, x + n));
    double more = 0;
    for (int j = 0; j < k; ++j) {
        const double f = x + j, step = m / f * (n / (f + m + n));
        more += step + more * step;
    }
    const double y = x + k;
    return log1p(more) + (y - 0.5) * log1p(-(m / (y + m) * (n / (y + n)))) + m * log1p(n / (y + m)) +
           n * log1p(m / (y + n)) + (log_gamma_tail.step(y + m, n) - log_gamma_tail.step(y, n));
}

// With the larger argument as the one that a step is taken from, which cancels nothing.
double log_beta(double a, double b) {
    if (a > b) std::swap(a, b);
    return log_gamma(a) - log_gamma_step(b, a);
}

} // namespace cd::math
