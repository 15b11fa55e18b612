#include "churn/churn_features.hpp"
#include <cmath>

namespace cd::churn {

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

// The range of times is wider than that of their differences.
double days(Micros from, Micros to) {
    return static_cast<double>(static_cast<__int128>(to) - from) / static_cast<double>(math::day_micros);
}
double ratio(double a, double b) {
    const double result = a / b;
    return b > 0 && std::isfinite(result) ? result : undefined;
}

} // namespace

WindowStarts window_starts(Micros cutoff, const Windows &windows) {
    return {math::add(cutoff, windows.short_window, -1), math::add(cutoff, windows.medium_window, -1),
            math::add(cutoff, windows.long_window, -1)};
}

void History::read(std::span<const Event> sorted, Poll poll) {
    events_ = sorted;
    until_.clear();
    until_.reserve(sorted.size()); // to grow would be to copy, which nobody can cancel
    days_.clear();
    Until all{{}, 0, 0};
    for (const Event &event : sorted) {
        poll.every(until_.size());
        const auto day = static_cast<std::int32_t>(math::day_at(event.at));
        if (days_.empty() || days_.back().day != day) {
            const std::int64_t gap = days_.empty() ? 0 : std::int64_t{day} - days_.back().day;
            days_.push_back({day, (days_.empty() ? 0 : days_.back().squares) + gap * gap});
        }
        all.days = static_cast<std::uint32_t>(days_.size());
        if (!std::isnan(event.amount)) {
            all.amount += math::Money(event.amount);
            ++all.with_amount;
        }
        until_.push_back(all);
    }
}

math::Money History::amount(std::size_t from, std::size_t to) const {
    return from == 0 ? until_[to - 1].amount : until_[to - 1].amount - until_[from - 1].amount;
}

Features History::at(const Observation &seen, Micros cutoff, const WindowStarts &starts) const {
    Features f;
    f.fill(undefined);
    f[recency_days] = days(events_[seen.known - 1].at, cutoff);
    f[tenure_days] = days(events_[seen.began].at, cutoff);
    f[lifetime_days] = days(events_[0].at, cutoff);
    f[comebacks] = static_cast<double>(seen.earlier);
    const auto known = events_.first(seen.known);
    for (std::size_t window = 0; window < window_count; ++window) {
        const auto from = static_cast<std::size_t>(std::lower_bound(known.begin(), known.end(), starts[window],
                                                                    [](const Event &e, Micros t) { return e.at < t; }) -
                                                   known.begin());
        const std::size_t to = seen.known;
        f[events_short + window] = static_cast<double>(to - from);
        if (from == to) {
            f[days_short + window] = 0;
            if (with_amounts_) f[amount_short + window] = 0;
            continue;
        }
        const Day *const first = &days_[until_[from].days - 1], *const last = &days_[until_[to - 1].days - 1];
        f[days_short + window] = static_cast<double>(last - first + 1);
        const std::uint32_t with_amount = until_[to - 1].with_amount - (from == 0 ? 0 : until_[from - 1].with_amount);
        if (with_amount > 0) f[amount_short + window] = amount(from, to).value();
        if (window != long_window) continue;
        f[amount_mean] = ratio(f[amount_long], with_amount);
        const auto gaps = static_cast<std::int64_t>(last - first);
        if (gaps < 1) continue;
        const std::int64_t sum = std::int64_t{last->day} - first->day;
        f[gap_mean_days] = static_cast<double>(sum) / static_cast<double>(gaps);
        f[silence] = f[recency_days] / f[gap_mean_days];
        if (gaps < 2) continue;
        // n squares - sum^2 is whole, so that equal gaps have no deviation.
        const auto n = static_cast<__int128>(gaps);
        const __int128 spread = n * (last->squares - first->squares) - static_cast<__int128>(sum) * sum;
        f[gap_deviation_days] =
            std::sqrt(static_cast<double>(spread) / (static_cast<double>(gaps) * static_cast<double>(gaps - 1)));
        f[gap_variation] = f[gap_deviation_days] / f[gap_mean_days];
    }
    // A window that reaches back behind the first event counts from there.
    const auto length = [&](Window window) { return days(std::max(starts[window], events_[0].at), cutoff); };
    const double lengths = length(long_window) / length(short_window);
    f[event_trend] = ratio(f[events_short] * lengths, f[events_long]);
    f[amount_trend] = ratio(f[amount_short] * lengths, f[amount_long]);
    return f;
}

} // namespace cd::churn
