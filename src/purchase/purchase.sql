-- The purchase history of one customer as a value.

CREATE TYPE customer_data.purchase_summary;
COMMENT ON TYPE customer_data.purchase_summary IS 'purchase history of one customer: first and last time, purchases, distinct UTC days, revenue, refunds; mergeable';

CREATE FUNCTION customer_data.purchase_summary_in(cstring) RETURNS customer_data.purchase_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_summary_in';
COMMENT ON FUNCTION customer_data.purchase_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.purchase_summary_out(customer_data.purchase_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_summary_out';
COMMENT ON FUNCTION customer_data.purchase_summary_out(customer_data.purchase_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.purchase_summary_recv(internal) RETURNS customer_data.purchase_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_summary_recv';
COMMENT ON FUNCTION customer_data.purchase_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.purchase_summary_send(customer_data.purchase_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_summary_send';
COMMENT ON FUNCTION customer_data.purchase_summary_send(customer_data.purchase_summary) IS 'binary output with a version byte';

CREATE TYPE customer_data.purchase_summary (
    INPUT = customer_data.purchase_summary_in,
    OUTPUT = customer_data.purchase_summary_out,
    RECEIVE = customer_data.purchase_summary_recv,
    SEND = customer_data.purchase_summary_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);

-- Support functions of the aggregates. An amount of numeric is read from its digits, a date is that UTC day.

CREATE FUNCTION customer_data.purchase_agg_accum(state customer_data.purchase_summary, occurred_at timestamptz, amount float8)
    RETURNS customer_data.purchase_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_agg_accum_timestamptz_float8';
COMMENT ON FUNCTION customer_data.purchase_agg_accum(customer_data.purchase_summary, timestamptz, float8) IS 'adds one purchase to a summary; transition of purchase_agg';
CREATE FUNCTION customer_data.purchase_agg_accum(state customer_data.purchase_summary, occurred_at timestamptz, amount numeric)
    RETURNS customer_data.purchase_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_agg_accum_timestamptz_numeric';
COMMENT ON FUNCTION customer_data.purchase_agg_accum(customer_data.purchase_summary, timestamptz, numeric) IS 'adds one purchase to a summary; transition of purchase_agg';
CREATE FUNCTION customer_data.purchase_agg_accum(state customer_data.purchase_summary, occurred_on date, amount float8)
    RETURNS customer_data.purchase_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_agg_accum_date_float8';
COMMENT ON FUNCTION customer_data.purchase_agg_accum(customer_data.purchase_summary, date, float8) IS 'adds one purchase to a summary; transition of purchase_agg';
CREATE FUNCTION customer_data.purchase_agg_accum(state customer_data.purchase_summary, occurred_on date, amount numeric)
    RETURNS customer_data.purchase_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_agg_accum_date_numeric';
COMMENT ON FUNCTION customer_data.purchase_agg_accum(customer_data.purchase_summary, date, numeric) IS 'adds one purchase to a summary; transition of purchase_agg';
CREATE FUNCTION customer_data.purchase_agg_combine(state customer_data.purchase_summary, summary customer_data.purchase_summary)
    RETURNS customer_data.purchase_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_agg_combine';
COMMENT ON FUNCTION customer_data.purchase_agg_combine(customer_data.purchase_summary, customer_data.purchase_summary) IS 'merges two summaries; NULL counts as empty; combine function of purchase_agg and rollup';
CREATE FUNCTION customer_data.purchase_agg_final(state customer_data.purchase_summary)
    RETURNS customer_data.purchase_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_agg_final';
COMMENT ON FUNCTION customer_data.purchase_agg_final(customer_data.purchase_summary) IS 'packs a working state into its compact stored form; final function of purchase_agg and rollup';

CREATE AGGREGATE customer_data.purchase_agg(occurred_at timestamptz, amount float8) (
    SFUNC = customer_data.purchase_agg_accum, STYPE = customer_data.purchase_summary, SSPACE = 144,
    FINALFUNC = customer_data.purchase_agg_final, COMBINEFUNC = customer_data.purchase_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_agg(timestamptz, float8) IS 'purchase history from one row per purchase; amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_agg(occurred_at timestamptz, amount numeric) (
    SFUNC = customer_data.purchase_agg_accum, STYPE = customer_data.purchase_summary, SSPACE = 144,
    FINALFUNC = customer_data.purchase_agg_final, COMBINEFUNC = customer_data.purchase_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_agg(timestamptz, numeric) IS 'purchase history from one row per purchase; amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_agg(occurred_on date, amount float8) (
    SFUNC = customer_data.purchase_agg_accum, STYPE = customer_data.purchase_summary, SSPACE = 144,
    FINALFUNC = customer_data.purchase_agg_final, COMBINEFUNC = customer_data.purchase_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_agg(date, float8) IS 'purchase history from one row per purchase; a date is that UTC day, amount < 0 a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_agg(occurred_on date, amount numeric) (
    SFUNC = customer_data.purchase_agg_accum, STYPE = customer_data.purchase_summary, SSPACE = 144,
    FINALFUNC = customer_data.purchase_agg_final, COMBINEFUNC = customer_data.purchase_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_agg(date, numeric) IS 'purchase history from one row per purchase; a date is that UTC day, amount < 0 a refund, NULL rows are skipped and counted';

CREATE AGGREGATE customer_data.rollup(summary customer_data.purchase_summary) (
    SFUNC = customer_data.purchase_agg_combine, STYPE = customer_data.purchase_summary, SSPACE = 144,
    FINALFUNC = customer_data.purchase_agg_final, COMBINEFUNC = customer_data.purchase_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.purchase_summary) IS 'merges stored summaries of one customer, for instance of days or partitions';

CREATE FUNCTION customer_data.purchase_summary_add(customer_data.purchase_summary, customer_data.purchase_summary)
    RETURNS customer_data.purchase_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_summary_add';
COMMENT ON FUNCTION customer_data.purchase_summary_add(customer_data.purchase_summary, customer_data.purchase_summary) IS 'merges two summaries of one customer; the function of the operator +';
CREATE OPERATOR customer_data.+ (
    LEFTARG = customer_data.purchase_summary, RIGHTARG = customer_data.purchase_summary,
    FUNCTION = customer_data.purchase_summary_add, COMMUTATOR = OPERATOR(customer_data.+));
COMMENT ON OPERATOR customer_data.+ (customer_data.purchase_summary, customer_data.purchase_summary) IS 'merges two summaries of one customer';

-- Accessors, summary first.

CREATE FUNCTION customer_data.purchase_first(s customer_data.purchase_summary) RETURNS timestamptz
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_first';
COMMENT ON FUNCTION customer_data.purchase_first(customer_data.purchase_summary) IS 'time of the first purchase; NULL without a purchase';
CREATE FUNCTION customer_data.purchase_last(s customer_data.purchase_summary) RETURNS timestamptz
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_last';
COMMENT ON FUNCTION customer_data.purchase_last(customer_data.purchase_summary) IS 'time of the last purchase; NULL without a purchase';
CREATE FUNCTION customer_data.purchase_count(s customer_data.purchase_summary) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_count';
COMMENT ON FUNCTION customer_data.purchase_count(customer_data.purchase_summary) IS 'number of purchases, refunds not counted';
CREATE FUNCTION customer_data.purchase_days(s customer_data.purchase_summary) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_days';
COMMENT ON FUNCTION customer_data.purchase_days(customer_data.purchase_summary) IS 'number of distinct UTC days with a purchase';
CREATE FUNCTION customer_data.purchase_skipped(s customer_data.purchase_summary) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_skipped';
COMMENT ON FUNCTION customer_data.purchase_skipped(customer_data.purchase_summary) IS 'number of rows skipped because time or amount was NULL';
CREATE FUNCTION customer_data.purchase_revenue(s customer_data.purchase_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_revenue';
COMMENT ON FUNCTION customer_data.purchase_revenue(customer_data.purchase_summary) IS 'sum of all amounts, refunds subtracted; NULL without a purchase or refund';
CREATE FUNCTION customer_data.purchase_refunds(s customer_data.purchase_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_refunds';
COMMENT ON FUNCTION customer_data.purchase_refunds(customer_data.purchase_summary) IS 'sum of the refunded amounts as a positive number, 0 if there was none; NULL without a purchase or refund';
CREATE FUNCTION customer_data.purchase_average(s customer_data.purchase_summary, per text DEFAULT 'purchase') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_average';
COMMENT ON FUNCTION customer_data.purchase_average(customer_data.purchase_summary, text) IS 'average amount per purchase or day (refunds subtracted), or per repeat_day (purchases after the first day only); NULL if there is none';
CREATE FUNCTION customer_data.purchase_recency_days(s customer_data.purchase_summary, as_of timestamptz) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_recency_days_timestamptz';
COMMENT ON FUNCTION customer_data.purchase_recency_days(customer_data.purchase_summary, timestamptz) IS 'UTC day of as_of minus UTC day of the last purchase; NULL without a purchase';
CREATE FUNCTION customer_data.purchase_recency_days(s customer_data.purchase_summary, as_of date) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_recency_days_date';
COMMENT ON FUNCTION customer_data.purchase_recency_days(customer_data.purchase_summary, date) IS 'day as_of minus UTC day of the last purchase; NULL without a purchase';

CREATE TYPE customer_data.purchase_repeat AS (x float8, t_x float8, t float8);
COMMENT ON TYPE customer_data.purchase_repeat IS 'input of buy-till-you-die models: x repeat days, t_x from first to last, t from first to as_of, in units';
CREATE FUNCTION customer_data.purchase_repeat(s customer_data.purchase_summary, as_of timestamptz, unit interval DEFAULT '1 day')
    RETURNS customer_data.purchase_repeat
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_repeat_timestamptz';
COMMENT ON FUNCTION customer_data.purchase_repeat(customer_data.purchase_summary, timestamptz, interval) IS 'x, t_x and t of buy-till-you-die models by UTC days up to and with the day of as_of; NULL if there is none';
CREATE FUNCTION customer_data.purchase_repeat(s customer_data.purchase_summary, as_of date, unit interval DEFAULT '1 day')
    RETURNS customer_data.purchase_repeat
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_repeat_date';
COMMENT ON FUNCTION customer_data.purchase_repeat(customer_data.purchase_summary, date, interval) IS 'x, t_x and t of buy-till-you-die models by UTC days up to and with as_of; NULL if there is none';

CREATE FUNCTION customer_data.purchase_summary_to_jsonb(s customer_data.purchase_summary) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_summary_to_jsonb';
COMMENT ON FUNCTION customer_data.purchase_summary_to_jsonb(customer_data.purchase_summary) IS 'a summary for reading: its figures and purchase days; the function of the cast to jsonb';
CREATE CAST (customer_data.purchase_summary AS jsonb) WITH FUNCTION customer_data.purchase_summary_to_jsonb(customer_data.purchase_summary);
COMMENT ON CAST (customer_data.purchase_summary AS jsonb) IS 'a summary for reading';
