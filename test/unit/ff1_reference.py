#!/usr/bin/python3
# FF1 as NIST SP 800-38G writes it, over Python's integers: `ff1_reference.py` prints the values of ff1_test.cpp.
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
