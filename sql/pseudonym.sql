-- Pseudonyms join tables without names in them; blind indexes find what was sealed. The server of the tests has two
-- fixed root keys, so that the values are what test/unit/blind_answers.py makes with Python.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
SET search_path = public, customer_data;
\pset null '(null)'
SELECT privacy_setup();
SELECT field_define('pseudonym.email', normaliser => 'lower_email', blind_bits => 40, key_version => 1);
SELECT field_define('pseudonym.other', normaliser => 'lower_email', key_version => 1);
SELECT field_define('pseudonym.email 2', normaliser => 'lower_email', key_version => 2);
SELECT field_define('pseudonym.phone', normaliser => 'e164', blind_bits => 23, key_version => 1);

-- What is compared.
SELECT value, normalise('lower_email', value) AS lower_email FROM unnest(ARRAY[' Ada@Example.COM', E'ada@example.com\n', 'JOSE' || U&'\0301' || '@x.org', 'n/a', '']) AS value;
SELECT value, normalise('e164', value) AS e164
FROM unnest(ARRAY['+49 (0) 170 123', '0049170123', 'tel:+49-170-123;ext=7', '+49 170 123 ext. 7', '0170 123', '(0)170 123', '+39 06 123', U&'+\0664\0669 \0661', 'n/a', '000-000']) AS value;
SELECT normalise('digits', '4111-1111 1111.1234'), normalise('last4', '4111-1111 1111.1234'), normalise('digits/1', U&'\FF14\0662 \00B2'), normalise('none', ' A ');
SELECT value, normalise('nfc_casefold', value) AS nfc_casefold FROM unnest(ARRAY[U&'Stra\00DFe', 'STRASSE', U&'\03A3\03A4\0391\03A3', U&'\03C3\03C4\03B1\03C2', U&'\212Bngstr\00F6m', 'I', U&'\0131']) AS value;
-- No locale has a say in it: in Turkish, lower() of I has no dot.
SELECT normalise('nfc_casefold', 'TITLE' COLLATE "tr-x-icu") AS ours, lower('TITLE' COLLATE "tr-x-icu") AS turkish;

-- Two tables about the same people, without a name in either.
CREATE TABLE shop AS SELECT 'Customer' || i || '@Example.com' AS email, i AS orders FROM generate_series(1, 2000) i;
CREATE TABLE newsletter AS SELECT ' customer' || i * 2 || '@example.com ' AS email, i % 3 AS clicks FROM generate_series(1, 2000) i;
CREATE TABLE shop_share AS SELECT pseudonym('pseudonym.email', email) AS person, orders FROM shop;
CREATE TABLE newsletter_share AS SELECT pseudonym('pseudonym.email', email) AS person, clicks FROM newsletter;
SELECT count(*), sum(orders), sum(clicks) FROM shop_share JOIN newsletter_share USING (person);
SELECT count(*), sum(orders), sum(clicks) FROM shop s JOIN newsletter n ON lower(s.email) = btrim(n.email);
SELECT count(DISTINCT person) FROM shop_share;
-- Of another domain, or another key: nothing joins.
SELECT count(*) FROM shop_share JOIN (SELECT pseudonym('pseudonym.other', email) AS person FROM newsletter) n USING (person);
SELECT count(*) FROM shop_share JOIN (SELECT pseudonym('pseudonym.email 2', email) AS person FROM newsletter) n USING (person);
-- What test/unit/blind_answers.py has for these.
SELECT pseudonym('pseudonym.phone', '+49 (0) 170 123'), pseudonym('pseudonym.phone', 'n/a'), blind_index('pseudonym.phone', '0049170123'), blind_index('pseudonym.phone', 'n/a');
-- Version 8, variant 10: RFC 9562.
SELECT count(*) FROM shop_share WHERE person::text !~ '^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';
SELECT pseudonym('pseudonym.phone', NULL), blind_index('pseudonym.phone', NULL), blind_index_all('pseudonym.phone', NULL), blind_bits(NULL), normalise('none', NULL);

-- Search by an index, under each version of the key.
CREATE TABLE person (id integer PRIMARY KEY, email_index bytea);
INSERT INTO person SELECT orders, blind_index('pseudonym.email', email) FROM shop;
CREATE INDEX ON person (email_index);
ANALYZE person, shop_share;
SELECT id, length(email_index) FROM person WHERE email_index = ANY (blind_index_all('pseudonym.email', 'CUSTOMER77@example.com'));
EXPLAIN (COSTS OFF) SELECT id FROM person WHERE email_index = ANY (blind_index_all('pseudonym.email', 'customer77@example.com'));
SELECT cardinality(blind_index_all('pseudonym.phone', '1')), (blind_index_all('pseudonym.phone', '1'))[1] = blind_index('pseudonym.phone', '1') AS primary_first;
SELECT a.i, b.i, a.e FROM unnest(blind_index_all('pseudonym.phone', '1')) WITH ORDINALITY a(e, i) JOIN unnest(blind_index_all('pseudonym.phone', '1')) WITH ORDINALITY b(e, i) USING (e) WHERE a.i < b.i;
-- Statistics hold hashes.
SELECT tablename, attname, histogram_bounds IS NOT NULL AS has_histogram, concat(most_common_vals, histogram_bounds) ~* 'customer|example' AS has_plaintext
FROM pg_stats WHERE (tablename, attname) IN (('person', 'email_index'), ('shop_share', 'person')) ORDER BY 1;
-- Neither is immutable: an index or a generated column would be of one version.
CREATE INDEX ON shop (pseudonym('pseudonym.phone', email));
CREATE TABLE generated (email text, email_index bytea GENERATED ALWAYS AS (blind_index('pseudonym.email', email)) STORED);

-- How long should an index be?
SELECT rows, blind_bits(rows), round(rows / 2::numeric ^ blind_bits(rows), 2) AS rows_with_the_same FROM unnest(ARRAY[1, 8, 1000, 1000000, 1048576, 1000000000]) AS rows;

-- Bad input.
SELECT pseudonym(NULL, 'x');
SELECT pseudonym('nobody', NULL);
SELECT pseudonym('', 'x');
SELECT blind_index(NULL, 'x');
SELECT blind_index_all('nobody', 'x');
SELECT blind_index('pseudonym.phone', repeat('1', 1048577));
SELECT normalise(NULL, 'x');
SELECT normalise('lower_email/2', 'x');
SELECT normalise('nfc_casefold', repeat('x', 1048577));
SELECT blind_bits(0);

-- Who has no right.
CREATE ROLE regress_pseudonym_analyst;
SET ROLE regress_pseudonym_analyst;
SELECT pseudonym('pseudonym.phone', '1');
SELECT blind_index('pseudonym.phone', '1');
SELECT blind_index_all('pseudonym.phone', '1');
SELECT normalise('e164', '+49 1'), blind_bits(1000);
RESET ROLE;
DROP ROLE regress_pseudonym_analyst;

-- Another encoding: the same values.
SELECT field_define('pseudonym.name', tenant => 'Hamburg', normaliser => 'nfc_casefold', key_version => 1);
SELECT pseudonym('pseudonym.name', U&'Gro\00DF') AS in_utf8, pseudonym('pseudonym.name', 'GROSS') AS capitals;
SELECT current_database() AS utf8_database \gset
CREATE DATABASE regress_pseudonym_latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0;
\c regress_pseudonym_latin1
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
CREATE EXTENSION customer_data;
SET search_path = public, customer_data;
SELECT privacy_setup();
SELECT field_define('pseudonym.name', tenant => 'Hamburg', normaliser => 'nfc_casefold', key_version => 1);
SELECT pseudonym('pseudonym.name', U&'Gro\00DF') AS in_latin1, length(U&'Gro\00DF'::bytea) AS bytes;
SELECT normalise('nfc_casefold', U&'\00C9'), normalise('lower_email', U&'\00C9@x.org');
-- The micro sign folds to a letter that Latin-1 has not; hashed is UTF-8.
SELECT pseudonym('pseudonym.name', U&'\00B5') IS NOT NULL AS hashed;
SELECT normalise('nfc_casefold', U&'\00B5');
\c :utf8_database
DROP DATABASE regress_pseudonym_latin1;
SET client_min_messages = warning;
DROP TABLE shop, newsletter, shop_share, newsletter_share, person;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
