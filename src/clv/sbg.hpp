// Contracts that are renewed or not: the shifted beta-geometric model (Fader and Hardie 2007, Journal of Interactive
// Marketing 21(1)). Each customer leaves at every renewal with the same probability, and that is Beta(alpha, beta)
// among customers.
#pragma once
#include "clv/history.hpp"

namespace cd::clv {

// How many customers left at their t-th renewal, and how many had renewed t times when they were last seen. The t are
// distinct and ascend; at 0 nobody leaves.
struct Lifetimes {
    std::span<const double> t, churned, kept;
    std::size_t size() const { return t.size(); }
};

class Sbg {
  public:
    static constexpr const char *name = "sbg";
    static constexpr std::array<const char *, 2> parameter_names{"alpha", "beta"};
    static constexpr double max_renewals = 1e6, min_discount = 1e-9;

    explicit Sbg(const Parameters &parameters) : alpha_(parameters[0]), beta_(parameters[1]) {}

    // Takes time that grows with the largest t; that is at most max_renewals.
    static Derivatives log_likelihood(const Parameters &, const Lifetimes &, Poll);

    // Of a new customer: to renew at least t times; to leave at the t-th renewal.
    double survival(double t) const;
    double leaving(double t) const;
    // Of one who has come as far as the t-th renewal: to renew then.
    double retention(double t) const { return (beta_ + (t - 1)) / (alpha_ + beta_ + (t - 1)); }
    // Of one who has renewed so many times: expected renewals at as many occasions as are ahead, whole numbers that
    // ascend; `out` may be where they are.
    void renewals(double renewed, std::span<const double> ahead, double *out) const;
    // The same of all occasions, each divided by (1 + discount)^k if k more come before it. (Fader and Hardie 2010,
    // Marketing Science 29(1): DERL. A new customer's DEL is 1, for the first contract, and this by 1 + discount.)
    // Without discount it is infinite if alpha is at most 1; a discount between 0 and min_discount is refused.
    double residual(double renewed, double discount) const;

  private:
    double log_survival(double renewed, double ahead) const;
    double long_renewals(double renewed, double ahead) const;
    double alpha_, beta_;
};

} // namespace cd::clv
