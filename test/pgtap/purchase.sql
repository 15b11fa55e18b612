-- Properties of purchase histories: what plain SQL says of the same rows, in any order, in any parts, in any time zone.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
\ir include/attack.sql

-- 300 customers with purchases at any time of the day, several on a day, free ones, refunds, and rows to skip.
CREATE TEMP TABLE purchase AS
    SELECT i AS row_number, 1 + h % 300 AS customer_id,
        CASE WHEN h % 97 = 0 THEN NULL ELSE timestamptz '2021-01-01 00:00+00' + ((h >> 20) & 1048575) * interval '71 seconds' END AS occurred_at,
        CASE WHEN h % 89 = 0 THEN NULL WHEN h % 11 = 0 THEN -((h >> 5) % 4000) / 100.0 WHEN h % 23 = 0 THEN 0 ELSE ((h >> 7) % 90000) / 100.0 END AS amount
    FROM generate_series(1, 20000) AS i, LATERAL (SELECT hashint8extended(i, 42) & 9223372036854775807 AS h) q;
CREATE TEMP TABLE plain AS
    SELECT customer_id, count(*) FILTER (WHERE amount >= 0) AS purchases, min(occurred_at) FILTER (WHERE amount >= 0) AS first,
        max(occurred_at) FILTER (WHERE amount >= 0) AS last,
        count(DISTINCT (occurred_at AT TIME ZONE 'UTC')::date) FILTER (WHERE amount >= 0) AS days,
        sum(amount) AS revenue, coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS refunds, count(*) FILTER (WHERE amount < 0) AS refund_count
    FROM purchase WHERE occurred_at IS NOT NULL AND amount IS NOT NULL GROUP BY 1;
CREATE TEMP TABLE skipped AS
    SELECT customer_id, count(*) FILTER (WHERE occurred_at IS NULL OR amount IS NULL) AS skipped FROM purchase GROUP BY 1;
CREATE FUNCTION pg_temp.near(a float8, b float8) RETURNS boolean LANGUAGE sql AS
    $$ SELECT a IS NOT DISTINCT FROM b OR abs(a - b) <= 1e-12 * greatest(abs(a), abs(b)) $$;
-- What a summary says, and what is wrong about it.
CREATE FUNCTION pg_temp.wrong(summaries text) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
        SELECT p.customer_id FROM plain p JOIN skipped USING (customer_id) LEFT JOIN (%s) c USING (customer_id)
        WHERE s IS NULL OR purchase_count(s) <> purchases OR purchase_first(s) <> first OR purchase_last(s) <> last OR purchase_days(s) <> days
           OR purchase_skipped(s) <> skipped
           OR NOT pg_temp.near(purchase_revenue(s), revenue::float8) OR NOT pg_temp.near(purchase_refunds(s), refunds::float8)
           OR NOT pg_temp.near(purchase_average(s), revenue::float8 / purchases)
           OR NOT pg_temp.near(purchase_average(s, 'day'), revenue::float8 / days)
           OR purchase_recency_days(s, '2030-01-01'::date) <> '2030-01-01'::date - (last AT TIME ZONE 'UTC')::date $q$, summaries);
END
$$;

SELECT cmp_ok((SELECT min(purchases) FROM plain), '>=', 5::bigint, 'every customer of the test has a history');
SELECT is_empty($$ SELECT pg_temp.wrong('SELECT customer_id, purchase_agg(occurred_at, amount) AS s FROM purchase GROUP BY 1') $$,
    'purchase_agg(timestamptz, numeric) = plain SQL');
SELECT is_empty($$ SELECT pg_temp.wrong('SELECT customer_id, purchase_agg(occurred_at, amount::float8) AS s FROM purchase GROUP BY 1') $$,
    'purchase_agg(timestamptz, float8) = plain SQL');
SELECT is_empty($$ SELECT pg_temp.wrong('SELECT customer_id, purchase_agg(occurred_at, amount ORDER BY hashint8(row_number)) AS s FROM purchase GROUP BY 1') $$,
    'in another order');
SELECT is_empty(format($$ SELECT pg_temp.wrong(
        'SELECT customer_id, rollup(s) AS s FROM (SELECT customer_id, purchase_agg(occurred_at, amount) AS s FROM purchase GROUP BY 1, hashint8extended(row_number, %s) %% %s) q GROUP BY 1') $$,
    seed, parts), format('rollup of up to %s random parts = all rows', 2 * parts - 1))
FROM (VALUES (1, 1), (2, 2), (3, 5), (4, 50), (5, 1000000)) AS v (seed, parts);
SELECT is_empty($$ SELECT pg_temp.wrong('SELECT customer_id, a + b AS s
    FROM (SELECT customer_id, purchase_agg(occurred_at, amount) AS a FROM purchase WHERE row_number % 3 = 0 GROUP BY 1) q
    JOIN (SELECT customer_id, purchase_agg(occurred_at, amount) AS b FROM purchase WHERE row_number % 3 <> 0 GROUP BY 1) r USING (customer_id)') $$,
    '+ adds up');
SELECT is_empty(format($$ SELECT pg_temp.wrong(
    'SELECT r.customer_id%s AS customer_id, r.summary AS s FROM (SELECT purchase_book_agg(%s, occurred_at, %s) AS b FROM purchase) q, purchase_book_rows(q.b) r') $$,
    CASE id WHEN 'customer_id::text' THEN '::bigint' ELSE '' END, id, amount), format('purchase_book_agg(%s, timestamptz, %s) = plain SQL', id, amount))
FROM unnest(ARRAY['customer_id', 'customer_id::text']) AS id, unnest(ARRAY['amount', 'amount::float8']) AS amount;
SELECT is_empty($$ SELECT pg_temp.wrong(
    'SELECT plain.customer_id, r.summary AS s FROM (SELECT purchase_book_agg(md5(customer_id::text)::uuid, occurred_at, amount) AS b FROM purchase) q, purchase_book_rows(q.b) r
        JOIN plain ON md5(plain.customer_id::text)::uuid = r.customer_id') $$, 'purchase_book_agg(uuid, ...) = plain SQL');
SELECT is_empty($$ SELECT pg_temp.wrong(
    'SELECT r.customer_id, r.summary AS s FROM (SELECT rollup(b) AS b FROM (
        SELECT purchase_book_agg(customer_id, occurred_at, amount) AS b FROM purchase GROUP BY row_number % 13) p) q, purchase_book_rows(q.b) r') $$,
    'rollup of 13 books = plain SQL');

-- A date is that day in UTC, whatever the session's time zone.
CREATE TEMP TABLE zone AS SELECT unnest(ARRAY['UTC', 'Pacific/Kiritimati', 'America/Los_Angeles', 'Asia/Kathmandu']) AS name;
CREATE FUNCTION pg_temp.in_zone(zone text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    PERFORM set_config('timezone', zone, true);
    SELECT md5(string_agg(concat_ws('|', d::text, t::text, purchase_recency_days(t, timestamptz '2030-01-01 00:00+00'),
        purchase_repeat(t, timestamptz '2022-01-01 00:00+00', '7 days')), ',' ORDER BY customer_id)) INTO result
    FROM (SELECT customer_id, purchase_agg((occurred_at AT TIME ZONE 'UTC')::date, amount) AS d, purchase_agg(occurred_at, amount) AS t
          FROM purchase GROUP BY 1) q;
    PERFORM set_config('timezone', 'UTC', true);
    RETURN result;
END
$$;
SELECT is((SELECT count(DISTINCT pg_temp.in_zone(name)) FROM zone), 1::bigint, 'the time zone of the session changes nothing');
SELECT is(purchase_agg('2024-02-29'::date, 1.0)::text, purchase_agg('2024-02-29 00:00+00'::timestamptz, 1.0)::text, 'a date is the start of its UTC day');
SELECT is(purchase_days(purchase_agg(at, 1)), 2::bigint, 'midnight in UTC starts a day')
FROM unnest(ARRAY['2024-02-29 23:59:59.999999+00', '2024-03-01 00:00+00']::timestamptz[]) AS at;

-- Degenerate input.
SELECT results_eq($$ SELECT purchase_count(s), purchase_days(s), purchase_skipped(s), purchase_first(s), purchase_last(s), purchase_revenue(s),
        purchase_refunds(s), purchase_average(s), purchase_average(s, 'day'), purchase_average(s, 'repeat_day'), purchase_recency_days(s, '2030-01-01'::date),
        purchase_repeat(s, '2030-01-01'::date) IS NULL
    FROM (SELECT purchase_agg(occurred_at, amount) AS s FROM purchase WHERE false) q $$,
    $$ VALUES (0::bigint, 0::bigint, 0::bigint, NULL::timestamptz, NULL::timestamptz, NULL::float8, NULL::float8, NULL::float8, NULL::float8, NULL::float8, NULL::integer, true) $$,
    'no rows: an empty summary');
SELECT results_eq($$ SELECT purchase_count(s), purchase_skipped(s), purchase_first(s), purchase_revenue(s)
    FROM (SELECT purchase_agg(NULL::timestamptz, NULL::numeric) AS s FROM generate_series(1, 3)) q $$,
    $$ VALUES (0::bigint, 3::bigint, NULL::timestamptz, NULL::float8) $$, 'rows with NULL are skipped and counted');
SELECT results_eq($$ SELECT purchase_count(s), purchase_days(s), purchase_first(s), purchase_last(s), purchase_revenue(s), purchase_refunds(s), purchase_recency_days(s, '2030-01-01'::date)
    FROM (SELECT purchase_agg('2024-01-01'::date + i, -5.0) AS s FROM generate_series(1, 3) i) q $$,
    $$ VALUES (0::bigint, 0::bigint, NULL::timestamptz, NULL::timestamptz, -15::float8, 15::float8, NULL::integer) $$, 'refunds alone are no purchase');
SELECT results_eq($$ SELECT purchase_count(s), purchase_days(s), purchase_revenue(s), purchase_average(s), purchase_average(s, 'repeat_day')
    FROM (SELECT purchase_agg('2024-01-01'::date, 0.0) AS s) q $$, $$ VALUES (1::bigint, 1::bigint, 0::float8, 0::float8, NULL::float8) $$,
    'an amount of 0 is a purchase, and a first day has no repeat');
SELECT results_eq($$ SELECT purchase_count(s), purchase_days(s), purchase_revenue(s)
    FROM (SELECT purchase_agg('2000-01-01'::timestamptz + i * interval '7 hours', 0.01) AS s FROM generate_series(1, 100000) i) q $$,
    $$ VALUES (100000::bigint, (SELECT count(DISTINCT ('2000-01-01'::timestamptz + i * interval '7 hours')::date) FROM generate_series(1, 100000) i), 1000::float8) $$,
    'a customer with 100,000 purchases, right to the cent');

-- What is refused: SQLSTATE 22023 or 22008, with a message that names the argument.
SELECT is((SELECT state FROM pg_temp.refusal('SELECT ' || call)), expected, call || ' is refused')
FROM (VALUES
    ('purchase_agg(now(), ''NaN''::float8)', '22023'), ('purchase_agg(now(), ''Infinity''::float8)', '22023'), ('purchase_agg(now(), ''-Infinity''::float8)', '22023'),
    ('purchase_agg(now(), ''NaN''::numeric)', '22023'), ('purchase_agg(now(), ''Infinity''::numeric)', '22023'),
    ('purchase_agg(''infinity''::timestamptz, 1.0)', '22023'), ('purchase_agg(''-infinity''::date, 1.0)', '22023'),
    ('purchase_book_agg(1, now(), ''NaN''::float8)', '22023'), ('purchase_book_agg(1, ''infinity''::timestamptz, 1.0)', '22023'),
    ('purchase_book_agg(''a''::text, ''-infinity''::date, 1.0)', '22023'),
    ('purchase_average(purchase_agg(now(), 1.0), ''week'')', '22023'),
    ('purchase_repeat(purchase_agg(now(), 1.0), now(), ''1 month'')', '22023'), ('purchase_repeat(purchase_agg(now(), 1.0), now(), ''1 year'')', '22023'),
    ('purchase_repeat(purchase_agg(now(), 1.0), now(), ''0 days'')', '22023'), ('purchase_repeat(purchase_agg(now(), 1.0), now(), ''-1 day'')', '22023'),
    ('purchase_recency_days(purchase_agg(now(), 1.0), ''infinity''::timestamptz)', '22023'),
    ('count(*) FROM simulate_purchases(-1)', '22023')) AS v (call, expected);
SELECT ok((SELECT has_hint FROM pg_temp.refusal('SELECT purchase_repeat(purchase_agg(now(), 1.0), now(), ''1 month'')')), 'months as unit: a HINT says what to do');

-- As_of in the past: later purchases are left out.
SELECT results_eq($$ SELECT (r).x, (r).t_x, (r).t FROM (SELECT purchase_repeat(s, as_of, '1 day') AS r
    FROM (SELECT purchase_agg('2024-01-01'::date + d, 1.0) AS s FROM unnest(ARRAY[0, 0, 10, 20, 40]) d) q, unnest(ARRAY['2024-01-01', '2024-01-15', '2024-03-01']::date[]) as_of) q $$,
    $$ VALUES (0::float8, 0::float8, 0::float8), (1, 10, 14), (3, 40, 60) $$, 'purchase_repeat as of a day in the history');

-- As a window aggregate: a state that is asked goes on growing.
SELECT is_empty($$
    SELECT i FROM (SELECT i, purchase_agg('2024-01-01'::date + (i / 2)::integer, i) OVER (ORDER BY i) AS s,
                       purchase_book_agg(i % 3, '2024-01-01'::date + (i / 2)::integer, i) OVER (ORDER BY i) AS b FROM generate_series(0, 200) AS i) q
    WHERE purchase_count(s) <> i + 1 OR purchase_days(s) <> i / 2 + 1 OR purchase_revenue(s) <> i * (i + 1) / 2
       OR (SELECT sum(purchase_count(summary)) FROM purchase_book_rows(b)) <> i + 1
$$, 'running histories');
SELECT is_empty($$
    SELECT i FROM (SELECT i, rollup(s) OVER (ORDER BY i ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving
                   FROM (SELECT i, purchase_agg('2024-01-01'::date + i, 1.0) AS s FROM generate_series(1, 50) i GROUP BY i) q) q
    WHERE purchase_count(moving) <> least(i, 3)
$$, 'a moving rollup');
-- Two aggregates share a state.
SELECT is((SELECT purchase_agg(occurred_at, amount)::text = purchase_agg(occurred_at, amount)::text
              AND purchase_book_agg(customer_id, occurred_at, amount)::text = purchase_book_agg(customer_id, occurred_at, amount)::text FROM purchase), true,
    'an aggregate asked twice');

-- Text and jsonb.
SELECT is_empty($$ SELECT customer_id FROM (SELECT customer_id, purchase_agg(occurred_at, amount) AS s FROM purchase GROUP BY 1) q
    WHERE s::text::purchase_summary::text <> s::text OR NOT pg_temp.near((s::text::purchase_summary::jsonb ->> 'revenue')::float8, purchase_revenue(s)) $$,
    'text of a summary is the summary');
SELECT is_empty($$ SELECT 1 FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS b FROM purchase) q WHERE b::text::purchase_book::text <> b::text $$,
    'text of a book is the book');

-- Books.
SELECT is((SELECT purchase_book_count(purchase_book_agg(customer_id, occurred_at, amount)) FROM purchase), (SELECT count(DISTINCT customer_id) FROM purchase),
    'a book counts its customers');
SELECT set_eq($$ SELECT r.customer_id FROM (SELECT purchase_book_without(purchase_book_agg(customer_id, occurred_at, amount), 5) AS b FROM purchase) q, purchase_book_rows(b) r $$,
    'SELECT DISTINCT customer_id FROM purchase WHERE customer_id <> 5', 'a customer is taken out of a book');
SELECT is((SELECT purchase_book_without(purchase_book_agg(customer_id, occurred_at, amount), -1)::text FROM purchase),
    (SELECT purchase_book_agg(customer_id, occurred_at, amount)::text FROM purchase), 'a customer who is not in it changes nothing');
SELECT is((SELECT count(*) FROM (SELECT purchase_book_without(purchase_book_agg(1, now(), 1.0), 1) AS b) q, purchase_book_rows(b)), 0::bigint, 'the last one leaves an empty book');
SELECT is((SELECT purchase_book_count(purchase_book_agg(id, '2024-01-01'::date, 1.0)) FROM unnest(ARRAY['a', 'A', '', 'ä', repeat('x', 10000), ' a']) AS id), 6::bigint,
    'text ids are compared byte by byte');
SELECT results_eq($$ SELECT purchase_skipped(b), purchase_book_count(b) FROM (SELECT purchase_book_agg(id, at, amount) AS b
    FROM (VALUES (1, now(), 1.0), (NULL, now(), 1.0), (1, NULL, 1.0), (1, now(), NULL)) v (id, at, amount)) q $$, $$ VALUES (3::bigint, 1::bigint) $$,
    'a book counts what it skips');
SET LOCAL customer_data.max_book_memory = '1MB';
SELECT is((SELECT state IN ('53200', '54000') AND has_hint FROM pg_temp.refusal('SELECT purchase_book_count(purchase_book_agg(i, ''2024-01-01''::date, 1.0)) FROM generate_series(1, 100000) i')),
    true, 'a book larger than customer_data.max_book_memory is refused, with a HINT');
RESET customer_data.max_book_memory;

-- Hostile text of every type.
CREATE TEMP TABLE attacked AS
    SELECT v.type, h.*
    FROM (SELECT purchase_agg(occurred_at, amount)::text AS s, purchase_book_agg(customer_id, occurred_at, amount)::text AS b,
              purchase_book_agg(md5(customer_id::text)::uuid, occurred_at, amount)::text AS u, purchase_book_agg(customer_id::text, occurred_at, amount)::text AS t
          FROM purchase WHERE customer_id BETWEEN 4 AND 6) q,
        LATERAL (VALUES
            ('purchase_summary', s, ARRAY['SELECT $1::text', 'SELECT $1::jsonb', 'SELECT $1 + $1', 'SELECT purchase_repeat($1, now())', 'SELECT purchase_average($1, ''repeat_day'')',
                'SELECT purchase_recency_days($1, now())', 'SELECT purchase_first($1), purchase_last($1)', 'SELECT rfm_score($1, now()) OVER ()']),
            ('purchase_book', b, ARRAY['SELECT $1::text', 'SELECT count(summary::jsonb) FROM purchase_book_rows($1)', 'SELECT rollup(v) FROM (SELECT $1 AS v UNION ALL SELECT $1) q',
                'SELECT purchase_book_without($1, 5)', 'SELECT count(*) FROM rfm_table($1, now())', 'SELECT count(*) FROM rfm_segment_summary($1, now())']),
            ('purchase_book_uuid', u, ARRAY['SELECT $1::text', 'SELECT count(summary::jsonb) FROM purchase_book_rows($1)', 'SELECT rollup(v) FROM (SELECT $1 AS v UNION ALL SELECT $1) q',
                'SELECT count(*) FROM rfm_table($1, now())']),
            ('purchase_book_text', t, ARRAY['SELECT $1::text', 'SELECT count(summary::jsonb) FROM purchase_book_rows($1)', 'SELECT rollup(v) FROM (SELECT $1 AS v UNION ALL SELECT $1) q',
                'SELECT purchase_book_without($1, ''5'')', 'SELECT count(*) FROM rfm_table($1, now())'])) AS v (type, value, uses),
        LATERAL pg_temp.hostile(v.type, v.value, v.uses) h;
SELECT is(wrong, '', format('hostile text of %s: %s refused, %s taken for values and used', type, refused, accepted)) FROM attacked;
SELECT cmp_ok(refused, '>', 200::bigint, format('most of it is refused for %s', type)) FROM attacked;
SELECT cmp_ok(accepted, '>', 10::bigint, 'and some is another value') FROM attacked;

SELECT * FROM finish();
ROLLBACK;
