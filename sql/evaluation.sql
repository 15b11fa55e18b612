-- How good scores are, what to do with them, and whether customers have changed.
SET search_path = public, customer_data;
\pset null '(null)'
-- Ten customers: what a model said in spring, and who has left by autumn.
CREATE TABLE prediction (name text, country text, score float8, has_left boolean);
INSERT INTO prediction VALUES
    ('Ada', 'UK', 0.9, true), ('Ben', 'UK', 0.8, true), ('Cem', 'TR', 0.8, false), ('Dora', 'DE', 0.7, true), ('Eve', 'DE', 0.5, false),
    ('Fay', 'UK', 0.5, true), ('Gus', 'TR', 0.4, false), ('Hal', 'UK', 0.3, false), ('Ida', 'DE', 0.2, false), ('Jon', 'TR', 0.1, false),
    ('Kim', 'TR', NULL, true), ('Lou', 'UK', 0.3, NULL);

-- Of 4 * 6 pairs Ada wins 6, Ben 5 and half of one, Dora 5, Fay 4 and half of one: 21 of 24.
SELECT s.* FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, summary(q.e) s;
SELECT roc_auc(e), round(pr_auc(e)::numeric, 4) AS pr_auc, round(log_loss(e)::numeric, 4) AS log_loss, round(brier(e)::numeric, 4) AS brier, round(ks(e)::numeric, 4) AS ks
FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q;
SELECT auc, round(std_error::numeric, 4) AS std_error, round(low::numeric, 4) AS low, round(high::numeric, 4) AS high
FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, roc_auc_interval(q.e, confidence => 0.9);

-- Whom to call. Ben and Cem share a score, so each fifth has half of Ben's leaving.
SELECT g.* FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, gain_table(q.e, 5) g;
SELECT g.decile, g.churners FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, gain_table(q.e) g;
SELECT r.threshold, round(r.false_positive_rate::numeric, 4) AS false_positive_rate, r.true_positive_rate, r.customers, r.churners
FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, roc_points(q.e) r;
SELECT c.* FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, confusion(q.e) c;
SELECT precision, recall FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, confusion(q.e, threshold => 0.95) c;
-- A call costs 10, who stays brings 100, one of five stays. Eve and Fay together would bring what
-- they cost.
SELECT b.* FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, best_threshold(q.e, contact_cost => 10, save_value => 100, save_rate => 0.2) b;
SELECT b.* FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, best_threshold(q.e, 10, 5) b;

-- Can the probability be taken at its word?
SELECT bin, low, high, customers, churners, round(predicted::numeric, 3) AS predicted, round(observed::numeric, 3) AS observed, round(observed_low::numeric, 3) AS observed_low, round(observed_high::numeric, 3) AS observed_high
FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, calibration_table(q.e, 3);
SELECT bin, low, high, customers, churners, round(predicted::numeric, 3) AS predicted, observed
FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, calibration_table(q.e, bins => 2, method => 'width');
SELECT round(calibration_error(e, 2, 'width')::numeric, 4) AS half, round(calibration_error(e)::numeric, 4) AS tenths FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q;

-- One value per country, and of all together.
CREATE TABLE evaluated AS SELECT country, evaluation_agg(score, has_left) AS e FROM prediction GROUP BY 1;
SELECT country, s.rows, s.skipped, s.positives, s.roc_auc, e::text::evaluation_summary::text = e::text AS exact, pg_column_size(e) AS bytes FROM evaluated, summary(e) s ORDER BY 1;
SELECT roc_auc(rollup(e)), rollup(e)::text = (SELECT evaluation_agg(score, has_left)::text FROM prediction) AS equal FROM evaluated;
-- Logits have the same order, but are no probabilities.
SELECT s.roc_auc, s.log_loss FROM (SELECT evaluation_agg(ln(score / (1 - score)), has_left) AS e FROM prediction) q, summary(q.e) s;
SELECT log_loss(evaluation_agg(ln(score / (1 - score)), has_left)) FROM prediction;
-- A certainty that was wrong; one class; nothing at all.
SELECT log_loss(evaluation_agg(1, false)), brier(evaluation_agg(1, false)), roc_auc(evaluation_agg(1, false));
SELECT s.* FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction WHERE false) q, summary(q.e) s;
-- A summary is handed on as it is: only from the scalar subquery is it flattened.
SET client_min_messages = debug1;
SELECT roc_auc(evaluation_agg(score, has_left)) FROM prediction;
SELECT count(*) FROM (SELECT evaluation_agg(score, has_left) AS e FROM prediction) q, gain_table(q.e);
SELECT roc_auc((SELECT evaluation_agg(score, has_left) FROM prediction));
SELECT psi(a.d, b.d) FROM (SELECT drift_agg(score) AS d FROM prediction) a, (SELECT drift_agg(score) AS d FROM prediction) b;
RESET client_min_messages;

-- The same customers in the same part, today and tomorrow, here and in any other program.
SELECT name, hash_split(name, 0.8) AS part, left(encode(sha256(name::bytea), 'hex'), 8) AS digits FROM prediction ORDER BY 1;
SELECT hash_split(i::text, 0.6, 0.2) AS part, count(*) FROM generate_series(1, 10000) i GROUP BY 1 ORDER BY 1;
SELECT hash_split('Ada', 0.5, 0.5), hash_split('Ada' || ':2', 0.5, 0.5) AS other, hash_split(NULL, 0.5);

-- Are customers still those that the model was made for?
SELECT round(psi(ARRAY[.1, .2, .3, .25, .15], ARRAY[.12, .18, .28, .24, .18])::numeric, 6);
CREATE TABLE visit (month integer, plan text, amount float8, visits integer);
INSERT INTO visit SELECT m, CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN 'gold' WHEN 2 THEN 'month ' || m ELSE 'basic' END, i + 20 * (m - 1), CASE WHEN i % 10 > m THEN 1 ELSE 7 END
FROM generate_series(1, 2) m, generate_series(1, 100) i;
CREATE TABLE month AS SELECT v.month, drift_agg(v.amount) AS d, dataset_agg(f) AS f FROM visit v, LATERAL (SELECT v.plan, v.amount AS paid, v.visits) f GROUP BY 1;
SELECT month, s.* FROM month, summary(d) s ORDER BY 1;
-- Amounts 1 to 100, then 21 to 120. Of ten bins with a tenth each two are empty, which counts as 0.0001, and the last has
-- three tenths: 2 * 0.0999 ln(1000) + 0.2 ln(3) = 1.5999.
SELECT round(psi(a.d, b.d)::numeric, 4) AS psi, round(psi(a.d, b.d, bins => 4)::numeric, 4) AS of_quarters, ks(a.d, b.d) FROM month a, month b WHERE a.month = 1 AND b.month = 2;
SELECT feature, kind, round(r.psi::numeric, 4) AS psi, round(r.ks::numeric, 4) AS ks, missing_expected, missing_actual, verdict FROM month a, month b, drift(a.f, b.f) r WHERE a.month = 1 AND b.month = 2;
SELECT psi(rollup(d), rollup(d)) FROM month;
SELECT round(psi(a.e, b.e, 2)::numeric, 4) FROM evaluated a, evaluated b WHERE a.country = 'UK' AND b.country = 'TR';

-- What is refused.
SELECT evaluation_agg('NaN', true);
SELECT drift_agg('Infinity');
SELECT gain_table(e, 0) FROM evaluated;
SELECT calibration_table(e, 10, 'equal') FROM evaluated;
SELECT roc_auc_interval(e, 95) FROM evaluated;
SELECT confusion(e, 'NaN') FROM evaluated;
SELECT best_threshold(e, -1, 10) FROM evaluated;
SELECT best_threshold(e, 1, 10, 20) FROM evaluated;
SELECT hash_split('a', 80, 20);
SELECT hash_split('a', 0.8, 0.3);
SELECT psi(ARRAY[0.5, 0.5], ARRAY[1]);
SELECT psi(ARRAY[0.5, -0.5], ARRAY[1, 0]);
SELECT drift(a.f, b.f) FROM month a, (SELECT dataset_agg(v) AS f FROM (SELECT plan FROM visit) v) b WHERE a.month = 1;
SELECT drift(a.f, b.f) FROM month a, (SELECT dataset_agg(v) AS f FROM (SELECT plan, visits, amount::text AS paid FROM visit) v) b WHERE a.month = 1;
SELECT 'AQ=='::evaluation_summary;
SELECT 'Ag=='::drift_summary;

DROP TABLE prediction, evaluated, visit, month;
