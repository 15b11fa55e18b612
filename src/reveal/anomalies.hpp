// Reveals that are unlike what a role did before. Days and hours are those of UTC.
#pragma once
#include "common/error.hpp"
#include <cstdint>
#include <vector>

namespace cd::reveal {

// What a role revealed of a field on a ticket within an hour. Roles, fields and tickets are numbered by the caller.
struct Activity {
    std::uint32_t role;
    std::int32_t hour; // since 2000-01-01
    std::uint32_t field, ticket;
    std::int64_t rows, canaries;
};

struct Bounds {
    std::int32_t first_day, days;        // that are examined, since 2000-01-01
    std::int32_t history_days, min_days; // before each of them: at most so many, and at least
    double false_alarms;                 // of a day's count, by chance
    double rare_share;                   // of an hour of the day in the activity of a role
    std::int64_t min_hours;              // of activity in the history, before an hour can be called rare
};

enum class Kind { rate, breadth, hours, canary };

struct Anomaly {
    std::uint32_t role;
    Kind kind;
    std::int32_t hour;                 // its day or hour begins
    double value, baseline, threshold; // threshold: what would have been no anomaly yet
    std::int64_t tickets;
};

// Throws 22023 where they make no sense; first_day may be any.
void check(const Bounds &);
// Ordered by role and time.
std::vector<Anomaly> anomalies(std::vector<Activity>, const Bounds &, Poll = {});

// The smallest k with P(X <= k) >= 1 - tail, where X counts with this mean and variance = dispersion * mean: negative
// binomial, or Poisson where dispersion is 1.
std::int64_t count_quantile(double mean, double dispersion, double tail, Poll = {});

} // namespace cd::reveal
