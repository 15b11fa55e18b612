#include "clv/horizon.hpp"
#include "math/eigen.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>

namespace cd::clv {

// By parts: the sum is f(t_n) v_n + sum over k < n of f(t_k) (v_k - v_(k+1)), v_k = e^(-force t_k): f at the ends of
// the periods, with weights that are not negative.
Horizon::Horizon(double length, double force, Poll poll) : length_(length), poll_(poll) {
    const auto worth_at = [=](double time) { return force * time < 700 ? math::exp(-force * time) : 0; };
    const auto n = static_cast<std::size_t>(std::ceil(length));
    double worth = worth_at(std::min(1.0, length));
    for (std::size_t k = 1; k <= n; ++k) {
        poll.every(k);
        const double end = std::min(static_cast<double>(k), length);
        const double later = k < n ? worth_at(std::min(static_cast<double>(k + 1), length)) : 0;
        // Without discount only the last one counts.
        if (const double weight = worth - later; weight > 0) {
            periods_.at.push_back(end);
            periods_.weight.push_back(weight);
        }
        worth = later;
    }
}

// The rule of Gauss for the measure that has these weights at the ends of the periods: n times, exact for polynomials
// of degree below 2n. Its Jacobi matrix comes from Lanczos' process with the diagonal of the times, with full
// orthogonalisation (Gautschi 2004, 2.2.3.2), its nodes and weights from that matrix (Golub and Welsch 1969).
Horizon::Rule Horizon::gauss(std::size_t n) const {
    math::fix_blocking();
    const auto points = static_cast<math::Index>(periods_.at.size()), nodes = static_cast<math::Index>(n);
    const Eigen::Map<const math::Vector> at(periods_.at.data(), points), weight(periods_.weight.data(), points);
    const double mass = weight.sum();
    math::Matrix basis(points, nodes);
    math::Vector diagonal(nodes), beside(nodes - 1);
    basis.col(0) = (weight / mass).cwiseSqrt();
    for (math::Index j = 0; j < nodes; ++j) {
        poll_();
        math::Vector next = at.cwiseProduct(basis.col(j));
        diagonal(j) = next.dot(basis.col(j));
        if (j + 1 == nodes) break;
        for (int pass = 0; pass < 2; ++pass) next -= basis.leftCols(j + 1) * (basis.leftCols(j + 1).transpose() * next);
        beside(j) = next.norm();
        basis.col(j + 1) = next / beside(j);
    }
    Eigen::SelfAdjointEigenSolver<math::Matrix> jacobi;
    jacobi.computeFromTridiagonal(diagonal, beside);
    Rule rule;
    for (math::Index i = 0; i < nodes; ++i) {
        const double first = jacobi.eigenvectors()(0, i);
        rule.at.push_back(std::clamp(jacobi.eigenvalues()(i), 0.0, length_));
        rule.weight.push_back(mass * first * first);
    }
    return rule;
}

// A function that is smooth but for t <= -singular is analytic inside an ellipse around [0, length] through that point,
// whose half axes add up to rho half lengths; n nodes are wrong by the order of rho^-2n (Trefethen 2019, theorem 19.3).
const Horizon::Rule &Horizon::rule_for(double singular) {
    constexpr double digits = 36; // ln(10^15.6)
    const double x = 1 + 2 * singular / length_, rho = x + std::sqrt(x * x - 1);
    const double needed = digits / (2 * math::log(rho)) + 2;
    if (!(needed < static_cast<double>(periods_.at.size()))) return periods_;
    const std::size_t k = static_cast<std::size_t>(needed) / 4, n = 4 * (k + 1);
    if (n >= periods_.at.size()) return periods_;
    if (k >= rules_.size()) rules_.resize(k + 1);
    if (rules_[k].at.empty()) rules_[k] = gauss(n);
    return rules_[k];
}

} // namespace cd::clv
