// How good a model is on rows that it has not seen.
#pragma once
#include "churn/churn_fit.hpp"

namespace cd::churn {

struct Fold {
    std::uint64_t rows = 0, positives = 0;
    std::optional<double> roc_auc, pr_auc, log_loss, brier, ks;
};

// Each part is predicted by a model of all other parts. Which part a row is in hangs on the seed and its number, within
// its class: so the parts have equal shares of both classes. If the dataset says whose the rows are, all rows of a
// customer are in one part, which hangs on the seed and on him. A dataset is copied once for each part, without it.
std::vector<Fold> cross_validate(const dataset::View &view, int folds, const FitOptions &options, std::size_t memory,
                                 const Work &work);

} // namespace cd::churn
