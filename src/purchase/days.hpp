// A set of days as the gaps between them: LEB128, ascending, one byte for a gap below 128 days. The first and the
// last day stand outside, so that a purchase on a new last day (the usual case) only appends.
#pragma once
#include "common/bytes.hpp"
#include <cstdint>

namespace cd::purchase {

using Day = std::int32_t; // days since 2000-01-01, UTC

inline constexpr std::uint32_t max_gap = 5; // bytes of the longest gap: what one insertion adds at most

inline std::uint32_t next_gap(const std::uint8_t *&at) {
    std::uint32_t value = *at & 0x7fu;
    for (unsigned shift = 7; *at++ >= 0x80; shift += 7) value |= (*at & 0x7fu) << shift;
    return value;
}

inline std::uint8_t *put_gap(std::uint8_t *to, Day from, Day day) {
    return put_varint(to, static_cast<std::uint32_t>(day) - static_cast<std::uint32_t>(from));
}

inline std::uint32_t gap_size(Day from, Day day) {
    return static_cast<std::uint32_t>(varint_size(static_cast<std::uint32_t>(day) - static_cast<std::uint32_t>(from)));
}

// Inserts a day into a set of one or more days. `gaps` has room for max_gap bytes more. Returns whether the day is new.
bool insert_day(std::uint8_t *gaps, std::uint32_t &size, Day first, Day last, Day day);

struct DaySet {
    Day first, last;
    std::uint32_t days; // at least 1
    const std::uint8_t *gaps;
    std::uint32_t size;
};

// The union, written to `to`, which has room for a.size + b.size + max_gap bytes.
struct Union {
    std::uint32_t days, size;
};
Union merge_days(const DaySet &a, const DaySet &b, std::uint8_t *to);

// Sum of the natural logarithms of the gaps in days: the statistic of regularity models (Wheat and Morrison 1990).
double log_gaps(const DaySet &);

// Calls visit(day) for every day in order, until it returns false.
template <class Visit> void each_day(const DaySet &set, Visit &&visit) {
    Day day = set.first;
    const std::uint8_t *at = set.gaps;
    const std::uint8_t *const end = set.gaps + set.size;
    while (visit(day) && at < end) day = static_cast<Day>(static_cast<std::uint32_t>(day) + next_gap(at));
}

} // namespace cd::purchase
