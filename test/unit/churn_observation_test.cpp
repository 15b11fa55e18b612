#include "churn/by_customer.hpp"
#include "churn/churn_features.hpp"
#include "math/random.hpp"
#include <cmath>
#include <gtest/gtest.h>
#include <map>

using namespace cd;
using namespace cd::churn;

namespace {

// From 0 to below.
std::uint64_t draw(math::Random &random, std::uint64_t below) { return random.bits() % below; }

constexpr Micros day = math::day_micros;

struct Row {
    Micros observed_at, active_since;
    std::optional<bool> churned;
    bool operator==(const Row &) const = default;
};

std::vector<Row> observations(const std::vector<Micros> &times, const Schedule &schedule, Micros until) {
    std::vector<Event> events;
    for (const Micros t : times) events.push_back({t, no_amount});
    sort_events(events, {});
    const auto dates = observation_dates(schedule, events.front().at, until, {});
    std::vector<Row> rows;
    each_observation(std::span<const Event>(events), dates, schedule.inactivity, {}, [&](const Observation &seen) {
        rows.push_back({dates[seen.date].at, events[seen.began].at, seen.churned});
        EXPECT_TRUE(seen.known > seen.began && events[seen.known - 1].at < dates[seen.date].cutoff);
        EXPECT_TRUE(seen.known == events.size() || events[seen.known].at >= dates[seen.date].cutoff);
    });
    return rows;
}

// By the words of the definition, date by date.
std::vector<Row> by_definition(std::vector<Micros> times, const Schedule &s, Micros until) {
    std::sort(times.begin(), times.end());
    std::vector<Row> rows;
    const Grid grid(s.every, s.since);
    for (std::int64_t k = s.since ? 0 : -40; k < 900; ++k) {
        const Micros at = grid.at(k), cutoff = math::add(at, s.lead, -1);
        std::vector<Micros> active; // until when, of every event
        for (const Micros t : times) active.push_back(math::add(t, s.inactivity));
        const auto known = std::lower_bound(times.begin(), times.end(), cutoff) - times.begin();
        const auto active_before = [&](std::ptrdiff_t n) {
            return *std::max_element(active.begin(), active.begin() + n);
        };
        if (cutoff > until || known == 0 || active_before(known) < cutoff) continue;
        std::ptrdiff_t first = known - 1, last = known;
        while (first > 0 && active_before(first) >= times[static_cast<std::size_t>(first)]) --first;
        while (last < std::ssize(times) && active_before(last) >= times[static_cast<std::size_t>(last)]) ++last;
        const Micros decided =
            s.horizon ? math::add(at, *s.horizon) : std::max(grid.at(k + 1), math::add(at, s.inactivity));
        std::optional<bool> churned;
        if (decided <= until) churned = active_before(last) < decided;
        rows.push_back({at, times[static_cast<std::size_t>(first)], churned});
    }
    return rows;
}

} // namespace

TEST(ChurnObservation, ByDefinition) {
    math::Random random(11, 0);
    const auto drawn = [&random](int below) {
        return static_cast<std::int32_t>(draw(random, static_cast<std::uint64_t>(below)));
    };
    std::size_t seen = 0, lost = 0, censored = 0;
    for (int round = 0; round < 600; ++round) {
        Schedule s{{drawn(3), 1 + drawn(40), 0},
                   {drawn(2), drawn(2) * drawn(40), drawn(2) * day / 3},
                   {drawn(2), 1 + drawn(30), drawn(2) * day / 5},
                   {},
                   {}};
        if (drawn(2) == 0) s.horizon = Span{drawn(2), 1 + drawn(60), 0};
        if (drawn(2) == 0) s.since = drawn(200) * day + drawn(24) * (day / 24);
        std::vector<Micros> times;
        for (int n = 1 + drawn(20); n > 0; --n) times.push_back(366 * day + drawn(400) * day / (1 + drawn(3)));
        const Micros until = *std::max_element(times.begin(), times.end()) + drawn(90) * day;
        std::vector<Row> rows = observations(times, s, until);
        std::sort(rows.begin(), rows.end(), [](const Row &a, const Row &b) { return a.observed_at < b.observed_at; });
        ASSERT_TRUE(rows == by_definition(times, s, until)) << round;
        seen += rows.size();
        for (const Row &row : rows) ++(!row.churned ? censored : lost), lost -= row.churned && !*row.churned;
    }
    EXPECT_GT(lost, 100u);
    EXPECT_GT(censored, 100u);
    EXPECT_GT(seen, 2000u);
}

TEST(ChurnObservation, TooManyDates) {
    EXPECT_THROW(observation_dates({{0, 1, 0}, {}, {0, 0, 1}, {}, {}}, 0, day, {}), Error);
    // A lead of years is no reason to walk through them.
    EXPECT_EQ(observation_dates({{0, 1, 0}, {0, 36'500, 0}, {0, 0, 1}, {}, {}}, 0, 10, {}).size(), 10u);
    EXPECT_THROW(observation_dates({{0, 1, 0}, {1200, 0, 0}, {0, 0, 1}, {}, {}}, 0, 10, {}), Error);
    EXPECT_TRUE(observation_dates({{0, 1, 0}, {}, {1, 0, 0}, {}, math::end_of_time - 1}, 0, day, {}).empty());
}

// Gaps of 2, 4 and 9 days, one event before the window; two events on the last day.
TEST(ChurnFeatures, OfOneCustomer) {
    const std::vector<Event> events = {{0, 1000},         {20 * day, 0.10},     {22 * day, no_amount},
                                       {26 * day, -0.30}, {35 * day + 1, 0.20}, {35 * day + 2, 0.20},
                                       {50 * day, 7}};
    History history(true);
    history.read(events, {});
    const Micros cutoff = 40 * day;
    const WindowStarts starts = window_starts(cutoff, {{0, 5, 0}, {0, 14, 0}, {0, 20, 0}});
    const Features f = history.at({0, 1, 6, 1, {}}, cutoff, starts);
    EXPECT_DOUBLE_EQ(f[recency_days], 5 - 2.0 / static_cast<double>(day));
    EXPECT_EQ(f[tenure_days], 20);
    EXPECT_EQ(f[lifetime_days], 40);
    EXPECT_EQ(f[comebacks], 1);
    EXPECT_EQ(f[events_short], 2);
    EXPECT_EQ(f[events_medium], 3);
    EXPECT_EQ(f[events_long], 5);
    EXPECT_EQ(f[days_short], 1);
    EXPECT_EQ(f[days_medium], 2);
    EXPECT_EQ(f[days_long], 4);
    EXPECT_EQ(f[amount_short], 0.4);
    EXPECT_EQ(f[amount_medium], 0.1);
    EXPECT_EQ(f[amount_long], 0.2); // the thousand before left no trace
    EXPECT_EQ(f[amount_mean], 0.05);
    EXPECT_DOUBLE_EQ(f[event_trend], (2 / 5.0) / (5 / 20.0));
    EXPECT_DOUBLE_EQ(f[amount_trend], (0.4 / 5) / (0.2 / 20));
    EXPECT_EQ(f[gap_mean_days], 5);
    EXPECT_DOUBLE_EQ(f[gap_deviation_days], std::sqrt((9 + 1 + 16) / 2.0));
    EXPECT_DOUBLE_EQ(f[gap_variation], std::sqrt(13) / 5);
    EXPECT_DOUBLE_EQ(f[silence], f[recency_days] / 5);
}

TEST(ChurnFeatures, UndefinedIsMissing) {
    const std::vector<Event> events = {{0, no_amount}};
    for (const bool with_amounts : {false, true}) {
        History history(with_amounts);
        history.read(events, {});
        const Features f =
            history.at({0, 0, 1, 0, {}}, 10 * day, window_starts(10 * day, {{0, 5, 0}, {0, 6, 0}, {0, 7, 0}}));
        EXPECT_EQ(f[events_long], 0);
        EXPECT_EQ(std::isnan(f[amount_long]), !with_amounts);
        for (const Feature undefined :
             {amount_mean, event_trend, amount_trend, gap_mean_days, gap_deviation_days, gap_variation, silence})
            EXPECT_TRUE(std::isnan(f[undefined])) << undefined;
    }
}

TEST(ByCustomer, GathersAndSorts) {
    std::pmr::monotonic_buffer_resource memory;
    ByCustomer<int> rows(&memory, SIZE_MAX, {});
    std::map<std::string, std::vector<int>> expected;
    math::Random random(3, 0);
    for (int i = 0; i < 100'000; ++i) {
        // Ids that share their first letters, of bytes above 127, one the beginning of another, and the empty one.
        std::string id(draw(random, 12), 'x');
        for (char &letter : id)
            if (draw(random, 4) == 0) letter = static_cast<char>(draw(random, 2) == 0 ? 0xff : 'y');
        rows.add(id, i);
        expected[id].push_back(i);
    }
    EXPECT_EQ(rows.rows(), 100'000u);
    auto next = expected.begin(); // std::string compares bytes, as std::string_view does
    rows.each([&](std::string_view id, std::span<int> mine) {
        ASSERT_NE(next, expected.end());
        ASSERT_EQ(id, next->first);
        ASSERT_TRUE(std::equal(mine.begin(), mine.end(), next->second.begin(), next->second.end()));
        ++next;
    });
    EXPECT_EQ(next, expected.end());
}

TEST(ByCustomer, Limit) {
    std::pmr::monotonic_buffer_resource memory;
    ByCustomer<Event> rows(&memory, 4 << 20, {});
    EXPECT_THROW(for (int i = 0; i < 1'000'000; ++i) rows.add(std::to_string(i), Event{}), Error);
    ByCustomer<Event> none(&memory, 0, {});
    none.each([](std::string_view, std::span<Event>) { FAIL(); });
}
