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
