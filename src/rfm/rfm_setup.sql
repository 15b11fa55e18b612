-- The user's own rule sets are ordinary rows in customer_store: dumped, and never taken by DROP EXTENSION.

CREATE FUNCTION customer_data.rfm_setup() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    store_owner oid;
    shape_found integer;
BEGIN
    -- Two setups at once would race for the same names.
    PERFORM pg_advisory_xact_lock(hashtextextended('customer_store', 0));
    SELECT nspowner INTO store_owner FROM pg_namespace WHERE nspname = 'customer_store';
    IF store_owner IS NULL THEN
        CREATE SCHEMA customer_store;
        COMMENT ON SCHEMA customer_store IS 'records kept by customer_data for their owner';
    ELSIF NOT pg_has_role(store_owner, 'USAGE') THEN
        RAISE EXCEPTION 'schema customer_store belongs to another role'
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('It is owned by %I, and %I does not have the rights of that role.', pg_get_userbyid(store_owner), current_user),
                  HINT = 'Run setup as the owner of the schema, or be granted membership in that role.';
    END IF;
    IF to_regclass('customer_store.shape') IS NULL THEN
        CREATE TABLE customer_store.shape (
            feature text PRIMARY KEY,
            version integer NOT NULL
        );
        COMMENT ON TABLE customer_store.shape IS 'which shape the tables of a feature have; written by its setup function';
        -- Whoever may use the schema may see what fits it.
        GRANT SELECT ON customer_store.shape TO PUBLIC;
    END IF;
    SELECT version INTO shape_found FROM customer_store.shape WHERE feature = 'rfm';
    IF shape_found > 1 THEN
        RAISE EXCEPTION 'customer_store was set up by a newer customer_data'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('The tables of rfm have shape %s, this version knows shape 1.', shape_found),
                  HINT = 'Run ALTER EXTENSION customer_data UPDATE.';
    END IF;
    IF to_regclass('customer_store.rfm_segment_rule') IS NULL THEN
        CREATE TABLE customer_store.rfm_segment_rule (
            rules text NOT NULL CHECK (rules <> '' AND rules NOT IN ('classic', 'r_rfm')),
            rule_number integer NOT NULL CHECK (rule_number > 0),
            segment text NOT NULL CHECK (segment <> ''),
            recency_low smallint NOT NULL DEFAULT 1,
            recency_high smallint NOT NULL DEFAULT 5,
            frequency_low smallint NOT NULL DEFAULT 1,
            frequency_high smallint NOT NULL DEFAULT 5,
            monetary_low smallint NOT NULL DEFAULT 1,
            monetary_high smallint NOT NULL DEFAULT 5,
            PRIMARY KEY (rules, rule_number),
            CHECK (1 <= recency_low AND recency_low <= recency_high AND recency_high <= 5),
            CHECK (1 <= frequency_low AND frequency_low <= frequency_high AND frequency_high <= 5),
            CHECK (1 <= monetary_low AND monetary_low <= monetary_high AND monetary_high <= 5)
        );
        COMMENT ON TABLE customer_store.rfm_segment_rule IS 'rule sets for customer_data.rfm_segment: tried in the order of rule_number, first match wins';
    END IF;
    INSERT INTO customer_store.shape (feature, version) VALUES ('rfm', 1) ON CONFLICT (feature) DO NOTHING;
END
$function$;
COMMENT ON FUNCTION customer_data.rfm_setup() IS 'makes customer_store.rfm_segment_rule, owned by the caller; harmless to repeat';
