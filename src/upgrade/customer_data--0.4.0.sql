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

-- src/dataset/dataset.sql
-- The design matrix that models are fitted from: named columns, numeric or categorical, with missing values.
-- Stored without compression: numbers save little by it, and it cannot be cancelled.

CREATE TYPE customer_data.dataset;
COMMENT ON TYPE customer_data.dataset IS 'rows of a query as features for a model: named columns, numeric or categorical, missing values kept';

CREATE FUNCTION customer_data.dataset_in(cstring) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_in';
COMMENT ON FUNCTION customer_data.dataset_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.dataset_out(customer_data.dataset) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_out';
COMMENT ON FUNCTION customer_data.dataset_out(customer_data.dataset) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.dataset_recv(internal) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_recv';
COMMENT ON FUNCTION customer_data.dataset_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.dataset_send(customer_data.dataset) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_send';
COMMENT ON FUNCTION customer_data.dataset_send(customer_data.dataset) IS 'binary output with a version byte';

CREATE TYPE customer_data.dataset (
    INPUT = customer_data.dataset_in, OUTPUT = customer_data.dataset_out, RECEIVE = customer_data.dataset_recv, SEND = customer_data.dataset_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

-- Rows are gathered, not summed up, so dataset_agg is not parallel: workers would hand over all they gathered, at 2.6 times
-- the work and three times the memory. The scan below it may be.

CREATE FUNCTION customer_data.dataset_agg_accum(state customer_data.dataset, features record) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_row';
COMMENT ON FUNCTION customer_data.dataset_agg_accum(customer_data.dataset, record) IS 'adds one row to a dataset; transition of dataset_agg';
CREATE FUNCTION customer_data.dataset_agg_accum(state customer_data.dataset, features record, label text) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_row';
COMMENT ON FUNCTION customer_data.dataset_agg_accum(customer_data.dataset, record, text) IS 'adds one row to a dataset; transition of dataset_agg';
CREATE FUNCTION customer_data.dataset_agg_accum(state customer_data.dataset, features record, label text, weight text, ignore text[]) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_row';
COMMENT ON FUNCTION customer_data.dataset_agg_accum(customer_data.dataset, record, text, text, text[]) IS 'adds one row to a dataset; transition of dataset_agg';
CREATE FUNCTION customer_data.dataset_agg_accum(state customer_data.dataset, features record, label text, weight text, ignore text[], customer text) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_row';
COMMENT ON FUNCTION customer_data.dataset_agg_accum(customer_data.dataset, record, text, text, text[], text) IS 'adds one row to a dataset; transition of dataset_agg';
CREATE FUNCTION customer_data.dataset_agg_accum(state customer_data.dataset, features float8[]) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_array';
COMMENT ON FUNCTION customer_data.dataset_agg_accum(customer_data.dataset, float8[]) IS 'adds one row to a dataset; transition of dataset_agg';
CREATE FUNCTION customer_data.dataset_agg_accum(state customer_data.dataset, label float8, features float8[]) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_array';
COMMENT ON FUNCTION customer_data.dataset_agg_accum(customer_data.dataset, float8, float8[]) IS 'adds one row to a dataset; transition of dataset_agg';
CREATE FUNCTION customer_data.dataset_agg_accum(state customer_data.dataset, label float8, features float8[], weight float8) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_array';
COMMENT ON FUNCTION customer_data.dataset_agg_accum(customer_data.dataset, float8, float8[], float8) IS 'adds one row to a dataset; transition of dataset_agg';
CREATE FUNCTION customer_data.dataset_agg_combine(state customer_data.dataset, other customer_data.dataset) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_combine';
COMMENT ON FUNCTION customer_data.dataset_agg_combine(customer_data.dataset, customer_data.dataset) IS 'appends the rows of a dataset with the same columns; NULL counts as empty; transition of rollup';
CREATE FUNCTION customer_data.dataset_agg_final(state customer_data.dataset) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_final';
COMMENT ON FUNCTION customer_data.dataset_agg_final(customer_data.dataset) IS 'hands a dataset on without copying it; final function of dataset_agg and rollup';

CREATE AGGREGATE customer_data.dataset_agg(features record) (
    SFUNC = customer_data.dataset_agg_accum, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.dataset_agg(record) IS 'the row of a query as features; columns keep their names and kinds';
CREATE AGGREGATE customer_data.dataset_agg(features record, label text) (
    SFUNC = customer_data.dataset_agg_accum, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.dataset_agg(record, text) IS 'the same, one column named as the label; rows without one are skipped and counted';
CREATE AGGREGATE customer_data.dataset_agg(features record, label text, weight text, ignore text[]) (
    SFUNC = customer_data.dataset_agg_accum, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.dataset_agg(record, text, text, text[]) IS 'the same, with a column of weights and columns left out; NULL for none';
CREATE AGGREGATE customer_data.dataset_agg(features record, label text, weight text, ignore text[], customer text) (
    SFUNC = customer_data.dataset_agg_accum, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.dataset_agg(record, text, text, text[], text) IS 'the same, with the column that says whose row it is: models hold out all rows of a customer together; kept as a hash';
CREATE AGGREGATE customer_data.dataset_agg(features float8[]) (
    SFUNC = customer_data.dataset_agg_accum, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.dataset_agg(float8[]) IS 'numbers as features f1, f2, ...; a NULL element is a missing value';
CREATE AGGREGATE customer_data.dataset_agg(label float8, features float8[]) (
    SFUNC = customer_data.dataset_agg_accum, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.dataset_agg(float8, float8[]) IS 'the same with a label; rows without one are skipped and counted';
CREATE AGGREGATE customer_data.dataset_agg(label float8, features float8[], weight float8) (
    SFUNC = customer_data.dataset_agg_accum, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.dataset_agg(float8, float8[], float8) IS 'the same with a label and a weight';
CREATE AGGREGATE customer_data.rollup(d customer_data.dataset) (
    SFUNC = customer_data.dataset_agg_combine, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.dataset) IS 'the rows of many datasets in one; their columns must be the same';

CREATE FUNCTION customer_data.dataset_rows(d customer_data.dataset) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_rows';
COMMENT ON FUNCTION customer_data.dataset_rows(customer_data.dataset) IS 'number of rows';
CREATE FUNCTION customer_data.dataset_skipped(d customer_data.dataset) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_skipped';
COMMENT ON FUNCTION customer_data.dataset_skipped(customer_data.dataset) IS 'number of rows left out: NULL as a whole, or without label or weight';
CREATE FUNCTION customer_data.dataset_customer(d customer_data.dataset) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_customer';
COMMENT ON FUNCTION customer_data.dataset_customer(customer_data.dataset) IS 'name of the column that says whose row it is; NULL if there is none';
CREATE FUNCTION customer_data.dataset_columns(d customer_data.dataset,
    OUT name text, OUT kind text, OUT n bigint, OUT missing bigint, OUT min float8, OUT max float8, OUT mean float8, OUT sd float8,
    OUT distinct_values bigint, OUT top_values jsonb) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_dataset_columns';
COMMENT ON FUNCTION customer_data.dataset_columns(customer_data.dataset) IS 'what each feature holds: kind (numeric or categorical), rows with and without a value, range, mean, sample sd, distinct values, and the five most frequent';
CREATE FUNCTION customer_data.summary(d customer_data.dataset,
    OUT rows bigint, OUT skipped bigint, OUT features integer, OUT label text, OUT weight text, OUT bytes bigint)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.dataset) IS 'a dataset in one row: its rows, the rows left out, features, names of label and weight, and the bytes its rows take';

-- src/cluster/cluster.sql
-- Clusters by k-means, and by k-prototypes where there are categories.

CREATE TYPE customer_data.kmeans_model;
COMMENT ON TYPE customer_data.kmeans_model IS 'clusters found by kmeans_fit: centres, scaling and descriptions; no rows of the data';

CREATE FUNCTION customer_data.kmeans_model_in(cstring) RETURNS customer_data.kmeans_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_model_in';
COMMENT ON FUNCTION customer_data.kmeans_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.kmeans_model_out(customer_data.kmeans_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_model_out';
COMMENT ON FUNCTION customer_data.kmeans_model_out(customer_data.kmeans_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.kmeans_model_recv(internal) RETURNS customer_data.kmeans_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_model_recv';
COMMENT ON FUNCTION customer_data.kmeans_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.kmeans_model_send(customer_data.kmeans_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_model_send';
COMMENT ON FUNCTION customer_data.kmeans_model_send(customer_data.kmeans_model) IS 'binary output with a version byte';

CREATE TYPE customer_data.kmeans_model (
    INPUT = customer_data.kmeans_model_in, OUTPUT = customer_data.kmeans_model_out, RECEIVE = customer_data.kmeans_model_recv, SEND = customer_data.kmeans_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.kmeans_model_to_jsonb(model customer_data.kmeans_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_model_to_jsonb';
COMMENT ON FUNCTION customer_data.kmeans_model_to_jsonb(customer_data.kmeans_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.kmeans_model AS jsonb) WITH FUNCTION customer_data.kmeans_model_to_jsonb(customer_data.kmeans_model);
COMMENT ON CAST (customer_data.kmeans_model AS jsonb) IS 'a model for reading and for other programs';

CREATE FUNCTION customer_data.kmeans_fit(d customer_data.dataset, k integer, seed bigint DEFAULT 0, scale text DEFAULT 'zscore', restarts integer DEFAULT 10, max_iterations integer DEFAULT 300, tolerance float8 DEFAULT 1e-4) RETURNS customer_data.kmeans_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_fit';
COMMENT ON FUNCTION customer_data.kmeans_fit(customer_data.dataset, integer, bigint, text, integer, integer, float8) IS 'k clusters of the rows of a dataset, the largest first; scale is zscore, robust or none; the best of so many restarts; tolerance matters above 100,000 rows, 0 means until no row changes its cluster';
CREATE FUNCTION customer_data.kmeans_scan(d customer_data.dataset, k_min integer DEFAULT 2, k_max integer DEFAULT 10, seed bigint DEFAULT 0, scale text DEFAULT 'zscore', restarts integer DEFAULT 10, max_iterations integer DEFAULT 300, resamples integer DEFAULT 20, sample_rows integer DEFAULT 10000,
    OUT k integer, OUT wss float8, OUT silhouette float8, OUT calinski_harabasz float8, OUT stability float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_kmeans_scan';
COMMENT ON FUNCTION customer_data.kmeans_scan(customer_data.dataset, integer, integer, bigint, text, integer, integer, integer, integer) IS 'how good k clusters are for each k: squares within clusters, mean silhouette, Calinski-Harabasz index, and how much of the clusters is found again in resamples (mean Jaccard); silhouette and stability are of sample_rows rows if there are more';
CREATE FUNCTION customer_data.summary(model customer_data.kmeans_model,
    OUT clusters integer, OUT features integer, OUT rows bigint, OUT scale text, OUT wss float8, OUT iterations bigint, OUT converged boolean)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.kmeans_model) IS 'a model of clusters in one row; wss is the sum of squares within clusters, of scaled features';
CREATE FUNCTION customer_data.cluster(model customer_data.kmeans_model, features record, allow_unconverged boolean DEFAULT false) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_cluster_row';
COMMENT ON FUNCTION customer_data.cluster(customer_data.kmeans_model, record, boolean) IS 'number of the cluster that a row belongs to, from 1 on; its row is matched by the names of its columns';
CREATE FUNCTION customer_data.cluster(model customer_data.kmeans_model, features float8[], allow_unconverged boolean DEFAULT false) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_cluster_array';
COMMENT ON FUNCTION customer_data.cluster(customer_data.kmeans_model, float8[], boolean) IS 'number of the cluster that a row belongs to, from 1 on; its features are in the order of the model';
CREATE FUNCTION customer_data.cluster_distance(model customer_data.kmeans_model, features record, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_distance_row';
COMMENT ON FUNCTION customer_data.cluster_distance(customer_data.kmeans_model, record, boolean) IS 'distance of a row from the centre of its cluster, in scaled features; its row is matched by the names of its columns';
CREATE FUNCTION customer_data.cluster_distance(model customer_data.kmeans_model, features float8[], allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_kmeans_distance_array';
COMMENT ON FUNCTION customer_data.cluster_distance(customer_data.kmeans_model, float8[], boolean) IS 'distance of a row from the centre of its cluster, in scaled features; its features are in the order of the model';
CREATE FUNCTION customer_data.cluster_cards(model customer_data.kmeans_model,
    OUT cluster integer, OUT name text, OUT size bigint, OUT share float8, OUT centre jsonb, OUT differences jsonb) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_kmeans_cards';
COMMENT ON FUNCTION customer_data.cluster_cards(customer_data.kmeans_model) IS 'one row per cluster of k-means: a name in words, its rows, their share, its centre in units of the data, and the features that set it apart with their z-scores';
CREATE FUNCTION customer_data.cluster_profile(model customer_data.kmeans_model,
    OUT cluster integer, OUT name text, OUT feature text, OUT kind text, OUT category text, OUT value float8, OUT overall float8, OUT z_score float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'cd_kmeans_profile';
COMMENT ON FUNCTION customer_data.cluster_profile(customer_data.kmeans_model) IS 'one row per cluster and feature of k-means, for charts: its kind (numeric or categorical), its mean, or most frequent category (NULL is unknown) and its share, the same of all rows, and the distance in standard deviations of rows';

-- src/cluster/gmm.sql
-- Clusters as Gaussian mixtures: of any elliptical shape, overlapping, with probabilities.

CREATE TYPE customer_data.gmm_model;
COMMENT ON TYPE customer_data.gmm_model IS 'a Gaussian mixture found by gmm_fit; no rows of the data';

CREATE FUNCTION customer_data.gmm_model_in(cstring) RETURNS customer_data.gmm_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_model_in';
COMMENT ON FUNCTION customer_data.gmm_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.gmm_model_out(customer_data.gmm_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_model_out';
COMMENT ON FUNCTION customer_data.gmm_model_out(customer_data.gmm_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.gmm_model_recv(internal) RETURNS customer_data.gmm_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_model_recv';
COMMENT ON FUNCTION customer_data.gmm_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.gmm_model_send(customer_data.gmm_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_model_send';
COMMENT ON FUNCTION customer_data.gmm_model_send(customer_data.gmm_model) IS 'binary output with a version byte';

CREATE TYPE customer_data.gmm_model (
    INPUT = customer_data.gmm_model_in, OUTPUT = customer_data.gmm_model_out, RECEIVE = customer_data.gmm_model_recv, SEND = customer_data.gmm_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.gmm_model_to_jsonb(model customer_data.gmm_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_model_to_jsonb';
COMMENT ON FUNCTION customer_data.gmm_model_to_jsonb(customer_data.gmm_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.gmm_model AS jsonb) WITH FUNCTION customer_data.gmm_model_to_jsonb(customer_data.gmm_model);
COMMENT ON CAST (customer_data.gmm_model AS jsonb) IS 'a model for reading and for other programs';

CREATE FUNCTION customer_data.gmm_fit(d customer_data.dataset, k integer, covariance text DEFAULT 'full', seed bigint DEFAULT 0, restarts integer DEFAULT 1, max_iterations integer DEFAULT 1000, tolerance float8 DEFAULT 1e-8, covariance_floor float8 DEFAULT 1e-6) RETURNS customer_data.gmm_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_fit';
COMMENT ON FUNCTION customer_data.gmm_fit(customer_data.dataset, integer, text, bigint, integer, integer, float8, float8) IS 'a mixture of k normal distributions, the heaviest first; covariance is full or diagonal; the first start is from k-means, further restarts are random';
CREATE FUNCTION customer_data.summary(model customer_data.gmm_model,
    OUT clusters integer, OUT features integer, OUT rows bigint, OUT covariance text, OUT log_likelihood float8, OUT bic float8, OUT iterations bigint, OUT converged boolean)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.gmm_model) IS 'a mixture in one row; the lower the BIC, the better for the number of clusters';
CREATE FUNCTION customer_data.cluster(model customer_data.gmm_model, features record, allow_unconverged boolean DEFAULT false) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_cluster_row';
COMMENT ON FUNCTION customer_data.cluster(customer_data.gmm_model, record, boolean) IS 'number of the most probable cluster of a row, from 1 on; its row is matched by the names of its columns';
CREATE FUNCTION customer_data.cluster(model customer_data.gmm_model, features float8[], allow_unconverged boolean DEFAULT false) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_cluster_array';
COMMENT ON FUNCTION customer_data.cluster(customer_data.gmm_model, float8[], boolean) IS 'number of the most probable cluster of a row, from 1 on; its features are in the order of the model';
CREATE FUNCTION customer_data.cluster_distance(model customer_data.gmm_model, features record, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_distance_row';
COMMENT ON FUNCTION customer_data.cluster_distance(customer_data.gmm_model, record, boolean) IS 'Mahalanobis distance of a row from the centre of its most probable cluster; its row is matched by the names of its columns';
CREATE FUNCTION customer_data.cluster_distance(model customer_data.gmm_model, features float8[], allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_distance_array';
COMMENT ON FUNCTION customer_data.cluster_distance(customer_data.gmm_model, float8[], boolean) IS 'Mahalanobis distance of a row from the centre of its most probable cluster; its features are in the order of the model';
CREATE FUNCTION customer_data.cluster_probability(model customer_data.gmm_model, features record, allow_unconverged boolean DEFAULT false) RETURNS float8[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_probabilities_row';
COMMENT ON FUNCTION customer_data.cluster_probability(customer_data.gmm_model, record, boolean) IS 'probabilities of all clusters for a row; its row is matched by the names of its columns';
CREATE FUNCTION customer_data.cluster_probability(model customer_data.gmm_model, features float8[], allow_unconverged boolean DEFAULT false) RETURNS float8[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_probabilities_array';
COMMENT ON FUNCTION customer_data.cluster_probability(customer_data.gmm_model, float8[], boolean) IS 'probabilities of all clusters for a row; its features are in the order of the model';
CREATE FUNCTION customer_data.cluster_probability(model customer_data.gmm_model, features record, cluster integer, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_probability_row';
COMMENT ON FUNCTION customer_data.cluster_probability(customer_data.gmm_model, record, integer, boolean) IS 'probability of one cluster for a row; its row is matched by the names of its columns';
CREATE FUNCTION customer_data.cluster_probability(model customer_data.gmm_model, features float8[], cluster integer, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_gmm_probability_array';
COMMENT ON FUNCTION customer_data.cluster_probability(customer_data.gmm_model, float8[], integer, boolean) IS 'probability of one cluster for a row; its features are in the order of the model';
CREATE FUNCTION customer_data.cluster_cards(model customer_data.gmm_model,
    OUT cluster integer, OUT name text, OUT size bigint, OUT share float8, OUT centre jsonb, OUT differences jsonb) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_gmm_cards';
COMMENT ON FUNCTION customer_data.cluster_cards(customer_data.gmm_model) IS 'one row per cluster of a mixture: a name in words, its rows, their share, its centre in units of the data, and the features that set it apart with their z-scores';
CREATE FUNCTION customer_data.cluster_profile(model customer_data.gmm_model,
    OUT cluster integer, OUT name text, OUT feature text, OUT kind text, OUT category text, OUT value float8, OUT overall float8, OUT z_score float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'cd_gmm_profile';
COMMENT ON FUNCTION customer_data.cluster_profile(customer_data.gmm_model) IS 'one row per cluster and feature of a mixture, for charts: its kind (numeric or categorical), its mean, or most frequent category (NULL is unknown) and its share, the same of all rows, and the distance in standard deviations of rows';

-- src/cluster/pca.sql
-- Principal components: the few scales that many answers of a survey come down to.

CREATE TYPE customer_data.pca_model;
COMMENT ON TYPE customer_data.pca_model IS 'principal components found by pca_fit; no rows of the data';

CREATE FUNCTION customer_data.pca_model_in(cstring) RETURNS customer_data.pca_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_pca_model_in';
COMMENT ON FUNCTION customer_data.pca_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.pca_model_out(customer_data.pca_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_pca_model_out';
COMMENT ON FUNCTION customer_data.pca_model_out(customer_data.pca_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.pca_model_recv(internal) RETURNS customer_data.pca_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_pca_model_recv';
COMMENT ON FUNCTION customer_data.pca_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.pca_model_send(customer_data.pca_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_pca_model_send';
COMMENT ON FUNCTION customer_data.pca_model_send(customer_data.pca_model) IS 'binary output with a version byte';

CREATE TYPE customer_data.pca_model (
    INPUT = customer_data.pca_model_in, OUTPUT = customer_data.pca_model_out, RECEIVE = customer_data.pca_model_recv, SEND = customer_data.pca_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.pca_model_to_jsonb(model customer_data.pca_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_pca_model_to_jsonb';
COMMENT ON FUNCTION customer_data.pca_model_to_jsonb(customer_data.pca_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.pca_model AS jsonb) WITH FUNCTION customer_data.pca_model_to_jsonb(customer_data.pca_model);
COMMENT ON CAST (customer_data.pca_model AS jsonb) IS 'a model for reading and for other programs';

CREATE FUNCTION customer_data.pca_fit(d customer_data.dataset, components integer, scale text DEFAULT 'none') RETURNS customer_data.pca_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_pca_fit';
COMMENT ON FUNCTION customer_data.pca_fit(customer_data.dataset, integer, text) IS 'the directions in which the rows of a dataset differ most; scale zscore makes features in different units comparable';
CREATE FUNCTION customer_data.summary(model customer_data.pca_model,
    OUT component integer, OUT variance float8, OUT share float8, OUT cumulative_share float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_pca_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.pca_model) IS 'variance of each component, and its share of that of all features';
CREATE FUNCTION customer_data.pca_loadings(model customer_data.pca_model,
    OUT component integer, OUT feature text, OUT loading float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_pca_loadings';
COMMENT ON FUNCTION customer_data.pca_loadings(customer_data.pca_model) IS 'weight of each feature in each component';
CREATE FUNCTION customer_data.pca_scores(model customer_data.pca_model, features record) RETURNS float8[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_pca_scores_row';
COMMENT ON FUNCTION customer_data.pca_scores(customer_data.pca_model, record) IS 'where a row stands on each component; its row is matched by the names of its columns';
CREATE FUNCTION customer_data.pca_scores(model customer_data.pca_model, features float8[]) RETURNS float8[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_pca_scores_array';
COMMENT ON FUNCTION customer_data.pca_scores(customer_data.pca_model, float8[]) IS 'where a row stands on each component; its features are in the order of the model';

-- src/segment/abc.sql
-- ABC classes by share of the running total.

CREATE FUNCTION customer_data.abc_class(value float8, cuts float8[] DEFAULT '{0.8,0.95}') RETURNS text
    LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_abc_class_float8';
COMMENT ON FUNCTION customer_data.abc_class(float8, float8[]) IS 'class A, B, C of each row within its window partition: by the share of the running total, largest values first; ties share a class, the largest value is in A';
CREATE FUNCTION customer_data.abc_class(value numeric, cuts float8[] DEFAULT '{0.8,0.95}') RETURNS text
    LANGUAGE C IMMUTABLE WINDOW PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_abc_class_numeric';
COMMENT ON FUNCTION customer_data.abc_class(numeric, float8[]) IS 'class A, B, C of each row within its window partition: by the share of the running total, largest values first; ties share a class, the largest value is in A';

-- src/segment/age_band.sql
-- Bands of age in whole years.

CREATE FUNCTION customer_data.age_band(birth_date date, as_of date, edges integer[] DEFAULT '{18,25,35,45,55,65}') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_age_band_date';
COMMENT ON FUNCTION customer_data.age_band(date, date, integer[]) IS 'band of the age in whole years: under 18, 18-24, ... 65+';
CREATE FUNCTION customer_data.age_band(birth_date date, as_of timestamptz, edges integer[] DEFAULT '{18,25,35,45,55,65}') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_age_band_timestamptz';
COMMENT ON FUNCTION customer_data.age_band(date, timestamptz, integer[]) IS 'band of the age in whole years: under 18, 18-24, ... 65+; the UTC day of as_of counts';
CREATE FUNCTION customer_data.age_band_number(birth_date date, as_of date, edges integer[] DEFAULT '{18,25,35,45,55,65}') RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_age_band_number_date';
COMMENT ON FUNCTION customer_data.age_band_number(date, date, integer[]) IS 'number of the band of age_band, for sorting: 0 below the first edge, then 1, 2 ...';
CREATE FUNCTION customer_data.age_band_number(birth_date date, as_of timestamptz, edges integer[] DEFAULT '{18,25,35,45,55,65}') RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_age_band_number_timestamptz';
COMMENT ON FUNCTION customer_data.age_band_number(date, timestamptz, integer[]) IS 'number of the band of age_band, for sorting: 0 below the first edge, then 1, 2 ...; the UTC day of as_of counts';

-- src/segment/distance.sql
-- Distances for segments within a radius.

CREATE FUNCTION customer_data.distance_km(latitude_1 float8, longitude_1 float8, latitude_2 float8, longitude_2 float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_distance_km';
COMMENT ON FUNCTION customer_data.distance_km(float8, float8, float8, float8) IS 'great-circle distance in km of two points given in degrees, on a sphere of radius 6371.0088 km';

-- src/segment/lifecycle.sql
-- Stages of a customer by the customer's own rhythm.

CREATE FUNCTION customer_data.lifecycle_silence(s customer_data.purchase_summary, as_of timestamptz, rhythm interval DEFAULT '30 days', rhythm_weight float8 DEFAULT 1)
    RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lifecycle_silence_timestamptz';
COMMENT ON FUNCTION customer_data.lifecycle_silence(customer_data.purchase_summary, timestamptz, interval, float8) IS 'days since the last purchase up to as_of, as a multiple of the customer''s own rhythm; NULL without a purchase';
CREATE FUNCTION customer_data.lifecycle_silence(s customer_data.purchase_summary, as_of date, rhythm interval DEFAULT '30 days', rhythm_weight float8 DEFAULT 1)
    RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lifecycle_silence_date';
COMMENT ON FUNCTION customer_data.lifecycle_silence(customer_data.purchase_summary, date, interval, float8) IS 'days since the last purchase up to as_of, as a multiple of the customer''s own rhythm; NULL without a purchase';
CREATE FUNCTION customer_data.lifecycle_stage(s customer_data.purchase_summary, as_of timestamptz, rhythm interval DEFAULT '30 days', rhythm_weight float8 DEFAULT 1,
        at_risk_after float8 DEFAULT 2, dormant_after float8 DEFAULT 3, lost_after float8 DEFAULT 6)
    RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lifecycle_stage_timestamptz';
COMMENT ON FUNCTION customer_data.lifecycle_stage(customer_data.purchase_summary, timestamptz, interval, float8, float8, float8, float8) IS 'new, active, at_risk, dormant or lost at as_of, by the customer''s own rhythm; NULL without a purchase';
CREATE FUNCTION customer_data.lifecycle_stage(s customer_data.purchase_summary, as_of date, rhythm interval DEFAULT '30 days', rhythm_weight float8 DEFAULT 1,
        at_risk_after float8 DEFAULT 2, dormant_after float8 DEFAULT 3, lost_after float8 DEFAULT 6)
    RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lifecycle_stage_date';
COMMENT ON FUNCTION customer_data.lifecycle_stage(customer_data.purchase_summary, date, interval, float8, float8, float8, float8) IS 'new, active, at_risk, dormant or lost at as_of, by the customer''s own rhythm; NULL without a purchase';

-- src/segment/lorenz.sql
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

-- src/segment/segment.sql
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

-- src/segment/segment_profile.sql
-- What sets the members of a segment apart.

CREATE FUNCTION customer_data.segment_profile(d customer_data.dataset,
    OUT feature text, OUT kind text, OUT category text, OUT members float8, OUT base float8, OUT index float8, OUT z_score float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50 AS 'MODULE_PATHNAME', 'cd_segment_profile';
COMMENT ON FUNCTION customer_data.segment_profile(customer_data.dataset) IS 'members of a segment (label true) against all rows: mean of each number and share of each value, index with all rows = 100, and z_score: the difference in standard errors (cluster_profile has standard deviations); kind is numeric or categorical';

-- src/segment/segment_setup.sql
-- Definitions, members and changes are ordinary rows in customer_store: dumped, and never taken by DROP EXTENSION.

CREATE FUNCTION customer_data.segment_setup() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'cd_segment_setup';
COMMENT ON FUNCTION customer_data.segment_setup() IS 'makes the tables of segments, their members and changes, and of events in customer_store; harmless to repeat';

-- src/segment/tag.sql
-- Tags are a column of type text[], with a GIN index.

CREATE FUNCTION customer_data.tag_add(tags text[], tag text) RETURNS text[]
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_tag_add';
COMMENT ON FUNCTION customer_data.tag_add(text[], text) IS 'tags with one more, sorted and none twice; transition function of tag_agg';
CREATE FUNCTION customer_data.tag_union(tags text[], more text[]) RETURNS text[]
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_tag_union';
COMMENT ON FUNCTION customer_data.tag_union(text[], text[]) IS 'tags of both, sorted and none twice; transition and combine function of tag_agg';
CREATE AGGREGATE customer_data.tag_agg(tag text) (
    SFUNC = customer_data.tag_add, STYPE = text[], INITCOND = '{}', COMBINEFUNC = customer_data.tag_union, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.tag_agg(text) IS 'the tags of a customer as a text[], sorted and none twice';
CREATE AGGREGATE customer_data.tag_agg(tags text[]) (
    SFUNC = customer_data.tag_union, STYPE = text[], INITCOND = '{}', COMBINEFUNC = customer_data.tag_union, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.tag_agg(text[]) IS 'all tags of several text[], sorted and none twice';

-- src/evaluation/evaluation.sql
-- How good predictions were: scores against what happened, what to do with them, and whether customers have changed.

CREATE TYPE customer_data.evaluation_summary;
COMMENT ON TYPE customer_data.evaluation_summary IS 'scores and outcomes: the distinct scores of each outcome with their counts; mergeable and exact';
CREATE FUNCTION customer_data.evaluation_summary_in(cstring) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary_in';
COMMENT ON FUNCTION customer_data.evaluation_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.evaluation_summary_out(customer_data.evaluation_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary_out';
COMMENT ON FUNCTION customer_data.evaluation_summary_out(customer_data.evaluation_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.evaluation_summary_recv(internal) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary_recv';
COMMENT ON FUNCTION customer_data.evaluation_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.evaluation_summary_send(customer_data.evaluation_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary_send';
COMMENT ON FUNCTION customer_data.evaluation_summary_send(customer_data.evaluation_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.evaluation_summary (
    INPUT = customer_data.evaluation_summary_in, OUTPUT = customer_data.evaluation_summary_out,
    RECEIVE = customer_data.evaluation_summary_recv, SEND = customer_data.evaluation_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.evaluation_agg_accum(state customer_data.evaluation_summary, score float8, label boolean) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_agg_accum';
COMMENT ON FUNCTION customer_data.evaluation_agg_accum(customer_data.evaluation_summary, float8, boolean) IS 'adds one row; transition of evaluation_agg';
CREATE FUNCTION customer_data.evaluation_agg_combine(state customer_data.evaluation_summary, summary customer_data.evaluation_summary) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_agg_combine';
COMMENT ON FUNCTION customer_data.evaluation_agg_combine(customer_data.evaluation_summary, customer_data.evaluation_summary) IS 'merges two summaries; NULL counts as empty; combine function of evaluation_agg and rollup';
CREATE FUNCTION customer_data.evaluation_agg_final(state customer_data.evaluation_summary) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_agg_final';
COMMENT ON FUNCTION customer_data.evaluation_agg_final(customer_data.evaluation_summary) IS 'hands a summary on without copying it; final function of evaluation_agg and rollup';
CREATE AGGREGATE customer_data.evaluation_agg(score float8, label boolean) (
    SFUNC = customer_data.evaluation_agg_accum, STYPE = customer_data.evaluation_summary, SSPACE = 65536,
    FINALFUNC = customer_data.evaluation_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.evaluation_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.evaluation_agg(float8, boolean) IS 'scores of customers and whether it happened, one row each; a row with a NULL is skipped and counted';
CREATE AGGREGATE customer_data.rollup(summary customer_data.evaluation_summary) (
    SFUNC = customer_data.evaluation_agg_combine, STYPE = customer_data.evaluation_summary, SSPACE = 65536,
    FINALFUNC = customer_data.evaluation_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.evaluation_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.evaluation_summary) IS 'merges stored summaries of disjoint sets of rows';

CREATE FUNCTION customer_data.summary(e customer_data.evaluation_summary,
    OUT rows bigint, OUT skipped bigint, OUT positives bigint, OUT base_rate float8, OUT roc_auc float8, OUT pr_auc float8,
    OUT log_loss float8, OUT brier float8, OUT ks float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.evaluation_summary) IS 'an evaluation in one row; NULL is what is not defined, as log_loss of scores that are no probabilities';

-- One number each. Scores of roc_auc, pr_auc and ks are any numbers, those of log_loss and brier probabilities.

CREATE FUNCTION customer_data.roc_auc(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_roc_auc';
COMMENT ON FUNCTION customer_data.roc_auc(customer_data.evaluation_summary) IS 'area under the ROC curve: the chance that a positive one scores above a negative one, ties counting half; NULL without both';
CREATE FUNCTION customer_data.roc_auc_interval(e customer_data.evaluation_summary, confidence float8 DEFAULT 0.95,
    OUT auc float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_roc_auc_interval';
COMMENT ON FUNCTION customer_data.roc_auc_interval(customer_data.evaluation_summary, float8) IS 'roc_auc with its standard error and interval by DeLong; NULL with fewer than two of each';
CREATE FUNCTION customer_data.pr_auc(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_pr_auc';
COMMENT ON FUNCTION customer_data.pr_auc(customer_data.evaluation_summary) IS 'average precision: the area under the precision-recall curve in steps; NULL without a positive one';
CREATE FUNCTION customer_data.log_loss(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_log_loss';
COMMENT ON FUNCTION customer_data.log_loss(customer_data.evaluation_summary) IS 'mean of -ln(probability given to what happened); Infinity if a certainty was wrong; NULL for no rows';
CREATE FUNCTION customer_data.brier(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_brier';
COMMENT ON FUNCTION customer_data.brier(customer_data.evaluation_summary) IS 'mean squared difference of probability and outcome; NULL for no rows';
CREATE FUNCTION customer_data.ks(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_ks';
COMMENT ON FUNCTION customer_data.ks(customer_data.evaluation_summary) IS 'largest distance of the shares of positive and negative ones above a score (Kolmogorov-Smirnov); NULL without both';

-- Can the probabilities be taken at their word?

CREATE FUNCTION customer_data.calibration_table(e customer_data.evaluation_summary, bins integer DEFAULT 10, method text DEFAULT 'quantile', confidence float8 DEFAULT 0.95,
    OUT bin integer, OUT low float8, OUT high float8, OUT customers bigint, OUT churners bigint, OUT predicted float8, OUT observed float8,
    OUT observed_low float8, OUT observed_high float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_evaluation_calibration_table';
COMMENT ON FUNCTION customer_data.calibration_table(customer_data.evaluation_summary, integer, text, float8) IS 'mean probability and observed rate with its Wilson interval, in bins of equally many rows (quantile) or equal width (width); equal scores share a bin';
CREATE FUNCTION customer_data.calibration_error(e customer_data.evaluation_summary, bins integer DEFAULT 10, method text DEFAULT 'quantile') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_calibration_error';
COMMENT ON FUNCTION customer_data.calibration_error(customer_data.evaluation_summary, integer, text) IS 'expected calibration error: mean distance of predicted and observed in the bins of calibration_table; NULL for no rows';

-- Whom to choose.

CREATE FUNCTION customer_data.gain_table(e customer_data.evaluation_summary, groups integer DEFAULT 10,
    OUT decile integer, OUT customers bigint, OUT churners float8, OUT rate float8, OUT lift float8, OUT cumulative_customers bigint,
    OUT cumulative_churners float8, OUT cumulative_share float8, OUT cumulative_lift float8, OUT least_score float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_evaluation_gain_table';
COMMENT ON FUNCTION customer_data.gain_table(customer_data.evaluation_summary, integer) IS 'customers by score in equal groups, the highest first: who left, and how many times more than on average; ties that a border divides are shared out';
CREATE FUNCTION customer_data.roc_points(e customer_data.evaluation_summary,
    OUT threshold float8, OUT false_positive_rate float8, OUT true_positive_rate float8, OUT customers bigint, OUT churners bigint)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000 AS 'MODULE_PATHNAME', 'cd_evaluation_roc_points';
COMMENT ON FUNCTION customer_data.roc_points(customer_data.evaluation_summary) IS 'the ROC curve: nobody (threshold Infinity), then those who score at least each threshold';
CREATE FUNCTION customer_data.confusion(e customer_data.evaluation_summary, threshold float8 DEFAULT 0.5,
    OUT true_positive bigint, OUT false_positive bigint, OUT true_negative bigint, OUT false_negative bigint,
    OUT "precision" float8, OUT recall float8, OUT specificity float8, OUT accuracy float8, OUT f1 float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_confusion';
COMMENT ON FUNCTION customer_data.confusion(customer_data.evaluation_summary, float8) IS 'counts of right and wrong if whoever scores at least the threshold is called positive; NULL for shares of nobody';
CREATE FUNCTION customer_data.best_threshold(e customer_data.evaluation_summary, contact_cost float8, save_value float8, save_rate float8 DEFAULT 1,
    OUT threshold float8, OUT customers bigint, OUT churners bigint, OUT contacted_share float8, OUT profit float8, OUT profit_of_all float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_best_threshold';
COMMENT ON FUNCTION customer_data.best_threshold(customer_data.evaluation_summary, float8, float8, float8) IS 'whom to contact for the most profit: save_value * save_rate for each churner reached, less contact_cost for each customer; Infinity is nobody';

-- Parts of customers that stay the same.

CREATE FUNCTION customer_data.hash_split(key text, VARIADIC fractions float8[]) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_hash_split';
COMMENT ON FUNCTION customer_data.hash_split(text, float8[]) IS 'part of a key, from 1: a function of its SHA-256 alone; fractions are shares of the parts, what they leave is one more';

-- Whether customers have changed since.

CREATE TYPE customer_data.drift_summary;
COMMENT ON TYPE customer_data.drift_summary IS 'the distinct values of a column with their counts; mergeable and exact, to be compared with another';
CREATE FUNCTION customer_data.drift_summary_in(cstring) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary_in';
COMMENT ON FUNCTION customer_data.drift_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.drift_summary_out(customer_data.drift_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary_out';
COMMENT ON FUNCTION customer_data.drift_summary_out(customer_data.drift_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.drift_summary_recv(internal) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary_recv';
COMMENT ON FUNCTION customer_data.drift_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.drift_summary_send(customer_data.drift_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary_send';
COMMENT ON FUNCTION customer_data.drift_summary_send(customer_data.drift_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.drift_summary (
    INPUT = customer_data.drift_summary_in, OUTPUT = customer_data.drift_summary_out,
    RECEIVE = customer_data.drift_summary_recv, SEND = customer_data.drift_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.drift_agg_accum(state customer_data.drift_summary, value float8) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_agg_accum';
COMMENT ON FUNCTION customer_data.drift_agg_accum(customer_data.drift_summary, float8) IS 'adds one row; transition of drift_agg';
CREATE FUNCTION customer_data.drift_agg_combine(state customer_data.drift_summary, summary customer_data.drift_summary) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_agg_combine';
COMMENT ON FUNCTION customer_data.drift_agg_combine(customer_data.drift_summary, customer_data.drift_summary) IS 'merges two summaries; NULL counts as empty; combine function of drift_agg and rollup';
CREATE FUNCTION customer_data.drift_agg_final(state customer_data.drift_summary) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_agg_final';
COMMENT ON FUNCTION customer_data.drift_agg_final(customer_data.drift_summary) IS 'hands a summary on without copying it; final function of drift_agg and rollup';
CREATE AGGREGATE customer_data.drift_agg(value float8) (
    SFUNC = customer_data.drift_agg_accum, STYPE = customer_data.drift_summary, SSPACE = 65536,
    FINALFUNC = customer_data.drift_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.drift_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.drift_agg(float8) IS 'values of a column, one row each; NULL is counted as missing';
CREATE AGGREGATE customer_data.rollup(summary customer_data.drift_summary) (
    SFUNC = customer_data.drift_agg_combine, STYPE = customer_data.drift_summary, SSPACE = 65536,
    FINALFUNC = customer_data.drift_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.drift_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.drift_summary) IS 'merges stored summaries of disjoint sets of rows';

CREATE FUNCTION customer_data.summary(d customer_data.drift_summary,
    OUT rows bigint, OUT missing bigint, OUT distinct_values bigint, OUT min float8, OUT max float8, OUT mean float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.drift_summary) IS 'a column in one row: rows with and without value, distinct values, range, mean';
CREATE FUNCTION customer_data.psi(expected float8[], actual float8[]) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_psi_of_shares';
COMMENT ON FUNCTION customer_data.psi(float8[], float8[]) IS 'population stability index of shares or counts in the same bins; NULL if one has nothing';
CREATE FUNCTION customer_data.psi(expected customer_data.evaluation_summary, actual customer_data.evaluation_summary, bins integer DEFAULT 10) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_psi_of_evaluations';
COMMENT ON FUNCTION customer_data.psi(customer_data.evaluation_summary, customer_data.evaluation_summary, integer) IS 'population stability index of scores, in bins of equally many expected ones; NULL if one has no rows';
CREATE FUNCTION customer_data.psi(expected customer_data.drift_summary, actual customer_data.drift_summary, bins integer DEFAULT 10) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_psi_of_drifts';
COMMENT ON FUNCTION customer_data.psi(customer_data.drift_summary, customer_data.drift_summary, integer) IS 'population stability index of a column, in bins of equally many expected values and one of missing ones; NULL if one has no rows';
CREATE FUNCTION customer_data.ks(expected customer_data.drift_summary, actual customer_data.drift_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_ks_of_drifts';
COMMENT ON FUNCTION customer_data.ks(customer_data.drift_summary, customer_data.drift_summary) IS 'largest distance of two distribution functions (Kolmogorov-Smirnov), 0 to 1; NULL if one has no values';
CREATE FUNCTION customer_data.drift(expected customer_data.dataset, actual customer_data.dataset, bins integer DEFAULT 10,
    OUT feature text, OUT kind text, OUT psi float8, OUT ks float8, OUT missing_expected bigint, OUT missing_actual bigint, OUT verdict text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_drift_of_datasets';
COMMENT ON FUNCTION customer_data.drift(customer_data.dataset, customer_data.dataset, integer) IS 'how each feature has changed between two datasets: population stability index, ks of numbers, missing rows; verdict stable (psi below 0.1), moderate (below 0.25) or major';

-- src/survival/cox.sql
-- Who leaves sooner: proportional hazards.

CREATE TYPE customer_data.cox_model;
COMMENT ON TYPE customer_data.cox_model IS 'proportional hazards found by cox_fit: coefficients and the course of the hazard; no rows of the data';

CREATE FUNCTION customer_data.cox_model_in(cstring) RETURNS customer_data.cox_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_in';
COMMENT ON FUNCTION customer_data.cox_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.cox_model_out(customer_data.cox_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_out';
COMMENT ON FUNCTION customer_data.cox_model_out(customer_data.cox_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.cox_model_recv(internal) RETURNS customer_data.cox_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_recv';
COMMENT ON FUNCTION customer_data.cox_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.cox_model_send(customer_data.cox_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_send';
COMMENT ON FUNCTION customer_data.cox_model_send(customer_data.cox_model) IS 'binary output with a version byte';

CREATE TYPE customer_data.cox_model (
    INPUT = customer_data.cox_model_in, OUTPUT = customer_data.cox_model_out, RECEIVE = customer_data.cox_model_recv, SEND = customer_data.cox_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.cox_model_to_jsonb(model customer_data.cox_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_to_jsonb';
COMMENT ON FUNCTION customer_data.cox_model_to_jsonb(customer_data.cox_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.cox_model AS jsonb) WITH FUNCTION customer_data.cox_model_to_jsonb(customer_data.cox_model);
COMMENT ON CAST (customer_data.cox_model AS jsonb) IS 'a model for reading and for other programs';

CREATE FUNCTION customer_data.cox_fit(d customer_data.dataset, duration text DEFAULT 'duration', entry text DEFAULT '', ties text DEFAULT 'efron', l2 float8 DEFAULT 0, max_iterations integer DEFAULT 30, tolerance float8 DEFAULT 1e-9) RETURNS customer_data.cox_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_fit';
COMMENT ON FUNCTION customer_data.cox_fit(customer_data.dataset, text, text, text, float8, integer, float8) IS 'how much each feature multiplies the rate at which customers depart; the label of the dataset says who departed, duration and entry are names of its columns; ties is efron or breslow, l2 a ridge penalty on scaled coefficients';
CREATE FUNCTION customer_data.coefficients(model customer_data.cox_model, confidence float8 DEFAULT 0.95,
    OUT name text, OUT estimate float8, OUT std_error float8, OUT z float8, OUT p_value float8, OUT hazard_ratio float8, OUT low float8, OUT high float8, OUT status text) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_cox_coefficients';
COMMENT ON FUNCTION customer_data.coefficients(customer_data.cox_model, float8) IS 'coefficients and hazard ratios with their interval; status is estimated, aliased (a constant, or told by the columns before it: NULL) or infinite';
CREATE FUNCTION customer_data.summary(model customer_data.cox_model,
    OUT rows bigint, OUT skipped bigint, OUT events bigint, OUT ties text, OUT log_likelihood_null float8, OUT log_likelihood float8, OUT chi_square float8, OUT degrees_of_freedom float8,
    OUT p_value float8, OUT log10_p float8, OUT concordance float8, OUT iterations bigint, OUT converged boolean)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.cox_model) IS 'a model in one row: rows used and skipped, likelihood ratio test of all terms, and concordance (how often the one with the higher risk departs first)';
CREATE FUNCTION customer_data.cox_ph_test(model customer_data.cox_model,
    OUT name text, OUT chi_square float8, OUT degrees_of_freedom integer, OUT p_value float8, OUT log10_p float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_cox_ph_test';
COMMENT ON FUNCTION customer_data.cox_ph_test(customer_data.cox_model) IS 'whether hazards are proportional: a small p_value says that the effect of a term changes with time; NULL with l2 and where there is no test';
CREATE FUNCTION customer_data.cox_baseline(model customer_data.cox_model, at text DEFAULT 'mean', allow_unconverged boolean DEFAULT false,
    OUT "time" float8, OUT cumulative_hazard float8, OUT survival float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'cd_cox_baseline';
COMMENT ON FUNCTION customer_data.cox_baseline(customer_data.cox_model, text, boolean) IS 'course of the hazard of a customer who has the mean of every term, or 0 in every term with at => ''zero''';
CREATE FUNCTION customer_data.cox_risk(model customer_data.cox_model, features record, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_risk_row';
COMMENT ON FUNCTION customer_data.cox_risk(customer_data.cox_model, record, boolean) IS 'how many times the rate of the mean customer a row departs at; its row is matched by the names of its columns; NULL if a feature is missing or of an unknown value';
CREATE FUNCTION customer_data.cox_risk(model customer_data.cox_model, features float8[], allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_risk_array';
COMMENT ON FUNCTION customer_data.cox_risk(customer_data.cox_model, float8[], boolean) IS 'how many times the rate of the mean customer a row departs at; its features are in the order of the model; NULL if one is missing';
CREATE FUNCTION customer_data.cox_survival(model customer_data.cox_model, features record, horizon float8, since float8 DEFAULT 0, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_survival_row';
COMMENT ON FUNCTION customer_data.cox_survival(customer_data.cox_model, record, float8, float8, boolean) IS 'probability to be still there after horizon, of one who was after since; its row is matched by the names of its columns; NULL beyond the longest duration, and where cox_risk is';
CREATE FUNCTION customer_data.cox_survival(model customer_data.cox_model, features float8[], horizon float8, since float8 DEFAULT 0, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_survival_array';
COMMENT ON FUNCTION customer_data.cox_survival(customer_data.cox_model, float8[], float8, float8, boolean) IS 'probability to be still there after horizon, of one who was after since; its features are in the order of the model; NULL beyond the longest duration, and where cox_risk is';

-- src/survival/survival.sql
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

-- src/churn/churn.sql
-- Models that say who will leave, and why: fitted from a dataset with a label.

CREATE TYPE customer_data.churn_model;
COMMENT ON TYPE customer_data.churn_model IS 'a model fitted by churn_fit: what it needs to predict and to explain; no rows of the data';

CREATE FUNCTION customer_data.churn_model_in(cstring) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_in';
COMMENT ON FUNCTION customer_data.churn_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.churn_model_out(customer_data.churn_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_out';
COMMENT ON FUNCTION customer_data.churn_model_out(customer_data.churn_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.churn_model_recv(internal) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_recv';
COMMENT ON FUNCTION customer_data.churn_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.churn_model_send(customer_data.churn_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_send';
COMMENT ON FUNCTION customer_data.churn_model_send(customer_data.churn_model) IS 'binary output with a version byte';

CREATE TYPE customer_data.churn_model (
    INPUT = customer_data.churn_model_in, OUTPUT = customer_data.churn_model_out, RECEIVE = customer_data.churn_model_recv, SEND = customer_data.churn_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.churn_model_to_jsonb(model customer_data.churn_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_to_jsonb';
COMMENT ON FUNCTION customer_data.churn_model_to_jsonb(customer_data.churn_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.churn_model AS jsonb) WITH FUNCTION customer_data.churn_model_to_jsonb(customer_data.churn_model);
COMMENT ON CAST (customer_data.churn_model AS jsonb) IS 'a model for reading and for other programs; nothing of it is lost';
CREATE FUNCTION customer_data.churn_model_from_jsonb(model jsonb) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_from_jsonb';
COMMENT ON FUNCTION customer_data.churn_model_from_jsonb(jsonb) IS 'a model from what the cast to jsonb made, checked completely; the function of the cast from jsonb';
CREATE CAST (jsonb AS customer_data.churn_model) WITH FUNCTION customer_data.churn_model_from_jsonb(jsonb);
COMMENT ON CAST (jsonb AS customer_data.churn_model) IS 'a model from what the cast to jsonb made';

CREATE FUNCTION customer_data.churn_fit(d customer_data.dataset, algorithm text DEFAULT 'boosting',
    trees integer DEFAULT NULL, leaves integer DEFAULT NULL, depth integer DEFAULT NULL, learning_rate float8 DEFAULT NULL,
    min_leaf float8 DEFAULT NULL, min_split float8 DEFAULT NULL, subsample float8 DEFAULT NULL, feature_fraction float8 DEFAULT NULL,
    l1 float8 DEFAULT NULL, l2 float8 DEFAULT NULL, firth boolean DEFAULT NULL, complexity float8 DEFAULT NULL,
    max_iterations integer DEFAULT NULL, early_stopping boolean DEFAULT NULL,
    monotone jsonb DEFAULT NULL, calibrate text DEFAULT NULL, seed bigint DEFAULT 0) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_fit';
COMMENT ON FUNCTION customer_data.churn_fit(customer_data.dataset, text, integer, integer, integer, float8, float8, float8, float8, float8, float8, float8, boolean, float8, integer, boolean, jsonb, text, bigint)
    IS 'a model of the label of a dataset by boosting, forest, tree or logistic; an option that is NULL is as the algorithm has it, and one that it does not have is refused';

CREATE FUNCTION customer_data.summary(model customer_data.churn_model,
    OUT algorithm text, OUT label text, OUT rows bigint, OUT base_rate float8, OUT features integer, OUT trees integer, OUT leaves bigint,
    OUT log_likelihood float8, OUT null_log_likelihood float8, OUT aic float8, OUT held_out_rows bigint, OUT held_out_log_loss float8,
    OUT calibration text, OUT iterations bigint, OUT converged boolean, OUT separating text[], OUT options jsonb)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.churn_model) IS 'how a model was fitted, and how well; NULL for what its algorithm does not have';
CREATE FUNCTION customer_data.coefficients(model customer_data.churn_model,
    OUT name text, OUT estimate float8, OUT std_error float8, OUT z float8, OUT p_value float8, OUT odds_ratio float8, OUT vif float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_churn_coefficients';
COMMENT ON FUNCTION customer_data.coefficients(customer_data.churn_model) IS 'the coefficients of a logistic regression, the intercept first; NULL for a column that those before it determine';
CREATE FUNCTION customer_data.feature_importance(model customer_data.churn_model,
    OUT feature text, OUT importance float8, OUT splits bigint) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_churn_importance';
COMMENT ON FUNCTION customer_data.feature_importance(customer_data.churn_model) IS 'how much a model uses each feature, the largest first, together 1: by gain of its splits, or by standard deviation of what it adds to the log-odds';

CREATE FUNCTION customer_data.predict(model customer_data.churn_model, features record, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_churn_predict_row';
COMMENT ON FUNCTION customer_data.predict(customer_data.churn_model, record, boolean) IS 'how probable it is that a customer leaves; his row is matched by the names of its columns';
CREATE FUNCTION customer_data.predict(model customer_data.churn_model, features float8[], allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_churn_predict_array';
COMMENT ON FUNCTION customer_data.predict(customer_data.churn_model, float8[], boolean) IS 'how probable it is that a customer leaves; his features are in the order of the model';

CREATE FUNCTION customer_data.explain(model customer_data.churn_model, features record, top integer DEFAULT 3, allow_unconverged boolean DEFAULT false,
    OUT feature text, OUT value text, OUT contribution float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'cd_churn_explain_row';
COMMENT ON FUNCTION customer_data.explain(customer_data.churn_model, record, integer, boolean) IS 'what a prediction comes from, in log-odds: the features that matter most, then (other features) and (baseline); all together are the log-odds that predict has';
CREATE FUNCTION customer_data.explain(model customer_data.churn_model, features float8[], top integer DEFAULT 3, allow_unconverged boolean DEFAULT false,
    OUT feature text, OUT value text, OUT contribution float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'cd_churn_explain_array';
COMMENT ON FUNCTION customer_data.explain(customer_data.churn_model, float8[], integer, boolean) IS 'what a prediction comes from, in log-odds; the features are in the order of the model';

CREATE FUNCTION customer_data.tree_rules(model customer_data.churn_model,
    OUT rule text, OUT rows float8, OUT rate float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_churn_tree_rules';
COMMENT ON FUNCTION customer_data.tree_rules(customer_data.churn_model) IS 'the leaves of a single tree as conditions to read, the highest rate first, with the rows of the fit that came there';
CREATE FUNCTION customer_data.tree_sql(model customer_data.churn_model) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_tree_sql';
COMMENT ON FUNCTION customer_data.tree_sql(customer_data.churn_model) IS 'a single tree as one CASE expression over columns of its names: the same probability as predict, without the extension';

CREATE FUNCTION customer_data.tree_sql(model customer_data.churn_model, features record) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_tree_sql_row';
COMMENT ON FUNCTION customer_data.tree_sql(customer_data.churn_model, record) IS 'the same for columns of the types of this row: booleans, dates and times are read as the numbers that a dataset has of them';

CREATE FUNCTION customer_data.calibrate(model customer_data.churn_model, e customer_data.evaluation_summary) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_calibrate';
COMMENT ON FUNCTION customer_data.calibrate(customer_data.churn_model, customer_data.evaluation_summary) IS 'the model with its probabilities fitted to the outcomes of another population, as evaluation_agg(predict(model, row), outcome) has them; the order of customers stays';

CREATE FUNCTION customer_data.cross_validate(d customer_data.dataset, folds integer DEFAULT 5, algorithm text DEFAULT 'boosting',
    trees integer DEFAULT NULL, leaves integer DEFAULT NULL, depth integer DEFAULT NULL, learning_rate float8 DEFAULT NULL,
    min_leaf float8 DEFAULT NULL, min_split float8 DEFAULT NULL, subsample float8 DEFAULT NULL, feature_fraction float8 DEFAULT NULL,
    l1 float8 DEFAULT NULL, l2 float8 DEFAULT NULL, firth boolean DEFAULT NULL, complexity float8 DEFAULT NULL,
    max_iterations integer DEFAULT NULL, early_stopping boolean DEFAULT NULL,
    monotone jsonb DEFAULT NULL, calibrate text DEFAULT NULL, seed bigint DEFAULT 0,
    OUT fold integer, OUT rows bigint, OUT positives bigint, OUT roc_auc float8, OUT pr_auc float8, OUT log_loss float8, OUT brier float8, OUT ks float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME', 'cd_churn_cross_validate';
COMMENT ON FUNCTION customer_data.cross_validate(customer_data.dataset, integer, text, integer, integer, integer, float8, float8, float8, float8, float8, float8, float8, boolean, float8, integer, boolean, jsonb, text, bigint)
    IS 'the metrics of each part of a dataset under a model that was fitted from the other parts; options as in churn_fit';

-- src/churn/churn_observations.sql
-- Labels and features for models of churn, from a query of events.

CREATE FUNCTION customer_data.churn_observations(activity text, inactivity interval, lead interval DEFAULT '0', every interval DEFAULT '1 month',
        horizon interval DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        OUT customer_id text, OUT observed_at timestamptz, OUT active_since timestamptz, OUT tenure interval, OUT churned boolean, OUT censored boolean)
    RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100000 AS 'MODULE_PATHNAME', 'cd_churn_observations';
COMMENT ON FUNCTION customer_data.churn_observations(text, interval, interval, interval, interval, timestamptz, timestamptz) IS 'one row for each customer and date on which he was active, and whether he churned then; activity is a query of (customer_id, occurred_at)';
CREATE FUNCTION customer_data.churn_features(activity text, inactivity interval, lead interval DEFAULT '0', every interval DEFAULT '1 month',
        horizon interval DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        short_window interval DEFAULT '30 days', medium_window interval DEFAULT '90 days', long_window interval DEFAULT '365 days',
        OUT customer_id text, OUT observed_at timestamptz, OUT active_since timestamptz, OUT tenure interval, OUT churned boolean, OUT censored boolean,
        OUT recency_days float8, OUT tenure_days float8, OUT lifetime_days float8, OUT comebacks float8,
        OUT events_short float8, OUT events_medium float8, OUT events_long float8,
        OUT days_short float8, OUT days_medium float8, OUT days_long float8,
        OUT amount_short float8, OUT amount_medium float8, OUT amount_long float8, OUT amount_mean float8,
        OUT event_trend float8, OUT amount_trend float8,
        OUT gap_mean_days float8, OUT gap_deviation_days float8, OUT gap_variation float8, OUT silence float8)
    RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100000 AS 'MODULE_PATHNAME', 'cd_churn_features';
COMMENT ON FUNCTION customer_data.churn_features(text, interval, interval, interval, interval, timestamptz, timestamptz, interval, interval, interval) IS 'the rows of churn_observations with what was known of the customer before observed_at - lead; activity is a query of (customer_id, occurred_at [, amount])';

-- src/churn/churn_rate.sql
-- Churn and retention of subscriptions.

CREATE FUNCTION customer_data.churn_rate(subscriptions text, every interval DEFAULT '1 month', since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        OUT period_start timestamptz, OUT period_end timestamptz,
        OUT customers_at_start bigint, OUT churned_customers bigint, OUT new_customers bigint, OUT customers_at_end bigint, OUT churn_rate float8,
        OUT revenue_at_start float8, OUT churned_revenue float8, OUT contraction float8, OUT expansion float8, OUT new_revenue float8, OUT revenue_at_end float8,
        OUT net_revenue_retention float8, OUT gross_revenue_retention float8)
    RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'cd_churn_rate';
COMMENT ON FUNCTION customer_data.churn_rate(text, interval, timestamptz, timestamptz) IS 'churn of customers, net and gross retention of revenue from each date to the next; subscriptions is a query of (customer_id, starts_at, ends_at [, amount])';

-- src/churn/model_setup.sql
-- A registry of models: rows of customer_store.model, in the form that does not depend on the extension being there.

CREATE FUNCTION customer_data.model_setup() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'cd_model_setup';
COMMENT ON FUNCTION customer_data.model_setup() IS 'makes customer_store.model for saved models and their versions; harmless to repeat';

CREATE FUNCTION customer_data.model_save(name text, model customer_data.churn_model, note text DEFAULT NULL, query text DEFAULT NULL, metrics jsonb DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_model_save';
COMMENT ON FUNCTION customer_data.model_save(text, customer_data.churn_model, text, text, jsonb) IS 'keeps a model under a name, as its next version, which is returned; query and metrics say what it was fitted from and how good it was';
CREATE FUNCTION customer_data.model(name text, version integer DEFAULT NULL) RETURNS customer_data.churn_model
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_model';
COMMENT ON FUNCTION customer_data.model(text, integer) IS 'a saved model, the newest unless a version is given; call it in FROM, so that it is read once';

-- src/clv/clv.sql
-- What customers without a contract will buy and are worth: customers gathered for a model, and its fit.

CREATE TYPE customer_data.clv_summary;
COMMENT ON TYPE customer_data.clv_summary IS 'customers for a model of their purchases: distinct histories with counts, average amounts of repeat buyers, purchases by day, and the unit of time; mergeable and exact. Personal data: histories and amounts of single customers stand in it';
CREATE FUNCTION customer_data.clv_summary_in(cstring) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_in';
COMMENT ON FUNCTION customer_data.clv_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.clv_summary_out(customer_data.clv_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_out';
COMMENT ON FUNCTION customer_data.clv_summary_out(customer_data.clv_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.clv_summary_recv(internal) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_recv';
COMMENT ON FUNCTION customer_data.clv_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.clv_summary_send(customer_data.clv_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_send';
COMMENT ON FUNCTION customer_data.clv_summary_send(customer_data.clv_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.clv_summary (
    INPUT = customer_data.clv_summary_in, OUTPUT = customer_data.clv_summary_out, RECEIVE = customer_data.clv_summary_recv, SEND = customer_data.clv_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

-- A date is that UTC day. Amounts and histories come from summaries, or as numbers.

CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of timestamptz, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_timestamptz';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, timestamptz, interval) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of date, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_date';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, date, interval) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, x float8, t_x float8, t float8, average float8, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_numbers';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, float8, float8, float8, float8, interval) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of timestamptz, unit interval, holdout customer_data.purchase_summary, holdout_until timestamptz) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_timestamptz';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, timestamptz, interval, customer_data.purchase_summary, timestamptz) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of date, unit interval, holdout customer_data.purchase_summary, holdout_until date) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_date';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, date, interval, customer_data.purchase_summary, date) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, x float8, t_x float8, t float8, average float8, unit interval, holdout_x float8, holdout_t float8) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_numbers';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, float8, float8, float8, float8, interval, float8, float8) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_opportunity_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of timestamptz, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunity_agg_accum_timestamptz';
COMMENT ON FUNCTION customer_data.clv_opportunity_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, timestamptz, interval) IS 'adds one customer; transition of clv_opportunity_agg';
CREATE FUNCTION customer_data.clv_opportunity_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of date, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunity_agg_accum_date';
COMMENT ON FUNCTION customer_data.clv_opportunity_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, date, interval) IS 'adds one customer; transition of clv_opportunity_agg';
CREATE FUNCTION customer_data.clv_opportunity_agg_accum(state customer_data.clv_summary, x float8, t_x float8, t float8, average float8, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunity_agg_accum_numbers';
COMMENT ON FUNCTION customer_data.clv_opportunity_agg_accum(customer_data.clv_summary, float8, float8, float8, float8, interval) IS 'adds one customer; transition of clv_opportunity_agg';
CREATE FUNCTION customer_data.clv_agg_combine(state customer_data.clv_summary, summary customer_data.clv_summary) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_combine';
COMMENT ON FUNCTION customer_data.clv_agg_combine(customer_data.clv_summary, customer_data.clv_summary) IS 'merges two summaries; NULL counts as empty; combine function of clv_agg and rollup';
CREATE FUNCTION customer_data.clv_agg_final(state customer_data.clv_summary) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_final';
COMMENT ON FUNCTION customer_data.clv_agg_final(customer_data.clv_summary) IS 'hands a summary on without copying it; final function of clv_agg and rollup';

CREATE AGGREGATE customer_data.clv_agg(s customer_data.purchase_summary, as_of timestamptz, unit interval) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(customer_data.purchase_summary, timestamptz, interval) IS 'gathers customers for a model, one row each: their purchases up to and with as_of, times counted in units';
CREATE AGGREGATE customer_data.clv_agg(s customer_data.purchase_summary, as_of date, unit interval) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(customer_data.purchase_summary, date, interval) IS 'gathers customers for a model, one row each: their purchases up to and with as_of, times counted in units';
CREATE AGGREGATE customer_data.clv_agg(x float8, t_x float8, t float8, average float8, unit interval) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(float8, float8, float8, float8, interval) IS 'gathers customers from numbers: repeat purchases, time of the last one and of the end of what is known, both since the first purchase and in units, and the average amount of a repeat purchase';
CREATE AGGREGATE customer_data.clv_agg(s customer_data.purchase_summary, as_of timestamptz, unit interval, holdout customer_data.purchase_summary, holdout_until timestamptz) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(customer_data.purchase_summary, timestamptz, interval, customer_data.purchase_summary, timestamptz) IS 'gathers customers with a hold-out, on which models can be compared: purchases after as_of, up to and with holdout_until';
CREATE AGGREGATE customer_data.clv_agg(s customer_data.purchase_summary, as_of date, unit interval, holdout customer_data.purchase_summary, holdout_until date) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(customer_data.purchase_summary, date, interval, customer_data.purchase_summary, date) IS 'gathers customers with a hold-out, on which models can be compared: purchases after as_of, up to and with holdout_until';
CREATE AGGREGATE customer_data.clv_agg(x float8, t_x float8, t float8, average float8, unit interval, holdout_x float8, holdout_t float8) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(float8, float8, float8, float8, interval, float8, float8) IS 'gathers customers from numbers, with holdout_x purchases in a hold-out that is holdout_t units long';
CREATE AGGREGATE customer_data.clv_opportunity_agg(s customer_data.purchase_summary, as_of timestamptz, unit interval) (
    SFUNC = customer_data.clv_opportunity_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_opportunity_agg(customer_data.purchase_summary, timestamptz, interval) IS 'gathers customers for model bg/bb, one row each: which of the periods of one unit that followed the first purchase had one';
CREATE AGGREGATE customer_data.clv_opportunity_agg(s customer_data.purchase_summary, as_of date, unit interval) (
    SFUNC = customer_data.clv_opportunity_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_opportunity_agg(customer_data.purchase_summary, date, interval) IS 'gathers customers for model bg/bb, one row each: which of the periods of one unit that followed the first purchase had one';
CREATE AGGREGATE customer_data.clv_opportunity_agg(x float8, t_x float8, t float8, average float8, unit interval) (
    SFUNC = customer_data.clv_opportunity_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_opportunity_agg(float8, float8, float8, float8, interval) IS 'gathers customers for model bg/bb from numbers: x of t opportunities had a purchase, the last of these was number t_x';
CREATE AGGREGATE customer_data.rollup(summary customer_data.clv_summary) (
    SFUNC = customer_data.clv_agg_combine, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.clv_summary) IS 'merges stored summaries of disjoint sets of customers';

CREATE FUNCTION customer_data.summary(s customer_data.clv_summary,
    OUT customers bigint, OUT repeaters bigint, OUT purchases float8, OUT spenders bigint, OUT histories bigint, OUT skipped bigint, OUT later bigint, OUT unit interval,
    OUT as_of date, OUT holdout_until date, OUT opportunities boolean)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_describe';
COMMENT ON FUNCTION customer_data.summary(customer_data.clv_summary) IS 'a clv_summary in one row: its customers, who of them came back and who has an average amount, distinct histories, rows left out (NULL; not yet a customer), and its frame';
CREATE FUNCTION customer_data.clv_opportunities(s customer_data.purchase_summary, as_of timestamptz, unit interval) RETURNS customer_data.purchase_repeat
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunities_timestamptz';
COMMENT ON FUNCTION customer_data.clv_opportunities(customer_data.purchase_summary, timestamptz, interval) IS 'how many of the t periods of one unit that followed the first purchase had one: x, the last of these was number t_x; NULL before the first purchase';
CREATE FUNCTION customer_data.clv_opportunities(s customer_data.purchase_summary, as_of date, unit interval) RETURNS customer_data.purchase_repeat
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunities_date';
COMMENT ON FUNCTION customer_data.clv_opportunities(customer_data.purchase_summary, date, interval) IS 'how many of the t periods of one unit that followed the first purchase had one: x, the last of these was number t_x; NULL before the first purchase';

CREATE TYPE customer_data.clv_model;
COMMENT ON TYPE customer_data.clv_model IS 'model of purchases without a contract and of what they are worth: bg/nbd, mbg/nbd, pareto/nbd, nbd or bg/bb, with gamma-gamma';
CREATE FUNCTION customer_data.clv_model_in(cstring) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_in';
COMMENT ON FUNCTION customer_data.clv_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.clv_model_out(customer_data.clv_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_out';
COMMENT ON FUNCTION customer_data.clv_model_out(customer_data.clv_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.clv_model_recv(internal) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_recv';
COMMENT ON FUNCTION customer_data.clv_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.clv_model_send(customer_data.clv_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_send';
COMMENT ON FUNCTION customer_data.clv_model_send(customer_data.clv_model) IS 'binary output with a version byte';
CREATE TYPE customer_data.clv_model (
    INPUT = customer_data.clv_model_in, OUTPUT = customer_data.clv_model_out, RECEIVE = customer_data.clv_model_recv, SEND = customer_data.clv_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
CREATE FUNCTION customer_data.clv_model_to_jsonb(model customer_data.clv_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_to_jsonb';
COMMENT ON FUNCTION customer_data.clv_model_to_jsonb(customer_data.clv_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.clv_model AS jsonb) WITH FUNCTION customer_data.clv_model_to_jsonb(customer_data.clv_model);
COMMENT ON CAST (customer_data.clv_model AS jsonb) IS 'a model for reading and for other programs; nothing of it is lost';
CREATE FUNCTION customer_data.clv_model_from_jsonb(model jsonb) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_from_jsonb';
COMMENT ON FUNCTION customer_data.clv_model_from_jsonb(jsonb) IS 'a model from what the cast to jsonb made, checked completely; the function of the cast from jsonb';
CREATE CAST (jsonb AS customer_data.clv_model) WITH FUNCTION customer_data.clv_model_from_jsonb(jsonb);
COMMENT ON CAST (jsonb AS customer_data.clv_model) IS 'a model from what the cast to jsonb made';

CREATE FUNCTION customer_data.clv_fit(c customer_data.clv_summary, model text DEFAULT 'auto', max_iterations integer DEFAULT 200) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 AS 'MODULE_PATHNAME', 'cd_clv_fit';
COMMENT ON FUNCTION customer_data.clv_fit(customer_data.clv_summary, text, integer) IS 'fits a model of purchases by maximum likelihood (bg/nbd, mbg/nbd, pareto/nbd, nbd, bg/bb), and gamma-gamma for what they are worth; auto takes the one with the lowest AIC';
CREATE FUNCTION customer_data.clv_model(model text, parameters float8[], unit interval, spend float8[] DEFAULT NULL) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model';
COMMENT ON FUNCTION customer_data.clv_model(text, float8[], interval, float8[]) IS 'a model from parameters that are known, in the order of summary(); spend are p, q and v of gamma-gamma';
CREATE FUNCTION customer_data.summary(model customer_data.clv_model, confidence float8 DEFAULT 0.95,
    OUT part text, OUT parameter text, OUT estimate float8, OUT std_error float8, OUT low float8, OUT high float8, OUT log_likelihood float8, OUT aic float8, OUT bic float8,
    OUT customers bigint, OUT iterations bigint, OUT converged boolean, OUT remark text) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 8 AS 'MODULE_PATHNAME', 'cd_clv_model_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.clv_model, float8) IS 'parameters of a model with standard errors and intervals, its likelihood, and whether it converged; the correlation of purchases and average amounts, of which gamma-gamma assumes none';
CREATE FUNCTION customer_data.clv_compare(c customer_data.clv_summary, max_iterations integer DEFAULT 200,
    OUT model text, OUT parameters integer, OUT log_likelihood float8, OUT aic float8, OUT bic float8,
    OUT holdout_purchases float8, OUT holdout_expected float8, OUT mean_absolute_error float8, OUT root_mean_square_error float8, OUT converged boolean, OUT best boolean, OUT remark text) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 4 AS 'MODULE_PATHNAME', 'cd_clv_compare';
COMMENT ON FUNCTION customer_data.clv_compare(customer_data.clv_summary, integer) IS 'all models of purchases for these customers, the best one by AIC first, with errors of a customer in the hold-out if there is one';
CREATE FUNCTION customer_data.clv_tracking(model customer_data.clv_model, c customer_data.clv_summary, allow_unconverged boolean DEFAULT false,
    OUT period bigint, OUT period_end date, OUT held_out boolean, OUT expected float8, OUT actual float8, OUT expected_total float8, OUT actual_total float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 AS 'MODULE_PATHNAME', 'cd_clv_tracking';
COMMENT ON FUNCTION customer_data.clv_tracking(customer_data.clv_model, customer_data.clv_summary, boolean) IS 'repeat purchases of all customers, expected and made in each period of one unit, and up to its end: whether the model follows what customers did';

-- src/clv/clv_predict.sql
-- What a model says of one customer, who comes as a purchase_summary or as numbers in the unit of the model.

CREATE FUNCTION customer_data.clv_alive(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_alive_timestamptz';
COMMENT ON FUNCTION customer_data.clv_alive(customer_data.clv_model, customer_data.purchase_summary, timestamptz, boolean) IS 'probability that a customer has not left by as_of';
CREATE FUNCTION customer_data.clv_alive(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_alive_date';
COMMENT ON FUNCTION customer_data.clv_alive(customer_data.clv_model, customer_data.purchase_summary, date, boolean) IS 'probability that a customer has not left by as_of';
CREATE FUNCTION customer_data.clv_alive(model customer_data.clv_model, x float8, t_x float8, t float8, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_alive_numbers';
COMMENT ON FUNCTION customer_data.clv_alive(customer_data.clv_model, float8, float8, float8, boolean) IS 'probability that a customer has not left by t: from numbers in the unit of the model';
CREATE FUNCTION customer_data.clv_purchases(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_purchases_timestamptz';
COMMENT ON FUNCTION customer_data.clv_purchases(customer_data.clv_model, customer_data.purchase_summary, timestamptz, interval, boolean) IS 'expected purchases of a customer within a horizon after as_of';
CREATE FUNCTION customer_data.clv_purchases(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_purchases_date';
COMMENT ON FUNCTION customer_data.clv_purchases(customer_data.clv_model, customer_data.purchase_summary, date, interval, boolean) IS 'expected purchases of a customer within a horizon after as_of';
CREATE FUNCTION customer_data.clv_purchases(model customer_data.clv_model, x float8, t_x float8, t float8, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_purchases_numbers';
COMMENT ON FUNCTION customer_data.clv_purchases(customer_data.clv_model, float8, float8, float8, interval, boolean) IS 'expected purchases of a customer within a horizon after t: from numbers in the unit of the model';
CREATE FUNCTION customer_data.clv_residual_purchases(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, discount_rate float8 DEFAULT 0.1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_residual_timestamptz';
COMMENT ON FUNCTION customer_data.clv_residual_purchases(customer_data.clv_model, customer_data.purchase_summary, timestamptz, float8, boolean) IS 'expected purchases of a customer after as_of, for ever, each discounted continuously by its time at a rate per year (DERT)';
CREATE FUNCTION customer_data.clv_residual_purchases(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, discount_rate float8 DEFAULT 0.1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_residual_date';
COMMENT ON FUNCTION customer_data.clv_residual_purchases(customer_data.clv_model, customer_data.purchase_summary, date, float8, boolean) IS 'expected purchases of a customer after as_of, for ever, each discounted continuously by its time at a rate per year (DERT)';
CREATE FUNCTION customer_data.clv_residual_purchases(model customer_data.clv_model, x float8, t_x float8, t float8, discount_rate float8 DEFAULT 0.1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_residual_numbers';
COMMENT ON FUNCTION customer_data.clv_residual_purchases(customer_data.clv_model, float8, float8, float8, float8, boolean) IS 'expected purchases of a customer after t, for ever, each discounted continuously by its time at a rate per year (DERT): from numbers in the unit of the model';
CREATE FUNCTION customer_data.clv_spend(model customer_data.clv_model, s customer_data.purchase_summary, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_spend';
COMMENT ON FUNCTION customer_data.clv_spend(customer_data.clv_model, customer_data.purchase_summary, boolean) IS 'expected amount of a purchase of a customer; of all customers if there was no repeat purchase';
CREATE FUNCTION customer_data.clv_spend(model customer_data.clv_model, x float8, average float8, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_spend_numbers';
COMMENT ON FUNCTION customer_data.clv_spend(customer_data.clv_model, float8, float8, boolean) IS 'expected amount of a purchase of a customer with x repeat purchases of this average: from numbers';
CREATE FUNCTION customer_data.clv_value(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'cd_clv_value_timestamptz';
COMMENT ON FUNCTION customer_data.clv_value(customer_data.clv_model, customer_data.purchase_summary, timestamptz, interval, float8, float8, boolean) IS 'what a customer will be worth within a horizon after as_of: expected amount times expected purchases of each period of one unit, discounted from its end at a rate per year, times margin';
CREATE FUNCTION customer_data.clv_value(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'cd_clv_value_date';
COMMENT ON FUNCTION customer_data.clv_value(customer_data.clv_model, customer_data.purchase_summary, date, interval, float8, float8, boolean) IS 'what a customer will be worth within a horizon after as_of: expected amount times expected purchases of each period of one unit, discounted from its end at a rate per year, times margin';
CREATE FUNCTION customer_data.clv_value(model customer_data.clv_model, x float8, t_x float8, t float8, average float8, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'cd_clv_value_numbers';
COMMENT ON FUNCTION customer_data.clv_value(customer_data.clv_model, float8, float8, float8, float8, interval, float8, float8, boolean) IS 'what a customer will be worth within a horizon after t: expected amount times expected purchases of each period of one unit, discounted from its end at a rate per year, times margin; from numbers in the unit of the model';
CREATE FUNCTION customer_data.clv_value_interval(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, confidence float8 DEFAULT 0.95, allow_unconverged boolean DEFAULT false,
    OUT value float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME', 'cd_clv_value_interval_timestamptz';
COMMENT ON FUNCTION customer_data.clv_value_interval(customer_data.clv_model, customer_data.purchase_summary, timestamptz, interval, float8, float8, float8, boolean) IS 'clv_value with its standard error and interval, from those of the parameters (delta method)';
CREATE FUNCTION customer_data.clv_value_interval(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, confidence float8 DEFAULT 0.95, allow_unconverged boolean DEFAULT false,
    OUT value float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME', 'cd_clv_value_interval_date';
COMMENT ON FUNCTION customer_data.clv_value_interval(customer_data.clv_model, customer_data.purchase_summary, date, interval, float8, float8, float8, boolean) IS 'clv_value with its standard error and interval, from those of the parameters (delta method)';
CREATE FUNCTION customer_data.clv_value_interval(model customer_data.clv_model, x float8, t_x float8, t float8, average float8, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, confidence float8 DEFAULT 0.95, allow_unconverged boolean DEFAULT false,
    OUT value float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME', 'cd_clv_value_interval_numbers';
COMMENT ON FUNCTION customer_data.clv_value_interval(customer_data.clv_model, float8, float8, float8, float8, interval, float8, float8, float8, boolean) IS 'clv_value with its standard error and interval, from those of the parameters (delta method): from numbers';
CREATE FUNCTION customer_data.clv_expected(model customer_data.clv_model, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_expected';
COMMENT ON FUNCTION customer_data.clv_expected(customer_data.clv_model, interval, boolean) IS 'expected repeat purchases of a new customer within a horizon after the first purchase';
CREATE FUNCTION customer_data.clv_purchase_probability(model customer_data.clv_model, purchases integer, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_purchase_probability';
COMMENT ON FUNCTION customer_data.clv_purchase_probability(customer_data.clv_model, integer, interval, boolean) IS 'probability that a new customer makes so many repeat purchases within a horizon after the first purchase';

-- src/clv/sbg.sql
-- How long customers with a contract will renew it.

CREATE TYPE customer_data.sbg_model;
COMMENT ON TYPE customer_data.sbg_model IS 'model of contracts that are renewed or not: shifted beta-geometric';
CREATE FUNCTION customer_data.sbg_model_in(cstring) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_in';
COMMENT ON FUNCTION customer_data.sbg_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.sbg_model_out(customer_data.sbg_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_out';
COMMENT ON FUNCTION customer_data.sbg_model_out(customer_data.sbg_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.sbg_model_recv(internal) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_recv';
COMMENT ON FUNCTION customer_data.sbg_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.sbg_model_send(customer_data.sbg_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_send';
COMMENT ON FUNCTION customer_data.sbg_model_send(customer_data.sbg_model) IS 'binary output with a version byte';
CREATE TYPE customer_data.sbg_model (
    INPUT = customer_data.sbg_model_in, OUTPUT = customer_data.sbg_model_out, RECEIVE = customer_data.sbg_model_recv, SEND = customer_data.sbg_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
CREATE FUNCTION customer_data.sbg_model_to_jsonb(model customer_data.sbg_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_to_jsonb';
COMMENT ON FUNCTION customer_data.sbg_model_to_jsonb(customer_data.sbg_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.sbg_model AS jsonb) WITH FUNCTION customer_data.sbg_model_to_jsonb(customer_data.sbg_model);
COMMENT ON CAST (customer_data.sbg_model AS jsonb) IS 'a model for reading and for other programs; nothing of it is lost';
CREATE FUNCTION customer_data.sbg_model_from_jsonb(model jsonb) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_from_jsonb';
COMMENT ON FUNCTION customer_data.sbg_model_from_jsonb(jsonb) IS 'a model from what the cast to jsonb made, checked completely; the function of the cast from jsonb';
CREATE CAST (jsonb AS customer_data.sbg_model) WITH FUNCTION customer_data.sbg_model_from_jsonb(jsonb);
COMMENT ON CAST (jsonb AS customer_data.sbg_model) IS 'a model from what the cast to jsonb made';

CREATE FUNCTION customer_data.sbg_fit(s customer_data.survival_summary, unit interval, max_iterations integer DEFAULT 200) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_fit_summary';
COMMENT ON FUNCTION customer_data.sbg_fit(customer_data.survival_summary, interval, integer) IS 'fits a model of renewals by maximum likelihood: durations count renewals, an event at t is a customer who left at the t-th, one without had renewed t times; unit is the time between renewals';
CREATE FUNCTION customer_data.sbg_fit(survivors bigint[], unit interval, max_iterations integer DEFAULT 200) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_fit_survivors';
COMMENT ON FUNCTION customer_data.sbg_fit(bigint[], interval, integer) IS 'fits a model of renewals by maximum likelihood: survivors are how many customers there were at first, after one renewal, after two, and so on';
CREATE FUNCTION customer_data.summary(model customer_data.sbg_model, confidence float8 DEFAULT 0.95,
    OUT part text, OUT parameter text, OUT estimate float8, OUT std_error float8, OUT low float8, OUT high float8, OUT log_likelihood float8, OUT aic float8, OUT bic float8,
    OUT customers bigint, OUT iterations bigint, OUT converged boolean, OUT remark text) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 2 AS 'MODULE_PATHNAME', 'cd_sbg_model_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.sbg_model, float8) IS 'parameters of a model with standard errors and intervals, its likelihood, and whether it converged';
CREATE FUNCTION customer_data.sbg_survival(model customer_data.sbg_model, renewals integer, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_survival';
COMMENT ON FUNCTION customer_data.sbg_survival(customer_data.sbg_model, integer, boolean) IS 'share of new customers who will renew so many times at least';
CREATE FUNCTION customer_data.sbg_retention(model customer_data.sbg_model, renewal integer, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_retention';
COMMENT ON FUNCTION customer_data.sbg_retention(customer_data.sbg_model, integer, boolean) IS 'share of the customers who come as far as this renewal and make it; it rises, for those who leave easily have left';
CREATE FUNCTION customer_data.sbg_renewals(model customer_data.sbg_model, renewed integer, ahead integer, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_renewals';
COMMENT ON FUNCTION customer_data.sbg_renewals(customer_data.sbg_model, integer, integer, boolean) IS 'expected renewals of a customer, who has made so many, at so many occasions ahead';
CREATE FUNCTION customer_data.sbg_residual_renewals(model customer_data.sbg_model, renewed integer, discount_rate float8 DEFAULT 0.1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_residual_renewals';
COMMENT ON FUNCTION customer_data.sbg_residual_renewals(customer_data.sbg_model, integer, float8, boolean) IS 'expected renewals of a customer, who has made so many, at all occasions ahead, the next one in full and later ones discounted at a rate per year (DERL)';
