-- Recency, frequency, monetary: scores, cut points, segments.

CREATE TYPE customer_data.rfm_score AS (recency smallint, frequency smallint, monetary smallint, code text);
COMMENT ON TYPE customer_data.rfm_score IS 'RFM score: 1 to bins in each dimension, the highest is best; code 543, with more than 9 bins 10-5-5';

-- Cut points as a value: small, storable, scores one row at a time.

CREATE TYPE customer_data.rfm_bins;
COMMENT ON TYPE customer_data.rfm_bins IS 'cut points of RFM classes, for scoring rows one by one';
CREATE FUNCTION customer_data.rfm_bins_in(cstring) RETURNS customer_data.rfm_bins
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_bins_in';
COMMENT ON FUNCTION customer_data.rfm_bins_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.rfm_bins_out(customer_data.rfm_bins) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_bins_out';
COMMENT ON FUNCTION customer_data.rfm_bins_out(customer_data.rfm_bins) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.rfm_bins_recv(internal) RETURNS customer_data.rfm_bins
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_bins_recv';
COMMENT ON FUNCTION customer_data.rfm_bins_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.rfm_bins_send(customer_data.rfm_bins) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_bins_send';
COMMENT ON FUNCTION customer_data.rfm_bins_send(customer_data.rfm_bins) IS 'binary output with a version byte';
CREATE TYPE customer_data.rfm_bins (
    INPUT = customer_data.rfm_bins_in, OUTPUT = customer_data.rfm_bins_out,
    RECEIVE = customer_data.rfm_bins_recv, SEND = customer_data.rfm_bins_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);

-- All values of the three dimensions, counted: exact cut points from parts.

CREATE TYPE customer_data.rfm_summary;
COMMENT ON TYPE customer_data.rfm_summary IS 'the distinct recency, frequency and monetary values of many customers with their counts; mergeable and exact';
CREATE FUNCTION customer_data.rfm_summary_in(cstring) RETURNS customer_data.rfm_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_summary_in';
COMMENT ON FUNCTION customer_data.rfm_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.rfm_summary_out(customer_data.rfm_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_summary_out';
COMMENT ON FUNCTION customer_data.rfm_summary_out(customer_data.rfm_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.rfm_summary_recv(internal) RETURNS customer_data.rfm_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_summary_recv';
COMMENT ON FUNCTION customer_data.rfm_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.rfm_summary_send(customer_data.rfm_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_summary_send';
COMMENT ON FUNCTION customer_data.rfm_summary_send(customer_data.rfm_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.rfm_summary (
    INPUT = customer_data.rfm_summary_in, OUTPUT = customer_data.rfm_summary_out,
    RECEIVE = customer_data.rfm_summary_recv, SEND = customer_data.rfm_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.rfm_agg_accum(state customer_data.rfm_summary, recency_days float8, frequency float8, monetary float8)
    RETURNS customer_data.rfm_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_agg_accum';
COMMENT ON FUNCTION customer_data.rfm_agg_accum(customer_data.rfm_summary, float8, float8, float8) IS 'adds one customer; transition of rfm_agg';
CREATE FUNCTION customer_data.rfm_agg_combine(state customer_data.rfm_summary, summary customer_data.rfm_summary)
    RETURNS customer_data.rfm_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_agg_combine';
COMMENT ON FUNCTION customer_data.rfm_agg_combine(customer_data.rfm_summary, customer_data.rfm_summary) IS 'merges two summaries; NULL counts as empty; combine function of rfm_agg and rollup';
CREATE FUNCTION customer_data.rfm_agg_final(state customer_data.rfm_summary) RETURNS customer_data.rfm_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_agg_final';
COMMENT ON FUNCTION customer_data.rfm_agg_final(customer_data.rfm_summary) IS 'hands a summary on without copying it; final function of rfm_agg and rollup';
CREATE AGGREGATE customer_data.rfm_agg(recency_days float8, frequency float8, monetary float8) (
    SFUNC = customer_data.rfm_agg_accum, STYPE = customer_data.rfm_summary, SSPACE = 65536,
    FINALFUNC = customer_data.rfm_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.rfm_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rfm_agg(float8, float8, float8) IS 'values of many customers, one row each; a row with a NULL is skipped and counted';
CREATE AGGREGATE customer_data.rollup(summary customer_data.rfm_summary) (
    SFUNC = customer_data.rfm_agg_combine, STYPE = customer_data.rfm_summary, SSPACE = 65536,
    FINALFUNC = customer_data.rfm_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.rfm_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.rfm_summary) IS 'merges stored summaries of disjoint sets of customers';
CREATE FUNCTION customer_data.rfm_customers(s customer_data.rfm_summary) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_customers';
COMMENT ON FUNCTION customer_data.rfm_customers(customer_data.rfm_summary) IS 'number of customers counted';
CREATE FUNCTION customer_data.rfm_skipped(s customer_data.rfm_summary) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_skipped';
COMMENT ON FUNCTION customer_data.rfm_skipped(customer_data.rfm_summary) IS 'number of rows skipped because a value was NULL';

CREATE FUNCTION customer_data.rfm_bins(s customer_data.rfm_summary, bins integer DEFAULT 5, method text DEFAULT 'dense')
    RETURNS customer_data.rfm_bins
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_bins_from_summary';
COMMENT ON FUNCTION customer_data.rfm_bins(customer_data.rfm_summary, integer, text) IS 'cut points by method dense (equal values score the same) or quantile (as the R package rfm); NULL for an empty summary';
CREATE FUNCTION customer_data.rfm_bins(recency_cuts float8[], frequency_cuts float8[], monetary_cuts float8[])
    RETURNS customer_data.rfm_bins
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_bins_from_cuts';
COMMENT ON FUNCTION customer_data.rfm_bins(float8[], float8[], float8[]) IS 'fixed cut points, ascending: a cut is the smallest value of its class';
CREATE FUNCTION customer_data.rfm_thresholds(b customer_data.rfm_bins,
        OUT dimension text, OUT score smallint, OUT low float8, OUT high float8)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 15 AS 'MODULE_PATHNAME', 'cd_rfm_thresholds';
COMMENT ON FUNCTION customer_data.rfm_thresholds(customer_data.rfm_bins) IS 'what a score means: low <= value < high; NULL where a class has no bound';

-- Scores: one row by stored cut points, or a whole result by a window.

CREATE FUNCTION customer_data.rfm_score(b customer_data.rfm_bins, recency_days float8, frequency float8, monetary float8)
    RETURNS customer_data.rfm_score
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_score_by_bins';
COMMENT ON FUNCTION customer_data.rfm_score(customer_data.rfm_bins, float8, float8, float8) IS 'score of one customer by stored cut points; for generated columns and triggers';
CREATE FUNCTION customer_data.rfm_score(recency_days float8, frequency float8, monetary float8, bins integer DEFAULT 5, method text DEFAULT 'dense')
    RETURNS customer_data.rfm_score
    LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_score_window_values';
COMMENT ON FUNCTION customer_data.rfm_score(float8, float8, float8, integer, text) IS 'score of each row within its window partition; NULL values get no score';
CREATE FUNCTION customer_data.rfm_score(s customer_data.purchase_summary, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense')
    RETURNS customer_data.rfm_score
    LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_score_window_summary_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_score(customer_data.purchase_summary, timestamptz, integer, text) IS 'score of each customer within the window partition: recency in UTC days at as_of, number of purchases, revenue';
CREATE FUNCTION customer_data.rfm_score(s customer_data.purchase_summary, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense')
    RETURNS customer_data.rfm_score
    LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_score_window_summary_date';
COMMENT ON FUNCTION customer_data.rfm_score(customer_data.purchase_summary, date, integer, text) IS 'score of each customer within the window partition: recency in UTC days at as_of, number of purchases, revenue';
