// L L' of a symmetric matrix that has no negative eigenvalue. Columns keep their order, so that of columns that say
// the same the later ones are found to be superfluous, whichever is the larger.
#pragma once
#include "common/error.hpp"
#include "math/eigen.hpp"
#include <vector>

namespace cd::math {

class Cholesky {
  public:
    // Reads the lower triangle. A column is left out if the part of its diagonal that those before it do not explain is
    // at most this share of it.
    Cholesky(Matrix a, double tolerance, Poll poll);

    bool is_left_out(Index column) const { return !used_[static_cast<std::size_t>(column)]; }
    Index rank() const { return rank_; }
    // x with A x = b in the columns that are used, and 0 in the others.
    Vector solve(Vector b) const;
    // Of the columns that are used; others are 0.
    Matrix inverse(Poll poll) const;
    // L^-1 of the columns of b, which become white if A is their covariance.
    void whiten(Eigen::Ref<Matrix> b) const;
    double log_determinant() const;

  private:
    void leave_out(Eigen::Ref<Matrix> b) const;

    Matrix l_; // of a column that is left out, and of its row, those of the identity
    std::vector<bool> used_;
    Index rank_ = 0;
};

} // namespace cd::math
