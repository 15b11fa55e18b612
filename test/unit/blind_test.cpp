#include "pseudonym/blind.hpp"
#include "keyring/keyring.hpp"
#include "blind_answers.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::pseudonym;

namespace {

std::string hex(Bytes bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

std::string text_of(const Uuid &uuid) {
    std::string text = hex(uuid);
    for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, 1, '-');
    return text;
}

ValueHash hash_for(const keyring::Keyring &ring, const char *kind, const answers::Case &c) {
    crypto::Secret<ValueHash::key_size> key;
    ring.derive({kind, c.tenant, c.field, "HMAC-SHA-256"}, c.version, key.span());
    return ValueHash(key.span());
}

crypto::Digest ones() {
    crypto::Digest digest;
    digest.fill(0xff);
    return digest;
}

} // namespace

TEST(Blind, IsWhatAnotherImplementationMakes) {
    keyring::Keyring ring;
    for (const auto &[version, key] : answers::roots)
        keyring::read_keys(std::to_string(version) + ": " + key, version, ring);
    for (const answers::Case &c : answers::cases) {
        const auto normaliser = find_normaliser(c.normaliser);
        ASSERT_TRUE(normaliser);
        EXPECT_EQ(text_of(uuid_of(hash_for(ring, "pseudonym", c)(*normaliser, c.value))), c.pseudonym) << c.value;
        const crypto::Digest digest = hash_for(ring, "blind", c)(*normaliser, c.value);
        for (std::size_t i = 0; i < std::size(answers::bits); ++i) {
            const int bits = answers::bits[i];
            EXPECT_EQ(hex(Bytes(blind_of(digest, bits)).first(blind_size(bits))), c.blind[i]) << c.value << bits;
        }
    }
}

TEST(Blind, KeepsTheFirstBits) {
    for (int bits = min_blind_bits; bits <= max_blind_bits; ++bits) {
        const Blind blind = blind_of(ones(), bits);
        int kept = 0, leading = 0;
        bool gap = false;
        for (std::size_t i = 0; i < blind_size(bits); ++i)
            for (int bit = 7; bit >= 0; --bit) {
                const bool set = blind[i] >> bit & 1;
                kept += set;
                leading += set && !gap;
                gap = gap || !set;
            }
        EXPECT_EQ(kept, bits);
        EXPECT_EQ(leading, bits);
        EXPECT_EQ(blind_size(bits), static_cast<std::size_t>(std::ceil(bits / 8.0)));
    }
}

// RFC 9562, 5.8: the layout of version 8.
TEST(Blind, PseudonymsAreUuidsOfVersion8) {
    EXPECT_EQ(text_of(uuid_of(ones())), "ffffffff-ffff-8fff-bfff-ffffffffffff");
    EXPECT_EQ(text_of(uuid_of(crypto::Digest{})), "00000000-0000-8000-8000-000000000000");
}

// The bounds of CipherSweet's planner, 2 <= C <= sqrt(rows); and with one bit more C would be below 2.
TEST(Blind, BitsKeepTwoCoincidencesOrMore) {
    for (double rows = 8; rows < 9e18; rows = std::floor(rows * 1.1) + 1) {
        const int bits = blind_bits(static_cast<std::int64_t>(rows));
        const double coincidences = std::ldexp(rows, -bits);
        EXPECT_GE(coincidences, 2) << rows;
        EXPECT_LT(coincidences, 4) << rows;
        EXPECT_LE(coincidences, std::sqrt(rows)) << rows;
    }
    for (int rows = 1; rows < 8; ++rows) EXPECT_EQ(blind_bits(rows), 1) << rows;
    EXPECT_EQ(blind_bits(8), 2);
    EXPECT_EQ(blind_bits((1 << 20) - 1), 18);
    EXPECT_EQ(blind_bits(1 << 20), 19);
    EXPECT_EQ(blind_bits(INT64_MAX), 61);
    for (const std::int64_t none : {std::int64_t{0}, std::int64_t{-1}, INT64_MIN})
        EXPECT_THROW(blind_bits(none), Error);
}
