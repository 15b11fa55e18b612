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
