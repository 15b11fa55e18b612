#include "learn/elastic_net.hpp"
#include "math/random.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using learn::elastic_net_step;
using math::Index, math::Matrix, math::Random, math::Vector;

namespace {

Matrix random_matrix(Index rows, Index columns, std::uint64_t seed) {
    Random random(seed, 0);
    return Matrix::NullaryExpr(rows, columns, [&random](Index, Index) { return random.normal(); });
}

// How far b + d is from the conditions of a minimum (Karush, Kuhn and Tucker).
double distance(const Matrix &h, const Vector &g, const Vector &b, const Vector &d, double l1) {
    const Vector slope = g + h * d, end = b + d;
    double worst = std::abs(slope[0]);
    for (Index j = 1; j < end.size(); ++j) {
        const double off = end[j] > 0   ? std::abs(slope[j] + l1)
                           : end[j] < 0 ? std::abs(slope[j] - l1)
                                        : std::max(0.0, std::abs(slope[j]) - l1);
        worst = std::max(worst, off);
    }
    return worst;
}

} // namespace

// With H diagonal every coefficient has its own minimum: soft thresholding.
TEST(ElasticNet, ThresholdsWhereColumnsAreOrthogonal) {
    const Matrix h = Vector{{2, 4, 4, 4}}.asDiagonal();
    const Vector g{{6, -10, 1, 10}}, b = Vector::Zero(4);
    const Vector d = elastic_net_step(h, g, b, 2);
    EXPECT_TRUE(d.isApprox(Vector{{-3, 2, 0, -2}}));
}

TEST(ElasticNet, MeetsTheConditionsOfAMinimum) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const Index p = 2 + static_cast<Index>(seed % 30);
        Matrix rows = random_matrix(40, p, 2 * seed);
        for (Index j = 2; j < p; j += 2) rows.col(j) = rows.col(j - 1) + 0.01 * rows.col(j); // all but collinear
        const Matrix h = rows.transpose() * rows;
        const Vector g = 20 * random_matrix(p, 1, 2 * seed + 1), b = random_matrix(p, 1, seed + 1000);
        for (const double l1 : {0.1, 5.0, 30.0, 1e4}) {
            const Vector d = elastic_net_step(h, g, b, l1);
            EXPECT_LT(distance(h, g, b, d, l1), 1e-8 * (g.norm() + l1)) << seed << " " << l1;
            EXPECT_TRUE(l1 < 1e4 || (b + d).tail(p - 1).norm() == 0) << seed << " " << l1;
        }
    }
}

TEST(ElasticNet, TakesCollinearAndEmptyColumns) {
    Matrix rows = random_matrix(50, 5, 7);
    rows.col(3) = rows.col(2);
    rows.col(4).setZero();
    const Matrix h = rows.transpose() * rows;
    const Vector g{{3, -20, 40, 40, 0}}, b = Vector::Zero(5);
    const Vector d = elastic_net_step(h, g, b, 5);
    EXPECT_EQ(d[4], 0);
    EXPECT_LT(distance(h, g, b, d, 5), 1e-6);
}

TEST(ElasticNet, CanBeCancelled) {
    struct Cancelled {};
    const Matrix h = Matrix::Identity(3, 3);
    EXPECT_THROW(elastic_net_step(h, Vector::Ones(3), Vector::Zero(3), 0.1, Poll([] { throw Cancelled{}; })),
                 Cancelled);
}
