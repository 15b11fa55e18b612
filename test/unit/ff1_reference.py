#!/usr/bin/python3
# FF1 as NIST SP 800-38G writes it, over Python's integers: prints the values of ff1_test.cpp, and those of
# test/pgtap/fpe.sql, with the keys of the server of the tests and the tweaks that docs/fpe.md describes.
import hashlib
import hmac
from math import ceil, log2

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def aes(key, block):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block)


def number(digits, radix):
    value = 0
    for digit in digits:
        value = value * radix + digit
    return value


def string(value, radix, length):
    digits = []
    for _ in range(length):
        value, digit = divmod(value, radix)
        digits.append(digit)
    return digits[::-1]


def encrypt(key, radix, tweak, x):
    n, t = len(x), len(tweak)
    u, v = n // 2, n - n // 2
    a, b = x[:u], x[u:]
    bits = ceil(v * log2(radix))
    assert 2 ** (bits - 1) < radix**v <= 2**bits  # the logarithm was near enough
    size = ceil(bits / 8)
    d = 4 * ceil(size / 4) + 4
    p = bytes([1, 2, 1]) + radix.to_bytes(3, "big") + bytes([10, u % 256]) + n.to_bytes(4, "big") + t.to_bytes(4, "big")
    for i in range(10):
        q = tweak + bytes((-t - size - 1) % 16) + bytes([i]) + number(b, radix).to_bytes(size, "big")
        r = bytes(16)
        for at in range(0, len(p + q), 16):
            r = aes(key, bytes(x ^ y for x, y in zip(r, (p + q)[at : at + 16])))
        s = r
        for j in range(1, ceil(d / 16)):
            s += aes(key, (int.from_bytes(r, "big") ^ j).to_bytes(16, "big"))
        m = u if i % 2 == 0 else v
        c = (number(a, radix) + int.from_bytes(s[:d], "big")) % radix**m
        a, b = b, string(c, radix, m)
    return a + b


key = bytes(range(32))
for radix, tweak, n in ((65536, 0, 3), (65536, 5, 9), (65535, 16, 21), (1000, 33, 40), (2, 12, 128), (2, 3, 130), (62, 40, 21)):
    x = [(i * i * 7919 + 12345) % radix for i in range(n)]
    print("    {%d, %d, {%s}}," % (radix, tweak, ", ".join(map(str, encrypt(key, radix, bytes(range(tweak)), x)))))


def lp(text):
    return len(text.encode()).to_bytes(4, "big") + text.encode()


# HKDF-SHA-256 (RFC 5869), one block.
def field_key(tenant, field, version):
    root = bytes(range(32 * version - 32, 32 * version))
    info = lp("fpe") + lp(tenant) + lp(field) + lp("FF1-AES-256") + version.to_bytes(4, "big")
    extracted = hmac.new(b"customer_data/1", root, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


def luhn(digits):
    doubled = [d * 2 if i % 2 else d for i, d in enumerate(digits[::-1])]
    return sum(d // 10 + d % 10 for d in doubled) % 10 == 0


def fpe_encrypt(value, field, version=1, tenant="", alphabet="0123456789", left=0, right=0, check=False):
    all = [alphabet.index(c) for c in value if c in alphabet]
    kept, middle, end = all[:left], all[left : len(all) - right], all[len(all) - right :]
    width = 1 if len(alphabet) <= 256 else 2
    tweak = left.to_bytes(2, "big") + b"".join(d.to_bytes(width, "big") for d in kept + end)
    while True:
        middle = encrypt(field_key(tenant, field, version), len(alphabet), tweak, middle)
        if not check or luhn(kept + middle + end):
            break
    digits = iter(kept + middle + end)
    return "".join(alphabet[next(digits)] if c in alphabet else c for c in value)


lower, upper = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
for arguments in (
    dict(value="4111 1111 1111 1111", field="fpe.card", left=6, right=4),
    dict(value="4111 1111 1111 1111", field="fpe.checked", left=6, right=4, check=True),
    dict(value="5555-5555-5555-4444", field="fpe.all", check=True),
    dict(value="+7 (912) 345-67-89", field="fpe.phone", left=1),
    dict(value="+7 (912) 345-67-89", field="fpe.phone 2", left=1, version=2),
    dict(value="+7 (912) 345-67-89", field="fpe.phone of x", left=1, tenant="x"),
    dict(value="gb29 nwbk 6016 1331 9268 19", field="fpe.iban", alphabet="0123456789" + lower, left=4),
    dict(value="Ab-1234/zZ", field="fpe.code", alphabet="0123456789" + upper + lower),
    dict(value="иванов-петров", field="fpe.name", alphabet="абвгдеёжзийклмнопрстуфхцчшщъыьэюя", left=1),
    dict(value="7" * 200, field="fpe.phone", left=1),
):
    print("    ('%s', '%s', '%s')," % (arguments["field"], arguments["value"], fpe_encrypt(**arguments)))
