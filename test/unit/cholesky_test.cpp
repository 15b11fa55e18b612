#include "math/cholesky.hpp"
#include "math/random.hpp"
#include <gtest/gtest.h>

using namespace cd;
using math::Cholesky, math::Index, math::Matrix, math::Random, math::Vector;

namespace {

Matrix random_matrix(Index rows, Index columns, std::uint64_t seed) {
    Random random(seed, 0);
    return Matrix::NullaryExpr(rows, columns, [&random](Index, Index) { return random.normal(); });
}

} // namespace

TEST(Cholesky, SolvesAndInverts) {
    for (const Index n : {1, 2, 63, 64, 65, 200}) {
        const Matrix rows = random_matrix(2 * n + 5, n, 1), a = rows.transpose() * rows;
        const Vector x = random_matrix(n, 1, 2);
        const Cholesky factor(a, 1e-12, {});
        EXPECT_EQ(factor.rank(), n);
        EXPECT_LT((factor.solve(a * x) - x).norm(), 1e-9 * x.norm());
        EXPECT_LT((a * factor.inverse({}) - Matrix::Identity(n, n)).norm(), 1e-9);
        Matrix white = rows.transpose();
        factor.whiten(white);
        EXPECT_LT((white * white.transpose() - Matrix::Identity(n, n)).norm(), 1e-9);
        EXPECT_NEAR(factor.log_determinant(), 2 * a.llt().matrixL().toDenseMatrix().diagonal().array().log().sum(),
                    1e-9 * static_cast<double>(n));
    }
}

TEST(Cholesky, LeavesOutTheLaterOfColumnsThatSayTheSame) {
    Matrix rows = random_matrix(300, 140, 3);
    rows.col(70) = 1e6 * (rows.col(3) - rows.col(69)); // in another block of columns, and larger
    rows.col(5).setZero();
    rows.col(139) = rows.col(138);
    const Matrix a = rows.transpose() * rows;
    const Cholesky factor(a, 1e-11, {});
    EXPECT_EQ(factor.rank(), 137);
    for (Index j = 0; j < 140; ++j) EXPECT_EQ(factor.is_left_out(j), j == 70 || j == 5 || j == 139) << j;
    Vector x = random_matrix(140, 1, 4);
    for (const Index j : {5, 70, 139}) x[j] = 0;
    Vector right = a * x;
    EXPECT_LT((factor.solve(right) - x).norm(), 1e-8);
    const Matrix inverse = factor.inverse({});
    EXPECT_EQ(inverse.col(70).norm() + inverse.row(70).norm(), 0);
    EXPECT_LT((inverse * right - x).norm(), 1e-8);
}
