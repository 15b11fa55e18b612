// Errors of keys and of what they protect: class ZC, which the standard leaves to implementations.
#pragma once
#include "common/error.hpp"

namespace cd::sqlstate {
inline constexpr const char *keyring_locked = "ZC001";        // no root key, or a primitive failed its self-test
inline constexpr const char *unknown_key_version = "ZC002";   // a version that was in use, whose root key is missing
inline constexpr const char *authentication_failed = "ZC003"; // not what was sealed, or not in its place
inline constexpr const char *wrong_field = "ZC004";     // plaintext, or another field's value, in a protected column
inline constexpr const char *no_reveal_right = "ZC005"; // the role has no grant for the field
inline constexpr const char *invalid_ticket = "ZC006";  // spent, expired, void, or of another role or field
inline constexpr const char *no_subject_key = "ZC007";  // the person was erased
} // namespace cd::sqlstate

namespace cd::crypto {
// Throws keyring_locked with what OpenSSL says, whose queue of errors it empties: the server uses OpenSSL as well.
[[noreturn]] void openssl_refused(const char *what);
} // namespace cd::crypto
