#include "churn/observation.hpp"

namespace cd::churn {

Grid::Grid(const Span &every, const std::optional<Micros> &since)
    : every_(every), origin_(since.value_or(366 * math::day_micros)), bounded_(since.has_value()) {}

void refuse_dates() {
    throw Error(sqlstate::program_limit, "there are too many dates",
                "There are more than " + std::to_string(max_dates) + " from the first row on.",
                "Give a longer interval as every, or a later time as since.");
}

std::vector<ObservationDate> observation_dates(const Schedule &schedule, Micros first_event, Micros until, Poll poll) {
    const Grid grid(schedule.every, schedule.since);
    std::vector<ObservationDate> dates;
    const auto cutoff = [&schedule](Micros t) { return math::add(t, schedule.lead, -1); };
    // A lead of months may turn the order of cutoffs within a day.
    const Micros turned = schedule.lead.months == 0 ? 0 : math::day_micros;
    std::size_t rounds = 0;
    for (std::int64_t k = grid.first([&](Micros t) { return cutoff(t) > first_event - turned; });; ++k) {
        poll.every(rounds);
        ObservationDate date{grid.at(k), cutoff(grid.at(k)), 0, false};
        if (date.at >= math::end_of_time || date.cutoff > until + turned) break;
        if (rounds++ == max_dates) refuse_dates();
        if (date.cutoff <= first_event || date.cutoff > until) continue;
        date.decided = schedule.horizon ? math::add(date.at, *schedule.horizon)
                                        : std::max(grid.at(k + 1), math::add(date.at, schedule.inactivity));
        date.censored = date.decided > until;
        dates.push_back(date);
    }
    const auto less = [](const ObservationDate &a, const ObservationDate &b) { return a.cutoff < b.cutoff; };
    if (!std::is_sorted(dates.begin(), dates.end(), less)) std::stable_sort(dates.begin(), dates.end(), less);
    return dates;
}

} // namespace cd::churn
