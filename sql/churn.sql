-- Churn: who will leave, why, and can I believe it? A thousand subscribers, made by arithmetic: who complains leaves
-- sooner; who is bound by the year, or has stayed long, later.
SET extra_float_digits = 0;
SET search_path = public, customer_data;
CREATE TABLE subscriber AS
SELECT id, CASE WHEN id % 3 = 0 THEN 'year' ELSE 'month' END AS contract, id * 37 % 49 AS months, nullif(id * 11 % 5, 4) AS complaints,
       id * 7919 % 101 < 45 - id * 37 % 49 + 15 * (id * 11 % 5 % 4) - 25 * (id % 3 = 0)::integer AS churned
FROM generate_series(1, 1000) id;
CREATE TABLE subscriber_model AS
SELECT algorithm, churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), algorithm) AS model
FROM subscriber s, unnest('{boosting,forest,tree,logistic}'::text[]) algorithm
GROUP BY algorithm;

-- How it was fitted.
SELECT m.algorithm, s.label, s.rows, s.base_rate, s.features, s.trees, s.leaves, s.held_out_rows, s.converged
FROM subscriber_model m, summary(m.model) s ORDER BY m.algorithm;
SELECT log_likelihood::numeric(10,4), null_log_likelihood::numeric(10,4), aic::numeric(10,4) FROM subscriber_model m, summary(m.model) WHERE m.algorithm = 'logistic';
-- An intercept alone has the log-likelihood of the share: n (p ln p + q ln q).
SELECT (1000 * (0.315 * ln(0.315) + 0.685 * ln(0.685)))::numeric(10,4) AS null_log_likelihood;

-- What it says.
SELECT c.name, estimate::numeric(8,3), std_error::numeric(8,3), z::numeric(8,2), p_value < 0.001 AS sure, odds_ratio::numeric(8,3), vif::numeric(8,2)
FROM subscriber_model m, coefficients(m.model) c WHERE m.algorithm = 'logistic';
SELECT r.rule, r.rows, r.rate::numeric(8,3) FROM subscriber_model m, tree_rules(m.model) r WHERE m.algorithm = 'tree';
SELECT tree_sql(model) AS rule FROM subscriber_model WHERE algorithm = 'tree' \gset
SELECT count(*) AS rows, count(*) FILTER (WHERE :rule IS DISTINCT FROM predict(model, s)) AS different
FROM subscriber s, subscriber_model WHERE algorithm = 'tree';
SELECT m.algorithm, f.feature, f.importance::numeric(8,2), f.splits FROM subscriber_model m, feature_importance(m.model) f ORDER BY m.algorithm, f.importance DESC;

-- The probability of a customer; of one whose contract nobody knows; by an array, where there are numbers alone.
SELECT algorithm, predict(model, s)::numeric(8,2) AS known, predict(model, u)::numeric(8,2) AS unknown
FROM subscriber_model, subscriber s, LATERAL (SELECT s.months, s.complaints, NULL::text AS contract) u WHERE id = 2 ORDER BY algorithm;
SELECT predict(model, ARRAY[12, 3]::float8[]) = predict(model, r) AS same
FROM (SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id,contract}')) AS model FROM subscriber s) m, (SELECT 3 AS complaints, 12 AS months) r;
SELECT predict(model, NULL::subscriber) IS NULL AS no_row, predict(NULL::churn_model, s) IS NULL AS no_model FROM subscriber_model m, subscriber s WHERE id = 2 AND m.algorithm = 'tree';

-- Why.
SELECT m.algorithm, e.feature, e.value, e.contribution::numeric(8,2) FROM subscriber_model m, subscriber s, explain(m.model, s, 2) e WHERE s.id = 2
ORDER BY m.algorithm, e.feature LIKE '(%', e.contribution;
SELECT algorithm, max(abs(total - ln(p / (1 - p)))) < 1e-9 AS adds_up
FROM (SELECT m.algorithm, predict(m.model, s) AS p, (SELECT sum(contribution) FROM explain(m.model, s, 1)) AS total FROM subscriber_model m, subscriber s) q
GROUP BY algorithm ORDER BY algorithm;

-- Can I believe it? Fitted from seven tenths of the customers, judged on the others.
CREATE TABLE subscriber_outcome AS
SELECT evaluation_agg(predict(model, s), churned) AS e
FROM subscriber s, (SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), 'logistic') AS model FROM subscriber s WHERE hash_split(id::text, 0.7, 0.3) = 1) m
WHERE hash_split(id::text, 0.7, 0.3) = 2;
SELECT roc_auc(e)::numeric(8,3), log_loss(e)::numeric(8,3), brier(e)::numeric(8,3) FROM subscriber_outcome;
SELECT decile, customers, churners, rate::numeric(8,2), lift::numeric(8,2), cumulative_share::numeric(8,2) FROM subscriber_outcome, gain_table(e, 5);
SELECT fold, rows, positives, roc_auc::numeric(8,3), log_loss::numeric(8,3)
FROM (SELECT dataset_agg(s, 'churned', NULL, '{id}') AS d FROM subscriber s) q, cross_validate(d, 3, 'logistic');
-- The next year half of them leave who do now: the order of customers stays, the probabilities halve.
SELECT avg(p)::numeric(8,2) AS said, avg(happened)::numeric(8,2) AS happened, avg(predict(calibrated, s))::numeric(8,2) AS said_then
FROM (SELECT s, predict(model, s) AS p, (churned AND id % 2 = 0)::integer AS happened, calibrate(model, e) AS calibrated
      FROM subscriber_model, subscriber s, (SELECT evaluation_agg(predict(model, s), churned AND id % 2 = 0) AS e FROM subscriber s, subscriber_model WHERE algorithm = 'logistic') q
      WHERE algorithm = 'logistic') q;

-- Kept under a name.
SELECT model_save('churn', model) FROM subscriber_model LIMIT 1;
SELECT model_setup();
SELECT model_save('churn', NULL);
SELECT model_save('churn', model, 'first', 'SELECT * FROM subscriber', '{"roc_auc": 0.8}') FROM subscriber_model WHERE algorithm = 'tree';
SELECT model_save('churn', model, 'second') FROM subscriber_model WHERE algorithm = 'logistic';
SELECT s.algorithm AS newest, t.algorithm AS first FROM summary(model('churn')) s, summary(model('churn', 1)) t;
SELECT name, version, note, query, metrics FROM customer_store.model ORDER BY version;
SELECT model('lapse');
SELECT model('churn', 3);
SELECT model_save('', model) FROM subscriber_model LIMIT 1;

-- From purchases to a model: what is known of customers becomes a dataset with a label.
SELECT dataset_rows(d) AS rows, dataset_skipped(d) AS censored
FROM (SELECT dataset_agg(f, 'churned', NULL, '{customer_id,observed_at,active_since,tenure,censored}') AS d
      FROM churn_features($$ SELECT customer_id, date '2024-01-01' + 11 * i % (90 * customer_id) AS day, customer_id + i
          FROM generate_series(1, 8) customer_id, generate_series(1, 60) i $$, '30 days') f) q;

-- Who forgets to leave out the name of the customer is told so.
SELECT s.features FROM (SELECT churn_fit(dataset_agg(s, 'churned'), 'tree') AS model FROM (SELECT id::text AS customer_id, months, churned FROM subscriber) s) m, summary(model) s;

-- A feature in large units, such as kilograms where all differ by grams: an odds ratio beyond double precision is none.
SELECT c.name, c.estimate > 1000 AS large, c.odds_ratio IS NULL AS none
FROM (SELECT churn_fit(dataset_agg(s, 'label'), 'logistic') AS model FROM (SELECT churned, complaints / 10000.0 AS complaints FROM subscriber WHERE complaints IS NOT NULL) s(label, complaints)) m,
     coefficients(m.model) c;

-- A column that is always the same, and one that is never known, say nothing: everybody has the share of all (of a
-- forest, that of its samples).
SELECT algorithm, predict(model, s)::numeric(8,4) AS probability, (SELECT string_agg(c.name || ': ' || coalesce(c.estimate::numeric(8,4)::text, 'none'), ', ') FROM coefficients(model) c WHERE algorithm = 'logistic') AS coefficients
FROM (SELECT algorithm, churn_fit(dataset_agg(s, 'churned'), algorithm) AS model
      FROM (SELECT churned, 1 AS one, NULL::float8 AS nothing FROM subscriber) s, unnest('{boosting,forest,tree,logistic}'::text[]) algorithm GROUP BY algorithm) m,
     (SELECT 1 AS one, NULL::float8 AS nothing) s ORDER BY algorithm;
-- A probability that may only fall with the months; an option that is NULL is the default.
SELECT bool_and(p <= before) AS falls
FROM (SELECT predict(model, s) AS p, lag(predict(model, s)) OVER (ORDER BY months) AS before
      FROM (SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), NULL, monotone => '{"months": -1}') AS model FROM subscriber s) m,
           (SELECT months, 1 AS complaints, 'month' AS contract FROM generate_series(0, 48) months) s) q;

-- What cannot be done, and what to do.
SELECT churn_fit(NULL);
SELECT churn_fit(dataset_agg(s)) FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}')) FROM subscriber s WHERE false;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}')) FROM subscriber s WHERE id = 1;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}')) FROM subscriber s WHERE NOT churned;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), 'logistic') FROM subscriber s WHERE churned;
SELECT churn_fit(dataset_agg(s, 'months', NULL, '{id}')) FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'contract', NULL, '{id}')) FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned')) FROM (SELECT churned FROM subscriber) s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), 'svm') FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), 'logistic', trees => 10) FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), trees => 0) FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), learning_rate => 2) FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), 'logistic', l2 => -1) FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), 'logistic', l2 => 1, firth => true) FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), monotone => '{"month": 1}') FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), monotone => '{"contract": 1}') FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), monotone => '{"months": 2}') FROM subscriber s;
SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id}'), calibrate => 'sigmoid') FROM subscriber s;
SELECT predict(model, s) FROM subscriber_model m, (SELECT 1 AS months, 'year' AS contract) s;
SELECT predict(model, s) FROM subscriber_model m, (SELECT 1 AS months, 1 AS contract, 1 AS complaints) s;
SELECT predict(model, s) FROM subscriber_model m, (SELECT 'NaN'::float8 AS months, 'year' AS contract, 1 AS complaints) s;
SELECT predict(model, ARRAY[1, 2, 3]::float8[]) FROM subscriber_model m;
SELECT predict(model, ARRAY[1]::float8[]) FROM (SELECT churn_fit(dataset_agg(s, 'churned', NULL, '{id,contract}')) AS model FROM subscriber s) m;
SELECT explain(model, s, -1) FROM subscriber_model m, subscriber s LIMIT 1;
SELECT coefficients(model) FROM subscriber_model WHERE algorithm = 'boosting';
SELECT tree_rules(model) FROM subscriber_model WHERE algorithm = 'forest';
SELECT tree_sql(model) FROM subscriber_model WHERE algorithm = 'logistic';
SELECT cross_validate(dataset_agg(s, 'churned', NULL, '{id}'), 1) FROM subscriber s;
SELECT cross_validate(dataset_agg(s, 'churned', NULL, '{id}'), 5) FROM subscriber s WHERE id < 5;
SELECT calibrate(model, e) FROM (SELECT evaluation_agg(NULL, NULL) e) q, subscriber_model LIMIT 1;
SELECT calibrate(model, e) FROM (SELECT evaluation_agg(0.5, true) e) q, subscriber_model LIMIT 1;
SELECT 'x'::churn_model;
SELECT '{"type": "churn_model"}'::jsonb::churn_model;
-- Who has called off the debit has always left: a coefficient without end.
CREATE TABLE separated AS SELECT months, churned AS debit_ended, churned FROM subscriber;
SELECT s.converged, s.separating FROM (SELECT churn_fit(dataset_agg(r, 'churned'), 'logistic') AS model FROM separated r) m, summary(model) s;
SELECT predict(model, r) FROM (SELECT churn_fit(dataset_agg(r, 'churned'), 'logistic') AS model FROM separated r) m, separated r LIMIT 1;
SELECT s.converged FROM (SELECT churn_fit(dataset_agg(r, 'churned'), 'logistic', l2 => 0.001) AS model FROM separated r) m, summary(model) s;
SELECT s.converged FROM (SELECT churn_fit(dataset_agg(r, 'churned'), 'logistic', firth => true) AS model FROM separated r) m, summary(model) s;

DROP TABLE separated, subscriber_outcome, subscriber_model, subscriber, customer_store.model, customer_store.shape;
DROP SCHEMA customer_store;
RESET search_path;
RESET extra_float_digits;
