#include "churn/query_columns_sql.hpp"
#include "pg/number.hpp"
#include "pg/time.hpp"
#include <cmath>
extern "C" {
#include "utils/guc.h"
}

namespace cd::churn {

namespace {

// As months, days and microseconds, none of them negative.
Span span(const Interval &interval, const char *name, Least least) {
    bool finite = true;
#if PG_VERSION_NUM >= 170000
    finite = !INTERVAL_NOT_FINITE(&interval);
#endif
    const bool negative = interval.month < 0 || interval.day < 0 || interval.time < 0;
    const bool zero = interval.month == 0 && interval.day == 0 && interval.time == 0;
    if (finite && !negative && !(zero && least == Least::above_zero))
        return {interval.month, interval.day, interval.time};
    const Interval *const seen = &interval;
    const char *const text =
        pg::call([seen] { return DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(seen))); });
    throw Error(sqlstate::invalid_parameter,
                std::string(name) + (least == Least::zero ? " must not be negative" : " must be longer than zero"),
                std::string("It is ") + text + ".", "Give a span such as interval '30 days', no part of it negative.");
}

const char *type_name(Oid type) {
    return pg::call([type] { return format_type_be(type); });
}

} // namespace

Span span_arg(FunctionCallInfo fcinfo, int argument, const char *name, Least least) {
    return span(*DatumGetIntervalP(fcinfo->args[argument].value), name, least);
}
std::optional<Span> optional_span_arg(FunctionCallInfo fcinfo, int argument, const char *name) {
    if (fcinfo->args[argument].isnull) return std::nullopt;
    return span_arg(fcinfo, argument, name, Least::above_zero);
}
std::optional<Micros> time_arg(FunctionCallInfo fcinfo, int argument, const char *name) {
    if (fcinfo->args[argument].isnull) return std::nullopt;
    const TimestampTz t = DatumGetTimestampTz(fcinfo->args[argument].value);
    if (TIMESTAMP_NOT_FINITE(t))
        throw Error(sqlstate::invalid_parameter, std::string(name) + " must be a finite time",
                    "It is infinity or -infinity.", "Use NULL for no bound.");
    return t;
}

void CustomerRows::columns(TupleDesc row) {
    const int least = 1 + static_cast<int>(times_.size());
    if (row->natts < least || row->natts > least + 1) {
        std::string names = "customer_id";
        for (const char *const name : times_) names += std::string(", ") + name;
        throw Error(sqlstate::invalid_parameter, "the query must have the columns " + names + " and perhaps an amount",
                    "It has " + std::to_string(row->natts) + (row->natts == 1 ? " column." : " columns."),
                    "Select these columns alone, in this order.");
    }
    const auto type = [row](int column) {
        const Oid declared = TupleDescAttr(row, column)->atttypid;
        return pg::call([declared] { return getBaseType(declared); });
    };
    pg::call([this, row] { id_column_.open(TupleDescAttr(row, 0)->atttypid); });
    int column = 1;
    for (const char *const name : times_) {
        const Oid found = time_types_[column - 1] = type(column);
        if (found != TIMESTAMPTZOID && found != TIMESTAMPOID && found != DATEOID)
            throw Error(sqlstate::datatype_mismatch, std::string(name) + " must be a timestamptz, timestamp or date",
                        "Column " + std::to_string(column + 1) + " of the query is of type " + type_name(found) + ".",
                        "Cast it, or select the columns in the documented order.");
        ++column;
    }
    has_amount_ = row->natts > column;
    if (!has_amount_) return;
    amount_type_ = type(column);
    switch (amount_type_) {
    case INT2OID:
    case INT4OID:
    case INT8OID:
    case FLOAT4OID:
    case FLOAT8OID:
    case NUMERICOID: return;
    default:
        throw Error(sqlstate::datatype_mismatch, std::string(amount_) + " must be a number",
                    "Column " + std::to_string(column + 1) + " of the query is of type " + type_name(amount_type_) +
                        ".",
                    "Cast it to numeric or double precision.");
    }
}

namespace {

// A timestamp without time zone is taken for UTC, and has the same numbers.
Micros micros(Oid type, Datum value) {
    if (type == DATEOID && DATE_IS_NOBEGIN(DatumGetDateADT(value))) return INT64_MIN;
    const Micros t = type == DATEOID ? pg::DateArg::micros(value) : pg::TimestamptzArg::micros(value);
    return t < math::first_time ? INT64_MIN : t;
}

double number(Oid type, Datum value, const char *name) {
    double result;
    switch (type) {
    case INT2OID: return DatumGetInt16(value);
    case INT4OID: return DatumGetInt32(value);
    case INT8OID: return static_cast<double>(DatumGetInt64(value));
    case FLOAT4OID: result = static_cast<double>(DatumGetFloat4(value)); break;
    case FLOAT8OID: result = DatumGetFloat8(value); break;
    default: result = pg::NumericArg::value(value);
    }
    if (std::isfinite(result)) return result;
    throw Error(sqlstate::invalid_parameter, std::string(name) + " must be a finite number",
                std::isnan(result) ? "A row of the query has NaN." : "A row of the query has an infinite one.",
                "Use NULL for an amount that is not known.");
}

} // namespace

void CustomerRows::refuse_infinite(const char *name) {
    throw Error(sqlstate::invalid_parameter, std::string(name) + " must be a finite time",
                "A row of the query has infinity or -infinity.", "Leave such rows out.");
}

void CustomerRows::visit(TupleTableSlot *slot) {
    slot_getallattrs(slot);
    const Datum *const values = slot->tts_values;
    const bool *const nulls = slot->tts_isnull;
    if (nulls[0] || nulls[1]) {
        ++skipped_;
        return;
    }
    id_ = id_column_.text(values[0]);
    const std::size_t times = times_.size();
    for (std::size_t i = 0; i < times; ++i) {
        at_[i].reset();
        if (!nulls[i + 1]) at_[i] = micros(time_types_[i], values[i + 1]);
    }
    value_.reset();
    if (has_amount_ && !nulls[times + 1]) value_ = number(amount_type_, values[times + 1], amount_);
    take();
}

void CustomerRows::read(FunctionCallInfo fcinfo, int argument) {
    const Datum given = fcinfo->args[argument].value;
    const pg::UserQuery query = pg::call([given] {
        return pg::UserQuery{TextDatumGetCString(given), pstrdup(GetConfigOption("search_path", false, false)),
                             GetUserId()};
    });
    pg::each_row(query, *this);
    if (skipped_ == 0) return;
    const std::uint64_t skipped = skipped_;
    const char *const time = times_[0];
    pg::call([skipped, time] {
        ereport(NOTICE, (errmsg_internal("rows without customer_id or %s were skipped: %llu", time,
                                         static_cast<unsigned long long>(skipped))));
    });
}

} // namespace cd::churn
