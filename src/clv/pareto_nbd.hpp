// Pareto/NBD: purchases come at a rate of the customer's own, until they are gone, which nobody sees. Rates are gamma
// distributed (r, alpha) among customers, and so are those of going (s, beta).
// Schmittlein, Morrison and Colombo 1987, "Counting your customers: who are they and what will they do next?",
// Management Science 33(1); in the notation of Fader and Hardie 2005, "A note on deriving the Pareto/NBD model".
#pragma once
#include "clv/history.hpp"
#include <cstdint>

namespace cd::clv {

class ParetoNbd {
  public:
    static constexpr const char *name = "pareto/nbd";
    static constexpr std::array<const char *, 4> parameter_names{"r", "alpha", "s", "beta"};

    explicit ParetoNbd(const Parameters &p) : r_(p[0]), alpha_(p[1]), s_(p[2]), beta_(p[3]) {}

    // All of these as in clv/history.hpp.
    static Derivatives log_likelihood(const Parameters &, const Histories &, Poll);
    double log_likelihood(const History &) const;
    double alive(const History &) const;
    void purchases(const History &, std::span<const double> horizons, double *out) const;
    void new_purchases(std::span<const double> horizons, double *out) const;
    double new_probability(std::uint64_t n, double time) const;
    double residual(const History &, double rate) const;

  private:
    double r_, alpha_, s_, beta_;
};

} // namespace cd::clv
