// What a column holds, at a glance.
#pragma once
#include "dataset/dataset.hpp"

namespace cd::dataset {

struct ValueCount {
    double value; // a number, or a code
    std::uint64_t rows;
};

struct ColumnStatistics {
    std::uint64_t n = 0, missing = 0, distinct = 0; // n: rows with a value
    // Of numbers. sd is that of a sample, with n - 1.
    std::optional<double> min, max, mean, sd;
    std::vector<ValueCount> top; // the most frequent first, equally frequent ones by value
};

inline constexpr std::size_t top_values = 5;

ColumnStatistics statistics(const View &view, std::size_t column, Poll poll);

} // namespace cd::dataset
