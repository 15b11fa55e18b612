// Whom a shop could have observed when, and who was lost then: labels for models of churn.
//
// A customer is active from an event until `inactivity` after it; events without a longer gap between them make one
// active period (Gold, Fighting Churn with Data, 2020, chapter 4). On each date of a fixed calendar every customer is
// observed who was active at the cutoff, which is the date less `lead`, the time that is needed to act. Only events
// before the cutoff decide whether there is an observation, and what is known of the customer. He has churned if his
// active period is over when the date's fate is decided, `horizon` after it; without a horizon that is on the next
// date, and not earlier than `inactivity` after this one. As long as that lies behind the end of the data, all
// observations of the date are censored: a label for those whose fate shows early would be a choice by their fate.
#pragma once
#include "common/error.hpp"
#include "math/calendar.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace cd::churn {

using math::Micros;
using math::Span;

struct Event {
    Micros at;
    double amount; // NaN where there is none
};
inline constexpr double no_amount = std::numeric_limits<double>::quiet_NaN();

struct Schedule {
    Span inactivity, lead, every;
    std::optional<Span> horizon;
    std::optional<Micros> since; // the first date; without it dates are counted from 2001-01-01, a Monday
};

struct ObservationDate {
    Micros at, cutoff, decided;
    bool censored;
};
inline constexpr std::size_t max_dates = 1'000'000;
[[noreturn]] void refuse_dates();

// A calendar: origin + k every. The months of the k-th date are counted from the origin, so that the 31st comes back.
class Grid {
  public:
    Grid(const Span &every, const std::optional<Micros> &since);
    Micros at(std::int64_t k) const { return math::add(origin_, every_, k); }
    // The least k, not below 0 where there is a first date, whose time fulfils what all later ones fulfil too.
    template <class Fulfils> std::int64_t first(Fulfils &&fulfils) const {
        // at() never falls, and leaves the range of times on both sides.
        constexpr std::int64_t far = std::int64_t{1} << 61;
        std::int64_t no = bounded_ ? -1 : -far, yes = far;
        while (yes - no > 1) {
            const std::int64_t middle = no + (yes - no) / 2;
            (fulfils(at(middle)) ? yes : no) = middle;
        }
        return yes;
    }

  private:
    Span every_;
    Micros origin_;
    bool bounded_;
};

// The dates on which there may be an observation, where the events that are known lie between these times; in the order
// of their cutoffs.
std::vector<ObservationDate> observation_dates(const Schedule &, Micros first_event, Micros until, Poll);

struct Observation {
    std::size_t date;
    std::size_t began;           // the event that began the active period
    std::size_t known;           // how many events lie before the cutoff
    std::size_t earlier;         // active periods before this one
    std::optional<bool> churned; // unless censored
};

inline void sort_events(std::span<Event> events, Poll poll) {
    const auto less = [](const Event &a, const Event &b) { return a.at < b.at; };
    if (std::is_sorted(events.begin(), events.end(), less)) return;
    math::polled(events.size(), poll, less, [events](auto order) { std::sort(events.begin(), events.end(), order); });
}

// Calls visit(observation) for one customer, whose events are sorted, date by date.
template <class Visit>
void each_observation(std::span<const Event> events, std::span<const ObservationDate> dates, const Span &inactivity,
                      Poll poll, Visit &&visit) {
    std::size_t known = 0, earlier = 0;
    auto date = dates.begin();
    for (std::size_t began = 0, end; began < events.size(); began = end, ++earlier) {
        Micros active_until = math::add(events[began].at, inactivity);
        for (end = began + 1; end < events.size() && events[end].at <= active_until; ++end) {
            poll.every(end);
            active_until = std::max(active_until, math::add(events[end].at, inactivity));
        }
        date = std::upper_bound(date, dates.end(), events[began].at,
                                [](Micros t, const ObservationDate &d) { return t < d.cutoff; });
        for (; date != dates.end() && date->cutoff <= active_until; ++date) {
            const auto number = static_cast<std::size_t>(date - dates.begin());
            poll.every(number);
            known = static_cast<std::size_t>(
                std::lower_bound(events.begin() + static_cast<std::ptrdiff_t>(std::max(known, began)),
                                 events.begin() + static_cast<std::ptrdiff_t>(end), date->cutoff,
                                 [](const Event &e, Micros t) { return e.at < t; }) -
                events.begin());
            std::optional<bool> churned;
            if (!date->censored) churned = active_until < date->decided;
            visit(Observation{number, began, known, earlier, churned});
        }
    }
}

} // namespace cd::churn
