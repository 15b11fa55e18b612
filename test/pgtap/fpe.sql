-- Format-preserving encryption: published steps worked out elsewhere, permutations of whole domains, shapes, refusals.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
\ir include/attack.sql

SELECT lives_ok('SELECT privacy_setup()', 'tables of fields');
SELECT lives_ok($$ SELECT field_define('fpe.card', keep_left => 6, keep_right => 4, key_version => 1) $$, 'cards');
SELECT lives_ok($$ SELECT field_define('fpe.checked', keep_left => 6, keep_right => 4, luhn => true, key_version => 1) $$, 'cards with a check digit');
SELECT lives_ok($$ SELECT field_define('fpe.all', luhn => true, key_version => 1) $$, 'cards with a check digit, of which nothing stays');
SELECT lives_ok($$ SELECT field_define('fpe.phone', keep_left => 1, key_version => 1) $$, 'phones');
SELECT lives_ok($$ SELECT field_define('fpe.phone 2', keep_left => 1, key_version => 2) $$, 'phones under another version of the key');
SELECT lives_ok($$ SELECT field_define('fpe.phone of x', keep_left => 1, tenant => 'x', key_version => 1) $$, 'phones of a tenant');
SELECT lives_ok($$ SELECT field_define('fpe.iban', alphabet => 'radix36', keep_left => 4, key_version => 1) $$, 'accounts');
SELECT lives_ok($$ SELECT field_define('fpe.code', alphabet => 'radix62', key_version => 1) $$, 'codes');
SELECT lives_ok($$ SELECT field_define('fpe.name', alphabet => 'абвгдеёжзийклмнопрстуфхцчшщъыьэюя', keep_left => 1, key_version => 1) $$, 'names');
SELECT lives_ok($$ SELECT field_define('fpe.digits', key_version => 1) $$, 'digits');

-- test/unit/ff1_reference.py prints these.
CREATE TEMP TABLE answer (field text, plain text, cipher text);
INSERT INTO answer VALUES
    ('fpe.card', '4111 1111 1111 1111', '4111 1190 9681 1111'),
    ('fpe.checked', '4111 1111 1111 1111', '4111 1167 4142 1111'),
    ('fpe.all', '5555-5555-5555-4444', '5140-8351-1826-2798'),
    ('fpe.phone', '+7 (912) 345-67-89', '+7 (315) 064-67-44'),
    ('fpe.phone 2', '+7 (912) 345-67-89', '+7 (930) 579-63-33'),
    ('fpe.phone of x', '+7 (912) 345-67-89', '+7 (788) 057-98-74'),
    ('fpe.iban', 'gb29 nwbk 6016 1331 9268 19', 'gb29 amsh kb0s b2jk 2t74 i5'),
    ('fpe.code', 'Ab-1234/zZ', 'OO-ki9T/gE'),
    ('fpe.name', 'иванов-петров', 'иипвёт-бялгыв'),
    ('fpe.phone', repeat('7', 200), '72392162081889168069422109956230803502216376528767500617606275011249519279238433794846250283231979396274722812341308031218436509881033218896058100979120963480219272719348201489953240834334886348394683');
SELECT is_empty('SELECT field, plain FROM answer WHERE fpe_encrypt(field, plain) IS DISTINCT FROM cipher', 'what Python makes of the standard, with the keys of the tests');
SELECT is_empty('SELECT field, cipher FROM answer WHERE fpe_decrypt(field, cipher) IS DISTINCT FROM plain', 'and back');
SELECT is((SELECT count(DISTINCT cipher) FROM answer WHERE plain LIKE '+7%'), 3::bigint, 'other fields, tenants and versions have other keys');

-- Values of many lengths and shapes.
CREATE TEMP TABLE value AS
    SELECT i, CASE i % 4 WHEN 0 THEN 'fpe.card' WHEN 1 THEN 'fpe.phone' WHEN 2 THEN 'fpe.digits' ELSE 'fpe.checked' END AS field,
        CASE i % 4
            WHEN 0 THEN overlay(overlay(digits PLACING ' ' FROM 5) PLACING '-' FROM 12)
            WHEN 1 THEN '+' || left(digits, 7 + i / 4 % 15) || ' ' || right(digits, i / 4 % 3)
            WHEN 2 THEN repeat(digits, 1 + i / 4 % 5)
            ELSE left(digits, 18) || mod(10 - mod((SELECT sum(CASE WHEN at % 2 = 0 THEN d * 2 - CASE WHEN d > 4 THEN 9 ELSE 0 END ELSE d END)
                                                   FROM (SELECT at, substr(digits, at, 1)::int AS d FROM generate_series(1, 18) AS at) q), 10), 10)::text
        END AS plain
    FROM (SELECT i, lpad((hashint8extended(i, 1) & 9223372036854775807)::text, 19, '0') AS digits FROM generate_series(1, 100000) AS i) q;
CREATE FUNCTION pg_temp.luhn(value text) RETURNS boolean LANGUAGE sql AS $$
    SELECT mod(sum(CASE WHEN at % 2 = 0 THEN d * 2 - CASE WHEN d > 4 THEN 9 ELSE 0 END ELSE d END), 10) = 0
    FROM (SELECT at, substr(reverse(digits), at, 1)::int AS d FROM regexp_replace(value, '\D', '', 'g') AS digits, generate_series(1, length(digits)) AS at) q $$;
CREATE TEMP TABLE encrypted AS SELECT *, fpe_encrypt(field, plain) AS cipher FROM value;
ANALYZE encrypted;
SELECT is_empty('SELECT field, plain FROM encrypted WHERE fpe_decrypt(field, cipher) IS DISTINCT FROM plain', '100000 values come back');
SELECT is_empty($$ SELECT field, plain FROM encrypted WHERE regexp_replace(cipher, '\d', '0', 'g') <> regexp_replace(plain, '\d', '0', 'g') $$, 'their shape stays');
SELECT is_empty($$ SELECT * FROM encrypted WHERE field IN ('fpe.card', 'fpe.checked') AND (
    left(regexp_replace(cipher, '\D', '', 'g'), 6) <> left(regexp_replace(plain, '\D', '', 'g'), 6) OR
    right(regexp_replace(cipher, '\D', '', 'g'), 4) <> right(regexp_replace(plain, '\D', '', 'g'), 4)) $$, 'what was to stay stays');
SELECT is((SELECT count(DISTINCT (field, cipher)) FROM encrypted), (SELECT count(DISTINCT (field, plain)) FROM encrypted), 'what was different is different');
SELECT is_empty($$ SELECT plain FROM encrypted WHERE field = 'fpe.checked' AND NOT pg_temp.luhn(plain) $$, 'check digits of the test are right');
SELECT is_empty($$ SELECT cipher FROM encrypted WHERE field = 'fpe.checked' AND NOT pg_temp.luhn(cipher) $$, 'and stay right');
-- Of a value with n free digits one in 10^n stays as it is, with a check digit ten times as many: 25000 cards have 6 or more.
SELECT cmp_ok((SELECT count(*) FROM encrypted WHERE plain = cipher), '<', 8::bigint, 'hardly a value stays as it is');
-- What stays is the tweak: the free digits of two cards are encrypted alike only beside the same digits.
SELECT is((SELECT count(DISTINCT substr(fpe_encrypt('fpe.card', lpad(i::text, 6, '0') || '123456' || '0000'), 7, 6)) > 990 FROM generate_series(1, 1000) i), true, 'beside other digits, encrypted otherwise');

-- Every number of six digits becomes another one, and none twice.
SELECT is((SELECT count(DISTINCT fpe_encrypt('fpe.digits', lpad(i::text, 6, '0'))) FROM generate_series(0, 999999) i), 1000000::bigint, 'a permutation of a million values');

-- Several processes have the same keys.
CREATE TABLE public.fpe_many AS SELECT field, plain, cipher FROM encrypted;
ANALYZE public.fpe_many;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN ' || query; END $$;
SELECT ok(EXISTS (SELECT FROM pg_temp.plan_of('SELECT count(*) FROM public.fpe_many WHERE fpe_encrypt(field, plain) <> cipher') AS line WHERE line LIKE '%Workers Planned%'), 'a plan with workers');
SELECT is((SELECT count(*) FROM public.fpe_many WHERE fpe_encrypt(field, plain) <> cipher), 0::bigint, 'parallel workers make the same values');

-- The field moves to another version of the key: what was made before says which it has beside it.
CREATE TEMP TABLE before AS SELECT plain, fpe_encrypt('fpe.digits', plain) AS cipher FROM value WHERE field = 'fpe.digits' LIMIT 1000;
SELECT lives_ok($$ SELECT field_rotate('fpe.digits', 2) $$, 'the version changes');
SELECT is((SELECT count(*) FROM before WHERE fpe_encrypt('fpe.digits', plain) = cipher), 0::bigint, 'and with it every value');
SELECT is_empty($$ SELECT plain FROM before WHERE fpe_decrypt('fpe.digits', cipher, 1) <> plain $$, 'older values by their version');
SELECT is_empty($$ SELECT plain FROM before WHERE fpe_decrypt('fpe.digits', fpe_encrypt('fpe.digits', plain), 2) <> plain $$, 'newer values by theirs');
SELECT is_empty($$ SELECT plain FROM before WHERE fpe_decrypt('fpe.digits', fpe_encrypt('fpe.digits', plain)) <> plain $$, 'or by none');

SELECT is(fpe_encrypt('fpe.card', NULL), NULL, 'NULL stays NULL');
SELECT is(fpe_decrypt('fpe.card', NULL), NULL, 'both ways');
SELECT is(fpe_decrypt('fpe.card', NULL, 1), NULL, 'with a version');

-- Refusals. None shows the value.
CREATE TEMP TABLE bad (query text, state text);
INSERT INTO bad VALUES
    ($$ SELECT fpe_encrypt(NULL, '4111111111111111') $$, '22004'),
    ($$ SELECT fpe_encrypt('fpe.unknown', '4111111111111111') $$, '42704'),
    ($$ SELECT fpe_encrypt('fpe.digits', '') $$, '22023'),
    ($$ SELECT fpe_encrypt('fpe.digits', '12345') $$, '22023'),
    ($$ SELECT fpe_encrypt('fpe.card', '411111111111111') $$, '22023'),
    ($$ SELECT fpe_encrypt('fpe.digits', '123456a') $$, '22023'),
    ($$ SELECT fpe_encrypt('fpe.digits', '12345６7') $$, '22023'),
    ($$ SELECT fpe_encrypt('fpe.digits', '12345٣7') $$, '22023'),
    ($$ SELECT fpe_encrypt('fpe.digits', E'1234567\n') $$, '22023'),
    ($$ SELECT fpe_encrypt('fpe.iban', 'GB29nwbk60161331926819') $$, '22023'),
    ($$ SELECT fpe_encrypt('fpe.name', 'Иванов') $$, '22023'),
    ($$ SELECT fpe_encrypt('fpe.checked', '4111111111111112') $$, '22023'),
    ($$ SELECT fpe_decrypt('fpe.checked', '4111111111111112') $$, '22023'),
    ($$ SELECT fpe_decrypt('fpe.digits', '12345') $$, '22023'),
    ($$ SELECT fpe_decrypt('fpe.digits', '123456', 0) $$, '22023'),
    ($$ SELECT fpe_decrypt('fpe.digits', '123456', -1) $$, '22023'),
    ($$ SELECT fpe_decrypt('fpe.digits', '123456', 77) $$, 'ZC003'),
    ($$ SELECT fpe_encrypt('fpe.digits', repeat('1', 513)) $$, '54000'),
    ($$ SELECT fpe_encrypt('fpe.digits', repeat('1', 100000000)) $$, '54000'),
    ($$ SELECT fpe_encrypt('fpe.digits', '123456' || repeat('-', 8187)) $$, '54000');
SELECT is_empty('SELECT query, bad.state, r.* FROM bad, pg_temp.refusal(query) r WHERE r.state <> bad.state OR NOT has_hint', 'what is refused, and how');
CREATE FUNCTION pg_temp.said(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE message text; detail text; hint text;
BEGIN
    EXECUTE query;
    RETURN '';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN message || detail || hint;
END
$$;
SELECT is_empty($$ SELECT query FROM bad WHERE pg_temp.said(query) ~ '4111|12345|nwbk|Иванов' $$, 'no error shows a value');

CREATE ROLE fpe_nobody;
GRANT USAGE ON SCHEMA customer_data TO fpe_nobody;
SET LOCAL ROLE fpe_nobody;
SELECT throws_ok($$ SELECT customer_data.fpe_encrypt('fpe.card', '4111111111111111') $$, '42501', NULL, 'to encrypt is a right');
SELECT throws_ok($$ SELECT customer_data.fpe_decrypt('fpe.card', '4111111111111111') $$, '42501', NULL, 'to decrypt is another');
RESET ROLE;
GRANT EXECUTE ON FUNCTION customer_data.fpe_encrypt(text, text) TO fpe_nobody;
SET LOCAL ROLE fpe_nobody;
SELECT is(customer_data.fpe_encrypt('fpe.card', '4111 1111 1111 1111'), '4111 1190 9681 1111', 'whoever may encrypt needs no right on the tables');
SELECT throws_ok($$ SELECT customer_data.fpe_decrypt('fpe.card', '4111111111111111') $$, '42501', NULL, 'and may not decrypt');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
