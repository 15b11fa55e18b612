-- Reading sealed values back, on record. The server of the tests has two fixed keys, and has loaded the library.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
SET search_path = public, customer_data;
\pset null '(null)'
SELECT privacy_setup();
SELECT field_define('crm.customer.email', normaliser => 'lower_email');
SELECT field_define('crm.customer.phone');
CREATE TABLE customer (id integer PRIMARY KEY, email sealed, phone sealed);
INSERT INTO customer
SELECT id, seal('crm.customer.email', 'customer' || id || '@example.com', id::text), seal('crm.customer.phone', '+4930901820' || id)
FROM generate_series(1, 5) id;

-- Nobody may, until it is granted: per field, to a role and those that have its rights.
SELECT reveal_request('crm.customer.email', 'complaint', 'call 812');
CREATE ROLE cd_support;
CREATE ROLE cd_agent LOGIN IN ROLE cd_support;
GRANT USAGE ON SCHEMA customer_data TO cd_support;
GRANT EXECUTE ON FUNCTION reveal_request, reveal, reveal_bytes TO cd_support;
GRANT SELECT ON customer TO cd_support;
SELECT reveal_grant('crm.customer.email', 'cd_support');
SELECT field, role, valid_until FROM customer_store.reveal_grant;

-- Who, why and how much, and then the values.
SET SESSION AUTHORIZATION cd_agent;
SELECT reveal_request('crm.customer.email', purpose => 'complaint', reason => 'call 812', max_rows => 3, ttl => '10 minutes') AS ticket \gset
SELECT reveal(:'ticket', 'crm.customer.email', email, row_key => id::text) FROM customer WHERE id = 3;
SELECT encode(reveal_bytes(:'ticket', 'crm.customer.email', email, row_key => id::text), 'escape') AS bytes FROM customer WHERE id = 4;
-- A rollback gives nothing back.
BEGIN;
SELECT reveal(:'ticket', 'crm.customer.email', email, id::text) FROM customer WHERE id = 5;
ROLLBACK;
SELECT reveal(:'ticket', 'crm.customer.email', email, id::text) FROM customer WHERE id = 5;
-- NULL is not charged.
SELECT reveal(:'ticket', 'crm.customer.email', NULL);
-- What a ticket is not for.
SELECT reveal_request('crm.customer.phone', 'complaint', 'call 812');
SELECT reveal_request('crm.customer.email', 'complaint', 'call 812', max_rows => 2) AS ticket \gset
SELECT reveal(:'ticket', 'crm.customer.phone', phone) FROM customer WHERE id = 1;
SELECT reveal('00000000-0000-4000-8000-000000000000', 'crm.customer.email', email, id::text) FROM customer WHERE id = 1;
-- An attempt is charged as well.
SELECT reveal(:'ticket', 'crm.customer.email', email, '17') FROM customer WHERE id = 1;
SELECT reveal(:'ticket', 'crm.customer.email', phone) FROM customer WHERE id = 1;
SELECT reveal(:'ticket', 'crm.customer.email', email, id::text) FROM customer WHERE id = 1;
-- Not in the transaction that asked.
BEGIN;
SELECT reveal_request('crm.customer.email', 'complaint', 'call 812') AS own \gset
SELECT reveal(:'own', 'crm.customer.email', email, id::text) FROM customer WHERE id = 1;
ROLLBACK;
-- Without the log an agent does not know what others read.
SELECT * FROM reveal_log();
SELECT * FROM customer_store.reveal_ticket;
RESET SESSION AUTHORIZATION;

-- Who looked at what.
SELECT role, session_role, field, purpose, reason, max_rows, revealed, revealed_at_most, canaries, state FROM reveal_log() ORDER BY requested_at;
SELECT revealed, canaries FROM customer_store.reveal_use ORDER BY used_at, revealed;

-- A value that belongs to nobody. Its mark is HMAC-SHA-256 with the field's key, here as Python has it.
SELECT reveal_canary('crm.customer.email', 'canary@example.com');
SELECT field, key_version, encode(mark, 'hex') AS mark FROM customer_store.reveal_canary;
SELECT reveal_grant('crm.customer.email', 'cd_agent', now() + interval '1 day');
SELECT seal('crm.customer.email', 'canary@example.com') AS canary \gset
SET SESSION AUTHORIZATION cd_agent;
SELECT reveal_request('crm.customer.email', 'curiosity', 'none', 5) AS ticket \gset
SELECT reveal(:'ticket', 'crm.customer.email', :'canary');
RESET SESSION AUTHORIZATION;
SELECT role, purpose, revealed, canaries FROM reveal_log() WHERE canaries > 0;
SELECT role, kind, value, tickets FROM reveal_anomalies(days => 2);

-- A grant that is revoked ends open tickets.
SELECT reveal_revoke('crm.customer.email', 'cd_agent'), reveal_revoke('crm.customer.email', 'cd_support');
SET SESSION AUTHORIZATION cd_agent;
SELECT reveal(:'ticket', 'crm.customer.email', email, id::text) FROM customer WHERE id = 1;
RESET SESSION AUTHORIZATION;

-- Bad input
SELECT reveal_grant('crm.customer.email', 'cd_nobody');
SELECT reveal_grant('crm.nothing', 'cd_agent');
SELECT reveal_revoke('crm.customer.email', 'cd_agent');
SELECT reveal_grant('crm.customer.email', current_user);
SELECT reveal_request(NULL, 'p', 'r');
SELECT reveal_request('crm.nothing', 'p', 'r');
SELECT reveal_request('crm.customer.email', ' ', 'r');
SELECT reveal_request('crm.customer.email', 'p', E'two\nlines');
SELECT reveal_request('crm.customer.email', 'p', repeat('r', 1001));
SELECT reveal_request('crm.customer.email', 'p', 'r', max_rows => 0);
SELECT reveal_request('crm.customer.email', 'p', 'r', max_rows => 1000001);
SELECT reveal_request('crm.customer.email', 'p', 'r', ttl => '25 hours');
SELECT reveal_request('crm.customer.email', 'p', 'r', ttl => '1 month');
SELECT reveal_request('crm.customer.email', 'p', 'r', ttl => '-1 hour');
SELECT reveal(NULL, 'crm.customer.email', :'canary');
SELECT reveal(:'ticket', NULL, :'canary');
SELECT reveal_canary('crm.customer.email', NULL);
SELECT * FROM reveal_log(NULL);
SELECT * FROM reveal_anomalies('infinity');
SELECT * FROM reveal_anomalies(days => 0);
SELECT * FROM reveal_anomalies(min_days => 1);
SELECT * FROM reveal_anomalies(false_alarms => 0);
SELECT * FROM reveal_anomalies(rare_share => 'NaN');
SELECT * FROM reveal_anomalies(min_hours => -1);

DROP TABLE customer;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
SELECT reveal_request('crm.customer.email', 'p', 'r');
SELECT * FROM reveal_log();
DROP OWNED BY cd_support, cd_agent;
DROP ROLE cd_agent, cd_support;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
