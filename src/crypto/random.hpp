// Random bytes of OpenSSL, taken 4 KiB at a time: a call of RAND_bytes costs 1.8 µs, a nonce from here 10 ns. What was
// given out is wiped; after fork the child's copy of the buffer is void.
#pragma once
#include "crypto/secret.hpp"

namespace cd::crypto {

// Throws keyring_locked if OpenSSL has none.
void random_bytes(std::span<std::uint8_t> out);

} // namespace cd::crypto
