#include "fpe/fpe_format.hpp"
#include "pseudonym/unicode.hpp"
#include <algorithm>
#include <iterator>

namespace cd::fpe {

namespace {

constexpr std::int32_t stays = -1, refused = -2;

// Punctuation and blanks that stand between the characters of an alphabet. A list of what may be seen: a letter or
// digit of any script that is not of the alphabet would otherwise be left in the clear.
bool may_stay(char32_t c) {
    struct Run {
        char32_t first, last;
    };
    static constexpr Run runs[] = {
        {0x20, 0x2f},     {0x3a, 0x40},     {0x5b, 0x60},
        {0x7b, 0x7e},     {0xa0, 0xa0}, // blank to ~, no-break space
        {0xab, 0xab},     {0xb7, 0xb7},     {0xbb, 0xbb},
        {0x2000, 0x200a}, {0x2010, 0x2027}, // spaces, dashes, quotes
        {0x202f, 0x202f}, {0x205f, 0x205f}, {0x2116, 0x2116},
        {0x2212, 0x2212}, {0x3000, 0x3003}, // №, minus, 、 and 。
        {0x3008, 0x3011}, {0xff0d, 0xff0d}, // 「」, wide hyphen
    };
    return std::ranges::any_of(runs, [c](const Run &run) { return run.first <= c && c <= run.last; });
}

std::string_view characters_of(std::string_view alphabet) {
    static constexpr std::string_view radix62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    if (alphabet == "radix10") return radix62.substr(0, 10);
    if (alphabet == "radix36") return "0123456789abcdefghijklmnopqrstuvwxyz";
    if (alphabet == "radix62") return radix62;
    return alphabet;
}

[[noreturn]] void refuse(const char *what, std::string detail, const char *hint) {
    throw Error(sqlstate::invalid_parameter, what, std::move(detail), hint);
}

// ISO/IEC 7812-1, annex B: from the right every second digit is doubled, and its own digits are added.
bool luhn_holds(std::span<const Digit> digits) {
    unsigned sum = 0;
    bool second = false;
    for (std::size_t i = digits.size(); i-- > 0; second = !second)
        sum += second ? digits[i] * 2U - (digits[i] > 4 ? 9U : 0U) : digits[i];
    return sum % 10 == 0;
}

} // namespace

// The characters of the alphabet in a value: which, and where.
struct Format::Parsed {
    std::size_t size = 0;
    Digit digits[max_characters];
    std::uint16_t from[max_characters], to[max_characters]; // bytes
};

Format::Format(std::string_view alphabet, int keep_left, int keep_right, bool luhn)
    : keep_left_(static_cast<std::size_t>(keep_left)), keep_right_(static_cast<std::size_t>(keep_right)), luhn_(luhn) {
    if (keep_left < 0 || keep_right < 0)
        refuse("a number of characters that stay is negative",
               "keep_left is " + std::to_string(keep_left) + ", keep_right is " + std::to_string(keep_right) + ".",
               "0 keeps none.");
    for (char32_t c = 0; c < ascii_.size(); ++c) ascii_[c] = may_stay(c) ? stays : refused;
    for (std::string_view rest = characters_of(alphabet); !rest.empty();) {
        const pseudonym::Character next = pseudonym::decode(rest);
        const auto number = static_cast<std::int32_t>(characters_.size());
        if (next.code >= pseudonym::stray_byte || next.code < 0x20 || next.code == 0x7f)
            refuse("the alphabet has what is no character", "It is character " + std::to_string(number + 1) + ".",
                   "An alphabet is radix10, radix36, radix62, or its characters, each once.");
        if (number > UINT16_MAX)
            refuse("the alphabet is too large", "It has more than 65536 characters.", "Take fewer.");
        if (next.code < ascii_.size() && ascii_[next.code] >= 0)
            refuse("the alphabet has a character twice", "It is character " + std::to_string(number + 1) + ".",
                   "Each character of an alphabet stands there once.");
        if (next.code < ascii_.size())
            ascii_[next.code] = number;
        else
            further_.emplace_back(next.code, static_cast<Digit>(number));
        characters_.emplace_back(rest.substr(0, next.size));
        rest.remove_prefix(next.size);
    }
    std::ranges::sort(further_);
    const auto twice = std::ranges::adjacent_find(further_, {}, [](const auto &entry) { return entry.first; });
    if (twice != further_.end())
        refuse("the alphabet has a character twice", "It is character " + std::to_string(twice[1].second + 1) + ".",
               "Each character of an alphabet stands there once.");
    if (characters_.size() < 2)
        refuse("the alphabet is too small", "Characters in it: " + std::to_string(characters_.size()) + ".",
               "An alphabet is radix10, radix36, radix62, or at least two characters.");
    if (luhn && characters_of(alphabet) != characters_of("radix10"))
        refuse("a check digit needs the alphabet radix10",
               "The alphabet has " + std::to_string(characters_.size()) + " characters.",
               "Leave luhn out, or take radix10.");
    needed_ = 2;
    for (std::uint64_t values = characters_.size() * characters_.size(); values < min_values; ++needed_)
        values *= characters_.size();
}

std::string Format::encrypt(const crypto::Aes &aes, std::string_view value, Poll poll) const {
    return transform(aes, value, true, poll);
}
std::string Format::decrypt(const crypto::Aes &aes, std::string_view value, Poll poll) const {
    return transform(aes, value, false, poll);
}

int Format::digit(char32_t c) const {
    if (c < ascii_.size()) return ascii_[c];
    const auto found = std::ranges::lower_bound(further_, c, {}, [](const auto &entry) { return entry.first; });
    if (found != further_.end() && found->first == c) return found->second;
    return may_stay(c) ? stays : refused;
}

void Format::parse(std::string_view value, Parsed &parsed) const {
    if (value.size() > max_size)
        throw Error(sqlstate::program_limit, "a value is too long to be encrypted in its form",
                    "It has " + std::to_string(value.size()) + " bytes; the limit is " + std::to_string(max_size) + ".",
                    "Seal it.");
    if (value.empty())
        refuse("an empty value cannot be encrypted in its form", "It has no characters.", "Leave it NULL.");
    std::size_t at = 0;
    for (std::size_t number = 1; at < value.size(); ++number) {
        const auto byte = static_cast<unsigned char>(value[at]);
        const pseudonym::Character next =
            byte < 0x80 ? pseudonym::Character{byte, 1} : pseudonym::decode(value.substr(at));
        const int seen = digit(next.code);
        if (seen == refused)
            refuse("a value has a character that is neither in the alphabet nor punctuation",
                   "It is character " + std::to_string(number) + ", which would stay readable.",
                   "Give the field an alphabet that has it, or clean the value.");
        if (seen >= 0) {
            if (parsed.size == max_characters)
                throw Error(sqlstate::program_limit, "a value is too long to be encrypted in its form",
                            "It has more than " + std::to_string(max_characters) + " characters of the alphabet.",
                            "Seal it.");
            parsed.digits[parsed.size] = static_cast<Digit>(seen);
            parsed.from[parsed.size] = static_cast<std::uint16_t>(at);
            parsed.to[parsed.size++] = static_cast<std::uint16_t>(at + next.size);
        }
        at += next.size;
    }
    const std::size_t kept = keep_left_ + keep_right_;
    if (parsed.size < kept + needed_)
        refuse("a value has too few characters to be encrypted in its form",
               "Characters of the alphabet in it: " + std::to_string(parsed.size) + "; " + std::to_string(kept) +
                   " stay as they are, and at least " + std::to_string(needed_) + " more are needed.",
               "Fewer than a million values could be tried out. Keep fewer characters, or seal it.");
}

// The tweak says which characters stay, and on which side, so that what is between them is encrypted otherwise beside
// other ones. The field is in the key.
//
// With a check digit FF1 is applied until the value has a right one: of all values, with the same characters kept, the
// permutation makes cycles; to go on along its cycle from a value with a right check digit to the next such value is a
// permutation of those, and to go back is its inverse. One in ten is one, whatever stays, so it takes ten steps on
// average (Black and Rogaway, Ciphers with Arbitrary Finite Domains, CT-RSA 2002: cycle walking).
std::string Format::transform(const crypto::Aes &aes, std::string_view value, bool forward, Poll poll) const {
    Parsed parsed;
    parse(value, parsed);
    const std::span<Digit> all(parsed.digits, parsed.size);
    const std::span<Digit> changed = all.subspan(keep_left_, all.size() - keep_left_ - keep_right_);
    std::uint8_t tweak[2 + 2 * max_characters], *end = tweak;
    const auto put = [&](std::size_t number, bool wide) {
        if (wide) *end++ = static_cast<std::uint8_t>(number >> 8);
        *end++ = static_cast<std::uint8_t>(number);
    };
    const bool wide = characters_.size() > 256;
    put(keep_left_, true);
    for (const Digit digit : all.first(keep_left_)) put(digit, wide);
    for (const Digit digit : all.last(keep_right_)) put(digit, wide);
    const Ff1 ff1(aes, static_cast<unsigned>(characters_.size()), changed.size(), Bytes(tweak, end));

    if (luhn_ && !luhn_holds(all))
        refuse("a value has a wrong check digit", "The sum of Luhn's algorithm is not a multiple of 10.",
               "Correct the value, or declare a field without luhn.");
    do {
        if (forward)
            ff1.encrypt(changed);
        else
            ff1.decrypt(changed);
        poll();
    } while (luhn_ && !luhn_holds(all));

    std::string result;
    result.reserve(value.size() + 3 * changed.size());
    std::size_t at = 0;
    for (std::size_t i = keep_left_; i < parsed.size - keep_right_; ++i) {
        result.append(value, at, parsed.from[i] - at);
        result += characters_[parsed.digits[i]];
        at = parsed.to[i];
    }
    result.append(value, at);
    return result;
}

} // namespace cd::fpe
