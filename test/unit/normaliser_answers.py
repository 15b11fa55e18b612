#!/usr/bin/env python3
"""Prints the hashes of test/unit/normaliser_test.cpp: foldings of every character and of 300,000 texts by Python's
unicodedata 14.0 (Python 3.11), which has NFC, full case folding and lower case of its own.

    python3 test/unit/normaliser_answers.py
"""
import unicodedata as u

assert u.unidata_version == "14.0.0"
MASK = (1 << 64) - 1


def full(text):
    return u.normalize("NFC", u.normalize("NFD", text).casefold())


def simple(text):
    """CaseFolding.txt C + S: S is the simple lower case of what folds to more than one character."""
    def one(c):
        return c.casefold() if len(c.casefold()) == 1 else c.lower() if len(c.lower()) == 1 else c
    return u.normalize("NFC", "".join(map(one, u.normalize("NFD", text))))


class Fnv:
    """FNV-1a, 64 bits."""
    def __init__(self):
        self.hash = 0xcbf29ce484222325

    def add(self, text):
        for byte in text.encode() + b"\n":
            self.hash = (self.hash ^ byte) * 0x100000001b3 & MASK


# Where letters with marks, jamo, syllables and marks of every class are.
RANGES = [(0x41, 0x17f), (0x300, 0x36f), (0x386, 0x3ff), (0x400, 0x52f), (0x5b0, 0x5ea), (0x610, 0x65f), (0x900, 0x9ff),
          (0xb40, 0xbff), (0xc40, 0xdff), (0xf40, 0xfbf), (0x1025, 0x1039), (0x10a0, 0x10ff), (0x1100, 0x11ff), (0x13a0, 0x13ff),
          (0x1ab0, 0x1ac0), (0x1c80, 0x1cbf), (0x1dc0, 0x1fff), (0x20d0, 0x21ff), (0x302a, 0x30ff), (0xa640, 0xa7ff),
          (0xab70, 0xabbf), (0xac00, 0xd7a3), (0xf900, 0xfaff), (0xfb00, 0xfb4f), (0xfe20, 0xfe2f), (0x10400, 0x104ff),
          (0x11080, 0x110ff), (0x11300, 0x115ff), (0x11930, 0x11943), (0x1d150, 0x1d1c0), (0x1e900, 0x1e94a),
          (0x2f800, 0x2fa1d)]


def texts(n):
    state = 1

    def draw(below):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) & MASK
        return (state >> 33) % below
    for _ in range(n):
        text = ""
        for _ in range(1 + draw(8)):
            first, last = RANGES[draw(3 * len(RANGES)) % len(RANGES) if draw(2) else draw(2)]
            text += chr(first + draw(last - first + 1))
        yield text


for name, fold in ("full", full), ("simple", simple):
    each, mixed = Fnv(), Fnv()
    for c in range(0x110000):
        if not 0xD800 <= c < 0xE000:
            each.add(fold(chr(c)))
    for text in texts(300000):
        mixed.add(fold(text))
    print(f"{name} {each.hash:#x} {mixed.hash:#x}")
digits = Fnv()
for c in range(0x110000):
    if u.category(chr(c)) == "Nd":
        digits.add(str(u.digit(chr(c))))
print(f"digits {digits.hash:#x}")
