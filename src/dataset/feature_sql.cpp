#include "dataset/feature_sql.hpp"
#include "pg/number.hpp"
#include "pg/varlena.hpp"
extern "C" {
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
}

namespace cd::dataset {

namespace {

// Blanks at the end of a character(n) mean nothing.
std::string_view trimmed(Datum value) {
    std::string_view text = pg::text_arg(value);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

} // namespace

bool Feature::find(Oid type, Type &found) {
    switch (type) {
    case BOOLOID: found = Type::boolean; return true;
    case INT2OID: found = Type::int2; return true;
    case INT4OID: found = Type::int4; return true;
    case INT8OID: found = Type::int8; return true;
    case FLOAT4OID: found = Type::float4; return true;
    case FLOAT8OID: found = Type::float8; return true;
    case NUMERICOID: found = Type::numeric; return true;
    case DATEOID: found = Type::date; return true;
    case TIMESTAMPOID:
    case TIMESTAMPTZOID: found = Type::timestamp; return true;
    case INTERVALOID: found = Type::interval; return true;
    case TIMEOID: found = Type::time; return true;
    case TEXTOID:
    case VARCHAROID: found = Type::text; return true;
    case BPCHAROID: found = Type::character; return true;
    case NAMEOID: found = Type::name; return true;
    default: found = Type::enumeration; return pg::call([type] { return type_is_enum(type); });
    }
}

Feature::Feature(Oid type, std::string_view column) {
    const Oid base = pg::call([type] { return getBaseType(type); });
    if (find(base, type_)) return;
    const char *const name = pg::call([type] { return format_type_be(type); });
    throw Error(
        sqlstate::datatype_mismatch, "column \"" + std::string(column) + "\" cannot be a feature",
        std::string("It is of type ") + name + ".",
        "Features are numbers, booleans, dates, times, text and enums. Cast the column, leave it out of the row, or "
        "name it in ignore.");
}

void refuse_number(double value, std::string_view column) {
    throw Error(sqlstate::invalid_parameter, "column \"" + std::string(column) + "\" is not a finite number",
                std::isnan(value) ? "It is NaN." : "It is infinite.", "Use NULL for a value that is missing.");
}

double Feature::other_number(Datum value, std::string_view column) const {
    constexpr double day = USECS_PER_DAY;
    switch (type_) {
    case Type::boolean: return DatumGetBool(value) ? 1 : 0;
    case Type::int2: return DatumGetInt16(value);
    case Type::int4: return DatumGetInt32(value);
    case Type::int8: return static_cast<double>(DatumGetInt64(value));
    case Type::date: {
        const DateADT date = DatumGetDateADT(value);
        if (DATE_NOT_FINITE(date)) refuse_number(HUGE_VAL, column);
        return date;
    }
    case Type::timestamp: {
        const Timestamp t = DatumGetTimestamp(value);
        if (TIMESTAMP_NOT_FINITE(t)) refuse_number(HUGE_VAL, column);
        return static_cast<double>(t) / day;
    }
    case Type::interval: {
        const Interval &span = *DatumGetIntervalP(value);
#if PG_VERSION_NUM >= 170000
        if (INTERVAL_NOT_FINITE(&span)) refuse_number(HUGE_VAL, column);
#endif
        const int years = span.month / MONTHS_PER_YEAR, months = span.month % MONTHS_PER_YEAR;
        return years * DAYS_PER_YEAR + months * double{DAYS_PER_MONTH} + span.day +
               static_cast<double>(span.time) / day;
    }
    case Type::time: return static_cast<double>(DatumGetTimeADT(value)) / day;
    default: break;
    }
    const double number =
        type_ == Type::float4 ? static_cast<double>(DatumGetFloat4(value)) : pg::NumericArg::value(value);
    if (!std::isfinite(number)) refuse_number(number, column);
    return number;
}

std::string_view Feature::category(Datum value) const {
    switch (type_) {
    case Type::name: return NameStr(*DatumGetName(value));
    case Type::enumeration: return DatumGetCString(DirectFunctionCall1(enum_out, value));
    default: break;
    }
    return type_ == Type::character ? trimmed(value) : pg::text_arg(value);
}

Identity::Identity(Oid type, std::string_view column)
    : type_(pg::call([type] {
          const Oid base = getBaseType(type);
          return type_is_enum(base) ? ANYENUMOID : base;
      })) {
    switch (type_) {
    case INT2OID:
    case INT4OID:
    case INT8OID:
    case NUMERICOID:
    case UUIDOID:
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID:
    case NAMEOID:
    case ANYENUMOID: return;
    default: break;
    }
    const char *const name = pg::call([type] { return format_type_be(type); });
    throw Error(sqlstate::datatype_mismatch, "column \"" + std::string(column) + "\" cannot be the customer",
                std::string("It is of type ") + name + ".",
                "Customers are told apart by whole numbers, texts, enums or uuid: cast the column to text.");
}

std::string_view Identity::text(Datum value) const {
    const auto in_utf8 = [](std::string_view text) -> std::string_view {
        const char *const utf8 = pg_server_to_any(text.data(), static_cast<int>(text.size()), PG_UTF8);
        return utf8 == text.data() ? text : std::string_view(utf8);
    };
    switch (type_) {
    case INT2OID: return DatumGetCString(DirectFunctionCall1(int2out, value));
    case INT4OID: return DatumGetCString(DirectFunctionCall1(int4out, value));
    case INT8OID: return DatumGetCString(DirectFunctionCall1(int8out, value));
    case NUMERICOID: return numeric_normalize(DatumGetNumeric(value)); // 7.00 is 7
    case UUIDOID: return DatumGetCString(DirectFunctionCall1(uuid_out, value));
    case BPCHAROID: return in_utf8(trimmed(value));
    case NAMEOID: return in_utf8(NameStr(*DatumGetName(value)));
    case ANYENUMOID: return in_utf8(DatumGetCString(DirectFunctionCall1(enum_out, value)));
    default: return in_utf8(pg::text_arg(value));
    }
}

} // namespace cd::dataset
