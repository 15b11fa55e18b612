#include "segment/age_band.hpp"
#include <algorithm>

namespace cd::segment {

namespace {

struct Date {
    std::int64_t year;
    std::int32_t month_day; // 100 month + day, so that dates within a year compare
};

// Of the proleptic Gregorian calendar (Hinnant, chrono-Compatible Low-Level Date Algorithms, 2013). A year begins in
// March there, so that the leap day comes last; an era is 400 years.
Date date_of(std::int32_t day) {
    const std::int64_t since_0000_march = std::int64_t{day} + 730'425;
    const std::int64_t era = (since_0000_march >= 0 ? since_0000_march : since_0000_march - 146'096) / 146'097;
    const std::int64_t of_era = since_0000_march - era * 146'097;
    const std::int64_t year_of_era = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t from_march = (5 * of_year + 2) / 153;
    const std::int64_t day_of_month = of_year - (153 * from_march + 2) / 5 + 1;
    const std::int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    return {year_of_era + era * 400 + (month <= 2), static_cast<std::int32_t>(100 * month + day_of_month)};
}

std::string text_of(const Date &date) {
    const auto two = [](std::int32_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return std::to_string(date.year) + "-" + two(date.month_day / 100) + "-" + two(date.month_day % 100);
}

} // namespace

std::int32_t age_years(std::int32_t birth, std::int32_t as_of) {
    const Date from = date_of(birth), to = date_of(as_of);
    if (birth > as_of)
        throw Error(sqlstate::invalid_parameter, "birth_date must not be after as_of",
                    "birth_date is " + text_of(from) + ", as_of " + text_of(to) + ".",
                    "Use NULL for an unknown date: CASE WHEN birth_date <= as_of THEN birth_date END.");
    return static_cast<std::int32_t>(to.year - from.year - (to.month_day < from.month_day));
}

void check_edges(std::span<const std::int32_t> edges) {
    if (edges.empty() || edges.size() > 100)
        throw Error(sqlstate::invalid_parameter, "edges must have between 1 and 100 ages",
                    "It has " + std::to_string(edges.size()) + ".", "'{18,65}' makes three bands.");
    std::int32_t before = -1;
    for (const std::int32_t edge : edges) {
        if (edge <= before)
            throw Error(sqlstate::invalid_parameter, "edges must not be negative, and strictly ascend",
                        before < 0 ? "The first is " + std::to_string(edge) + "."
                                   : std::to_string(edge) + " follows " + std::to_string(before) + ".",
                        "Give the youngest age of each band but the first, in whole years.");
        before = edge;
    }
}

std::size_t band_of(std::int32_t years, std::span<const std::int32_t> edges) {
    return static_cast<std::size_t>(std::upper_bound(edges.begin(), edges.end(), years) - edges.begin());
}

std::string band_name(std::size_t band, std::span<const std::int32_t> edges) {
    if (band == 0) return "under " + std::to_string(edges[0]);
    const std::int32_t youngest = edges[band - 1];
    if (band == edges.size()) return std::to_string(youngest) + "+";
    const std::int32_t oldest = edges[band] - 1;
    return std::to_string(youngest) + (oldest > youngest ? "-" + std::to_string(oldest) : "");
}

} // namespace cd::segment
