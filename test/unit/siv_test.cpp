#include "crypto/siv.hpp"
#include "vectors.hpp"
#include <algorithm>
#include <random>

using namespace cd;
using namespace cd::test;
using crypto::Block, crypto::Cmac, crypto::Siv;
using Buffer = std::vector<std::uint8_t>;

namespace {

Buffer seal(const Siv &siv, const Block &begun, Bytes plaintext) {
    Buffer sealed(plaintext.size() + Siv::tag_size);
    siv.seal(begun, plaintext, sealed.data());
    return sealed;
}
std::optional<Buffer> open(const Siv &siv, const Block &begun, Bytes sealed) {
    Buffer plaintext(sealed.size() - Siv::tag_size, 0xee);
    if (siv.open(begun, sealed, plaintext.data())) return plaintext;
    EXPECT_TRUE(std::ranges::all_of(plaintext, [](auto byte) { return byte == 0; })) << "what did not open is wiped";
    return std::nullopt;
}

Buffer random_bytes(std::mt19937_64 &random, std::size_t n) {
    Buffer bytes(n);
    for (std::uint8_t &byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

const Buffer key = hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                       "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeffe0e1e2e3e4e5e6e7e8e9eaebecedeeef");

} // namespace

// RFC 5297, A.1 and A.2.
TEST(Siv, ExamplesOfTheRfc) {
    const Siv one(hex("fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"));
    const Buffer plain = hex("112233445566778899aabbccddee");
    const Block begun = one.begin({hex("101112131415161718191a1b1c1d1e1f2021222324252627")});
    EXPECT_EQ(hex_of(seal(one, begun, plain)), "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c");

    const Siv two(hex("7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f"));
    const Buffer first = hex("00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100"),
                 second = hex("102030405060708090a0"), nonce = hex("09f911029d74e35bd84156c5635688c0");
    const std::string_view text = "this is some plaintext to encrypt using SIV-AES";
    const Buffer sealed = seal(two, two.begin({first, second, nonce}), bytes_of(text));
    EXPECT_EQ(hex_of(sealed), "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17"
                              "dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d");
    // What many messages begin with is hashed once.
    EXPECT_EQ(seal(two, two.add(two.add(two.begin({first}), second), nonce), bytes_of(text)), sealed);
    EXPECT_EQ(open(two, two.begin({first, second, nonce}), sealed),
              Buffer(bytes_of(text).begin(), bytes_of(text).end()));
}
// Wycheproof, aes_siv_cmac 296: OpenSSL 3.0 has a SIV of its own, which fails here.
TEST(Siv, EmptyMessage) {
    const Siv siv(
        hex("bc7635c1fd566aa8357fd103714bfaee1c9e5b3c578b3980401a981030254a54b1756a8c96e600b7252fd0aab12f39d115d"
            "256b3f3e7c2c41a7fece72ba7c3c4"));
    const Block begun = siv.begin({Bytes{}});
    const Buffer sealed = seal(siv, begun, {});
    EXPECT_EQ(hex_of(sealed), "44b1c6fe8a8c07dee5377b161f283c31");
    EXPECT_EQ(open(siv, begun, sealed), Buffer{});
    // An empty component is a component.
    EXPECT_NE(seal(siv, siv.begin({}), {}), sealed);
}
TEST(Siv, Wycheproof) {
    const auto file = vectors("wycheproof_aes_siv_cmac.json.gz");
    if (!file) GTEST_SKIP() << "no test vectors here";
    std::size_t right = 0, wrong = 0;
    each_vector(*file, [&](const JsonValue &, const JsonValue &test, bool valid) {
        const Siv siv(hex(member(test, "key").text));
        const Buffer aad = hex(member(test, "aad").text), plain = hex(member(test, "msg").text),
                     sealed = hex(member(test, "ct").text);
        const Block begun = siv.begin({aad});
        if (valid) {
            ++right;
            EXPECT_EQ(seal(siv, begun, plain), sealed);
            EXPECT_EQ(open(siv, begun, sealed), plain);
        } else {
            ++wrong;
            ASSERT_GE(sealed.size(), Siv::tag_size);
            EXPECT_EQ(open(siv, begun, sealed), std::nullopt);
        }
    });
    std::printf("%zu valid, %zu invalid, keys of all sizes\n", right, wrong);
    EXPECT_GT(right, 100U);
    EXPECT_GT(wrong, 100U);
}
// Any length around the blocks of CMAC, of CTR and of its batches.
TEST(Siv, OpensWhatItSealsAndNothingElse) {
    std::mt19937_64 random(6);
    const Siv siv(key);
    for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 30U, 31U, 32U, 33U, 47U, 48U, 511U, 512U, 513U, 1040U}) {
        const Buffer first = random_bytes(random, size % 37), nonce = random_bytes(random, 16),
                     plain = random_bytes(random, size);
        const Block begun = siv.begin({first, nonce});
        Buffer sealed = seal(siv, begun, plain);
        EXPECT_EQ(open(siv, begun, sealed), plain);
        for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
            sealed[bit / 8] = static_cast<std::uint8_t>(sealed[bit / 8] ^ 1U << bit % 8);
            EXPECT_EQ(open(siv, begun, sealed), std::nullopt) << size << ' ' << bit;
            sealed[bit / 8] = static_cast<std::uint8_t>(sealed[bit / 8] ^ 1U << bit % 8);
        }
        for (std::size_t less = Siv::tag_size; less < sealed.size(); ++less)
            EXPECT_EQ(open(siv, begun, Bytes(sealed).first(less)), std::nullopt);
        Buffer more = sealed;
        more.push_back(0);
        EXPECT_EQ(open(siv, begun, more), std::nullopt);
        // Other associated data: other bits, other order, one component less, one more, or two joined.
        Buffer joined = first;
        joined.insert(joined.end(), nonce.begin(), nonce.end());
        Buffer other = nonce;
        other[0] ^= 0x80;
        for (const Block &wrong : {siv.begin({first, other}), siv.begin({nonce, first}), siv.begin({first}),
                                   siv.begin({nonce}), siv.begin({first, nonce, Bytes{}}), siv.begin({joined})})
            EXPECT_EQ(open(siv, wrong, sealed), std::nullopt);
    }
}
TEST(Siv, MovesItsKeys) {
    Siv siv(key), other(Buffer(64));
    const Block begun = siv.begin({key});
    const Buffer sealed = seal(siv, begun, key);
    other = std::move(siv);
    EXPECT_EQ(seal(other, other.begin({key}), key), sealed);
}

// A cancel is seen in the middle, by both halves of the work, and what was opened by then is wiped.
TEST(Siv, PollsAndLeavesNothingWhenItIsCancelled) {
    static int polls, last;
    const Poll poll([] {
        if (++polls == last) throw Error("57014", "canceled");
    });
    const Siv siv(key);
    const Block begun = siv.begin({});
    const Buffer plain((std::size_t{5} << 19) + 7, 'x');
    Buffer sealed(plain.size() + Siv::tag_size), opened(plain.size());
    polls = 0, last = -1;
    siv.seal(begun, plain, sealed.data(), poll);
    EXPECT_EQ(sealed, seal(siv, begun, plain));
    const int all = polls;
    EXPECT_GE(all, 8);
    for (last = 1; last <= all; ++last) {
        polls = 0;
        opened.assign(plain.size(), 0xee);
        EXPECT_THROW(static_cast<void>(siv.open(begun, sealed, opened.data(), poll)), Error);
        EXPECT_EQ(opened, Buffer(plain.size()));
    }
    polls = 0;
    EXPECT_TRUE(siv.open(begun, sealed, opened.data(), poll));
    EXPECT_EQ(opened, plain);
}

// NIST SP 800-38B, appendix D.3 (AES-256).
TEST(Cmac, ExamplesOfTheStandard) {
    const Cmac cmac(hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"));
    const Buffer message = hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                               "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
    const auto of = [&](std::size_t size) { return hex_of(cmac(Bytes(message).first(size))); };
    EXPECT_EQ(of(0), "028962f61b7bf89efc6b551f4667d983");
    EXPECT_EQ(of(16), "28a7023f452e8f82bd4bf28d8c37c35c");
    EXPECT_EQ(of(40), "aaf3d8f1de5640c232f5b169b9c911e6");
    EXPECT_EQ(of(64), "e1992190549f6ed5696a2c056c315410");
}
TEST(Cmac, Wycheproof) {
    const auto file = vectors("wycheproof_aes_cmac.json.gz");
    if (!file) GTEST_SKIP() << "no test vectors here";
    std::size_t right = 0, wrong = 0;
    each_vector(*file, [&](const JsonValue &group, const JsonValue &test, bool valid) {
        const auto made = [&] {
            const std::size_t bytes = std::stoul(member(group, "tagSize").text) / 8;
            return hex_of(Bytes(Cmac(hex(member(test, "key").text))(hex(member(test, "msg").text))).first(bytes));
        };
        if (valid) {
            ++right;
            EXPECT_EQ(made(), member(test, "tag").text);
        } else if (++wrong; member(test, "flags").items.at(0).text == "InvalidKeySize") {
            EXPECT_THROW(made(), Error);
        } else {
            EXPECT_NE(made(), member(test, "tag").text);
        }
    });
    std::printf("%zu valid, %zu invalid, keys of all sizes\n", right, wrong);
    EXPECT_GT(right, 50U);
    EXPECT_GT(wrong, 50U);
}
