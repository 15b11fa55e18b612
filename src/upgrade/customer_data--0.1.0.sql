\echo Use "CREATE EXTENSION customer_data" to load this file. \quit

-- src/customer_data.sql
-- The schema is the extension's own, so nobody can prepare objects in it beforehand.
CREATE SCHEMA customer_data;
COMMENT ON SCHEMA customer_data IS 'customer_data: segmentation, RFM, churn, lifetime value, consent and pseudonymization inside queries';
GRANT USAGE ON SCHEMA customer_data TO PUBLIC;

-- src/purchase/purchase.sql
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

-- src/purchase/purchase_book.sql
-- The purchase histories of all customers in one value. Three types, so that ids keep their type.
-- Stored without compression: it saves nothing on them, takes as long as building the book, and cannot be cancelled.

CREATE TYPE customer_data.purchase_book;
COMMENT ON TYPE customer_data.purchase_book IS 'purchase histories of all customers, bigint ids; mergeable';

CREATE FUNCTION customer_data.purchase_book_in(cstring) RETURNS customer_data.purchase_book
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_in';
COMMENT ON FUNCTION customer_data.purchase_book_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.purchase_book_out(customer_data.purchase_book) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_out';
COMMENT ON FUNCTION customer_data.purchase_book_out(customer_data.purchase_book) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.purchase_book_recv(internal) RETURNS customer_data.purchase_book
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_recv';
COMMENT ON FUNCTION customer_data.purchase_book_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.purchase_book_send(customer_data.purchase_book) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_send';
COMMENT ON FUNCTION customer_data.purchase_book_send(customer_data.purchase_book) IS 'binary output with a version byte';

CREATE TYPE customer_data.purchase_book (
    INPUT = customer_data.purchase_book_in, OUTPUT = customer_data.purchase_book_out, RECEIVE = customer_data.purchase_book_recv, SEND = customer_data.purchase_book_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.purchase_book_agg_accum(state customer_data.purchase_book, customer_id bigint, occurred_at timestamptz, amount float8) RETURNS customer_data.purchase_book
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_agg_accum_timestamptz_float8';
COMMENT ON FUNCTION customer_data.purchase_book_agg_accum(customer_data.purchase_book, bigint, timestamptz, float8) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_agg_accum(state customer_data.purchase_book, customer_id bigint, occurred_at timestamptz, amount numeric) RETURNS customer_data.purchase_book
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_agg_accum_timestamptz_numeric';
COMMENT ON FUNCTION customer_data.purchase_book_agg_accum(customer_data.purchase_book, bigint, timestamptz, numeric) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_agg_accum(state customer_data.purchase_book, customer_id bigint, occurred_on date, amount float8) RETURNS customer_data.purchase_book
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_agg_accum_date_float8';
COMMENT ON FUNCTION customer_data.purchase_book_agg_accum(customer_data.purchase_book, bigint, date, float8) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_agg_accum(state customer_data.purchase_book, customer_id bigint, occurred_on date, amount numeric) RETURNS customer_data.purchase_book
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_agg_accum_date_numeric';
COMMENT ON FUNCTION customer_data.purchase_book_agg_accum(customer_data.purchase_book, bigint, date, numeric) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_agg_combine(state customer_data.purchase_book, book customer_data.purchase_book) RETURNS customer_data.purchase_book
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_agg_combine';
COMMENT ON FUNCTION customer_data.purchase_book_agg_combine(customer_data.purchase_book, customer_data.purchase_book) IS 'merges two books; NULL counts as empty; combine function of rollup';
CREATE FUNCTION customer_data.purchase_book_agg_final(state customer_data.purchase_book) RETURNS customer_data.purchase_book
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_agg_final';
COMMENT ON FUNCTION customer_data.purchase_book_agg_final(customer_data.purchase_book) IS 'hands a book on without copying it; final function of purchase_book_agg and rollup';

CREATE AGGREGATE customer_data.purchase_book_agg(customer_id bigint, occurred_at timestamptz, amount float8) (
    SFUNC = customer_data.purchase_book_agg_accum, STYPE = customer_data.purchase_book, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(bigint, timestamptz, float8) IS 'histories of all customers from one row per purchase; amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_book_agg(customer_id bigint, occurred_at timestamptz, amount numeric) (
    SFUNC = customer_data.purchase_book_agg_accum, STYPE = customer_data.purchase_book, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(bigint, timestamptz, numeric) IS 'histories of all customers from one row per purchase; amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_book_agg(customer_id bigint, occurred_on date, amount float8) (
    SFUNC = customer_data.purchase_book_agg_accum, STYPE = customer_data.purchase_book, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(bigint, date, float8) IS 'histories of all customers from one row per purchase; a date is that UTC day, amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_book_agg(customer_id bigint, occurred_on date, amount numeric) (
    SFUNC = customer_data.purchase_book_agg_accum, STYPE = customer_data.purchase_book, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(bigint, date, numeric) IS 'histories of all customers from one row per purchase; a date is that UTC day, amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.rollup(book customer_data.purchase_book) (
    SFUNC = customer_data.purchase_book_agg_combine, STYPE = customer_data.purchase_book, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_agg_final, FINALFUNC_MODIFY = READ_ONLY, COMBINEFUNC = customer_data.purchase_book_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.purchase_book) IS 'merges stored books, for instance of days, shops or partitions';

CREATE FUNCTION customer_data.purchase_book_rows(book customer_data.purchase_book, OUT customer_id bigint, OUT summary customer_data.purchase_summary)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_purchase_book_rows';
COMMENT ON FUNCTION customer_data.purchase_book_rows(customer_data.purchase_book) IS 'one row per customer: the id and the purchase history';
CREATE FUNCTION customer_data.purchase_book_count(book customer_data.purchase_book) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_count';
COMMENT ON FUNCTION customer_data.purchase_book_count(customer_data.purchase_book) IS 'number of customers in the book';
CREATE FUNCTION customer_data.purchase_skipped(book customer_data.purchase_book) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_skipped';
COMMENT ON FUNCTION customer_data.purchase_skipped(customer_data.purchase_book) IS 'number of rows skipped because customer, time or amount was NULL';
CREATE FUNCTION customer_data.purchase_book_without(book customer_data.purchase_book, customer_id bigint) RETURNS customer_data.purchase_book
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_without';
COMMENT ON FUNCTION customer_data.purchase_book_without(customer_data.purchase_book, bigint) IS 'the book without one customer (erasure); unchanged if the customer is not in it';


CREATE TYPE customer_data.purchase_book_uuid;
COMMENT ON TYPE customer_data.purchase_book_uuid IS 'purchase histories of all customers, uuid ids; mergeable';

CREATE FUNCTION customer_data.purchase_book_uuid_in(cstring) RETURNS customer_data.purchase_book_uuid
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_in';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.purchase_book_uuid_out(customer_data.purchase_book_uuid) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_out';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_out(customer_data.purchase_book_uuid) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.purchase_book_uuid_recv(internal) RETURNS customer_data.purchase_book_uuid
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_recv';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.purchase_book_uuid_send(customer_data.purchase_book_uuid) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_send';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_send(customer_data.purchase_book_uuid) IS 'binary output with a version byte';

CREATE TYPE customer_data.purchase_book_uuid (
    INPUT = customer_data.purchase_book_uuid_in, OUTPUT = customer_data.purchase_book_uuid_out, RECEIVE = customer_data.purchase_book_uuid_recv, SEND = customer_data.purchase_book_uuid_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.purchase_book_uuid_agg_accum(state customer_data.purchase_book_uuid, customer_id uuid, occurred_at timestamptz, amount float8) RETURNS customer_data.purchase_book_uuid
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_agg_accum_timestamptz_float8';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_agg_accum(customer_data.purchase_book_uuid, uuid, timestamptz, float8) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_uuid_agg_accum(state customer_data.purchase_book_uuid, customer_id uuid, occurred_at timestamptz, amount numeric) RETURNS customer_data.purchase_book_uuid
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_agg_accum_timestamptz_numeric';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_agg_accum(customer_data.purchase_book_uuid, uuid, timestamptz, numeric) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_uuid_agg_accum(state customer_data.purchase_book_uuid, customer_id uuid, occurred_on date, amount float8) RETURNS customer_data.purchase_book_uuid
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_agg_accum_date_float8';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_agg_accum(customer_data.purchase_book_uuid, uuid, date, float8) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_uuid_agg_accum(state customer_data.purchase_book_uuid, customer_id uuid, occurred_on date, amount numeric) RETURNS customer_data.purchase_book_uuid
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_agg_accum_date_numeric';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_agg_accum(customer_data.purchase_book_uuid, uuid, date, numeric) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_uuid_agg_combine(state customer_data.purchase_book_uuid, book customer_data.purchase_book_uuid) RETURNS customer_data.purchase_book_uuid
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_agg_combine';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_agg_combine(customer_data.purchase_book_uuid, customer_data.purchase_book_uuid) IS 'merges two books; NULL counts as empty; combine function of rollup';
CREATE FUNCTION customer_data.purchase_book_uuid_agg_final(state customer_data.purchase_book_uuid) RETURNS customer_data.purchase_book_uuid
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_agg_final';
COMMENT ON FUNCTION customer_data.purchase_book_uuid_agg_final(customer_data.purchase_book_uuid) IS 'hands a book on without copying it; final function of purchase_book_agg and rollup';

CREATE AGGREGATE customer_data.purchase_book_agg(customer_id uuid, occurred_at timestamptz, amount float8) (
    SFUNC = customer_data.purchase_book_uuid_agg_accum, STYPE = customer_data.purchase_book_uuid, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_uuid_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(uuid, timestamptz, float8) IS 'histories of all customers from one row per purchase; amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_book_agg(customer_id uuid, occurred_at timestamptz, amount numeric) (
    SFUNC = customer_data.purchase_book_uuid_agg_accum, STYPE = customer_data.purchase_book_uuid, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_uuid_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(uuid, timestamptz, numeric) IS 'histories of all customers from one row per purchase; amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_book_agg(customer_id uuid, occurred_on date, amount float8) (
    SFUNC = customer_data.purchase_book_uuid_agg_accum, STYPE = customer_data.purchase_book_uuid, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_uuid_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(uuid, date, float8) IS 'histories of all customers from one row per purchase; a date is that UTC day, amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_book_agg(customer_id uuid, occurred_on date, amount numeric) (
    SFUNC = customer_data.purchase_book_uuid_agg_accum, STYPE = customer_data.purchase_book_uuid, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_uuid_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(uuid, date, numeric) IS 'histories of all customers from one row per purchase; a date is that UTC day, amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.rollup(book customer_data.purchase_book_uuid) (
    SFUNC = customer_data.purchase_book_uuid_agg_combine, STYPE = customer_data.purchase_book_uuid, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_uuid_agg_final, FINALFUNC_MODIFY = READ_ONLY, COMBINEFUNC = customer_data.purchase_book_uuid_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.purchase_book_uuid) IS 'merges stored books, for instance of days, shops or partitions';

CREATE FUNCTION customer_data.purchase_book_rows(book customer_data.purchase_book_uuid, OUT customer_id uuid, OUT summary customer_data.purchase_summary)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_rows';
COMMENT ON FUNCTION customer_data.purchase_book_rows(customer_data.purchase_book_uuid) IS 'one row per customer: the id and the purchase history';
CREATE FUNCTION customer_data.purchase_book_count(book customer_data.purchase_book_uuid) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_count';
COMMENT ON FUNCTION customer_data.purchase_book_count(customer_data.purchase_book_uuid) IS 'number of customers in the book';
CREATE FUNCTION customer_data.purchase_skipped(book customer_data.purchase_book_uuid) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_skipped';
COMMENT ON FUNCTION customer_data.purchase_skipped(customer_data.purchase_book_uuid) IS 'number of rows skipped because customer, time or amount was NULL';
CREATE FUNCTION customer_data.purchase_book_without(book customer_data.purchase_book_uuid, customer_id uuid) RETURNS customer_data.purchase_book_uuid
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_uuid_without';
COMMENT ON FUNCTION customer_data.purchase_book_without(customer_data.purchase_book_uuid, uuid) IS 'the book without one customer (erasure); unchanged if the customer is not in it';


CREATE TYPE customer_data.purchase_book_text;
COMMENT ON TYPE customer_data.purchase_book_text IS 'purchase histories of all customers, text ids, compared byte by byte; mergeable';

CREATE FUNCTION customer_data.purchase_book_text_in(cstring) RETURNS customer_data.purchase_book_text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_in';
COMMENT ON FUNCTION customer_data.purchase_book_text_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.purchase_book_text_out(customer_data.purchase_book_text) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_out';
COMMENT ON FUNCTION customer_data.purchase_book_text_out(customer_data.purchase_book_text) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.purchase_book_text_recv(internal) RETURNS customer_data.purchase_book_text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_recv';
COMMENT ON FUNCTION customer_data.purchase_book_text_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.purchase_book_text_send(customer_data.purchase_book_text) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_send';
COMMENT ON FUNCTION customer_data.purchase_book_text_send(customer_data.purchase_book_text) IS 'binary output with a version byte';

CREATE TYPE customer_data.purchase_book_text (
    INPUT = customer_data.purchase_book_text_in, OUTPUT = customer_data.purchase_book_text_out, RECEIVE = customer_data.purchase_book_text_recv, SEND = customer_data.purchase_book_text_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.purchase_book_text_agg_accum(state customer_data.purchase_book_text, customer_id text, occurred_at timestamptz, amount float8) RETURNS customer_data.purchase_book_text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_agg_accum_timestamptz_float8';
COMMENT ON FUNCTION customer_data.purchase_book_text_agg_accum(customer_data.purchase_book_text, text, timestamptz, float8) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_text_agg_accum(state customer_data.purchase_book_text, customer_id text, occurred_at timestamptz, amount numeric) RETURNS customer_data.purchase_book_text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_agg_accum_timestamptz_numeric';
COMMENT ON FUNCTION customer_data.purchase_book_text_agg_accum(customer_data.purchase_book_text, text, timestamptz, numeric) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_text_agg_accum(state customer_data.purchase_book_text, customer_id text, occurred_on date, amount float8) RETURNS customer_data.purchase_book_text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_agg_accum_date_float8';
COMMENT ON FUNCTION customer_data.purchase_book_text_agg_accum(customer_data.purchase_book_text, text, date, float8) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_text_agg_accum(state customer_data.purchase_book_text, customer_id text, occurred_on date, amount numeric) RETURNS customer_data.purchase_book_text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_agg_accum_date_numeric';
COMMENT ON FUNCTION customer_data.purchase_book_text_agg_accum(customer_data.purchase_book_text, text, date, numeric) IS 'adds one purchase to a book; transition of purchase_book_agg';
CREATE FUNCTION customer_data.purchase_book_text_agg_combine(state customer_data.purchase_book_text, book customer_data.purchase_book_text) RETURNS customer_data.purchase_book_text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_agg_combine';
COMMENT ON FUNCTION customer_data.purchase_book_text_agg_combine(customer_data.purchase_book_text, customer_data.purchase_book_text) IS 'merges two books; NULL counts as empty; combine function of rollup';
CREATE FUNCTION customer_data.purchase_book_text_agg_final(state customer_data.purchase_book_text) RETURNS customer_data.purchase_book_text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_agg_final';
COMMENT ON FUNCTION customer_data.purchase_book_text_agg_final(customer_data.purchase_book_text) IS 'hands a book on without copying it; final function of purchase_book_agg and rollup';

CREATE AGGREGATE customer_data.purchase_book_agg(customer_id text, occurred_at timestamptz, amount float8) (
    SFUNC = customer_data.purchase_book_text_agg_accum, STYPE = customer_data.purchase_book_text, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_text_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(text, timestamptz, float8) IS 'histories of all customers from one row per purchase; amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_book_agg(customer_id text, occurred_at timestamptz, amount numeric) (
    SFUNC = customer_data.purchase_book_text_agg_accum, STYPE = customer_data.purchase_book_text, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_text_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(text, timestamptz, numeric) IS 'histories of all customers from one row per purchase; amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_book_agg(customer_id text, occurred_on date, amount float8) (
    SFUNC = customer_data.purchase_book_text_agg_accum, STYPE = customer_data.purchase_book_text, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_text_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(text, date, float8) IS 'histories of all customers from one row per purchase; a date is that UTC day, amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.purchase_book_agg(customer_id text, occurred_on date, amount numeric) (
    SFUNC = customer_data.purchase_book_text_agg_accum, STYPE = customer_data.purchase_book_text, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_text_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.purchase_book_agg(text, date, numeric) IS 'histories of all customers from one row per purchase; a date is that UTC day, amount < 0 is a refund, NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.rollup(book customer_data.purchase_book_text) (
    SFUNC = customer_data.purchase_book_text_agg_combine, STYPE = customer_data.purchase_book_text, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_text_agg_final, FINALFUNC_MODIFY = READ_ONLY, COMBINEFUNC = customer_data.purchase_book_text_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.purchase_book_text) IS 'merges stored books, for instance of days, shops or partitions';

CREATE FUNCTION customer_data.purchase_book_rows(book customer_data.purchase_book_text, OUT customer_id text, OUT summary customer_data.purchase_summary)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_purchase_book_text_rows';
COMMENT ON FUNCTION customer_data.purchase_book_rows(customer_data.purchase_book_text) IS 'one row per customer: the id and the purchase history';
CREATE FUNCTION customer_data.purchase_book_count(book customer_data.purchase_book_text) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_count';
COMMENT ON FUNCTION customer_data.purchase_book_count(customer_data.purchase_book_text) IS 'number of customers in the book';
CREATE FUNCTION customer_data.purchase_skipped(book customer_data.purchase_book_text) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_skipped';
COMMENT ON FUNCTION customer_data.purchase_skipped(customer_data.purchase_book_text) IS 'number of rows skipped because customer, time or amount was NULL';
CREATE FUNCTION customer_data.purchase_book_without(book customer_data.purchase_book_text, customer_id text) RETURNS customer_data.purchase_book_text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_purchase_book_text_without';
COMMENT ON FUNCTION customer_data.purchase_book_without(customer_data.purchase_book_text, text) IS 'the book without one customer (erasure); unchanged if the customer is not in it';

-- src/purchase/purchase_simulation.sql
-- Purchases to try things on: the process that lifetime-value models assume.

CREATE FUNCTION customer_data.simulate_purchases(customers integer, seed bigint DEFAULT 0, days integer DEFAULT 730,
        OUT customer_id bigint, OUT occurred_at timestamptz, OUT amount numeric)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_simulate_purchases';
COMMENT ON FUNCTION customer_data.simulate_purchases(integer, bigint, integer) IS 'BG/NBD purchases with gamma-gamma spend, about ten a customer; bit-equal for a seed on every machine';

-- src/rfm/rfm.sql
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

-- src/rfm/rfm_segment.sql
-- Segments: ordered rules over scores of 5 bins, first match wins. 'classic' and 'r_rfm' are in code, a
-- user's own are rows of customer_store.rfm_segment_rule.

CREATE FUNCTION customer_data.rfm_segment(score customer_data.rfm_score) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_segment';
COMMENT ON FUNCTION customer_data.rfm_segment(customer_data.rfm_score) IS 'segment of a score of 5 bins by the ten classic segments';
CREATE FUNCTION customer_data.rfm_segment(score customer_data.rfm_score, rules text) RETURNS text
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_segment_rules';
COMMENT ON FUNCTION customer_data.rfm_segment(customer_data.rfm_score, text) IS 'segment of a score of 5 bins by a named rule set: classic, r_rfm, or rows of customer_store.rfm_segment_rule; Others if no rule matches';
CREATE FUNCTION customer_data.rfm_segment_rules(rules text DEFAULT 'classic',
        OUT rule_number integer, OUT segment text, OUT recency_low smallint, OUT recency_high smallint,
        OUT frequency_low smallint, OUT frequency_high smallint, OUT monetary_low smallint, OUT monetary_high smallint)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_rfm_segment_rules_rows';
COMMENT ON FUNCTION customer_data.rfm_segment_rules(text) IS 'the rules of a set in the order in which they are tried';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id bigint, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book, timestamptz, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book, timestamptz, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id bigint, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_date';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book, date, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_date';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book, date, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book_uuid, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id uuid, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_uuid_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book_uuid, timestamptz, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book_uuid, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_uuid_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book_uuid, timestamptz, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book_uuid, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id uuid, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_uuid_date';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book_uuid, date, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book_uuid, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_uuid_date';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book_uuid, date, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book_text, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id text, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_text_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book_text, timestamptz, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book_text, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_text_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book_text, timestamptz, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book_text, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id text, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_text_date';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book_text, date, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book_text, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_text_date';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book_text, date, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

-- src/rfm/rfm_setup.sql
-- The user's own rule sets are ordinary rows in customer_store: dumped, and never taken by DROP EXTENSION.

CREATE FUNCTION customer_data.rfm_setup() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'cd_rfm_setup';
COMMENT ON FUNCTION customer_data.rfm_setup() IS 'makes customer_store.rfm_segment_rule for own rule sets; harmless to repeat';
