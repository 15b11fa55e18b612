#include "math/cholesky.hpp"
#include "math/distribution.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::math;

// R 4.2, qnorm(p).
TEST(Distribution, NormalQuantile) {
    constexpr double values[][2] = {{1e-300, -37.047096299361201}, {1e-20, -9.2623400897984052},
                                    {1e-05, -4.2648907939228256},  {0.025, -1.9599639845400538},
                                    {0.0749, -1.4402382675279632}, {0.0751, -1.4388253927525398},
                                    {0.3, -0.52440051270804067},   {0.5, 0},
                                    {0.9, 1.2815515655446008},     {0.975, 1.9599639845400536},
                                    {0.995, 2.5758293035488999},   {1 - 1e-10, 6.3613408896974208}};
    for (const auto [p, z] : values) EXPECT_NEAR(normal_quantile(p), z, 4e-15 * std::abs(z)) << p;
}

// R 4.2, 2 * pnorm(-z).
TEST(Distribution, NormalTails) {
    constexpr double values[][2] = {{0.5, 0.61707507745197387},
                                    {1.96, 0.049995790296440856},
                                    {5, 5.7330314375838782e-07},
                                    {10, 1.5239706048321054e-23},
                                    {30, 9.8134278542963744e-198}};
    for (const auto [z, p] : values) {
        EXPECT_NEAR(normal_two_sided(z), p, 1e-12 * p) << z;
        EXPECT_EQ(normal_two_sided(-z), normal_two_sided(z));
    }
    EXPECT_EQ(normal_two_sided(0), 1);
}

// R 4.2, pchisq(x, df, lower.tail = FALSE, log.p = TRUE).
TEST(Distribution, ChiSquareTail) {
    constexpr double values[][3] = {{0.5, 1, -0.73501112983708439},
                                    {3.841458820694124, 1, -2.9957322735539913},
                                    {10, 3, -3.9864160317343837},
                                    {1, 10, -0.0001721304435506702},
                                    {100, 100, -0.73148957572927076},
                                    {400, 100, -84.669265662003497},
                                    {2352.8725382593402, 2, -1176.4362691296701},
                                    {865.23946313239799, 3, -429.46286601410725},
                                    {1e-08, 1, -7.9791639215483464e-05},
                                    {0.3, 0.7, -0.81224777691136185},
                                    {1000, 999, -0.7233353128818325},
                                    {5000, 1, -2504.4845878484507}};
    for (const auto [x, degrees, log] : values)
        EXPECT_NEAR(log_chi_square_tail(x, degrees), log, 1e-11 * std::abs(log)) << x << " " << degrees;
    EXPECT_EQ(log_chi_square_tail(0, 3), 0);
}

// The third column is the sum of the others, and the fourth is 0.
TEST(Cholesky, LeavesOutWhatIsSuperfluous) {
    Matrix x(5, 5);
    x << 1, 2, 3, 0, 1, 4, 1, 5, 0, -1, 0, 3, 3, 0, 2, 2, 2, 4, 0, 5, 7, 1, 8, 0, 0;
    const Matrix a = x.transpose() * x;
    const Cholesky found(a, 1e-10, Poll{});
    EXPECT_EQ(found.rank(), 3);
    EXPECT_FALSE(found.is_left_out(0) || found.is_left_out(1) || found.is_left_out(4));
    EXPECT_TRUE(found.is_left_out(2) && found.is_left_out(3));
    const Vector b = x.transpose() * Vector::LinSpaced(5, 1, 5);
    const Vector solution = found.solve(b);
    EXPECT_EQ(solution(2), 0);
    EXPECT_EQ(solution(3), 0);
    // Columns that are superfluous can be told from the others, and so can what they are multiplied to.
    EXPECT_LT((a * solution - b).norm(), 1e-10 * b.norm());
    const Matrix inverse = found.inverse(Poll{});
    Matrix used(3, 3), used_inverse(3, 3);
    const Index columns[] = {0, 1, 4};
    for (Index i = 0; i < 3; ++i)
        for (Index j = 0; j < 3; ++j) {
            used(i, j) = a(columns[i], columns[j]);
            used_inverse(i, j) = inverse(columns[i], columns[j]);
        }
    EXPECT_LT((used * used_inverse - Matrix::Identity(3, 3)).norm(), 1e-12);
    EXPECT_EQ(inverse.row(2).norm() + inverse.col(3).norm(), 0);
}
