#include "math/calendar.hpp"
#include <algorithm>

namespace cd::math {

// Hinnant, chrono-Compatible Low-Level Date Algorithms, 2013. A year begins in March there, so that the leap day comes
// last; an era is 400 years.
Date date_of(std::int64_t day) {
    const std::int64_t since_0000_march = day + 730'425;
    const std::int64_t era = (since_0000_march >= 0 ? since_0000_march : since_0000_march - 146'096) / 146'097;
    const std::int64_t of_era = since_0000_march - era * 146'097;
    const std::int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t from_march = (5 * of_year + 2) / 153;
    const std::int64_t day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
    const std::int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    return {year_of_era + era * 400 + (month <= 2), static_cast<std::int32_t>(month),
            static_cast<std::int32_t>(day_of_month)};
}

std::int64_t day_of(const Date &date) {
    const std::int64_t year = date.year - (date.month <= 2);
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t from_march = date.month > 2 ? date.month - 3 : date.month + 9;
    const std::int64_t of_year = (153 * from_march + 2) / 5 + date.day - 1;
    return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 730'425;
}

namespace {

std::int64_t saturated(bool negative) { return negative ? INT64_MIN : INT64_MAX; }

std::int64_t product(std::int64_t a, std::int64_t b) {
    std::int64_t result;
    return __builtin_mul_overflow(a, b, &result) ? saturated((a < 0) != (b < 0)) : result;
}
bool is_saturated(std::int64_t a) { return a == INT64_MIN || a == INT64_MAX; }
std::int64_t sum(std::int64_t a, std::int64_t b) {
    if (is_saturated(a) || is_saturated(b)) return is_saturated(a) ? a : b;
    std::int64_t result;
    return __builtin_add_overflow(a, b, &result) ? saturated(b < 0) : result;
}

Micros add_months(Micros t, std::int64_t months) {
    constexpr std::int64_t too_many = 12 * 300'000; // more than the range has
    if (months > too_many || months < -too_many) return saturated(months < 0);
    const std::int64_t day = day_at(t);
    Date date = date_of(day);
    const std::int64_t month = date.year * 12 + date.month - 1 + months;
    date.year = month / 12 - (month % 12 < 0);
    date.month = static_cast<std::int32_t>(month - date.year * 12) + 1;
    const bool leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);
    const std::int32_t days = date.month == 2 ? 28 + leap : date.month % 2 == (date.month < 8 ? 0 : 1) ? 30 : 31;
    date.day = std::min(date.day, days);
    return sum(product(day_of(date), day_micros), t - day * day_micros);
}

} // namespace

Micros add(Micros t, const Span &span, std::int64_t times) {
    if (is_saturated(t)) return t;
    if (span.months != 0) t = add_months(t, product(span.months, times));
    t = sum(t, product(product(span.days, day_micros), times));
    t = sum(t, product(span.micros, times));
    return t < first_time ? INT64_MIN : t >= end_of_time ? INT64_MAX : t;
}

} // namespace cd::math
