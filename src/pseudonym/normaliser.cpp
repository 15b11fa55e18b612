#include "pseudonym/normaliser.hpp"
#include "common/error.hpp"
#include "pseudonym/unicode.hpp"
#include <algorithm>
#include <cstring>
#include <iterator>

namespace cd::pseudonym {

namespace {

// In order of Normaliser.
constexpr std::string_view names[] = {"none/1", "digits/1", "e164/1", "last4/1", "lower_email/1", "nfc_casefold/1"};

bool is_ascii(std::string_view text) {
    std::uint64_t high = 0;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, text.data() + at, 8);
        high |= eight;
    }
    for (; at < text.size(); ++at) high |= static_cast<unsigned char>(text[at]);
    return (high & 0x8080808080808080u) == 0;
}

// Of ASCII: adds 0x20 to each byte from A to Z, eight at a time. None of the sums reaches the next byte.
std::uint64_t lower(std::uint64_t eight) {
    constexpr std::uint64_t each = 0x0101010101010101u;
    const std::uint64_t from_a = eight + each * (0x80 - 'A'), beyond_z = eight + each * (0x80 - 'Z' - 1);
    return eight + ((from_a & ~beyond_z & each * 0x80) >> 2);
}

std::string_view lower_ascii(std::string_view text, Room &room) {
    char *const to = room.take(text.size());
    std::uint64_t eight;
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::memcpy(&eight, text.data() + at, 8);
        eight = lower(eight);
        std::memcpy(to + at, &eight, 8);
    }
    for (; at < text.size(); ++at) {
        const char c = text[at];
        to[at] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return {to, text.size()};
}

// White_Space of PropList.txt, and what is as invisible at an end: zero-width space, joiners, word joiner, byte-order
// mark, as they come along with copied text.
bool is_blank(char32_t c) {
    if (c <= 0x20) return c == ' ' || (c >= 9 && c <= 13);
    return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200d) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x2060 || c == 0x3000 || c == 0xfeff;
}

std::string_view trimmed(std::string_view text) {
    const auto visible = [](char c) { return c > ' ' && c <= '~'; };
    if (!text.empty() && visible(text.front()) && visible(text.back())) return text;
    while (!text.empty()) {
        const Character first = decode(text);
        if (!is_blank(first.code)) break;
        text.remove_prefix(first.size);
    }
    while (!text.empty()) {
        std::size_t size = 1; // of the last character
        while (size < std::min<std::size_t>(4, text.size()) && (text[text.size() - size] & 0xc0) == 0x80) ++size;
        const Character last = decode(text.substr(text.size() - size));
        if (last.size != size || !is_blank(last.code)) break;
        text.remove_suffix(size);
    }
    return text;
}

std::string_view folded(std::string_view utf8, Folding folding, Room &room) {
    if (is_ascii(utf8)) return lower_ascii(utf8, room);
    std::string &to = room.string();
    to.clear();
    to.reserve(utf8.size() + utf8.size() / 8);
    append_folded(utf8, folding, to);
    return to;
}

std::string_view digits_of(std::string_view utf8, Room &room) {
    char *const begin = room.take(utf8.size()), *to = begin;
    while (!utf8.empty()) {
        const Character c = decode(utf8);
        if (const int digit = decimal_digit(c.code); digit >= 0) *to++ = static_cast<char>('0' + digit);
        utf8.remove_prefix(c.size);
    }
    return {begin, static_cast<std::size_t>(to - begin)};
}

// What people put between the digits of a number: beside space VALID_PUNCTUATION of libphonenumber, but for the
// x, which begins an extension.
bool within_number(char32_t c) {
    for (const char32_t mark : U"-()[]./~\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2053\u2212\u223c\u30fc\uff08\uff09"
                               U"\uff0d\uff0e\uff0f\uff3b\uff3d\uff5e")
        if (c == mark) return true;
    return false;
}

// As on a keyboard, and of full width.
bool is_plus(char32_t c) { return c == '+' || c == 0xff0b; }
bool is_open(char32_t c) { return c == '(' || c == 0xff08; }
bool is_closed(char32_t c) { return c == ')' || c == 0xff09; }

// ITU-T E.164 as far as a number alone tells it: after "+" or "00" country code and subscriber's number.
std::string_view e164(std::string_view utf8, Room &room) {
    char *const begin = room.take(utf8.size() + 1), *const digits = begin + 1, *to = digits;
    bool plus = false, lone_zero = false; // behind "(", without another digit yet
    char32_t last = 0;                    // that is not blank
    const auto international = [&plus, digits, &to] {
        return plus || (to - digits >= 2 && digits[0] == '0' && digits[1] == '0');
    };
    while (!utf8.empty()) {
        const Character c = decode(utf8);
        utf8.remove_prefix(c.size);
        if (is_blank(c.code)) continue;
        if (const int digit = decimal_digit(c.code); digit >= 0) {
            lone_zero = digit == 0 && is_open(last);
            *to++ = static_cast<char>('0' + digit);
        } else if (to == digits) { // before the number: "tel:", "Mobil "
            plus = plus || is_plus(c.code);
        } else if (is_closed(c.code) && lone_zero && international()) {
            --to; // "(0)" is dialled at home only
            lone_zero = false;
        } else if (within_number(c.code)) {
            lone_zero = false;
        } else {
            break; // an extension, or another number
        }
        last = c.code;
    }
    if (!international()) return {digits, static_cast<std::size_t>(to - digits)};
    char *from = digits; // no country's code begins with 0
    while (from != to && *from == '0') ++from;
    if (from == to) return {};
    *--from = '+';
    return {from, static_cast<std::size_t>(to - from)};
}

} // namespace

std::optional<Normaliser> find_normaliser(std::string_view name) {
    // Behind the newest version stand none: the last one that fits is it.
    for (std::size_t i = std::size(names); i-- > 0;)
        if (name == names[i] || name == names[i].substr(0, names[i].find('/'))) return static_cast<Normaliser>(i);
    return std::nullopt;
}

std::string_view normaliser_name(Normaliser normaliser) { return names[static_cast<std::size_t>(normaliser)]; }

std::string normaliser_names() {
    std::string all;
    for (const std::string_view name : names) all.append(all.empty() ? "" : ", ").append(name);
    return all;
}

std::string_view normalise(Normaliser normaliser, std::string_view utf8, Room &room) {
    if (utf8.size() > max_value)
        throw Error(sqlstate::program_limit, "value is too long to be compared as a whole",
                    "It has " + std::to_string(utf8.size()) + " bytes, at most " + std::to_string(max_value) +
                        " are allowed.",
                    "Give what tells one value from another, for instance sha256() of a document.");
    switch (normaliser) {
    case Normaliser::none_1: return utf8;
    case Normaliser::digits_1: return digits_of(utf8, room);
    case Normaliser::e164_1: return e164(utf8, room);
    case Normaliser::last4_1: {
        const std::string_view digits = digits_of(utf8, room);
        return digits.substr(digits.size() - std::min<std::size_t>(4, digits.size()));
    }
    case Normaliser::lower_email_1: return folded(trimmed(utf8), Folding::simple, room);
    case Normaliser::nfc_casefold_1: return folded(utf8, Folding::full, room);
    }
    return utf8;
}

std::string normalise(Normaliser normaliser, std::string_view utf8) {
    Room room;
    return std::string(normalise(normaliser, utf8, room));
}

} // namespace cd::pseudonym
