// What seals and opens the values of one field, under one version of its key.
#pragma once
#include "crypto/siv.hpp"
#include "seal/sealed.hpp"
#include <optional>

namespace cd::seal {

// Associated data of RFC 5297, component by component: header lp(tenant) lp(field); the row key, if one is bound; the
// nonce, if there is one. So a value does not open in another column, tenant or row, nor with another header.
class SealKey {
  public:
    static constexpr std::size_t key_size = crypto::Siv::key_size;
    SealKey(std::span<const std::uint8_t, key_size> key, std::string_view tenant, std::string_view field,
            std::uint32_t version);

    std::uint32_t version() const { return version_; }
    FieldTag field() const { return field_; }

    // `out` has overhead(flags) + plaintext.size() bytes. A randomised value takes a new nonce. `row_key` is bound if
    // the flags say so.
    void seal(std::uint8_t flags, Bytes row_key, Bytes plaintext, std::uint8_t *out, Poll = {}) const;
    // Writes plaintext_size() bytes. False, and nothing of the plaintext stays there, unless the value was sealed by a
    // key like this one, with that row key or, as here, without one.
    [[nodiscard]] bool open(const Sealed &, std::optional<Bytes> row_key, std::uint8_t *plaintext, Poll = {}) const;

  private:
    crypto::Block associated(std::uint8_t flags, Bytes row_key, Bytes nonce) const;

    crypto::Siv siv_;
    std::uint32_t version_;
    FieldTag field_;
    std::array<crypto::Block, 4> begun_; // S2V over the first component, by flags
};

} // namespace cd::seal
