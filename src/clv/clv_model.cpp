#include "clv/clv_model.hpp"
#include "math/distribution.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>
#include <limits>

namespace cd::clv {

template <class A> void describe(A &a, Candidate &c) {
    a("model", c.process);
    a("aic", c.aic);
    a("converged", c.converged);
}
template <class A> void describe(A &a, Fitted &f) {
    a("unit", f.unit);
    a("model", f.process);
    a("purchases", f.purchases);
    a("spend", f.spend);
    a("correlation", f.correlation);
    a("candidates", f.candidates);
}

namespace {

constexpr std::uint8_t version = 1;
struct Told {
    std::string type = ClvModel::type;
    Fitted fitted;
};
template <class A> void describe(A &a, Told &told) {
    a("type", told.type);
    a("fitted", told.fitted);
}

double finite(double value) {
    if (std::isfinite(value)) [[likely]]
        return value;
    throw Error(sqlstate::out_of_range, "the prediction is beyond double precision", "",
                "Look for absurd times, amounts or parameters.");
}

} // namespace

ClvModel::ClvModel(Fitted fitted) : fitted_(std::move(fitted)) {
    if (const char *const wrong = fault())
        throw Error(sqlstate::invalid_parameter, "these are no parameters of a clv_model", wrong,
                    "Parameters are above 0 (q above 1), in the order in which summary() lists them.");
    prepare();
}

ClvModel::ClvModel(Bytes flat, Poll poll) {
    Reader reader(flat, type);
    reader.version(version);
    Get get(reader, poll);
    describe(get, fitted_);
    reader.end();
    if (const char *const wrong = fault()) reader.refuse(wrong);
    prepare();
}

ClvModel::ClvModel(const JsonValue &json, Poll poll) {
    Told told;
    Hear hear(json, type, poll);
    describe(hear, told);
    hear.end();
    if (told.type != type) hear.refuse("Its type is \"" + told.type + "\".");
    fitted_ = std::move(told.fitted);
    if (const char *const wrong = fault()) hear.refuse(wrong);
    prepare();
}

const char *ClvModel::fault() const {
    if (fitted_.correlation && std::abs(*fitted_.correlation) > 1) return "Its correlation is out of range.";
    if (fitted_.candidates.size() > processes) return "It has too many candidates.";
    if (fitted_.unit == 0 || fitted_.unit > INT64_MAX) return "Its unit is out of range.";
    if (const char *const wrong = clv::fault(fitted_.purchases, parameters_of(fitted_.process).size(), {}))
        return wrong;
    return fitted_.spend ? clv::fault(*fitted_.spend, GammaGamma::parameter_names.size(), spend_bounds) : nullptr;
}

void ClvModel::prepare() {
    purchases_ = make(fitted_.process, as_parameters(fitted_.purchases.parameters));
    if (fitted_.spend) spend_.emplace(as_parameters(fitted_.spend->parameters));
}

std::size_t ClvModel::room() const {
    Measure measure;
    measure.value(fitted_);
    return 1 + measure.size;
}
std::uint8_t *ClvModel::put(std::uint8_t *to) const {
    *to++ = version;
    Put put(to);
    put.value(fitted_);
    return put.to;
}
void ClvModel::tell(Json &json, Poll poll) const {
    Tell tell(json, poll);
    tell.value(Told{type, fitted_});
}

// --- What it says ---

namespace {

double purchases_of(const Purchases &model, const History &h, double length) {
    double purchases;
    std::visit([&](const auto &m) { m.purchases(h, {&length, 1}, &purchases); }, model);
    return purchases;
}

// Expected purchases stop being analytic so long before now: where the rate of buying or of leaving may be infinite.
// Chances to leave that are nearly 1, of Beta(a, b + x), are what lets those of BG/NBD grow there at all, by the power
// of (r + x) - (b + x).
Horizon::Smoothness smoothness(Process process, const Parameters &p, const History &h) {
    switch (process) {
    case Process::bg_bb: return {0, 0}; // they go up in steps
    case Process::nbd: return {std::numeric_limits<double>::infinity(), 0};
    case Process::pareto_nbd: return {p[3] + h.t, p[2] - 1}; // beta, s
    case Process::mbg_nbd: return {p[1] + h.t, p[0] - p[3] - 1};
    default: return {p[1] + h.t, p[0] - p[3]}; // alpha, r, b
    }
}

double discounted(Process process, const Parameters &parameters, const Purchases &model, const History &h,
                  Horizon &horizon) {
    const auto purchases = [&](std::span<const double> at, double *out) {
        std::visit([&](const auto &m) { m.purchases(h, at, out); }, model);
    };
    return horizon.sum(smoothness(process, parameters, h), purchases);
}

} // namespace

void ClvModel::check(const History &h) const { check_history(h, discrete()); }
double ClvModel::alive(const History &h) const {
    return finite(std::visit([&](const auto &m) { return m.alive(h); }, *purchases_));
}
double ClvModel::purchases(const History &h, double length) const {
    return finite(purchases_of(*purchases_, h, length));
}
void ClvModel::new_purchases(std::span<const double> lengths, double *out) const {
    std::visit([&](const auto &m) { m.new_purchases(lengths, out); }, *purchases_);
    for (std::size_t i = 0; i < lengths.size(); ++i) finite(out[i]);
}
double ClvModel::new_purchases(double length) const {
    double purchases;
    new_purchases({&length, 1}, &purchases);
    return purchases;
}
double ClvModel::new_probability(std::uint64_t n, double length) const {
    // The time of an answer grows with the root of n.
    constexpr std::uint64_t most = 1'000'000;
    if (n > most)
        throw Error(sqlstate::program_limit, "too many purchases for a probability",
                    "There are " + std::to_string(n) + ", at most " + std::to_string(most) + " are possible.",
                    "So many are far beyond what a customer makes: take a shorter horizon.");
    return finite(std::visit([&](const auto &m) { return m.new_probability(n, length); }, *purchases_));
}
double ClvModel::residual(const History &h, double force) const {
    return finite(std::visit([&](const auto &m) { return m.residual(h, force); }, *purchases_));
}
double ClvModel::spend(double x, double average) const { return finite(spend_->spend(x, average)); }

double ClvModel::value(const History &h, double average, Horizon &horizon) const {
    const Parameters parameters = as_parameters(fitted_.purchases.parameters);
    return finite(discounted(fitted_.process, parameters, *purchases_, h, horizon) * spend_->spend(h.x, average));
}

bool ClvModel::has_covariance() const {
    return !fitted_.purchases.covariance.empty() && fitted_.spend && !fitted_.spend->covariance.empty();
}

namespace {

// Variance of ln f of the parameters: g' V g, with g by central differences in ln(parameter - bound), of which f is a
// smooth function; the step leaves an error of about 1e-8.
template <class F> double log_variance(const Part &part, const Parameters &above, F &&f) {
    constexpr double step = 1e-4;
    const std::size_t n = part.parameters.size();
    Parameters gradient{};
    for (std::size_t i = 0; i < n; ++i) {
        Parameters up = as_parameters(part.parameters), down = up;
        up[i] = above[i] + (up[i] - above[i]) * math::exp(step);
        down[i] = above[i] + (down[i] - above[i]) * math::exp(-step);
        gradient[i] = math::log(f(up) / f(down)) / (2 * step);
    }
    double variance = 0;
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) variance += gradient[i] * gradient[j] * part.covariance[i * n + j];
    return std::max(variance, 0.0);
}

} // namespace

Estimate ClvModel::value_interval(const History &h, double average, Horizon &horizon, double confidence) const {
    const double value = this->value(h, average, horizon);
    if (!(value > 0)) return {value, 0, value, value};
    const double variance =
        log_variance(
            fitted_.purchases, {},
            [&](const Parameters &p) { return discounted(fitted_.process, p, make(fitted_.process, p), h, horizon); }) +
        log_variance(*fitted_.spend, spend_bounds,
                     [&](const Parameters &p) { return GammaGamma(p).spend(h.x, average); });
    const double deviation = std::sqrt(variance), reach = math::confidence_quantile(confidence) * deviation;
    if (!(reach < 700)) return {value, finite(value * deviation), 0, std::numeric_limits<double>::infinity()};
    return {value, finite(value * deviation), value * math::exp(-reach), value * math::exp(reach)};
}

} // namespace cd::clv
