#include "clv/bg_nbd.hpp"
#include "clv/mixture.hpp"
#include "math/elementary.hpp"
#include "math/gamma.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>

namespace cd::clv {

// With y occasions to drop out, L1 = ln(alpha + t) and L2 = ln(alpha + t_x), the log-likelihood of a customer is
//   lnG(r+x) - lnG(r) + r ln alpha - (r+x) L1 + ln B(a,b+y) - ln B(a,b) + ln(1 + e^D),
//   D = ln a - ln(b+y-1) + (r+x) (L1 - L2), the log odds that the customer has left; without occasions e^D is 0.
// Its derivatives need, of the rows with the same x, no more than the sums below. There p is the probability of having
// left, v = p (1-p), R = L1 - L2, u1 = 1/(alpha+t), u2 = 1/(alpha+t_x), d = u1 - u2 = (dD/dalpha) / (r+x).
namespace {

enum Term { n, n_l1, n_log, n_u1, n_u1u1, n_p, n_pR, n_pd, n_pdu, n_v, n_vR, n_vRR, n_vd, n_vRd, n_vdd, terms };

constexpr std::size_t block = 512;

class Rows {
  public:
    explicit Rows(double alpha) : alpha_(alpha) {}
    void clear() { std::fill_n(sum_, static_cast<std::size_t>(terms), math::Sum{}); }
    double operator[](Term t) const { return sum_[t].value(); }

    // Rows with the same x; `odds` is ln a - ln(b+y-1), and D is odds + power R.
    void add(const Histories &h, std::size_t first, std::size_t count, bool could_leave, double odds, double power) {
        for (std::size_t i = 0; i < count; ++i) {
            u2_[i] = 1 / (alpha_ + h.t_x[first + i]);
            ratio_[i] = (h.t[first + i] - h.t_x[first + i]) * u2_[i];
            l1_[i] = alpha_ + h.t[first + i];
            u1_[i] = 1 / l1_[i];
        }
        math::log_all(l1_, count);
        double sum[terms] = {};
        if (!could_leave) {
            for (std::size_t i = 0; i < count; ++i) {
                const double weight = h.customers[first + i];
                sum[n] += weight;
                sum[n_l1] += weight * l1_[i];
                sum[n_u1] += weight * u1_[i];
                sum[n_u1u1] += weight * u1_[i] * u1_[i];
            }
        } else {
            math::log1p_all(ratio_, count);
            for (std::size_t i = 0; i < count; ++i) less_[i] = -std::abs(odds + power * ratio_[i]);
            math::exp_all(less_, count);
            for (std::size_t i = 0; i < count; ++i) log_[i] = 1 + less_[i];
            math::log_all(log_, count);
            for (std::size_t i = 0; i < count; ++i) add_row(sum, h, first + i, i, odds, power);
        }
        for (int t = 0; t < terms; ++t) sum_[t].add(sum[t]);
    }

  private:
    void add_row(double *sum, const Histories &h, std::size_t row, std::size_t i, double odds, double power) const {
        const double weight = h.customers[row], u1 = u1_[i], R = ratio_[i], D = odds + power * R;
        const double share = 1 / (1 + less_[i]), p = weight * (D >= 0 ? share : less_[i] * share);
        const double v = weight * (less_[i] * share * share), d = -(h.t[row] - h.t_x[row]) * u1 * u2_[i];
        sum[n] += weight;
        sum[n_l1] += weight * l1_[i];
        sum[n_log] += weight * (std::max(D, 0.0) + log_[i]);
        sum[n_u1] += weight * u1;
        sum[n_u1u1] += weight * u1 * u1;
        sum[n_p] += p;
        sum[n_pR] += p * R;
        sum[n_pd] += p * d;
        sum[n_pdu] += p * d * (u1 + u2_[i]);
        sum[n_v] += v;
        sum[n_vR] += v * R;
        sum[n_vRR] += v * R * R;
        sum[n_vd] += v * d;
        sum[n_vRd] += v * R * d;
        sum[n_vdd] += v * d * d;
    }

    double alpha_;
    double u1_[block], u2_[block], l1_[block], ratio_[block], less_[block], log_[block];
    math::Sum sum_[terms];
};

} // namespace

template <bool after_first>
Derivatives GeometricNbd<after_first>::log_likelihood(const Parameters &parameters, const Histories &histories,
                                                      Poll poll) {
    const auto [r, alpha, a, b] = parameters;
    const double log_a = math::log(a), log_alpha = math::log(alpha);
    const double stay_b = math::digamma_step(b, a), stay_bb = math::trigamma_step(b, a);
    math::Sum value, gradient[4], hessian[4][4];
    Rows rows(alpha);
    for (std::size_t begin = 0, end; begin < histories.size(); begin = end) {
        const double x = histories.x[begin], y = occasions(x), power = r + x;
        const double beta = y > 0 ? 1 / (b + (y - 1)) : 0, odds = y > 0 ? log_a - math::log(b + (y - 1)) : 0;
        rows.clear();
        for (end = begin; end < histories.size() && histories.x[end] == x;) {
            poll();
            std::size_t count = 1;
            while (count < block && end + count < histories.size() && histories.x[end + count] == x) ++count;
            rows.add(histories, end, count, y > 0, odds, power);
            end += count;
        }
        const double customers = rows[n];
        value.add(customers * (math::log_gamma_step(r, x) + r * log_alpha - math::log_gamma_cross(b, y, a)));
        value.add(rows[n_log] - power * rows[n_l1]);

        gradient[0].add(customers * (math::digamma_step(r, x) + log_alpha) - rows[n_l1] + rows[n_pR]);
        gradient[1].add(customers * r / alpha - power * (rows[n_u1] - rows[n_pd]));
        gradient[2].add(rows[n_p] / a - customers * math::digamma_step(a + b, y));
        gradient[3].add(customers * (stay_b - math::digamma_step(b + y, a)) - beta * rows[n_p]);

        const double curve = math::trigamma_step(a + b, y);
        hessian[0][0].add(customers * math::trigamma_step(r, x) + rows[n_vRR]);
        hessian[1][0].add(customers / alpha - rows[n_u1] + rows[n_pd] + power * rows[n_vRd]);
        hessian[1][1].add(power * (rows[n_u1u1] - rows[n_pdu] + power * rows[n_vdd]) - customers * r / alpha / alpha);
        hessian[2][0].add(rows[n_vR] / a);
        hessian[2][1].add(power * rows[n_vd] / a);
        hessian[2][2].add((rows[n_v] - rows[n_p]) / a / a - customers * curve);
        hessian[3][0].add(-beta * rows[n_vR]);
        hessian[3][1].add(-beta * power * rows[n_vd]);
        hessian[3][2].add(-beta * rows[n_v] / a - customers * curve);
        hessian[3][3].add(customers * (stay_bb - math::trigamma_step(b + y, a)) +
                          beta * beta * (rows[n_v] + rows[n_p]));
    }
    Derivatives result;
    result.value = value.value();
    for (std::size_t i = 0; i < 4; ++i) {
        result.gradient[i] = gradient[i].value();
        for (std::size_t j = 0; j <= i; ++j) result.hessian[i][j] = result.hessian[j][i] = hessian[i][j].value();
    }
    return result;
}

// ln of the expected (1 - p)^y: B(a, b + y) / B(a, b).
template <bool after_first> double GeometricNbd<after_first>::log_stayed(double y) const {
    return -math::log_gamma_cross(b_, y, a_);
}

template <bool after_first> double GeometricNbd<after_first>::log_likelihood(const History &h) const {
    const double y = occasions(h.x);
    const double value =
        math::log_gamma_step(r_, h.x) - r_ * math::log1p(h.t / alpha_) - h.x * math::log(alpha_ + h.t) + log_stayed(y);
    if (y == 0) return value;
    const double D = math::log(a_ / (b_ + (y - 1))) + (r_ + h.x) * math::log1p((h.t - h.t_x) / (alpha_ + h.t_x));
    return value + std::max(D, 0.0) + math::log1p(math::exp_or_zero(-std::abs(D)));
}

template <bool after_first> double GeometricNbd<after_first>::alive(const History &h) const {
    const double y = occasions(h.x);
    if (y == 0) return 1;
    const double odds = a_ / (b_ + (y - 1));
    double power = (h.t - h.t_x) / (alpha_ + h.t_x);
    math::log1p_all(&power, 1);
    power *= r_ + h.x;
    if (!(power < 600)) return math::exp_or_zero(-power) / odds;
    math::exp_all(&power, 1);
    return 1 / (1 + odds * power);
}

// Of one who is alive at t the rate is Gamma(r + x, alpha + t), and the probability of dropout Beta(a, b + y).
template <bool after_first>
void GeometricNbd<after_first>::purchases(const History &h, std::span<const double> horizons, double *out) const {
    if (horizons.empty()) return;
    const double share = alive(h);
    expected_purchases(r_ + h.x, alpha_ + h.t, a_, b_ + occasions(h.x), horizons, out);
    for (std::size_t i = 0; i < horizons.size(); ++i) out[i] *= share;
}

template <bool after_first>
void GeometricNbd<after_first>::new_purchases(std::span<const double> horizons, double *out) const {
    purchases({0, 0, 0}, horizons, out);
}

// Just n are made by those who would have made just n and stayed, and by those who would have made more and left with
// the n-th, a / (b + y - 1) of the chance to stay: no probability is taken from another.
template <bool after_first> double GeometricNbd<after_first>::new_probability(std::uint64_t n, double time) const {
    const auto x = static_cast<double>(n);
    const double y = occasions(x), u = time / alpha_;
    if (n == 0) {
        const double none = math::exp_or_zero(-r_ * math::log1p(u));
        return after_first ? (b_ * none + a_) / (a_ + b_) : none;
    }
    if (u == 0) return 0;
    // Of the negative binomial distribution: Gamma(r + n) / (Gamma(r) n!) u^n / (1 + u)^(r + n).
    const double ways = x < r_ ? math::log_gamma_step(r_, x) - math::log_gamma(x + 1)
                               : math::log_gamma_step(x, r_) - math::log_gamma(r_) - math::log(x);
    const double just_n = ways - r_ * math::log1p(u) - x * math::log1p(1 / u);
    // Far below the mean what is missing of 1 is known better: fewer than n, of which each is at most half as likely as
    // one more.
    double log_all;
    if (x * (1 + u) <= 0.5 * (r_ + x - 1) * u) {
        double term = 1, fewer = 0;
        for (double k = x; k > 0 && term > 1e-18; --k) fewer += term *= k * (1 + u) / ((r_ + k - 1) * u);
        log_all = math::log1p(-math::exp_or_zero(just_n) * fewer);
    } else {
        log_all = std::min(just_n + log_at_least(r_, x, u), 0.0);
    }
    const double stayed = log_stayed(y);
    return math::exp_or_zero(stayed + just_n) + math::exp_or_zero(stayed + math::log(a_ / (b_ + (y - 1))) + log_all);
}

template <bool after_first> double GeometricNbd<after_first>::residual(const History &h, double rate) const {
    return alive(h) * discounted_purchases(r_ + h.x, alpha_ + h.t, a_, b_ + occasions(h.x), rate);
}

template class GeometricNbd<false>;
template class GeometricNbd<true>;

} // namespace cd::clv
