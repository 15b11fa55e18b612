// Amounts that are shares of their total: finite and not negative.
#pragma once
#include "common/error.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>

namespace cd::segment {

[[noreturn]] void refuse_value(double);
inline void check_value(double value) {
    if (!(value >= 0 && std::isfinite(value))) [[unlikely]]
        refuse_value(value);
}

// Amounts scaled by a power of two, so that no sum of them overflows. Shares do not see it.
class Scaled {
  public:
    explicit Scaled(double largest) {
        int exponent;
        std::frexp(largest, &exponent);
        factor_ = std::ldexp(1, -std::clamp(exponent, -1000, 1000));
    }
    // `count` times the value, as the decimal that it was written as.
    math::Sum operator()(double value, double count) const {
        const math::Sum exact = math::Sum::of(value);
        const math::Sum one{exact.high * factor_, exact.low * factor_};
        return count == 1 ? one : one.times({count, 0});
    }

  private:
    double factor_;
};

} // namespace cd::segment
