// Gradient boosting of trees for the log loss (Friedman 2001, with the Newton steps of Chen and Guestrin 2016).
#pragma once
#include "learn/grow.hpp"
#include "learn/held_out.hpp"
#include "common/work.hpp"

namespace cd::learn {

inline constexpr int max_leaves = 65'536;

struct BoostingOptions {
    int trees = 0;            // 0: as many as the held-out loss asks for
    int leaves = 0;           // of a tree, at most; 0: by the number of rows
    double learning_rate = 0; // 0: by the number of rows
    double min_leaf = 20;     // weight
    double l2 = 5;
    double subsample = 0;        // share of the rows that each tree is grown from; 0: by the number of rows
    double feature_fraction = 1; // share of the features
    std::uint64_t seed = 0;
    std::vector<std::int8_t> monotone{}; // by feature, see GrowOptions
    int patience = 50;                   // trees without a better held-out loss, then it ends
    // Without, trees must be given, nothing is held out, and every row is learnt from at once.
    bool hold_out = true;
};

struct Boosted {
    Ensemble ensemble; // its score is log-odds
    HeldOut held_out;
    std::vector<double> loss; // mean held-out log loss after 0, 1, ... trees; empty if nothing was held out
    int folds = 0;            // of cross-fitting: 0 if a part was held out once
};

// Up to so many rows, the number of trees is chosen, and rows are scored for calibration, by cross-fitting in folds;
// then all rows are fitted. More rows hold out a tenth of them, at most 100,000, and these are not learnt from.
inline constexpr std::size_t cross_fit_rows = 50'000;

Boosted boost(const Bins &bins, const Target &target, const BoostingOptions &options, Workers &workers,
              const Work &work);

} // namespace cd::learn
