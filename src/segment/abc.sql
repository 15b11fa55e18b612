-- ABC classes by share of the running total.

CREATE FUNCTION customer_data.abc_class(value float8, cuts float8[] DEFAULT '{0.8,0.95}') RETURNS text
    LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_abc_class_float8';
COMMENT ON FUNCTION customer_data.abc_class(float8, float8[]) IS 'class A, B, C of each row within its window partition: by the share of the running total, largest values first; ties share a class, the largest value is in A';
CREATE FUNCTION customer_data.abc_class(value numeric, cuts float8[] DEFAULT '{0.8,0.95}') RETURNS text
    LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_abc_class_numeric';
COMMENT ON FUNCTION customer_data.abc_class(numeric, float8[]) IS 'class A, B, C of each row within its window partition: by the share of the running total, largest values first; ties share a class, the largest value is in A';
