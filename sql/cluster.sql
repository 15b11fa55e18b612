-- Clusters: k-means, mixtures and principal components.
SET timezone = 'UTC';
SET search_path = public, customer_data;
\pset null '(null)'
-- Twelve customers who differ in what they spend, how long they have been away, and how old they are.
CREATE TABLE customer (id int, spend numeric, recency int, age int, country text);
INSERT INTO customer VALUES
    (1, 900, 3, 24, 'DE'), (2, 940, 5, 27, 'DE'), (3, 870, 4, 25, 'FR'), (4, 910, 2, 26, 'DE'),
    (5, 60, 300, 66, 'FR'), (6, 40, 310, 70, 'FR'), (7, 80, 290, 68, 'FR'), (8, 50, 305, NULL, 'FR'), (9, 70, 280, 71, NULL),
    (10, 480, 6, 69, 'ES'), (11, 500, 5, 67, 'ES'), (12, 520, 4, 70, 'ES');

-- Fit, keep, describe, assign.
CREATE TABLE model AS
SELECT kmeans_fit(dataset_agg(f), 3) AS m FROM (SELECT spend, recency, age FROM customer) f;
SELECT s.clusters, s.features, s.rows, s.scale, round(s.wss::numeric, 6) AS wss, s.converged FROM model, summary(m) s;
SELECT c.cluster, c.name, c.size, round(c.share::numeric, 3) AS share,
       (SELECT jsonb_object_agg(key, round(value::numeric, 1)) FROM jsonb_each_text(c.centre)) AS centre,
       (SELECT string_agg(d ->> 'feature' || ' ' || round((d ->> 'z_score')::numeric, 2), ', ') FROM jsonb_array_elements(c.differences) d) AS differences
FROM model, cluster_cards(m) c ORDER BY c.cluster;
SELECT p.cluster, p.feature, p.kind, round(p.value::numeric, 2) AS value, round(p.overall::numeric, 2) AS overall, round(p.z_score::numeric, 2) AS z_score
FROM model, cluster_profile(m) p ORDER BY p.cluster, p.feature;
SELECT c.id, cluster(m, c), round(cluster_distance(m, c)::numeric, 3) AS distance FROM model, customer c ORDER BY c.id;
SELECT cluster(m, f) FROM model, (SELECT 30 AS age, 1000 AS spend, 'extra' AS note, 1 AS recency) f;
SELECT cluster(m, ARRAY[1000, 1, NULL]) FROM model;

-- How many clusters?
SELECT s.k, round(s.wss::numeric, 3) AS wss, round(s.silhouette::numeric, 3) AS silhouette, round(s.calinski_harabasz::numeric, 1) AS calinski_harabasz, s.stability > 0.5 AS stable
FROM (SELECT dataset_agg(f) AS d FROM (SELECT spend, recency, age FROM customer) f) q, kmeans_scan(q.d, 1, 4) s;

-- Words among the features: k-prototypes. Words alone.
SELECT c.cluster, c.name, c.size, c.centre -> 'country' AS country FROM (
    SELECT kmeans_fit(dataset_agg(f), 3) AS m FROM (SELECT spend, recency, country FROM customer) f) q, cluster_cards(q.m) c ORDER BY c.cluster;
SELECT c.name, c.size FROM (SELECT kmeans_fit(dataset_agg(f), 4) AS m FROM (SELECT country FROM customer) f) q, cluster_cards(q.m) c ORDER BY c.cluster;

-- A mixture.
CREATE TABLE mixture AS SELECT gmm_fit(dataset_agg(f), 2, 'diagonal') AS g FROM (SELECT spend, recency FROM customer) f;
SELECT s.clusters, s.features, s.rows, s.covariance, round(s.log_likelihood::numeric, 3) AS log_likelihood, round(s.bic::numeric, 3) AS bic, s.converged FROM mixture, summary(g) s;
SELECT c.cluster, c.name, c.size FROM mixture, cluster_cards(g) c ORDER BY c.cluster;
SELECT c.id, cluster(g, c), cluster_probability(g, c, 1)::numeric(4,3) AS first, cardinality(cluster_probability(g, c)) AS clusters FROM mixture, customer c ORDER BY c.id LIMIT 6;
SELECT jsonb_object_keys(g::jsonb) AS key FROM mixture ORDER BY key;

-- Answers of a survey, from 1 to 5: three questions about price, two about service.
CREATE TABLE survey AS
SELECT i AS id, 1 + (i * 7) % 5 AS price_matters, 1 + (i * 7) % 5 AS looks_for_offers, 1 + (i * 7) % 5 AS compares, 1 + (i * 3 / 5) % 5 AS wants_advice, 1 + (i * 3 / 5) % 5 AS likes_shops
FROM generate_series(0, 99) i;
CREATE TABLE scale AS SELECT pca_fit(dataset_agg(f), 2, 'zscore') AS p FROM (SELECT price_matters, looks_for_offers, compares, wants_advice, likes_shops FROM survey) f;
SELECT s.component, round(s.variance::numeric, 3) AS variance, round(s.share::numeric, 3) AS share, round(s.cumulative_share::numeric, 3) AS cumulative_share FROM scale, summary(p) s;
SELECT l.component, l.feature, round(l.loading::numeric, 3) + 0 AS loading FROM scale, pca_loadings(p) l WHERE abs(l.loading) > 0.1 ORDER BY 1, 2;
SELECT s.id, s.price_matters, s.wants_advice, round(score[1]::numeric, 3) AS price, round(score[2]::numeric, 3) AS service
FROM scale, survey s, LATERAL (SELECT pca_scores(p, s) AS score) q ORDER BY s.id LIMIT 3;

-- Models are values: text, dump, generated column, index.
SELECT m::text::kmeans_model::text = m::text AS exact, g::text::gmm_model::text = g::text AS exact_too, p::text::pca_model::text = p::text AS and_this
FROM model, mixture, scale;
SELECT format('CREATE TABLE assigned (spend float8, recency float8, age float8, cluster int GENERATED ALWAYS AS (cluster(%L::kmeans_model, ARRAY[spend, recency, age])) STORED)', m) FROM model \gexec
INSERT INTO assigned SELECT spend, recency, age FROM customer;
SELECT cluster, count(*) FROM assigned GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM model, customer c, LATERAL (SELECT cluster(m, c) AS k OFFSET 0) q, assigned a WHERE a.spend = c.spend AND a.cluster <> k;

-- What cannot be done is said.
SELECT kmeans_fit(dataset_agg(f), 0) FROM (SELECT spend FROM customer) f;
SELECT kmeans_fit(dataset_agg(f), 13) FROM (SELECT spend FROM customer) f;
SELECT kmeans_fit(dataset_agg(f), 5) FROM (SELECT country FROM customer) f;
SELECT kmeans_fit(dataset_agg(f), 2, scale => 'minmax') FROM (SELECT spend FROM customer) f;
SELECT kmeans_fit(dataset_agg(f), 2) FROM (SELECT spend FROM customer WHERE false) f;
SELECT kmeans_fit(dataset_agg(f), 2) FROM (SELECT spend, NULL::int AS clicks FROM customer) f;
SELECT kmeans_fit(dataset_agg(f), 2) FROM (SELECT 'NaN'::float8 AS spend FROM customer) f;
SELECT kmeans_fit(dataset_agg(f), 2) FROM (SELECT i::text || ' Main Street' AS address FROM generate_series(1, 10001) i) f;
SELECT gmm_fit(dataset_agg(f), 2) FROM (SELECT spend, country FROM customer) f;
SELECT gmm_fit(dataset_agg(f), 2, 'round') FROM (SELECT spend FROM customer) f;
SELECT gmm_fit(dataset_agg(f), 2, tolerance => 0) FROM (SELECT spend FROM customer) f;
SELECT pca_fit(dataset_agg(f), 3) FROM (SELECT spend, recency FROM customer) f;
SELECT pca_fit(dataset_agg(f), 1) FROM (SELECT country FROM customer) f;
SELECT k FROM kmeans_scan((SELECT dataset_agg(f) FROM (SELECT country FROM customer) f), 2, 5);
SELECT cluster(m, f) FROM model, (SELECT spend, recency FROM customer) f;
SELECT cluster(m, ROW(900, 3, 24)) FROM model;
SELECT cluster(m, f) FROM model, (SELECT spend, recency, age::text FROM customer) f;
SELECT cluster(m, ARRAY[900, 3]) FROM model;
SELECT cluster(m, ARRAY[900, 3, 'Infinity'::float8]) FROM model;
SELECT cluster(m, ARRAY[1e200, 3, 24]) FROM model;
SELECT cluster_probability(g, ARRAY[900, 3], 3) FROM mixture;
CREATE TABLE early AS SELECT kmeans_fit(dataset_agg(f), 8, restarts => 1, max_iterations => 1) AS m FROM (SELECT i * 7919 % 1009 AS x, i * 104729 % 997 AS y FROM generate_series(1, 2000) i) f;
SELECT s.iterations, s.converged FROM early, summary(m) s;
SELECT cluster(m, ARRAY[1, 2]) FROM early;
SELECT cluster(m, ARRAY[1, 2], allow_unconverged => true) > 0 AS allowed FROM early;
SELECT 'AQ=='::kmeans_model;
SELECT 'not a model'::gmm_model;
SELECT '////'::pca_model;

-- What is undefined is NULL; one row, constant columns.
SELECT cluster(m, NULL::record) AS nothing, cluster(NULL::kmeans_model, ARRAY[1]) AS no_model FROM model;
SELECT s.clusters, s.wss FROM summary((SELECT kmeans_fit(dataset_agg(f), 1) FROM (SELECT 5 AS x) f)) s;
SELECT s.clusters, s.wss FROM summary((SELECT kmeans_fit(dataset_agg(f), 1) FROM (SELECT 5 AS x FROM generate_series(1, 9)) f)) s;
SELECT s.component, s.variance, s.share, s.cumulative_share FROM summary((SELECT pca_fit(dataset_agg(f), 1) FROM (SELECT 5 AS x FROM generate_series(1, 9)) f)) s;
-- Other tests use these names.
DROP TABLE customer, model, mixture, survey, scale, early;
