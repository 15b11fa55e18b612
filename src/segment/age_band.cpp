#include "segment/age_band.hpp"
#include "math/calendar.hpp"
#include <algorithm>

namespace cd::segment {

namespace {

std::string text_of(const math::Date &date) {
    const auto two = [](std::int32_t n) { return (n < 10 ? "0" : "") + std::to_string(n); };
    return std::to_string(date.year) + "-" + two(date.month) + "-" + two(date.day);
}

} // namespace

std::int32_t age_years(std::int32_t birth, std::int32_t as_of) {
    const math::Date from = math::date_of(birth), to = math::date_of(as_of);
    if (birth > as_of)
        throw Error(sqlstate::invalid_parameter, "birth_date must not be after as_of",
                    "birth_date is " + text_of(from) + ", as_of " + text_of(to) + ".",
                    "Use NULL for an unknown date: CASE WHEN birth_date <= as_of THEN birth_date END.");
    const bool before_anniversary = to.month < from.month || (to.month == from.month && to.day < from.day);
    return static_cast<std::int32_t>(to.year - from.year - before_anniversary);
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
