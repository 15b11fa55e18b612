// Keys and arguments of format-preserving encryption.
#include "fpe/fpe_format.hpp"
#include "keyring/keyring_sql.hpp"

namespace cd::fpe {

namespace {

class Key {
  public:
    static constexpr std::size_t key_size = 32;
    Key(std::span<const std::uint8_t, key_size> key, const keyring::Field &, keyring::Version) : aes(key) {}

    // The declaration is read once.
    const Format &format(const keyring::Field &field) const {
        if (!format_ || alphabet_ != field.alphabet || keep_left_ != field.keep_left ||
            keep_right_ != field.keep_right || luhn_ != field.luhn) {
            format_.emplace(keyring::utf8(field.alphabet), field.keep_left, field.keep_right, field.luhn);
            alphabet_ = field.alphabet;
            keep_left_ = field.keep_left;
            keep_right_ = field.keep_right;
            luhn_ = field.luhn;
        }
        return *format_;
    }
    const crypto::Aes aes;

  private:
    mutable std::optional<Format> format_;
    mutable std::string alphabet_; // as the field has it
    mutable int keep_left_ = 0, keep_right_ = 0;
    mutable bool luhn_ = false;
};

constinit keyring::Keys<Key> keys("fpe", "FF1-AES-256");

using Transform = std::string (Format::*)(const crypto::Aes &, std::string_view, Poll) const;

template <Transform transform>
Datum changed(FunctionCallInfo fcinfo, const keyring::Field &field, keyring::Version version) {
    const std::string_view value = keyring::utf8(pg::text_arg(fcinfo->args[1].value));
    const Key &key = keys.get(field, version);
    return keyring::text_from_utf8((key.format(field).*transform)(key.aes, value, pg::interrupts));
}

} // namespace

CD_FUNCTION(cd_fpe_encrypt) {
    const keyring::Field &field = keyring::field_arg(fcinfo, 0);
    if (fcinfo->args[1].isnull) PG_RETURN_NULL();
    return changed<&Format::encrypt>(fcinfo, field, field.pinned);
}

CD_FUNCTION(cd_fpe_decrypt) {
    keyring::refuse_where_kept();
    const keyring::Field &field = keyring::field_arg(fcinfo, 0);
    if (fcinfo->args[1].isnull) PG_RETURN_NULL();
    if (fcinfo->args[2].isnull) return changed<&Format::decrypt>(fcinfo, field, field.pinned);
    const std::int32_t version = DatumGetInt32(fcinfo->args[2].value);
    if (version < 1)
        throw Error(sqlstate::invalid_parameter, "a key version is 1 at least",
                    "key_version is " + std::to_string(version) + ".",
                    "Leave it out for the version that the field has.");
    return changed<&Format::decrypt>(fcinfo, field, static_cast<keyring::Version>(version));
}

} // namespace cd::fpe
