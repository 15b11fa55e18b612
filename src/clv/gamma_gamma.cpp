#include "clv/gamma_gamma.hpp"
#include "math/distribution.hpp"
#include "math/elementary.hpp"
#include "math/gamma.hpp"
#include <algorithm>
#include <cmath>

namespace cd::clv {

namespace {

constexpr std::size_t block = 1024; // of pairs, that fit into the processor's nearest memory

} // namespace

GammaGamma::Likelihood::Likelihood(const Spending &spending, Poll poll)
    : customers_(spending.customers), inverse_(spending.size()), poll_(poll) {
    const std::size_t n = spending.size();
    double logs[block];
    for (std::size_t first = 0; first < n; first += block) {
        poll();
        const std::size_t count = std::min(block, n - first);
        std::copy_n(spending.average.data() + first, count, logs);
        math::log_all(logs, count);
        for (std::size_t i = first; i < first + count; ++i) {
            inverse_[i] = 1 / (spending.x[i] * spending.average[i]);
            log_average_ += customers_[i] * logs[i - first];
            if (groups_.empty() || groups_.back().x != spending.x[i]) groups_.push_back({spending.x[i], i, 0});
            ++groups_.back().end;
            groups_.back().customers += customers_[i];
        }
    }
    log_spent_ = log_average_;
    for (const Group &group : groups_) {
        all_ += group.customers;
        log_spent_ += group.customers * math::log(group.x);
    }
}

// Fader and Hardie 2013, of customers with x purchases of z on average. With r = v / (x z) and s = v / (v + x z):
//   ln L = -ln B(p x, q) + q ln r - (p x + q) ln(1 + r) - ln z,
// in which only ln(1 + r) is a function of pairs; the derivative of it by v is s / v, that of s / v is -(s / v)^2.
Derivatives GammaGamma::Likelihood::operator()(const Parameters &parameters) const {
    const double p = parameters[0], q = parameters[1], v = parameters[2];
    Derivatives d;
    double by_p = 0, by_q = 0, pp = 0, pq = 0, qq = 0, xs = 0, s1 = 0, cs = 0, cs_2 = 0;
    d.value = q * (all_ * math::log(v) - log_spent_) - log_average_;
    by_q = all_ * math::log(v) - log_spent_;
    double r[block], u[block], logs[block];
    std::size_t i = 0;
    for (const Group &group : groups_) {
        double sum_log = 0, sum_s = 0, sum_s_2 = 0;
        while (i < group.end) {
            poll_();
            const std::size_t count = std::min(block, group.end - i);
            for (std::size_t k = 0; k < count; ++k) {
                r[k] = v * inverse_[i + k];
                logs[k] = u[k] = 1 + r[k];
            }
            math::log_all(logs, count);
            for (std::size_t k = 0; k < count; ++k) {
                const double customers = customers_[i + k], inverse = 1 / u[k], s = r[k] * inverse;
                sum_log += customers * (logs[k] + (r[k] - (u[k] - 1)) * inverse);
                sum_s += customers * s;
                sum_s_2 += customers * (s * s);
            }
            i += count;
        }
        const double x = group.x, px = p * x, c = px + q, n = group.customers;
        d.value -= n * math::log_beta(px, q) + c * sum_log;
        by_p += x * (n * math::digamma_step(px, q) - sum_log);
        by_q += n * math::digamma_step(q, px) - sum_log;
        pp += n * x * x * math::trigamma_step(px, q);
        pq += n * x * math::trigamma(c);
        qq += n * math::trigamma_step(q, px);
        xs += x * sum_s;
        s1 += sum_s;
        cs += c * sum_s;
        cs_2 += c * sum_s_2;
    }
    const double pv = -xs / v, qv = (all_ - s1) / v;
    d.gradient = {by_p, by_q, (q * all_ - cs) / v, 0};
    d.hessian = {{{pp, pq, pv, 0}, {pq, qq, qv, 0}, {pv, qv, (cs_2 - q * all_) / v / v, 0}, {0, 0, 0, 0}}};
    return d;
}

// Fisher 1921: atanh r is nearly normal with variance 1 / (n - 3). tanh y = (e^2y - 1) / (e^2y + 1).
Correlation correlation_of(double r, double n, double level) {
    if (std::abs(r) == 1) return {r, r, r};
    const double z = math::log1p(r) - math::log1p(-r),
                 width = std::min(2 * math::confidence_quantile(level) / std::sqrt(n - 3), 600.0);
    const auto tanh = [](double twice) { return math::expm1(twice) / (math::exp(twice) + 1); };
    return {r, tanh(z - width), tanh(z + width)};
}

std::optional<Correlation> correlation(const Spending &spending, double level, Poll poll) {
    const std::size_t pairs = spending.size();
    double n = 0, x = 0, average = 0, least = spending.size() > 0 ? spending.average[0] : 0, most = least;
    for (std::size_t i = 0; i < pairs; ++i) {
        poll.every(i);
        n += spending.customers[i];
        x += spending.customers[i] * spending.x[i];
        average += spending.customers[i] * spending.average[i];
        least = std::min(least, spending.average[i]);
        most = std::max(most, spending.average[i]);
    }
    if (n < 4 || spending.x[0] == spending.x[pairs - 1] || least == most) return std::nullopt;
    x /= n;
    average /= n;
    double xx = 0, xa = 0, aa = 0;
    for (std::size_t i = 0; i < pairs; ++i) {
        poll.every(i);
        const double customers = spending.customers[i], dx = spending.x[i] - x, da = spending.average[i] - average;
        xx += customers * dx * dx;
        xa += customers * dx * da;
        aa += customers * da * da;
    }
    const double r = std::clamp(xa / std::sqrt(xx) / std::sqrt(aa), -1.0, 1.0);
    return correlation_of(r, n, level);
}

} // namespace cd::clv
