// Amounts as double precision.
#pragma once
#include "pg/bridge.hpp"
#include <cmath>
#include <cstdint>
#include <cstring>
extern "C" {
#include "utils/fmgrprotos.h"
}

namespace cd::pg {

struct Float8Arg {
    static double value(Datum d) { return DatumGetFloat8(d); }
};

// The server's cast of numeric goes through a decimal string (90 ns). The stored form is a sign, a weight and digits of
// base 10000; with at most 2^53 in the digits and at most 10^22 in the scale both are exact doubles, so that one
// multiplication or division gives the correctly rounded value, the same as the cast (Clinger 1990). Everything else is
// left to the cast.
struct NumericArg {
    static double value(Datum d) {
        const auto *const stored = reinterpret_cast<const struct varlena *>(DatumGetPointer(d));
        if (VARATT_IS_EXTERNAL(stored) || VARATT_IS_COMPRESSED(stored)) return by_cast(d);
        const char *at = VARDATA_ANY(stored);
        const char *const end = at + VARSIZE_ANY_EXHDR(stored);
        const auto next = [&at] {
            std::uint16_t v;
            memcpy(&v, at, sizeof v);
            at += sizeof v;
            return v;
        };
        const std::uint16_t header = next();
        bool negative;
        int weight;
        switch (header & 0xC000) {
        case 0xC000: // NaN and the infinities
            return by_cast(d);
        case 0x8000: // short header: sign, scale and weight in one
            negative = header & 0x2000;
            weight = (header & 0x3F) - (header & 0x40);
            break;
        default: negative = header & 0x4000; weight = static_cast<std::int16_t>(next());
        }
        const auto digits = static_cast<int>((end - at) / 2);
        if (digits > 4) return by_cast(d);
        std::uint64_t mantissa = 0;
        for (int i = 0; i < digits; ++i) mantissa = mantissa * 10000 + next();
        const int scale = weight - digits + 1; // the value is mantissa * 10000^scale
        if (mantissa > (std::uint64_t{1} << 53) || scale > 5 || scale < -5) return by_cast(d);
        constexpr double powers[] = {1e0, 1e4, 1e8, 1e12, 1e16, 1e20};
        const double m = static_cast<double>(mantissa);
        const double magnitude = scale < 0 ? m / powers[-scale] : m * powers[scale];
        return negative ? -magnitude : magnitude;
    }

  private:
    static double by_cast(Datum d) { return DatumGetFloat8(DirectFunctionCall1(numeric_float8, d)); }
};

} // namespace cd::pg
