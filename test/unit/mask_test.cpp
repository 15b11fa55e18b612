#include "grapheme_cases.hpp"
#include "mask/generalize.hpp"
#include "mask/grapheme.hpp"
#include "mask/mask.hpp"
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

using namespace cd;
using namespace cd::mask;

namespace {

std::string utf8(char32_t c) {
    const auto byte = [](char32_t b) { return static_cast<char>(static_cast<unsigned char>(b)); };
    if (c < 0x80) return {byte(c)};
    if (c < 0x800) return {byte(0xC0 | c >> 6), byte(0x80 | (c & 0x3F))};
    if (c < 0x10000) return {byte(0xE0 | c >> 12), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
    return {byte(0xF0 | c >> 18), byte(0x80 | (c >> 12 & 0x3F)), byte(0x80 | (c >> 6 & 0x3F)), byte(0x80 | (c & 0x3F))};
}

std::vector<std::string_view> cut(std::string_view text) {
    std::vector<std::string_view> clusters;
    for (std::size_t at = 0; at < text.size(); at += clusters.back().size()) clusters.push_back(cluster_at(text, at));
    return clusters;
}

template <class Body> std::string refusal(Body &&body) {
    try {
        body();
    } catch (const Error &e) {
        EXPECT_FALSE(e.detail().empty());
        EXPECT_FALSE(e.hint().empty());
        return std::string(e.state()) + " " + e.what();
    }
    return "";
}

std::string text(std::string_view value, int left, int right, std::string_view mask = "*") {
    return mask_text(value, left, right, mask, {});
}

} // namespace

TEST(Grapheme, ClustersAreThoseOfPerl) {
    for (const char *const expected : test::clusters) {
        std::string all, seen;
        std::vector<std::size_t> ends;
        for (const char *c = expected; *c; ++c) {
            if (*c == '|') continue;
            const auto *const found = std::find_if(std::begin(test::classes), std::end(test::classes),
                                                   [c](const test::Class &k) { return k.letter == *c; });
            ASSERT_NE(found, std::end(test::classes));
            all += utf8(found->code);
        }
        std::size_t at = 0;
        const char *c = expected;
        for (const std::string_view cluster : cut(all)) {
            if (!seen.empty()) seen += '|';
            for (std::size_t i = 0; i < cluster.size(); i += character_at(cluster, i).size) {
                if (*c == '|') ++c;
                seen += *c++;
            }
            at += cluster.size();
        }
        EXPECT_EQ(at, all.size());
        EXPECT_EQ(seen, expected);
    }
}

// Totals of the data files of Unicode 14.0: GraphemeBreakProperty.txt, and DerivedGeneralCategory.txt for digits, of
// which none is in another class. Unicode 14.0 has 144,697 characters.
TEST(Grapheme, TheTableHasTheClassesOfUnicode) {
    std::array<int, 14> n{};
    for (char32_t c = 0; c <= 0x10FFFF; ++c)
        if (c < 0xD800 || c > 0xDFFF) ++n[static_cast<std::size_t>(character_at(utf8(c), 0).kind)];
    const auto of = [&n](Kind kind) { return n[static_cast<std::size_t>(kind)]; };
    EXPECT_EQ(of(Kind::syllable), 399 + 10773); // LV, LVT
    EXPECT_EQ(of(Kind::leading), 125);
    EXPECT_EQ(of(Kind::vowel), 95);
    EXPECT_EQ(of(Kind::trailing), 137);
    EXPECT_EQ(of(Kind::regional), 26);
    EXPECT_EQ(of(Kind::joiner), 1);
    EXPECT_EQ(of(Kind::prepended), 26);
    EXPECT_EQ(of(Kind::digit), 660);
}

TEST(Grapheme, CodePointsAreReadWhateverTheBytes) {
    for (const char32_t c : {U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\uffff', U'\U00010000', U'\U0010ffff'}) {
        const Character seen = character_at(utf8(c), 0);
        EXPECT_EQ(seen.code, c);
        EXPECT_EQ(seen.size, utf8(c).size());
    }
    // Cut short, too long, out of range, no lead byte.
    for (const std::string_view bad : {"\xc3", "\xe4\xb8", "\xf0\x9f\x87", "\xc0\x80", "\xe0\x80\x80",
                                       "\xf4\x90\x80\x80", "\x80", "\xff", "\xc3(", "\xf5\x80\x80\x80"}) {
        EXPECT_EQ(character_at(bad, 0).size, 1u);
        EXPECT_EQ(character_at(bad, 0).kind, Kind::other);
        std::size_t bytes = 0;
        for (const std::string_view cluster : cut(bad)) bytes += cluster.size();
        EXPECT_EQ(bytes, bad.size());
    }
}

TEST(Mask, TextIsCutBetweenClusters) {
    EXPECT_EQ(text("DE89370400440532013000", 4, 2), "DE89****************00");
    EXPECT_EQ(text("Достоевский", 1, 1), "Д*********й");
    EXPECT_EQ(text("王小明", 1, 0), "王**");
    EXPECT_EQ(text("e\u0301te\u0301", 1, 0), "e\u0301**"); // été, decomposed
    EXPECT_EQ(text("한국어", 1, 0), "한**");
    EXPECT_EQ(text("\u1112\u1161\u11ab\u1100\u116e", 1, 0), "\u1112\u1161\u11ab*"); // two syllables of jamo
    EXPECT_EQ(text("🇩🇪🇫🇷x", 1, 0), "🇩🇪**");
    EXPECT_EQ(text("👨‍👩‍👧👍🏽❤️", 1, 1), "👨‍👩‍👧*❤️");
    EXPECT_EQ(text("नमस्ते", 1, 0), "न***"); // न म स् ते
    EXPECT_EQ(text("secret", 0, 0, "•"), "••••••");
    EXPECT_EQ(text("secret", 1, 1, "🇩🇪"), "s🇩🇪🇩🇪🇩🇪🇩🇪t");
}

TEST(Mask, TextIsNeverKeptWhole) {
    EXPECT_EQ(text("", 3, 3), "");
    EXPECT_EQ(text("abcd", 2, 1), "ab*d");
    EXPECT_EQ(text("abcd", 2, 2), "****");
    EXPECT_EQ(text("abcd", 4, 0), "****");
    EXPECT_EQ(text("a", 1, 0), "*");
    EXPECT_EQ(text("abcd", INT32_MAX, INT32_MAX), "****");
    EXPECT_EQ(text("a\u0301", 1, 0), "*");
    EXPECT_EQ(refusal([] { text("abcd", -1, 0); }), "22023 keep_left must not be negative");
    EXPECT_EQ(refusal([] { text("abcd", 0, INT32_MIN); }), "22023 keep_right must not be negative");
    for (const char *const mask : {"", "**", "###", "🇩🇪🇫🇷"})
        EXPECT_EQ(refusal([mask] { text("abcd", 1, 0, mask); }), "22023 mask must be one character");
}

TEST(Mask, EmailShowsOneLetterAndTheDomain) {
    EXPECT_EQ(mask_email("anna.meier@example.com"), "a***@example.com");
    EXPECT_EQ(mask_email("ab@example.com"), "a***@example.com");
    EXPECT_EQ(mask_email("a@example.com"), "***@example.com");
    EXPECT_EQ(mask_email("иван@почта.рф"), "и***@почта.рф");
    EXPECT_EQ(mask_email("王小明@例子.中国"), "王***@例子.中国");
    EXPECT_EQ(mask_email("e\u0301va@example.com"), "e\u0301***@example.com");
    EXPECT_EQ(mask_email("e\u0301@example.com"), "***@example.com");
    EXPECT_EQ(mask_email("\"very@odd\"@mail.example.org"), "\"***@mail.example.org");
    EXPECT_EQ(mask_email("a.b+c@xn--e1afmkfd.xn--p1ai"), "a***@xn--e1afmkfd.xn--p1ai");
    EXPECT_EQ(mask_email(""), "");
}

TEST(Mask, WhatIsNoEmailIsHiddenWholly) {
    const std::string long_local(65, 'a'), long_label(64, 'a');
    for (const std::string &value : {std::string("anna.meier"),
                                     std::string("@example.com"),
                                     std::string("anna@"),
                                     std::string("anna@localhost"),
                                     std::string("my password@Secret"),
                                     std::string("call me @ 5.pm tomorrow"),
                                     std::string("anna@example.com "),
                                     std::string("Anna <anna@example.com>"),
                                     std::string("anna@.com"),
                                     std::string("anna@example."),
                                     std::string("anna@exa..mple.com"),
                                     std::string("anna@-example.com"),
                                     std::string("anna@example-.com"),
                                     std::string("anna@192.168.1.17"),
                                     std::string("anna@[192.168.1.17]"),
                                     std::string("a@example.com/secret.txt"),
                                     std::string("a@example.com　秘.密"),
                                     std::string("a@b.c\nsecret"),
                                     std::string("@"),
                                     std::string(" "),
                                     std::string("a@b.c\xff"),
                                     long_local + "@example.com",
                                     "a@" + long_label + ".com"})
        EXPECT_EQ(mask_email(value), "***") << value;
}

TEST(Mask, NameShowsInitials) {
    const auto name = [](std::string_view value) { return mask_name(value, {}); };
    EXPECT_EQ(name("Anna Meier"), "A** M**");
    EXPECT_EQ(name("Jean-Luc O'Neill"), "J** O**");
    EXPECT_EQ(name("Фёдор Михайлович Достоевский"), "Ф** М** Д**");
    EXPECT_EQ(name("王小明"), "王**");
    EXPECT_EQ(name("王小 明"), "王** **"); // a syllable is half of the given name, or all of it
    EXPECT_EQ(name("王 小明"), "** **");
    EXPECT_EQ(name("山田　太郎"), "山**　**");
    EXPECT_EQ(name("홍 길동"), "** **");
    EXPECT_EQ(name("Anna 王小明"), "A** **");
    EXPECT_EQ(name("E\u0301lodie  Faure "), "E\u0301**  F** ");
    EXPECT_EQ(name("J. R. Ewing"), "J** R** E**");
    EXPECT_EQ(name("A Meier"), "** M**");
    EXPECT_EQ(name("007 \"Bond\""), "** **");
    EXPECT_EQ(name("anna.meier@example.com"), "a**");
    EXPECT_EQ(name(" "), " ");
    EXPECT_EQ(name(""), "");
}

// What is kept is one character to a reader, and hides no others.
TEST(Mask, AClusterThatHidesATextIsNotKept) {
    const std::string tags = "\U000E0041\U000E0042";
    EXPECT_EQ(text("a" + tags + "bc", 1, 0), "***");
    EXPECT_EQ(text("bca" + tags, 0, 1), "***");
    EXPECT_EQ(text("\U0001F3F4\U000E0067\U000E0062\U000E007Fbc", 1, 1), "**c"); // a flag with tags
    EXPECT_EQ(mask_name("a" + tags + "bc Meier", {}), "** M**");
    EXPECT_EQ(mask_email("a" + tags + "bc@example.com"), "***@example.com");
    EXPECT_EQ(mask_email("abc@exa" + tags + "mple.com"), "***");
    EXPECT_EQ(generalize_postcode("a" + tags + "bc", 2, {}), "*b*");
    // Signs before a base: one, as in scripts that have them (Malayalam, dot reph).
    EXPECT_EQ(text("\u0600"
                   "1bc",
                   1, 0),
              "\u0600"
              "1**");
    EXPECT_EQ(text("\u0600\u0601"
                   "1bc",
                   1, 0),
              "***");
    EXPECT_EQ(text("\u0D4E\u0D15\u0D15", 1, 0), "\u0D4E\u0D15*");
    // Eight marks, and nine.
    std::string marked = "a";
    for (int i = 0; i < 8; ++i) marked += "\u0301";
    EXPECT_EQ(text(marked + "bc", 1, 0), marked + "**");
    EXPECT_EQ(mask_name(marked + "bc", {}), marked + "**");
    marked += "\u036D"; // a letter v above
    EXPECT_EQ(text(marked + "bc", 1, 0), "***");
    EXPECT_EQ(text("bc" + marked, 0, 1), "***");
    EXPECT_EQ(mask_name(marked + "bc", {}), "**");
    EXPECT_EQ(mask_email(marked + "bc@example.com"), "***@example.com");
    // A stack of Tibetan with eight.
    const std::string stack = "\u0F67\u0F90\u0FB5\u0FA8\u0FB3\u0FBA\u0FBC\u0FBB\u0F82";
    EXPECT_EQ(text(stack + "\u0F40", 1, 0), stack + "*");
}

TEST(Grapheme, TextsWithControlCharactersAreTold) {
    for (const char *const good : {"", "a b", "Анна", "\u0915\u094D\u200D\u0937", "👩\u200D👧",
                                   "\u0600"
                                   "1"})
        EXPECT_FALSE(has_control_character(good)) << good;
    for (const char *const bad :
         {"\n", "a\tb", "a\x7F", "\u0085", "a\u00AD", "\u200E", "a\u202E", "\u2028", "a\u2029b", "\uFEFF"})
        EXPECT_TRUE(has_control_character(bad)) << bad;
}

TEST(Mask, PhoneHidesAtLeastFiveDigits) {
    EXPECT_EQ(mask_phone("+49 171 2345678"), "+49 *** *****78");
    EXPECT_EQ(mask_phone("+1 (212) 555-0123"), "+1 (***) ***-**23");
    EXPECT_EQ(mask_phone("+7 495 123-45-67"), "+7 *** ***-**-67");
    EXPECT_EQ(mask_phone("+86 138 0013 8000"), "+86 *** **** **00");
    EXPECT_EQ(mask_phone("+380 44 123 4567"), "+380 ** *** **67");
    EXPECT_EQ(mask_phone("0171/2345678"), "****/*****78");
    EXPECT_EQ(mask_phone("00491712345678"), "************78");
    EXPECT_EQ(mask_phone("+290 22158"), "+*** ***58"); // eight digits: the code with the last two would leave three
    EXPECT_EQ(mask_phone("+0123456789"), "+********89");
    EXPECT_EQ(mask_phone("1234567"), "*****67");
    EXPECT_EQ(mask_phone("123456"), "******");
    EXPECT_EQ(mask_phone("112"), "***");
    EXPECT_EQ(mask_phone("7"), "*");
    EXPECT_EQ(mask_phone(""), "");
    for (const char *const value : {"unknown", "0171 2345678 ask for Anna", "171+2345678", "++491712345678", "-", " ",
                                    "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", "1712345678 ext. 9"})
        EXPECT_EQ(mask_phone(value), "***") << value;
    EXPECT_EQ(mask_phone(std::string(65, '1')), "***");
}

TEST(Mask, CardShowsTheLastFour) {
    EXPECT_EQ(mask_card("4111 1111 1111 1111"), "**** **** **** 1111");
    EXPECT_EQ(mask_card("3782-822463-10005"), "****-******-*0005");
    EXPECT_EQ(mask_card("123456789012"), "********9012");
    EXPECT_EQ(mask_card("6304000000000000000"), "***************0000");
    EXPECT_EQ(mask_card("12345678901"), "***********");
    EXPECT_EQ(mask_card("12345678901234567890"), "********************"); // longer than any card
    EXPECT_EQ(mask_card("1234-5678"), "****-****");
    EXPECT_EQ(mask_card(""), "");
    for (const char *const value : {"4111 1111 1111 1111 cvc 123", "DE89370400440532013000", "none", "--"})
        EXPECT_EQ(mask_card(value), "***") << value;
}

TEST(Mask, PostcodeKeepsItsBeginning) {
    EXPECT_EQ(generalize_postcode("47677", 3, {}), "476**");
    EXPECT_EQ(generalize_postcode("SW1A 1AA", 4, {}), "SW1A****");
    EXPECT_EQ(generalize_postcode("47677", 0, {}), "*****");
    EXPECT_EQ(generalize_postcode("47", 3, {}), "47");
    EXPECT_EQ(generalize_postcode("", 3, {}), "");
    EXPECT_EQ(refusal([] { generalize_postcode("47677", -1, {}); }), "22023 keep must not be negative");
}

// Against the calendar of the standard library.
TEST(Generalize, PeriodsBeginWhereTheCalendarSays) {
    using namespace std::chrono;
    const sys_days base{2000y / 1 / 1};
    for (std::int64_t day = -900'000; day < 900'000; day += 13) {
        const sys_days at = base + days(day);
        const year_month_day date(at);
        const auto expect = [&](Period period, sys_days start) {
            EXPECT_EQ(first_day(day, period), (start - base).count()) << day;
        };
        expect(Period::day, at);
        expect(Period::week, at - (weekday(at) - Monday));
        expect(Period::month, date.year() / date.month() / 1);
        expect(Period::quarter, date.year() / month((static_cast<unsigned>(date.month()) - 1) / 3 * 3 + 1) / 1);
        expect(Period::year, date.year() / 1 / 1);
        const int y = static_cast<int>(date.year());
        expect(Period::decade, year(y - ((y % 10) + 10) % 10) / 1 / 1);
    }
    EXPECT_EQ(refusal([] { period_of("century"); }), "22023 period is not known");
    EXPECT_EQ(period_of("quarter"), Period::quarter);
}

TEST(Generalize, BandsBeginAtTheirDecimals) {
    EXPECT_EQ(band_start(37, 10), 30);
    EXPECT_EQ(band_start(40, 10), 40);
    EXPECT_EQ(band_start(-1, 10), -10);
    EXPECT_EQ(band_start(-10, 10), -10);
    EXPECT_EQ(band_start(0.3, 0.1), 0.3);
    EXPECT_EQ(band_start(0.29, 0.1), 0.2);
    EXPECT_EQ(band_start(12345.67, 0.01), 12345.67);
    EXPECT_FALSE(std::signbit(band_start(-0.0, 10)));
    EXPECT_EQ(band_start(1e308, 1e-300), 1e308);
    EXPECT_EQ(band_start(1.0, 1.0 / 3), 1.0);
    // Whatever has two decimals begins its own band of a hundredth, and is in that of a tenth that its digits say.
    for (int cents = -20000; cents <= 20000; ++cents) {
        EXPECT_EQ(band_start(cents / 100.0, 0.01), cents / 100.0);
        const int tenths = (cents - ((cents % 10) + 10) % 10) / 10;
        EXPECT_EQ(band_start(cents / 100.0, 0.1), tenths / 10.0);
    }
    constexpr double inf = std::numeric_limits<double>::infinity();
    for (const double bad : {inf, -inf, std::nan("")}) {
        EXPECT_EQ(refusal([bad] { band_start(bad, 10); }), "22023 value must be finite");
        EXPECT_EQ(refusal([bad] { band_start(1, bad); }), "22023 width must be finite");
    }
    for (const double bad : {0.0, -0.0, -10.0})
        EXPECT_EQ(refusal([bad] { band_start(1, bad); }), "22023 width must be above zero");
}

TEST(Generalize, AnAddressInAnAddressIsNoLongerThanByItself) {
    const auto bits = [](std::initializer_list<int> start, std::size_t size, int has, int v4, int v6) {
        std::vector<std::uint8_t> address(size);
        std::transform(start.begin(), start.end(), address.begin(), [](int b) { return static_cast<std::uint8_t>(b); });
        return network_bits(address, has, v4, v6);
    };
    EXPECT_EQ(bits({192, 0, 2, 1}, 4, 32, 24, 48), 24);
    EXPECT_EQ(bits({10}, 4, 8, 24, 48), 8);
    EXPECT_EQ(bits({0x20, 0x01, 0x0d, 0xb8}, 16, 128, 24, 48), 48);
    EXPECT_EQ(bits({0x20, 0x02, 192, 0, 2, 1}, 16, 128, 24, 48), 40);
    EXPECT_EQ(bits({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}, 16, 128, 24, 128), 120);
    EXPECT_EQ(bits({0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1}, 16, 128, 16, 128), 112);
    EXPECT_EQ(refusal([] { check_network_bits(33, 48); }), "22023 ipv4_bits must be between 0 and 32");
    EXPECT_EQ(refusal([] { check_network_bits(24, -1); }), "22023 ipv6_bits must be between 0 and 128");
}
