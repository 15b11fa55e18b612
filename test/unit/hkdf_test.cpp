#include "crypto/hmac.hpp"
#include "vectors.hpp"

using namespace cd;
using namespace cd::test;
using Buffer = std::vector<std::uint8_t>;

namespace {

std::string derived(Bytes key, Bytes salt, Bytes info, std::size_t size) {
    Buffer out(size);
    crypto::hkdf_sha256(key, salt, info, out);
    return hex_of(out);
}

} // namespace

// RFC 5869, A.1 to A.3.
TEST(Hkdf, ExamplesOfTheRfc) {
    EXPECT_EQ(derived(Buffer(22, 0x0b), hex("000102030405060708090a0b0c"), hex("f0f1f2f3f4f5f6f7f8f9"), 42),
              "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    Buffer key, salt, info;
    for (unsigned i = 0; i < 80; ++i) {
        key.push_back(static_cast<std::uint8_t>(i));
        salt.push_back(static_cast<std::uint8_t>(0x60 + i));
        info.push_back(static_cast<std::uint8_t>(0xb0 + i));
    }
    EXPECT_EQ(derived(key, salt, info, 82),
              "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac78"
              "27271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1"
              "f3434f1d87");
    EXPECT_EQ(derived(Buffer(22, 0x0b), {}, {}, 42),
              "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
}
TEST(Hkdf, Wycheproof) {
    const auto file = vectors("wycheproof_hkdf_sha256.json.gz");
    if (!file) GTEST_SKIP() << "no test vectors here";
    std::size_t right = 0, wrong = 0;
    each_vector(*file, [&](const JsonValue &, const JsonValue &test, bool valid) {
        const auto made = [&] {
            return derived(hex(member(test, "ikm").text), hex(member(test, "salt").text),
                           hex(member(test, "info").text), std::stoul(member(test, "size").text));
        };
        if (valid) {
            ++right;
            EXPECT_EQ(made(), member(test, "okm").text);
        } else {
            ++wrong;
            EXPECT_THROW(made(), Error); // the only thing that can be wrong is the size
        }
    });
    std::printf("%zu valid, %zu invalid\n", right, wrong);
    EXPECT_GT(right, 50U);
    EXPECT_GT(wrong, 0U);
}
TEST(Hkdf, GivesAtMost255Blocks) {
    EXPECT_EQ(derived({}, {}, {}, 8160).size(), 16320U);
    EXPECT_THROW(derived({}, {}, {}, 8161), Error);
    EXPECT_EQ(derived({}, {}, {}, 0), "");
    // A label that is longer than OpenSSL's HKDF would take.
    EXPECT_EQ(derived({}, {}, Buffer(100000), 32).size(), 64U);
}
