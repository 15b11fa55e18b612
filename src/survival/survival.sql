-- When customers leave: counts of durations, known and not yet known, as a value, and what they say.

CREATE TYPE customer_data.survival_summary;
COMMENT ON TYPE customer_data.survival_summary IS 'how long customers stayed, as far as it is known: distinct durations with their counts of events, censored rows and late entries; mergeable and exact';
CREATE FUNCTION customer_data.survival_summary_in(cstring) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_summary_in';
COMMENT ON FUNCTION customer_data.survival_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.survival_summary_out(customer_data.survival_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_summary_out';
COMMENT ON FUNCTION customer_data.survival_summary_out(customer_data.survival_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.survival_summary_recv(internal) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_summary_recv';
COMMENT ON FUNCTION customer_data.survival_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.survival_summary_send(customer_data.survival_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_summary_send';
COMMENT ON FUNCTION customer_data.survival_summary_send(customer_data.survival_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.survival_summary (
    INPUT = customer_data.survival_summary_in, OUTPUT = customer_data.survival_summary_out,
    RECEIVE = customer_data.survival_summary_recv, SEND = customer_data.survival_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.survival_agg_accum(state customer_data.survival_summary, duration float8, event boolean) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_agg_accum';
COMMENT ON FUNCTION customer_data.survival_agg_accum(customer_data.survival_summary, float8, boolean) IS 'adds one customer; transition of survival_agg';
CREATE FUNCTION customer_data.survival_agg_accum(state customer_data.survival_summary, duration float8, event boolean, entry float8) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_agg_accum';
COMMENT ON FUNCTION customer_data.survival_agg_accum(customer_data.survival_summary, float8, boolean, float8) IS 'adds one customer; transition of survival_agg';
CREATE FUNCTION customer_data.survival_agg_combine(state customer_data.survival_summary, summary customer_data.survival_summary)
    RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_agg_combine';
COMMENT ON FUNCTION customer_data.survival_agg_combine(customer_data.survival_summary, customer_data.survival_summary) IS 'merges two summaries; NULL counts as empty; combine function of survival_agg and rollup';
CREATE FUNCTION customer_data.survival_agg_final(state customer_data.survival_summary) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_agg_final';
COMMENT ON FUNCTION customer_data.survival_agg_final(customer_data.survival_summary) IS 'hands a summary on without copying it; final function of survival_agg and rollup';
CREATE AGGREGATE customer_data.survival_agg(duration float8, event boolean) (
    SFUNC = customer_data.survival_agg_accum, STYPE = customer_data.survival_summary, SSPACE = 65536,
    FINALFUNC = customer_data.survival_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.survival_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.survival_agg(float8, boolean) IS 'one row per customer: how long, and whether that ended (true) or goes on (false, censored); NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.survival_agg(duration float8, event boolean, entry float8) (
    SFUNC = customer_data.survival_agg_accum, STYPE = customer_data.survival_summary, SSPACE = 65536,
    FINALFUNC = customer_data.survival_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.survival_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.survival_agg(float8, boolean, float8) IS 'the same, with the age at which a customer was first seen (left truncation), 0 for those seen from the beginning';
CREATE AGGREGATE customer_data.rollup(summary customer_data.survival_summary) (
    SFUNC = customer_data.survival_agg_combine, STYPE = customer_data.survival_summary, SSPACE = 65536,
    FINALFUNC = customer_data.survival_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.survival_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.survival_summary) IS 'merges stored summaries of disjoint sets of customers';

CREATE FUNCTION customer_data.survival_curve(s customer_data.survival_summary, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT "time" float8, OUT at_risk bigint, OUT events bigint, OUT censored bigint, OUT survival float8, OUT std_error float8, OUT low float8, OUT high float8,
    OUT cumulative_hazard float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'cd_survival_curve';
COMMENT ON FUNCTION customer_data.survival_curve(customer_data.survival_summary, float8, text) IS 'share of customers who are still there after each time (Kaplan-Meier) with standard error (Greenwood) and interval (log-log, log or plain), and the cumulative hazard (Nelson-Aalen)';
CREATE FUNCTION customer_data.survival_at(s customer_data.survival_summary, duration float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_at';
COMMENT ON FUNCTION customer_data.survival_at(customer_data.survival_summary, float8) IS 'share of customers who are still there after this duration; NULL beyond the longest one, unless nobody is left';
CREATE FUNCTION customer_data.survival_at_interval(s customer_data.survival_summary, duration float8, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT survival float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_at_interval';
COMMENT ON FUNCTION customer_data.survival_at_interval(customer_data.survival_summary, float8, float8, text) IS 'survival_at with standard error and interval';
CREATE FUNCTION customer_data.survival_median(s customer_data.survival_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_median';
COMMENT ON FUNCTION customer_data.survival_median(customer_data.survival_summary) IS 'duration after which half of the customers have departed; NULL if that is not seen';
CREATE FUNCTION customer_data.survival_median_interval(s customer_data.survival_summary, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT median float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_median_interval';
COMMENT ON FUNCTION customer_data.survival_median_interval(customer_data.survival_summary, float8, text) IS 'survival_median with its interval (Brookmeyer and Crowley); NULL for an end that is not seen';
CREATE FUNCTION customer_data.survival_quantile(s customer_data.survival_summary, probability float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_quantile';
COMMENT ON FUNCTION customer_data.survival_quantile(customer_data.survival_summary, float8) IS 'duration after which this share of the customers has departed; NULL if that is not seen';
CREATE FUNCTION customer_data.survival_quantile_interval(s customer_data.survival_summary, probability float8, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT quantile float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_quantile_interval';
COMMENT ON FUNCTION customer_data.survival_quantile_interval(customer_data.survival_summary, float8, float8, text) IS 'survival_quantile with its interval (Brookmeyer and Crowley); NULL for an end that is not seen';
CREATE FUNCTION customer_data.survival_rmst(s customer_data.survival_summary, horizon float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_rmst';
COMMENT ON FUNCTION customer_data.survival_rmst(customer_data.survival_summary, float8) IS 'mean duration up to a horizon (restricted mean survival time), for instance customer months within the first year; NULL beyond the longest duration, unless nobody is left';
CREATE FUNCTION customer_data.survival_rmst_interval(s customer_data.survival_summary, horizon float8, confidence float8 DEFAULT 0.95,
    OUT mean float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_rmst_interval';
COMMENT ON FUNCTION customer_data.survival_rmst_interval(customer_data.survival_summary, float8, float8) IS 'survival_rmst with standard error and interval';
CREATE FUNCTION customer_data.summary(s customer_data.survival_summary, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT rows bigint, OUT skipped bigint, OUT events bigint, OUT censored bigint, OUT late_entries bigint, OUT median float8, OUT low float8, OUT high float8, OUT longest float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_describe';
COMMENT ON FUNCTION customer_data.summary(customer_data.survival_summary, float8, text) IS 'a survival_summary in one row: its rows, the median with its interval, and the longest duration';

CREATE FUNCTION customer_data.logrank(summaries customer_data.survival_summary[], rho float8 DEFAULT 0,
    OUT groups integer, OUT rows bigint, OUT events bigint, OUT chi_square float8, OUT degrees_of_freedom integer, OUT p_value float8, OUT log10_p float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_logrank';
COMMENT ON FUNCTION customer_data.logrank(customer_data.survival_summary[], float8) IS 'whether groups of customers stay equally long: log-rank test, with rho => 1 that of Peto and Peto, which looks more at the early times; log10_p where p_value is below every number';
CREATE FUNCTION customer_data.logrank_table(group_names text[], summaries customer_data.survival_summary[], rho float8 DEFAULT 0,
    OUT group_name text, OUT rows bigint, OUT events bigint, OUT observed float8, OUT expected float8, OUT ratio float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_logrank_table';
COMMENT ON FUNCTION customer_data.logrank_table(text[], customer_data.survival_summary[], float8) IS 'what the log-rank test compares: events of each group, those expected if groups did not matter, and their ratio';
