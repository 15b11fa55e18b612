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
