-- Segments of customers who are alike (k-means on recency, frequency and revenue)

-- Logarithms, because a few customers buy ten times as often as the others. A file may have fewer different customers
-- than clusters.
SELECT least(4, count(DISTINCT (recency_days, frequency, round(monetary::numeric, 2)))) AS clusters FROM rfm WHERE frequency > 0 \gset
SELECT :clusters > 0 AS any_customer \gset
\if :any_customer
SELECT clock_timestamp() AS start \gset
CREATE VIEW cluster_feature AS
SELECT customer_id, ln(1 + greatest(recency_days, 0)) AS recency, ln(frequency) AS frequency, ln(1 + greatest(monetary, 0)) AS spend
FROM rfm WHERE frequency > 0;
COMMENT ON VIEW cluster_feature IS 'what customers are clustered by, made by the demo';
CREATE TABLE cluster_model AS
SELECT kmeans_fit(dataset_agg(f, NULL, NULL, '{customer_id}'), :clusters) AS model FROM cluster_feature f;
COMMENT ON TABLE cluster_model IS 'clusters of the customers of the demo, a value of type kmeans_model';
CREATE TABLE customer_cluster AS
SELECT r.*, cluster(m.model, features) AS cluster FROM cluster_model m, cluster_feature features JOIN rfm r USING (customer_id);
COMMENT ON TABLE customer_cluster IS 'score, segment and cluster of every customer, made by the demo';
SELECT shown(1000 * extract(epoch FROM clock_timestamp() - :'start'::timestamptz)::float8) AS milliseconds \gset
\echo The cluster of every customer is now in table demo.customer_cluster (took :milliseconds ms).
\echo

\pset footer off
\pset border 0
SELECT c.cluster, c.name, shown(c.size, 9) AS customers, shown(100 * c.share, 8, 1) AS "% of all",
       shown(avg(r.recency_days)::float8, 8) AS "days ago", shown(avg(r.frequency)::float8, 9, 1) AS purchases,
       shown(avg(r.monetary), 12) AS "revenue each"
FROM cluster_model m CROSS JOIN LATERAL cluster_cards(m.model) c JOIN customer_cluster r USING (cluster)
GROUP BY c.cluster, c.name, c.size, c.share ORDER BY c.cluster;

\echo Which RFM segments they are made of, in customers
\echo
SELECT r.segment,
       shown(count(*) FILTER (WHERE cluster = 1), 9) AS "cluster 1", shown(count(*) FILTER (WHERE cluster = 2), 9) AS "cluster 2",
       shown(count(*) FILTER (WHERE cluster = 3), 9) AS "cluster 3", shown(count(*) FILTER (WHERE cluster = 4), 9) AS "cluster 4"
FROM customer_cluster r GROUP BY r.segment ORDER BY sum(r.monetary) DESC, r.segment;
\else
\echo Nobody has bought anything by :as_of.
\endif
