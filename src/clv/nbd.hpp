// NBD: purchases at a rate of the customer's own, for ever, as a measure of what models with dropout find. Rates are
// gamma distributed (r, alpha) among customers. Ehrenberg 1959, "The pattern of consumer purchases", Applied Statistics
// 8(1).
#pragma once
#include "clv/history.hpp"
#include <cstdint>

namespace cd::clv {

class Nbd {
  public:
    static constexpr const char *name = "nbd";
    static constexpr std::array<const char *, 2> parameter_names{"r", "alpha"};

    explicit Nbd(const Parameters &p) : r_(p[0]), alpha_(p[1]) {}

    // All of these as in clv/history.hpp. The likelihood is that of purchases at the instants where they were, as with
    // the other models, not only of their number.
    static Derivatives log_likelihood(const Parameters &, const Histories &, Poll);
    double log_likelihood(const History &) const;
    double alive(const History &) const { return 1; }
    void purchases(const History &h, std::span<const double> horizons, double *out) const {
        for (std::size_t i = 0; i < horizons.size(); ++i) out[i] = rate(h) * horizons[i];
    }
    void new_purchases(std::span<const double> horizons, double *out) const { purchases({0, 0, 0}, horizons, out); }
    double new_probability(std::uint64_t n, double time) const;
    double residual(const History &h, double discount_rate) const { return rate(h) / discount_rate; }

  private:
    // Mean of the gamma distribution (r + x, alpha + t) of the customer's own rate.
    double rate(const History &h) const { return (r_ + h.x) / (alpha_ + h.t); }

    double r_, alpha_;
};

// ln P(n purchases within t > 0) of a customer who does not drop out: the negative binomial distribution,
//   Gamma(r+n) / (Gamma(r) n!) (alpha / (alpha+t))^r (t / (alpha+t))^n.
double log_nbd(double r, double alpha, double n, double t);

} // namespace cd::clv
