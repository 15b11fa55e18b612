// Principal components: the few directions in which rows differ most.
#pragma once
#include "cluster/points.hpp"
#include "common/error.hpp"

namespace cd::cluster {

struct Pca {
    std::size_t components = 0, columns = 0;
    std::vector<double> mean;     // d
    std::vector<double> loading;  // components x d, row-major; rows are orthonormal
    std::vector<double> variance; // of the scores, falling; divisor: sum of row weights - 1
    double total_variance = 0;    // of all columns, so variance / total_variance is the share explained
};

// The sign of a component, which the data leave open, makes its largest loading positive; of loadings that are equally
// large up to rounding the first one decides. Row weights count as repeated rows. Throws if there are categories, or
// fewer columns than components, or less than two rows.
Pca pca(const Points &points, int components, Poll poll = {});

// Over arrays of the caller: score[c] is the loadings of c times (row - mean).
void pca_scores(std::size_t components, std::size_t columns, const double *mean, const double *loading,
                const double *row, double *score);

} // namespace cd::cluster
