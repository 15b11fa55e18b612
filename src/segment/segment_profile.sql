-- What sets the members of a segment apart.

CREATE FUNCTION customer_data.segment_profile(d customer_data.dataset,
    OUT feature text, OUT kind text, OUT category text, OUT members float8, OUT base float8, OUT index float8, OUT z_score float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50 AS 'MODULE_PATHNAME', 'cd_segment_profile';
COMMENT ON FUNCTION customer_data.segment_profile(customer_data.dataset) IS 'members of a segment (label true) against all rows: mean of each number and share of each value, index with all rows = 100, and z_score: the difference in standard errors (cluster_profile has standard deviations); kind is numeric or categorical';
