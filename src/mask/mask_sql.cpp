// Masks and generalisations in SQL.
#include "mask/generalize.hpp"
#include "mask/mask.hpp"
#include "pg/encoding.hpp"
#include "pg/time.hpp"
#include <sys/socket.h>
extern "C" {
#include "utils/inet.h"
#include "utils/numeric.h"
}

using namespace cd;
using namespace cd::mask;

CD_FUNCTION(cd_mask_text) {
    const std::string_view value = pg::utf8_arg(fcinfo->args[0].value), mask = pg::utf8_arg(fcinfo->args[3].value);
    return pg::text_of_utf8(mask_text(value, PG_GETARG_INT32(1), PG_GETARG_INT32(2), mask, pg::interrupts));
}
CD_FUNCTION(cd_mask_email) { return pg::text_of_utf8(mask_email(pg::utf8_arg(fcinfo->args[0].value))); }
CD_FUNCTION(cd_mask_name) { return pg::text_of_utf8(mask_name(pg::utf8_arg(fcinfo->args[0].value), pg::interrupts)); }
CD_FUNCTION(cd_mask_phone) { return pg::text_of_utf8(mask_phone(pg::utf8_arg(fcinfo->args[0].value))); }
CD_FUNCTION(cd_mask_card) { return pg::text_of_utf8(mask_card(pg::utf8_arg(fcinfo->args[0].value))); }
CD_FUNCTION(cd_generalize_postcode) {
    const std::string_view value = pg::utf8_arg(fcinfo->args[0].value);
    return pg::text_of_utf8(generalize_postcode(value, PG_GETARG_INT32(1), pg::interrupts));
}

namespace {

Datum date_of_period(std::int64_t day, FunctionCallInfo fcinfo) {
    const std::int64_t first = first_day(day, period_of(pg::text_arg(fcinfo->args[1].value)));
    if (!IS_VALID_DATE(first))
        throw Error(sqlstate::out_of_range, "date is out of range",
                    "The period begins before the first date that there is.", "Use a shorter period.");
    PG_RETURN_DATEADT(static_cast<DateADT>(first));
}

} // namespace

CD_FUNCTION(cd_generalize_date) {
    const DateADT date = PG_GETARG_DATEADT(0);
    check_finite(!DATE_NOT_FINITE(date), "value", DATE_IS_NOBEGIN(date) ? "-infinity" : "infinity");
    return date_of_period(date, fcinfo);
}
CD_FUNCTION(cd_generalize_timestamptz) {
    const TimestampTz time = PG_GETARG_TIMESTAMPTZ(0);
    check_finite(!TIMESTAMP_NOT_FINITE(time), "value", TIMESTAMP_IS_NOBEGIN(time) ? "-infinity" : "infinity");
    return date_of_period(pg::TimestamptzArg::day(fcinfo->args[0].value), fcinfo);
}

CD_FUNCTION(cd_generalize_number_float8) { PG_RETURN_FLOAT8(band_start(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1))); }
CD_FUNCTION(cd_generalize_number_numeric) {
    // The remainder is exact, and has the sign of the value.
    const Datum value = PointerGetDatum(PG_GETARG_NUMERIC(0)), width = PointerGetDatum(PG_GETARG_NUMERIC(1));
    const auto in_words = [](Datum number) { return DatumGetCString(DirectFunctionCall1(numeric_out, number)); };
    const auto finite = [](Datum number) {
        return !numeric_is_nan(DatumGetNumeric(number)) && !numeric_is_inf(DatumGetNumeric(number));
    };
    const auto negative = [](Datum number) {
        const Datum zero = DirectFunctionCall1(int4_numeric, Int32GetDatum(0));
        return DatumGetBool(DirectFunctionCall2(numeric_lt, number, zero));
    };
    const char *const value_text = finite(value) ? "" : in_words(value), *const width_text = in_words(width);
    const bool width_finite = finite(width);
    const bool positive = width_finite && negative(DirectFunctionCall1(numeric_uminus, width));
    check_finite(!*value_text, "value", value_text);
    check_finite(width_finite, "width", width_text);
    check_width_positive(positive, width_text);
    const Datum rest = DirectFunctionCall2(numeric_mod, value, width);
    Datum start = DirectFunctionCall2(numeric_sub, value, rest);
    if (negative(rest)) start = DirectFunctionCall2(numeric_sub, start, width);
    return DirectFunctionCall1(numeric_trim_scale, start);
}

CD_FUNCTION(cd_generalize_ip) {
    const inet *const value = PG_GETARG_INET_PP(0);
    const std::int32_t ipv4_bits = PG_GETARG_INT32(1), ipv6_bits = PG_GETARG_INT32(2);
    check_network_bits(ipv4_bits, ipv6_bits);
    const Bytes address(ip_addr(value), static_cast<std::size_t>(ip_addrsize(value)));
    const int bits = network_bits(address, ip_bits(value), ipv4_bits, ipv6_bits);
    PG_RETURN_INET_P(cidr_set_masklen_internal(value, bits));
}
