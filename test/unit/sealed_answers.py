#!/usr/bin/env python3
"""Seals and opens values of type sealed with nothing but the standard library, AES included (FIPS 197).

It shares no code with the extension: key derivation is RFC 5869 over hmac, AES-256-SIV is RFC 5297, and the layout is
the one that docs/seal.md states.

    python3 test/unit/sealed_answers.py | clang-format > test/unit/sealed_answers.hpp
    python3 test/unit/sealed_answers.py seal ROOT KIND TENANT FIELD VERSION     lines on standard input: FLAGS ROW TEXT
    python3 test/unit/sealed_answers.py open ROOT TENANT FIELD                  lines on standard input: ROW VALUE

In those, ROOT, ROW and TEXT are hex, ROW is - where no row key is bound, and what is opened is told in hex.
"""
import base64
import hashlib
import hmac
import os
import struct
import sys


def _sbox():
    box, p, q = [0] * 256, 1, 1
    while True:
        p = p ^ (p << 1) & 255 ^ (0x1B if p & 128 else 0)  # times 3
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 255
        if q & 128:
            q ^= 9
        rotate = lambda x, n: (x << n | x >> (8 - n)) & 255
        box[p] = q ^ rotate(q, 1) ^ rotate(q, 2) ^ rotate(q, 3) ^ rotate(q, 4) ^ 99
        if p == 1:
            break
    box[0] = 99
    return box


SBOX = _sbox()


def _double_byte(b):
    return (b << 1 ^ (0x1B if b & 128 else 0)) & 255


class Aes256:
    def __init__(self, key):
        words, rcon = [list(key[i:i + 4]) for i in range(0, 32, 4)], 1
        for i in range(8, 60):
            word = words[-1]
            if i % 8 == 0:
                word = [SBOX[b] for b in word[1:] + word[:1]]
                word[0] ^= rcon
                rcon = _double_byte(rcon)
            elif i % 8 == 4:
                word = [SBOX[b] for b in word]
            words.append([a ^ b for a, b in zip(words[-8], word)])
        self.rounds = [sum(words[i:i + 4], []) for i in range(0, 60, 4)]

    def encrypt(self, block):
        s = [a ^ b for a, b in zip(block, self.rounds[0])]
        for number, key in enumerate(self.rounds[1:]):
            s = [SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]  # bytes and rows
            if number < 13:
                mixed = []
                for c in range(0, 16, 4):
                    column = s[c:c + 4]
                    every = column[0] ^ column[1] ^ column[2] ^ column[3]
                    mixed += [column[i] ^ every ^ _double_byte(column[i] ^ column[(i + 1) % 4]) for i in range(4)]
                s = mixed
            s = [a ^ b for a, b in zip(s, key)]
        return bytes(s)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def double(block):
    number = int.from_bytes(block, "big") << 1
    return ((number & (1 << 128) - 1) ^ (0x87 if number >> 128 else 0)).to_bytes(16, "big")


def cmac(aes, message):  # RFC 4493
    k1 = double(aes.encrypt(bytes(16)))
    whole = len(message) > 0 and len(message) % 16 == 0
    if whole:
        message = message[:-16] + xor(message[-16:], k1)
    else:
        message += b"\x80" + bytes(-(len(message) + 1) % 16)
        message = message[:-16] + xor(message[-16:], double(k1))
    state = bytes(16)
    for i in range(0, len(message), 16):
        state = aes.encrypt(xor(state, message[i:i + 16]))
    return state


def s2v(aes, components, plaintext):
    d = cmac(aes, bytes(16))
    for component in components:
        d = xor(double(d), cmac(aes, component))
    if len(plaintext) >= 16:
        return cmac(aes, plaintext[:-16] + xor(plaintext[-16:], d))
    return cmac(aes, xor(double(d), plaintext + b"\x80" + bytes(15 - len(plaintext))))


def ctr(aes, tag, data):
    counter = int.from_bytes(tag, "big") & ~(1 << 63) & ~(1 << 31)
    out = b""
    for i in range(0, len(data), 16):
        out += xor(data[i:i + 16], aes.encrypt(((counter + i // 16) % (1 << 128)).to_bytes(16, "big")))
    return out


def lp(data):
    return struct.pack(">I", len(data)) + data


def hkdf(root, kind, tenant, field, algorithm, version, size):
    info = lp(kind) + lp(tenant) + lp(field) + lp(algorithm) + struct.pack(">I", version)
    secret = hmac.new(b"customer_data/1", root, hashlib.sha256).digest()
    out, block = b"", b""
    while len(out) < size:
        block = hmac.new(secret, block + info + bytes([len(out) // 32 + 1]), hashlib.sha256).digest()
        out += block
    return out[:size]


def key_of(root, kind, tenant, field, version):
    return hkdf(root, kind.encode(), tenant.encode(), field.encode(), b"AES-256-SIV", version, 64)


def field_tag(tenant, field):
    return hashlib.sha256(b"customer_data/tag" + lp(tenant.encode()) + lp(field.encode())).digest()[:4]


def associated(header, tenant, field, row, nonce):
    components = [header + lp(tenant.encode()) + lp(field.encode())]
    if header[2] & 2:
        components.append(row)
    if header[2] & 1:
        components.append(nonce)
    return components


def to_text(value):
    return "cd1." + base64.urlsafe_b64encode(value).decode().rstrip("=")


def from_text(text):
    if not text.startswith("cd1."):
        raise ValueError("not a sealed value")
    return base64.urlsafe_b64decode(text[4:] + "=" * (-len(text[4:]) % 4))


def seal(key, tenant, field, version, flags, row, plaintext, nonce):
    header = struct.pack(">BBBBI", 1, 1, flags, 0, version) + field_tag(tenant, field)
    mac, cipher = Aes256(key[:32]), Aes256(key[32:])
    tag = s2v(mac, associated(header, tenant, field, row, nonce), plaintext)
    return header + (nonce if flags & 1 else b"") + tag + ctr(cipher, tag, plaintext)


def open_sealed(root, tenant, field, row, value):
    header, rest = value[:12], value[12:]
    flags, version = header[2], struct.unpack(">I", header[4:8])[0]
    nonce, rest = (rest[:16], rest[16:]) if flags & 1 else (b"", rest)
    key = key_of(root, "seal" if flags & 1 else "deterministic", tenant, field, version)
    plaintext = ctr(Aes256(key[32:]), rest[:16], rest[16:])
    if header[8:12] != field_tag(tenant, field) or (row is None) != (not flags & 2):
        raise ValueError("another place")
    if s2v(Aes256(key[:32]), associated(header, tenant, field, row, nonce), plaintext) != rest[:16]:
        raise ValueError("wrong tag")
    return plaintext


def self_test():
    block = Aes256(bytes(range(32))).encrypt(bytes.fromhex("00112233445566778899aabbccddeeff"))
    assert block.hex() == "8ea2b7ca516745bfeafc49904b496089", "FIPS 197, C.3"
    key = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
    assert cmac(Aes256(key), b"").hex() == "028962f61b7bf89efc6b551f4667d983", "SP 800-38B, D.3"


FIELDS = [("", "crm.customer.email"), ("acme", "crm.customer.email"), ("acme", "crm.customer.phone"),
          ("", "клиент.почта")]
TEXTS = ["", "a", "ada@example.com", "16 bytes of text", "seventeen bytes..", "Анна Петровна, 王小明 🙂", "x" * 100]


def answers():
    root = bytes(range(64, 64 + 32))
    print("// Written by sealed_answers.py, which says how.\n#pragma once\n#include <cstdint>\n#include <string_view>\n")
    print("namespace answers {\n")
    print(f'inline constexpr std::string_view root = "{root.hex()}"; // in hex, as are keys, nonces and plaintexts\n')
    print("struct Answer {\nstd::string_view kind, tenant, field;\nstd::uint32_t version;\nstd::uint8_t flags;\n"
          "std::string_view row_key, plaintext, key, text;\n};\ninline constexpr Answer all[] = {")
    number = 0
    for flags in (0, 1, 3):
        for tenant, field in FIELDS:
            for text in TEXTS:
                number += 1
                kind, version = "seal" if flags & 1 else "deterministic", (1, 7, 0x01020304, 2147483647)[number % 4]
                row = ("", "4711", "строка")[number % 3] if flags & 2 else ""
                nonce = hashlib.sha256(b"nonce %d" % number).digest()[:16]
                key = key_of(root, kind, tenant, field, version)
                value = seal(key, tenant, field, version, flags, row.encode(), text.encode(), nonce)
                assert open_sealed(root, tenant, field, row.encode() if flags & 2 else None, value) == text.encode()
                print(f'{{"{kind}", "{tenant}", "{field}", {version}, {flags}, "{row}", "{text.encode().hex()}", '
                      f'"{key.hex()}", "{to_text(value)}"}},')
    print("};\n\n} // namespace answers")


def row_of(word):
    return None if word == "-" else bytes.fromhex(word)


def main(arguments):
    self_test()
    if not arguments:
        answers()
    elif arguments[0] == "seal":
        root, (kind, tenant, field, version) = bytes.fromhex(arguments[1]), arguments[2:]
        for line in sys.stdin:
            flags, row, text = line.rstrip("\n").split(" ")
            value = seal(key_of(root, kind, tenant, field, int(version)), tenant, field, int(version), int(flags),
                         row_of(row), bytes.fromhex(text), os.urandom(16))
            print(to_text(value))
    elif arguments[0] == "open":
        root, (tenant, field) = bytes.fromhex(arguments[1]), arguments[2:]
        for line in sys.stdin:
            row, value = line.rstrip("\n").split(" ")
            print(open_sealed(root, tenant, field, row_of(row), from_text(value)).hex())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
