#include "clv/bg_bb.hpp"
#include "math/elementary.hpp"
#include "math/gamma.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>
#include <vector>

namespace cd::clv {

// The likelihood (Fader, Hardie and Shang 2010) is a sum over the number of opportunities k that a customer
// was there for. With (a)_k = a (a + 1) ... (a + k - 1) let
//   T_k = (alpha)_x (beta)_{k-x} / (alpha + beta)_k * (delta)_k / (gamma + delta)_{k+1},
// then gamma T_k is the probability of a customer who departs after k of them, T_t (gamma + delta + t) of one who does
// not until t, and
//   L = gamma (T_{t_x} + ... + T_{t-1}) + T_t (gamma + delta + t).
// T falls with k, so the sums are taken as multiples of T_{t_x}.

namespace {

constexpr double min_exponent = -700; // of math::exp; what is below is nothing beside 1

// Prefix sums over j < k of ln(a + j), and of its derivatives by a.
struct Rising {
    std::vector<double> log, first, second;
    Rising(double a, std::size_t n, Poll poll) : log(n + 1), first(n + 1), second(n + 1) {
        for (std::size_t k = 0; k < n; ++k) log[k + 1] = a + static_cast<double>(k);
        math::log_all(log.data() + 1, n);
        math::Sum sum;
        for (std::size_t k = 0; k < n; ++k) {
            poll.every(k);
            sum.add(log[k + 1]);
            log[k + 1] = sum.value();
            const double inverse = 1 / (a + static_cast<double>(k));
            first[k + 1] = first[k] + inverse;
            second[k + 1] = second[k] - inverse * inverse;
        }
    }
};

// The same of ln((b + j) / (a + b + j)), the survival. It is next to 0 if a is, and so are its derivatives by b.
struct Falling {
    std::vector<double> log, by_a, by_b, a_any, b_b;
    Falling(double a, double b, std::size_t n, Poll poll)
        : log(n + 1), by_a(n + 1), by_b(n + 1), a_any(n + 1), b_b(n + 1) {
        for (std::size_t k = 0; k < n; ++k) log[k + 1] = a / (b + static_cast<double>(k));
        math::log1p_all(log.data() + 1, n);
        for (std::size_t k = 0; k < n; ++k) {
            poll.every(k);
            const double all = 1 / (a + b + static_cast<double>(k)), stay = 1 / (b + static_cast<double>(k));
            log[k + 1] = log[k] - log[k + 1];
            by_a[k + 1] = by_a[k] - all;
            by_b[k + 1] = by_b[k] + a * all * stay;
            a_any[k + 1] = a_any[k] + all * all;
            b_b[k + 1] = b_b[k] - a * all * stay * (all + stay);
        }
    }
};

// a + factor * b.
Derivatives plus(const Derivatives &a, double factor, const Derivatives &b) {
    Derivatives sum;
    sum.value = a.value + factor * b.value;
    for (std::size_t i = 0; i < max_parameters; ++i) {
        sum.gradient[i] = a.gradient[i] + factor * b.gradient[i];
        for (std::size_t j = 0; j < max_parameters; ++j) sum.hessian[i][j] = a.hessian[i][j] + factor * b.hessian[i][j];
    }
    return sum;
}

// The product of a with one of the parameters.
Derivatives times(const Derivatives &a, const Parameters &parameters, std::size_t factor) {
    Derivatives product = plus({}, parameters[factor], a);
    product.gradient[factor] += a.value;
    for (std::size_t i = 0; i < max_parameters; ++i) {
        product.hessian[i][factor] += a.gradient[i];
        product.hessian[factor][i] += a.gradient[i];
    }
    return product;
}

// The T_k at some parameters.
class Terms {
  public:
    Terms(const Parameters &p, std::size_t n, Poll poll)
        : alpha_(p[0], n, poll), beta_(p[1], n, poll), both_(p[0] + p[1], n, poll), life_(p[2], p[3], n, poll),
          parameters_(p) {}
    double life(std::size_t k) const { return parameters_[2] + parameters_[3] + static_cast<double>(k); }
    // ln(T_k life(k))
    double log(std::size_t x, std::size_t k) const {
        return (alpha_.log[x] + beta_.log[k - x] - both_.log[k]) + life_.log[k];
    }
    // T_{k+1} / T_k
    double ratio(std::size_t x, std::size_t k) const {
        const auto &[alpha, beta, gamma, delta] = parameters_;
        const auto at = static_cast<double>(k);
        return (beta + static_cast<double>(k - x)) * (delta + at) / ((alpha + beta + at) * (gamma + delta + at + 1));
    }
    // Derivatives of T_k as multiples of T_k itself; or the same of T_k life(k), who is alive.
    Derivatives departing(std::size_t x, std::size_t k) const { return relative(x, k, 1 / life(k)); }
    Derivatives alive(std::size_t x, std::size_t k) const { return relative(x, k, 0); }

  private:
    Derivatives relative(std::size_t x, std::size_t k, double inverse) const {
        Derivatives d;
        d.value = 1;
        d.gradient = {alpha_.first[x] - both_.first[k], beta_.first[k - x] - both_.first[k], life_.by_a[k] - inverse,
                      life_.by_b[k] - inverse};
        for (std::size_t i = 0; i < max_parameters; ++i)
            for (std::size_t j = 0; j < max_parameters; ++j) d.hessian[i][j] = d.gradient[i] * d.gradient[j];
        const double both = both_.second[k], square = inverse * inverse, life = life_.a_any[k] + square;
        d.hessian[0][0] += alpha_.second[x] - both;
        d.hessian[0][1] -= both;
        d.hessian[1][0] -= both;
        d.hessian[1][1] += beta_.second[k - x] - both;
        d.hessian[2][2] += life;
        d.hessian[2][3] += life;
        d.hessian[3][2] += life;
        d.hessian[3][3] += life_.b_b[k] + square;
        return d;
    }

    Rising alpha_, beta_, both_;
    Falling life_;
    Parameters parameters_;
};

std::size_t whole(double t) { return static_cast<std::size_t>(t); }

// Whatever is answered takes time that grows with these.
void check_opportunities(double t) {
    if (t > BgBb::max_opportunities)
        throw Error(sqlstate::program_limit, "too many opportunities for model bg/bb",
                    "A customer had " + digits(t) + ", at most " + digits(BgBb::max_opportunities) + " are possible.",
                    "Take a longer unit, or a model of continuous time.");
}

} // namespace

// Of all histories with the same x the sums end at the largest t; each history takes that from t_x on less that from t
// on. Nothing is lost: L falls with t, to the sum without end, so even that is at most L.
Derivatives BgBb::log_likelihood(const Parameters &parameters, const Histories &histories, Poll poll) {
    const std::size_t size = histories.size();
    double largest = 0;
    for (std::size_t i = 0; i < size; ++i) largest = std::max(largest, histories.t[i]);
    check_opportunities(largest);
    const Terms terms(parameters, whole(largest), poll);
    std::vector<Derivatives> sums; // from k on, as multiples of T_k
    std::vector<double> values;    // of histories with the same x: first how T_k life(k) falls, then the likelihood
    Derivatives total;
    for (std::size_t begin = 0, end; begin < size; begin = end) {
        const std::size_t x = whole(histories.x[begin]), first = whole(histories.t_x[begin]);
        std::size_t last = 0;
        for (end = begin; end < size && histories.x[end] == histories.x[begin]; ++end)
            last = std::max(last, whole(histories.t[end]));
        sums.assign(last - first + 1, Derivatives{});
        for (std::size_t k = last; k-- > first;) {
            poll.every(k);
            sums[k - first] = plus(terms.departing(x, k), terms.ratio(x, k), sums[k + 1 - first]);
        }
        values.resize(end - begin);
        for (std::size_t i = begin; i < end; ++i)
            values[i - begin] = terms.log(x, whole(histories.t[i])) - terms.log(x, whole(histories.t_x[i]));
        poll();
        math::exp_all(values.data(), values.size());
        for (std::size_t i = begin; i < end; ++i) {
            poll.every(i);
            const std::size_t from = whole(histories.t_x[i]), to = whole(histories.t[i]);
            // As multiples of T_from, which is what `fall` makes of what is one of T_to.
            const double alive = values[i - begin] * terms.life(from), fall = alive / terms.life(to);
            const Derivatives departed = plus(sums[from - first], -fall, sums[to - first]);
            const Derivatives l = plus(times(departed, parameters, 2), alive, terms.alive(x, to));
            const double customers = histories.customers[i], inverse = 1 / l.value;
            values[i - begin] = l.value / terms.life(from);
            total.value += customers * terms.log(x, from);
            for (std::size_t p = 0; p < max_parameters; ++p) {
                const double slope = l.gradient[p] * inverse;
                total.gradient[p] += customers * slope;
                for (std::size_t q = 0; q < max_parameters; ++q)
                    total.hessian[p][q] += customers * (l.hessian[p][q] * inverse - slope * (l.gradient[q] * inverse));
            }
        }
        math::log_all(values.data(), values.size());
        for (std::size_t i = begin; i < end; ++i) total.value += histories.customers[i] * values[i - begin];
    }
    return total;
}

// T_{k+1} / T_k.
double BgBb::ratio(double x, double k) const {
    return (beta_ + (k - x)) * (delta_ + k) / ((alpha_ + beta_ + k) * (gamma_ + delta_ + (k + 1)));
}

// ln T_k: (alpha)_x / (alpha + beta)_x, (beta)_{k-x} / (alpha + x + beta)_{k-x}, (delta)_k / (gamma + delta)_k, each in
// one piece.
double BgBb::log_first(double x, double k) const {
    return -(math::log_gamma_cross(alpha_, x, beta_) + math::log_gamma_cross(beta_, k - x, alpha_ + x) +
             math::log_gamma_cross(delta_, k, gamma_) + math::log(gamma_ + delta_ + k));
}

// Beyond many terms the last one is more exact in one piece, and there may be no need for all of them.
BgBb::Weights BgBb::weights(const History &h) const {
    constexpr double many = 64, little = 0x1p-60;
    check_opportunities(h.t);
    const double length = h.t - h.t_x;
    double term = 1, sum = 0;
    for (double k = h.t_x; k < h.t && !(length > many && term * length < little); ++k) {
        sum += term;
        term *= ratio(h.x, k);
    }
    if (length > many) {
        const double exponent = -(math::log_gamma_cross(beta_ + (h.t_x - h.x), length, alpha_ + h.x) +
                                  math::log_gamma_cross(delta_ + h.t_x, length, gamma_ + 1));
        term = exponent > min_exponent ? math::exp(exponent) : 0;
    }
    return {gamma_ * sum, term * (gamma_ + delta_ + h.t)};
}

double BgBb::log_likelihood(const History &h) const {
    const Weights of = weights(h);
    return log_first(h.x, h.t_x) + math::log(of.departed + of.alive);
}

double BgBb::alive(const History &h) const { return weights(h).share_alive() * life_.retention(h.t + 1); }

// Renewals are the opportunities that the customer lives to see.
void BgBb::purchases(const History &h, std::span<const double> horizons, double *out) const {
    const double rate = weights(h).share_alive() * rate_of(h);
    std::transform(horizons.begin(), horizons.end(), out, [](double horizon) { return std::floor(horizon); });
    life_.renewals(h.t, {out, horizons.size()}, out);
    for (std::size_t i = 0; i < horizons.size(); ++i) out[i] *= rate;
}

// Of one who has had no opportunity yet.
void BgBb::new_purchases(std::span<const double> horizons, double *out) const { purchases({0, 0, 0}, horizons, out); }

// As the likelihood, with the number of ways to choose n opportunities out of k for the n taken.
// These terms first rise, possibly beyond what a double holds.
double BgBb::new_probability(std::uint64_t n, double time) const {
    constexpr double large = 0x1p500;
    const double x = static_cast<double>(n), t = std::floor(time);
    check_opportunities(t);
    if (x > t) return 0;
    double term = 1, sum = 0, log_unit = log_first(x, x);
    for (double k = x; k < t; ++k) {
        sum += term;
        term *= ratio(x, k) * ((k + 1) / (k + 1 - x));
        if (term > large) {
            term /= large;
            sum /= large;
            log_unit += math::log(large);
        }
    }
    const double exponent = log_unit + math::log(gamma_ * sum + term * (gamma_ + delta_ + t));
    return exponent < min_exponent ? 0 : math::exp(exponent);
}

// Ibidem: discounted expected residual transactions.
double BgBb::residual(const History &h, double rate) const {
    if (-rate <= min_exponent) return 0;
    return weights(h).share_alive() * rate_of(h) * math::exp(-rate) * life_.residual(h.t, math::expm1(rate));
}

} // namespace cd::clv
