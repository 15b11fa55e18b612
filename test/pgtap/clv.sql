-- Customer lifetime value: what is refused, what must hold for all data, and each answer against its definition in SQL.
-- A line for each assertion, also where a row has several.
\pset fieldsep '\n'
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;

CREATE FUNCTION pg_temp.close(seen float8, expected float8, within float8, what text) RETURNS text LANGUAGE sql AS
    $$ SELECT ok(abs(seen - expected) <= within * greatest(abs(expected), 1e-300), format('%s: %s is %s', what, seen, expected)) $$;
CREATE FUNCTION pg_temp.refuses(query text, state text, message text) RETURNS text LANGUAGE sql AS
    $$ SELECT throws_ok(query, state::char(5), message, message || ': ' || query) $$;

-- Two years of purchases; the second half year of 2025 is held out.
CREATE TEMP TABLE purchase AS SELECT * FROM simulate_purchases(1500, 11, 730);
CREATE INDEX ON purchase (customer_id, occurred_at);
CREATE TEMP TABLE customer AS
    SELECT customer_id, purchase_agg(occurred_at, amount) FILTER (WHERE occurred_at < '2025-07-01Z') AS s, purchase_agg(occurred_at, amount) FILTER (WHERE occurred_at >= '2025-07-01Z') AS after
    FROM purchase GROUP BY customer_id;
CREATE TEMP TABLE history AS
    SELECT customer_id, s, after, r.x, r.t_x, r.t, purchase_average(s, 'repeat_day') AS average
    FROM customer, purchase_repeat(s, date '2025-06-30', '7 days') r WHERE purchase_count(s) > 0;
CREATE TEMP TABLE seen AS SELECT clv_agg(s, date '2025-06-30', '7 days', after, date '2025-12-30') AS c FROM customer;
CREATE TEMP TABLE fitted AS SELECT name, clv_fit(c, name) AS model FROM seen, unnest('{bg/nbd,mbg/nbd,pareto/nbd,nbd}'::text[]) name;
-- 11,104 donors and six yearly appeals (Fader, Hardie and Shang 2010, table 2), with invented amounts.
INSERT INTO fitted SELECT 'bg/bb', clv_fit(clv_opportunity_agg(x, t_x, 6, 20 + i % 13, '30 days'), 'bg/bb') FROM (VALUES
    (6, 6, 1203), (5, 6, 728), (4, 6, 512), (3, 6, 357), (2, 6, 234), (1, 6, 129), (5, 5, 335), (4, 5, 284), (3, 5, 225), (2, 5, 173), (1, 5, 119), (4, 4, 240),
    (3, 4, 181), (2, 4, 155), (1, 4, 78), (3, 3, 322), (2, 3, 255), (1, 3, 129), (2, 2, 613), (1, 2, 277), (1, 1, 1091), (0, 0, 3464)) v (x, t_x, n), generate_series(1, n) i;

-- What is gathered

SELECT is(customers, (SELECT count(*) FROM history), 'customers are rows with a first purchase') FROM seen, summary(c);
SELECT is(repeaters, (SELECT count(*) FROM history WHERE x > 0), 'repeat customers') FROM seen, summary(c);
SELECT is(purchases, (SELECT sum(x) FROM history), 'repeat purchases') FROM seen, summary(c);
SELECT is(spenders, (SELECT count(*) FROM history WHERE average > 0 AND x > 0), 'customers with an average') FROM seen, summary(c);
SELECT is(skipped, (SELECT count(*) FROM customer WHERE s IS NULL), 'NULL is left out') FROM seen, summary(c);
SELECT is((unit, as_of, holdout_until, opportunities), ('7 days'::interval, date '2025-06-30', date '2025-12-30', false), 'the frame') FROM seen, summary(c);
SELECT is((SELECT clv_agg(s, date '2025-06-30', '7 days', after, date '2025-12-30' ORDER BY customer_id DESC)::text FROM customer), (SELECT c::text FROM seen), 'rows in another order');
SELECT is((SELECT rollup(c)::text FROM (SELECT clv_agg(s, date '2025-06-30', '7 days', after, date '2025-12-30') AS c FROM customer GROUP BY customer_id % 17) q), (SELECT c::text FROM seen), 'rollup of parts');
SELECT is((SELECT clv_agg(s, timestamptz '2025-06-30 12:00Z', '168 hours', after, timestamptz '2025-12-30 23:59Z')::text FROM customer), (SELECT c::text FROM seen), 'timestamps are their day, 168 hours are 7 days');
SELECT is((SELECT c::text::clv_summary::text FROM seen), (SELECT c::text FROM seen), 'text both ways');
SELECT is((SELECT clv_fit(clv_agg(x, t_x, t, average, '7 days'), 'bg/nbd')::text FROM history), (SELECT model::text FROM fitted WHERE name = 'bg/nbd'), 'numbers give the model that summaries give');
SELECT is((SELECT clv_fit(c, 'bg/nbd')::text FROM (SELECT clv_agg(s, timestamptz '2025-06-30', '7 days') AS c FROM customer) q), (SELECT model::text FROM fitted WHERE name = 'bg/nbd'), 'and without a hold-out too');
SELECT is((SELECT s FROM summary((SELECT clv_agg(x, t_x, t, average, '7 days') FROM history WHERE false)) s)::text, '(0,0,0,0,0,0,0,,,,)', 'no rows, nobody');
SELECT is((SELECT rollup(c)::text FROM (SELECT clv_agg(x, t_x, t, average, '7 days') AS c FROM history WHERE false UNION ALL SELECT c FROM seen) q), (SELECT c::text FROM seen), 'nobody and all are all');
SELECT is((SELECT s FROM summary((SELECT clv_agg(NULL::purchase_summary, date '2025-06-30', '7 days'))) s)::text, '(0,0,0,0,0,1,0,"7 days",2025-06-30,,f)', 'rows of NULL only');
SELECT is((later, customers), (1::bigint, 0::bigint), 'who comes later is no customer yet') FROM summary((SELECT clv_agg(purchase_agg, date '2025-06-30', '7 days') FROM (SELECT purchase_agg(date '2025-07-01', 5.0)) q));
SELECT is(o, (2.0, 3.0, 4.0)::purchase_repeat, 'opportunities by hand: days 5 and 21 of 30, by weeks')
FROM (SELECT clv_opportunities(purchase_agg(d, 1.0), date '2024-01-31', '7 days') AS o FROM unnest('{2024-01-01,2024-01-06,2024-01-22}'::date[]) d) q;
SELECT is((SELECT clv_opportunities(purchase_agg(date '2024-02-01', 1.0), date '2024-01-31', '7 days')), NULL, 'none before the first purchase');

SELECT pg_temp.refuses(format('SELECT clv_agg(%s, 5, ''7 days'')', args), '22023', message) FROM (VALUES
    ('-1, 1, 2', 'x must be a whole number of repeat purchases'), ('0.5, 1, 2', 'x must be a whole number of repeat purchases'),
    ('''NaN'', 1, 2', 'x must be a whole number of repeat purchases'), ('''Infinity'', 1, 2', 'x must be a whole number of repeat purchases'), ('1e10, 1, 2', 'x must be a whole number of repeat purchases'),
    ('1, -1, 2', 't_x and t must be finite numbers and not negative'), ('1, ''NaN'', 2', 't_x and t must be finite numbers and not negative'),
    ('1, 1, ''Infinity''', 't_x and t must be finite numbers and not negative'), ('1, 3, 2', 't_x must not be after t'),
    ('0, 1, 2', 't_x must be 0 without a repeat purchase, and only then'), ('1, 0, 2', 't_x must be 0 without a repeat purchase, and only then')) v (args, message);
SELECT pg_temp.refuses(format('SELECT clv_opportunity_agg(%s, 5, ''7 days'')', args), '22023', 'opportunities must be whole, with at most one purchase each') FROM unnest('{"1, 1.5, 2","1, 1, 2.5","3, 2, 2"}'::text[]) args;
SELECT pg_temp.refuses(format('SELECT clv_agg(1, 1, 2, %s, ''7 days'')', average), '22023', 'average must be a finite number and not negative') FROM unnest('{-1,''NaN'',''Infinity''}'::text[]) average;
SELECT pg_temp.refuses(format('SELECT clv_agg(1, 1, 2, 5, %L)', unit), '22023', message) FROM (VALUES
    ('0 days', 'unit must be longer than zero'), ('-7 days', 'unit must be longer than zero'), ('1 month', 'unit must have a fixed length')) v (unit, message);
SELECT pg_temp.refuses('SELECT clv_agg(1, 1, 2, 5, NULL)', '22004', 'unit must not be NULL');
SELECT pg_temp.refuses('SELECT clv_agg(s, NULL::date, ''7 days'') FROM customer', '22004', 'as_of must not be NULL');
SELECT pg_temp.refuses('SELECT clv_agg(s, date ''2025-06-30'', ''7 days'', after, NULL) FROM customer', '22004', 'holdout_until must not be NULL');
SELECT pg_temp.refuses('SELECT clv_agg(1, 1, 2, 5, ''7 days'', 1, NULL)', '22004', 'holdout_t must not be NULL');
SELECT pg_temp.refuses('SELECT clv_agg(s, date ''2025-06-30'', ''7 days'', after, date ''2025-06-30'') FROM customer', '22023', 'the hold-out must be longer than zero');
SELECT pg_temp.refuses(format('SELECT clv_agg(1, 1, 2, 5, ''7 days'', %s, 4)', held), '22023', 'holdout_x must be a whole number of purchases') FROM unnest('{-1,0.5,''NaN''}'::text[]) held;
SELECT pg_temp.refuses('SELECT clv_agg(s, date ''2025-01-01'', ''7 days'') FROM customer', '22023', 'the summary has purchases after as_of');
SELECT pg_temp.refuses('SELECT clv_agg(s, date ''2025-06-30'' + customer_id::int % 2, ''7 days'') FROM customer', '22023', 'customers of a clv_summary must be seen in the same way');
SELECT pg_temp.refuses('SELECT rollup(c) FROM (SELECT clv_agg(1, 1, 2, 5, u) AS c FROM unnest(''{7 days,8 days}''::interval[]) u GROUP BY u) q', '22023', 'customers of a clv_summary must be seen in the same way');
SELECT pg_temp.refuses('SELECT rollup(c) FROM (SELECT clv_agg(1, 1, 2, 5, ''7 days'') AS c UNION ALL SELECT clv_opportunity_agg(1, 1, 2, 5, ''7 days'')) q', '22023', 'customers of a clv_summary must be seen in the same way');
SELECT pg_temp.refuses('SELECT ''AAAA''::clv_summary', '22P03', 'unknown version of clv_summary');
SELECT pg_temp.refuses('SELECT ''?''::clv_summary', '22P02', 'invalid input for type clv_summary');

-- Fits

SELECT pg_temp.refuses('SELECT clv_fit((SELECT clv_agg(1, 1, 2, 5, ''7 days'') FROM generate_series(1, 9)))', '22023', 'too few customers for a model of purchases');
SELECT pg_temp.refuses('SELECT clv_fit((SELECT clv_agg(NULL::float8, 1, 2, 5, ''7 days'') FROM generate_series(1, 90)))', '22023', 'too few customers for a model of purchases');
SELECT pg_temp.refuses('SELECT clv_fit((SELECT clv_agg(0, 0, i, NULL, ''7 days'') FROM generate_series(1, 90) i))', '22023', 'no customer has come back');
SELECT pg_temp.refuses('SELECT clv_compare(clv_agg(0, 0, i, NULL, ''7 days'')) FROM generate_series(1, 90) i', '22023', 'no customer has come back');
SELECT pg_temp.refuses('SELECT clv_fit(c, ''bg/bb'') FROM seen', '22023', 'model "bg/bb" does not fit these customers');
SELECT pg_temp.refuses('SELECT clv_fit(c, ''BG/NBD'') FROM seen', '22023', 'unknown model "BG/NBD"');
SELECT pg_temp.refuses('SELECT clv_fit(c, max_iterations => 0) FROM seen', '22023', 'max_iterations must be at least 1');
SELECT is(clv_fit(NULL)::text, NULL, 'no customers, no model');
SELECT is(clv_fit(c)::text, clv_fit(c, 'auto', 200)::text, 'auto is the default') FROM seen;
SELECT is(m.part, k.model, 'auto is the best of clv_compare') FROM seen, summary(clv_fit(c)) m, clv_compare(c) k WHERE k.best AND m.parameter = 'r';
SELECT is((SELECT array_agg(aic ORDER BY n) FROM clv_compare(c) WITH ORDINALITY k (model, parameters, log_likelihood, aic, bic, hp, he, mae, rmse, converged, best, remark, n) WHERE k.converged),
    (SELECT array_agg(aic ORDER BY aic) FROM clv_compare(c) k WHERE k.converged), 'best first') FROM seen;
SELECT pg_temp.close(aic, 2 * parameters - 2 * log_likelihood, 1e-14, 'AIC') FROM seen, clv_compare(c);
SELECT pg_temp.close(bic, parameters * ln(customers) - 2 * log_likelihood, 1e-14, 'BIC') FROM seen, summary(c), clv_compare(c);
-- The process of simulate_purchases: r 1.1, alpha 30 days, a 0.6, b 12; p 6.25, q 3.75, v 15.4. Alike within 4 standard errors.
SELECT ok(abs(estimate - truth) < 4 * std_error AND low < high AND estimate BETWEEN low AND high, format('%s is %s +- %s for %s', m.parameter, estimate, std_error, truth))
FROM fitted JOIN (VALUES ('r', 1.1), ('alpha', 30 / 7.0), ('a', 0.6), ('b', 12), ('p', 6.25), ('q', 3.75), ('v', 15.4)) v (parameter, truth) ON true, summary(model) m
WHERE name = 'bg/nbd' AND m.parameter = v.parameter;

-- Hold-out errors by their definition, over customers.
SELECT pg_temp.close(k.holdout_expected, e.expected, 1e-12, k.model || ', expected'), pg_temp.close(k.mean_absolute_error, e.mae, 1e-12, k.model || ', mean absolute error'),
    pg_temp.close(k.root_mean_square_error, e.rmse, 1e-12, k.model || ', root mean square error'), is(k.holdout_purchases, e.held, k.model || ', purchases')
FROM seen, clv_compare(c) k JOIN LATERAL (
    SELECT sum(p) AS expected, avg(abs(p - held)) AS mae, sqrt(avg((p - held) ^ 2)) AS rmse, sum(held) AS held
    FROM (SELECT clv_purchases(model, x, t_x, t, '183 days') AS p, coalesce((SELECT count(DISTINCT (occurred_at AT TIME ZONE 'UTC')::date)
            FROM purchase p WHERE p.customer_id = history.customer_id AND occurred_at >= '2025-07-01Z' AND occurred_at < '2025-12-31Z'), 0)::float8 AS held
        FROM history, fitted WHERE fitted.name = k.model) q) e ON k.converged;

-- Tracking: what was made is what SQL counts, what is expected is that of each customer.
CREATE TEMP TABLE tracked AS SELECT name, k.* FROM fitted, seen, clv_tracking(model, c) k WHERE name = 'bg/nbd';
CREATE TEMP TABLE repeat_day AS
    SELECT DISTINCT p.customer_id, (p.occurred_at AT TIME ZONE 'UTC')::date AS day FROM purchase p JOIN history USING (customer_id)
    WHERE (p.occurred_at AT TIME ZONE 'UTC')::date > (SELECT min((q.occurred_at AT TIME ZONE 'UTC')::date) FROM purchase q WHERE q.customer_id = p.customer_id);
SELECT is_empty($$ SELECT * FROM tracked WHERE actual_total <> (SELECT count(*) FROM repeat_day WHERE day <= least(period_end, date '2025-12-30')) $$, 'purchases up to the end of each period');
SELECT is_empty($$ SELECT * FROM tracked WHERE held_out <> (period_end > date '2025-06-30') $$, 'held out is what ends after as_of');
SELECT pg_temp.close(k.expected_total, (SELECT sum(clv_expected(model, (k.period_end - (purchase_first(s) AT TIME ZONE 'UTC')::date) * interval '1 day')) FROM history, fitted
    WHERE fitted.name = 'bg/nbd' AND (purchase_first(s) AT TIME ZONE 'UTC')::date < k.period_end), 1e-11, 'expected until ' || k.period_end) FROM tracked k WHERE k.period % 13 = 0;
SELECT is((max(period), max(period_end)), (count(*), date '2025-12-30'), 'one row for each period, to the end of the hold-out') FROM tracked;
SELECT pg_temp.refuses('SELECT clv_tracking(model, (SELECT clv_agg(x, t_x, t, average, ''7 days'') FROM history)) FROM fitted WHERE name = ''nbd''', '22023', 'these customers have no dates');
SELECT pg_temp.refuses('SELECT clv_tracking(clv_model(''nbd'', ''{1,2}'', ''8 days''), c) FROM seen', '22023', 'the model counts in another unit than the customers');

-- Models as values

SELECT is(model::jsonb::clv_model::text, model::text, name || ': jsonb both ways, to the bit'), is(model::text::clv_model::text, model::text, name || ': text both ways'), is(model::jsonb ->> 'type', 'clv_model', 'its type') FROM fitted;
SELECT is((SELECT array_agg(parameter ORDER BY ordinality) FROM summary(model) WITH ORDINALITY m WHERE part = name), names, 'parameters of ' || name)
FROM fitted JOIN (VALUES ('bg/nbd', '{r,alpha,a,b}'::text[]), ('mbg/nbd', '{r,alpha,a,b}'), ('pareto/nbd', '{r,alpha,s,beta}'), ('nbd', '{r,alpha}'), ('bg/bb', '{alpha,beta,gamma,delta}')) v (name, names) USING (name);
SELECT pg_temp.refuses(format('SELECT (%L::jsonb)::clv_model', j), '22P02', 'jsonb is no clv_model')
FROM fitted, LATERAL (VALUES ('{}'), ('[]'), ('null'), ('7'), (jsonb_set(model::jsonb, '{type}', '"sbg_model"')::text), (jsonb_set(model::jsonb, '{fitted,unit}', '0')::text),
    (jsonb_set(model::jsonb, '{fitted,model}', '"none"')::text), (jsonb_set(model::jsonb, '{fitted,purchases,parameters,0}', '-1')::text), (jsonb_set(model::jsonb, '{fitted,purchases,parameters}', '[1]')::text),
    (jsonb_set(model::jsonb, '{fitted,more}', '1')::text), (jsonb_set(model::jsonb, '{fitted,purchases,covariance,1}', '9')::text), (jsonb_set(model::jsonb, '{fitted,purchases,parameters,0}', '1e400')::text)) v (j)
WHERE name = 'bg/nbd';
SELECT pg_temp.refuses(format('SELECT clv_model(%s)', args), '22023', 'these are no parameters of a clv_model') FROM unnest(ARRAY[
    $$'nbd', '{0,1}', '7 days'$$, $$'nbd', '{-1,1}', '7 days'$$, $$'nbd', '{NaN,1}', '7 days'$$,
    $$'nbd', '{Infinity,1}', '7 days'$$, $$'nbd', '{1e-300,1}', '7 days'$$, $$'nbd', '{1e300,1}', '7 days'$$, $$'nbd', '{1,1}', '7 days', '{1,1,1}'$$]) args;
SELECT pg_temp.refuses(format('SELECT clv_model(%s)', args), '22023', message) FROM (VALUES ($$'bg/nbd', '{1,2,3}', '7 days'$$, 'parameters must have 4 values for model "bg/nbd"'),
    ($$'bg/nbd', '{1,2,3,4,5}', '7 days'$$, 'parameters must have 4 values for model "bg/nbd"'), ($$'nbd', '{}', '7 days'$$, 'parameters must have 2 values for model "nbd"'),
    ($$'nbd', '{1,1}', '7 days', '{1,2}'$$, 'spend must have 3 values for model "gamma-gamma"')) wrong (args, message);
SELECT pg_temp.refuses($$SELECT clv_model('auto', '{1,1}', '7 days')$$, '22023', 'unknown model "auto"');
SELECT pg_temp.refuses($$SELECT clv_model('nbd', '{1,1}', '1 month')$$, '22023', 'unit must have a fixed length');
SELECT is(clv_model(NULL, '{1,1}', '7 days')::text, NULL, 'no model of nothing');
CREATE TEMP TABLE given AS SELECT clv_model(name, (SELECT array_agg(estimate ORDER BY ordinality) FROM summary(model) WITH ORDINALITY WHERE part = name), CASE name WHEN 'bg/bb' THEN interval '30 days' ELSE '7 days' END,
    (SELECT array_agg(estimate ORDER BY ordinality) FROM summary(model) WITH ORDINALITY WHERE part = 'gamma-gamma' AND parameter <> 'correlation')) AS model, name FROM fitted;
SELECT is_empty($$ SELECT * FROM fitted f JOIN given g USING (name), history WHERE name <> 'bg/bb' AND (clv_alive(f.model, x, t_x, t), clv_value(f.model, x, t_x, t, average, '1 year')) IS DISTINCT FROM
    (clv_alive(g.model, x, t_x, t), clv_value(g.model, x, t_x, t, average, '1 year')) $$, 'a model by its parameters predicts the same');
SELECT is((std_error, low, log_likelihood, customers), (NULL::float8, NULL::float8, NULL::float8, NULL::bigint), 'and has seen nobody') FROM given, summary(model) WHERE name = 'nbd' AND parameter = 'r';

-- Models that did not converge, or know nothing of amounts

CREATE TEMP TABLE stopped AS SELECT clv_fit(c, 'pareto/nbd', 1) AS model FROM seen;
SELECT ok(NOT converged AND remark = 'It was given up after 1 iterations.' AND std_error IS NULL, 'too few iterations') FROM stopped, summary(model) WHERE part = 'pareto/nbd' AND parameter = 'r';
SELECT pg_temp.refuses(format('SELECT %s FROM stopped, history', f), '55000', 'the model has not converged'), lives_ok(format('SELECT %s FROM stopped, history', replace(f, ')', ', allow_unconverged => true)')), f || ' may be allowed')
FROM unnest(ARRAY['clv_alive(model, s, date ''2025-06-30'')', 'clv_purchases(model, x, t_x, t, ''1 year'')', 'clv_residual_purchases(model, s, date ''2025-06-30'')', 'clv_spend(model, s)', 'clv_value(model, x, t_x, t, average, ''1 year'')',
    'clv_expected(model, ''1 year'')', 'clv_purchase_probability(model, 1, ''1 year'')']) f;
SELECT pg_temp.refuses(format('SELECT %s FROM history', f), '55000', 'the model knows nothing of amounts')
FROM unnest(ARRAY['clv_spend(clv_model(''nbd'', ''{1,2}'', ''7 days''), s)', 'clv_spend(clv_model(''nbd'', ''{1,2}'', ''7 days''), 2, 5)', 'clv_value(clv_model(''nbd'', ''{1,2}'', ''7 days''), s, date ''2025-06-30'', ''1 year'')',
    'clv_value_interval(clv_model(''nbd'', ''{1,2}'', ''7 days''), s, date ''2025-06-30'', ''1 year'')']) f;
SELECT pg_temp.refuses('SELECT clv_value_interval(model, s, date ''2025-06-30'', ''1 year'') FROM given, history WHERE name = ''nbd''', '55000', 'the model has no standard errors');

-- Predictions

-- The three ways to give a customer are one.
SELECT is_empty($$ SELECT * FROM fitted, history WHERE name <> 'bg/bb' AND (clv_alive(model, s, date '2025-06-30'), clv_purchases(model, s, timestamptz '2025-06-30 18:00Z', '1 year'), clv_residual_purchases(model, s, date '2025-06-30'),
        clv_spend(model, s), clv_value(model, s, date '2025-06-30', '1 year'))
    IS DISTINCT FROM (clv_alive(model, x, t_x, t), clv_purchases(model, x, t_x, t, '1 year'), clv_residual_purchases(model, x, t_x, t), clv_spend(model, x, average), clv_value(model, x, t_x, t, average, '1 year')) $$,
    'summaries = numbers, dates = timestamps');
SELECT is_empty($$ SELECT * FROM fitted, history, clv_opportunities(s, date '2025-06-30', '30 days') o WHERE name = 'bg/bb' AND (clv_alive(model, s, date '2025-06-30'), clv_purchases(model, s, timestamptz '2025-06-30', '300 days'),
        clv_value(model, s, date '2025-06-30', '1 year')) IS DISTINCT FROM (clv_alive(model, o.x, o.t_x, o.t), clv_purchases(model, o.x, o.t_x, o.t, '300 days'),
            -- All that was bought within an opportunity is one purchase.
            clv_value(model, o.x, o.t_x, o.t, average * ((purchase_repeat(s, (purchase_first(s) AT TIME ZONE 'UTC')::date + 30 * o.t::int)).x / nullif(o.x, 0)), '1 year')) $$,
    'opportunities too');
SELECT is_empty($$ SELECT * FROM fitted, history WHERE NOT (clv_alive(model, s, date '2025-06-30') BETWEEN 0 AND 1 AND clv_value(model, s, date '2025-06-30', '1 year') >= 0
    AND clv_purchases(model, s, date '2025-06-30', '1 year') <= clv_purchases(model, s, date '2025-06-30', '2 years')) $$, 'probabilities are some, and more time brings no less');
SELECT is(clv_alive(model, s, date '2025-06-30'), NULL, 'of one who has not bought yet nothing is said: ' || name) FROM fitted, (SELECT purchase_agg(date '2025-07-01', 5.0) AS s) q;
SELECT is((clv_alive(model, NULL, 1, 2), clv_spend(model, 2, NULL), clv_value(model, 2, 3, 4, NULL, '1 year')), (NULL::float8, NULL::float8, NULL::float8), 'NULL for NULL') FROM fitted WHERE name = 'nbd';
SELECT ok(clv_spend(model, 0, NULL) > 0 AND clv_spend(model, 0, NULL) = clv_spend(model, 0, 99) AND clv_value(model, 0, 0, 4, NULL, '1 year') > 0, 'an average matters to repeat customers only') FROM fitted WHERE name = 'nbd';
-- Units travel with the model: the same model in days.
CREATE TEMP TABLE day_model AS SELECT f.name, f.model AS weeks, clv_fit(d.c, f.name) AS days FROM fitted f, (SELECT clv_agg(s, date '2025-06-30', '1 day') AS c FROM customer) d WHERE f.name <> 'bg/bb';
SELECT is_empty($$ SELECT name, customer_id FROM day_model, history WHERE abs(clv_alive(weeks, s, date '2025-06-30') - clv_alive(days, s, date '2025-06-30')) > 1e-7
    OR abs(clv_purchases(weeks, s, date '2025-06-30', '1 year') / clv_purchases(days, s, date '2025-06-30', '1 year') - 1) > 1e-6
    OR abs(clv_residual_purchases(weeks, s, date '2025-06-30') / clv_residual_purchases(days, s, date '2025-06-30') - 1) > 1e-6 $$, 'in weeks as in days');

-- Value by its definition: expected amount times the sum over periods of the purchases in each, discounted from its end.
CREATE FUNCTION pg_temp.value(m clv_model, x float8, t_x float8, t float8, average float8, unit interval, units float8, rate float8) RETURNS float8 LANGUAGE sql AS $$
    SELECT clv_spend(m, x, average) * sum((p - before) * (1 + rate) ^ (-least(k, units) * extract(epoch FROM unit) / (365.25 * 86400)))
    FROM (SELECT k, p, coalesce(lag(p) OVER (ORDER BY k), 0) AS before FROM (SELECT k, clv_purchases(m, x, t_x, t, least(k, units) * unit) AS p FROM generate_series(1, ceil(units)::int) k) q) q $$;
SELECT pg_temp.close(clv_value(model, h.x, h.t_x, h.t, h.average, units * interval '7 days', rate), pg_temp.value(model, h.x, h.t_x, h.t, h.average, '7 days', units, rate), 1e-12, format('%s, %s weeks at %s', name, units, rate))
FROM fitted, (SELECT * FROM history ORDER BY x DESC, t_x, t LIMIT 1) h, unnest('{1,7.5,52,530}'::float8[]) units, unnest('{0,0.1,3}'::float8[]) rate WHERE name <> 'bg/bb';
SELECT pg_temp.close(clv_value(model, h.x, h.t_x, h.t, h.average, units * interval '7 days', 0.1), pg_temp.value(model, h.x, h.t_x, h.t, h.average, '7 days', units, 0.1), 1e-12, format('%s, once, %s weeks', name, units))
FROM fitted, (VALUES (0.0, 0.0, 0.0, NULL::float8), (1, 0.1, 99, 8), (40, 70, 70, 1000)) h (x, t_x, t, average), unnest('{52,520}'::float8[]) units WHERE name <> 'bg/bb';
SELECT pg_temp.close(clv_value(model, h.x, h.t_x, h.t, 20, units * interval '30 days', 0.1), pg_temp.value(model, h.x, h.t_x, h.t, 20, '30 days', units, 0.1), 1e-12, format('%s, %s opportunities', name, units))
FROM fitted, (VALUES (0.0, 0.0, 0.0), (3, 5, 12), (12, 12, 12)) h (x, t_x, t), unnest('{1,12,120}'::float8[]) units WHERE name = 'bg/bb';
SELECT is((clv_value(model, 2, 20, 38, 30, '1 year', margin => 0), clv_value(model, 2, 20, 38, 30, '0 days')), (0::float8, 0::float8), 'nothing earned, no time') FROM fitted WHERE name = 'bg/nbd';
SELECT pg_temp.close(clv_value(model, 2, 20, 38, 30, '1 year', 0.2, 0.3), 0.3 * clv_value(model, 2, 20, 38, 30, '1 year', 0.2), 1e-15, 'margin is a factor') FROM fitted WHERE name = 'bg/nbd';
SELECT pg_temp.close(clv_value(model, 2, 20, 38, 30, '364 days', 0), clv_spend(model, 2, 30) * clv_purchases(model, 2, 20, 38, '364 days'), 1e-12, 'without discount it is amount times purchases') FROM fitted WHERE name <> 'bg/bb';
SELECT ok(i.low < i.value AND i.value < i.high AND i.std_error > 0 AND i.value = clv_value(model, 2, 20, 38, 30, '1 year') AND w.low < i.low AND i.high < w.high AND i.std_error = w.std_error, 'intervals of ' || name || ' contain the value, and less confidence is narrower')
FROM fitted, clv_value_interval(model, 2, 20, 38, 30, '1 year') i, clv_value_interval(model, 2, 20, 38, 30, '1 year', confidence => 0.99) w;
SELECT ok(n.low = -p.high AND n.high = -p.low AND n.std_error = p.std_error, 'a margin below zero turns an interval') FROM fitted, clv_value_interval(model, 2, 20, 38, 30, '1 year', margin => -0.5) n, clv_value_interval(model, 2, 20, 38, 30, '1 year', margin => 0.5) p WHERE name = 'nbd';

-- New customers: probabilities of 0, 1, 2, ... purchases sum to 1, and their mean is what is expected.
SELECT pg_temp.close(sum(p), 1, 1e-9, name || ': probabilities sum to 1'), pg_temp.close(sum(n * p), max(expected), 1e-9, name || ': and have the expected mean')
FROM (SELECT name, n, clv_purchase_probability(model, n, '150 days') AS p, clv_expected(model, '150 days') AS expected FROM fitted, generate_series(0, 400) n) q GROUP BY name;
SELECT is((clv_purchase_probability(model, 0, '0 days'), clv_purchase_probability(model, 3, '0 days'), clv_purchase_probability(model, -1, '9 days'), clv_expected(model, '0 days')), (1::float8, 0::float8, 0::float8, 0::float8), name || ': in no time nothing happens') FROM fitted WHERE name <> 'mbg/nbd';
-- For ever is the limit of long sums of short periods: a period counts from its end, so the sum is between two.
SELECT ok(clv_residual_purchases(model, 2, 20, 38, 0.5) BETWEEN d.v AND d.v * 1.5 ^ (7 / 365.25) * (1 + 1e-9), name || ': for ever is a limit')
FROM fitted, LATERAL (SELECT clv_value(model, 2, 20, 38, 30, '100 years', 0.5) / clv_spend(model, 2, 30) AS v) d WHERE name <> 'bg/bb';
SELECT pg_temp.close(clv_residual_purchases(model, 2, 5, 12, 0.5), clv_value(model, 2, 5, 12, 30, '100 years', 0.5) / clv_spend(model, 2, 30), 1e-12, 'opportunities are at the ends of periods') FROM fitted WHERE name = 'bg/bb';

SELECT pg_temp.refuses(format('SELECT clv_%s FROM fitted WHERE name = ''bg/nbd''', call), '22023', message) FROM (VALUES
    ('alive(model, -1, 1, 2)', 'x must be a whole number of repeat purchases'), ('alive(model, 1.5, 1, 2)', 'x must be a whole number of repeat purchases'), ('alive(model, ''NaN'', 1, 2)', 'x must be a whole number of repeat purchases'),
    ('alive(model, 1, 3, 2)', 't_x must not be after t'), ('alive(model, 1, 1, ''Infinity'')', 't_x and t must be finite numbers and not negative'), ('alive(model, 0, 1, 2)', 't_x must be 0 without a repeat purchase, and only then'),
    ('purchases(model, 1, 1, 2, ''-1 day'')', 'horizon must not be negative'), ('value(model, 1, 1, 2, 5, ''-1 day'')', 'horizon must not be negative'), ('expected(model, ''-1 month'')', 'horizon must not be negative'),
    ('purchase_probability(model, 1, ''-1 day'')', 'horizon must not be negative'), ('value(model, 1, 1, 2, 5, ''20000 years'')', 'horizon has too many periods'),
    ('value(model, 1, 1, 2, -5, ''1 year'')', 'average must be a finite number and not negative'), ('value(model, 1, 1, 2, ''NaN'', ''1 year'')', 'average must be a finite number and not negative'),
    ('spend(model, 1, ''Infinity'')', 'average must be a finite number and not negative'), ('spend(model, -1, 5)', 'x must be a whole number of repeat purchases'), ('spend(model, ''NaN'', 5)', 'x must be a whole number of repeat purchases'),
    ('value(model, 1, 1, 2, 5, ''1 year'', -0.1)', 'discount_rate must be a finite number and not negative'), ('value(model, 1, 1, 2, 5, ''1 year'', ''NaN'')', 'discount_rate must be a finite number and not negative'),
    ('value(model, 1, 1, 2, 5, ''1 year'', 0.1, ''NaN'')', 'margin must be a finite number'), ('residual_purchases(model, 1, 1, 2, 0)', 'discount_rate must be above zero'),
    ('value_interval(model, 1, 1, 2, 5, ''1 year'', confidence => 1)', 'confidence must be between 0 and 1'), ('value_interval(model, 1, 1, 2, 5, ''1 year'', confidence => ''NaN'')', 'confidence must be between 0 and 1')) v (call, message);
SELECT pg_temp.refuses('SELECT clv_value(model, s, date ''2025-01-01'', ''1 year'') FROM fitted, customer WHERE name = ''nbd''', '22023', 'the summary has purchases after as_of');
SELECT lives_ok('SELECT clv_alive(model, s, date ''2025-01-01'') FROM fitted, customer', 'whether somebody was alive may be asked of any day');
SELECT pg_temp.refuses('SELECT clv_alive(model, 1, 1.5, 2) FROM fitted WHERE name = ''bg/bb''', '22023', 'opportunities must be whole, with at most one purchase each');
SELECT pg_temp.refuses('SELECT clv_alive(model, 1, 1, 1e15) FROM fitted WHERE name = ''bg/bb''', '54000', 'too many opportunities for model bg/bb');
SELECT pg_temp.refuses('SELECT clv_purchase_probability(model, 1, ''1000000 years'') FROM fitted WHERE name = ''bg/bb''', '54000', 'too many opportunities for model bg/bb');
SELECT pg_temp.refuses('SELECT clv_purchase_probability(model, 2000000000, ''1 year'') FROM fitted WHERE name = ''bg/nbd''', '54000', 'too many purchases for a probability');
SELECT ok(clv_alive(model, 1, 1e-300, 1e300) >= 0 AND clv_purchases(model, 4000000000, 1e-9, 1e-9, '1 microsecond') >= 0, name || ': absurd times have an answer') FROM fitted WHERE name <> 'bg/bb';

-- Where models live

-- Two models in turn, of a column with thousands of rows.
CREATE TEMP TABLE each AS SELECT i, CASE i % 2 WHEN 0 THEN a.model ELSE b.model END AS model FROM fitted a, fitted b, generate_series(1, 4000) i WHERE a.name = 'bg/nbd' AND b.name = 'pareto/nbd';
SELECT is((SELECT array_agg(DISTINCT (i % 2, clv_alive(model, 2, 20, 38), clv_value(model, 2, 20, 38, 30, '1 year'), (clv_value_interval(model, 2, 20, 38, 30, '1 year')).high)::text) FROM each),
    (SELECT array_agg((CASE name WHEN 'bg/nbd' THEN 0 ELSE 1 END, clv_alive(model, 2, 20, 38), clv_value(model, 2, 20, 38, 30, '1 year'), (clv_value_interval(model, 2, 20, 38, 30, '1 year')).high)::text ORDER BY name)
    FROM fitted WHERE name IN ('bg/nbd', 'pareto/nbd')), 'models that alternate are kept apart');
SELECT is((SELECT count(DISTINCT clv_value(model, 2, 20, 38, 30, h * interval '1 day', h / 100.0)) FROM fitted, generate_series(1, 50) h WHERE name = 'nbd'), 50::bigint, 'and so are horizons');
CREATE FUNCTION pg_temp.in_plpgsql(m clv_model) RETURNS float8[] LANGUAGE plpgsql AS $$
DECLARE result float8[]; r record;
BEGIN
    FOR i IN 1..20 LOOP
        SELECT * INTO r FROM clv_value_interval(m, i, 20, 38, 30, '1 year');
        result := result || clv_value(m, i, 20, 38, 30, '1 year') || r.low;
    END LOOP;
    RETURN result;
END $$;
SELECT is(pg_temp.in_plpgsql(model), (SELECT array_agg(v ORDER BY i, o) FROM (SELECT i, 1 AS o, clv_value(model, i, 20, 38, 30, '1 year') AS v FROM generate_series(1, 20) i
    UNION ALL SELECT i, 2, (clv_value_interval(model, i, 20, 38, 30, '1 year')).low FROM generate_series(1, 20) i) q), 'the same inside plpgsql: ' || name) FROM fitted;
PREPARE value_of(text, float8) AS SELECT clv_value(model, $2, 20, 38, 30, '1 year') AS v FROM fitted WHERE name = $1;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT results_eq(format('EXECUTE value_of(%L, 3)', name), format('SELECT clv_value(model, 3, 20, 38, 30, ''1 year'') FROM fitted WHERE name = %L', name), 'and of a generic plan: ' || name) FROM fitted;
RESET plan_cache_mode;
-- IMMUTABLE: in a generated column and in an index.
CREATE TEMP TABLE stored (x float8, t_x float8, t float8, alive float8 GENERATED ALWAYS AS (clv_alive(clv_model('bg/nbd', '{0.243,4.414,0.793,2.426}', '7 days'), x, t_x, t)) STORED);
INSERT INTO stored SELECT x, t_x, t FROM history;
CREATE INDEX ON stored ((clv_alive(clv_model('bg/nbd', '{0.243,4.414,0.793,2.426}', '7 days'), x, t_x, t)));
SELECT is_empty($$ SELECT * FROM stored WHERE alive IS DISTINCT FROM clv_alive(clv_model('bg/nbd', '{0.243,4.414,0.793,2.426}', '7 days'), x, t_x, t) $$, 'a generated column');
SET LOCAL enable_seqscan = off;
SELECT is((SELECT count(*) FROM stored WHERE clv_alive(clv_model('bg/nbd', '{0.243,4.414,0.793,2.426}', '7 days'), x, t_x, t) > 0.5), (SELECT count(*) FROM stored WHERE alive > 0.5), 'an expression index');
RESET enable_seqscan;

-- Contracts

CREATE TEMP TABLE contract AS SELECT sbg_fit('{1000,631,468,382,326,289,262,241}'::bigint[], '1 year') AS model;
SELECT pg_temp.close(estimate, expected, 1e-3, 'Fader and Hardie 2007: ' || parameter) FROM contract, summary(model) JOIN (VALUES ('alpha', 0.704), ('beta', 1.182)) v (parameter, expected) USING (parameter);
SELECT is((SELECT sbg_fit(survival_agg(t, gone), '1 year')::text FROM (SELECT least(i, 7) AS t, i <= 7 AS gone FROM unnest('{1000,631,468,382,326,289,262,241,0}'::int[]) WITH ORDINALITY n (n, k),
        LATERAL (SELECT k::int AS i) k, LATERAL generate_series(1, n - (ARRAY[631,468,382,326,289,262,241,0,0])[k])) q), (SELECT model::text FROM contract), 'customers one by one are survivors');
SELECT pg_temp.close(sbg_survival(model, n), product, 1e-13, 'survival is the product of retention, to ' || n)
FROM contract, unnest('{1,2,7,30}'::int[]) n, LATERAL (SELECT exp(sum(ln(sbg_retention(model, k)))) AS product FROM generate_series(1, n) k) p;
SELECT pg_temp.close(sbg_renewals(model, 3, n), expected, 1e-12, 'renewals are a sum of survival, of ' || n)
FROM contract, unnest('{1,5,64,65,500}'::int[]) n, LATERAL (SELECT sum(sbg_survival(model, 3 + k) / sbg_survival(model, 3)) AS expected FROM generate_series(1, n) k) p;
SELECT pg_temp.close(sbg_residual_renewals(model, 3, 0.5), (SELECT sum(sbg_survival(model, 3 + k) / sbg_survival(model, 3) * 1.5 ^ (1.0 - k)) FROM generate_series(1, 200) k), 1e-12, 'and all of them, discounted') FROM contract;
SELECT is((sbg_survival(model, 0), sbg_renewals(model, 9, 0)), (1::float8, 0::float8), 'nothing has happened yet') FROM contract;
SELECT is(model::jsonb::sbg_model::text, model::text, 'jsonb both ways'), is(model::text::sbg_model::text, model::text, 'text both ways') FROM contract;
SELECT pg_temp.refuses(format('SELECT sbg_fit(%s)', args), '22023', message) FROM (VALUES
    ('''{10,11}''::bigint[], ''1 year''', 'survivors must not become more'), ('''{}''::bigint[], ''1 year''', 'there are no contracts'), ('''{0}''::bigint[], ''1 year''', 'there are no contracts'), ('''{10,5,3}''::bigint[], ''0 days''', 'unit must be longer than zero'),
    ('''{10,5,3}''::bigint[], ''1 year'', 0', 'max_iterations must be at least 1'), ('survival_agg(1.5, true), ''1 year''', 'durations must count renewals'), ('survival_agg(3, true, 1), ''1 year''', 'contracts must be seen from their beginning')) v (args, message);
SELECT pg_temp.refuses(format('SELECT sbg_%s FROM contract', call), '22023', message) FROM (VALUES ('survival(model, -1)', 'renewals is out of range'), ('retention(model, 0)', 'renewal is out of range'), ('renewals(model, 2000000, 1)', 'renewed is out of range'),
    ('renewals(model, 1, -1)', 'ahead is out of range'), ('residual_renewals(model, 1, ''NaN'')', 'discount_rate must be a finite number and not negative'), ('residual_renewals(model, 1, 1e-12)', 'discount rate must be 0 or at least 1e-9')) v (call, message);
SELECT pg_temp.refuses($$SELECT sbg_survival(sbg_fit('{10,10,10}'::bigint[], '1 year'), 1)$$, '55000', 'the model has not converged');
SELECT ok(sbg_survival(sbg_fit('{10,10,10}'::bigint[], '1 year'), 1, true) > 0.99, 'where nobody leaves nobody will');

SELECT * FROM finish();
ROLLBACK;
