// Written by unicode_table.py from Unicode 14.0.
#pragma once
#include <cstdint>

namespace cd::pseudonym::table {

// Class of a character below class_end: deltas[class] is what folding adds to it, and it neither changes its
// neighbours nor is changed by them; or one of these. Characters from class_end on have class 0.
inline constexpr std::uint8_t attached = 255; // may combine with what stands before it
inline constexpr std::uint8_t several = 254;  // begins anew, but foldings of it differ or have several characters
inline constexpr char32_t class_end = 195136, page_size = 64;
extern const std::uint8_t class_index[3049];
extern const std::uint8_t class_page[185 * page_size];
extern const std::int32_t deltas[128];

// CaseFolding.txt: C as runs of every or every second character, F, and S.
struct Fold {
    char32_t first, last, step;
    std::int32_t delta;
};
struct LongFold {
    char32_t code, to[3]; // ends with 0 if it is shorter
};
struct ShortFold {
    char32_t code, to;
};
extern const Fold folds[195];
extern const LongFold long_folds[104];
extern const ShortFold short_folds[28];

extern const char32_t zeros[66]; // each begins ten digits

// Canonical mappings, one step: those that compose again, in order of their parts, and those that do not.
struct Composition {
    char32_t first, second, composed;
};
struct Decomposition {
    char32_t code, first, second; // second is 0 if there is none
};
struct Class {
    char32_t first, last, combining;
};
extern const Composition compositions[941];
extern const std::uint16_t by_composed[941]; // compositions in order of what they make
extern const Decomposition decompositions[1120];
extern const Class combining_classes[382];

} // namespace cd::pseudonym::table
