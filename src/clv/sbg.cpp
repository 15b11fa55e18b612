#include "clv/sbg.hpp"
#include "math/elementary.hpp"
#include "math/gamma.hpp"
#include <cmath>
#include <limits>

namespace cd::clv {

namespace {

// The range of math::exp, beyond which probabilities are as good as 0.
constexpr double min_exponent = -700;

// E[1 / (d + q)] of q ~ Beta(a, b), which is 2F1(1, a; a + b; -1/d) / d, and d / (1 + d) of it is the 2F1 of the
// literature, (1, b; a + b; 1 / (1 + d)) (DLMF 15.8.1). That series is slow; this is Gauss' continued fraction (DLMF
// 15.7). All its elements are above 0, so from its end each step lessens the error. Cut after n elements it is a
// quadrature over q with weights above 0, exact for polynomials of a degree below n; the best of these misses
// 1 / (d + q) on (0, 1) by r^(1 - n) / (2 d (1 + d)) with r = (sqrt(d) + sqrt(1 + d))^2 (Chebyshev). So whatever a
// and b, the relative error is at most r^(1 - n) / d.
double mean_reciprocal(double a, double b, double d) {
    constexpr double accuracy = 1e-17;
    const double root = std::sqrt(d), log_r = 2 * math::log1p(root + d / (1 + std::sqrt(1 + d)));
    const double c = a + b, pairs = std::floor(0.5 * (math::log(2 + 2 / d) - math::log(accuracy)) / log_r) + 2;
    double fraction = c + 2 * pairs;
    for (double m = pairs; m >= 1; --m) {
        fraction = c + 2 * m - 1 + (a + m) * (c + m - 1) / (d * fraction);
        fraction = c + 2 * m - 2 + m * (b + m - 1) / (d * fraction);
    }
    return 1 / (d + a / fraction);
}

} // namespace

// Renewal by renewal, of those who come to it: ln((beta + t - 1) / (alpha + beta + t - 1)) for each who renews,
// ln(alpha / (alpha + beta + t - 1)) for each who leaves. All are below 0, so nothing cancels.
Derivatives Sbg::log_likelihood(const Parameters &parameters, const Lifetimes &seen, Poll poll) {
    const double alpha = parameters[0], beta = parameters[1];
    if (seen.size() > 0 && seen.t.back() > max_renewals)
        throw Error(sqlstate::program_limit, "too many renewals for model sbg",
                    "A customer had " + digits(seen.t.back()) + ", at most " + digits(max_renewals) + " are possible.",
                    "Take a longer period.");
    double value = 0, by_alpha = 0, by_beta = 0, alpha_alpha = 0, alpha_beta = 0, beta_beta = 0;
    double renewing = 0;
    for (std::size_t i = seen.size(); i-- > 0;) {
        const double until = i == 0 ? 0 : seen.t[i - 1], churned = seen.churned[i];
        renewing += seen.kept[i];
        if (churned > 0) {
            const double leave = beta + (seen.t[i] - 1), all = alpha + leave;
            value -= churned * math::log1p(leave / alpha);
            by_alpha += churned * (leave / (alpha * all));
            by_beta -= churned / all;
            alpha_alpha -= churned * (leave / (alpha * all) * (1 / alpha + 1 / all));
            alpha_beta += churned / (all * all);
            beta_beta += churned / (all * all);
        }
        for (double t = seen.t[i]; t > until; --t) {
            poll.every(static_cast<std::size_t>(t));
            const double stay = beta + (t - 1), all = alpha + stay;
            value -= renewing * math::log1p(alpha / stay);
            by_alpha -= renewing / all;
            by_beta += renewing * (alpha / (stay * all));
            alpha_alpha += renewing / (all * all);
            alpha_beta += renewing / (all * all);
            beta_beta -= renewing * (alpha / (stay * all) * (1 / stay + 1 / all));
            if (t == seen.t[i]) renewing += churned;
        }
    }
    return {value,
            {by_alpha, by_beta, 0, 0},
            {{{alpha_alpha, alpha_beta, 0, 0}, {alpha_beta, beta_beta, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}}};
}

// B(alpha, beta + renewed + ahead) / B(alpha, beta + renewed).
double Sbg::log_survival(double renewed, double ahead) const {
    return -math::log_gamma_cross(beta_ + renewed, ahead, alpha_);
}

double Sbg::survival(double t) const {
    const double exponent = log_survival(0, t);
    return exponent > min_exponent ? math::exp(exponent) : 0;
}

double Sbg::leaving(double t) const { return survival(t - 1) * (alpha_ / (alpha_ + beta_ + (t - 1))); }

// With b = beta + renewed and (b)_k = b (b + 1) ... (b + k - 1): the sum over k = 1..n of (b)_k / (alpha + b)_k is
// b / (alpha - 1) times 1 - (b + 1)_n / (b + alpha)_n, which is as good next to alpha = 1. There it takes a number
// that is next to nothing.
double Sbg::long_renewals(double renewed, double ahead) const {
    const double b = beta_ + renewed, excess = alpha_ == 1 ? 0x1p-100 : alpha_ - 1;
    const double exponent = -math::log_gamma_cross(b + 1, ahead, excess);
    return b / excess * (exponent > min_exponent ? -math::expm1(exponent) : 1);
}

// One by one, unless there are many.
void Sbg::renewals(double renewed, std::span<const double> ahead, double *out) const {
    constexpr double many = 64;
    double at = renewed, survival = 1, sum = 0;
    for (const double occasions : ahead) {
        const double end = renewed + occasions;
        if (end - at > many) {
            sum += survival * long_renewals(at, end - at);
            const double exponent = log_survival(renewed, occasions);
            survival = exponent > min_exponent ? math::exp(exponent) : 0;
            at = end;
        }
        for (; at < end; ++at) {
            survival *= retention(at + 1);
            sum += survival;
        }
        *out++ = sum;
    }
}

// Given that the customer has stayed so far, the probability to leave is Beta(alpha, beta + renewed); with z =
// 1 / (1 + d) the sum over k >= 0 of z^k (1 - q)^(k + 1) is (1 + d) (1 - q) / (d + q), and 1 - q turns beta into beta
// + 1.
double Sbg::residual(double renewed, double discount) const {
    const double b = beta_ + renewed;
    if (discount == 0) return alpha_ > 1 ? b / (alpha_ - 1) : std::numeric_limits<double>::infinity();
    if (!(discount >= min_discount))
        throw Error(sqlstate::invalid_parameter, "discount rate must be 0 or at least 1e-9",
                    "The rate is " + digits(discount) + " per period.",
                    "A rate is a share: 0.01 for one percent per period.");
    return b / (alpha_ + b) * (1 + discount) * mean_reciprocal(alpha_, b + 1, discount);
}

} // namespace cd::clv
