// Random forest of classification trees (Breiman 2001).
#pragma once
#include "learn/grow.hpp"
#include "learn/held_out.hpp"
#include "common/work.hpp"

namespace cd::learn {

struct ForestOptions {
    int trees = 300;
    // Weight. A row counts as often as it was drawn, so this is more than it would be of different rows.
    double min_leaf = 20;
    std::size_t leaves = 0;            // of a tree, at most; 0: as many as fit a model of max_forest_nodes
    std::size_t features_per_node = 0; // tried at a split; 0: the root of their number
    double subsample = 0; // share of the rows for a tree, without repetition; 0: a bootstrap sample, of Poisson weights
    std::uint64_t seed = 0;
    std::vector<std::int8_t> monotone{}; // by feature, see GrowOptions
};

// A model is a value, and is read whole to predict. So trees have fewer leaves the more of them there are; what they
// leave out are the splits that gain least.
inline constexpr std::size_t max_forest_nodes = 4'000'000;

struct Forest {
    Ensemble ensemble; // its score is the mean probability of the leaves
    HeldOut held_out;  // out of bag: the mean of the trees that were grown without the row
    double loss = 0;   // mean log loss of those scores, if there are such
};

Forest grow_forest(const Bins &bins, const Target &target, const ForestOptions &options, Workers &workers,
                   const Work &work);

} // namespace cd::learn
