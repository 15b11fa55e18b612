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

-- Fitted from all dates but the last three that are decided; judged on those.
SELECT clock_timestamp() AS start \gset
CREATE TABLE churn_model AS
SELECT churn_fit(dataset_agg(o, 'churned', NULL, '{customer_id,observed_at,active_since,tenure,censored}')) AS model,
       (SELECT max(observed_at) FROM (SELECT DISTINCT observed_at FROM churn_observation WHERE NOT censored ORDER BY 1 DESC OFFSET 3 LIMIT 1) d) AS fitted_until
FROM churn_observation o
WHERE observed_at <= (SELECT observed_at FROM (SELECT DISTINCT observed_at FROM churn_observation WHERE NOT censored) d ORDER BY 1 DESC OFFSET 3 LIMIT 1);
COMMENT ON TABLE churn_model IS 'who churns, from what was known: gradient boosting; made by the demo';
SELECT shown(s.rows) AS rows, s.trees, shown(1000 * extract(epoch FROM clock_timestamp() - :'start'::timestamptz)::float8) AS milliseconds
FROM churn_model, summary(model) s \gset
CREATE TABLE churn_evaluation AS
SELECT evaluation_agg(predict(model, o), o.churned) AS e
FROM churn_observation o, churn_model WHERE NOT o.censored AND o.observed_at > fitted_until;
SELECT shown(roc_auc(e), 1, 3) AS auc FROM churn_evaluation \gset
\echo A model of :trees trees was fitted from :rows rows in :milliseconds ms. On the three dates after those it says
\echo right of two customers which one leaves with probability :auc.
\echo
\echo Tenths of those customers, by their score
\echo
SELECT decile, shown(customers, 9) AS customers, shown(churners, 9) AS churned, shown(100 * rate, 6, 1) AS "%", shown(lift, 5, 2) AS lift,
       shown(100 * cumulative_share, 22, 1) AS "% of all churned so far"
FROM churn_evaluation, gain_table(e) ORDER BY decile;

\echo Whom to call: the best customers of today who are about to leave, and why
\echo
WITH today AS (
    SELECT o.*, predict(model, o) AS probability, model
    FROM churn_observation o, churn_model
    WHERE observed_at = (SELECT max(observed_at) FROM churn_observation)
), chosen AS (
    SELECT * FROM today WHERE probability > 0.7 ORDER BY amount_long DESC NULLS LAST, customer_id LIMIT 3
)
SELECT customer_id AS customer, shown(100 * probability, 5, 1) AS "%", shown(amount_long, 10) AS revenue, reasons
FROM chosen c, LATERAL (
    SELECT string_agg(format('%s = %s (%s)', feature, coalesce(to_char(value::float8, 'FM999990.09'), 'missing'), to_char(contribution, 'SG0.00')), ', ') AS reasons
    FROM explain(model, c, 3) WHERE feature NOT LIKE '(%') e
ORDER BY c.amount_long DESC NULLS LAST;
