#include "churn/retention.hpp"

namespace cd::churn {

namespace {

std::optional<double> share(double part, double whole) {
    if (!(whole > 0)) return std::nullopt;
    return part / whole;
}

} // namespace

math::Money Period::retained() const { return revenue - lost - contraction + expansion; }
std::optional<double> Period::churn_rate() const {
    return share(static_cast<double>(churned), static_cast<double>(customers));
}
std::optional<double> Period::net_retention() const { return share(retained().value(), revenue.value()); }
std::optional<double> Period::gross_retention() const {
    return share((revenue - lost - contraction).value(), revenue.value());
}

std::size_t Retention::first_date_from(Micros t) const {
    return static_cast<std::size_t>(std::lower_bound(dates_.begin(), dates_.end(), t) - dates_.begin());
}

void Retention::add(std::span<const Subscription> subscriptions, Poll poll) {
    steps_.clear();
    for (const Subscription &s : subscriptions) {
        poll.every(steps_.size());
        // Active at the dates from its start on, before its end.
        const std::size_t from = first_date_from(s.starts_at), to = first_date_from(s.ends_at);
        if (from >= to) continue;
        const math::Money amount = math::Money(s.amount);
        steps_.push_back({from, 1, amount});
        if (to < dates_.size()) steps_.push_back({to, -1, math::Money() - amount});
    }
    math::polled(
        steps_.size(), poll, [](const Step &a, const Step &b) { return a.date < b.date; },
        [this](auto less) { std::sort(steps_.begin(), steps_.end(), less); });
    std::int32_t active = 0;
    math::Money revenue;
    for (auto step = steps_.begin(); step != steps_.end();) {
        const std::size_t date = step->date;
        const bool was_active = active > 0;
        const math::Money before = revenue;
        for (; step != steps_.end() && step->date == date; ++step) {
            active += step->subscriptions;
            revenue += step->amount;
        }
        if (active == 0) revenue = {};
        const math::Money difference = revenue - before;
        Change &change = changes_[date];
        change.customers += (active > 0) - was_active;
        change.revenue += difference;
        if (was_active && active == 0) {
            ++change.churned;
            change.lost += before;
        } else if (!was_active) {
            ++change.joined;
            change.joined_revenue += revenue;
        } else if (difference.value() < 0) {
            change.contraction += before - revenue;
        } else {
            change.expansion += difference;
        }
    }
}

std::vector<Period> Retention::periods() const {
    std::vector<Period> all;
    std::int64_t customers = 0;
    math::Money revenue;
    for (std::size_t i = 0; i + 1 < dates_.size(); ++i) {
        customers += changes_[i].customers;
        revenue += changes_[i].revenue;
        const Change &next = changes_[i + 1];
        all.push_back({dates_[i], dates_[i + 1], customers, next.churned, next.joined, revenue, next.lost,
                       next.contraction, next.expansion, next.joined_revenue});
    }
    return all;
}

std::vector<Micros> period_dates(const Span &every, const std::optional<Micros> &since, Micros first, Micros until,
                                 Poll poll) {
    const Grid grid(every, since);
    // The last date at or before the first start, unless dates begin later.
    std::int64_t k = grid.first([first](Micros t) { return t > first; });
    if (k > 0 || !since) --k;
    std::vector<Micros> dates;
    for (; grid.at(k) <= until; ++k) {
        poll.every(dates.size());
        if (grid.at(k) == INT64_MIN) continue;
        if (dates.size() == max_dates) refuse_dates();
        dates.push_back(grid.at(k));
    }
    return dates;
}

} // namespace cd::churn
