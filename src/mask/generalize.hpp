// Values made coarser: the period that a day falls into, the band of a number, the network of an address.
#pragma once
#include "common/bytes.hpp"
#include <cstdint>
#include <string_view>

namespace cd::mask {

// Days since 2000-01-01.
enum class Period { day, week, month, quarter, year, decade };
Period period_of(std::string_view name); // throws if there is none of this name
// The first day of the period; a week begins with Monday.
std::int64_t first_day(std::int64_t day, Period);

// The largest multiple of `width` that is not above `value`. Both are taken for the decimals that they were written as:
// 0.3 begins the band of 0.3 if bands are 0.1 wide, though the nearest double is below three times that of 0.1.
double band_start(double value, double width);
void check_width_positive(bool positive, const std::string &width);
void check_finite(bool finite, const char *argument, const std::string &seen);

// How many leading bits of an address stay: of one of `bits` so many as of its family, and no more than it has.
void check_network_bits(std::int32_t ipv4_bits, std::int32_t ipv6_bits);
int network_bits(Bytes address, int bits, int ipv4_bits, int ipv6_bits);

} // namespace cd::mask
