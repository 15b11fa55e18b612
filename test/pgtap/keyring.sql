-- Whose right it is to declare fields and to use keys, what errors and subtransactions leave, and whose search_path counts.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
CREATE ROLE cd_test_officer;
CREATE ROLE cd_test_application;
CREATE ROLE cd_test_nobody;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cd_test_officer', current_database()); END $$;
CREATE SCHEMA test_result;
GRANT CREATE, USAGE ON SCHEMA test_result TO PUBLIC;

CREATE FUNCTION test_result.define(name text, what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF what = 'field' THEN
        PERFORM customer_data.field_define(name);
    ELSE
        PERFORM customer_data.field_define('of ' || encode(name::bytea, 'hex'), tenant => name);
    END IF;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;

-- What needs a right, tried by a role without any.
CREATE TEMP TABLE protected AS
    SELECT p.oid, p.proname, p.prokind,
           (SELECT coalesce(string_agg('NULL::' || format_type(argument, NULL), ', ' ORDER BY position), '')
            FROM unnest(proargtypes::oid[]) WITH ORDINALITY AS a (argument, position)) AS arguments
    FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
    WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'customer_data')
      AND NOT EXISTS (SELECT 1 FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0);
GRANT SELECT ON protected TO PUBLIC;
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT cmp_ok((SELECT count(*) FROM protected), '>', 20::bigint, 'functions that need a right');
SET LOCAL ROLE cd_test_nobody;
SELECT is_empty($$
    SELECT proname, pg_temp.outcome(CASE prokind WHEN 'p' THEN format('CALL customer_data.%I(%s)', proname, arguments)
                                                 ELSE format('SELECT customer_data.%I(%s)', proname, arguments) END) AS outcome
    FROM protected WHERE NOT pg_temp.outcome(CASE prokind WHEN 'p' THEN format('CALL customer_data.%I(%s)', proname, arguments)
                                                 ELSE format('SELECT customer_data.%I(%s)', proname, arguments) END) IN ('42501', '0A000')
$$, 'a role without rights may call none of them');
RESET ROLE;
SELECT throws_ok($$ SELECT customer_data.pseudonym('f', 'x') $$, '55000', 'there is no table customer_store.field', 'before the tables are there');

-- The officer makes the tables; an application is granted functions, and nothing in the tables.
GRANT EXECUTE ON FUNCTION customer_data.privacy_setup(), customer_data.field_rotate(text, integer), customer_data.field_rotated(text),
    customer_data.field_define(text, text, text, text, integer, integer, text, text, integer, integer, boolean), customer_data.key_check(), customer_data.key_retire(integer)
    TO cd_test_officer, cd_test_application;
GRANT EXECUTE ON FUNCTION customer_data.pseudonym(text, text), customer_data.seal(text, text, text), customer_data.unseal(text, customer_data.sealed, text),
    customer_data.blind_index(text, text), customer_data.blind_index_all(text, text), customer_data.seal_deterministic(text, text) TO cd_test_application, cd_test_officer;
SET LOCAL ROLE cd_test_officer;
SELECT lives_ok($$ SELECT customer_data.privacy_setup() $$, 'the officer makes the tables');
SELECT lives_ok($$ SELECT customer_data.field_define('email', normaliser => 'lower_email') $$, 'and declares a field');
SELECT is((SELECT tableowner::text FROM pg_tables WHERE schemaname = 'customer_store' AND tablename = 'field'), 'cd_test_officer', 'the tables are his');
SELECT is((SELECT defined_by::text FROM customer_store.field), 'cd_test_officer', 'and so is the field');
SET LOCAL ROLE cd_test_application;
SELECT lives_ok($$ SELECT customer_data.pseudonym('email', 'a@b.de') $$, 'an application needs EXECUTE alone to make pseudonyms');
SELECT is(customer_data.unseal('email', customer_data.seal('email', 'a@b.de')), 'a@b.de', 'and to seal');
SELECT throws_ok($$ SELECT customer_data.field_define('phone') $$, '42501', NULL, 'it declares nothing');
SELECT throws_ok($$ SELECT customer_data.field_rotate('email', 2) $$, '42501', NULL, 'it rotates nothing');
SELECT throws_ok($$ SELECT customer_data.field_rotated('email') $$, '42501', NULL, 'nor ends a rotation');
SELECT throws_ok($$ SELECT customer_data.key_retire(2) $$, '42501', NULL, 'it retires no version');
SELECT throws_ok($$ SELECT * FROM customer_data.key_check() $$, '42501', NULL, 'it does not read the versions');
SELECT throws_ok($$ SELECT * FROM customer_store.field $$, '42501', NULL, 'nor the fields');
SELECT throws_ok($$ SELECT customer_data.privacy_setup() $$, '42501', NULL, 'and makes no tables in the schema of another');
RESET ROLE;

-- Subtransactions: what they declared or registered is gone with them, and an error inside harms nothing.
CREATE FUNCTION pg_temp.value() RETURNS uuid LANGUAGE sql AS $$ SELECT customer_data.pseudonym('email', 'a@b.de') $$;
CREATE TEMP TABLE kept AS SELECT pg_temp.value() AS value;
SELECT lives_ok($$
    DO $do$
    BEGIN
        BEGIN
            PERFORM customer_data.field_define('passing', key_version => 2);
            PERFORM customer_data.pseudonym('passing', 'x');
            RAISE EXCEPTION 'undone';
        EXCEPTION WHEN raise_exception THEN NULL;
        END;
    END
    $do$ $$, 'a field that is declared in a subtransaction');
SELECT throws_ok($$ SELECT customer_data.pseudonym('passing', 'x') $$, '42704', 'field "passing" is not declared', 'is gone with it');
SELECT is((SELECT array_agg(version) FROM customer_store.key_version), '{1}', 'and so is the version that it registered');
SELECT throws_ok($$ SELECT customer_data.unseal('email', ''::text::bytea::customer_data.sealed) $$, '22P03', NULL, 'an error inside');
SELECT is(pg_temp.value(), (SELECT value FROM kept), 'changes nothing');
SAVEPOINT here;
SELECT customer_data.field_define('later');
CREATE TEMP TABLE later AS SELECT customer_data.pseudonym('later', 'x') AS value;
SELECT is(customer_data.pseudonym('later', 'x'), (SELECT value FROM later), 'a field of a savepoint');
ROLLBACK TO here;
SELECT throws_ok($$ SELECT customer_data.pseudonym('later', 'x') $$, '42704', NULL, 'is gone after ROLLBACK TO');

-- A wrong root is told wherever it would be used, and by nothing else.
SAVEPOINT here;
UPDATE customer_store.key_version SET check_value = decode(repeat('ab', 16), 'hex') WHERE version = 1;
-- The versions were looked up in this transaction already; a change by the extension itself makes it look again.
SELECT customer_data.field_define('email', normaliser => 'lower_email', category => 'social');
SELECT throws_ok($$ SELECT customer_data.pseudonym('email', 'x') $$, 'ZC001', 'the root key of version 1 is not the one that it was', 'pseudonyms');
SELECT throws_ok($$ SELECT customer_data.seal('email', 'x') $$, 'ZC001', 'the root key of version 1 is not the one that it was', 'seals');
SELECT throws_ok($$ SELECT customer_data.blind_index('email', 'x') $$, 'ZC001', 'the root key of version 1 is not the one that it was', 'blind indexes');
SELECT results_eq($$ SELECT key_version, available, matches FROM customer_data.key_check() $$, $$ VALUES (1, true, false) $$, 'and key_check tells');
ROLLBACK TO here;
UPDATE customer_store.key_version SET check_value = check_value;

-- A retired version.
SELECT customer_data.field_define('old', key_version => 2);
CREATE TEMP TABLE old AS SELECT customer_data.seal_deterministic('old', 'x') AS value;
SELECT throws_ok($$ SELECT customer_data.key_retire(2) $$, '55000', 'version 2 of the root key cannot be retired', 'a version that a field pins');
SELECT customer_data.field_rotate('old', 1);
SELECT throws_ok($$ SELECT customer_data.key_retire(2) $$, '55000', 'version 2 of the root key cannot be retired', 'or that a rotation comes from');
SELECT customer_data.field_rotated('old');
SELECT is(customer_data.unseal('old', value), 'x', 'opens') FROM old;
-- Values that came from elsewhere after the rotation.
CREATE TABLE test_result.kept (v customer_data.sealed);
CREATE TRIGGER protect BEFORE INSERT OR UPDATE ON test_result.kept FOR EACH ROW EXECUTE FUNCTION customer_data.seal_protect('old', 'v');
INSERT INTO test_result.kept SELECT value FROM old;
SELECT throws_ok($$ SELECT customer_data.key_retire(2) $$, '55000', 'version 2 of the root key cannot be retired', 'or that values in a protected column have');
DROP TABLE test_result.kept;
SELECT customer_data.key_retire(2);
SELECT throws_ok($$ SELECT customer_data.unseal('old', value) FROM old $$, 'ZC002', 'version 2 of the root key is retired', 'until it is retired');
SELECT results_eq($$ SELECT key_version, status FROM customer_data.key_check() $$, $$ VALUES (1, 'primary'), (2, 'retired') $$, 'which key_check shows');
SELECT throws_ok($$ SELECT customer_data.field_define('new', key_version => 2) $$, '22023', 'the version of the key is retired', 'no field takes it');
SELECT throws_ok($$ SELECT customer_data.field_rotate('old', 2) $$, '22023', 'the version of the key is retired', 'nor goes back to it');

-- A search_path full of traps changes no answer, and none of them runs.
CREATE TABLE test_result.trap (what text);
GRANT INSERT, SELECT ON test_result.trap TO PUBLIC;
CREATE SCHEMA trap;
CREATE FUNCTION trap.caught(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test_result.trap VALUES (current_user); RETURN true; END $$;
CREATE FUNCTION trap.caught(integer, integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test_result.trap VALUES (current_user); RETURN true; END $$;
CREATE OPERATOR trap.= (FUNCTION = trap.caught, LEFTARG = text, RIGHTARG = text);
CREATE OPERATOR trap.= (FUNCTION = trap.caught, LEFTARG = integer, RIGHTARG = integer);
CREATE OPERATOR trap.~~ (FUNCTION = trap.caught, LEFTARG = text, RIGHTARG = text);
CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test_result.trap VALUES (current_user); RETURN 'epoch'; END $$;
CREATE FUNCTION trap.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO test_result.trap VALUES (current_user); RETURN 'trapped'; END $$;
CREATE FUNCTION trap.concat(VARIADIC "any") RETURNS text LANGUAGE internal AS 'text_concat';
CREATE TEMP TABLE field (field text, key_version integer);
CREATE TEMP TABLE key_version (version integer);
GRANT USAGE ON SCHEMA trap TO PUBLIC;
-- pgTAP itself would be caught, so the outcomes are kept.
CREATE TABLE test_result.outcome (query text, outcome text);
SET LOCAL search_path = pg_temp, trap, pg_catalog;
INSERT INTO test_result.outcome SELECT query, pg_temp.outcome(query) FROM unnest(ARRAY[
    $$ INSERT INTO test_result.outcome SELECT 'pseudonym', customer_data.pseudonym('email', 'a@b.de') $$,
    $$ SELECT customer_data.field_define('trapped', normaliser => 'digits') $$,
    $$ SELECT customer_data.field_rotate('trapped', 1) $$,
    $$ SELECT customer_data.field_rotated('trapped') $$,
    $$ SELECT * FROM customer_data.key_status() $$,
    $$ SELECT * FROM customer_data.key_check() $$,
    $$ SELECT customer_data.privacy_setup() $$,
    $$ SELECT customer_data.unseal('email', customer_data.seal('email', 'x')) $$]) query;
RESET search_path;
SELECT is_empty($$ SELECT * FROM test_result.outcome WHERE query <> 'pseudonym' AND outcome <> 'done' $$, 'with a search_path full of traps everything works');
SELECT is((SELECT outcome FROM test_result.outcome WHERE query = 'pseudonym'), (SELECT value::text FROM kept), 'and gives the same values');
SELECT is_empty('SELECT * FROM test_result.trap', 'and no trap was sprung');

-- Names that are not read as they were written
SELECT results_eq($$ SELECT name, what, test_result.define(name, what) FROM unnest(ARRAY['crm', 'крм', 'क्षेत्र', 'a b', E'a\nb', E'a\tb', E'a\u007fb', E'a\u0085b', E'a\u200eb', E'a\u202eb',
        E'a\u2028b', E'a\ufeffb', E'a\u00adb']) name, unnest(ARRAY['field', 'tenant']) what ORDER BY what, name COLLATE "C" $$,
    $$ SELECT name, what, CASE WHEN name ~ '^(crm|крм|क्षेत्र|a b)$' THEN 'done' ELSE '22023 ' || what || ' must not have control characters' END
        FROM unnest(ARRAY['crm', 'крм', 'क्षेत्र', 'a b', E'a\nb', E'a\tb', E'a\u007fb', E'a\u0085b', E'a\u200eb', E'a\u202eb', E'a\u2028b', E'a\ufeffb', E'a\u00adb']) name,
        unnest(ARRAY['field', 'tenant']) what ORDER BY what, name COLLATE "C" $$, 'names of fields and tenants have no control characters');

SELECT * FROM finish();
ROLLBACK;
