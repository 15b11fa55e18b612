-- What the rows need besides the purchases. All of it is made anew when the extension has changed.
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
DROP VIEW IF EXISTS found, nearest, churn_by_join, training, scored;
DROP TABLE IF EXISTS constant, tx_tenth, tables_complete, feature, summary, book, book_before, tx_today, part_book, busy_month,
    big_in_time, big_in_no_order, member, feature20, feature20_model, score, tenure20, churner, churn_models, buyer, clv_customers,
    clv_models, mail;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
DROP EXTENSION customer_data CASCADE;
CREATE EXTENSION customer_data;
CREATE EXTENSION IF NOT EXISTS pgcrypto;
SET search_path = public, customer_data;

-- Each customer as three numbers, and as a history.
SELECT max(occurred_at AT TIME ZONE 'UTC')::date + 1 AS as_of, count(*) AS purchases,
       count(DISTINCT customer_id) AS customers FROM tx \gset
CREATE TABLE feature AS
SELECT customer_id, (date :'as_of' - max(occurred_at AT TIME ZONE 'UTC')::date)::float8 AS recency_days,
       count(*)::float8 AS frequency, sum(amount)::float8 AS monetary
FROM tx GROUP BY customer_id;
CREATE TABLE summary AS SELECT customer_id, purchase_agg(occurred_at, amount) AS history FROM tx GROUP BY customer_id;

-- What models of lifetime value look at, in weeks, as numbers; distinct customers, with and without amounts, and amounts
-- alone, with hardly any history; and models of them.
CREATE TABLE buyer AS
SELECT r.x, r.t_x, r.t, purchase_average(history, 'repeat_day') AS average
FROM summary, purchase_repeat(history, date :'as_of', '7 days') r;
CREATE TABLE clv_customers AS
SELECT clv_agg(x, t_x, t, average, '7 days') AS customers, clv_agg(x, t_x, t, NULL, '7 days') AS histories,
       clv_agg(x, x, 1000, average, '7 days') AS amounts
FROM buyer;
CREATE TABLE clv_models AS
SELECT clv_fit(customers, 'bg/nbd') AS bg_nbd, clv_fit(customers, 'pareto/nbd') AS pareto_nbd FROM clv_customers;

-- All of them in one value; the same as of yesterday, with the purchases since; and in eight parts of three months.
CREATE TABLE book AS SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM tx;
CREATE TABLE book_before AS
SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM tx WHERE occurred_at < date :'as_of' - 1;
CREATE TABLE tx_today AS SELECT * FROM tx WHERE occurred_at >= date :'as_of' - 1;
CREATE TABLE part_book AS
SELECT date_trunc('quarter', occurred_at) AS quarter, purchase_book_agg(customer_id, occurred_at, amount) AS book
FROM tx GROUP BY 1;

-- The histories of busy customers, month by month.
BEGIN;
CREATE TABLE busy_month (month date, customer_id bigint, history purchase_summary) PARTITION BY RANGE (month);
SELECT format('CREATE TABLE busy_month_%s PARTITION OF busy_month FOR VALUES FROM (%L) TO (%L)',
              to_char(month, 'YYYY_MM'), month::date, (month + interval '1 month')::date)
FROM generate_series(timestamp '2024-01-01', timestamp '2025-12-01', '1 month') month \gexec
INSERT INTO busy_month
SELECT date_trunc('month', occurred_at AT TIME ZONE 'UTC')::date, customer_id, purchase_agg(occurred_at, amount)
FROM tx_busy GROUP BY 1, 2;
COMMIT;
SELECT count(DISTINCT customer_id) AS busy FROM tx_busy \gset
ALTER TABLE busy_month ALTER customer_id SET (n_distinct_inherited = :busy);

-- One customer with 100,000 purchases: within two years, and on as many days.
CREATE TABLE big_in_time AS
SELECT timestamptz '2024-01-01' + i * interval '10 min' AS occurred_at,
       timestamptz '1800-01-01' + i * interval '1 day' AS occurred_long_ago, (i % 100 + 0.99)::numeric(12,2) AS amount
FROM generate_series(1::bigint, 100000) i;
CREATE TABLE big_in_no_order AS SELECT * FROM big_in_time ORDER BY hashint8(extract(epoch FROM occurred_at)::bigint);

-- A row of twenty numbers for each customer, from eight clouds that overlap: normal deviates (Box and Muller 1958) with
-- standard deviation 1 about centres between 0 and 4. The same with each run.
SELECT setseed(0.5) \gset
SELECT format('CREATE TABLE feature20 AS SELECT %s FROM generate_series(1, %s) i',
              string_agg(format('sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) + (i %% 8 * %s %% 11) * 0.4::float8 AS f%s',
                                n * n + n, n), ', ' ORDER BY n), :customers)
FROM generate_series(1, 20) n \gexec

-- The same with a duration, which depends on two of them, as far as it is known after 72 months.
CREATE TABLE tenure20 AS
SELECT least(t, 72) AS duration, t <= 72 AS churned, (f).*
FROM (SELECT -40 * ln(1 - random()) * exp(0.2 * (f.f2 - f.f1)) AS t, f FROM feature20 f OFFSET 0) q;

-- The eight clusters of feature20; and the cluster of every row in plain SQL, with their centres.
CREATE TABLE feature20_model AS SELECT kmeans_fit(dataset_agg(f), 8, restarts => 1) AS model FROM feature20 f;
SELECT format('CREATE VIEW nearest AS SELECT CASE least(%1$s) %2$s END AS cluster FROM (SELECT %3$s FROM feature20 OFFSET 0) d',
              string_agg(format('d%s', cluster), ', '), string_agg(format('WHEN d%1$s THEN %1$s', cluster), ' '),
              string_agg(format('%s AS d%s', distance, cluster), ', '))
FROM (SELECT c->>'cluster' AS cluster,
             string_agg(format('(%1$s - (%2$s)::float8) * (%1$s - (%2$s)::float8) * (%3$s)::float8', f->>'name',
                               c->'centre'->>(f->>'name'), 1 / (f->>'scale')::float8 / (f->>'scale')::float8), ' + ') AS distance
      FROM feature20_model, jsonb_array_elements(model::jsonb->'clusters') c, jsonb_array_elements(model::jsonb->'features') f
      GROUP BY c ORDER BY 1) x \gexec

-- A score for each customer and what happened, as often as the score says; and the score of a month later.
CREATE TABLE score AS
SELECT score, random() < score AS label, power(score, 1.1) AS later
FROM (SELECT random() AS score FROM generate_series(1, :customers) OFFSET 0) s;
-- Customers of whom some leave, for reasons that are not all linear; the rows stand in no order.
SELECT setseed(0.25);
SELECT format($$
    CREATE TABLE churner AS
    SELECT f.*, random() < 1 / (1 + exp(1.2 - 0.7 * f1 + 0.5 * f2 - 0.8 * f3 * f4 - 0.6 * abs(f5) - 0.5 * sin(2 * f6) - 0.4 * f7 * f8)) AS churned
    FROM (SELECT %s FROM generate_series(1, %s) OFFSET 0) f$$,
    string_agg(format('(random() - 0.5) * 3.5 AS f%s', i), ', '), :customers)
FROM generate_series(1, 20) i \gexec
CREATE VIEW training AS SELECT * FROM churner WHERE ctid < format('(%s,0)', (SELECT relpages * 4 / 5 FROM pg_class WHERE oid = 'churner'::regclass))::tid;
ANALYZE churner;
CREATE TABLE churn_models AS
SELECT churn_fit(d, 'logistic') AS logistic, churn_fit(d, trees => 100, leaves => 31, learning_rate => 0.1, early_stopping => false) AS boosting
FROM (SELECT dataset_agg(t, 'churned') AS d FROM training t) q;
-- The same logistic regression in SQL.
SELECT format('CREATE VIEW scored AS SELECT 1 / (1 + exp(-(%s))) AS p FROM churner',
              string_agg(format('(%s)::float8 * %s', estimate, CASE name WHEN '(intercept)' THEN '1' ELSE name END), ' + '))
FROM churn_models, coefficients(logistic) \gexec

-- The parallel aggregate that customer_data could have and has not. bench/rows.sql shows why.
CREATE AGGREGATE parallel_book_agg(bigint, timestamptz, numeric) (
    SFUNC = customer_data.purchase_book_agg_accum, STYPE = customer_data.purchase_book, SSPACE = 1048576,
    FINALFUNC = customer_data.purchase_book_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.purchase_book_agg_combine, PARALLEL = SAFE);

-- A segment of all customers but half a percent, others at every refresh; and the same without the extension.
SELECT segment_setup();
SELECT segment_define('bench', $$
    SELECT customer_id FROM feature
    WHERE customer_id % 200 <> (NOT EXISTS (SELECT FROM customer_store.segment_member WHERE segment = 'bench' AND subject = '200'))::int $$);
SELECT segment_refresh('bench');
CREATE TABLE member (LIKE customer_store.segment_member INCLUDING ALL);
INSERT INTO member SELECT * FROM customer_store.segment_member;
CREATE VIEW found AS
SELECT customer_id::text AS subject FROM feature
WHERE customer_id % 200 <> (NOT EXISTS (SELECT FROM member WHERE segment = 'bench' AND subject = '200'))::int;

-- A tenth of the customers; and in plain SQL when they were active, who churned, and some of what churn_features knows.
CREATE TABLE tx_tenth AS SELECT * FROM tx WHERE customer_id % 10 = 0 ORDER BY occurred_at;
CREATE VIEW churn_by_join AS
WITH marked AS (
    SELECT customer_id, occurred_at, (lag(occurred_at) OVER w + interval '60 days' >= occurred_at) IS NOT TRUE AS begins
    FROM tx_tenth WINDOW w AS (PARTITION BY customer_id ORDER BY occurred_at)
), numbered AS (
    SELECT customer_id, occurred_at, count(*) FILTER (WHERE begins) OVER (PARTITION BY customer_id ORDER BY occurred_at) AS number
    FROM marked
), period AS (
    SELECT customer_id, min(occurred_at) AS began, max(occurred_at) + interval '60 days' AS ended FROM numbered GROUP BY customer_id, number
), date AS (
    SELECT day AS observed_at, greatest(day + interval '1 month', day + interval '60 days') AS decided
    FROM generate_series(timestamptz '2024-01-01', timestamptz '2026-01-01', '1 month') day
), observation AS (
    SELECT customer_id, observed_at, ended < decided AS churned
    FROM period JOIN date ON observed_at > began AND observed_at <= ended
    WHERE decided <= (SELECT max(occurred_at) FROM tx_tenth)
)
SELECT customer_id, observed_at, churned,
       extract(epoch FROM observed_at - max(occurred_at))::float8 / 86400 AS recency_days,
       count(*) FILTER (WHERE occurred_at >= observed_at - interval '30 days') AS events_short,
       count(*) FILTER (WHERE occurred_at >= observed_at - interval '90 days') AS events_medium,
       count(*) FILTER (WHERE occurred_at >= observed_at - interval '365 days') AS events_long,
       sum(amount) FILTER (WHERE occurred_at >= observed_at - interval '30 days') AS amount_short,
       sum(amount) FILTER (WHERE occurred_at >= observed_at - interval '365 days') AS amount_long
FROM observation JOIN tx_tenth USING (customer_id)
WHERE occurred_at < observed_at
GROUP BY customer_id, observed_at, churned;

-- What is sealed: an e-mail and a card for each customer, and what stands in a table of customers beside them.
SELECT privacy_setup();
SELECT field_define('crm.customer.email', normaliser => 'lower_email');
SELECT field_define('crm.customer.card');
CREATE TABLE mail AS
SELECT g AS customer_id, email, seal('crm.customer.email', email) AS sealed, encrypt(email::bytea, '0123456789abcdef', 'aes') AS encrypted,
       lpad((g * 7919::bigint % 10000000000000000)::text, 16, '4') AS card, (ARRAY['DE', 'FR', 'UK', 'TR', 'NL'])[1 + g % 5] AS country,
       (g * 31 % 90 / 5 * 5)::text AS age_group, (ARRAY['f', 'm'])[1 + g * 7 % 13 % 2] AS sex, (ARRAY['lead', 'trial', 'customer'])[1 + g * 17 % 19 % 3] AS stage
FROM (SELECT g, 'customer.' || g || '@example.com' AS email FROM generate_series(1, :customers) g) c;

-- Values that stand as literals in the queries: one row, of which a measuring session makes psql variables.
CREATE TABLE constant AS
SELECT date :'as_of' AS as_of, :purchases AS purchases, :customers AS customers, b.bins, c.*,
       :customers / 10 AS tenth, :customers / 100 AS hundredth,
       (SELECT count(*) FROM simulate_purchases(:customers / 10)) AS simulated
FROM (SELECT rfm_bins(rfm_agg(recency_days, frequency, monetary)) AS bins FROM feature) b
CROSS JOIN LATERAL (
    SELECT max(cases) FILTER (WHERE dimension = 'recency') AS recency_cases,
           max(cases) FILTER (WHERE dimension = 'frequency') AS frequency_cases,
           max(cases) FILTER (WHERE dimension = 'monetary') AS monetary_cases
    FROM (SELECT dimension, format('CASE %s ELSE %s END',
                 string_agg(format('WHEN %s >= %L::float8 THEN %s', replace(dimension, 'recency', 'recency_days'), low, score),
                            ' ' ORDER BY low DESC) FILTER (WHERE low IS NOT NULL),
                 max(score) FILTER (WHERE low IS NULL)) AS cases
          FROM rfm_thresholds(b.bins) GROUP BY dimension) d) c;

VACUUM (FREEZE, ANALYZE);
CHECKPOINT;
CREATE TABLE tables_complete AS SELECT :'key'::text AS key;
