// NFC after folding, on segments: from a character that neither changes what stands before it nor is changed by it to
// the next such one. Most segments are one character, for which the table has the answer; the other ones are taken
// apart, ordered, folded and composed as The Unicode Standard, 3.11 and 3.13, has it.
#include "pseudonym/unicode.hpp"
#include "pseudonym/unicode_table.hpp"
#include <algorithm>
#include <iterator>
#include <vector>

namespace cd::pseudonym {

namespace {

// Hangul syllables are computed: The Unicode Standard, 3.12.
constexpr char32_t s_base = 0xac00, l_base = 0x1100, v_base = 0x1161, t_base = 0x11a7;
constexpr char32_t l_count = 19, v_count = 21, t_count = 28, s_count = l_count * v_count * t_count;

bool within(char32_t c, char32_t first, char32_t count) { return c - first < count; }

// The entry of a table that is sorted by `key` whose key is the last one not above `c`; nullptr if there is none.
template <class Table, class Key> auto last_not_above(const Table &table, char32_t c, Key key) {
    const auto found = std::upper_bound(std::begin(table), std::end(table), c,
                                        [&key](char32_t code, const auto &entry) { return code < key(entry); });
    return found == std::begin(table) ? nullptr : &found[-1];
}

std::uint8_t class_of(char32_t c) {
    if (c >= table::class_end) return 0;
    return table::class_page[table::class_index[c / table::page_size] * table::page_size + c % table::page_size];
}

char32_t combining_class(char32_t c) {
    if (c < table::combining_classes[0].first) return 0;
    const auto *const found = last_not_above(table::combining_classes, c, [](const auto &e) { return e.first; });
    return found && c <= found->last ? found->combining : 0;
}

// A first character has no decomposition into three: one call for each of its parts is enough.
void decompose(char32_t c, std::vector<char32_t> &to) {
    if (c < 0xc0) return to.push_back(c);
    if (within(c, s_base, s_count)) {
        const char32_t s = c - s_base;
        to.push_back(l_base + s / (v_count * t_count));
        to.push_back(v_base + s % (v_count * t_count) / t_count);
        if (s % t_count != 0) to.push_back(t_base + s % t_count);
        return;
    }
    if (const auto *const found = last_not_above(table::decompositions, c, [](const auto &e) { return e.code; });
        found && found->code == c) {
        decompose(found->first, to);
        if (found->second != 0) decompose(found->second, to);
        return;
    }
    const auto *const at =
        last_not_above(table::by_composed, c, [](auto i) { return table::compositions[i].composed; });
    if (at && table::compositions[*at].composed == c) {
        decompose(table::compositions[*at].first, to);
        decompose(table::compositions[*at].second, to);
        return;
    }
    to.push_back(c);
}

void fold(char32_t c, Folding folding, std::vector<char32_t> &to) {
    if (const auto *const found = last_not_above(table::long_folds, c, [](const auto &e) { return e.code; });
        found && found->code == c) {
        if (folding == Folding::full) {
            for (const char32_t part : found->to)
                if (part != 0) to.push_back(part);
            return;
        }
        const auto *const one = last_not_above(table::short_folds, c, [](const auto &e) { return e.code; });
        return to.push_back(one && one->code == c ? one->to : c);
    }
    const auto *const run = last_not_above(table::folds, c, [](const auto &e) { return e.first; });
    if (run && c <= run->last && (c - run->first) % run->step == 0) c += static_cast<char32_t>(run->delta);
    to.push_back(c);
}

// While characters are put in order and composed, their combining class stands above their 21 bits.
constexpr unsigned class_shift = 24;
char32_t code_of(char32_t c) { return c & ((1u << class_shift) - 1); }

// Canonical order: marks after a character in order of their class.
void order(std::vector<char32_t> &text) {
    for (char32_t &c : text) c |= combining_class(c) << class_shift;
    const auto combines = [](char32_t c) { return c >> class_shift != 0; };
    const auto less = [](char32_t a, char32_t b) { return a >> class_shift < b >> class_shift; };
    for (auto at = text.begin(); at != text.end();) {
        at = std::find_if(at, text.end(), combines);
        const auto end = std::find_if_not(at, text.end(), combines);
        if (!std::is_sorted(at, end, less)) std::stable_sort(at, end, less);
        at = end;
    }
}

// 0 if the two do not compose.
char32_t composed(char32_t first, char32_t second) {
    if (within(first, l_base, l_count) && within(second, v_base, v_count))
        return s_base + ((first - l_base) * v_count + (second - v_base)) * t_count;
    if (within(first, s_base, s_count) && (first - s_base) % t_count == 0 && within(second, t_base + 1, t_count - 1))
        return first + (second - t_base);
    const auto *const end = std::end(table::compositions);
    const auto *const found =
        std::lower_bound(std::begin(table::compositions), end, 0, [first, second](const table::Composition &pair, int) {
            return pair.first != first ? pair.first < first : pair.second < second;
        });
    return found != end && found->first == first && found->second == second ? found->composed : 0;
}

void compose(std::vector<char32_t> &text) {
    std::size_t kept = 0, starter = text.size();
    char32_t last_class = 0; // of what was kept after the starter
    for (const char32_t c : text) {
        const char32_t its_class = c >> class_shift;
        // Blocked if something of the same or a higher class stands between, or a starter that was kept.
        if (starter < kept && (starter + 1 == kept || (last_class != 0 && last_class < its_class)))
            if (const char32_t one = composed(text[starter], code_of(c)); one != 0) {
                text[starter] = one;
                continue;
            }
        if (its_class == 0) starter = kept;
        last_class = its_class;
        text[kept++] = code_of(c);
    }
    text.resize(kept);
}

struct Segment {
    std::vector<char32_t> text, parts;

    void append(std::string_view utf8, Folding folding, std::string &to) {
        text.clear();
        for (; !utf8.empty(); utf8.remove_prefix(decode(utf8).size)) decompose(decode(utf8).code, text);
        order(text);
        parts.clear();
        for (const char32_t c : text) fold(code_of(c), folding, parts);
        text.clear();
        for (const char32_t c : parts) decompose(c, text);
        order(text);
        compose(text);
        for (const char32_t c : text) encode(c, to);
    }
};

} // namespace

// Well-formed UTF-8: The Unicode Standard, table 3-7.
Character decode(std::string_view utf8) {
    const auto byte = [utf8](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
    const char32_t lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const Character stray{stray_byte + lead, 1};
    const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc2 || lead > 0xf4 || utf8.size() < size) return stray;
    char32_t code = lead & (0xffu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0u) != 0x80) return stray;
        code = code << 6 | (byte(i) & 0x3fu);
    }
    constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[size] || code >= stray_byte || within(code, 0xd800, 0x800)) return stray;
    return {code, size};
}

void encode(char32_t c, std::string &to) {
    const auto put = [&to](char32_t byte) { to.push_back(static_cast<char>(byte)); };
    if (c < 0x80) return put(c);
    if (c >= stray_byte) return put(c - stray_byte);
    if (c < 0x800) {
        put(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            put(0xe0 | c >> 12);
        } else {
            put(0xf0 | c >> 18);
            put(0x80 | (c >> 12 & 0x3f));
        }
        put(0x80 | (c >> 6 & 0x3f));
    }
    put(0x80 | (c & 0x3f));
}

int decimal_digit(char32_t c) {
    if (c < 0x80) return c >= '0' && c <= '9' ? static_cast<int>(c - '0') : -1;
    const auto *const zero = last_not_above(table::zeros, c, [](char32_t z) { return z; });
    return zero && within(c, *zero, 10) ? static_cast<int>(c - *zero) : -1;
}

void append_folded(std::string_view utf8, Folding folding, std::string &to) {
    Segment segment;
    const char *same = utf8.data(); // from here on nothing changes, up to utf8
    const auto copy = [&same, &to](const char *end) { to.append(same, static_cast<std::size_t>(end - same)); };
    while (!utf8.empty()) {
        const Character c = decode(utf8);
        const std::uint8_t its_class = class_of(c.code);
        std::size_t end = c.size;
        // What attaches itself to it belongs to its segment.
        while (end < utf8.size() && (utf8[end] & 0x80) != 0) {
            const Character next = decode(utf8.substr(end));
            if (class_of(next.code) != table::attached) break;
            end += next.size;
        }
        if (end != c.size || its_class != 0) {
            copy(utf8.data());
            same = utf8.data() + end;
            if (end == c.size && its_class < table::several)
                encode(c.code + static_cast<char32_t>(table::deltas[its_class]), to);
            else
                segment.append(utf8.substr(0, end), folding, to);
        }
        utf8.remove_prefix(end);
    }
    copy(utf8.data());
}

} // namespace cd::pseudonym
