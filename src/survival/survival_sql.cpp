// survival_summary in SQL: the aggregate, what a summary says, and tests of several.
#include "survival/survival_sql.hpp"
#include "math/distribution.hpp"
#include "pg/array.hpp"
#include "pg/rows.hpp"
#include "survival/curve.hpp"
#include "survival/logrank.hpp"
#include <list>

namespace cd::survival {
namespace {

Datum accumulate(FunctionCallInfo fcinfo) {
    enum { state, duration, event, entry };
    SummaryState::Transition summary(fcinfo);
    const NullableDatum *const args = fcinfo->args;
    const bool late = PG_NARGS() > entry;
    if (args[duration].isnull || args[event].isnull || (late && args[entry].isnull))
        summary->skip();
    else
        summary->add(DatumGetFloat8(args[duration].value), DatumGetBool(args[event].value),
                     late ? DatumGetFloat8(args[entry].value) : 0);
    return summary.result();
}

// Arguments of intervals: confidence and method, from this one on.
Band band_arg(FunctionCallInfo fcinfo, int first, bool with_method = true) {
    const double confidence = DatumGetFloat8(fcinfo->args[first].value);
    math::check_confidence(confidence);
    return {confidence, with_method ? scale_named(pg::text_arg(fcinfo->args[first + 1].value)) : Scale::log_log};
}
// For accessors without an interval.
const Band any_band{0.5, Scale::plain};

template <class Estimate> std::optional<double> value_of(const std::optional<Estimate> &estimate) {
    if (!estimate) return {};
    return estimate->value;
}
// (value, std_error, low, high)
Datum estimate_row(FunctionCallInfo fcinfo, const std::optional<Estimate> &estimate) {
    Datum values[4] = {};
    bool nulls[4] = {true, true, true, true};
    if (estimate) {
        pg::set(values[0], nulls[0], estimate->value);
        pg::set(values[1], nulls[1], estimate->std_error);
        pg::set(values[2], nulls[2], estimate->limits.low);
        pg::set(values[3], nulls[3], estimate->limits.high);
    }
    return pg::row_datum(pg::result_row(fcinfo), values, nulls);
}

Datum curve(FunctionCallInfo fcinfo) {
    const Band band = band_arg(fcinfo, 1);
    pg::ResultRows result(fcinfo);
    with_summary(fcinfo->args[0].value, [&result, &band](const Survival &s) {
        each_point(s, [&result, &band](const Point &point) {
            enum { time, at_risk, events, censored, survival, std_error, low, high, hazard, count };
            const Limits limits = band(point.survival, point.greenwood);
            Datum values[count] = {};
            bool nulls[count] = {};
            values[time] = Float8GetDatum(point.time);
            values[at_risk] = UInt64GetDatum(point.at_risk);
            values[events] = UInt64GetDatum(point.events);
            values[censored] = UInt64GetDatum(point.censored);
            values[survival] = Float8GetDatum(point.survival);
            pg::set(values[std_error], nulls[std_error], point.std_error());
            pg::set(values[low], nulls[low], limits.low);
            pg::set(values[high], nulls[high], limits.high);
            values[hazard] = Float8GetDatum(point.hazard);
            result.add(values, nulls);
        });
    });
    PG_RETURN_NULL();
}

Quantile quantile_arg(FunctionCallInfo fcinfo, double probability, const Band &band) {
    check_probability(probability);
    return with_summary(fcinfo->args[0].value, [&](const Survival &s) { return quantile(s, probability, band); });
}
// (value, low, high)
Datum quantile_row(FunctionCallInfo fcinfo, const Quantile &q) {
    Datum values[3] = {};
    bool nulls[3] = {};
    pg::set(values[0], nulls[0], q.value);
    pg::set(values[1], nulls[1], q.limits.low);
    pg::set(values[2], nulls[2], q.limits.high);
    return pg::row_datum(pg::result_row(fcinfo), values, nulls);
}

std::optional<Estimate> mean_arg(FunctionCallInfo fcinfo, const Band &band) {
    const double horizon = PG_GETARG_FLOAT8(1);
    check_horizon(horizon);
    return with_summary(fcinfo->args[0].value, [&](const Survival &s) { return restricted_mean(s, horizon, band); });
}
std::optional<Estimate> survival_arg(FunctionCallInfo fcinfo, const Band &band) {
    const double duration = PG_GETARG_FLOAT8(1);
    check_time(duration, "duration");
    return with_summary(fcinfo->args[0].value, [&](const Survival &s) { return survival_at(s, duration, band); });
}

Datum summary(FunctionCallInfo fcinfo) {
    enum { rows, skipped, events, censored, late_entries, median, low, high, longest, count };
    const Band band = band_arg(fcinfo, 1);
    Datum values[count] = {};
    bool nulls[count] = {};
    with_summary(fcinfo->args[0].value, [&](const Survival &s) {
        values[rows] = UInt64GetDatum(s.rows());
        values[skipped] = UInt64GetDatum(s.skipped());
        values[events] = UInt64GetDatum(s.event_rows());
        values[censored] = UInt64GetDatum(s.censored_rows());
        values[late_entries] = UInt64GetDatum(s.entry_rows());
        const Quantile q = quantile(s, 0.5, band);
        pg::set(values[median], nulls[median], q.value);
        pg::set(values[low], nulls[low], q.limits.low);
        pg::set(values[high], nulls[high], q.limits.high);
        nulls[longest] = s.rows() == 0;
        double last = 0;
        for (const auto tallies : {s.events(), s.censored()})
            if (!tallies.empty()) last = std::max(last, tallies.back().value);
        values[longest] = Float8GetDatum(last);
    });
    return pg::row_datum(pg::result_row(fcinfo), values, nulls);
}

// Summaries of an array, counted.
struct Summaries {
    std::pmr::monotonic_buffer_resource memory;
    std::list<Survival> all;
    std::vector<const Survival *> groups() const {
        std::vector<const Survival *> list;
        for (const Survival &s : all) list.push_back(&s);
        return list;
    }
};
struct Elements {
    int n;
    Datum *values;
    bool *nulls;
};
Elements elements_arg(FunctionCallInfo fcinfo, int argument) {
    ArrayType *const array = PG_GETARG_ARRAYTYPE_P(argument);
    Elements e;
    deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE, &e.values, &e.nulls, &e.n);
    return e;
}
void read_summaries(const Elements &elements, Summaries &to) {
    for (int i = 0; i < elements.n; ++i) {
        if (elements.nulls[i])
            throw Error(sqlstate::invalid_parameter, "summaries must not contain NULL",
                        "Element " + std::to_string(i + 1) + " is NULL.", "Leave it out.");
        const Datum value = elements.values[i];
        const Bytes flat = pg::call([value] { return pg::bytes_arg(value); });
        Survival &summary = to.all.emplace_back(&to.memory, SIZE_MAX, pg::interrupts);
        summary.merge(flat);
        summary.count();
    }
}

// (summaries, rho)
Datum test_groups(FunctionCallInfo fcinfo) {
    enum { groups, rows, events, chi_square, degrees_of_freedom, p_value, log10_p, count };
    TupleDesc const row = pg::result_row(fcinfo);
    const Elements elements = elements_arg(fcinfo, 0);
    Summaries summaries;
    read_summaries(elements, summaries);
    const Logrank test = logrank(summaries.groups(), PG_GETARG_FLOAT8(1), pg::interrupts);
    Datum values[count] = {};
    bool nulls[count] = {};
    std::uint64_t all_rows = 0, all_events = 0;
    for (const Survival &s : summaries.all) {
        all_rows += s.rows();
        all_events += s.event_rows();
    }
    values[groups] = Int32GetDatum(elements.n);
    values[rows] = UInt64GetDatum(all_rows);
    values[events] = UInt64GetDatum(all_events);
    pg::set(values[chi_square], nulls[chi_square], test.chi_square);
    values[degrees_of_freedom] = Int32GetDatum(static_cast<std::int32_t>(test.degrees_of_freedom));
    pg::set(values[p_value], nulls[p_value], test.p_value());
    pg::set(values[log10_p], nulls[log10_p], test.log10_p);
    return pg::call([row, &values, &nulls] { return pg::row_datum(row, values, nulls); });
}

// (group_names, summaries, rho)
Datum groups_table(FunctionCallInfo fcinfo) {
    enum { group_name, rows, events, observed, expected, ratio, count };
    pg::ResultRows result(fcinfo);
    const Elements elements = elements_arg(fcinfo, 1);
    const Datum given = fcinfo->args[0].value;
    Elements names;
    {
        ArrayType *const array = DatumGetArrayTypeP(given);
        deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &names.values, &names.nulls, &names.n);
    }
    if (names.n != elements.n)
        throw Error(sqlstate::invalid_parameter, "group_names and summaries have different lengths",
                    "There are " + std::to_string(names.n) + " names and " + std::to_string(elements.n) + " summaries.",
                    "Gather both in one query: array_agg(segment), array_agg(s).");
    Summaries summaries;
    read_summaries(elements, summaries);
    const Logrank test = logrank(summaries.groups(), PG_GETARG_FLOAT8(2), pg::interrupts);
    std::size_t i = 0;
    for (const Survival &s : summaries.all) {
        const LogrankGroup &group = test.groups[i];
        Datum values[count] = {};
        bool nulls[count] = {};
        values[group_name] = names.values[i];
        nulls[group_name] = names.nulls[i++];
        values[rows] = UInt64GetDatum(s.rows());
        values[events] = UInt64GetDatum(s.event_rows());
        values[observed] = Float8GetDatum(group.observed);
        values[expected] = Float8GetDatum(group.expected);
        nulls[ratio] = !(group.expected > 0);
        if (!nulls[ratio]) values[ratio] = Float8GetDatum(group.observed / group.expected);
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

} // namespace
} // namespace cd::survival

using namespace cd;
using namespace cd::survival;

CD_DEFINE_INPUT(cd_survival_summary_in, SummaryState::in)
CD_DEFINE(cd_survival_summary_out, SummaryState::out)
CD_DEFINE_INPUT(cd_survival_summary_recv, SummaryState::recv)
CD_DEFINE(cd_survival_summary_send, SummaryState::send_)
CD_DEFINE(cd_survival_agg_accum, accumulate)
CD_DEFINE(cd_survival_agg_combine, SummaryState::combine)
CD_DEFINE(cd_survival_agg_final, SummaryState::final)
CD_DEFINE(cd_survival_curve, curve)
CD_DEFINE(cd_survival_describe, summary)
CD_DEFINE(cd_logrank, test_groups)
CD_DEFINE(cd_logrank_table, groups_table)

CD_FUNCTION(cd_survival_at) { return pg::number_or_null(fcinfo, value_of(survival_arg(fcinfo, any_band))); }
CD_FUNCTION(cd_survival_at_interval) { return estimate_row(fcinfo, survival_arg(fcinfo, band_arg(fcinfo, 2))); }
CD_FUNCTION(cd_survival_median) { return pg::number_or_null(fcinfo, quantile_arg(fcinfo, 0.5, any_band).value); }
CD_FUNCTION(cd_survival_median_interval) {
    return quantile_row(fcinfo, quantile_arg(fcinfo, 0.5, band_arg(fcinfo, 1)));
}
CD_FUNCTION(cd_survival_quantile) {
    return pg::number_or_null(fcinfo, quantile_arg(fcinfo, PG_GETARG_FLOAT8(1), any_band).value);
}
CD_FUNCTION(cd_survival_quantile_interval) {
    return quantile_row(fcinfo, quantile_arg(fcinfo, PG_GETARG_FLOAT8(1), band_arg(fcinfo, 2)));
}
CD_FUNCTION(cd_survival_rmst) { return pg::number_or_null(fcinfo, value_of(mean_arg(fcinfo, any_band))); }
CD_FUNCTION(cd_survival_rmst_interval) { return estimate_row(fcinfo, mean_arg(fcinfo, band_arg(fcinfo, 2, false))); }
