-- Values that keep their shape: cards, phones and accounts that other programs take as such. The server of the tests has
-- two fixed root keys, so that the values are what test/unit/ff1_reference.py makes with Python.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
SET search_path = public, customer_data;
\pset null '(null)'
SELECT privacy_setup();
SELECT field_define('fpe.card', keep_left => 6, keep_right => 4, key_version => 1);
SELECT field_define('fpe.checked', keep_left => 6, keep_right => 4, luhn => true, key_version => 1);
SELECT field_define('fpe.phone', keep_left => 1, key_version => 1);
SELECT field_define('fpe.iban', alphabet => 'radix36', keep_left => 4, key_version => 1);
SELECT field_define('fpe.code', alphabet => 'radix62', key_version => 1);
SELECT field_define('fpe.name', alphabet => 'абвгдеёжзийклмнопрстуфхцчшщъыьэюя', keep_left => 1, key_version => 1);

CREATE TABLE sample (field text, value text);
INSERT INTO sample VALUES ('fpe.card', '4111 1111 1111 1111'), ('fpe.card', '4111-1111-1111-1111'), ('fpe.checked', '4111 1111 1111 1111'),
    ('fpe.phone', '+7 (912) 345-67-89'), ('fpe.phone', '79123456789'), ('fpe.iban', 'gb29 nwbk 6016 1331 9268 19'), ('fpe.code', 'Ab-1234/zZ'),
    ('fpe.name', 'иванов-петров'), ('fpe.name', NULL);
CREATE TABLE encrypted AS SELECT field, fpe_encrypt(field, value) AS value FROM sample;
SELECT s.field, s.value, e.value AS encrypted, fpe_decrypt(e.field, e.value) AS decrypted
FROM (SELECT *, row_number() OVER () FROM sample) s JOIN (SELECT *, row_number() OVER () FROM encrypted) e USING (row_number) ORDER BY row_number;

-- What was equal is equal: it joins, and can be unique.
CREATE TABLE card (number text PRIMARY KEY);
INSERT INTO card SELECT fpe_encrypt('fpe.card', lpad((i::bigint * 7919 * 104729)::text, 16, '4')) FROM generate_series(1, 1000) i;
SELECT count(*) FROM card WHERE number = fpe_encrypt('fpe.card', lpad((500::bigint * 7919 * 104729)::text, 16, '4'));
INSERT INTO card VALUES (fpe_encrypt('fpe.card', lpad((500::bigint * 7919 * 104729)::text, 16, '4')));

-- Nothing tells a wrong value: what was never encrypted is decrypted into something, and so is what another field encrypted.
SELECT fpe_decrypt('fpe.phone', '+7 000 000 00 00') <> '+7 000 000 00 00' AS something, fpe_decrypt('fpe.phone', fpe_encrypt('fpe.card', '7912345678901234')) <> '7912345678901234' AS wrong;

-- The field moves to another version of the key; whoever has older values says so.
CREATE TABLE older AS SELECT value, fpe_encrypt('fpe.phone', value) AS phone FROM sample WHERE field = 'fpe.phone';
SELECT field_rotate('fpe.phone', 2);
SELECT value, phone, fpe_decrypt('fpe.phone', phone, 1) AS by_version_1, fpe_decrypt('fpe.phone', phone) = value AS by_version_2, fpe_encrypt('fpe.phone', value) AS newer FROM older ORDER BY 1;
UPDATE older SET phone = fpe_encrypt('fpe.phone', fpe_decrypt('fpe.phone', phone, 1));
SELECT count(*) FROM older WHERE fpe_decrypt('fpe.phone', phone) = value;
SELECT field_rotated('fpe.phone');

-- A plan has no decrypted value in it: the call stays a call until it runs.
EXPLAIN (COSTS OFF) SELECT * FROM encrypted WHERE value = fpe_encrypt('fpe.card', '4111 1111 1111 1111');
CREATE INDEX ON encrypted (fpe_decrypt(field, value));

-- What is refused.
SELECT fpe_encrypt(NULL, '4111111111111111');
SELECT fpe_encrypt('fpe.unknown', '4111111111111111');
SELECT fpe_encrypt('fpe.card', '');
SELECT fpe_encrypt('fpe.card', '4111 1111 1111 111');
SELECT fpe_encrypt('fpe.card', '4111 1111 1111 111x');
SELECT fpe_encrypt('fpe.phone', '+7 912 34５ 67 89');
SELECT fpe_encrypt('fpe.name', 'Иванов');
SELECT fpe_encrypt('fpe.checked', '4111 1111 1111 1112');
SELECT fpe_encrypt('fpe.code', repeat('a', 513));
SELECT fpe_encrypt('fpe.code', 'abcdef' || repeat('-', 8187));
SELECT fpe_decrypt('fpe.card', '4111 1111 1111 111');
SELECT fpe_decrypt('fpe.phone', '+7 912 345 67 89', 0);
SELECT fpe_decrypt('fpe.phone', '+7 912 345 67 89', 3);
-- An alphabet is read when it is declared.
SELECT field_define('fpe.bad', alphabet => 'abca');
SELECT field_define('fpe.bad', alphabet => 'a');
SELECT field_define('fpe.bad', alphabet => 'radix62', luhn => true);
DROP TABLE sample, encrypted, card, older;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
