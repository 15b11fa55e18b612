-- Churn: who did not come back, who will not, and why

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

-- Judged on the last three dates that are decided. Fitted from those whose outcome was known by then, 90 days later: what
-- is between them would be known to the model, but to nobody on the day. Outcomes of months that are near together are
-- the same ones: the fit is told whose the rows are, so that those it holds out are of customers who are new to it.
SELECT coalesce(min(observed_at), 'infinity') AS judged_from
FROM (SELECT DISTINCT observed_at FROM churn_observation WHERE NOT censored ORDER BY observed_at DESC LIMIT 3) d \gset
CREATE VIEW churn_training AS
SELECT * FROM churn_observation o
WHERE observed_at + interval '90 days' <= :'judged_from';
COMMENT ON VIEW churn_training IS 'observations that the model of the demo is fitted from, made by the demo';
SELECT (SELECT count(DISTINCT churned) = 2 FROM churn_training)
   AND (SELECT count(DISTINCT churned) = 2 FROM churn_observation WHERE observed_at >= :'judged_from') AS long_enough \gset
\if :long_enough
SELECT clock_timestamp() AS start \gset
CREATE TABLE churn_model AS
SELECT churn_fit(dataset_agg(o, 'churned', NULL, '{observed_at,active_since,tenure,censored}', 'customer_id')) AS model
FROM churn_training o;
COMMENT ON TABLE churn_model IS 'who churns, from what was known: gradient boosting; made by the demo';
SELECT shown(s.rows) AS rows, s.trees, shown(1000 * extract(epoch FROM clock_timestamp() - :'start'::timestamptz)::float8) AS milliseconds
FROM churn_model, summary(model) s \gset
CREATE TABLE churn_evaluation AS
SELECT evaluation_agg(predict(model, o), o.churned) AS e
FROM churn_observation o, churn_model WHERE NOT o.censored AND o.observed_at >= :'judged_from';
COMMENT ON TABLE churn_evaluation IS 'probabilities and outcomes of customers that the model of the demo was not fitted from';
SELECT shown(100 * roc_auc(e)) AS auc FROM churn_evaluation \gset
\echo A model of :trees trees, made of :rows rows in :milliseconds ms, foretells the last three dates that are decided.
\echo Of a customer who left and one who stayed, it gave the first the higher probability :auc times in 100.
\echo Tenths of those customers, the most endangered first:
\echo
SELECT decile AS tenth, shown(100 * least_score, 14, 1) AS "% foretold from", shown(customers, 9) AS customers, shown(churners, 9) AS churned, shown(100 * rate, 5, 1) AS "%",
       shown(lift, 8, 2) AS "times all", shown(100 * cumulative_share, 13, 1) AS "% of all lost"
FROM churn_evaluation, gain_table(e) ORDER BY decile;

\echo Whom to call today: of the tenth that is most endangered, the three with the highest revenue in a year, and why.
\echo For each reason, by how much it multiplies the odds that the customer leaves
\echo
WITH today AS MATERIALIZED (
    SELECT o.*, model, predict(model, o) AS probability
    FROM churn_observation o, churn_model WHERE observed_at = (SELECT max(observed_at) FROM churn_observation)
), endangered AS (
    SELECT t.*, percent_rank() OVER (ORDER BY probability DESC) AS place FROM today t
), chosen AS (
    SELECT e.*, row_number() OVER (ORDER BY amount_long DESC NULLS LAST, customer_id) AS number FROM endangered e WHERE place <= 0.1
), reason AS (
    SELECT c.*, e.feature, e.value::float8 AS v, e.contribution, row_number() OVER (PARTITION BY number ORDER BY contribution DESC) AS line
    FROM chosen c, explain(model, c, 9) e WHERE number <= 3 AND contribution > 0.05 AND feature NOT LIKE '(%'
)
SELECT CASE line WHEN 1 THEN customer_id ELSE '' END AS customer, CASE line WHEN 1 THEN shown(100 * probability, 5, 1) ELSE '' END AS "%",
       CASE line WHEN 1 THEN shown(amount_long, 10) ELSE '' END AS revenue,
       CASE feature
           WHEN 'recency_days' THEN format('last bought %s days ago', shown(v))
           WHEN 'silence' THEN format('silent for %s times the usual gap', shown(v, 0, 1))
           WHEN 'gap_mean_days' THEN format('buys every %s days', shown(v))
           WHEN 'gap_deviation_days' THEN format('gaps between purchases differ by %s days', shown(v))
           WHEN 'gap_variation' THEN format('gaps between purchases differ by %s%% of their mean', shown(100 * v))
           WHEN 'event_trend' THEN format('buys at %s%% of the usual pace', shown(100 * v))
           WHEN 'amount_trend' THEN format('spends at %s%% of the usual pace', shown(100 * v))
           WHEN 'amount_mean' THEN format('spends %s each time', shown(v))
           WHEN 'comebacks' THEN format('came back %s times before', shown(v))
           WHEN 'tenure_days' THEN format('active for %s days without a break', shown(v))
           WHEN 'lifetime_days' THEN format('a customer for %s days', shown(v))
           ELSE format(CASE split_part(feature, '_', 1) WHEN 'events' THEN 'bought %s times' WHEN 'days' THEN 'bought on %s days' ELSE 'spent %s' END, shown(v))
                || CASE split_part(feature, '_', 2) WHEN 'short' THEN ' in a month' WHEN 'medium' THEN ' in three months' ELSE ' in a year' END
       END AS because, shown(exp(contribution), 5, 1) AS "odds times"
FROM reason WHERE line <= 3 ORDER BY number, line;
\else
\echo There are too few months to fit a model and to judge it by later ones: it takes about nine.
\endif
