#include "crypto/key_wrap.hpp"
#include "vectors.hpp"
#include <algorithm>
#include <openssl/err.h>

using namespace cd;
using namespace cd::test;
using Buffer = std::vector<std::uint8_t>;
using Wrapping = std::span<const std::uint8_t, 32>;

namespace {

std::optional<Buffer> unwrap(const Buffer &wrapping, Bytes wrapped, std::size_t size) {
    Buffer key(size);
    const bool right = crypto::unwrap_key(Wrapping(wrapping), wrapped, key);
    EXPECT_EQ(ERR_peek_error(), 0U);
    return right ? std::optional(key) : std::nullopt;
}

} // namespace

// Wycheproof, aes_kwp 161: RFC 5649 has no example of a 256-bit wrapping key.
TEST(KeyWrap, KnownAnswer) {
    const Buffer wrapping = hex("fce0429c610658ef8e7cfb0154c51de2239a8a317f5af5b6714f985fb5c4d75c"),
                 key = hex("287326b5ed0078e7ca0164d748f667e7");
    const Buffer wrapped = crypto::wrap_key(Wrapping(wrapping), key);
    EXPECT_EQ(hex_of(wrapped), "e3eab96d9a2fda12f9e252053aff15e753e5ea6f5172c92b");
    EXPECT_EQ(unwrap(wrapping, wrapped, 16), key);
}
TEST(KeyWrap, Wycheproof) {
    const auto file = vectors("wycheproof_aes_kwp.json.gz");
    if (!file) GTEST_SKIP() << "no test vectors here";
    std::size_t right = 0, wrong = 0, other = 0;
    each_vector(*file, [&](const JsonValue &group, const JsonValue &test, bool valid) {
        const Buffer wrapping = hex(member(test, "key").text), key = hex(member(test, "msg").text),
                     wrapped = hex(member(test, "ct").text);
        if (member(group, "keySize").text != "256") {
            ++other;
        } else if (valid) {
            ++right;
            EXPECT_EQ(crypto::wrap_key(Wrapping(wrapping), key), wrapped);
            EXPECT_EQ(unwrap(wrapping, wrapped, key.size()), key);
        } else {
            ++wrong;
            // Of whatever size the key is said to have been.
            for (std::size_t size = 0; size < wrapped.size() + 8; ++size)
                EXPECT_EQ(unwrap(wrapping, wrapped, size), std::nullopt);
        }
    });
    std::printf("%zu valid, %zu invalid; %zu have shorter wrapping keys, which are not taken\n", right, wrong, other);
    EXPECT_GT(right, 20U);
    EXPECT_GT(wrong, 50U);
}
TEST(KeyWrap, NeitherAFlippedBitNorAnotherKeyUnwraps) {
    Buffer wrapping(32, 7);
    for (const std::size_t size : {1U, 7U, 8U, 9U, 32U, 64U}) {
        Buffer key(size);
        for (std::size_t i = 0; i < size; ++i) key[i] = static_cast<std::uint8_t>(i);
        Buffer wrapped = crypto::wrap_key(Wrapping(wrapping), key);
        EXPECT_EQ(unwrap(wrapping, wrapped, size), key);
        EXPECT_EQ(unwrap(wrapping, wrapped, size + 1), std::nullopt);
        EXPECT_EQ(unwrap(wrapping, wrapped, size - 1), std::nullopt);
        for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
            wrapped[bit / 8] = static_cast<std::uint8_t>(wrapped[bit / 8] ^ 1U << bit % 8);
            EXPECT_EQ(unwrap(wrapping, wrapped, size), std::nullopt);
            wrapped[bit / 8] = static_cast<std::uint8_t>(wrapped[bit / 8] ^ 1U << bit % 8);
        }
        for (std::size_t less = 0; less < wrapped.size(); ++less)
            EXPECT_EQ(unwrap(wrapping, Bytes(wrapped).first(less), size), std::nullopt);
        wrapping[31] ^= 1;
        EXPECT_EQ(unwrap(wrapping, wrapped, size), std::nullopt);
        wrapping[31] ^= 1;
    }
}
TEST(KeyWrap, RefusesSizesThatAreNoKeys) {
    const Buffer wrapping(32);
    EXPECT_THROW(crypto::wrap_key(Wrapping(wrapping), {}), Error);
    EXPECT_THROW(crypto::wrap_key(Wrapping(wrapping), Buffer(65537)), Error);
    EXPECT_EQ(crypto::wrap_key(Wrapping(wrapping), Buffer(65536)).size(), 65544U);
}
