// What the keyring has, for whoever runs the server.
#include "keyring/process_sql.hpp"
#include "pg/arguments.hpp"
#include "pg/rows.hpp"
#include "pg/user_query.hpp"
#include <algorithm>
#include <cstdio>
extern "C" {
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/timestamp.h"
}

namespace cd::keyring {

namespace {

// Settings of keys that stand where they cannot be set any more, from before the library was loaded: the server reads
// the first place, and everybody may read the second.
std::vector<std::string> misplaced_settings() {
    std::vector<std::string> found;
    {
        pg::Settings settings;
        settings.set("search_path", pg::safe_path);
        pg::Query query;
        query.read("SELECT concat('ALTER ', CASE WHEN s.setrole = 0 THEN 'DATABASE ' || d.datname "
                   "ELSE 'ROLE ' || r.rolname || coalesce(' IN DATABASE ' || d.datname, '') END, ' SET ', "
                   "split_part(c, '=', 1)) "
                   "FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) c "
                   "LEFT JOIN pg_database d ON d.oid = s.setdatabase LEFT JOIN pg_roles r ON "
                   "r.oid = s.setrole "
                   "WHERE lower(c) LIKE 'customer_data.key%' ORDER BY 1",
                   {});
        for (std::uint64_t i = 0; i < query.rows(); ++i) found.push_back(query.text(i, 1));
    }
    struct Close {
        void operator()(std::FILE *file) const { std::fclose(file); }
    };
    // The server runs in its data directory.
    const std::unique_ptr<std::FILE, Close> file(std::fopen("postgresql.auto.conf", "r"));
    char line[1024];
    while (file && std::fgets(line, sizeof line, file.get())) {
        std::string_view rest(line);
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        if (pg_strncasecmp(rest.data(), "customer_data.key", 17) == 0)
            found.push_back("postgresql.auto.conf: " + std::string(rest.substr(0, rest.find_first_of(" =\t\n"))));
    }
    return found;
}

Datum array_of(const std::vector<std::string> &texts) {
    std::vector<Datum> values;
    for (const std::string &text : texts) values.push_back(pg::text_column(text));
    return pg::call([&values] {
        return PointerGetDatum(
            construct_array(values.data(), static_cast<int>(values.size()), TEXTOID, -1, false, TYPALIGN_INT));
    });
}
Datum array_of(const std::vector<Version> &versions) {
    std::vector<Datum> values;
    for (const Version version : versions) values.push_back(Int32GetDatum(static_cast<std::int32_t>(version)));
    return pg::call([&values] {
        return PointerGetDatum(
            construct_array(values.data(), static_cast<int>(values.size()), INT4OID, 4, true, TYPALIGN_INT));
    });
}

// Whether the key of a version is here, and why not.
bool available(Version version, std::string *why = nullptr) {
    try {
        fetch(version);
        return true;
    } catch (const Error &failure) {
        if (why) *why = std::string(failure.what()) + ": " + failure.detail();
        return false;
    }
}

Datum integer(Version version) { return Int32GetDatum(static_cast<std::int32_t>(version)); }

} // namespace

CD_FUNCTION(cd_key_status) {
    TupleDesc const row = pg::new_result_row(fcinfo);
    std::string why;
    const bool here = available(primary_version(), &why);
    const Provider from = provider();
    Datum values[8];
    bool nulls[8] = {};
    values[0] = BoolGetDatum(!here);
    nulls[1] = here;
    if (!here) values[1] = pg::text_column(why);
    nulls[2] = !from.setting;
    if (from.setting) values[2] = pg::text_column(from.setting);
    values[3] = BoolGetDatum(from.preloaded);
    values[4] = BoolGetDatum(memory_is_locked());
    values[5] = integer(primary_version());
    values[6] = array_of(ring().versions());
    values[7] = array_of(misplaced_settings());
    return pg::call([&] { return pg::row_datum(row, values, nulls); });
}

CD_FUNCTION(cd_key_check) {
    pg::ResultRows rows(fcinfo);
    pg::owner_for_caller("key_version", ACL_SELECT);
    const Version primary = primary_version();
    if (available(primary)) register_version(primary);
    // A copy: it is looked up again when a version was registered.
    const std::map<Version, Registered> known = registry();
    std::vector<Version> all;
    for (const auto &[version, row] : known) all.push_back(version);
    if (!known.contains(primary)) all.push_back(primary);
    std::sort(all.begin(), all.end());
    for (const Version version : all) {
        const auto registered = known.find(version);
        const bool here = available(version), is_known = registered != known.end();
        Datum values[4] = {integer(version),
                           pg::text_column(version == primary                       ? "primary"
                                           : is_known && registered->second.retired ? "retired"
                                                                                    : "active"),
                           BoolGetDatum(here), 0};
        bool nulls[4] = {false, false, false, !(here && is_known)};
        if (!nulls[3]) values[3] = BoolGetDatum(ring().check_value(version) == registered->second.check);
        rows.add(values, nulls);
    }
    return Datum{0};
}

std::string column_with(Version version, const std::string *field) {
    pg::Settings settings;
    settings.set("search_path", pg::safe_path);
    pg::Query query;
    const pg::LatestSnapshot now;
    query.read("SELECT relation::text || '.' || column_name FROM customer_data.rotation_status() "
               "WHERE key_version = $1 AND NOT is_target AND field = coalesce($2, field) LIMIT 1",
               {{INT4OID, integer(version), false}, pg::text_or_null(field)});
    return query.rows() == 0 ? "" : query.text(0, 1);
}

std::string hidden_table(const std::string &field) {
    pg::Settings settings;
    settings.set("search_path", pg::safe_path);
    pg::Query query;
    const pg::LatestSnapshot now;
    const Datum name = pg::call(
        [&field] { return pg::copy_datum(Bytes(reinterpret_cast<const std::uint8_t *>(field.data()), field.size())); });
    // Arguments of a trigger are kept one behind another, each with a byte 0 at its end.
    query.read(
        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE p.proname = 'seal_protect' AND p.pronamespace = 'customer_data'::regnamespace AND c.relkind = 'r' "
        "AND NOT pg_is_other_temp_schema(n.oid) "
        "AND substring(t.tgargs FOR length($1) + 1) = $1 || decode('00', 'hex') "
        "AND NOT (has_schema_privilege(n.oid, 'USAGE') AND NOT row_security_active(c.oid) AND "
        "(has_table_privilege(c.oid, 'SELECT') OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid "
        "AND a.attname = split_part(encode(t.tgargs, 'escape'), '\\000', 2) "
        "AND has_column_privilege(c.oid, a.attnum, 'SELECT')))) ORDER BY 1 LIMIT 1",
        {{BYTEAOID, name, false}});
    return query.rows() == 0 ? "" : query.text(0, 1);
}

// No value may be made or opened with the version any more.
CD_FUNCTION(cd_key_retire) {
    pg::require_arguments(fcinfo, {"key_version"});
    const auto version = static_cast<Version>(DatumGetInt32(fcinfo->args[0].value));
    store_owner();
    const Oid owner = pg::owner_for_caller("key_version", ACL_SELECT | ACL_UPDATE);
    const std::string what = "version " + std::to_string(version) + " of the root key";
    if (version == primary_version())
        throw Error(sqlstate::not_set_up, what + " cannot be retired",
                    "It is the primary version, customer_data.key_version.",
                    "Make another one the primary, and seal with it what this one has sealed.");
    const pg::Value number = {INT4OID, integer(version), false};
    // They may be about to commit values that have it.
    wait_for_users(version);
    if (const std::string column = column_with(version, nullptr); !column.empty())
        throw Error(sqlstate::not_set_up, what + " cannot be retired",
                    "Column " + column + " has values that it has sealed.",
                    "CALL customer_data.seal_rotate for it; SELECT * FROM customer_data.rotation_status() shows all.");
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        query.read(
            "SELECT field::text FROM customer_store.field WHERE key_version::int4 = $1 OR previous_version::int4 = $1 "
            "ORDER BY 1 LIMIT 1",
            {number}, pg::Query::See::now);
        if (query.rows() > 0)
            throw Error(sqlstate::not_set_up, what + " cannot be retired",
                        "Deterministic values of field \"" + query.text(0, 1) + "\" are made with it.",
                        "Move the field to another version with customer_data.field_rotate.");
        query.read(
            "SELECT field::text FROM customer_store.reveal_canary WHERE key_version::int4 = $1 ORDER BY 1 LIMIT 1",
            {number}, pg::Query::See::now);
        if (query.rows() > 0)
            throw Error(sqlstate::not_set_up, what + " cannot be retired",
                        "Canaries of field \"" + query.text(0, 1) + "\" are marked with it, and would raise no alarm.",
                        "Declare them again with customer_data.reveal_canary, and delete the marks of that version "
                        "from customer_store.reveal_canary.");
        query.read("SELECT count(*) FROM customer_store.subject_index WHERE key_version::int4 = $1", {number},
                   pg::Query::See::now);
        std::int64_t wrapped = query.bigint(0, 1);
        // A restore may have left the schema out.
        if (OidIsValid(pg::call([] { return pg::table_id("subject_key", "customer_keys"); }))) {
            query.read("SELECT count(*) FROM customer_keys.subject_key WHERE key_version::int4 = $1", {number},
                       pg::Query::See::now);
            wrapped += query.bigint(0, 1);
        }
        if (wrapped > 0)
            throw Error(sqlstate::not_set_up, what + " cannot be retired",
                        std::to_string(wrapped) + " keys of subjects and of their marks are wrapped under it.",
                        "CALL customer_data.subject_rewrap() wraps them under customer_data.key_version.");
        query.write(
            "UPDATE customer_store.key_version SET retired_at = coalesce(retired_at, now()) WHERE version::int4 = $1",
            {number});
        if (query.rows() == 0)
            throw Error(sqlstate::undefined_object, what + " is not registered",
                        "There is no such row in customer_store.key_version.",
                        "SELECT * FROM customer_data.key_check() lists them.");
    }
    registry_changed();
    PG_RETURN_VOID();
}

} // namespace cd::keyring
