// What features with keys stand on: declared fields, and the keyed objects that are made for them.
//
//     static constinit keyring::Keys<SealKey> keys("seal", "AES-256-SIV");
//     CD_FUNCTION(cd_seal) {
//         ...
//         const keyring::Field &field = keyring::field_arg(fcinfo, 0); // kept in the call's fn_extra
//         const SealKey &key = keys.get(field, field.primary);         // kept in the process
#pragma once
#include "keyring/keyring.hpp"
#include "pg/encoding.hpp"
#include <memory>
#include <optional>

namespace cd::keyring {

// A field as customer_store.field declares it. It stays as it is to the end of the transaction.
struct Field {
    std::string name, tenant, normaliser; // normaliser as "lower_email/1"
    // Name and tenant as UTF-8: keys and values are bound to them, in databases of every encoding.
    std::string bound_name, bound_tenant;
    Version pinned = 0;              // of deterministic values, pseudonyms and FPE
    std::optional<Version> previous; // while the field is rotated: what its older values have
    int blind_bits = 0;
    // Of format-preserving encryption.
    std::string alphabet;
    int keep_left = 0, keep_right = 0;
    bool luhn = false;
    // Of randomised values and blind indexes in this transaction: customer_data.key_version at its first use.
    Version primary = 0;
    // What blind indexes of the field may have: the primary, then all others that are not retired, newest first.
    std::vector<Version> versions;
    // Whoever rotates the field waits for this transaction. Not where it was looked up in parallel mode, for which it
    // then holds no longer than that lasts.
    bool locked = false;
};

// Throws 22004 if the argument is NULL, 42704 if no such field is declared, 55000 before privacy_setup(). The reference
// holds to the end of the transaction.
const Field &field(std::string_view name);
const Field &field_arg(FunctionCallInfo, int argument);

// Throws unless values of the version may be made and opened here: ZC001 if the keyring is locked or has a wrong root
// key, ZC002 if the version is retired or its root key missing, ZC003 if it never was in use, for then whatever names
// it was forged.
void require_version(const Field &, Version);
void derive(const Field &, std::string_view kind, std::string_view algorithm, Version, std::span<std::uint8_t> out);
// The same for keys that belong to no field; `user` tells in an error what was to use the version.
void require_version(const std::string &user, Version);
void derive(const Label &, Version, std::span<std::uint8_t> out);
// customer_data.key_version at its first use in the transaction.
Version primary_version();

// ZC003, of one text whatever the cause, so that nobody learns from it.
[[noreturn]] void refuse_to_open();

// Throws where the server keeps what it computes, as statistics and materialized views do: their tables are read by
// those who may not open a value. The server computes all of them in its restricted mode.
void refuse_where_kept();

// Fields and versions that were looked up hold as long as this number; keyed objects as long as the other one.
std::uint64_t generation();
std::uint64_t ring_generation();

// Objects that hold an expanded key, for the life of the process or until the keyring changes. T is made from
// (std::span<const std::uint8_t, T::key_size>, const Field &, Version), and knows of the field only its name and
// tenant.
template <class T> class Keys {
  public:
    constexpr Keys(const char *kind, const char *algorithm) : kind_(kind), algorithm_(algorithm) {}
    const T &get(const Field &field, Version version) {
        Recent &recent = recent_[(reinterpret_cast<std::uintptr_t>(&field) / sizeof(Field) + version) % slots];
        if (recent.generation != generation() || recent.field != &field || recent.version != version)
            recent = {generation(), &field, version, find(field, version)};
        return *recent.object;
    }

  private:
    struct Recent {
        std::uint64_t generation;
        const Field *field;
        Version version;
        const T *object;
    };
    static constexpr std::size_t slots = 8;

    const T *find(const Field &field, Version version) {
        require_version(field, version);
        if (!objects_) objects_ = new Objects;
        if (made_for_ != ring_generation()) objects_->clear();
        made_for_ = ring_generation();
        auto &object = (*objects_)[{field.tenant, field.name, version}];
        if (!object) {
            crypto::Secret<T::key_size> key;
            derive(field, kind_, algorithm_, version, key.span());
            object = std::make_unique<T>(key.span(), field, version);
        }
        return object.get();
    }

    using Objects = std::map<std::tuple<std::string, std::string, Version>, std::unique_ptr<T>>;
    const char *kind_, *algorithm_;
    Recent recent_[slots] = {};
    Objects *objects_ = nullptr; // a global object with a destructor would run it while the server shuts down
    std::uint64_t made_for_ = 0;
};

// The owner of the tables of privacy_setup(), for features that read and write there. Throws 55000 before it.
Oid store_owner();
// Waits for the transactions that took the version for the pinned one of the field. New ones are not held up.
void wait_for_users(const std::string &field, Version pinned);

// Text is sealed and hashed as UTF-8. What is opened need not be text: throws 22021 where it is none in the database's
// encoding.
using pg::utf8;
Datum text_from_utf8(std::string_view);

} // namespace cd::keyring
