-- Recency, frequency, monetary: scores, thresholds, segments.
SET timezone = 'UTC';
SET search_path = public, customer_data;
\pset null '(null)'
CREATE TABLE customer (name text, country text, recency_days int, frequency int, monetary numeric);
INSERT INTO customer VALUES
    ('Ada', 'UK', 1, 50, 900), ('Ben', 'UK', 10, 9, 150.5), ('Cem', 'TR', 40, 9, 80), ('Dora', 'DE', 90, 2, 80),
    ('Eve', 'DE', 90, 1, 20), ('Fay', 'UK', 200, 1, 15), ('Gus', 'TR', 365, 1, 15), ('Hal', 'UK', 365, 4, 300),
    ('Ida', 'DE', 3, 3, 60), ('Jon', 'TR', 700, 1, 5), ('Kim', 'UK', NULL, 1, 5);

-- A window function: no text, no copy, ids keep their type. Score = 1 + floor(5 (2 lt + eq - 1) / (2 n)), n = 10:
-- Dora and Eve share 90 days, 4 customers are worse: 1 + floor(5 (8 + 2 - 1) / 20) = 3.
SELECT name, (s).*, rfm_segment(s) AS segment
FROM (SELECT name, rfm_score(recency_days, frequency, monetary::float8) OVER () AS s FROM customer) x ORDER BY name;
-- Within a country.
SELECT country, name, (rfm_score(recency_days, frequency, monetary::float8, 3) OVER (PARTITION BY country)).code
FROM customer WHERE recency_days IS NOT NULL ORDER BY 1, 2;
-- .* evaluates the call once, because it is not volatile: one evaluation for each of the 10 rows, not one for each column.
CREATE SEQUENCE calls;
CREATE FUNCTION counted(float8) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM nextval(''calls''); RETURN $1; END';
SELECT count(recency), count(frequency), count(monetary), count(code)
FROM (SELECT (rfm_score(counted(recency_days), frequency, monetary::float8) OVER ()).* FROM customer WHERE recency_days IS NOT NULL OFFSET 0) x;
SELECT currval('calls') AS evaluations;
SELECT DISTINCT rfm_score(recency_days, frequency, monetary::float8, bins => 2, method => 'quantile') OVER () AS named FROM customer WHERE country = 'TR';

-- Cut points as a value: stored once, then one row at a time.
CREATE TABLE cut AS
SELECT rfm_bins(rfm_agg(recency_days, frequency, monetary::float8)) AS b, rfm_agg(recency_days, frequency, monetary::float8) AS a FROM customer;
SELECT t.* FROM cut, rfm_thresholds(b) t;
SELECT rfm_customers(a), rfm_skipped(a), pg_column_size(b) AS bytes, b::text::rfm_bins::text = b::text AS exact,
       a::text::rfm_summary::text = a::text AS exact_too FROM cut;
-- The same scores as by the window.
SELECT bool_and(rfm_score(b, recency_days, frequency, monetary::float8) = s) AS agree
FROM cut, (SELECT *, rfm_score(recency_days, frequency, monetary::float8) OVER () AS s FROM customer) x WHERE recency_days IS NOT NULL;
-- From parts.
SELECT rollup(part)::text = (SELECT a::text FROM cut) AS equal
FROM (SELECT rfm_agg(recency_days, frequency, monetary::float8) AS part FROM customer GROUP BY country) x;
-- In a generated column.
CREATE TABLE scored (recency_days float8, frequency float8, monetary float8,
    score rfm_score GENERATED ALWAYS AS (rfm_score(rfm_bins(ARRAY[30, 90], ARRAY[2, 10], ARRAY[50, 500]), recency_days, frequency, monetary)) STORED);
INSERT INTO scored VALUES (5, 20, 50), (90, 1, 49.99), (29, 2, 500);
SELECT * FROM scored;
-- More than nine bins; one row; all equal; the other method.
SELECT i, (rfm_score(-i, i, i, 10) OVER ()).code FROM generate_series(1, 10) i;
SELECT (rfm_score(1, 1, 1) OVER ()).code;
SELECT DISTINCT (rfm_score(7, 7, 7) OVER ()).code FROM generate_series(1, 100);
-- A class that nobody reaches begins just above the last value: the next customer may.
SELECT dimension, score, round(low) AS low, round(high) AS high
FROM rfm_thresholds(rfm_bins((SELECT rfm_agg(7, 7, 7) FROM generate_series(1, 100)), 3));
SELECT (rfm_score(rfm_bins(rfm_agg(7, 7, 7), 3), 6, 8, 7)).code, (rfm_score(rfm_bins(rfm_agg(7, 7, 7), 3), 8, 6, 7)).code FROM generate_series(1, 100);
SELECT t.* FROM rfm_thresholds(rfm_bins((SELECT rfm_agg(v, v, v) FROM unnest('{1,2,4,8,16}'::float8[]) v), 5, 'quantile')) t
WHERE dimension = 'monetary';
SELECT rfm_bins(rfm_agg(1, 1, NULL)) IS NULL AS nothing FROM generate_series(1, 3);
SELECT count(*) FROM (SELECT rfm_score(1, 1, 1) OVER () FROM customer WHERE false) x;

-- The whole question in one call, from purchases.
CREATE TABLE purchase AS SELECT * FROM simulate_purchases(500, 7);
CREATE TABLE result AS
SELECT r.* FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM purchase) b, rfm_table(b.book, date '2026-01-01') r;
SELECT count(*), sum(frequency), round(sum(monetary)::numeric, 2) = (SELECT sum(amount) FROM purchase) AS revenue FROM result;
-- The window over summaries, the window over numbers, and stored cut points say the same.
SELECT count(*), bool_and(r.code = (w.s).code) AS window_agrees, bool_and(r.code = (v.s).code) AS values_agree,
       bool_and(r.code = (rfm_score(v.b, r.recency_days, r.frequency, r.monetary)).code) AS bins_agree,
       bool_and(r.segment = rfm_segment(w.s)) AS segments_agree
FROM result r
JOIN (SELECT customer_id, rfm_score(s, date '2026-01-01') OVER () AS s
      FROM (SELECT customer_id, purchase_agg(occurred_at, amount) AS s FROM purchase GROUP BY 1) x) w USING (customer_id)
JOIN (SELECT customer_id, rfm_score(recency_days, frequency, monetary) OVER () AS s, (SELECT rfm_bins(rfm_agg(recency_days, frequency, monetary)) FROM result) AS b
      FROM result) v USING (customer_id);
-- A chart, and the same by GROUP BY.
SELECT s.segment, s.customers, round(s.share::numeric, 3) AS share, s.revenue = g.revenue AS revenue, s.recency_days = g.recency_days AS recency
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM purchase) b, rfm_segment_summary(b.book, date '2026-01-01') s
JOIN (SELECT segment, round(sum(monetary)::numeric, 2)::float8 AS revenue, avg(recency_days)::float8 AS recency_days FROM result GROUP BY 1) g USING (segment)
ORDER BY s.customers DESC;
-- Refunds alone: no score, and not left out.
SELECT r.* FROM (SELECT purchase_book_agg(c, d, a) AS book FROM (VALUES ('x', date '2024-01-01', 5.0), ('y', '2024-01-02', -1)) v (c, d, a)) b,
       rfm_table(b.book, date '2024-02-01') r;
SELECT r.segment, r.customers, r.share, r.revenue, r.revenue_share, r.recency_days
FROM (SELECT purchase_book_agg(c, d, a) AS book FROM (VALUES ('x', date '2024-01-01', 5.0), ('y', '2024-01-02', -1)) v (c, d, a)) b,
     rfm_segment_summary(b.book, date '2024-02-01') r;
-- Other numbers of bins have codes, but no classic segment.
SELECT DISTINCT segment, length(code) >= 5 AS dashes
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM purchase) b, rfm_table(b.book, date '2026-01-01', 10);
SELECT count(*) FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM purchase WHERE false) b, rfm_table(b.book, now());

-- Rules: shipped in code, or one's own.
SELECT * FROM rfm_segment_rules();
SELECT * FROM rfm_segment_rules('r_rfm');
SELECT rfm_segment(ROW(5, 1, 1, '511')::rfm_score), rfm_segment(ROW(2, 1, 5, '215')::rfm_score, 'r_rfm'), rfm_segment(NULL);
SELECT rfm_segment(ROW(5, 1, 1, '511')::rfm_score, 'mine');
SELECT rfm_setup();
SELECT rfm_setup();
INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment, recency_low, monetary_low) VALUES
    ('mine', 10, 'Gold', 3, 5), ('mine', 20, 'Silver', 3, 3);
INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment) VALUES ('classic', 1, 'All');
INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment, recency_low, recency_high) VALUES ('mine', 30, 'Never', 4, 2);
SELECT code, rfm_segment(ROW(r, f, m, code)::rfm_score, 'mine') FROM (VALUES (5, 1, 5, '515'), (3, 1, 3, '313'), (1, 5, 5, '155')) v (r, f, m, code);
SELECT r.segment, r.customers FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM purchase) b,
       rfm_segment_summary(b.book, date '2026-01-01', rules => 'mine') r;
-- A change shows in the next statement.
UPDATE customer_store.rfm_segment_rule SET segment = 'Platinum' WHERE rule_number = 10;
SELECT rfm_segment(ROW(5, 1, 5, '515')::rfm_score, 'mine');
SELECT rfm_segment(ROW(5, 1, 1, '511')::rfm_score, 'yours');

-- Bad input.
SELECT rfm_score(1, 1, 1, 1) OVER ();
SELECT rfm_score(1, 1, 1, 101) OVER ();
SELECT rfm_score(1, 1, 1, NULL) OVER ();
SELECT rfm_score(1, 1, 1, 5, 'ntile') OVER ();
SELECT rfm_score(1, 'NaN', 1) OVER ();
SELECT rfm_score(1, 1, 1);
SELECT rfm_agg('Infinity', 1, 1);
SELECT rfm_bins(ARRAY[2, 1], ARRAY[1], ARRAY[1]);
SELECT rfm_bins(ARRAY[1], '{}'::float8[], ARRAY[1]);
SELECT rfm_bins(ARRAY[1], ARRAY[1, NULL], ARRAY[1]);
SELECT rfm_bins(rfm_agg(1, 1, 1), 0);
SELECT rfm_score(rfm_bins(ARRAY[1], ARRAY[1], ARRAY[1]), 1, 'Infinity', 1);
SELECT rfm_segment(ROW(6, 1, 1, '611')::rfm_score);
SELECT rfm_segment(ROW(5, 5, 5, '5-5-5')::rfm_score);
SELECT s.* FROM (SELECT purchase_book_agg(1, now(), 1.0) AS book) b, rfm_segment_summary(b.book, now(), 4) s;
SELECT r.* FROM (SELECT purchase_book_agg(1, now(), 1.0) AS book) b, rfm_table(b.book, 'infinity'::timestamptz) r;
SELECT 'AQ=='::rfm_bins;
SELECT 'AQEBAQ=='::rfm_summary;
DROP TABLE customer, cut, scored, purchase, result;
DROP FUNCTION counted;
DROP SEQUENCE calls;
DROP TABLE customer_store.rfm_segment_rule, customer_store.shape;
DROP SCHEMA customer_store;
