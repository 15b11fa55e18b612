#include "pg/time.hpp"
#include "pg/varlena.hpp"
#include "purchase/purchase_sql.hpp"
#include "segment/lifecycle.hpp"

namespace cd::segment {
namespace {

// The history up to and with the day of as_of, in days. False if there was no purchase yet.
template <class Time> bool repeat_arg(FunctionCallInfo fcinfo, purchase::Repeat &repeat) {
    const purchase::Day as_of = Time::day(fcinfo->args[1].value);
    const purchase::Stored stored = purchase::stored_arg(fcinfo, 0);
    return purchase::repeat(stored.figures, stored.gaps, as_of, purchase::micros_per_day, repeat);
}

Rhythm rhythm_arg(FunctionCallInfo fcinfo) {
    const auto micros = static_cast<double>(pg::unit_micros(DatumGetIntervalP(fcinfo->args[2].value), "rhythm"));
    const Rhythm rhythm{micros / static_cast<double>(purchase::micros_per_day), PG_GETARG_FLOAT8(3)};
    check_rhythm(rhythm);
    return rhythm;
}

template <class Time> Datum lifecycle_silence(FunctionCallInfo fcinfo) {
    const Rhythm rhythm = rhythm_arg(fcinfo);
    purchase::Repeat repeat;
    if (!repeat_arg<Time>(fcinfo, repeat)) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(silence(repeat, rhythm));
}

template <class Time> Datum lifecycle_stage(FunctionCallInfo fcinfo) {
    const Rhythm rhythm = rhythm_arg(fcinfo);
    const Thresholds after{PG_GETARG_FLOAT8(4), PG_GETARG_FLOAT8(5), PG_GETARG_FLOAT8(6)};
    check_thresholds(after);
    purchase::Repeat repeat;
    if (!repeat_arg<Time>(fcinfo, repeat)) PG_RETURN_NULL();
    return pg::text_datum(stage_names[static_cast<int>(stage_of(repeat, rhythm, after))]);
}

} // namespace
} // namespace cd::segment

using namespace cd::segment;

CD_DEFINE(cd_lifecycle_silence_date, lifecycle_silence<cd::pg::DateArg>)
CD_DEFINE(cd_lifecycle_silence_timestamptz, lifecycle_silence<cd::pg::TimestamptzArg>)
CD_DEFINE(cd_lifecycle_stage_date, lifecycle_stage<cd::pg::DateArg>)
CD_DEFINE(cd_lifecycle_stage_timestamptz, lifecycle_stage<cd::pg::TimestamptzArg>)
