// The iterations of k-means from given centres.
#pragma once
#include "cluster/kmeans.hpp"

namespace cd::cluster {

struct LloydOptions {
    int max_iterations = 300;
    bool exchanges = false; // of single rows too, where there are no more than exact_rows
    double still = -1;      // converged too when the squared movements of all centres add up to at most this
};

Kmeans lloyd(const Points &points, std::size_t k, std::vector<double> centre, std::vector<std::uint32_t> mode,
             const LloydOptions &options, Poll poll);

} // namespace cd::cluster
