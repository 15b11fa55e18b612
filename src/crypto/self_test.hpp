// Known answers of every primitive, from the standards' own examples.
#pragma once

namespace cd::crypto {

// Name of the first primitive that gives another answer; nullptr if all are right. Throws keyring_locked if OpenSSL
// refuses one.
const char *self_test();

} // namespace cd::crypto
