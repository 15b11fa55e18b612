-- src/dataset/dataset.sql: whose row it is
CREATE FUNCTION customer_data.dataset_agg_accum(state customer_data.dataset, features record, label text, weight text, ignore text[], customer text) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_row';
COMMENT ON FUNCTION customer_data.dataset_agg_accum(customer_data.dataset, record, text, text, text[], text) IS 'adds one row to a dataset; transition of dataset_agg';
CREATE AGGREGATE customer_data.dataset_agg(features record, label text, weight text, ignore text[], customer text) (
    SFUNC = customer_data.dataset_agg_accum, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.dataset_agg(record, text, text, text[], text) IS 'the same, with the column that says whose row it is: models hold out all rows of a customer together; kept as a hash';

-- It has a column more. A view of the user that calls it stands in the way: drop it before the update, and make it again.
DROP FUNCTION customer_data.summary(customer_data.dataset);
CREATE FUNCTION customer_data.summary(d customer_data.dataset,
    OUT rows bigint, OUT skipped bigint, OUT features integer, OUT label text, OUT weight text, OUT bytes bigint, OUT customer text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.dataset) IS 'a dataset in one row: its rows, the rows left out, features, names of label and weight, the bytes its rows take, and the name of the customer';
