-- What customers will buy and are worth: models of purchases without a contract, and of contracts.
SET timezone = 'UTC';
SET search_path = public, customer_data;
\pset null '(null)'
-- Donations of 11,104 people at six yearly occasions after the first one (Fader, Hardie and Shang 2010).
CREATE TABLE donor (x int, t_x int, n int, donors int);
INSERT INTO donor VALUES
    (6, 6, 6, 1203), (5, 6, 6, 728), (4, 6, 6, 512), (3, 6, 6, 357), (2, 6, 6, 234), (1, 6, 6, 129), (5, 5, 6, 335), (4, 5, 6, 284), (3, 5, 6, 225), (2, 5, 6, 173), (1, 5, 6, 119),
    (4, 4, 6, 240), (3, 4, 6, 181), (2, 4, 6, 155), (1, 4, 6, 78), (3, 3, 6, 322), (2, 3, 6, 255), (1, 3, 6, 129), (2, 2, 6, 613), (1, 2, 6, 277), (1, 1, 6, 1091), (0, 0, 6, 3464);
CREATE TABLE donation AS SELECT clv_opportunity_agg(x, t_x, n, NULL, '365 days') AS c FROM donor, generate_series(1, donors);
SELECT d.* FROM donation, summary(c) d;
CREATE TABLE donation_model AS SELECT clv_fit(c) AS m FROM donation;
SELECT part, parameter, round(estimate::numeric, 3) AS estimate, round(std_error::numeric, 3) AS std_error, round(low::numeric, 2) AS low, round(high::numeric, 2) AS high,
       round(log_likelihood::numeric, 3) AS log_likelihood, round(aic::numeric, 2) AS aic, customers, converged, remark FROM donation_model, summary(m);
SELECT x, t_x, round(clv_alive(m, x, t_x, n)::numeric, 2) AS alive, round(clv_purchases(m, x, t_x, n, '5 years')::numeric, 4) AS in_five_years FROM donation_model, donor WHERE (x, t_x) IN ((0, 0), (2, 4), (6, 6)) ORDER BY x;
SELECT round(sum(donors * clv_purchases(m, x, t_x, n, '5 years'))::numeric, 1) AS all_in_five_years FROM donation_model, donor;

-- Contracts: how many of a thousand are left after each renewal (Fader and Hardie 2007).
CREATE TABLE contract AS
SELECT kind, sbg_fit(survivors, '1 year') AS m FROM (VALUES ('high end', '{1000,869,743,653,593,551,517,491}'::bigint[]), ('regular', '{1000,631,468,382,326,289,262,241}')) v (kind, survivors);
SELECT kind, parameter, round(estimate::numeric, 3) AS estimate, round(std_error::numeric, 3) AS std_error, round(log_likelihood::numeric, 3) AS log_likelihood, customers, converged FROM contract, summary(m) ORDER BY kind, parameter;
SELECT kind, round(sbg_survival(m, 12)::numeric, 4) AS after_12, round(sbg_retention(m, 1)::numeric, 4) AS first_renewal, round(sbg_retention(m, 8)::numeric, 4) AS eighth,
       round(sbg_renewals(m, 7, 5)::numeric, 4) AS of_five, round(sbg_residual_renewals(m, 7, 0.1)::numeric, 4) AS discounted, sbg_residual_renewals(m, 7, 0) AS for_ever FROM contract ORDER BY kind;
SELECT kind, m::text::sbg_model::text = m::text AND m::jsonb::sbg_model::text = m::text AS exact FROM contract ORDER BY kind;
SELECT sbg_fit('{1000,800,900}'::bigint[], '1 year');
SELECT sbg_retention(m, 0) FROM contract;

-- Simulated purchases: histories, a model of all, what it says of each.
CREATE TABLE history AS
SELECT customer_id, purchase_agg(occurred_at, amount) AS s, purchase_agg(occurred_at, amount) FILTER (WHERE occurred_at < '2025-10-01') AS known,
       purchase_agg(occurred_at, amount) FILTER (WHERE occurred_at >= '2025-10-01') AS later FROM simulate_purchases(2000, seed => 11) GROUP BY customer_id;
CREATE TABLE customers AS
SELECT clv_agg(s, date '2025-12-31', '7 days') AS all_known, clv_agg(known, date '2025-09-30', '7 days', later, date '2025-12-31') AS with_holdout FROM history;
SELECT d.* FROM customers, summary(all_known) d;
SELECT d.* FROM customers, summary(with_holdout) d;
CREATE TABLE model AS SELECT clv_fit(all_known) AS m FROM customers;
SELECT part, parameter, round(estimate::numeric, 2) AS estimate, round(std_error::numeric, 2) AS std_error, round(low::numeric, 2) AS low, round(high::numeric, 2) AS high, customers, converged FROM model, summary(m);
SELECT DISTINCT remark FROM model, summary(m) WHERE parameter = 'r';
SELECT d.customer_id, round(clv_alive(m, s, date '2025-12-31')::numeric, 3) AS alive, round(clv_purchases(m, s, date '2025-12-31', '1 year')::numeric, 2) AS purchases,
       round(clv_residual_purchases(m, s, date '2025-12-31')::numeric, 2) AS for_ever, round(clv_spend(m, s)::numeric, 2) AS spend, round(v.value::numeric, 1) AS value, round(v.low::numeric, 1) AS low, round(v.high::numeric, 1) AS high
FROM model, history d, clv_value_interval(m, s, date '2025-12-31', '1 year') v WHERE d.customer_id <= 5 ORDER BY 1;
-- The same from numbers, by a timestamp of that day, and from parts rolled up.
SELECT count(*) AS others FROM model, history, purchase_repeat(s, date '2025-12-31', '7 days') r
WHERE abs(clv_value(m, r.x, r.t_x, r.t, purchase_average(s, 'repeat_day'), '1 year') / clv_value(m, s, timestamptz '2025-12-31 23:00+00', '1 year') - 1) > 1e-12;
SELECT (SELECT rollup(c)::text FROM (SELECT clv_agg(s, date '2025-12-31', '7 days') AS c FROM history GROUP BY customer_id % 3) q) = all_known::text AS same, all_known::text::clv_summary::text = all_known::text AS exact FROM customers;
SELECT m::text::clv_model::text = m::text AND m::jsonb::clv_model::text = m::text AS exact, m::jsonb -> 'fitted' ->> 'model' AS model FROM model;
-- A year is 365.25 days, a month a twelfth; a rate of 0 adds up without interest; margin is a factor.
SELECT clv_purchases(m, s, date '2025-12-31', '1 year') = clv_purchases(m, s, date '2025-12-31', '8766 hours') AS year, clv_purchases(m, s, date '2025-12-31', '1 month') = clv_purchases(m, s, date '2025-12-31', '730.5 hours') AS month,
       abs(clv_value(m, s, date '2025-12-31', '1 year', 0) / (clv_purchases(m, s, date '2025-12-31', '1 year') * clv_spend(m, s)) - 1) < 1e-12 AS plain,
       abs(clv_value(m, s, date '2025-12-31', '1 year', margin => -0.3) / clv_value(m, s, date '2025-12-31', '1 year') + 0.3) < 1e-12 AS loss, clv_value(m, s, date '2025-12-31', '0 days') AS none
FROM model, history WHERE customer_id = 1;
-- New customers.
SELECT round(clv_expected(m, '1 year')::numeric, 2) AS comes_back, round(clv_purchase_probability(m, 0, '1 year')::numeric, 3) AS never, clv_purchase_probability(m, -1, '1 year') AS impossible,
       round((SELECT sum(clv_purchase_probability(m, n, '1 year')) FROM generate_series(0, 400) n)::numeric, 6) AS any_number FROM model;
-- What models foresaw of the hold-out, and the course of purchases.
SELECT model, parameters, round(aic) AS aic, holdout_purchases AS made, round(holdout_expected) AS expected, round(mean_absolute_error::numeric, 2) AS error, converged, best, remark FROM customers, clv_compare(with_holdout);
SELECT period, period_end, held_out, round(expected) AS expected, actual, round(expected_total) AS expected_total, actual_total FROM customers, clv_fit(with_holdout, 'bg/nbd') f, clv_tracking(f, with_holdout) WHERE period % 13 = 0;

-- Parameters of a paper: BG/NBD of CDNOW (Fader, Hardie and Lee 2005), the customer of Hardie's spreadsheet, 39 weeks ahead.
SELECT round(clv_purchases(f, 2, 30.43, 38.86, '39 weeks')::numeric, 4) AS purchases, round(clv_spend(f, 2, 22.35)::numeric, 2) AS spend, round(clv_purchase_probability(f, 0, '39 weeks')::numeric, 7) AS never
FROM clv_model('bg/nbd', ARRAY[0.243, 4.414, 0.793, 2.426], '7 days', spend => ARRAY[6.25, 3.74, 15.44]) f;
-- Not known: no amount of a repeat buyer; no customer yet; nothing at all.
SELECT clv_value(m, 2, 3, 40, NULL, '1 year') AS no_amount, clv_value(m, 0, 0, 40, NULL, '1 year') > 0 AS needs_none, clv_alive(m, NULL, 3, 40) AS no_x, clv_alive(m, s, date '2020-01-01') AS before, clv_fit(NULL) AS nothing FROM model, history WHERE customer_id = 1;
SELECT d.customers, d.skipped, d.later, d.spenders FROM (SELECT clv_agg(x, t_x, 9, a, '7 days') AS c FROM (VALUES (1, 2, 5), (NULL, 2, 5), (2, NULL, 5), (3, 4, NULL), (0, 0, NULL), (1, 2, 0)) v (x, t_x, a)) q, summary(c) d;
SELECT d.* FROM (SELECT clv_agg(s, date '2025-12-31', '7 days') AS c FROM history WHERE false) q, summary(c) d;

-- Nobody leaves: customers have been silent for no longer than their rates make likely.
CREATE TABLE regular AS SELECT clv_agg(x, 10 * x / (x + 1.0), 10, 20 + x, '7 days') AS c FROM generate_series(0, 9) x, generate_series(1, 5 + x % 3) i;
SELECT model, converged, best, remark IS NOT NULL AS why FROM regular, clv_compare(c) ORDER BY model;
\set VERBOSITY terse
SELECT clv_alive(clv_fit(c, 'pareto/nbd'), 1, 5, 10) FROM regular;
\set VERBOSITY default
SELECT round(clv_alive(clv_fit(c, 'pareto/nbd'), 1, 5, 10, allow_unconverged => true)::numeric, 4) AS alive FROM regular;
-- What cannot be is said.
SELECT clv_agg(s, date '2025-12-31', '1 month') FROM history;
SELECT clv_agg(s, date '2025-12-31', '0 days') FROM history;
SELECT clv_agg(s, date '2025-12-31', NULL) FROM history;
SELECT clv_agg(s, date '2025-12-31' + customer_id::int, '7 days') FROM history WHERE customer_id < 3;
SELECT clv_agg(known, date '2025-09-30', '7 days', later, date '2025-09-30') FROM history;
SELECT clv_agg(s, date '2025-06-30', '7 days') FROM history WHERE customer_id = 1;
SELECT clv_agg(2, 5, 4, 10, '7 days');
SELECT clv_agg(1.5, 3, 4, 10, '7 days');
SELECT clv_agg(0, 3, 4, 10, '7 days');
SELECT clv_agg(1, 3, 4, -10, '7 days');
SELECT clv_agg('NaN', 3, 4, 10, '7 days');
SELECT clv_opportunity_agg(3, 2, 4, 10, '7 days');
SELECT clv_fit(clv_agg(1, 2, 3, 4, '7 days'));
SELECT clv_fit(clv_agg(0, 0, 3, NULL, '7 days')) FROM generate_series(1, 10);
SELECT clv_fit(all_known, 'bgnbd') FROM customers;
SELECT clv_fit(all_known, 'bg/bb') FROM customers;
SELECT clv_fit(all_known, max_iterations => 0) FROM customers;
SELECT clv_model('bg/nbd', ARRAY[1, 2, 3], '7 days');
SELECT clv_model('nbd', ARRAY[1, -2], '7 days');
SELECT clv_model('nbd', ARRAY[1, 2], '7 days', ARRAY[1, 1, 1]);
SELECT clv_value(clv_model('nbd', ARRAY[1, 2], '7 days'), 2, 3, 4, 5, '1 year');
SELECT clv_value_interval(clv_model('nbd', ARRAY[1, 2], '7 days', ARRAY[1, 2, 1]), 2, 3, 4, 5, '1 year');
SELECT clv_value(m, s, date '2025-06-30', '1 year') FROM model, history WHERE customer_id = 1;
SELECT clv_value(m, 2, 3, 4, 5, '-1 year') FROM model;
SELECT clv_value(m, 2, 3, 4, 5, '1 year', -0.1) FROM model;
SELECT clv_value(m, 2, 3, 4, 5, '30000 years') FROM model;
SELECT clv_residual_purchases(m, 2, 3, 4, 0) FROM model;
SELECT clv_value_interval(m, 2, 3, 4, 5, '1 year', confidence => 95) FROM model;
SELECT clv_tracking(m, c) FROM donation_model, donation;
SELECT t.* FROM model, (SELECT clv_agg(s, date '2025-12-31', '1 day') AS c FROM history) q, clv_tracking(m, c) t;
SELECT 'AQ=='::clv_summary;
SELECT 'AQ=='::clv_model;
SELECT '{}'::jsonb::clv_model;
-- Other tests use these names.
DROP TABLE donor, donation, donation_model, contract, history, customers, model, regular;
