#include "reveal/anomalies.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

namespace cd::reveal {

namespace {

constexpr std::int32_t hours_a_day = 24;

std::int32_t day_of(std::int32_t hour) { return hour / hours_a_day - (hour % hours_a_day < 0); }

struct Hour {
    std::int64_t rows = 0;
    std::set<std::uint32_t> tickets;
};
struct Day {
    std::int64_t rows = 0, canaries = 0;
    std::set<std::uint32_t> fields, tickets, canary_tickets;
    std::map<std::int32_t, Hour> hours; // of the day, with activity
};
using Days = std::map<std::int32_t, Day>; // with activity

std::int64_t size_of(const std::set<std::uint32_t> &set) { return static_cast<std::int64_t>(set.size()); }

// The days before one that is examined: those since the role was first seen, also those on which it did nothing.
struct History {
    std::int32_t days = 0;
    double mean = 0, dispersion = 1; // of rows a day
    std::int64_t most_fields = 0;
    std::int64_t hours = 0; // with activity, and how many of them by hour of the day
    std::array<std::int64_t, hours_a_day> by_hour{};
};

History history_before(const Days &days, std::int32_t day, std::int32_t longest) {
    History history;
    const std::int32_t first = std::max(days.begin()->first, day - longest);
    history.days = std::max(0, day - first);
    if (history.days == 0) return history;
    const auto begin = days.lower_bound(first), end = days.lower_bound(day);
    const double n = history.days;
    std::int64_t rows = 0;
    for (auto d = begin; d != end; ++d) {
        rows += d->second.rows;
        history.most_fields = std::max(history.most_fields, size_of(d->second.fields));
        history.hours += static_cast<std::int64_t>(d->second.hours.size());
        for (const auto &[hour, activity] : d->second.hours) ++history.by_hour[static_cast<std::size_t>(hour)];
    }
    history.mean = static_cast<double>(rows) / n;
    if (history.days < 2 || rows == 0) return history;
    double squares = 0;
    std::int32_t active = 0;
    for (auto d = begin; d != end; ++d, ++active) {
        const double difference = static_cast<double>(d->second.rows) - history.mean;
        squares += difference * difference;
    }
    squares += (n - active) * history.mean * history.mean; // days with nothing
    history.dispersion = std::max(1.0, squares / (n - 1) / history.mean);
    return history;
}

void require(bool holds, const char *what, const std::string &seen, const char *hint) {
    if (!holds) throw Error(sqlstate::invalid_parameter, what, seen, hint);
}

class Examination {
  public:
    Examination(const Bounds &bounds, Poll poll, std::vector<Anomaly> &found)
        : bounds_(bounds), poll_(poll), found_(found) {}

    void role(std::uint32_t role, const Days &days) {
        for (auto day = days.lower_bound(bounds_.first_day);
             day != days.end() && day->first - bounds_.first_day < bounds_.days; ++day) {
            poll_();
            examine(role, day->first, day->second, history_before(days, day->first, bounds_.history_days));
        }
    }

  private:
    void examine(std::uint32_t role, std::int32_t number, const Day &day, const History &history) {
        const std::int32_t begin = number * hours_a_day;
        const std::int64_t tickets = size_of(day.tickets);
        if (day.canaries > 0)
            found_.push_back(
                {role, Kind::canary, begin, static_cast<double>(day.canaries), 0, 0, size_of(day.canary_tickets)});
        if (history.days < bounds_.min_days) return;
        // A limit for today's count from a negative binomial with the moments of the history: Noufaily et al. (2013),
        // An improved algorithm for outbreak detection in multiple surveillance systems, Statistics in Medicine 32,
        // 1206-1222, without its trend and seasons.
        const std::int64_t limit = count_quantile(history.mean, history.dispersion, bounds_.false_alarms, poll_);
        if (day.rows > limit)
            found_.push_back({role, Kind::rate, begin, static_cast<double>(day.rows), history.mean,
                              static_cast<double>(limit), tickets});
        // The largest of n former days is a limit that one more day like them exceeds with probability 1 / (n + 1) at
        // most: Hahn and Meeker (1991), Statistical Intervals, section 5.3.
        if (size_of(day.fields) > history.most_fields)
            found_.push_back({role, Kind::breadth, begin, static_cast<double>(size_of(day.fields)),
                              static_cast<double>(history.most_fields), static_cast<double>(history.most_fields),
                              tickets});
        if (history.hours < bounds_.min_hours) return;
        for (const auto &[hour, activity] : day.hours) {
            if (activity.rows == 0) continue;
            // With the hours around it: who stays a little longer is no anomaly.
            std::int64_t near = 0;
            for (const std::int32_t h : {hour + 23, hour, hour + 1})
                near += history.by_hour[static_cast<std::size_t>(h % hours_a_day)];
            const double share = static_cast<double>(near) / static_cast<double>(history.hours);
            if (share < bounds_.rare_share)
                found_.push_back({role, Kind::hours, begin + hour, static_cast<double>(activity.rows), share,
                                  bounds_.rare_share, size_of(activity.tickets)});
        }
    }

    const Bounds &bounds_;
    Poll poll_;
    std::vector<Anomaly> &found_;
};

} // namespace

// Probabilities up to a factor, by p(k+1) / p(k) = (mean + k (dispersion - 1)) / ((k + 1) dispersion): Panjer (1981),
// Recursive evaluation of a family of compound distributions, ASTIN Bulletin 12, 22-26. From the mode downwards, until
// they do not matter, and from there upwards: nothing underflows, and there is no logarithm.
std::int64_t count_quantile(double mean, double dispersion, double tail, Poll poll) {
    if (!(mean > 0)) return 0;
    // The sum has some 40 times as many terms as the dispersion. Where that is more, the distribution is as good as a
    // gamma distribution, and counts in larger units: the result is right to 1e-5 of it, or to within a unit.
    constexpr double finest = 1e5;
    if (dispersion > finest) {
        const double unit = dispersion / finest;
        return static_cast<std::int64_t>(
            std::ceil(unit * static_cast<double>(count_quantile(mean / unit, finest, tail, poll))));
    }
    constexpr double negligible = 1e-17;
    const auto ratio = [mean, dispersion](std::int64_t k) {
        const auto at = static_cast<double>(k);
        return (mean + at * (dispersion - 1)) / ((at + 1) * dispersion);
    };
    // The ratio falls below 1 at k = mean - dispersion.
    const auto mode = static_cast<std::int64_t>(std::max(0.0, mean - dispersion + 1));
    std::int64_t low = mode;
    double at_low = 1;
    for (; low > 0 && at_low > negligible; --low) {
        at_low /= ratio(low - 1);
        poll.every(static_cast<std::size_t>(low));
    }
    double p = at_low, sum = at_low;
    for (std::int64_t k = low; k < mode || p > negligible * sum; ++k) {
        p *= ratio(k);
        sum += p;
        poll.every(static_cast<std::size_t>(k));
    }
    const double wanted = (1 - tail) * sum;
    std::int64_t k = low;
    p = at_low;
    for (double below = at_low; below < wanted && p > 0; ++k) {
        p *= ratio(k);
        below += p;
        poll.every(static_cast<std::size_t>(k));
    }
    return k;
}

void check(const Bounds &bounds) {
    const auto is = [](const char *name, const std::string &value) { return std::string(name) + " is " + value + "."; };
    require(bounds.days >= 1 && bounds.days <= 366, "days must be between 1 and 366",
            is("days", std::to_string(bounds.days)), "It counts the days that are examined, as_of the last of them.");
    require(bounds.min_days >= 7 && bounds.min_days <= bounds.history_days && bounds.history_days <= 3660,
            "min_days must be between 7 and history_days, which may be up to 3660",
            is("min_days", std::to_string(bounds.min_days)) + " " +
                is("history_days", std::to_string(bounds.history_days)),
            "Nobody is measured by a history of less than a week.");
    require(bounds.false_alarms >= 1e-9 && bounds.false_alarms <= 0.1, "false_alarms must be between 1e-9 and 0.1",
            is("false_alarms", digits(bounds.false_alarms)),
            "It is the share of ordinary days that may be called unusual.");
    require(bounds.rare_share > 0 && bounds.rare_share <= 0.5, "rare_share must be above 0, and at most 0.5",
            is("rare_share", digits(bounds.rare_share)),
            "It is the share of a role's activity below which an hour of the day is unusual.");
    require(bounds.min_hours >= 0, "min_hours must be at least 0", is("min_hours", std::to_string(bounds.min_hours)),
            "It counts hours with activity.");
}

std::vector<Anomaly> anomalies(std::vector<Activity> activities, const Bounds &bounds, Poll poll) {
    check(bounds);
    std::map<std::uint32_t, Days> roles;
    std::size_t row = 0;
    for (const Activity &activity : activities) {
        poll.every(row++);
        const std::int32_t number = day_of(activity.hour);
        Day &day = roles[activity.role][number];
        if (activity.rows == 0 && activity.canaries == 0) continue; // the role was seen, no more
        day.rows += activity.rows;
        day.canaries += activity.canaries;
        day.fields.insert(activity.field);
        day.tickets.insert(activity.ticket);
        if (activity.canaries > 0) day.canary_tickets.insert(activity.ticket);
        Hour &hour = day.hours[activity.hour - number * hours_a_day];
        hour.rows += activity.rows;
        hour.tickets.insert(activity.ticket);
    }
    std::vector<Anomaly> found;
    Examination examination(bounds, poll, found);
    for (const auto &[role, days] : roles) examination.role(role, days);
    return found;
}

} // namespace cd::reveal
