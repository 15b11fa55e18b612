// Keys of single persons. What such a key has sealed nobody can open once the key is gone.
#pragma once
#include "crypto/hmac.hpp"
#include "seal/seal_key.hpp"
#include <string>

namespace cd::seal {

// How tables know a person: HMAC-SHA-256 of lp(tenant) lp(subject), where lp puts the length before the bytes, as a
// u32. Its key is the database's own, so that a mark stays the same under every version of the root key, and tells
// nothing to whoever has the table alone.
using Mark = crypto::Digest;
inline constexpr std::size_t mark_key_size = 32;
Mark mark_of(const crypto::Hmac &, std::string_view tenant, std::string_view subject);

// What a key is wrapped for: its mark and its number. The wrapping key depends on it, so that a wrapped key that was
// moved to another person or number does not unwrap.
std::string wrapped_for(const Mark &, std::uint32_t number);

// Where a value belongs.
struct Place {
    std::string_view tenant, field;
    FieldTag tag; // field_tag() of both
};

// The key of one person. Its number is 1, and one more for each time that the person was erased and came back: the
// version in the headers of the values that it seals.
class SubjectKey {
  public:
    static constexpr std::size_t key_size = crypto::Siv::key_size;
    static constexpr std::uint8_t flags = randomised | row_bound | of_subject;
    SubjectKey(std::span<const std::uint8_t, key_size> key, std::uint32_t number) : siv_(key), number_(number) {}

    std::uint32_t number() const { return number_; }
    // As of SealKey, with the person as the row key.
    void seal(const Place &, Bytes subject, Bytes plaintext, std::uint8_t *out, Poll = {}) const;
    [[nodiscard]] bool open(const Place &, const Sealed &, Bytes subject, std::uint8_t *plaintext, Poll = {}) const;

  private:
    crypto::Siv siv_;
    std::uint32_t number_;
};

} // namespace cd::seal
