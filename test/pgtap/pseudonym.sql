-- Pseudonyms, blind indexes and normalisers: another implementation in SQL, and what must hold for all values. The root
-- keys of the server of the tests are 00 01 … 1f (version 1) and 20 21 … 3f (version 2).
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
SELECT privacy_setup() \g /dev/null

-- HMAC (RFC 2104) and HKDF (RFC 5869) over sha256() of PostgreSQL, and the bytes that docs/pseudonym.md tells.

CREATE FUNCTION pg_temp.pad(key bytea, with_byte int) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    padded bytea := key || decode(repeat('00', 64 - length(key)), 'hex');
BEGIN
    FOR i IN 0 .. 63 LOOP
        padded := set_byte(padded, i, get_byte(padded, i) # with_byte);
    END LOOP;
    RETURN padded;
END
$$;
CREATE FUNCTION pg_temp.mac(key bytea, message bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS
    $$ SELECT sha256(pg_temp.pad(key, 92) || sha256(pg_temp.pad(key, 54) || message)) $$;
SELECT is(encode(pg_temp.mac('Jefe', 'what do ya want for nothing?'), 'hex'), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'the other implementation: RFC 4231, case 2');
CREATE FUNCTION pg_temp.lp(part text) RETURNS bytea LANGUAGE sql IMMUTABLE AS
    $$ SELECT int4send(octet_length(convert_to(part, 'UTF8'))) || convert_to(part, 'UTF8') $$;
CREATE FUNCTION pg_temp.root(version int) RETURNS bytea LANGUAGE sql IMMUTABLE AS
    $$ SELECT decode(string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i), 'hex') FROM generate_series(32 * version - 32, 32 * version - 1) i $$;
CREATE FUNCTION pg_temp.key(kind text, tenant text, field text, version int) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT pg_temp.mac(pg_temp.mac('customer_data/1', pg_temp.root(version)),
                       pg_temp.lp(kind) || pg_temp.lp(tenant) || pg_temp.lp(field) || pg_temp.lp('HMAC-SHA-256') || int4send(version) || '\x01')
$$;
CREATE FUNCTION pg_temp.as_uuid(hash bytea) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(set_byte(set_byte(substr(hash, 1, 16), 6, get_byte(hash, 6) & 15 | 128), 8, get_byte(hash, 8) & 63 | 128), 'hex')::uuid
$$;

SELECT field_define('test.email', normaliser => 'lower_email', blind_bits => 16, key_version => 1) \g /dev/null
SELECT field_define('test.other', normaliser => 'lower_email', blind_bits => 20, tenant => 'acme', key_version => 2) \g /dev/null
SELECT field_define('test.phone', normaliser => 'e164', key_version => 1) \g /dev/null
SELECT field_define('test.name', normaliser => 'nfc_casefold', blind_bits => 128, key_version => 1) \g /dev/null
SELECT field_define('test.word', key_version => 1) \g /dev/null
CREATE TABLE kind AS SELECT f.*, pg_temp.key('pseudonym', tenant, field, key_version) AS pseudonym_key, pg_temp.key('blind', tenant, field, 1) AS blind_key, pg_temp.key('blind', tenant, field, 2) AS blind_key_2
    FROM customer_store.field f WHERE field LIKE 'test.%';
CREATE TABLE person AS SELECT i, 'Customer' || i || '@Example.com' AS email, format('+49 (0) %s/%s', 150 + i % 20, i * 7919) AS phone, 'Groß ' || chr(1040 + i % 32) || i AS name FROM generate_series(1, 20000) i;
CREATE TABLE tried AS SELECT field, value FROM (SELECT * FROM person WHERE i <= 200) p, LATERAL (VALUES ('test.email', email), ('test.other', email), ('test.phone', phone), ('test.name', name), ('test.word', name)) v (field, value)
    UNION ALL SELECT field, value FROM kind, unnest(ARRAY['', ' ', repeat('x', 37), repeat('x', 38), repeat('x', 39), repeat('Xyz', 100000)]) AS value;
SELECT is_empty($$
    SELECT field, left(value, 50) FROM tried JOIN kind USING (field)
    WHERE pseudonym(field, value) IS DISTINCT FROM pg_temp.as_uuid(pg_temp.mac(pseudonym_key, pg_temp.lp(normaliser) || convert_to(normalise(normaliser, value), 'UTF8')))
$$, 'pseudonyms are those of another implementation');
CREATE VIEW pg_temp.blind AS
    SELECT field, value, blind_bits, (blind_bits + 7) / 8 AS n,
        pg_temp.mac(blind_key, message) AS h, pg_temp.mac(blind_key_2, message) AS h_2
    FROM tried JOIN kind USING (field), LATERAL (SELECT pg_temp.lp(normaliser) || convert_to(normalise(normaliser, value), 'UTF8')) m (message);
CREATE FUNCTION pg_temp.first_bits(hash bytea, bits int) RETURNS bytea LANGUAGE sql IMMUTABLE AS
    $$ SELECT set_byte(substr(hash, 1, (bits + 7) / 8), (bits - 1) / 8, get_byte(hash, (bits - 1) / 8) & (65280 >> (1 + (bits - 1) % 8)) & 255) $$;
SELECT is_empty($$
    SELECT field, left(value, 50) FROM pg_temp.blind WHERE blind_index(field, value) IS DISTINCT FROM pg_temp.first_bits(h, blind_bits)
$$, 'blind indexes are those of another implementation, under the primary version');
SELECT is_empty($$
    SELECT field, left(value, 50) FROM pg_temp.blind
    WHERE blind_index_all(field, value) IS DISTINCT FROM ARRAY[pg_temp.first_bits(h, blind_bits), pg_temp.first_bits(h_2, blind_bits)]
$$, 'and under all versions, the primary first') WHERE (SELECT key_version FROM key_status()) = 1;

-- Of a good hash

SELECT is((SELECT count(DISTINCT pseudonym('test.email', email)) FROM person), 20000::bigint, 'no two of 20,000 addresses have one pseudonym');
-- Each of the 122 bits is set in 10,000 of 20,000, give or take 6 standard deviations of sqrt(20000)/2 = 70.7.
SELECT is_empty($$
    SELECT at, count(*) FILTER (WHERE get_bit(uuid_send(pseudonym('test.email', email)), at) = 1) FROM person, generate_series(0, 127) at
    WHERE at NOT IN (52, 53, 54, 55, 70, 71) GROUP BY at HAVING abs(count(*) FILTER (WHERE get_bit(uuid_send(pseudonym('test.email', email)), at) = 1) - 10000) > 424
$$, 'every bit of a pseudonym is set in half of them');
-- 20000 * 19999 / 2 pairs, each alike with probability 2^-16: 3051.6, with a standard deviation of 55.2.
SELECT cmp_ok(abs(sum(n * (n - 1) / 2) - 3051.6), '<', 6 * 55.2, 'as many share an index of 16 bits as chance has it') FROM (SELECT count(*) AS n FROM person GROUP BY blind_index('test.email', email)) g;
SELECT is((SELECT count(*) FROM person WHERE substr(blind_index('test.email', email), 1, 2) = substr(uuid_send(pseudonym('test.email', email)), 1, 2)) < 20, true,
    'an index is no part of a pseudonym: by chance 20000 / 65536 would agree');

-- Normalisers: PostgreSQL knows NFC and NFD, too. Characters of all planes that have letters, but surrogates.

CREATE TABLE letter AS SELECT chr(c) AS letter FROM generate_series(1, 204799) c WHERE c NOT BETWEEN 55296 AND 57343;
SELECT is_empty($$ SELECT letter FROM letter WHERE normalise('nfc_casefold', letter) IS NOT NFC NORMALIZED $$, 'what is folded is NFC');
SELECT is_empty($$
    SELECT letter FROM letter WHERE normalise('nfc_casefold', letter) <> normalise('nfc_casefold', normalize(letter, NFD)) OR normalise('nfc_casefold', letter) <> normalise('nfc_casefold', normalize(letter, NFC))
$$, 'canonically equivalent letters fold to the same');
SELECT is_empty($$ SELECT letter FROM letter WHERE normalise('nfc_casefold', lower(letter COLLATE "und-x-icu")) <> normalise('nfc_casefold', upper(letter COLLATE "und-x-icu"))
    -- Letters whose capital is also that of another one: by Unicode's folding they are two.
    AND letter NOT IN (U&'\0131', U&'\0130') $$, 'capital and small letters fold to the same') WHERE EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu');
SELECT is_empty($$
    SELECT letter, rule FROM letter, unnest(ARRAY['none', 'digits', 'e164', 'last4', 'lower_email', 'nfc_casefold']) rule WHERE normalise(rule, normalise(rule, letter)) <> normalise(rule, letter)
$$, 'what is normal stays as it is');
SELECT is((SELECT normalise('lower_email', 'TITLE@X.COM' COLLATE "tr-x-icu")), 'title@x.com', 'a Turkish collation does not matter');

-- One value, however it is reached

CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
        plan := plan || line || E'\n';
    END LOOP;
    RETURN plan;
END
$$;
ANALYZE person;
SET LOCAL max_parallel_workers_per_gather = 0;
CREATE TEMP TABLE serial_hash AS SELECT md5(string_agg(pseudonym('test.email', email)::text || blind_index('test.phone', phone)::text || blind_index_all('test.name', name)::text, ',' ORDER BY i)) FROM person;
CREATE TEMP TABLE serial AS SELECT count(*)::text FROM person WHERE pseudonym('test.email', email)::text < '8';
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SELECT matches(pg_temp.plan_of($$ SELECT count(*)::text FROM person WHERE pseudonym('test.email', email)::text < '8' $$), 'Workers Launched: [12].*Parallel Seq Scan', 'workers filter by pseudonym');
CREATE TEMP TABLE by_workers AS SELECT count(*)::text FROM person WHERE pseudonym('test.email', email)::text < '8';
SELECT results_eq('SELECT * FROM by_workers', 'SELECT * FROM serial', 'and make the same ones');
SET LOCAL force_parallel_mode = regress;
CREATE TEMP TABLE by_worker AS
    SELECT md5(string_agg(pseudonym('test.email', email)::text || blind_index('test.phone', phone)::text || blind_index_all('test.name', name)::text, ',' ORDER BY i)) FROM person;
SELECT results_eq('SELECT * FROM by_worker', 'SELECT * FROM serial_hash', 'a worker makes the same pseudonyms and indexes');
RESET force_parallel_mode;

-- Search by an index

CREATE TABLE sealed_person AS SELECT i, blind_index('test.name', name) AS name_index FROM person;
CREATE INDEX ON sealed_person (name_index);
ANALYZE sealed_person;
SELECT matches(pg_temp.plan_of($$ SELECT i FROM sealed_person WHERE name_index = ANY (blind_index_all('test.name', 'x')) $$), 'Index Cond: \(name_index = ANY', 'a btree index finds them');
SELECT results_eq($$ SELECT i FROM sealed_person WHERE name_index = ANY (blind_index_all('test.name', upper('gross Б4321') || '')) $$, 'SELECT i FROM person WHERE lower(name) = lower(''Groß Б4321'')', 'by another spelling');

-- A field is what it is now: nothing is kept from a declaration that was taken back.

SAVEPOINT before;
SELECT field_define('test.changing', normaliser => 'digits', key_version => 1) \g /dev/null
SELECT is(pseudonym('test.changing', 'A1'), pg_temp.as_uuid(pg_temp.mac(pg_temp.key('pseudonym', '', 'test.changing', 1), pg_temp.lp('digits/1') || '1'::bytea)), 'declared with digits');
ROLLBACK TO before;
SELECT throws_ok($$ SELECT pseudonym('test.changing', 'A1') $$, '42704', NULL, 'taken back, it is not declared');
SELECT field_define('test.changing', key_version => 1) \g /dev/null
SELECT is(pseudonym('test.changing', 'A1'), pg_temp.as_uuid(pg_temp.mac(pg_temp.key('pseudonym', '', 'test.changing', 1), pg_temp.lp('none/1') || 'A1'::bytea)), 'declared without');
SELECT field_rotate('test.changing', 2) \g /dev/null
SELECT is(pseudonym('test.changing', 'A1'), pg_temp.as_uuid(pg_temp.mac(pg_temp.key('pseudonym', '', 'test.changing', 2), pg_temp.lp('none/1') || 'A1'::bytea)), 'moved to another version');
SELECT field_define('test.later', key_version => 1) \g /dev/null
UPDATE customer_store.field SET normaliser = 'lower_email/9' WHERE field = 'test.later';
SELECT throws_ok($$ SELECT pseudonym('test.later', 'A1') $$, '42704', 'normaliser of field "test.later" is unknown', 'a normaliser of a later release is refused');

-- Errors never show the value.

CREATE FUNCTION pg_temp.error_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
    hint text;
    state text;
BEGIN
    EXECUTE query;
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, state = RETURNED_SQLSTATE;
    RETURN concat_ws(' ', state, message, detail, hint);
END
$$;
SELECT ok(e ~ '^54000 value is too long' AND e !~ 'mark', 'a long value is refused, and not shown')
FROM (SELECT pg_temp.error_of(format('SELECT %s(''test.email'', repeat(''mark'', 300000))', f)) AS e FROM unnest(ARRAY['pseudonym', 'blind_index', 'blind_index_all']) f) errors;

-- Rights: EXECUTE is all that it takes; the tables stay closed.

CREATE ROLE cd_test_loader;
SELECT ok(NOT has_function_privilege('cd_test_loader', f, 'EXECUTE'), f || ' is not everybody''s') FROM unnest(ARRAY['pseudonym(text,text)', 'blind_index(text,text)', 'blind_index_all(text,text)']) f;
SELECT ok(has_function_privilege('cd_test_loader', f, 'EXECUTE'), f || ' hides nothing') FROM unnest(ARRAY['normalise(text,text)', 'blind_bits(bigint)']) f;
CREATE TEMP TABLE known AS SELECT pseudonym('test.email', 'a@b') AS p, blind_index('test.email', 'a@b') AS b;
GRANT SELECT ON known TO cd_test_loader;
GRANT EXECUTE ON FUNCTION pseudonym(text, text), blind_index(text, text) TO cd_test_loader;
SET LOCAL ROLE cd_test_loader;
SELECT results_eq($$ SELECT pseudonym('test.email', 'a@b'), blind_index('test.email', 'a@b') $$, 'SELECT * FROM known', 'a role with EXECUTE makes pseudonyms and indexes');
SELECT throws_ok($$ SELECT * FROM customer_store.field $$, '42501', NULL, 'and reads no table of the store');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
