#include "clv/mixture.hpp"
#include "math/eigen.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <array>
#include <cmath>

namespace cd::clv {

namespace {

// What is smaller by this factor, as its logarithm, is left out; what is smaller by `linear`, its square.
constexpr double negligible = 40;
constexpr double linear = 1e-8;
// Steps of the trapezoidal rule on the whole line. Its error falls as e^(-2 pi d / step), with d the half-width of the
// strip where the integrand is analytic, here at least pi / 2 (Trefethen and Weideman 2014, SIAM Review 56, 3).
constexpr double widest_step = 0.22, step_by_deviation = 0.4;

// The points beyond the last one, as one point at their mean. There the density is e^(log_first - rate * distance)
// times 1 - bend v, with v the variable, e^log_v at the first of them and small. Where it is not small the rule ended
// because nothing was left.
void close_tail(Mixture &rule, double log_first, double rate, double bend, double log_v, double step, bool from_one) {
    if (log_v < -700 || math::exp(log_v) * bend > linear) return;
    const double v = math::exp(log_v), v_sum = v / -math::expm1(-(rate + 1) * step);
    const double sum = 1 / -math::expm1(-rate * step) - bend * v_sum;
    rule.at.push_back(from_one ? 1 - v_sum / sum : v_sum / sum);
    rule.weight.push_back(log_first + math::log(sum));
}

// Logarithms become weights with the sum 1.
void finish(Mixture &rule) {
    math::exp_all(rule.weight.data(), rule.size());
    double total = 0;
    for (const double w : rule.weight) total += w;
    for (double &w : rule.weight) w /= total;
    const std::size_t padded = (rule.size() + Mixture::block - 1) / Mixture::block * Mixture::block;
    rule.at.resize(padded, rule.at.back());
    rule.weight.resize(padded, 0);
}

// In s = ln(p / (1 - p)) the density is p^a (1 - p)^b, with its peak at ln(a / b).
Mixture log_beta_mixture(double a, double b, const Behaviour &f) {
    const double step = std::min(widest_step, step_by_deviation * std::sqrt(1 / std::max(a, f.shape) + 1 / b));
    const double centre = math::log(a / b), log_p = -math::log1p(b / a), log_q = -math::log1p(a / b);
    const double peak = a * log_p + b * log_q;
    // Left and right of the peak the density is at most e^(a s), e^(-b s); f may gain e^-s on the left.
    double left = math::log(std::max({1.0, a + b, f.at_zero}) / linear) + centre;
    if (a > 1) left = std::min(left, (negligible - (a + b) * log_q) / (a - 1));
    double right = std::min(math::log(std::max({1.0, a + b, f.at_one}) / linear) - centre,
                            (negligible + f.growth - (a + b) * log_p) / b);
    // Near the peak it falls by h (e^-d - 1 + d) at least at a distance d, which for d <= 1 is no less than h d^2 / 3.
    const double h = 1 / (1 / a + 1 / b);
    const auto near = [&](double fall) { return 3 * fall < h ? std::sqrt(3 * fall / h) : HUGE_VAL; };
    left = std::min(left, near(negligible + 1));
    right = std::min(right, near(negligible + 1 + f.growth));
    const auto before = static_cast<std::size_t>(std::max(0.0, left / step) + 1);
    const auto after = static_cast<std::size_t>(std::max(0.0, right / step) + 1);
    const std::size_t n = before + after + 1;
    const auto s = [&](std::size_t i) {
        return centre + (static_cast<double>(i) - static_cast<double>(before)) * step;
    };

    Mixture rule;
    std::vector<double> small(n), log_sum(n);
    for (std::size_t i = 0; i < n; ++i) small[i] = -std::abs(s(i));
    math::exp_all(small.data(), n);
    log_sum = small;
    math::log1p_all(log_sum.data(), n);
    rule.at.reserve(n + 2 + Mixture::block);
    rule.weight.reserve(n + 2 + Mixture::block);
    rule.weight.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        const double at = s(i);
        rule.weight[i] = a * (std::min(at, 0.0) - log_sum[i]) - b * (std::max(at, 0.0) + log_sum[i]) - peak;
        rule.at.push_back((at < 0 ? small[i] : 1) / (1 + small[i]));
    }
    const double beyond_left = s(0) - step, beyond_right = s(n - 1) + step;
    close_tail(rule, a * beyond_left - peak, a, a + b, beyond_left, step, false);
    close_tail(rule, -b * beyond_right - peak, b, a + b, -beyond_right, step, true);
    return rule;
}

} // namespace

Mixture beta_mixture(double a, double b, const Behaviour &f) {
    Mixture rule = log_beta_mixture(a, b, f);
    finish(rule);
    return rule;
}

// In s = ln m the density is m^k e^-m, with its peak at ln k.
Mixture gamma_mixture(double k, double knee) {
    const double step = std::min(widest_step, step_by_deviation / std::sqrt(k));
    const double centre = math::log(k), fall = 2 * negligible / k;
    double left = math::log(std::max(1.0, 1 / knee) / linear) + centre;
    if (k > 1) left = std::min(left, (negligible + k) / (k - 1));
    if (k > 3 * (negligible + 1)) left = std::sqrt(3 * (negligible + 1) / k); // 1 - d - e^-d <= -d^2 / 3 for d <= 1
    const double right = std::min(std::sqrt(fall), math::log1p(fall) + 1);    // e^d - 1 - d >= negligible / k
    const auto before = static_cast<std::size_t>(std::max(0.0, left / step) + 1);
    const std::size_t n = before + static_cast<std::size_t>(right / step) + 2;
    Mixture rule;
    rule.at.resize(n);
    rule.weight.resize(n);
    const auto s = [&](std::size_t i) { return (static_cast<double>(i) - static_cast<double>(before)) * step; };
    for (std::size_t i = 0; i < n; ++i) rule.at[i] = s(i) + centre;
    math::exp_all(rule.at.data(), n);
    for (std::size_t i = 0; i < n; ++i) rule.weight[i] = k * s(i) - (rule.at[i] - k);
    const double beyond = s(0) - step;
    close_tail(rule, k * beyond + k, k, 1, beyond + centre, step, false);
    finish(rule);
    return rule;
}

namespace {

constexpr std::size_t half = Mixture::block / 2;
using Block = Eigen::Array<double, Mixture::block, 1>;
using Half = Eigen::Array<double, half, 1>;

// With K the purchases of one who never drops out, negative binomial, and 1 - p = q the chance to stay after each,
// those made are 1 + q + ... + q^(K-1). So the expected number is (1 - z)^r times the sum over k of
//   (r)_k / k! z^k (1 + E q + ... + E q^(k-1)),  z = u / (1 + u),
// all of it positive. It is the formula of Fader, Hardie and Lee 2005 without its difference of hypergeometric
// functions. Coefficients belong to the largest z; others are powers of the ratio to it.
class Series {
  public:
    static constexpr std::size_t max_terms = 2048;
    static constexpr double max_u = 20, max_purchases = 512; // where so many terms do

    // False if the terms do not suffice.
    bool set(double r, double a, double b, double z) {
        double count = r * z, stays = 1, stays_sum = 1, sum = count;
        term_[1] = count;
        for (size_ = 2; size_ + check < max_terms;) {
            for (std::size_t i = 0; i < check; ++i, ++size_) {
                const auto k = static_cast<double>(size_ - 1);
                count *= z * (r + k) * inverse[size_];
                stays *= (b + k - 1) / (a + b + k - 1);
                stays_sum += stays;
                sum += term_[size_] = count * stays_sum;
            }
            // From here on each term is at most `ratio` times the one before.
            const auto k = static_cast<double>(size_ - 1);
            const double ratio = z * (r + k) / k;
            if (ratio < 1 && term_[size_ - 1] * ratio <= (1 - ratio) * sum * 0x1p-55) {
                sum_ = sum;
                return true;
            }
        }
        return false;
    }
    double at_largest() const { return sum_; }
    Block operator()(const Block &ratio) const {
        Block sum = Block::Zero();
        for (std::size_t k = size_ - 1; k >= 1; --k) sum = sum * ratio + term_[k];
        return sum * ratio;
    }

  private:
    static constexpr std::size_t check = 8;
    static constexpr auto inverse = [] {
        std::array<double, max_terms> values{};
        for (std::size_t k = 1; k < max_terms; ++k) values[k] = 1 / static_cast<double>(k);
        return values;
    }();
    std::size_t size_;
    double sum_, term_[max_terms];
};

bool by_series(double r, double alpha, double a, double b, std::span<const double> horizons, double *out) {
    const double longest = horizons.back();
    if (longest == 0) {
        std::fill_n(out, horizons.size(), 0.0);
        return true;
    }
    Series series;
    if (!series.set(r, a, b, longest / (alpha + longest))) return false;
    if (horizons.size() == 1) {
        double never = longest / alpha;
        math::log1p_all(&never, 1);
        never *= -r;
        math::exp_all(&never, 1);
        *out = series.at_largest() * never;
        return true;
    }
    const double scale = (alpha + longest) / longest;
    for (std::size_t first = 0; first < horizons.size(); first += Mixture::block) {
        const std::size_t n = std::min(Mixture::block, horizons.size() - first);
        Block horizon = Block::Zero(), never;
        std::copy_n(&horizons[first], n, horizon.data());
        never = horizon / alpha;
        math::log1p_all(never.data(), n);
        never *= -r;
        math::exp_all(never.data(), n);
        const Block value = series(horizon / (alpha + horizon) * scale) * never;
        std::copy_n(value.data(), n, out + first);
    }
    return true;
}

// The expected value over p of (1 - (1 + p u)^-r) / p.
void by_mixture(double r, double alpha, double a, double b, std::span<const double> horizons, double *out) {
    const double longest = horizons.back() / alpha;
    const Mixture rule = beta_mixture(a, b, {(r + 1) * longest, r + 1});
    std::vector<double> value(rule.size());
    for (std::size_t h = 0; h < horizons.size(); ++h) {
        const double u = horizons[h] / alpha;
        for (std::size_t i = 0; i < rule.size(); ++i) value[i] = rule.at[i] * u;
        math::log1p_all(value.data(), value.size());
        for (double &v : value) v *= -r;
        math::expm1_all(value.data(), value.size());
        double sum = 0;
        for (std::size_t i = 0; i < rule.size(); ++i) sum -= rule.weight[i] * value[i] / rule.at[i];
        out[h] = sum;
    }
}

} // namespace

void expected_purchases(double r, double alpha, double a, double b, std::span<const double> horizons, double *out) {
    const double limit = alpha * std::min(Series::max_u, Series::max_purchases / r);
    std::size_t near = horizons.size();
    while (near > 0 && horizons[near - 1] > limit) --near;
    if (near > 0 && !by_series(r, alpha, a, b, horizons.first(near), out)) near = 0;
    if (near < horizons.size()) by_mixture(r, alpha, a, b, horizons.subspan(near), out + near);
}

// At a rate of purchases m / alpha and a probability of dropout p they are m / (m p + rate alpha). Under the density of
// m the factor m makes Gamma(r + 1) of Gamma(r), and a constant r.
double discounted_purchases(double r, double alpha, double a, double b, double rate) {
    const double knee = rate * alpha;
    const Mixture rates = gamma_mixture(r + 1, knee);
    const double fastest = r + 1 + negligible + std::sqrt(2 * negligible * (r + 1));
    const Mixture dropouts = beta_mixture(a, b, {fastest / knee, 1});
    // Two by two, since a division takes longer than the rest.
    Half sum = Half::Zero();
    for (std::size_t j = 0; j < rates.size(); ++j) {
        Half inner = Half::Zero();
        for (std::size_t i = 0; i < dropouts.size(); i += Mixture::block) {
            const double *p = &dropouts.at[i], *weight = &dropouts.weight[i];
            const Half one = Eigen::Map<const Half>(p) * rates.at[j] + knee;
            const Half other = Eigen::Map<const Half>(p + half) * rates.at[j] + knee;
            inner +=
                (Eigen::Map<const Half>(weight) * other + Eigen::Map<const Half>(weight + half) * one) / (one * other);
        }
        sum += inner * rates.weight[j];
    }
    double total = 0;
    for (const double part : sum) total += part;
    return r * total;
}

// The sum over k of (r + n)_k / (n + 1)_k z^k = (1 + u) E (1 + u p)^(r-1), p of Beta(1, n), by Euler's integral
// (Abramowitz and Stegun 15.3.1).
double log_at_least(double r, double n, double u) {
    const double power = std::abs(r - 1), growth = r > 1 ? power * math::log1p(u) : 0;
    Mixture rule = log_beta_mixture(1, n, {std::max(1.0, power) * u, r + 1, growth, r});
    std::vector<double> value(rule.size());
    for (std::size_t i = 0; i < rule.size(); ++i) value[i] = rule.at[i] * u;
    math::log1p_all(value.data(), value.size());
    for (std::size_t i = 0; i < rule.size(); ++i) value[i] = rule.weight[i] + (r - 1) * value[i];
    const double largest = *std::max_element(value.begin(), value.end());
    for (double &v : value) v -= largest;
    math::exp_all(value.data(), value.size());
    math::exp_all(rule.weight.data(), rule.size());
    double sum = 0, total = 0;
    for (const double v : value) sum += v;
    for (const double w : rule.weight) total += w;
    return math::log1p(u) + largest + math::log(sum / total);
}

} // namespace cd::clv
