// Purchases without a contract at discrete opportunities, such as the issues of a magazine or the evenings of a yearly
// appeal: the beta-geometric/beta-Bernoulli model (Fader, Hardie and Shang 2010, Marketing Science 29(6)). While a
// customer is alive each opportunity is taken with the same probability, Beta(alpha, beta) among customers; before
// each of them the customer may depart for good, with the same probability, Beta(gamma, delta) among customers.
#pragma once
#include "clv/history.hpp"
#include "clv/sbg.hpp"

namespace cd::clv {

// Times count opportunities since the first purchase: x of t were taken, the last of these was number t_x, all are
// whole and x <= t_x <= t. Of horizons the whole part counts. A customer is alive() who has not departed before the
// next opportunity either.
class BgBb {
  public:
    static constexpr const char *name = "bg/bb";
    static constexpr std::array<const char *, 4> parameter_names{"alpha", "beta", "gamma", "delta"};
    static constexpr double max_opportunities = 1e5;

    explicit BgBb(const Parameters &parameters)
        : alpha_(parameters[0]), beta_(parameters[1]), gamma_(parameters[2]), delta_(parameters[3]),
          life_({parameters[2], parameters[3]}) {}

    // Takes time that grows with the number of histories, and for each distinct x with the largest t; that is at most
    // max_opportunities.
    static Derivatives log_likelihood(const Parameters &, const Histories &, Poll);

    // The others take time that grows with t - t_x, and t has the same bound.
    double log_likelihood(const History &) const;
    double alive(const History &) const;
    void purchases(const History &, std::span<const double> horizons, double *out) const;
    void new_purchases(std::span<const double> horizons, double *out) const;
    double new_probability(std::uint64_t n, double time) const;
    double residual(const History &, double rate) const; // the rate is at least Sbg::min_discount

  private:
    struct Weights { // of the two ways in which a history may have come about, in the same unit
        double departed, alive;
        double share_alive() const { return alive / (departed + alive); }
    };
    Weights weights(const History &) const;
    double ratio(double x, double k) const;
    double log_first(double x, double k) const;
    double rate_of(const History &h) const { return (alpha_ + h.x) / (alpha_ + beta_ + h.t); }

    double alpha_, beta_, gamma_, delta_;
    Sbg life_; // a contract that is not signed, renewed at each opportunity
};

} // namespace cd::clv
