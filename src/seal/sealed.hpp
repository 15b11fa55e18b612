// A sealed value as it is stored and sent. Its shape is read without any key; only a key tells what it holds.
//
//     format u8 = 1 | algorithm u8 = 1 (AES-256-SIV) | flags u8 | reserved u8 = 0 | key version u32 | field tag 4
//     [nonce 16, if randomised] | tag of SIV 16 | ciphertext
//
// Numbers are big-endian. As text: "cd1." and the same bytes in base64url (RFC 4648, section 5) without padding.
#pragma once
#include "common/bytes.hpp"
#include <array>
#include <string_view>

namespace cd::seal {

inline constexpr std::size_t header_size = 12, nonce_size = 16, tag_size = 16;
inline constexpr std::string_view text_prefix = "cd1.";

// Flags.
inline constexpr std::uint8_t randomised = 1; // a nonce follows the header
inline constexpr std::uint8_t row_bound = 2;  // opens with the row key that it was sealed with
inline constexpr std::uint8_t of_subject = 4; // by the own key of the subject that is its row key

// Tells one field's values from another's without a key: the first bytes of
// SHA-256("customer_data/tag" lp(tenant) lp(field)), where lp puts the length before the bytes, as a u32.
using FieldTag = std::array<std::uint8_t, 4>;
FieldTag field_tag(std::string_view tenant, std::string_view field);

struct Header {
    std::uint8_t flags;
    std::uint32_t version; // of the root key or, if of_subject, of the subject's own key; from 1 to 2147483647
    FieldTag field;

    // Throws `state` unless it is one that this version writes.
    static Header parse(Bytes, const char *state = sqlstate::invalid_binary);
    std::array<std::uint8_t, header_size> bytes() const;
    friend bool operator==(const Header &, const Header &) = default;
};

// A value is opened as a whole before any of it is shown, so it lies in memory several times.
inline constexpr std::size_t max_plaintext = std::size_t{256} << 20;
void require_size(std::size_t plaintext); // throws 54000 over the maximum

constexpr std::size_t overhead(std::uint8_t flags) {
    return header_size + (flags & randomised ? nonce_size : 0) + tag_size;
}

// A view of a value.
struct Sealed {
    Header header;
    Bytes nonce; // empty unless it is randomised
    Bytes body;  // tag and ciphertext

    // Throws `state` unless it begins with such a header, and enough bytes follow.
    static Sealed parse(Bytes, const char *state = sqlstate::invalid_binary);
    std::size_t plaintext_size() const { return body.size() - tag_size; }
};

// Text form. There is one text for a value: what ends in bits that are not 0, or has a blank, is refused (22P02).
constexpr std::size_t text_size(std::size_t bytes) { return text_prefix.size() + (bytes * 4 + 2) / 3; }
void put_text(Bytes value, char *text, Poll = {});
// So many bytes, into which read_text() reads the value. It is checked as by parse().
std::size_t value_size(std::string_view text);
void read_text(std::string_view text, std::uint8_t *value, Poll = {});

} // namespace cd::seal
