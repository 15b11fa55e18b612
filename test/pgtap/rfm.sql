-- Properties of RFM scores: all forms agree, ties score the same, classes are even, and limits are told.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
\ir include/attack.sql

-- Samples with many ties, few, none, one row, all equal, values of every magnitude.
CREATE TEMP TABLE measured AS
    SELECT name, i, recency_days::float8, frequency::float8, monetary::float8
    FROM generate_series(1, 997) AS i, LATERAL (SELECT hashint8extended(i, 3) & 1073741823 AS h) q,
        LATERAL (VALUES
            ('many ties', h % 30, 1 + h % 7, (h >> 5) % 12),
            ('no ties', (i * 373) % 997, (i * 619) % 997, (i * 101) % 997),
            ('skewed', floor(exp(ln(1 + h % 5000) * 0.9)), 1 + floor(exp((h >> 12) % 100 / 20.0)), (h >> 3) / 100.0),
            ('all equal', 7, 1, 10),
            ('wide', h, 1 + (h >> 20), (h - 500000000) * 1e200)) AS v (name, recency_days, frequency, monetary)
    UNION ALL VALUES ('one row', 1, 3::float8, 1::float8, 20::float8)
    UNION ALL VALUES ('two rows', 1, 3::float8, 1::float8, 20::float8), ('two rows', 2, 4, 1, 10)
    UNION ALL SELECT 'more bins than rows', i, i, i, i FROM generate_series(1, 4) i;

-- dense by ranks of plain SQL.
CREATE FUNCTION pg_temp.dense(bins integer) RETURNS TABLE (name text, i integer, r bigint, f bigint, m bigint) LANGUAGE sql AS $$
    SELECT name, i, 1 + bins * (2 * (rank() OVER r - 1) + count(*) OVER re - 1) / (2 * count(*) OVER d),
        1 + bins * (2 * (rank() OVER f - 1) + count(*) OVER fe - 1) / (2 * count(*) OVER d),
        1 + bins * (2 * (rank() OVER m - 1) + count(*) OVER me - 1) / (2 * count(*) OVER d)
    FROM measured
    WINDOW d AS (PARTITION BY name),
        r AS (PARTITION BY name ORDER BY recency_days DESC), re AS (PARTITION BY name, recency_days),
        f AS (PARTITION BY name ORDER BY frequency), fe AS (PARTITION BY name, frequency),
        m AS (PARTITION BY name ORDER BY monetary), me AS (PARTITION BY name, monetary)
$$;
-- quantile as the R package has it: cuts are type-7 quantiles + 1; a class holds low <= x < high.
CREATE FUNCTION pg_temp.quantile(bins integer) RETURNS TABLE (name text, i integer, r bigint, f bigint, m bigint) LANGUAGE sql AS $$
    WITH cut AS (
        SELECT name, array_agg(r ORDER BY k) AS r, array_agg(f ORDER BY k) AS f, array_agg(m ORDER BY k) AS m
        FROM (SELECT name, k, percentile_cont(k / bins::float8) WITHIN GROUP (ORDER BY recency_days) + 1 AS r,
                  percentile_cont(k / bins::float8) WITHIN GROUP (ORDER BY frequency) + 1 AS f, percentile_cont(k / bins::float8) WITHIN GROUP (ORDER BY monetary) + 1 AS m
              FROM measured, generate_series(1, bins - 1) AS k GROUP BY 1, 2) q GROUP BY 1)
    SELECT name, i, bins - (SELECT count(*) FROM unnest(cut.r) c WHERE c <= recency_days), 1 + (SELECT count(*) FROM unnest(cut.f) c WHERE c <= frequency),
        1 + (SELECT count(*) FROM unnest(cut.m) c WHERE c <= monetary)
    FROM measured JOIN cut USING (name)
$$;
CREATE FUNCTION pg_temp.forms(bins integer, method text) RETURNS TABLE (form text, name text, i integer, score rfm_score) LANGUAGE sql AS $$
    SELECT 'window', name, i, rfm_score(recency_days, frequency, monetary, bins, method) OVER (PARTITION BY name) FROM measured
    UNION ALL
    SELECT 'cut points', name, i, rfm_score(b, recency_days, frequency, monetary)
    FROM measured JOIN (SELECT name, rfm_bins(rfm_agg(recency_days, frequency, monetary), bins, method) AS b FROM measured GROUP BY 1) q USING (name)
    UNION ALL
    SELECT 'cut points of parts', name, i, rfm_score(b, recency_days, frequency, monetary)
    FROM measured JOIN (SELECT name, rfm_bins(rollup(s), bins, method) AS b
        FROM (SELECT name, rfm_agg(recency_days, frequency, monetary) AS s FROM measured GROUP BY 1, i % 7) p GROUP BY 1) q USING (name)
    UNION ALL
    -- Cut points that were stored as text, the way a dump does.
    SELECT 'stored cut points', name, i, rfm_score(b::rfm_bins, recency_days, frequency, monetary)
    FROM measured JOIN (SELECT name, rfm_bins(rfm_agg(recency_days, frequency, monetary)::text::rfm_summary, bins, method)::text AS b FROM measured GROUP BY 1) q USING (name)
$$;
SELECT is_empty(format($$
    SELECT form, name, i, score, r, f, m FROM pg_temp.forms(%1$s, 'dense') JOIN pg_temp.dense(%1$s) USING (name, i)
    WHERE ((score).recency, (score).frequency, (score).monetary) IS DISTINCT FROM (r::smallint, f::smallint, m::smallint)
       OR (score).code IS DISTINCT FROM CASE WHEN %1$s > 9 THEN r || '-' || f || '-' || m ELSE r || '' || f || m END
$$, bins), format('dense, %s bins: every form has the scores of the definition', bins))
FROM unnest(ARRAY[2, 3, 5, 7, 9, 10, 100]) AS bins;
SELECT is_empty(format($$
    SELECT form, name, i, score, r, f, m FROM pg_temp.forms(%1$s, 'quantile') JOIN pg_temp.quantile(%1$s) USING (name, i)
    WHERE ((score).recency, (score).frequency, (score).monetary) IS DISTINCT FROM (r::smallint, f::smallint, m::smallint)
$$, bins), format('quantile, %s bins: every form has the scores of the definition', bins))
FROM unnest(ARRAY[2, 3, 5, 10, 100]) AS bins;
SELECT is_empty(format($$
    SELECT (score).monetary, count(*) FROM pg_temp.forms(%s, 'dense') WHERE form = 'window' AND name = 'no ties' GROUP BY 1
    HAVING count(*) NOT BETWEEN 997 / %1$s AND 997 / %1$s + 1
$$, bins), format('dense, %s bins: without ties, classes differ by at most one', bins))
FROM unnest(ARRAY[2, 5, 10, 100]) AS bins;
SELECT is_empty(format($$
    SELECT name, method FROM (SELECT name, method, pg_column_size(rfm_bins(rfm_agg(recency_days, frequency, monetary), 5, method)) AS size
        FROM measured, unnest(ARRAY['dense', 'quantile']) AS method GROUP BY 1, 2) q WHERE size > 1024
$$), 'cut points are below 1 kB');

-- Summaries: any parts, any order, text.
SELECT is_empty($$ SELECT name FROM (SELECT name, rfm_agg(recency_days, frequency, monetary)::text AS a, rfm_agg(recency_days, frequency, monetary ORDER BY hashint4(i))::text AS b
        FROM measured GROUP BY 1) q WHERE a <> b $$, 'a summary does not depend on the order of rows');
SELECT is_empty($$ SELECT name FROM (SELECT name, rfm_customers(rfm_agg(recency_days, frequency, monetary)) AS n, count(*) AS c FROM measured GROUP BY 1) q WHERE n <> c $$,
    'a summary counts its customers');
SELECT results_eq($$ SELECT rfm_customers(s), rfm_skipped(s), rfm_bins(s) IS NULL FROM (SELECT rfm_agg(1, 1, 1) AS s WHERE false) q $$,
    $$ VALUES (0::bigint, 0::bigint, true) $$, 'no rows: an empty summary, and no cut points');
SELECT results_eq($$ SELECT rfm_customers(s), rfm_skipped(s) FROM (SELECT rfm_agg(r, f, m) AS s FROM (VALUES (1, 1, 1), (NULL, 1, 1), (1, NULL, 1), (1, 1, NULL)) v (r, f, m)) q $$,
    $$ VALUES (1::bigint, 3::bigint) $$, 'rows with NULL are skipped and counted');
SELECT is_empty($$ SELECT i FROM (SELECT i, rfm_agg(i, i, i) OVER (ORDER BY i) AS s FROM generate_series(1, 300) i) q WHERE rfm_customers(s) <> i $$,
    'a running summary');
SELECT is_empty($$
    WITH scored AS (SELECT i, rfm_score(recency_days, frequency, NULLIF(monetary, 3)) OVER () AS score, monetary FROM measured WHERE name = 'many ties')
    SELECT * FROM scored WHERE (monetary = 3) <> (score IS NULL)
$$, 'a row with NULL has no score');
SELECT is_empty($$
    SELECT i FROM (SELECT i, rfm_score(recency_days, frequency, NULLIF(monetary, 3)) OVER () AS a, monetary FROM measured WHERE name = 'many ties') x
    JOIN (SELECT i, rfm_score(recency_days, frequency, monetary) OVER () AS b FROM measured WHERE name = 'many ties' AND monetary <> 3) y USING (i) WHERE a <> b
$$, 'and does not change the scores of others');

-- Each row has its own as_of; bins and method belong to the partition.
CREATE TEMP TABLE dated AS
    SELECT i, i % 3 AS part, purchase_agg(day, amount) AS s, max(as_of) AS as_of, max((as_of - day)::float8) AS recency_days, sum(amount) AS revenue
    FROM (SELECT i, date '2024-01-01' + (i * 37) % 300 AS day, date '2025-01-01' + (i * 91) % 400 AS as_of, 1.0 * (i * 7 % 50) + 1 AS amount
          FROM generate_series(1, 2500) i) q GROUP BY i;
SELECT is_empty(format($$
    SELECT * FROM (SELECT i, rfm_score(s, as_of%1$s) OVER w AS seen, rfm_score(recency_days, 1, revenue) OVER w AS expected
        FROM dated WINDOW w AS (PARTITION BY part)) q WHERE seen IS DISTINCT FROM expected
$$, at), format('as_of%s differs from row to row: scores of the recencies by hand', at))
FROM unnest(ARRAY['', '::timestamp AT TIME ZONE ''UTC'' + ''23:59''']) AS at;
SELECT is_empty(format($$
    SELECT * FROM (SELECT i, rfm_score(s, %1$s) OVER () AS seen, rfm_score((%1$s - as_of) + recency_days, 1, revenue) OVER () AS expected FROM dated) q
    WHERE seen IS DISTINCT FROM expected
$$, as_of), format('as_of is %s', as_of))
FROM unnest(ARRAY['date ''2026-03-01''', 'current_date', '(SELECT max(as_of) FROM dated)']) AS as_of;
SELECT is_empty($$
    SELECT * FROM (SELECT i, rfm_score(s, CASE WHEN i % 5 > 0 THEN as_of END) OVER () AS seen,
            rfm_score(CASE WHEN i % 5 > 0 THEN recency_days END, 1, revenue) OVER () AS expected FROM dated) q
    WHERE seen IS DISTINCT FROM expected OR (seen IS NULL) <> (i % 5 = 0)
$$, 'a row without as_of has no score, and does not change the scores of others');
SELECT is((SELECT count(score) FROM (SELECT rfm_score(s, NULL::date) OVER () AS score FROM dated) q), 0::bigint, 'no as_of at all: no scores');
SELECT is_empty($$
    SELECT * FROM (SELECT i, part, rfm_score(s, as_of, part + 2, CASE part WHEN 0 THEN 'dense' ELSE 'quantile' END) OVER (PARTITION BY part) AS seen FROM dated) q
    JOIN (SELECT i, rfm_score(recency_days, 1, revenue, 2) OVER w AS two, rfm_score(recency_days, 1, revenue, 3, 'quantile') OVER w AS three,
              rfm_score(recency_days, 1, revenue, 4, 'quantile') OVER w AS four
          FROM dated WINDOW w AS (PARTITION BY part)) p USING (i)
    WHERE seen IS DISTINCT FROM CASE part WHEN 0 THEN two WHEN 1 THEN three ELSE four END
$$, 'each partition has its bins and method');
SELECT is((SELECT (state, has_hint) FROM pg_temp.refusal(format('SELECT rfm_score(%s) OVER () FROM dated', arguments))), ('22023'::text, true),
    format('rfm_score(%s) is refused, with a HINT', arguments))
FROM unnest(ARRAY['recency_days, 1, revenue, 5 + part', 's, as_of, 5 + part', 's, as_of, CASE WHEN i < 2000 THEN 5 END',
    'recency_days, 1, revenue, 5, CASE part WHEN 2 THEN ''quantile'' ELSE ''dense'' END', 's, as_of, 5, CASE WHEN i < 2000 THEN ''dense'' END']) AS arguments;
SELECT throws_ok('SELECT rfm_score(recency_days, 1, revenue, 5 + part) OVER () FROM dated', '22023',
    'bins and method must be the same for all rows of a partition', 'and says why');

-- Fixed cut points: a value belongs to the class whose smallest value is not above it.
SELECT results_eq($$ SELECT (rfm_score(b, r, f, m)).code FROM rfm_bins(ARRAY[30, 90], ARRAY[2, 5], ARRAY[50, 200]) b,
    (VALUES (0::float8, 10::float8, 500::float8), (29.9, 5, 200), (30, 4, 199), (90, 1, 0)) v (r, f, m) $$,
    $$ VALUES ('333'), ('333'), ('222'), ('111') $$, 'fixed cut points');

-- A generated column gives every row its score.
CREATE TEMP TABLE generated (recency_days float8, frequency float8, monetary float8,
    score rfm_score GENERATED ALWAYS AS (rfm_score(rfm_bins(ARRAY[30, 90], ARRAY[2, 5], ARRAY[50, 200]), recency_days, frequency, monetary)) STORED);
INSERT INTO generated VALUES (10, 5, 40), (100, 1, 1000), (NULL, 1, 1);
SELECT results_eq('SELECT (score).code FROM generated', $$ VALUES ('331'), ('113'), (NULL) $$, 'a generated column');

-- What is refused, and the HINT that says what to do.
SELECT is((SELECT (state, has_hint) FROM pg_temp.refusal('SELECT ' || call)), ('22023'::text, true), call || ' is refused, with a HINT')
FROM unnest(ARRAY['rfm_score(1, 1, 1, 1) OVER ()', 'rfm_score(1, 1, 1, 0) OVER ()', 'rfm_score(1, 1, 1, -5) OVER ()', 'rfm_score(1, 1, 1, 101) OVER ()',
    'rfm_score(1, 1, 1, 5, ''other'') OVER ()', 'rfm_bins(rfm_agg(1, 1, 1), 1)', 'rfm_bins(rfm_agg(1, 1, 1), 101)', 'rfm_bins(rfm_agg(1, 1, 1), 5, '''')',
    'rfm_table(purchase_book_agg(1, now(), 1.0), now(), 1)', 'rfm_table(purchase_book_agg(1, now(), 1.0), now(), 5, ''other'')',
    'rfm_segment(ROW(7, 7, 7, ''777'')::rfm_score)', 'rfm_segment_summary(purchase_book_agg(1, now(), 1.0), now(), 10)']) AS call;
SELECT is((SELECT state FROM pg_temp.refusal('SELECT ' || call)), '22023', call || ' is refused')
FROM unnest(ARRAY['rfm_score(''NaN'', 1, 1) OVER ()', 'rfm_score(1, ''Infinity'', 1) OVER ()', 'rfm_score(1, 1, ''-Infinity'') OVER ()',
    'rfm_agg(''NaN'', 1, 1)', 'rfm_agg(1, ''Infinity'', 1)', 'rfm_agg(1, 1, ''-Infinity'')',
    'rfm_score(rfm_bins(rfm_agg(1, 1, 1)), ''NaN'', 1, 1)', 'rfm_bins(ARRAY[3, 2], ARRAY[1, 2], ARRAY[1, 2])', 'rfm_bins(ARRAY[1, NULL], ARRAY[1, 2], ARRAY[1, 2])',
    'rfm_bins(ARRAY[1, ''NaN''::float8], ARRAY[1, 2], ARRAY[1, 2])', 'rfm_bins(ARRAY[]::float8[], ARRAY[]::float8[], ARRAY[]::float8[])',
    'rfm_score(purchase_agg(now(), 1.0), ''infinity''::timestamptz) OVER ()', 'rfm_score(purchase_agg(now(), 1.0), CASE WHEN count(*) > 0 THEN ''infinity''::date END) OVER ()']) AS call;
SELECT is((SELECT (state, has_hint) FROM pg_temp.refusal('SELECT rfm_segment(ROW(5, 5, 5, ''555'')::rfm_score, ''nowhere'')')) IN (('42704'::text, true), ('55000', true)), true,
    'an unknown rule set is refused, with a HINT');

-- Segments: first match wins, in the order of the user's rules; no match is Others.
CREATE TEMP TABLE every_score AS
    SELECT ROW(r, f, m, r::text || f || m)::rfm_score AS score FROM generate_series(1, 5) r, generate_series(1, 5) f, generate_series(1, 5) m;
SELECT is_empty(format($$
    SELECT score FROM every_score e
    LEFT JOIN LATERAL (SELECT segment FROM rfm_segment_rules(%1$L) WHERE (score).recency BETWEEN recency_low AND recency_high
        AND (score).frequency BETWEEN frequency_low AND frequency_high AND (score).monetary BETWEEN monetary_low AND monetary_high ORDER BY rule_number LIMIT 1) l ON true
    WHERE rfm_segment(score, %1$L) IS DISTINCT FROM coalesce(segment, 'Others')
$$, rules), format('%s: every score has the segment of the first rule that matches', rules))
FROM unnest(ARRAY['classic', 'r_rfm']) AS rules;
SELECT set_eq('SELECT score, rfm_segment(score) FROM every_score', $$ SELECT score, rfm_segment(score, 'classic') FROM every_score $$, 'without a name, the rules are classic');
SELECT is((SELECT count(DISTINCT segment) FROM rfm_segment_rules('classic')), 10::bigint, 'there are ten classic segments');
SELECT rfm_setup();
INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment, recency_low, recency_high) VALUES
    ('mine', 20, 'Recent', 4, 5), ('mine', 10, 'Newest', 5, 5), ('mine', 30, 'Middle', 2, 3);
SELECT results_eq($$ SELECT rfm_segment(ROW(r, 1, 1, '')::rfm_score, 'mine') FROM generate_series(1, 5) r $$,
    $$ VALUES ('Others'), ('Middle'), ('Middle'), ('Recent'), ('Newest') $$, 'own rules are tried in the order of their numbers');

-- Hostile text of every type.
CREATE TEMP TABLE attacked AS
    SELECT v.type, h.*
    FROM (SELECT s::text AS s, rfm_bins(s)::text AS b FROM (SELECT rfm_agg(recency_days, frequency, monetary) AS s FROM measured WHERE name = 'skewed' AND i < 40) q) q,
        LATERAL (VALUES
            ('rfm_summary', s, ARRAY['SELECT $1::text', 'SELECT rfm_bins($1)', 'SELECT rfm_bins($1, 100, ''quantile'')', 'SELECT rfm_customers($1), rfm_skipped($1)',
                'SELECT rollup(v) FROM (SELECT $1 AS v UNION ALL SELECT $1) q']),
            ('rfm_bins', b, ARRAY['SELECT $1::text', 'SELECT * FROM rfm_thresholds($1)', 'SELECT rfm_score($1, 1, 1, 1)', 'SELECT rfm_score($1, 1e300, -1e300, 0)'])) AS v (type, value, uses),
        LATERAL pg_temp.hostile(v.type, v.value, v.uses) h;
SELECT is(wrong, '', format('hostile text of %s: %s refused, %s taken for values and used', type, refused, accepted)) FROM attacked;
SELECT cmp_ok(refused, '>', 100::bigint, format('most of it is refused for %s', type)) FROM attacked;
SELECT cmp_ok(accepted, '>', 10::bigint, 'and some is another value') FROM attacked;

SELECT * FROM finish();
ROLLBACK;
