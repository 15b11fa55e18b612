// Dates of the proleptic Gregorian calendar at UTC, and spans of months, days and time, as PostgreSQL adds them.
#pragma once
#include <cstdint>

namespace cd::math {

struct Date {
    std::int64_t year;
    std::int32_t month, day;
};
// Days since 2000-01-01.
Date date_of(std::int64_t day);
std::int64_t day_of(const Date &);

// Microseconds since 2000-01-01, in the range of timestamptz.
using Micros = std::int64_t;
inline constexpr Micros day_micros = 86'400'000'000;
inline constexpr Micros first_time = -211'813'488'000'000'000, end_of_time = 9'223'371'331'200'000'000;

inline std::int64_t day_at(Micros t) { return t / day_micros - (t % day_micros < 0); }

struct Span {
    std::int32_t months = 0, days = 0;
    std::int64_t micros = 0;
};

// t + times * span: first the months, whose days are cut to the end of a shorter month, then the days and the time.
// What leaves the range of timestamptz becomes the least or the largest number. If no part of the span is negative, the
// result never falls while times grows. While t grows, months may let it fall, by less than a day: noon of 30 January
// and the morning after both become 28 February.
Micros add(Micros t, const Span &, std::int64_t times = 1);

} // namespace cd::math
