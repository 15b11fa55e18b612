#include "clv/pareto_dropout.hpp"
#include <algorithm>

namespace cd::clv {

Dropout::Dropout(const Parameters &p, const History &h, bool with_moments)
    : r_(p[0]), alpha_(p[1]), s_(p[2]), beta_(p[3]), x_(h.x), t_x_(h.t_x), from_alpha_(alpha_ + h.t_x),
      from_beta_(beta_ + h.t_x), gap_(h.t - h.t_x) {
    double logs[] = {gap_ / from_alpha_, gap_ / from_beta_};
    math::log1p_all(logs, 2);
    at_end_ = {logs[0], gap_ / (from_alpha_ + gap_), logs[1], gap_ / (from_beta_ + gap_)};
    fall_ = (r_ + x_) * logs[0] + s_ * logs[1];
    stayed_ = -fall_;
    math::exp_all(&stayed_, 1);
    if (with_moments)
        integrate<true>(std::max(logs[0], logs[1]));
    else
        integrate<false>(std::max(logs[0], logs[1]));
}

// The integral over u = ln((a+y) / (a+t_x)), where a is the lesser of alpha and beta: the integrand is
// e^(-p u - k v), v = ln((b+y) / (b+t_x)), b the other one, smooth for y of every magnitude, since the next singularity
// is at an imaginary distance of pi, and log-concave. With y - t_x = (a+t_x) (e^u - 1) neither u nor v lose digits.
//   a = beta:   s e^(-A v - s u) du
//   a = alpha:  s (alpha+t_x) / (beta+t_x) e^((1-A) u - (s+1) v) du, as dy = (alpha+y) du.
template <bool with_moments> void Dropout::integrate(double length) {
    const bool alpha_less = alpha_ < beta_;
    const double near = alpha_less ? from_alpha_ : from_beta_, far = alpha_less ? from_beta_ : from_alpha_;
    const double ratio = near / far;
    const double p = alpha_less ? r_ + x_ - 1 : s_, k = alpha_less ? s_ + 1 : r_ + x_;
    const double scale = alpha_less ? s_ * ratio : s_;
    const std::size_t of_near = alpha_less ? 0 : 2, of_far = 2 - of_near;

    using Nodes = double[math::PanelRule::max_nodes];
    Nodes growth, other, of_u; // e^u - 1, v, u
    double start = 0, start_growth = 0;
    const double integral = math::integral_of_exp(
        length,
        [&](double from, double further) { // dv/du = (a+y) / (b+y)
            if (from != start) {
                start = from;
                start_growth = math::expm1(from);
            }
            const double share = ratio * (1 + start_growth) / (1 + ratio * start_growth);
            return std::abs(p) + k * std::min(1.0, share * further);
        },
        [&](const double *u, double *g, std::size_t n) {
            std::copy_n(u, n, growth);
            math::expm1_all(growth, n);
            for (std::size_t i = 0; i < n; ++i) other[i] = ratio * growth[i];
            math::log1p_all(other, n);
            for (std::size_t i = 0; i < n; ++i) g[i] = -p * u[i] - k * other[i];
            if constexpr (with_moments) std::copy_n(u, n, of_u);
        },
        [&](const double *f, std::size_t n) {
            if constexpr (!with_moments) return;
            for (std::size_t i = 0; i < n; ++i) {
                Vector v;
                v[of_near] = of_u[i];
                v[of_near + 1] = growth[i] / (1 + growth[i]);
                v[of_far] = other[i];
                v[of_far + 1] = ratio * growth[i] / (1 + ratio * growth[i]);
                for (std::size_t j = 0; j < directions; ++j) {
                    const double weighted = f[i] * v[j];
                    mean_[j] += weighted;
                    for (std::size_t l = j; l < directions; ++l) second_[j][l] += weighted * v[l];
                }
            }
        });
    gone_ = scale * integral;
    if (with_moments && integral > 0) {
        for (double &mean : mean_) mean /= integral;
        for (Vector &row : second_)
            for (double &product : row) product /= integral;
    }
}

double Dropout::alive() const {
    return fall_ < 600 ? stayed_ / (stayed_ + gone_) : math::exp_or_zero(-fall_ - math::log(gone_));
}

double Dropout::log_of_times() const {
    double before[] = {t_x_ / alpha_, t_x_ / beta_}, rest[] = {from_alpha_, stayed_ + gone_};
    math::log1p_all(before, 2);
    math::log_all(rest, 2);
    return -r_ * before[0] - x_ * rest[0] - s_ * before[1] + rest[1];
}

// ln J is the logarithm of a mixture of the customer who stayed and of those who went at some y, so its gradient is the
// mean of theirs, and its Hessian the mean of theirs and the covariance of their gradients: of the two kinds, and among
// those who went. At y, of (r, alpha, s, beta):
//   stayed   -ln(alpha+T), -A / (alpha+T), -ln(beta+T), -s / (beta+T)
//   went     -ln(alpha+y), -A / (alpha+y), 1/s - ln(beta+y), -(s+1) / (beta+y)
Derivatives Dropout::derivatives() const {
    const double stay = stayed_ / (stayed_ + gone_), go = gone_ / (stayed_ + gone_);
    const double purchases = r_ + x_, k = s_ + 1;
    const auto mixed = [&](std::size_t i) { return stay * at_end_[i] + go * mean_[i]; };
    double before[] = {t_x_ / alpha_, t_x_ / beta_};
    math::log1p_all(before, 2);

    Derivatives d;
    d.value = log_of_times();
    d.gradient = {-before[0] - mixed(0), (r_ * (t_x_ / alpha_) - x_ + purchases * mixed(1)) / from_alpha_,
                  -before[1] - mixed(2) + go / s_,
                  (s_ * (t_x_ / beta_) - go + stay * s_ * at_end_[3] + go * k * mean_[3]) / from_beta_};

    // Covariances. The square of 1/s falls out against -1/s^2 of those who went.
    const Vector factor{-1, purchases / from_alpha_, -1, k / from_beta_};
    const Vector between{mean_[0] - at_end_[0], (at_end_[1] - mean_[1]) * factor[1], mean_[2] - at_end_[2],
                         (1 + s_ * at_end_[3] - k * mean_[3]) / from_beta_};
    auto &hessian = d.hessian;
    for (std::size_t i = 0; i < directions; ++i)
        for (std::size_t j = i; j < directions; ++j) {
            const double within = factor[i] * factor[j] * (second_[i][j] - mean_[i] * mean_[j]);
            hessian[i][j] = stay * go * between[i] * between[j] + go * within;
        }
    for (std::size_t i = 0; i < directions; ++i)
        if (i != 2) hessian[std::min<std::size_t>(i, 2)][std::max<std::size_t>(i, 2)] -= stay * go * between[i] / s_;
    hessian[2][2] -= go * (go / s_ + 2 * stay * between[2]) / s_;

    // Means of the Hessians, and those of r ln alpha + s ln beta.
    const auto square = [](double v) { return v * v; };
    const auto mean_square = [&](std::size_t i) { return 1 - 2 * mean_[i] + second_[i][i]; };
    hessian[0][1] += 1 / alpha_ - (1 - mixed(1)) / from_alpha_;
    hessian[1][1] +=
        purchases * (stay * square(1 - at_end_[1]) + go * mean_square(1)) / square(from_alpha_) - r_ / square(alpha_);
    hessian[2][3] += 1 / beta_ - (1 - mixed(3)) / from_beta_;
    hessian[3][3] +=
        (stay * s_ * square(1 - at_end_[3]) + go * k * mean_square(3)) / square(from_beta_) - s_ / square(beta_);
    for (std::size_t i = 0; i < directions; ++i)
        for (std::size_t j = 0; j < i; ++j) hessian[i][j] = hessian[j][i];
    return d;
}

} // namespace cd::clv
