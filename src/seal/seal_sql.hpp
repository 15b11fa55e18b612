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

// An argument that holds plaintext. Where the server had to make a copy of it, the copy is wiped. Make it while nothing
// with a destructor is alive.
class PlaintextArgument {
  public:
    PlaintextArgument(FunctionCallInfo fcinfo, int argument) {
        const Datum datum = fcinfo->args[argument].value;
        const auto *const value = PG_DETOAST_DATUM_PACKED(datum);
        stored_ = bytes_ = pg::bytes_of(value);
        copied_ = PointerGetDatum(value) != datum;
    }
    ~PlaintextArgument() {
        if (copied_) wipe(stored_);
        if (bytes_.data() != stored_.data()) wipe(bytes_);
    }
    PlaintextArgument(const PlaintextArgument &) = delete;
    PlaintextArgument &operator=(const PlaintextArgument &) = delete;
    void to_utf8() {
        const std::string_view text = keyring::utf8({reinterpret_cast<const char *>(stored_.data()), stored_.size()});
        bytes_ = {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
    }
    Bytes bytes() const { return bytes_; }

  private:
    static void wipe(Bytes bytes) { crypto::wipe(const_cast<std::uint8_t *>(bytes.data()), bytes.size()); }

    Bytes stored_, bytes_;
    bool copied_;
};

// A row key is text, and bound as UTF-8.
inline std::optional<Bytes> row_key_arg(FunctionCallInfo fcinfo, int argument) {
    if (fcinfo->args[argument].isnull) return std::nullopt;
    const std::string_view text = keyring::utf8(pg::text_arg(fcinfo->args[argument].value));
    return Bytes{reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

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
