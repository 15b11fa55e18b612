-- What a role without any rights can do, what it cannot, and that nobody's search_path changes an answer.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
CREATE SCHEMA test_result;
GRANT CREATE, USAGE ON SCHEMA test_result TO PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE ROLE cd_test_ordinary;
CREATE ROLE cd_test_analyst;
CREATE ROLE cd_test_owner;
CREATE ROLE cd_test_colleague IN ROLE cd_test_owner;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cd_test_owner, cd_test_analyst', current_database()); END $$;

-- An ordinary role may compute. Every answer is kept, to be compared with the superuser's.
CREATE TEMP TABLE question (number integer, query text);
GRANT SELECT ON question TO PUBLIC;
INSERT INTO question (number, query) VALUES
    (1, $$SELECT count(*)::text || sum(amount) FROM customer_data.simulate_purchases(100, 1)$$),
    (2, $$SELECT customer_data.purchase_agg(occurred_at, amount)::text FROM customer_data.simulate_purchases(100, 1)$$),
    (3, $$SELECT string_agg(r::text, ';' ORDER BY r.customer_id) FROM (
            SELECT customer_data.purchase_book_agg(customer_id, occurred_at, amount) AS book FROM customer_data.simulate_purchases(100, 1)) b,
            customer_data.rfm_table(b.book, '2030-01-01 00:00+00'::timestamptz) r$$),
    (4, $$SELECT string_agg(r::text, ';' ORDER BY r.segment) FROM (
            SELECT customer_data.purchase_book_agg(customer_id::text, occurred_at, amount) AS book FROM customer_data.simulate_purchases(100, 1)) b,
            customer_data.rfm_segment_summary(b.book, '2030-01-01'::date, 5, 'quantile', 'r_rfm') r$$),
    (5, $$SELECT string_agg(score::text, ';' ORDER BY i) FROM (
            SELECT i, customer_data.rfm_score(i, i % 7, i % 11) OVER () AS score FROM generate_series(1, 50) i) q$$),
    (6, $$SELECT string_agg(t::text, ';' ORDER BY t.dimension, t.score) FROM (
            SELECT customer_data.rfm_bins(customer_data.rfm_agg(i, i % 7, i % 11)) AS bins FROM generate_series(1, 50) i) q,
            customer_data.rfm_thresholds(bins) t$$),
    (7, $$SELECT customer_data.rfm_segment(ROW(5, 4, 5, '545')::customer_data.rfm_score) || customer_data.rfm_segment(ROW(5, 4, 5, '545')::customer_data.rfm_score, 'r_rfm')$$),
    (8, $$SELECT string_agg(t::text, ';' ORDER BY t.rule_number) FROM customer_data.rfm_segment_rules() t$$),
    (9, $$SELECT (s OPERATOR(customer_data.+) s)::jsonb::text || customer_data.purchase_repeat(s, '2030-01-01'::date, '7 days')::text || customer_data.purchase_average(s, 'day')
          FROM (SELECT customer_data.purchase_agg(occurred_at, amount) AS s FROM customer_data.simulate_purchases(1, 1)) q$$),
    (10, $$SELECT customer_data.purchase_book_count(customer_data.purchase_book_without(
            customer_data.purchase_book_agg(customer_id, occurred_at, amount), 7))::text FROM customer_data.simulate_purchases(100, 1)$$),
    (11, $$SELECT customer_data.summary(d)::text || string_agg(c::text, ';' ORDER BY c.name) FROM (
            SELECT customer_data.dataset_agg(p, 'amount', NULL, '{occurred_at}') AS d FROM customer_data.simulate_purchases(100, 1) p) q,
            customer_data.dataset_columns(q.d) c GROUP BY d::text, customer_data.summary(d)::text$$);
CREATE FUNCTION pg_temp.answers() RETURNS TABLE (number integer, answer text) LANGUAGE plpgsql AS $$
DECLARE q record;
BEGIN
    FOR q IN SELECT * FROM question ORDER BY 1 LOOP
        number := q.number;
        BEGIN
            EXECUTE q.query INTO answer;
        EXCEPTION WHEN OTHERS THEN
            answer := 'failed: ' || SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END
$$;
CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    EXECUTE query INTO result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN 'failed: ' || SQLERRM;
END
$$;
CREATE TEMP TABLE expected AS SELECT * FROM pg_temp.answers();
SELECT is_empty($$ SELECT * FROM expected WHERE answer IS NULL OR answer LIKE 'failed%' $$, 'there are answers to compare');

SET LOCAL ROLE cd_test_ordinary;
CREATE TABLE test_result.ordinary AS SELECT * FROM pg_temp.answers();
RESET ROLE;
SELECT set_eq('SELECT * FROM test_result.ordinary', 'SELECT * FROM expected', 'a role without rights gets every answer');

-- It may not set up, and half a setup does not remain.
SET LOCAL ROLE cd_test_ordinary;
SELECT throws_ok('SELECT customer_data.rfm_setup()', '42501', NULL, 'without CREATE on the database, rfm_setup is refused');
RESET ROLE;
SELECT hasnt_schema('customer_store', 'and leaves nothing behind');
SELECT throws_ok($$ SELECT customer_data.rfm_segment(ROW(5, 4, 5, '545')::customer_data.rfm_score, 'mine') $$, NULL, NULL,
    'a rule set of the user''s is an error before setup');

-- The first to set up owns the records.
SET LOCAL ROLE cd_test_owner;
SELECT lives_ok('SELECT customer_data.rfm_setup()', 'with CREATE on the database, rfm_setup works');
SELECT lives_ok('SELECT customer_data.rfm_setup()', 'and again');
INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment, recency_low) VALUES ('mine', 1, 'Fresh', 4), ('mine', 2, 'Stale', 1);
SELECT is(pg_temp.answer($$ SELECT customer_data.rfm_segment(ROW(5, 4, 5, '545')::customer_data.rfm_score, 'mine') $$), 'Fresh', 'the owner uses own rules');
SELECT throws_ok($$ INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment) VALUES ('classic', 1, 'x') $$, '23514', NULL,
    'the name of a shipped rule set cannot be taken');
RESET ROLE;
SELECT schema_owner_is('customer_store', 'cd_test_owner');
SELECT table_owner_is('customer_store', 'rfm_segment_rule', 'cd_test_owner', 'the table belongs to who set it up');

SET LOCAL ROLE cd_test_analyst;
SELECT throws_ok('SELECT customer_data.rfm_setup()', '42501', 'schema customer_store belongs to another role',
    'a stranger''s setup is refused, even with CREATE on the database');
SELECT throws_ok($$ SELECT customer_data.rfm_segment(ROW(5, 4, 5, '545')::customer_data.rfm_score, 'mine') $$, '42501', NULL,
    'and the rules are not readable without a grant');
SELECT throws_ok($$ SELECT count(*) FROM customer_data.rfm_segment_rules('mine') $$, '42501', NULL, 'nor listed');
SELECT lives_ok($$ SELECT customer_data.rfm_segment(ROW(5, 4, 5, '545')::customer_data.rfm_score, 'classic') $$, 'shipped rules need no grant');
RESET ROLE;
GRANT USAGE ON SCHEMA customer_store TO cd_test_analyst;
SET LOCAL ROLE cd_test_analyst;
SELECT throws_ok($$ SELECT customer_data.rfm_segment(ROW(5, 4, 5, '545')::customer_data.rfm_score, 'mine') $$, '42501', NULL,
    'the schema alone is not enough');
RESET ROLE;
GRANT SELECT ON customer_store.rfm_segment_rule TO cd_test_analyst;
SET LOCAL ROLE cd_test_analyst;
SELECT is(pg_temp.answer($$ SELECT customer_data.rfm_segment(ROW(5, 4, 5, '545')::customer_data.rfm_score, 'mine') $$), 'Fresh', 'with SELECT on the table, the rules are used');
RESET ROLE;
SET LOCAL ROLE cd_test_colleague;
SELECT lives_ok('SELECT customer_data.rfm_setup()', 'a member of the owning role may set up');
RESET ROLE;

-- A newer shape is not touched.
UPDATE customer_store.shape SET version = 99 WHERE feature = 'rfm';
SET LOCAL ROLE cd_test_owner;
SELECT throws_ok('SELECT customer_data.rfm_setup()', '55000', NULL, 'a newer shape of the tables is refused');
RESET ROLE;
UPDATE customer_store.shape SET version = 1 WHERE feature = 'rfm';

-- A hostile search_path: whatever our functions might look up by name is there, and raises or lies.
CREATE SCHEMA hostile;
CREATE FUNCTION hostile.trap(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped: %', $1; END $$;
DO $$
DECLARE f record;
BEGIN
    -- Functions that take what the caller has, under the names of pg_catalog and of ours.
    FOR f IN SELECT DISTINCT proname, pg_get_function_identity_arguments(p.oid) AS arguments, format_type(prorettype, NULL) AS result
             FROM pg_proc p
             WHERE (pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND NOT proretset AND pg_get_function_arguments(p.oid) !~ 'VARIADIC|internal|any|DEFAULT|OUT '
                    AND proname IN ('hashtextextended', 'pg_has_role', 'format', 'texteq', 'textne', 'text_lt', 'int4eq', 'int4gt', 'int4le', 'int2le', 'nameeq',
                        'oideq', 'int42le', 'int24le', 'current_schema', 'pg_advisory_xact_lock', 'regrole', 'lower', 'length', 'abs', 'floor'))
    LOOP
        EXECUTE format('CREATE FUNCTION hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', f.proname, f.arguments, f.result,
            format('BEGIN PERFORM hostile.trap(%L); END', f.proname));
    END LOOP;
END
$$;
CREATE FUNCTION hostile.lie(anyelement, anyelement) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM hostile.trap('operator'); RETURN false; END $$;
CREATE FUNCTION hostile.lie_text(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM hostile.trap('operator of text'); RETURN false; END $$;
CREATE FUNCTION hostile.lie_name(name, name) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM hostile.trap('operator of name'); RETURN false; END $$;
CREATE FUNCTION hostile.lie_name(name, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM hostile.trap('operator of name and text'); RETURN false; END $$;
CREATE FUNCTION hostile.lie_int(integer, integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM hostile.trap('operator of integer'); RETURN false; END $$;
CREATE OPERATOR hostile.= (LEFTARG = text, RIGHTARG = text, FUNCTION = hostile.lie_text);
CREATE OPERATOR hostile.= (LEFTARG = name, RIGHTARG = name, FUNCTION = hostile.lie_name);
CREATE OPERATOR hostile.= (LEFTARG = name, RIGHTARG = text, FUNCTION = hostile.lie_name);
CREATE OPERATOR hostile.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = hostile.lie_int);
CREATE OPERATOR hostile.> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = hostile.lie_int);
CREATE TABLE hostile.rfm_segment_rule (LIKE customer_store.rfm_segment_rule INCLUDING DEFAULTS);
INSERT INTO hostile.rfm_segment_rule (rules, rule_number, segment) VALUES ('mine', 1, 'Lie');
CREATE TABLE hostile.shape (feature text, version integer);
INSERT INTO hostile.shape VALUES ('rfm', 99);
CREATE TABLE hostile.pg_namespace (oid oid, nspname name, nspowner oid);
CREATE TYPE hostile.rfm_score AS (a text);
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA hostile TO PUBLIC;
CREATE TEMP TABLE rfm_segment_rule AS SELECT * FROM hostile.rfm_segment_rule;
CREATE TEMP TABLE shape AS SELECT * FROM hostile.shape;
CREATE TEMP TABLE pg_namespace AS SELECT * FROM hostile.pg_namespace;
GRANT SELECT ON rfm_segment_rule, shape, pg_temp.pg_namespace TO PUBLIC;

-- The traps work: a caller who writes an unqualified name meets them.
SET LOCAL search_path = hostile, pg_temp, pg_catalog;
CREATE TABLE test_result.trapped (what pg_catalog.text, ok boolean);
DO $$
BEGIN
    PERFORM 'a'::pg_catalog.text = 'b'::pg_catalog.text;
    INSERT INTO test_result.trapped VALUES ('operator', false);
EXCEPTION WHEN raise_exception THEN
    INSERT INTO test_result.trapped VALUES ('operator', true);
END
$$;
-- The questions of before, which name every object with its schema, but leave operators and PL/pgSQL to us.
CREATE TABLE test_result.hostile (number integer, answer pg_catalog.text);
DO $$
DECLARE
    query pg_catalog.text;
    answer pg_catalog.text;
    number integer;
BEGIN
    FOR number, query IN SELECT q.number, q.query FROM pg_temp.question q ORDER BY q.number USING OPERATOR(pg_catalog.<) LOOP
        BEGIN
            EXECUTE query INTO answer;
        EXCEPTION WHEN OTHERS THEN
            answer := 'failed: ' OPERATOR(pg_catalog.||) SQLERRM;
        END;
        INSERT INTO test_result.hostile VALUES (number, answer);
    END LOOP;
    INSERT INTO test_result.hostile SELECT 100, customer_data.rfm_segment(ROW(5, 4, 5, '545')::customer_data.rfm_score, 'mine');
    INSERT INTO test_result.hostile SELECT 101, pg_catalog.string_agg(t.segment, ',' ORDER BY t.rule_number USING OPERATOR(pg_catalog.<)) FROM customer_data.rfm_segment_rules('mine') t;
    BEGIN
        PERFORM customer_data.rfm_setup();
        INSERT INTO test_result.hostile VALUES (102, 'set up');
    EXCEPTION WHEN OTHERS THEN
        INSERT INTO test_result.hostile VALUES (102, SQLERRM);
    END;
END
$$;
SET LOCAL search_path = public, pg_catalog;
SELECT ok((SELECT bool_and(ok) FROM test_result.trapped), 'the hostile search_path is one');
SELECT set_eq('SELECT number, answer::text FROM test_result.hostile WHERE number < 100', 'SELECT * FROM expected', 'a hostile search_path changes no answer');
SELECT is((SELECT answer::text FROM test_result.hostile WHERE number = 100), 'Fresh', 'rules are read from customer_store alone');
SELECT is((SELECT answer::text FROM test_result.hostile WHERE number = 101), 'Fresh,Stale', 'and listed from there');
SELECT is((SELECT answer::text FROM test_result.hostile WHERE number = 102), 'set up', 'rfm_setup looks nothing up in it');

SELECT * FROM finish();
ROLLBACK;
