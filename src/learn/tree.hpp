// A decision tree: what single trees, forests and boosting share.
#pragma once
#include "dataset/columns.hpp"
#include <cstdint>
#include <vector>

namespace cd::learn {

// An inner node sends a row left if its number is at most `threshold`, its category is in the set, or, for what is
// missing, if missing_left. Children stand behind their parent in the tree.
struct Node {
    static constexpr std::uint32_t leaf = UINT32_MAX;
    std::uint32_t feature = leaf;
    std::uint32_t left = 0, right = 0;
    double threshold = 0;      // of a number
    std::uint32_t set = 0;     // of a category: its first word in Tree::sets
    bool missing_left = false; // also for a category that no row of the fit had
    double gain = 0;           // what the split took from the loss, in the units of its learner
    double cover = 0;          // weight of the rows that came here
    double value = 0;          // of a leaf: what it adds to the score; of another node: what it would as a leaf

    bool is_leaf() const { return feature == leaf; }
};

struct Tree {
    std::vector<Node> nodes;         // the root first
    std::vector<std::uint64_t> sets; // bit c of a set's words: the code c of that feature goes left. Bit 0 is not used.

    bool in_set(const Node &node, std::uint32_t code) const { return sets[node.set + code / 64] >> (code % 64) & 1; }
    // Rows are given as by dataset::FeatureReader: numbers, `missing`, and codes as doubles.
    bool goes_left(const Node &node, const dataset::Columns &columns, const double *features) const {
        const double value = features[node.feature];
        if (columns[node.feature].is_category())
            return value == 0 ? node.missing_left : in_set(node, static_cast<std::uint32_t>(value));
        return value != value ? node.missing_left : value <= node.threshold;
    }
    const Node &leaf_of(const dataset::Columns &columns, const double *features) const {
        const Node *node = nodes.data();
        while (!node->is_leaf()) node = &nodes[goes_left(*node, columns, features) ? node->left : node->right];
        return *node;
    }
};
// Words of a set of the codes of a category.
inline std::uint32_t set_words(const dataset::Column &column) { return column.levels.size() / 64 + 1; }

// Trees together: the sum of their values and the base, or with `average`, their mean and the base.
struct Ensemble {
    double base = 0;
    bool average = false;
    std::vector<Tree> trees;

    // Trees are added in their order.
    double score(const dataset::Columns &columns, const double *features) const {
        double sum = 0;
        for (const Tree &tree : trees) sum += tree.leaf_of(columns, features).value;
        return base + (average ? sum / static_cast<double>(trees.size()) : sum);
    }
};

} // namespace cd::learn
