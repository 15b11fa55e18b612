#include "keyring/field_sql.hpp"
#include "keyring/process_sql.hpp"
#include "pg/store.hpp"

namespace {

constexpr const char *key_version_table = R"sql(
    CREATE TABLE customer_store.key_version (
        version integer PRIMARY KEY CHECK (version > 0),
        check_value bytea NOT NULL CHECK (length(check_value) = 16),
        created_at timestamptz NOT NULL DEFAULT now(),
        retired_at timestamptz
    );
    COMMENT ON TABLE customer_store.key_version IS
        'versions of the root key that were used, with a value that tells whether a key is the same one; written by the functions that seal';
     )sql";

constexpr const char *field_table = R"sql(
    CREATE TABLE customer_store.field (
        field text COLLATE "C" PRIMARY KEY CHECK (field <> ''),
        tenant text COLLATE "C" NOT NULL,
        category text NOT NULL,
        identifier text NOT NULL CHECK (identifier IN ('direct', 'quasi', 'sensitive', 'none')),
        normaliser text NOT NULL,
        key_version integer NOT NULL CHECK (key_version > 0),
        previous_version integer CHECK (previous_version > 0 AND previous_version <> key_version),
        blind_bits integer NOT NULL,
        alphabet text NOT NULL,
        keep_left integer NOT NULL,
        keep_right integer NOT NULL,
        luhn boolean NOT NULL,
        defined_by name NOT NULL,
        defined_at timestamptz NOT NULL DEFAULT now()
    );
    COMMENT ON TABLE customer_store.field IS
        'fields and domains that values are sealed and pseudonymized for; written by customer_data.field_define and field_rotate';
     )sql";

constexpr const char *seal_rotation_table = R"sql(
    CREATE TABLE customer_store.seal_rotation (
        relation text NOT NULL,
        column_name text NOT NULL,
        key_version integer NOT NULL,
        field text COLLATE "C" NOT NULL,
        rows bigint NOT NULL DEFAULT 0,
        started_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        PRIMARY KEY (relation, column_name, key_version)
    );
    COMMENT ON TABLE customer_store.seal_rotation IS 'how far columns are with a new version of the key; written by customer_data.seal_rotate';
     )sql";

} // namespace

CD_FUNCTION(cd_privacy_setup) {
    using namespace cd::keyring;
    cd::pg::set_up(
        "privacy", privacy_shape,
        {{"key_version", key_version_table}, {"field", field_table}, {"seal_rotation", seal_rotation_table}});
    forget_lookups();
    // The first values then need not write it. Without a key the tables are made all the same.
    try {
        fetch(primary_version());
    } catch (const cd::Error &) {
        PG_RETURN_VOID();
    }
    check_root(primary_version());
    register_version(primary_version());
    PG_RETURN_VOID();
}
