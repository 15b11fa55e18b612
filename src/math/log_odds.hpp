// Probabilities as their log odds, for any finite number without overflow.
#pragma once
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>

namespace cd::math {

inline double log_odds(double probability) { return log(probability / (1 - probability)); } // 0 < probability < 1

// From log odds, and never 0 or 1 but by rounding.
inline double probability(double x) {
    const double t = exp(-std::min(std::abs(x), 690.0));
    return (x < 0 ? t : 1) / (1 + t);
}

// log(1 + e^x): the log loss of log odds x if the label is 0, and of -x if it is 1.
inline double log_1_exp(double x) { return std::max(x, 0.0) + log(1 + exp(-std::min(std::abs(x), 690.0))); }

} // namespace cd::math
