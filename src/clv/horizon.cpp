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

// The rule of Gauss for the measure that has these weights at the ends of the periods from..to-1: n times, exact for
// polynomials of degree below 2n. Its Jacobi matrix comes from Lanczos' process with the diagonal of the times, with
// full orthogonalisation (Gautschi 2004, 2.2.3.2), its nodes and weights from that matrix (Golub and Welsch 1969).
void Horizon::add_gauss(Rule &rule, std::size_t from, std::size_t to, std::size_t n) const {
    if (to - from <= n) {
        rule.at.insert(rule.at.end(), &periods_.at[from], &periods_.at[from] + (to - from));
        rule.weight.insert(rule.weight.end(), &periods_.weight[from], &periods_.weight[from] + (to - from));
        return;
    }
    math::fix_blocking();
    const auto points = static_cast<math::Index>(to - from), nodes = static_cast<math::Index>(n);
    const Eigen::Map<const math::Vector> at(&periods_.at[from], points), weight(&periods_.weight[from], points);
    const double mass = weight.sum();
    math::Matrix basis(points, nodes);
    math::Vector diagonal(nodes), beside(nodes - 1);
    basis.col(0) = (weight / mass).cwiseSqrt();
    for (math::Index j = 0; j < nodes; ++j) {
        math::Vector next = at.cwiseProduct(basis.col(j));
        diagonal(j) = next.dot(basis.col(j));
        if (j + 1 == nodes) break;
        for (int pass = 0; pass < 2; ++pass) {
            poll_();
            next -= basis.leftCols(j + 1) * (basis.leftCols(j + 1).transpose() * next);
        }
        beside(j) = next.norm();
        basis.col(j + 1) = next / beside(j);
    }
    Eigen::SelfAdjointEigenSolver<math::Matrix> jacobi;
    jacobi.computeFromTridiagonal(diagonal, beside);
    for (math::Index i = 0; i < nodes; ++i) {
        const double first = jacobi.eigenvectors()(0, i);
        rule.at.push_back(std::clamp(jacobi.eigenvalues()(i), 0.0, length_));
        rule.weight.push_back(mass * first * first);
    }
}

// A function that is analytic inside an ellipse with the foci 0 and length, whose half axes add up to rho half lengths,
// and there at most M: n nodes are wrong by the order of M rho^-2n (Trefethen 2019, theorem 19.3). Of the ellipse
// through -singular the cosine hyperbolicus of ln rho is 1 + 2 singular / length.
namespace {

constexpr double digits = 36; // ln(10^15.6)

double log_rho(double x) { return math::log(x + std::sqrt(x * x - 1)); }
double singular_of(double log_of_rho, double length) {
    const double rho = math::exp(log_of_rho);
    return length / 4 * (rho + 1 / rho - 2);
}

// A function that grows with a power above 0 is bounded on an ellipse that stays away from -singular: by a share of the
// way to it, at which M is share^-power. The more power, the larger the best share.
struct Bounded {
    double share, log_m;
    explicit Bounded(double power)
        : share(power > 0 ? power / (power + digits / 2) : 0), log_m(power > 0 ? -power * math::log(share) : 0) {}
};

// More nodes than these in one piece are no gain; and a piece takes as much memory and time for each of its nodes as
// there are periods.
constexpr std::size_t most_nodes = 64, most_work = 1 << 17;
constexpr std::size_t piece_nodes = 16;

} // namespace

// Two nodes are for what is left out of the bound.
double Horizon::least_singular(std::size_t n) const {
    return singular_of(digits / (2 * static_cast<double>(n - 2)), length_);
}

// Where a function with power 0 needs as many nodes.
double Horizon::reach(const Smoothness &f) const {
    if (!(f.power > 0)) [[likely]]
        return f.singular;
    const Bounded bounded(f.power);
    const double as_without =
        log_rho(1 + 2 * f.singular * (1 - bounded.share) / length_) * (digits / (digits + bounded.log_m));
    return as_without < 700 ? singular_of(as_without, length_) : f.singular;
}

// Pieces that are each as long, for the way from their beginning to the singularity, as the nodes of a piece can take.
Horizon::Rule Horizon::graded(double singular, double power) const {
    const Bounded bounded(power);
    const double rho = math::exp((digits + bounded.log_m) / (2 * (piece_nodes - 2)));
    const double piece = 4 * (1 - bounded.share) / (rho + 1 / rho - 2);
    Rule rule;
    std::size_t from = 0;
    for (double end = 0; from < periods_.at.size();) {
        poll_();
        end += piece * (end + singular);
        const auto next = std::upper_bound(periods_.at.begin(), periods_.at.end(), end);
        const auto to = static_cast<std::size_t>(next - periods_.at.begin());
        if (to > from) add_gauss(rule, from, to, piece_nodes);
        from = to;
    }
    return rule;
}

const Horizon::Rule &Horizon::rule_for(const Smoothness &f) {
    const std::size_t periods = periods_.at.size();
    if (!(f.singular > 0) || periods <= 4) return periods_;
    const double singular = reach(f);
    for (std::size_t k = 0, n = 4; n <= most_nodes && n * periods <= most_work; n = 4 * (++k + 1)) {
        if (n >= periods) return periods_;
        if (k == rules_.size()) rules_.push_back({least_singular(n), {}});
        if (singular < rules_[k].singular) continue;
        if (rules_[k].rule.at.empty()) add_gauss(rules_[k].rule, 0, periods, n);
        return rules_[k].rule;
    }
    const int exponent = std::ilogb(f.singular);
    Rule &rule = graded_[{exponent, f.power}];
    if (rule.at.empty()) rule = graded(std::ldexp(1, exponent), f.power);
    return rule;
}

} // namespace cd::clv
