-- Lifetime value: who will buy again, and what customers are worth

-- The model is fitted twice: once as it could have been 13 weeks before, which shows what it would have foreseen, and
-- with all that is known on the day of the analysis. Times are in weeks.
SELECT date :'as_of' - 91 AS earlier \gset
CREATE TABLE customer_history AS
SELECT customer_id, purchase_agg(occurred_at, amount) AS history,
       purchase_agg(occurred_at, amount) FILTER (WHERE occurred_at < date :'earlier' + 1) AS known_earlier,
       purchase_agg(occurred_at, amount) FILTER (WHERE occurred_at >= date :'earlier' + 1) AS later
FROM purchase WHERE occurred_at < date :'as_of' + 1
GROUP BY customer_id;
COMMENT ON TABLE customer_history IS 'purchases of every customer up to the day of the analysis, and before and after a day 13 weeks earlier; made by the demo';
CREATE TABLE clv_customers AS
SELECT clv_agg(history, date :'as_of', '7 days') AS today, clv_agg(known_earlier, date :'earlier', '7 days', later, date :'as_of') AS earlier
FROM customer_history;
COMMENT ON TABLE clv_customers IS 'all customers as models of lifetime value see them, today and 13 weeks earlier; made by the demo';

\pset footer off
\pset border 0
SELECT s.customers >= 10 AND s.repeaters > 0 AS earlier_is_enough FROM clv_customers, summary(earlier) s \gset
\if :earlier_is_enough
CREATE TABLE clv_foreseen AS SELECT c.* FROM clv_customers, clv_compare(earlier) c;
COMMENT ON TABLE clv_foreseen IS 'models of lifetime value of 13 weeks earlier and what they foresaw, made by the demo';
\echo Models that could have been fitted 13 weeks before, on :earlier, and what they foresaw
\echo
SELECT model, CASE WHEN converged THEN shown(aic, 19) ELSE 'did not converge' END AS "AIC, less is better", shown(holdout_expected, 18) AS "purchases foreseen", shown(holdout_purchases, 8) AS made,
       shown(100 * (holdout_expected / nullif(holdout_purchases, 0) - 1), 11, 1) AS "difference %", shown(mean_absolute_error, 19, 2) AS "error of a customer"
FROM clv_foreseen ORDER BY best DESC, aic;

SELECT bool_or(best AND converged) AS any_foreseen FROM clv_foreseen \gset
\if :any_foreseen
\echo Repeat purchases by month (whole weeks), as the first of these models expects them and as they were; the last 13 weeks were not known to it
\echo
SELECT to_char(period_end - 3, 'YYYY-MM') AS month, shown(sum(expected), 9) AS expected, shown(sum(actual), 9) AS actual,
       shown(100 * (sum(expected) / nullif(sum(actual), 0) - 1), 11, 1) AS "difference %", CASE WHEN bool_and(held_out) THEN 'foreseen' WHEN bool_or(held_out) THEN 'partly foreseen' ELSE '' END AS " "
FROM clv_customers, clv_fit(earlier) m, clv_tracking(m, earlier)
GROUP BY 1 ORDER BY 1 DESC LIMIT 9;
\endif
\endif

SELECT s.customers >= 10 AND s.repeaters > 0 AS enough FROM clv_customers, summary(today) s \gset
\if :enough
SELECT clock_timestamp() AS start \gset
CREATE TABLE clv_fitted AS SELECT clv_fit(today) AS model FROM clv_customers;
COMMENT ON TABLE clv_fitted IS 'what customers will buy and are worth, a value of type clv_model, made by the demo';
SELECT shown(1000 * extract(epoch FROM clock_timestamp() - :'start'::timestamptz)::float8) AS milliseconds,
       bool_and(s.converged) FILTER (WHERE part <> 'gamma-gamma') AS converged, coalesce(bool_and(s.converged) FILTER (WHERE part = 'gamma-gamma'), false) AS priced,
       min(s.part) FILTER (WHERE part <> 'gamma-gamma') AS process, shown(min(c.customers)) AS customers, shown(min(c.repeaters)) AS repeaters
FROM clv_fitted, clv_customers, summary(model) s, summary(today) c \gset
\if :converged
\echo A model of kind :process describes :customers customers of whom :repeaters came back (fitted in :milliseconds ms).
\else
\echo :customers customers of whom :repeaters came back do not say enough for a model:
SELECT c.model, c.remark AS "why it did not converge" FROM clv_customers, clv_compare(today) c;
\endif
\else
\echo There are too few customers who came back for a model: it takes ten customers, one of whom came back.
\set converged false
\set priced false
\endif

\if :converged
SELECT shown(clv_expected(model, '1 year'), 0, 1) AS purchases, shown(100 * clv_purchase_probability(model, 0, '1 year')) AS once FROM clv_fitted \gset
\echo A new customer comes back :purchases times within a year; :once in 100 do not.
\if :priced
CREATE TABLE customer_value AS
SELECT customer_id, clv_alive(model, history, date :'as_of') AS alive, clv_purchases(model, history, date :'as_of', '1 year') AS purchases, clv_spend(model, history) AS spend,
       v.value, v.low, v.high
FROM clv_fitted, customer_history, clv_value_interval(model, history, date :'as_of', '1 year', discount_rate => 0.1) v;
COMMENT ON TABLE customer_value IS 'what every customer will buy and is worth in the year after the day of the analysis, made by the demo';
SELECT shown(sum(alive)) AS alive, shown(sum(purchases)) AS purchases, shown(sum(value)) AS value,
       shown(100 * sum(value) FILTER (WHERE place <= 0.1) / nullif(sum(value), 0)) AS best_share
FROM (SELECT *, cume_dist() OVER (ORDER BY value DESC NULLS LAST) AS place FROM customer_value) v \gset
SELECT :'process' = 'nbd' AS nobody_leaves \gset
\if :nobody_leaves
\echo Models in which customers leave fit no better than one in which they all stay: what follows knows no end.
\endif
\echo Of all customers :alive are expected to be still there. In the next year they will buy :purchases times, which is
\echo worth :value today (10 % interest a year); the best tenth of the customers brings :best_share % of it.
\echo Every customer is now in table demo.customer_value. The best ones, with what is
\echo expected of them and its interval of 95 %:
\echo
SELECT customer_id AS customer, shown(purchase_days(history), 9) AS purchases, to_char(purchase_last(history), 'YYYY-MM-DD') AS "last one", shown(100 * alive, 13, 1) AS "still there %", shown(v.purchases, 9, 1) AS "next year",
       shown(spend, 9, 2) AS "each at", shown(value, 10) AS value, shown(low, 8) AS "from", shown(high, 8) AS "to"
FROM customer_value v JOIN customer_history USING (customer_id) ORDER BY value DESC NULLS LAST, customer_id LIMIT 10;
\else
\echo Amounts do not say enough for a model of what a purchase is worth.
\endif
\endif
