#include "purchase/days.hpp"
#include "math/elementary.hpp"
#include <cstring>

namespace cd::purchase {

// Passes over gaps eight at a time, as long as they are of one byte and end before `day`: the eight bytes of a word are
// added in two steps within the word.
static const std::uint8_t *skip_words(const std::uint8_t *at, const std::uint8_t *end, Day &before, Day day) {
    constexpr std::uint64_t even_bytes = 0x00ff00ff00ff00ff, longer = 0x8080808080808080;
    while (end - at >= 8) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        if (word & longer) break;
        const auto sum =
            static_cast<Day>(((word & even_bytes) + ((word >> 8) & even_bytes)) * 0x0001000100010001 >> 48);
        if (before + sum >= day) break;
        before += sum;
        at += 8;
    }
    return at;
}

bool insert_day(std::uint8_t *gaps, std::uint32_t &size, Day first, Day last, Day day) {
    if (day == last || day == first) return false;
    std::uint8_t added[2 * max_gap];
    if (day > last) {
        size = static_cast<std::uint32_t>(put_gap(gaps + size, last, day) - gaps);
        return true;
    }
    // Where the new gaps go, and how many old bytes they replace.
    std::uint8_t *at = gaps;
    std::size_t replaced = 0;
    std::uint8_t *added_end;
    if (day < first) {
        added_end = put_gap(added, day, first);
    } else {
        const std::uint8_t *next = gaps;
        Day before = first;
        for (;;) {
            next = skip_words(next, gaps + size, before, day);
            at = gaps + (next - gaps);
            const Day after = static_cast<Day>(static_cast<std::uint32_t>(before) + next_gap(next));
            if (after == day) return false;
            if (after > day) {
                added_end = put_gap(put_gap(added, before, day), day, after);
                break;
            }
            before = after;
        }
        replaced = static_cast<std::size_t>(next - at);
    }
    const auto inserted = static_cast<std::size_t>(added_end - added);
    const auto behind = static_cast<std::size_t>(gaps + size - (at + replaced));
    std::memmove(at + inserted, at + replaced, behind);
    std::memcpy(at, added, inserted);
    size = static_cast<std::uint32_t>(size + inserted - replaced);
    return true;
}

Union merge_days(const DaySet &a, const DaySet &b, std::uint8_t *to) {
    const std::uint8_t *at_a = a.gaps, *const end_a = a.gaps + a.size;
    const std::uint8_t *at_b = b.gaps, *const end_b = b.gaps + b.size;
    std::uint8_t *const begin = to;
    // 64 bits, so that one past the last day of either set can stand for "no more".
    constexpr std::int64_t none = INT64_MAX;
    const auto step = [](std::int64_t day, const std::uint8_t *&at, const std::uint8_t *end) {
        return at < end ? day + next_gap(at) : none;
    };
    std::int64_t day_a = a.first, day_b = b.first;
    std::int64_t previous = 0;
    std::uint32_t days = 0;
    while (day_a != none || day_b != none) {
        const std::int64_t day = day_a < day_b ? day_a : day_b;
        if (days++ > 0) to = put_gap(to, static_cast<Day>(previous), static_cast<Day>(day));
        previous = day;
        if (day_a == day) day_a = step(day_a, at_a, end_a);
        if (day_b == day) day_b = step(day_b, at_b, end_b);
    }
    return {days, static_cast<std::uint32_t>(to - begin)};
}

double log_gaps(const DaySet &set) {
    double sum = 0;
    for (const std::uint8_t *at = set.gaps; at < set.gaps + set.size;) sum += math::log(next_gap(at));
    return sum;
}

} // namespace cd::purchase
