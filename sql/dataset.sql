-- Rows of a query as features for a model.
SET timezone = 'UTC';
SET search_path = public, customer_data;
\pset null '(null)'
CREATE TYPE channel AS ENUM ('web', 'shop');
CREATE TABLE customer (customer_id int, age smallint, country varchar(20), "Plan" char(6), channel channel, active bool,
    spend numeric(12,2), born date, seen timestamptz, usual_gap interval, score real, churned bool, copies int);
INSERT INTO customer VALUES
    (1, 34, 'France',  'basic', 'web',  true,  100.00, '2000-01-11', '2000-01-02 12:00', '1 day 12 hours', 0.5,  false, 1),
    (2, 51, 'Germany', 'gold',  'shop', false, 250.50, '1999-12-31', '2024-02-29 06:00', '1 month',       1.25, true,  2),
    (3, 34, NULL,      'gold',  NULL,   true,  NULL,   NULL,         NULL,               NULL,            NULL, false, 1),
    (4, 28, 'France',  NULL,    'web',  NULL,  0,      '2000-01-01', '1999-12-31 18:00', '-1 year',       -2,   true,  3),
    (5, 40, 'France',  'gold',  'web',  true,  75.25,  '2001-01-01', '2000-01-01',       '00:00',         0,    NULL,  1);

-- The way to write it: the columns that may tell something, and the name of what is to be told.
SELECT (summary(d)).* FROM (SELECT dataset_agg(f, 'churned') AS d FROM (SELECT age, country, spend, churned FROM customer) f) q;
SELECT c.* FROM (SELECT dataset_agg(f, 'churned') AS d FROM (SELECT age, country, spend, churned FROM customer) f) q, dataset_columns(q.d) c;
-- A whole table, without its id; every kind of column. Dates and times are days since 2000-01-01, spans are days.
SELECT name, kind, n, missing, min, max, mean, distinct_values, top_values
FROM (SELECT dataset_agg(c, 'churned', 'copies', ARRAY['customer_id']) AS d FROM customer c) q, dataset_columns(q.d);
SELECT (summary(dataset_agg(c, 'churned', 'copies', ARRAY['customer_id']))).* FROM customer c;
-- Whose row it is: no feature, and kept as a hash that is the same for all types. A row of nobody stays.
SELECT (summary(d)).*, dataset_customer(d) FROM (SELECT dataset_agg(f, 'churned', NULL, '{}', 'customer_id') AS d FROM (SELECT nullif(customer_id, 4) AS customer_id, age, churned FROM customer) f) q;
SELECT c.name FROM (SELECT dataset_agg(f, 'churned', 'copies', '{country}', 'customer_id') AS d FROM (SELECT customer_id, age, country, spend, churned, copies FROM customer) f) q, dataset_columns(q.d) c;
SELECT key, d = first_value(d) OVER (ORDER BY key) AS equal
FROM (SELECT 'text' AS key, dataset_agg(f, NULL, NULL, NULL, 'id')::text AS d FROM (SELECT age, customer_id::text AS id FROM customer) f
      UNION ALL SELECT 'char', dataset_agg(f, NULL, NULL, NULL, 'id')::text FROM (SELECT age, customer_id::text::char(9) AS id FROM customer) f
      UNION ALL SELECT 'name', dataset_agg(f, NULL, NULL, NULL, 'id')::text FROM (SELECT age, customer_id::text::name AS id FROM customer) f
      UNION ALL SELECT 'bigint', dataset_agg(f, NULL, NULL, NULL, 'id')::text FROM (SELECT age, customer_id::bigint AS id FROM customer) f
      UNION ALL SELECT 'integer', dataset_agg(f, NULL, NULL, NULL, 'id')::text FROM (SELECT age, customer_id AS id FROM customer) f
      UNION ALL SELECT 'smallint', dataset_agg(f, NULL, NULL, NULL, 'id')::text FROM (SELECT age, customer_id::smallint AS id FROM customer) f
      UNION ALL SELECT 'numeric', dataset_agg(f, NULL, NULL, NULL, 'id')::text FROM (SELECT age, customer_id::numeric(9,2) AS id FROM customer) f) q ORDER BY key;
SELECT dataset_agg(f, NULL, NULL, NULL, 'id')::text = dataset_agg(g, NULL, NULL, NULL, 'id')::text AS equal
FROM (SELECT age, md5(country)::uuid AS id FROM customer) f, LATERAL (SELECT f.age, f.id::text) g;
SELECT position('anna@example.org'::bytea IN dataset_send(dataset_agg(f, NULL, NULL, NULL, 'id'))) AS found FROM (SELECT age, 'anna@example.org' AS id FROM customer) f;
-- A join, and a view.
CREATE TABLE visit AS SELECT i % 5 + 1 AS customer_id, i AS pages FROM generate_series(1, 20) i;
SELECT c.name, c.n, c.mean
FROM (SELECT dataset_agg(f) AS d
      FROM (SELECT c.age, count(*) AS visits, max(v.pages) AS pages FROM customer c JOIN visit v USING (customer_id)
            GROUP BY c.customer_id, c.age) f) q, dataset_columns(q.d) c;
SELECT string_agg(c.name, ', ') FROM (SELECT dataset_agg(j) AS d FROM (customer JOIN visit USING (customer_id)) j) q, dataset_columns(q.d) c;
CREATE VIEW known AS SELECT age, country AS "Country", churned FROM customer WHERE churned IS NOT NULL;
SELECT c.name, c.kind, c.n FROM (SELECT dataset_agg(k, 'churned') AS d FROM known k) q, dataset_columns(q.d) c;
-- Numbers from anywhere, without names.
SELECT c.name, c.n, c.missing, c.mean, c.sd
FROM (SELECT dataset_agg(churned::int, ARRAY[age, spend]) AS d FROM customer) q, dataset_columns(q.d) c;
SELECT (summary(dataset_agg(ARRAY[age, spend]))).* FROM customer;
SELECT (summary(dataset_agg(churned::int, ARRAY[age, spend], copies))).* FROM customer;
SELECT c.name, c.mean FROM (SELECT dataset_agg(ROW(age, country)) AS d FROM customer) q, dataset_columns(q.d) c;
-- Sizes and shifts at which careless arithmetic breaks: variance 30, and 0.
SELECT c.name, c.mean, c.sd * c.sd AS variance
FROM (SELECT dataset_agg(f) AS d FROM (SELECT 1e9 + v AS a, 0.1 AS b FROM unnest(ARRAY[4, 7, 13, 16]) v) f) q, dataset_columns(q.d) c;

-- Parts, each with its own categories, and parts of parts.
CREATE TABLE part AS SELECT churned, dataset_agg(f) AS d FROM (SELECT age, country, churned FROM customer) f GROUP BY churned;
SELECT churned, dataset_rows(d), dataset_skipped(d) FROM part ORDER BY 1;
SELECT c.name, c.n, c.missing, c.top_values FROM (SELECT rollup(d ORDER BY churned) AS d FROM part) q, dataset_columns(q.d) c;
SELECT rollup(d)::text = (SELECT dataset_agg(f)::text FROM (SELECT age, country, churned FROM customer) f WHERE churned) AS equal FROM part WHERE churned;
SELECT bool_and(d::text::dataset::text = d::text) AS exact FROM part;
-- A dictionary of several chunks of rows, and running datasets.
SELECT (summary(d)).rows, c.name, c.distinct_values, c.top_values
FROM (SELECT dataset_agg(f) AS d FROM (SELECT 'k' || i % 1500 AS k, i % 3 AS three FROM generate_series(1, 5000) i) f) q, dataset_columns(q.d) c;
SELECT i, dataset_rows(dataset_agg(f) OVER (ORDER BY i)) AS so_far, dataset_rows(dataset_agg(f) OVER (ORDER BY i ROWS 1 PRECEDING)) AS last_two
FROM (SELECT i, i * i AS square FROM generate_series(1, 4) i) f;

-- No rows, and rows that are left out.
SELECT dataset_rows(d), dataset_skipped(d), (SELECT count(*) FROM dataset_columns(d)), d, (summary(d)).*
FROM (SELECT dataset_agg(c) AS d FROM customer c WHERE false) q;
SELECT dataset_rows(rollup(d)) FROM part WHERE false;
SELECT dataset_rows(d), dataset_skipped(d)
FROM (SELECT rollup(d) AS d FROM (SELECT dataset_agg(c) FROM customer c WHERE false UNION ALL SELECT NULL UNION ALL SELECT d FROM part) p (d)) q;
SELECT dataset_rows(d), dataset_skipped(d), c.name
FROM (SELECT dataset_agg(f, 'churned') AS d FROM (SELECT age, NULL::bool AS churned FROM customer) f) q, dataset_columns(q.d) c;
SELECT dataset_rows(d), dataset_skipped(d) FROM (SELECT dataset_agg(v) AS d FROM customer c LEFT JOIN visit v ON v.customer_id = c.age) q;
SELECT dataset_rows(NULL), dataset_skipped(NULL), summary(NULL::dataset), (SELECT count(*) FROM dataset_columns(NULL));
SELECT c.name, c.kind, c.n, c.missing, c.mean, c.top_values
FROM (SELECT dataset_agg(f) AS d FROM (SELECT NULL::float8 AS nothing, NULL::text AS no_text FROM customer) f) q, dataset_columns(q.d) c;

-- A dataset reaches its function without being flattened; stored, or from a scalar subquery, it is flat.
SET client_min_messages = debug1;
SELECT dataset_rows(dataset_agg(c, 'churned', NULL, '{customer_id}')) FROM customer c;
SELECT count(*) FROM (SELECT dataset_agg(c) AS d FROM customer c) q, dataset_columns(q.d) c;
WITH q AS (SELECT dataset_agg(c) AS d FROM customer c) SELECT (summary(d)).rows FROM q;
SELECT dataset_rows(rollup(d)) FROM part;
SELECT dataset_rows((SELECT dataset_agg(f) FROM (SELECT age FROM customer) f));
WITH q AS MATERIALIZED (SELECT dataset_agg(f) AS d FROM (SELECT age FROM customer) f) SELECT dataset_rows(d) FROM q;
RESET client_min_messages;
-- It is bounded.
SET customer_data.max_dataset_memory = '1MB';
SELECT dataset_agg(ARRAY[i + 0.1]) FROM generate_series(1, 200000) i;
SELECT dataset_agg(f) FROM (SELECT repeat('x', 100) || i AS word FROM generate_series(1, 100000) i) f;
RESET customer_data.max_dataset_memory;

-- Bad input.
\set SHOW_CONTEXT never
SELECT dataset_agg(f) FROM (SELECT customer_id, jsonb '{}' AS profile FROM customer) f;
SELECT dataset_agg(f) FROM (SELECT ARRAY[1, 2] AS lists) f;
SELECT dataset_agg(f) FROM (SELECT c FROM customer c) f;
SELECT dataset_agg(f, 'Churned') FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, '') FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(ROW(age, churned), 'churned') FROM customer;
SELECT dataset_agg(f, 'churned', 'weight', NULL) FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, 'churned', NULL, '{customer_id}') FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, 'churned', 'churned', NULL) FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, 'churned', NULL, '{churned}') FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, 'churned', NULL, NULL, '') FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, 'churned', NULL, NULL, 'id') FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, 'churned', NULL, NULL, 'churned') FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, 'churned', NULL, '{customer_id}', 'customer_id') FROM customer f;
SELECT dataset_agg(f, 'churned', NULL, NULL, 'age') FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, NULL, NULL, NULL, 'spend') FROM (SELECT age, spend::float8 FROM customer) f;
SELECT dataset_agg(f, NULL, NULL, NULL, 'id') FROM (SELECT age, customer_id AS id, customer_id AS id FROM customer) f;
SELECT dataset_agg(f, NULL, NULL, NULL, CASE age WHEN 34 THEN 'age' ELSE 'spend' END) FROM (SELECT age, spend FROM customer) f;
SELECT dataset_agg(f, NULL, NULL, ARRAY[NULL]) FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, NULL, NULL, '{{age},{churned}}') FROM (SELECT age, churned FROM customer) f;
SELECT dataset_agg(f, 'country') FROM (SELECT age, country FROM customer) f;
SELECT dataset_agg(f, NULL, 'country', NULL) FROM (SELECT age, country FROM customer) f;
SELECT dataset_agg(f, 'age') FROM (SELECT age FROM customer) f;
SELECT dataset_agg(f, NULL, NULL, '{age}') FROM (SELECT age FROM customer) f;
SELECT dataset_agg(f) FROM (SELECT FROM customer) f;
SELECT dataset_agg(f) FROM (SELECT age, age FROM customer) f;
SELECT dataset_agg(f, 'age') FROM (SELECT age, age, spend FROM customer) f;
SELECT dataset_agg(f, CASE age WHEN 34 THEN 'age' ELSE 'spend' END) FROM (SELECT age, spend FROM customer) f;
SELECT dataset_agg(f, NULL, NULL, CASE age WHEN 34 THEN '{age}'::text[] ELSE '{}' END) FROM (SELECT age, spend FROM customer) f;
SELECT dataset_agg(f) FROM (SELECT 1.5 AS good, 'NaN'::float8 AS bad) f;
SELECT dataset_agg(f) FROM (SELECT '-Infinity'::real AS bad) f;
SELECT dataset_agg(f) FROM (SELECT 'NaN'::numeric AS bad) f;
SELECT dataset_agg(f) FROM (SELECT 'Infinity'::numeric AS bad) f;
SELECT dataset_agg(f) FROM (SELECT 'infinity'::date AS bad) f;
SELECT dataset_agg(f) FROM (SELECT '-infinity'::timestamptz AS bad) f;
SELECT dataset_agg(f, 'bad') FROM (SELECT 1 AS good, 'Infinity'::float8 AS bad) f;
SELECT dataset_agg(f, NULL, 'copies', NULL) FROM (SELECT age, 0 AS copies FROM customer) f;
SELECT dataset_agg(f, NULL, 'copies', NULL) FROM (SELECT age, -1e-9 AS copies FROM customer) f;
SELECT dataset_agg(f) FROM (SELECT a, b FROM (VALUES (1, 2)) v (a, b) UNION ALL SELECT 1, 2) f;
SELECT dataset_agg(r) FROM (SELECT ROW(1, 2) UNION ALL SELECT ROW(1, 'x'::text)) v (r);
SELECT dataset_agg(ARRAY[1, 'NaN']::float8[]);
SELECT dataset_agg(ARRAY[[1, 2], [3, 4]]::float8[]);
SELECT dataset_agg('{}'::float8[]);
SELECT dataset_agg(1, '{}'::float8[]);
SELECT dataset_agg(a) FROM (VALUES (ARRAY[1, 2]::float8[]), (ARRAY[1, 2, 3])) v (a);
SELECT dataset_agg('NaN', ARRAY[1]::float8[]);
SELECT dataset_agg(1, ARRAY[1]::float8[], 0);
SELECT dataset_agg(array_fill(1::float8, ARRAY[1601]));
SELECT rollup(d) FROM (SELECT dataset_agg(f) AS d FROM (SELECT age FROM customer) f UNION ALL SELECT dataset_agg(f) FROM (SELECT spend FROM customer) f) p;
SELECT rollup(d) FROM (SELECT dataset_agg(f) AS d FROM (SELECT age FROM customer) f UNION ALL SELECT dataset_agg(f) FROM (SELECT age::text FROM customer) f) p;
SELECT rollup(d) FROM (SELECT dataset_agg(f) AS d FROM (SELECT age, spend FROM customer) f UNION ALL SELECT dataset_agg(f, 'age') FROM (SELECT age, spend FROM customer) f) p;
SELECT rollup(d) FROM (SELECT dataset_agg(f, NULL, NULL, '{customer_id}') AS d FROM (SELECT customer_id, age FROM customer) f
    UNION ALL SELECT dataset_agg(f, NULL, NULL, '{}', 'customer_id') FROM (SELECT customer_id, age FROM customer) f) p;
-- A stored dataset goes on only with rows like its own.
SELECT dataset_rows(dataset_agg_accum(dataset_agg(ARRAY[1, 2]::float8[]), ARRAY[3, 4]::float8[]));
SELECT dataset_agg_accum(dataset_agg(ARRAY[1, 2]::float8[]), 1, ARRAY[3, 4]::float8[]);
SELECT dataset_agg_accum(d, ARRAY[3, 4]::float8[]) FROM (SELECT dataset_agg(f) AS d FROM (SELECT age, country FROM customer) f) q;
SELECT 'hello'::dataset;
SELECT '####'::dataset;
SELECT ''::dataset;
SELECT 'AgAA'::dataset;
SELECT 'AQAAAA=='::dataset;
SELECT 'AQEAAAA='::dataset;
SELECT left(d::text, 12)::dataset FROM part WHERE churned;
DROP TABLE customer, visit, part CASCADE;
DROP TYPE channel;
