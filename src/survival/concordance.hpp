// How often a score puts customers into the order in which they depart.
#pragma once
#include "common/error.hpp"
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cd::survival {

// Rows in descending order of duration; entry and weight are empty, or have an element per row. An entry is negative if
// the row is seen from the beginning; `by_entry` are the others, in descending order of entry.
struct Outcomes {
    std::vector<double> duration, entry, weight;
    std::vector<std::uint8_t> event;
    std::vector<std::uint32_t> by_entry;
    std::size_t rows() const { return duration.size(); }
    double weight_of(std::size_t row) const { return weight.empty() ? 1 : weight[row]; }
};

// Harrell's C (1982): of the pairs of rows of which is known who departs first, the share in which that one has the
// higher score, equal scores counting half. Undefined without such a pair. O(n log n).
std::optional<double> concordance(const Outcomes &, std::span<const double> score, Poll poll);

} // namespace cd::survival
