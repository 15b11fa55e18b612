-- The purchase history of a customer as a value.
SET timezone = 'UTC';
SET search_path = public, customer_data;
\pset null '(null)'
CREATE TABLE orders (customer_id bigint, ordered_at timestamptz, total numeric(12,2));
INSERT INTO orders VALUES
    (1, '2024-01-01 09:00', 20.00),
    (1, '2024-01-01 17:30', 5.50),     -- the same day
    (1, '2024-03-15 12:00', 100.00),
    (1, '2024-03-20 12:00', -40.00),   -- a refund
    (2, '2024-02-29 23:59:59.5', 0),   -- an amount of 0 counts
    (2, NULL, 10), (2, '2024-05-01', NULL),
    (3, '2024-04-01', -9.99),          -- refunds alone
    (NULL, '2024-04-01', 1);

-- One value per customer, and what it tells.
CREATE TABLE history AS
SELECT customer_id, purchase_agg(ordered_at, total) AS s FROM orders GROUP BY customer_id;
SELECT customer_id, purchase_first(s), purchase_last(s), purchase_count(s), purchase_days(s), purchase_skipped(s),
       purchase_revenue(s), purchase_refunds(s)
FROM history ORDER BY customer_id;
SELECT customer_id, purchase_average(s), purchase_average(s, 'day'), purchase_average(s, 'repeat_day'),
       purchase_recency_days(s, timestamptz '2024-04-01 00:30'), purchase_recency_days(s, date '2024-04-01')
FROM history ORDER BY customer_id;
SELECT customer_id, s::jsonb FROM history WHERE customer_id < 3 ORDER BY customer_id;

-- Text and binary forms are exact.
SELECT s FROM history WHERE customer_id = 1;
SELECT bool_and(s::text::purchase_summary::text = s::text) FROM history;

-- Kept by day, rolled up: the same value to the bit.
CREATE TABLE daily AS
SELECT customer_id, ordered_at::date AS day, purchase_agg(ordered_at, total) AS s FROM orders GROUP BY 1, 2;
SELECT h.customer_id, h.s::text = r.s::text AS equal
FROM history h JOIN (SELECT customer_id, rollup(s) AS s FROM daily GROUP BY 1) r ON h.customer_id IS NOT DISTINCT FROM r.customer_id
ORDER BY 1;
SELECT (a.s + b.s)::text = (b.s + a.s)::text AS commutes, purchase_count(a.s + b.s), purchase_revenue(a.s + b.s)
FROM history a, history b WHERE a.customer_id = 1 AND b.customer_id = 2;

-- A date is that UTC day and a timestamptz falls on its UTC day, whatever the session says.
SET timezone = 'Pacific/Auckland';
SELECT purchase_first(s) = timestamptz '2024-01-01 00:00 UTC' AS utc, purchase_days(s), purchase_recency_days(s, date '2024-01-03')
FROM (SELECT purchase_agg(d, 1.0) AS s FROM (VALUES (date '2024-01-01'), ('2024-01-02')) v (d)) x;
SELECT purchase_days(purchase_agg(t, 1.0)) FROM (VALUES (timestamptz '2024-01-01 23:59 UTC'), ('2024-01-02 00:01 UTC')) v (t);
SET timezone = 'UTC';
-- Another zone is the caller's choice.
SELECT purchase_days(purchase_agg((t AT TIME ZONE 'Europe/Moscow')::date, 1.0))
FROM (VALUES (timestamptz '2024-01-01 23:59 UTC'), ('2024-01-02 00:01 UTC')) v (t);

-- For buy-till-you-die models: days 0, 74 of 91; in weeks; and as it was known on an earlier day.
SELECT (purchase_repeat(s, date '2024-04-01')).* FROM history WHERE customer_id = 1;
SELECT (purchase_repeat(s, date '2024-04-01', '7 days')).* FROM history WHERE customer_id = 1;
SELECT (purchase_repeat(s, date '2024-03-14')).* FROM history WHERE customer_id = 1;
SELECT purchase_repeat(s, date '2023-12-31') FROM history WHERE customer_id = 1;
SELECT purchase_repeat(s, date '2024-04-01') FROM history WHERE customer_id = 3;

-- Money: the cents add up in any order, and from float8 as from numeric.
SELECT purchase_revenue(purchase_agg(now(), 0.1::float8)) FROM generate_series(1, 1000);
SELECT purchase_revenue(purchase_agg(now(), a::float8)) AS revenue, sum(a::float8) AS naive
FROM (VALUES (1e9), (0.01), (-1e9)) v (a);
SELECT purchase_revenue(purchase_agg(now(), 3 * 2.55::float8)), purchase_revenue(purchase_agg(now(), 7.65));

-- Nothing, NULLs, and sliding windows.
SELECT purchase_count(s), purchase_first(s), purchase_revenue(s), purchase_average(s), purchase_skipped(s), s::jsonb
FROM (SELECT purchase_agg(ordered_at, total) AS s FROM orders WHERE false) x;
SELECT purchase_count(rollup(s)) FROM history WHERE false;
SELECT purchase_count(NULL), NULL::purchase_summary + NULL IS NULL AS unknown;
SELECT ordered_at, purchase_revenue(purchase_agg(ordered_at, total) OVER (ORDER BY ordered_at)) AS so_far,
       purchase_revenue(purchase_agg(ordered_at, total) OVER (ORDER BY ordered_at ROWS 1 PRECEDING)) AS last_two
FROM orders WHERE customer_id = 1 ORDER BY 1;
SELECT purchase_agg_accum(NULL, date '2024-01-01', 5.0::float8)::text = purchase_agg(date '2024-01-01', 5.0::float8)::text AS plain_call;

-- One aggregate keeps the histories of all customers.
SELECT r.customer_id, r.summary::text = h.s::text AS equal
FROM (SELECT purchase_book_agg(customer_id, ordered_at, total) AS book FROM orders) b, purchase_book_rows(b.book) r
JOIN history h USING (customer_id) ORDER BY 1;
CREATE TABLE book AS SELECT purchase_book_agg(customer_id, ordered_at, total) AS book FROM orders;
SELECT purchase_book_count(book), purchase_skipped(book), book::text::purchase_book::text = book::text AS exact FROM book;
SELECT r.customer_id, purchase_count(r.summary) FROM book, purchase_book_rows(purchase_book_without(book, 2)) r ORDER BY 1;
SELECT purchase_book_without(book, 99)::text = book::text AS unchanged FROM book;
-- Parts, and ids of other types.
SELECT purchase_book_count(rollup(part)), purchase_skipped(rollup(part)),
       (SELECT rollup(part) FROM (VALUES (1)) v (i))::text IS NOT NULL AS storable
FROM (SELECT purchase_book_agg(customer_id, ordered_at, total) AS part FROM orders GROUP BY total > 5) x;
SELECT r.customer_id, purchase_revenue(r.summary)
FROM (SELECT purchase_book_agg('c' || customer_id, ordered_at, total) AS book FROM orders) b, purchase_book_rows(b.book) r ORDER BY 1;
SELECT pg_typeof(r.customer_id), purchase_book_count(purchase_book_without(b.book, r.customer_id)) AS others, purchase_revenue(r.summary)
FROM (SELECT purchase_book_agg(lpad(customer_id::text, 32, '0')::uuid, ordered_at::date, total::float8) AS book FROM orders) b,
     purchase_book_rows(b.book) r ORDER BY 3;
SELECT purchase_book_count(purchase_book_agg(customer_id, ordered_at, total)) FROM orders WHERE false;

-- A book reaches its function without being flattened; stored, sorted or from a scalar subquery it is flat.
SET client_min_messages = debug1;
SELECT purchase_book_count(purchase_book_agg(customer_id, ordered_at, total)) FROM orders;
SELECT count(*) FROM (SELECT purchase_book_agg(customer_id, ordered_at, total) AS book FROM orders) b, purchase_book_rows(b.book) r;
WITH b AS (SELECT purchase_book_agg(customer_id, ordered_at, total) AS book FROM orders)
SELECT count(*) FROM b, purchase_book_rows(b.book);
SELECT purchase_book_count(rollup(book)) FROM book;
SELECT purchase_book_count((SELECT purchase_book_agg(customer_id, ordered_at, total) FROM orders));
WITH b AS MATERIALIZED (SELECT purchase_book_agg(customer_id, ordered_at, total) AS book FROM orders)
SELECT count(*) FROM b, purchase_book_rows(b.book);
RESET client_min_messages;
SELECT total, purchase_book_count(purchase_book_agg(customer_id, ordered_at, total) OVER (ORDER BY total)) FROM orders ORDER BY 1;
-- It is bounded.
SET customer_data.max_book_memory = '64kB';
SELECT purchase_book_count(purchase_book_agg(i, now(), 1.0)) FROM generate_series(1, 10000) i;
RESET customer_data.max_book_memory;

-- A customer of a hundred thousand purchases, in order and not.
SELECT purchase_count(s), purchase_days(s), pg_column_size(s) < 110000 AS compact
FROM (SELECT purchase_agg(date '1900-01-01' + i, 1.0) AS s FROM generate_series(0, 99999) i) x;
SELECT purchase_count(s), purchase_days(s)
FROM (SELECT purchase_agg(date '2000-01-01' + (i * 7919) % 5000, 1.0) AS s FROM generate_series(0, 99999) i) x;

-- Simulated customers: the same for a seed, whoever is asked for.
SELECT count(*), sum(amount), min(occurred_at), count(DISTINCT customer_id) FROM simulate_purchases(100, 42);
SELECT count(*) FROM (SELECT * FROM simulate_purchases(10, 42) EXCEPT SELECT * FROM simulate_purchases(100, 42)) x;
SELECT count(*) FROM simulate_purchases(0);

-- Bad input.
\set SHOW_CONTEXT never
SELECT purchase_agg(now(), 'NaN'::float8);
SELECT purchase_agg(now(), 'NaN'::numeric);
SELECT purchase_agg(now(), '-Infinity'::float8);
SELECT purchase_agg('infinity'::timestamptz, 1.0);
SELECT purchase_agg('-infinity'::date, 1.0);
SELECT purchase_agg(date '5000000-01-01', 1.0);
SELECT purchase_agg(now(), 1e308::float8) FROM generate_series(1, 2);
SELECT purchase_agg(now(), 1e400);
SELECT purchase_average(s, 'week') FROM history LIMIT 1;
SELECT purchase_recency_days(s, 'infinity'::timestamptz) FROM history LIMIT 1;
SELECT purchase_repeat(s, date '2024-04-01', '1 month') FROM history LIMIT 1;
SELECT purchase_repeat(s, date '2024-04-01', '-1 day') FROM history LIMIT 1;
SELECT purchase_book_agg(1, 'infinity'::timestamptz, 1.0);
SELECT 'hello'::purchase_summary;
SELECT '####'::purchase_summary;
SELECT ''::purchase_summary;
SELECT 'AgAA'::purchase_summary;
SELECT left(s::text, 12)::purchase_summary FROM history WHERE customer_id = 1;
SELECT 'AQIAAA=='::purchase_book;
SELECT simulate_purchases(-1);
SELECT simulate_purchases(1, 0, 0);
DROP TABLE orders, history, daily, book;
