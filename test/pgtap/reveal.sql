-- Reveals: who may ask, what a ticket is good for, what the log knows, and what is called unusual. What needs a commit
-- is in test/t/012_reveal.pl.
SELECT current_setting('shared_preload_libraries') ~ 'customer_data' AS preloaded \gset
\if :preloaded
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, customer_data, pg_catalog;
CREATE ROLE cd_test_officer;  -- grants, and reads the log
CREATE ROLE cd_test_support;
CREATE ROLE cd_test_agent IN ROLE cd_test_support;
CREATE ROLE cd_test_guest NOINHERIT IN ROLE cd_test_support;
CREATE ROLE cd_test_stranger;
-- What a statement ends with.
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    detail text;
BEGIN
    EXECUTE query;
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
    RETURN state || ' ' || detail;
END
$$;
CREATE FUNCTION pg_temp.request(field text DEFAULT 'crm.email', purpose text DEFAULT 'complaint', reason text DEFAULT 'call 812', max_rows integer DEFAULT 5,
    ttl interval DEFAULT '1 hour') RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.outcome(format('SELECT customer_data.reveal_request(%L, %L, %L, %L, %L)', field, purpose, reason, max_rows, ttl)) $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_temp TO PUBLIC;

-- Who may

SELECT privacy_setup();
SELECT field_define('crm.email', normaliser => 'lower_email');
SELECT field_define('crm.phone');
SELECT is_empty($$ SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'customer_data'::regnamespace AND proname ~ '^reveal'
    AND has_function_privilege('cd_test_stranger', oid, 'EXECUTE') $$, 'none of it is for everybody');
GRANT EXECUTE ON FUNCTION reveal_request, reveal, reveal_bytes, reveal_grant, reveal_revoke, reveal_log, reveal_anomalies, reveal_canary TO PUBLIC;
GRANT USAGE ON SCHEMA customer_store TO cd_test_officer;
SELECT is_empty($$ SELECT role, call FROM unnest(ARRAY['cd_test_officer', 'cd_test_agent']) role,
        unnest(ARRAY['SELECT customer_data.reveal_grant(''crm.email'', ''cd_test_support'')',
            'SELECT customer_data.reveal_revoke(''crm.email'', ''cd_test_support'')', 'SELECT * FROM customer_data.reveal_log()',
            'SELECT * FROM customer_data.reveal_anomalies()', 'SELECT customer_data.reveal_canary(''crm.email'', ''x'')']) call
    WHERE pg_temp.outcome(format('SET LOCAL ROLE %I; %s', role, call)) !~ '^42501' $$,
    'whoever has no right on the tables neither grants nor reads the log');
GRANT SELECT ON customer_store.reveal_ticket, customer_store.reveal_use TO cd_test_officer;
GRANT SELECT, INSERT, UPDATE, DELETE ON customer_store.reveal_grant TO cd_test_officer;
GRANT INSERT ON customer_store.reveal_canary TO cd_test_officer;
SELECT matches(pg_temp.request(), '^ZC005', 'not even the owner may reveal what was not granted to him');
SET LOCAL ROLE cd_test_officer;
SELECT lives_ok($$ SELECT reveal_grant('crm.email', 'cd_test_support') $$, 'the officer grants');
SELECT matches(pg_temp.request(), '^ZC005', 'which gives himself nothing');
SELECT is((SELECT (role, granted_by, valid_until)::text FROM customer_store.reveal_grant), '(cd_test_support,cd_test_officer,)', 'and is known by name');
SELECT matches(pg_temp.outcome($$ SELECT customer_data.reveal_grant('crm.email', 'cd_test_nobody') $$), '^42704', 'to a role that there is');
SELECT matches(pg_temp.outcome($$ SELECT customer_data.reveal_grant('crm.nothing', 'cd_test_support') $$), '^42704', 'of a field that is declared');
RESET ROLE;
SELECT results_eq($$ SELECT role, left(pg_temp.outcome(format('SET LOCAL ROLE %I; SELECT customer_data.reveal_request(''crm.email'', ''p'', ''r'')', role)), 5)
        FROM unnest(ARRAY['cd_test_support', 'cd_test_agent', 'cd_test_guest', 'cd_test_stranger', 'cd_test_officer']) role $$,
    $$ VALUES ('cd_test_support', '00000'), ('cd_test_agent', '00000'), ('cd_test_guest', 'ZC005'), ('cd_test_stranger', 'ZC005'), ('cd_test_officer', 'ZC005') $$,
    'whoever has the rights of the role may ask; who must SET ROLE first does not have them');
SELECT matches(pg_temp.outcome($$ SET LOCAL ROLE cd_test_agent; SELECT customer_data.reveal_request('crm.phone', 'p', 'r') $$), '^ZC005', 'and only for that field');
RESET ROLE;
SELECT reveal_grant('crm.email', 'cd_test_support', 'infinity');
SELECT is(left(pg_temp.outcome($$ SET LOCAL ROLE cd_test_agent; SELECT customer_data.reveal_request('crm.email', 'p', 'r') $$), 5), '00000', 'a grant without end');
RESET ROLE;
SELECT reveal_grant('crm.email', 'cd_test_support', now() - interval '1 microsecond');
SELECT is(left(pg_temp.outcome($$ SET LOCAL ROLE cd_test_agent; SELECT customer_data.reveal_request('crm.email', 'p', 'r') $$), 5), 'ZC005', 'a grant that has ended');
RESET ROLE;
SELECT reveal_revoke('crm.email', 'cd_test_support');
SELECT is_empty('SELECT * FROM customer_store.reveal_grant', 'a grant is revoked');
SELECT matches(pg_temp.outcome($$ SELECT customer_data.reveal_revoke('crm.email', 'cd_test_support') $$), '^42704', 'and there was one');
-- Another role of the same name has no grant of the first one; a grant of a role whose rights it has counts.
CREATE ROLE cd_test_former;
SELECT reveal_grant('crm.email', 'cd_test_former');
SET LOCAL ROLE cd_test_former;
SELECT is(pg_temp.request(), '00000', 'a role with a grant');
RESET ROLE;
DROP ROLE cd_test_former;
CREATE ROLE cd_test_former;
SET LOCAL ROLE cd_test_former;
SELECT matches(pg_temp.request(), '^ZC005 It was granted when another role was named "cd_test_former": .* must be granted again', 'leaves it to no other one');
RESET ROLE;
SELECT reveal_grant('crm.email', 'cd_test_support');
GRANT cd_test_support TO cd_test_former;
SET LOCAL ROLE cd_test_former;
SELECT is(pg_temp.request(), '00000', 'which may have one through a role');
RESET ROLE;
REVOKE cd_test_support FROM cd_test_former;
SELECT reveal_grant('crm.email', 'cd_test_former');
SET LOCAL ROLE cd_test_former;
SELECT is(pg_temp.request(), '00000', 'or one of its own');
RESET ROLE;
UPDATE customer_store.reveal_grant SET role_oid = 1 WHERE role = 'cd_test_former';
SET LOCAL ROLE cd_test_former;
SELECT matches(pg_temp.request(), '^ZC005 It was granted when another', 'as after a restore into another server');
RESET ROLE;
UPDATE customer_store.reveal_grant SET role_oid = NULL WHERE role = 'cd_test_former';
SET LOCAL ROLE cd_test_former;
SELECT is(pg_temp.request(), '00000', 'a row without a number goes by the name');
RESET ROLE;
DELETE FROM customer_store.reveal_grant;

-- What may be asked for

SELECT reveal_grant('crm.email', current_user);
SELECT is(pg_temp.request(), '00000', 'a request');
SELECT results_eq($$ SELECT field COLLATE "default", purpose, reason, max_rows, role = current_user, session_role = session_user, expires_at - requested_at, requested_in = pg_current_xact_id(), revealed,
        ticket::text ~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' FROM customer_store.reveal_ticket WHERE role = current_user $$,
    $$ VALUES ('crm.email', 'complaint', 'call 812', 5, true, true, interval '1 hour', true, NULL::integer, true) $$, 'is on record');
SELECT results_eq($$ SELECT name, left(pg_temp.request(field, purpose, reason, max_rows, ttl), 5) FROM (VALUES
        ('unknown field', 'crm.nothing', 'p', 'r', 1, interval '1 hour'), ('no field', NULL, 'p', 'r', 1, '1 hour'),
        ('no purpose', 'crm.email', '', 'r', 1, '1 hour'), ('blank reason', 'crm.email', 'p', '  ', 1, '1 hour'),
        ('NULL reason', 'crm.email', 'p', NULL, 1, '1 hour'), ('two lines', 'crm.email', 'p', E'r\nLOG: x', 1, '1 hour'), ('a line of Unicode', 'crm.email', 'p', U&'r\2028x', 1, '1 hour'),
        ('a terminal''s control', 'crm.email', 'p', U&'\009B31m', 1, '1 hour'), ('turned writing', 'crm.email', U&'\202Ep', 'r', 1, '1 hour'), ('blanks of any kind', 'crm.email', 'p', U&'\3000\00A0', 1, '1 hour'),
        ('escape', 'crm.email', E'p\x1b[2J', 'r', 1, '1 hour'), ('long', 'crm.email', 'p', repeat('r', 1001), 1, '1 hour'),
        ('as long', 'crm.email', 'p', repeat('r', 1000), 1, '1 hour'), ('Russian', 'crm.email', 'жалоба', 'звонок', 1, '1 hour'),
        ('no rows', 'crm.email', 'p', 'r', 0, '1 hour'), ('less', 'crm.email', 'p', 'r', -1, '1 hour'),
        ('most', 'crm.email', 'p', 'r', 1000000, '1 hour'), ('more', 'crm.email', 'p', 'r', 1000001, '1 hour'),
        ('a day', 'crm.email', 'p', 'r', 1, '1 day'), ('longer', 'crm.email', 'p', 'r', 1, '24:00:00.000001'),
        ('month', 'crm.email', 'p', 'r', 1, '1 month'), ('no time', 'crm.email', 'p', 'r', 1, '0'), ('back', 'crm.email', 'p', 'r', 1, '-1 hour'))
        v (name, field, purpose, reason, max_rows, ttl) $$,
    $$ VALUES ('unknown field', '42704'), ('no field', '22004'), ('no purpose', '22023'), ('blank reason', '22023'), ('NULL reason', '22004'), ('two lines', '22023'), ('a line of Unicode', '22023'), ('a terminal''s control', '22023'), ('turned writing', '22023'), ('blanks of any kind', '22023'),
        ('escape', '22023'), ('long', '22023'), ('as long', '00000'), ('Russian', '00000'), ('no rows', '22023'), ('less', '22023'), ('most', '00000'), ('more', '22023'),
        ('a day', '00000'), ('longer', '22023'), ('month', '22023'), ('no time', '22023'), ('back', '22023') $$, 'requests have bounds');
-- In a zone where summer ends within a day.
SELECT format('AAA0BBB,%s/0,%s/0', extract(doy FROM day - 180) - 1, extract(doy FROM day) - 1) AS zone FROM (SELECT (now() AT TIME ZONE 'UTC' + interval '1 hour')::date + 1) v (day) \gset
SET LOCAL timezone = :'zone';
SELECT reveal_request('crm.email', 'p', 'a day', 1, '1 day') AS ticket, clock_timestamp() + interval '1 day' - clock_timestamp() AS zone_day \gset
SELECT is(expires_at - requested_at, interval '24 hours', 'a day has 24 hours, not ' || :'zone_day') FROM customer_store.reveal_ticket WHERE ticket = :'ticket';
RESET timezone;

-- What a ticket is good for. Whoever owns the table can write one; here it saves a commit.

CREATE TEMP TABLE customer AS SELECT i AS id, seal('crm.email', 'user' || i || '@example.com', i::text) AS email FROM generate_series(1, 5) i;
CREATE TEMP TABLE here AS SELECT epoch, database FROM customer_store.reveal_ticket LIMIT 1;
CREATE FUNCTION pg_temp.ticket(max_rows integer DEFAULT 5, field text DEFAULT 'crm.email', requested_in xid8 DEFAULT '3', other_epoch integer DEFAULT 0, other_database integer DEFAULT 0,
    expires_in interval DEFAULT '1 hour', role name DEFAULT current_user, session_role name DEFAULT session_user, requested_ago interval DEFAULT '0')
    RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO customer_store.reveal_ticket (ticket, field, purpose, reason, max_rows, role, session_role, requested_at, expires_at, requested_in, epoch, database)
    SELECT gen_random_uuid(), $2, 'test', 'test', $1, $7, $8, now() - $9, clock_timestamp() + $6, $3, epoch # $4, (database::int8 # $5)::oid FROM here RETURNING ticket
$$;
CREATE FUNCTION pg_temp.reveals(ticket uuid, field text DEFAULT 'crm.email', row_key text DEFAULT 'id::text', condition text DEFAULT 'true') RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.outcome(format('SELECT customer_data.reveal(%L, %L, email, %s) FROM pg_temp.customer WHERE %s', ticket, field, row_key, condition)) $$;
SELECT pg_temp.ticket() AS ticket \gset
SELECT results_eq(format('SELECT customer_data.reveal(%L, ''crm.email'', email, id::text) FROM customer', :'ticket'),
    $$ SELECT 'user' || i || '@example.com' FROM generate_series(1, 5) i $$, 'five values on a ticket for five');
SELECT is(pg_temp.reveals(:'ticket'), 'ZC006 All of its rows have been revealed.', 'and no more');
SELECT is((SELECT encode(customer_data.reveal_bytes(pg_temp.ticket(), 'crm.email', seal_bytes('crm.email', '\x00ff'), NULL), 'hex')), '00ff', 'bytes');
SELECT is(reveal(pg_temp.ticket(), 'crm.email', seal_deterministic('crm.email', 'Ada')), 'Ada', 'and deterministic values');
SELECT is(reveal('00000000-0000-4000-8000-000000000000', 'crm.email', NULL), NULL, 'NULL needs no ticket');
SELECT matches(pg_temp.outcome($$ SELECT customer_data.reveal(NULL, 'crm.email', email) FROM pg_temp.customer $$), '^22004', 'a value needs one');
SELECT matches(pg_temp.outcome($$ SELECT customer_data.reveal(pg_temp.ticket(), NULL, email) FROM pg_temp.customer $$), '^22004', 'and a field');
SELECT results_eq($$ SELECT name, pg_temp.reveals(ticket, field) FROM (VALUES
        ('own', pg_temp.ticket(requested_in => pg_current_xact_id()), 'crm.email'), ('field', pg_temp.ticket(), 'crm.phone'), ('unknown', gen_random_uuid(), 'crm.email'),
        ('epoch', pg_temp.ticket(other_epoch => 1), 'crm.email'), ('database', pg_temp.ticket(other_database => 1), 'crm.email'),
        ('expired', pg_temp.ticket(expires_in => '-1 second'), 'crm.email'), ('role', pg_temp.ticket(role => 'cd_test_agent'), 'crm.email'),
        ('session', pg_temp.ticket(session_role => 'cd_test_agent'), 'crm.email')) v (name, ticket, field) $$,
    format($$ VALUES ('own', 'ZC006 It was requested in this transaction, whose end may undo the request.'),
        ('field', 'ZC006 It is for field "crm.email", not for "crm.phone".'), ('unknown', 'ZC006 There is no such ticket of role "%1$s" in a session of "%2$s".'),
        ('epoch', 'ZC006 It is void: the server was restarted since, or it is of another database.'),
        ('database', 'ZC006 It is void: the server was restarted since, or it is of another database.'),
        ('expired', 'ZC006 It has expired.'), ('role', 'ZC006 There is no such ticket of role "%1$s" in a session of "%2$s".'),
        ('session', 'ZC006 There is no such ticket of role "%1$s" in a session of "%2$s".') $$, current_user, session_user), 'tickets that are of no use');
-- Rows that reveal_request would not have written. Its own bounds are good.
SELECT results_eq($$ SELECT name, pg_temp.reveals(ticket) FROM (VALUES
        ('most rows', pg_temp.ticket(1000000)), ('more rows', pg_temp.ticket(1000001)), ('all rows', pg_temp.ticket(2147483647)),
        ('a day', pg_temp.ticket(expires_in => '12 hours', requested_ago => '11:59')), ('longer', pg_temp.ticket(expires_in => '12 hours', requested_ago => '12:01')),
        ('a later day', pg_temp.ticket(expires_in => '24:01', requested_ago => '-1 hour'))) v (name, ticket) $$,
    $$ VALUES ('most rows', '00000'), ('more rows', 'ZC006 It was not made by customer_data.reveal_request: it is for 1000001 rows.'),
        ('all rows', 'ZC006 It was not made by customer_data.reveal_request: it is for 2147483647 rows.'), ('a day', '00000'),
        ('longer', 'ZC006 It was not made by customer_data.reveal_request: it is for more than a day.'),
        ('a later day', 'ZC006 It was not made by customer_data.reveal_request: it is for more than a day.') $$, 'a forged ticket is worth no more than one that was asked for');
SELECT pg_temp.ticket() AS ticket \gset
SELECT matches(pg_temp.outcome(format('UPDATE customer_store.reveal_ticket SET requested_at = %1$L, expires_at = %2$L WHERE ticket = %3$L;
        SELECT customer_data.reveal(%3$L, ''crm.email'', email, id::text) FROM pg_temp.customer', requested, expires, :'ticket')), '^ZC006 It was not made by',
    'also from ' || requested || ' to ' || expires)
    FROM unnest(ARRAY['-infinity', 'now', 'infinity']) requested, unnest(ARRAY['infinity', '294276-12-31']) expires;
SELECT results_eq($$ SELECT name, left(pg_temp.reveals(ticket, 'crm.email', key), 5) FROM (VALUES ('row', pg_temp.ticket(), '''17'''), ('no row', pg_temp.ticket(), 'NULL')) v (name, ticket, key) $$,
    $$ VALUES ('row', 'ZC003'), ('no row', 'ZC003') $$, 'a value of another row does not open');
SELECT pg_temp.ticket(role => 'cd_test_agent') AS ticket \gset
SELECT reveal_grant('crm.email', 'cd_test_support');
GRANT SELECT ON pg_temp.customer TO cd_test_agent;
SET LOCAL ROLE cd_test_agent;
SELECT is(pg_temp.reveals(:'ticket', condition => 'id = 1'), '00000', 'an agent reveals');
RESET ROLE;
SELECT reveal_revoke('crm.email', 'cd_test_support');
SET LOCAL ROLE cd_test_agent;
SELECT matches(pg_temp.reveals(:'ticket', condition => 'id = 1'), '^ZC005', 'and no more once it is revoked');
RESET ROLE;
-- Two tickets in turn, in one place of a query.
SELECT pg_temp.ticket(2) AS one, pg_temp.ticket(3) AS two \gset
SELECT results_eq(format('SELECT customer_data.reveal(CASE WHEN id %% 2 = 0 THEN %L ELSE %L END::uuid, ''crm.email'', email, id::text) FROM customer', :'one', :'two'),
    $$ SELECT 'user' || i || '@example.com' FROM generate_series(1, 5) i $$, 'tickets may change from row to row');
SELECT results_eq(format('SELECT revealed FROM reveal_log() WHERE ticket IN (%L, %L) ORDER BY max_rows', :'one', :'two'), 'VALUES (2), (3)', 'and each is charged its own');

-- Canaries

SELECT reveal_canary('crm.email', 'canary@example.com');
SELECT reveal_canary('crm.email', 'canary@example.com');
SELECT is((SELECT count(*)::integer FROM customer_store.reveal_canary), 1, 'a canary is declared once');
SELECT pg_temp.ticket() AS ticket \gset
SELECT is(reveal(:'ticket', 'crm.email', seal('crm.email', v)), v, 'revealed like any value: ' || v)
FROM unnest(ARRAY['canary@example.com', 'canary@example.con', 'Canary@example.com', '']) v;
SELECT is((SELECT canaries FROM reveal_log() WHERE ticket = :'ticket'), 1, 'and counted, where it is the same to the letter');
SELECT field_rotate('crm.email', 2);
SELECT reveal_canary('crm.email', 'second@example.com');
SELECT results_eq('SELECT key_version FROM customer_store.reveal_canary ORDER BY 1', 'VALUES (1), (2)', 'its mark has the version of the field');
SELECT pg_temp.ticket() AS ticket \gset
SELECT count(reveal(:'ticket', 'crm.email', seal('crm.email', v))) AS revealed FROM unnest(ARRAY['canary@example.com', 'second@example.com']) v \gset
SELECT is((SELECT canaries FROM reveal_log() WHERE ticket = :'ticket'), 2, 'and is known when the field has another one');
SELECT matches(pg_temp.outcome($$ SELECT customer_data.reveal_canary('crm.email', NULL) $$), '^22004', 'NULL is no canary');

-- What the log knows

DELETE FROM customer_store.reveal_ticket;
DELETE FROM customer_store.reveal_use;
CREATE FUNCTION pg_temp.recorded(ticket uuid, revealed integer) RETURNS uuid LANGUAGE sql AS
    $$ INSERT INTO customer_store.reveal_use VALUES ($1, now(), $2, 0) RETURNING ticket $$;
CREATE TEMP TABLE case_of AS SELECT name, ticket FROM (VALUES
    ('fresh', pg_temp.ticket()), ('expired unused', pg_temp.ticket(expires_in => '-1 second')),
    ('void', pg_temp.ticket(other_epoch => 1)), ('void, recorded', pg_temp.recorded(pg_temp.ticket(other_epoch => 1), 3)),
    ('void, all recorded', pg_temp.recorded(pg_temp.ticket(other_epoch => 1), 5)),
    ('void and expired', pg_temp.recorded(pg_temp.ticket(other_epoch => 1, expires_in => '-1 second'), 3)),
    ('other database', pg_temp.ticket(other_database => 1))) v (name, ticket);
UPDATE customer_store.reveal_ticket t SET revealed = 2 FROM case_of c WHERE c.ticket = t.ticket AND name = 'void and expired';
SELECT results_eq('SELECT name, revealed, revealed_at_most, state FROM reveal_log() JOIN case_of USING (ticket) ORDER BY name COLLATE "C"', $$ VALUES
    ('expired unused', 0, 0, 'expired'), ('fresh', 0, 0, 'open'), ('other database', NULL, 5, 'void'), ('void', NULL, 5, 'void'), ('void and expired', 2, 2, 'expired'),
    ('void, all recorded', 5, 5, 'spent'), ('void, recorded', NULL, 5, 'void') $$, 'what is known of a ticket, and what is not');
SELECT is_empty($$ SELECT * FROM reveal_log(clock_timestamp()) $$, 'the log since a time');
SET LOCAL ROLE cd_test_officer;
SELECT isnt_empty('SELECT * FROM customer_data.reveal_log()', 'the officer reads it');
RESET ROLE;
-- Final counts, a minute after the end.
SELECT pg_temp.ticket(expires_in => '-2 minutes') AS ticket \gset
SELECT count(*) AS tickets FROM reveal_log() \gset
SELECT is((SELECT revealed FROM customer_store.reveal_ticket WHERE ticket = :'ticket'), 0, 'what is known for certain stays known');
SELECT results_eq($$ SELECT DISTINCT revealed IS NULL FROM customer_store.reveal_ticket JOIN case_of USING (ticket) WHERE name <> 'void and expired' $$, 'VALUES (true)', 'and nothing else');

-- What is unusual: the role of each case has its own history, in 2024, of one ticket a day.

DELETE FROM customer_store.reveal_ticket;
CREATE FUNCTION pg_temp.revealed(role text, at timestamptz, rows integer, field text DEFAULT 'a', canaries integer DEFAULT 0) RETURNS void LANGUAGE sql AS $$
    WITH made AS (INSERT INTO customer_store.reveal_ticket (ticket, field, purpose, reason, max_rows, role, session_role, requested_at, expires_at, requested_in, epoch, database)
        VALUES (gen_random_uuid(), $4, 'p', 'r', 1000, $1, $1, $2, $2 + interval '1 hour', '3', 0, 0) RETURNING ticket)
    -- Two records, of which the later one includes the earlier one, and the same again.
    INSERT INTO customer_store.reveal_use SELECT ticket, at + n * interval '1 second', CASE WHEN n = 0 THEN $3 / 2 ELSE $3 END, $5 FROM made, generate_series(0, 2) n
$$;
-- Twenty days of 4 rows at nine: Poisson with mean 4, whose quantile 0.999 is 11 (R: qpois(0.999, 4)).
SELECT pg_temp.revealed('even', d + time '09:10', 4) FROM generate_series(timestamptz '2024-03-01 00:00+00', '2024-03-20 00:00+00', '1 day') d;
SELECT pg_temp.revealed('even', '2024-03-21 09:00+00', 11);
SELECT pg_temp.revealed('even', '2024-03-22 09:00+00', 12);
-- Ten days of 0 and ten of 8: mean 4, variance 20 * 16 / 19 = 16.842, dispersion 4.2105; negative binomial of size 4 / 3.2105 = 1.2459.
-- scipy: nbinom.ppf(0.999, 1.245902, 1 / 4.210526) = 27.
SELECT pg_temp.revealed('uneven', d, 8) FROM generate_series(timestamptz '2024-03-02 10:00+00', '2024-03-21 10:00+00', '2 days') d;
UPDATE customer_store.reveal_ticket SET requested_at = '2024-03-01 10:00+00' WHERE role = 'uneven' AND requested_at = '2024-03-02 10:00+00';
SELECT pg_temp.revealed('uneven', '2024-03-21 10:00+00', 28);
-- Thirteen days are too few.
SELECT pg_temp.revealed('new', d, 1) FROM generate_series(timestamptz '2024-03-09 10:00+00', '2024-03-21 10:00+00', '1 day') d;
SELECT pg_temp.revealed('new', '2024-03-22 10:00+00', 900);
SELECT results_eq($$ SELECT role::text COLLATE "default", begins_at, value, baseline, threshold, tickets FROM reveal_anomalies('2024-03-22 23:59+00', 2) WHERE kind = 'rate' $$,
    -- The history of the 22nd has 20 days of 4 and one of 11: mean 91 / 21.
    $$ VALUES ('uneven', timestamptz '2024-03-21 00:00+00', 28::float8, 4::float8, 27::float8, 1::bigint) $$, 'rows in a day');
SELECT is_empty($$ SELECT * FROM reveal_anomalies('2024-03-20 12:00+00') $$, 'another day');
SELECT results_eq($$ SELECT role::text COLLATE "default", value, threshold FROM reveal_anomalies('2024-03-22 12:00+00', false_alarms => 0.01) WHERE kind = 'rate' $$,
    -- 91 / 21 = 4.3333, variance (20 * (1/3)^2 + (20/3)^2) / 20 = 2.3333: Poisson, R: qpois(0.99, 91/21) = 10.
    $$ VALUES ('even', 12::float8, 10::float8) $$, 'and with another share of false alarms');
SELECT results_eq($$ SELECT count(*)::integer FROM reveal_anomalies('2024-03-22 12:00+00', min_days => 13) WHERE role = 'new' AND kind = 'rate' $$, 'VALUES (1)', 'or a shorter history');
-- Fields: never more than one on a day, and then two.
SELECT pg_temp.revealed('even', '2024-03-23 09:00+00', 1, f) FROM unnest(ARRAY['a', 'b']) f;
SELECT results_eq($$ SELECT role::text COLLATE "default", begins_at, value, baseline, tickets FROM reveal_anomalies('2024-03-23 12:00+00') WHERE kind = 'breadth' $$,
    $$ VALUES ('even', timestamptz '2024-03-23 00:00+00', 2::float8, 1::float8, 2::bigint) $$, 'fields in a day');
-- Hours: 23 days with activity at nine.
SELECT pg_temp.revealed('even', '2024-03-24 10:00+00', 1);
SELECT pg_temp.revealed('even', '2024-03-24 03:30+00', 2);
SELECT results_eq($$ SELECT role::text COLLATE "default", begins_at, value, baseline, threshold FROM reveal_anomalies('2024-03-24 12:00+00', min_hours => 23) WHERE kind = 'hours' $$,
    $$ VALUES ('even', timestamptz '2024-03-24 03:00+00', 2::float8, 0::float8, 0.01::float8) $$, 'an hour of the day');
SELECT is_empty($$ SELECT * FROM reveal_anomalies('2024-03-24 12:00+00', min_hours => 24) WHERE kind = 'hours' $$, 'that needs more history');
SELECT pg_temp.revealed('new', '2024-03-24 03:30+00', 2, canaries => 2);
SELECT results_eq($$ SELECT role::text COLLATE "default", kind, value, tickets FROM reveal_anomalies('2024-03-24 12:00+00') WHERE kind = 'canary' $$, $$ VALUES ('new', 'canary', 2::float8, 1::bigint) $$, 'a canary');
SELECT results_eq($$ SELECT left(pg_temp.outcome(call), 5) FROM unnest(ARRAY['SELECT customer_data.reveal_anomalies(NULL)', 'SELECT customer_data.reveal_anomalies(''infinity'')',
        'SELECT customer_data.reveal_anomalies(days => 0)', 'SELECT customer_data.reveal_anomalies(min_days => 6)', 'SELECT customer_data.reveal_anomalies(history_days => 10)',
        'SELECT customer_data.reveal_anomalies(false_alarms => ''NaN'')', 'SELECT customer_data.reveal_anomalies(rare_share => 0)', 'SELECT customer_data.reveal_anomalies(min_hours => -1)',
        'SELECT customer_data.reveal_log(NULL)']) call $$,
    $$ VALUES ('22004'), ('22023'), ('22023'), ('22023'), ('22023'), ('22023'), ('22023'), ('22023'), ('22004') $$, 'bounds that make no sense');

SELECT * FROM finish();
ROLLBACK;
\else
SELECT plan(1);
SELECT skip('shared_preload_libraries has no customer_data', 1);
SELECT * FROM finish();
\endif
