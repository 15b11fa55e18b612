// What a reader takes for one character: extended grapheme clusters of Unicode Standard Annex 29, tailored so that
// every mark stays with its letter.
#pragma once
#include "common/error.hpp"
#include "mask/grapheme_table.hpp"
#include <cstddef>
#include <string_view>

namespace cd::mask {

// The code point at a place of UTF-8. A byte that is no UTF-8 there stands for itself.
struct Character {
    std::uint32_t code;
    std::size_t size; // in bytes
    Kind kind;
};
Character character_at(std::string_view text, std::size_t at);

bool is_letter(Kind);
// Of a script where one character is a syllable or a word, and so tells more than a letter does.
bool is_ideograph(std::uint32_t code);
bool is_blank(std::uint32_t code);
// ASCII once more, unseen: U+E0020 to U+E007F.
bool is_tag(std::uint32_t code);
// What ends a line, turns the direction of writing, or is not seen: a text with such is not read as it was written.
bool has_control_character(std::string_view text);

// The next cluster of a text, from where one begins.
std::string_view cluster_at(std::string_view text, std::size_t at, Poll poll = {});

} // namespace cd::mask
