#include "math/calendar.hpp"
#include "math/random.hpp"
#include <gtest/gtest.h>

using namespace cd::math;

namespace {

// From 0 to below.
std::uint64_t draw(Random &random, std::uint64_t below) { return random.bits() % below; }

Micros at(std::int64_t year, std::int32_t month, std::int32_t day, std::int64_t micros = 0) {
    return day_of({year, month, day}) * day_micros + micros;
}

} // namespace

TEST(Calendar, DatesAndDays) {
    EXPECT_EQ(day_of({2000, 1, 1}), 0);
    EXPECT_EQ(day_of({2001, 1, 1}), 366);         // 2000 is a leap year
    EXPECT_EQ(day_of({1970, 1, 1}), -10957);      // the epoch of Unix
    EXPECT_EQ(day_of({-4713, 11, 24}), -2451545); // 24 November 4714 BC is Julian day 0, 2000-01-01 is 2451545
    for (std::int64_t day = -2451545; day < 200'000'000; day += day < 1'000'000 ? 1 : 9'973) {
        const Date date = date_of(day);
        ASSERT_EQ(day_of(date), day);
        ASSERT_TRUE(date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31) << day;
    }
}

TEST(Calendar, DayOfATime) {
    EXPECT_EQ(day_at(0), 0);
    EXPECT_EQ(day_at(-1), -1);
    EXPECT_EQ(day_at(day_micros - 1), 0);
    EXPECT_EQ(day_at(-day_micros), -1);
}

// What PostgreSQL answers to timestamp + n * interval.
TEST(Calendar, MonthsEndWhereTheyAreShorter) {
    EXPECT_EQ(add(at(2020, 1, 31), {1, 0, 0}), at(2020, 2, 29));
    EXPECT_EQ(add(at(2021, 1, 31), {1, 0, 0}), at(2021, 2, 28));
    EXPECT_EQ(add(at(1900, 1, 31), {1, 0, 0}), at(1900, 2, 28));
    EXPECT_EQ(add(at(2020, 1, 31), {1, 0, 0}, 2), at(2020, 3, 31));
    EXPECT_EQ(add(at(2020, 3, 31), {1, 0, 0}, -1), at(2020, 2, 29));
    EXPECT_EQ(add(at(2020, 5, 31), {1, 0, 0}), at(2020, 6, 30));
    EXPECT_EQ(add(at(2020, 8, 31), {1, 0, 0}), at(2020, 9, 30));
    EXPECT_EQ(add(at(2020, 7, 31), {1, 0, 0}), at(2020, 8, 31));
    EXPECT_EQ(add(at(2020, 11, 30), {14, 0, 0}), at(2022, 1, 30));
    EXPECT_EQ(add(at(2020, 1, 15, 5), {1, 0, 0}, -13), at(2018, 12, 15, 5));
    EXPECT_EQ(add(at(1999, 12, 31, 7), {1, 2, 3}, 2), at(2000, 3, 4, 13)); // 29 February, then 4 days
    EXPECT_EQ(add(at(-1, 3, 1), {1, 0, 0}, -1), at(-1, 2, 1));             // years before the first
}

TEST(Calendar, LeavesTheRange) {
    EXPECT_EQ(add(end_of_time - 1, {0, 0, 1}), INT64_MAX);
    EXPECT_EQ(add(first_time, {0, 0, 1}, -1), INT64_MIN);
    for (const Span span : {Span{1, 0, 0}, Span{0, 1, 0}, Span{0, 0, 1}, Span{INT32_MAX, INT32_MAX, INT64_MAX}}) {
        for (const Micros t : {first_time, Micros{0}, end_of_time - 1}) {
            EXPECT_EQ(add(t, span, INT64_MAX), INT64_MAX);
            EXPECT_EQ(add(t, span, INT64_MIN), INT64_MIN);
            EXPECT_EQ(add(t, span, 0), t);
        }
        EXPECT_EQ(add(INT64_MAX, span, -1), INT64_MAX);
        EXPECT_EQ(add(INT64_MIN, span, 1), INT64_MIN);
    }
}

TEST(Calendar, NeverFalls) {
    cd::math::Random random(5, 0);
    for (int round = 0; round < 20'000; ++round) {
        const auto drawn = [&random](std::int64_t below) {
            return static_cast<std::int64_t>(draw(random, static_cast<std::uint64_t>(below)));
        };
        const Span span{static_cast<std::int32_t>(drawn(40)), static_cast<std::int32_t>(drawn(70)),
                        drawn(2 * day_micros)};
        const Micros t = drawn(4'000 * day_micros) - 2'000 * day_micros, later = t + drawn(3 * day_micros);
        const std::int64_t times = drawn(60) - 30;
        ASSERT_LT(add(t, span, times) - day_micros, add(later, span, times));
        ASSERT_LE(add(t, span, times), add(t, span, times + 1));
    }
}
