// Expected values over what differs from customer to customer: purchase rates and probabilities of dropout.
#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace cd::clv {

// The expected value of f is the sum of weight[i] f(at[i]); padded with weights of 0 to whole blocks.
struct Mixture {
    static constexpr std::size_t block = 16;
    std::vector<double> at, weight;

    std::size_t size() const { return at.size(); }
};

// How a function of the probability of dropout behaves at the ends: f(p) = f(0) (1 + O(at_zero p)) near 0 and falls
// from there no faster than 1 / p, f(p) = f(1) (1 + O(at_one (1 - p))) near 1. Or it grows by e^growth on its way to 1,
// like p^(shape - 1).
struct Behaviour {
    double at_zero, at_one, growth = 0, shape = 1;
};
Mixture beta_mixture(double a, double b, const Behaviour &);

// Of a rate with shape k and scale 1, for functions with f(m) = f(0) (1 + O(m / knee)), falling no faster than 1 / m.
Mixture gamma_mixture(double k, double knee);

// Expected purchases within each horizon, of a customer whose purchase rate is Gamma(r, alpha) and who drops out after
// a purchase with a probability that is Beta(a, b). Horizons ascend.
void expected_purchases(double r, double alpha, double a, double b, std::span<const double> horizons, double *out);

// Expected purchases of the same, discounted by e^(-rate * time), for ever.
double discounted_purchases(double r, double alpha, double a, double b, double rate);

// The chance of at least n purchases, n > 0, within `time`, over that of just n, of a customer who never drops out:
// its logarithm, with u = time / alpha.
double log_at_least(double r, double n, double u);

} // namespace cd::clv
