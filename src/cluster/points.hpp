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
    // The squared distance of a row from anywhere.
    double square(std::size_t row, const double *at, const std::uint32_t *level) const {
        return square(numbers_of(row), codes_of(row), at, level);
    }
    double square(const double *x, const std::uint32_t *code, const double *at, const std::uint32_t *level) const {
        double sum = 0;
        for (std::size_t j = 0; j < numbers; ++j) sum += (x[j] - at[j]) * (x[j] - at[j]);
        for (std::size_t j = 0; j < categories; ++j)
            if (code[j] != level[j]) sum += mismatch;
        return sum;
    }
    double weight_of(std::size_t row) const { return weight.empty() ? 1.0 : weight[row]; }
};

// What the rows of each cluster add up to.
struct ClusterTotals {
    // Where the levels of each category begin among `level`, and where the last ones end.
    std::vector<std::size_t> first;
    std::vector<std::uint64_t> rows;
    std::vector<double> weight;
    std::vector<double> number; // clusters x numbers: means
    std::vector<double> level;  // clusters x levels of all categories: weights

    std::size_t clusters() const { return rows.size(); }
    double level_of(std::size_t cluster, std::size_t category, std::uint32_t code) const {
        return level[cluster * first.back() + first[category] + code];
    }
};

} // namespace cd::cluster
