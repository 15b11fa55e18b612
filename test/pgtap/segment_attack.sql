-- What others may have put behind names that rules and queries use; and what a kept query may leave behind.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, customer_data;
CREATE ROLE cd_test_eve;
CREATE SCHEMA eve AUTHORIZATION cd_test_eve;
DO $$ BEGIN PERFORM segment_setup(); END $$;
GRANT USAGE ON SCHEMA customer_store TO cd_test_eve;
GRANT SELECT, INSERT, UPDATE ON customer_store.segment_event TO cd_test_eve;
GRANT SELECT ON customer_store.segment, customer_store.segment_member, customer_store.segment_change TO cd_test_eve;
CREATE TABLE customer AS SELECT i AS customer_id, 'abc'::char(5) AS code, B'101' AS flags, ARRAY['abc'::char(3)] AS codes, 7::money AS paid
    FROM generate_series(1, 10) i;

-- An event is named by whoever may declare it.
SET ROLE cd_test_eve;
CREATE FUNCTION eve.trap(integer) RETURNS integer LANGUAGE plpgsql STABLE AS
    $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$;
CREATE VIEW eve.bait AS SELECT eve.trap(1) AS id, now() AS at;
GRANT SELECT ON eve.bait TO PUBLIC;
DO $$ BEGIN PERFORM segment_event_define('bait', 'eve.bait', 'id', 'at'); END $$;
CREATE TYPE eve.odd AS (a integer);
CREATE FUNCTION eve.odd_text(eve.odd) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'cast as %', current_user; END $$;
CREATE CAST (eve.odd AS text) WITH FUNCTION eve.odd_text(eve.odd);
CREATE TABLE eve.odd_event AS SELECT ROW(1)::eve.odd AS id, now() AS at;
DO $$ BEGIN PERFORM segment_event_define('odd', 'eve.odd_event', 'id', 'at'); END $$;
RESET ROLE;
SELECT throws_ok($$ SELECT * FROM segment_preview('{"did": "bait"}', 'customer', 'customer_id') $$, '42501',
    'rule: event "bait" is not of a table', 'a view of a role with fewer rights is not read');
SELECT throws_ok($$ SELECT segment_define_rule('bait', '{"did": "bait"}', 'customer', 'customer_id') $$, '42501', NULL, 'nor is it kept');
SELECT throws_like($$ SELECT * FROM segment_preview('{"did": "odd"}', 'customer', 'customer_id') $$, '%cannot be compared as text',
    'nor does a cast of theirs run');
SET ROLE cd_test_eve;
SELECT throws_like($$ SELECT * FROM segment_preview('{"did": "bait"}', 'eve.odd_event', 'at') $$, 'ran as cd_test_eve', 'but as themselves it may');
RESET ROLE;

-- What a query sets is undone, also what would outlive its read-only mode.
CREATE FUNCTION eve.readonly() RETURNS integer LANGUAGE plpgsql STABLE AS
    $$ BEGIN PERFORM set_config('transaction_read_only', 'on', true); RETURN 1; END $$;
CREATE VIEW sly AS SELECT eve.readonly() AS id;
SELECT is((SELECT customers FROM segment_preview('{"column": "id", "is": "=", "value": 1}', 'sly', 'id')), 1::bigint, 'a view that sets something');
SELECT is(current_setting('transaction_read_only'), 'off', 'the transaction may write as before');
DO $do$ BEGIN PERFORM segment_define('sly', $$ SELECT set_config('transaction_read_only', 'on', true) $$); END $do$;
SELECT is((SELECT entered FROM segment_refresh('sly')), 1::bigint, 'a refresh writes, whatever its query sets');

-- Values have all their characters.
SELECT results_eq($$ SELECT customers FROM (VALUES
        ('{"column": "code", "is": "=", "value": "abc"}'), ('{"column": "code", "is": "in", "value": ["abc", "x"]}'),
        ('{"column": "code", "is": "not in", "value": ["abc"]}'), ('{"column": "flags", "is": "=", "value": "101"}'),
        ('{"column": "codes", "is": "=", "value": "{abc}"}')) r (rule), segment_preview(rule::jsonb, 'customer', 'customer_id') $$,
    'VALUES (10::bigint), (10), (0), (10), (10)', 'character(n), bit(n) and their arrays are compared as a whole');
SELECT throws_ok($$ SELECT * FROM segment_preview('{"column": "paid", "is": "=", "value": "7"}', 'customer', 'customer_id') $$, '42804', NULL,
    'money reads as the session wants');

-- Members.
DO $do$ BEGIN PERFORM segment_define('long', $$ SELECT repeat('x', 2001) $$); END $do$;
SELECT throws_ok($$ SELECT segment_refresh('long') $$, '54000', 'the id of a subject is too long', 'an id that no index takes');
SELECT is((SELECT count(*) FROM segment_members('sly')), 1::bigint, 'a member');
DELETE FROM customer_store.segment WHERE name = 'sly';
DO $do$ BEGIN PERFORM segment_define('sly', 'SELECT 1 WHERE false'); END $do$;
SELECT is((SELECT count(*) FROM segment_members('sly')), 0::bigint, 'of a segment of that name that was deleted, no more');
SELECT is((SELECT departed FROM segment_refresh('sly')), 1::bigint, 'the refresh sees them out');
ALTER TABLE customer_store.segment_member ENABLE ROW LEVEL SECURITY;
SET ROLE cd_test_eve;
SELECT throws_ok($$ SELECT * FROM segment_members('sly') $$, '42501', NULL, 'rows that a policy may hide are not told');
SELECT throws_ok($$ SELECT * FROM segment_overlap() $$, '42501', NULL, 'nor counted');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
