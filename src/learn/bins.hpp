// Features as trees are grown from them: every value is one of at most 256 bins, 0 being what is missing.
#pragma once
#include "common/large_vector.hpp"
#include "common/workers.hpp"
#include "learn/inputs.hpp"
#include "learn/tree.hpp"

namespace cd::learn {

inline constexpr std::size_t max_bins = 256; // with that of what is missing
inline constexpr int max_trees = 10'000;     // of a model

struct Bins {
    struct Feature {
        bool category = false;
        std::uint32_t bins = 1;   // in use, with bin 0
        std::vector<double> cuts; // of a number, ascending: bin b > 0 holds those above cuts[b - 2] up to cuts[b - 1]
        std::vector<std::uint8_t> of_level; // of a category: its bin by its code in Inputs; rare levels may share one
    };
    std::size_t rows = 0;
    std::vector<Feature> features;
    LargeVector<std::uint8_t> of;        // rows x features, by rows: what histograms read
    LargeVector<std::uint8_t> by_column; // the same by columns: what parts rows

    const std::uint8_t *row(std::size_t i) const { return of.data() + i * features.size(); }
    const std::uint8_t *column(std::size_t f) const { return by_column.data() + f * rows; }
};

// Numbers: all values are bins if they are at most 255, else 255 bins of about equal weight, found exactly, from all
// rows. A value that weighs as much as a bin has one of its own. Cuts lie halfway between neighbouring values.
// Categories: the heaviest 254 levels, and one bin for all others. The same for any order of the rows.
// Two bytes for each value stay; 16 more for each row, with weights 32, are in use while it runs, on each thread.
Bins make_bins(const dataset::View &view, const Inputs &inputs, const Target &target, Workers &workers);

// Weights as integers, so that their sums do not depend on the order: value = integer * unit, a power of two. Integers
// and ratios of small ones are exact, others to 2^-30 of the largest.
struct FixedWeights {
    std::vector<std::uint32_t> of; // empty if all are 1; at most 2^30
    double unit = 1;

    explicit FixedWeights(const Target &target);
    std::uint32_t operator[](std::size_t row) const { return of.empty() ? 1 : of[row]; }
};

// What names a row whichever place it has: a hash of the seed, its bins, label, weight and customer, and how many
// equal rows stand before it. So whatever is drawn by these keys is drawn for the same set of rows in any order.
std::vector<std::uint64_t> row_keys(const Bins &bins, const Target &target, std::uint64_t seed, Workers &workers);

} // namespace cd::learn
