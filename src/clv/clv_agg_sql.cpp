// clv_summary in SQL: customers gathered for a model of their purchases.
#include "clv/clv_agg_sql.hpp"
#include "clv/clv_sql.hpp"
#include "pg/arguments.hpp"
#include "purchase/purchase_sql.hpp"
#include <cmath>

namespace cd::clv {

using pg::DateArg, pg::TimestamptzArg;

namespace {

[[noreturn]] void refuse_null(const char *name) {
    throw Error("22004", std::string(name) + " must not be NULL", "",
                "Give the same " + std::string(name) + " for all customers.");
}

// (state, s, as_of, unit) or (state, s, as_of, unit, holdout, holdout_until)
template <class Time, bool discrete> Datum accumulate(FunctionCallInfo fcinfo) {
    enum { state, s, as_of, unit, holdout, holdout_until };
    const NullableDatum *const args = fcinfo->args;
    const bool held_out = PG_NARGS() > holdout;
    if (args[as_of].isnull) refuse_null("as_of");
    if (args[unit].isnull) refuse_null("unit");
    if (held_out && args[holdout_until].isnull) refuse_null("holdout_until");
    Frame frame{pg::unit_micros(DatumGetIntervalP(args[unit].value)), discrete, Time::day(args[as_of].value), {}};
    const Day until = held_out ? Time::day(args[holdout_until].value) : *frame.as_of;
    if (held_out) frame.holdout = frame.in_units(std::int64_t{until} - *frame.as_of);
    const purchase::Stored bought = args[s].isnull ? purchase::Stored{} : purchase::stored_arg(fcinfo, s);
    const bool has_after = held_out && !args[holdout].isnull;
    const purchase::Stored after = has_after ? purchase::stored_arg(fcinfo, holdout) : purchase::Stored{};
    ClvState::Transition customers(fcinfo);
    customers->set_frame(frame);
    if (args[s].isnull)
        customers->skip();
    else
        customers->add(bought, has_after ? &after : nullptr, until);
    return customers.result();
}

// (state, x, t_x, t, average, unit) or (state, x, t_x, t, average, unit, holdout_x, holdout_t)
template <bool discrete> Datum accumulate_numbers(FunctionCallInfo fcinfo) {
    enum { state, x, t_x, t, average, unit, holdout_x, holdout_t };
    const NullableDatum *const args = fcinfo->args;
    const bool held_out = PG_NARGS() > holdout_x;
    if (args[unit].isnull) refuse_null("unit");
    if (held_out && args[holdout_t].isnull) refuse_null("holdout_t");
    Frame frame{pg::unit_micros(DatumGetIntervalP(args[unit].value)), discrete, {}, {}};
    if (held_out) frame.holdout = DatumGetFloat8(args[holdout_t].value);
    ClvState::Transition customers(fcinfo);
    customers->set_frame(frame);
    if (args[x].isnull || args[t_x].isnull || args[t].isnull || (held_out && args[holdout_x].isnull)) {
        customers->skip();
        return customers.result();
    }
    const std::optional<double> spent =
        args[average].isnull ? std::nullopt : std::optional(DatumGetFloat8(args[average].value));
    customers->add({DatumGetFloat8(args[x].value), DatumGetFloat8(args[t_x].value), DatumGetFloat8(args[t].value)},
                   spent, held_out ? DatumGetFloat8(args[holdout_x].value) : 0);
    return customers.result();
}

Datum summary(FunctionCallInfo fcinfo) {
    enum {
        customers,
        repeaters,
        purchases,
        spenders,
        histories,
        skipped,
        later,
        unit,
        as_of,
        holdout_until,
        opportunities,
        count
    };
    TupleDesc const row = pg::result_row(fcinfo);
    auto *const length = static_cast<Interval *>(palloc0(sizeof(Interval)));
    Datum values[count] = {};
    bool nulls[count] = {};
    with_customers(ClvState::arg(fcinfo->args[0].value), [&](const Customers &c) {
        values[customers] = UInt64GetDatum(c.customers());
        values[repeaters] = UInt64GetDatum(c.repeaters());
        values[purchases] = Float8GetDatum(repeat_purchases(c));
        values[spenders] = UInt64GetDatum(c.spenders());
        values[histories] = UInt64GetDatum(c.seen().size());
        values[skipped] = UInt64GetDatum(c.skipped());
        values[later] = UInt64GetDatum(c.later());
        nulls[unit] = c.empty();
        nulls[as_of] = c.empty() || !c.frame().as_of;
        nulls[holdout_until] = nulls[as_of] || !c.frame().holdout;
        nulls[opportunities] = c.empty();
        if (c.empty()) return;
        length->day = static_cast<std::int32_t>(c.frame().unit / USECS_PER_DAY);
        length->time = c.frame().unit % USECS_PER_DAY;
        values[unit] = IntervalPGetDatum(length);
        values[opportunities] = BoolGetDatum(c.frame().discrete);
        if (!c.frame().as_of) return;
        values[as_of] = DateADTGetDatum(*c.frame().as_of);
        if (c.frame().holdout)
            values[holdout_until] = DateADTGetDatum(
                static_cast<Day>(*c.frame().as_of + std::llround(*c.frame().holdout * c.frame().days())));
    });
    return pg::row_datum(row, values, nulls);
}

template <class Time> Datum opportunities(FunctionCallInfo fcinfo) {
    const Day as_of = Time::day(fcinfo->args[1].value);
    const Micros unit = pg::unit_micros(DatumGetIntervalP(fcinfo->args[2].value));
    const auto h = opportunities_of(purchase::stored_arg(fcinfo, 0), as_of, unit);
    if (!h) PG_RETURN_NULL();
    Datum values[] = {Float8GetDatum(h->x), Float8GetDatum(h->t_x), Float8GetDatum(h->t)};
    bool nulls[] = {false, false, false};
    return pg::row_datum(pg::result_row(fcinfo), values, nulls);
}

} // namespace
} // namespace cd::clv

using namespace cd;
using namespace cd::clv;

CD_DEFINE_INPUT(cd_clv_summary_in, ClvState::in)
CD_DEFINE(cd_clv_summary_out, ClvState::out)
CD_DEFINE_INPUT(cd_clv_summary_recv, ClvState::recv)
CD_DEFINE(cd_clv_summary_send, ClvState::send_)
CD_DEFINE(cd_clv_agg_accum_timestamptz, (accumulate<TimestamptzArg, false>))
CD_DEFINE(cd_clv_agg_accum_date, (accumulate<DateArg, false>))
CD_DEFINE(cd_clv_agg_accum_numbers, accumulate_numbers<false>)
CD_DEFINE(cd_clv_opportunity_agg_accum_timestamptz, (accumulate<TimestamptzArg, true>))
CD_DEFINE(cd_clv_opportunity_agg_accum_date, (accumulate<DateArg, true>))
CD_DEFINE(cd_clv_opportunity_agg_accum_numbers, accumulate_numbers<true>)
CD_DEFINE(cd_clv_agg_combine, ClvState::combine)
CD_DEFINE(cd_clv_agg_final, ClvState::final)
CD_DEFINE(cd_clv_summary_describe, cd::clv::summary)
CD_DEFINE(cd_clv_opportunities_timestamptz, opportunities<TimestamptzArg>)
CD_DEFINE(cd_clv_opportunities_date, opportunities<DateArg>)
