#!/usr/bin/env python3
"""Marks and values of subjects, by sealed_answers.py, which shares no code with the extension.

    python3 test/unit/subject_answers.py | clang-format > test/unit/subject_answers.hpp
"""
import hashlib
import hmac

from sealed_answers import lp, seal, self_test, to_text

KEY, MARK_KEY = bytes(range(64)), bytes(range(100, 132))
CASES = [("", "crm.email", "c-17", 1, ""), ("", "crm.email", "c-17", 1, "ada@example.com"),
         ("acme", "crm.email", "c-17", 2, "seventeen bytes.."), ("acme", "crm.phone", "", 2147483647, "+44"),
         ("", "клиент.почта", "Анна", 7, "Анна Петровна, 王小明 🙂")]


def main():
    self_test()
    print("// Written by subject_answers.py.\n#pragma once\n#include <cstdint>\n#include <string_view>\n")
    print("namespace subject_answers {\n\nstruct Answer {\nstd::string_view tenant, field, subject;\nstd::uint32_t number;\n"
          "std::string_view plaintext, mark, text; // the mark in hex\n};")
    print(f'inline constexpr std::string_view key = "{KEY.hex()}", mark_key = "{MARK_KEY.hex()}";')
    print("inline constexpr Answer all[] = {")
    for tenant, field, subject, number, text in CASES:
        who = lp(tenant.encode()) + lp(subject.encode())
        nonce = hashlib.sha256(b"nonce" + who).digest()[:16]
        value = seal(KEY, tenant, field, number, 7, subject.encode(), text.encode(), nonce)
        print(f'{{"{tenant}", "{field}", "{subject}", {number}, "{text}", '
              f'"{hmac.new(MARK_KEY, who, hashlib.sha256).hexdigest()}", "{to_text(value)}"}},')
    print("};\n\n} // namespace subject_answers")


main()
