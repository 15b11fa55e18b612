// What features with keys stand on: declared fields, and the keyed objects made for them.
//
//     static keyring::Keys<SealKey> keys("seal", "AES-256-SIV");
//     CD_FUNCTION(cd_seal) {
//         ...
//         const keyring::Field &field = keyring::field_arg(fcinfo, 0);          // cached in the call's fn_extra
//         const SealKey &key = keys.get(field, field.primary());               // kept in the process
#pragma once
#include "keyring/keyring.hpp"
#include "pg/varlena.hpp"
#include <memory>
#include <optional>

namespace cd::keyring {

// A field as customer_store.field declares it. It stays as it is to the end of the transaction.
struct Field {
    std::string name, tenant, normaliser; // normaliser as "lower_email/1"
    Version pinned;                       // of deterministic values, pseudonyms and FPE
    std::optional<Version> previous;      // while the field is rotated: what its values had before
    int blind_bits;
    // Of format-preserving encryption.
    std::string alphabet;
    int keep_left, keep_right;
    bool luhn;
    // The version of randomised values and blind indexes in this transaction: customer_data.key_version at its first
    // use.
    Version primary;
    // All that values of the field may have: the primary first, then the other ones that are not retired, newest first.
    std::vector<Version> versions;
};

// Throws 22004 if the argument is NULL, 42704 if no such field is declared, 55000 before privacy_setup(), ZC001 if the
// primary's root key is missing or is not the one that it was.
const Field &field(std::string_view name);
const Field &field_arg(FunctionCallInfo, int argument);

// Counts up whenever fields and keys that were looked up must be looked up again.
std::uint64_t generation();

// Derives a key. Throws ZC001 if the keyring is locked, ZC002 if the version was in use and has no root key here,
// ZC003 if it never was in use: the value that names it was forged.
void derive(const Field &, std::string_view kind, std::string_view algorithm, Version, std::span<std::uint8_t> out);

// Objects that hold an expanded key, by field and version, for the life of the process or until the keyring changes. T
// is made from std::span<const std::uint8_t, T::key_size> and the field.
template <class T> class Keys {
  public:
    constexpr Keys(const char *kind, const char *algorithm) : kind_(kind), algorithm_(algorithm) {}
    const T &get(const Field &, Version);

  private:
    const char *kind_, *algorithm_;
};

// As the caller of the owner of the tables of privacy_setup(), for features that write there. Throws 55000 before it.
Oid store_owner();

// Text of arguments is sealed and hashed as UTF-8, whatever the encoding of the database, so that databases agree.
std::string_view utf8(std::string_view server_text); // may allocate in the current context
Datum text_from_utf8(std::string_view);              // throws 22021 if it is not text in the database's encoding

} // namespace cd::keyring
