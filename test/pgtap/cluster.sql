-- Clusters, mixtures and principal components: published values, and what must hold for all data.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
\ir include/attack.sql
\ir include/iris.sql
\ir include/faithful.sql

CREATE FUNCTION pg_temp.close(seen float8, expected float8, within float8, what text) RETURNS text LANGUAGE sql AS
    $$ SELECT ok(abs(seen - expected) <= within, format('%s: %s is %s', what, seen, expected)) $$;

-- Published values

CREATE TEMP TABLE flower AS
SELECT d, kmeans_fit(d, 3, scale => 'none') AS plain, kmeans_fit(d, 3) AS scaled, pca_fit(d, 4) AS components,
       kmeans_fit(d, 3, scale => 'robust') AS robust
FROM (SELECT dataset_agg(i, NULL, NULL, '{id}') AS d FROM iris i) q;
SELECT pg_temp.close((SELECT s.wss FROM flower, summary(plain) s), 78.85144143, 5e-9, 'iris, squares within 3 clusters (R, kmeans)');
SELECT pg_temp.close((SELECT s.wss FROM flower, summary(scaled) s), 138.8883597, 5e-8, 'iris scaled, squares within 3 clusters (R, kmeans)');
SELECT is((SELECT array_agg(size ORDER BY cluster) FROM flower, cluster_cards(plain)), '{62,50,38}'::bigint[], 'iris, sizes of 3 clusters');
SELECT is((SELECT array_agg(n ORDER BY cluster) FROM (SELECT cluster(plain, i) AS cluster, count(*) AS n FROM flower, iris i GROUP BY 1) q), '{62,50,38}'::bigint[],
    'iris, and so many rows are found in them');
CREATE TEMP TABLE scan AS SELECT s.* FROM flower, kmeans_scan(d, 1, 5, scale => 'none') s;
SELECT pg_temp.close((SELECT silhouette FROM scan WHERE k = 3), 0.5528190, 5e-8, 'iris, silhouette');
SELECT pg_temp.close((SELECT calinski_harabasz FROM scan WHERE k = 3), 561.6278, 5e-5, 'iris, Calinski-Harabasz index');
-- 150 - 1 times the variances of all columns.
SELECT pg_temp.close((SELECT wss FROM scan WHERE k = 1), (SELECT 149 * (variance(sepal_length) + variance(sepal_width) + variance(petal_length) + variance(petal_width)) FROM iris),
    1e-9, 'iris, one cluster has all squares');
SELECT results_eq('SELECT k, silhouette IS NULL, calinski_harabasz IS NULL, stability IS NULL FROM scan', $$ VALUES (1, true, true, true), (2, false, false, false),
    (3, false, false, false), (4, false, false, false), (5, false, false, false) $$, 'one cluster has no silhouette, index or stability');
SELECT ok((SELECT bool_and(stability BETWEEN 0 AND 1) AND max(stability) FILTER (WHERE k = 2) > 0.95 FROM scan WHERE k > 1), 'the irises fall apart into two clusters for sure');
SELECT pg_temp.close(s.variance, expected, 5e-8, format('iris, variance of component %s (R, prcomp)', s.component))
FROM flower, summary(components) s JOIN (VALUES (1, 4.2282417), (2, 0.2426707), (3, 0.0782095), (4, 0.0238351)) v (component, expected) USING (component);
SELECT pg_temp.close((SELECT s.cumulative_share FROM flower, summary(components) s WHERE component = 2), 0.9776852, 5e-8, 'iris, share of two components (R, summary of prcomp)');
SELECT pg_temp.close((SELECT loading FROM flower, pca_loadings(components) WHERE component = 1 AND feature = 'petal_length'), 0.8566706, 5e-8, 'iris, loading (R, prcomp)');
SELECT pg_temp.close((SELECT variance(s[1]) FROM (SELECT pca_scores(components, i) AS s FROM flower, iris i) q), 4.2282417, 5e-8, 'iris, variance of the scores');
SELECT pg_temp.close((SELECT corr(s[1], s[2]) FROM (SELECT pca_scores(components, i) AS s FROM flower, iris i) q), 0, 1e-12, 'iris, scores are not correlated');

CREATE TEMP TABLE geyser AS SELECT d, gmm_fit(d, 2) AS model, gmm_fit(d, 2, 'diagonal') AS diagonal FROM (SELECT dataset_agg(f, NULL, NULL, '{id}') AS d FROM faithful f) q;
SELECT pg_temp.close((SELECT s.log_likelihood FROM geyser, summary(model) s), -1130.26396, 5e-6, 'Old Faithful, log-likelihood of 2 clusters (R, mclust VVV)');
-- 11 parameters: 2 x (2 means, 3 covariances) and 1 weight. BIC = -2 ln L + 11 ln 272.
SELECT pg_temp.close((SELECT s.bic FROM geyser, summary(model) s), 2 * 1130.26396 + 11 * ln(272::float8), 1e-5, 'Old Faithful, BIC');
SELECT ok((SELECT a.log_likelihood > b.log_likelihood FROM geyser, summary(model) a, summary(diagonal) b), 'full covariances are at least as likely as diagonal ones');

-- What must hold for all data: two dimensions with planted clusters, weights, missing values, categories, ties.

CREATE TEMP TABLE sample AS
SELECT i AS id, data_set, weight, x, y, colour, size
FROM generate_series(1, 600) AS i, LATERAL (SELECT (hashint8extended(i, 5) & 1048575) / 1048576.0 AS u, (hashint8extended(i, 6) & 1048575) / 1048576.0 AS v) r,
    LATERAL (SELECT i % 3 AS part) p,
    LATERAL (VALUES
        ('numbers', 1, 10 * part + u, 100 * (part % 2) + 10 * v, NULL::text, NULL::text),
        ('no clusters', 1, u, v, NULL, NULL),
        ('ties', 1, floor(4 * u), floor(4 * v), NULL, NULL),
        ('missing', 1, CASE WHEN i % 7 > 0 THEN 10 * part + u END, CASE WHEN i % 5 > 0 THEN v END, NULL, NULL),
        ('weights', 1 + i % 4, 10 * part + u, 10 * (part % 2) + v, NULL, NULL),
        ('mixed', 1, 10 * part + u, 10 * (part % 2) + v, (ARRAY['red', 'green', 'blue'])[1 + part], CASE WHEN i % 11 > 0 THEN (ARRAY['small', 'large'])[1 + part % 2] END),
        ('categories', 1, NULL, NULL, (ARRAY['red', 'green', 'blue'])[1 + part], (ARRAY['small', 'large'])[1 + part % 2])) AS s (data_set, weight, x, y, colour, size);
CREATE FUNCTION pg_temp.gather(which text, sorted text DEFAULT 'id') RETURNS dataset LANGUAGE plpgsql AS $$
DECLARE
    d dataset;
BEGIN
    EXECUTE format('SELECT dataset_agg(f, NULL, %L, %L) FROM (SELECT %s FROM sample WHERE data_set = %L ORDER BY %s) f',
        CASE which WHEN 'weights' THEN 'weight' END, '{}',
        CASE which WHEN 'mixed' THEN 'x, y, colour, size' WHEN 'categories' THEN 'colour, size' WHEN 'weights' THEN 'x, y, weight' ELSE 'x, y' END,
        which, sorted) INTO d;
    RETURN d;
END
$$;
CREATE TEMP TABLE fitted AS
SELECT data_set, scale, k, d, kmeans_fit(d, k, 7, scale) AS model
FROM (SELECT DISTINCT data_set FROM sample) n, unnest('{none,zscore,robust}'::text[]) AS scale, unnest('{1,2,3,5}'::int[]) AS k, pg_temp.gather(data_set) d
WHERE data_set <> 'categories' OR k <= 3;
SELECT is((SELECT count(*) FROM fitted WHERE (summary(model)).converged), 81::bigint, '81 fits converge');
CREATE TEMP TABLE placed AS
SELECT f.data_set, f.scale, f.k, s.id, s.weight, cluster(model, s), cluster_distance(model, s) AS distance, s.x, s.y FROM fitted f JOIN sample s USING (data_set);
SELECT is_empty($$
    SELECT data_set, scale, k, cluster, size, n FROM (SELECT data_set, scale, k, c.* FROM fitted, cluster_cards(model) c) c
    FULL JOIN (SELECT data_set, scale, k, cluster, count(*) AS n FROM placed GROUP BY 1, 2, 3, 4) p USING (data_set, scale, k, cluster) WHERE n IS DISTINCT FROM size
$$, 'every row is found in the cluster it was fitted in');
SELECT is_empty($$
    SELECT data_set, scale, k, wss, total FROM (SELECT data_set, scale, k, (summary(model)).wss FROM fitted) f
    JOIN (SELECT data_set, scale, k, sum(weight * distance ^ 2) AS total FROM placed GROUP BY 1, 2, 3) p USING (data_set, scale, k)
    WHERE NOT abs(wss - total) <= 1e-9 * greatest(1, wss)
$$, 'squared distances add up to the squares within clusters');
SELECT is_empty($$
    SELECT data_set, scale, k FROM fitted, cluster_cards(model) c GROUP BY 1, 2, 3 HAVING abs(sum(share) - 1) > 1e-12 OR count(DISTINCT c.name) <> k
        OR array_agg(cluster ORDER BY cluster) <> ARRAY(SELECT generate_series(1, k))
$$, 'clusters are numbered from 1, shares add up to 1, names differ');
SELECT is_empty($$ SELECT data_set, scale, k FROM fitted WHERE data_set <> 'weights' AND EXISTS (
    SELECT 1 FROM cluster_cards(model) a JOIN cluster_cards(model) b ON b.cluster = a.cluster + 1 WHERE b.size > a.size) $$, 'the largest cluster is the first');
SELECT is_empty($$ SELECT data_set, scale, k FROM fitted WHERE kmeans_fit(d, k, 7, scale)::text <> model::text $$, 'a seed gives the same model to the bit');
-- Where there are clusters: elsewhere many optima lie close to each other.
SELECT is_empty($$
    SELECT data_set, f.scale, k, a.wss, b.wss FROM fitted f, summary(model) a, summary(kmeans_fit(pg_temp.gather(data_set, 'hashint4(id)'), k, 7, f.scale)) b
    WHERE k <= 3 AND data_set IN ('numbers', 'weights', 'mixed', 'categories') AND NOT abs(a.wss - b.wss) <= 1e-6 * greatest(1, a.wss)
$$, 'rows in another order: the same squares');
SELECT is_empty($$
    SELECT scale, k, a.wss, b.wss FROM fitted, LATERAL (SELECT (summary(model)).wss) a,
        LATERAL (SELECT (summary(kmeans_fit((SELECT dataset_agg(f) FROM (SELECT x, y FROM sample, generate_series(1, weight) WHERE data_set = 'weights') f), k, 7, scale))).wss) b
    -- Quartiles are without weights.
    WHERE data_set = 'weights' AND scale <> 'robust' AND k <= 3 AND NOT abs(a.wss - b.wss) <= 1e-9 * b.wss
$$, 'weights count as repeated rows');
SELECT is((SELECT count(*) FROM (SELECT DISTINCT id % 3, cluster FROM placed WHERE data_set = shown AND scale = 'zscore' AND k = 3) q), 3::bigint, format('%s: the planted clusters are found', shown))
FROM unnest('{numbers,weights,mixed,categories}'::text[]) AS shown;

-- The words of the cards, against plain SQL.
SELECT is_empty($$
    SELECT data_set, scale, k, cluster, feature, value, mean, z_score FROM (
        SELECT data_set, scale, k, p.* FROM fitted, LATERAL (SELECT cluster, feature, value, overall, z_score FROM cluster_profile(model)) p WHERE data_set NOT IN ('weights', 'missing', 'mixed', 'categories')) p
    JOIN (SELECT data_set, scale, k, cluster, feature, avg(value) AS mean FROM placed, LATERAL (VALUES ('x', x), ('y', y)) v (feature, value) GROUP BY 1, 2, 3, 4, 5) q USING (data_set, scale, k, cluster, feature)
    JOIN (SELECT data_set, feature, avg(value) AS mean_of_all, stddev_samp(value) AS sd FROM sample, LATERAL (VALUES ('x', x), ('y', y)) v (feature, value) GROUP BY 1, 2) s USING (data_set, feature)
    WHERE NOT (abs(value - mean) < 1e-9 * greatest(1, abs(mean)) AND abs(overall - mean_of_all) < 1e-9 * greatest(1, abs(mean_of_all)) AND abs(z_score - (mean - mean_of_all) / sd) < 1e-9)
$$, 'profiles have the means and z-scores of avg and stddev_samp');
SELECT is_empty($$
    SELECT data_set, scale, k, c.cluster, e ->> 'feature' FROM fitted CROSS JOIN LATERAL cluster_cards(model) c CROSS JOIN LATERAL jsonb_array_elements(differences) e
    LEFT JOIN LATERAL cluster_profile(model) p ON p.cluster = c.cluster AND p.feature = e ->> 'feature'
    WHERE p.feature IS NULL OR abs(p.z_score) < 0.5 OR (e ->> 'value')::float8 <> p.value OR (e ->> 'overall')::float8 <> p.overall OR (e ->> 'z_score')::float8 <> p.z_score
        OR e ->> 'category' IS DISTINCT FROM p.category
$$, 'differences are those of the profile that are at least half a standard deviation');
SELECT is_empty($$
    SELECT data_set, scale, k, cluster, feature FROM fitted, cluster_profile(model) p WHERE abs(z_score) >= 0.5 AND NOT EXISTS (
        SELECT 1 FROM cluster_cards(model) c, jsonb_array_elements(differences) e WHERE c.cluster = p.cluster AND e ->> 'feature' = p.feature)
$$, 'and all of them');
SELECT is_empty($$
    SELECT data_set, scale, k, cluster FROM fitted, cluster_cards(model) c, LATERAL (SELECT array_agg(abs((e ->> 'z_score')::float8) ORDER BY n) AS z FROM jsonb_array_elements(differences) WITH ORDINALITY AS e (e, n)) q
    WHERE z <> ARRAY(SELECT v FROM unnest(z) v ORDER BY v DESC)
$$, 'the farthest first');
SELECT is_empty($$
    SELECT data_set, k, cluster, feature, kind FROM fitted, cluster_profile(model) WHERE kind <> CASE WHEN feature IN ('colour', 'size') THEN 'categorical' ELSE 'numeric' END
        OR kind = 'numeric' AND category IS NOT NULL
$$, 'kinds of features');
SELECT results_eq($$ SELECT kind, category, value FROM cluster_profile((SELECT kmeans_fit(dataset_agg(f), 1) FROM (VALUES (1, NULL), (3, NULL), (8, 'red')) f (x, colour))) $$,
    $$ VALUES ('numeric', NULL, 4::float8), ('categorical', NULL, 2 / 3.0::float8) $$, 'an unknown category is not a number');
SELECT is((SELECT array_agg(key ORDER BY key) FROM flower, jsonb_object_keys(plain::jsonb #> '{features,0}') key), '{centre,kind,mean,name,scale,sd}', 'a feature as jsonb');
-- 200 of 600 rows are red; in the first cluster all are: z = (1 - 1/3) / sqrt(1/3 * 2/3) = sqrt(2).
SELECT is((SELECT array_agg(DISTINCT round(z_score::numeric, 9)) FROM fitted, cluster_profile(model) WHERE data_set = 'mixed' AND scale = 'zscore' AND k = 3 AND feature = 'colour'),
    ARRAY[round(sqrt(2::numeric), 9)], 'a category: z-score of having it or not');
SELECT results_eq($$ SELECT name FROM cluster_cards((SELECT kmeans_fit(dataset_agg(f), 2) FROM (VALUES (900, 3, 25), (950, 5, 27), (40, 300, 70), (30, 310, 68), (20, 290, 72)) f (spend, recency, age))) $$,
    $$ VALUES ('low spend, long ago, older'), ('high spend, recent, young') $$, 'names are words, by falling z-score: here 0.7298, 0.7296, 0.7287 and their opposites');

-- Forms of a model

SELECT is_empty($$ SELECT data_set, scale, k FROM fitted WHERE model::text::kmeans_model::text <> model::text OR kmeans_model_send(model) <> decode(model::text, 'base64') $$,
    'text and binary form are exact');
SELECT is_empty($$ SELECT 1 FROM geyser, flower WHERE model::text::gmm_model::text <> model::text OR components::text::pca_model::text <> components::text
    OR diagonal::text::gmm_model::text <> diagonal::text $$, 'those of mixtures and components too');
SELECT is((SELECT array_agg(key ORDER BY key) FROM flower, jsonb_object_keys(plain::jsonb) key), '{clusters,converged,features,iterations,scale,type,wss}', 'k-means as jsonb');
SELECT is((SELECT array_agg(key ORDER BY key) FROM geyser, jsonb_object_keys(model::jsonb) key),
    '{bic,clusters,components,converged,covariance,features,iterations,log_likelihood,type}', 'a mixture as jsonb');
SELECT is((SELECT array_agg(key ORDER BY key) FROM flower, jsonb_object_keys(components::jsonb) key), '{components,features,scale,total_variance,type}', 'components as jsonb');
SELECT is((SELECT (model::jsonb #>> '{clusters,0,size}')::bigint FROM geyser), (SELECT size FROM geyser, cluster_cards(model) WHERE cluster = 1), 'jsonb has the sizes');

-- Mixtures

CREATE TEMP TABLE eruption AS
SELECT id, cluster(model, f), cluster_distance(model, f) AS distance, cluster_probability(model, f) AS p, cluster_probability(model, f, 1) AS first,
       cluster_probability(model, f, 2) AS second, cluster(model, ARRAY[eruptions, waiting]) AS of_array
FROM geyser, faithful f;
SELECT is_empty('SELECT id FROM eruption WHERE abs(p[1] + p[2] - 1) > 1e-15 OR p <> ARRAY[first, second] OR of_array <> cluster', 'probabilities add up to 1');
SELECT is_empty('SELECT id FROM eruption WHERE p[cluster] < 0.5', 'the cluster is the most probable one');
SELECT is((SELECT array_agg(size ORDER BY cluster) FROM geyser, cluster_cards(model)), (SELECT array_agg(n ORDER BY cluster) FROM (SELECT cluster, count(*) AS n FROM eruption GROUP BY 1) q),
    'a mixture: every row is found in the cluster it was fitted in');
-- Mahalanobis by hand, from the parameters that jsonb shows: covariances [[a, b], [b, c]].
SELECT is_empty($$
    SELECT id, distance FROM eruption JOIN faithful USING (id), LATERAL (SELECT model::jsonb -> 'components' -> (cluster - 1) AS g FROM geyser) m,
        LATERAL (SELECT eruptions - (g #>> '{mean,0}')::float8 AS x, waiting - (g #>> '{mean,1}')::float8 AS y, (g #>> '{covariance,0,0}')::float8 AS a,
            (g #>> '{covariance,0,1}')::float8 AS b, (g #>> '{covariance,1,1}')::float8 AS c) v
    WHERE abs(distance ^ 2 - (c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b)) > 1e-9 * (1 + distance ^ 2)
$$, 'the distance is that of Mahalanobis');
-- Bayes' rule by hand, in the logarithm to the side of the heavier one.
SELECT is_empty($$
    SELECT id, first, seen FROM eruption JOIN faithful USING (id), LATERAL (
        SELECT 1 / (1 + exp(l[2] - l[1])) AS seen FROM (
            SELECT array_agg(ln(weight) - (c * x * x - 2 * b * x * y + a * y * y) / (a * c - b * b) / 2 - ln(a * c - b * b) / 2 ORDER BY n) AS l
            FROM geyser, jsonb_array_elements(model::jsonb -> 'components') WITH ORDINALITY AS e (g, n),
                LATERAL (SELECT (g ->> 'weight')::float8 AS weight, eruptions - (g #>> '{mean,0}')::float8 AS x, waiting - (g #>> '{mean,1}')::float8 AS y,
                    (g #>> '{covariance,0,0}')::float8 AS a, (g #>> '{covariance,0,1}')::float8 AS b, (g #>> '{covariance,1,1}')::float8 AS c) v) q) q
    WHERE abs(first - seen) > 1e-9
$$, 'probabilities are those of Bayes'' rule');
SELECT is_empty($$ SELECT 1 FROM geyser WHERE gmm_fit(d, 2)::text <> model::text OR gmm_fit(d, 3, seed => 4, restarts => 3)::text <> gmm_fit(d, 3, seed => 4, restarts => 3)::text $$,
    'a mixture is the same to the bit');
SELECT pg_temp.close((SELECT s.log_likelihood FROM summary((SELECT gmm_fit(dataset_agg(f), 2) FROM (SELECT eruptions, waiting FROM faithful ORDER BY hashint4(id)) f)) s), -1130.26396,
    5e-6, 'a mixture of rows in another order');
SELECT pg_temp.close((SELECT s.log_likelihood FROM summary((SELECT gmm_fit(dataset_agg(f, NULL, 'w', '{}'), 2) FROM (SELECT eruptions, waiting, 2 AS w FROM faithful) f)) s),
    (SELECT s.log_likelihood FROM summary((SELECT gmm_fit(dataset_agg(f), 2) FROM (SELECT eruptions, waiting FROM faithful, generate_series(1, 2)) f)) s), 1e-5,
    'a mixture: weights count as repeated rows');

-- Rows of a query

CREATE TYPE pg_temp.mood AS ENUM ('sad', 'happy');
CREATE TEMP TABLE mixed AS
SELECT i AS id, i % 2 * 10 + i % 3 AS visits, (i % 2)::bool AS member, date '2024-01-01' + i % 2 * 300 + i % 5 AS joined, interval '1 day' * (i % 2 * 7) AS gap,
       CASE i % 2 WHEN 0 THEN 'DE' ELSE 'FR' END AS country, (CASE i % 2 WHEN 0 THEN 'sad' ELSE 'happy' END)::pg_temp.mood AS mood
FROM generate_series(1, 60) i;
CREATE TEMP TABLE stored AS SELECT kmeans_fit(dataset_agg(m, NULL, NULL, '{id}'), 2) AS model FROM mixed m;
SELECT is((SELECT count(DISTINCT (id % 2, cluster(model, m))) FROM stored, mixed m), 2::bigint, 'all kinds of columns');
SELECT is_empty($$
    SELECT m.id FROM stored, mixed m, (SELECT mood, gap, country::varchar(9) AS country, visits::numeric, joined::timestamptz, member::int, id AS more, id FROM mixed) AS other
    WHERE m.id = other.id AND cluster_distance(model, m) <> cluster_distance(model, other)
$$, 'columns are found by name: in any order, of another type of the same kind, among others');
SELECT is((SELECT cluster_distance(model, f) FROM stored, (SELECT 1 AS visits, true AS member, date '2024-02-02' AS joined, interval '0' AS gap, 'XX' AS country, 'sad'::pg_temp.mood AS mood) f),
    (SELECT cluster_distance(model, f) FROM stored, (SELECT 1 AS visits, true AS member, date '2024-02-02' AS joined, interval '0' AS gap, NULL::text AS country, 'sad'::pg_temp.mood AS mood) f),
    'a category that was never seen counts as missing');
SELECT pg_temp.close((SELECT cluster_distance(plain, ARRAY[5, NULL, 4, 1]) FROM flower), (SELECT cluster_distance(plain, ARRAY[5, avg, 4, 1]) FROM flower, (SELECT avg(sepal_width) FROM iris) a), 1e-12,
    'a missing number counts as the mean');
SELECT is((SELECT cluster_distance(robust, ARRAY[5, NULL, 4, 1]) FROM flower),
    (SELECT cluster_distance(robust, ARRAY[5, median, 4, 1]) FROM flower, (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY sepal_width) AS median FROM iris) a),
    'and by robust scale as the median');
SELECT is((SELECT cluster(plain, NULL::record) FROM flower), NULL, 'no row, no cluster');
-- A composite type that changes between calls of one prepared statement.
CREATE TYPE pg_temp.point_of_time AS (x float8, y float8);
CREATE TEMP TABLE point AS SELECT i AS id, ROW(i % 2 * 10, i % 3)::pg_temp.point_of_time AS p FROM generate_series(1, 30) i;
CREATE TEMP TABLE point_model AS SELECT kmeans_fit(dataset_agg(p), 2) AS model FROM point;
PREPARE assign AS SELECT array_agg(cluster(model, p) ORDER BY id) FROM point, point_model;
CREATE TEMP TABLE before_change AS EXECUTE assign;
ALTER TYPE pg_temp.point_of_time ADD ATTRIBUTE z float8;
CREATE TEMP TABLE after_change AS EXECUTE assign;
SELECT results_eq('SELECT * FROM after_change', 'SELECT * FROM before_change', 'a type with one more attribute');
ALTER TYPE pg_temp.point_of_time DROP ATTRIBUTE x;
SELECT throws_ok('EXECUTE assign', '42703', 'the row has no column "x"', 'a type without a column of the model');
ALTER TYPE pg_temp.point_of_time ADD ATTRIBUTE x float8;
SELECT lives_ok('EXECUTE assign', 'and with a new one of its name');
-- One call site, models and rows that change from call to call, errors between them.
CREATE FUNCTION pg_temp.one_by_one(models kmeans_model[], rows text[]) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    result text[];
    r record;
    m kmeans_model;
    which int;
    query text;
BEGIN
    FOREACH query IN ARRAY rows LOOP
        which := split_part(query, ';', 1)::int;
        m := models[which];
        EXECUTE 'SELECT ' || split_part(query, ';', 2) INTO r;
        BEGIN
            result := result || cluster(m, r)::text;
        EXCEPTION WHEN OTHERS THEN
            result := result || SQLSTATE::text;
        END;
    END LOOP;
    RETURN result;
END
$$;
SELECT is((SELECT pg_temp.one_by_one(ARRAY[a, b], ARRAY['1;1 AS x', '2;1 AS x', '1;9 AS x', '1;9 AS z', '1;9 AS x', '2;9 AS x', '2;''Infinity''::float8 AS x', '2;9 AS x', '2;''t''::text AS x', '1;1 AS x', '2;2 AS y, 1 AS x']) FROM
        (SELECT kmeans_fit(dataset_agg(f), 2) AS a FROM (SELECT unnest('{0,1,1,9}'::int[]) AS x) f) a,
        (SELECT kmeans_fit(dataset_agg(f), 2) AS b FROM (SELECT unnest('{0,9,9,10}'::int[]) AS x) f) b),
    '{1,2,2,42703,2,1,22023,1,42804,1,2}', 'models, rows and errors in turn at one place of a function');
SELECT is_empty($$
    SELECT f.data_set, f.scale, f.k, id FROM (SELECT s.id, f.* FROM sample s, LATERAL (SELECT data_set, scale, k, cluster(model, s) AS seen FROM fitted WHERE data_set = s.data_set OFFSET 0) f WHERE s.id <= 20) f
    JOIN placed p USING (data_set, scale, k, id) WHERE seen <> cluster
$$, 'many models by turns in one query');
-- Toasted models: outside the row, compressed or not, or inline.
CREATE TEMP TABLE toasted (how text, model kmeans_model);
CREATE TEMP TABLE toasted_extended (how text, model kmeans_model);
ALTER TABLE toasted_extended ALTER model SET STORAGE EXTENDED;
CREATE TEMP TABLE toasted_main (how text, model kmeans_model);
ALTER TABLE toasted_main ALTER model SET STORAGE MAIN;
CREATE TEMP TABLE wide AS SELECT kmeans_fit(dataset_agg(f), 100) AS model FROM (SELECT i % 500 AS x, i % 7 AS y, i % 2 AS z FROM generate_series(1, 5000) i) f;
INSERT INTO toasted SELECT 'external', model FROM wide;
INSERT INTO toasted_extended SELECT 'extended', model FROM wide;
INSERT INTO toasted_main SELECT 'main', model FROM wide;
SELECT cmp_ok((SELECT pg_column_size(model) FROM toasted), '>', 4000, 'a model larger than a page''s quarter');
SELECT cmp_ok((SELECT pg_column_size(model) FROM toasted_extended), '<', (SELECT pg_column_size(model) FROM toasted), 'and the same compressed');
SELECT is((SELECT count(*) FROM wide, (SELECT * FROM toasted UNION ALL SELECT * FROM toasted_extended UNION ALL SELECT * FROM toasted_main) t, generate_series(0, 499, 7) x, LATERAL (SELECT x, 3 AS y, 1 AS z) f
    WHERE cluster(wide.model, f) = cluster(t.model, f)), 3 * 72::bigint, 'models outside of the row and compressed');

-- Stored models: generated column, index.
CREATE TEMP TABLE customer (id int, x float8, y float8);
DO $$ BEGIN EXECUTE format('ALTER TABLE customer ADD cluster int GENERATED ALWAYS AS (cluster(%L::kmeans_model, ARRAY[x, y])) STORED', (SELECT model FROM fitted WHERE data_set = 'numbers' AND scale = 'zscore' AND k = 3)); END $$;
INSERT INTO customer SELECT id, x, y FROM sample WHERE data_set = 'numbers';
SELECT is_empty($$ SELECT id FROM customer c JOIN placed p USING (id) WHERE data_set = 'numbers' AND scale = 'zscore' AND k = 3 AND c.cluster <> p.cluster $$, 'a generated column');
DO $$ BEGIN EXECUTE format('CREATE INDEX customer_cluster ON customer (cluster(%L::kmeans_model, ARRAY[x, y]))', (SELECT model FROM fitted WHERE data_set = 'numbers' AND scale = 'zscore' AND k = 3)); END $$;
SET LOCAL enable_seqscan = off;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS 'BEGIN RETURN QUERY EXECUTE ''EXPLAIN (COSTS OFF) '' || query; END';
SELECT format('SELECT count(*) FROM customer WHERE cluster(%L::kmeans_model, ARRAY[x, y]) = 2', model) AS indexed FROM fitted WHERE data_set = 'numbers' AND scale = 'zscore' AND k = 3 \gset
SELECT isnt_empty(format('SELECT 1 FROM pg_temp.plan(%L) WHERE plan ~ ''customer_cluster''', :'indexed'), 'an index on the cluster is used');
SELECT results_eq(:'indexed', $$ SELECT count(*) FROM customer WHERE cluster = 2 $$, 'and agrees');
RESET enable_seqscan;

-- Principal components: variances of scores, missing values, weights, all scales
CREATE TEMP TABLE survey AS SELECT id, x + y / 100 AS q1, x - y / 100 AS q2, CASE WHEN id % 9 > 0 THEN y END AS q3, 3.0::float8 AS constant FROM sample WHERE data_set = 'numbers';
CREATE TEMP TABLE survey_model AS SELECT scale, pca_fit(d, 4, scale) AS model FROM (SELECT dataset_agg(s, NULL, NULL, '{id}') AS d FROM survey s) q, unnest('{none,zscore,robust}'::text[]) AS scale;
SELECT is_empty($$
    SELECT scale, component, variance, seen FROM survey_model, summary(model) JOIN LATERAL (
        SELECT n AS component, variance(s[n]) AS seen FROM (SELECT pca_scores(model, v) AS s FROM survey v) q, generate_series(1, 4) n GROUP BY 1) v USING (component)
    WHERE abs(variance - seen) > 1e-9 * greatest(1, variance)
$$, 'the variance of a component is that of its scores');
SELECT is_empty($$ SELECT scale FROM survey_model, LATERAL (SELECT sum(share) AS all_shares, max(cumulative_share) AS most FROM summary(model)) s WHERE abs(all_shares - 1) > 1e-12 OR most > 1 $$,
    'shares add up to 1');
SELECT is_empty($$
    SELECT scale, a, b FROM survey_model, generate_series(1, 4) a, generate_series(1, 4) b, LATERAL (
        SELECT sum(p.loading * q.loading) AS product FROM pca_loadings(model) p JOIN pca_loadings(model) q USING (feature) WHERE p.component = a AND q.component = b) l
    WHERE abs(product - (a = b)::int) > 1e-12
$$, 'loadings are orthonormal');
-- With zscore every column but the constant one has the variance 1, the one with missing values less.
SELECT pg_temp.close((SELECT sum(s.variance) FROM survey_model, summary(model) s WHERE scale = 'zscore'),
    (SELECT 2 + (count(q3) - 1)::float8 / (count(*) - 1) FROM survey), 1e-12, 'total variance of scaled columns');

-- What is refused, and how

CREATE TEMP TABLE few AS SELECT i AS x, 1 AS same, NULL::float8 AS nothing, NULL::text AS no_word, 'c' || i % 3 AS word, i % 2 AS bit FROM generate_series(1, 10) i;
CREATE TEMP TABLE few_model AS SELECT kmeans_fit(dataset_agg(f), 2) AS kmeans, gmm_fit(dataset_agg(f), 2) AS gmm, pca_fit(dataset_agg(f), 1) AS pca FROM (SELECT x FROM few) f;
CREATE TEMP TABLE word_model AS SELECT kmeans_fit(dataset_agg(f), 2) AS kmeans FROM (SELECT x, word FROM few) f;
SELECT is((SELECT (state, has_hint) FROM pg_temp.refusal(query)), (expected, true), format('%s is refused, with a HINT', query))
FROM (VALUES
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 0) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), -1) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 11) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 3) FROM (SELECT bit FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 4) FROM (SELECT word FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 2147483647) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 2, scale => ''minmax'') FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 2, scale => '''') FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 2, restarts => 0) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 2, max_iterations => 0) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 1) FROM (SELECT x FROM few WHERE false) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 1) FROM (SELECT x, nothing FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 1) FROM (SELECT x, no_word FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f), 1) FROM (SELECT x / 0.0::float8 FROM few WHERE x < 0 UNION ALL SELECT ''NaN'') f'),
    ('22003', 'SELECT kmeans_fit(dataset_agg(f), 1) FROM (SELECT x * 1e300 FROM few) f'),
    ('22023', 'SELECT kmeans_fit(dataset_agg(f, ''x''), 1) FROM (SELECT x FROM few) f'),
    ('54000', 'SELECT kmeans_fit(dataset_agg(f), 1) FROM (SELECT ''id'' || i AS id FROM generate_series(1, 10001) i) f'),
    ('55000', 'SELECT kmeans_scan(dataset_agg(f), 5, 6, restarts => 1, max_iterations => 1) FROM (SELECT i * 7919 % 1009 AS x FROM generate_series(1, 2000) i) f'),
    ('22023', 'SELECT kmeans_scan(dataset_agg(f), 0, 3) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_scan(dataset_agg(f), 3, 2) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_scan(dataset_agg(f), 2, 11) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_scan(dataset_agg(f), 2, 3, resamples => -1) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT kmeans_scan(dataset_agg(f), 2, 3, sample_rows => 1) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT gmm_fit(dataset_agg(f), 0) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT gmm_fit(dataset_agg(f), 11) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT gmm_fit(dataset_agg(f), 2, ''spherical'') FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT gmm_fit(dataset_agg(f), 2, restarts => 0) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT gmm_fit(dataset_agg(f), 2, max_iterations => 0) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT gmm_fit(dataset_agg(f), 2, tolerance => ''NaN'') FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT gmm_fit(dataset_agg(f), 2, tolerance => 0) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT gmm_fit(dataset_agg(f), 2, covariance_floor => 0) FROM (SELECT x FROM few) f'),
    ('42804', 'SELECT gmm_fit(dataset_agg(f), 2) FROM (SELECT x, word FROM few) f'),
    ('54000', 'SELECT gmm_fit(dataset_agg(ARRAY(SELECT (x * j % 7)::float8 FROM generate_series(1, 501) j)), 2) FROM few'),
    ('54000', 'SELECT gmm_fit(dataset_agg(ARRAY(SELECT (x * j % 7)::float8 FROM generate_series(1, 400) j)), 1000) FROM few'),
    ('22023', 'SELECT pca_fit(dataset_agg(f), 0) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT pca_fit(dataset_agg(f), 2) FROM (SELECT x FROM few) f'),
    ('22023', 'SELECT pca_fit(dataset_agg(f), 1) FROM (SELECT x FROM few LIMIT 1) f'),
    ('22023', 'SELECT pca_fit(dataset_agg(f), 1, ''percent'') FROM (SELECT x FROM few) f'),
    ('42804', 'SELECT pca_fit(dataset_agg(f), 1) FROM (SELECT word FROM few) f'),
    ('54000', 'SELECT pca_fit(dataset_agg(ARRAY(SELECT (x * j % 7)::float8 FROM generate_series(1, 301) j)), 2) FROM few'),
    ('42703', 'SELECT cluster(kmeans, f) FROM few_model, (SELECT 1 AS y) f'),
    ('42703', 'SELECT cluster(kmeans, ROW(1)) FROM few_model'),
    ('42703', 'SELECT pca_scores(pca, ROW(1)) FROM few_model'),
    ('42804', 'SELECT cluster(kmeans, f) FROM few_model, (SELECT ''1''::text AS x) f'),
    ('42804', 'SELECT cluster(kmeans, f) FROM word_model, (SELECT 1 AS x, 2 AS word) f'),
    ('42804', 'SELECT cluster(kmeans, f) FROM few_model, (SELECT point(1, 2) AS x) f'),
    ('42804', 'SELECT cluster(kmeans, ARRAY[1, 2]) FROM word_model'),
    ('22023', 'SELECT cluster(kmeans, ARRAY[1, 2]) FROM few_model'),
    ('22023', 'SELECT cluster(kmeans, ''{}''::float8[]) FROM few_model'),
    ('22023', 'SELECT cluster(kmeans, f) FROM few_model, (SELECT ''NaN''::float8 AS x) f'),
    ('22023', 'SELECT cluster(kmeans, ARRAY[''Infinity''::float8]) FROM few_model'),
    ('22023', 'SELECT cluster(gmm, ARRAY[''-Infinity''::float8]) FROM few_model'),
    ('22003', 'SELECT cluster_distance(kmeans, ARRAY[1e200]) FROM few_model'),
    ('22003', 'SELECT cluster(kmeans, ARRAY[1e308]) FROM few_model'),
    ('22023', 'SELECT cluster_probability(gmm, ARRAY[1], 0) FROM few_model'),
    ('22023', 'SELECT cluster_probability(gmm, ARRAY[1], 3) FROM few_model')) AS v (expected, query);
SELECT is((SELECT has_hint FROM pg_temp.refusal('SELECT cluster(kmeans, ARRAY[[1]]) FROM few_model')) IS NOT NULL, true, 'an array of arrays is refused');
SELECT throws_ok('SELECT cluster(kmeans, f) FROM few_model, (SELECT 1 AS y) f', '42703', 'the row has no column "x"', 'a missing column is named');
SELECT throws_ok(format('SELECT %s FROM (SELECT x, word FROM few WHERE false) f', call), '22023', 'the dataset has no rows', format('%s of no rows', call))
FROM unnest(ARRAY['kmeans_fit(dataset_agg(f), 2)', 'gmm_fit(dataset_agg(f), 2)', 'pca_fit(dataset_agg(f), 1)', 'kmeans_scan(dataset_agg(f))']) AS call;
SELECT throws_ok('SELECT kmeans_fit(dataset_agg(f), 1) FROM (SELECT x, nothing FROM few) f', '22023', 'column "nothing" has no value', 'a column without a value is named');
SELECT is((SELECT cluster_distance(gmm, ARRAY[1e300]) FROM few_model) < 'Infinity', true, 'very far from a mixture is still finite');
SELECT is((SELECT (summary(kmeans_fit(dataset_agg(f), 2))).wss FROM (SELECT x, same FROM few) f), (SELECT (summary(kmeans)).wss FROM few_model), 'a constant column changes nothing');
SELECT results_eq('SELECT (summary(kmeans_fit(dataset_agg(f), 1))).* FROM (SELECT x FROM few LIMIT 1) f', $$ VALUES (1, 1, 1::bigint, 'zscore', 0::float8, 1::bigint, true) $$, 'one row is one cluster');
SELECT is((SELECT array_agg(share ORDER BY component) FROM summary((SELECT pca_fit(dataset_agg(f), 2) FROM (SELECT same, same AS again FROM few) f))), '{NULL,NULL}', 'shares of no variance');
-- Given up too early
CREATE TEMP TABLE early AS SELECT kmeans_fit(d, 8, scale => 'none', max_iterations => 1, restarts => 1) AS kmeans, gmm_fit(d, 3, max_iterations => 1) AS gmm FROM flower;
SELECT is((SELECT array[(summary(kmeans)).converged, (summary(gmm)).converged] FROM early), '{f,f}', 'models that were given up say so');
SELECT throws_ok(format('SELECT %s FROM early, iris i', call), '55000', 'the model has not converged', format('%s of one is refused', call))
FROM unnest(ARRAY['cluster(kmeans, i)', 'cluster_distance(kmeans, i)', 'cluster(kmeans, ARRAY[1, 2, 3, 4])', 'cluster(gmm, i)', 'cluster_distance(gmm, i)', 'cluster_probability(gmm, i)',
    'cluster_probability(gmm, ARRAY[1, 2, 3, 4], 1)']) AS call;
SELECT is((SELECT count(cluster(kmeans, i, allow_unconverged => true)) + count(cluster_probability(gmm, i, 1, allow_unconverged => true)) FROM early, iris i), 300::bigint, 'unless it is allowed');

-- Bytes of anybody
SELECT unnest(ARRAY[is(wrong, '', format('hostile %s: only errors of data', type)), cmp_ok(refused, '>', 300::bigint, 'and many, not only those that were cut off')])
-- By arrays: a record would not have the column whose name is turned.
FROM (SELECT 'kmeans_model' AS type, model::text AS value, ARRAY['SELECT cluster($1, ARRAY[1, 2], true), cluster_distance($1, ARRAY[1, 2], true)'] AS uses FROM fitted WHERE data_set = 'numbers' AND scale = 'zscore' AND k = 2
      UNION ALL SELECT 'kmeans_model', model::text, ARRAY['SELECT summary($1), $1::jsonb', 'SELECT count(*) FROM cluster_cards($1), cluster_profile($1)'] FROM fitted WHERE data_set = 'mixed' AND scale = 'zscore' AND k = 2
      UNION ALL SELECT 'gmm_model', model::text, ARRAY['SELECT cluster_probability($1, ARRAY[1, 2], true), cluster_distance($1, ARRAY[1, 2], true), summary($1), $1::jsonb', 'SELECT count(*) FROM cluster_cards($1), cluster_profile($1)'] FROM geyser
      UNION ALL SELECT 'pca_model', components::text, ARRAY['SELECT pca_scores($1, ARRAY[1, 2, 3, 4]), $1::jsonb', 'SELECT count(*) FROM summary($1), pca_loadings($1)'] FROM flower) v,
    LATERAL (SELECT * FROM pg_temp.hostile(type, value, uses)) h;

SELECT * FROM finish();
ROLLBACK;
