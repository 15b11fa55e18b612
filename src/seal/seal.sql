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
