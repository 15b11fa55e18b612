-- Segments that are kept: a query or a rule by name, its members, and who entered or departed when.

CREATE FUNCTION customer_data.segment_define(name text, query text, category text DEFAULT NULL, description text DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_segment_define';
COMMENT ON FUNCTION customer_data.segment_define(text, text, text, text) IS 'defines a segment, or defines it anew, by a SELECT that returns the ids of its subjects';
CREATE FUNCTION customer_data.segment_define_rule(name text, rule jsonb, profile regclass, key name, category text DEFAULT NULL, description text DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_segment_define_rule';
COMMENT ON FUNCTION customer_data.segment_define_rule(text, jsonb, regclass, name, text, text) IS 'defines a segment, or defines it anew, by a rule over a profile with one row for each subject; key is the column of their ids';
CREATE FUNCTION customer_data.segment_event_define(name text, relation regclass, subject_column name, time_column name) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_segment_event_define';
COMMENT ON FUNCTION customer_data.segment_event_define(text, regclass, name, name) IS 'declares a table with one row for each event, for rules with did';

CREATE FUNCTION customer_data.segment_sql(name text) RETURNS text
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_segment_sql';
COMMENT ON FUNCTION customer_data.segment_sql(text) IS 'the query of a segment; of a rule, what it was compiled to';
CREATE FUNCTION customer_data.segment_explain(name text) RETURNS text
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_segment_explain';
COMMENT ON FUNCTION customer_data.segment_explain(text) IS 'the rule of a segment in words, one line for each node';
CREATE FUNCTION customer_data.segment_preview(rule jsonb, profile regclass, key name,
        OUT node text, OUT depth integer, OUT words text, OUT customers bigint)
    RETURNS SETOF record
    LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_segment_preview';
COMMENT ON FUNCTION customer_data.segment_preview(jsonb, regclass, name) IS 'how many rows of the profile fulfil each node of a rule, counted in one scan';

CREATE FUNCTION customer_data.segment_refresh(name text, OUT entered bigint, OUT departed bigint, OUT stayed bigint) RETURNS record
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_segment_refresh';
COMMENT ON FUNCTION customer_data.segment_refresh(text) IS 'runs the query of a segment, and writes who entered or departed since the last refresh';
CREATE FUNCTION customer_data.segment_refresh_all(OUT segment text, OUT entered bigint, OUT departed bigint, OUT stayed bigint) RETURNS SETOF record
    LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 100 AS 'MODULE_PATHNAME', 'cd_segment_refresh_all';
COMMENT ON FUNCTION customer_data.segment_refresh_all() IS 'refreshes every segment, those before that others use in their rules';
CREATE FUNCTION customer_data.segment_members(name text, at timestamptz DEFAULT clock_timestamp(), OUT subject text, OUT since timestamptz) RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_segment_members';
COMMENT ON FUNCTION customer_data.segment_members(text, timestamptz) IS 'who is in a segment, or was at a time, and since when';
CREATE FUNCTION customer_data.segment_overlap(OUT segment_a text, OUT segment_b text, OUT size_a bigint, OUT size_b bigint, OUT shared bigint, OUT jaccard float8)
    RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'cd_segment_overlap';
COMMENT ON FUNCTION customer_data.segment_overlap() IS 'every pair of segments: sizes, subjects in both, and these as a share of those in either';
