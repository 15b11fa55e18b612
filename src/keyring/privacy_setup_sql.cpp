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

// Of grants, tickets and their uses. Tickets and uses are only added, but for a ticket's final count.
constexpr const char *reveal_grant_table = R"sql(
    CREATE TABLE customer_store.reveal_grant (
        field text COLLATE "C",
        role name,
        role_oid oid,
        granted_by name NOT NULL,
        granted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        valid_until timestamptz,
        PRIMARY KEY (field, role)
    );
    COMMENT ON TABLE customer_store.reveal_grant IS 'which roles may ask for tickets of a field; written by customer_data.reveal_grant and reveal_revoke';
    COMMENT ON COLUMN customer_store.reveal_grant.role_oid IS 'which role had the name: another one that gets it later has no grant';
     )sql";

constexpr const char *reveal_ticket_table = R"sql(
    CREATE TABLE customer_store.reveal_ticket (
        ticket uuid PRIMARY KEY,
        field text COLLATE "C" NOT NULL,
        purpose text NOT NULL,
        reason text NOT NULL,
        max_rows integer NOT NULL CHECK (max_rows > 0),
        role name NOT NULL,
        session_role name NOT NULL,
        client_address inet,
        application text,
        requested_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        requested_in xid8 NOT NULL,
        epoch bigint NOT NULL,
        database oid NOT NULL,
        revealed integer CHECK (revealed BETWEEN 0 AND max_rows)
    );
    COMMENT ON TABLE customer_store.reveal_ticket IS
        'who asked to reveal how many values of a field, and why; written by customer_data.reveal_request before anything is revealed';
    COMMENT ON COLUMN customer_store.reveal_ticket.epoch IS 'start of the server in which the ticket holds';
    COMMENT ON COLUMN customer_store.reveal_ticket.revealed IS 'rows that were revealed, once the ticket is over and its count is known';
    CREATE INDEX reveal_ticket_open ON customer_store.reveal_ticket (expires_at) WHERE revealed IS NULL;
    COMMENT ON INDEX customer_store.reveal_ticket_open IS 'tickets without a final count';
     )sql";

constexpr const char *reveal_use_table = R"sql(
    CREATE TABLE customer_store.reveal_use (
        ticket uuid NOT NULL,
        used_at timestamptz NOT NULL,
        revealed integer NOT NULL,
        canaries integer NOT NULL
    );
    COMMENT ON TABLE customer_store.reveal_use IS
        'how many rows a ticket had revealed by when, rolled back or not; written by transactions that reveal, and by reveal_request and reveal_log';
    CREATE INDEX reveal_use_ticket ON customer_store.reveal_use (ticket);
    COMMENT ON INDEX customer_store.reveal_use_ticket IS 'uses of a ticket';
     )sql";

constexpr const char *reveal_canary_table = R"sql(
    CREATE TABLE customer_store.reveal_canary (
        field text COLLATE "C",
        mark bytea CHECK (length(mark) = 32),
        key_version integer NOT NULL,
        made_by name NOT NULL,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (field, mark)
    );
    COMMENT ON TABLE customer_store.reveal_canary IS
        'values that raise an alarm when they are revealed, as keyed marks that tell nothing; written by customer_data.reveal_canary';
     )sql";

// In a schema of their own, so that a dump can leave them out.
constexpr cd::pg::Schema keys_schema{"customer_keys",
                                     "wrapped keys of subjects, to be backed up apart and for a short time only"};

constexpr const char *subject_key_table = R"sql(
    CREATE TABLE customer_keys.subject_key (
        tenant text COLLATE "C" NOT NULL,
        mark bytea NOT NULL CHECK (length(mark) = 32),
        number integer NOT NULL CHECK (number > 0),
        key_version integer NOT NULL CHECK (key_version > 0),
        former_versions integer[] NOT NULL DEFAULT '{}',
        wrapped bytea NOT NULL CHECK (length(wrapped) = 72),
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (tenant, mark)
    );
    COMMENT ON TABLE customer_keys.subject_key IS
        'keys of subjects, wrapped under versions of the root key; written by customer_data.seal_for, shred and subject_rewrap';
     )sql";

constexpr const char *subject_index_table = R"sql(
    CREATE TABLE customer_store.subject_index (
        id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        key_version integer NOT NULL CHECK (key_version > 0),
        wrapped bytea NOT NULL CHECK (length(wrapped) = 40),
        created_at timestamptz NOT NULL DEFAULT now()
    );
    COMMENT ON TABLE customer_store.subject_index IS
        'key of the marks by which tables know subjects, wrapped under a version of the root key; written by customer_data.seal_for and shred';
     )sql";

constexpr const char *subject_erased_table = R"sql(
    CREATE TABLE customer_store.subject_erased (
        tenant text COLLATE "C" NOT NULL,
        mark bytea NOT NULL CHECK (length(mark) = 32),
        number integer NOT NULL CHECK (number > 0),
        key_versions integer[] NOT NULL,
        erased_at timestamptz NOT NULL DEFAULT now(),
        erased_by name NOT NULL,
        transaction_id xid8 NOT NULL,
        wal_position pg_lsn NOT NULL,
        clean_position pg_lsn,
        allowed_at timestamptz,
        allowed_by name,
        PRIMARY KEY (tenant, mark)
    );
    COMMENT ON TABLE customer_store.subject_erased IS
        'subjects whose keys were erased, by their marks; written by customer_data.shred, subject_allow and shred_status';
     )sql";

} // namespace

CD_FUNCTION(cd_privacy_setup) {
    using namespace cd::keyring;
    cd::pg::set_up("privacy", privacy_shape,
                   {{"key_version", key_version_table},
                    {"field", field_table},
                    {"seal_rotation", seal_rotation_table},
                    {"reveal_grant", reveal_grant_table},
                    {"reveal_ticket", reveal_ticket_table},
                    {"reveal_use", reveal_use_table},
                    {"reveal_canary", reveal_canary_table},
                    {"subject_key", subject_key_table, &keys_schema},
                    {"subject_index", subject_index_table},
                    {"subject_erased", subject_erased_table}});
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
