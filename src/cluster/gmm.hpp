// Gaussian mixtures by expectation maximisation (Dempster, Laird and Rubin 1977): overlapping clusters of any
// elliptical shape, with the probability of each for every row.
#pragma once
#include "cluster/points.hpp"
#include "common/error.hpp"
#include <span>

namespace cd::cluster {

enum class Covariance {
    full,    // ellipsoids of any direction
    diagonal // with axes along the columns
};

struct GmmOptions {
    int k = 2;
    std::uint64_t seed = 0; // used from the second start on, or if there are no initial labels
    Covariance covariance = Covariance::full;
    int restarts = 1; // starts in all; the best likelihood is kept
    int max_iterations = 1000;
    // Converged when the log-likelihood of an average row can gain less than this, by Aitken's extrapolation of the
    // last two gains (Boehning and others 1994). It is in nats and does not depend on units or the number of rows.
    double tolerance = 1e-8;
    // No direction of a component varies less than this share of the whole data: with D the standard deviations of the
    // columns (1 for a constant one) the eigenvalues of D^-1 S D^-1 that are below it are raised to it, so a component
    // cannot collapse onto rows that are equal in some respect. This is the maximum of the likelihood under that bound
    // (Ingrassia and Rocci 2007), so no iteration loses, and without effect where the bound does not bind.
    double covariance_floor = 1e-6;
};

// Arrays are row-major and in the units of the points. Components stand by falling weight; equal weights by their
// means.
struct Gmm {
    std::size_t components = 0, columns = 0;
    Covariance kind = Covariance::full;
    std::vector<double> weight;     // k, their sum is 1; 0 for a component that lost all its rows
    std::vector<double> mean;       // k x d
    std::vector<double> covariance; // k x d x d, or k x d variances
    // A with A'A the inverse of the covariance: k x d x d lower triangles, the rest 0, or k x d reciprocal standard
    // deviations. So A (x - mean) is white, and the product of the diagonal of A is det(covariance)^(-1/2).
    std::vector<double> whitener;
    std::vector<std::uint64_t> size; // rows, not weights, for which the component is the most probable

    double log_likelihood = 0; // natural, of the parameters above
    double bic = 0;            // -2 log-likelihood + parameters x ln(sum of row weights): lower is better
    std::uint64_t parameters = 0;
    std::uint64_t iterations = 0; // of the start that is kept
    bool converged = false;
};

// Row weights count as repeated rows. `initial_label` is a cluster of each row, from k-means say; if it is empty all
// starts are drawn by k-means++ (Arthur and Vassilvitskii 2007). Throws if there are categories, no columns, or fewer
// rows than components.
Gmm gmm(const Points &points, std::span<const std::uint32_t> initial_label, const GmmOptions &options, Poll poll = {});

// What one row needs of a mixture, over arrays of the caller.
struct GmmDensity {
    std::size_t components = 0, columns = 0;
    Covariance kind = Covariance::full;
    const double *mean = nullptr, *whitener = nullptr;
    const double *offset = nullptr; // k, by gmm_offset
};

// ln weight - d/2 ln 2 pi + ln det(covariance)^(-1/2) of every component.
std::vector<double> gmm_offset(const Gmm &model);

// The log-density of a row of `columns` finite numbers. `joint` becomes ln(weight x density) and `probability` their
// shares, of each component. Always finite; farther than 1e150 standard deviations all components count as equally far.
double gmm_posterior(const GmmDensity &model, const double *row, double *joint, double *probability);

} // namespace cd::cluster
