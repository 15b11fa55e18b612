#include "clv/maximum.hpp"
#include "math/eigen.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>
#include <limits>

namespace cd::clv {

namespace {

using math::Index, math::Matrix, math::Vector;

// A log-likelihood as a function of theta = ln(parameter - bound), which has no bounds.
struct Point {
    Vector theta;
    Parameters at{};
    double value = 0;
    Vector gradient;
    Matrix information; // minus the second derivatives
};

// With d = parameter - bound: df/dtheta = d f', d2f/dtheta2 = d_i d_j f'' + [i = j] d f'.
Point evaluate(const LogLikelihood &f, const Bounds &bounds, const Vector &theta) {
    const auto n = static_cast<Index>(bounds.parameters);
    Point point{theta, {}, 0, Vector(n), Matrix(n, n)};
    Parameters distance{};
    for (std::size_t i = 0; i < bounds.parameters; ++i) {
        distance[i] = math::exp(theta(static_cast<Index>(i)));
        point.at[i] = bounds.above[i] + distance[i];
    }
    const Derivatives d = f(point.at);
    point.value = d.value;
    for (std::size_t i = 0; i < bounds.parameters; ++i) {
        const auto row = static_cast<Index>(i);
        point.gradient(row) = distance[i] * d.gradient[i];
        for (std::size_t j = 0; j < bounds.parameters; ++j)
            point.information(row, static_cast<Index>(j)) = -distance[i] * distance[j] * d.hessian[i][j];
        point.information(row, row) -= point.gradient(row);
    }
    return point;
}

bool is_finite(const Point &point) {
    return std::isfinite(point.value) && point.gradient.allFinite() && point.information.allFinite();
}

std::size_t largest(const Vector &v) {
    Index at;
    v.cwiseAbs().maxCoeff(&at);
    return static_cast<std::size_t>(at);
}

constexpr double largest_step = 2, far = 17; // in theta: a factor of 7, and of 24 million from the start
// A step below this is the last one: Newton's method squares what is missing.
constexpr double small_step = 1e-6;
// What is gained of a log-likelihood by steps that stay long tends to nothing.
constexpr double long_step = 0.1, small_gain = 1e-7;
constexpr int most_small_gains = 3;

} // namespace

// Newton's method along the eigenvectors of the information. Where the likelihood is not concave it goes up as steeply
// as the curvature says (Dauphin et al. 2014, saddle-free Newton); no step is longer than a radius within which the
// quadratic approximation has held (Nocedal and Wright 2006, algorithm 4.1).
Maximum maximise(const LogLikelihood &f, const Bounds &bounds, const Parameters &start, std::uint64_t max_iterations,
                 Poll poll) {
    constexpr double least = std::numeric_limits<double>::min();
    const auto n = static_cast<Index>(bounds.parameters);
    Vector first(n);
    for (std::size_t i = 0; i < bounds.parameters; ++i)
        first(static_cast<Index>(i)) = math::log(start[i] - bounds.above[i]);
    Point now = evaluate(f, bounds, first);
    if (!is_finite(now))
        throw Error(sqlstate::out_of_range, "the log-likelihood is not finite", "",
                    "Look for absurd times or amounts, or choose another unit.");

    Maximum maximum;
    maximum.end = End::too_few_iterations;
    double radius = 1;
    int small_gains = 0;
    while (maximum.end == End::too_few_iterations && maximum.iterations < max_iterations) {
        poll();
        ++maximum.iterations;
        const Eigen::SelfAdjointEigenSolver<Matrix> curvature(now.information);
        const Vector &lambda = curvature.eigenvalues();
        const double steepest = lambda.cwiseAbs().maxCoeff();
        if (steepest == 0 && now.gradient.isZero(0)) { // no parameter matters
            maximum.end = End::flat;
            break;
        }
        const Vector along = curvature.eigenvectors().transpose() * now.gradient;
        Vector step(n);
        for (Index i = 0; i < n; ++i)
            step(i) = std::clamp(along(i) / std::max({std::abs(lambda(i)), 1e-14 * steepest, least}), -radius, radius);
        const double predicted = along.dot(step) - 0.5 * step.dot(lambda.cwiseProduct(step));
        const double length = step.cwiseAbs().maxCoeff();
        const bool concave = lambda(0) > 0;
        // The step that the radius does not shorten: a short radius is no sign of a maximum.
        const bool is_last = concave && along.cwiseQuotient(lambda).cwiseAbs().maxCoeff() < small_step;

        const Point next = evaluate(f, bounds, now.theta + curvature.eigenvectors() * step);
        // Near the maximum a gain is below the rounding of the sum, and the step is known to be good.
        const bool in_noise = predicted < 1e-12 * std::max(1.0, std::abs(now.value)) && concave;
        const double gain = next.value - now.value;
        if (is_last && is_finite(next)) {
            now = next;
            maximum.end = End::converged;
            break;
        }
        if (!is_finite(next) || (!in_noise && !(gain > 1e-4 * predicted))) {
            radius = length / 4;
            if (radius < 1e-12) maximum.end = End::flat;
            continue;
        }
        if (gain > 0.75 * predicted) radius = std::min(2 * std::max(radius, length), largest_step);
        if (gain < 0.25 * predicted && !in_noise) radius = length / 4;
        const Vector moved = next.theta - now.theta;
        now = next;
        small_gains = length > long_step && gain < small_gain ? small_gains + 1 : 0;
        const Vector away = now.theta - first;
        if (away.cwiseAbs().maxCoeff() > far || small_gains == most_small_gains) {
            const Vector &by = small_gains == most_small_gains ? moved : away;
            maximum.end = End::runs_away;
            maximum.which = largest(by);
            maximum.grows = by(static_cast<Index>(maximum.which)) > 0;
        }
    }
    maximum.at = now.at;
    maximum.log_likelihood = now.value;

    const Eigen::SelfAdjointEigenSolver<Matrix> curvature(now.information);
    if (maximum.end == End::converged && curvature.eigenvalues()(0) <= 1e-12 * curvature.eigenvalues()(n - 1))
        maximum.end = End::flat;
    if (maximum.end == End::flat) maximum.which = largest(curvature.eigenvectors().col(0));
    if (maximum.end == End::converged) {
        const Matrix covariance = curvature.eigenvectors() * curvature.eigenvalues().cwiseInverse().asDiagonal() *
                                  curvature.eigenvectors().transpose();
        for (Index i = 0; i < n; ++i)
            for (Index j = 0; j < n; ++j) maximum.covariance.push_back((covariance(i, j) + covariance(j, i)) / 2);
    }
    return maximum;
}

} // namespace cd::clv
