// The best split of one node by one feature.
#pragma once
#include "learn/bins.hpp"
#include <array>
#include <limits>

namespace cd::learn {

using BinSet = std::array<std::uint64_t, max_bins / 64>;

inline bool contains(const BinSet &set, std::size_t bin) { return set[bin / 64] >> (bin % 64) & 1; }
inline void insert(BinSet &set, std::size_t bin) { set[bin / 64] |= 1ULL << (bin % 64); }

// Sums over rows. Gradients and hessians are multiples of a power of two, so that adding them is exact.
struct Sums {
    double gradient = 0, hessian = 0, weight = 0;

    Sums &operator+=(const Sums &other) {
        gradient += other.gradient, hessian += other.hessian, weight += other.weight;
        return *this;
    }
    Sums operator-(const Sums &other) const {
        return {gradient - other.gradient, hessian - other.hessian, weight - other.weight};
    }
};

// The bins of a feature that rows of a node are in, ascending.
struct Cells {
    std::size_t n = 0;
    bool weighed = true; // the weights are known; else they are bounds from below
    std::array<std::uint8_t, max_bins> bin;
    std::array<Sums, max_bins> sums;

    void add(std::size_t b, const Sums &s) {
        bin[n] = static_cast<std::uint8_t>(b);
        sums[n++] = s;
    }
};

// What values below a node may be, where scores are monotone.
struct Bounds {
    double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
    double clamp(double value) const { return value < low ? low : value > high ? high : value; }
};

struct SplitRules {
    double min_leaf = 0, min_hessian = 0;
    double l2 = 0, level_l2 = 0, level_smoothing = 0;
    double min_gain = 0;  // before the factor
    bool bounded = false; // there are monotone features
};

struct Split {
    static constexpr std::uint32_t all_values = max_bins - 1;

    double gain = 0; // 0: there is none
    std::uint32_t feature = 0;
    std::uint32_t last = 0; // of a number: the last bin that goes left; all_values if only what is missing goes right
    bool certain = true;    // both sides are known to be heavy enough
    BinSet left{};          // all bins that go left, also those that no row of the node is in
    Sums left_sums;
};

// A node's value, -G / (H + l2) within the bounds.
inline double value_of(double gradient, double hessian, double l2, const Bounds &bounds) {
    return bounds.clamp(hessian + l2 > 0 ? -gradient / (hessian + l2) : 0);
}

// Of a number by its order, with what is missing on either side; of a category by the order of its levels' G / H, which
// holds a best partition of them (Fisher 1958; Breiman et al. 1984, theorem 4.5), what is missing being one of them.
// What no row of the node has goes to the side of the larger hessian. `monotone` as in GrowOptions.
Split find_split(const Cells &cells, const Sums &total, const Bins::Feature &feature, int monotone,
                 const SplitRules &rules, const Bounds &bounds);

} // namespace cd::learn
