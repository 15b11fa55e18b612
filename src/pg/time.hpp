// Times as kernels know them: microseconds and days since 2000-01-01 UTC. A date is that UTC day.
#pragma once
#include "pg/bridge.hpp"
#include <cstdint>
#include <string>
extern "C" {
#include "datatype/timestamp.h"
#include "utils/date.h"
#include "utils/timestamp.h"
}

namespace cd::pg {

struct TimestamptzArg {
    // The infinities come out as the ends of the range, which kernels refuse.
    static std::int64_t micros(Datum d) { return DatumGetTimestampTz(d); }
    static std::int32_t day(Datum d) {
        const TimestampTz t = DatumGetTimestampTz(d);
        if (TIMESTAMP_NOT_FINITE(t)) refuse();
        return static_cast<std::int32_t>(t / USECS_PER_DAY - (t % USECS_PER_DAY < 0));
    }
    [[noreturn]] static void refuse() {
        throw Error(sqlstate::invalid_parameter, "as_of must be a finite time", "as_of is infinity or -infinity.");
    }
};

struct DateArg {
    static std::int64_t micros(Datum d) {
        const DateADT date = DatumGetDateADT(d);
        if (date < MIN_TIMESTAMP / USECS_PER_DAY || date >= END_TIMESTAMP / USECS_PER_DAY) return DT_NOEND;
        return date * USECS_PER_DAY;
    }
    static std::int32_t day(Datum d) {
        const DateADT date = DatumGetDateADT(d);
        if (DATE_NOT_FINITE(date)) TimestamptzArg::refuse();
        return date;
    }
};

// A span as microseconds. Months and years have no fixed length, so they are refused.
inline std::int64_t unit_micros(const Interval *unit, const char *name = "unit") {
    if (unit->month != 0)
        throw Error(sqlstate::invalid_parameter, std::string(name) + " must have a fixed length",
                    "It contains months or years, which differ in length.",
                    std::string("Give the ") + name +
                        " in days or hours, for instance interval '7 days' or '30 days'.");
    std::int64_t micros;
    if (__builtin_mul_overflow(std::int64_t{unit->day}, USECS_PER_DAY, &micros) ||
        __builtin_add_overflow(micros, unit->time, &micros) || micros <= 0)
        throw Error(sqlstate::invalid_parameter, std::string(name) + " must be longer than zero", "",
                    std::string("Give the ") + name + " in days or hours, for instance interval '7 days'.");
    return micros;
}

} // namespace cd::pg
