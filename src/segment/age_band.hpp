// Ages in whole years, and bands of them.
#pragma once
#include "common/error.hpp"
#include <cstdint>
#include <span>
#include <string>

namespace cd::segment {

// Days since 2000-01-01. Whole years between two days of the Gregorian calendar: one more on every anniversary, of a 29
// February on 1 March where the year has none, as age() of PostgreSQL counts. Throws if the birth comes after.
std::int32_t age_years(std::int32_t birth, std::int32_t as_of);

// Throws unless there are between 1 and 100 edges, not negative and strictly ascending.
void check_edges(std::span<const std::int32_t> edges);

// 0 below the first edge, then the number of edges that are reached.
std::size_t band_of(std::int32_t years, std::span<const std::int32_t> edges);

// 'under 18', '18-24', '25' where a band has one year, '65+'.
std::string band_name(std::size_t band, std::span<const std::int32_t> edges);

} // namespace cd::segment
