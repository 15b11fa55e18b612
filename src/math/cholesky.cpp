#include "math/cholesky.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>

namespace cd::math {

namespace {

constexpr Index block = 64; // columns between two looks at the user

} // namespace

Cholesky::Cholesky(Matrix a, double tolerance, Poll poll) : l_(std::move(a)) {
    fix_blocking();
    const Index n = l_.rows();
    const Vector diagonal = l_.diagonal();
    used_.resize(static_cast<std::size_t>(n));
    for (Index begin = 0; begin < n; begin += block) {
        poll();
        const Index end = std::min(begin + block, n);
        for (Index j = begin; j < end; ++j) {
            const Index below = n - j - 1;
            const bool used = l_(j, j) > tolerance * diagonal(j);
            used_[static_cast<std::size_t>(j)] = used;
            if (!used) {
                l_.row(j).head(j).setZero();
                l_(j, j) = 1;
                l_.col(j).tail(below).setZero();
                continue;
            }
            ++rank_;
            l_(j, j) = std::sqrt(l_(j, j));
            l_.col(j).tail(below) /= l_(j, j);
            for (Index k = j + 1; k < end; ++k) l_.col(k).tail(n - k) -= l_(k, j) * l_.col(j).tail(n - k);
        }
        const auto panel = l_.block(end, begin, n - end, end - begin);
        l_.bottomRightCorner(n - end, n - end).selfadjointView<Eigen::Lower>().rankUpdate(panel, -1);
    }
}

void Cholesky::leave_out(Eigen::Ref<Matrix> b) const {
    for (Index j = 0; j < l_.rows(); ++j)
        if (is_left_out(j)) b.row(j).setZero();
}

void Cholesky::whiten(Eigen::Ref<Matrix> b) const {
    leave_out(b);
    l_.triangularView<Eigen::Lower>().solveInPlace(b);
}

Vector Cholesky::solve(Vector b) const {
    whiten(b);
    l_.triangularView<Eigen::Lower>().adjoint().solveInPlace(b);
    return b;
}

Matrix Cholesky::inverse(Poll poll) const {
    Matrix result = Matrix::Identity(l_.rows(), l_.cols());
    for (Index begin = 0; begin < l_.cols(); begin += block / 4) {
        poll();
        auto columns = result.middleCols(begin, std::min(block / 4, l_.cols() - begin));
        whiten(columns);
        l_.triangularView<Eigen::Lower>().adjoint().solveInPlace(columns);
    }
    return result;
}

double Cholesky::log_determinant() const {
    double sum = 0;
    for (Index j = 0; j < l_.rows(); ++j)
        if (!is_left_out(j)) sum += 2 * log(l_(j, j));
    return sum;
}

} // namespace cd::math
