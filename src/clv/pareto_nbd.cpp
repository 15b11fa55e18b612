#include "clv/pareto_nbd.hpp"
#include "clv/gamma_rates.hpp"
#include "clv/nbd.hpp"
#include "clv/pareto_dropout.hpp"
#include "math/incomplete_gamma.hpp"
#include <algorithm>
#include <cmath>

namespace cd::clv {

namespace {

using math::PanelRule;

// Purchases at rate `now` of customers who are still there, when the time to dropout is Pareto (s, scale):
// now * scale * (1 - (scale / (scale + h))^(s-1)) / (s - 1), which is now * scale * L (1 - e^-z) / z, z = (s-1) L,
// L = ln(1 + h / scale), without a gap at s = 1.
void growth(double now, double s, double scale, std::span<const double> horizons, double *out) {
    constexpr std::size_t block = 64;
    double part[block];
    for (std::size_t at = 0; at < horizons.size(); at += block) {
        const std::size_t n = std::min(block, horizons.size() - at);
        double *const logs = out + at;
        for (std::size_t i = 0; i < n; ++i) logs[i] = horizons[at + i] / scale;
        math::log1p_all(logs, n);
        for (std::size_t i = 0; i < n; ++i) part[i] = (1 - s) * logs[i];
        math::expm1_all(part, n);
        for (std::size_t i = 0; i < n; ++i) {
            const double z = (1 - s) * logs[i];
            logs[i] *= now * scale * (std::abs(z) < 0x1p-60 ? 1 : part[i] / z);
        }
    }
}

} // namespace

double ParetoNbd::log_likelihood(const History &h) const {
    return math::log_gamma_step(r_, h.x) + Dropout({r_, alpha_, s_, beta_}, h).log_of_times();
}

double ParetoNbd::alive(const History &h) const { return Dropout({r_, alpha_, s_, beta_}, h).alive(); }

// Given the history, rates are gamma distributed (r+x, alpha+t) and (s, beta+t) among those who are still there.
void ParetoNbd::purchases(const History &h, std::span<const double> horizons, double *out) const {
    growth(alive(h) * ((r_ + h.x) / (alpha_ + h.t)), s_, beta_ + h.t, horizons, out);
}

void ParetoNbd::new_purchases(std::span<const double> horizons, double *out) const {
    growth(r_ / alpha_, s_, beta_, horizons, out);
}

// Those who are still there, and the integral over the moment y at which the others went:
//   P(n) = (beta / (beta+t))^s NBD(n | t) + s beta^s times the integral over (0, t) of (beta+y)^-(s+1) NBD(n | y) dy.
// As a function of w = ln(y / top) the integrand is log-concave. With its mode as `top`, or t if that is less, it is
// integrated from there down, and up to t. Its logarithm, less that at top, is
//   w + n o - r l(alpha) - (s+1) l(beta), l(c) = ln((c+y) / (c+top)), o = w - l(alpha),
// where neither l nor, as it counts n times, o may be a difference of what is larger.
double ParetoNbd::new_probability(std::uint64_t count, double time) const {
    const auto n = static_cast<double>(count);
    if (!(time > 0)) return n > 0 ? 0 : 1;
    const auto log_nbd_and_there = [&](double y) { return log_nbd(r_, alpha_, n, y) - s_ * math::log1p(y / beta_); };
    const auto slope = [&](double y) {
        return 1 + (n * alpha_ - r_ * y) / (alpha_ + y) - (s_ + 1) * (y / (beta_ + y));
    };
    double top = time;
    if (slope(top) < 0) {
        // Of its logarithm, for it may be near 0.
        double low = std::ldexp(top, -900), high = top;
        for (int round = 0; round < 60; ++round) {
            const double middle = std::sqrt(low) * std::sqrt(high);
            (slope(middle) < 0 ? high : low) = middle;
        }
        top = high;
    }
    const auto integral = [&](double length, bool up) {
        using Nodes = double[PanelRule::max_nodes];
        Nodes rise_of, rise, fall, of_alpha, of_beta, odds; // e^w - 1, e^-w - 1, l(alpha), l(beta), o
        const double sign = up ? 1 : -1;
        const auto log_ratios = [&](double c, std::size_t k, double *l) {
            const bool direct = up || c > top; // else l is w and what ratios that grow add to it
            const double share = (direct ? top : c) / (c + top);
            for (std::size_t i = 0; i < k; ++i) l[i] = share * (direct ? rise[i] : fall[i]);
            math::log1p_all(l, k);
            if (!direct)
                for (std::size_t i = 0; i < k; ++i) l[i] += rise_of[i];
        };
        const auto at = [&](double u) { return u < 700 ? top * (1 + math::expm1(sign * u)) : 0; };
        return math::integral_of_exp(
            length,
            [&](double from, double further) {
                const double y = at(from), beyond = up ? y * further : y / further;
                return std::max(std::abs(slope(y)), std::abs(slope(beyond)));
            },
            [&](const double *u, double *g, std::size_t k) {
                for (std::size_t i = 0; i < k; ++i) {
                    rise_of[i] = rise[i] = sign * u[i];
                    fall[i] = -rise[i];
                }
                math::expm1_all(rise, k);
                math::expm1_all(fall, k);
                log_ratios(alpha_, k, of_alpha);
                log_ratios(beta_, k, of_beta);
                const double share = alpha_ / (alpha_ + top);
                for (std::size_t i = 0; i < k; ++i) odds[i] = share * fall[i];
                math::log1p_all(odds, k);
                for (std::size_t i = 0; i < k; ++i) {
                    const double w = sign * u[i];
                    const double o = up && top < alpha_ ? w - of_alpha[i] : -odds[i];
                    g[i] = w + n * o - r_ * of_alpha[i] - (s_ + 1) * of_beta[i];
                }
            },
            [](const double *, std::size_t) {});
    };
    const double gone_around = integral(1e4, false) + (top < time ? integral(math::log(time / top), true) : 0);
    const double gone = math::exp_or_zero(log_nbd_and_there(top) + math::log(gone_around)) * s_ * (top / (beta_ + top));
    return math::exp_or_zero(log_nbd_and_there(time)) + gone;
}

// The rate of a customer who is still there, times the integral of ((beta+T) / (beta+T+h))^s e^(-rate h) over all h >
// 0. DERT of Fader, Hardie and Lee 2005, "RFM and CLV: using iso-value curves for customer base analysis", Journal of
// Marketing Research 42(4); their Psi(s, s, w) is w^(1-s) e^w E_s(w).
double ParetoNbd::residual(const History &h, double rate) const {
    const double scale = beta_ + h.t;
    return alive(h) * ((r_ + h.x) / (alpha_ + h.t)) * scale * math::scaled_exponential_integral(s_, rate * scale);
}

Derivatives ParetoNbd::log_likelihood(const Parameters &p, const Histories &rows, Poll poll) {
    return sum_of_rows(p[0], rows, poll, [&p](const History &h) { return Dropout(p, h, true).derivatives(); });
}

} // namespace cd::clv
