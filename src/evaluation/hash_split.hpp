// Parts of customers that stay the same: the part of a key is a function of its hash alone.
#pragma once
#include "common/bytes.hpp"

namespace cd::evaluation {

inline constexpr std::size_t digest_size = 32;

// Throws unless these are fractions above 0 that add up to at most 1.
void check_fractions(std::span<const double> fractions);

// The first eight hexadecimal digits of a SHA-256 as a share of 2^32 say where a key lies in [0, 1); part k has the
// keys from the sum of the fractions before k up to the sum with its own. What fractions leave is one more part.
int part_of(Bytes digest, std::span<const double> fractions);

} // namespace cd::evaluation
