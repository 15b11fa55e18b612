-- Columns that hold nothing but sealed values.

CREATE FUNCTION customer_data.seal_protect() RETURNS trigger
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'cd_seal_protect';
COMMENT ON FUNCTION customer_data.seal_protect() IS 'trigger BEFORE INSERT OR UPDATE FOR EACH ROW (field, column, column of the row key, column of the blind index): lets only values of the field into the column, which needs no key; seal_rotate reads it';
-- To create a trigger takes this right, to fire it does not. Whoever writes through one uses its field, and rotations wait for
-- that.
REVOKE EXECUTE ON FUNCTION customer_data.seal_protect() FROM PUBLIC;
