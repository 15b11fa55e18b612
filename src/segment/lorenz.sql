-- How unevenly a total is spread over customers: Lorenz curve and Gini coefficient.

CREATE TYPE customer_data.lorenz_summary;
COMMENT ON TYPE customer_data.lorenz_summary IS 'the distinct values of a column with their counts; mergeable and exact';
CREATE FUNCTION customer_data.lorenz_summary_in(cstring) RETURNS customer_data.lorenz_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_summary_in';
COMMENT ON FUNCTION customer_data.lorenz_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.lorenz_summary_out(customer_data.lorenz_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_summary_out';
COMMENT ON FUNCTION customer_data.lorenz_summary_out(customer_data.lorenz_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.lorenz_summary_recv(internal) RETURNS customer_data.lorenz_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_summary_recv';
COMMENT ON FUNCTION customer_data.lorenz_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.lorenz_summary_send(customer_data.lorenz_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_summary_send';
COMMENT ON FUNCTION customer_data.lorenz_summary_send(customer_data.lorenz_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.lorenz_summary (
    INPUT = customer_data.lorenz_summary_in, OUTPUT = customer_data.lorenz_summary_out,
    RECEIVE = customer_data.lorenz_summary_recv, SEND = customer_data.lorenz_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.lorenz_agg_accum(state customer_data.lorenz_summary, value float8) RETURNS customer_data.lorenz_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_agg_accum_float8';
COMMENT ON FUNCTION customer_data.lorenz_agg_accum(customer_data.lorenz_summary, float8) IS 'adds one value; transition of lorenz_agg and gini_agg';
CREATE FUNCTION customer_data.lorenz_agg_accum(state customer_data.lorenz_summary, value numeric) RETURNS customer_data.lorenz_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_agg_accum_numeric';
COMMENT ON FUNCTION customer_data.lorenz_agg_accum(customer_data.lorenz_summary, numeric) IS 'adds one value; transition of lorenz_agg and gini_agg';
CREATE FUNCTION customer_data.lorenz_agg_combine(state customer_data.lorenz_summary, summary customer_data.lorenz_summary)
    RETURNS customer_data.lorenz_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_agg_combine';
COMMENT ON FUNCTION customer_data.lorenz_agg_combine(customer_data.lorenz_summary, customer_data.lorenz_summary) IS 'merges two summaries; NULL counts as empty; combine function of lorenz_agg, gini_agg and rollup';
CREATE FUNCTION customer_data.lorenz_agg_final(state customer_data.lorenz_summary) RETURNS customer_data.lorenz_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_agg_final';
COMMENT ON FUNCTION customer_data.lorenz_agg_final(customer_data.lorenz_summary) IS 'hands a summary on without copying it; final function of lorenz_agg and rollup';
CREATE AGGREGATE customer_data.lorenz_agg(value float8) (
    SFUNC = customer_data.lorenz_agg_accum, STYPE = customer_data.lorenz_summary, SSPACE = 65536,
    FINALFUNC = customer_data.lorenz_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.lorenz_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.lorenz_agg(float8) IS 'values that are shares of a total, one row each; NULL is skipped and counted';
CREATE AGGREGATE customer_data.lorenz_agg(value numeric) (
    SFUNC = customer_data.lorenz_agg_accum, STYPE = customer_data.lorenz_summary, SSPACE = 65536,
    FINALFUNC = customer_data.lorenz_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.lorenz_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.lorenz_agg(numeric) IS 'values that are shares of a total, one row each; NULL is skipped and counted';
CREATE AGGREGATE customer_data.rollup(summary customer_data.lorenz_summary) (
    SFUNC = customer_data.lorenz_agg_combine, STYPE = customer_data.lorenz_summary, SSPACE = 65536,
    FINALFUNC = customer_data.lorenz_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.lorenz_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.lorenz_summary) IS 'merges stored summaries of disjoint sets of rows';

CREATE FUNCTION customer_data.lorenz_count(s customer_data.lorenz_summary) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_count';
COMMENT ON FUNCTION customer_data.lorenz_count(customer_data.lorenz_summary) IS 'number of values counted';
CREATE FUNCTION customer_data.lorenz_skipped(s customer_data.lorenz_summary) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_skipped';
COMMENT ON FUNCTION customer_data.lorenz_skipped(customer_data.lorenz_summary) IS 'number of rows skipped because the value was NULL';
CREATE FUNCTION customer_data.lorenz_gini(s customer_data.lorenz_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_gini';
COMMENT ON FUNCTION customer_data.lorenz_gini(customer_data.lorenz_summary) IS 'Gini coefficient of the population: 0 if all are equal, (n - 1) / n if one has all; NULL without a value above 0';
CREATE FUNCTION customer_data.lorenz_top_share(s customer_data.lorenz_summary, population_share float8 DEFAULT 0.2) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_top_share';
COMMENT ON FUNCTION customer_data.lorenz_top_share(customer_data.lorenz_summary, float8) IS 'share of the total that the largest values have, by default the largest fifth; NULL without a value above 0';
CREATE FUNCTION customer_data.lorenz(s customer_data.lorenz_summary, points integer DEFAULT 100,
        OUT population_share float8, OUT value_share float8)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 101 AS 'MODULE_PATHNAME', 'cd_lorenz';
COMMENT ON FUNCTION customer_data.lorenz(customer_data.lorenz_summary, integer) IS 'Lorenz curve from (0, 0) to (1, 1) in equal steps: share of the total that the smallest values have; no rows without a value above 0';

CREATE FUNCTION customer_data.gini_agg_final(state customer_data.lorenz_summary) RETURNS float8
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lorenz_gini';
COMMENT ON FUNCTION customer_data.gini_agg_final(customer_data.lorenz_summary) IS 'final function of gini_agg';
CREATE AGGREGATE customer_data.gini_agg(value float8) (
    SFUNC = customer_data.lorenz_agg_accum, STYPE = customer_data.lorenz_summary, SSPACE = 65536,
    FINALFUNC = customer_data.gini_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.lorenz_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.gini_agg(float8) IS 'Gini coefficient of the population: 0 if all are equal, (n - 1) / n if one has all; NULL values are skipped';
CREATE AGGREGATE customer_data.gini_agg(value numeric) (
    SFUNC = customer_data.lorenz_agg_accum, STYPE = customer_data.lorenz_summary, SSPACE = 65536,
    FINALFUNC = customer_data.gini_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.lorenz_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.gini_agg(numeric) IS 'Gini coefficient of the population: 0 if all are equal, (n - 1) / n if one has all; NULL values are skipped';
