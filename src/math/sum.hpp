// Sums of money. Two doubles carry 106 bits, and an amount is taken for the decimal that it was written as: 20.58 adds
// 20.58, not the nearest binary fraction. So the order of the rows never shows, totals are right to the last digit, and
// two customers who spent the same have the same revenue to the bit.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace cd::math {

// Knuth's TwoSum: a + b = sum + error exactly.
inline double two_sum(double a, double b, double &error) {
    const double sum = a + b;
    const double b_seen = sum - a;
    error = (a - (sum - b_seen)) + (b - b_seen);
    return sum;
}

struct Sum {
    double high = 0, low = 0; // the value is high + low, |low| <= ulp(high) / 2

    static constexpr double decimal_unit = 1e4; // amounts have up to four decimals
    static constexpr double max_decimal = 0x1p51;

    // units / 10^4 as two doubles: the quotient, and the remainder of the division to the same precision. The factor
    // has 10 significant bits, so the products with the upper and the lower half of the quotient are exact.
    static Sum of_decimal(std::int64_t units) {
        const auto exact = static_cast<double>(units);
        const double quotient = exact / decimal_unit;
        const double upper = std::bit_cast<double>(std::bit_cast<std::uint64_t>(quotient) & ~std::uint64_t{0x7ffffff});
        return {quotient, ((exact - upper * decimal_unit) - (quotient - upper) * decimal_unit) / decimal_unit};
    }
    // x >= 0 as it was written, if that was with at most four decimals; else as it stands. Two units in the last place
    // are forgiven, so that 3 * 2.55 is 7.65 too.
    static Sum of(double x) {
        const double units = x * decimal_unit + 0.5;
        if (units < max_decimal) {
            const Sum decimal = of_decimal(static_cast<std::int64_t>(units));
            if (std::abs(decimal.high - x) <= x * 0x1p-52) return decimal;
        }
        return {x, 0};
    }
    // The units of a sum >= 0 that is a decimal, up to the rounding of a million additions; else -1.
    std::int64_t decimal() const {
        const double units = high * decimal_unit + 0.5;
        if (!(units < max_decimal)) return -1;
        const Sum nearest = of_decimal(static_cast<std::int64_t>(units));
        return nearest.high == high && std::abs(nearest.low - low) <= high * 0x1p-80 ? static_cast<std::int64_t>(units)
                                                                                     : -1;
    }

    // Accurate addition of two pairs (Hida, Li and Bailey 2001, algorithm 6).
    void add(const Sum &other) {
        double error, low_error;
        double s = two_sum(high, other.high, error);
        error += two_sum(low, other.low, low_error);
        double t = s + error;
        error -= t - s;
        s = t;
        error += low_error;
        t = s + error;
        low = error - (t - s);
        high = t;
    }
    void add(double x) { add(Sum{x, 0}); }
    Sum minus(const Sum &other) const {
        Sum result = *this;
        result.add(Sum{-other.high, -other.low});
        return result;
    }
    // Product of two pairs, to about 104 bits.
    Sum times(const Sum &other) const {
        const double product = high * other.high;
        const double error = std::fma(high, other.high, -product) + (high * other.low + low * other.high);
        const double sum = product + error;
        return {sum, error - (sum - product)};
    }
    double value() const { return high; }
    bool finite() const { return std::isfinite(high); }
};

} // namespace cd::math
