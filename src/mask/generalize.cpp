#include "mask/generalize.hpp"
#include "math/calendar.hpp"
#include <algorithm>
#include <cmath>

namespace cd::mask {

Period period_of(std::string_view name) {
    constexpr std::string_view names[] = {"day", "week", "month", "quarter", "year", "decade"};
    for (std::size_t i = 0; i < std::size(names); ++i)
        if (name == names[i]) return static_cast<Period>(i);
    throw Error(sqlstate::invalid_parameter, "period is not known", "period is \"" + std::string(name) + "\".",
                "Periods are day, week, month, quarter, year and decade.");
}

std::int64_t first_day(std::int64_t day, Period period) {
    const auto floor = [](std::int64_t n, std::int64_t step) { return n - ((n % step) + step) % step; };
    constexpr std::int64_t a_monday = 2; // 2000-01-03
    if (period == Period::day) return day;
    if (period == Period::week) return floor(day - a_monday, 7) + a_monday;
    math::Date date = math::date_of(day);
    date.day = 1;
    if (period == Period::quarter) date.month -= (date.month - 1) % 3;
    if (period >= Period::year) date.month = 1;
    if (period == Period::decade) date.year = floor(date.year, 10);
    return math::day_of(date);
}

void check_finite(bool finite, const char *argument, const std::string &seen) {
    if (!finite)
        throw Error(sqlstate::invalid_parameter, std::string(argument) + " must be finite",
                    std::string(argument) + " is " + seen + ".", "Use NULL for what is not known.");
}

void check_width_positive(bool positive, const std::string &width) {
    if (!positive)
        throw Error(sqlstate::invalid_parameter, "width must be above zero", "width is " + width + ".",
                    "It is the distance from the beginning of one band to that of the next one.");
}

double band_start(double value, double width) {
    check_finite(std::isfinite(value), "value", digits(value));
    check_finite(std::isfinite(width), "width", digits(width));
    check_width_positive(width > 0, digits(width));
    const double quotient = value / width;
    if (!(std::abs(quotient) < 0x1p52)) return value + 0.0; // doubles there are as far from each other as bands
    // Two units in the last place are what the decimals of value and width may be off.
    const double nearest = std::nearbyint(quotient);
    const double n = std::abs(quotient - nearest) <= std::abs(nearest) * 0x1p-51 ? nearest : std::floor(quotient);
    // As a decimal, width is units / scale, and so is the start: one division, rounded once.
    for (double scale = 1; scale <= 1e15; scale *= 10) {
        const double units = std::nearbyint(width * scale);
        if (units >= 0x1p53) break;
        if (units / scale == width && std::abs(n * units) < 0x1p53) return n * units / scale + 0.0;
    }
    return n * width + 0.0; // -0.0 becomes 0
}

void check_network_bits(std::int32_t ipv4_bits, std::int32_t ipv6_bits) {
    const auto check = [](const char *name, std::int32_t bits, std::int32_t most) {
        if (bits < 0 || bits > most)
            throw Error(sqlstate::invalid_parameter,
                        std::string(name) + " must be between 0 and " + std::to_string(most),
                        std::string(name) + " is " + std::to_string(bits) + ".",
                        "So many bits from the left stay; usual are 24 of IPv4 and 48 of IPv6.");
    };
    check("ipv4_bits", ipv4_bits, 32);
    check("ipv6_bits", ipv6_bits, 128);
}

int network_bits(Bytes address, int bits, int ipv4_bits, int ipv6_bits) {
    if (address.size() == 4) return std::min(bits, ipv4_bits);
    // Where an IPv6 address has an IPv4 address in it, no more of that stays than of one by itself: 6to4 (RFC 3056),
    // IPv4-mapped (RFC 4291, 2.5.5.2), and translated (RFC 6052, 2.1).
    struct Prefix {
        std::uint8_t size, bytes[12];
    };
    constexpr Prefix prefixes[] = {{2, {0x20, 0x02}},
                                   {12, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}},
                                   {12, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}}};
    for (const Prefix &prefix : prefixes)
        if (std::equal(prefix.bytes, prefix.bytes + prefix.size, address.begin()))
            ipv6_bits = std::min(ipv6_bits, prefix.size * 8 + ipv4_bits);
    return std::min(bits, ipv6_bits);
}

} // namespace cd::mask
