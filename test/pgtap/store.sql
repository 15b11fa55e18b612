-- Whoever may create schemas may make a customer_store and put anything behind it. Nobody who calls us lends him his rights.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
CREATE ROLE cd_test_maker;
CREATE ROLE cd_test_guest;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cd_test_maker', current_database()); END $$;
CREATE SCHEMA seen;
GRANT USAGE, CREATE ON SCHEMA seen TO PUBLIC;
CREATE TABLE seen.who (what text, role name, escaped boolean);
GRANT INSERT, SELECT ON seen.who TO PUBLIC;
-- Notes as whom it runs, and tries to become the session's user again.
CREATE FUNCTION seen.note(what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE 'RESET ROLE';
        INSERT INTO seen.who VALUES (what, current_user, true);
    EXCEPTION WHEN insufficient_privilege THEN
        INSERT INTO seen.who VALUES (what, current_user, false);
    END;
    RETURN 'x';
END
$$;
CREATE FUNCTION seen.note_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM seen.note('trigger'); RETURN new; END $$;
PREPARE segment AS SELECT customer_data.rfm_segment(ROW(5, 5, 5, '555')::customer_data.rfm_score, 'mine');

SET ROLE cd_test_maker;
CREATE SCHEMA customer_store;
CREATE TABLE customer_store.shape (feature text PRIMARY KEY, version integer);
CREATE TRIGGER note BEFORE INSERT ON customer_store.shape FOR EACH ROW EXECUTE FUNCTION seen.note_trigger();
RESET ROLE;
SELECT lives_ok('SELECT customer_data.rfm_setup()', 'a superuser sets up in a schema of another role');
SELECT results_eq('SELECT what, role, escaped FROM seen.who', $$VALUES ('trigger', 'cd_test_maker'::name, false)$$,
    'and a trigger there runs as that role');
SELECT is((SELECT relowner::regrole::text FROM pg_class WHERE oid = 'customer_store.rfm_segment_rule'::regclass), 'cd_test_maker',
    'whose table it makes');
DELETE FROM seen.who;

INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment) VALUES ('mine', 1, 'All');
SELECT results_eq('segment', $$VALUES ('All')$$, 'a rule set is read');
SET ROLE cd_test_guest;
SELECT throws_ok('segment', '42501', 'permission denied for table customer_store.rfm_segment_rule', 'not without the right to');
RESET ROLE;
GRANT SELECT ON customer_store.rfm_segment_rule TO cd_test_guest;
SET ROLE cd_test_guest;
SELECT throws_ok('segment', '42501', NULL, 'nor without USAGE on the schema');
RESET ROLE;
GRANT USAGE ON SCHEMA customer_store TO cd_test_guest;
SET ROLE cd_test_guest;
SELECT results_eq('segment', $$VALUES ('All')$$, 'with both it is');
RESET ROLE;

-- Another type in a column is converted or refused, never taken for what it is not.
ALTER TABLE customer_store.rfm_segment_rule DROP CONSTRAINT rfm_segment_rule_segment_check, ALTER segment TYPE bigint USING 16;
SELECT results_eq('segment', $$VALUES ('16')$$, 'a segment of type bigint');
ALTER TABLE customer_store.rfm_segment_rule ALTER segment TYPE bytea USING '\x00';
SELECT results_eq('segment', $$VALUES ('\x00')$$, 'or bytea');
ALTER TABLE customer_store.rfm_segment_rule DROP COLUMN segment;
SELECT throws_ok('segment', '42703', NULL, 'a missing column');

-- A view in the table's place.
SET ROLE cd_test_maker;
DROP TABLE customer_store.rfm_segment_rule;
CREATE VIEW customer_store.rfm_segment_rule AS
SELECT 'mine'::text AS rules, 1 AS rule_number, seen.note('view') AS segment, 1::smallint AS recency_low, 5::smallint AS recency_high,
       1::smallint AS frequency_low, 5::smallint AS frequency_high, 1::smallint AS monetary_low, 5::smallint AS monetary_high;
RESET ROLE;
SELECT results_eq('segment', $$VALUES ('x')$$, 'a view is read');
SELECT results_eq('SELECT DISTINCT what, role, escaped FROM seen.who', $$VALUES ('view', 'cd_test_maker'::name, false)$$, 'as its owner');
SELECT throws_ok('SELECT customer_data.rfm_setup()', '42501', 'customer_store.rfm_segment_rule is not a table of the schema''s owner',
    'setup does not take it for a table');
DROP VIEW customer_store.rfm_segment_rule;
-- A table of a third role in an honest schema.
ALTER TABLE customer_store.shape OWNER TO cd_test_guest;
SELECT throws_ok('SELECT customer_data.rfm_setup()', '42501', 'customer_store.shape is not a table of the schema''s owner',
    'setup does not write to a table of a third role');
DROP TABLE customer_store.shape;
CREATE TABLE customer_store.rfm_segment_rule (rules text);
SELECT throws_ok('segment', '55000', NULL, 'without a shape the hint is to run setup');
SELECT * FROM finish();
ROLLBACK;
