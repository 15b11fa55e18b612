#include "mask/grapheme.hpp"
#include <algorithm>
#include <array>
#include <iterator>

namespace cd::mask {

namespace {

Kind kind_of(std::uint32_t code) {
    const Run *const after = std::upper_bound(std::begin(runs), std::end(runs), code,
                                              [](std::uint32_t c, const Run &run) { return c < run.first; });
    return static_cast<Kind>(std::prev(after)->kind);
}

constexpr std::size_t ascii = 128;
constexpr auto ascii_kinds = [] {
    std::array<Kind, ascii> kinds{};
    for (const Run &run : runs)
        for (std::size_t code = run.first; code < ascii; ++code) kinds[code] = static_cast<Kind>(run.kind);
    return kinds;
}();

constexpr std::uint32_t first_syllable = 0xAC00, trailing_consonants = 28;

// The two characters before and after a place, of one cluster? Rules GB3 to GB13 of UAX 29 but those that look further
// back, which are in `within`.
bool sticks(const Character &before, const Character &after) {
    if (before.kind == Kind::control || after.kind == Kind::control) return before.code == '\r' && after.code == '\n';
    if (before.kind == Kind::prepended) return true;
    // What a syllable of Hangul ends with: a vowel or a consonant.
    const Kind last = before.kind != Kind::syllable                               ? before.kind
                      : (before.code - first_syllable) % trailing_consonants == 0 ? Kind::vowel
                                                                                  : Kind::trailing;
    switch (after.kind) {
    case Kind::extending:
    case Kind::joiner:
    case Kind::spacing_mark: return true;
    case Kind::leading:
    case Kind::syllable: return last == Kind::leading;
    case Kind::vowel: return last == Kind::leading || last == Kind::vowel;
    case Kind::trailing: return last == Kind::vowel || last == Kind::trailing;
    default: return false;
    }
}

struct Span {
    std::uint32_t first, last;
};
template <std::size_t N> bool in(const Span (&spans)[N], std::uint32_t code) {
    return std::any_of(std::begin(spans), std::end(spans),
                       [code](const Span &span) { return span.first <= code && code <= span.last; });
}

} // namespace

Character character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint32_t lead = byte(at);
    if (lead < ascii) return {lead, 1, ascii_kinds[lead]};
    const std::size_t size = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
    const Character itself{lead, 1, Kind::other};
    if (size == 1 || lead >= 0xF5 || text.size() - at < size) return itself;
    std::uint32_t code = lead & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80) return itself;
        code = code << 6 | (byte(at + i) & 0x3Fu);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[size] || code > 0x10FFFF) return itself;
    return {code, size, kind_of(code)};
}

bool is_letter(Kind kind) {
    return kind == Kind::letter || kind == Kind::syllable || kind == Kind::leading || kind == Kind::vowel ||
           kind == Kind::trailing;
}

bool is_ideograph(std::uint32_t code) {
    // Hangul, the radicals and marks of Chinese, Kana, Bopomofo, ideographs with their extensions, half-width Kana.
    constexpr Span spans[] = {{0x1100, 0x11FF},   {0x2E80, 0x2FDF},  {0x3005, 0x3007}, {0x3021, 0x3029},
                              {0x3038, 0x303C},   {0x3040, 0x31FF},  {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},
                              {0xA960, 0xA97F},   {0xAC00, 0xD7FF},  {0xF900, 0xFAFF}, {0xFF66, 0xFFDC},
                              {0x1AFF0, 0x1B2FF}, {0x20000, 0x3FFFF}};
    return in(spans, code);
}

bool is_blank(std::uint32_t code) {
    constexpr Span spans[] = {{'\t', '\r'},     {' ', ' '},       {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
                              {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};
    return in(spans, code);
}

bool is_tag(std::uint32_t code) { return code >= 0xE0020 && code <= 0xE007F; }

bool has_control_character(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const Character c = character_at(text, at);
        if (c.kind == Kind::control) return true;
        at += c.size;
    }
    return false;
}

std::string_view cluster_at(std::string_view text, std::size_t at, Poll poll) {
    const auto plain = [text](std::size_t i) { return text[i] >= ' ' && text[i] <= '~'; };
    if (plain(at) && (at + 1 == text.size() || plain(at + 1))) return text.substr(at, 1); // most of all text
    Character before = character_at(text, at);
    std::size_t end = at + before.size;
    // GB11: a pictograph, marks, and a joiner hold the next pictograph. GB12: two regional indicators are a flag.
    bool pictograph = before.kind == Kind::pictograph, flag = false;
    for (std::size_t round = 1; end < text.size(); ++round) {
        poll.every(round);
        const Character after = character_at(text, end);
        const bool emoji = pictograph && before.kind == Kind::joiner && after.kind == Kind::pictograph;
        const bool second = !flag && before.kind == Kind::regional && after.kind == Kind::regional;
        if (!sticks(before, after) && !emoji && !second) break;
        const bool marks = after.kind == Kind::extending || after.kind == Kind::joiner;
        pictograph = after.kind == Kind::pictograph || (pictograph && marks && before.kind != Kind::joiner);
        flag |= second;
        end += after.size;
        before = after;
    }
    return text.substr(at, end - at);
}

} // namespace cd::mask
