#include "seal/sealed.hpp"
#include "crypto/hmac.hpp"
#include <algorithm>

namespace cd::seal {
namespace {

constexpr std::uint8_t known_format = 1, aes_256_siv = 1;

std::uint32_t read_u32(const std::uint8_t *from) {
    return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 | from[3];
}
std::array<std::uint8_t, 4> u32(std::size_t number) {
    return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
            static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}
Bytes bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()}; }

[[noreturn]] void refuse(const char *state, std::string detail) {
    throw Error(state, "invalid sealed value", std::move(detail),
                "Values of type sealed come from customer_data.seal; pass them on unchanged.");
}
[[noreturn]] void refuse_unknown(const char *state, const char *what, int seen) {
    throw Error(state, "unknown kind of sealed value", std::string(what) + " is " + std::to_string(seen) + ".",
                "Update the extension, or pass on unchanged what customer_data.seal made.");
}

constexpr std::string_view digits64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t no_digit = 64;
constexpr std::array<std::uint8_t, 256> digit_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(no_digit);
    for (std::size_t i = 0; i < digits64.size(); ++i)
        values[static_cast<std::uint8_t>(digits64[i])] = static_cast<std::uint8_t>(i);
    return values;
}();

// One to three bytes, and the digits that write them.
void put_group(const std::uint8_t *from, std::size_t n, char *to) {
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < n ? from[i] : 0u);
    for (std::size_t i = 0; i <= n; ++i) to[i] = digits64[bits >> (18 - 6 * i) & 63];
}

} // namespace

void require_size(std::size_t plaintext) {
    if (plaintext > max_plaintext)
        throw Error(sqlstate::program_limit, "value is too large to be sealed",
                    "It has " + std::to_string(plaintext) + " bytes, and may have " + std::to_string(max_plaintext) +
                        ".",
                    "Seal it in parts.");
}

FieldTag field_tag(std::string_view tenant, std::string_view field) {
    const auto tenant_size = u32(tenant.size()), field_size = u32(field.size());
    const crypto::Digest digest =
        crypto::sha256({bytes_of("customer_data/tag"), tenant_size, bytes_of(tenant), field_size, bytes_of(field)});
    return {digest[0], digest[1], digest[2], digest[3]};
}

std::array<std::uint8_t, header_size> Header::bytes() const {
    const auto number = u32(version);
    return {known_format, aes_256_siv, flags,    0,        number[0], number[1],
            number[2],    number[3],   field[0], field[1], field[2],  field[3]};
}

Header Header::parse(Bytes value, const char *state) {
    if (value.size() < header_size)
        refuse(state, "It has " + std::to_string(value.size()) + " bytes, and its header alone has " +
                          std::to_string(header_size) + ".");
    if (value[0] != known_format) refuse_unknown(state, "Its format", value[0]);
    if (value[1] != aes_256_siv) refuse_unknown(state, "Its algorithm", value[1]);
    // What is deterministic is equal in every row, so it belongs to none.
    if (const std::uint8_t flags = value[2]; flags != 0 && flags != randomised && flags != (randomised | row_bound) &&
                                             flags != (randomised | row_bound | of_subject))
        refuse_unknown(state, "Its flags byte", flags);
    if (value[3] != 0) refuse_unknown(state, "Its reserved byte", value[3]);
    const std::uint32_t version = read_u32(&value[4]);
    if (version == 0 || version > INT32_MAX)
        refuse(state, "Its key version is " + std::to_string(version) + "; there are versions from 1 to 2147483647.");
    return {value[2], version, {value[8], value[9], value[10], value[11]}};
}

Sealed Sealed::parse(Bytes value, const char *state) {
    const Header header = Header::parse(value, state);
    if (value.size() < overhead(header.flags))
        refuse(state, "It has " + std::to_string(value.size()) + " bytes, and a value of its kind has at least " +
                          std::to_string(overhead(header.flags)) + ".");
    require_size(value.size() - overhead(header.flags));
    const std::size_t nonce = header.flags & randomised ? nonce_size : 0;
    return {header, value.subspan(header_size, nonce), value.subspan(header_size + nonce)};
}

void put_text(Bytes value, char *text, Poll poll) {
    text = std::copy(text_prefix.begin(), text_prefix.end(), text);
    std::size_t i = 0;
    for (; i + 3 <= value.size(); i += 3, text += 4) {
        poll.every(i);
        put_group(&value[i], 3, text);
    }
    if (i < value.size()) put_group(&value[i], value.size() - i, text);
}

std::size_t value_size(std::string_view text) {
    if (!text.starts_with(text_prefix))
        refuse(sqlstate::invalid_text, "It does not begin with cd1. as sealed values do.");
    const std::size_t digits = text.size() - text_prefix.size();
    if (digits % 4 == 1) refuse(sqlstate::invalid_text, "It ends within a byte.");
    const std::size_t size = digits * 3 / 4;
    if (size > overhead(randomised)) require_size(size - overhead(randomised));
    return size;
}

void read_text(std::string_view text, std::uint8_t *value, Poll poll) {
    const std::size_t size = value_size(text);
    std::uint8_t *to = value;
    std::uint32_t bits = 0;
    unsigned have = 0; // bits that are not written yet
    for (const char &c : text.substr(text_prefix.size())) {
        poll.every(static_cast<std::size_t>(&c - text.data()));
        const std::uint8_t digit = digit_values[static_cast<std::uint8_t>(c)];
        if (digit == no_digit) refuse(sqlstate::invalid_text, "It has a character that is no digit of base64url.");
        bits = bits << 6 | digit;
        have += 6;
        if (have >= 8) *to++ = static_cast<std::uint8_t>(bits >> (have -= 8));
    }
    if (bits & ((1u << have) - 1)) refuse(sqlstate::invalid_text, "Its last digit has bits that belong to no byte.");
    Sealed::parse({value, size}, sqlstate::invalid_text);
}

} // namespace cd::seal
