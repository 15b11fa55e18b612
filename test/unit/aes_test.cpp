#include "crypto/aes.hpp"
#include "crypto/errors.hpp"
#include "crypto/self_test.hpp"
#include "vectors.hpp"
#include <algorithm>
#include <openssl/err.h>

using namespace cd;
using namespace cd::test;
using crypto::Aes, crypto::Block;

namespace {

std::string encrypted(const std::string &key, const std::string &blocks) {
    auto bytes = hex(blocks);
    Aes(hex(key)).encrypt(bytes.data(), bytes.data(), bytes.size() / crypto::block_size);
    return hex_of(bytes);
}

} // namespace

// FIPS 197, appendix C.
TEST(Aes, ExamplesOfTheStandard) {
    const std::string key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
                      plain = "00112233445566778899aabbccddeeff";
    EXPECT_EQ(encrypted(key.substr(0, 32), plain), "69c4e0d86a7b0430d8cdb78070b4c55a");
    EXPECT_EQ(encrypted(key.substr(0, 48), plain), "dda97ca4864cdfe06eaf70a0ec0d7191");
    EXPECT_EQ(encrypted(key, plain), "8ea2b7ca516745bfeafc49904b496089");
}
// NIST SP 800-38A, F.1.5: four blocks at once are four blocks.
TEST(Aes, SeveralBlocks) {
    EXPECT_EQ(encrypted("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"),
              "f3eed1bdb5d2a03c064b5a7e3db181f8591ccb10d410ed26dc5ba74a31362870"
              "b6ed21b99ca6f4f9f153e7b1beafed1d23304b7a39f9f3ff067d8d8f9e24ecc7");
}
TEST(Aes, MovesAndStartsAnew) {
    Aes aes(std::vector<std::uint8_t>(32)), other(std::vector<std::uint8_t>(32, 1));
    Block first{}, second{};
    aes.encrypt(first.data(), first.data());
    other = std::move(aes);
    const Aes third = std::move(other);
    third.encrypt(second.data(), second.data());
    EXPECT_EQ(first, second);
}
TEST(Aes, RefusesKeysOfOtherSizesAndLeavesNoErrorBehind) {
    for (const std::size_t size : {0U, 1U, 15U, 17U, 31U, 33U, 64U}) {
        try {
            Aes aes(std::vector<std::uint8_t>{std::vector<std::uint8_t>(size)});
            ADD_FAILURE() << size;
        } catch (const Error &error) {
            EXPECT_STREQ(error.state(), sqlstate::keyring_locked);
        }
        EXPECT_EQ(ERR_peek_error(), 0U);
    }
}
TEST(SelfTest, IsPassed) { EXPECT_EQ(crypto::self_test(), nullptr); }
