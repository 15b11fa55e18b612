-- Segments that are kept: rules, members, who entered and who departed.
SET timezone = 'UTC';
SET client_min_messages = warning;
SET search_path = public, customer_data;
\pset null '(null)'

CREATE TABLE customer (customer_id bigint PRIMARY KEY, name text, country text, age int, spend numeric(10,2), stage text,
    optin boolean, openness float8, tags text[], latitude float8, longitude float8, born date);
INSERT INTO customer VALUES
    (1, 'Ada', 'UK', 36, 900, 'customer', true, 0.9, '{vip,early}', 51.5074, -0.1278, '1989-12-10'),
    (2, 'Ben', 'UK', 17, 150.5, 'trial', true, 0.4, '{}', 51.7520, -1.2577, '2008-01-01'),
    (3, 'Cem', 'TR', 52, 80, 'customer', false, 0.7, '{early}', 41.0082, 28.9784, '1973-05-05'),
    (4, 'Dora', 'DE', 29, 80, 'lead', NULL, 0.2, NULL, 52.5200, 13.4050, '1996-07-01'),
    (5, 'Eve', 'DE', 61, 2000, 'customer', true, NULL, '{vip}', 52.3906, 13.0645, '1964-02-29'),
    (6, 'Fay', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE purchase (customer_id bigint, at timestamptz);
INSERT INTO purchase VALUES (1, '2025-01-10'), (1, '2025-02-10'), (1, '2025-03-10'), (3, '2025-03-01'), (5, '2025-03-02'), (5, '2025-03-03'), (NULL, '2025-03-03');

SELECT segment_define('x', 'SELECT 1');
SELECT segment_setup();
SELECT segment_setup();

-- A segment is a query that returns ids.
SELECT segment_define('adults', 'SELECT customer_id FROM customer WHERE age >= 18', category => 'demographic', description => 'may sign');
SELECT * FROM segment_refresh('adults');
SELECT subject FROM segment_members('adults') ORDER BY subject;
UPDATE customer SET age = 18 WHERE name = 'Ben';
DELETE FROM customer WHERE name = 'Dora';
SELECT * FROM segment_refresh('adults');
SELECT * FROM segment_refresh('adults');
SELECT subject, change FROM customer_store.segment_change WHERE segment = 'adults' ORDER BY at, subject;
INSERT INTO customer VALUES (4, 'Dora', 'DE', 29, 80, 'lead', NULL, 0.2, NULL, 52.5200, 13.4050, '1996-07-01');
SELECT segment_explain('adults');
SELECT name, category, description, definer = current_user AS mine, refreshed_at IS NOT NULL AS refreshed FROM customer_store.segment;

-- Or a rule over a profile: the six kinds.
SELECT segment_event_define('purchase', 'purchase', 'customer_id', 'at');
SELECT segment_define_rule('demographic', '{"column": "age", "is": "between", "value": [18, 40]}', 'customer', 'customer_id');
SELECT segment_define_rule('geographic', '{"within_km": 50, "of": [52.52, 13.405]}', 'customer', 'customer_id');
SELECT segment_define_rule('psychographic', '{"column": "openness", "is": ">", "value": 0.6}', 'customer', 'customer_id');
SELECT segment_define_rule('behavioural', '{"did": "purchase", "times": 2, "within": "90 days", "before": "2025-03-11"}', 'customer', 'customer_id');
SELECT segment_define_rule('funnel', '{"column": "stage", "is": "in", "value": ["lead", "trial"]}', 'customer', 'customer_id');
SELECT segment_define_rule('value', '{"any": [{"column": "spend", "is": ">=", "value": 500}, {"tag": "vip"}]}', 'customer', 'customer_id');
SELECT segment_define_rule('call first', '{"at_least": 2, "of": [{"in_segment": "value"}, {"in_segment": "behavioural"}, {"not": {"column": "optin", "is": "=", "value": true}}]}',
    'customer', 'customer_id', 'campaign', 'two reasons to call');
SELECT * FROM segment_refresh_all();
SELECT segment, string_agg(name, ' ' ORDER BY name) FROM customer_store.segment_member JOIN customer ON subject = customer_id::text GROUP BY 1 ORDER BY 1;
SELECT segment_explain('call first');
SELECT segment_sql('value');
SELECT segment_sql('call first');
SELECT segment_sql('geographic');
-- How many at every node, in one scan.
SELECT repeat('  ', depth) || words AS rule, node, customers FROM segment_preview(
    '{"all": [{"column": "country", "is": "in", "value": ["UK", "DE"]},
              {"any": [{"did": "purchase"}, {"column": "spend", "is": ">", "value": 100}]},
              {"not": {"column": "optin", "is": "=", "value": true}}]}', 'customer', 'customer_id');
-- NULL fulfils no comparison, and what is not fulfilled fulfils its not: the two add up to all.
SELECT words, customers FROM segment_preview('{"any": [{"column": "country", "is": "=", "value": "UK"}, {"not": {"column": "country", "is": "=", "value": "UK"}},
    {"column": "country", "is": "<>", "value": "UK"}, {"column": "country", "is": "null"}]}', 'customer', 'customer_id');
-- Whoever bought at most once: also who never did.
SELECT words, customers FROM segment_preview('{"any": [{"did": "purchase", "at_most": 1}, {"did": "purchase", "at_most": 0}, {"did": "purchase", "times": 1, "at_most": 1},
    {"did": "purchase", "times": 3, "since": "2025-01-01", "before": "2025-03-10"}]}', 'customer', 'customer_id');
SELECT segment_a, segment_b, shared, jaccard FROM segment_overlap() WHERE shared > 1;

-- As of any time.
SELECT refreshed_at AS first FROM customer_store.segment WHERE name = 'value' \gset
UPDATE customer SET spend = 1000, tags = NULL WHERE name IN ('Ben', 'Eve');
UPDATE customer SET spend = 10, tags = NULL WHERE name = 'Ada';
SELECT * FROM segment_refresh('value');
SELECT subject, since = :'first' AS since_first FROM segment_members('value') ORDER BY 1;
SELECT subject, since = :'first' AS since_first FROM segment_members('value', :'first') ORDER BY 1;
SELECT count(*) FROM segment_members('value', :'first'::timestamptz - interval '1 second');
SELECT count(*) FROM segment_members('value', NULL);

-- Tags.
SELECT tag_agg(tag) FROM (VALUES ('vip'), ('early'), (NULL), ('vip')) v (tag);
SELECT tag_agg(tags) FROM customer;
SELECT tag_agg(tag) FROM (VALUES ('vip')) v (tag) WHERE false;
SELECT tag_agg(tags) FROM (VALUES ('{{a,b},{c,d}}'::text[])) v (tags);

-- A query is one SELECT of one column, and it only reads.
SELECT segment_define('x', 'SELECT 1; SELECT 2');
SELECT segment_define('x', '');
SELECT segment_define('x', 'DELETE FROM customer');
SELECT segment_define('x', 'SELECT customer_id, name FROM customer');
SELECT segment_define('x', 'SELECT customer_id INTO y FROM customer');
SELECT segment_define('x', 'SELECT customer_id FROM customer FOR UPDATE');
SELECT segment_define('x', 'WITH d AS (DELETE FROM customer RETURNING customer_id) SELECT customer_id FROM d');
SELECT segment_define('x', 'SELECT customer_id FROM nowhere');
SELECT segment_define('x', 'SELECT $1');
SELECT segment_define('', 'SELECT 1');
SELECT segment_define(NULL, 'SELECT 1');
CREATE FUNCTION erase() RETURNS bigint LANGUAGE sql AS 'DELETE FROM customer RETURNING customer_id';
SELECT segment_define('eraser', 'SELECT erase()');
SELECT segment_refresh('eraser');
SELECT * FROM segment_refresh_all();
DELETE FROM customer_store.segment WHERE name = 'eraser';
SELECT count(*) FROM customer;
SELECT segment_refresh('nobody');
SELECT * FROM segment_members('nobody');
SELECT segment_sql('nobody');

-- What is wrong with a rule is said with the node where it is.
\set SHOW_CONTEXT errors
\set VERBOSITY default
SELECT segment_define_rule('try', '[]', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"all": [{"tag": "vip"}, {"any": []}]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"all": [{"tag": "vip"}], "any": [{"tag": "vip"}]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"all": [{"any": [{"colum": "age"}]}]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"all": [{"any": [{"column": "height", "is": "=", "value": 1}]}]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"all": [{"column": "age", "is": ">", "value": "old"}]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"not": {"column": "born", "is": "<", "value": "2024-02-30"}}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"column": "age", "is": "about", "value": 30}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"column": "age", "is": "=", "value": null}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"column": "age", "is": "contains", "value": "1"}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"any": [{"did": "payment"}]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"did": "purchase", "within": "soon"}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"did": "purchase", "within": "-3 days"}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"did": "purchase", "times": 1.5}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"not": {"in_segment": "nobody"}}', 'customer', 'customer_id');
SELECT segment_define_rule('value', '{"all": [{"tag": "vip"}, {"in_segment": "call first"}]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"in_segment": "try"}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"within_km": 25, "of": [52.5, 13.4], "latitude": "name"}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"within_km": 25, "of": [152.5, 13.4]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"tag": "vip", "column": "name"}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"tag": "vip"}', 'customer', 'id');
SELECT segment_define_rule('try', '{"tag": "vip"}', 'nowhere', 'id');
SELECT segment_define_rule('try', '{"at_least": 3, "of": [{"tag": "vip"}, {"tag": "early"}]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"colum": "age", "is": "=", "value": 3}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"column": "age", "value": 3}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"column": "age", "is": "in", "value": 3}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"all": {"tag": "vip"}}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"did": "purchase", "times": 3, "at_most": 2}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"all": [{"tag": "vip"}, {"column": "age", "is": "between", "value": [60, 20]}]}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"not": {"column": "born", "is": "<", "value": "today"}}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"did": "purchase", "since": "Yesterday 12:00"}', 'customer', 'customer_id');
SELECT segment_define_rule('try', '{"within_km": 25, "of": [52.5]}', 'customer', 'customer_id');
SELECT segment_refresh(NULL);
CREATE TABLE odd (id int, place point, data json, "Sum of ""it""" int);
SELECT segment_define_rule('try', '{"column": "data", "is": "=", "value": "{}"}', 'odd', 'id');
SELECT segment_define_rule('try', '{"column": "place", "is": "<", "value": "(1,2)"}', 'odd', 'id');
SELECT segment_define_rule('odd', '{"column": "Sum of \"it\"", "is": "in", "value": [1, "2"]}', 'odd', 'id');
SELECT segment_sql('odd');
SELECT segment_event_define('odd', 'odd', 'id', 'place');
SELECT segment_event_define('odd', 'odd', 'customer', 'place');

DROP FUNCTION erase;
DROP TABLE customer, purchase, odd;
DROP SCHEMA customer_store CASCADE;
