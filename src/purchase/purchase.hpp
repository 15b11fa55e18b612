// The purchase history of one customer: what it holds, how a purchase changes it, how it is stored.
#pragma once
#include "common/bytes.hpp"
#include "math/sum.hpp"
#include "purchase/days.hpp"

namespace cd::purchase {

using math::Sum;
using Micros = std::int64_t; // microseconds since 2000-01-01 00:00 UTC, as in a timestamptz

inline constexpr Micros micros_per_day = 86'400'000'000;
// What a timestamptz can hold: 4713-11-24 BC to the end of 294276.
inline constexpr Micros first_time = -211'813'488'000'000'000, end_of_time = 9'223'371'331'200'000'000;

constexpr Day day_of(Micros t) { return static_cast<Day>(t / micros_per_day - (t % micros_per_day < 0)); }

// Everything but the days in between. Times, days and first-day amount mean something once there is a purchase.
struct Figures {
    Micros first = 0, last = 0;
    std::uint64_t purchases = 0;
    Sum gross;     // amounts >= 0
    Sum first_day; // the part of gross that fell on the first day
    Sum refunded;  // sizes of the amounts < 0
    std::uint64_t refunds = 0, skipped = 0;
    std::uint32_t days = 0, gap_bytes = 0;

    bool empty() const { return purchases + refunds == 0; }
    double revenue() const { return gross.minus(refunded).value(); }
    double repeat_revenue() const { return gross.minus(first_day).value(); }
    std::int64_t recency_days(Day as_of) const { return std::int64_t{as_of} - day_of(last); }
    DaySet day_set(const std::uint8_t *gaps) const { return {day_of(first), day_of(last), days, gaps, gap_bytes}; }
};

[[noreturn]] void refuse_time();
[[noreturn]] void refuse_amount(double);
[[noreturn]] void refuse_sum();
[[noreturn]] void refuse_count();

inline void check_time(Micros t) {
    if (t < first_time || t >= end_of_time) [[unlikely]]
        refuse_time();
}
inline void check_amount(double amount) {
    if (!std::isfinite(amount)) [[unlikely]]
        refuse_amount(amount);
}

// What one purchase changes. A History is Figures behind accessors, since a book spreads them over two arrays;
// history.gaps(n) is the list of gaps, with room for n bytes more. Rows usually come in the order of time, so that path
// comes first and touches neither the first time nor, after the first day, the first day's amount.
template <class History> void add_purchase(History &h, Micros t, double amount) {
    if (amount < 0) {
        h.refunded().add(Sum::of(-amount));
        ++h.refunds();
        if (!h.refunded().finite()) [[unlikely]]
            refuse_sum();
        return;
    }
    const Sum money = Sum::of(amount + 0.0); // -0.0 becomes 0
    const Day day = day_of(t);
    if (h.purchases() == 0) {
        h.first() = h.last() = t;
        h.days() = 1;
        h.first_day() = h.gross() = money;
        h.purchases() = 1;
        return;
    }
    const Day last_day = day_of(h.last());
    if (t >= h.last()) {
        if (day > last_day) {
            std::uint8_t *const gaps = h.gaps(gap_size(last_day, day));
            h.gap_bytes() = static_cast<std::uint32_t>(put_gap(gaps + h.gap_bytes(), last_day, day) - gaps);
            ++h.days();
        } else if (h.days() == 1) {
            h.first_day().add(money);
        }
        h.last() = t;
    } else {
        const Day first_day = day_of(h.first());
        if (day < last_day && insert_day(h.gaps(max_gap), h.gap_bytes(), first_day, last_day, day)) ++h.days();
        if (day <= first_day) {
            if (day < first_day) h.first_day() = Sum{};
            h.first_day().add(money);
        }
        if (t < h.first()) h.first() = t;
    }
    h.gross().add(money);
    ++h.purchases();
    if (!h.gross().finite()) [[unlikely]]
        refuse_sum();
}

// Adds the figures of b to a. Days are the caller's business: it holds the gaps.
void merge_figures(Figures &a, const Figures &b);

// The stored form: a version byte, flags, and only what is there; see docs/purchase.md.
struct Stored {
    Figures figures;
    const std::uint8_t *gaps = nullptr;
};
inline constexpr std::uint8_t packed_version = 1;
inline constexpr std::size_t max_packed_figures = 160;

// Writes at most max_packed_figures + gap_bytes.
std::uint8_t *pack(const Figures &, const std::uint8_t *gaps, std::uint8_t *to);
// Of bytes that pack wrote.
Stored unpack(Bytes);
// Of anybody's bytes: accepts exactly what pack can write, and throws at the rest.
Stored unpack_untrusted(Bytes);

struct Repeat {
    double x, t_x, t;
};
// x = days - 1, t_x = last - first, t = as_of - first, in units of `unit`, counting the days up to and with as_of.
// False if there is none.
bool repeat(const Figures &, const std::uint8_t *gaps, Day as_of, Micros unit, Repeat &);

} // namespace cd::purchase
