-- Segments: a rule finds whom SQL written by hand finds; members follow from changes; nobody lends his rights to a query.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL timezone = 'Asia/Tokyo';  -- days are UTC days all the same
SET LOCAL datestyle = 'SQL, DMY';
SELECT customer_data.segment_setup();

-- Rules and SQL

CREATE TYPE stage AS ENUM ('lead', 'trial', 'customer');
CREATE DOMAIN percent AS numeric CHECK (VALUE BETWEEN 0 AND 100);
-- Every column is NULL in some rows, and no two columns in the same ones.
CREATE TABLE customer AS
SELECT i AS id,
       CASE WHEN i % 7 > 0 THEN (ARRAY['DE', 'FR', 'it''s', 'UK', '\'])[i % 5 + 1] END AS country,
       CASE WHEN i % 11 > 0 THEN (i * 37 % 1000)::numeric / 4 END AS spend,
       CASE WHEN i % 13 > 0 THEN i % 5 END AS orders,
       CASE WHEN i % 17 > 0 THEN i % 2 = 0 END AS optin,
       CASE WHEN i % 19 > 0 THEN (ARRAY['lead', 'trial', 'customer'])[i % 3 + 1]::stage END AS stage,
       CASE WHEN i % 5 > 0 THEN (i % 101)::percent END AS discount,
       CASE WHEN i % 3 > 0 THEN timestamptz '2024-01-01 00:00+00' + i * interval '7 hours' END AS joined,
       CASE WHEN i % 4 > 0 THEN ARRAY['t' || i % 3, 'vip' || i % 6] END AS tags,
       CASE WHEN i % 23 > 0 THEN (i * 7 % 180 - 90)::float8 END AS latitude,
       CASE WHEN i % 29 > 0 THEN (i * 13 % 360 - 180)::float8 END AS longitude,
       (i * 7 % 180 - 90)::numeric AS "Lat ""N",
       i % 9 AS group_id
FROM generate_series(1, 1000) i;
CREATE TABLE purchase AS
SELECT i % 400 AS customer_id, now() - (i % 61) * interval '1 day' - interval '1 hour' AS at,
       ((now() - (i % 61) * interval '1 day') AT TIME ZONE 'UTC')::date AS day
FROM generate_series(1, 1500) i WHERE i % 400 % 6 < i % 7;
INSERT INTO purchase VALUES (NULL, now(), NULL), (1, NULL, NULL), (999, now() + interval '1 day', current_date + 2);
SELECT customer_data.segment_event_define('purchase', 'purchase', 'customer_id', 'at');
SELECT customer_data.segment_event_define('purchase day', 'purchase', 'customer_id', 'day');
SELECT customer_data.segment_define('fr', 'SELECT id FROM customer WHERE country = ''FR''');
SELECT customer_data.segment_refresh('fr');

CREATE TABLE probe (rule jsonb, condition text);
INSERT INTO probe VALUES
    ('{"column": "country", "is": "=", "value": "DE"}', 'country = ''DE'''),
    ('{"column": "country", "is": "<>", "value": "DE"}', 'country <> ''DE'''),
    ('{"column": "country", "is": "=", "value": "it''s"}', 'country = ''it''''s'''),
    ('{"column": "country", "is": "=", "value": "\\"}', 'country = ''\'''),
    ('{"column": "country", "is": "in", "value": ["DE", "\\", "x"]}', 'country IN (''DE'', ''\'', ''x'')'),
    ('{"column": "country", "is": "not in", "value": ["DE", "FR"]}', 'country NOT IN (''DE'', ''FR'')'),
    ('{"column": "country", "is": "null"}', 'country IS NULL'),
    ('{"column": "country", "is": "not null"}', 'country IS NOT NULL'),
    ('{"column": "country", "is": "starts with", "value": "it''"}', 'country LIKE ''it''''%'''),
    ('{"column": "country", "is": "contains", "value": "K"}', 'country LIKE ''%K%'''),
    ('{"column": "country", "is": "contains", "value": "%"}', 'false'),
    ('{"column": "spend", "is": "<", "value": 100.25}', 'spend < 100.25'),
    ('{"column": "spend", "is": "<=", "value": "100.25"}', 'spend <= 100.25'),
    ('{"column": "spend", "is": ">", "value": 1e2}', 'spend > 100'),
    ('{"column": "spend", "is": "between", "value": [50, 100]}', 'spend BETWEEN 50 AND 100'),
    ('{"column": "orders", "is": ">=", "value": 3}', 'orders >= 3'),
    ('{"column": "optin", "is": "=", "value": true}', 'optin'),
    ('{"column": "optin", "is": "=", "value": false}', 'NOT optin'),
    ('{"column": "stage", "is": ">=", "value": "trial"}', 'stage IN (''trial'', ''customer'')'),
    ('{"column": "stage", "is": "starts with", "value": "tr"}', 'stage = ''trial'''),
    ('{"column": "discount", "is": ">", "value": 50}', 'discount > 50'),
    ('{"column": "joined", "is": "<", "value": "2024-02-03"}', 'joined < timestamptz ''2024-02-03 00:00+00'''),
    ('{"column": "joined", "is": ">=", "value": "2024-02-03T12:00:00+02:00"}', 'joined >= timestamptz ''2024-02-03 10:00+00'''),
    ('{"tag": "vip3"}', '''vip3'' = ANY (tags)'),
    ('{"tag": "vip3", "column": "tags"}', '''vip3'' = ANY (tags)'),
    ('{"not": {"column": "country", "is": "=", "value": "DE"}}', 'country IS DISTINCT FROM ''DE'''),
    ('{"not": {"not": {"column": "country", "is": "=", "value": "DE"}}}', 'country = ''DE'''),
    ('{"not": {"tag": "vip3"}}', 'tags IS NULL OR ''vip3'' <> ALL (tags)'),
    ('{"all": [{"column": "country", "is": "=", "value": "DE"}, {"column": "spend", "is": ">", "value": 100}]}', 'country = ''DE'' AND spend > 100'),
    ('{"any": [{"column": "country", "is": "=", "value": "DE"}, {"column": "spend", "is": ">", "value": 200}]}', 'country = ''DE'' OR spend > 200'),
    ('{"not": {"any": [{"column": "country", "is": "=", "value": "DE"}, {"column": "spend", "is": ">", "value": 200}]}}',
        '(country = ''DE'') IS NOT TRUE AND (spend > 200) IS NOT TRUE'),
    ('{"at_least": 2, "of": [{"column": "country", "is": "=", "value": "DE"}, {"column": "spend", "is": ">", "value": 100}, {"column": "optin", "is": "=", "value": true}]}',
        'coalesce((country = ''DE'')::int, 0) + coalesce((spend > 100)::int, 0) + coalesce(optin::int, 0) >= 2'),
    ('{"in_segment": "fr"}', 'country = ''FR'''),
    ('{"not": {"in_segment": "fr"}}', 'country IS DISTINCT FROM ''FR'''),
    ('{"did": "purchase"}', 'EXISTS (SELECT FROM purchase p WHERE p.customer_id = id AND at <= now())'),
    ('{"did": "purchase", "times": 3}', '3 <= (SELECT count(*) FROM purchase p WHERE p.customer_id = id AND at <= now())'),
    ('{"did": "purchase", "times": 2, "within": "30 days"}',
        '2 <= (SELECT count(*) FROM purchase p WHERE p.customer_id = id AND at >= now() - interval ''30 days'' AND at <= now())'),
    ('{"did": "purchase", "times": 2, "at_most": 3, "within": "30 days"}',
        '(SELECT count(*) FROM purchase p WHERE p.customer_id = id AND at >= now() - interval ''30 days'' AND at <= now()) BETWEEN 2 AND 3'),
    ('{"did": "purchase", "at_most": 1, "within": "30 days"}',
        '1 >= (SELECT count(*) FROM purchase p WHERE p.customer_id = id AND at >= now() - interval ''30 days'' AND at <= now())'),
    ('{"did": "purchase", "at_most": 0}', 'NOT EXISTS (SELECT FROM purchase p WHERE p.customer_id = id AND at <= now())'),
    ('{"not": {"did": "purchase", "within": "30 days"}}',
        'NOT EXISTS (SELECT FROM purchase p WHERE p.customer_id = id AND at >= now() - interval ''30 days'' AND at <= now())'),
    ('{"did": "purchase", "since": "2000-01-01", "before": "2001-01-01"}', 'false'),
    ('{"did": "purchase day", "within": "3 days"}',
        'EXISTS (SELECT FROM purchase p WHERE p.customer_id = id AND day > (now() AT TIME ZONE ''UTC'')::date - 3 AND day <= (now() AT TIME ZONE ''UTC'')::date)'),
    -- Written out by the spherical law of cosines, another formula for the same distance.
    ('{"within_km": 3000, "of": [40, -74]}',
        '6371.0088 * acos(sin(radians(40)) * sin(radians(latitude)) + cos(radians(40)) * cos(radians(latitude)) * cos(radians(longitude + 74))) <= 3000'),
    ('{"within_km": 9000, "of": [80, 170], "latitude": "Lat \"N", "longitude": "longitude"}',
        '6371.0088 * acos(sin(radians(80)) * sin(radians("Lat ""N"::float8)) + cos(radians(80)) * cos(radians("Lat ""N"::float8)) * cos(radians(longitude - 170))) <= 9000');

CREATE FUNCTION pg_temp.found(rule jsonb) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM customer_data.segment_define_rule('probe', rule, 'customer', 'id');
    PERFORM customer_data.segment_refresh('probe');
    RETURN (SELECT array_agg(subject ORDER BY subject) FROM customer_data.segment_members('probe'));
END
$$;
CREATE FUNCTION pg_temp.wanted(condition text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE result text[];
BEGIN
    EXECUTE format('SELECT array_agg(id::text ORDER BY id::text COLLATE "C") FROM customer WHERE %s', condition) INTO result;
    RETURN result;
END
$$;
SELECT is(pg_temp.found(rule), pg_temp.wanted(condition), 'found: ' || condition) FROM probe;
SELECT cmp_ok((SELECT count(*) FROM probe WHERE pg_temp.wanted(condition) IS NOT NULL), '>=', (SELECT count(*) - 2 FROM probe),
    'and the probes find somebody, but two that must not');
SELECT is(customers, cardinality(coalesce(pg_temp.wanted(condition), '{}'))::bigint, 'counted: ' || condition)
FROM probe, customer_data.segment_preview(rule, 'customer', 'id') WHERE depth = 0;
SELECT is(a.customers + b.customers, 1000::bigint, 'a rule and its not add up: ' || rule::text)
FROM probe, customer_data.segment_preview(rule, 'customer', 'id') a, customer_data.segment_preview(jsonb_build_object('not', rule), 'customer', 'id') b
WHERE a.depth = 0 AND b.depth = 0;

-- A rule and distance_km agree, whichever way longitudes are given; what distance_km refuses is in no circle.
CREATE TABLE shop AS
SELECT row_number() OVER () AS id, lat::float8, lon::float8, lat::float4 AS lat4, lon::numeric AS lon_n
FROM unnest('{-90, -60, 0, 51.5, 89.9, 90}'::float8[]) lat, unnest('{-360, -359, -180, -1, 0, 1, 179.5, 180, 359, 360}'::float8[]) lon;
INSERT INTO shop VALUES (1001, 91, 0, 91, 0), (1002, 51.5, 361, 51.5, 361), (1003, 'NaN', 0, 'NaN', 0), (1004, 51.5, 'NaN', 51.5, 'NaN'),
    (1005, 'Infinity', 0, 'Infinity', 0), (1006, 51.5, '-Infinity', 51.5, '-Infinity'), (1007, NULL, 0, NULL, 0), (1008, 51.5, NULL, 51.5, NULL),
    (1009, 51.5, 0, 51.5, 1e400);
CREATE FUNCTION pg_temp.shops(km float8, latitude float8, longitude float8, columns jsonb) RETURNS bigint[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM customer_data.segment_define_rule('near', jsonb_build_object('within_km', km, 'of', jsonb_build_array(latitude, longitude)) || columns, 'shop', 'id');
    PERFORM customer_data.segment_refresh('near');
    RETURN (SELECT array_agg(subject::bigint ORDER BY subject::bigint) FROM customer_data.segment_members('near'));
END
$$;
SELECT is(pg_temp.shops(km, c.lat, c.lon, '{"latitude": "lat", "longitude": "lon"}'),
    (SELECT array_agg(id ORDER BY id) FROM shop WHERE CASE WHEN abs(shop.lat) <= 90 AND abs(shop.lon) <= 360
        THEN customer_data.distance_km(shop.lat, shop.lon, c.lat, c.lon) <= km END), format('%s km around %s, %s', km, c.lat, c.lon))
FROM unnest('{0, 70, 1000, 20015}'::float8[]) km, (VALUES (51.5, 0), (51.5, 359), (0, 180), (0, -180), (90, 0), (-89, -360), (51.5, -1)) c (lat, lon);
-- 69.22 km = 6371.0088 km * 2 asin(cos 51.5 sin 0.5) for one degree of longitude there.
SELECT is(pg_temp.shops(70, 51.5, 0, '{"latitude": "lat", "longitude": "lon"}'), (SELECT array_agg(id ORDER BY id) FROM shop WHERE lat = 51.5 AND lon IN (-360, -359, -1, 0, 1, 359, 360)),
    'longitude 359 is -1');
SELECT is(pg_temp.shops(70, 51.5, 0, '{"latitude": "lat4", "longitude": "lon_n"}'), (SELECT array_agg(id ORDER BY id) FROM shop WHERE lat = 51.5 AND lon IN (-360, -359, -1, 0, 1, 359, 360) AND id < 1001),
    'columns of float4 and numeric');

-- The same tree as random trees: what combines leaves is checked against an evaluation in PL/pgSQL, row by row.
CREATE FUNCTION pg_temp.random_rule(depth int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE n int; parts jsonb;
BEGIN
    IF depth = 0 OR random() < 0.2 THEN
        RETURN (ARRAY['{"column": "country", "is": "=", "value": "DE"}', '{"column": "spend", "is": ">", "value": 100}',
            '{"column": "optin", "is": "=", "value": true}', '{"column": "orders", "is": "in", "value": [1, 3]}', '{"tag": "vip2"}'])[1 + floor(random() * 5)]::jsonb;
    END IF;
    IF random() < 0.25 THEN RETURN jsonb_build_object('not', pg_temp.random_rule(depth - 1)); END IF;
    n := 1 + floor(random() * 3);
    SELECT jsonb_agg(pg_temp.random_rule(depth - 1)) INTO parts FROM generate_series(1, n);
    RETURN CASE floor(random() * 3) WHEN 0 THEN jsonb_build_object('all', parts) WHEN 1 THEN jsonb_build_object('any', parts)
        ELSE jsonb_build_object('at_least', 1 + floor(random() * n), 'of', parts) END;
END
$$;
CREATE FUNCTION pg_temp.fulfils(c customer, rule jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE part jsonb; n int := 0;
BEGIN
    IF rule ? 'not' THEN RETURN NOT pg_temp.fulfils(c, rule -> 'not'); END IF;
    IF rule ?| ARRAY['all', 'any', 'of'] THEN
        FOR part IN SELECT jsonb_array_elements(coalesce(rule -> 'all', rule -> 'any', rule -> 'of')) LOOP
            n := n + pg_temp.fulfils(c, part)::int;
        END LOOP;
        RETURN n >= CASE WHEN rule ? 'all' THEN jsonb_array_length(rule -> 'all') WHEN rule ? 'any' THEN 1 ELSE (rule ->> 'at_least')::int END;
    END IF;
    RETURN coalesce(CASE WHEN rule ? 'tag' THEN c.tags @> ARRAY['vip2'] WHEN rule ->> 'column' = 'country' THEN c.country = 'DE'
        WHEN rule ->> 'column' = 'spend' THEN c.spend > 100 WHEN rule ->> 'column' = 'optin' THEN c.optin ELSE c.orders IN (1, 3) END, false);
END
$$;
SELECT setseed(0.5);
CREATE TABLE tree AS SELECT n, pg_temp.random_rule(4) AS rule FROM generate_series(1, 60) n;
SELECT is(pg_temp.found(rule), (SELECT array_agg(id::text ORDER BY id::text COLLATE "C") FROM customer c WHERE pg_temp.fulfils(c, rule)), 'tree ' || n)
FROM tree;

-- HubSpot (and inside a group, or between): who reads the second for the first writes to many times the customers.
CREATE TABLE contact AS SELECT i AS id, CASE WHEN i % 10 = 0 THEN 'Engaged' ELSE 'Lead' END AS lifecycle,
    CASE WHEN i % 4 = 0 THEN 'EMEA' ELSE 'US' END AS region, i % 3 = 0 AS optin FROM generate_series(1, 6000) i;
SELECT results_eq($$
    SELECT customers FROM customer_data.segment_preview('{"all": [{"column": "lifecycle", "is": "=", "value": "Engaged"},
        {"column": "region", "is": "=", "value": "EMEA"}, {"column": "optin", "is": "=", "value": true}]}', 'contact', 'id')
$$, 'VALUES (100::bigint), (600), (1500), (2000)', 'all three: every 60th of 6000');
SELECT results_eq($$
    SELECT customers FROM customer_data.segment_preview('{"any": [{"column": "lifecycle", "is": "=", "value": "Engaged"},
        {"column": "region", "is": "=", "value": "EMEA"}, {"column": "optin", "is": "=", "value": true}]}', 'contact', 'id')
$$, 'VALUES (3200::bigint), (600), (1500), (2000)', 'any of three, by inclusion and exclusion: 600 + 1500 + 2000 - 300 - 200 - 500 + 100');

-- An index of the profile helps, as in SQL written by hand.
CREATE INDEX ON customer (country);
CREATE INDEX ON customer (latitude);
CREATE INDEX ON customer USING gin (tags);
ANALYZE customer;
SET LOCAL enable_seqscan = off;
CREATE FUNCTION pg_temp.plan(rule jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; plan text := '';
BEGIN
    PERFORM customer_data.segment_define_rule('probe', rule, 'customer', 'id');
    FOR line IN EXECUTE 'EXPLAIN ' || customer_data.segment_sql('probe') LOOP plan := plan || line || E'\n'; END LOOP;
    RETURN plan;
END
$$;
SELECT matches(pg_temp.plan('{"all": [{"column": "country", "is": "=", "value": "DE"}, {"column": "optin", "is": "=", "value": true}]}'), 'customer_country_idx', 'btree');
SELECT matches(pg_temp.plan('{"within_km": 300, "of": [40, -74]}'), 'customer_latitude_idx', 'btree by the box');
SELECT matches(pg_temp.plan('{"tag": "vip3"}'), 'customer_tags_idx', 'GIN');
RESET enable_seqscan;

-- Refreshes: what is written, and what follows from it

CREATE TABLE base (id int PRIMARY KEY, round int[]);
SELECT setseed(0.25);
INSERT INTO base SELECT i, (SELECT array_agg(r) FROM generate_series(1, 6) r WHERE random() < 0.6 AND i > 0) FROM generate_series(1, 300) i;
CREATE TABLE now_is (round int);
INSERT INTO now_is VALUES (0);
SELECT customer_data.segment_define('changing', 'SELECT id FROM base, now_is WHERE now_is.round = ANY (base.round) UNION ALL SELECT id FROM base, now_is WHERE now_is.round = ANY (base.round) UNION ALL SELECT NULL');
CREATE TABLE seen (round int, at timestamptz, entered bigint, departed bigint, stayed bigint);
DO $$
BEGIN
    FOR r IN 1..7 LOOP  -- in the seventh nobody is left
        UPDATE now_is SET round = r;
        INSERT INTO seen SELECT r, clock_timestamp(), c.* FROM customer_data.segment_refresh('changing') c;
        UPDATE seen SET at = clock_timestamp() WHERE round = r;
    END LOOP;
END
$$;
CREATE FUNCTION pg_temp.members_in(r int) RETURNS text[] LANGUAGE sql AS
    $$ SELECT coalesce(array_agg(id::text ORDER BY id::text COLLATE "C"), '{}') FROM base WHERE r = ANY (round) $$;
SELECT is(ARRAY[entered, departed, stayed], ARRAY[
    (SELECT count(*) FROM base b WHERE s.round = ANY (b.round) AND (s.round - 1 = ANY (b.round)) IS NOT TRUE),
    (SELECT count(*) FROM base b WHERE s.round - 1 = ANY (b.round) AND (s.round = ANY (b.round)) IS NOT TRUE),
    (SELECT count(*) FROM base b WHERE s.round = ANY (b.round) AND s.round - 1 = ANY (b.round))], 'counts of refresh ' || round)
FROM seen s ORDER BY round;
SELECT is((SELECT coalesce(array_agg(subject ORDER BY subject), '{}') FROM customer_data.segment_members('changing', at)), pg_temp.members_in(round),
    'members at the time of refresh ' || round) FROM seen ORDER BY round;
SELECT is_empty($$ SELECT * FROM customer_data.segment_members('changing', '-infinity') $$, 'nobody before the first');
SELECT is_empty($$ SELECT * FROM customer_data.segment_members('changing') $$, 'and nobody now');
-- since is the last entry.
SELECT is_empty($$
    SELECT s.round, m.subject FROM seen s, customer_data.segment_members('changing', s.at) m
    WHERE m.since IS DISTINCT FROM (SELECT max(at) FROM customer_store.segment_change c WHERE c.segment = 'changing' AND c.subject = m.subject AND c.change = 'entered' AND c.at <= s.at)
$$, 'since is the last entry before that time');
-- Entered and departed take turns, and the members are the sum of the changes.
SELECT is_empty($$
    SELECT * FROM (SELECT subject, change, lag(change, 1, 'departed') OVER (PARTITION BY segment, subject ORDER BY at) AS before
                   FROM customer_store.segment_change WHERE segment = 'changing') c WHERE change = before
$$, 'entered and departed take turns');
-- Two refreshes in one transaction have different times.
SELECT is((SELECT count(DISTINCT at) FROM customer_store.segment_change WHERE segment = 'changing'), 7::bigint, 'every refresh has its own time');

UPDATE now_is SET round = 1;
SELECT customer_data.segment_refresh('changing');
CREATE TABLE before AS SELECT ctid AS place, xmin::text AS version, * FROM customer_store.segment_member WHERE segment = 'changing';
UPDATE now_is SET round = 2;
SELECT customer_data.segment_refresh('changing');
SELECT set_eq($$ SELECT subject FROM before b JOIN customer_store.segment_member m USING (segment, subject, since) WHERE m.ctid = b.place AND m.xmin::text = b.version $$,
    $$ SELECT id::text FROM base WHERE 1 = ANY (round) AND 2 = ANY (round) $$, 'the rows of those who stay are not touched');
SELECT is((SELECT stayed FROM customer_data.segment_refresh('changing')), (SELECT count(*) FROM base WHERE 2 = ANY (round)), 'another refresh finds them all');
SELECT is((SELECT count(*) FROM customer_store.segment_change c WHERE c.segment = 'changing' AND at >= (SELECT refreshed_at FROM customer_store.segment WHERE name = 'changing')),
    0::bigint, 'and writes nothing');

-- Ids of other types are what a cast to text gives.
CREATE FUNCTION pg_temp.subjects(query text) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM customer_data.segment_define('type', query);
    PERFORM customer_data.segment_refresh('type');
    RETURN (SELECT array_agg(subject) FROM customer_data.segment_members('type'));
END
$$;
SELECT is(pg_temp.subjects(query), ARRAY[wanted], 'as text: ' || query)
FROM (VALUES ('SELECT 7::bigint', '7'), ('SELECT ''a''::char(5)', 'a'), ('SELECT ''00000000-0000-0000-0000-00000000000A''::uuid', '00000000-0000-0000-0000-00000000000a'),
             ('SELECT ''''::text', ''), ('SELECT repeat(''x'', 2000)', repeat('x', 2000)), ('SELECT 1.50::numeric', '1.50'), ('SELECT ''ü''; -- the end', 'ü')) v (query, wanted);

-- refresh_all: what is used comes first, whatever the names say.
SELECT customer_data.segment_define_rule('a', '{"in_segment": "z"}', 'customer', 'id') FROM (SELECT customer_data.segment_define('z', 'SELECT 1')) x;
SELECT customer_data.segment_define_rule('0', '{"all": [{"in_segment": "a"}, {"in_segment": "z"}]}', 'customer', 'id');
SELECT results_eq($$ SELECT segment, entered FROM customer_data.segment_refresh_all() WHERE segment IN ('0', 'a', 'z') $$,
    $$ VALUES ('z', 1::bigint), ('a', 1), ('0', 1) $$, 'a segment is refreshed after those that it uses');
SELECT throws_ok($$ SELECT customer_data.segment_define_rule('z', '{"not": {"in_segment": "0"}}', 'customer', 'id') $$, '22023',
    'rule node not: segment "z" would use itself', 'a circle is refused');

-- Overlap against SQL.
SELECT set_eq('SELECT segment_a, segment_b, size_a, size_b, shared, round(jaccard::numeric, 10) FROM customer_data.segment_overlap()', $$
    SELECT a.name AS name_a, b.name AS name_b, na, nb, nab, round(nab::numeric / nullif(na + nb - nab, 0), 10)
    FROM customer_store.segment a, customer_store.segment b,
         LATERAL (SELECT count(*) AS na FROM customer_store.segment_member WHERE segment = a.name) x,
         LATERAL (SELECT count(*) AS nb FROM customer_store.segment_member WHERE segment = b.name) y,
         LATERAL (SELECT count(*) AS nab FROM customer_store.segment_member m JOIN customer_store.segment_member n USING (subject) WHERE m.segment = a.name AND n.segment = b.name) z
    WHERE a.name < b.name
$$, 'overlap is what SQL says');

-- Tags: order, repetition and NULL make no difference, nor does the way in which parts are merged.
SELECT is(customer_data.tag_agg(tag), '{a,b,"x,y",ä}', 'tags are sorted by bytes, none twice') FROM unnest(ARRAY['b', 'a', NULL, 'ä', 'a', 'x,y', 'b', NULL]) tag;
SELECT is(customer_data.tag_agg(tag), '{}', 'no tags') FROM unnest('{}'::text[]) tag;
SELECT is((SELECT customer_data.tag_agg(part) FROM (SELECT customer_data.tag_agg('t' || i * 7 % 50) AS part FROM generate_series(1, 1000) i GROUP BY i % 7) x),
    (SELECT array_agg(DISTINCT ('t' || i * 7 % 50) COLLATE "C") FROM generate_series(1, 1000) i), 'of parts');

-- Limits
SELECT throws_ok(format('SELECT customer_data.segment_preview(%L, %L, %L)', repeat('{"not":', 65) || '{"tag": "a"}' || repeat('}', 65), 'customer', 'id'), '54000', NULL, '65 levels');
SELECT lives_ok(format('SELECT customer_data.segment_preview(%L, %L, %L)', repeat('{"not":', 64) || '{"tag": "a"}' || repeat('}', 64), 'customer', 'id'), '64 are allowed');
SELECT throws_ok(format('SELECT customer_data.segment_preview(%L, %L, %L)', repeat('[', 5000) || repeat(']', 5000), 'customer', 'id'), '54000', NULL, '5000 brackets');
SELECT throws_ok(format('SELECT customer_data.segment_preview(%L, %L, %L)', '{"any": [' || repeat('{"tag": "a"},', 999) || '{"tag": "a"}]}', 'customer', 'id'), '54000', NULL, '1001 nodes');
SELECT lives_ok(format('SELECT customer_data.segment_preview(%L, %L, %L)', '{"any": [' || repeat('{"tag": "a"},', 998) || '{"tag": "a"}]}', 'customer', 'id'), '1000 are allowed');
SET LOCAL customer_data.max_segment_memory = '64kB';
SELECT customer_data.segment_define('large', 'SELECT generate_series(1, 100000)');
SELECT throws_ok($$ SELECT customer_data.segment_refresh('large') $$, '54000', NULL, 'the memory has a bound');
RESET customer_data.max_segment_memory;

-- between, the high value first: by the order of the column, its collation with it.
CREATE TABLE ordered AS SELECT 1 AS id, 5.5 AS number, 'b'::text COLLATE "C" AS word, 'trial'::stage AS stage, date '2024-01-01' AS day, '{1,2}'::int[] AS list;
SELECT throws_ok(format('SELECT customer_data.segment_preview(%L, %L, %L)', format('{"not": {"column": "%s", "is": "between", "value": %s}}', name, value), 'ordered', 'id'),
    '22023', 'rule node not: the low value of between comes after the high one', name || ' ' || value)
FROM (VALUES ('number', '[10, 9]'), ('word', '["a", "B"]'), ('stage', '["customer", "lead"]'), ('day', '["2024-02-01", "2024-01-31"]'), ('list', '["{2}", "{1,9}"]')) v (name, value);
SELECT lives_ok(format('SELECT customer_data.segment_preview(%L, %L, %L)', format('{"column": "%s", "is": "between", "value": %s}', name, value), 'ordered', 'id'), name || ' ' || value)
FROM (VALUES ('number', '[9, 10]'), ('number', '[9, 9]'), ('word', '["B", "a"]'), ('stage', '["lead", "customer"]'), ('day', '["2024-01-31", "2024-02-01"]'), ('day', '["-infinity", "infinity"]'), ('list', '["{1,9}", "{2}"]')) v (name, value);
-- Words that move with time would not: refused for times, and words like others elsewhere.
SELECT throws_ok(format('SELECT customer_data.segment_preview(%L, %L, %L)', format('{"any": [{"column": "day", "is": ">", "value": "%s"}]}', word), 'ordered', 'id'),
    '22023', format('rule node any[0]: "%s" would stay what it is now', word), word || ' as a day')
FROM unnest('{now,today,Tomorrow,yesterday}'::text[]) word;
SELECT lives_ok($$ SELECT customer_data.segment_preview('{"column": "word", "is": "=", "value": "today"}', 'ordered', 'id') $$, 'today is a word as any');

-- NULL: a nightly job that did nothing must not look like one that did.
SELECT throws_ok(format('SELECT customer_data.%s', call), '22004', message, call) FROM (VALUES
    ('segment_refresh(NULL)', 'name must not be NULL'),
    ('segment_preview(NULL, ''customer'', ''id'')', 'rule must not be NULL'),
    ('segment_preview(''{"tag": "a"}'', NULL, ''id'')', 'profile must not be NULL'),
    ('segment_preview(''{"tag": "a"}'', ''customer'', NULL)', 'key must not be NULL'),
    ('segment_event_define(NULL, ''purchase'', ''customer_id'', ''at'')', 'name must not be NULL'),
    ('segment_event_define(''e'', NULL, ''customer_id'', ''at'')', 'relation must not be NULL'),
    ('segment_event_define(''e'', ''purchase'', NULL, ''at'')', 'subject_column must not be NULL'),
    ('segment_event_define(''e'', ''purchase'', ''customer_id'', NULL)', 'time_column must not be NULL')) c (call, message);
SELECT is_empty($$ SELECT customer_data.segment_members(NULL) $$, 'nobody is in a segment without a name');

SELECT * FROM finish();
ROLLBACK;
