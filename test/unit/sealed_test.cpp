// Sealed values: their forms, and what opens them. Answers come from sealed_answers.py, which shares no code with this.
#include "crypto/errors.hpp"
#include "keyring/keyring.hpp"
#include "seal/seal_key.hpp"
#include "sealed_answers.hpp"
#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>

using namespace cd;
using namespace cd::seal;

namespace {

using Value = std::vector<std::uint8_t>;

// Of values that there are.
constexpr std::uint8_t all_flags[] = {0, randomised, randomised | row_bound};
// The row key in question, if the flags say that one is bound.
std::optional<std::string_view> bound_to(std::uint8_t flags, std::string_view row_key) {
    if (flags & row_bound) return row_key;
    return std::nullopt;
}

Value unhex(std::string_view hex) {
    Value bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    return bytes;
}
Value bytes(std::string_view text) { return {text.begin(), text.end()}; }
Value from_text(std::string_view text) {
    Value value(value_size(text));
    read_text(text, value.data());
    return value;
}
std::string to_text(Bytes value) {
    std::string text(text_size(value.size()), '?');
    put_text(value, text.data());
    return text;
}
SealKey make_key(Bytes key, std::string_view tenant, std::string_view field, std::uint32_t version) {
    return SealKey(std::span<const std::uint8_t, SealKey::key_size>(key.data(), SealKey::key_size), tenant, field,
                   version);
}
const Value key_bytes = unhex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                              "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f");
SealKey email_key(std::uint32_t version = 1) { return make_key(key_bytes, "acme", "crm.customer.email", version); }

Value sealed(const SealKey &key, std::uint8_t flags, std::string_view row_key, Bytes plaintext) {
    Value value(overhead(flags) + plaintext.size());
    key.seal(flags, bytes(row_key), plaintext, value.data());
    return value;
}
// What it opens to; nothing if it does not. Then no byte of the plaintext may be left behind.
std::optional<Value> opened(const SealKey &key, Bytes value, std::optional<std::string_view> row_key) {
    const Sealed parsed = Sealed::parse(value);
    Value plaintext(parsed.plaintext_size(), 0);
    std::optional<Value> row;
    if (row_key) row = bytes(*row_key);
    if (key.open(parsed, row ? std::optional<Bytes>(*row) : std::nullopt, plaintext.data())) return plaintext;
    EXPECT_TRUE(std::all_of(plaintext.begin(), plaintext.end(), [](std::uint8_t b) { return b == 0; }));
    return std::nullopt;
}
std::string state_of(auto &&action) {
    try {
        action();
    } catch (const Error &error) {
        return error.state();
    }
    return "no error";
}

} // namespace

TEST(Sealed, OpensWhatAnIndependentImplementationSealed) {
    for (const answers::Answer &answer : answers::all) {
        const Value value = from_text(answer.text);
        const SealKey key = make_key(unhex(answer.key), answer.tenant, answer.field, answer.version);
        const Header header = Sealed::parse(value).header;
        EXPECT_EQ(header.flags, answer.flags);
        EXPECT_EQ(header.version, answer.version);
        EXPECT_EQ(header.field, field_tag(answer.tenant, answer.field));
        EXPECT_EQ(opened(key, value, bound_to(answer.flags, answer.row_key)), unhex(answer.plaintext)) << answer.text;
        EXPECT_EQ(to_text(value), answer.text);
        if (answer.flags == 0) {
            EXPECT_EQ(sealed(key, 0, "", unhex(answer.plaintext)), value);
        }
    }
}

TEST(Sealed, KeysAreDerivedAsByThat) {
    for (const answers::Answer &answer : answers::all) {
        keyring::Keyring ring;
        ring.add(answer.version, unhex(answers::root));
        Value key(SealKey::key_size);
        ring.derive({answer.kind, answer.tenant, answer.field, "AES-256-SIV"}, answer.version, key);
        EXPECT_EQ(key, unhex(answer.key));
    }
}

TEST(Sealed, EveryBitCounts) {
    const SealKey key = email_key();
    for (const std::uint8_t flags : all_flags) {
        const auto row_key = bound_to(flags, "17");
        for (const std::string_view text : {"", "x", "ada@example.com", "seventeen letters"}) {
            const Value value = sealed(key, flags, row_key.value_or(""), bytes(text));
            ASSERT_EQ(opened(key, value, row_key), bytes(text));
            for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
                Value other = value;
                other[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
                std::optional<Value> result;
                const std::string state = state_of([&] { result = opened(key, other, row_key); });
                EXPECT_FALSE(result) << "bit " << bit;
                // Format, algorithm, flags that are unknown, the reserved byte, and versions there are not.
                if (state != "no error") {
                    EXPECT_TRUE(bit < 64 && state == sqlstate::invalid_binary) << bit;
                }
            }
        }
    }
}

TEST(Sealed, BelongsToItsPlace) {
    const Value text = bytes("ada@example.com");
    const SealKey key = email_key();
    const Value deterministic = sealed(key, 0, "", text), free = sealed(key, randomised, "", text),
                bound = sealed(key, randomised | row_bound, "17", text);
    // The same key bytes, so that only the associated data tells the places apart.
    for (const SealKey &other :
         {make_key(key_bytes, "acme", "crm.customer.phone", 1), make_key(key_bytes, "other", "crm.customer.email", 1),
          make_key(key_bytes, "acmecrm.", "customer.email", 1), email_key(2)}) {
        EXPECT_FALSE(opened(other, deterministic, {}));
        EXPECT_FALSE(opened(other, free, {}));
        EXPECT_FALSE(opened(other, bound, "17"));
    }
    // And with a header that was rewritten to fit.
    for (const Value &value : {deterministic, free, bound}) {
        const auto row_key = bound_to(value[2], "17");
        Value other = value;
        other[7] = 2;
        EXPECT_FALSE(opened(email_key(2), other, row_key));
        other = value;
        const FieldTag tag = field_tag("acme", "crm.customer.phone");
        std::copy(tag.begin(), tag.end(), other.begin() + 8);
        EXPECT_FALSE(opened(make_key(key_bytes, "acme", "crm.customer.phone", 1), other, row_key));
    }
    EXPECT_EQ(opened(key, bound, "17"), text);
    EXPECT_FALSE(opened(key, bound, "18"));
    EXPECT_FALSE(opened(key, bound, ""));
    EXPECT_FALSE(opened(key, bound, {}));
    // Nor does it open in a place that asks for more than it was sealed with.
    EXPECT_FALSE(opened(key, free, "17"));
    EXPECT_FALSE(opened(key, free, ""));
    EXPECT_FALSE(opened(key, deterministic, ""));
    // An empty row key is a row key.
    EXPECT_EQ(opened(key, sealed(key, randomised | row_bound, "", text), ""), text);
}

TEST(Sealed, FlagsAreNotInterchangeable) {
    const SealKey key = email_key();
    const Value text = bytes("a text of more than two blocks of AES");
    for (const std::uint8_t from : all_flags)
        for (const std::uint8_t to : all_flags) {
            if (from == to) continue;
            Value value = sealed(key, from, "17", text);
            value[2] = to;
            EXPECT_FALSE(opened(key, value, bound_to(to, "17"))) << +from << +to;
        }
}

TEST(Sealed, Truncated) {
    const SealKey key = email_key();
    for (const std::uint8_t flags : all_flags) {
        const auto row_key = bound_to(flags, "17");
        const Value value = sealed(key, flags, "17", bytes("ada@example.com"));
        for (std::size_t size = 0; size < value.size(); ++size) {
            const Bytes part = Bytes(value).first(size);
            if (size < overhead(flags)) {
                EXPECT_EQ(state_of([&] { Sealed::parse(part); }), sqlstate::invalid_binary) << size;
                // As text the same, with the code of text.
                EXPECT_EQ(state_of([&] { from_text(to_text(part)); }), sqlstate::invalid_text) << size;
            } else {
                EXPECT_FALSE(opened(key, part, row_key)) << size;
            }
        }
        Value longer = value;
        longer.push_back(0);
        EXPECT_FALSE(opened(key, longer, row_key));
    }
}

TEST(Sealed, WhatNoWriterMakesIsRefused) {
    Value value = sealed(email_key(), randomised, "", {});
    const auto with = [&value](std::size_t at, std::uint8_t byte) {
        Value other = value;
        other[at] = byte;
        return state_of([&] { Sealed::parse(other); });
    };
    for (int byte = 0; byte < 256; ++byte) {
        const auto b = static_cast<std::uint8_t>(byte);
        const auto expected = [](bool known) { return known ? "no error" : sqlstate::invalid_binary; };
        EXPECT_EQ(with(0, b), expected(b == 1));
        EXPECT_EQ(with(1, b), expected(b == 1));
        EXPECT_EQ(with(2, b), expected(b == 0 || b == 1 || b == 3 || b == 7)) << byte;
        EXPECT_EQ(with(3, b), expected(b == 0));
        EXPECT_EQ(with(4, b), expected(b < 128));
    }
    EXPECT_EQ(with(7, 0), sqlstate::invalid_binary); // version 0
}

TEST(Sealed, OneTextForOneValue) {
    const SealKey key = email_key();
    for (std::size_t size = 0; size < 9; ++size) {
        const Value value = sealed(key, 0, "", Value(size, 'x'));
        const std::string text = to_text(value);
        EXPECT_EQ(text.size(), text_size(value.size()));
        EXPECT_EQ(from_text(text), value);
        EXPECT_EQ(text.find_first_of("+/= \n"), std::string::npos);
        const auto refused = [](const std::string &other) {
            return state_of([&] { from_text(other); }) == sqlstate::invalid_text;
        };
        for (const char *const more : {"=", " ", "\n", "A====", "\xc3\xa4", "+", "/", "."})
            EXPECT_TRUE(refused(text + more)) << more;
        EXPECT_TRUE(refused(" " + text));
        EXPECT_TRUE(refused(text + std::string(1, '\0')));
        EXPECT_TRUE(refused("CD1." + text.substr(4)));
        EXPECT_TRUE(refused("cd2." + text.substr(4)));
        EXPECT_TRUE(refused(text.substr(4)));
        EXPECT_TRUE(refused(text.substr(0, 3)));
        EXPECT_TRUE(refused(""));
        // The last digit of a text whose bits do not fill it: no other one reads as the same bytes.
        if (value.size() % 3 == 0) continue;
        int readable = 0;
        for (const char c : std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")) {
            std::string other = text;
            other.back() = c;
            if (refused(other)) continue;
            ++readable;
            EXPECT_EQ(to_text(from_text(other)), other);
        }
        EXPECT_EQ(readable, value.size() % 3 == 1 ? 4 : 16); // 2 and 4 bits of it count
    }
}

// RFC 4648, section 10, without padding: the header in front has 12 bytes, so the groups begin where these do.
TEST(Sealed, Base64OfTheStandard) {
    const Value header(12, 0);
    const std::string_view plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    const std::string_view coded[] = {"", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};
    for (std::size_t i = 0; i < std::size(plain); ++i) {
        Value value = header;
        value.insert(value.end(), plain[i].begin(), plain[i].end());
        EXPECT_EQ(to_text(value), "cd1.AAAAAAAAAAAAAAAA" + std::string(coded[i]));
    }
    const Value high = {0xfb, 0xff, 0xfe};
    EXPECT_EQ(to_text(high), "cd1.-__-"); // 111110 111111 111111 111110
}

TEST(Sealed, NoncesDiffer) {
    const SealKey key = email_key();
    std::set<Value> seen;
    for (int i = 0; i < 10000; ++i) seen.insert(sealed(key, randomised, "", bytes("x")));
    EXPECT_EQ(seen.size(), 10000u);
    EXPECT_EQ(sealed(key, 0, "", bytes("x")), sealed(key, 0, "", bytes("x")));
}

TEST(Sealed, LongWorkCanBeCancelled) {
    struct Cancelled {};
    const Poll cancel(+[] { throw Cancelled{}; });
    const SealKey key = email_key();
    const Value text(std::size_t{3} << 20, 'x'), value = sealed(key, 0, "", text);
    Value out(value.size());
    EXPECT_THROW(key.seal(0, {}, text, out.data(), cancel), Cancelled);
    out.assign(text.size(), 0);
    EXPECT_THROW(static_cast<void>(key.open(Sealed::parse(value), {}, out.data(), cancel)), Cancelled);
    EXPECT_EQ(out, Value(text.size(), 0)); // nothing that was opened stays
    std::string written(text_size(value.size()), '?');
    EXPECT_THROW(put_text(value, written.data(), cancel), Cancelled);
    put_text(value, written.data());
    out.resize(value.size());
    EXPECT_THROW(read_text(written, out.data(), cancel), Cancelled);
}

TEST(Sealed, TooLargeIsRefused) {
    // Only the sizes are looked at.
    EXPECT_EQ(state_of([] { require_size(max_plaintext); }), "no error");
    EXPECT_EQ(state_of([] { require_size(max_plaintext + 1); }), sqlstate::program_limit);
    const SealKey key = email_key();
    Value value = sealed(key, 0, "", {});
    value.resize(overhead(0) + max_plaintext);
    EXPECT_EQ(state_of([&] { Sealed::parse(value); }), "no error");
    value.push_back(0);
    EXPECT_EQ(state_of([&] { Sealed::parse(value); }), sqlstate::program_limit);
}

TEST(Sealed, AnyLengthOpens) {
    const SealKey key = email_key();
    for (std::size_t size = 0; size < 600; ++size) {
        Value text(size);
        for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<std::uint8_t>(i * 7);
        EXPECT_EQ(opened(key, sealed(key, randomised | row_bound, "row", text), "row"), text) << size;
    }
}
