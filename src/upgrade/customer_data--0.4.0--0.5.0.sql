\echo Use "ALTER EXTENSION customer_data UPDATE" to load this file. \quit

-- src/keyring/keyring.sql
-- Root keys come from outside of the database; what is declared here is what they are used for.

CREATE FUNCTION customer_data.key_status(OUT locked boolean, OUT reason text, OUT provider text, OUT preloaded boolean, OUT memory_locked boolean,
        OUT key_version integer, OUT versions integer[], OUT misplaced_settings text[])
    RETURNS record
    LANGUAGE C VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'cd_key_status';
COMMENT ON FUNCTION customer_data.key_status() IS 'whether this session can seal, or why not; which root keys it has, and settings of keys that stand where everybody may read them';
CREATE FUNCTION customer_data.key_check(OUT key_version integer, OUT status text, OUT available boolean, OUT matches boolean)
    RETURNS SETOF record
    LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 5 AS 'MODULE_PATHNAME', 'cd_key_check';
COMMENT ON FUNCTION customer_data.key_check() IS 'every version of the root key that was used: whether its key is here, and is the same as then';
CREATE FUNCTION customer_data.key_retire(key_version integer) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_key_retire';
COMMENT ON FUNCTION customer_data.key_retire(integer) IS 'ends the use of a version of the root key: nothing is made or opened with it any more, so that its key can be destroyed';

CREATE FUNCTION customer_data.field_define(field text, category text DEFAULT 'personal', normaliser text DEFAULT 'none', tenant text DEFAULT '',
        key_version integer DEFAULT NULL, blind_bits integer DEFAULT 64, identifier text DEFAULT 'direct',
        alphabet text DEFAULT 'radix10', keep_left integer DEFAULT 0, keep_right integer DEFAULT 0, luhn boolean DEFAULT false)
    RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_field_define';
COMMENT ON FUNCTION customer_data.field_define(text, text, text, text, integer, integer, text, text, integer, integer, boolean) IS 'declares a field that values are sealed for, or a domain of pseudonyms; key_version is kept for what is deterministic';
CREATE FUNCTION customer_data.field_rotate(field text, key_version integer DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_field_rotate';
COMMENT ON FUNCTION customer_data.field_rotate(text, integer) IS 'begins to move the deterministic values of a field to another version of the key, without one customer_data.key_version';
CREATE FUNCTION customer_data.field_rotated(field text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_field_rotated';
COMMENT ON FUNCTION customer_data.field_rotated(text) IS 'ends what field_rotate began, once no value has the previous version';

REVOKE EXECUTE ON FUNCTION customer_data.key_status(), customer_data.key_check(), customer_data.key_retire(integer),
    customer_data.field_define(text, text, text, text, integer, integer, text, text, integer, integer, boolean),
    customer_data.field_rotate(text, integer), customer_data.field_rotated(text) FROM PUBLIC;

-- src/keyring/privacy_setup.sql
-- What protects values is declared in ordinary tables of customer_store: dumped, and never taken by DROP EXTENSION.

CREATE FUNCTION customer_data.privacy_setup() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'cd_privacy_setup';
COMMENT ON FUNCTION customer_data.privacy_setup() IS 'makes the tables of key versions, fields, rotations, reveals and erased subjects in customer_store, and that of subjects'' keys in customer_keys; harmless to repeat';
REVOKE EXECUTE ON FUNCTION customer_data.privacy_setup() FROM PUBLIC;

-- src/seal/seal.sql
-- Values that nobody reads without a key: their type, and what seals and opens them.

CREATE TYPE customer_data.sealed;
COMMENT ON TYPE customer_data.sealed IS 'a value sealed with AES-256-SIV for one field, and for one row if it was bound to it; input, output, dump and replication need no key';
CREATE FUNCTION customer_data.sealed_in(cstring) RETURNS customer_data.sealed
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_in';
COMMENT ON FUNCTION customer_data.sealed_in(cstring) IS 'text input: cd1. and base64url of the binary form, whose shape is checked without a key';
CREATE FUNCTION customer_data.sealed_out(customer_data.sealed) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_out';
COMMENT ON FUNCTION customer_data.sealed_out(customer_data.sealed) IS 'text output: cd1. and base64url of the binary form';
CREATE FUNCTION customer_data.sealed_recv(internal) RETURNS customer_data.sealed
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_recv';
COMMENT ON FUNCTION customer_data.sealed_recv(internal) IS 'binary input, whose shape is checked without a key';
CREATE FUNCTION customer_data.sealed_send(customer_data.sealed) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_send';
COMMENT ON FUNCTION customer_data.sealed_send(customer_data.sealed) IS 'binary output: the bytes that are stored';
CREATE TYPE customer_data.sealed (
    INPUT = customer_data.sealed_in, OUTPUT = customer_data.sealed_out,
    RECEIVE = customer_data.sealed_recv, SEND = customer_data.sealed_send,
    -- What is enciphered does not get smaller.
    INTERNALLENGTH = VARIABLE, STORAGE = external
);

CREATE FUNCTION customer_data.sealed(bytes bytea) RETURNS customer_data.sealed
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_of_bytea';
COMMENT ON FUNCTION customer_data.sealed(bytea) IS 'a sealed value from its bytes, whose shape is checked without a key';
CREATE CAST (bytea AS customer_data.sealed) WITH FUNCTION customer_data.sealed(bytea);
COMMENT ON CAST (bytea AS customer_data.sealed) IS 'a sealed value from its bytes, whose shape is checked without a key';
CREATE CAST (customer_data.sealed AS bytea) WITHOUT FUNCTION;
COMMENT ON CAST (customer_data.sealed AS bytea) IS 'the bytes of a sealed value as they are stored';

-- Equality of bytes: that of values only where they are sealed deterministically, for one field and under one version.

CREATE FUNCTION customer_data.sealed_eq(customer_data.sealed, customer_data.sealed) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_eq';
COMMENT ON FUNCTION customer_data.sealed_eq(customer_data.sealed, customer_data.sealed) IS 'implementation of =';
CREATE FUNCTION customer_data.sealed_ne(customer_data.sealed, customer_data.sealed) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_ne';
COMMENT ON FUNCTION customer_data.sealed_ne(customer_data.sealed, customer_data.sealed) IS 'implementation of <>';
CREATE FUNCTION customer_data.sealed_lt(customer_data.sealed, customer_data.sealed) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_lt';
COMMENT ON FUNCTION customer_data.sealed_lt(customer_data.sealed, customer_data.sealed) IS 'implementation of <';
CREATE FUNCTION customer_data.sealed_le(customer_data.sealed, customer_data.sealed) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_le';
COMMENT ON FUNCTION customer_data.sealed_le(customer_data.sealed, customer_data.sealed) IS 'implementation of <=';
CREATE FUNCTION customer_data.sealed_gt(customer_data.sealed, customer_data.sealed) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_gt';
COMMENT ON FUNCTION customer_data.sealed_gt(customer_data.sealed, customer_data.sealed) IS 'implementation of >';
CREATE FUNCTION customer_data.sealed_ge(customer_data.sealed, customer_data.sealed) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_ge';
COMMENT ON FUNCTION customer_data.sealed_ge(customer_data.sealed, customer_data.sealed) IS 'implementation of >=';
CREATE OPERATOR customer_data.= (FUNCTION = customer_data.sealed_eq, LEFTARG = customer_data.sealed, RIGHTARG = customer_data.sealed,
    COMMUTATOR = OPERATOR(customer_data.=), NEGATOR = OPERATOR(customer_data.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
COMMENT ON OPERATOR customer_data.= (customer_data.sealed, customer_data.sealed) IS 'equal bytes: for deterministic values of a field, equal values';
CREATE OPERATOR customer_data.<> (FUNCTION = customer_data.sealed_ne, LEFTARG = customer_data.sealed, RIGHTARG = customer_data.sealed,
    COMMUTATOR = OPERATOR(customer_data.<>), NEGATOR = OPERATOR(customer_data.=), RESTRICT = neqsel, JOIN = neqjoinsel);
COMMENT ON OPERATOR customer_data.<> (customer_data.sealed, customer_data.sealed) IS 'other bytes';
CREATE OPERATOR customer_data.< (FUNCTION = customer_data.sealed_lt, LEFTARG = customer_data.sealed, RIGHTARG = customer_data.sealed,
    COMMUTATOR = OPERATOR(customer_data.>), NEGATOR = OPERATOR(customer_data.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
COMMENT ON OPERATOR customer_data.< (customer_data.sealed, customer_data.sealed) IS 'bytes come before';
CREATE OPERATOR customer_data.<= (FUNCTION = customer_data.sealed_le, LEFTARG = customer_data.sealed, RIGHTARG = customer_data.sealed,
    COMMUTATOR = OPERATOR(customer_data.>=), NEGATOR = OPERATOR(customer_data.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
COMMENT ON OPERATOR customer_data.<= (customer_data.sealed, customer_data.sealed) IS 'bytes come before, or are equal';
CREATE OPERATOR customer_data.> (FUNCTION = customer_data.sealed_gt, LEFTARG = customer_data.sealed, RIGHTARG = customer_data.sealed,
    COMMUTATOR = OPERATOR(customer_data.<), NEGATOR = OPERATOR(customer_data.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
COMMENT ON OPERATOR customer_data.> (customer_data.sealed, customer_data.sealed) IS 'bytes come after';
CREATE OPERATOR customer_data.>= (FUNCTION = customer_data.sealed_ge, LEFTARG = customer_data.sealed, RIGHTARG = customer_data.sealed,
    COMMUTATOR = OPERATOR(customer_data.<=), NEGATOR = OPERATOR(customer_data.<), RESTRICT = scalargesel, JOIN = scalargejoinsel);
COMMENT ON OPERATOR customer_data.>= (customer_data.sealed, customer_data.sealed) IS 'bytes come after, or are equal';
CREATE FUNCTION customer_data.sealed_cmp(one customer_data.sealed, other customer_data.sealed) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_cmp';
COMMENT ON FUNCTION customer_data.sealed_cmp(customer_data.sealed, customer_data.sealed) IS 'order of bytes, for btree';
CREATE FUNCTION customer_data.sealed_hash(value customer_data.sealed) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_hash';
COMMENT ON FUNCTION customer_data.sealed_hash(customer_data.sealed) IS 'hash of bytes';
CREATE FUNCTION customer_data.sealed_hash_extended(value customer_data.sealed, seed bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_hash_extended';
COMMENT ON FUNCTION customer_data.sealed_hash_extended(customer_data.sealed, bigint) IS 'hash of bytes with a seed';
CREATE OPERATOR CLASS customer_data.sealed_ops DEFAULT FOR TYPE customer_data.sealed USING btree AS
    OPERATOR 1 customer_data.<, OPERATOR 2 customer_data.<=, OPERATOR 3 customer_data.=, OPERATOR 4 customer_data.>=, OPERATOR 5 customer_data.>,
    FUNCTION 1 customer_data.sealed_cmp(customer_data.sealed, customer_data.sealed),
    FUNCTION 2 pg_catalog.bytea_sortsupport(internal), FUNCTION 4 pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS customer_data.sealed_ops USING btree IS 'order of bytes, for unique constraints, joins and DISTINCT of deterministic values';
COMMENT ON OPERATOR FAMILY customer_data.sealed_ops USING btree IS 'order of bytes';
CREATE OPERATOR CLASS customer_data.sealed_ops DEFAULT FOR TYPE customer_data.sealed USING hash AS
    OPERATOR 1 customer_data.=,
    FUNCTION 1 customer_data.sealed_hash(customer_data.sealed), FUNCTION 2 customer_data.sealed_hash_extended(customer_data.sealed, bigint);
COMMENT ON OPERATOR CLASS customer_data.sealed_ops USING hash IS 'equality of bytes, for hash joins and GROUP BY of deterministic values';
COMMENT ON OPERATOR FAMILY customer_data.sealed_ops USING hash IS 'equality of bytes';

-- What a value says without a key.

CREATE FUNCTION customer_data.sealed_key_version(value customer_data.sealed) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_key_version';
COMMENT ON FUNCTION customer_data.sealed_key_version(customer_data.sealed) IS 'version of the key that a value was sealed with';
CREATE FUNCTION customer_data.sealed_info(value customer_data.sealed,
    OUT key_version integer, OUT deterministic boolean, OUT row_key_bound boolean, OUT subject boolean, OUT bytes integer)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sealed_info';
COMMENT ON FUNCTION customer_data.sealed_info(customer_data.sealed) IS 'what a sealed value says without a key: version of its key, how it was sealed, and how many bytes it holds';

-- Sealing and opening. A key comes from the keyring, never as an argument; whoever may call them may use it.

CREATE FUNCTION customer_data.seal(field text, value text, row_key text DEFAULT NULL) RETURNS customer_data.sealed
    LANGUAGE C VOLATILE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_seal';
COMMENT ON FUNCTION customer_data.seal(text, text, text) IS 'a text sealed for a declared field, each time in other bytes; with a row key it opens in that row alone';
CREATE FUNCTION customer_data.seal_bytes(field text, value bytea, row_key text DEFAULT NULL) RETURNS customer_data.sealed
    LANGUAGE C VOLATILE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_seal_bytes';
COMMENT ON FUNCTION customer_data.seal_bytes(text, bytea, text) IS 'bytes sealed for a declared field, each time in other bytes; with a row key they open in that row alone';
CREATE FUNCTION customer_data.seal_deterministic(field text, value text) RETURNS customer_data.sealed
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_seal_deterministic';
COMMENT ON FUNCTION customer_data.seal_deterministic(text, text) IS 'a text sealed for a declared field, equal texts in equal bytes: for joins, GROUP BY and unique constraints';
CREATE FUNCTION customer_data.seal_deterministic_all(field text, value text) RETURNS customer_data.sealed[]
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_seal_deterministic_all';
COMMENT ON FUNCTION customer_data.seal_deterministic_all(text, text) IS 'what a deterministic value may look like where it stands: under the version of its field and, while the field is rotated, the one before';
CREATE FUNCTION customer_data.unseal(field text, value customer_data.sealed, row_key text DEFAULT NULL) RETURNS text
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_unseal';
COMMENT ON FUNCTION customer_data.unseal(text, customer_data.sealed, text) IS 'the text that was sealed for this field, and this row if it was bound to one';
CREATE FUNCTION customer_data.unseal_bytes(field text, value customer_data.sealed, row_key text DEFAULT NULL) RETURNS bytea
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_unseal_bytes';
COMMENT ON FUNCTION customer_data.unseal_bytes(text, customer_data.sealed, text) IS 'the bytes that were sealed for this field, and this row if they were bound to one';
CREATE FUNCTION customer_data.seal_again(field text, value customer_data.sealed, row_key text DEFAULT NULL) RETURNS customer_data.sealed
    LANGUAGE C VOLATILE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'cd_seal_again';
COMMENT ON FUNCTION customer_data.seal_again(text, customer_data.sealed, text) IS 'the same value under the version of the key that is used now, without showing it; seal_rotate calls it';
CREATE FUNCTION customer_data.seal_blind_index(field text, value customer_data.sealed, row_key text DEFAULT NULL, otherwise bytea DEFAULT NULL) RETURNS bytea
    LANGUAGE C STABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'cd_seal_blind_index';
COMMENT ON FUNCTION customer_data.seal_blind_index(text, customer_data.sealed, text, bytea) IS 'the blind index of what a value holds, under the primary version of the key, without showing it; of a subject whose key is gone, otherwise; seal_rotate calls it';
REVOKE EXECUTE ON FUNCTION customer_data.seal(text, text, text), customer_data.seal_bytes(text, bytea, text),
    customer_data.seal_deterministic(text, text), customer_data.seal_deterministic_all(text, text),
    customer_data.unseal(text, customer_data.sealed, text), customer_data.unseal_bytes(text, customer_data.sealed, text),
    customer_data.seal_again(text, customer_data.sealed, text), customer_data.seal_blind_index(text, customer_data.sealed, text, bytea) FROM PUBLIC;

-- src/seal/seal_protect.sql
-- Columns that hold nothing but sealed values.

CREATE FUNCTION customer_data.seal_protect() RETURNS trigger
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'cd_seal_protect';
COMMENT ON FUNCTION customer_data.seal_protect() IS 'trigger BEFORE INSERT OR UPDATE FOR EACH ROW (field, column, column of the row key, column of the blind index): lets only values of the field into the column, which needs no key; seal_rotate reads it';
-- To create a trigger takes this right, to fire it does not. Whoever writes through one uses its field, and rotations wait for
-- that.
REVOKE EXECUTE ON FUNCTION customer_data.seal_protect() FROM PUBLIC;

-- src/seal/seal_rotate.sql
-- New versions of the key for values that stand in tables.

CREATE FUNCTION customer_data.seal_rotate_step(relation regclass, column_name name, batch integer, state bigint[] DEFAULT NULL) RETURNS bigint[]
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_seal_rotate_step';
COMMENT ON FUNCTION customer_data.seal_rotate_step(regclass, name, integer, bigint[]) IS 'one batch of seal_rotate: the state for the next one, NULL at the end';
-- A procedure that commits has no settings of its own: so it names everything, and leaves everything to the step.
CREATE PROCEDURE customer_data.seal_rotate(relation regclass, column_name name, batch integer DEFAULT 10000) LANGUAGE plpgsql AS $$
DECLARE
    state pg_catalog.int8[];
BEGIN
    LOOP
        state := customer_data.seal_rotate_step(relation, column_name, batch, state);
        COMMIT;
        EXIT WHEN state IS NULL;
    END LOOP;
END
$$;
COMMENT ON PROCEDURE customer_data.seal_rotate(regclass, name, integer) IS 'seals the values of a protected column again under the version of the key that is used now, about so many rows in a transaction; one that was interrupted is called again';
CREATE FUNCTION customer_data.rotation_status(OUT relation regclass, OUT column_name text, OUT field text, OUT key_version integer, OUT rows bigint, OUT is_target boolean)
    RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_rotation_status';
COMMENT ON FUNCTION customer_data.rotation_status() IS 'versions of the key that values of protected columns have, in tables that the caller may read, and whether they are those that values get now';
REVOKE EXECUTE ON FUNCTION customer_data.seal_rotate_step(regclass, name, integer, bigint[]), customer_data.rotation_status() FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE customer_data.seal_rotate(regclass, name, integer) FROM PUBLIC;

-- src/seal/subject.sql
-- Keys of single persons, so that one of them can be erased wherever his values stand.

CREATE FUNCTION customer_data.seal_for(subject text, field text, value text) RETURNS customer_data.sealed
    LANGUAGE C VOLATILE PARALLEL UNSAFE COST 20 AS 'MODULE_PATHNAME', 'cd_seal_for';
COMMENT ON FUNCTION customer_data.seal_for(text, text, text) IS 'a text sealed for a declared field with the own key of a subject, made at its first use; it opens with the subject as the row key, until customer_data.shred';
CREATE FUNCTION customer_data.seal_bytes_for(subject text, field text, value bytea) RETURNS customer_data.sealed
    LANGUAGE C VOLATILE PARALLEL UNSAFE COST 20 AS 'MODULE_PATHNAME', 'cd_seal_bytes_for';
COMMENT ON FUNCTION customer_data.seal_bytes_for(text, text, bytea) IS 'bytes sealed for a declared field with the own key of a subject, made at its first use; they open with the subject as the row key, until customer_data.shred';
CREATE FUNCTION customer_data.shred(subject text, tenant text DEFAULT '') RETURNS boolean
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_shred';
COMMENT ON FUNCTION customer_data.shred(text, text) IS 'erases the key of a subject: what was sealed with it opens no more, here and in whatever is restored, and nothing is sealed for the subject until subject_allow; false if there was no key';
CREATE FUNCTION customer_data.subject_allow(subject text, tenant text DEFAULT '') RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_subject_allow';
COMMENT ON FUNCTION customer_data.subject_allow(text, text) IS 'lets values be sealed for an erased subject again, with a new key; what was erased stays erased';
CREATE FUNCTION customer_data.subject_rewrap_step(batch integer, after_tenant text DEFAULT NULL, after_mark bytea DEFAULT NULL,
        OUT tenant text, OUT mark bytea, OUT changed bigint)
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_subject_rewrap_step';
COMMENT ON FUNCTION customer_data.subject_rewrap_step(integer, text, bytea) IS 'one batch of subject_rewrap: after which row the next one begins, NULL at the end';
-- A procedure that commits has no settings of its own: so it names everything, and leaves everything to the step.
CREATE PROCEDURE customer_data.subject_rewrap(batch integer DEFAULT 10000) LANGUAGE plpgsql AS $$
DECLARE
    step pg_catalog.record;
    after_tenant pg_catalog.text;
    after_mark pg_catalog.bytea;
    changed pg_catalog.int8 := 0;
BEGIN
    LOOP
        step := customer_data.subject_rewrap_step(batch, after_tenant, after_mark);
        COMMIT;
        after_tenant := step.tenant;
        after_mark := step.mark;
        changed := changed OPERATOR(pg_catalog.+) step.changed;
        CONTINUE WHEN after_tenant IS NOT NULL;
        -- Keys that others made meanwhile under the version before: once more, until there are none.
        EXIT WHEN changed OPERATOR(pg_catalog.=) 0;
        changed := 0;
    END LOOP;
END
$$;
COMMENT ON PROCEDURE customer_data.subject_rewrap(integer) IS 'wraps the keys of all subjects under the version of the root key that is used now, so many in a transaction; one that was interrupted is called again';
CREATE FUNCTION customer_data.shred_status(subject text, tenant text DEFAULT '', OUT place text, OUT state text, OUT detail text)
    RETURNS SETOF record
    LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 6 AS 'MODULE_PATHNAME', 'cd_shred_status';
COMMENT ON FUNCTION customer_data.shred_status(text, text) IS 'what is left of the key of an erased subject: in the table, in its files, in WAL, on replicas, and in backups';
REVOKE EXECUTE ON FUNCTION customer_data.seal_for(text, text, text), customer_data.seal_bytes_for(text, text, bytea),
    customer_data.shred(text, text), customer_data.shred_status(text, text), customer_data.subject_allow(text, text),
    customer_data.subject_rewrap_step(integer, text, bytea) FROM PUBLIC;
REVOKE EXECUTE ON PROCEDURE customer_data.subject_rewrap(integer) FROM PUBLIC;

-- src/pseudonym/pseudonym.sql
-- One-way values: pseudonyms that join, and blind indexes that find what was sealed.

CREATE FUNCTION customer_data.pseudonym(domain text, value text) RETURNS uuid
    LANGUAGE C STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'cd_pseudonym';
COMMENT ON FUNCTION customer_data.pseudonym(text, text) IS 'the value''s pseudonym in a domain that field_define has declared: the same for the same normalised value, and unrelated to that of another domain';

CREATE FUNCTION customer_data.blind_index(field text, value text) RETURNS bytea
    LANGUAGE C STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'cd_blind_index';
COMMENT ON FUNCTION customer_data.blind_index(text, text) IS 'what stands beside a sealed value so that it can be found: some bits of a keyed hash of the normalised value, under the primary key version';
CREATE FUNCTION customer_data.blind_index_all(field text, value text) RETURNS bytea[]
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_blind_index_all';
COMMENT ON FUNCTION customer_data.blind_index_all(text, text) IS 'the blind indexes that a value may have under all key versions in use, primary first: WHERE email_index = ANY (blind_index_all(...))';
REVOKE EXECUTE ON FUNCTION customer_data.pseudonym(text, text), customer_data.blind_index(text, text),
    customer_data.blind_index_all(text, text) FROM PUBLIC;

CREATE FUNCTION customer_data.blind_bits(rows bigint) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_blind_bits';
COMMENT ON FUNCTION customer_data.blind_bits(bigint) IS 'how many bits of a blind index suit a column of so many rows: the most with which two to four rows are expected for each index by chance';
CREATE FUNCTION customer_data.normalise(normaliser text, value text) RETURNS text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_normalise';
COMMENT ON FUNCTION customer_data.normalise(text, text) IS 'the value as it is compared and hashed: by lower_email, e164, digits, last4, nfc_casefold or none, or a version such as lower_email/1';

-- src/fpe/fpe.sql
-- Values that keep their shape: card numbers, phone numbers, account numbers.

CREATE FUNCTION customer_data.fpe_encrypt(field text, value text) RETURNS text
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_fpe_encrypt';
COMMENT ON FUNCTION customer_data.fpe_encrypt(text, text) IS 'value with other characters of the field''s alphabet, in the same places; deterministic, and not authenticated';
CREATE FUNCTION customer_data.fpe_decrypt(field text, value text, key_version integer DEFAULT NULL) RETURNS text
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_fpe_decrypt';
COMMENT ON FUNCTION customer_data.fpe_decrypt(text, text, integer) IS 'the value that fpe_encrypt made this of, with the field''s version of the key or the one given';

REVOKE EXECUTE ON FUNCTION customer_data.fpe_encrypt(text, text), customer_data.fpe_decrypt(text, text, integer) FROM PUBLIC;

-- src/reveal/reveal.sql
-- Reading sealed values back, on record: who, why and how much is committed before anything is shown.

CREATE FUNCTION customer_data.reveal_grant(field text, role name, valid_until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_grant';
COMMENT ON FUNCTION customer_data.reveal_grant(text, name, timestamptz) IS 'lets a role, and those that have its rights, ask for tickets of a field; harmless to repeat';
CREATE FUNCTION customer_data.reveal_revoke(field text, role name) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_revoke';
COMMENT ON FUNCTION customer_data.reveal_revoke(text, name) IS 'ends what reveal_grant began, also for open tickets';

CREATE FUNCTION customer_data.reveal_request(field text, purpose text, reason text, max_rows integer DEFAULT 1, ttl interval DEFAULT '15 minutes')
    RETURNS uuid
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_request';
COMMENT ON FUNCTION customer_data.reveal_request(text, text, text, integer, interval) IS 'a ticket for as many values of a field, of use to this role once it is committed, until it expires or the server restarts';
CREATE FUNCTION customer_data.reveal(ticket uuid, field text, value customer_data.sealed, row_key text DEFAULT NULL) RETURNS text
    LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100 AS 'MODULE_PATHNAME', 'cd_reveal';
COMMENT ON FUNCTION customer_data.reveal(uuid, text, customer_data.sealed, text) IS 'the text that was sealed; takes one row of the ticket, which no rollback gives back';
CREATE FUNCTION customer_data.reveal_bytes(ticket uuid, field text, value customer_data.sealed, row_key text DEFAULT NULL) RETURNS bytea
    LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100 AS 'MODULE_PATHNAME', 'cd_reveal_bytes';
COMMENT ON FUNCTION customer_data.reveal_bytes(uuid, text, customer_data.sealed, text) IS 'the bytes that were sealed; takes one row of the ticket, which no rollback gives back';

CREATE FUNCTION customer_data.reveal_log(since timestamptz DEFAULT '-infinity',
        OUT ticket uuid, OUT role name, OUT session_role name, OUT field text, OUT purpose text, OUT reason text,
        OUT client_address inet, OUT application text, OUT requested_at timestamptz, OUT expires_at timestamptz, OUT max_rows integer,
        OUT revealed integer, OUT revealed_at_most integer, OUT canaries integer, OUT last_used timestamptz, OUT state text)
    RETURNS SETOF record
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_log';
COMMENT ON FUNCTION customer_data.reveal_log(timestamptz) IS 'tickets that were requested since then: who, why, how much was asked for and how much revealed; state is open, spent, expired or void';
CREATE FUNCTION customer_data.reveal_anomalies(as_of timestamptz DEFAULT now(), days integer DEFAULT 1, history_days integer DEFAULT 90,
        min_days integer DEFAULT 14, false_alarms double precision DEFAULT 0.001, rare_share double precision DEFAULT 0.01, min_hours integer DEFAULT 50,
        OUT role name, OUT kind text, OUT begins_at timestamptz, OUT value double precision, OUT baseline double precision,
        OUT threshold double precision, OUT tickets bigint)
    RETURNS SETOF record
    LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_reveal_anomalies';
COMMENT ON FUNCTION customer_data.reveal_anomalies(timestamptz, integer, integer, integer, double precision, double precision, integer) IS 'reveals unlike what the role did before: rate, breadth and hours of the day in UTC; and canaries that were revealed';
CREATE FUNCTION customer_data.reveal_canary(field text, value text) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_reveal_canary';
COMMENT ON FUNCTION customer_data.reveal_canary(text, text) IS 'declares a value that belongs to nobody: whoever reveals it raises an alarm, and does not notice';

REVOKE EXECUTE ON FUNCTION customer_data.reveal_grant(text, name, timestamptz), customer_data.reveal_revoke(text, name),
    customer_data.reveal_request(text, text, text, integer, interval),
    customer_data.reveal(uuid, text, customer_data.sealed, text), customer_data.reveal_bytes(uuid, text, customer_data.sealed, text),
    customer_data.reveal_log(timestamptz),
    customer_data.reveal_anomalies(timestamptz, integer, integer, integer, double precision, double precision, integer),
    customer_data.reveal_canary(text, text) FROM PUBLIC;

-- src/mask/anonymity.sql
-- How well rows hide among each other: k-anonymity, l-diversity and t-closeness.

CREATE TYPE customer_data.anonymity_summary;
COMMENT ON TYPE customer_data.anonymity_summary IS 'classes of rows with equal quasi-identifiers, and counts of the sensitive values in each; mergeable and exact. It holds these values of persons as they are: grant it like the table';
CREATE FUNCTION customer_data.anonymity_summary_in(cstring) RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_in';
COMMENT ON FUNCTION customer_data.anonymity_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.anonymity_summary_out(customer_data.anonymity_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_out';
COMMENT ON FUNCTION customer_data.anonymity_summary_out(customer_data.anonymity_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.anonymity_summary_recv(internal) RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_recv';
COMMENT ON FUNCTION customer_data.anonymity_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.anonymity_summary_send(customer_data.anonymity_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_send';
COMMENT ON FUNCTION customer_data.anonymity_summary_send(customer_data.anonymity_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.anonymity_summary (
    INPUT = customer_data.anonymity_summary_in, OUTPUT = customer_data.anonymity_summary_out,
    RECEIVE = customer_data.anonymity_summary_recv, SEND = customer_data.anonymity_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.anonymity_agg_accum(state customer_data.anonymity_summary, sensitive text, VARIADIC quasi_identifiers text[])
    RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_agg_accum';
COMMENT ON FUNCTION customer_data.anonymity_agg_accum(customer_data.anonymity_summary, text, text[]) IS 'adds one row; transition of anonymity_agg';
CREATE FUNCTION customer_data.anonymity_agg_combine(state customer_data.anonymity_summary, summary customer_data.anonymity_summary)
    RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_agg_combine';
COMMENT ON FUNCTION customer_data.anonymity_agg_combine(customer_data.anonymity_summary, customer_data.anonymity_summary) IS 'merges two summaries; NULL counts as empty; combine function of anonymity_agg and rollup';
CREATE FUNCTION customer_data.anonymity_agg_final(state customer_data.anonymity_summary) RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_agg_final';
COMMENT ON FUNCTION customer_data.anonymity_agg_final(customer_data.anonymity_summary) IS 'hands a summary on without copying it; final function of anonymity_agg and rollup';
CREATE AGGREGATE customer_data.anonymity_agg(sensitive text, VARIADIC quasi_identifiers text[]) (
    SFUNC = customer_data.anonymity_agg_accum, STYPE = customer_data.anonymity_summary, SSPACE = 65536,
    FINALFUNC = customer_data.anonymity_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.anonymity_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.anonymity_agg(text, text[]) IS 'rows by what is sensitive and by what somebody could know of a person; NULL is a value of its own in both';
CREATE AGGREGATE customer_data.rollup(summary customer_data.anonymity_summary) (
    SFUNC = customer_data.anonymity_agg_combine, STYPE = customer_data.anonymity_summary, SSPACE = 65536,
    FINALFUNC = customer_data.anonymity_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.anonymity_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.anonymity_summary) IS 'merges stored summaries of disjoint sets of rows';

CREATE FUNCTION customer_data.k_anonymity(s customer_data.anonymity_summary) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_k_anonymity';
COMMENT ON FUNCTION customer_data.k_anonymity(customer_data.anonymity_summary) IS 'rows of the smallest class: nobody is told from fewer than so many; NULL without rows';
CREATE FUNCTION customer_data.l_diversity(s customer_data.anonymity_summary, kind text DEFAULT 'distinct') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_l_diversity';
COMMENT ON FUNCTION customer_data.l_diversity(customer_data.anonymity_summary, text) IS 'sensitive values of the class that has least of them: distinct, or exp of the entropy; NULL without rows';
CREATE FUNCTION customer_data.t_closeness(s customer_data.anonymity_summary, distance text DEFAULT 'equal') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_t_closeness';
COMMENT ON FUNCTION customer_data.t_closeness(customer_data.anonymity_summary, text) IS 'largest earth mover''s distance between the sensitive values of a class and those of all rows: values equally far from each other, or ordered as number or as text; NULL without rows';
CREATE FUNCTION customer_data.uniqueness(s customer_data.anonymity_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_uniqueness';
COMMENT ON FUNCTION customer_data.uniqueness(customer_data.anonymity_summary) IS 'share of the rows that are alone in their class; NULL without rows';
CREATE FUNCTION customer_data.anonymity_groups(s customer_data.anonymity_summary, groups bigint DEFAULT 10, at_most bigint DEFAULT 9223372036854775807,
        OUT quasi_identifiers text[], OUT rows bigint, OUT sensitive_values bigint, OUT l_entropy float8, OUT t float8)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_anonymity_groups';
COMMENT ON FUNCTION customer_data.anonymity_groups(customer_data.anonymity_summary, bigint, bigint) IS 'the smallest classes with their quasi-identifiers, those of at most so many rows; t with equal distances';
CREATE FUNCTION customer_data.summary(s customer_data.anonymity_summary,
        OUT rows bigint, OUT classes bigint, OUT quasi_identifiers integer, OUT sensitive_values bigint,
        OUT k bigint, OUT l_distinct bigint, OUT l_entropy float8, OUT t float8, OUT uniqueness float8) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_describe';
COMMENT ON FUNCTION customer_data.summary(customer_data.anonymity_summary) IS 'all measures of an anonymity_summary together, t with equal distances';

-- src/mask/mask.sql
-- Masks: so much of a value that one knows which is meant. Generalisations: a value made coarser, to group by.

CREATE FUNCTION customer_data.mask_text(value text, keep_left integer, keep_right integer, mask text DEFAULT '*') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_text';
COMMENT ON FUNCTION customer_data.mask_text(text, integer, integer, text) IS 'the first and last characters of a text, each other one masked; all of it if no other one were left. A letter with its marks, a flag or an emoji is one character';
CREATE FUNCTION customer_data.mask_email(value text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_email';
COMMENT ON FUNCTION customer_data.mask_email(text) IS 'first character, three stars whatever the length, and the domain: a***@example.com; *** for what is no e-mail address';
CREATE FUNCTION customer_data.mask_name(value text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_name';
COMMENT ON FUNCTION customer_data.mask_name(text) IS 'first letter of each word and two stars whatever the length: A** M**; of Chinese, Japanese and Korean names only the first character';
CREATE FUNCTION customer_data.mask_phone(value text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_phone';
COMMENT ON FUNCTION customer_data.mask_phone(text) IS 'country code after a leading + and the last two digits, as far as at least five digits stay hidden: +49 *** *****78; *** for what is no phone number';
CREATE FUNCTION customer_data.mask_card(value text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_card';
COMMENT ON FUNCTION customer_data.mask_card(text) IS 'last four of 12 to 19 digits: **** **** **** 1111; none of other numbers, and *** for what is no number';

CREATE FUNCTION customer_data.generalize_date(value date, period text) RETURNS date
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_date';
COMMENT ON FUNCTION customer_data.generalize_date(date, text) IS 'first day of the day, week, month, quarter, year or decade; weeks begin with Monday';
CREATE FUNCTION customer_data.generalize_date(value timestamptz, period text) RETURNS date
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_timestamptz';
COMMENT ON FUNCTION customer_data.generalize_date(timestamptz, text) IS 'first day of the day, week, month, quarter, year or decade of the UTC day; weeks begin with Monday';
CREATE FUNCTION customer_data.generalize_number(value float8, width float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_number_float8';
COMMENT ON FUNCTION customer_data.generalize_number(float8, float8) IS 'lower end of the band of this width that a number is in: 37 in bands of 10 is 30; numbers are taken for the decimals that they were written as';
CREATE FUNCTION customer_data.generalize_number(value numeric, width numeric) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_number_numeric';
COMMENT ON FUNCTION customer_data.generalize_number(numeric, numeric) IS 'lower end of the band of this width that a number is in: 37 in bands of 10 is 30; exact';
CREATE FUNCTION customer_data.generalize_ip(value inet, ipv4_bits integer DEFAULT 24, ipv6_bits integer DEFAULT 48) RETURNS cidr
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_ip';
COMMENT ON FUNCTION customer_data.generalize_ip(inet, integer, integer) IS 'network of an address; an IPv4 address inside of an IPv6 one keeps no more bits than by itself';
CREATE FUNCTION customer_data.generalize_postcode(value text, keep integer) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_postcode';
COMMENT ON FUNCTION customer_data.generalize_postcode(text, integer) IS 'first characters of a postcode, and a star for each other one: 476**';
