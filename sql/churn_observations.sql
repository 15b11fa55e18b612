-- Who was active when, what was known of him, and was he lost?
SET TIME ZONE 'UTC';
SET datestyle = ISO;
SET intervalstyle = postgres;
CREATE TABLE visit (customer_id text, occurred_at timestamptz, amount numeric(10,2));
INSERT INTO visit VALUES
    ('ann', '2025-01-05', 10), ('ann', '2025-01-25', 20), ('ann', '2025-02-20', 30), ('ann', '2025-03-15', 5),
    ('bob', '2025-01-10', 99), ('bob', '2025-01-20', 1),
    ('cat', '2025-01-31', 7), ('cat', '2025-04-20', 7), ('cat', '2025-05-25', 7);

-- Active for 30 days after each visit; on the first of each month.
SELECT customer_id, observed_at::date, active_since::date, tenure, churned, censored
FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM visit', '30 days');

-- Each week, with five days to act; the label looks 45 days ahead.
SELECT observed_at::date, count(*) AS customers, count(*) FILTER (WHERE churned) AS churned, count(*) FILTER (WHERE censored) AS censored
FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM visit', '30 days', lead => '5 days', every => '7 days', horizon => '45 days')
GROUP BY 1 ORDER BY 1;

-- What was known.
SELECT customer_id, observed_at::date, churned, recency_days, tenure_days, lifetime_days, comebacks, events_short, events_medium, days_long
FROM customer_data.churn_features('SELECT * FROM visit', '30 days', '5 days') WHERE NOT censored;
SELECT customer_id, observed_at::date, amount_short, amount_medium, amount_long, amount_mean, round(event_trend::numeric, 3) AS event_trend,
    round(amount_trend::numeric, 3) AS amount_trend, gap_mean_days, round(gap_deviation_days::numeric, 3) AS gap_deviation_days,
    round(gap_variation::numeric, 3) AS gap_variation, round(silence::numeric, 3) AS silence
FROM customer_data.churn_features('SELECT * FROM visit', '30 days', '5 days', short_window => '14 days', medium_window => '1 month', long_window => '1 year')
WHERE NOT censored;
-- Without amounts.
SELECT customer_id, observed_at::date, events_long, amount_long, amount_mean, amount_trend
FROM customer_data.churn_features('SELECT customer_id, occurred_at FROM visit', '30 days') WHERE customer_id = 'bob';
-- Of today: the date for which we act is in five days.
SELECT customer_id, observed_at::date, recency_days, censored
FROM customer_data.churn_features('SELECT * FROM visit', '30 days', '5 days', since => '2025-06-06', until => '2025-06-01');
-- Rows that cannot be used are told.
SELECT count(*) FROM customer_data.churn_observations('SELECT nullif(customer_id, ''bob''), occurred_at FROM visit', '30 days');
SELECT count(*) FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM visit WHERE false', '30 days');

-- A text that is something else.
\set VERBOSITY default
SELECT * FROM customer_data.churn_observations('SELECT occurred_at, customer_id FROM visit', '30 days');
SELECT * FROM customer_data.churn_observations('SELECT customer_id FROM visit', '30 days');
SELECT * FROM customer_data.churn_observations('DELETE FROM visit', '30 days');
SELECT * FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM visit', '-30 days');
SELECT * FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM visit', '30 days', every => '1 ms');
SELECT * FROM customer_data.churn_features('SELECT customer_id, occurred_at, customer_id FROM visit', '30 days');
SELECT * FROM customer_data.churn_features('SELECT customer_id, occurred_at, ''NaN''::float8 FROM visit', '30 days');
SELECT * FROM customer_data.churn_features('SELECT customer_id, occurred_at FROM visit', '30 days', short_window => '1 year');
DROP TABLE visit;
