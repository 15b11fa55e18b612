// Grows a tree from bins: leaf by leaf, the split next that gains most (Shi 2007), found from histograms of gradients
// (Ke et al. 2017, LightGBM). A split of rows into left and right gains
//     G_left^2 / (H_left + l2) + G_right^2 / (H_right + l2) - G^2 / (H + l2),
// G and H being the sums of gradients and hessians, and the value of a node is -G / (H + l2) (Chen and Guestrin 2016).
// With gradient -weight * label and hessian weight that is the mean of the label, and twice the gain is what the Gini
// impurity, weighted by rows, loses: classification trees (Breiman et al. 1984) are grown by the same code.
// Sums are of integers: the same for any number of threads and any order of the rows.
#pragma once
#include "learn/split.hpp"
#include <span>

namespace cd::learn {

// Gradients as fixed-point numbers, one row in one word: the gradient above, the hessian below. Leaf values come from
// all 30 bits of them, histograms from the upper 15.
struct Gradients {
    static constexpr double one = 0x1p30; // the largest of either, as an integer
    LargeVector<std::int64_t> of;         // by row
    double gradient_unit = 1, hessian_unit = 1;
    bool hessian_is_weight = false; // a row's weight is what its hessian says, not FixedWeights
    // Where it is not: no hessian is more than this much of its row's weight.
    double hessian_bound = 0.25;

    static std::int64_t pack(std::int64_t gradient, std::int64_t hessian) { return gradient * (1LL << 32) + hessian; }
    static std::int64_t gradient(std::int64_t word) { return word >> 32; }
    static std::int64_t hessian(std::int64_t word) { return static_cast<std::uint32_t>(word); }
};

struct GrowOptions {
    std::size_t leaves = 31;    // at most; 0 is without limit
    std::size_t depth = 0;      // edges to a leaf, at most; 0 is without limit
    double min_leaf = 20;       // weight of a leaf, at least
    double min_split = 0;       // weight of a node that may be split, at least
    double l2 = 0;              // added to hessians
    double min_gain = 0;        // a split gains more, in the units of Node::gain
    double gain_factor = 1;     // Node::gain is this much of the gain above
    double level_l2 = 0;        // added to l2 where more than 4 levels of a category are parted
    double level_smoothing = 0; // levels stand in the order of G / (H + this)
    std::vector<std::int8_t>
        monotone{};                    // by feature: 1 if the score may only rise with it, -1 fall; empty if all are 0
    std::size_t features_per_node = 0; // so many are tried, drawn for each node; 0 is all
};

// A tree, with its splits in bins.
struct Grown {
    Tree tree;                // of every node: value, cover and, where it is split, gain
    std::vector<BinSet> left; // by node: the bins that go left
    // Where a node's rows stand in rows(): those of a leaf, by node. Nothing for inner nodes.
    struct Range {
        std::uint32_t begin = 0, end = 0;
    };
    std::vector<Range> range;

    bool goes_left(std::uint32_t node, const std::uint8_t *row) const {
        const std::uint8_t bin = row[tree.nodes[node].feature];
        return contains(left[node], bin);
    }
    // The leaf of a row of the same Bins.
    std::uint32_t leaf_of(const std::uint8_t *row) const {
        std::uint32_t node = 0;
        while (!tree.nodes[node].is_leaf())
            node = goes_left(node, row) ? tree.nodes[node].left : tree.nodes[node].right;
        return node;
    }
};

class Grower {
  public:
    // All are kept by reference. 8 bytes a row, and 16 for each bin of every leaf that has more rows than there are
    // bins.
    Grower(const Bins &bins, const FixedWeights &weights, const GrowOptions &options);
    ~Grower();
    Grower(const Grower &) = delete;
    Grower &operator=(const Grower &) = delete;

    // From these rows, in any order, and these features, ascending; empty is all. The seed is that of
    // features_per_node.
    Grown grow(const Gradients &gradients, std::span<const std::uint32_t> rows, Workers &workers,
               std::span<const std::uint32_t> features = {}, std::uint64_t seed = 0);
    // The rows of the last tree, leaf by leaf.
    std::span<const std::uint32_t> rows() const;

  private:
    struct Growth;
    std::unique_ptr<Growth> growth_;
};

// Those of classification trees, see above.
Gradients gini_gradients(const Target &target, const FixedWeights &weights);

// One classification tree (CART) from some of the rows: value is the weighted share of label 1, cover the weight, and
// gain what the split took from the sum over its rows of weight * Gini impurity 2 p (1 - p).
struct GiniOptions {
    double min_split = 20, min_leaf = 7; // weights
    std::size_t depth = 30, leaves = 0;  // at most; 0 is without limit
    std::vector<std::int8_t> monotone{};
};
Grown grow_gini(const Bins &bins, const Target &target, std::span<const std::uint32_t> rows, const GiniOptions &options,
                Workers &workers);

} // namespace cd::learn
