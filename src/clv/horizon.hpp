// What a customer's purchases within a horizon are worth today: a sum over periods of one unit, each discounted from
// its end. The sum is taken by a quadrature of its own, which needs fewer terms than there are periods.
#pragma once
#include "common/error.hpp"
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace cd::clv {

class Horizon {
  public:
    // In units, not longer than max_periods. A purchase after time t is worth e^(-force t), force >= 0.
    static constexpr double max_periods = 1e6;
    Horizon(double length, double force, Poll poll);

    double length() const { return length_; }

    // A function that is analytic but for t <= -singular, and grows like (t + singular)^-power on its way there; with
    // singular = 0 it is not.
    struct Smoothness {
        double singular, power;
    };
    // The sum over periods k of (f(t_k) - f(t_(k-1))) e^(-force t_k) with f(0) = 0, t_k = min(k, length): f is called
    // with times and gives the expected purchases up to them.
    template <class F> double sum(const Smoothness &smoothness, F &&f) {
        const Rule &rule = rule_for(smoothness);
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
    struct Shorter {
        double singular; // that it is good enough for
        Rule rule;       // made when needed
    };
    const Rule &rule_for(const Smoothness &);
    double reach(const Smoothness &) const;
    double least_singular(std::size_t n) const;
    void add_gauss(Rule &, std::size_t from, std::size_t to, std::size_t nodes) const;
    Rule graded(double singular, double power) const;

    double length_;
    Poll poll_;
    Rule periods_;               // all of them
    std::vector<Shorter> rules_; // with 4, 8, 12, ... times
    // In pieces, for singularities at least 2^first away and powers of second; made when needed.
    std::map<std::pair<int, double>, Rule> graded_;
    std::vector<double> values_;
};

} // namespace cd::clv
