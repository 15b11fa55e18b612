-- Purchase histories against published values: the inputs of buy-till-you-die models, as the BTYD package and its
-- papers have them (../shared/data/golden; skipped where that folder is not there).
\set has_data `test -d ../shared/data/golden && echo 1 || echo 0`
BEGIN;
SELECT plan(16);
\if :has_data

SET LOCAL client_min_messages = warning;
CREATE TEMP TABLE purchase (data_set text, customer_id bigint, purchased_on date, amount numeric);
CREATE TEMP TABLE sample (customer_id bigint, sample_id integer, purchased_on date, quantity integer, amount numeric);
\copy sample FROM PROGRAM 'gzip -dc ../shared/data/cdnow_sample.csv.gz' CSV HEADER
INSERT INTO purchase SELECT 'cdnow sample', customer_id, purchased_on, amount FROM sample;
CREATE TEMP TABLE master (customer_id bigint, purchased_on date, quantity integer, amount numeric);
\copy master FROM PROGRAM 'gzip -dc ../shared/data/cdnow_transactions.csv.gz' CSV HEADER
INSERT INTO purchase SELECT 'cdnow', customer_id, purchased_on, amount FROM master;

CREATE TEMP TABLE golden (data_set text, customer_id bigint, x float8, t_x float8, t float8, m float8, x_hold float8, amount_hold float8,
    p_alive_bgnbd float8, exp_hold_bgnbd float8, p_alive_pnbd float8, exp_hold_pnbd float8, exp_spend_gg float8, clv_52w float8);
ALTER TABLE golden ALTER data_set SET DEFAULT 'cdnow sample';
\copy golden (customer_id, x, t_x, t, m, x_hold, amount_hold, p_alive_bgnbd, exp_hold_bgnbd, p_alive_pnbd, exp_hold_pnbd, exp_spend_gg, clv_52w) FROM PROGRAM 'gzip -dc ../shared/data/golden/cdnow_sample_clv.csv.gz' CSV HEADER
ALTER TABLE golden ALTER data_set SET DEFAULT 'cdnow';
\copy golden (customer_id, x, t_x, t, m, x_hold, amount_hold, p_alive_bgnbd, exp_hold_bgnbd, p_alive_pnbd, exp_hold_pnbd, exp_spend_gg, clv_52w) FROM PROGRAM 'gzip -dc ../shared/data/golden/cdnow_transactions_clv.csv.gz' CSV HEADER

SELECT set_eq('SELECT data_set, count(*) FROM golden GROUP BY 1', $$ VALUES ('cdnow sample', 2357::bigint), ('cdnow', 23570) $$,
    'the customers are the published ones');

-- Calibration to 1997-09-30, three ways: rows up to then, all rows but seen from then, and a book.
CREATE TEMP TABLE calibrated AS
    SELECT 'rows up to the end' AS form, data_set, customer_id, customer_data.purchase_agg(purchased_on, amount) AS s
    FROM purchase WHERE purchased_on <= '1997-09-30' GROUP BY 2, 3
    UNION ALL
    SELECT 'all rows', data_set, customer_id, customer_data.purchase_agg(purchased_on, amount) FROM purchase GROUP BY 2, 3
    UNION ALL
    SELECT 'book', data_set, r.customer_id, r.summary
    FROM (SELECT data_set, customer_data.purchase_book_agg(customer_id, purchased_on, amount) AS book
          FROM purchase WHERE purchased_on <= '1997-09-30' GROUP BY 1) b, customer_data.purchase_book_rows(b.book) r
    UNION ALL
    SELECT 'timestamps and float8', data_set, customer_id, customer_data.purchase_agg(purchased_on::timestamp AT TIME ZONE 'UTC', amount::float8)
    FROM purchase WHERE purchased_on <= '1997-09-30' GROUP BY 2, 3;
ANALYZE golden, calibrated;
-- Golden values have twelve digits.
CREATE FUNCTION pg_temp.near(a float8, b float8) RETURNS boolean LANGUAGE sql AS
    $$ SELECT a IS NOT DISTINCT FROM b OR abs(a - b) <= 1e-11 * greatest(abs(a), abs(b)) $$;
SELECT is((SELECT count(*) FROM calibrated c JOIN golden g USING (data_set, customer_id),
        customer_data.purchase_repeat(c.s, '1997-09-30'::date, '7 days') r
    WHERE c.data_set = d AND form = f AND r.x = g.x AND pg_temp.near(r.t_x, g.t_x) AND pg_temp.near(r.t, g.t)),
    (SELECT count(*) FROM golden WHERE data_set = d), format('%s, %s: x, t_x and T in weeks of every customer', d, f))
FROM unnest(ARRAY['cdnow sample', 'cdnow']) AS d, unnest(ARRAY['rows up to the end', 'all rows', 'book', 'timestamps and float8']) AS f;
SELECT is((SELECT count(*) FROM calibrated c JOIN golden g USING (data_set, customer_id)
    WHERE c.data_set = d AND form = f AND pg_temp.near(customer_data.purchase_average(c.s, 'repeat_day'), g.m)),
    (SELECT count(*) FROM golden WHERE data_set = d), format('%s, %s: average of repeat days of every customer', d, f))
FROM unnest(ARRAY['cdnow sample', 'cdnow']) AS d, unnest(ARRAY['rows up to the end', 'book']) AS f;

-- 2,068 purchases fell on a day with another one (data/README.md).
SELECT is((SELECT sum(customer_data.purchase_count(s) - customer_data.purchase_days(s)) FROM calibrated WHERE data_set = 'cdnow' AND form = 'all rows'),
    2068::numeric, 'cdnow: purchases on a day that had one already');
SELECT is((SELECT round(sum(customer_data.purchase_revenue(s))::numeric, 2) FROM calibrated WHERE data_set = 'cdnow' AND form = 'all rows'),
    2500315.63, 'cdnow: revenue');
SELECT is((SELECT customer_data.purchase_count(customer_data.rollup(s)) FROM calibrated WHERE data_set = 'cdnow' AND form = 'all rows'),
    69659::bigint, 'cdnow: purchases of all customers rolled up');

\else
SELECT * FROM skip('../shared/data is not there', 16);
\endif
SELECT * FROM finish();
ROLLBACK;
