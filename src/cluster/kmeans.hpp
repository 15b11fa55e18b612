// k-means (Lloyd 1982), bettered by exchanges of single rows (Hartigan 1975), and k-prototypes (Huang 1998) where there
// are categories.
#pragma once
#include "cluster/centres.hpp"
#include "common/error.hpp"
#include <optional>
#include <span>

namespace cd::cluster {

// Up to so many rows are also exchanged one by one, and iterations go on until none changes its cluster.
inline constexpr std::size_t exact_rows = 100'000;
inline constexpr int max_clusters = 10'000, max_restarts = 1000, max_iterations = 1'000'000;

struct KmeansOptions {
    int k = 8;
    std::uint64_t seed = 0;
    int restarts = 10;        // of which the best counts; every second one betters the best before it
    int max_iterations = 300; // more than enough unless the data are noise
    // Among more than exact_rows rows a start ends, converged, when the centres' squared movements add up to at most
    // this share of the numbers' mean variance, as in scikit-learn: the late iterations move a few rows between two
    // clusters that are both as near. 0 goes on until no row changes, as fewer rows always do.
    double tolerance = 1e-4;
};

// Error 22023 unless least <= value <= most.
void check_option(const char *name, std::int64_t value, std::int64_t least, std::int64_t most,
                  const char *hint = "Leave it out to have the usual value.");

// Clusters stand by size, the largest first; equally large ones by centre, then by mode. Every row has the label that
// nearest() gives it, that of the first among equally near centres.
struct Kmeans {
    std::size_t k = 0;
    std::vector<double> centre;       // k x numbers: weighted means
    std::vector<std::uint32_t> mode;  // k x categories: the heaviest level, of equally heavy ones the lowest
    std::vector<std::uint32_t> label; // of each row
    std::vector<double> size;         // sum of weights
    ClusterTotals totals;             // of the labels
    double wss = 0;                   // weighted squared distances of the rows from their centres
    int iterations = 0;               // of the restart that won: how often the centres moved
    // No row changes its cluster any more, or see tolerance. If not, a cluster may even be empty.
    bool converged = false;
};

// Needs at least k different rows. A seed gives the same bits on every machine. Time is rows x k x (numbers +
// categories) for each restart's seeding and first iterations; later ones look only at rows that a centre has come near
// to. Memory is 8 bytes a row next to the input, 12 with restarts.
Kmeans kmeans(const Points &points, const KmeansOptions &options, Poll poll = {});

// The same for callers that can go on with too few different rows: then it is nothing, and `distinct` their number.
std::optional<Kmeans> try_kmeans(const Points &points, const KmeansOptions &options, Poll poll, std::size_t &distinct);

// From k given centres, no more than there are rows: Lloyd's iterations alone.
Kmeans kmeans_from(const Points &points, std::size_t k, std::vector<double> centre, std::vector<std::uint32_t> mode,
                   int most_iterations, Poll poll = {});

// Some of the points, in this order; a row may stand there more than once.
Points rows_of(const Points &points, std::span<const std::size_t> rows, Poll poll);

// The clusters' centres, ready to be compared with rows.
Centres centres_of(const Kmeans &model, std::size_t numbers, std::size_t categories, double mismatch);

// The cluster of one row, and the squared distance from its centre. `squares` is scratch of centres.padded() numbers.
inline Nearest nearest(const Centres &centres, const double *number, const std::uint32_t *category, double *squares) {
    centres.measure(number, category, squares);
    return nearest_of(squares, centres.size());
}

} // namespace cd::cluster
