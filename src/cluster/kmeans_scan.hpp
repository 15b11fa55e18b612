// How many clusters? Fits for a range of k, and what speaks for each.
#pragma once
#include "cluster/kmeans.hpp"
#include <span>

namespace cd::cluster {

struct KmeansScanOptions {
    int k_min = 2, k_max = 10;
    std::uint64_t seed = 0;
    int restarts = 10, max_iterations = 300; // of every fit, those of resamples too
    int resamples = 20;                      // for the stability; 0 leaves it out
    int sample_rows = 10'000;                // silhouette and stability are of so many rows, drawn if there are more
};

// What is undefined is missing: all three for k = 1; Calinski and Harabasz where nothing is left within clusters.
struct KmeansScan {
    int k;
    double wss;
    std::optional<double> silhouette, calinski_harabasz, stability;
};

// For n rows, of which m <= sample_rows are in the sample: a fit of n rows and `resamples` fits of at most m rows for
// each k, and m^2 distances once for all k. A fit that has not converged is an error, 55000.
std::vector<KmeansScan> kmeans_scan(const Points &points, const KmeansScanOptions &options, Poll poll = {});

// Weights count as so many equal rows in all of these.

// One way to cut points into clusters 0 .. k-1.
struct Partition {
    std::size_t k;
    std::vector<std::uint32_t> label;
};

// Mean silhouettes (Rousseeuw 1987) of several partitions of the same points. With a the mean distance of a row from
// the other rows of its cluster, and b the least mean distance from the rows of another one, s = (b - a) / max(a, b); 0
// for a row alone in its cluster. Missing for one cluster.
std::vector<std::optional<double>> silhouettes(const Points &points, std::span<const Partition> partitions, Poll poll);

// (between / (k - 1)) / (within / (n - k)) of sums of squares (Calinski and Harabasz 1974); total = within + between.
std::optional<double> calinski_harabasz(double total, double within, double n, std::size_t k);

// How well clusters are found again in resamples (Hennig 2007, bootstrap with every row counted once, as clusterboot in
// R's fpc): each one's largest Jaccard similarity with a cluster of the resample, among the rows drawn; the mean over
// resamples and clusters. Resamples with fewer different rows than clusters do not count.
std::optional<double> stability(const Points &points, const Partition &partition, const KmeansScanOptions &options,
                                Poll poll);

} // namespace cd::cluster
