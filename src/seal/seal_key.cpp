#include "seal/seal_key.hpp"
#include "crypto/random.hpp"
#include <algorithm>
#include <string>

namespace cd::seal {
namespace {

void add_text(std::vector<std::uint8_t> &to, std::string_view text) {
    for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<std::uint8_t>(text.size() >> shift));
    to.insert(to.end(), text.begin(), text.end());
}

crypto::Block associated(const crypto::Siv &siv, crypto::Block block, std::uint8_t flags, Bytes row_key, Bytes nonce) {
    if (flags & row_bound) block = siv.add(block, row_key);
    if (flags & randomised) block = siv.add(block, nonce);
    return block;
}

} // namespace

crypto::Block begin(const crypto::Siv &siv, const Header &header, std::string_view tenant, std::string_view field) {
    const auto bytes = header.bytes();
    std::vector<std::uint8_t> place(bytes.begin(), bytes.end());
    add_text(place, tenant);
    add_text(place, field);
    return siv.begin({place});
}

void seal(const crypto::Siv &siv, const crypto::Block &begun, const Header &header, Bytes row_key, Bytes plaintext,
          std::uint8_t *out, Poll poll) {
    const auto bytes = header.bytes();
    out = std::copy(bytes.begin(), bytes.end(), out);
    std::span<std::uint8_t> nonce;
    if (header.flags & randomised) {
        nonce = {out, nonce_size};
        crypto::random_bytes(nonce);
        out += nonce_size;
    }
    siv.seal(associated(siv, begun, header.flags, row_key, nonce), plaintext, out, poll);
}

bool open(const crypto::Siv &siv, const crypto::Block &begun, const Sealed &sealed, std::optional<Bytes> row_key,
          std::uint8_t *plaintext, Poll poll) {
    const std::uint8_t flags = sealed.header.flags;
    if (row_key.has_value() != ((flags & row_bound) != 0)) return false;
    return siv.open(associated(siv, begun, flags, row_key.value_or(Bytes{}), sealed.nonce), sealed.body, plaintext,
                    poll);
}

SealKey::SealKey(std::span<const std::uint8_t, key_size> key, std::string_view tenant, std::string_view field,
                 std::uint32_t version)
    : siv_(key), version_(version), field_(field_tag(tenant, field)) {
    for (std::uint8_t flags = 0; flags < begun_.size(); ++flags)
        begun_[flags] = begin(siv_, {flags, version, field_}, tenant, field);
}

void SealKey::seal(std::uint8_t flags, Bytes row_key, Bytes plaintext, std::uint8_t *out, Poll poll) const {
    seal::seal(siv_, begun_[flags], {flags, version_, field_}, row_key, plaintext, out, poll);
}

bool SealKey::open(const Sealed &sealed, std::optional<Bytes> row_key, std::uint8_t *plaintext, Poll poll) const {
    const Header &header = sealed.header;
    if (header.version != version_ || header.field != field_ || header.flags >= begun_.size()) return false;
    return seal::open(siv_, begun_[header.flags], sealed, row_key, plaintext, poll);
}

} // namespace cd::seal
