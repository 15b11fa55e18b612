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
