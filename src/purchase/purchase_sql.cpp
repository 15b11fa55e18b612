// purchase_summary in SQL. While it grows in an aggregate a summary is a working state: figures as they stand in
// memory, and room for more days, so that a purchase changes it in place. Everywhere else it is packed.
#include "purchase/purchase_sql.hpp"
#include "pg/number.hpp"
#include "pg/rows.hpp"
#include "pg/time.hpp"
#include <charconv>
extern "C" {
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
}

namespace cd::purchase {
namespace {

using pg::DateArg, pg::Float8Arg, pg::NumericArg, pg::TimestamptzArg;

// First byte of the content: packed_version, or this. A user's own aggregate over our support functions may store it.
constexpr std::uint8_t working = 0xff, working_version = 1;

struct Working {
    std::int32_t header; // varlena
    std::uint8_t form, version, unused[2];
    Figures figures;
    std::uint8_t gaps[];

    std::size_t room() const { return VARSIZE(this) - offsetof(Working, gaps); }
    Datum datum() const { return PointerGetDatum(this); }
};
static_assert(offsetof(Working, figures) == 8);

// A power of two, as the allocator would round it up to anyway.
Working *new_working(std::size_t gap_bytes) {
    const std::size_t size = std::bit_ceil(std::max<std::size_t>(sizeof(Working) + gap_bytes, 128));
    if (!AllocSizeIsValid(size)) refuse_count();
    auto *const state = static_cast<Working *>(palloc0(size));
    SET_VARSIZE(state, size);
    state->form = working;
    state->version = working_version;
    new (&state->figures) Figures{};
    return state;
}

Working *copy_to_working(const Stored &from, std::size_t more_gap_bytes) {
    Working *const state = new_working(from.figures.gap_bytes + more_gap_bytes);
    state->figures = from.figures;
    memcpy(state->gaps, from.gaps, from.figures.gap_bytes);
    return state;
}

// The aggregate's state to be changed in place, or null.
Working *own_state(FunctionCallInfo fcinfo) {
    if (fcinfo->args[0].isnull || !AggCheckCallContext(fcinfo, nullptr)) return nullptr;
    auto *const value = reinterpret_cast<Working *>(DatumGetPointer(fcinfo->args[0].value));
    const bool in_place = VARATT_IS_4B_U(value) && VARSIZE(value) >= sizeof(Working) && value->form == working;
    return in_place ? value : nullptr;
}

// What a support function returns: the state itself to the executor, a packed value to anybody else.
Datum result(FunctionCallInfo fcinfo, const Working *state) {
    return AggCheckCallContext(fcinfo, nullptr) ? state->datum() : packed_datum(state->figures, state->gaps);
}

// A state with room for more days: the aggregate's own, or a larger copy, which the executor keeps in its place.
Working *state_with_room(FunctionCallInfo fcinfo, std::size_t more_gap_bytes) {
    if (Working *const own = own_state(fcinfo)) {
        if (own->figures.gap_bytes + more_gap_bytes <= own->room()) return own;
        return copy_to_working({own->figures, own->gaps}, more_gap_bytes);
    }
    return fcinfo->args[0].isnull ? new_working(more_gap_bytes)
                                  : copy_to_working(stored_arg(fcinfo, 0), more_gap_bytes);
}

struct History {
    Working &state;
    Micros &first() { return state.figures.first; }
    Micros &last() { return state.figures.last; }
    std::uint64_t &purchases() { return state.figures.purchases; }
    std::uint32_t &days() { return state.figures.days; }
    std::uint32_t &gap_bytes() { return state.figures.gap_bytes; }
    Sum &gross() { return state.figures.gross; }
    Sum &first_day() { return state.figures.first_day; }
    Sum &refunded() { return state.figures.refunded; }
    std::uint64_t &refunds() { return state.figures.refunds; }
    std::uint8_t *gaps(std::size_t) { return state.gaps; }
};

template <class Time, class Amount> Datum accumulate(FunctionCallInfo fcinfo) {
    Working *const state = state_with_room(fcinfo, max_gap);
    if (fcinfo->args[1].isnull || fcinfo->args[2].isnull) {
        ++state->figures.skipped;
        return result(fcinfo, state);
    }
    const Micros t = Time::micros(fcinfo->args[1].value);
    const double amount = Amount::value(fcinfo->args[2].value);
    check_time(t);
    check_amount(amount);
    History history{*state};
    add_purchase(history, t, amount);
    return result(fcinfo, state);
}

Working *merge(const Stored &a, const Stored &b) {
    Working *const sum = new_working(std::size_t{a.figures.gap_bytes} + b.figures.gap_bytes + max_gap);
    sum->figures = a.figures;
    if (a.figures.purchases > 0 && b.figures.purchases > 0) {
        const Union both = merge_days(a.figures.day_set(a.gaps), b.figures.day_set(b.gaps), sum->gaps);
        sum->figures.days = both.days;
        sum->figures.gap_bytes = both.size;
    } else {
        const Stored &only = a.figures.purchases > 0 ? a : b;
        sum->figures.days = only.figures.days;
        sum->figures.gap_bytes = only.figures.gap_bytes;
        memcpy(sum->gaps, only.gaps, only.figures.gap_bytes);
    }
    merge_figures(sum->figures, b.figures);
    return sum;
}

// Rolling up small summaries into a long one: a few days are inserted, the list is not written anew.
constexpr std::uint32_t few_days = 8;

bool has_few_days(FunctionCallInfo fcinfo, const Figures &other) {
    return !fcinfo->args[0].isnull && other.days <= few_days && AggCheckCallContext(fcinfo, nullptr);
}

Working *merge_few_days(FunctionCallInfo fcinfo, const Stored &other) {
    Working *const state = state_with_room(fcinfo, few_days * max_gap);
    Figures &f = state->figures;
    if (other.figures.purchases > 0 && f.purchases > 0) {
        Day first = day_of(f.first), last = day_of(f.last);
        each_day(other.figures.day_set(other.gaps), [&](Day day) {
            f.days += insert_day(state->gaps, f.gap_bytes, first, last, day);
            first = std::min(first, day);
            last = std::max(last, day);
            return true;
        });
    } else if (other.figures.purchases > 0) {
        f.days = other.figures.days;
        f.gap_bytes = other.figures.gap_bytes;
        memcpy(state->gaps, other.gaps, f.gap_bytes);
    }
    merge_figures(f, other.figures);
    return state;
}

} // namespace

Stored stored_of(Bytes content) {
    if (content.empty() || content[0] != working) return unpack(content);
    Stored stored;
    constexpr std::size_t header = offsetof(Working, figures) - VARHDRSZ, size = header + sizeof stored.figures;
    const bool known = content.size() >= size && content[1] == working_version;
    if (known) memcpy(&stored.figures, content.data() + header, sizeof stored.figures);
    if (!known || stored.figures.gap_bytes > content.size() - size)
        throw Error(sqlstate::data_corrupted, "purchase_summary is a working state of another version", "",
                    "Aggregate it again: only results of purchase_agg and rollup are for storing.");
    stored.gaps = content.data() + size;
    return stored;
}

Stored stored_arg(FunctionCallInfo fcinfo, int i) { return stored_of(pg::bytes_arg(fcinfo->args[i].value)); }

Datum packed_datum(const Figures &figures, const std::uint8_t *gaps) {
    const pg::NewVarlena result(max_packed_figures + figures.gap_bytes);
    return result.finish(pack(figures, gaps, result.content));
}

namespace {

Bytes packed_arg(FunctionCallInfo fcinfo) {
    const Bytes content = pg::bytes_arg(fcinfo->args[0].value);
    if (content[0] != working) return content;
    const Stored stored = stored_of(content);
    return pg::bytes_of(DatumGetPointer(packed_datum(stored.figures, stored.gaps)));
}

Datum accept(Bytes untrusted) {
    unpack_untrusted(untrusted);
    return pg::copy_datum(untrusted);
}
Datum in(FunctionCallInfo fcinfo) {
    return accept(pg::from_base64(DatumGetCString(fcinfo->args[0].value), "purchase_summary"));
}

} // namespace
} // namespace cd::purchase

using namespace cd;
using namespace cd::purchase;

CD_DEFINE_INPUT(cd_purchase_summary_in, in)
CD_FUNCTION(cd_purchase_summary_out) { PG_RETURN_CSTRING(pg::to_base64(packed_arg(fcinfo))); }
CD_FUNCTION(cd_purchase_summary_recv) { return accept(pg::receive(fcinfo)); }
CD_FUNCTION(cd_purchase_summary_send) { return pg::send(packed_arg(fcinfo)); }

CD_DEFINE(cd_purchase_agg_accum_timestamptz_float8, accumulate<TimestamptzArg, Float8Arg>)
CD_DEFINE(cd_purchase_agg_accum_timestamptz_numeric, accumulate<TimestamptzArg, NumericArg>)
CD_DEFINE(cd_purchase_agg_accum_date_float8, accumulate<DateArg, Float8Arg>)
CD_DEFINE(cd_purchase_agg_accum_date_numeric, accumulate<DateArg, NumericArg>)

CD_FUNCTION(cd_purchase_agg_combine) {
    if (fcinfo->args[1].isnull) {
        fcinfo->isnull = fcinfo->args[0].isnull;
        return fcinfo->args[0].value;
    }
    const Stored other = stored_arg(fcinfo, 1);
    if (fcinfo->args[0].isnull) return result(fcinfo, copy_to_working(other, max_gap));
    if (has_few_days(fcinfo, other.figures)) return result(fcinfo, merge_few_days(fcinfo, other));
    return result(fcinfo, merge(stored_arg(fcinfo, 0), other));
}

CD_FUNCTION(cd_purchase_agg_final) {
    const Stored stored = fcinfo->args[0].isnull ? Stored{} : stored_arg(fcinfo, 0);
    return packed_datum(stored.figures, stored.gaps);
}

CD_FUNCTION(cd_purchase_summary_add) {
    const Working *const sum = merge(stored_arg(fcinfo, 0), stored_arg(fcinfo, 1));
    return packed_datum(sum->figures, sum->gaps);
}

CD_FUNCTION(cd_purchase_first) {
    const Figures f = stored_arg(fcinfo, 0).figures;
    if (f.purchases == 0) PG_RETURN_NULL();
    PG_RETURN_TIMESTAMPTZ(f.first);
}
CD_FUNCTION(cd_purchase_last) {
    const Figures f = stored_arg(fcinfo, 0).figures;
    if (f.purchases == 0) PG_RETURN_NULL();
    PG_RETURN_TIMESTAMPTZ(f.last);
}
CD_FUNCTION(cd_purchase_count) { return UInt64GetDatum(stored_arg(fcinfo, 0).figures.purchases); }
CD_FUNCTION(cd_purchase_days) { return UInt64GetDatum(stored_arg(fcinfo, 0).figures.days); }
CD_FUNCTION(cd_purchase_skipped) { return UInt64GetDatum(stored_arg(fcinfo, 0).figures.skipped); }
CD_FUNCTION(cd_purchase_revenue) {
    const Figures f = stored_arg(fcinfo, 0).figures;
    if (f.empty()) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(f.revenue());
}
CD_FUNCTION(cd_purchase_refunds) {
    const Figures f = stored_arg(fcinfo, 0).figures;
    if (f.empty()) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(f.refunded.value());
}
CD_FUNCTION(cd_purchase_average) {
    const std::string_view per = pg::text_arg(fcinfo->args[1].value);
    const Figures f = stored_arg(fcinfo, 0).figures;
    double revenue = f.revenue(), n;
    if (per == "purchase") {
        n = static_cast<double>(f.purchases);
    } else if (per == "day") {
        n = f.days;
    } else if (per == "repeat_day") {
        revenue = f.repeat_revenue();
        n = static_cast<double>(f.days) - 1;
    } else {
        throw Error(sqlstate::invalid_parameter, "unknown denominator of an average",
                    "per is \"" + std::string(per) + "\".", "Use 'purchase', 'day' or 'repeat_day'.");
    }
    if (n <= 0) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(revenue / n);
}

template <class Time> static Datum recency_days(FunctionCallInfo fcinfo) {
    const Day as_of = Time::day(fcinfo->args[1].value);
    const Figures f = stored_arg(fcinfo, 0).figures;
    if (f.purchases == 0) PG_RETURN_NULL();
    PG_RETURN_INT32(static_cast<std::int32_t>(f.recency_days(as_of)));
}
CD_DEFINE(cd_purchase_recency_days_timestamptz, recency_days<TimestamptzArg>)
CD_DEFINE(cd_purchase_recency_days_date, recency_days<DateArg>)

template <class Time> static Datum repeat_in_units(FunctionCallInfo fcinfo) {
    const Day as_of = Time::day(fcinfo->args[1].value);
    const Micros unit = pg::unit_micros(DatumGetIntervalP(fcinfo->args[2].value));
    const Stored stored = stored_arg(fcinfo, 0);
    Repeat r;
    if (!repeat(stored.figures, stored.gaps, as_of, unit, r)) PG_RETURN_NULL();
    Datum values[] = {Float8GetDatum(r.x), Float8GetDatum(r.t_x), Float8GetDatum(r.t)};
    bool nulls[] = {false, false, false};
    return pg::row_datum(pg::result_row(fcinfo), values, nulls);
}
CD_DEFINE(cd_purchase_repeat_timestamptz, repeat_in_units<TimestamptzArg>)
CD_DEFINE(cd_purchase_repeat_date, repeat_in_units<DateArg>)

static void append_time(StringInfo json, const char *key, Micros t) {
    char buffer[MAXDATELEN + 1];
    const int utc = 0;
    JsonEncodeDateTime(buffer, TimestampTzGetDatum(t), TIMESTAMPTZOID, &utc);
    appendStringInfo(json, ", \"%s\": \"%s\"", key, buffer);
}
static void append_number(StringInfo json, const char *key, double value) {
    char digits[32];
    *std::to_chars(digits, digits + sizeof digits - 1, value).ptr = '\0';
    appendStringInfo(json, ", \"%s\": %s", key, digits);
}

CD_FUNCTION(cd_purchase_summary_to_jsonb) {
    const Stored stored = stored_arg(fcinfo, 0);
    const Figures &f = stored.figures;
    StringInfoData json;
    initStringInfo(&json);
    appendStringInfo(&json,
                     "{\"count\": " UINT64_FORMAT ", \"days\": %u, \"refund_count\": " UINT64_FORMAT
                     ", \"skipped\": " UINT64_FORMAT,
                     f.purchases, f.days, f.refunds, f.skipped);
    if (!f.empty()) {
        append_number(&json, "revenue", f.revenue());
        append_number(&json, "refunds", f.refunded.value());
    }
    if (f.purchases > 0) {
        append_number(&json, "repeat_revenue", f.repeat_revenue());
        append_time(&json, "first", f.first);
        append_time(&json, "last", f.last);
        append_number(&json, "sum_log_days_between", log_gaps(f.day_set(stored.gaps)));
        appendStringInfoString(&json, ", \"dates\": [");
        each_day(f.day_set(stored.gaps), [&json, first = day_of(f.first)](Day day) {
            CHECK_FOR_INTERRUPTS();
            char buffer[MAXDATELEN + 1];
            JsonEncodeDateTime(buffer, DateADTGetDatum(day), DATEOID, nullptr);
            appendStringInfo(&json, "%s\"%s\"", day == first ? "" : ", ", buffer);
            return true;
        });
        appendStringInfoChar(&json, ']');
    }
    appendStringInfoChar(&json, '}');
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}
