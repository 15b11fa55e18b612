-- Models of who leaves: published values, properties, and every bad input.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, customer_data;
\i test/pgtap/include/attack.sql

-- mtcars (Motor Trend 1974, in R): weight, horsepower, gearbox; R gives glm(am ~ wt + hp, binomial). Its errors are those of
-- the last step but one, so they differ in the seventh digit.
CREATE TEMP TABLE car (wt float8, hp float8, qsec float8, am integer);
INSERT INTO car VALUES
    (2.62, 110, 16.46, 1), (2.875, 110, 17.02, 1), (2.32, 93, 18.61, 1), (3.215, 110, 19.44, 0), (3.44, 175, 17.02, 0), (3.46, 105, 20.22, 0),
    (3.57, 245, 15.84, 0), (3.19, 62, 20, 0), (3.15, 95, 22.9, 0), (3.44, 123, 18.3, 0), (3.44, 123, 18.9, 0), (4.07, 180, 17.4, 0),
    (3.73, 180, 17.6, 0), (3.78, 180, 18, 0), (5.25, 205, 17.98, 0), (5.424, 215, 17.82, 0), (5.345, 230, 17.42, 0), (2.2, 66, 19.47, 1),
    (1.615, 52, 18.52, 1), (1.835, 65, 19.9, 1), (2.465, 97, 20.01, 0), (3.52, 150, 16.87, 0), (3.435, 150, 17.3, 0), (3.84, 245, 15.41, 0),
    (3.845, 175, 17.05, 0), (1.935, 66, 18.9, 1), (2.14, 91, 16.7, 1), (1.513, 113, 16.9, 1), (3.17, 264, 14.5, 1), (2.77, 175, 15.5, 1),
    (3.57, 335, 14.6, 1), (2.78, 109, 18.6, 1);
CREATE TEMP TABLE glm AS
    SELECT churn_fit(dataset_agg(c, 'am', NULL, '{qsec}'), 'logistic') AS model FROM car c;
SELECT results_eq($$ SELECT name, round(estimate::numeric, 8), round(std_error::numeric, 6) FROM glm, coefficients(model) $$,
    $$ VALUES ('(intercept)', 18.86629872, 7.443558), ('wt', -8.08347518, 3.068675), ('hp', .03625560, .017734) $$,
    'mtcars: coefficients and errors of R');
SELECT is(round(log_likelihood::numeric, 9), -5.029555236, 'mtcars: log-likelihood of R') FROM glm, summary(model);
SELECT is(round(log_likelihood::numeric, 6), round((SELECT sum(ln(CASE WHEN am = 1 THEN p ELSE 1 - p END)) FROM (SELECT am, predict(model, c) AS p FROM car c) q)::numeric, 6),
    'it is that of the predictions') FROM glm, summary(model);
-- glmnet's lambda and alpha are l1 = lambda alpha, l2 = lambda (1 - alpha).
SELECT results_eq(format($$ SELECT round(estimate::numeric, 5) FROM (SELECT churn_fit(dataset_agg(c, 'am'), 'logistic', l1 => %s, l2 => %s) AS model
        FROM (SELECT wt, hp, qsec, am FROM car) c) q, coefficients(model) $$, lambda / 2, lambda / 2),
    format('SELECT round(x, 5) FROM unnest(ARRAY[%s]) x', expected), format('mtcars: glmnet with lambda %s', lambda))
FROM (VALUES (.05, '14.1022817318, -2.1686856785, 0, -.4392300378'), (.1, '8.5825013519, -1.4440371577, 0, -.2515650208')) v (lambda, expected);

-- Separation: one number tells the outcomes apart.
CREATE TEMP TABLE apart AS SELECT i AS x, (i * 7) % 5 AS noise, i > 10 AS y FROM generate_series(1, 20) i;
CREATE TEMP TABLE separated AS SELECT churn_fit(dataset_agg(a, 'y'), 'logistic') AS model FROM apart a;
SELECT ok(NOT converged AND 'x' = ANY (separating), 'separation is found, and its column named') FROM separated, summary(model);
SELECT throws_like($$ SELECT predict(model, a) FROM separated, apart a $$, 'the model has not converged', 'such a model is not used');
SELECT lives_ok($$ SELECT predict(model, a, allow_unconverged => true), (SELECT count(*) FROM explain(model, a, 3, true)) FROM separated, apart a $$, 'unless it is asked for');
SELECT ok(converged AND separating IS NULL, format('%s makes it finite', option)) FROM
    (SELECT 'l2' AS option, churn_fit(dataset_agg(a, 'y'), 'logistic', l2 => 0.01) AS model FROM apart a
     UNION ALL SELECT 'firth', churn_fit(dataset_agg(a, 'y'), 'logistic', firth => true) FROM apart a) q, summary(model);
-- A table of two by two under Firth's penalty has half a case more in each cell: ln((3.5 / 4.5) / (0.5 / 6.5)).
SELECT is(round(estimate::numeric, 9), round(ln((3.5 / 4.5) / (0.5 / 6.5)), 9), 'Firth: a table with an empty cell')
FROM (SELECT churn_fit(dataset_agg(t, 'y', 'weight', '{}'), 'logistic', firth => true) AS model
      FROM (VALUES (1, true, 3), (1, false, 4), (0, false, 6)) t (x, y, weight)) q, coefficients(model) WHERE name = 'x';

-- Data with a number, a category, missing values, and an interaction.
CREATE TEMP TABLE customer AS
    SELECT i AS id, (i * 37 % 1000) / 10.0::float8 AS spend, CASE WHEN i % 11 = 0 THEN NULL ELSE i * 53 % 24 END AS months,
        (ARRAY['monthly', 'yearly', 'two years', NULL])[1 + (i * 7) % 4] AS contract, (i * 29) % 2 = 0 AS mail,
        (hashint4(i) & 1023) / 1024.0 < CASE WHEN (i * 7) % 4 = 0 THEN 0.6 WHEN (i * 37 % 1000) > 700 AND i * 53 % 24 < 6 THEN 0.8 ELSE 0.1 END AS churned
    FROM generate_series(1, 3000) i;
CREATE TEMP TABLE data AS SELECT dataset_agg(c, 'churned', NULL, '{id}') AS d FROM customer c;
CREATE TEMP TABLE model AS
    SELECT algorithm, churn_fit(d, algorithm) AS model FROM data, unnest('{logistic,tree,forest,boosting}'::text[]) algorithm;
SELECT ok(min(p) > 0 AND max(p) < 1 AND count(p) = 3000, format('%s: probabilities are inside 0 and 1', algorithm))
FROM (SELECT algorithm, predict(model, c) AS p FROM model, customer c) q GROUP BY algorithm ORDER BY algorithm;
SELECT ok(abs(avg(p) - avg(churned::int)) < 0.01, format('%s: their mean is the base rate', algorithm))
FROM (SELECT algorithm, predict(model, c) AS p, churned FROM model, customer c) q GROUP BY algorithm ORDER BY algorithm;
SELECT is(s.rows, 3000::bigint, format('%s: rows', m.algorithm)) FROM model m, summary(model) s ORDER BY m.algorithm;
SELECT is(round(sum(importance)::numeric, 9), 1.0, format('%s: importance adds up to 1', algorithm)) FROM model, feature_importance(model) GROUP BY algorithm ORDER BY algorithm;
SELECT is((SELECT feature FROM feature_importance(model) LIMIT 1), 'contract', format('%s: what matters most', algorithm)) FROM model ORDER BY algorithm;

-- The same model from the same rows.
SELECT ok(model::text = churn_fit(d, algorithm)::text, format('%s: fitted again it is the same to the bit', algorithm)) FROM model, data ORDER BY algorithm;
SELECT ok(m.model::text = r.model::text, format('%s: in another order of the rows, too', m.algorithm))
FROM model m JOIN (SELECT algorithm, churn_fit(d, algorithm) AS model FROM unnest('{tree,forest,boosting}'::text[]) algorithm,
    (SELECT dataset_agg(c, 'churned', NULL, '{id}') AS d FROM (SELECT * FROM customer ORDER BY hashint4(id)) c) q) r USING (algorithm) ORDER BY algorithm;
SET LOCAL customer_data.threads = 4;
SELECT ok(model::text = churn_fit(d, algorithm)::text, format('%s: with four threads, too', algorithm)) FROM model, data ORDER BY algorithm;
RESET customer_data.threads;
SELECT ok(m.model::text <> churn_fit(d, algorithm, seed => 1)::text, format('%s: another seed gives another model', algorithm))
FROM model m, data WHERE algorithm IN ('forest', 'boosting') ORDER BY algorithm;

-- Rows.
SELECT is((SELECT array_agg(predict(model, c) ORDER BY id) FROM customer c), (SELECT array_agg(predict(model, x) ORDER BY id) FROM (SELECT mail, contract, id, 1 AS other, months::numeric, spend FROM customer) x),
    format('%s: a row is matched by the names of its columns', algorithm)) FROM model ORDER BY algorithm;
SELECT is(predict(model, x), predict(model, y), format('%s: a category that was not there is a missing one', algorithm))
FROM model, (SELECT 10::float8 AS spend, 5 AS months, 'never seen' AS contract, true AS mail) x, (SELECT 10::float8 AS spend, 5 AS months, NULL::text AS contract, true AS mail) y ORDER BY algorithm;
SELECT throws_ok($$ SELECT predict(model, x) FROM model, (SELECT 1 AS spend) x $$, '42703', NULL, 'a row without a column of the model');
SELECT throws_ok($$ SELECT predict(model, ARRAY[1, 2, 3, 4]) FROM model $$, '42804', NULL, 'an array has no categories');
SELECT throws_ok($$ SELECT predict(model, ROW(1, 2, 'a', true)) FROM model $$, '42703', NULL, 'a row without names');
SELECT throws_ok($$ SELECT predict(model, x) FROM model, (SELECT 'NaN'::float8 AS spend, 5 AS months, 'yearly' AS contract, true AS mail) x $$, '22023', NULL, 'a number that is none');
SELECT is((SELECT count(*) FROM glm, car c WHERE predict(model, c) IS DISTINCT FROM predict(model, ARRAY[wt, hp])), 0::bigint, 'an array in the order of the model');
SELECT is(predict(NULL::churn_model, c), NULL, 'NULL model') FROM car c LIMIT 1;

-- Reasons
SELECT is((SELECT array_agg(feature) FROM explain(model, x, 2)), ARRAY[(SELECT feature FROM explain(model, x, 1) LIMIT 1), (SELECT feature FROM explain(model, x, 2) OFFSET 1 LIMIT 1), '(other features)', '(baseline)'],
    format('%s: the features that matter most, the rest, and where all began', algorithm)) FROM model, (SELECT * FROM customer LIMIT 1) x ORDER BY algorithm;
SELECT is((SELECT count(*) FROM explain(model, x, 100)), 5::bigint, format('%s: nothing is left over with all of them', algorithm)) FROM model, (SELECT * FROM customer LIMIT 1) x ORDER BY algorithm;
SELECT throws_ok($$ SELECT explain(model, c, -1) FROM model, customer c $$, '22023', NULL, 'top is not negative');

-- Monotone. A model that is to be used more than once stands in a table: the planner would put the fit where it is used.
CREATE TEMP TABLE monotone AS SELECT algorithm, churn_fit(d, algorithm, monotone => '{"spend": -1}') AS model FROM data, unnest('{tree,forest,boosting}'::text[]) algorithm;
SELECT is((SELECT count(*) FROM (SELECT predict(model, x) AS p, lag(predict(model, x)) OVER (PARTITION BY contract ORDER BY spend) AS before
    FROM (SELECT s / 10.0::float8 AS spend, 5 AS months, contract, true AS mail FROM generate_series(0, 1000, 5) s, unnest('{monthly,yearly,NULL}'::text[]) contract) x) y WHERE p > before), 0::bigint,
    format('%s: a probability that may only fall with spend', algorithm))
FROM monotone ORDER BY algorithm;
SELECT throws_ok($$ SELECT churn_fit(d, monotone => '{"nothing": 1}') FROM data $$, '42703', NULL, 'monotone names a feature');
SELECT throws_ok($$ SELECT churn_fit(d, monotone => '{"contract": 1}') FROM data $$, '42804', NULL, 'which is a number');
SELECT throws_ok($$ SELECT churn_fit(d, monotone => '{"spend": 2}') FROM data $$, '22023', NULL, 'and a direction');
SELECT throws_ok($$ SELECT churn_fit(d, monotone => '[1]') FROM data $$, '22023', NULL, 'in an object');

-- Calibration
SELECT is(calibration, 'none', 'calibrate => none') FROM (SELECT churn_fit(d, calibrate => 'none') AS model FROM data) q, summary(model);
SELECT is(calibration, method, format('calibrate => %s', method)) FROM (SELECT method, churn_fit(d, 'forest', calibrate => method) AS model FROM data, unnest('{platt,isotonic}'::text[]) method) q, summary(model);
SELECT throws_ok($$ SELECT churn_fit(d, calibrate => 'beta') FROM data $$, '22023', NULL, 'another calibration');
-- In a population where half of those who stayed are not there, the base rate is another one.
CREATE TEMP TABLE elsewhere AS SELECT * FROM customer WHERE churned OR id % 2 = 0;
CREATE TEMP TABLE calibrated AS
    SELECT algorithm, model, calibrate(model, e) AS m
    FROM model JOIN (SELECT algorithm, evaluation_agg(predict(model, c), churned) AS e FROM model, elsewhere c GROUP BY algorithm) q USING (algorithm);
SELECT ok(abs((SELECT avg(predict(m, c)) FROM elsewhere c) - (SELECT avg(churned::int) FROM elsewhere)) < 0.005, format('%s: calibrate() hits the rate of another population', algorithm))
FROM calibrated ORDER BY algorithm;
SELECT is((SELECT roc_auc(evaluation_agg(predict(m, c), churned)) FROM elsewhere c), (SELECT roc_auc(evaluation_agg(predict(model, c), churned)) FROM elsewhere c), format('%s: and keeps the order', algorithm))
FROM calibrated ORDER BY algorithm;
SELECT throws_ok($$ SELECT calibrate(model, e) FROM model, (SELECT evaluation_agg(0.5, true) AS e) q $$, '22023', NULL, 'outcomes of one class');

-- Cross-validation
SELECT results_eq($$ SELECT count(*), sum(rows), sum(positives), max(positives) - min(positives) <= 1 FROM data, cross_validate(d, 5, 'logistic') $$,
    $$ SELECT 5::bigint, count(*)::numeric, count(*) FILTER (WHERE churned)::numeric, true FROM customer $$, 'every row is in one part, and the classes are spread evenly');
SELECT ok(bool_and(roc_auc > 0.7 AND log_loss < 0.6 AND brier < 0.2), format('%s: parts are predicted by the others', algorithm)) FROM data, unnest('{logistic,tree,forest,boosting}'::text[]) algorithm, cross_validate(d, 3, algorithm) GROUP BY algorithm ORDER BY algorithm;
SELECT ok(abs(avg(roc_auc) - 0.5) < 0.06, 'from noise nothing is learnt') FROM
    (SELECT dataset_agg(n, 'y') AS d FROM (SELECT hashint4(i) & 255 AS a, hashint4(-i) & 255 AS b, hashint4(i * 31) & 1 AS y FROM generate_series(1, 2000) i) n) q, cross_validate(d, 5);
SELECT throws_ok($$ SELECT cross_validate(d, 1) FROM data $$, '22023', NULL, 'one part');
SELECT throws_ok($$ SELECT cross_validate(NULL) $$, '22023', NULL, 'no dataset');

-- Customers of several rows: each has five that are alike, with one end. 800 are known, 3,000 are new.
CREATE FUNCTION pg_temp.drawn(i integer, k integer) RETURNS float8 LANGUAGE sql AS $$ SELECT (hashint8extended(i, k) & 1048575) / 1048576.0 $$;
CREATE TEMP TABLE repeated AS
    SELECT i AS id, i > 800 AS new, a + n / 10000.0 AS a, b + n / 10000.0 AS b, c - n / 10000.0 AS c, pg_temp.drawn(i, 4) < 0.1 + 0.8 * a * b AS churned
    FROM generate_series(1, 3800) i, LATERAL (SELECT pg_temp.drawn(i, 1) AS a, pg_temp.drawn(i, 2) AS b, pg_temp.drawn(i, 3) AS c) q, generate_series(1, 5) n;
CREATE TEMP TABLE known AS
    SELECT dataset_agg(r, 'churned', NULL, '{id,new}') AS by_row, dataset_agg(r, 'churned', NULL, '{new}', 'id') AS by_customer FROM repeated r WHERE NOT new;
CREATE TEMP TABLE fitted AS
    SELECT a.algorithm, v.name, churn_fit(d, a.algorithm, a.trees, learning_rate => a.rate) AS model,
        (SELECT avg(roc_auc) FROM cross_validate(d, 3, a.algorithm, a.trees, learning_rate => a.rate)) AS promised
    FROM known, (VALUES ('tree', NULL, NULL), ('forest', 100, NULL), ('boosting', NULL, 0.2::float8)) a (algorithm, trees, rate), LATERAL (VALUES ('row', by_row), ('customer', by_customer)) v (name, d);
CREATE TEMP TABLE kept AS
    SELECT f.*, roc_auc(e) AS auc, log_loss(e) AS loss, s.held_out_log_loss, s.leaves
    FROM fitted f, summary(f.model) s, LATERAL (SELECT evaluation_agg(predict(f.model, r), r.churned) AS e FROM repeated r WHERE r.new) q;
SELECT ok(promised - auc > 0.1 AND loss - held_out_log_loss > 0.1, format('%s by rows: held-out rows of known customers promise too much', algorithm)) FROM kept WHERE name = 'row' ORDER BY algorithm;
-- An area of 800 customers has a standard error of 0.02.
SELECT ok(abs(promised - auc) < 0.05, format('%s by customers: cross_validate says what new customers will show', algorithm)) FROM kept WHERE name = 'customer' ORDER BY algorithm;
SELECT ok(abs(loss - held_out_log_loss) < 0.03, format('%s by customers: and so does the held-out loss', algorithm)) FROM kept WHERE name = 'customer' ORDER BY algorithm;
SELECT ok(c.loss < r.loss AND c.leaves < r.leaves, format('%s: of two models the one by customers is the smaller and the better one', algorithm)) FROM kept c JOIN kept r USING (algorithm) WHERE c.name = 'customer' AND r.name = 'row' ORDER BY algorithm;
SELECT results_eq($$ SELECT rows % 5, abs(rows - 1333) <= 5 FROM known, cross_validate(by_customer, 3, 'tree') $$, $$ SELECT 0::bigint, true FROM generate_series(1, 3) $$, 'no customer is in two parts');
SELECT ok(model::text = churn_fit(d, algorithm, trees, learning_rate => rate)::text, format('%s by customers: the order of the rows does not matter', algorithm))
FROM fitted JOIN (VALUES ('tree', NULL, NULL), ('forest', 100, NULL), ('boosting', NULL, 0.2::float8)) a (algorithm, trees, rate) USING (algorithm),
    (SELECT dataset_agg(r, 'churned', NULL, '{new}', 'id' ORDER BY hashint4(id), a) AS d FROM repeated r WHERE NOT new) q WHERE name = 'customer' ORDER BY algorithm;
SELECT throws_ok(format('SELECT churn_fit(d, %L) FROM (SELECT dataset_agg(r, ''churned'', NULL, ''{new}'', ''id'') AS d FROM (SELECT 1 AS id, new, a, churned FROM repeated) r) q', algorithm), '22023', 'all rows are of one customer', format('%s: one customer', algorithm))
FROM unnest('{tree,forest,boosting}'::text[]) algorithm;
SELECT is(churn_fit(d, 'logistic')::text, churn_fit(e, 'logistic')::text, 'logistic regression holds nothing out') FROM (SELECT dataset_agg(r, 'churned', NULL, '{new}', 'id') AS d, dataset_agg(r, 'churned', NULL, '{id,new}') AS e FROM repeated r) q;

-- Observations of each month, whose outcomes overlap: by customers all months are as good as every third one, by rows they are not.
CREATE TEMP TABLE observation AS
    SELECT * FROM churn_features('SELECT customer_id, occurred_at, amount FROM simulate_purchases(6000) WHERE amount >= 0', '90 days', lead => '7 days');
CREATE TEMP TABLE day AS SELECT min(observed_at) AS judged FROM (SELECT DISTINCT observed_at FROM observation WHERE NOT censored ORDER BY 1 DESC LIMIT 3) d;
CREATE TEMP TABLE month_model AS
    WITH training AS (SELECT o.*, extract(month FROM observed_at)::integer % 3 = extract(month FROM judged)::integer % 3 AS apart FROM observation o, day WHERE observed_at + interval '90 days' <= judged)
    SELECT churn_fit(dataset_agg(t, 'churned', NULL, '{customer_id,observed_at,active_since,tenure,censored,apart}')) AS by_row,
        churn_fit(dataset_agg(t, 'churned', NULL, '{observed_at,active_since,tenure,censored,apart}', 'customer_id')) AS by_customer,
        churn_fit(dataset_agg(t, 'churned', NULL, '{customer_id,observed_at,active_since,tenure,censored,apart}') FILTER (WHERE apart)) AS apart
    FROM training t;
SELECT ok(log_loss(c) < log_loss(r) - 0.005 AND roc_auc(c) > roc_auc(r) + 0.005 AND log_loss(c) < log_loss(a) + 0.003 AND roc_auc(c) > roc_auc(a) - 0.003, 'overlapping months: fitted by customers')
FROM (SELECT evaluation_agg(predict(by_customer, o), churned) AS c, evaluation_agg(predict(by_row, o), churned) AS r, evaluation_agg(predict(apart, o), churned) AS a
      FROM observation o, day, month_model WHERE observed_at >= judged AND NOT censored) q;

-- Bad input
SELECT throws_ok($$ SELECT churn_fit(dataset_agg(c, 'churned')) FROM customer c WHERE false $$, '22023', 'the dataset has no rows', 'no rows');
SELECT throws_ok($$ SELECT churn_fit(dataset_agg(c, 'churned'), algorithm) FROM (SELECT spend, churned FROM customer LIMIT 1) c, unnest('{logistic,tree,forest,boosting}'::text[]) algorithm GROUP BY algorithm $$, '22023', 'label "churned" has one class only', 'one row');
SELECT throws_ok($$ SELECT churn_fit(dataset_agg(c, 'churned')) FROM customer c WHERE churned $$, '22023', 'label "churned" has one class only', 'one class');
SELECT throws_ok($$ SELECT churn_fit(dataset_agg(c)) FROM customer c $$, '22023', 'the dataset has no label', 'no label');
SELECT throws_ok($$ SELECT churn_fit(dataset_agg(c, 'months')) FROM customer c $$, '22023', 'label "months" is neither true nor false', 'a label of many numbers');
SELECT throws_ok($$ SELECT churn_fit(NULL) $$, '22023', NULL, 'no dataset');
SELECT throws_ok($$ SELECT churn_fit(d, 'svm') FROM data $$, '22023', NULL, 'an algorithm that is not known');
SELECT throws_ok(format('SELECT churn_fit(d, %L, %s) FROM data', algorithm, option), '22023', NULL, format('%s: %s', algorithm, option)) FROM (VALUES
    ('logistic', 'trees => 5'), ('logistic', 'l1 => -1'), ('logistic', 'calibrate => ''platt'''), ('tree', 'calibrate => ''isotonic'''), ('logistic', 'firth => true, l2 => 1'), ('logistic', 'max_iterations => 0'),
    ('logistic', 'monotone => ''{"spend": 1}'''), ('boosting', 'trees => 0'), ('boosting', 'leaves => 1'), ('boosting', 'learning_rate => 0'), ('boosting', 'learning_rate => ''NaN'''),
    ('boosting', 'l1 => 1'), ('boosting', 'subsample => 1.5'), ('boosting', 'early_stopping => false'), ('forest', 'learning_rate => 0.1'), ('tree', 'complexity => 2'), ('tree', 'trees => 2')) v (algorithm, option);
-- 65,536 values
SELECT throws_ok($$ SELECT churn_fit(dataset_agg(x, 'y')) FROM (SELECT i::text AS name, i % 2 = 0 AS y FROM generate_series(1, 65536) i) x $$, '54000', NULL, 'too many values of a category');
SELECT lives_ok(format($$ SELECT churn_fit(dataset_agg(x, 'y'), %L) FROM (SELECT i::text AS name, i %% 7 AS z, i %% 2 = 0 AS y FROM generate_series(1, 65535) i) x $$, algorithm), format('%s: as many as there may be', algorithm))
FROM unnest('{tree,forest,boosting}'::text[]) algorithm;
-- A constant column, and one that is missing in all rows, say nothing.
CREATE TEMP TABLE wider AS SELECT *, 5 AS constant, NULL::int AS nothing FROM customer;
CREATE TEMP TABLE wider_model AS
    SELECT algorithm, churn_fit(d, algorithm) AS model FROM (SELECT dataset_agg(w, 'churned', NULL, '{id}') AS d FROM wider w) q, unnest('{logistic,tree,forest,boosting}'::text[]) algorithm;
SELECT is((SELECT array_agg(importance) FROM feature_importance(model) WHERE feature IN ('constant', 'nothing')), '{0,0}'::float8[], format('%s: columns that say nothing are not used', algorithm)) FROM wider_model ORDER BY algorithm;
SELECT cmp_ok((SELECT max(abs(predict(w.model, x) - predict(m.model, x))) FROM wider x), '<', 1e-12::float8, 'logistic: nor do they change anything') FROM wider_model w JOIN model m USING (algorithm) WHERE algorithm = 'logistic';
SELECT is_empty($$ SELECT estimate FROM (SELECT churn_fit(dataset_agg(c, 'churned', NULL, '{id}'), 'logistic') AS a FROM (SELECT *, 5 AS constant, NULL::int AS nothing FROM customer) c) q, coefficients(a)
    WHERE name IN ('constant', 'nothing is missing', 'nothing') AND estimate IS NOT NULL $$, 'they have no coefficient');
SELECT ok(predict(model, x) BETWEEN 0.2 AND 0.8, format('%s: two rows', algorithm)) FROM (SELECT algorithm, churn_fit(dataset_agg(t, 'y'), algorithm) AS model FROM (VALUES (1, true), (1, false)) t (a, y), unnest('{logistic,tree,forest,boosting}'::text[]) algorithm GROUP BY algorithm) q,
    (SELECT 1 AS a) x ORDER BY algorithm;
SELECT ok(predict(model, x) BETWEEN 0.2 AND 0.8, format('%s: a feature that says nothing', algorithm)) FROM (SELECT algorithm, churn_fit(dataset_agg(t, 'y'), algorithm) AS model FROM (SELECT 1 AS a, i % 2 = 0 AS y FROM generate_series(1, 100) i) t, unnest('{logistic,tree,forest,boosting}'::text[]) algorithm GROUP BY algorithm) q,
    (SELECT 1 AS a) x ORDER BY algorithm;

-- Weights count as repeated rows.
CREATE TEMP TABLE weighted AS SELECT spend, months, contract, mail, churned, 1 + id % 3 AS weight FROM customer;
SELECT cmp_ok((SELECT max(abs(predict(a, x) - predict(b, x))) FROM weighted x), '<', 1e-9::float8, 'logistic: a weight of 3 is three rows')
FROM (SELECT churn_fit(dataset_agg(w, 'churned', 'weight', '{}'), 'logistic') AS a FROM weighted w) q,
    (SELECT churn_fit(dataset_agg(w, 'churned', NULL, '{weight}'), 'logistic') AS b FROM (SELECT w.* FROM weighted w, generate_series(1, weight)) w) r;
SELECT cmp_ok((SELECT max(abs(predict(a, x) - predict(b, x))) FROM weighted x), '<', 1e-9::float8, 'boosting: a weight of 3 is three rows')
FROM (SELECT churn_fit(dataset_agg(w, 'churned', 'weight', '{}'), trees => 20, leaves => 8, learning_rate => 0.1, subsample => 1, early_stopping => false) AS a FROM weighted w) q,
    (SELECT churn_fit(dataset_agg(w, 'churned', NULL, '{weight}'), trees => 20, leaves => 8, learning_rate => 0.1, subsample => 1, early_stopping => false) AS b FROM (SELECT w.* FROM weighted w, generate_series(1, weight)) w) r;

-- Forms of a model
SELECT ok(model::text::churn_model::text = model::text, format('%s: text and back', algorithm)) FROM model ORDER BY algorithm;
SELECT ok(model::jsonb::churn_model::text = model::text, format('%s: jsonb and back', algorithm)) FROM model ORDER BY algorithm;
SELECT throws_ok(format('SELECT %L::jsonb::churn_model', bad), '22P02', NULL, format('jsonb that is no model: %s', left(bad, 40)))
FROM unnest(ARRAY['1', '[]', '{}', '{"type": "churn_model"}', '{"type": "kmeans_model", "features": [], "model": {}}']) bad;
SELECT throws_ok(format('SELECT jsonb_set(model::jsonb, %L, %L)::churn_model FROM model WHERE algorithm = ''tree''', path, value), '22P02', NULL, format('jsonb with %s at %s', value, path))
FROM (VALUES ('{model,algorithm}', '"svm"'), ('{model,ensemble,trees,0,nodes,0,left}', '0'), ('{model,ensemble,trees,0,nodes,0,left}', '9999'), ('{model,ensemble,trees,0,nodes,0,feature}', '99'),
    ('{model,ensemble,trees,0,nodes,0,cover}', '-1'), ('{model,ensemble,trees}', '[]'), ('{model,rows}', '-1'), ('{model,rows}', '1.5'), ('{model,base}', '1'), ('{features,0,values}', '["a"]'), ('{features,0,name}', '""'), ('{features,0,name}', '"months"'), ('{model,weight}', '1e999')) v (path, value);

-- A single tree
SELECT is((SELECT sum(r.rows) FROM tree_rules(model) r), 3000::float8, 'rules have all rows') FROM model WHERE algorithm = 'tree';
SELECT throws_ok($$ SELECT tree_rules(model) FROM model WHERE algorithm = 'forest' $$, '22023', NULL, 'a forest has no rules');
SELECT throws_ok($$ SELECT tree_sql(model) FROM model WHERE algorithm = 'logistic' $$, '22023', NULL, 'nor has a logistic regression');
SELECT throws_ok($$ SELECT coefficients(model) FROM model WHERE algorithm = 'tree' $$, '22023', NULL, 'a tree has no coefficients');
-- Names and values of every kind are written so that they are read as themselves.
CREATE TEMP TABLE "odd ""table" AS SELECT i % 10 AS "a ""quoted"" na'me", (ARRAY['it''s', 'back\slash', 'ж', ''])[1 + i % 4] AS "select", i % 10 < 5 AND i % 4 < 2 AS y FROM generate_series(1, 400) i;
CREATE TEMP TABLE odd AS SELECT churn_fit(dataset_agg(o, 'y'), 'tree') AS model FROM "odd ""table" o;
SELECT tree_sql(model) AS tree_sql FROM odd \gset
SELECT is((SELECT count(*) FROM odd, "odd ""table" o WHERE predict(model, o) IS DISTINCT FROM (:tree_sql)), 0::bigint, 'tree_sql with names and values that need quotes');

-- What churn_features returns is what models are fitted from.
SELECT results_eq($$
    SELECT (SELECT array_agg(name) FROM dataset_columns(q.d) WHERE name IN ('customer_id', 'observed_at', 'active_since', 'tenure', 'censored', 'churned')),
        (SELECT count(*) FROM dataset_columns(q.d)), dataset_rows(q.d), dataset_skipped(q.d)
    FROM (SELECT dataset_agg(f, 'churned', NULL, '{customer_id,observed_at,active_since,tenure,censored}') AS d
          FROM churn_features('SELECT 1, date ''2024-01-01'' + i, i FROM generate_series(0, 99) i', '30 days') f) q
$$, $$ VALUES (NULL::text[], 20::bigint, 2::bigint, 1::bigint) $$, 'twenty features and the label; the date that is not decided is skipped');

-- Registry
SELECT throws_ok($$ SELECT model_save('churn', model) FROM model WHERE algorithm = 'tree' $$, '55000', NULL, 'there is no registry yet');
SELECT model_setup();
SELECT model_setup();
SELECT is(model_save('churn', model, 'the first', 'SELECT 1', '{"roc_auc": 0.8}'), 1, 'the first version') FROM model WHERE algorithm = 'tree';
SELECT is(model_save('churn', model), 2, 'the second version') FROM model WHERE algorithm = 'boosting';
SELECT ok(model('churn')::text = model::text, 'the newest') FROM model WHERE algorithm = 'boosting';
SELECT ok(model('churn', 1)::text = model::text, 'an older one') FROM model WHERE algorithm = 'tree';
SELECT results_eq($$ SELECT version, note, query, metrics, saved_by FROM customer_store.model ORDER BY version $$,
    $$ VALUES (1, 'the first', 'SELECT 1', '{"roc_auc": 0.8}'::jsonb, current_user), (2, NULL, NULL, NULL, current_user) $$, 'what is known of them');
SELECT throws_ok($$ SELECT model('nobody') $$, '42704', NULL, 'a model that is not there');
SELECT throws_ok($$ SELECT model('churn', 3) $$, '42704', NULL, 'a version that is not there');
SELECT throws_ok($$ SELECT model_save('', model) FROM model $$, '22023', NULL, 'a name is not empty');
SELECT throws_ok($$ SELECT model_save('x', NULL) $$, '22023', NULL, 'there is a model');

SELECT * FROM finish();
ROLLBACK;
