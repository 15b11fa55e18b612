// Keys of declared fields, and values sealed and opened with them, for the functions of SQL.
#pragma once
#include "keyring/keyring_sql.hpp"
#include "seal/seal_key.hpp"
#include <memory>

namespace cd::seal {

// The version that values of the kind get now: the one that the field pins, or the primary one of the transaction.
inline keyring::Version current_version(const keyring::Field &field, std::uint8_t flags) {
    return flags & randomised ? field.primary : field.pinned;
}
// The key for values with these flags. Throws as keyring::require_version.
const SealKey &key_of(const keyring::Field &, std::uint8_t flags, keyring::Version);

// Plaintext of ours: wiped when it goes.
class Plaintext {
  public:
    explicit Plaintext(std::size_t size) : size_(size) {
        if (size > sizeof near_) far_ = std::make_unique_for_overwrite<std::uint8_t[]>(size);
    }
    ~Plaintext() { crypto::wipe(data(), size_); }
    Plaintext(const Plaintext &) = delete;
    Plaintext &operator=(const Plaintext &) = delete;
    std::uint8_t *data() { return far_ ? far_.get() : near_; }
    Bytes bytes() { return {data(), size_}; }

  private:
    std::size_t size_;
    std::unique_ptr<std::uint8_t[]> far_;
    std::uint8_t near_[256]; // most values fit here
};

// Throws ZC003, of one text whatever the cause, unless the field's key opens the value. `plaintext` has
// plaintext_size() bytes.
void open(const keyring::Field &, const Sealed &, std::optional<Bytes> row_key, std::uint8_t *plaintext);
// Throws ZC003 where a stored value is none.
Sealed stored(Bytes value);
// A value of type sealed. Objects may be alive.
Datum sealed_datum(const SealKey &, std::uint8_t flags, std::optional<Bytes> row_key, Bytes plaintext);

} // namespace cd::seal
