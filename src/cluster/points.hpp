// What clusters are made of: numbers that are scaled already, and categories as codes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cd::cluster {

// Plain row-major arrays. A row is a point of a Euclidean space: its numbers, and for every category one axis per level
// on which the row's own level stands at sqrt(mismatch / 2). So the squared distance of two points is the sum of the
// squared differences of their numbers plus `mismatch` for every category in which they differ (Huang 1998), and bounds
// that rest on the triangle inequality hold for mixed data too.
struct Points {
    std::size_t rows = 0, numbers = 0, categories = 0;
    std::vector<double> number;          // rows x numbers; finite
    std::vector<std::uint32_t> category; // rows x categories; 0 is the missing value, a level of its own
    std::vector<std::uint32_t> levels;   // of each category, the missing one counted
    std::vector<double> weight;          // of each row, > 0; empty if every row counts 1
    double mismatch = 0;

    const double *numbers_of(std::size_t row) const { return number.data() + row * numbers; }
    const std::uint32_t *codes_of(std::size_t row) const { return category.data() + row * categories; }
    double weight_of(std::size_t row) const { return weight.empty() ? 1.0 : weight[row]; }
};

} // namespace cd::cluster
