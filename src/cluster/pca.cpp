#include "cluster/pca.hpp"
#include "math/eigen.hpp"
#include <algorithm>
#include <cmath>

namespace cd::cluster {

using math::Index;
using math::Matrix;
using math::Vector;

namespace {

constexpr std::size_t block_rows = 256;

void check(const Points &points, int components) {
    if (points.categories > 0)
        throw Error(sqlstate::invalid_parameter, "principal components need numbers only",
                    std::to_string(points.categories) + " of the columns are categories.",
                    "Leave these columns out, or turn them into numbers.");
    if (components < 1 || static_cast<std::size_t>(components) > points.numbers)
        throw Error(sqlstate::invalid_parameter, "components must be between 1 and the number of columns",
                    "components is " + std::to_string(components) + ", there are " + std::to_string(points.numbers) +
                        " columns.",
                    "There are as many principal components as columns.");
}

} // namespace

// Two passes: the mean from the differences to the first row, so that a constant column has a variance of exactly 0,
// and the products of the centred rows, block by block.
Pca pca(const Points &points, int components, Poll poll) {
    check(points, components);
    math::fix_blocking();
    const auto d = static_cast<Index>(points.numbers);

    double total = 0;
    for (std::size_t i = 0; i < points.rows; ++i) {
        poll.every(i);
        total += points.weight_of(i);
    }
    if (points.rows == 0 || !(total > 1))
        throw Error(sqlstate::invalid_parameter, "principal components need at least two rows",
                    "The weights of " + std::to_string(points.rows) + " rows add up to " + std::to_string(total) + ".",
                    "Give more rows.");

    const auto block_at = [&](std::size_t begin) {
        const std::size_t n = std::min(block_rows, points.rows - begin);
        return Eigen::Map<const Matrix>(points.number.data() + begin * points.numbers, d, static_cast<Index>(n));
    };
    const Vector first = block_at(0).col(0);
    Vector shift = Vector::Zero(d);
    for (std::size_t begin = 0; begin < points.rows; begin += block_rows) {
        poll();
        const auto block = block_at(begin);
        for (Index i = 0; i < block.cols(); ++i)
            shift += points.weight_of(begin + static_cast<std::size_t>(i)) * (block.col(i) - first);
    }
    const Vector mean = first + shift / total;

    Matrix covariance = Matrix::Zero(d, d), centred(d, static_cast<Index>(block_rows));
    for (std::size_t begin = 0; begin < points.rows; begin += block_rows) {
        poll();
        const auto block = block_at(begin);
        for (Index i = 0; i < block.cols(); ++i)
            centred.col(i) = std::sqrt(points.weight_of(begin + static_cast<std::size_t>(i))) * (block.col(i) - mean);
        covariance.selfadjointView<Eigen::Lower>().rankUpdate(centred.leftCols(block.cols()));
    }
    covariance /= total - 1;
    if (!covariance.allFinite())
        throw Error(sqlstate::out_of_range, "variance is out of range",
                    "The squares of the numbers add up to more than a double precision number can hold.",
                    "Scale the columns first.");

    poll();
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(covariance); // reads the lower triangle, eigenvalues ascend
    if (solver.info() != Eigen::Success) throw std::logic_error("no eigenvalues of a symmetric matrix");
    Pca result;
    result.components = static_cast<std::size_t>(components);
    result.columns = points.numbers;
    result.mean.assign(mean.begin(), mean.end());
    result.total_variance = covariance.trace();
    for (Index c = d - 1; c >= d - components; --c) {
        result.variance.push_back(std::max(solver.eigenvalues()[c], 0.0));
        const auto direction = solver.eigenvectors().col(c);
        const double largest = direction.cwiseAbs().maxCoeff();
        const auto decides = std::find_if(direction.begin(), direction.end(),
                                          [largest](double x) { return std::abs(x) >= largest * (1 - 1e-9); });
        const double sign = *decides < 0 ? -1 : 1;
        for (const double x : direction) result.loading.push_back(sign * x);
    }
    return result;
}

void pca_scores(std::size_t components, std::size_t columns, const double *mean, const double *loading,
                const double *row, double *score) {
    for (std::size_t c = 0; c < components; ++c) {
        double sum = 0;
        for (std::size_t j = 0; j < columns; ++j) sum += *loading++ * (row[j] - mean[j]);
        score[c] = sum;
    }
}

} // namespace cd::cluster
