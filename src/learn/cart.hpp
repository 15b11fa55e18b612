// One classification tree (CART: Breiman, Friedman, Olshen, Stone 1984), grown until nothing can be split and pruned to
// the size that predicts best.
#pragma once
#include "learn/grow.hpp"
#include "common/work.hpp"
#include <optional>

namespace cd::learn {

struct CartOptions {
    std::size_t max_leaves = 0, max_depth = 30; // 0 is without limit
    double min_leaf = 0;  // weight; 0: that of a fiftieth of the rows, but of 7 at least and 100 at most
    double min_split = 0; // weight of a node that may be split; 0: that of 20 rows
    // A split stays if each leaf that it makes takes more than this share of the whole tree's impurity from it.
    // Missing: chosen by cross-validation.
    std::optional<double> complexity;
    int folds = 10;
    bool one_se = false; // the smallest tree within one standard error of the best (Breiman et al., section 3.4.3)
    std::uint64_t seed = 0;
    std::vector<std::int8_t> monotone; // by feature, see GrowOptions
};

struct Cart {
    // The score is a probability: (positives + 2 * base rate) / (rows + 2) of the leaf, in rows of the mean weight, so
    // that it is never 0 or 1 (m-estimate: Cestnik 1990; for trees: Provost and Domingos 2003). Inner nodes have
    // theirs.
    Ensemble ensemble;
    double complexity = 0;
    // The sequence of smaller and smaller trees: what rpart calls the cp table.
    struct Size {
        double complexity; // from which on the tree is this one
        std::size_t leaves;
        double impurity;            // of its leaves, as a share of the root's
        double loss = 0, error = 0; // cross-validated mean log loss and its standard error; 0 without
    };
    std::vector<Size> sizes; // largest tree first
    std::size_t chosen = 0;  // of sizes
};

// Pruning and growing look at the same thing: the Gini impurity, which is what a leaf's share leaves of the squares of
// label - share (Brier). Among the pruned trees the one of least cross-validated log loss is taken, for what is wanted
// are probabilities: misclassification, by which rpart prunes, does not tell 0.3 from 0.1.
Cart grow_cart(const Bins &bins, const Target &target, const CartOptions &options, Workers &workers, const Work &work);

// For each node the complexity at which weakest-link pruning makes it a leaf, or has removed it; 0 for leaves. What
// stands below is never more. From cover and value, the share of label 1.
std::vector<double> prune_order(const Tree &tree, Poll poll);
// The tree of the nodes that are still split at this complexity.
Tree pruned(const Tree &tree, const Bins &bins, const std::vector<double> &order, double complexity, Poll poll);

} // namespace cd::learn
