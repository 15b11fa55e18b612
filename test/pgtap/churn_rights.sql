-- The texts of churn_observations, churn_features and churn_rate are one SELECT each, which reads only, as its caller.
-- Saved models are written and read as the owner of their table.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
CREATE ROLE cd_test_owner;
CREATE ROLE cd_test_analyst;
CREATE ROLE cd_test_bystander;
GRANT cd_test_owner TO cd_test_analyst;
CREATE SCHEMA seen;
GRANT USAGE ON SCHEMA seen TO PUBLIC;
CREATE TABLE seen.event AS SELECT i % 7 AS customer_id, timestamptz '2020-01-01' + i * interval '1 day' AS occurred_at, i AS amount FROM generate_series(1, 200) i;
CREATE TABLE seen.subscription AS SELECT customer_id, occurred_at AS starts_at, occurred_at + interval '1 month' AS ends_at, amount FROM seen.event;
CREATE TABLE seen.log (line text);
CREATE SEQUENCE seen.counter;
GRANT SELECT, INSERT ON seen.log TO PUBLIC;
GRANT SELECT ON seen.event, seen.subscription TO cd_test_analyst;
GRANT USAGE ON SEQUENCE seen.counter TO PUBLIC;
CREATE FUNCTION seen.writes() RETURNS integer LANGUAGE sql VOLATILE AS $$ INSERT INTO seen.log VALUES ('written') RETURNING 1 $$;
CREATE FUNCTION seen.writes_as_owner() RETURNS integer LANGUAGE sql VOLATILE SECURITY DEFINER AS $$ INSERT INTO seen.log VALUES ('written') RETURNING 1 $$;
CREATE FUNCTION seen.becomes(role text) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM set_config('role', role, false); RETURN 1; END $$;
CREATE FUNCTION seen.may_write() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM set_config('transaction_read_only', 'off', true); RETURN 1; END $$;
CREATE FUNCTION seen.sets() RETURNS integer LANGUAGE plpgsql VOLATILE AS $$ BEGIN PERFORM set_config('work_mem', '77MB', false); RETURN 1; END $$;

-- The text as each of the three functions reads it: {} is a number in it.
CREATE FUNCTION pg_temp.ends(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE call INTO n;
    RETURN 'ran';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
CREATE FUNCTION pg_temp.calls(events text, subscriptions text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('SELECT count(*) FROM customer_data.churn_observations(%L, interval ''10 days'')', events)
    UNION ALL SELECT format('SELECT count(*) FROM customer_data.churn_features(%L, interval ''10 days'')', events)
    UNION ALL SELECT format('SELECT count(*) FROM customer_data.churn_rate(%L)', subscriptions)
$$;
CREATE FUNCTION pg_temp.outcomes(number text, after text DEFAULT '') RETURNS text[] LANGUAGE sql AS $$
    SELECT array_agg(DISTINCT pg_temp.ends(call))
    FROM pg_temp.calls('SELECT customer_id, occurred_at, ' || number || ' FROM seen.event' || after,
                       'SELECT customer_id, starts_at, ends_at, ' || number || ' FROM seen.subscription' || after) call
$$;

SET LOCAL ROLE cd_test_analyst;
SELECT is(pg_temp.outcomes('amount'), '{ran}', 'whoever may read the table');
SELECT is(pg_temp.outcomes('seen.writes()'), '{25006}', 'a function that writes does not');
SELECT is(pg_temp.outcomes('seen.writes_as_owner()'), '{25006}', 'nor one with rights of its own');
SELECT is(pg_temp.outcomes('nextval(''seen.counter'')'), '{25006}', 'nor does a sequence go on');
SELECT is(pg_temp.outcomes('seen.may_write()'), '{25001}', 'the query cannot allow itself to write');
SELECT is(pg_temp.outcomes('seen.becomes(''cd_test_owner'')'), '{42501}', 'it cannot become another role, though its caller might');
SELECT is(pg_temp.outcomes('amount', ' FOR UPDATE'), '{22023}', 'it locks no rows');
SELECT is(pg_temp.outcomes('amount', '; SELECT 1'), '{22023}', 'one statement');
SELECT is(pg_temp.outcomes('amount', '; DROP TABLE seen.log'), '{22023}', 'and no other after it');
SELECT is(pg_temp.outcomes('amount INTO TEMP kept'), '{22023}', 'it keeps nothing');
SELECT is((SELECT array_agg(DISTINCT pg_temp.ends(call)) FROM unnest(ARRAY['', ';', 'TABLE nowhere', 'INSERT INTO seen.log VALUES (1)', 'CREATE TABLE kept ()', 'COPY seen.log TO STDOUT',
        'WITH w AS (INSERT INTO seen.log VALUES (1) RETURNING line) SELECT 1, now(), now() FROM w', 'CALL nothing()', 'COMMIT', 'EXPLAIN SELECT 1',
        'SELECT $1, now(), now()', 'SELECT 1, now(), now()) q; --']) text, pg_temp.calls(text, text) call),
    ARRAY['22023', '42601', '42883', '42P01', '42P02'], 'what is no SELECT that reads');
SELECT is(pg_temp.outcomes('seen.sets()'), '{ran}', 'what it sets');
SELECT isnt(current_setting('work_mem'), '77MB', 'is undone');
SELECT is(current_setting('transaction_read_only'), 'off', 'and afterwards the transaction writes as before');
RESET ROLE;
SELECT is_empty('TABLE seen.log', 'nothing was written');
SELECT is(nextval('seen.counter'), 1::bigint, 'nor counted');

-- As whom
SET LOCAL ROLE cd_test_bystander;
SELECT is(pg_temp.outcomes('amount'), '{42501}', 'whoever may not read the table');
RESET ROLE;
CREATE VIEW seen.observation AS SELECT * FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM seen.event', '10 days');
GRANT SELECT ON seen.observation TO PUBLIC;
SET LOCAL ROLE cd_test_bystander;
SELECT is(pg_temp.ends('SELECT count(*) FROM seen.observation'), '42501', 'a view lends no rights to its text');
RESET ROLE;
CREATE FUNCTION seen.lent() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    BEGIN ATOMIC SELECT count(*) FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM seen.event', '10 days'); END;
SET LOCAL ROLE cd_test_bystander;
SELECT is(pg_temp.ends('SELECT seen.lent()'), 'ran', 'a function of the owner does');
RESET ROLE;
ALTER TABLE seen.event ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON seen.event TO cd_test_analyst USING (customer_id = 3);
SET LOCAL ROLE cd_test_analyst;
SELECT results_eq($$ SELECT DISTINCT customer_id FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM seen.event', '10 days') $$, $$ VALUES ('3') $$,
    'policies hold');

-- What it sees
RESET ROLE;
SET LOCAL search_path = seen, public;
SELECT is((SELECT count(DISTINCT customer_id) FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM event', '10 days')), 7::bigint,
    'names are found on the path of the session');
WITH added AS (INSERT INTO event VALUES (8, '2020-01-31') RETURNING 1)
SELECT is((SELECT count(DISTINCT customer_id) FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM event', '10 days')), 7::bigint,
    'what the statement sees, not what it writes') FROM added;
SELECT is((SELECT count(DISTINCT customer_id) FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM event', '10 days')), 8::bigint,
    'but the next one sees it');

-- Models are kept as the owner of their table, whatever is on the path of whoever saves or reads one
SET LOCAL search_path = public;
SELECT customer_data.model_setup();
CREATE TABLE seen.model AS SELECT customer_data.churn_fit(customer_data.dataset_agg(r, 'gone'), 'tree') AS model FROM (SELECT i % 3 = 0 AS gone, i FROM generate_series(1, 60) i) r;
GRANT SELECT ON seen.model TO cd_test_analyst;
GRANT USAGE ON SCHEMA customer_store TO cd_test_analyst;
GRANT SELECT, INSERT ON customer_store.model TO cd_test_analyst;
CREATE SCHEMA trap AUTHORIZATION cd_test_analyst;
SET LOCAL ROLE cd_test_analyst;
CREATE FUNCTION trap.same(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'as %', current_user; END $$;
CREATE FUNCTION trap.sum(integer, integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE 'as %', current_user; END $$;
CREATE OPERATOR trap.= (LEFTARG = text, RIGHTARG = text, FUNCTION = trap.same);
CREATE OPERATOR trap.+ (LEFTARG = integer, RIGHTARG = integer, FUNCTION = trap.sum);
CREATE AGGREGATE trap.max(integer) (SFUNC = trap.sum, STYPE = integer, INITCOND = '0');
SET LOCAL search_path = trap, pg_catalog, public;
CREATE TEMP TABLE outcome AS SELECT pg_temp.ends('SELECT customer_data.model_save(''one'', model) FROM seen.model') AS saved;
ALTER TABLE outcome ADD read text;
UPDATE outcome SET read = pg_temp.ends('SELECT length(customer_data.model(''one'')::text)');
RESET ROLE;
SET LOCAL search_path = public;
SELECT is(saved, 'ran', 'a model is saved by no operator of the caller') FROM outcome;
SELECT is(read, 'ran', 'nor read by one') FROM outcome;

CREATE FUNCTION seen.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER nothing BEFORE INSERT ON customer_store.model FOR EACH ROW EXECUTE FUNCTION seen.nothing();
SELECT throws_ok('SELECT customer_data.model_save(''one'', model) FROM seen.model', '55000', 'the model was not saved', 'a trigger of the owner may refuse it');

SELECT * FROM finish();
ROLLBACK;
