// BG/NBD (Fader, Hardie and Lee 2005, Marketing Science 24, 2) and MBG/NBD (Batislam, Denizel and Filiztekin 2007, Int.
// J. of Research in Marketing 24, 3; Hoppe and Wagner 2007, Marketing ZFP 29, JRM 2): customers buy at rates that are
// Gamma(r, alpha), and after each repeat purchase drop out with a probability that is Beta(a, b). In MBG/NBD they may
// do so after the first purchase too.
#pragma once
#include "clv/history.hpp"
#include <cstdint>

namespace cd::clv {

template <bool after_first> class GeometricNbd {
  public:
    static constexpr const char *name = after_first ? "mbg/nbd" : "bg/nbd";
    static constexpr std::array<const char *, 4> parameter_names{"r", "alpha", "a", "b"};

    explicit GeometricNbd(const Parameters &p) : r_(p[0]), alpha_(p[1]), a_(p[2]), b_(p[3]) {}
    static Derivatives log_likelihood(const Parameters &, const Histories &, Poll);
    double log_likelihood(const History &) const;
    double alive(const History &) const;
    void purchases(const History &, std::span<const double> horizons, double *out) const;
    void new_purchases(std::span<const double> horizons, double *out) const;
    double new_probability(std::uint64_t n, double time) const;
    double residual(const History &, double rate) const;

  private:
    // How often a customer could have dropped out.
    static double occasions(double x) { return after_first ? x + 1 : x; }
    double log_stayed(double occasions) const;

    double r_, alpha_, a_, b_;
};
using BgNbd = GeometricNbd<false>;
using MbgNbd = GeometricNbd<true>;

} // namespace cd::clv
