// ABC analysis: classes by the share of the running total, largest first (Flores and Whybark, Multiple Criteria ABC
// Analysis, International Journal of Operations and Production Management 6, 1986).
#pragma once
#include "common/error.hpp"
#include <array>
#include <cstddef>
#include <span>

namespace cd::segment {

inline constexpr std::size_t max_cuts = 25; // 26 letters

// Throws unless the cuts are ascending shares between 0 and 1, and of a possible number.
void check_cuts(std::span<const double> cuts);

// The classes of a sample: a value is in the first class whose least value it reaches.
struct AbcClasses {
    bool defined = false; // not if the total is 0
    std::size_t cuts = 0;
    std::array<double, max_cuts> least; // of the values of this class and the ones before

    std::size_t class_of(double value) const {
        std::size_t n = 0;
        for (std::size_t i = 0; i < cuts; ++i) n += value < least[i];
        return n;
    }
};

// A value's running total counts it, whatever is larger, and all that is equal, so ties share a class. Its class is the
// first one whose cut the share of that running total does not exceed; the largest value is always in the first one.
// Values are checked already; they are sorted by this.
AbcClasses abc_classes(std::span<double> values, std::span<const double> cuts, Poll poll = {});

} // namespace cd::segment
