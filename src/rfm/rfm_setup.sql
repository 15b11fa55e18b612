-- The user's own rule sets are ordinary rows in customer_store: dumped, and never taken by DROP EXTENSION.

CREATE FUNCTION customer_data.rfm_setup() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'cd_rfm_setup';
COMMENT ON FUNCTION customer_data.rfm_setup() IS 'makes customer_store.rfm_segment_rule for own rule sets; harmless to repeat';
