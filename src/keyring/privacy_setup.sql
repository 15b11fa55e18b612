-- What protects values is declared in ordinary tables of customer_store: dumped, and never taken by DROP EXTENSION.

CREATE FUNCTION customer_data.privacy_setup() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'cd_privacy_setup';
COMMENT ON FUNCTION customer_data.privacy_setup() IS 'makes the tables of key versions, fields, rotations, reveals and erased subjects in customer_store, and that of subjects'' keys in customer_keys; harmless to repeat';
REVOKE EXECUTE ON FUNCTION customer_data.privacy_setup() FROM PUBLIC;
