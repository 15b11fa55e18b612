// What is known of a customer at a cutoff, from his events before it.
#pragma once
#include "churn/observation.hpp"
#include "math/money.hpp"
#include <array>

namespace cd::churn {

// Of an active period, of everything so far, and of three windows before the cutoff. In this order the columns stand in
// SQL.
enum Feature : std::size_t {
    recency_days,  // since the last event
    tenure_days,   // since the event that began the active period
    lifetime_days, // since the first event
    comebacks,     // active periods before this one
    events_short,  // events in the window
    events_medium,
    events_long,
    days_short, // UTC days with an event
    days_medium,
    days_long,
    amount_short, // sum of the amounts
    amount_medium,
    amount_long,
    amount_mean,        // of the events in the long window that have one
    event_trend,        // events a day in the short window, as a multiple of those in the long one
    amount_trend,       // the same of amounts
    gap_mean_days,      // between days with an event, in the long window
    gap_deviation_days, // their standard deviation, of a sample
    gap_variation,      // that as a multiple of the mean
    silence,            // recency as a multiple of the mean gap
    feature_count
};
// NaN where undefined.
using Features = std::array<double, feature_count>;

struct Windows {
    Span short_window, medium_window, long_window;
};
enum Window : std::size_t { short_window, medium_window, long_window, window_count };
using WindowStarts = std::array<Micros, window_count>;
// A window holds what lies from its start on, before the cutoff.
WindowStarts window_starts(Micros cutoff, const Windows &);

// A customer's events summed up so that any window is a difference. Kept from one customer to the next.
class History {
  public:
    // Whether events have amounts at all; a window without events then has an amount of 0.
    explicit History(bool with_amounts) : with_amounts_(with_amounts) {}
    void read(std::span<const Event> sorted, Poll poll);
    Features at(const Observation &, Micros cutoff, const WindowStarts &) const;

  private:
    struct Until { // of all events up to and with this one
        math::Money amount;
        std::uint32_t with_amount, days;
    };
    struct Day {
        std::int32_t day;
        std::int64_t squares; // of the gaps up to this day
    };
    math::Money amount(std::size_t from, std::size_t to) const;

    bool with_amounts_;
    std::span<const Event> events_;
    std::vector<Until> until_;
    std::vector<Day> days_;
};

} // namespace cd::churn
