-- Sealed values: every bit of them, their place, their rights, and what the catalog and plans know of them.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, customer_data, pg_catalog;
SELECT privacy_setup();
SELECT field_define(f.name, tenant => f.tenant, normaliser => 'lower_email')
FROM (VALUES ('crm.email', ''), ('crm.phone', ''), ('shop.email', 'shop'), ('crm.email2', ''), ('m.email', 'cr')) f (name, tenant);
-- What a statement ends with.
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    message text;
    detail text;
BEGIN
    EXECUTE query;
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN state || ' ' || message || ' ' || detail;
END
$$;

-- Every bit

CREATE TEMP TABLE value (kind text, value sealed, row_key text);
INSERT INTO value VALUES
    ('randomised', seal('crm.email', 'ada@example.com'), NULL), ('bound', seal('crm.email', 'ada@example.com', '17'), '17'),
    ('deterministic', seal_deterministic('crm.email', 'ada@example.com'), NULL), ('empty', seal('crm.email', ''), NULL),
    ('bound to nothing', seal('crm.email', 'ada@example.com', ''), '');
SELECT results_eq('SELECT kind, unseal(''crm.email'', value, row_key) FROM value',
    'SELECT kind, CASE kind WHEN ''empty'' THEN '''' ELSE ''ada@example.com'' END FROM value', 'every kind of value opens');
CREATE TEMP TABLE flipped AS
    SELECT kind, bit, pg_temp.outcome(format('SELECT customer_data.unseal_bytes(''crm.email'', %L::bytea::customer_data.sealed, %L)',
        set_byte(value::bytea, bit / 8, get_byte(value::bytea, bit / 8) # (1 << bit % 8)), row_key)) AS outcome
    FROM value, generate_series(0, octet_length(value::bytea) * 8 - 1) bit;
SELECT is_empty($$ SELECT kind, bit, outcome FROM flipped WHERE bit >= 64 AND outcome
    <> 'ZC003 the sealed value cannot be opened It was changed, or it was sealed for another field, row, tenant or key.' $$,
    'whatever bit is flipped, a value does not open, and says the same');
SELECT is_empty($$ SELECT kind, bit, outcome FROM flipped WHERE bit < 64 AND outcome !~ '^(ZC003 the sealed value cannot be opened|22P03) ' $$, 'nor with another header, of which most are no sealed values at all');
SELECT set_eq($$ SELECT DISTINCT length FROM value, generate_series(0, 44) length
    WHERE length < octet_length(value::bytea) AND pg_temp.outcome(format('SELECT customer_data.unseal_bytes(''crm.email'', %L::bytea::customer_data.sealed, %L)',
        substring(value::bytea FOR length), row_key)) ~ '^(ZC003|22P03) ' $$,
    'SELECT generate_series(0, 44)', 'nor do its first 0 to 44 bytes');

-- Every place

SELECT is_empty($$ SELECT kind, field, key FROM value, unnest(ARRAY['crm.email', 'crm.phone', 'shop.email', 'crm.email2', 'm.email']) AS field,
        (VALUES (NULL), (''), ('17'), ('18'), ('017')) k (key)
    WHERE (field, key) IS DISTINCT FROM ('crm.email', row_key)
      AND pg_temp.outcome(format('SELECT customer_data.unseal(%L, %L::customer_data.sealed, %L)', field, value, key))
          <> 'ZC003 the sealed value cannot be opened It was changed, or it was sealed for another field, row, tenant or key.' $$,
    'a value opens in no other field, tenant or row');
SELECT is_empty($$
    SELECT f, t FROM unnest(ARRAY[0, 1, 3]) f, unnest(ARRAY[0, 1, 3]) t, value
    WHERE get_byte(value::bytea, 2) = f AND f <> t AND octet_length(value::bytea) >= 44
      AND pg_temp.outcome(format('SELECT customer_data.unseal_bytes(''crm.email'', %L::bytea::customer_data.sealed, %L)', set_byte(value::bytea, 2, t),
          CASE WHEN t = 3 THEN '17' END)) !~ '^ZC003 ' $$, 'nor as a value of another kind');

-- Properties

SELECT is(count(DISTINCT s), 1000::bigint, 'no two seals of a text are equal') FROM (SELECT seal('crm.email', 'x') AS s FROM generate_series(1, 1000)) q;
SELECT is(count(DISTINCT s), 1::bigint, 'deterministic ones are') FROM (SELECT seal_deterministic('crm.email', 'x' || (i - i)) AS s FROM generate_series(1, 1000) i) q;
SELECT is_empty($$ SELECT n FROM generate_series(0, 300) n WHERE unseal('crm.email', seal('crm.email', repeat('ä', n), n::text), n::text) <> repeat('ä', n) $$,
    'texts of every length open');
SELECT is_empty($$ SELECT n FROM generate_series(0, 255) n
    WHERE unseal_bytes('crm.email', seal_bytes('crm.email', set_byte('\x0000', 1, n))) <> set_byte('\x0000', 1, n) $$, 'and bytes of every kind');
SELECT is(unseal('crm.email', seal_bytes('crm.email', convert_to('Zoë', 'UTF8'))), 'Zoë', 'a text is sealed as UTF-8');
SELECT is(seal_blind_index('crm.email', seal('crm.email', ' Ada@Example.com', '1'), '1'), blind_index('crm.email', 'ada@example.com'),
    'the blind index of a sealed value is that of the value');
SELECT is((sealed_info(seal('crm.email', repeat('x', 100000)))).bytes, 100000, 'a large value says its size');
SELECT is(sum((i.value < j.value)::int + (i.value = j.value)::int * 2 + (i.value > j.value)::int * 4
        - CASE WHEN i.value::bytea < j.value::bytea THEN 1 WHEN i.value::bytea = j.value::bytea THEN 2 ELSE 4 END), 0::bigint, 'the order is that of bytes')
FROM value i, value j;
SELECT is(array_agg(value::bytea ORDER BY value), array_agg(value::bytea ORDER BY value::bytea), 'in sorts too') FROM value;
SELECT ok(bool_and(amvalidate(oid)), 'operator classes are complete') FROM pg_opclass WHERE opcname = 'sealed_ops';

-- What the server knows

CREATE TABLE customer (id integer, email sealed, login sealed);
INSERT INTO customer SELECT i, seal('crm.email', 'secret' || i % 3), seal_deterministic('crm.email', 'secret' || i % 3) FROM generate_series(1, 300) i;
ANALYZE customer;
SELECT is_empty($$ SELECT * FROM pg_stats WHERE tablename = 'customer' AND pg_stats::text ~ 'secret' $$, 'pg_stats holds no plaintext');
SELECT isnt_empty($$ SELECT * FROM pg_stats WHERE tablename = 'customer' AND attname = 'login' AND n_distinct = 3 $$, 'but counts deterministic values');
SELECT throws_ok($$ CREATE INDEX ON customer (unseal('crm.email', email)) $$, '42P17', NULL, 'no index holds what was opened');
SELECT throws_ok($$ CREATE TABLE opened (email sealed, plain text GENERATED ALWAYS AS (customer_data.unseal('crm.email', email)) STORED) $$,
    '42P17', NULL, 'nor does a generated column');
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    lines text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (VERBOSE) ' || query LOOP lines := lines || line; END LOOP;
    RETURN lines;
END
$$;
SELECT unalike(pg_temp.plan(format('SELECT * FROM customer WHERE customer_data.unseal(''crm.email'', %L) IS NOT NULL', login)), '%secret%', 'a plan does not open a constant')
FROM customer LIMIT 1;
SELECT set_eq($$ SELECT proname::text FROM pg_proc WHERE pronamespace = 'customer_data'::regnamespace AND proleakproof AND proname ~ 'seal' $$,
    $$ SELECT 'sealed_' || unnest(ARRAY['eq', 'ne', 'lt', 'le', 'gt', 'ge', 'cmp', 'hash', 'hash_extended']) $$, 'only comparison is leakproof');
SELECT set_eq($$ SELECT DISTINCT proname::text, provolatile::text FROM pg_proc WHERE pronamespace = 'customer_data'::regnamespace
        AND proname ~ '^(seal|unseal)(_|$)' AND proname !~ '_for$' $$,
    $$ VALUES ('seal', 'v'), ('seal_bytes', 'v'), ('seal_again', 'v'), ('seal_protect', 'v'), ('seal_rotate', 'v'), ('seal_rotate_step', 'v'),
        ('seal_deterministic', 's'), ('seal_deterministic_all', 's'), ('seal_blind_index', 's'), ('unseal', 's'), ('unseal_bytes', 's') $$,
    'nothing that needs a key is immutable');

-- Who holds up a rotation: advisory locks of class 4 are those of fields.

SELECT field_define('lock.v');
CREATE TABLE held (v sealed);
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON held FOR EACH ROW EXECUTE FUNCTION seal_protect('lock.v', 'v');
CREATE TEMP VIEW field_locks AS SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 4 AND pid = pg_backend_pid();
CREATE TEMP TABLE locks_before AS SELECT * FROM field_locks;
INSERT INTO held VALUES (NULL);
SELECT is(count, (SELECT count FROM locks_before), 'NULL takes no lock of the field') FROM field_locks;
SELECT throws_ok(format('INSERT INTO held VALUES (%L)', value), 'ZC004', NULL, 'nor does what is refused') FROM value WHERE kind = 'randomised';
SELECT is(count, (SELECT count FROM locks_before), 'to the end of the transaction') FROM field_locks;
INSERT INTO held SELECT sealed('\x0101000000000001'::bytea
    || substring(sha256('customer_data/tag'::bytea || '\x00000000' || '\x00000006' || 'lock.v'::bytea) FOR 4) || decode(repeat('00', 16), 'hex'));
SELECT is(count, (SELECT count + 1 FROM locks_before), 'a value does, which may have an older version') FROM field_locks;

-- Tables of every shape

CREATE TABLE part (id text, day date, email text, email_index bytea) PARTITION BY RANGE (day);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE part_2 (email text, other integer, email_index bytea, day date, id text);
ALTER TABLE part_2 DROP COLUMN other;
ALTER TABLE part ATTACH PARTITION part_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TRIGGER "Protect it" BEFORE INSERT OR UPDATE ON part FOR EACH ROW EXECUTE FUNCTION seal_protect('m.email', 'email', 'id', 'email_index');
SELECT throws_ok($$ INSERT INTO part VALUES ('a', '2026-01-05', 'plain') $$, 'ZC004', NULL, 'partitions are protected');
SELECT throws_ok($$ INSERT INTO part VALUES ('a', '2026-02-05', 'cd1.plain') $$, 'ZC004', NULL, 'in every layout');
INSERT INTO part SELECT 'k' || i, date '2026-01-01' + i % 50, seal('m.email', 'm' || i, 'k' || i)::text, '\x00' FROM generate_series(1, 500) i;
SELECT results_eq($$ SELECT relation::text, column_name, field, key_version, rows, is_target FROM rotation_status() WHERE field = 'm.email' ORDER BY 1 $$,
    $$ SELECT tableoid::regclass::text, 'email', 'm.email', 1, count(*), true FROM part GROUP BY 1 ORDER BY 1 $$, 'the status of partitions');
-- The steps that the procedure makes, in one transaction. Another version is what values should have.
CREATE FUNCTION pg_temp.rotate(relation regclass, column_name name, batch integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    state bigint[];
    steps integer := 0;
BEGIN
    LOOP
        state := customer_data.seal_rotate_step(relation, column_name, batch, state);
        steps := steps + 1;
        EXIT WHEN state IS NULL;
    END LOOP;
    RETURN steps;
END
$$;
CREATE TABLE "Odd ""name""" ("The id" integer, "Geheim?" sealed UNIQUE, note text);
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON "Odd ""name""" FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.phone', 'Geheim?');
INSERT INTO "Odd ""name""" SELECT i, seal_deterministic('crm.phone', 'p' || i), repeat('x', 500) FROM generate_series(1, 1000) i;
SELECT field_rotate('crm.phone', 2);
SELECT cmp_ok(pg_temp.rotate('"Odd ""name"""', 'Geheim?', 1), '>', 60, 'a small batch is a block');
SELECT is(count(*), 1000::bigint, 'names of every kind are rotated') FROM "Odd ""name""" WHERE "Geheim?" = seal_deterministic('crm.phone', 'p' || "The id");
SELECT is(rows, 1000::bigint, 'which is recorded') FROM customer_store.seal_rotation WHERE relation = 'public."Odd ""name"""' AND finished_at IS NOT NULL;
-- A pass that changed nothing, because somebody moved the row behind it: steps take table, block, end, changed, pass, primary and pinned version.
UPDATE "Odd ""name""" SET "Geheim?" = (seal_deterministic_all('crm.phone', 'p17'))[2] WHERE "The id" = 17;
SELECT is(seal_rotate_step(t, 'Geheim?', 1, ARRAY[t::oid::bigint, 1000, 1000, 0, 1, 1, 2]), ARRAY[t::oid::bigint, 0, -1, 0, 2, 1, 2], 'a pass that missed a row is not the last one')
FROM (VALUES ('"Odd ""name"""'::regclass)) v (t);
SELECT is(sealed_key_version("Geheim?"), 1, 'as it was') FROM "Odd ""name""" WHERE "The id" = 17;
SELECT pg_temp.rotate('"Odd ""name"""', 'Geheim?', 100000);
SELECT is(sealed_key_version("Geheim?"), 2, 'the next one finds it') FROM "Odd ""name""" WHERE "The id" = 17;
SELECT is(seal_rotate_step(t, 'Geheim?', 1, ARRAY[t::oid::bigint, 1000, 1000, 0, 1, 1, 2]), NULL, 'and then there is an end')
FROM (VALUES ('"Odd ""name"""'::regclass)) v (t);
SELECT is(pg_temp.rotate('part', 'email', 100000), 4, 'a partitioned table takes its tables one by one: two steps to begin, and one each');

-- What a trigger BEFORE does not see as it will be, and what cannot change where it stands.
CREATE TABLE made (id integer, key text GENERATED ALWAYS AS ('k' || id) STORED, v sealed);
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON made FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.email', 'v', 'key');
SELECT throws_ok($$ INSERT INTO made VALUES (1, DEFAULT, seal('crm.email', 'x', 'k1')) $$, '42P10', 'column "key" of "made" is generated', 'a generated column is no row key');
ALTER TABLE made DISABLE TRIGGER protect;
INSERT INTO made VALUES (1, DEFAULT, seal('crm.email', 'x', 'k1'));
SELECT throws_ok($$ SELECT pg_temp.rotate('made', 'v', 100) $$, '42P10', 'column "key" of "made" is generated', 'for a rotation neither');
CREATE TABLE shown (id integer, plain text, v text GENERATED ALWAYS AS (plain) STORED);
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON shown FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.email', 'v');
SELECT throws_ok($$ INSERT INTO shown VALUES (1, 'ada@example.com') $$, '42P10', NULL, 'nor is it protected itself');
CREATE TABLE hashed (id integer, v sealed) PARTITION BY HASH (v);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0) PARTITION BY LIST ((id % 2));
CREATE TABLE hashed_00 PARTITION OF hashed_0 DEFAULT;
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON hashed FOR EACH ROW EXECUTE FUNCTION seal_protect('hash.v', 'v');
SELECT field_define('hash.v');
INSERT INTO hashed SELECT i, seal_deterministic('hash.v', i::text) FROM generate_series(1, 100) i;
SELECT field_rotate('hash.v', 2);
SELECT throws_ok(format('SELECT pg_temp.rotate(%L, ''v'', 10)', t), '0A000', 'public.hashed is partitioned by "v"', t || ' is not rotated: rows would have to leave their partitions')
FROM unnest(ARRAY['hashed', 'hashed_0', 'hashed_00', 'hashed_1']) t;
UPDATE hashed SET v = seal_again('hash.v', v);
SELECT is(count(*) FILTER (WHERE v = seal_deterministic('hash.v', id::text)), 100::bigint, 'an UPDATE of the whole moves them') FROM hashed;

-- The key of a subject has no versions; its blind index has.
SELECT field_define('s.v');
CREATE TABLE person (id text, v sealed, v_index bytea);
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION seal_protect('s.v', 'v', 'id', 'v_index');
INSERT INTO person SELECT 'p' || i, CASE WHEN i % 2 = 0 THEN seal_for('p' || i, 's.v', 'value' || i) ELSE seal('s.v', 'value' || i, 'p' || i) END,
    CASE WHEN i <> 8 THEN blind_index('s.v', CASE WHEN i = 4 THEN 'another, as by an older version' ELSE 'value' || i END) END FROM generate_series(1, 10) i;
SELECT ok(shred('p6'), 'a subject is erased');
CREATE TEMP TABLE person_before AS SELECT * FROM person;
SELECT results_eq($$ SELECT key_version, rows FROM rotation_status() WHERE field = 's.v' $$, 'VALUES (1, 5::bigint)', 'versions are those of other values');
SELECT cmp_ok(pg_temp.rotate('person', 'v', 1000), '<', 10, 'a rotation comes to an end');
SELECT is(array_agg(p.id), ARRAY['p4'], 'and changes what is stale, not what was erased') FROM person p JOIN person_before b USING (id) WHERE p <> b;
SELECT is(v_index, blind_index('s.v', 'value4'), 'by a blind index that was made anew') FROM person WHERE id = 'p4';

-- Uniqueness over both versions, whatever the index

SELECT field_define('u.v');
CREATE TABLE u (a integer, v sealed, deleted boolean DEFAULT false, CHECK (a <> 99));
CREATE UNIQUE INDEX ON u (a, v) WHERE NOT deleted;
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON u FOR EACH ROW EXECUTE FUNCTION seal_protect('u.v', 'v');
INSERT INTO u VALUES (1, seal_deterministic('u.v', 'x')), (2, seal_deterministic('u.v', 'x')), (3, seal_deterministic('u.v', 'y')), (4, NULL);
SELECT field_rotate('u.v', 2);
SELECT throws_ok($$ INSERT INTO u VALUES (1, seal_deterministic('u.v', 'x')) $$, '23505', NULL, 'an index of several columns: all of them are the same');
SELECT lives_ok($$ INSERT INTO u VALUES (3, seal_deterministic('u.v', 'x')) $$, 'one of them is not');
SELECT lives_ok($$ INSERT INTO u VALUES (1, seal_deterministic('u.v', 'x'), true) $$, 'a row that a partial index leaves out');
SELECT lives_ok($$ INSERT INTO u VALUES (NULL, seal_deterministic('u.v', 'x')), (NULL, seal_deterministic('u.v', 'x')) $$, 'NULL is equal to nothing');
SELECT lives_ok($$ UPDATE u SET v = seal_again('u.v', v) WHERE a = 2 $$, 'a row is not in its own way');
SELECT throws_ok($$ UPDATE u SET a = 1, v = seal_again('u.v', v) WHERE a = 2 $$, '23505', NULL, 'but in that of others');
SELECT throws_ok($$ INSERT INTO u VALUES (2, (seal_deterministic_all('u.v', 'x'))[2]) $$, '23505', NULL, 'and a copy of the previous version in that of the next one');

-- An index on what is computed from the value, and on the whole row.
SELECT field_define('e.v');
CREATE TABLE e (a integer, v sealed);
CREATE UNIQUE INDEX ON e (a, (v::bytea));
CREATE FUNCTION value_of(e) RETURNS sealed LANGUAGE sql IMMUTABLE AS 'SELECT $1.v';
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON e FOR EACH ROW EXECUTE FUNCTION seal_protect('e.v', 'v');
INSERT INTO e VALUES (1, seal_deterministic('e.v', 'x'));
SELECT field_rotate('e.v', 2);
SELECT throws_ok($$ INSERT INTO e VALUES (1, seal_deterministic('e.v', 'x')) $$, '23505', 'duplicate value in column "v" of "e", under another version of the key', 'an expression of the value is unique over both versions');
SELECT lives_ok($$ INSERT INTO e VALUES (2, seal_deterministic('e.v', 'x')), (NULL, seal_deterministic('e.v', 'x')) $$, 'with the other columns of its index');
DROP INDEX e_a_v_idx;
CREATE UNIQUE INDEX ON e (value_of(e)) WHERE a IN (1, 3);
SELECT throws_ok($$ INSERT INTO e VALUES (3, seal_deterministic('e.v', 'x')) $$, '23505', 'duplicate value in column "v" of "e", under another version of the key', 'and what a function makes of the row');

-- A trigger that names what there is not keeps nobody from his own columns

CREATE TABLE wrong (v sealed, n integer);
CREATE TRIGGER a BEFORE INSERT ON wrong FOR EACH ROW EXECUTE FUNCTION seal_protect('no.such', 'v');
CREATE TRIGGER b BEFORE INSERT ON wrong FOR EACH ROW EXECUTE FUNCTION seal_protect('u.v', 'no_such');
CREATE TRIGGER c BEFORE INSERT ON wrong FOR EACH ROW EXECUTE FUNCTION seal_protect('u.v', 'n');
CREATE TRIGGER d BEFORE INSERT ON wrong FOR EACH ROW EXECUTE FUNCTION seal_protect('u.v');
SELECT results_eq($$ SELECT key_version, rows FROM rotation_status() WHERE field = 'u.v' $$, 'SELECT sealed_key_version(v), count(*) FROM u WHERE v IS NOT NULL GROUP BY 1 ORDER BY 1',
    'the status does without wrong triggers');

-- Rights

CREATE ROLE cd_test_seal_nobody;
CREATE ROLE cd_test_seal_clerk;
CREATE ROLE cd_test_seal_rotator;
GRANT SELECT, INSERT, UPDATE ON customer, held TO cd_test_seal_nobody, cd_test_seal_clerk;
GRANT EXECUTE ON FUNCTION seal(text, text, text) TO cd_test_seal_clerk;
SET LOCAL ROLE cd_test_seal_nobody;
SELECT is_empty($$
    SELECT query FROM (VALUES ('seal(''crm.email'', ''x'')'), ('seal_bytes(''crm.email'', ''x'')'), ('seal_deterministic(''crm.email'', ''x'')'),
        ('seal_deterministic_all(''crm.email'', ''x'')'), ('unseal(''crm.email'', email)'), ('unseal_bytes(''crm.email'', email)'), ('seal_again(''crm.email'', email)'),
        ('seal_blind_index(''crm.email'', email)'), ('seal_rotate_step(''customer'', ''email'', 1)'), ('rotation_status()')) v (query)
    WHERE pg_temp.outcome('SELECT customer_data.' || query || ' FROM customer') !~ '^42501 ' $$, 'a role without rights seals and opens nothing');
SELECT throws_ok('CALL customer_data.seal_rotate(''customer'', ''email'')', '42501', NULL, 'and rotates nothing');
CREATE TEMP TABLE own (v sealed);
SELECT throws_ok($$ CREATE TRIGGER protect BEFORE INSERT ON own FOR EACH ROW EXECUTE FUNCTION customer_data.seal_protect('crm.email', 'login') $$,
    '42501', NULL, 'nor declares a column, by whose values it would hold up rotations');
SELECT lives_ok('INSERT INTO held VALUES (NULL); INSERT INTO held SELECT v FROM held', 'but writes through the trigger of somebody else');
SELECT lives_ok('SELECT count(DISTINCT login), max(sealed_key_version(login)), min(login::text) FROM customer', 'it may compare values, and see what they are');
SET LOCAL ROLE cd_test_seal_clerk;
SELECT lives_ok($$ INSERT INTO customer VALUES (0, seal('crm.email', 'x')) $$, 'who may seal needs no right on the tables of the extension');
SELECT throws_ok($$ SELECT unseal('crm.email', email) FROM customer WHERE id = 0 $$, '42501', NULL, 'and opens nothing');
RESET ROLE;
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.email', 'login');
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA customer_data TO cd_test_seal_rotator;
GRANT USAGE ON SCHEMA customer_store TO cd_test_seal_rotator;
GRANT SELECT, INSERT, UPDATE ON customer_store.seal_rotation TO cd_test_seal_rotator;
SET LOCAL ROLE cd_test_seal_rotator;
SELECT throws_ok($$ SELECT pg_temp.rotate('customer', 'login', 100) $$, '42501', NULL, 'a rotation has the rights of its caller on the table');
SELECT is_empty($$ SELECT * FROM rotation_status() $$, 'and the status those of its caller');
RESET ROLE;
GRANT SELECT, UPDATE ON customer TO cd_test_seal_rotator;
ALTER TABLE customer ENABLE ROW LEVEL SECURITY;
CREATE POLICY half ON customer USING (id % 2 = 0);
SET LOCAL ROLE cd_test_seal_rotator;
SELECT throws_ok($$ SELECT pg_temp.rotate('customer', 'login', 100) $$, '42501', 'row-level security hides rows of public.customer', 'a rotation that would leave out rows says so');
RESET ROLE;
ALTER TABLE customer DISABLE ROW LEVEL SECURITY;
SELECT field_rotate('crm.email', 2);
SET LOCAL ROLE cd_test_seal_rotator;
SELECT lives_ok($$ SELECT pg_temp.rotate('customer', 'login', 100) $$, 'who may write the table may rotate it');
RESET ROLE;
SELECT field_define('hidden.v');
CREATE SCHEMA hidden;
CREATE TABLE hidden.t (id integer, v sealed);
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON hidden.t FOR EACH ROW EXECUTE FUNCTION seal_protect('hidden.v', 'v');
INSERT INTO hidden.t VALUES (1, seal_deterministic('hidden.v', 'x'));
SELECT field_rotate('hidden.v', 2);
GRANT SELECT, UPDATE ON customer_store.field TO cd_test_seal_rotator;
GRANT SELECT ON hidden.t TO cd_test_seal_rotator;
SET LOCAL ROLE cd_test_seal_rotator;
SELECT throws_ok($$ SELECT field_rotated('hidden.v') $$, '42501', 'table hidden.t may have values of the previous version', 'no rotation ends by one who cannot see: not the schema');
SELECT is_empty($$ SELECT * FROM rotation_status() WHERE field = 'hidden.v' $$, 'nor does he see the status of it');
RESET ROLE;
GRANT USAGE ON SCHEMA hidden TO cd_test_seal_rotator;
REVOKE SELECT ON hidden.t FROM cd_test_seal_rotator;
GRANT SELECT (id) ON hidden.t TO cd_test_seal_rotator;
SET LOCAL ROLE cd_test_seal_rotator;
SELECT throws_ok($$ SELECT field_rotated('hidden.v') $$, '42501', 'table hidden.t may have values of the previous version', 'not the column');
RESET ROLE;
GRANT SELECT (v) ON hidden.t TO cd_test_seal_rotator;
ALTER TABLE hidden.t ENABLE ROW LEVEL SECURITY;
SET LOCAL ROLE cd_test_seal_rotator;
SELECT throws_ok($$ SELECT field_rotated('hidden.v') $$, '42501', 'table hidden.t may have values of the previous version', 'not the rows');
RESET ROLE;
ALTER TABLE hidden.t DISABLE ROW LEVEL SECURITY;
SET LOCAL ROLE cd_test_seal_rotator;
SELECT throws_ok($$ SELECT field_rotated('hidden.v') $$, '55000', NULL, 'who sees all of it is told what is left');
RESET ROLE;
UPDATE hidden.t SET v = seal_again('hidden.v', v);
SET LOCAL ROLE cd_test_seal_rotator;
SELECT lives_ok($$ SELECT field_rotated('hidden.v') $$, 'and ends the rotation when nothing is');
RESET ROLE;
SELECT is_empty($$ SELECT * FROM customer WHERE sealed_key_version(login) = 1 $$, 'all of it');

SELECT * FROM finish();
ROLLBACK;
