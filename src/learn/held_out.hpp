// What calibration is fitted on.
#pragma once
#include <cstdint>
#include <vector>

namespace cd::learn {

// Scores of rows by trees that have not seen them.
struct HeldOut {
    std::vector<std::uint32_t> rows; // ascending
    std::vector<double> scores;      // of each: log-odds of boosting, probability of a forest
};

// Losses are summed as integers of this unit, so that the order of the rows does not show.
inline constexpr double loss_unit = 0x1p-24;

} // namespace cd::learn
