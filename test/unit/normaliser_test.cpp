#include "pseudonym/normaliser.hpp"
#include "common/error.hpp"
#include "pseudonym/unicode.hpp"
#include <gtest/gtest.h>
#include <iterator>

using namespace cd;
using namespace cd::pseudonym;

namespace {

std::string by(Normaliser n, std::string_view value) { return normalise(n, value); }
std::string email(std::string_view value) { return by(Normaliser::lower_email_1, value); }
std::string phone(std::string_view value) { return by(Normaliser::e164_1, value); }
std::string caseless(std::string_view value) { return by(Normaliser::nfc_casefold_1, value); }

// FNV-1a, 64 bits: the hash of Noll's own test vectors.
struct Fnv {
    std::uint64_t hash = 0xcbf29ce484222325;
    void add(std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        hash = (hash ^ '\n') * 0x100000001b3;
    }
};

std::string folded(std::string_view text, Folding folding) {
    std::string to;
    append_folded(text, folding, to);
    return to;
}

template <class Visit> void each_character(Visit visit) {
    for (char32_t c = 0; c < 0x110000; ++c) {
        if (c >= 0xd800 && c < 0xe000) continue;
        std::string text;
        encode(c, text);
        visit(c, text);
    }
}

// The texts of normaliser_answers.py.
constexpr struct {
    std::uint32_t first, last;
} ranges[] = {
    {0x41, 0x17f},      {0x300, 0x36f},     {0x386, 0x3ff},     {0x400, 0x52f},     {0x5b0, 0x5ea},
    {0x610, 0x65f},     {0x900, 0x9ff},     {0xb40, 0xbff},     {0xc40, 0xdff},     {0xf40, 0xfbf},
    {0x1025, 0x1039},   {0x10a0, 0x10ff},   {0x1100, 0x11ff},   {0x13a0, 0x13ff},   {0x1ab0, 0x1ac0},
    {0x1c80, 0x1cbf},   {0x1dc0, 0x1fff},   {0x20d0, 0x21ff},   {0x302a, 0x30ff},   {0xa640, 0xa7ff},
    {0xab70, 0xabbf},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfb00, 0xfb4f},   {0xfe20, 0xfe2f},
    {0x10400, 0x104ff}, {0x11080, 0x110ff}, {0x11300, 0x115ff}, {0x11930, 0x11943}, {0x1d150, 0x1d1c0},
    {0x1e900, 0x1e94a}, {0x2f800, 0x2fa1d},
};
template <class Visit> void each_text(int n, Visit visit) {
    std::uint64_t state = 1;
    const auto draw = [&state](std::uint64_t below) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::uint32_t>((state >> 33) % below);
    };
    while (n-- > 0) {
        std::string text;
        for (auto length = 1 + draw(8); length > 0; --length) {
            const auto &range = ranges[draw(2) != 0 ? draw(3 * std::size(ranges)) % std::size(ranges) : draw(2)];
            encode(range.first + draw(range.last - range.first + 1), text);
        }
        visit(text);
    }
}

} // namespace

TEST(Normaliser, IsFoundByNameAndVersion) {
    EXPECT_EQ(find_normaliser("lower_email/1"), Normaliser::lower_email_1);
    EXPECT_EQ(find_normaliser("lower_email"), Normaliser::lower_email_1);
    EXPECT_EQ(find_normaliser("none"), Normaliser::none_1);
    for (const char *unknown :
         {"", "/", "/1", "lower_email/", "lower_email/2", "lower_email/01", "Lower_email", "lower"})
        EXPECT_EQ(find_normaliser(unknown), std::nullopt) << unknown;
    EXPECT_EQ(normaliser_names(), "none/1, digits/1, e164/1, last4/1, lower_email/1, nfc_casefold/1");
    EXPECT_EQ(normaliser_name(Normaliser::nfc_casefold_1), "nfc_casefold/1");
}

TEST(Normaliser, LowerEmail) {
    EXPECT_EQ(email("Ada.Lovelace@Example.COM"), "ada.lovelace@example.com");
    EXPECT_EQ(email(" \t\r\nada@example.com\n "), "ada@example.com");
    EXPECT_EQ(email("\u00a0\ufeffada@example.com\u200b\u2003"), "ada@example.com");
    EXPECT_EQ(email("a b @example.com"), "a b @example.com") << "blanks inside stay";
    EXPECT_EQ(email("@[`{AZ"), "@[`{az") << "the neighbours of A and Z";
    // As it stands in what is no address, and in what is nothing.
    EXPECT_EQ(email("N/A"), "n/a");
    EXPECT_EQ(email(" "), "");
    EXPECT_EQ(email(""), "");
    // One address, typed composed and decomposed.
    EXPECT_EQ(email("JOS\u00c9@example.com"), "jos\u00e9@example.com");
    EXPECT_EQ(email("JOSE\u0301@example.com"), "jos\u00e9@example.com");
    // Two domains of IDNA 2008, and two addresses.
    EXPECT_EQ(email("info@FU\u1e9eBALL.example"), "info@fu\u00dfball.example");
    EXPECT_EQ(email("info@FUSSBALL.example"), "info@fussball.example");
    EXPECT_EQ(email("\u0418\u0412\u0410\u041d@\u041f\u041e\u0427\u0422\u0410.\u0420\u0424"),
              "\u0438\u0432\u0430\u043d@\u043f\u043e\u0447\u0442\u0430.\u0440\u0444");
    // The i of Turkish: dotted is an i and its dot, dotless is another letter.
    EXPECT_EQ(email("I\u0130\u0131i"), "ii\u0307\u0131i");
    for (std::size_t n = 0; n < 600; n += 7)
        EXPECT_EQ(email(std::string(n, 'Q') + "@X.Y"), std::string(n, 'q') + "@x.y") << n;
}

TEST(Normaliser, Digits) {
    EXPECT_EQ(by(Normaliser::digits_1, "4111-1111 1111.1111"), "4111111111111111");
    EXPECT_EQ(by(Normaliser::digits_1, "\uff14\uff12"), "42") << "full width";
    EXPECT_EQ(by(Normaliser::digits_1, "\u0660\u0661\u0669 \u06f5 \u0967"), "01951") << "Arabic, Persian, Devanagari";
    EXPECT_EQ(by(Normaliser::digits_1, "\U0001d7d8\U0001d7ff"), "09") << "mathematical, the last ones";
    EXPECT_EQ(by(Normaliser::digits_1, "\u00b2\u2460\u4e09\u2167"), "") << "numbers, but no decimal digits";
    EXPECT_EQ(by(Normaliser::last4_1, "4111-1111 1111.1234"), "1234");
    EXPECT_EQ(by(Normaliser::last4_1, "x12"), "12");
    EXPECT_EQ(by(Normaliser::last4_1, ""), "");
    Fnv hash;
    each_character([&hash](char32_t, std::string_view text) {
        if (const std::string digits = by(Normaliser::digits_1, text); !digits.empty()) hash.add(digits);
    });
    EXPECT_EQ(hash.hash, 0x43796ab836d62275u); // normaliser_answers.py
}

TEST(Normaliser, E164) {
    for (const char *same :
         {"+49 170 1234567", "0049170/1234567", "+49 (0) 170 1234567", "+49(0)170-123-45-67", "00 49 (0)170 1234567",
          "tel:+49-170-1234567;ext=12", "+49.170.1234567 ext. 12",
          "\uff0b\uff14\uff19\u3000\uff11\uff17\uff10\uff0d\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
          "\u202a+49\u00a0170\u20111234567", "(+49) 170 1234567", "+0049 170 1234567", "Mobil +49 170 1234567",
          "+49 170 1234567, +49 170 7654321", "+49 170 1234567 \u0434\u043e\u0431. 12",
          "+\u0664\u0669 \u0661\u0667\u0660 \u0661\u0662\u0663\u0664\u0665\u0666\u0667"})
        EXPECT_EQ(phone(same), "+491701234567") << same;
    // Of which country?
    EXPECT_EQ(phone("0170 1234567"), "01701234567");
    EXPECT_EQ(phone("(0)170 1234567"), "01701234567");
    EXPECT_EQ(phone("8 (921) 123-45-67"), "89211234567");
    EXPECT_EQ(phone("+7 (921) 123-45-67"), "+79211234567");
    // Zeros that are none of "(0)".
    EXPECT_EQ(phone("+39 06 1234567"), "+39061234567");
    EXPECT_EQ(phone("+39 (06) 1234567"), "+39061234567");
    EXPECT_EQ(phone("+49 (1)0) 5"), "+49105");
    EXPECT_EQ(phone("+49 (0-) 5"), "+4905");
    // What is no number.
    for (const char *nothing : {"", "+", "n/a", "000 000", "+0", "+(0)", "ext."})
        EXPECT_EQ(phone(nothing), "") << nothing;
    EXPECT_EQ(phone("0"), "0");
    EXPECT_EQ(phone(std::string(300, '1')), std::string(300, '1'));
    EXPECT_EQ(phone("+" + std::string(300, '1')), "+" + std::string(300, '1'));
}

TEST(Normaliser, NfcCasefold) {
    EXPECT_EQ(caseless("Stra\u00dfe"), "strasse");
    EXPECT_EQ(caseless("STRASSE"), "strasse");
    EXPECT_EQ(caseless("STRA\u1e9eE"), "strasse");
    // Final sigma: one word, in capitals and in small letters.
    EXPECT_EQ(caseless("\u039f\u03b4\u03c5\u03c3\u03c3\u03b5\u03c5\u03c2"),
              caseless("\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3"));
    // i of Turkish: the default of Unicode, which is no language's.
    EXPECT_EQ(caseless("\u0130"), "i\u0307");
    EXPECT_EQ(caseless("\u0131"), "\u0131");
    EXPECT_EQ(caseless("I"), "i");
    EXPECT_EQ(caseless("\ufb03"), "ffi") << "ligature";
    EXPECT_EQ(caseless(" Ann "), " ann ") << "blanks stay";
    // Angstrom sign, ring above composed and not.
    for (const char *same : {"\u212b", "\u00c5", "A\u030a", "a\u030a"}) EXPECT_EQ(caseless(same), "\u00e5");
    // Order of marks: dot below (220) goes before dot above (230).
    EXPECT_EQ(caseless("q\u0307\u0323"), "q\u0323\u0307");
    EXPECT_EQ(caseless("q\u0323\u0307"), "q\u0323\u0307");
    EXPECT_EQ(caseless("S\u0307\u0323"), "\u1e69");
    // D145's example of why NFD comes first: iota below, which becomes a letter, in either order of marks.
    EXPECT_EQ(caseless("\u03b1\u0345\u0301"), caseless("\u03b1\u0301\u0345"));
    EXPECT_EQ(caseless("\u1fb4"), caseless("\u0386\u0345"));
    // Hangul: syllable, jamo, syllable and last consonant.
    for (const char *same : {"\ud55c", "\u1112\u1161\u11ab", "\ud558\u11ab"}) EXPECT_EQ(caseless(same), "\ud55c");
    // Excluded from composition.
    EXPECT_EQ(caseless("\u0958"), "\u0915\u093c");
    // Not UTF-8: as it is, and no reason to lose what follows. Overlong, surrogate, beyond the last, cut off.
    for (const char *bytes : {"\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82", "\x80"})
        EXPECT_EQ(caseless(std::string("\u00c9") + bytes + "\u00c9"), std::string("\u00e9") + bytes + "\u00e9");
}

TEST(Normaliser, AgreesWithPythonOnEveryCharacterAndOnMixedTexts) {
    struct {
        Folding folding;
        std::uint64_t each, mixed;
    } const expected[] = {{Folding::full, 0x5051930e63d06906u, 0x977da0c915703225u}, // normaliser_answers.py
                          {Folding::simple, 0xf0d7558fbd30419au, 0xd8ee06439ca02486u}};
    for (const auto &e : expected) {
        Fnv each, mixed;
        each_character([&](char32_t, std::string_view text) { each.add(folded(text, e.folding)); });
        EXPECT_EQ(each.hash, e.each);
        each_text(300000, [&](std::string_view text) { mixed.add(folded(text, e.folding)); });
        EXPECT_EQ(mixed.hash, e.mixed);
    }
}

TEST(Normaliser, OfWhatIsNormalIsTheSame) {
    for (const Normaliser n : {Normaliser::none_1, Normaliser::digits_1, Normaliser::e164_1, Normaliser::last4_1,
                               Normaliser::lower_email_1, Normaliser::nfc_casefold_1}) {
        const auto twice = [n](std::string_view text) {
            const std::string once = by(n, text);
            if (by(n, once) != once) ADD_FAILURE() << normaliser_name(n) << ": " << text;
        };
        each_character([&](char32_t, std::string_view text) { twice(text); });
        each_text(50000, [&](std::string_view text) { twice(text); });
    }
}

TEST(Normaliser, RefusesWhatIsNoField) {
    const std::string long_value(max_value + 1, 'a');
    EXPECT_EQ(email(std::string_view(long_value).substr(1)).size(), max_value);
    try {
        email(long_value);
        FAIL();
    } catch (const Error &e) {
        EXPECT_STREQ(e.state(), "54000");
    }
    // Marks of two classes in turn, all behind one letter: no slower than by n log n.
    std::string marks = "a";
    while (marks.size() + 4 <= max_value) marks += "\u0301\u0316";
    const std::string normal = caseless(marks);
    EXPECT_EQ(normal.size(), marks.size() - 1) << "one acute went into the letter: 1 + 2 bytes became 2";
    EXPECT_EQ(normal.substr(0, 4), "\u00e1\u0316");
}
