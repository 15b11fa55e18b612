-- Clusters of two real shops against scikit-learn (../shared/data/golden/cluster.json; skipped where that folder is not
-- there): best of ten starts, k = 2 to 10.
\set has_data `test -d ../shared/data/golden && echo 1 || echo 0`
BEGIN;
SELECT plan(10);
\if :has_data

SET LOCAL client_min_messages = warning;
-- One row is one order, cleaned as golden/README.md says.
CREATE TEMP TABLE purchase (data_set text, customer_id text, ordered_on date, amount numeric);
CREATE TEMP TABLE rfm_orders (customer_id text, order_date date, revenue numeric, first_name text, last_name text, email text);
\copy rfm_orders FROM PROGRAM 'gzip -dc ../shared/data/rfm_orders.csv.gz' CSV HEADER
INSERT INTO purchase SELECT 'rfm_orders', customer_id, order_date, revenue FROM rfm_orders;
CREATE TEMP TABLE line (invoice text, stock_code text, description text, quantity integer, invoiced_at timestamp, unit_price numeric, customer_id text, country text);
\copy line FROM PROGRAM 'gzip -dc ../shared/data/online_retail.csv.gz' CSV HEADER
INSERT INTO purchase
    SELECT 'online_retail_rfm', customer_id, min(invoiced_at)::date, sum(quantity * unit_price)
    FROM line WHERE invoice !~ '^[CA]' AND customer_id <> '' AND quantity > 0 AND unit_price > 0
    GROUP BY invoice, customer_id;

\set golden `cat ../shared/data/golden/cluster.json`
CREATE TEMP TABLE golden AS
    SELECT key AS data_set, (value ->> 'rows')::int AS rows, ARRAY(SELECT jsonb_array_elements_text(value -> 'mean')::float8) AS mean,
        ARRAY(SELECT jsonb_array_elements_text(value -> 'sd_population')::float8) AS sd, value
    FROM jsonb_each(:'golden'::jsonb) WHERE key IN ('online_retail_rfm', 'rfm_orders');
CREATE TEMP TABLE golden_k AS
    SELECT data_set, rows, k, inertia_best, silhouette, calinski_harabasz
    FROM golden, jsonb_to_recordset(value -> 'kmeans') AS r (k int, inertia_best float8, silhouette float8, calinski_harabasz float8);

CREATE TEMP TABLE feature AS
    SELECT data_set, ln(1 + customer_data.purchase_recency_days(s, CASE data_set WHEN 'rfm_orders' THEN date '2006-12-31' ELSE '2011-12-10' END)::float8) AS recency,
        ln(1 + customer_data.purchase_count(s)::float8) AS frequency, ln(1 + customer_data.purchase_revenue(s)) AS spend
    FROM (SELECT data_set, customer_id, customer_data.purchase_agg(ordered_on, amount) AS s FROM purchase GROUP BY 1, 2) q;
SELECT is_empty($$
    SELECT data_set, u.* FROM golden JOIN (
        SELECT data_set, count(*) AS n, ARRAY[avg(recency), avg(frequency), avg(spend)] AS mean_seen,
            ARRAY[stddev_pop(recency), stddev_pop(frequency), stddev_pop(spend)] AS sd_seen FROM feature GROUP BY 1) s USING (data_set),
        unnest(mean || sd, mean_seen || sd_seen) AS u (expected, seen)
    WHERE n <> rows OR abs(expected - seen) > 1e-8 OR expected IS NULL OR seen IS NULL
$$, 'the features are those of the golden file');

CREATE TEMP TABLE gathered AS
    SELECT data_set, (SELECT customer_data.dataset_agg(f) FROM (SELECT recency, frequency, spend FROM feature f WHERE f.data_set = g.data_set) f) AS d
    FROM golden g;
CREATE TEMP TABLE fitted AS
    SELECT data_set, k, customer_data.kmeans_fit(d, k) AS model FROM gathered, generate_series(2, 10) AS k;
CREATE TEMP TABLE scan AS SELECT data_set, s.* FROM gathered, customer_data.kmeans_scan(d, resamples => 0) s;

-- Theirs divides by the population's standard deviation, ours by the sample's, so squares are (n - 1) / n of theirs.
CREATE TEMP VIEW compared AS
    SELECT data_set, k, g.inertia_best, g.silhouette, g.calinski_harabasz, m.converged, m.wss * g.rows / (g.rows - 1) AS inertia_seen,
        s.silhouette AS silhouette_seen, s.calinski_harabasz AS calinski_harabasz_seen, s.wss AS wss_scan, m.wss AS wss_fit
    FROM golden_k g JOIN fitted USING (data_set, k) JOIN scan s USING (data_set, k), customer_data.summary(model) m;
SELECT is((SELECT count(*) FROM compared), 18::bigint, 'nine k for each of two shops');
SELECT is_empty($$ SELECT data_set, k, inertia_seen / inertia_best FROM compared WHERE NOT inertia_seen <= 1.005 * inertia_best OR NOT converged $$,
    'no sum of squares is more than 0.5 % above the best of scikit-learn');
SELECT is_empty($$ SELECT data_set, k FROM compared WHERE wss_scan IS DISTINCT FROM wss_fit $$, 'kmeans_scan finds what kmeans_fit finds');
SELECT cmp_ok((SELECT count(*) FROM compared WHERE abs(inertia_seen / inertia_best - 1) < 1e-4), '>=', 10::bigint,
    'most are the same clusters (many others are better ones), so that the next two tests say something');
SELECT is_empty($$ SELECT data_set, k, silhouette, silhouette_seen FROM compared
    WHERE abs(inertia_seen / inertia_best - 1) < 1e-4 AND NOT abs(silhouette_seen - silhouette) < 1e-3 $$, 'silhouettes of the same clusters');
SELECT is_empty($$ SELECT data_set, k, calinski_harabasz, calinski_harabasz_seen FROM compared
    WHERE abs(inertia_seen / inertia_best - 1) < 1e-4 AND NOT abs(calinski_harabasz_seen / calinski_harabasz - 1) < 2e-4 $$, 'Calinski-Harabasz of the same clusters');
SELECT is_empty($$
    SELECT data_set, k, cluster, n, size FROM fitted, LATERAL (
        SELECT cluster, count(*) AS n FROM (SELECT customer_data.cluster(model, f) AS cluster FROM feature f WHERE f.data_set = fitted.data_set) q GROUP BY 1) c
        JOIN customer_data.cluster_cards(model) USING (cluster)
    WHERE n <> size
$$, 'every customer is found in the cluster it was fitted in');

-- Beyond these k, components collapse onto the few numbers of orders there are (golden/README.md). The golden mixtures
-- were fitted to standardised features, and so is this.
CREATE TEMP TABLE mixture AS
    SELECT data_set, k, s.bic AS bic_seen, s.converged
    FROM (SELECT data_set, customer_data.dataset_agg(ARRAY[(recency - mean[1]) / sd[1], (frequency - mean[2]) / sd[2], (spend - mean[3]) / sd[3]]) AS d
          FROM feature JOIN golden USING (data_set) GROUP BY 1) q,
        generate_series(2, CASE data_set WHEN 'rfm_orders' THEN 6 ELSE 3 END) AS k,
        customer_data.summary(customer_data.gmm_fit(d, k, restarts => 5)) s;
SELECT is((SELECT count(*) FROM mixture WHERE converged), 7::bigint, 'mixtures converge');
SELECT is_empty($$
    SELECT data_set, k, bic, bic_seen FROM mixture JOIN (
        SELECT data_set, k, bic FROM golden, jsonb_to_recordset(value -> 'gmm') AS r (k int, bic float8)) g USING (data_set, k)
    WHERE NOT bic_seen <= 1.001 * bic
$$, 'no BIC is more than 0.1 % above that of scikit-learn');

\else
SELECT * FROM skip('../shared/data is not there', 10);
\endif
SELECT * FROM finish();
ROLLBACK;
