#include "fpe/ff1.hpp"
#include "vectors.hpp"
#include <numeric>
#include <random>

using namespace cd;
using namespace cd::test;
using fpe::Digit, fpe::Ff1;

namespace {

constexpr std::string_view lower = "0123456789abcdefghijklmnopqrstuvwxyz";

// Digits that are not of the alphabet become 65535.
std::vector<Digit> digits(std::string_view text, std::string_view alphabet = lower) {
    std::vector<Digit> result;
    for (const char c : text) result.push_back(static_cast<Digit>(alphabet.find(c)));
    return result;
}
void check(const std::string &key, unsigned radix, const std::string &tweak, const std::vector<Digit> &plain,
           const std::vector<Digit> &cipher) {
    const crypto::Aes aes(hex(key));
    const auto bytes = hex(tweak);
    const Ff1 ff1(aes, radix, plain.size(), bytes);
    std::vector<Digit> value = plain;
    ff1.encrypt(value);
    EXPECT_EQ(value, cipher);
    ff1.decrypt(value);
    EXPECT_EQ(value, plain);
}

void refused(const std::string &key, unsigned radix, const std::string &tweak, std::vector<Digit> value, bool forward) {
    const auto bytes = hex(tweak);
    EXPECT_THROW(
        {
            const crypto::Aes aes(hex(key));
            const Ff1 ff1(aes, radix, value.size(), bytes);
            if (forward)
                ff1.encrypt(value);
            else
                ff1.decrypt(value);
        },
        Error);
}

// Both forms of Wycheproof's files: strings over an alphabet, or lists.
void wycheproof(const std::string &name) {
    const auto file = vectors(name);
    if (!file) GTEST_SKIP() << "no test vectors here";
    std::size_t right = 0, wrong = 0;
    each_vector(*file, [&](const JsonValue &group, const JsonValue &test, bool valid) {
        const std::string &alphabet = member(group, "alphabet").text;
        const unsigned radix = static_cast<unsigned>(std::stoul(member(group, "radix").text));
        const auto value = [&](const char *key) {
            const JsonValue &json = member(test, key);
            if (json.kind == JsonValue::Kind::string) return digits(json.text, alphabet);
            std::vector<Digit> list;
            for (const JsonValue &item : json.items) list.push_back(static_cast<Digit>(std::stol(item.text)));
            return list;
        };
        const std::string &key = member(test, "key").text, &tweak = member(test, "tweak").text;
        if (valid) {
            ++right;
            check(key, radix, tweak, value("msg"), value("ct"));
        } else {
            ++wrong;
            refused(key, radix, tweak, value("msg"), true);
        }
    });
    EXPECT_GT(right, 0U);
    EXPECT_GT(wrong, 0U);
    std::printf("%s: %zu valid, %zu invalid\n", name.c_str(), right, wrong);
}

} // namespace

// NIST SP 800-38G, sample data, 7 to 9.
TEST(Ff1, SamplesOfTheStandard) {
    const std::string key = "2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94";
    check(key, 10, "", digits("0123456789"), digits("6657667009"));
    check(key, 10, "39383736353433323130", digits("0123456789"), digits("1001623463"));
    check(key, 36, "3737373770717273373737", digits("0123456789abcdefghi"), digits("xs8a0azh2avyalyzuwd"));
}
TEST(Ff1, AllSamplesOfTheStandard) {
    const auto file = vectors("nist_ff1_samples.json");
    if (!file) GTEST_SKIP() << "no test vectors here";
    EXPECT_EQ(member(*file, "tests").items.size(), 9U);
    for (const JsonValue &test : member(*file, "tests").items)
        check(member(test, "key").text, static_cast<unsigned>(std::stoul(member(test, "radix").text)),
              member(test, "tweak").text, digits(member(test, "plaintext").text),
              digits(member(test, "ciphertext").text));
}
TEST(Ff1, WycheproofBase10) { wycheproof("wycheproof_aes_ff1_base10.json.gz"); }
TEST(Ff1, WycheproofBase36) { wycheproof("wycheproof_aes_ff1_base36.json.gz"); }
TEST(Ff1, WycheproofRadix10) { wycheproof("wycheproof_aes_ff1_radix10.json.gz"); }

// Radices, tweaks and halves that the published vectors leave out: test/unit/ff1_reference.py prints them.
TEST(Ff1, AsTheStandardInExactArithmetic) {
    struct Case {
        unsigned radix;
        std::size_t tweak;
        std::vector<Digit> cipher;
    };
    const std::vector<Case> cases{
        {65536, 0, {25553, 22422, 11567}},
        {65536, 5, {10506, 41685, 63948, 43077, 37403, 58843, 62710, 50705, 14883}},
        {65535, 16, {5175, 52651, 10498, 6555,  13616, 59231, 25795, 32798, 1271,  36692, 55292,
                     4626, 46177, 16844, 33468, 2965,  13278, 35719, 34050, 54417, 51340}},
        {1000, 33, {654, 568, 449, 628, 829, 851, 320, 496, 607, 634, 689, 245, 753, 710,
                    821, 754, 450, 424, 897, 22,  839, 777, 741, 558, 808, 609, 877, 6,
                    356, 944, 352, 147, 580, 480, 169, 949, 864, 384, 428, 548}},
        {2, 12, {0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1,
                 1, 0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0,
                 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0,
                 0, 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 0, 0}},
        {2, 3, {1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1,
                1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0,
                1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, 1, 1,
                0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0}},
        {62, 40, {44, 20, 13, 58, 36, 32, 22, 9, 55, 49, 13, 7, 40, 9, 1, 57, 4, 12, 6, 41, 33}},
    };
    for (const Case &expected : cases) {
        std::vector<std::uint8_t> key(32), tweak(expected.tweak);
        std::iota(key.begin(), key.end(), std::uint8_t{0});
        std::iota(tweak.begin(), tweak.end(), std::uint8_t{0});
        std::vector<Digit> plain;
        for (std::size_t i = 0; i < expected.cipher.size(); ++i)
            plain.push_back(static_cast<Digit>((i * i * 7919 + 12345) % expected.radix));
        check(hex_of(key), expected.radix, hex_of(tweak), plain, expected.cipher);
    }
}
TEST(Ff1, DecryptsWhatItEncryptsAtEverySizeOfHalf) {
    const crypto::Aes aes(hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    std::mt19937_64 random(1);
    for (const unsigned radix : {2U, 3U, 10U, 36U, 62U, 255U, 256U, 1000U, 65535U, 65536U})
        for (std::size_t length = 2; length < 160; length += 1 + length / 16)
            for (const std::size_t tweak_size : {0U, 1U, 7U, 11U, 15U, 16U, 33U}) {
                if (radix < 10 && length < 7) continue;
                std::vector<std::uint8_t> tweak(tweak_size);
                std::vector<Digit> value(length), zero(length), greatest(length, static_cast<Digit>(radix - 1));
                for (std::uint8_t &byte : tweak) byte = static_cast<std::uint8_t>(random());
                for (Digit &digit : value) digit = static_cast<Digit>(random() % radix);
                const Ff1 ff1(aes, radix, length, tweak);
                for (const std::vector<Digit> &plain : {value, zero, greatest}) {
                    std::vector<Digit> cipher = plain;
                    ff1.encrypt(cipher);
                    for (const Digit digit : cipher) ASSERT_LT(digit, radix);
                    ff1.decrypt(cipher);
                    ASSERT_EQ(cipher, plain) << radix << ' ' << length << ' ' << tweak_size;
                }
            }
}
TEST(Ff1, PermutesAWholeDomain) {
    const crypto::Aes aes(hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
    const Ff1 ff1(aes, 10, 5, {});
    std::vector<bool> met(100000);
    for (unsigned i = 0; i < met.size(); ++i) {
        std::vector<Digit> value;
        for (unsigned left = i, k = 0; k < 5; ++k, left /= 10) value.push_back(static_cast<Digit>(left % 10));
        ff1.encrypt(value);
        unsigned image = 0;
        for (const Digit digit : value) image = image * 10 + digit;
        EXPECT_FALSE(met.at(image));
        met[image] = true;
    }
}
TEST(Ff1, RefusesWhatIsNotOfItsDomain) {
    const crypto::Aes aes(std::vector<std::uint8_t>(32));
    for (const auto &[radix, length] : std::vector<std::pair<unsigned, std::size_t>>{
             {0, 8}, {1, 8}, {65537, 2}, {10, 0}, {10, 1}, {9, 2}, {2, 6}, {4, 3}, {65536, 1}, {10, 65536}})
        EXPECT_THROW(Ff1(aes, radix, length, {}), Error) << radix << ' ' << length;
    // 10^2 and 2^7 are not less than 100.
    EXPECT_NO_THROW(Ff1(aes, 10, 2, {}));
    EXPECT_NO_THROW(Ff1(aes, 2, 7, {}));
    EXPECT_THROW(Ff1(aes, 10, 6, std::vector<std::uint8_t>(65536)), Error);
    std::vector<Digit> five(5), ten(6, 10);
    EXPECT_THROW(Ff1(aes, 10, 6, {}).encrypt(five), Error);
    EXPECT_THROW(Ff1(aes, 10, 6, {}).encrypt(ten), Error);
    EXPECT_THROW(Ff1(aes, 10, 6, {}).decrypt(ten), Error);
}
