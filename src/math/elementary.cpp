#include "math/elementary.hpp"
#include "math/eigen.hpp"
#include "math/sum.hpp"
#include <bit>
#include <cstdint>

namespace cd::math {

// ln 2 in two parts: the first has zeros at its end, so that k * high is exact for every exponent k.
static constexpr double ln2_high = 0x1.62e42fefa3800p-1;
static constexpr double ln2_low = 0x1.ef35793c76730p-45;

// x = 2^k m with sqrt(1/2) <= m < sqrt(2), and ln m = 2 atanh(s) = 2 (s + s^3/3 + s^5/5 + ...), s = (m-1)/(m+1).
// |s| < 0.1716, so the term s^25/25 is below 2^-66.
double log(double x) {
    int k = 0;
    if (x < 0x1p-1022) { // subnormal
        x *= 0x1p54;
        k = -54;
    }
    std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
    k += static_cast<int>(bits >> 52) - 1023;
    bits = (bits & 0x000fffffffffffff) | 0x3ff0000000000000;
    double m = std::bit_cast<double>(bits);
    if (m > 0x1.6a09e667f3bcdp+0) {
        m *= 0.5;
        ++k;
    }
    const double f = m - 1;
    const double s = f / (2 + f);
    const double z = s * s;
    double series = 0;
    for (int n = 23; n >= 3; n -= 2) series = (series + 1.0 / n) * z;
    // ln m = f - f^2/2 + s (f^2/2 + 2 series): the leading terms without the rounding of 2 s (fdlibm e_log.c).
    const double half = 0.5 * f * f;
    return k * ln2_high - ((half - (s * (half + 2 * series) + k * ln2_low)) - f);
}

// e^x = 2^k e^r, |r| <= ln 2 / 2, by its Taylor series: r^14/14! is below 2^-57.
double exp(double x) {
    const double scaled = x * 0x1.71547652b82fep+0;
    const int k = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
    const double r = (x - k * ln2_high) - k * ln2_low;
    double series = 1;
    for (int n = 14; n >= 1; --n) series = 1 + series * r / n;
    const auto power = [](int e) { return std::bit_cast<double>(static_cast<std::uint64_t>(e + 1023) << 52); };
    return series * power(k / 2) * power(k - k / 2); // in two steps, since 2^k alone may overflow
}

double exp_or_zero(double x) {
    if (x < -708.39) return 0;
    const double root = exp(x / 2);
    return root * root;
}

// With u the rounded 1 + x, ln(1 + x) = ln u + ln(1 + error / u).
double log1p(double x) {
    double error;
    const double u = two_sum(1, x, error);
    return log(u) + error / u;
}

// (e^r - 1 - r) / r^2 by its Taylor series for |r| <= ln 2 / 2: what is left out is below 2^-58.
template <class T> static T expm1_series(const T &r) {
    constexpr double inverse_factorial[] = {
        1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,        1.0 / 5040,       1.0 / 40320,
        1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200};
    const T square = r * r; // two sums side by side take half the time
    T even = square * inverse_factorial[12] + inverse_factorial[10],
      odd = square * inverse_factorial[11] + inverse_factorial[9];
    for (int n = 8; n >= 2; n -= 2) {
        even = even * square + inverse_factorial[n];
        odd = odd * square + inverse_factorial[n - 1];
    }
    return even * square + odd * r + inverse_factorial[0];
}

// e^x - 1 = 2^k (e^r - 1) + (2^k - 1).
double expm1(double x) {
    const double scaled = x * 0x1.71547652b82fep+0;
    const int k = static_cast<int>(scaled + (scaled < 0 ? -0.5 : 0.5));
    const double high = x - k * ln2_high, r = high - k * ln2_low;
    const double lost = (high - r) - k * ln2_low; // of r
    const double less_one = r + (r * r * expm1_series(r) + lost);
    if (k == 0) return less_one;
    if (k < -60) return -1;
    if (k > 60) return exp(x);
    const double power = std::bit_cast<double>(static_cast<std::uint64_t>(k + 1023) << 52);
    return power * less_one + (power - 1);
}

// In pairs, so that Eigen's own functions are taken for every element and never the C library's.
template <class Function> static void in_pairs(double *x, std::size_t n, double filler, Function function) {
    for (std::size_t i = 0; i < n; i += 2) {
        Eigen::Array2d pair(x[i], i + 1 < n ? x[i + 1] : filler);
        pair = function(pair);
        x[i] = pair[0];
        if (i + 1 < n) x[i + 1] = pair[1];
    }
}
void log_all(double *x, std::size_t n) {
    in_pairs(x, n, 1, [](const Eigen::Array2d &pair) -> Eigen::Array2d { return pair.log(); });
}
void exp_all(double *x, std::size_t n) {
    in_pairs(x, n, 0, [](const Eigen::Array2d &pair) -> Eigen::Array2d { return pair.exp(); });
}

void log1p_all(double *x, std::size_t n) {
    in_pairs(x, n, 0, [](const Eigen::Array2d &pair) -> Eigen::Array2d {
        const Eigen::Array2d u = 1 + pair, seen = u - 1;
        const Eigen::Array2d error = (1 - (u - seen)) + (pair - seen);
        return u.log() + error / u;
    });
}
// As expm1. Adding 1.5 * 2^52 rounds to whole numbers, which then are the last bits.
void expm1_all(double *x, std::size_t n) {
    constexpr double whole = 0x1.8p52;
    const auto power = [](double k) { return std::bit_cast<double>((std::bit_cast<std::uint64_t>(k) + 1023) << 52); };
    in_pairs(x, n, 0, [&](const Eigen::Array2d &pair) -> Eigen::Array2d {
        const Eigen::Array2d finite = pair.max(-40).min(709); // below, all are -1
        const Eigen::Array2d shifted = finite * 0x1.71547652b82fep+0 + whole, k = shifted - whole;
        const Eigen::Array2d high = finite - k * ln2_high, r = high - k * ln2_low, lost = (high - r) - k * ln2_low;
        const Eigen::Array2d powers(power(shifted[0]), power(shifted[1]));
        return powers * (r + (r.square() * expm1_series(r) + lost)) + (powers - 1);
    });
}

} // namespace cd::math
