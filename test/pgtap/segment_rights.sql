-- A kept query is text of one role that another one may run. It never has more rights than both have, it never writes,
-- and whoever owns the tables behind it gets nobody's rights but those of a definer who refreshes his own segment.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
CREATE ROLE cd_test_owner;      -- of the store
CREATE ROLE cd_test_analyst;    -- may define and refresh
CREATE ROLE cd_test_colleague;  -- the same
CREATE ROLE cd_test_reader;     -- may look
CREATE ROLE cd_test_bystander;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cd_test_owner', current_database()); END $$;
CREATE SCHEMA seen;
GRANT USAGE, CREATE ON SCHEMA seen TO PUBLIC;
CREATE TABLE seen.customer AS SELECT i AS id FROM generate_series(1, 10) i;
CREATE TABLE seen.secret AS SELECT 'secret' || i AS id FROM generate_series(1, 3) i;
GRANT SELECT ON seen.customer TO PUBLIC;

-- As whom a query runs: it tells by its rows.
CREATE FUNCTION seen.whoami() RETURNS text LANGUAGE sql VOLATILE AS 'SELECT current_user::text';
CREATE FUNCTION pg_temp.refreshed(name text) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM customer_data.segment_refresh(name);
    RETURN (SELECT array_agg(subject ORDER BY subject) FROM customer_data.segment_members(name));
END
$$;
CREATE FUNCTION pg_temp.ends(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN 'ran';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_temp TO PUBLIC;

-- Grants

SELECT is(pg_temp.ends('SELECT customer_data.segment_define(''x'', ''SELECT 1'')'), '55000', 'before setup');
SET LOCAL ROLE cd_test_bystander;
SELECT is(pg_temp.ends('SELECT customer_data.segment_setup()'), '42501', 'a role that may not create cannot set up');
SET LOCAL ROLE cd_test_owner;
SELECT customer_data.segment_setup();
GRANT USAGE ON SCHEMA customer_store TO cd_test_analyst, cd_test_colleague, cd_test_reader;
GRANT SELECT, INSERT, UPDATE ON customer_store.segment, customer_store.segment_event TO cd_test_analyst, cd_test_colleague;
GRANT SELECT, INSERT, DELETE ON customer_store.segment_member TO cd_test_analyst, cd_test_colleague;
GRANT SELECT, INSERT ON customer_store.segment_change TO cd_test_analyst, cd_test_colleague;
GRANT SELECT ON ALL TABLES IN SCHEMA customer_store TO cd_test_reader;
SET LOCAL ROLE cd_test_analyst;
SELECT customer_data.segment_define('whoami', 'SELECT seen.whoami()');
SELECT is(pg_temp.refreshed('whoami'), '{cd_test_analyst}', 'a definer runs as himself');
SET LOCAL ROLE cd_test_reader;
CREATE FUNCTION pg_temp.calls() RETURNS TABLE (call text) LANGUAGE sql AS $$
    VALUES ('SELECT customer_data.segment_define(''x'', ''SELECT 1'')'),
           ('SELECT customer_data.segment_define_rule(''x'', ''{"column": "id", "is": "=", "value": 1}'', ''seen.customer'', ''id'')'),
           ('SELECT customer_data.segment_event_define(''x'', ''customer_store.segment_change'', ''subject'', ''at'')'),
           ('SELECT customer_data.segment_refresh(''whoami'')'), ('SELECT * FROM customer_data.segment_refresh_all()'),
           ('SELECT customer_data.segment_sql(''whoami'')'), ('SELECT customer_data.segment_explain(''whoami'')'),
           ('SELECT * FROM customer_data.segment_members(''whoami'')'), ('SELECT * FROM customer_data.segment_members(''whoami'', ''2000-01-01'')'),
           ('SELECT * FROM customer_data.segment_overlap()'),
           ('SELECT * FROM customer_data.segment_preview(''{"column": "id", "is": "=", "value": 1}'', ''seen.customer'', ''id'')')
$$;
SELECT results_eq('SELECT pg_temp.ends(call) FROM pg_temp.calls()', $$ VALUES ('42501'), ('42501'), ('42501'), ('42501'), ('42501'), ('ran'), ('ran'), ('ran'), ('ran'), ('ran'), ('ran') $$,
    'with SELECT a role reads all and writes nothing');
SET LOCAL ROLE cd_test_bystander;
SELECT results_eq('SELECT DISTINCT pg_temp.ends(call) FROM pg_temp.calls()', $$ VALUES ('42501') $$, 'without grants nothing');
RESET ROLE;

-- One missing grant after the other.
CREATE TABLE seen.needs (what text, call text);
INSERT INTO seen.needs VALUES
    ('SELECT ON customer_store.segment', 'SELECT customer_data.segment_refresh(''whoami'')'), ('SELECT ON customer_store.segment_member', 'SELECT customer_data.segment_refresh(''whoami'')'),
    ('INSERT ON customer_store.segment_member', 'SELECT customer_data.segment_refresh(''whoami'')'), ('DELETE ON customer_store.segment_member', 'SELECT customer_data.segment_refresh(''whoami'')'),
    ('INSERT ON customer_store.segment_change', 'SELECT customer_data.segment_refresh(''whoami'')'), ('INSERT ON customer_store.segment', 'SELECT customer_data.segment_define(''x'', ''SELECT 1'')'),
    ('UPDATE ON customer_store.segment', 'SELECT customer_data.segment_define(''x'', ''SELECT 1'')'), ('USAGE ON SCHEMA customer_store', 'SELECT customer_data.segment_refresh(''whoami'')'),
    ('UPDATE ON customer_store.segment_event', 'SELECT customer_data.segment_event_define(''x'', ''customer_store.segment_change'', ''subject'', ''at'')'),
    ('SELECT ON customer_store.segment_change', 'SELECT * FROM customer_data.segment_members(''whoami'', ''2000-01-01'')');
GRANT SELECT ON seen.needs TO PUBLIC;
CREATE FUNCTION pg_temp.without(what text, call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    EXECUTE format('REVOKE %s FROM cd_test_analyst', what);
    SET LOCAL ROLE cd_test_analyst;
    result := pg_temp.ends(call);
    RESET ROLE;
    EXECUTE format('GRANT %s TO cd_test_analyst', what);
    RETURN result;
END
$$;
SELECT is(pg_temp.without(what, call), '42501', 'not without ' || what || ': ' || call) FROM seen.needs;

-- Who runs whose query. The store belongs to an ordinary role; nobody has the rights of another.

SET LOCAL ROLE cd_test_colleague;
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''whoami'')'), '42501', 'a colleague without the definer''s rights is refused');
SET LOCAL ROLE cd_test_owner;
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''whoami'')'), '42501', 'so is the owner');
RESET ROLE;
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''whoami'')'), '42501',
    'so is a superuser: the owner could have put the definer''s name there, and has not his rights');
SELECT matches((SELECT pg_temp.ends('SELECT * FROM customer_data.segment_refresh_all()')), '42501', 'and so is the refresh of all');
-- With the rights of both.
GRANT cd_test_analyst TO cd_test_owner;
SELECT is(pg_temp.refreshed('whoami'), '{cd_test_analyst}', 'a superuser runs it as its definer, where the owner has the definer''s rights');
SET LOCAL ROLE cd_test_owner;
SELECT is(pg_temp.refreshed('whoami'), '{cd_test_analyst}', 'so does the owner');
SELECT customer_data.segment_define('mine', 'SELECT seen.whoami()');
SELECT is(pg_temp.refreshed('mine'), '{cd_test_owner}', 'the owner''s own runs as himself');
RESET ROLE;
SELECT is(pg_temp.refreshed('mine'), '{cd_test_owner}', 'also when a superuser refreshes it');
SET LOCAL ROLE cd_test_analyst;
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''mine'')'), '42501', 'not for one who has not the owner''s rights');
RESET ROLE;
-- A superuser defines in a store of somebody else: the owner could have forged that, so it has his rights.
SELECT customer_data.segment_define('super', 'SELECT seen.whoami()');
SELECT is(pg_temp.refreshed('super'), '{cd_test_owner}', 'what a superuser is said to have defined has the rights of the owner');
SET LOCAL ROLE cd_test_analyst;
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''super'')'), '42501', 'and who has not these may not run it');
RESET ROLE;
CREATE ROLE cd_test_gone;
UPDATE customer_store.segment SET definer = 'cd_test_gone' WHERE name = 'whoami';
DROP ROLE cd_test_gone;
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''whoami'')'), '42501', 'a definer who is gone');

-- Names are not forged by those who were granted the table.
SET LOCAL ROLE cd_test_analyst;
SELECT is(pg_temp.ends($$ INSERT INTO customer_store.segment (name, query, definer) VALUES ('forged', 'SELECT seen.whoami()', 'cd_test_owner') $$), '42501', 'nobody inserts another name');
SELECT is(pg_temp.ends($$ UPDATE customer_store.segment SET query = 'SELECT id FROM seen.secret' WHERE name = 'mine' $$), '42501', 'nor changes another''s query under that one''s name');
SELECT is(pg_temp.ends($$ INSERT INTO customer_store.segment (name, query) VALUES ('plain', 'SELECT seen.whoami()') $$), 'ran', 'the own name may be inserted');
SELECT is(pg_temp.refreshed('plain'), '{cd_test_analyst}', 'and is the definer''s');
SELECT customer_data.segment_define('mine', 'SELECT id FROM seen.secret');
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''mine'')'), '42501', 'who takes a segment over runs it with his own rights');
RESET ROLE;
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''mine'')'), '42501', 'and a superuser with the same');
SELECT is((SELECT definer::text FROM customer_store.segment WHERE name = 'mine'), 'cd_test_analyst', 'his name stands there');

-- What a query may do

CREATE TABLE seen.note (what text, role name);
GRANT INSERT, SELECT ON seen.note TO PUBLIC;
CREATE FUNCTION seen.try(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RETURN 'ran';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
CREATE SEQUENCE seen.counter;
GRANT USAGE ON SEQUENCE seen.counter TO PUBLIC;
SET LOCAL ROLE cd_test_analyst;
CREATE FUNCTION pg_temp.tried(command text) RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
    PERFORM customer_data.segment_define('try', format('SELECT seen.try(%L)', command));
    RETURN pg_temp.refreshed('try');
END
$$;
SELECT is(pg_temp.tried(command), ARRAY[state], 'a query cannot: ' || command)
FROM (VALUES ('INSERT INTO seen.note VALUES (''x'', current_user)', '25006'), ('SELECT nextval(''seen.counter'')', '25006'), ('CREATE TABLE seen.made (a int)', '25006'),
             ('CREATE TEMP TABLE made (a int)', '25006'), ('RESET ROLE', '42501'), ('SET ROLE cd_test_colleague', '42501'), ('SET SESSION AUTHORIZATION DEFAULT', '42501'),
             ('SELECT set_config(''role'', ''none'', false)', '42501'), ('SET TRANSACTION READ WRITE', '25001'), ('SET transaction_read_only = off', '25001'),
             ('SELECT customer_data.segment_refresh(''plain'')', '25006'), ('SELECT customer_data.segment_define(''y'', ''SELECT 1'')', '25006'),
             ('SELECT id FROM seen.secret', '42501')) v (command, state);
SELECT is(pg_temp.tried('SET work_mem = ''1MB'''), '{ran}', 'it may change a setting');
RESET ROLE;
SELECT isnt(current_setting('work_mem'), '1MB', 'which is as before afterwards');
SELECT is(current_setting('transaction_read_only'), 'off', 'the transaction writes again');
SELECT is(pg_temp.ends('INSERT INTO seen.note VALUES (''after'', current_user)'), 'ran', 'indeed');
-- After an error too, in the middle of a query and before it.
SELECT customer_data.segment_define('fails', 'SELECT 1 / (id - 5) FROM seen.customer');
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''fails'')'), '22012', 'a query that fails');
SELECT is(pg_temp.ends('SELECT customer_data.segment_define(''fails'', ''SELECT nothing'')'), '42703', 'a query that cannot be parsed');
SELECT results_eq($$ SELECT current_setting('transaction_read_only'), current_user::text, pg_temp.ends('INSERT INTO seen.note VALUES (''after'', current_user)') $$,
    $$ SELECT 'off', session_user::text, 'ran' $$, 'leaves the transaction and the user as they were');
-- A superuser who became another role for the while: the query does not get out of it.
SET LOCAL ROLE cd_test_analyst;
SELECT is(pg_temp.tried('SELECT set_config(''role'', ''none'', true)'), '{42501}', 'no way back to the session''s user');
RESET ROLE;

-- What the owner may put behind his tables

CREATE FUNCTION seen.note_trigger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE 'RESET ROLE';
        INSERT INTO seen.note VALUES ('escaped', current_user);
    EXCEPTION WHEN insufficient_privilege THEN
        INSERT INTO seen.note VALUES (TG_TABLE_NAME, current_user);
    END;
    RETURN coalesce(new, old);
END
$$;
DELETE FROM seen.note;
SET LOCAL ROLE cd_test_owner;
CREATE TRIGGER note BEFORE INSERT OR UPDATE ON customer_store.segment FOR EACH ROW EXECUTE FUNCTION seen.note_trigger();
CREATE TRIGGER note BEFORE INSERT OR DELETE ON customer_store.segment_member FOR EACH ROW EXECUTE FUNCTION seen.note_trigger();
CREATE TRIGGER note BEFORE INSERT ON customer_store.segment_change FOR EACH ROW EXECUTE FUNCTION seen.note_trigger();
CREATE TRIGGER note BEFORE INSERT ON customer_store.segment_event FOR EACH ROW EXECUTE FUNCTION seen.note_trigger();
RESET ROLE;
SELECT customer_data.segment_define('triggers', 'SELECT id FROM seen.customer');
SELECT customer_data.segment_refresh('triggers');
SELECT customer_data.segment_define('triggers', 'SELECT 11');
SELECT customer_data.segment_refresh('triggers');
SELECT customer_data.segment_event_define('change', 'customer_store.segment_change', 'subject', 'at');
SELECT set_eq('SELECT DISTINCT what, role::text FROM seen.note', $$ VALUES ('segment', 'cd_test_owner'), ('segment_member', 'cd_test_owner'), ('segment_change', 'cd_test_owner'), ('segment_event', 'cd_test_owner') $$,
    'triggers run as the owner, also for a superuser');
-- A view in the place of members; a rule reads it as its owner too.
DELETE FROM seen.note;
CREATE FUNCTION seen.note_view() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN 'as ' || current_user; END $$;
SET LOCAL ROLE cd_test_owner;
ALTER TABLE customer_store.segment_member RENAME TO segment_member_kept;
CREATE VIEW customer_store.segment_member AS SELECT 'triggers'::text AS segment, seen.note_view() AS subject, now() AS since;
RESET ROLE;
SELECT results_eq('SELECT subject FROM customer_data.segment_members(''triggers'')', $$ VALUES ('as cd_test_owner') $$, 'a view in their place is read as its owner');
SET LOCAL ROLE cd_test_owner;
DROP VIEW customer_store.segment_member;
ALTER TABLE customer_store.segment_member_kept RENAME TO segment_member;
RESET ROLE;
-- A table of a third role among them.
ALTER TABLE customer_store.segment_change OWNER TO cd_test_colleague;
SELECT is(pg_temp.ends('SELECT customer_data.segment_refresh(''triggers'')'), '42501', 'tables of different owners are refused');
SELECT is(pg_temp.ends('SELECT customer_data.segment_setup()'), '42501', 'by setup as well');
ALTER TABLE customer_store.segment_change OWNER TO cd_test_owner;

-- search_path: of the definer when he defined, not of whoever refreshes; and ours looks nothing up in it.
CREATE SCHEMA hostile;
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
CREATE TABLE hostile.customer AS SELECT 'hostile' AS id;
GRANT SELECT ON hostile.customer TO PUBLIC;
CREATE FUNCTION hostile.lie(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE OPERATOR hostile.= (LEFTARG = text, RIGHTARG = text, FUNCTION = hostile.lie);
CREATE FUNCTION hostile.count(bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE FUNCTION hostile.lie(bigint, integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped'; END $$;
CREATE OPERATOR hostile.>= (LEFTARG = bigint, RIGHTARG = integer, FUNCTION = hostile.lie);
CREATE TABLE hostile.changes (subject text, entered boolean);
CREATE TABLE hostile.answer (n int, value pg_catalog.text);
SET LOCAL search_path = seen;
SELECT customer_data.segment_define('path', 'SELECT id FROM customer');
SET LOCAL search_path = hostile, pg_temp, pg_catalog;
INSERT INTO answer SELECT 1, r::pg_catalog.text FROM customer_data.segment_refresh('path') r;
SELECT customer_data.segment_define_rule('path rule', '{"any": [{"at_least": 1, "of": [{"in_segment": "path"}, {"did": "change", "times": 2}]}, {"column": "id", "is": "in", "value": [1, 2]}]}', 'seen.customer', 'id');
INSERT INTO answer SELECT 2, r::pg_catalog.text FROM customer_data.segment_refresh('path rule') r;
INSERT INTO answer SELECT 3, pg_catalog.count(*)::pg_catalog.text FROM customer_data.segment_members('path', '2000-01-01');
INSERT INTO answer SELECT 4, pg_catalog.max(shared)::pg_catalog.text FROM customer_data.segment_overlap();
SET LOCAL search_path = public, pg_catalog;
SELECT results_eq('SELECT n, value FROM hostile.answer ORDER BY n', $$ VALUES (1, '(10,0,0)'), (2, '(10,0,0)'), (3, '0'), (4, '10') $$, 'a hostile search_path changes nothing');

-- Volatile functions in what a rule reads.
CREATE VIEW seen.shaky AS SELECT id, random() AS luck, clock_timestamp() AS at FROM seen.customer;
SELECT throws_ok($$ SELECT customer_data.segment_define_rule('x', '{"column": "luck", "is": ">", "value": 0.5}', 'seen.shaky', 'id') $$, '22023', 'profile seen.shaky uses a volatile function', 'a profile');
SELECT customer_data.segment_event_define('shaky', 'seen.shaky', 'id', 'at');
SELECT throws_ok($$ SELECT customer_data.segment_define_rule('x', '{"not": {"did": "shaky"}}', 'seen.customer', 'id') $$, '22023', 'rule node not: event "shaky" uses a volatile function', 'an event');
CREATE TYPE seen.pair AS (a int, b int);
CREATE FUNCTION seen.same(seen.pair, seen.pair) RETURNS boolean LANGUAGE sql VOLATILE AS 'SELECT random() > 2';
CREATE FUNCTION seen.compare(seen.pair, seen.pair) RETURNS int LANGUAGE sql AS 'SELECT 0';
CREATE OPERATOR seen.=== (LEFTARG = seen.pair, RIGHTARG = seen.pair, FUNCTION = seen.same);
CREATE OPERATOR CLASS seen.pair_ops DEFAULT FOR TYPE seen.pair USING btree AS OPERATOR 3 seen.===, FUNCTION 1 seen.compare(seen.pair, seen.pair);
CREATE TABLE seen.paired AS SELECT 1 AS id, ROW(1, 2)::seen.pair AS pair;
SELECT throws_ok($$ SELECT customer_data.segment_define_rule('x', '{"all": [{"column": "pair", "is": "=", "value": "(1,2)"}]}', 'seen.paired', 'id') $$, '22023',
    'rule node all[0]: the operator OPERATOR(seen.===) of column "pair" is volatile', 'an operator');

SELECT * FROM finish();
ROLLBACK;
