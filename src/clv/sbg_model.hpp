// A model of contracts as a value.
#pragma once
#include "clv/part.hpp"
#include "clv/sbg.hpp"
#include "survival/survival.hpp"

namespace cd::clv {

class SbgModel {
  public:
    static constexpr const char *type = "sbg_model";

    SbgModel(std::uint64_t unit, Part part); // the time from a renewal to the next in microseconds
    explicit SbgModel(Bytes flat, Poll poll = {});
    SbgModel(const JsonValue &json, Poll poll);

    std::uint64_t unit() const { return fitted_.unit; }
    const Part &part() const { return fitted_.part; }
    Sbg contract() const { return Sbg(as_parameters(part().parameters)); }

    void tell(Json &json, Poll poll) const;
    std::size_t room() const;
    std::uint8_t *put(std::uint8_t *to) const;

    struct Fitted {
        std::uint64_t unit = 0;
        Part part;
    };

  private:
    const char *fault() const;

    Fitted fitted_;
};

// Customers by how often they renewed, as columns of Lifetimes.
class Contracts {
  public:
    // Durations count renewals: an event at t is a customer who left at the t-th, one without had renewed t times.
    Contracts(const survival::Survival &, Poll);
    // How many there were at first, after one renewal, after two, ...
    explicit Contracts(std::span<const std::int64_t> survivors);

    Lifetimes lifetimes() const { return {t_, churned_, kept_}; }
    double customers() const { return customers_; }

  private:
    void add(double t, double churned, double kept);

    std::vector<double> t_, churned_, kept_;
    double customers_ = 0;
};
Part fit(const Contracts &, std::uint64_t max_iterations, Poll);

} // namespace cd::clv
