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

} // namespace

SealKey::SealKey(std::span<const std::uint8_t, key_size> key, std::string_view tenant, std::string_view field,
                 std::uint32_t version)
    : siv_(key), version_(version), field_(field_tag(tenant, field)) {
    for (std::uint8_t flags = 0; flags < begun_.size(); ++flags) {
        const auto header = Header{flags, version, field_}.bytes();
        std::vector<std::uint8_t> place(header.begin(), header.end());
        add_text(place, tenant);
        add_text(place, field);
        begun_[flags] = siv_.begin({place});
    }
}

crypto::Block SealKey::associated(std::uint8_t flags, Bytes row_key, Bytes nonce) const {
    crypto::Block block = begun_[flags];
    if (flags & row_bound) block = siv_.add(block, row_key);
    if (flags & randomised) block = siv_.add(block, nonce);
    return block;
}

void SealKey::seal(std::uint8_t flags, Bytes row_key, Bytes plaintext, std::uint8_t *out, Poll poll) const {
    const auto header = Header{flags, version_, field_}.bytes();
    out = std::copy(header.begin(), header.end(), out);
    std::span<std::uint8_t> nonce;
    if (flags & randomised) {
        nonce = {out, nonce_size};
        crypto::random_bytes(nonce);
        out += nonce_size;
    }
    siv_.seal(associated(flags, row_key, nonce), plaintext, out, poll);
}

bool SealKey::open(const Sealed &sealed, std::optional<Bytes> row_key, std::uint8_t *plaintext, Poll poll) const {
    const Header &header = sealed.header;
    if (header.version != version_ || header.field != field_ ||
        row_key.has_value() != ((header.flags & row_bound) != 0))
        return false;
    return siv_.open(associated(header.flags, row_key.value_or(Bytes{}), sealed.nonce), sealed.body, plaintext, poll);
}

} // namespace cd::seal
