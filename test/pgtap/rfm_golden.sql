-- RFM against published values: the R package rfm on its own data, and scores of it on two real shops
-- (../shared/data/golden; skipped where that folder is not there).
\set has_data `test -d ../shared/data/golden && echo 1 || echo 0`
BEGIN;
SELECT plan(32);
\if :has_data

SET LOCAL client_min_messages = warning;
CREATE TEMP TABLE golden_text (data_set text, customer_id text, last_order date, transaction_count bigint, amount float8, recency_days integer,
    recency_score smallint, frequency_score smallint, monetary_score smallint, rfm_score text, segment text,
    r_ntile integer, f_ntile integer, m_ntile integer);
CREATE TEMP TABLE golden (LIKE golden_text);
-- One row is one order.
CREATE TEMP TABLE purchase (data_set text, customer_id text, ordered_on date, amount numeric);

CREATE TEMP TABLE rfm_orders (customer_id text, order_date date, revenue numeric, first_name text, last_name text, email text);
\copy rfm_orders FROM PROGRAM 'gzip -dc ../shared/data/rfm_orders.csv.gz' CSV HEADER
INSERT INTO purchase SELECT 'rfm_orders', customer_id, order_date, revenue FROM rfm_orders;
ALTER TABLE golden_text ALTER data_set SET DEFAULT 'rfm_orders';
\copy golden_text (customer_id, last_order, transaction_count, amount, recency_days, recency_score, frequency_score, monetary_score, rfm_score, segment, r_ntile, f_ntile, m_ntile) FROM PROGRAM 'gzip -dc ../shared/data/golden/rfm_orders_scores.csv.gz' CSV HEADER

CREATE TEMP TABLE cdnow (customer_id text, ordered_on date, quantity integer, amount numeric);
\copy cdnow FROM PROGRAM 'gzip -dc ../shared/data/cdnow_transactions.csv.gz' CSV HEADER
INSERT INTO purchase SELECT 'cdnow', customer_id, ordered_on, amount FROM cdnow;
ALTER TABLE golden_text ALTER data_set SET DEFAULT 'cdnow';
\copy golden_text (customer_id, last_order, transaction_count, amount, recency_days, recency_score, frequency_score, monetary_score, rfm_score, segment, r_ntile, f_ntile, m_ntile) FROM PROGRAM 'gzip -dc ../shared/data/golden/cdnow_rfm.csv.gz' CSV HEADER

-- Cleaned as golden/README.md says; an invoice is one purchase, on the day of its first line.
CREATE TEMP TABLE line (invoice text, stock_code text, description text, quantity integer, invoiced_at timestamp, unit_price numeric, customer_id text, country text);
\copy line FROM PROGRAM 'gzip -dc ../shared/data/online_retail.csv.gz' CSV HEADER
INSERT INTO purchase
    SELECT 'online_retail', customer_id, min(invoiced_at)::date, sum(quantity * unit_price)
    FROM line WHERE invoice !~ '^[CA]' AND customer_id <> '' AND quantity > 0 AND unit_price > 0
    GROUP BY invoice, customer_id;
ALTER TABLE golden_text ALTER data_set SET DEFAULT 'online_retail';
\copy golden_text (customer_id, last_order, transaction_count, amount, recency_days, recency_score, frequency_score, monetary_score, rfm_score, segment, r_ntile, f_ntile, m_ntile) FROM PROGRAM 'gzip -dc ../shared/data/golden/online_retail_rfm.csv.gz' CSV HEADER
INSERT INTO golden SELECT * FROM golden_text;

CREATE TEMP TABLE data_set (name text, as_of date, customers bigint, orders bigint, revenue numeric);
INSERT INTO data_set VALUES
    ('rfm_orders', '2006-12-31', 995, 4906, 464158),
    ('online_retail', '2011-12-10', 4338, 18532, 8911407.90),
    ('cdnow', '1998-07-01', 23570, 69659, 2500315.63);
SELECT set_eq($$ SELECT data_set, count(DISTINCT customer_id) AS customers, count(*) AS orders, round(sum(amount), 2) AS revenue FROM purchase GROUP BY 1 $$,
    'SELECT name, customers, orders, revenue FROM data_set', 'the data sets are the published ones');

CREATE TEMP TABLE history AS
    SELECT data_set, customer_id, customer_data.purchase_agg(ordered_on, amount) AS s FROM purchase GROUP BY 1, 2;
CREATE TEMP TABLE measured AS
    SELECT data_set, customer_id, as_of, s, customer_data.purchase_recency_days(s, as_of) AS recency_days,
        customer_data.purchase_count(s) AS frequency, customer_data.purchase_revenue(s) AS monetary
    FROM history JOIN data_set ON name = data_set;
ANALYZE purchase, golden, measured;

-- The four ways to a score.
CREATE TEMP TABLE scored AS
    SELECT 'window over summaries' AS form, data_set, customer_id, recency_days, frequency, monetary,
        customer_data.rfm_score(s, as_of, 5, 'quantile') OVER (PARTITION BY data_set) AS score, NULL::text AS segment
    FROM measured
    UNION ALL
    SELECT 'window over values', data_set, customer_id, recency_days, frequency, monetary,
        customer_data.rfm_score(recency_days, frequency, monetary, 5, 'quantile') OVER (PARTITION BY data_set), NULL
    FROM measured
    UNION ALL
    SELECT 'stored cut points', data_set, customer_id, recency_days, frequency, monetary,
        customer_data.rfm_score(bins, recency_days, frequency, monetary), NULL
    FROM measured
    JOIN (SELECT data_set, customer_data.rfm_bins(customer_data.rfm_agg(recency_days, frequency, monetary), 5, 'quantile') AS bins
          FROM measured GROUP BY 1) q USING (data_set)
    UNION ALL
    SELECT 'table', name, r.customer_id, r.recency_days, r.frequency, r.monetary, ROW(r.r, r.f, r.m, r.code)::customer_data.rfm_score, r.segment
    FROM data_set d,
        LATERAL (SELECT customer_data.purchase_book_agg(customer_id, ordered_on, amount) AS book FROM purchase WHERE data_set = d.name) b,
        customer_data.rfm_table(b.book, d.as_of, 5, 'quantile') r;
ANALYZE scored;

-- Amounts of the reference are in cents; four customers have a tenth of a cent more.
SELECT is((SELECT count(*) FROM scored s JOIN golden g USING (data_set, customer_id) WHERE s.data_set = name AND form = f
        AND s.recency_days = g.recency_days AND s.frequency = g.transaction_count AND round(monetary::numeric, 2) = amount::numeric
        AND ROW(g.recency_score, g.frequency_score, g.monetary_score, g.rfm_score)::customer_data.rfm_score = s.score),
    customers, format('%s, %s: recency, frequency, amount, scores of all %s customers', name, f, customers))
FROM data_set, unnest(ARRAY['window over summaries', 'window over values', 'stored cut points', 'table']) WITH ORDINALITY AS form (f, n)
ORDER BY name, n;
SELECT is((SELECT count(*) FROM scored s JOIN golden g USING (data_set, customer_id) WHERE s.data_set = name AND form = f
        AND customer_data.rfm_segment(s.score, 'r_rfm') = g.segment),
    customers, format('%s, %s: segments of all %s customers by the rules of the R package', name, f, customers))
FROM data_set, unnest(ARRAY['window over summaries', 'table']) WITH ORDINALITY AS form (f, n)
ORDER BY name, n;

-- The same with ids of the other types.
SELECT is((SELECT count(*) FROM golden g
    JOIN (SELECT r.* FROM (SELECT customer_data.purchase_book_agg(customer_id::bigint, ordered_on, amount) AS book FROM purchase WHERE data_set = 'cdnow') b,
              customer_data.rfm_table(b.book, '1998-07-01'::date, 5, 'quantile') r) r ON g.customer_id = r.customer_id::text
    WHERE data_set = 'cdnow' AND g.recency_days = r.recency_days AND transaction_count = frequency AND r.code = g.rfm_score),
    23570::bigint, 'cdnow, bigint ids: all customers');
SELECT is((SELECT count(*) FROM golden g
    JOIN (SELECT r.* FROM (SELECT customer_data.purchase_book_agg(md5(customer_id)::uuid, ordered_on, amount) AS book FROM purchase WHERE data_set = 'online_retail') b,
              customer_data.rfm_table(b.book, '2011-12-10'::date, 5, 'quantile') r) r ON md5(g.customer_id)::uuid = r.customer_id
    WHERE data_set = 'online_retail' AND g.recency_days = r.recency_days AND transaction_count = frequency AND r.code = g.rfm_score),
    4338::bigint, 'online_retail, uuid ids: all customers');
-- float8 amounts instead of numeric.
SELECT is((SELECT count(*) FROM golden g
    JOIN (SELECT r.* FROM (SELECT customer_data.purchase_book_agg(customer_id, ordered_on, amount::float8) AS book FROM purchase WHERE data_set = 'online_retail') b,
              customer_data.rfm_table(b.book, '2011-12-10'::date, 5, 'quantile') r) r USING (customer_id)
    WHERE data_set = 'online_retail' AND g.recency_days = r.recency_days AND transaction_count = frequency AND r.code = g.rfm_score),
    4338::bigint, 'online_retail, float8 amounts: all customers');

-- Cut points, as published.
CREATE TEMP TABLE cut (data_set text, dimension text, cuts numeric[]);
INSERT INTO cut VALUES
    ('rfm_orders', 'recency', '{115, 181, 297.4, 482}'),
    ('rfm_orders', 'frequency', '{4, 5, 6, 8}'),
    ('rfm_orders', 'monetary', '{255.8, 382, 506.4, 666}'),
    ('online_retail', 'recency', '{14.8, 34, 73, 181}'),
    ('online_retail', 'frequency', '{2, 3, 4, 7}'),
    ('online_retail', 'monetary', '{251.194, 491.096, 943.276, 2059.426}'),
    ('cdnow', 'recency', '{143, 434, 487, 514}'),
    ('cdnow', 'frequency', '{2, 2, 3, 5}'),
    ('cdnow', 'monetary', '{16.36, 32.35, 60.924, 134.95}');
CREATE TEMP TABLE threshold AS
    SELECT data_set, t.* FROM (
        SELECT data_set, customer_data.rfm_bins(customer_data.rfm_agg(recency_days, frequency, monetary), 5, 'quantile') AS bins
        FROM measured GROUP BY 1) q, customer_data.rfm_thresholds(bins) t;
SELECT set_eq($$
    SELECT data_set, dimension, score::integer, round(low::numeric, 6) AS low, round(high::numeric, 6) AS high FROM threshold
$$, $$
    -- The lowest recency is the best, the lowest of the others the worst.
    SELECT data_set, dimension, CASE dimension WHEN 'recency' THEN 5 - i ELSE i + 1 END AS score,
        CASE WHEN i > 0 THEN round(cuts[i], 6) END AS low, CASE WHEN i < 4 THEN round(cuts[i + 1], 6) END AS high
    FROM cut, generate_series(0, 4) AS i
$$, 'thresholds of the three data sets');

-- Segments, as published.
CREATE TEMP TABLE counted AS
    SELECT d.name AS data_set, r.*
    FROM data_set d,
        LATERAL (SELECT customer_data.purchase_book_agg(customer_id, ordered_on, amount) AS book FROM purchase WHERE data_set = d.name) b,
        customer_data.rfm_segment_summary(b.book, d.as_of, 5, 'quantile', 'r_rfm') r;
SELECT set_eq($$ SELECT segment, customers, revenue::numeric AS revenue FROM counted WHERE data_set = 'rfm_orders' AND customers > 0 $$, $$
    VALUES ('Champions', 35::bigint, 31646::numeric), ('Potential Loyalist', 342, 204856), ('Loyal Customers', 170, 76562), ('Promising', 9, 4249),
        ('New Customers', 104, 28837), ('Can''t Lose Them', 47, 32446), ('At Risk', 28, 22227), ('Need Attention', 10, 4562),
        ('About To Sleep', 102, 23449), ('Lost', 148, 35324) $$,
    'rfm_orders: segments, customers, revenue');
SELECT set_eq($$ SELECT segment, customers, round(revenue::numeric, 2) AS revenue FROM counted WHERE data_set = 'online_retail' AND customers > 0 $$, $$
    VALUES ('About To Sleep', 631::bigint, 199194.33), ('At Risk', 63, 189152.61), ('Can''t Lose Them', 81, 296345.64), ('Champions', 324, 3830794.53),
        ('Lost', 772, 335576.48), ('Loyal Customers', 687, 535075.16), ('Need Attention', 32, 22318.54), ('New Customers', 356, 303899.33),
        ('Others', 14, 21225.55), ('Potential Loyalist', 1280, 3063042.62), ('Promising', 98, 114783.11) $$,
    'online_retail: segments, customers, revenue');
SELECT set_eq($$ SELECT segment, customers, round(revenue::numeric, 2) AS revenue FROM counted WHERE data_set = 'cdnow' AND customers > 0 $$, $$
    VALUES ('About To Sleep', 6672::bigint, 159223.86), ('At Risk', 11, 3474.39), ('Can''t Lose Them', 184, 29205.84), ('Champions', 2350, 1087554.49),
        ('Lost', 4308, 131416.47), ('Loyal Customers', 489, 26881.76), ('Need Attention', 106, 4829.66), ('New Customers', 15, 212.34),
        ('Others', 51, 10687.92), ('Potential Loyalist', 8433, 986365.39), ('Promising', 951, 60463.51) $$,
    'cdnow: segments, customers, revenue');
SELECT is_empty($$
    SELECT c.* FROM counted c
    JOIN (SELECT data_set, segment, count(*)::float8 / sum(count(*)) OVER (PARTITION BY data_set) AS share,
              (sum(p.amount) / sum(sum(p.amount)) OVER (PARTITION BY data_set))::float8 AS revenue_share, avg(recency_days)::float8 AS recency_days,
              avg(transaction_count)::float8 AS frequency, avg(p.amount)::float8 AS monetary
          FROM golden JOIN (SELECT data_set, customer_id, sum(amount) AS amount FROM purchase GROUP BY 1, 2) p USING (data_set, customer_id) GROUP BY 1, 2) g USING (data_set, segment)
    WHERE abs(c.share - g.share) > 1e-12 OR abs(c.revenue_share - g.revenue_share) > 1e-12 OR abs(c.recency_days - g.recency_days) > 1e-9
       OR abs(c.frequency - g.frequency) > 1e-9 OR abs(c.monetary - g.monetary) > 1e-9 * g.monetary
$$, 'shares and means of segments are those of their customers');

-- Scores of each country for itself are those of its customers alone.
CREATE TEMP TABLE by_country AS
    SELECT country, customer_id, customer_data.purchase_agg(ordered_on, amount) AS s
    FROM (SELECT min(country) AS country, customer_id, min(invoiced_at)::date AS ordered_on, sum(quantity * unit_price) AS amount
          FROM line WHERE invoice !~ '^[CA]' AND customer_id <> '' AND quantity > 0 AND unit_price > 0
          GROUP BY invoice, customer_id) q GROUP BY 1, 2;
SELECT is_empty($$
    WITH partitioned AS (SELECT country, customer_id, customer_data.rfm_score(s, '2011-12-10'::date) OVER (PARTITION BY country) AS score FROM by_country)
    SELECT customer_id FROM by_country b
        JOIN LATERAL (SELECT customer_id, customer_data.rfm_score(s, '2011-12-10'::date) OVER () AS score FROM by_country WHERE country = b.country) alone USING (customer_id)
        JOIN partitioned p USING (country, customer_id)
    WHERE country IN ('Germany', 'France') AND p.score IS DISTINCT FROM alone.score
$$, 'online_retail: PARTITION BY country scores within a country');

-- Dense: equal values score the same; score = 1 + floor(bins * (2 lt + eq - 1) / 2n), from ranks of plain SQL.
CREATE TEMP TABLE dense AS
    SELECT data_set, customer_id, s, as_of, recency_days, frequency, monetary,
        ROW(1 + 5 * (2 * (rank() OVER r - 1) + count(*) OVER re - 1) / (2 * count(*) OVER d),
            1 + 5 * (2 * (rank() OVER f - 1) + count(*) OVER fe - 1) / (2 * count(*) OVER d),
            1 + 5 * (2 * (rank() OVER m - 1) + count(*) OVER me - 1) / (2 * count(*) OVER d))::text AS expected
    FROM measured
    WINDOW d AS (PARTITION BY data_set),
        r AS (PARTITION BY data_set ORDER BY recency_days DESC), re AS (PARTITION BY data_set, recency_days),
        f AS (PARTITION BY data_set ORDER BY frequency), fe AS (PARTITION BY data_set, frequency),
        m AS (PARTITION BY data_set ORDER BY monetary), me AS (PARTITION BY data_set, monetary);ANALYZE dense;
SELECT is_empty(format($$
    SELECT data_set, customer_id FROM (
        SELECT data_set, customer_id, expected, customer_data.rfm_score(s, as_of) OVER (PARTITION BY data_set) AS score FROM dense) q
    WHERE ROW((score).recency, (score).frequency, (score).monetary)::text <> expected
       OR (score).code <> translate(expected, '(,)', '')
$$), 'dense: window over summaries');
SELECT is_empty($$
    SELECT data_set, customer_id FROM (
        SELECT data_set, customer_id, expected, customer_data.rfm_score(recency_days, frequency, monetary) OVER (PARTITION BY data_set) AS score FROM dense) q
    WHERE (score).code IS DISTINCT FROM translate(expected, '(,)', '')
$$, 'dense: window over values');
SELECT is_empty($$
    SELECT data_set, customer_id FROM dense
    JOIN (SELECT data_set, customer_data.rfm_bins(customer_data.rfm_agg(recency_days, frequency, monetary)) AS bins FROM dense GROUP BY 1) q USING (data_set)
    WHERE (customer_data.rfm_score(bins, recency_days, frequency, monetary)).code IS DISTINCT FROM translate(expected, '(,)', '')
$$, 'dense: stored cut points');
SELECT is_empty($$
    SELECT name, r.customer_id FROM data_set d,
        LATERAL (SELECT customer_data.purchase_book_agg(customer_id, ordered_on, amount) AS book FROM purchase WHERE data_set = d.name) b,
        customer_data.rfm_table(b.book, d.as_of) r
        LEFT JOIN dense ON dense.customer_id = r.customer_id
    WHERE dense.data_set = d.name AND r.code IS DISTINCT FROM translate(expected, '(,)', '')
$$, 'dense: table');

\else
SELECT * FROM skip('../shared/data is not there', 32);
\endif
SELECT * FROM finish();
ROLLBACK;
