#include "crypto/hmac.hpp"
#include "vectors.hpp"

using namespace cd;
using namespace cd::test;
using crypto::Hmac;
using Buffer = std::vector<std::uint8_t>;

// FIPS 180-4: the examples of NIST for SHA-256.
TEST(Sha256, ExamplesOfTheStandard) {
    EXPECT_EQ(hex_of(crypto::sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    const std::string expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    EXPECT_EQ(hex_of(crypto::sha256({bytes_of("abc")})), expected);
    EXPECT_EQ(hex_of(crypto::sha256({bytes_of("a"), Bytes{}, bytes_of("bc")})), expected);
    EXPECT_EQ(hex_of(crypto::sha256({bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")})),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
// RFC 4231, cases 1 to 4, 6 and 7; case 5 is a shortened one.
TEST(Hmac, ExamplesOfTheRfc) {
    const auto of = [](const Buffer &key, std::string_view message) { return hex_of(Hmac(key)(bytes_of(message))); };
    const auto text = [](std::string_view s) { return Buffer(bytes_of(s).begin(), bytes_of(s).end()); };
    EXPECT_EQ(of(Buffer(20, 0x0b), "Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(of(text("Jefe"), "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(of(Buffer(20, 0xaa), std::string(50, '\xdd')),
              "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    EXPECT_EQ(of(hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::string(50, '\xcd')),
              "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    EXPECT_EQ(of(Buffer(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(of(Buffer(131, 0xaa), "This is a test using a larger than block-size key and a larger than block-size "
                                    "data. The key needs to be hashed before being used by the HMAC algorithm."),
              "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}
TEST(Hmac, PartsAreOneMessageAndAStateServesManyMessages) {
    Hmac hmac(bytes_of("key"));
    const std::string message(200, 'x');
    const crypto::Digest whole = hmac(bytes_of(message));
    for (std::size_t at = 0; at <= message.size(); ++at) {
        const std::string_view text = message;
        EXPECT_EQ(hmac({bytes_of(text.substr(0, at)), Bytes{}, bytes_of(text.substr(at))}), whole);
    }
    Hmac other(bytes_of("other"));
    EXPECT_NE(other(bytes_of(message)), whole);
    other = std::move(hmac);
    const Hmac third = std::move(other);
    EXPECT_EQ(third(bytes_of(message)), whole);
}
TEST(Hmac, Wycheproof) {
    const auto file = vectors("wycheproof_hmac_sha256.json.gz");
    if (!file) GTEST_SKIP() << "no test vectors here";
    std::size_t right = 0, wrong = 0;
    each_vector(*file, [&](const JsonValue &group, const JsonValue &test, bool valid) {
        const std::size_t bytes = std::stoul(member(group, "tagSize").text) / 8;
        const crypto::Digest digest = Hmac(hex(member(test, "key").text))(hex(member(test, "msg").text));
        EXPECT_EQ(crypto::equal_in_constant_time(Bytes(digest).first(bytes), hex(member(test, "tag").text)), valid);
        ++(valid ? right : wrong);
    });
    std::printf("%zu valid, %zu invalid\n", right, wrong);
    EXPECT_GT(right, 50U);
    EXPECT_GT(wrong, 50U);
}
TEST(EqualInConstantTime, IsEquality) {
    EXPECT_TRUE(crypto::equal_in_constant_time({}, {}));
    EXPECT_TRUE(crypto::equal_in_constant_time(bytes_of("abc"), bytes_of("abc")));
    EXPECT_FALSE(crypto::equal_in_constant_time(bytes_of("abc"), bytes_of("abd")));
    EXPECT_FALSE(crypto::equal_in_constant_time(bytes_of("abc"), bytes_of("ab")));
    EXPECT_FALSE(crypto::equal_in_constant_time(bytes_of("ab"), bytes_of("abc")));
}
