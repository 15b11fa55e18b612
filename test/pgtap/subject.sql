-- Keys of subjects: every bit of them and of their values, other people's tables and rights, and who is told what.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
CREATE ROLE cd_test_owner;     -- of the tables
CREATE ROLE cd_test_sealer;    -- may seal and open
CREATE ROLE cd_test_officer;   -- may erase
CREATE ROLE cd_test_bystander;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cd_test_owner', current_database()); END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA customer_data TO cd_test_owner;
GRANT EXECUTE ON FUNCTION customer_data.seal_for(text, text, text), customer_data.unseal(text, customer_data.sealed, text),
    customer_data.shred(text, text), customer_data.shred_status(text, text) TO cd_test_sealer;
GRANT EXECUTE ON FUNCTION customer_data.shred(text, text), customer_data.subject_allow(text, text), customer_data.shred_status(text, text),
    customer_data.subject_rewrap_step(integer, text, bytea) TO cd_test_officer;
GRANT USAGE ON SCHEMA customer_data TO PUBLIC;
-- What a statement ends with.
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE query INTO result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
-- The same after another statement, both undone.
CREATE FUNCTION pg_temp.outcome_with(change text, query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE change;
    result := pg_temp.outcome(query);
    RAISE EXCEPTION SQLSTATE 'ZZ999' USING MESSAGE = result;
EXCEPTION WHEN SQLSTATE 'ZZ999' THEN
    RETURN SQLERRM;
END
$$;
CREATE FUNCTION pg_temp.opened(field text, email customer_data.sealed, subject text) RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.outcome(format('SELECT customer_data.unseal(%L, %L::bytea::customer_data.sealed, %L)', field, email::bytea, subject)) $$;

-- A schema of that name that another role made is not used

CREATE SCHEMA customer_keys AUTHORIZATION cd_test_bystander;
SET LOCAL ROLE cd_test_owner;
SELECT is(pg_temp.outcome('SELECT customer_data.privacy_setup()'), '42501 schema customer_keys belongs to another role', 'setup refuses a schema of another role');
RESET ROLE;
DROP SCHEMA customer_keys;
SET LOCAL ROLE cd_test_owner;
SELECT is(pg_temp.outcome('SELECT customer_data.privacy_setup()'), '', 'it makes one');
SELECT is(pg_temp.outcome('SELECT customer_data.privacy_setup()'), '', 'and may be repeated');
RESET ROLE;
SELECT is((SELECT string_agg(DISTINCT r.rolname::text COLLATE "default", ' ') FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid
    JOIN pg_roles r ON r.oid IN (n.nspowner, c.relowner) WHERE n.nspname IN ('customer_store', 'customer_keys')),
    'cd_test_owner', 'both schemas and all tables have one owner');
SELECT ok(obj_description('customer_keys'::regnamespace, 'pg_namespace') <> '' AND obj_description('customer_keys.subject_key'::regclass, 'pg_class') <> '', 'with comments');
SELECT ok(NOT has_schema_privilege('cd_test_bystander', 'customer_keys', 'USAGE')
    AND NOT has_table_privilege('cd_test_bystander', 'customer_keys.subject_key', 'SELECT'), 'nobody else sees them');
ALTER TABLE customer_keys.subject_key OWNER TO cd_test_bystander;
SELECT is(pg_temp.outcome($$ SELECT customer_data.shred('a') $$), '55000 customer_keys.subject_key is not a table of the owner of customer_store',
    'a table of another owner is not used');
ALTER TABLE customer_keys.subject_key OWNER TO cd_test_owner;

-- Rights

SELECT customer_data.field_define('crm.email'), customer_data.field_define('crm.phone'), customer_data.field_define('acme.email', tenant => 'acme');
SELECT is_empty($$ SELECT p.proname FROM pg_proc p WHERE pronamespace = 'customer_data'::regnamespace AND proname ~ '^(seal_for|seal_bytes_for|shred|subject_)'
        AND has_function_privilege('cd_test_bystander', p.oid, 'EXECUTE') $$, 'PUBLIC may call none of it');
CREATE TEMP TABLE value (who text, email customer_data.sealed);
GRANT SELECT, INSERT ON value TO PUBLIC;
SET LOCAL ROLE cd_test_sealer;
INSERT INTO value SELECT 's-' || g, customer_data.seal_for('s-' || g, 'crm.email', g || '@example.com') FROM generate_series(1, 5) g;
SELECT results_eq($$ SELECT customer_data.unseal('crm.email', email, who) FROM value $$, $$ SELECT g || '@example.com' FROM generate_series(1, 5) g $$,
    'EXECUTE alone is the right to seal and to open');
SELECT is(pg_temp.outcome($$ SELECT customer_data.shred('s-1') $$), '42501 permission denied for table customer_keys.subject_key', 'but not to erase');
SELECT is(pg_temp.outcome($$ SELECT customer_data.shred_status('s-1') $$), '42501 permission denied for table customer_keys.subject_key', 'nor to ask what is left');
RESET ROLE;
GRANT USAGE ON SCHEMA customer_keys TO cd_test_officer;
GRANT DELETE ON customer_keys.subject_key TO cd_test_officer;
SET LOCAL ROLE cd_test_officer;
SELECT is(pg_temp.outcome($$ SELECT customer_data.shred('s-1') $$), 'true', 'DELETE is the right to erase');
SELECT is(pg_temp.outcome($$ SELECT customer_data.subject_allow('s-1') $$), '', 'and to let somebody come back');
SELECT is(pg_temp.outcome($$ SELECT customer_data.subject_rewrap_step(10) $$), '42501 permission denied for table customer_keys.subject_key',
    'to wrap keys anew needs more');
SELECT is(pg_temp.outcome($$ SELECT customer_data.seal_for('s-1', 'crm.email', 'x') $$), '42501 permission denied for function seal_for', 'who erases need not seal');
RESET ROLE;
SELECT is(erased_by || ' ' || allowed_by, 'cd_test_officer cd_test_officer', 'the tombstone tells who did it') FROM customer_store.subject_erased;

-- A hostile search_path

CREATE SCHEMA hostile;
CREATE FUNCTION hostile.equal(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION hostile.equal(bytea, bytea) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE OPERATOR hostile.= (FUNCTION = hostile.equal, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR hostile.= (FUNCTION = hostile.equal, LEFTARG = bytea, RIGHTARG = bytea);
SET LOCAL search_path = hostile, pg_catalog;
CREATE TEMP TABLE erased AS SELECT customer_data.shred('s-2') AS was_there;
RESET search_path;
SELECT is(was_there, true, 'a search_path with other operators') FROM erased;
SELECT is((SELECT count(*) FROM customer_keys.subject_key), 3::bigint, 'erases nobody else');

-- Every bit

SELECT is(pg_temp.opened('crm.email', email, who), '3@example.com', 'a value opens') FROM value WHERE who = 's-3';
SELECT is_empty($$ SELECT bit, outcome FROM value, generate_series(0, octet_length(email::bytea) * 8 - 1) bit,
        pg_temp.outcome(format('SELECT customer_data.unseal(''crm.email'', %L::bytea::customer_data.sealed, ''s-3'')',
            set_byte(email::bytea, bit / 8, get_byte(email::bytea, bit / 8) # (1 << bit % 8)))) AS outcome
    WHERE who = 's-3' AND outcome !~ CASE WHEN bit < 64 THEN '^(ZC003 the sealed value cannot be opened$|22P03 )' ELSE '^ZC003 the sealed value cannot be opened$' END $$,
    'and with another bit it does not');
SELECT set_eq($$ SELECT DISTINCT outcome FROM generate_series(0, 575) bit, value,
        pg_temp.outcome_with(format('UPDATE customer_keys.subject_key SET wrapped = set_byte(wrapped, %1$s, get_byte(wrapped, %1$s) # %2$s)', bit / 8, 1 << bit % 8),
            format('SELECT customer_data.unseal(''crm.email'', %L, %L)', email, who)) AS outcome
    WHERE who = 's-3' $$, ARRAY['ZC003 the key of a subject cannot be unwrapped'], 'whatever bit of a wrapped key is flipped, it is no key');
SELECT is(pg_temp.outcome_with('UPDATE customer_keys.subject_key SET number = 2', format('SELECT customer_data.unseal(''crm.email'', %L, %L)', email, who)),
    'ZC003 the key of a subject cannot be unwrapped', 'nor is it with another number') FROM value WHERE who = 's-3';
SELECT is(pg_temp.outcome_with('UPDATE customer_keys.subject_key k SET wrapped = (SELECT o.wrapped FROM customer_keys.subject_key o WHERE o.mark <> k.mark LIMIT 1)',
        format('SELECT customer_data.unseal(''crm.email'', %L, %L)', email, who)), 'ZC003 the key of a subject cannot be unwrapped',
    'nor does the key of somebody else take its place') FROM value WHERE who = 's-4';
SELECT is(pg_temp.outcome_with('UPDATE customer_store.subject_index SET wrapped = set_byte(wrapped, 7, get_byte(wrapped, 7) # 1)',
        $$ SELECT customer_data.seal_for('s-9', 'crm.email', 'x') $$), 'ZC003 the key of a subject cannot be unwrapped', 'nor is the key of the marks changed unseen');
SELECT is(pg_temp.opened('crm.email', email, who), '3@example.com', 'left alone it opens') FROM value WHERE who = 's-3';

-- Other places

SELECT is_empty($$ SELECT v.who, o.who FROM value v, value o WHERE v.who <> o.who AND v.who > 's-2' AND o.who > 's-2'
        AND pg_temp.opened('crm.email', v.email, o.who) <> 'ZC003 the sealed value cannot be opened' $$, 'no value opens for another subject');
SELECT is(pg_temp.opened(f, email, who), 'ZC003 the sealed value cannot be opened', 'nor in ' || f)
    FROM value, unnest(ARRAY['crm.phone', 'acme.email']) f WHERE who = 's-3';
SELECT isnt(customer_data.seal_for('s-3', 'crm.email', 'x')::text, customer_data.seal_for('s-3', 'crm.email', 'x')::text, 'equal values are sealed in other bytes');

-- Tenants

CREATE TEMP TABLE acme AS SELECT customer_data.seal_for('s-3', 'acme.email', 'at acme') AS email;
SELECT is(customer_data.shred('s-3'), true, 'a subject is erased in one tenant');
SELECT is(customer_data.unseal('acme.email', email, 's-3'), 'at acme', 'and not in another one') FROM acme;
SELECT is(customer_data.shred('s-3', 'acme'), true, 'but when that is named');
SELECT is(pg_temp.opened('acme.email', email, 's-3'), 'ZC007 the subject was erased', 'there as well') FROM acme;
SELECT is((SELECT count(*) FROM customer_keys.subject_key), 2::bigint, 'no row of an erased key is left');

-- What tables tell

SELECT is_empty($$ SELECT t FROM (SELECT k::text FROM customer_keys.subject_key k UNION ALL SELECT e::text FROM customer_store.subject_erased e
    UNION ALL SELECT i::text FROM customer_store.subject_index i) AS all_rows (t) WHERE t ~ 's-[0-9]|example' $$, 'nowhere who it is');
INSERT INTO value SELECT s, customer_data.seal_for(s, 'crm.email', s) FROM unnest(ARRAY['Анна', '', ' s-5', 'S-5', repeat('x', 10000)]) s;
SELECT results_eq($$ SELECT customer_data.unseal('crm.email', email, who) FROM value WHERE who !~ '^s-' $$,
    $$ SELECT who FROM value WHERE who !~ '^s-' $$, 'any text is a subject');
SELECT is((SELECT count(*) FROM customer_keys.subject_key), 7::bigint, 'and no two of them are one');

-- A number after which there is none

SELECT is(pg_temp.outcome_with('UPDATE customer_store.subject_erased SET number = 2147483646, allowed_at = now()',
        $$ SELECT customer_data.unseal('crm.email', customer_data.seal_for('s-3', 'crm.email', 'x'), 's-3') $$), 'x', 'the last number of a key');
SELECT throws_ok($$ UPDATE customer_store.subject_erased SET number = 2147483647, allowed_at = now(); SELECT customer_data.seal_for('s-3', 'crm.email', 'x') $$, 'XX001',
    'customer_store.subject_erased was changed by hand', 'is not gone beyond, and no row is shown');
SELECT is(pg_temp.outcome_with('UPDATE customer_store.subject_erased SET number = 2147483647, allowed_at = now()', $$ SELECT customer_data.shred('s-3') $$), 'false',
    'nor does it keep anybody from being erased');

-- Triggers of the owner

CREATE FUNCTION hostile.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep BEFORE DELETE ON customer_keys.subject_key FOR EACH ROW EXECUTE FUNCTION hostile.keep();
SELECT is(pg_temp.outcome($$ SELECT customer_data.shred('s-5') $$), 'XX001 the key of the subject was not deleted', 'a key that stays is told');
DROP TRIGGER keep ON customer_keys.subject_key;

SELECT * FROM finish();
ROLLBACK;
