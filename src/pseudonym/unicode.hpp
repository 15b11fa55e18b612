// What normalisers know of Unicode, version 14.0 for ever: case folding, canonical composition and decimal digits.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace cd::pseudonym {

// A code point; a byte that is not UTF-8 is 0x110000 more than itself, and is written as that byte again.
struct Character {
    char32_t code;
    std::size_t size;
};
inline constexpr char32_t stray_byte = 0x110000;
Character decode(std::string_view utf8); // of at least one byte
void encode(char32_t, std::string &to);

// 0 to 9 of General_Category Nd in any script, otherwise -1.
int decimal_digit(char32_t);

// Folding of CaseFolding.txt: C + S keeps the number of characters (ß stays), C + F does not (ß is ss).
enum class Folding { simple, full };

// NFC(folded(NFD(text))), whose equality is canonical caseless match (The Unicode Standard, D145). Of bytes of which
// no character reaches beyond them.
void append_folded(std::string_view utf8, Folding, std::string &to);

} // namespace cd::pseudonym
