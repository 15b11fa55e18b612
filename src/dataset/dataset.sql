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
