// HMAC-SHA-256 (RFC 2104) under one key: its two pads are hashed once, and their state is copied for each message.
#pragma once
#include "crypto/secret.hpp"
#include <initializer_list>

namespace cd::crypto {

using Digest = std::array<std::uint8_t, 32>;

class Hmac {
  public:
    explicit Hmac(Bytes key);
    ~Hmac();
    Hmac(Hmac &&) noexcept;
    Hmac &operator=(Hmac &&) noexcept;
    Digest operator()(Bytes message) const { return (*this)({message}); }
    // Of the parts one after another. Whoever has parts of several lengths puts the lengths in.
    Digest operator()(std::initializer_list<Bytes> parts) const;
    // The same where the digest is a key: no copy of it stays on the stack, which takes some nanoseconds.
    Digest key(std::initializer_list<Bytes> parts) const;

  private:
    struct State;
    State *state_;
};

Digest sha256(std::initializer_list<Bytes> parts);
// RFC 5869, extract and expand. At most 8160 bytes.
void hkdf_sha256(Bytes key, Bytes salt, Bytes info, std::span<std::uint8_t> out);
bool equal_in_constant_time(Bytes, Bytes) noexcept;

} // namespace cd::crypto
