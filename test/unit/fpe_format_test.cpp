#include "fpe/fpe_format.hpp"
#include "vectors.hpp"
#include <algorithm>
#include <set>

using namespace cd;
using namespace cd::test;
using fpe::Format;

namespace {

const crypto::Aes &aes() {
    static const crypto::Aes cipher(hex("2b7e151628aed2a6abf7158809cf4f3cef4359d8d580aa4f7f036d6f04fc6a94"));
    return cipher;
}

std::string encrypt(const Format &format, std::string_view value) { return format.encrypt(aes(), value, Poll{}); }
std::string decrypt(const Format &format, std::string_view value) { return format.decrypt(aes(), value, Poll{}); }

// The error, as "SQLSTATE message | detail".
template <class F> std::string error(F f) {
    try {
        f();
    } catch (const Error &e) {
        return std::string(e.state()) + " " + e.what() + " | " + e.detail();
    }
    return "none";
}
std::string refusal(const Format &format, std::string_view value) {
    const std::string one = error([&] { encrypt(format, value); }), other = error([&] { decrypt(format, value); });
    EXPECT_EQ(one, other);
    return one;
}

// From the definition: the digits from the right, every second one doubled, its digits added.
bool luhn(std::string_view card) {
    int sum = 0, place = 0;
    for (auto at = card.rbegin(); at != card.rend(); ++at) {
        if (*at < '0' || *at > '9') continue;
        const int digit = (*at - '0') * (place++ % 2 + 1);
        sum += digit / 10 + digit % 10;
    }
    return sum % 10 == 0;
}

} // namespace

// What it is made of: FF1 of the digits between those that stay, with their number and themselves as the tweak.
TEST(FpeFormat, IsFf1OfWhatDoesNotStay) {
    const Format format("radix10", 6, 4, false);
    const std::uint8_t tweak[] = {0, 6, 4, 1, 1, 1, 1, 1, 1, 2, 3, 4};
    std::vector<fpe::Digit> digits{9, 8, 7, 6, 5, 0};
    fpe::Ff1(aes(), 10, 6, tweak).encrypt(digits);
    std::string expected = "4111-11";
    for (const fpe::Digit digit : digits) expected += static_cast<char>('0' + digit);
    expected.insert(9, "-").insert(14, "-");
    EXPECT_EQ(encrypt(format, "4111-1198-7650-1234"), expected + "1234");
}
TEST(FpeFormat, KeepsShapeAndWhatStays) {
    const Format card("radix10", 6, 4, false), phone("radix10", 2, 0, false), any("radix62", 0, 0, false);
    for (const auto &[format, value] :
         std::vector<std::pair<const Format *, std::string>>{{&card, "4111 1111 1111 1111"},
                                                             {&phone, "+7 (912) 345-67-89"},
                                                             {&any, "Ab-12/zZ"},
                                                             {&any, "№ 1234\xe2\x80\x93"
                                                                    "abcd"},
                                                             {&phone, "0000000000"}}) {
        const std::string other = encrypt(*format, value);
        EXPECT_NE(other, value);
        EXPECT_EQ(decrypt(*format, other), value);
        ASSERT_EQ(other.size(), value.size());
        for (std::size_t i = 0; i < value.size(); ++i)
            EXPECT_EQ(std::isalnum(static_cast<unsigned char>(other[i])) != 0,
                      std::isalnum(static_cast<unsigned char>(value[i])) != 0);
    }
    EXPECT_EQ(encrypt(card, "4111 1111 1111 1111").substr(0, 7), "4111 11");
    EXPECT_EQ(encrypt(card, "4111 1111 1111 1111").substr(14), " 1111");
    EXPECT_EQ(encrypt(phone, "+7 (912) 345-67-89").substr(0, 5), "+7 (9");
}
// The same digits beside other ones that stay are encrypted otherwise; punctuation makes no difference.
TEST(FpeFormat, WhatStaysIsTheTweak) {
    const Format format("radix10", 2, 2, false);
    const std::string one = encrypt(format, "12345678999"), left = encrypt(format, "13345678999"),
                      right = encrypt(format, "12345678998"), dashes = encrypt(format, "12-3456789-99");
    EXPECT_NE(one.substr(2, 7), left.substr(2, 7));
    EXPECT_NE(one.substr(2, 7), right.substr(2, 7));
    EXPECT_EQ(one.substr(2, 7), dashes.substr(3, 7));
    const Format other("radix10", 4, 0, false); // as many stay, but elsewhere
    EXPECT_NE(encrypt(other, "12993456789").substr(4), one.substr(2, 7));
}
TEST(FpeFormat, PermutesAWholeDomain) {
    const Format format("radix10", 0, 0, false);
    std::vector<bool> met(1000000);
    for (unsigned i = 0; i < met.size(); ++i) {
        std::string value = std::to_string(i);
        value.insert(0, 6 - value.size(), '0');
        const auto image = static_cast<std::size_t>(std::stoul(encrypt(format, value)));
        ASSERT_FALSE(met.at(image));
        met[image] = true;
    }
}
// All 100000 values of which the first eight and the last two digits are given and the check digit is right become
// each other.
TEST(FpeFormat, CheckDigitsStayRightAndItIsAPermutation) {
    const Format format("radix10", 8, 2, true);
    std::set<std::string> before, after;
    for (unsigned i = 0; i < 1000000; ++i) {
        std::string value = std::to_string(i);
        value = "41111111" + std::string(6 - value.size(), '0') + value + "11";
        if (!luhn(value)) continue;
        before.insert(value);
        const std::string other = encrypt(format, value);
        after.insert(other);
        if (i % 97 == 0) {
            EXPECT_EQ(decrypt(format, other), value);
        }
    }
    EXPECT_EQ(before.size(), 100000U);
    EXPECT_EQ(before, after);
}
TEST(FpeFormat, CheckDigitsOfUsualCards) {
    // Numbers that payment networks publish for tests.
    const Format all("radix10", 0, 0, true), kept("radix10", 6, 4, true);
    for (const std::string card : {"4111 1111 1111 1111", "5555555555554444", "4012-8888-8888-1881"})
        for (const Format *format : {&all, &kept}) {
            const std::string other = encrypt(*format, card);
            EXPECT_TRUE(luhn(other)) << other;
            EXPECT_NE(other, card);
            EXPECT_EQ(decrypt(*format, other), card);
        }
    EXPECT_EQ(refusal(all, "4111 1111 1111 1112"),
              "22023 a value has a wrong check digit | The sum of Luhn's algorithm is not a multiple of 10.");
    EXPECT_NE(error([] { Format("radix62", 0, 0, true); }), "none");
    EXPECT_NE(error([] { Format("1234567890", 0, 0, true); }), "none");
    EXPECT_EQ(error([] { Format("0123456789", 0, 0, true); }), "none");
}
TEST(FpeFormat, AlphabetsOfAnyScript) {
    const std::string cyrillic = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя";
    const Format format(cyrillic, 1, 0, false);
    const std::string value = "иванов-петров, «эмма»", other = encrypt(format, value);
    EXPECT_EQ(decrypt(format, other), value);
    EXPECT_EQ(other.size(), value.size()); // all of two bytes
    EXPECT_EQ(other.substr(0, 2), "и");
    EXPECT_NE(other, value);
    // Characters of one to four bytes change places.
    const Format mixed("aä中😀bcdef", 0, 0, false);
    const std::string eight = "aä中😀bcdefaä中😀bcdef";
    EXPECT_EQ(decrypt(mixed, encrypt(mixed, eight)), eight);
    // More than 256 characters: two bytes each in the tweak.
    std::string han;
    for (char32_t c = 0x4e00; c < 0x4e00 + 1000; ++c) {
        han += static_cast<char>(0xe0 | c >> 12);
        han += static_cast<char>(0x80 | (c >> 6 & 0x3f));
        han += static_cast<char>(0x80 | (c & 0x3f));
    }
    const Format chinese(han, 1, 0, false);
    const std::string name = han.substr(0, 9);
    EXPECT_EQ(decrypt(chinese, encrypt(chinese, name)), name);
    // A hyphen of the alphabet is encrypted.
    const Format hyphens("0123456789-", 0, 0, false);
    EXPECT_EQ(decrypt(hyphens, encrypt(hyphens, "------")), "------");
}
// What is neither of the alphabet nor punctuation would stay readable.
TEST(FpeFormat, LeavesNoLetterOrDigitInTheClear) {
    const Format digits("radix10", 0, 0, false), small("radix36", 0, 0, false);
    for (const std::string foreign : {"A", "a", "é", "е", "中", "٣", "３", "²", "½", "\xf0\x9f\x98\x80", "e\xcc\x81",
                                      "\t", "\n", "\x7f", "\xe2\x80\x8b", "\xe2\x80\xae", "\xff", "\xc3"}) {
        EXPECT_EQ(refusal(digits, "123" + foreign + "4567"),
                  "22023 a value has a character that is neither in the alphabet nor punctuation | It is "
                  "character 4, which would stay readable.")
            << foreign;
    }
    EXPECT_NE(refusal(small, "abcdefG"), "none");
    EXPECT_EQ(error([&] { encrypt(small, "abcdefg"); }), "none");
}
TEST(FpeFormat, RefusesFewerThanAMillion) {
    const Format digits("radix10", 0, 0, false), kept("radix10", 6, 4, false);
    EXPECT_EQ(refusal(digits, "12345"),
              "22023 a value has too few characters to be encrypted in its form | "
              "Characters of the alphabet in it: 5; 0 stay as they are, and at least 6 more are needed.");
    EXPECT_EQ(error([&] { encrypt(digits, "123456"); }), "none");
    EXPECT_EQ(
        refusal(kept, "411111111111111"),
        "22023 a value has too few characters to be encrypted in its form | Characters of the alphabet in it: 15; "
        "10 stay as they are, and at least 6 more are needed.");
    EXPECT_EQ(refusal(kept, "1"),
              "22023 a value has too few characters to be encrypted in its form | "
              "Characters of the alphabet in it: 1; 10 stay as they are, and at least 6 more are needed.");
    // 36^3 = 46656 and 36^4 = 1679616; 62^3 = 238328 and 62^4; 2^19 = 524288 and 2^20 = 1048576.
    EXPECT_NE(refusal(Format("radix36", 0, 0, false), "abc"), "none");
    EXPECT_EQ(error([] { encrypt(Format("radix36", 0, 0, false), "abcd"); }), "none");
    EXPECT_NE(refusal(Format("radix62", 0, 0, false), "abc"), "none");
    EXPECT_EQ(error([] { encrypt(Format("radix62", 0, 0, false), "abcd"); }), "none");
    EXPECT_NE(refusal(Format("01", 0, 0, false), std::string(19, '0')), "none");
    EXPECT_EQ(error([] { encrypt(Format("01", 0, 0, false), std::string(20, '0')); }), "none");
    EXPECT_EQ(refusal(digits, ""), "22023 an empty value cannot be encrypted in its form | It has no characters.");
    EXPECT_NE(refusal(digits, "-- --"), "none");
}
TEST(FpeFormat, RefusesWhatIsTooLong) {
    const Format digits("radix10", 0, 0, false), luhn_too("radix10", 0, 0, true);
    const std::string most(512, '7');
    EXPECT_EQ(decrypt(digits, encrypt(digits, most)), most);
    const std::string zeroes(512, '0');
    EXPECT_EQ(decrypt(luhn_too, encrypt(luhn_too, zeroes)), zeroes);
    EXPECT_EQ(refusal(digits, most + "7"),
              "54000 a value is too long to be encrypted in its form | It has more than 512 "
              "characters of the alphabet.");
    EXPECT_EQ(error([&] { encrypt(digits, most + std::string(8192 - 512, '-')); }), "none");
    EXPECT_EQ(refusal(digits, most + std::string(8193 - 512, '-')),
              "54000 a value is too long to be encrypted in its form | It has 8193 bytes; the limit is 8192.");
}
TEST(FpeFormat, RefusesWhatIsNoAlphabet) {
    const auto of = [](std::string_view alphabet) { return error([&] { Format(alphabet, 0, 0, false); }); };
    EXPECT_EQ(of(""), "22023 the alphabet is too small | Characters in it: 0.");
    EXPECT_EQ(of("a"), "22023 the alphabet is too small | Characters in it: 1.");
    EXPECT_EQ(of("abcb"), "22023 the alphabet has a character twice | It is character 4.");
    EXPECT_EQ(of("абва"), "22023 the alphabet has a character twice | It is character 4.");
    EXPECT_EQ(of("ab\n"), "22023 the alphabet has what is no character | It is character 3.");
    EXPECT_EQ(of("ab\xff"), "22023 the alphabet has what is no character | It is character 3.");
    EXPECT_NE(error([] { Format("radix10", -1, 0, false); }), "none");
    EXPECT_NE(error([] { Format("radix10", 0, -1, false); }), "none");
    // No names, but characters.
    EXPECT_EQ(error([] { encrypt(Format("radix6", 0, 0, false), "radix6radix6"); }), "none");
}
