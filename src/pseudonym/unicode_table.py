#!/usr/bin/env python3
"""Writes the tables of unicode.cpp: what python's unicodedata knows of Unicode 14.0 (Python 3.11).

    python3 src/pseudonym/unicode_table.py src/pseudonym

Normalisers are versioned, so their tables never change: a newer Unicode is a new version of those that use it.
"""
import collections
import sys
import unicodedata as u

assert u.unidata_version == "14.0.0"
SURROGATES = range(0xD800, 0xE000)
HANGUL = range(0xAC00, 0xAC00 + 11172)
CODES = [c for c in range(0x110000) if c not in SURROGATES]
nfd = {c: u.normalize("NFD", chr(c)) for c in CODES}


def simple(text):
    """CaseFolding.txt C + S. Where full folding makes more than one character, S is the simple lower case."""
    def one(c):
        return c.casefold() if len(c.casefold()) == 1 else c.lower() if len(c.lower()) == 1 else c
    return "".join(map(one, text))


def full(text):
    return "".join(c.casefold() for c in text)


# Canonical decompositions, one step of them, without Hangul. Compositions are those that NFC undoes again.
pairs, alone = [], []
for c in CODES:
    mapping = u.decomposition(chr(c))
    if mapping and mapping[0] != "<":
        parts = [int(x, 16) for x in mapping.split()]
        assert len(parts) <= 2
        if len(parts) == 2 and u.normalize("NFC", nfd[c]) == chr(c):
            pairs.append((*parts, c))
        else:
            alone.append((c, *parts, *[0] * (2 - len(parts))))
pairs.sort()
by_composed = sorted(range(len(pairs)), key=lambda i: pairs[i][2])

seconds = {b for _, b, _ in pairs} | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))


def begins(text):
    """Nothing before the text changes it, nor is changed by it."""
    return u.combining(text[0]) == 0 and ord(text[0]) not in seconds


# Classes of characters: see unicode_table.hpp. Singletons of CJK have a delta each, and are as rare: they go the long way.
ATTACHED, LONG = 255, 254
single, classes = {}, []
for c in CODES:
    simply, fully = (u.normalize("NFC", fold(nfd[c])) for fold in (simple, full))
    if not all(begins(t) for t in (nfd[c], simply, fully, u.normalize("NFD", simply), u.normalize("NFD", fully))):
        classes.append((c, ATTACHED))
    elif simply != fully or len(simply) != 1:
        classes.append((c, LONG))
    else:
        single[c] = ord(simply) - c
deltas = [delta for delta, _ in collections.Counter(single.values()).most_common(128)]
assert deltas[0] == 0
classes += [(c, deltas.index(d) if d in deltas else LONG) for c, d in single.items() if d]
class_of = dict(classes)
PAGE = 64
END = (max(class_of) // PAGE + 1) * PAGE
pages, index = [], []
for first in range(0, END, PAGE):
    page = tuple(class_of.get(c, 0) for c in range(first, first + PAGE))
    if page not in pages:
        pages.append(page)
    index.append(pages.index(page))
assert len(pages) <= 256


def ranges(value):
    """(first, last, value) of neighbours with the same value, without 0."""
    found = []
    for c in CODES:
        if v := value(c):
            if found and found[-1][1] == c - 1 and found[-1][2] == v:
                found[-1][1] = c
            else:
                found.append([c, c, v])
    return found


# One-to-one foldings as {first, last, step, delta}, and those that make more than one character.
folds, longer, simpler = [], [], []
for c in CODES:
    fully, simply = full(chr(c)), simple(chr(c))
    if len(fully) > 1:
        longer.append([c, [*map(ord, fully), *[0] * (3 - len(fully))]])
        if simply != chr(c):
            simpler.append([c, ord(simply)])
    elif ord(fully) != c:
        delta = ord(fully) - c
        last = folds[-1] if folds else None
        if last and last[3] == delta and c - last[1] in (1, 2) and last[2] in (0, c - last[1]):
            last[1], last[2] = c, c - last[1]
        else:
            folds.append([c, c, 0, delta])
for f in folds:
    f[2] = f[2] or 1

zeros = [c for c in CODES if u.category(chr(c)) == "Nd" and u.digit(chr(c)) == 0]
assert all(u.digit(chr(z + d)) == d for z in zeros for d in range(10))
assert sum(u.category(chr(c)) == "Nd" for c in CODES) == 10 * len(zeros)


def wrapped(items):
    lines, line = [], "   "
    for item in items:
        if len(line) + len(item) + 2 > 120:
            lines.append(line)
            line = "   "
        line += f" {item},"
    return "\n".join(lines + [line])


def braced(value):
    return "{" + ",".join(map(braced, value)) + "}" if isinstance(value, (list, tuple)) else str(value)


def array(kind, name, values):
    return f"const {kind} {name}[{len(values)}] = {{\n{wrapped(map(braced, values))}\n}};\n"


head = "// Written by unicode_table.py from Unicode 14.0.\n#include \"pseudonym/unicode_table.hpp\"\n\n"
open_, close = "// clang-format off\nnamespace cd::pseudonym::table {\n\n", "\n} // namespace cd::pseudonym::table\n"
ccc = ranges(lambda c: u.combining(chr(c)))
folder = sys.argv[1]
def write(name, *parts):
    with open(f"{folder}/{name}", "w") as f:
        f.write(head + open_ + "\n".join(parts) + close)


write("unicode_class.cpp",
      array("std::uint8_t", "class_index", index),
      array("std::uint8_t", "class_page", [c for page in pages for c in page]),
      array("std::int32_t", "deltas", deltas))
write("unicode_folding.cpp", array("Fold", "folds", folds), array("LongFold", "long_folds", longer),
      array("ShortFold", "short_folds", simpler), array("char32_t", "zeros", zeros))
write("unicode_composition.cpp", array("Composition", "compositions", pairs),
      array("std::uint16_t", "by_composed", by_composed), array("Decomposition", "decompositions", alone),
      array("Class", "combining_classes", ccc))
with open(f"{folder}/unicode_table.hpp", "w") as f:
    f.write(f"""// Written by unicode_table.py from Unicode 14.0.
#pragma once
#include <cstdint>

namespace cd::pseudonym::table {{

// Class of a character below class_end: deltas[class] is what folding adds to it, and it neither changes its
// neighbours nor is changed by them; or one of these. Characters from class_end on have class 0.
inline constexpr std::uint8_t attached = {ATTACHED}; // may combine with what stands before it
inline constexpr std::uint8_t several = {LONG}; // begins anew, but foldings of it differ or have several characters
inline constexpr char32_t class_end = {END}, page_size = {PAGE};
extern const std::uint8_t class_index[{len(index)}];
extern const std::uint8_t class_page[{len(pages)} * page_size];
extern const std::int32_t deltas[{len(deltas)}];

// CaseFolding.txt: C as runs of every or every second character, F, and S.
struct Fold {{
    char32_t first, last, step;
    std::int32_t delta;
}};
struct LongFold {{
    char32_t code, to[3]; // ends with 0 if it is shorter
}};
struct ShortFold {{
    char32_t code, to;
}};
extern const Fold folds[{len(folds)}];
extern const LongFold long_folds[{len(longer)}];
extern const ShortFold short_folds[{len(simpler)}];

extern const char32_t zeros[{len(zeros)}]; // each begins ten digits

// Canonical mappings, one step: those that compose again, in order of their parts, and those that do not.
struct Composition {{
    char32_t first, second, composed;
}};
struct Decomposition {{
    char32_t code, first, second; // second is 0 if there is none
}};
struct Class {{
    char32_t first, last, combining;
}};
extern const Composition compositions[{len(pairs)}];
extern const std::uint16_t by_composed[{len(pairs)}]; // compositions in order of what they make
extern const Decomposition decompositions[{len(alone)}];
extern const Class combining_classes[{len(ccc)}];

}} // namespace cd::pseudonym::table
""")
