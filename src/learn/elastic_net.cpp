#include "learn/elastic_net.hpp"
#include "math/cholesky.hpp"
#include <algorithm>
#include <cmath>
#include <vector>

namespace cd::learn {

using math::Index;
using math::Matrix;
using math::Vector;

namespace {

constexpr int max_rounds = 10'000; // a guard: a handful is usual, and some hundreds if columns are all but collinear
constexpr double collinear = 1e-12;

class Descent {
  public:
    Descent(const Matrix &h, const Vector &g, const Vector &start, double l1, Poll poll)
        : h_(h), g_(g), start_(start), l1_(l1), poll_(poll), root_(h.diagonal().cwiseMax(0).cwiseSqrt()), b_(start),
          slope_(g) {}

    Vector run();

  private:
    double penalty(Index j) const { return j == 0 ? 0 : l1_; }
    double pull(Index j) const { return b_[j] > 0 ? penalty(j) : -penalty(j); } // of the penalty, if b_j is not 0
    void sweep();
    void solve_active();
    bool is_minimum() const;

    const Matrix &h_;
    const Vector &g_, &start_;
    const double l1_;
    const Poll poll_;
    const Vector root_; // of the diagonal of H
    Vector b_;
    Vector slope_; // of the quadratic at b_: g + H (b_ - start_)
};

// Every coefficient by itself: Friedman, Hastie and Tibshirani 2010, section 2.2, covariance updates.
void Descent::sweep() {
    for (Index j = 0; j < b_.size(); ++j) {
        poll_.every(static_cast<std::size_t>(j));
        const double curvature = h_(j, j);
        if (!(curvature > 0)) continue;
        const double target = curvature * b_[j] - slope_[j], rest = std::abs(target) - penalty(j);
        const double after = rest > 0 ? std::copysign(rest, target) / curvature : 0;
        if (after == b_[j]) continue;
        slope_ += (after - b_[j]) * h_.col(j);
        b_[j] = after;
    }
}

// Coefficients that are not 0 together. With their signs known the minimum is the solution of a linear system. On the
// way there signs may turn; then we stop where the objective is least (feature-sign search: Lee, Battle, Raina and Ng
// 2007). So where columns are correlated this gets on, when single coefficients could only creep.
void Descent::solve_active() {
    std::vector<Index> active;
    for (Index j = 0; j < b_.size(); ++j)
        if (h_(j, j) > 0 && (j == 0 || b_[j] != 0)) active.push_back(j);
    const auto n = static_cast<Index>(active.size());
    Vector right(n);
    Matrix part(n, n);
    for (Index a = 0; a < n; ++a) {
        const Index j = active[static_cast<std::size_t>(a)];
        right[a] = -slope_[j] - pull(j);
        for (Index c = 0; c < n; ++c) part(c, a) = h_(active[static_cast<std::size_t>(c)], j);
    }
    const Vector way = math::Cholesky(std::move(part), collinear, poll_).solve(right);

    struct Turn {
        double at;
        Index column, place;
    };
    std::vector<Turn> turns;
    for (Index a = 0; a < n; ++a) {
        const Index j = active[static_cast<std::size_t>(a)];
        if (j > 0 && b_[j] * way[a] < 0 && std::abs(way[a]) > std::abs(b_[j])) turns.push_back({-b_[j] / way[a], j, a});
    }
    std::ranges::sort(turns, {}, &Turn::at);
    // The derivative along the way is slope + at * curvature, and at a turn it jumps.
    const double curvature = right.dot(way);
    double slope = -curvature, at = 1;
    Index zero = -1;
    for (const Turn &turn : turns) {
        at = slope / -curvature;
        if (at <= turn.at) break;
        slope += 2 * l1_ * std::abs(way[turn.place]);
        at = slope / -curvature;
        if (at > turn.at) continue;
        at = turn.at;
        zero = turn.column;
        break;
    }
    for (Index a = 0; a < n; ++a) b_[active[static_cast<std::size_t>(a)]] += at * way[a];
    if (zero >= 0) b_[zero] = 0;
    slope_ = g_ + h_ * (b_ - start_);
}

// The conditions of Karush, Kuhn and Tucker, up to rounding.
bool Descent::is_minimum() const {
    const double rounding = 1e-13 * root_.dot((b_.cwiseAbs() + start_.cwiseAbs()));
    for (Index j = 0; j < b_.size(); ++j) {
        const double slack = 1e-10 * l1_ + rounding * root_[j];
        if (!(h_(j, j) > 0)) continue;
        if (j == 0 || b_[j] != 0 ? std::abs(slope_[j] + pull(j)) > slack : std::abs(slope_[j]) > l1_ + slack)
            return false;
    }
    return true;
}

Vector Descent::run() {
    for (int round = 0; round < max_rounds; ++round) {
        const Vector before = b_;
        sweep();
        solve_active();
        if (is_minimum() || b_ == before) break;
    }
    return b_ - start_;
}

} // namespace

Vector elastic_net_step(const Matrix &h, const Vector &g, const Vector &b, double l1, Poll poll) {
    return Descent(h, g, b, l1, poll).run();
}

} // namespace cd::learn
