// What a customer's purchases within a horizon are worth today: a sum over periods of one unit, each discounted from
// its end. The sum is taken by a quadrature of its own, which needs fewer terms than there are periods.
#pragma once
#include "common/error.hpp"
#include <map>
#include <span>
#include <vector>

namespace cd::clv {

class Horizon {
  public:
    // In units, not longer than max_periods. A purchase after time t is worth e^(-force t), force >= 0.
    static constexpr double max_periods = 1e6;
    Horizon(double length, double force, Poll poll);

    double length() const { return length_; }

    // The sum over periods k of (f(t_k) - f(t_(k-1))) e^(-force t_k) with f(0) = 0, t_k = min(k, length): f is called
    // with times and gives the expected purchases up to them. It has to be analytic but for t <= -singular; 0 if it is
    // not.
    template <class F> double sum(double singular, F &&f) {
        const Rule &rule = rule_for(singular);
        values_.resize(rule.at.size());
        f(std::span<const double>(rule.at), values_.data());
        double total = 0;
        for (std::size_t i = rule.at.size(); i-- > 0;) total += rule.weight[i] * values_[i];
        return total;
    }

  private:
    struct Rule {
        std::vector<double> at, weight; // ascending times
    };
    const Rule &rule_for(double singular);
    void add_gauss(Rule &, std::size_t from, std::size_t to, std::size_t nodes) const;
    Rule graded(double singular) const;

    double length_;
    Poll poll_;
    // Made when needed: rules with so many times in one piece, and in pieces for singularities 2^i away.
    std::map<std::size_t, Rule> rules_;
    std::map<int, Rule> graded_;
    Rule periods_; // all of them
    std::vector<double> values_;
};

} // namespace cd::clv
