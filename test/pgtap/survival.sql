-- Survival curves, tests between groups and proportional hazards: published values, and what must hold for all data.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;

CREATE FUNCTION pg_temp.close(seen float8, expected float8, within float8, what text) RETURNS text LANGUAGE sql AS
    $$ SELECT ok(abs(seen - expected) <= within, format('%s: %s is %s', what, seen, expected)) $$;

-- Published values

-- Weeks of remission with 6-mercaptopurine and with a placebo (Freireich and others 1963; Gehan 1965).
CREATE TEMP TABLE gehan AS
    SELECT false AS placebo, weeks, relapsed FROM (VALUES (6, true), (6, true), (6, true), (6, false), (7, true), (9, false), (10, true), (10, false), (11, false), (13, true), (16, true),
        (17, false), (19, false), (20, false), (22, true), (23, true), (25, false), (32, false), (32, false), (34, false), (35, false)) v (weeks, relapsed)
    UNION ALL SELECT true, weeks, true FROM unnest('{1,1,2,2,3,4,4,5,5,8,8,8,8,11,11,12,12,15,17,22,23}'::int[]) weeks;
SELECT pg_temp.close(survival, expected, 5e-7, format('6-MP after %s weeks', time))
FROM (SELECT survival_agg(weeks, relapsed) AS s FROM gehan WHERE NOT placebo) q, survival_curve(s)
    JOIN (VALUES (6, .857143), (7, .806723), (10, .752941), (13, .690196), (16, .627451), (22, .537815), (23, .448179)) v (time, expected) USING (time);
SELECT pg_temp.close(chi_square, 16.7929, 5e-5, 'log-rank test of 6-MP') FROM logrank((SELECT array_agg(s) FROM (SELECT survival_agg(weeks, relapsed) AS s FROM gehan GROUP BY placebo) q));
CREATE TEMP TABLE treatment AS SELECT ties, cox_fit(dataset_agg(g, 'relapsed'), 'weeks', ties => ties) AS m FROM gehan g, unnest('{efron,breslow}'::text[]) AS ties GROUP BY ties;
SELECT pg_temp.close(estimate, expected, 5e-8, 'placebo, ' || ties) FROM treatment JOIN (VALUES ('efron', 1.5721251), ('breslow', 1.5091914)) v (ties, expected) USING (ties), coefficients(m);
SELECT pg_temp.close(std_error, expected, 5e-8, 'its standard error, ' || ties) FROM treatment JOIN (VALUES ('efron', .4123967), ('breslow', .4095644)) v (ties, expected) USING (ties), coefficients(m);

-- Curves by the definition, written in SQL

CREATE TEMP TABLE stay AS
    SELECT i AS id, i % 5 AS part, entry, entry + 1 + i * 31 % 40 AS days, i * 7 % 11 < 7 AS gone, i * 7 % 13 AS x, (ARRAY['a', 'b', 'c'])[1 + i * 11 % 3] AS kind, 1 + i % 3 AS weight
    FROM generate_series(1, 500) i, LATERAL (SELECT CASE WHEN i % 2 = 0 THEN i * 17 % 30 ELSE 0 END AS entry) e;
CREATE TEMP VIEW definition AS
    SELECT t.days AS time, count(*) FILTER (WHERE s.days >= t.days AND (s.entry = 0 OR s.entry < t.days)) AS at_risk,
        count(*) FILTER (WHERE s.days = t.days AND s.gone) AS events, count(*) FILTER (WHERE s.days = t.days AND NOT s.gone) AS censored
    FROM (SELECT DISTINCT days FROM stay) t, stay s GROUP BY t.days;
SELECT set_eq('SELECT time::int, at_risk, events, censored FROM survival_curve((SELECT survival_agg(days, gone, entry) FROM stay))', 'SELECT time, at_risk, events, censored FROM definition',
    'who is at risk, departs and is lost, by definition');
CREATE TEMP TABLE curve AS SELECT c.* FROM survival_curve((SELECT survival_agg(days, gone, entry) FROM stay)) c;
SELECT is_empty($$
    SELECT * FROM (SELECT time::int AS time, survival, cumulative_hazard FROM curve) c JOIN (
        SELECT time, exp(sum(ln(1 - events::float8 / at_risk)) OVER (ORDER BY time)) AS s, sum(events::float8 / at_risk) OVER (ORDER BY time) AS h FROM definition WHERE events < at_risk) d USING (time)
    WHERE survival > 0 AND NOT (abs(survival - s) < 1e-12 AND abs(cumulative_hazard - h) < 1e-12)
$$, 'products of shares, sums of hazards');
SELECT is((SELECT count(*) FROM curve c WHERE survival_at((SELECT survival_agg(days, gone, entry) FROM stay), c.time) IS DISTINCT FROM c.survival), 0::bigint, 'survival_at is on the curve');

-- Parts, order, units

SELECT is((SELECT rollup(s)::text FROM (SELECT part, survival_agg(days, gone, entry) AS s FROM stay GROUP BY part) q), (SELECT survival_agg(days, gone, entry ORDER BY days, id)::text FROM stay),
    'rollup of parts = all rows, in any order');
SELECT is((SELECT survival_agg(days, gone, 0)::text FROM stay), (SELECT survival_agg(days, gone)::text FROM stay), 'an entry of 0 is none');
SELECT pg_temp.close((SELECT survival_median(survival_agg(days / 7.0, gone)) FROM stay), (SELECT survival_median(survival_agg(days, gone)) / 7 FROM stay), 1e-12, 'the median in weeks');
SELECT pg_temp.close((SELECT survival_rmst(survival_agg(days / 7.0, gone), 4) FROM stay), (SELECT survival_rmst(survival_agg(days, gone), 28) / 7 FROM stay), 1e-12, 'the mean of four weeks');
CREATE TEMP TABLE chi AS SELECT kind, survival_agg(days, gone) AS s, survival_agg(days / 7.0, gone) AS weeks FROM stay GROUP BY kind;
SELECT pg_temp.close((SELECT chi_square FROM logrank((SELECT array_agg(s ORDER BY kind) FROM chi))), (SELECT chi_square FROM logrank((SELECT array_agg(weeks ORDER BY kind DESC) FROM chi))), 1e-9,
    'the test in weeks, groups in another order');
SELECT is((SELECT sum(observed) FROM (SELECT array_agg(kind) AS n, array_agg(s) AS s FROM chi) q, logrank_table(n, s)), (SELECT count(*)::float8 FROM stay WHERE gone), 'all events are observed');
SELECT pg_temp.close((SELECT sum(expected) FROM (SELECT array_agg(kind) AS n, array_agg(s) AS s FROM chi) q, logrank_table(n, s)), (SELECT count(*) FROM stay WHERE gone), 1e-9, 'and as many expected');
SELECT ok(p_value = 0 AND log10_p < -400, 'a p-value below all numbers has a logarithm')
FROM (SELECT ARRAY[survival_agg(d, true) FILTER (WHERE d <= 5000), survival_agg(d, true) FILTER (WHERE d > 5000)] AS s FROM generate_series(1, 10000) d) q, logrank(s);

-- Proportional hazards: parts, order, units, weights

CREATE TEMP TABLE hazard AS
    SELECT cox_fit(dataset_agg(f, 'gone'), 'days', 'entry') AS m, cox_fit(dataset_agg(f, 'gone' ORDER BY f.x DESC, f.days), 'days', 'entry') AS other
    FROM (SELECT days, gone, entry, x, kind FROM stay) f;
CREATE FUNCTION pg_temp.same(a cox_model, b cox_model, factor float8, what text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT pg_temp.close(a.estimate, b.estimate * CASE a.name WHEN 'x' THEN factor ELSE 1 END, 1e-9, what || ': ' || a.name) FROM coefficients(a) a JOIN coefficients(b) b USING (name)
    UNION ALL SELECT pg_temp.close(a.log_likelihood, b.log_likelihood, 1e-8 * abs(b.log_likelihood), what || ': likelihood') FROM summary(a) a, summary(b) b
    UNION ALL SELECT pg_temp.close(a.concordance, b.concordance, 1e-12, what || ': concordance') FROM summary(a) a, summary(b) b $$;
SELECT pg_temp.same(m, other, 1, 'rows in another order') FROM hazard;
SELECT pg_temp.same(m, (SELECT cox_fit(rollup(d), 'days', 'entry') FROM (SELECT dataset_agg(f, 'gone', NULL, '{part}') AS d FROM (SELECT part, days, gone, entry, x, kind FROM stay) f GROUP BY part) q),
    1, 'datasets put together') FROM hazard;
SELECT pg_temp.same(m, (SELECT cox_fit(dataset_agg(f, 'gone'), 'days', 'entry') FROM (SELECT days / 7.0 AS days, gone, entry / 7.0 AS entry, 1000 + x * 10 AS x, kind FROM stay) f),
    10, 'weeks, and cents') FROM hazard;
SELECT pg_temp.same(cox_fit(dataset_agg(f, 'gone', 'weight', NULL), 'days', 'entry', 'breslow'),
    (SELECT cox_fit(dataset_agg(g, 'gone'), 'days', 'entry', 'breslow') FROM (SELECT days, gone, entry, x, kind FROM stay, generate_series(1, weight)) g), 1, 'weights and repeated rows')
FROM (SELECT days, gone, entry, x, kind, weight FROM stay) f;
SELECT is((SELECT count(*) FROM hazard, stay s WHERE cox_survival(m, s, 20) IS DISTINCT FROM cox_survival(m, s, 12) * cox_survival(m, s, 20, since => 12)
    AND NOT abs(cox_survival(m, s, 20) - cox_survival(m, s, 12) * cox_survival(m, s, 20, since => 12)) < 1e-12), 0::bigint, 'to survive 20 days is to survive 12, and then 20');
SELECT is((SELECT count(*) FROM hazard, cox_baseline(m) b, LATERAL (SELECT s, cox_risk(m, s) AS risk FROM stay s WHERE id = 7) r
    WHERE NOT abs(b.survival ^ r.risk - cox_survival(m, r.s, b.time)) < 1e-12), 0::bigint, 'the curve of a row is that of the mean customer to the power of its risk');

-- Categories: the first in the order of bytes is what others are compared with.
SELECT is((SELECT array_agg(name) FROM coefficients((SELECT cox_fit(dataset_agg(f, 'gone'), 'days') FROM (SELECT days, gone, kind FROM stay) f))), '{kind = b,kind = c}'::text[], 'values but the first are terms');
SELECT is((SELECT array_agg(name) FROM coefficients((SELECT cox_fit(dataset_agg(f, 'gone'), 'days') FROM (SELECT days, gone, upper(kind) || kind AS kind FROM stay UNION ALL SELECT 3, true, 'é') f))),
    '{kind = Bb,kind = Cc,kind = é}'::text[], 'by their bytes');

-- Who is not counted in an interval: confidence.
SELECT ok((SELECT bool_and(b.low < a.low AND b.high > a.high) FROM survival_at_interval((SELECT survival_agg(days, gone) FROM stay), 10) a,
    survival_at_interval((SELECT survival_agg(days, gone) FROM stay), 10, confidence => 0.99) b), 'more confidence, wider intervals');
SELECT ok((SELECT bool_and(b.low < a.low AND b.high > a.high) FROM hazard, coefficients(m) a JOIN coefficients((SELECT m FROM hazard), 0.99) b USING (name)), 'of hazard ratios too');

-- A column that is named as the function's argument, and columns of results, need no quotes.
SELECT is((SELECT time FROM (SELECT survival_agg(duration, event, entry) AS v FROM (SELECT 1 AS duration, true AS event, 0 AS entry) f) q, survival_curve(q.v, method => 'log', confidence => 0.9) ORDER BY time), 1::float8, 'arguments and columns need no quotes');

SELECT * FROM finish();
ROLLBACK;
