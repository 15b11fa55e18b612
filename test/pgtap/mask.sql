-- Masks and generalisations against plain SQL; anonymity_summary against GROUP BY, published tables and real data
-- (../shared/data; skipped where that folder is not there).
\set has_data `test -d ../shared/data && echo 1 || echo 0`
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
\ir include/attack.sql

-- Masks: what is shown, and that it is never all.
CREATE TEMP TABLE word (value text);
INSERT INTO word SELECT left(alphabet, n) FROM unnest(ARRAY['abcdefghijklmnopqrstuvwxyz', 'Достоевский', '王小明李雷韩梅', '12345678901234567890', 'aß€😀éЖ中ñ']) AS alphabet, generate_series(0, 20) AS n;
SELECT is_empty($$
    SELECT value, l, r, seen FROM word, generate_series(0, 6) AS l, generate_series(0, 6) AS r, LATERAL (SELECT mask_text(value, l, r) AS seen) q
    WHERE seen <> CASE WHEN l + r >= length(value) THEN repeat('*', length(value))
        ELSE left(value, l) || repeat('*', length(value) - l - r) || right(value, r) END
$$, 'mask_text: the ends, and a star for each character between them');
SELECT is_empty($$
    SELECT value, seen FROM word, LATERAL (SELECT mask_email(value || '@example.com') AS seen) q
    WHERE seen <> CASE length(value) WHEN 0 THEN '***' WHEN 1 THEN '***@example.com' ELSE left(value, 1) || '***@example.com' END
$$, 'mask_email: a letter and the domain, whatever the length');
SELECT is_empty($$ SELECT value FROM word WHERE mask_email(value) <> CASE value WHEN '' THEN '' ELSE '***' END $$, 'mask_email: what has no @ is hidden wholly');
SELECT is_empty($$
    SELECT value, seen FROM word, LATERAL (SELECT mask_name(value || ' ' || value) AS seen) q
    WHERE value ~ '^[a-zД]' AND seen <> CASE length(value) WHEN 1 THEN '** **' ELSE format('%1$s** %1$s**', left(value, 1)) END
$$, 'mask_name: initials');
SELECT is_empty($$
    SELECT n, seen FROM generate_series(1, 20) AS n, LATERAL (SELECT mask_phone(left('49171234567890123456', n)) AS seen) q
    WHERE seen <> CASE WHEN n < 7 THEN repeat('*', n) ELSE repeat('*', n - 2) || right(left('49171234567890123456', n), 2) END
$$, 'mask_phone: two digits, where at least five stay hidden');
SELECT is_empty($$
    SELECT prefix, n, seen FROM unnest('{1,7,49,86,380,998}'::text[]) AS prefix, generate_series(length(prefix), 15) AS n,
        LATERAL (SELECT mask_phone('+' || rpad(prefix, n, '5')) AS seen) q
    WHERE seen <> '+' || CASE WHEN n < 7 THEN repeat('*', n) WHEN n - length(prefix) < 7 THEN repeat('*', n - 2) || '55' ELSE rpad(prefix, n - 2, '*') || '55' END
$$, 'mask_phone: and the country code, under the same condition');
SELECT is_empty($$
    SELECT n, seen FROM generate_series(1, 25) AS n, LATERAL (SELECT mask_card(repeat('7', n)) AS seen) q
    WHERE seen <> CASE WHEN n BETWEEN 12 AND 19 THEN repeat('*', n - 4) || '7777' ELSE repeat('*', n) END
$$, 'mask_card: the last four of 12 to 19 digits, as PCI DSS allows');
SELECT is_empty($$ SELECT value, keep FROM word, generate_series(0, 6) AS keep
    WHERE generalize_postcode(value, keep) <> left(value, keep) || repeat('*', length(value) - keep) $$, 'generalize_postcode: the beginning');
SELECT throws_ok($$ SELECT mask_text(repeat('x', 200000), 0, 0, 'e' || repeat(chr(769), 5000)) $$, '54000', NULL, 'a masked text that would be too long');
SELECT is(mask_email(repeat('x', 10000000) || '@example.com') || mask_phone(repeat('1', 10000000)) || mask_card(repeat('1', 10000000)), '*********', 'what is longer than any address or number');
CREATE TEMP TABLE masked AS SELECT DISTINCT mask_name(value) AS name FROM word;
SELECT cmp_ok((SELECT count(*) FROM masked), '<', (SELECT count(DISTINCT value) FROM word) / 3, 'mask_name: the length does not show');

-- Generalisations. The session's time zone has no say.
SELECT is_empty(format($$
    SELECT day, period FROM generate_series(-200000, 200000, 37) AS n, unnest('{day,week,month,quarter,year,decade}'::text[]) AS period, LATERAL (SELECT date '2000-01-01' + n AS day) d
    WHERE generalize_date(day, period) <> date_trunc(period, day::timestamp)::date
        OR generalize_date((day::timestamp + '23:59:59') AT TIME ZONE 'UTC', period) <> generalize_date(day, period)
$$), format('generalize_date: that of date_trunc (time zone %s)', set_config('timezone', zone, true))) FROM unnest('{UTC,Asia/Tokyo,America/Los_Angeles}'::text[]) AS zone;
SELECT is_empty($$
    SELECT cents, width FROM generate_series(-3000, 3000, 7) AS cents, unnest('{0.01,0.1,0.25,0.3,1,7.5,10,1000}'::numeric[]) AS width, LATERAL (SELECT cents / 100.0 AS value) v
    WHERE generalize_number(value, width) <> floor(value / width) * width
        OR generalize_number(value::float8, width::float8) <> (floor(value / width) * width)::float8
$$, 'generalize_number: the largest multiple of the width, the same for numeric and double precision');
SELECT is_empty($$
    SELECT address, v4, v6 FROM unnest('{192.0.2.77,10.1.2.3/8,2001:db8:1:2:3:4:5:6,fe80::1/64,::1}'::inet[]) AS address, generate_series(0, 32, 4) AS v4, generate_series(0, 128, 16) AS v6
    WHERE generalize_ip(address, v4, v6) <> network(set_masklen(address, least(masklen(address), CASE family(address) WHEN 4 THEN v4 ELSE v6 END)))
$$, 'generalize_ip: the network, never longer than what was given');

-- Rows by their measures, in plain SQL: classes, shares, and the sums of the definitions.
CREATE TEMP TABLE person (name text, sensitive text, q text[]);
INSERT INTO person
    SELECT 'many ties', (h % 5)::text, ARRAY[(h % 7)::text, CASE WHEN h % 11 > 2 THEN (h / 64 % 3)::text END] FROM generate_series(1, 800) AS i, LATERAL (SELECT hashint4(i) & 1073741823 AS h) x
    UNION ALL SELECT 'few ties', (h / 128 % 90)::text, ARRAY[(h % 150)::text] FROM generate_series(1, 800) AS i, LATERAL (SELECT hashint4(i + 1000) & 1073741823 AS h) x
    UNION ALL SELECT 'all alone', i::text, ARRAY[i::text, NULL, ''] FROM generate_series(1, 50) AS i
    UNION ALL SELECT 'one class', (i % 3)::text, ARRAY['x'] FROM generate_series(1, 50) AS i
    UNION ALL SELECT 'one value', '7', ARRAY[(i % 4)::text] FROM generate_series(1, 50) AS i
    UNION ALL VALUES ('one row', '1', ARRAY['a', 'b'])
    -- Machanavajjhala et al. 2007, figures 1 to 3; Li et al. 2007, tables 3 to 5.
    UNION ALL SELECT name, illness, q FROM (VALUES
        ('13053', '28', '130**', '<30', '1305*', 'Heart'), ('13068', '29', '130**', '<30', '1306*', 'Heart'), ('13068', '21', '130**', '<30', '1306*', 'Viral'),
        ('13053', '23', '130**', '<30', '1305*', 'Viral'), ('14853', '50', '1485*', '>=40', '1485*', 'Cancer'), ('14853', '55', '1485*', '>=40', '1485*', 'Heart'),
        ('14850', '47', '1485*', '>=40', '1485*', 'Viral'), ('14850', '49', '1485*', '>=40', '1485*', 'Viral'), ('13053', '31', '130**', '3*', '1305*', 'Cancer'),
        ('13053', '37', '130**', '3*', '1305*', 'Cancer'), ('13068', '36', '130**', '3*', '1306*', 'Cancer'), ('13068', '35', '130**', '3*', '1306*', 'Cancer')
        ) p (zip, age, zip4, age4, zip3, illness), LATERAL (VALUES ('patients', ARRAY[zip, age]), ('4-anonymous', ARRAY[zip4, age4]), ('3-diverse', ARRAY[zip3])) v (name, q)
    UNION ALL SELECT name, salary::text, q FROM (VALUES
        (3, 'a', 'a'), (4, 'a', 'c'), (5, 'a', 'a'), (6, 'b', 'b'), (11, 'b', 'b'), (8, 'b', 'b'), (7, 'c', 'c'), (9, 'c', 'a'), (10, 'c', 'c')
        ) p (salary, diverse, close), LATERAL (VALUES ('diverse salaries', ARRAY[diverse]), ('close salaries', ARRAY[close])) v (name, q);
CREATE FUNCTION pg_temp.measured() RETURNS TABLE (name text, rows bigint, classes bigint, k bigint, l_distinct bigint, l_entropy float8, t float8, uniqueness float8) LANGUAGE sql AS $$
    WITH pair AS (SELECT name, q, sensitive, count(*)::float8 AS c FROM person GROUP BY 1, 2, 3),
        class AS (SELECT name, q, count(*) AS l, sum(c) AS n FROM pair GROUP BY 1, 2),
        total AS (SELECT name, sensitive, sum(c) AS of_value, sum(sum(c)) OVER (PARTITION BY name) AS n FROM pair GROUP BY 1, 2),
        measure AS (SELECT c.name, c.q, c.l, c.n,
                exp(-(SELECT sum(p.c / c.n * ln(p.c / c.n)) FROM pair p WHERE p.name = c.name AND p.q IS NOT DISTINCT FROM c.q)) AS entropy,
                (SELECT sum(abs(coalesce(p.c / c.n, 0) - t.of_value / t.n)) / 2
                 FROM total t LEFT JOIN pair p ON p.name = c.name AND p.q = c.q AND p.sensitive IS NOT DISTINCT FROM t.sensitive
                 WHERE t.name = c.name) AS t
            FROM class c)
    SELECT name, sum(n)::bigint, count(*), min(n)::bigint, min(l), min(entropy), max(t), count(*) FILTER (WHERE n = 1) / sum(n) FROM measure GROUP BY 1
$$;
SELECT is_empty($$
    SELECT name, form, s.*, m.* FROM pg_temp.measured() m JOIN (
        SELECT name, 'as it is' AS form, anonymity_agg(sensitive, VARIADIC q) AS a FROM person GROUP BY 1
        UNION ALL SELECT name, 'parts', rollup(a) FROM (SELECT name, anonymity_agg(sensitive, VARIADIC q) AS a FROM person GROUP BY name, sensitive) p GROUP BY 1
        UNION ALL SELECT name, 'stored', anonymity_agg(sensitive, VARIADIC q)::text::anonymity_summary FROM person GROUP BY 1) f USING (name), summary(a) s
    WHERE (s.rows, s.classes, s.k, s.l_distinct) IS DISTINCT FROM (m.rows, m.classes, m.k, m.l_distinct)
        OR abs(s.l_entropy - m.l_entropy) > 1e-12 * m.l_entropy OR abs(s.t - m.t) > 1e-12 OR abs(s.uniqueness - m.uniqueness) > 1e-15
        OR (k_anonymity(a), l_diversity(a), l_diversity(a, 'entropy'), t_closeness(a), uniqueness(a)) IS DISTINCT FROM (s.k, s.l_distinct::float8, s.l_entropy, s.t, s.uniqueness)
$$, 'every form has the measures of the definitions');
SELECT results_eq($$ SELECT name, k_anonymity(a), l_diversity(a), round(l_diversity(a, 'entropy')::numeric, 3) FROM (SELECT name, anonymity_agg(sensitive, VARIADIC q) AS a FROM person GROUP BY 1) p
    WHERE name IN ('patients', '4-anonymous', '3-diverse') ORDER BY 1 $$,
    $$ VALUES ('3-diverse', 4::bigint, 3::float8, 2.828), ('4-anonymous', 4, 1, 1.000), ('patients', 1, 1, 1.000) $$, 'l-diversity: the tables of the paper');
SELECT results_eq($$ SELECT name, round(t_closeness(a, 'number')::numeric, 3) FROM (SELECT name, anonymity_agg(sensitive, VARIADIC q) AS a FROM person GROUP BY 1) p
    WHERE name ~ 'salaries' ORDER BY 1 $$, $$ VALUES ('close salaries', 0.167), ('diverse salaries', 0.375) $$, 't-closeness: the salaries of the paper');
-- Ordered: the cumulated shares at each value in its order.
CREATE FUNCTION pg_temp.ordered(as_number boolean) RETURNS TABLE (name text, t float8) LANGUAGE sql AS $$
    WITH number AS (SELECT * FROM person WHERE sensitive ~ '^[0-9.]+$'),
        total AS (SELECT name, sensitive, rank() OVER (PARTITION BY name ORDER BY CASE WHEN as_number THEN sensitive::numeric END, sensitive COLLATE "C") AS place, count(*)::float8 AS of_value FROM number GROUP BY 1, 2),
        class AS (SELECT name, q, count(*)::float8 AS n FROM number GROUP BY 1, 2),
        cumulated AS (SELECT c.name, c.q, sum(coalesce(p.c / c.n, 0)) OVER w - sum(t.of_value) OVER w / sum(t.of_value) OVER (PARTITION BY c.name, c.q) AS d, count(*) OVER (PARTITION BY c.name, c.q) AS m
            FROM class c JOIN total t USING (name) LEFT JOIN (SELECT name, q, sensitive, count(*) AS c FROM number GROUP BY 1, 2, 3) p ON p.name = c.name AND p.q = c.q AND p.sensitive = t.sensitive
            WINDOW w AS (PARTITION BY c.name, c.q ORDER BY t.place))
    SELECT name, max(t) FROM (SELECT name, q, coalesce(sum(abs(d)) / nullif(max(m) - 1, 0), 0) AS t FROM cumulated GROUP BY 1, 2) q GROUP BY 1
$$;
SELECT is_empty(format($$
    SELECT name, t, seen FROM pg_temp.ordered(%L) o
        JOIN (SELECT name, t_closeness(anonymity_agg(sensitive, VARIADIC q), %L) AS seen FROM person WHERE sensitive ~ '^[0-9.]+$' GROUP BY 1) s USING (name)
    WHERE abs(t - seen) > 1e-12
$$, kind = 'number', kind), 't-closeness in order: ' || kind) FROM unnest('{text,number}'::text[]) AS kind;
SELECT cmp_ok((SELECT count(*) FROM pg_temp.ordered(true) WHERE t > 0), '>=', 5::bigint, 'of several tables');
SELECT is_empty($$
    SELECT name, t, seen FROM (SELECT name, t_closeness(anonymity_agg(sensitive, VARIADIC q), 'number') AS seen FROM person WHERE sensitive ~ '^[0-9]+$' GROUP BY 1) s
        JOIN (SELECT name, t_closeness(anonymity_agg(lpad(sensitive, 5, '0'), VARIADIC q), 'text') AS t FROM person WHERE sensitive ~ '^[0-9]+$' GROUP BY 1) o USING (name)
    WHERE t <> seen
$$, 'numbers, and texts in the same order, are as close');

-- The smallest classes.
SELECT is_empty($$
    SELECT name FROM (SELECT name, anonymity_agg(sensitive, VARIADIC q) AS a FROM person GROUP BY 1) s
    WHERE EXISTS (
        (SELECT quasi_identifiers, rows, sensitive_values FROM anonymity_groups(a, 1000000) EXCEPT SELECT q, count(*), count(DISTINCT sensitive) FROM person p WHERE p.name = s.name GROUP BY q)
        UNION ALL (SELECT q, count(*), count(DISTINCT sensitive) FROM person p WHERE p.name = s.name GROUP BY q EXCEPT SELECT quasi_identifiers, rows, sensitive_values FROM anonymity_groups(a, 1000000)))
$$, 'anonymity_groups: all classes of GROUP BY');
SELECT is_empty($$
    SELECT name FROM (SELECT name, anonymity_agg(sensitive, VARIADIC q) AS a FROM person GROUP BY 1) s
    WHERE (SELECT min(l_entropy) FROM anonymity_groups(a, 1000000)) <> l_diversity(a, 'entropy') OR (SELECT max(t) FROM anonymity_groups(a, 1000000)) <> t_closeness(a)
        OR (SELECT array_agg(rows) FROM anonymity_groups(a, 3)) <> (SELECT array_agg(n ORDER BY n) FROM (SELECT count(*) AS n FROM person p WHERE p.name = s.name GROUP BY q ORDER BY 1 LIMIT 3) x)
        OR (SELECT count(*) FROM anonymity_groups(a, 1000000, 4)) <> (SELECT count(*) FROM (SELECT FROM person p WHERE p.name = s.name GROUP BY q HAVING count(*) <= 4) x)
$$, 'anonymity_groups: their measures are those of the summary, and the smallest come first');
SELECT is((SELECT count(*) FROM (SELECT anonymity_agg(sensitive, VARIADIC q) AS a FROM person WHERE name = 'few ties') s, anonymity_groups(a)), 10::bigint, 'ten of them, unless told otherwise');
SELECT results_eq($$ SELECT quasi_identifiers, rows FROM (SELECT anonymity_agg("a,b); drop table x --", "a,b); drop table x --", "NULL") AS a
        FROM (VALUES ('"', NULL), ('NULL', 'NULL'), ('"', NULL), ('"', NULL), ('NULL', 'NULL'), ('{}', '')) v ("a,b); drop table x --", "NULL")) s, anonymity_groups(a) $$,
    $$ VALUES ('{"{}",""}'::text[], 1::bigint), ('{"NULL","NULL"}', 2), ('{"\"",NULL}', 3) $$, 'names and values may be anything, and NULL is not the text NULL');

-- Neither order nor workers show.
CREATE TABLE many AS SELECT (hashint4(i) & 255)::text AS zip, (hashint4(-i) & 15)::text AS age, CASE WHEN i % 50 > 0 THEN (hashint4(i * 7) & 31)::text END AS illness, i FROM generate_series(1, 30000) AS i;
ALTER TABLE many SET (parallel_workers = 2);
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS 'BEGIN RETURN QUERY EXECUTE ''EXPLAIN (COSTS OFF) '' || query; END';
SELECT matches((SELECT string_agg(line, ' ') FROM pg_temp.plan($$ SELECT anonymity_agg(illness, zip, age) FROM many $$) AS line), 'Finalize Aggregate.*Partial Aggregate', 'workers take part');
CREATE TEMP TABLE by_workers AS SELECT anonymity_agg(illness, zip, age)::text AS a FROM many;
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT is((SELECT anonymity_agg(illness, zip, age)::text FROM many), (SELECT a FROM by_workers), 'workers make the same bytes');
SELECT is((SELECT anonymity_agg(illness, zip, age)::text FROM (SELECT * FROM many ORDER BY hashint4(i)) q), (SELECT a FROM by_workers), 'so does any order');
SELECT is((SELECT rollup(a)::text FROM (SELECT anonymity_agg(illness, zip, age) AS a FROM many GROUP BY i % 13) q), (SELECT a FROM by_workers), 'and a rollup');
SELECT is((SELECT encode(anonymity_summary_send(a::anonymity_summary), 'base64') FROM by_workers), (SELECT encode(decode(a, 'base64'), 'base64') FROM by_workers), 'text and binary form are the same bytes');

-- Anybody's bytes.
CREATE TEMP TABLE attacked AS SELECT h.* FROM (SELECT anonymity_agg(sensitive, VARIADIC q)::text AS s FROM person WHERE name = 'many ties') v,
    pg_temp.hostile('anonymity_summary', s, ARRAY['SELECT $1::text', 'SELECT summary($1), l_diversity($1), t_closeness($1, ''text''), t_closeness($1, ''number'')',
        'SELECT count(*) FROM anonymity_groups($1, 1000)', 'SELECT rollup(v) FROM (SELECT $1 AS v UNION ALL SELECT $1) q']) h;
SELECT is(wrong, '', format('hostile text: %s refused, %s taken for summaries and used', refused, accepted)) FROM attacked;
SELECT cmp_ok(refused, '>', 100::bigint, 'most of it is refused') FROM attacked;

\if :has_data
-- Real tables, with their gaps and dirt.
CREATE TEMP TABLE febrl (entity_id integer, rec_id text, given_name text, surname text, street_number text, address_1 text, address_2 text, suburb text, postcode text, state text, date_of_birth text, soc_sec_id text);
\copy febrl FROM PROGRAM 'gzip -dc ../shared/data/febrl3.csv.gz' CSV HEADER
CREATE TEMP TABLE fake (unique_id integer, first_name text, surname text, dob text, city text, email text, entity_id integer);
\copy fake FROM PROGRAM 'gzip -dc ../shared/data/fake_people_1000.csv.gz' CSV HEADER
CREATE TEMP TABLE telco (id text, gender text, senior integer, partner text, dependents text, tenure integer, phone text, lines text, internet text, security text, backup text, device text, support text, tv text, movies text,
    contract text, paperless text, payment text, monthly numeric, total text, churn text);
\copy telco FROM PROGRAM 'gzip -dc ../shared/data/telco_churn.csv.gz' CSV HEADER
DELETE FROM person;
INSERT INTO person
    SELECT 'febrl', surname, ARRAY[postcode, left(date_of_birth, 4), state] FROM febrl
    UNION ALL SELECT 'febrl, coarser', surname, ARRAY[generalize_postcode(postcode, 1), left(date_of_birth, 3)] FROM febrl
    UNION ALL SELECT 'fake', first_name, ARRAY[dob, city] FROM fake
    UNION ALL SELECT 'telco', payment, ARRAY[gender, senior::text, partner, dependents, generalize_number(tenure, 12)::text] FROM telco
    UNION ALL SELECT 'telco, coarser', monthly::text, ARRAY[gender, senior::text, partner] FROM telco;
SELECT is_empty($$
    SELECT name, s.*, m.* FROM (
        SELECT name, count(*) AS classes, sum(n)::bigint AS rows, min(n) AS k, min(l) AS l, sum(n) FILTER (WHERE n = 1) AS alone
        FROM (SELECT name, count(*) AS n, count(DISTINCT sensitive) + count(DISTINCT 1) FILTER (WHERE sensitive IS NULL) AS l FROM person GROUP BY name, q) c GROUP BY 1) m
        JOIN (SELECT name, anonymity_agg(sensitive, VARIADIC q) AS a FROM person GROUP BY 1) f USING (name), summary(a) s
    WHERE (s.rows, s.classes, s.k, s.l_distinct, s.uniqueness) IS DISTINCT FROM (m.rows, m.classes, m.k, m.l, coalesce(m.alone, 0) / m.rows::float8)
$$, 'real tables have the classes of GROUP BY');
SELECT is((SELECT count(DISTINCT name) FROM person), 5::bigint, 'all five of them');
DELETE FROM person WHERE name <> 'telco, coarser';
SELECT is_empty($$
    SELECT name, seen, t FROM pg_temp.ordered(true) o
        JOIN (SELECT name, t_closeness(anonymity_agg(sensitive, VARIADIC q), 'number') AS seen FROM person GROUP BY 1) s USING (name) WHERE abs(t - seen) > 1e-12
$$, 'monthly charges are as close as by the definition');
SELECT is_empty($$ SELECT email, seen FROM fake, LATERAL (SELECT mask_email(email) AS seen) q WHERE seen IS DISTINCT FROM
    CASE WHEN email ~ '^[^@]{2,}@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)+$' THEN left(email, 1) || '***@' || split_part(email, '@', 2) WHEN email IS NOT NULL THEN '***' END $$, 'e-mail addresses with all their slips');
SELECT is_empty($$ SELECT surname FROM febrl WHERE mask_name(surname) = surname $$, 'no name is shown whole');
\endif

SELECT * FROM finish();
ROLLBACK;
