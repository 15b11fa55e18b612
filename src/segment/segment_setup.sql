-- Definitions, members and changes are ordinary rows in customer_store: dumped, and never taken by DROP EXTENSION.

CREATE FUNCTION customer_data.segment_setup() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'cd_segment_setup';
COMMENT ON FUNCTION customer_data.segment_setup() IS 'makes the tables of segments, their members and changes, and of events in customer_store; harmless to repeat';
