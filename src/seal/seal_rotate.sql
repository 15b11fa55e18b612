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
