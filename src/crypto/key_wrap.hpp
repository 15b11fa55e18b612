// AES-256 key wrap with padding (KWP), RFC 5649 and NIST SP 800-38F, as OpenSSL has it.
#pragma once
#include "crypto/secret.hpp"
#include <vector>

namespace cd::crypto {

std::vector<std::uint8_t> wrap_key(std::span<const std::uint8_t, 32> wrapping, Bytes key);
// Into `key`, whose size the wrapped key must have. False if it is not what was wrapped under that key.
[[nodiscard]] bool unwrap_key(std::span<const std::uint8_t, 32> wrapping, Bytes wrapped, std::span<std::uint8_t> key);

} // namespace cd::crypto
