#include "reveal/anomalies.hpp"
#include <array>
#include <gtest/gtest.h>
#include <limits>

using namespace cd;
using namespace cd::reveal;

namespace {

constexpr Bounds usual{100, 1, 90, 14, 0.001, 0.01, 50};

// One role's row count of each day, at ten in the morning, of field 1 and a ticket of that day.
std::vector<Activity> days(std::int32_t first, std::initializer_list<std::int64_t> rows) {
    std::vector<Activity> all;
    for (const std::int64_t n : rows) {
        all.push_back({0, first * 24 + 10, 1, static_cast<std::uint32_t>(first), n, 0});
        ++first;
    }
    return all;
}

std::vector<Anomaly> of_kind(Kind kind, const std::vector<Activity> &activities, const Bounds &bounds = usual) {
    std::vector<Anomaly> found;
    for (const Anomaly &anomaly : anomalies(activities, bounds))
        if (anomaly.kind == kind) found.push_back(anomaly);
    return found;
}

bool refused(Bounds bounds) {
    try {
        check(bounds);
        return false;
    } catch (const Error &error) {
        return std::string(error.state()) == sqlstate::invalid_parameter;
    }
}

} // namespace

// scipy 1.10: poisson.ppf(1 - tail, mean), nbinom.ppf(1 - tail, mean / (dispersion - 1), 1 / dispersion).
TEST(Anomalies, QuantilesOfCounts) {
    EXPECT_EQ(count_quantile(0, 1, 0.001), 0);
    EXPECT_EQ(count_quantile(0.0714, 1, 0.001), 2);
    EXPECT_EQ(count_quantile(1, 1, 0.001), 5);
    EXPECT_EQ(count_quantile(5, 1, 0.001), 13);
    EXPECT_EQ(count_quantile(5, 3, 0.001), 24);
    EXPECT_EQ(count_quantile(0.5, 4, 0.001), 13);
    EXPECT_EQ(count_quantile(100, 1, 0.001), 132);
    EXPECT_EQ(count_quantile(100, 25, 0.001), 325);
    EXPECT_EQ(count_quantile(10000, 1, 1e-6), 10479);
    EXPECT_EQ(count_quantile(10000, 500, 0.001), 18349);
    EXPECT_EQ(count_quantile(1e6, 1, 1e-9), 1006004);
    EXPECT_EQ(count_quantile(70000, 1e5, 0.001), 606373);
    EXPECT_EQ(count_quantile(0.01, 50, 0.01), 0);
    EXPECT_EQ(count_quantile(3, 1.0001, 0.001), 10);
    // Above a dispersion of 1e5 to five digits, in no more time.
    for (const auto [mean, dispersion, limit] :
         {std::array{1e4, 1e6, 1509084.0}, {1e6, 1e8, 150908415.0}, {5e8, 3e8, 2553159485.0}})
        EXPECT_NEAR(static_cast<double>(count_quantile(mean, dispersion, 0.001)), limit, 1e-5 * limit);
}

TEST(Anomalies, RateAgainstTheHistory) {
    // 14 days of 5 rows: no variance, so Poisson with mean 5, whose limit is 13.
    const std::initializer_list<std::int64_t> fives = {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5};
    auto activities = days(86, fives);
    activities.push_back({0, 100 * 24 + 10, 1, 100, 13, 0});
    EXPECT_TRUE(of_kind(Kind::rate, activities).empty());
    activities.push_back({0, 100 * 24 + 11, 1, 101, 1, 0});
    const auto found = of_kind(Kind::rate, activities);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].hour, 2400);
    EXPECT_EQ(found[0].value, 14);
    EXPECT_EQ(found[0].baseline, 5);
    EXPECT_EQ(found[0].threshold, 13);
    EXPECT_EQ(found[0].tickets, 2);
    // A day of history is missing.
    activities.erase(activities.begin());
    EXPECT_TRUE(of_kind(Kind::rate, activities).empty());
    // Unless the role was seen that day.
    activities.push_back({0, 86 * 24, 0, 0, 0, 0});
    EXPECT_EQ(of_kind(Kind::rate, activities).size(), 1u);
}

TEST(Anomalies, RateOfUnevenDays) {
    // Seven days of 0 and seven of 10: mean 5, squares 14 * 25 / 13 = 26.923, dispersion 5.3846.
    // scipy: nbinom.ppf(0.999, 5 / 4.384615384615385, 1 / 5.384615384615385) = 35.
    auto activities = days(86, {10, 0, 10, 0, 10, 0, 10, 0, 10, 0, 10, 0, 10});
    activities.push_back({0, 100 * 24, 1, 1, 35, 0});
    EXPECT_TRUE(of_kind(Kind::rate, activities).empty());
    activities.back().rows = 36;
    const auto found = of_kind(Kind::rate, activities);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_DOUBLE_EQ(found[0].baseline, 5);
    EXPECT_EQ(found[0].threshold, 35);
}

TEST(Anomalies, OnlyTheHistoryThatIsAskedFor) {
    // Days 0 to 8 had 1000 rows; with a history of 90 days before day 100 they do not count.
    std::vector<Activity> activities = days(0, {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000});
    for (std::int32_t day = 9; day < 100; ++day) activities.push_back({0, day * 24, 1, 1, 5, 0});
    activities.push_back({0, 2400, 1, 1, 14, 0});
    EXPECT_EQ(of_kind(Kind::rate, activities).size(), 1u);
    Bounds longer = usual;
    longer.history_days = 100;
    EXPECT_TRUE(of_kind(Kind::rate, activities, longer).empty());
    // Each examined day has its own history.
    Bounds more = usual;
    more.first_day = 99;
    more.days = 2;
    activities.push_back({0, 2399, 1, 1, 20, 0});
    const auto found = of_kind(Kind::rate, activities, more);
    ASSERT_GE(found.size(), 1u);
    EXPECT_EQ(found[0].hour, 99 * 24);
    EXPECT_EQ(found[0].value, 25);
}

TEST(Anomalies, BreadthIsMoreFieldsThanOnAnyDay) {
    auto activities = days(86, {5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5});
    activities.push_back({0, 90 * 24, 2, 7, 1, 0}); // two fields on day 90
    activities.push_back({0, 2410, 1, 100, 1, 0});
    activities.push_back({0, 2411, 2, 101, 1, 0});
    EXPECT_TRUE(of_kind(Kind::breadth, activities).empty());
    activities.push_back({0, 2412, 3, 102, 1, 0});
    const auto found = of_kind(Kind::breadth, activities);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].value, 3);
    EXPECT_EQ(found[0].baseline, 2);
    EXPECT_EQ(found[0].tickets, 3);
}

TEST(Anomalies, HoursThatTheRoleDoesNotWork) {
    // 60 days with activity at 9 and at 10.
    std::vector<Activity> activities;
    for (std::int32_t day = 40; day < 100; ++day)
        for (const std::int32_t hour : {9, 10}) activities.push_back({0, day * 24 + hour, 1, 1, 2, 0});
    for (const std::int32_t hour : {8, 9, 11}) activities.push_back({0, 2400 + hour, 1, 1, 1, 0});
    EXPECT_TRUE(of_kind(Kind::hours, activities).empty()) << "next to an hour of work";
    activities.push_back({0, 2400 + 3, 1, 1, 1, 0});
    activities.push_back({0, 2400 + 23, 1, 1, 1, 0});
    auto found = of_kind(Kind::hours, activities);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].hour, 2403);
    EXPECT_EQ(found[0].baseline, 0);
    EXPECT_EQ(found[1].hour, 2423);
    // Once at three in the night, of then 121 hours: 1 / 121 is below 1 %, and 2 / 122 is not.
    activities.push_back({0, 50 * 24 + 3, 1, 1, 1, 0});
    found = of_kind(Kind::hours, activities);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_DOUBLE_EQ(found[0].baseline, 1.0 / 121);
    activities.push_back({0, 51 * 24 + 3, 1, 1, 1, 0});
    EXPECT_EQ(of_kind(Kind::hours, activities).size(), 1u);
    // Midnight is between 23 and 0.
    for (const std::int32_t day : {52, 53}) activities.push_back({0, day * 24, 1, 1, 1, 0});
    EXPECT_TRUE(of_kind(Kind::hours, activities).empty());
    Bounds more = usual;
    more.min_hours = 1000;
    activities.push_back({0, 2415, 1, 1, 1, 0});
    EXPECT_EQ(of_kind(Kind::hours, activities).size(), 1u);
    EXPECT_TRUE(of_kind(Kind::hours, activities, more).empty());
}

TEST(Anomalies, ACanaryNeedsNoHistory) {
    const auto found = anomalies({{3, 2405, 1, 1, 1, 2}, {3, 2405, 1, 3, 1, 0}, {4, 2405, 1, 2, 1, 0}}, usual);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].kind, Kind::canary);
    EXPECT_EQ(found[0].role, 3u);
    EXPECT_EQ(found[0].value, 2);
    EXPECT_EQ(found[0].tickets, 1);
}

TEST(Anomalies, DaysBefore2000) {
    Bounds early = usual;
    early.first_day = -1;
    // The last hour of 1999-12-31 and the first one of 2000.
    const auto found = anomalies({{0, -1, 1, 1, 1, 1}, {0, 0, 1, 1, 1, 1}}, early);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].hour, -24);
}

TEST(Anomalies, BoundsThatMakeNoSense) {
    EXPECT_FALSE(refused(usual));
    for (const std::int32_t days : {0, -1, 367}) {
        Bounds bounds = usual;
        bounds.days = days;
        EXPECT_TRUE(refused(bounds));
    }
    for (const std::int32_t days : {6, 91}) {
        Bounds bounds = usual;
        bounds.min_days = days;
        EXPECT_TRUE(refused(bounds));
    }
    for (const double share : {0.0, -1.0, 0.2, std::numeric_limits<double>::quiet_NaN()}) {
        Bounds bounds = usual;
        bounds.false_alarms = share;
        EXPECT_TRUE(refused(bounds));
    }
    for (const double share : {0.0, 0.6, std::numeric_limits<double>::quiet_NaN()}) {
        Bounds bounds = usual;
        bounds.rare_share = share;
        EXPECT_TRUE(refused(bounds));
    }
    Bounds bounds = usual;
    bounds.min_hours = -1;
    EXPECT_TRUE(refused(bounds));
}
