// Keyed hashes of values: pseudonyms, and blind indexes by which values are found that are sealed with a nonce each.
#pragma once
#include "crypto/hmac.hpp"
#include "pseudonym/normaliser.hpp"

namespace cd::pseudonym {

// HMAC-SHA-256(key, lp(normaliser's name and version) ‖ normalised value), where lp puts the length before the bytes,
// as u32, big-endian. With the name in it, values that were normalised by different rules never meet.
class ValueHash {
  public:
    static constexpr std::size_t key_size = 32;
    explicit ValueHash(std::span<const std::uint8_t, key_size> key) : hmac_(key) {}
    crypto::Digest operator()(Normaliser, std::string_view utf8) const;

  private:
    crypto::Hmac hmac_;
};

// UUID version 8 of RFC 9562: the first 128 bits, of which 6 are given up for version and variant. 122 stay.
using Uuid = std::array<std::uint8_t, 16>;
Uuid uuid_of(const crypto::Digest &);

// The first `bits` bits, in as few bytes as hold them; those that are left over in the last byte are 0.
inline constexpr int min_blind_bits = 1, max_blind_bits = 128;
constexpr std::size_t blind_size(int bits) { return (static_cast<std::size_t>(bits) + 7) / 8; }
using Blind = std::array<std::uint8_t, blind_size(max_blind_bits)>;
Blind blind_of(const crypto::Digest &, int bits); // blind_size(bits) bytes of it count

// How many bits suit a column of so many rows: the most with which a row shares its index with two others or more,
// C = rows / 2^bits >= 2. From 8 rows on C <= sqrt(rows) too, as CipherSweet's planner asks for. Throws 22023 below 1.
int blind_bits(std::int64_t rows);

} // namespace cd::pseudonym
