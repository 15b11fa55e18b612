-- Ends of ranges, and values that come from elsewhere.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, customer_data;

-- What one session stored, another one restores, whatever its limit.
CREATE TEMP TABLE book AS SELECT purchase_book_agg(i, now(), 1.0) AS book FROM generate_series(1, 5000) i;
CREATE TEMP TABLE summary AS SELECT rfm_agg(i, i, i) AS s FROM generate_series(1, 50000) i;
CREATE TEMP TABLE customers AS SELECT clv_agg(i % 9 + 1, i, 50000, i, '1 day') AS c FROM generate_series(1, 50000) i;
SET LOCAL customer_data.max_book_memory = '64kB';
SELECT lives_ok('SELECT book::text::purchase_book FROM book', 'a book over the limit is read');
SELECT lives_ok('SELECT s::text::rfm_summary FROM summary', 'and a summary');
SELECT throws_ok('SELECT rollup(book)::text FROM book', '54000', NULL, 'but not made');
SELECT lives_ok('SELECT c::text::clv_summary FROM customers', 'customers over the limit are read');
SELECT lives_ok($$SELECT clv_fit(c, 'nbd') FROM customers$$, 'and fitted');
SELECT throws_ok('SELECT rollup(c)::text FROM customers', '54000', 'clv_summary is too large', 'but not made');
SELECT throws_ok($$SELECT clv_fit(clv_agg(i, i, 50000, 1, '1 day'), 'nbd') FROM generate_series(1, 50000) i$$, '54000', 'clv_summary is too large',
    'nor gathered');
RESET customer_data.max_book_memory;

-- An id is text of this database.
CREATE FUNCTION pg_temp.with_id(id bytea) RETURNS text LANGUAGE sql AS $$
    SELECT encode(overlay(b PLACING id FROM position('abcd'::bytea IN b)), 'base64')
    FROM (SELECT decode(purchase_book_agg('abcd', date '2024-01-01', 1.0)::text, 'base64') AS b) x
$$;
SELECT lives_ok(format('SELECT %L::purchase_book_text', pg_temp.with_id('efgh')), 'another id');
SELECT throws_ok(format('SELECT %L::purchase_book_text', pg_temp.with_id('\x61620062')), '22P03', NULL, 'a zero byte in an id');
SELECT throws_ok(format('SELECT %L::purchase_book_text', pg_temp.with_id('\x616263e2')), '22P03', NULL, 'half a character in an id')
WHERE getdatabaseencoding() = 'UTF8';

-- One text of ten thousand bytes, many short ones, and again.
SELECT is(purchase_book_count(purchase_book_agg(repeat('x', (i % 7) * 3000) || i % 10, now(), 1.0)), 70::bigint, 'ids of all lengths')
FROM generate_series(1, 20000) i;

-- Whatever is returned to anybody but the executor is packed.
SELECT is(purchase_agg_accum(NULL, date '2024-01-01', 1.0)::text, purchase_agg(date '2024-01-01', 1.0)::text, 'accum outside of an aggregate');
SELECT is(pg_column_size(purchase_agg_accum(NULL, date '2024-01-01', 1.0)), pg_column_size(purchase_agg(date '2024-01-01', 1.0)), 'takes no more room');
SELECT is(pg_column_size(purchase_agg_combine(NULL, purchase_agg(date '2024-01-01', 1.0))), pg_column_size(purchase_agg(date '2024-01-01', 1.0)), 'nor does combine');

-- A user's own aggregate over our support functions keeps the working state.
CREATE AGGREGATE raw_agg(date, numeric) (SFUNC = customer_data.purchase_agg_accum, STYPE = customer_data.purchase_summary);
CREATE TEMP TABLE raw AS SELECT raw_agg(date '2024-01-01' + i, 1.0) AS s FROM generate_series(1, 100) i;
SELECT is((SELECT purchase_days(s) FROM raw), 100::bigint, 'which can be read');
SELECT is((SELECT purchase_days(s + s) FROM raw), 100::bigint, 'and added');
SELECT is((SELECT s::text::purchase_summary::text FROM raw), (SELECT purchase_agg(date '2024-01-01' + i, 1.0)::text FROM generate_series(1, 100) i), 'and written');

-- Days at the far ends: 300000-12-31 is 108,842,522 days after 2000-01-01 (date arithmetic of the server).
SELECT is((purchase_repeat(purchase_agg(date '2000-01-01', 1.0), date '300000-12-31')).t, (date '300000-12-31' - date '2000-01-01')::float8, 't over 298,000 years');
SELECT is(purchase_recency_days(purchase_agg(date '4713-01-01 BC', 1.0), date '294276-12-31'), date '294276-12-31' - date '4713-01-01 BC', 'recency over 299,000 years');

-- Rolled up a few days at a time, or at once, in any order.
CREATE TEMP TABLE p AS SELECT n, date '2020-01-01' + hashint4(n) % 700 AS d, (hashint4(-n) % 1000)::numeric / 100 AS a FROM generate_series(1, 3000) n;
SELECT is((SELECT rollup(s)::text FROM (SELECT purchase_agg(d, a) AS s FROM p GROUP BY hashint4(n) % 50) x), (SELECT purchase_agg(d, a)::text FROM p), 'small parts');
SELECT is((SELECT rollup(s ORDER BY purchase_first(s) DESC)::text FROM (SELECT purchase_agg(d, a) AS s FROM p GROUP BY n / 3) x), (SELECT purchase_agg(d, a)::text FROM p), 'parts of three rows, last first');
-- Rules that a subtransaction changed and took back.
SELECT rfm_setup();
INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment) VALUES ('a', 1, 'A'), ('o', 1, 'Gold'), ('o', 2, 'Others');
UPDATE customer_store.rfm_segment_rule SET recency_low = 5 WHERE segment = 'Gold';
UPDATE customer_store.rfm_segment_rule SET recency_low = 4, recency_high = 4 WHERE segment = 'Others';
CREATE FUNCTION pg_temp.loop() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
    found text[];
    segment text;
BEGIN
    FOR i IN 1..3 LOOP
        BEGIN
            IF i = 1 THEN UPDATE customer_store.rfm_segment_rule SET segment = 'changed' WHERE rules = 'a'; END IF;
            segment := customer_data.rfm_segment(ROW(1, 1, 1, '111')::customer_data.rfm_score, 'a');
            found := found || segment;
            IF i = 1 THEN RAISE EXCEPTION 'back'; END IF;
        EXCEPTION WHEN raise_exception THEN
            NULL;
        END;
    END LOOP;
    RETURN found;
END
$$;
SELECT is(pg_temp.loop(), '{changed,A,A}', 'are forgotten with it');
-- More sets in one query than are kept at hand.
INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment) SELECT 'set ' || i, 1, 'segment ' || i FROM generate_series(1, 12) i;
SELECT is(count(*), 1000::bigint, 'every row by its own rule set') FROM generate_series(1, 1000) i
WHERE rfm_segment(ROW(1, 1, 1, '111')::rfm_score, 'set ' || 1 + i % 12) = 'segment ' || 1 + i % 12;
SELECT results_eq($$SELECT s.segment, s.customers FROM (SELECT purchase_book_agg(i, date '2020-01-01' + i, 1.0) AS book FROM generate_series(1, 50) i) b,
    rfm_segment_summary(b.book, date '2020-03-01', rules => 'o') s$$, $$VALUES ('Gold', 10::bigint), ('Others', 40)$$, 'a rule of the fallback''s name');
SELECT throws_ok($$SELECT s.* FROM (SELECT purchase_book_agg(i, date '2020-01-01', 1.5e308) AS book FROM generate_series(1, 3) i) b, rfm_segment_summary(b.book, date '2020-03-01') s$$,
    '22003', NULL, 'revenue beyond double precision is an error, not NaN');

-- A dataset of more than can be stored (63,000 rows of 1600 numbers, 8 bytes each, are 806 MB) is used where it is handed
-- on, and cannot leave the query.
SELECT throws_like($$SELECT d::text FROM (SELECT dataset_agg(a) AS d FROM (SELECT array_fill(0.1::float8, ARRAY[1600]) AS a OFFSET 0) x, generate_series(1, 63000)) q
    WHERE dataset_rows(d) = 63000 AND (summary(d)).bytes > 806400000$$, 'dataset is too large to be stored or copied', 'a dataset beyond 767 MB');
-- What one session stored, another one restores.
CREATE TEMP TABLE gathered AS SELECT dataset_agg(ARRAY[i + 0.1]) AS d FROM generate_series(1, 100000) i;
SET LOCAL customer_data.max_dataset_memory = '64kB';
SELECT is((SELECT dataset_rows(d::text::dataset) FROM gathered), 100000::bigint, 'a dataset over the limit is read');
SELECT throws_ok('SELECT rollup(d) FROM gathered', '54000', NULL, 'but not made');
RESET customer_data.max_dataset_memory;
SELECT * FROM finish();
ROLLBACK;
