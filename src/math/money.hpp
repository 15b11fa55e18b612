// Sums of amounts of either sign, from which amounts can be taken away again: what was added as a decimal with up to
// four places is gone without a trace.
#pragma once
#include "math/sum.hpp"

namespace cd::math {

class Money {
  public:
    Money() = default;
    explicit Money(double amount) {
        const double size = std::abs(amount);
        const std::int64_t units = Sum::of(size).decimal();
        if (units >= 0)
            units_ = amount < 0 ? -units : units;
        else
            rest_.add(amount);
    }
    Money &operator+=(const Money &other) {
        units_ += other.units_;
        rest_.add(other.rest_);
        return *this;
    }
    Money &operator-=(const Money &other) {
        units_ -= other.units_;
        rest_ = rest_.minus(other.rest_);
        return *this;
    }
    friend Money operator+(Money a, const Money &b) { return a += b; }
    friend Money operator-(Money a, const Money &b) { return a -= b; }
    double value() const {
        const __int128 size = units_ < 0 ? -units_ : units_;
        Sum sum = size <= INT64_MAX ? Sum::of_decimal(static_cast<std::int64_t>(size))
                                    : Sum{static_cast<double>(size) / Sum::decimal_unit, 0};
        if (units_ < 0) sum = Sum{}.minus(sum);
        sum.add(rest_);
        return sum.value();
    }

  private:
    __int128 units_ = 0; // ten-thousandths
    Sum rest_;           // amounts that are no such decimals
};

} // namespace cd::math
