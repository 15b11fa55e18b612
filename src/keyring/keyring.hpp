// Root keys by version, and the keys of fields that are derived from them. A root key comes from outside of the
// database and leaves this class in no form; whoever has the same root derives the same keys, so that replicas,
// parallel workers and nodes of Citus agree without a table of keys.
#pragma once
#include "crypto/errors.hpp"
#include "crypto/hmac.hpp"
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cd::keyring {

using Version = std::uint32_t;
inline constexpr Version max_version = 2147483647; // the first is 1
inline constexpr std::size_t min_root = 32, max_root = 64;

// What a key is for. Keys of different labels are independent.
struct Label {
    std::string_view kind; // "seal", "pseudonym", …
    std::string_view tenant, field;
    std::string_view algorithm; // "AES-256-SIV", …
};

class Keyring {
  public:
    // Throws keyring_locked unless the root has min_root to max_root bytes and some variety. It replaces a former one.
    void add(Version, Bytes root);
    // What another ring has and this one has not. The other one is empty afterwards, or has what both had.
    void take(Keyring &other) { roots_.merge(other.roots_); }
    bool has(Version version) const { return roots_.contains(version); }
    std::vector<Version> versions() const;
    // HKDF-SHA-256(root, salt "customer_data/1", lp(kind) lp(tenant) lp(field) lp(algorithm) u32(version)), where lp
    // puts the length before the bytes: u32, big-endian as all numbers here. Throws keyring_locked if the version is
    // not there.
    void derive(const Label &, Version, std::span<std::uint8_t> out) const;
    // Tells one root from another, and nothing about it: 16 bytes, derived with kind "check".
    std::array<std::uint8_t, 16> check_value(Version) const;
    bool locked_in_memory() const;
    void forget() { roots_.clear(); }

  private:
    std::map<Version, crypto::LockedBytes> roots_;
};

// Reads what a provider gives: lines "VERSION: KEY", or one line with the key alone, which is then version `alone`. A
// key is written in hex or base64 (of RFC 4648, either alphabet); blank lines and lines that begin with # are left out.
// Adds the keys to the ring. Throws keyring_locked with what is wrong, never with what was read.
void read_keys(std::string_view text, Version alone, Keyring &);

} // namespace cd::keyring
