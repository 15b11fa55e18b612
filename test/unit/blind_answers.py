#!/usr/bin/env python3
"""Writes test/unit/blind_answers.hpp: pseudonyms and blind indexes, worked out with Python's hmac from what
docs/pseudonym.md says of their bytes.

    python3 test/unit/blind_answers.py | clang-format > test/unit/blind_answers.hpp
"""
import hashlib
import hmac
import uuid

# Root keys by version, those of the server of the tests.
ROOTS = {1: bytes(range(32)), 2: bytes(range(32, 64)), 2147483647: bytes(range(64, 96))}


def lp(text):
    return len(text.encode()).to_bytes(4, "big") + text.encode()


def sha(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def field_key(kind, tenant, field, version):
    """HKDF-SHA-256, RFC 5869: one block of 32 bytes."""
    info = lp(kind) + lp(tenant) + lp(field) + lp("HMAC-SHA-256") + version.to_bytes(4, "big")
    return sha(sha(b"customer_data/1", ROOTS[version]), info + b"\x01")


def value_hash(kind, tenant, field, version, normaliser, normal):
    return sha(field_key(kind, tenant, field, version), lp(normaliser) + normal.encode())


def pseudonym(*arguments):
    bits = int.from_bytes(value_hash("pseudonym", *arguments)[:16], "big")
    bits = bits & ~(0xf << 76) | 8 << 76      # version 8
    bits = bits & ~(0x3 << 62) | 2 << 62      # variant 10
    return str(uuid.UUID(int=bits))


def blind_index(bits, *arguments):
    first = int.from_bytes(value_hash("blind", *arguments), "big") >> (256 - bits)
    size = (bits + 7) // 8
    return (first << (8 * size - bits)).to_bytes(size, "big").hex()


# tenant, field, version, normaliser, value as it comes, value as it is hashed
CASES = [
    ("", "crm.customer.email", 1, "lower_email/1", " Ada@Example.com", "ada@example.com"),
    ("", "crm.customer.email", 2, "lower_email/1", "ADA@EXAMPLE.COM", "ada@example.com"),
    ("acme", "crm.customer.email", 1, "lower_email/1", "ada@example.com", "ada@example.com"),
    ("", "pseudonym.email", 2, "lower_email/1", "ada@example.com", "ada@example.com"),
    ("", "crm.customer.email", 1, "none/1", "ada@example.com", "ada@example.com"),
    ("", "pseudonym.phone", 1, "e164/1", "+49 (0) 170 123", "+49170123"),
    ("", "pseudonym.phone", 1, "e164/1", "n/a", ""),
    ("Hamburg", "pseudonym.name", 1, "nfc_casefold/1", "Groß", "gross"),
    ("", "имя", 1, "nfc_casefold/1", "ЁЖИКОВ", "ёжиков"),
    ("", "card", 2147483647, "last4/1", "4111-1111-1111-1111", "1111"),
    ("", "card", 1, "digits/1", "4111-1111-1111-1111", "4111111111111111"),
    ("", "long", 1, "none/1", "x" * 200, "x" * 200),
]
BITS = [1, 7, 8, 9, 23, 64, 127, 128]


def quoted(text):
    return '"' + "".join(c if " " <= c <= "~" else f"\\u{ord(c):04x}" for c in text) + '"'


print("// Written by blind_answers.py, which says how.\n#pragma once\n#include <cstdint>\n")
print("namespace answers {\n\nstruct Root { std::uint32_t version; const char *key; };\ninline constexpr Root roots[] = {")
for version, root in ROOTS.items():
    print(f"{{{version}, \"{root.hex()}\"}},")
print("};\n\nstruct Case { const char *tenant, *field; std::uint32_t version;"
      " const char *normaliser, *value, *pseudonym, *blind[8]; };")
print(f"inline constexpr int bits[] = {{{', '.join(map(str, BITS))}}};\n\ninline constexpr Case cases[] = {{")
for tenant, field, version, normaliser, value, normal in CASES:
    arguments = tenant, field, version, normaliser, normal
    strings = [quoted(pseudonym(*arguments))]
    blind = ", ".join(quoted(blind_index(b, *arguments)) for b in BITS)
    print(f"{{{quoted(tenant)}, {quoted(field)}, {version}, {quoted(normaliser)}, {quoted(value)}, {strings[0]}, {{{blind}}}}},")
print("};\n\n} // namespace answers")
