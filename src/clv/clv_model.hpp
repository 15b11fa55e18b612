// A model of purchases, and of what they are worth, as a value.
#pragma once
#include "clv/customers.hpp"
#include "clv/gamma_gamma.hpp"
#include "clv/horizon.hpp"
#include "clv/part.hpp"
#include "clv/process.hpp"

namespace cd::clv {

// A model that was compared with others.
struct Candidate {
    Process process;
    double aic;
    bool converged;
};

struct Fitted {
    std::uint64_t unit = 0; // microseconds
    Process process = Process::bg_nbd;
    Part purchases;
    std::optional<Part> spend;
    std::optional<double> correlation; // of purchases and average amounts, which the model takes to be independent
    std::vector<Candidate> candidates; // none if the model was named
};

struct Estimate {
    double value, std_error, low, high;
};

class ClvModel {
  public:
    static constexpr const char *type = "clv_model";

    explicit ClvModel(Fitted fitted);
    explicit ClvModel(Bytes flat, Poll poll = {});
    ClvModel(const JsonValue &json, Poll poll);

    const Fitted &fitted() const { return fitted_; }
    Micros unit() const { return static_cast<Micros>(fitted_.unit); }
    bool discrete() const { return is_discrete(fitted_.process); }

    // Histories are checked, and of opportunities if the model is discrete; lengths are in units.
    void check(const History &) const;
    double alive(const History &) const;
    double purchases(const History &, double length) const;
    double new_purchases(double length) const;
    void new_purchases(std::span<const double> lengths, double *out) const; // that ascend
    double new_probability(std::uint64_t n, double length) const;
    double residual(const History &, double force) const;
    double spend(double x, double average) const; // average matters only if x > 0
    double value(const History &, double average, Horizon &) const;
    // From the covariance of the parameters (delta method), for the logarithm of the value, which is above 0.
    Estimate value_interval(const History &, double average, Horizon &, double confidence) const;
    bool has_covariance() const;

    void tell(Json &json, Poll poll) const;
    std::size_t room() const;
    std::uint8_t *put(std::uint8_t *to) const;

  private:
    void prepare();
    const char *fault() const;

    Fitted fitted_;
    std::optional<Purchases> purchases_;
    std::optional<GammaGamma> spend_;
};

inline constexpr Parameters spend_bounds{0, 1, 0}; // q <= 1 would have no mean

} // namespace cd::clv
