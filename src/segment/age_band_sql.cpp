#include "pg/array.hpp"
#include "pg/time.hpp"
#include "pg/varlena.hpp"
#include "segment/age_band.hpp"

namespace cd::segment {
namespace {

struct Band {
    std::size_t number;
    std::span<const std::int32_t> edges;
};
template <class Time> Band band_arg(FunctionCallInfo fcinfo) {
    const DateADT birth = DatumGetDateADT(fcinfo->args[0].value);
    if (DATE_NOT_FINITE(birth))
        throw Error(sqlstate::invalid_parameter, "birth_date must be finite", "birth_date is infinity or -infinity.",
                    "Use NULL for an unknown date.");
    const std::int32_t as_of = Time::day(fcinfo->args[1].value);
    const std::span<const std::int32_t> edges = pg::elements<std::int32_t>(fcinfo->args[2].value, "edges");
    check_edges(edges);
    return {band_of(age_years(birth, as_of), edges), edges};
}

template <class Time> Datum age_band(FunctionCallInfo fcinfo) {
    const Band band = band_arg<Time>(fcinfo);
    const std::string name = band_name(band.number, band.edges);
    Datum result;
    pg::call([&result, &name] { result = pg::text_datum(name); });
    return result;
}
template <class Time> Datum age_band_number(FunctionCallInfo fcinfo) {
    PG_RETURN_INT32(static_cast<std::int32_t>(band_arg<Time>(fcinfo).number));
}

} // namespace
} // namespace cd::segment

using namespace cd::segment;

CD_DEFINE(cd_age_band_date, age_band<cd::pg::DateArg>)
CD_DEFINE(cd_age_band_timestamptz, age_band<cd::pg::TimestamptzArg>)
CD_DEFINE(cd_age_band_number_date, age_band_number<cd::pg::DateArg>)
CD_DEFINE(cd_age_band_number_timestamptz, age_band_number<cd::pg::TimestamptzArg>)
