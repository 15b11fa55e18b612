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
