// What buy-till-you-die models look at, and what they are asked. Times are in units of the model.
#pragma once
#include "common/error.hpp"
#include <array>
#include <cstddef>
#include <span>

namespace cd::clv {

// A customer: repeat purchases, the time of the last purchase (0 without a repeat), and the time up to which we know,
// both counted from the first purchase. x is whole, 0 <= t_x <= t.
struct History {
    double x, t_x, t;
};

// Distinct histories, and how many customers have each; ascending by x, then t_x, then t.
struct Histories {
    std::span<const double> x, t_x, t, customers;
    std::size_t size() const { return x.size(); }
    History operator[](std::size_t i) const { return {x[i], t_x[i], t[i]}; }
};

inline constexpr std::size_t max_parameters = 4;
using Parameters = std::array<double, max_parameters>; // those that a model does not have are 0

// A log-likelihood at some parameters, with its first and second derivatives by them (not by their logarithms).
struct Derivatives {
    double value = 0;
    Parameters gradient{};
    std::array<Parameters, max_parameters> hessian{}; // symmetric, both halves filled
};

// A model M of the purchases of customers without a contract has
//   static constexpr const char *name
//   static constexpr std::array<const char *, n> parameter_names      in the order of the literature, all above 0
//   explicit M(const Parameters &)
//   static Derivatives log_likelihood(const Parameters &, const Histories &, Poll)
//       of all customers; exact also where powers leave the range of doubles
//   double log_likelihood(const History &) const                      of one customer
//   double alive(const History &) const                               P(alive at t | history)
//   void purchases(const History &, std::span<const double> horizons, double *out) const
//       expected purchases within each horizon after t, ascending and all at least 0, given the history: alive() times
//       those of a customer who is
//   void new_purchases(std::span<const double> horizons, double *out) const
//       expected repeat purchases of a new customer within each time after the first purchase
//   double new_probability(std::uint64_t n, double time) const        that a new customer makes just n of them
//   double residual(const History &, double rate) const
//       expected purchases after t, for ever, each discounted by e^(-rate * time after t), rate > 0
//
// Relative error of all predictions: 1e-12 at most.

} // namespace cd::clv
