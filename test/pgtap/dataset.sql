-- Properties of datasets: what plain SQL says of the same rows, in any parts; no copy where none is promised.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
\ir include/attack.sql

CREATE TYPE mood AS ENUM ('calm', 'keen');
CREATE DOMAIN email AS varchar(40);
CREATE DOMAIN share AS numeric CHECK (VALUE BETWEEN 0 AND 1);
-- 5,000 rows of every kind of column, a tenth of each missing.
CREATE TABLE customer AS
    SELECT i AS id, dropped.*, CASE WHEN h % 10 <> 0 THEN (h % 77)::smallint END AS small, CASE WHEN h % 10 <> 1 THEN (h % 1000003)::integer END AS whole,
        CASE WHEN h % 10 <> 2 THEN h END AS large, CASE WHEN h % 10 <> 3 THEN (h % 1000)::real / 8 END AS narrow,
        CASE WHEN h % 10 <> 4 THEN (h % 99991)::float8 / 7 END AS wide, CASE WHEN h % 10 <> 5 THEN (h % 1000000)::numeric / 100 END AS money,
        CASE WHEN h % 10 <> 6 THEN h % 3 = 0 END AS flag, CASE WHEN h % 10 <> 7 THEN date '1990-01-01' + (h % 20000)::integer END AS born,
        CASE WHEN h % 10 <> 8 THEN timestamptz '2020-01-01' + (h % 100000000) * interval '1 second' END AS seen,
        CASE WHEN h % 10 <> 9 THEN timestamp '2020-01-01' + (h % 100000) * interval '1 minute' END AS local,
        (h % 86400) * interval '1 second' AS gap, time '00:00' + (h % 86400) * interval '1 second' AS daytime,
        CASE WHEN h % 10 <> 0 THEN 'city ' || h % 700 END AS city, ('m' || h % 20 || '@x.org')::email AS mail,
        (h % 100)::numeric / 100 AS ratio, CASE h % 3 WHEN 0 THEN 'calm' WHEN 1 THEN 'keen' END::mood AS mood, (h % 5)::text::char(3) AS code,
        ('n' || h % 4)::name AS short
    FROM generate_series(1, 5000) AS i, LATERAL (SELECT hashint8extended(i, 7) & 4503599627370495 AS h) q, LATERAL (SELECT 1 AS gone, 2 AS gone_too) dropped;
ALTER TABLE customer DROP COLUMN gone, ALTER COLUMN ratio TYPE share;
ALTER TABLE customer DROP COLUMN gone_too;

-- Each column of a table as dataset_columns and as plain SQL see it; the lines that differ.
CREATE FUNCTION pg_temp.near(a float8, b float8) RETURNS boolean LANGUAGE sql AS
    $$ SELECT a IS NOT DISTINCT FROM b OR abs(a - b) <= 1e-9 * greatest(abs(a), abs(b)) $$;
CREATE FUNCTION pg_temp.differences(table_name regclass, d dataset) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE c record; plain record; value text; type text;
BEGIN
    FOR c IN SELECT * FROM dataset_columns(d) LOOP
        type := (SELECT format_type(coalesce(nullif(typbasetype, 0), t.oid), NULL) FROM pg_attribute JOIN pg_type t ON t.oid = atttypid WHERE attrelid = table_name AND attname = c.name);
        value := CASE WHEN c.kind = 'categorical' THEN format('rtrim(%I::text)', c.name) WHEN type = 'boolean' THEN format('%I::integer::float8', c.name)
            WHEN type = 'date' THEN format('(%I - date ''2000-01-01'')::float8', c.name)
            WHEN type LIKE 'timestamp%' THEN format('extract(epoch FROM %I - %L::%s)::float8 / 86400', c.name, '2000-01-01 00:00', type)
            WHEN type = 'interval' OR type LIKE 'time %' THEN format('extract(epoch FROM %I)::float8 / 86400', c.name)
            ELSE format('%I::float8', c.name) END;
        EXECUTE format('SELECT count(v) AS n, count(*) - count(v) AS missing, count(DISTINCT v) AS distinct_values, %s FROM (SELECT %s AS v FROM %s) q',
            CASE c.kind WHEN 'categorical' THEN 'NULL::float8 AS min, NULL::float8 AS max, NULL::float8 AS mean, NULL::float8 AS sd'
                ELSE 'min(v), max(v), avg(v) AS mean, stddev_samp(v) AS sd' END, value, table_name) INTO plain;
        IF (c.n, c.missing, c.distinct_values, c.min, c.max) IS DISTINCT FROM (plain.n, plain.missing, plain.distinct_values, plain.min, plain.max)
            OR NOT pg_temp.near(c.mean, plain.mean) OR NOT pg_temp.near(c.sd, plain.sd) THEN
            RETURN NEXT format('%s: %s instead of %s', c.name, c, plain);
        END IF;
        EXECUTE format('SELECT coalesce(jsonb_agg(jsonb_build_object(''value'', v, ''rows'', n) ORDER BY n DESC, v %s), ''[]'') AS top
                FROM (SELECT v, count(*) AS n FROM (SELECT %s AS v FROM %s) q WHERE v IS NOT NULL GROUP BY v ORDER BY n DESC, v %1$s LIMIT 5) q',
            CASE c.kind WHEN 'categorical' THEN 'COLLATE "C"' ELSE '' END, value, table_name) INTO plain;
        IF c.top_values <> plain.top THEN
            RETURN NEXT format('%s: %s instead of %s', c.name, c.top_values, plain.top);
        END IF;
    END LOOP;
END
$$;
SELECT is_empty($$ SELECT pg_temp.differences('customer', d) FROM (SELECT dataset_agg(c) AS d FROM customer c) q $$, 'dataset_columns = plain SQL, for every type');
SELECT results_eq($$ SELECT c.name FROM (SELECT dataset_agg(c, 'flag', 'small', '{id,short}') AS d FROM customer c WHERE small > 0) q, dataset_columns(d) c $$,
    $$ SELECT attname::text COLLATE "default" FROM pg_attribute WHERE attrelid = 'customer'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('flag', 'small', 'id', 'short') ORDER BY attnum $$,
    'features are the columns of the row in its order, without dropped, label, weight and ignored ones');
SELECT results_eq($$ SELECT (summary(d)).rows, (summary(d)).skipped, (summary(d)).label, (summary(d)).weight FROM (SELECT dataset_agg(c, 'flag', 'small', '{id}') AS d FROM customer c WHERE small IS NULL OR small > 0) q $$,
    $$ SELECT count(*) FILTER (WHERE small IS NOT NULL AND flag IS NOT NULL), count(*) FILTER (WHERE small IS NULL OR flag IS NULL), 'flag', 'small' FROM customer WHERE small IS NULL OR small > 0 $$,
    'a row without label or weight is skipped and counted');

-- Real tables, where they are.
\set has_data `test -d ../shared/data && echo 1 || echo 0`
\if :has_data
CREATE TABLE telco_churn (customer_id text, gender text, senior_citizen int, partner text, dependents text, tenure int, phone_service text, multiple_lines text,
    internet_service text, online_security text, online_backup text, device_protection text, tech_support text, streaming_tv text, streaming_movies text,
    contract text, paperless_billing text, payment_method text, monthly_charges numeric, total_charges text, churn text);
\copy telco_churn FROM PROGRAM 'gzip -dc ../shared/data/telco_churn.csv.gz' CSV HEADER
CREATE TABLE online_retail (invoice text, stock_code text, description text, quantity int, invoiced_at timestamp, unit_price numeric(12,3), customer_id int, country text);
\copy online_retail FROM PROGRAM 'gzip -dc ../shared/data/online_retail.csv.gz' CSV HEADER
CREATE TABLE hillstrom (customer_id int, recency int, history_segment text, history numeric, mens int, womens int, zip_code text, newbie int, channel text,
    segment text, visit int, conversion int, spend numeric);
\copy hillstrom FROM PROGRAM 'gzip -dc ../shared/data/hillstrom_email.csv.gz' CSV HEADER
-- Blanks at the end of text count, and trailing blanks are rare: rtrim above would hide them.
UPDATE online_retail SET description = rtrim(description) WHERE description ~ ' $';
UPDATE telco_churn SET total_charges = NULL WHERE total_charges = ' ';
SELECT is_empty($$ SELECT pg_temp.differences('telco_churn', d) FROM (SELECT dataset_agg(t) AS d FROM telco_churn t) q $$, 'telco_churn: dataset_columns = plain SQL');
SELECT is_empty($$ SELECT pg_temp.differences('online_retail', d) FROM (SELECT dataset_agg(t) AS d FROM online_retail t) q $$, 'online_retail: dataset_columns = plain SQL');
SELECT is_empty($$ SELECT pg_temp.differences('hillstrom', d) FROM (SELECT dataset_agg(t) AS d FROM hillstrom t) q $$, 'hillstrom: dataset_columns = plain SQL');
SELECT results_eq($$ SELECT s.rows, s.features, s.bytes < pg_table_size('hillstrom') / 2 FROM (SELECT dataset_agg(t, 'visit', NULL, '{customer_id,conversion,spend}') AS d FROM hillstrom t) q, summary(d) s $$,
    $$ VALUES (64000::bigint, 9, true) $$, 'hillstrom: 64,000 customers, nine features, in less than half the room of the table');
\else
SELECT skip('no ../shared/data', 4);
\endif

-- Arrays.
SELECT is_empty($$ SELECT pg_temp.differences('f', d) FROM (SELECT dataset_agg(ARRAY[whole, wide, money]) AS d FROM customer) q $$, 'arrays = plain SQL')
FROM (SELECT set_config('search_path', current_setting('search_path') || ', pg_temp', true)) s, pg_temp.refusal('CREATE TEMP TABLE f AS SELECT whole AS f1, wide AS f2, money AS f3 FROM customer') r;
SELECT is((SELECT dataset_agg(ARRAY[wide, whole])::text FROM customer), (SELECT dataset_agg(f)::text FROM (SELECT wide AS f1, whole::float8 AS f2 FROM customer) f), 'an array is a row named f1, f2, ...');
SELECT is((SELECT dataset_agg(flag::int, ARRAY[wide, whole], small + 1)::text FROM customer),
    (SELECT dataset_agg(f, 'label', 'weight', NULL)::text FROM (SELECT wide AS f1, whole AS f2, flag AS label, small + 1 AS weight FROM customer) f), 'with label and weight too');
SELECT is((SELECT dataset_agg('[5:6]={1,2}'::float8[])::text), (SELECT dataset_agg('{1,2}'::float8[])::text), 'subscripts of an array mean nothing');
SELECT results_eq($$ SELECT dataset_rows(d), dataset_skipped(d) FROM (SELECT dataset_agg(l, f, w) AS d FROM (VALUES (1::float8, '{1}'::float8[], 1::float8), (NULL, '{1}', 1), (1, NULL, 1), (1, '{1}', NULL), (1, '{NULL}', 1)) v (l, f, w)) q $$,
    $$ VALUES (2::bigint, 3::bigint) $$, 'a NULL label, array or weight skips the row, a NULL element does not');

-- Parts and the whole.
CREATE TABLE part AS SELECT id % 13 AS part, dataset_agg(c ORDER BY id) AS d FROM customer c GROUP BY 1;
SELECT is((SELECT rollup(d ORDER BY part)::text FROM part), (SELECT dataset_agg(c ORDER BY id % 13, id)::text FROM customer c), 'rollup of parts = the whole, to the bit, in the order of the parts');
SELECT is((SELECT rollup(d)::text FROM (SELECT rollup(d ORDER BY part) AS d FROM part UNION ALL SELECT NULL UNION ALL SELECT dataset_agg(c) FROM customer c WHERE false) q),
    (SELECT rollup(d ORDER BY part)::text FROM part), 'and of parts of parts, with empty ones');
SELECT is_empty($$ SELECT part FROM part WHERE d::text::dataset::text <> d::text OR md5(dataset_send(d)) <> md5(dataset_send(d::text::dataset)) $$, 'text and binary form are exact');
SELECT is((SELECT dataset_agg(c ORDER BY id)::text FROM customer c), (SELECT dataset_agg(c)::text FROM (SELECT * FROM customer ORDER BY id) c), 'the order of the rows is kept');
SELECT isnt((SELECT dataset_agg(c ORDER BY id)::text FROM customer c), (SELECT dataset_agg(c ORDER BY id DESC)::text FROM customer c), 'and no other');
SELECT is((SELECT dataset_agg(c)::text FROM customer c), (SELECT dataset_agg(c::record)::text FROM customer c), 'a row of a table is a record like another');
SELECT is_empty($$ SELECT i FROM (SELECT i, dataset_agg(f) OVER (ORDER BY i) AS d FROM (SELECT i, 'k' || i % 300 AS k FROM generate_series(1, 2500) i) f) q
    WHERE i % 250 = 0 AND (dataset_rows(d), (SELECT sum(n * 7 + distinct_values) FROM dataset_columns(d))) IS DISTINCT FROM (i::bigint, 14 * i + i + least(i, 300)) $$,
    'a state that is asked goes on growing');
SELECT ok(a::text = b::text AND dataset_rows(a) = 5000, 'an aggregate asked twice') FROM (SELECT dataset_agg(c) AS a, dataset_agg(c) AS b FROM customer c) q;
SELECT is((SELECT count(DISTINCT dataset_rows(d)) FROM (SELECT city, dataset_agg(c) AS d FROM customer c GROUP BY city) q), (SELECT count(DISTINCT n) FROM (SELECT count(*) AS n FROM customer GROUP BY city) q), 'a dataset for each of 701 groups');

-- Whose row it is.
CREATE TABLE owned AS SELECT id % 17 AS part, nullif(id % 900, 0) AS owner, c.* FROM customer c;
CREATE TABLE owned_part AS SELECT part, dataset_agg(c, 'flag', NULL, '{id,part}', 'owner' ORDER BY id) AS d FROM owned c GROUP BY part;
SELECT is((SELECT rollup(d ORDER BY part)::text FROM owned_part), (SELECT dataset_agg(c, 'flag', NULL, '{id,part}', 'owner' ORDER BY part, id)::text FROM owned c), 'customers: rollup of parts = the whole');
SELECT is((SELECT dataset_agg(c, 'flag', NULL, '{id,part}', 'owner' ORDER BY id)::text FROM owned c),
    (SELECT dataset_agg(c, 'flag', NULL, '{id,part}', 'owner' ORDER BY id)::text FROM (SELECT part, owner::text COLLATE "C" AS owner, c.* FROM owned o, LATERAL (SELECT id, small, whole, large, narrow, wide, money, flag, born, seen, local,
        gap, daytime, city, mail, ratio, mood, code, short) c) c), 'an id is the same as number and as text');
SELECT results_eq($$ SELECT s.rows, s.skipped, s.label, dataset_customer(d) FROM owned_part, summary(d) s WHERE part = 0 $$,
    $$ SELECT count(flag), count(*) - count(flag), 'flag', 'owner' FROM owned WHERE part = 0 $$, 'rows of nobody are not skipped');
SELECT is_empty($$ SELECT part FROM owned_part WHERE d::text::dataset::text <> d::text $$, 'text form with customers is exact');
SELECT ok(bytes - without BETWEEN 8 * rows AND 8 * rows + rows / 1024 + 1, 'a customer takes eight bytes a row')
FROM (SELECT (summary(a)).*, (summary(b)).bytes AS without FROM (SELECT dataset_agg(c, 'flag', NULL, '{id,part}', 'owner') AS a, dataset_agg(c, 'flag', NULL, '{id,part,owner}') AS b FROM owned c) q) q;
SELECT is((SELECT count(DISTINCT dataset_agg) FROM (SELECT dataset_agg(f, NULL, NULL, NULL, 'id')::text FROM (SELECT 1 AS x, i AS id FROM generate_series(1, 20000) i) f GROUP BY id) q), 20000::bigint, 'customers are told apart');
-- Two rows as 0.3.0 stored them: version 1, no flags, one column "x" of numbers, two rows, none skipped, four bytes each: 1 and 2.
SELECT results_eq($$ SELECT s.rows, dataset_customer(d), c.name, c.mean FROM (SELECT encode('\x0100010178000200140000803f00000040', 'base64')::dataset AS d) q, summary(d) s, dataset_columns(d) c $$,
    $$ VALUES (2::bigint, NULL::text, 'x', 1.5::float8) $$, 'a dataset of version 0.3.0 is read');

-- A named type that changes between, and within, queries.
CREATE TYPE answer AS (score integer, place text);
CREATE TABLE survey (a answer);
INSERT INTO survey VALUES (ROW(1, 'x')), (ROW(2, 'y'));
SELECT is((SELECT string_agg(c.name || c.n, ' ') FROM (SELECT dataset_agg(a) AS d FROM survey) q, dataset_columns(d) c), 'score2 place2', 'a column of a composite type');
ALTER TYPE answer ADD ATTRIBUTE extra float8;
INSERT INTO survey VALUES (ROW(3, 'z', 0.5));
SELECT is((SELECT string_agg(c.name || c.n, ' ') FROM (SELECT dataset_agg(a) AS d FROM survey) q, dataset_columns(d) c), 'score3 place3 extra1', 'rows from before an attribute was added');
ALTER TYPE answer DROP ATTRIBUTE place;
SELECT is((SELECT string_agg(c.name || c.n, ' ') FROM (SELECT dataset_agg(a) AS d FROM survey) q, dataset_columns(d) c), 'score3 extra1', 'and one was dropped');
CREATE FUNCTION pg_temp.rename(i integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    IF i = 3 THEN ALTER TYPE answer RENAME ATTRIBUTE extra TO other; END IF;
    RETURN i;
END
$$;
SELECT is((SELECT state FROM pg_temp.refusal('SELECT dataset_agg(a) FROM (SELECT a, pg_temp.rename(row_number() OVER ()::integer) AS i FROM survey OFFSET 0) q WHERE i > 0')), '22023',
    'columns that change while rows are gathered are refused');
CREATE DOMAIN short_answer AS answer;
SELECT is((SELECT dataset_rows(dataset_agg(a::short_answer)) FROM survey), 3::bigint, 'a domain over a composite type');
SELECT is((SELECT dataset_rows(dataset_agg(r)) FROM (SELECT CASE i % 2 WHEN 0 THEN ROW(i, i) ELSE (SELECT q FROM (SELECT i AS f1, i AS f2) q) END AS r FROM generate_series(1, 10000) i) q), 10000::bigint,
    'rows of two types with the same columns in turn');

-- What is not a number, and what is.
SELECT is((SELECT state FROM pg_temp.refusal(format('SELECT dataset_agg(f, %s) FROM (SELECT 1 AS a, %s AS b) f', label, value))), '22023', format('%s is refused, label %s', value, label))
FROM unnest(ARRAY['''NaN''::float8', '''Infinity''::float8', '''-Infinity''::real', '''NaN''::numeric', '''infinity''::date', '''-infinity''::timestamptz', '''infinity''::timestamp']) AS value, unnest(ARRAY['NULL', '''b''']) AS label;
SELECT is((SELECT state FROM pg_temp.refusal(format('SELECT dataset_agg(f) FROM (SELECT 1 AS a, %s AS b) f', value))), '42804', format('%s cannot be a feature', value))
FROM unnest(ARRAY['''{}''::jsonb', '''{}''::json', 'ARRAY[1]', 'ROW(1, 2)', 'point(1, 2)', '''\x''::bytea', '''00000000-0000-0000-0000-000000000001''::uuid', '1::money', '''10:00+01''::timetz', '''a''::"char"', 'int4range(1, 2)']) AS value;
SELECT results_eq($$ SELECT c.min FROM (SELECT dataset_agg(f) AS d FROM (SELECT 9007199254740993 AS a, 1e300::numeric AS b, 12345678901234567890.125::numeric AS c, '1 year 1 mon 1 day 06:00'::interval AS d, time '18:00' AS e, true AS g) f) q, dataset_columns(d) c $$,
    $$ VALUES (9007199254740992::float8), (1e300), (12345678901234567890.125), (365.25 + 30 + 1 + 0.25), (0.75), (1) $$, 'numbers are the nearest double, spans are days');
SELECT is((SELECT c.distinct_values FROM (SELECT dataset_agg(f) AS d FROM (VALUES ('a'::char(5)), ('a '), ('b')) f (x)) q, dataset_columns(d) c), 2::bigint, 'blanks at the end of char(n) mean nothing');
SELECT is((SELECT c.distinct_values FROM (SELECT dataset_agg(f) AS d FROM (VALUES ('a'), ('a '), ('A'), (''), (repeat('x', 1000000))) f (x)) q, dataset_columns(d) c), 5::bigint, 'of text they do');

-- As wide as can be.
SELECT is((SELECT dataset_rows(d) || ' ' || (SELECT count(*) FROM dataset_columns(d) WHERE n = 3 AND mean = 2) FROM (SELECT dataset_agg(array_fill(i::float8, ARRAY[1600])) AS d FROM generate_series(1, 3) i) q), '3 1600', '1600 columns');
DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE broad AS SELECT ' || string_agg(format('i + %s AS c%1$s', n), ', ') || ' FROM generate_series(1, 2) i' FROM generate_series(1, 1600) n); END $$;
SELECT is((SELECT sum(c.mean) FROM (SELECT dataset_agg(b) AS d FROM broad b) q, dataset_columns(d) c), (1600 * 1.5 + 1600 * 1601 / 2)::float8, 'of a table');

-- Memory.
SET LOCAL customer_data.max_dataset_memory = '1MB';
SELECT is((SELECT state || has_hint FROM pg_temp.refusal(query)), '54000true', query || ' is refused, with a HINT')
FROM unnest(ARRAY['SELECT dataset_agg(ARRAY[i + 0.1, i]) FROM generate_series(1, 200000) i', 'SELECT dataset_agg(f) FROM (SELECT repeat(''x'', 100) || i AS word FROM generate_series(1, 100000) i) f',
    'SELECT rollup(d) FROM part, generate_series(1, 30)']) AS query;
RESET customer_data.max_dataset_memory;

-- Hostile text.
CREATE TEMP TABLE attacked AS SELECT h.*
FROM (SELECT dataset_agg(f, 'flag', 'id', NULL)::text AS value FROM (SELECT id, flag, whole, city, wide FROM customer WHERE id < 12) f) q,
    LATERAL pg_temp.hostile('dataset', value, ARRAY['SELECT $1::text', 'SELECT count(*) FROM dataset_columns($1)', 'SELECT summary($1)', 'SELECT dataset_rows($1), dataset_skipped($1)',
        'SELECT rollup(v) FROM (SELECT $1 AS v UNION ALL SELECT $1) q', 'SELECT dataset_agg_accum($1, ARRAY[1, 2, 3])', 'SELECT dataset_agg_accum($1, ROW(1, 2, 3))']) h;
SELECT is(wrong, '', format('hostile text: %s refused, %s taken for datasets and used', refused, accepted)) FROM attacked;
SELECT cmp_ok(refused, '>', 200::bigint, 'most of it is refused') FROM attacked;
SELECT cmp_ok(accepted, '>', 10::bigint, 'and some is another value') FROM attacked;
-- Text of another encoding, and a zero byte.
CREATE FUNCTION pg_temp.with_text(was bytea, becomes bytea) RETURNS text LANGUAGE sql AS $$
    SELECT encode(overlay(b PLACING becomes FROM position(was IN b)), 'base64') FROM (SELECT dataset_send(dataset_agg(f)) AS b FROM (SELECT 'abcd' AS column_name) f) q
$$;
SELECT lives_ok(format('SELECT %L::dataset', pg_temp.with_text('abcd', 'efgh')), 'another category');
SELECT throws_ok(format('SELECT %L::dataset', pg_temp.with_text('abcd', '\x61620062')), '22P03', NULL, 'a zero byte in a category');
SELECT throws_ok(format('SELECT %L::dataset', pg_temp.with_text('abcd', '\x616263e2')), '22P03', NULL, 'half a character in a category') WHERE getdatabaseencoding() = 'UTF8';
SELECT throws_ok(format('SELECT %L::dataset', pg_temp.with_text('column_name', '\x00636f6c756d6e6e616d65')), '22P03', NULL, 'a zero byte in a name');

SELECT * FROM finish();
ROLLBACK;
