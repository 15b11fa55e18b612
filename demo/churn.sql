-- Churn: who was active, and who did not come back?

-- A customer counts as active for 90 days after a purchase. Refunds are no sign of life.
SELECT format('SELECT customer_id, occurred_at, amount FROM demo.purchase WHERE amount >= 0 AND occurred_at < date %L + 1', :'as_of') AS activity \gset
SELECT clock_timestamp() AS start \gset
CREATE TABLE churn_observation AS
SELECT * FROM churn_features(:'activity', inactivity => '90 days', lead => '7 days', until => date :'as_of' + 1);
COMMENT ON TABLE churn_observation IS 'every active customer on the first of each month: what was known a week before, and whether he churned; made by the demo';
SELECT shown(count(*)) AS observations,
       shown(1000 * extract(epoch FROM clock_timestamp() - :'start'::timestamptz)::float8) AS milliseconds
FROM churn_observation \gset
\echo Every active customer on the first of each month, with what was known a week before, is now in table
\echo demo.churn_observation (rows: :observations, took :milliseconds ms).
\echo

\pset footer off
\pset border 0
SELECT observed_at::date AS "on the day", shown(count(*), 9) AS active, CASE WHEN bool_or(censored) THEN '' ELSE shown(count(*) FILTER (WHERE churned), 9) END AS churned,
       coalesce(shown(100 * avg(churned::int)::float8, 8, 1), 'not known yet') AS "% of all"
FROM churn_observation
GROUP BY observed_at ORDER BY observed_at DESC LIMIT 12;

\echo What sets apart who left (means)
\echo
SELECT CASE WHEN churned THEN 'churned' ELSE 'stayed' END AS "who", shown(count(*), 9) AS rows,
       shown(avg(recency_days), 8, 1) AS "days ago", shown(avg(events_long), 9, 1) AS purchases, shown(avg(amount_long), 12) AS revenue,
       shown(avg(event_trend), 6, 2) AS trend, shown(avg(silence), 8, 2) AS silence
FROM churn_observation WHERE NOT censored GROUP BY churned ORDER BY churned;
