// Churn and retention of subscriptions, from one date to the next.
//
// A subscription is active at d if it starts at or before d and ends after d, or has no end; several of one customer
// are one, with the sum of their amounts. Of the customers who are active at the start of a period, those who are not
// at its end have churned (Gold, Fighting Churn with Data, 2020, chapter 2). Net retention is the revenue that the
// others bring at its end, as a share of all revenue at its start; gross retention leaves out what they bring more.
#pragma once
#include "churn/observation.hpp"
#include "math/money.hpp"

namespace cd::churn {

struct Subscription {
    Micros starts_at, ends_at; // the largest number where there is no end
    double amount;             // 0 where there is none
};
inline constexpr Micros no_end = INT64_MAX;

struct Period {
    Micros start, end;
    std::int64_t customers = 0, churned = 0, joined = 0;               // at its start; of them; new ones at its end
    math::Money revenue, lost, contraction, expansion, joined_revenue; // the same of amounts
    // Of those who were there at its start.
    math::Money retained() const;
    std::optional<double> churn_rate() const;
    std::optional<double> net_retention() const;
    std::optional<double> gross_retention() const;
};

class Retention {
  public:
    // Dates ascend; there is a period between each and the next.
    explicit Retention(std::vector<Micros> dates) : dates_(std::move(dates)), changes_(dates_.size()) {}

    // All subscriptions of one customer.
    void add(std::span<const Subscription>, Poll);
    std::vector<Period> periods() const;

  private:
    struct Change { // of what is active at a date, against the date before
        std::int64_t customers = 0, churned = 0, joined = 0;
        math::Money revenue, lost, contraction, expansion, joined_revenue;
    };
    struct Step { // of one customer
        std::size_t date;
        std::int32_t subscriptions;
        math::Money amount;
    };
    std::size_t first_date_from(Micros) const;

    std::vector<Micros> dates_;
    std::vector<Change> changes_;
    std::vector<Step> steps_;
};

// The dates whose periods hold what begins at `first` and ends at or before `until`.
std::vector<Micros> period_dates(const Span &every, const std::optional<Micros> &since, Micros first, Micros until,
                                 Poll);

} // namespace cd::churn
