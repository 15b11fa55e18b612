#include "purchase/purchase.hpp"

namespace cd::purchase {

void refuse_time() {
    throw Error(sqlstate::invalid_parameter, "time of a purchase must be finite",
                "It is infinity or -infinity, or outside the range of timestamptz.",
                "Use NULL for an unknown time; such rows are skipped and counted.");
}

void refuse_amount(double amount) {
    throw Error(sqlstate::invalid_parameter, "amount of a purchase must be finite",
                std::isnan(amount) ? "amount is NaN." : "amount is infinite.",
                "Use NULL for an unknown amount; such rows are skipped and counted.");
}

void refuse_sum() {
    throw Error(sqlstate::out_of_range, "sum of amounts is out of range",
                "The amounts add up to more than a double precision number can hold.");
}

void refuse_count() {
    throw Error(sqlstate::out_of_range, "number of purchases is out of range",
                "The counts of one customer add up to more than is supported.");
}

void merge_figures(Figures &a, const Figures &b) {
    if (b.purchases > 0) {
        if (a.purchases == 0) {
            a.first = b.first;
            a.last = b.last;
            a.first_day = b.first_day;
        } else {
            const Day day_a = day_of(a.first), day_b = day_of(b.first);
            if (day_b < day_a)
                a.first_day = b.first_day;
            else if (day_b == day_a)
                a.first_day.add(b.first_day);
            if (b.first < a.first) a.first = b.first;
            if (b.last > a.last) a.last = b.last;
        }
        a.purchases += b.purchases;
        a.gross.add(b.gross);
    }
    a.refunded.add(b.refunded);
    a.refunds += b.refunds;
    a.skipped += b.skipped;
    if ((a.purchases | a.refunds | a.skipped) > INT64_MAX) refuse_count();
    if (!a.gross.finite() || !a.refunded.finite()) refuse_sum();
}

namespace {

// Which parts follow the flags, in this order.
enum Flag : std::uint8_t { has_purchases = 1, has_refunds = 2, has_skipped = 4, known_flags = 7 };

// How a sum is stored, in the two lowest bits of an integer: as units of 10^-4 above them, or by one or two doubles
// behind it.
enum SumForm : std::uint8_t { decimal_form = 0, high_form = 1, high_low_form = 2 };
constexpr std::size_t max_packed_sum = 1 + 2 * sizeof(double);

std::uint8_t *put_sum(std::uint8_t *to, const Sum &sum) {
    if (const std::int64_t units = sum.decimal(); units >= 0)
        return put_varint(to, static_cast<std::uint64_t>(units) << 2);
    if (sum.low == 0) return put_fixed(put_varint(to, high_form), sum.high);
    return put_fixed(put_fixed(put_varint(to, high_low_form), sum.high), sum.low);
}

template <bool Trusted> Sum get_sum(Reader &in) {
    const std::uint8_t *const begin = in.position();
    const std::uint64_t form = in.varint();
    Sum sum;
    if (form % 4 == decimal_form) {
        in.require(form / 4 < static_cast<std::uint64_t>(Sum::max_decimal), "A sum is out of range.");
        return Sum::of_decimal(static_cast<std::int64_t>(form / 4));
    }
    in.require(form <= high_low_form, "A sum is of an unknown form.");
    sum.high = in.fixed<double>();
    if (form == high_low_form) sum.low = in.fixed<double>();
    if constexpr (!Trusted) {
        double error;
        in.require(std::isfinite(sum.high) && std::isfinite(sum.low) && sum.high > 0 &&
                       math::two_sum(sum.high, sum.low, error) == sum.high,
                   "A sum is not a finite amount.");
        std::uint8_t again[max_packed_sum];
        const auto size = static_cast<std::size_t>(in.position() - begin);
        in.require(static_cast<std::size_t>(put_sum(again, sum) - again) == size &&
                       std::memcmp(again, begin, size) == 0,
                   "A sum is not in its shortest form.");
    }
    return sum;
}

void check_gaps(Reader &in, const Stored &stored) {
    Reader gaps(Bytes(stored.gaps, stored.figures.gap_bytes), "purchase_summary");
    const auto span =
        static_cast<std::uint64_t>(std::int64_t{day_of(stored.figures.last)} - day_of(stored.figures.first));
    std::uint64_t days = 1, sum = 0;
    for (; gaps.left() > 0; ++days) {
        const std::uint64_t gap = gaps.varint(span);
        gaps.require(gap > 0, "A day stands twice.");
        sum += gap;
    }
    in.require(days == stored.figures.days && sum == span, "Days do not add up.");
}

template <bool Trusted> Stored read(Bytes bytes) {
    Reader in(bytes, "purchase_summary");
    in.version(packed_version);
    const auto flags = in.fixed<std::uint8_t>();
    in.require((flags & ~known_flags) == 0, "Unknown flags are set.");
    Stored stored;
    Figures &f = stored.figures;
    if (flags & has_purchases) {
        // Bounded so that no arithmetic below can overflow; the true range is checked after.
        const auto max_day = static_cast<std::uint64_t>(INT32_MAX);
        const std::int64_t first_day = unzigzag(in.varint(2 * max_day));
        const auto first_micros = static_cast<Micros>(in.varint(micros_per_day - 1));
        const auto span = static_cast<std::int64_t>(in.varint(max_day));
        const auto last_micros = static_cast<Micros>(in.varint(micros_per_day - 1));
        f.days = static_cast<std::uint32_t>(in.varint(max_day));
        const std::uint64_t more_purchases = in.varint(INT64_MAX - max_day);
        f.purchases = f.days + more_purchases;
        if constexpr (!Trusted) {
            in.require(first_day >= day_of(first_time) && first_day + span < end_of_time / micros_per_day,
                       "A time is out of range.");
            in.require(f.days >= 1 && static_cast<std::int64_t>(f.days) <= span + 1 && (f.days == 1) == (span == 0),
                       "The number of days is impossible.");
        }
        f.first = first_day * micros_per_day + first_micros;
        f.last = (first_day + span) * micros_per_day + last_micros;
        if constexpr (!Trusted)
            in.require(f.first <= f.last && (f.purchases > 1 || f.first == f.last),
                       "The first time is after the last.");
        f.gross = get_sum<Trusted>(in);
        f.first_day = f.gross;
        if (f.days > 1) {
            f.first_day = get_sum<Trusted>(in);
            // Two sums of the same amounts in another order may differ in their last bit.
            in.require(f.first_day.high <= f.gross.high * (1 + 1e-12), "The first day is worth more than all days.");
        }
    }
    if (flags & has_refunds) {
        f.refunds = in.varint(INT64_MAX);
        f.refunded = get_sum<Trusted>(in);
        in.require(f.refunds > 0 && f.refunded.high > 0, "Refunds are impossible.");
    }
    if (flags & has_skipped) {
        f.skipped = in.varint(INT64_MAX);
        in.require(f.skipped > 0, "Skipped rows are impossible.");
    }
    stored.gaps = in.position();
    f.gap_bytes = static_cast<std::uint32_t>(in.left());
    if constexpr (!Trusted) {
        if (f.purchases > 0)
            check_gaps(in, stored);
        else
            in.end();
    }
    return stored;
}

} // namespace

std::uint8_t *pack(const Figures &f, const std::uint8_t *gaps, std::uint8_t *to) {
    const bool several_days = f.days > 1;
    int flags = 0;
    if (f.purchases > 0) flags |= has_purchases;
    if (f.refunds > 0) flags |= has_refunds;
    if (f.skipped > 0) flags |= has_skipped;
    *to++ = packed_version;
    *to++ = static_cast<std::uint8_t>(flags);
    if (f.purchases > 0) {
        const Day first = day_of(f.first), last = day_of(f.last);
        to = put_varint(to, zigzag(first));
        to = put_varint(to, static_cast<std::uint64_t>(f.first - first * micros_per_day));
        to = put_varint(to, static_cast<std::uint64_t>(std::int64_t{last} - first));
        to = put_varint(to, static_cast<std::uint64_t>(f.last - last * micros_per_day));
        to = put_varint(to, f.days);
        to = put_varint(to, f.purchases - f.days);
        to = put_sum(to, f.gross);
        if (several_days) to = put_sum(to, f.first_day);
    }
    if (f.refunds > 0) to = put_sum(put_varint(to, f.refunds), f.refunded);
    if (f.skipped > 0) to = put_varint(to, f.skipped);
    if (f.gap_bytes > 0) std::memcpy(to, gaps, f.gap_bytes);
    return to + f.gap_bytes;
}

Stored unpack(Bytes bytes) { return read<true>(bytes); }
Stored unpack_untrusted(Bytes bytes) { return read<false>(bytes); }

bool repeat(const Figures &f, const std::uint8_t *gaps, Day as_of, Micros unit, Repeat &result) {
    if (f.purchases == 0 || day_of(f.first) > as_of) return false;
    const Day first = day_of(f.first);
    Day last = first;
    std::uint32_t days = 0;
    each_day(f.day_set(gaps), [&](Day day) {
        if (day > as_of) return false;
        last = day;
        ++days;
        return true;
    });
    const auto in_units = [&](Day to) {
        // In double: the product leaves 64 bits at the ends of the range, and is exact for 250 years and more.
        return static_cast<double>(std::int64_t{to} - first) * static_cast<double>(micros_per_day) /
               static_cast<double>(unit);
    };
    result = {static_cast<double>(days - 1), in_units(last), in_units(as_of)};
    return true;
}

} // namespace cd::purchase
