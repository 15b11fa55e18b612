#include "pseudonym/pseudonym_sql.hpp"
#include "pseudonym/blind.hpp"
#include <algorithm>
extern "C" {
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/uuid.h"
}

namespace cd::pseudonym {

namespace {

struct Key : ValueHash {
    Key(std::span<const std::uint8_t, key_size> key, const keyring::Field &, keyring::Version) : ValueHash(key) {}
};
constinit keyring::Keys<Key> pseudonym_keys("pseudonym", "HMAC-SHA-256"), blind_keys("blind", "HMAC-SHA-256");

// What the hash of a row needs beside its key. Fields hold as long as the generation.
struct Rule {
    const keyring::Field *field;
    std::uint64_t generation;
    Normaliser normaliser;
};
Rule recent;

Normaliser normaliser_of(const keyring::Field &field) {
    if (recent.field != &field || recent.generation != keyring::generation()) {
        const auto found = find_normaliser(field.normaliser);
        if (!found)
            throw Error(sqlstate::undefined_object, "normaliser of field \"" + field.name + "\" is unknown",
                        "customer_store.field has \"" + field.normaliser + "\".",
                        "Known are " + normaliser_names() + "; update the extension if it is a later one.");
        recent = {&field, keyring::generation(), *found};
    }
    return recent.normaliser;
}

struct Value {
    const keyring::Field &field;
    Normaliser normaliser;
    std::string_view utf8;
    crypto::Digest hash(keyring::Keys<Key> &keys, keyring::Version version) const {
        return keys.get(field, version)(normaliser, utf8);
    }
};

Value value_of(FunctionCallInfo fcinfo, const keyring::Field &field) {
    return {field, normaliser_of(field), keyring::utf8(pg::text_arg(fcinfo->args[1].value))};
}

Datum bytea_datum(const Blind &blind, int bits) { return pg::copy_datum(Bytes(blind).first(blind_size(bits))); }

// The owner of the table may have put anything into it.
int bits_of(const keyring::Field &field) { return std::clamp(field.blind_bits, min_blind_bits, max_blind_bits); }

// Where the database's encoding lacks a character, the server says so: Latin-1 has a micro sign, but not the mu that it
// folds to.
Datum server_text(std::string_view utf8) {
    const int encoding = GetDatabaseEncoding();
    if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII || utf8.empty()) return pg::text_datum(utf8);
    const char *const converted = pg_any_to_server(utf8.data(), static_cast<int>(utf8.size()), PG_UTF8);
    return pg::text_datum(converted == utf8.data() ? utf8 : std::string_view(converted));
}

} // namespace

Datum blind_index(const keyring::Field &field, std::string_view utf8) {
    const int bits = bits_of(field);
    const Value value{field, normaliser_of(field), utf8};
    const Blind blind = blind_of(value.hash(blind_keys, field.primary), bits);
    return pg::call([&blind, bits] { return bytea_datum(blind, bits); });
}

CD_FUNCTION(cd_pseudonym) {
    const keyring::Field &field = keyring::field_arg(fcinfo, 0);
    if (fcinfo->args[1].isnull) PG_RETURN_NULL();
    const Uuid uuid = uuid_of(value_of(fcinfo, field).hash(pseudonym_keys, field.pinned));
    auto *const result = static_cast<pg_uuid_t *>(palloc(sizeof(pg_uuid_t)));
    std::copy(uuid.begin(), uuid.end(), result->data);
    return UUIDPGetDatum(result);
}

CD_FUNCTION(cd_blind_index) {
    const keyring::Field &field = keyring::field_arg(fcinfo, 0);
    if (fcinfo->args[1].isnull) PG_RETURN_NULL();
    return blind_index(field, keyring::utf8(pg::text_arg(fcinfo->args[1].value)));
}

CD_FUNCTION(cd_blind_index_all) {
    const keyring::Field &field = keyring::field_arg(fcinfo, 0);
    if (fcinfo->args[1].isnull) PG_RETURN_NULL();
    const int bits = bits_of(field);
    const Value value = value_of(fcinfo, field);
    std::vector<Blind> found;
    for (const keyring::Version version : field.versions) {
        const Blind blind = blind_of(value.hash(blind_keys, version), bits);
        const auto same = [&blind, bits](const Blind &other) {
            return std::equal(blind.begin(), blind.begin() + static_cast<std::ptrdiff_t>(blind_size(bits)),
                              other.begin());
        };
        if (std::none_of(found.begin(), found.end(), same)) found.push_back(blind);
    }
    return pg::call([&found, bits] {
        auto *const values = static_cast<Datum *>(palloc(found.size() * sizeof(Datum)));
        for (std::size_t i = 0; i < found.size(); ++i) values[i] = bytea_datum(found[i], bits);
        return PointerGetDatum(
            construct_array(values, static_cast<int>(found.size()), BYTEAOID, -1, false, TYPALIGN_INT));
    });
}

CD_FUNCTION(cd_blind_bits) { PG_RETURN_INT32(blind_bits(PG_GETARG_INT64(0))); }

CD_FUNCTION(cd_normalise) {
    if (fcinfo->args[0].isnull)
        throw Error("22004", "normaliser must not be NULL", "Argument 1 is NULL.",
                    "Known are " + normaliser_names() + ".");
    const std::string_view name = pg::text_arg(fcinfo->args[0].value);
    const auto normaliser = find_normaliser(name);
    if (!normaliser)
        throw Error(sqlstate::invalid_parameter, "unknown normaliser", "normaliser is \"" + std::string(name) + "\".",
                    "Known are " + normaliser_names() + ".");
    if (fcinfo->args[1].isnull) PG_RETURN_NULL();
    const std::string_view utf8 = keyring::utf8(pg::text_arg(fcinfo->args[1].value));
    Room room;
    const std::string_view normal = normalise(*normaliser, utf8, room);
    return pg::call([&normal] { return server_text(normal); });
}

} // namespace cd::pseudonym
