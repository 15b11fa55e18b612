// What purchases are worth: the gamma-gamma model (Fader and Hardie 2013, note 025, brucehardie.com/notes/025). The
// amounts that a customer spends are gamma distributed with shape p, and so is their rate among customers, with shape
// q and rate v; whatever the number of purchases.
#pragma once
#include "clv/history.hpp"
#include <optional>
#include <vector>

namespace cd::clv {

// Distinct numbers of repeat purchases and averages of what was spent at these, and how many customers have each pair;
// ascending by x, then average. x is at least 1, averages are above 0.
struct Spending {
    std::span<const double> x, average, customers;
    std::size_t size() const { return x.size(); }
};

class GammaGamma {
  public:
    static constexpr const char *name = "gamma-gamma";
    static constexpr std::array<const char *, 3> parameter_names{"p", "q", "v"}; // q is above 1

    // What does not depend on parameters, once for all of them. The counts of customers must outlive it.
    class Likelihood {
      public:
        Likelihood(const Spending &, Poll);
        Derivatives operator()(const Parameters &) const;

      private:
        struct Group { // of pairs with the same x
            double x;
            std::size_t end;
            double customers;
        };
        std::span<const double> customers_;
        std::vector<double> inverse_; // of what each customer spent in all
        std::vector<Group> groups_;
        double log_average_ = 0, log_spent_ = 0, all_ = 0; // sums over customers
        Poll poll_;
    };

    explicit GammaGamma(const Parameters &parameters) : p_(parameters[0]), q_(parameters[1]), v_(parameters[2]) {}

    // Expected amount of a purchase; of a customer without repeat purchases it is that of all.
    double spend(double x, double average) const { return p_ * ((v_ + x * average) / (p_ * x + (q_ - 1))); }

  private:
    double p_, q_, v_;
};

// Pearson's correlation of the number of purchases and the average spent, over customers: the model assumes none. With
// an interval by Fisher's z. There is none of fewer than four customers, or if either never varies.
struct Correlation {
    double value, low, high;
};
std::optional<Correlation> correlation(const Spending &, double level, Poll);
// With the interval of another level, of so many customers.
Correlation correlation_of(double r, double customers, double level);

} // namespace cd::clv
