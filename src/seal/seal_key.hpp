// What seals and opens values.
#pragma once
#include "crypto/siv.hpp"
#include "seal/sealed.hpp"
#include <optional>

namespace cd::seal {

// What every value is made and opened by, whosever the key. Associated data of RFC 5297, component by component: header
// lp(tenant) lp(field); the row key, if one is bound; the nonce, if there is one. So a value does not open in another
// column, tenant or row, nor with another header.
crypto::Block begin(const crypto::Siv &, const Header &, std::string_view tenant, std::string_view field);
// `begun` is what begin() gave for this header. `out` has overhead(flags) + plaintext.size() bytes. A randomised value
// takes a new nonce. `row_key` is bound if the flags say so.
void seal(const crypto::Siv &, const crypto::Block &begun, const Header &, Bytes row_key, Bytes plaintext,
          std::uint8_t *out, Poll = {});
// Writes plaintext_size() bytes. False, and nothing of the plaintext stays there, unless the value was sealed by this
// key, with that row key or, if it is none, without one.
[[nodiscard]] bool open(const crypto::Siv &, const crypto::Block &begun, const Sealed &, std::optional<Bytes> row_key,
                        std::uint8_t *plaintext, Poll = {});

// The key of a field, under one version of the root key.
class SealKey {
  public:
    static constexpr std::size_t key_size = crypto::Siv::key_size;
    SealKey(std::span<const std::uint8_t, key_size> key, std::string_view tenant, std::string_view field,
            std::uint32_t version);

    std::uint32_t version() const { return version_; }
    FieldTag field() const { return field_; }

    // As above.
    void seal(std::uint8_t flags, Bytes row_key, Bytes plaintext, std::uint8_t *out, Poll = {}) const;
    [[nodiscard]] bool open(const Sealed &, std::optional<Bytes> row_key, std::uint8_t *plaintext, Poll = {}) const;

  private:
    crypto::Siv siv_;
    std::uint32_t version_;
    FieldTag field_;
    std::array<crypto::Block, 4> begun_; // S2V over the first component, by flags
};

} // namespace cd::seal
