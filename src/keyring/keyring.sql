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
