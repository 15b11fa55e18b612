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

} // namespace cd::learn
