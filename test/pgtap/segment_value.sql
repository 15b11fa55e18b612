-- Value classes, concentration, age bands, distances and lifecycle stages: each against plain SQL, and what is refused.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
\ir include/attack.sql

-- Amounts in whole cents, so that numeric is exact; many ties, few, none, one row, zeros, one that has nearly all.
CREATE TEMP TABLE amount AS
    SELECT name, i, cents / 100 AS value
    FROM generate_series(1, 997) AS i, LATERAL (SELECT hashint8extended(i, 3) & 1073741823 AS h) q,
        LATERAL (VALUES
            ('many ties', (h % 7 * 100)::numeric),
            ('no ties', ((i * 373) % 997 + 1)::numeric),
            ('skewed', floor(exp(ln(1 + h % 5000) * 1.5))::numeric),
            ('all equal', 1999::numeric),
            ('mostly zero', CASE WHEN i % 10 = 0 THEN h % 100 ELSE 0 END::numeric)) AS v (name, cents)
    UNION ALL VALUES ('one row', 1, 20.0), ('one has nearly all', 1, 1000.0), ('one has nearly all', 2, 3), ('one has nearly all', 3, 2),
        ('cuts are just reached', 1, 0.5), ('cuts are just reached', 2, 0.3), ('cuts are just reached', 3, 0.15), ('cuts are just reached', 4, 0.05);

-- abc_class: number of cuts that the share of the running total, ties included, exceeds; the largest value is in A.
CREATE FUNCTION pg_temp.abc(cuts numeric[]) RETURNS TABLE (name text, i integer, class text) LANGUAGE sql AS $$
    SELECT name, i, chr(65 + CASE WHEN value = max(value) OVER d THEN 0
        ELSE (SELECT count(*)::int FROM unnest(cuts) AS cut WHERE running > cut * total) END)
    FROM (SELECT name, i, value, sum(value) OVER (PARTITION BY name ORDER BY value DESC) AS running, sum(value) OVER (PARTITION BY name) AS total
          FROM amount) q
    WINDOW d AS (PARTITION BY name)
$$;
SELECT is_empty(format($$
    SELECT * FROM (SELECT name, i, abc_class(value%2$s, %1$L) OVER (PARTITION BY name) AS seen FROM amount) s JOIN pg_temp.abc(%1$L) USING (name, i)
    WHERE seen IS DISTINCT FROM class
$$, cuts, cast_to), format('abc_class of value%s by %s: the classes of the definition', cast_to, cuts))
FROM unnest(ARRAY['{0.8,0.95}', '{0.5}', '{0.7,0.9}', '{0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9}']) AS cuts, unnest(ARRAY['', '::float8']) AS cast_to;
SELECT results_eq($$ SELECT name, string_agg(class, '' ORDER BY i) FROM (SELECT name, i, abc_class(value) OVER (PARTITION BY name) AS class FROM amount) q
    WHERE name IN ('one row', 'one has nearly all', 'cuts are just reached') GROUP BY 1 ORDER BY 1 $$,
    $$ VALUES ('cuts are just reached', 'AABC'), ('one has nearly all', 'ACC'), ('one row', 'A') $$, 'at the edges');
SELECT is_empty($$
    SELECT name, i FROM (SELECT name, i, abc_class(value) OVER (PARTITION BY name ORDER BY hashint4(i)) AS a, abc_class(value) OVER (PARTITION BY name ORDER BY i DESC ROWS 3 PRECEDING) AS b
        FROM amount) q WHERE a IS DISTINCT FROM b
$$, 'abc_class: neither order nor frame of the window matters');
SELECT is_empty($$
    SELECT i FROM (SELECT i, abc_class(CASE WHEN i % 3 > 0 THEN value END) OVER () AS a, i % 3 > 0 AS known FROM amount WHERE name = 'skewed') x
    LEFT JOIN (SELECT i, abc_class(value) OVER () AS b FROM amount WHERE name = 'skewed' AND i % 3 > 0) y USING (i)
    WHERE a IS DISTINCT FROM b OR (a IS NULL) = known
$$, 'abc_class: a row with NULL has no class, and does not change the classes of others');
SELECT is((SELECT count(class) FROM (SELECT abc_class(v) OVER () AS class FROM unnest('{0,0,NULL}'::float8[]) v) q), 0::bigint, 'abc_class: nothing to share, no classes');
SELECT is((SELECT string_agg(class, '') FROM (SELECT abc_class(26 - i, (SELECT array_agg(k / 26.0::float8 ORDER BY k) FROM generate_series(1, 25) k)) OVER () AS class
    FROM generate_series(0, 25) i) q) ~ '^A.*Z$', true, 'abc_class: up to 26 letters');
SELECT is_empty($$
    SELECT part FROM (SELECT part, abc_class(v, CASE part WHEN 1 THEN '{0.5}' ELSE '{0.8,0.95}'::float8[] END) OVER (PARTITION BY part) AS seen, v
        FROM generate_series(1, 2) part, unnest('{50,30,15,5}'::float8[]) v) q
    GROUP BY part HAVING string_agg(seen, '' ORDER BY v DESC) <> CASE part WHEN 1 THEN 'ABBB' ELSE 'AABC' END
$$, 'abc_class: each partition has its cuts');

-- Gini and Lorenz against their definitions.
CREATE FUNCTION pg_temp.gini() RETURNS TABLE (name text, gini float8) LANGUAGE sql AS $$
    SELECT name, (sum((2 * position - n - 1) * value) / nullif(max(n) * sum(value), 0))::float8
    FROM (SELECT name, value, row_number() OVER (PARTITION BY name ORDER BY value) AS position, count(*) OVER (PARTITION BY name) AS n FROM amount) q GROUP BY 1
$$;
SELECT is(gini_agg(v), 0.4::float8, 'Gini of 1, 2, 3, 4, 10 is 0.4') FROM unnest('{1,2,3,4,10}'::float8[]) v;
SELECT is(gini_agg(v), 0.4::float8, 'also of numeric') FROM unnest('{1,2,3,4,10}'::numeric[]) v;
SELECT is_empty($$
    SELECT name, form, seen, gini FROM pg_temp.gini() JOIN (
        SELECT name, 'gini_agg' AS form, gini_agg(value) AS seen FROM amount GROUP BY 1
        UNION ALL SELECT name, 'float8', gini_agg(value::float8) FROM amount GROUP BY 1
        UNION ALL SELECT name, 'lorenz_gini', lorenz_gini(lorenz_agg(value)) FROM amount GROUP BY 1
        UNION ALL SELECT name, 'parts', lorenz_gini(rollup(s)) FROM (SELECT name, lorenz_agg(value) AS s FROM amount GROUP BY 1, i % 7) p GROUP BY 1
        UNION ALL SELECT name, 'stored', lorenz_gini(lorenz_agg(value)::text::lorenz_summary) FROM amount GROUP BY 1) q USING (name)
    WHERE abs(seen - gini) > 1e-14 OR (seen IS NULL) <> (gini IS NULL)
$$, 'Gini: every form has the coefficient of the definition');
SELECT is_empty($$
    SELECT name, points, population_share, value_share FROM (SELECT name, lorenz_agg(value) AS s, array_agg(value ORDER BY value) AS sorted, sum(value) AS total, count(*) AS n FROM amount GROUP BY 1) q,
        unnest(ARRAY[1, 4, 10, 100]) AS points, lorenz(s, points),
        -- Linear between the shares of whole customers.
        LATERAL (SELECT sum(v * greatest(0, least(1, round(population_share::numeric * points) * n / points - (k - 1)))) / total AS expected FROM unnest(sorted) WITH ORDINALITY AS u (v, k)) e
    WHERE abs(value_share - expected) > 1e-12
$$, 'lorenz: the points of the definition');
SELECT results_eq($$ SELECT population_share, value_share FROM lorenz((SELECT lorenz_agg(v) FROM unnest('{1,2,3,4,10}'::float8[]) v), 5) $$,
    $$ VALUES (0::float8, 0::float8), (0.2, 0.05), (0.4, 0.15), (0.6, 0.3), (0.8, 0.5), (1, 1) $$, 'lorenz of 1, 2, 3, 4, 10');
SELECT is((SELECT count(*) FROM lorenz((SELECT lorenz_agg(v) FROM unnest('{1,2,3,4,10}'::float8[]) v))), 101::bigint, 'lorenz: 0 to 100 percent');
SELECT is(lorenz_top_share(lorenz_agg(v)), 0.5::float8, 'the top fifth has half') FROM unnest('{1,2,3,4,10}'::float8[]) v;
SELECT is(lorenz_top_share(lorenz_agg(v), 0.4), 0.7::float8, 'the top two of five have 14 of 20') FROM unnest('{1,2,3,4,10}'::float8[]) v;
-- The area between diagonal and curve is half the Gini coefficient: with n points the trapezoids are the curve itself.
SELECT is(round((1 - 2 * sum((value_share + before) / 2 * 0.2))::numeric, 12), 0.4, 'Gini is the area between diagonal and curve')
FROM (SELECT value_share, lag(value_share) OVER (ORDER BY population_share) AS before
      FROM lorenz((SELECT lorenz_agg(v) FROM unnest('{1,2,3,4,10}'::float8[]) v), 5)) q;
SELECT is_empty($$ SELECT name FROM (SELECT name, lorenz_agg(value)::text AS a, lorenz_agg(value::float8 ORDER BY hashint4(i))::text AS b FROM amount GROUP BY 1) q WHERE a <> b $$,
    'a summary depends neither on the order of rows nor on their type');
SELECT results_eq($$ SELECT lorenz_count(s), lorenz_skipped(s), lorenz_gini(s), lorenz_top_share(s), (SELECT count(*) FROM lorenz(s)) FROM (SELECT lorenz_agg(1.0) AS s WHERE false) q $$,
    $$ VALUES (0::bigint, 0::bigint, NULL::float8, NULL::float8, 0::bigint) $$, 'no rows: an empty summary, and nothing defined');
SELECT results_eq($$ SELECT lorenz_count(s), lorenz_skipped(s), lorenz_gini(s), (SELECT count(*) FROM lorenz(s)) FROM (SELECT lorenz_agg(v) AS s FROM unnest('{0,0,NULL}'::float8[]) v) q $$,
    $$ VALUES (2::bigint, 1::bigint, NULL::float8, 0::bigint) $$, 'nothing to share: nothing defined; NULL is skipped and counted');
SELECT is((SELECT gini_agg(v) FROM unnest('{}'::float8[]) v), NULL, 'gini_agg of no rows');
SELECT is_empty($$ SELECT i FROM (SELECT i, gini_agg(i) OVER (ORDER BY i) AS g FROM generate_series(1, 300) i) q WHERE abs(g - (i - 1) / (3.0 * i)) > 1e-14 $$,
    'a running Gini: 1 ... n has (n - 1) / (3 n)');

-- Parallel plans.
CREATE TEMP TABLE plain AS SELECT * FROM amount;
CREATE TABLE public.lorenz_parallel AS SELECT * FROM amount, generate_series(1, 20);
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 2;
ANALYZE public.lorenz_parallel;
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP plan := plan || line || E'\n'; END LOOP;
    RETURN plan;
END
$$;
SELECT matches(pg_temp.plan('SELECT lorenz_agg(value), gini_agg(value) FROM public.lorenz_parallel'), 'Partial Aggregate', 'the aggregates split');
CREATE TEMP TABLE parallel AS SELECT lorenz_agg(value)::text AS s, gini_agg(value) AS g FROM public.lorenz_parallel;
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT results_eq('SELECT lorenz_agg(value)::text, gini_agg(value) FROM public.lorenz_parallel', 'SELECT s, g FROM parallel', 'parallel is serial, to the bit');
DROP TABLE public.lorenz_parallel;

-- age_band against age() of the server.
SELECT is_empty($$
    SELECT birth, as_of FROM generate_series(date '1920-02-20', '2004-03-05', '1 day') AS b (birth_at), LATERAL (SELECT birth_at::date AS birth) x,
        unnest(ARRAY[date '2022-02-28', '2022-03-01', '2024-02-28', '2024-02-29', '2024-12-31', '2025-01-01']) AS as_of, LATERAL (SELECT extract(year FROM age(as_of, birth)) AS years) y
    WHERE age_band(birth, as_of) IS DISTINCT FROM CASE WHEN years < 18 THEN 'under 18' WHEN years < 25 THEN '18-24' WHEN years < 35 THEN '25-34' WHEN years < 45 THEN '35-44'
            WHEN years < 55 THEN '45-54' WHEN years < 65 THEN '55-64' ELSE '65+' END
       OR age_band_number(birth, as_of) IS DISTINCT FROM width_bucket(years, '{18,25,35,45,55,65}'::numeric[])
$$, 'age_band: the years of age()');
SELECT is(age_band(date '2004-02-29', as_of), band, format('born on 29 February, %s', as_of))
FROM (VALUES (date '2022-02-28', 'under 18'), ('2022-03-01', '18-24')) v (as_of, band);
SET LOCAL timezone = 'Pacific/Auckland';
SELECT is(age_band(date '2004-05-05', timestamptz '2022-05-04 23:59+00'), 'under 18', 'the UTC day of a time counts, whatever the session''s time zone');
SELECT is(age_band(date '2004-05-05', timestamptz '2022-05-05 00:00+00'), '18-24', 'and the next one');
SET LOCAL timezone = 'UTC';
SELECT results_eq($$ SELECT age_band(date '2024-01-01' - i * 366, date '2024-01-01', '{1,2,5}') FROM generate_series(0, 6) i $$,
    $$ VALUES ('under 1'), ('1'), ('2-4'), ('2-4'), ('2-4'), ('5+'), ('5+') $$, 'own edges');

-- distance_km
SELECT is(round(distance_km(0, 0, 1, 0)::numeric, 3), 111.195, 'a degree of latitude');
SELECT is(round(distance_km(52.52, 13.405, 52.52, 13.405)::numeric, 9), 0.000000000, 'no distance');
SELECT is(round(distance_km(36.12, -86.67, 33.94, -118.40)::numeric, 6), round(2887.25995060711 / 6372.8 * 6371.0088, 6), 'Nashville to Los Angeles, Rosetta Code');
SELECT is(distance_km(12, 34, -12, -146), (pi() * 6371.0088)::float8, 'antipodes');
SELECT is_empty($$
    SELECT a, b FROM (SELECT (hashint8extended(i, 1) & 1048575) / 1048576.0::float8 * 180 - 90 AS a, (hashint8extended(i, 2) & 1048575) / 1048576.0::float8 * 360 - 180 AS x,
        (hashint8extended(i, 3) & 1048575) / 1048576.0::float8 * 180 - 90 AS b, (hashint8extended(i, 4) & 1048575) / 1048576.0::float8 * 360 - 180 AS y FROM generate_series(1, 5000) i) q
    WHERE abs(distance_km(a, x, b, y) - 6371.0088 * radians(acosd(greatest(-1, least(1, sind(a) * sind(b) + cosd(a) * cosd(b) * cosd(y - x)))))) > 1e-3
       OR distance_km(a, x, b, y) <> distance_km(b, y, a, x)
$$, 'distance_km: the spherical law of cosines, as far as that is exact; symmetric');

-- lifecycle_stage: purchases every ten days from 2024-01-01 to 2024-02-10: rhythm (30 + 40) / (1 + 4) = 14 days.
CREATE TEMP TABLE history AS
    SELECT purchase_agg(date '2024-01-01' + i, 1.0) AS s FROM unnest(ARRAY[0, 10, 20, 30, 40]) i;
CREATE FUNCTION pg_temp.stage(silent integer) RETURNS text LANGUAGE sql AS $$ SELECT lifecycle_stage(s, date '2024-02-10' + silent) FROM history $$;
SELECT results_eq('SELECT pg_temp.stage(d) FROM unnest(ARRAY[0, 28, 29, 42, 43, 84, 85]) d',
    $$ VALUES ('active'), ('active'), ('at_risk'), ('at_risk'), ('dormant'), ('dormant'), ('lost') $$, 'stages at 2, 3 and 6 rhythms of 14 days');
SELECT is(lifecycle_silence(s, date '2024-03-09'), 2::float8, '28 days are two rhythms') FROM history;
SELECT is(lifecycle_silence(s, date '2024-03-09', rhythm_weight => 0), 2.8::float8, 'of ten days alone, 2.8') FROM history;
SELECT is(lifecycle_silence(s, date '2024-03-09', '44 days', 4), 28 / 27.0::float8, 'drawn to 44 days by four: (176 + 40) / 8 = 27 days') FROM history;
SELECT is(lifecycle_stage(s, date '2024-03-20', at_risk_after => 1, dormant_after => 2, lost_after => 2.5), 'lost', 'own thresholds: 39 days are 2.8 rhythms') FROM history;
-- What came after as_of is not looked at: the stage of a past day from today's summary.
SELECT is_empty($$
    SELECT day, seen, expected FROM history h, generate_series(0, 200) AS day,
        LATERAL (SELECT lifecycle_stage(h.s, date '2024-01-01' + day) AS seen) a,
        LATERAL (SELECT lifecycle_stage(purchase_agg(date '2024-01-01' + i, 1.0), date '2024-01-01' + day) AS expected FROM unnest(ARRAY[0, 10, 20, 30, 40]) i WHERE i <= day) b
    WHERE seen IS DISTINCT FROM expected
$$, 'the stage of a past day is what it was then');
SELECT is(lifecycle_stage(s, date '2023-12-31'), NULL, 'before the first purchase there is none') FROM history;
SELECT is(lifecycle_stage(s, date '2024-01-01'), 'new', 'on the first day') FROM history;
SELECT is(lifecycle_stage(purchase_agg(now(), -1.0), now()), NULL, 'refunds alone are no purchase');
SELECT is(lifecycle_stage(s, timestamptz '2024-03-10 23:59:59+00'), lifecycle_stage(s, date '2024-03-10'), 'the UTC day of a time counts') FROM history;
SELECT is(lifecycle_stage(purchase_agg(d, 1.0), date '2024-03-01'), 'new', 'several purchases on the only day are still one day')
FROM unnest(ARRAY[timestamptz '2024-02-01 08:00+00', '2024-02-01 20:00+00']) d;

-- What is refused, and the HINT that says what to do.
SELECT is((SELECT (state, has_hint) FROM pg_temp.refusal('SELECT ' || call)), ('22023'::text, true), call || ' is refused, with a HINT')
FROM unnest(ARRAY['abc_class(-1.0) OVER ()', 'abc_class(''NaN''::float8) OVER ()', 'abc_class(''NaN''::numeric) OVER ()', 'abc_class(''Infinity''::float8) OVER ()',
    'abc_class(1, NULL) OVER ()', 'abc_class(1, ''{}'') OVER ()', 'abc_class(1, ''{80,95}'') OVER ()', 'abc_class(1, ''{0.9,0.8}'') OVER ()', 'abc_class(1, ''{0,0.5}'') OVER ()',
    'abc_class(1, ''{0.5,1}'') OVER ()', 'abc_class(1, ''{0.5,NaN}'') OVER ()', 'abc_class(1, array_fill(0.5::float8, ARRAY[26])) OVER ()',
    'abc_class(i, ARRAY[i / 10.0]::float8[]) OVER () FROM generate_series(1, 5) i',
    'gini_agg(-1.0)', 'gini_agg(''NaN''::float8)', 'gini_agg(''Infinity''::float8)', 'gini_agg(''NaN''::numeric)', 'lorenz_agg(-0.01)', 'lorenz_agg(''-Infinity''::numeric)',
    'lorenz(lorenz_agg(1.0), 0)', 'lorenz(lorenz_agg(1.0), 10001)', 'lorenz_top_share(lorenz_agg(1.0), 1.5)', 'lorenz_top_share(lorenz_agg(1.0), ''NaN'')',
    'age_band(''2020-01-02'', date ''2020-01-01'')', 'age_band(''infinity'', date ''2020-01-01'')', 'age_band(''2000-01-01'', date ''2020-01-01'', ''{}'')',
    'age_band(''2000-01-01'', date ''2020-01-01'', ''{25,18}'')', 'age_band(''2000-01-01'', date ''2020-01-01'', ''{18,18}'')', 'age_band(''2000-01-01'', date ''2020-01-01'', ''{-1}'')',
    'age_band_number(''2020-01-02'', date ''2020-01-01'')',
    'distance_km(91, 0, 0, 0)', 'distance_km(0, 0, -90.1, 0)', 'distance_km(0, 361, 0, 0)', 'distance_km(0, 0, 0, ''NaN'')', 'distance_km(''Infinity'', 0, 0, 0)',
    'lifecycle_stage(purchase_agg(now(), 1.0), now(), ''1 month'')', 'lifecycle_stage(purchase_agg(now(), 1.0), now(), ''0'')', 'lifecycle_stage(purchase_agg(now(), 1.0), now(), ''-1 day'')',
    'lifecycle_stage(purchase_agg(now(), 1.0), now(), rhythm_weight => -1)', 'lifecycle_stage(purchase_agg(now(), 1.0), now(), rhythm_weight => ''NaN'')',
    'lifecycle_stage(purchase_agg(now(), 1.0), now(), at_risk_after => 4)', 'lifecycle_stage(purchase_agg(now(), 1.0), now(), at_risk_after => 0)',
    'lifecycle_stage(purchase_agg(now(), 1.0), now(), lost_after => ''Infinity'')', 'lifecycle_silence(purchase_agg(now(), 1.0), now(), ''1 year'')']) AS call;
SELECT is((SELECT state FROM pg_temp.refusal('SELECT ' || call)), '22023', call || ' is refused')
FROM unnest(ARRAY['abc_class(1, ''{0.5,NULL}'') OVER ()', 'abc_class(1, ''{{0.5,0.6}}'') OVER ()', 'age_band(''2000-01-01'', date ''2020-01-01'', ''{18,NULL}'')',
    'age_band(''2000-01-01'', date ''infinity'')', 'lifecycle_stage(purchase_agg(now(), 1.0), ''infinity''::timestamptz)']) AS call;
SELECT throws_ok('SELECT abc_class(1)', '42809', NULL, 'abc_class without OVER');

-- Hostile text.
CREATE TEMP TABLE attacked AS
    SELECT h.* FROM (SELECT lorenz_agg(value)::text AS s FROM amount WHERE name = 'skewed' AND i < 40) q,
        pg_temp.hostile('lorenz_summary', s, ARRAY['SELECT $1::text', 'SELECT lorenz_gini($1), lorenz_top_share($1, 0.1)', 'SELECT count(*) FROM lorenz($1, 33)',
            'SELECT lorenz_count($1), lorenz_skipped($1)', 'SELECT rollup(v) FROM (SELECT $1 AS v UNION ALL SELECT $1) q']) h;
SELECT is(wrong, '', format('hostile text of lorenz_summary: %s refused, %s taken for values and used', refused, accepted)) FROM attacked;
SELECT cmp_ok(refused, '>', 100::bigint, 'most of it is refused') FROM attacked;

-- Memory
SET LOCAL customer_data.max_book_memory = '64kB';
SELECT throws_ok('SELECT gini_agg(i) FROM generate_series(1, 50000) i', '54000', 'lorenz_summary is too large', 'a summary over the limit is refused');

SELECT * FROM finish();
ROLLBACK;
