-- When customers leave: curves, medians, tests between groups, and who leaves sooner.
SET timezone = 'UTC';
SET search_path = public, customer_data;
\pset null '(null)'
-- Weeks to relapse of leukaemia with and without further treatment (Miller 1981): the data of many books.
CREATE TABLE patient (treatment text, weeks int, relapsed boolean);
INSERT INTO patient VALUES
    ('kept', 9, true), ('kept', 13, true), ('kept', 13, false), ('kept', 18, true), ('kept', 23, true), ('kept', 28, false),
    ('kept', 31, true), ('kept', 34, true), ('kept', 45, false), ('kept', 48, true), ('kept', 161, false),
    ('ended', 5, true), ('ended', 5, true), ('ended', 8, true), ('ended', 8, true), ('ended', 12, true), ('ended', 16, false),
    ('ended', 23, true), ('ended', 27, true), ('ended', 30, true), ('ended', 33, true), ('ended', 43, true), ('ended', 45, true);
CREATE TABLE part AS SELECT treatment, survival_agg(weeks, relapsed) AS s FROM patient GROUP BY treatment;
SELECT p.treatment, c.time, c.at_risk, c.events, c.censored, round(c.survival::numeric, 6) AS survival, round(c.std_error::numeric, 6) AS std_error,
       round(c.low::numeric, 4) AS low, round(c.high::numeric, 4) AS high, round(c.cumulative_hazard::numeric, 4) AS cumulative_hazard
FROM part p, survival_curve(p.s) c ORDER BY p.treatment, time;
SELECT round(low::numeric, 4) AS low, round(high::numeric, 4) AS high FROM part, survival_curve(s, 0.9, 'log') WHERE treatment = 'kept' AND time < 20;
SELECT round(low::numeric, 4) AS low, round(high::numeric, 4) AS high FROM part, survival_curve(s, method => 'plain') WHERE treatment = 'kept' AND time < 20;
SELECT p.treatment, d.* FROM part p, summary(p.s) d ORDER BY 1;
SELECT p.treatment, survival_median(s) AS median, survival_quantile(s, 0.25) AS first_quarter, round(survival_at(s, 20)::numeric, 4) AS after_20, round(survival_rmst(s, 40)::numeric, 3) AS of_40,
       m.low, m.high, q.quantile, q.low AS q_low, q.high AS q_high
FROM part p, survival_median_interval(s, method => 'log') m, survival_quantile_interval(s, 0.25) q ORDER BY 1;
SELECT treatment, round(a.survival::numeric, 4) AS survival, round(a.std_error::numeric, 4) AS std_error, round(a.low::numeric, 4) AS low, round(a.high::numeric, 4) AS high,
       round(r.mean::numeric, 4) AS mean, round(r.std_error::numeric, 4) AS error, round(r.low::numeric, 3) AS from_low, round(r.high::numeric, 3) AS to_high
FROM part, survival_at_interval(s, 20) a, survival_rmst_interval(s, 40) r ORDER BY 1;
-- Beyond the longest duration nothing is known, unless nobody is left.
SELECT treatment, survival_at(s, 200) AS after_200, survival_rmst(s, 200) AS of_200 FROM part ORDER BY 1;

-- Do the groups differ?
SELECT l.groups, l.rows, l.events, round(l.chi_square::numeric, 5) AS chi_square, l.degrees_of_freedom, round(l.p_value::numeric, 5) AS p_value, round(l.log10_p::numeric, 4) AS log10_p
FROM (SELECT array_agg(s) AS s FROM part) q, logrank(q.s) l;
SELECT round(l.chi_square::numeric, 5) AS peto FROM (SELECT array_agg(s) AS s FROM part) q, logrank(q.s, rho => 1) l;
SELECT t.group_name, t.rows, t.events, t.observed, round(t.expected::numeric, 4) AS expected, round(t.ratio::numeric, 3) AS ratio
FROM (SELECT array_agg(treatment ORDER BY treatment) AS names, array_agg(s ORDER BY treatment) AS s FROM part) q, logrank_table(q.names, q.s) t;

-- Summaries are values: rolled up, stored as text, handed on without a copy.
SELECT (SELECT survival_agg(weeks, relapsed)::text FROM patient) = (SELECT rollup(s)::text FROM part) AS same, s::text::survival_summary::text = s::text AS exact FROM part;
SET client_min_messages = debug1;
SELECT survival_median(survival_agg(weeks, relapsed)) FROM patient;
SELECT count(*) FROM (SELECT survival_agg(weeks, relapsed) AS s FROM patient) q, survival_curve(q.s);
RESET client_min_messages;
-- Seen from some age on only; NULL is skipped, 0 is from the beginning.
SELECT c.time, c.at_risk, c.events, c.censored FROM (
    SELECT survival_agg(duration, event, entry) AS s FROM (VALUES (3, true, 0), (5, true, 2), (5, false, 4), (9, true, 5), (9, false, NULL), (NULL, true, 1)) v (duration, event, entry)) q,
    survival_curve(q.s) c;
SELECT d.rows, d.skipped, d.late_entries FROM (SELECT survival_agg(5, true, e) AS s FROM unnest('{0,1,2,NULL}'::int[]) e) q, summary(q.s) d;

-- Nobody, one, nobody who departs, everybody at once.
SELECT d.* FROM (SELECT survival_agg(weeks, relapsed) AS s FROM patient WHERE false) q, summary(q.s) d;
SELECT count(*) FROM (SELECT survival_agg(weeks, relapsed) AS s FROM patient WHERE false) q, survival_curve(q.s);
SELECT survival_at(survival_agg(5, false), 4) AS still_there, survival_median(survival_agg(5, false)) AS never, survival_at(survival_agg(5, true), 5) AS gone, survival_median(survival_agg(0, true)) AS at_once;
SELECT l.* FROM logrank('{}'::survival_summary[]) l;
SELECT survival_at(NULL, 1) AS nothing, survival_median(NULL) AS nothing_too;

-- What cannot be is said.
SELECT survival_agg(-1, true);
SELECT survival_agg('NaN', true);
SELECT survival_agg(5, true, 5);
SELECT survival_agg(5, true, 'Infinity');
SELECT survival_at(s, -1) FROM part;
SELECT survival_quantile(s, 1) FROM part;
SELECT survival_rmst(s, 0) FROM part;
SELECT survival_curve(s, 95) FROM part;
SELECT survival_curve(s, 0.95, 'logit') FROM part;
SELECT logrank(ARRAY[s, NULL]) FROM part;
SELECT logrank(ARRAY[s], rho => -1) FROM part;
SELECT logrank_table(ARRAY['a', 'b'], ARRAY[s]) FROM part;
SELECT 'AQ=='::survival_summary;
SELECT 'not one'::survival_summary;

-- Who leaves sooner? Twenty-four customers; some were acquired before anybody looked.
CREATE TABLE customer AS
SELECT i AS id, (i * 5) % 4 AS since, (i * 5) % 4 + 1 + (i * 11) % 9 AS tenure, (i * 7) % 11 < 7 AS churned, (i * 13) % 17 AS age, CASE WHEN i % 3 = 0 THEN 'basic' ELSE 'plus' END AS plan
FROM generate_series(1, 24) i;
CREATE TABLE model AS SELECT cox_fit(dataset_agg(f, 'churned'), duration => 'tenure', entry => 'since') AS m FROM (SELECT since, tenure, churned, age, plan FROM customer) f;
SELECT c.name, round(c.estimate::numeric, 6) AS estimate, round(c.std_error::numeric, 6) AS std_error, round(c.z::numeric, 4) AS z, round(c.p_value::numeric, 4) AS p_value,
       round(c.hazard_ratio::numeric, 4) AS hazard_ratio, round(c.low::numeric, 4) AS low, round(c.high::numeric, 4) AS high, c.status FROM model, coefficients(m) c;
SELECT s.rows, s.skipped, s.events, s.ties, round(s.log_likelihood_null::numeric, 5) AS log_likelihood_null, round(s.log_likelihood::numeric, 5) AS log_likelihood,
       round(s.chi_square::numeric, 5) AS chi_square, s.degrees_of_freedom, round(s.p_value::numeric, 4) AS p_value, round(s.concordance::numeric, 4) AS concordance, s.converged FROM model, summary(m) s;
SELECT t.name, round(t.chi_square::numeric, 4) AS chi_square, t.degrees_of_freedom, round(t.p_value::numeric, 4) AS p_value FROM model, cox_ph_test(m) t;
SELECT z.time, round(z.cumulative_hazard::numeric, 5) AS at_zero, round(b.cumulative_hazard::numeric, 5) AS at_mean, round(b.survival::numeric, 5) AS survival
FROM model, cox_baseline(m, at => 'zero') z JOIN cox_baseline((SELECT m FROM model)) b USING (time) ORDER BY time;
SELECT c.id, round(cox_risk(m, c)::numeric, 4) AS risk, round(cox_survival(m, c, 8)::numeric, 4) AS to_8, round(cox_survival(m, c, 8, since => 5)::numeric, 4) AS from_5_to_8, cox_survival(m, c, 100) AS beyond
FROM model, customer c ORDER BY id LIMIT 3;
SELECT cox_risk(m, f) IS NULL AS no_age, cox_risk(m, g) IS NULL AS new_plan FROM model, (SELECT NULL::int AS age, 'plus' AS plan) f, (SELECT 5 AS age, 'gold' AS plan) g;
SELECT round(c.estimate::numeric, 6) AS breslow FROM (SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure', 'since', ties => 'breslow') AS m FROM (SELECT since, tenure, churned, age, plan FROM customer) f) q, coefficients(q.m) c;
SELECT m::text::cox_model::text = m::text AS exact, m::jsonb ->> 'rows' AS rows, m::jsonb -> 'terms' -> 1 ->> 'name' AS second FROM model;
SELECT count(*) FROM (SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') AS m FROM (SELECT tenure, churned, age FROM customer) f) q, customer c
WHERE cox_risk(q.m, c) IS DISTINCT FROM cox_risk(q.m, ARRAY[c.age]);

-- Constants, sums of other columns, missing values; a kind of customer that never departs.
SELECT c.name, c.status, c.estimate IS NULL AS unknown FROM (SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') AS m
    FROM (SELECT tenure, churned, age, 5 AS five, 3 * age + 1 AS again, plan FROM customer) f) q, coefficients(q.m) c;
SELECT s.rows, s.skipped FROM (SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') AS m FROM (SELECT nullif(tenure, 3) AS tenure, nullif(churned, id = 1) AS churned, nullif(age, 5) AS age FROM customer) f) q, summary(q.m) s;
CREATE TABLE forever AS SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') AS m FROM (SELECT tenure, churned, age, NOT churned AND age > 5 AS vip FROM customer) f;
SELECT c.name, c.status, c.hazard_ratio FROM forever, coefficients(m) c WHERE c.status <> 'estimated';
SELECT s.converged FROM forever, summary(m) s;
SELECT cox_risk(m, f) FROM forever, (SELECT 5 AS age, true AS vip) f;
SELECT cox_risk(m, f, allow_unconverged => true) < 0.01 AS nearly_none FROM forever, (SELECT 5 AS age, true AS vip) f;
SELECT s.converged FROM (SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure', l2 => 1) AS m FROM (SELECT tenure, churned, age, NOT churned AND age > 5 AS vip FROM customer) f) q, summary(q.m) s;
SELECT cox_fit(dataset_agg(f, 'churned')) FROM (SELECT tenure, churned, age FROM customer) f;
SELECT cox_fit(dataset_agg(f), 'tenure') FROM (SELECT tenure, churned, age FROM customer) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') FROM (SELECT tenure, false AS churned, age FROM customer) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') FROM (SELECT tenure, 2 AS churned, age FROM customer) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') FROM (SELECT tenure, churned, age FROM customer WHERE false) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') FROM (SELECT tenure, churned, NULL::int AS age, NULL::text AS plan FROM customer) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') FROM (SELECT -tenure AS tenure, churned, age FROM customer) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure', 'since') FROM (SELECT tenure, churned, age, tenure AS since FROM customer) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'plan') FROM (SELECT tenure, churned, age, plan FROM customer) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') FROM (SELECT tenure, churned FROM customer) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure', ties => 'exact') FROM (SELECT tenure, churned, age FROM customer) f;
SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure', l2 => 'NaN') FROM (SELECT tenure, churned, age FROM customer) f;
SELECT cox_survival(m, c, 5, since => 6) FROM model, customer c;
SELECT cox_survival(m, c, 'NaN') FROM model, customer c;
SELECT cox_risk(m, ROW(1, 2)) FROM model;
SELECT cox_risk(m, ARRAY[1, 2]) FROM model;
SELECT * FROM cox_baseline((SELECT m FROM model), 'median');
SELECT 'AQ=='::cox_model;
-- Other tests use these names.
DROP TABLE patient, part, customer, model, forever;
