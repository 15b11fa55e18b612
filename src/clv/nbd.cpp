#include "clv/nbd.hpp"
#include "clv/gamma_rates.hpp"
#include "math/elementary.hpp"

namespace cd::clv {

double log_nbd(double r, double alpha, double n, double t) {
    double ways = 0;
    if (n > 0) // Gamma(r+n) / (Gamma(r) n!), by the shorter of two steps
        ways = n < r ? math::log_gamma_step(r, n) - math::log_gamma(n + 1)
                     : math::log_gamma_step(n, r) - math::log_gamma(r) - math::log(n);
    return ways - r * math::log1p(t / alpha) - (n > 0 ? n * math::log1p(alpha / t) : 0);
}

namespace {

// ln((alpha/(alpha+t))^r (alpha+t)^-x).
double log_of_times(double r, double alpha, const History &h) {
    return -r * math::log1p(h.t / alpha) - h.x * math::log(alpha + h.t);
}

} // namespace

double Nbd::log_likelihood(const History &h) const {
    return math::log_gamma_step(r_, h.x) + log_of_times(r_, alpha_, h);
}

double Nbd::new_probability(std::uint64_t n, double time) const {
    if (!(time > 0)) return n > 0 ? 0 : 1;
    return math::exp_or_zero(log_nbd(r_, alpha_, static_cast<double>(n), time));
}

Derivatives Nbd::log_likelihood(const Parameters &p, const Histories &rows, Poll poll) {
    const double r = p[0], alpha = p[1];
    return sum_of_rows(r, rows, poll, [=](const History &h) {
        const double after = alpha + h.t, share = h.t / alpha;
        Derivatives d;
        d.value = log_of_times(r, alpha, h);
        d.gradient = {-math::log1p(share), (r * share - h.x) / after};
        d.hessian[1][0] = share / after;
        d.hessian[1][1] = ((r + h.x) / after - r / alpha * (after / alpha)) / after;
        return d;
    });
}

} // namespace cd::clv
