// Sealing and opening in SQL.
#include "seal/seal_sql.hpp"
#include "pseudonym/pseudonym_sql.hpp"
#include "seal/subject_sql.hpp"
extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
}

namespace cd::seal {
namespace {

struct FieldKey : SealKey {
    FieldKey(std::span<const std::uint8_t, key_size> key, const keyring::Field &field, keyring::Version version)
        : SealKey(key, field.bound_tenant, field.bound_name, version) {}
};
constinit keyring::Keys<FieldKey> randomised_keys("seal", "AES-256-SIV"),
    deterministic_keys("deterministic", "AES-256-SIV");

std::uint8_t random_flags(const std::optional<Bytes> &row_key) { return row_key ? randomised | row_bound : randomised; }

enum { field_argument, value_argument, row_key_argument };
enum class As { text, bytes };

template <As as> Datum seal_value(FunctionCallInfo fcinfo) {
    const keyring::Field &field = keyring::field_arg(fcinfo, field_argument);
    if (fcinfo->args[value_argument].isnull) PG_RETURN_NULL();
    const std::optional<Bytes> row_key = row_key_arg(fcinfo, row_key_argument);
    PlaintextArgument value(fcinfo, value_argument);
    if constexpr (as == As::text) value.to_utf8();
    const std::uint8_t flags = random_flags(row_key);
    return sealed_datum(key_of(field, flags, field.primary), flags, row_key, value.bytes());
}

std::string_view text_of(Bytes utf8) { return {reinterpret_cast<const char *>(utf8.data()), utf8.size()}; }

// Opens the value that the call has, for `use`.
template <class Use> Datum with_opened(FunctionCallInfo fcinfo, Use &&use) {
    const keyring::Field &field = keyring::field_arg(fcinfo, field_argument);
    if (fcinfo->args[value_argument].isnull) PG_RETURN_NULL();
    const std::optional<Bytes> row_key = row_key_arg(fcinfo, row_key_argument);
    const Sealed sealed = stored(pg::bytes_arg(fcinfo->args[value_argument].value));
    Plaintext plaintext(sealed.plaintext_size());
    open(field, sealed, row_key, plaintext.data());
    return use(field, sealed.header.flags, row_key, plaintext.bytes());
}

} // namespace

const SealKey &key_of(const keyring::Field &field, std::uint8_t flags, keyring::Version version) {
    return (flags & randomised ? randomised_keys : deterministic_keys).get(field, version);
}

Sealed stored(Bytes value) {
    try {
        return Sealed::parse(value);
    } catch (const Error &) {
        keyring::refuse_to_open();
    }
}

void open(const keyring::Field &field, const Sealed &sealed, std::optional<Bytes> row_key, std::uint8_t *plaintext) {
    const Header &header = sealed.header;
    const bool right =
        header.flags & of_subject
            ? open_of_subject(field, sealed, row_key, plaintext)
            : key_of(field, header.flags, header.version).open(sealed, row_key, plaintext, pg::interrupts);
    if (!right) keyring::refuse_to_open();
}

Datum sealed_datum(const SealKey &key, std::uint8_t flags, std::optional<Bytes> row_key, Bytes plaintext) {
    require_size(plaintext.size());
    const std::size_t size = overhead(flags) + plaintext.size();
    const pg::NewVarlena value = pg::call([size] { return pg::NewVarlena(size); });
    key.seal(flags, row_key.value_or(Bytes{}), plaintext, value.content, pg::interrupts);
    return value.finish(value.content + size);
}

} // namespace cd::seal

using namespace cd;
using namespace cd::seal;

CD_DEFINE(cd_seal, seal_value<As::text>)
CD_DEFINE(cd_seal_bytes, seal_value<As::bytes>)

CD_FUNCTION(cd_unseal) {
    keyring::refuse_where_kept();
    return with_opened(fcinfo, [](const keyring::Field &, std::uint8_t, std::optional<Bytes>, Bytes plaintext) {
        return keyring::text_from_utf8(text_of(plaintext));
    });
}
CD_FUNCTION(cd_unseal_bytes) {
    keyring::refuse_where_kept();
    return with_opened(fcinfo, [](const keyring::Field &, std::uint8_t, std::optional<Bytes>, Bytes plaintext) {
        return pg::call([&plaintext] { return pg::copy_datum(plaintext); });
    });
}

CD_FUNCTION(cd_seal_deterministic) {
    const keyring::Field &field = keyring::field_arg(fcinfo, field_argument);
    if (fcinfo->args[value_argument].isnull) PG_RETURN_NULL();
    PlaintextArgument value(fcinfo, value_argument);
    value.to_utf8();
    return sealed_datum(key_of(field, 0, field.pinned), 0, {}, value.bytes());
}

// What a value may look like where it stands: under the pinned version and, while the field is rotated, the one before.
CD_FUNCTION(cd_seal_deterministic_all) {
    const keyring::Field &field = keyring::field_arg(fcinfo, field_argument);
    if (fcinfo->args[value_argument].isnull) PG_RETURN_NULL();
    const Oid type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
    PlaintextArgument value(fcinfo, value_argument);
    value.to_utf8();
    Datum all[2];
    int n = 0;
    all[n++] = sealed_datum(key_of(field, 0, field.pinned), 0, {}, value.bytes());
    if (field.previous) all[n++] = sealed_datum(key_of(field, 0, *field.previous), 0, {}, value.bytes());
    return pg::call(
        [&all, n, type] { return PointerGetDatum(construct_array(all, n, type, -1, false, TYPALIGN_INT)); });
}

// Under the version that such values get now; nobody sees what it holds.
CD_FUNCTION(cd_seal_again) {
    // The key of a subject has no versions.
    if (!fcinfo->args[value_argument].isnull &&
        stored(pg::bytes_arg(fcinfo->args[value_argument].value)).header.flags & of_subject)
        return fcinfo->args[value_argument].value;
    return with_opened(
        fcinfo, [](const keyring::Field &field, std::uint8_t flags, std::optional<Bytes> row_key, Bytes plaintext) {
            return sealed_datum(key_of(field, flags, current_version(field, flags)), flags, row_key, plaintext);
        });
}

// What stands beside it to be found by, made anew; what stands there already, where a subject has no key any more.
CD_FUNCTION(cd_seal_blind_index) {
    enum { otherwise = row_key_argument + 1 };
    const bool may_stay = !fcinfo->args[value_argument].isnull && !fcinfo->args[otherwise].isnull &&
                          stored(pg::bytes_arg(fcinfo->args[value_argument].value)).header.flags & of_subject;
    try {
        return with_opened(fcinfo, [](const keyring::Field &field, std::uint8_t, std::optional<Bytes>,
                                      Bytes plaintext) { return pseudonym::blind_index(field, text_of(plaintext)); });
    } catch (const Error &error) {
        const std::string_view state = error.state();
        if (may_stay && (state == sqlstate::no_subject_key || state == sqlstate::authentication_failed))
            return fcinfo->args[otherwise].value;
        throw;
    }
}
