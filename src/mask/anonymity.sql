-- How well rows hide among each other: k-anonymity, l-diversity and t-closeness.

CREATE TYPE customer_data.anonymity_summary;
COMMENT ON TYPE customer_data.anonymity_summary IS 'classes of rows with equal quasi-identifiers, and counts of the sensitive values in each; mergeable and exact. It holds these values of persons as they are: grant it like the table';
CREATE FUNCTION customer_data.anonymity_summary_in(cstring) RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_in';
COMMENT ON FUNCTION customer_data.anonymity_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.anonymity_summary_out(customer_data.anonymity_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_out';
COMMENT ON FUNCTION customer_data.anonymity_summary_out(customer_data.anonymity_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.anonymity_summary_recv(internal) RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_recv';
COMMENT ON FUNCTION customer_data.anonymity_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.anonymity_summary_send(customer_data.anonymity_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_send';
COMMENT ON FUNCTION customer_data.anonymity_summary_send(customer_data.anonymity_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.anonymity_summary (
    INPUT = customer_data.anonymity_summary_in, OUTPUT = customer_data.anonymity_summary_out,
    RECEIVE = customer_data.anonymity_summary_recv, SEND = customer_data.anonymity_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.anonymity_agg_accum(state customer_data.anonymity_summary, sensitive text, VARIADIC quasi_identifiers text[])
    RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_agg_accum';
COMMENT ON FUNCTION customer_data.anonymity_agg_accum(customer_data.anonymity_summary, text, text[]) IS 'adds one row; transition of anonymity_agg';
CREATE FUNCTION customer_data.anonymity_agg_combine(state customer_data.anonymity_summary, summary customer_data.anonymity_summary)
    RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_agg_combine';
COMMENT ON FUNCTION customer_data.anonymity_agg_combine(customer_data.anonymity_summary, customer_data.anonymity_summary) IS 'merges two summaries; NULL counts as empty; combine function of anonymity_agg and rollup';
CREATE FUNCTION customer_data.anonymity_agg_final(state customer_data.anonymity_summary) RETURNS customer_data.anonymity_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_agg_final';
COMMENT ON FUNCTION customer_data.anonymity_agg_final(customer_data.anonymity_summary) IS 'hands a summary on without copying it; final function of anonymity_agg and rollup';
CREATE AGGREGATE customer_data.anonymity_agg(sensitive text, VARIADIC quasi_identifiers text[]) (
    SFUNC = customer_data.anonymity_agg_accum, STYPE = customer_data.anonymity_summary, SSPACE = 65536,
    FINALFUNC = customer_data.anonymity_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.anonymity_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.anonymity_agg(text, text[]) IS 'rows by what is sensitive and by what somebody could know of a person; NULL is a value of its own in both';
CREATE AGGREGATE customer_data.rollup(summary customer_data.anonymity_summary) (
    SFUNC = customer_data.anonymity_agg_combine, STYPE = customer_data.anonymity_summary, SSPACE = 65536,
    FINALFUNC = customer_data.anonymity_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.anonymity_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.anonymity_summary) IS 'merges stored summaries of disjoint sets of rows';

CREATE FUNCTION customer_data.k_anonymity(s customer_data.anonymity_summary) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_k_anonymity';
COMMENT ON FUNCTION customer_data.k_anonymity(customer_data.anonymity_summary) IS 'rows of the smallest class: nobody is told from fewer than so many; NULL without rows';
CREATE FUNCTION customer_data.l_diversity(s customer_data.anonymity_summary, kind text DEFAULT 'distinct') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_l_diversity';
COMMENT ON FUNCTION customer_data.l_diversity(customer_data.anonymity_summary, text) IS 'sensitive values of the class that has least of them: distinct, or exp of the entropy; NULL without rows';
CREATE FUNCTION customer_data.t_closeness(s customer_data.anonymity_summary, distance text DEFAULT 'equal') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_t_closeness';
COMMENT ON FUNCTION customer_data.t_closeness(customer_data.anonymity_summary, text) IS 'largest earth mover''s distance between the sensitive values of a class and those of all rows: values equally far from each other, or ordered as number or as text; NULL without rows';
CREATE FUNCTION customer_data.uniqueness(s customer_data.anonymity_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_uniqueness';
COMMENT ON FUNCTION customer_data.uniqueness(customer_data.anonymity_summary) IS 'share of the rows that are alone in their class; NULL without rows';
CREATE FUNCTION customer_data.anonymity_groups(s customer_data.anonymity_summary, groups bigint DEFAULT 10, at_most bigint DEFAULT 9223372036854775807,
        OUT quasi_identifiers text[], OUT rows bigint, OUT sensitive_values bigint, OUT l_entropy float8, OUT t float8)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_anonymity_groups';
COMMENT ON FUNCTION customer_data.anonymity_groups(customer_data.anonymity_summary, bigint, bigint) IS 'the smallest classes with their quasi-identifiers, those of at most so many rows; t with equal distances';
CREATE FUNCTION customer_data.summary(s customer_data.anonymity_summary,
        OUT rows bigint, OUT classes bigint, OUT quasi_identifiers integer, OUT sensitive_values bigint,
        OUT k bigint, OUT l_distinct bigint, OUT l_entropy float8, OUT t float8, OUT uniqueness float8) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_anonymity_summary_describe';
COMMENT ON FUNCTION customer_data.summary(customer_data.anonymity_summary) IS 'all measures of an anonymity_summary together, t with equal distances';
