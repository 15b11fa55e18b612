-- Values that nobody reads without a key. The server of the tests has two fixed keys, versions 1 and 2.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
SET search_path = public, customer_data;
\pset null '(null)'
SELECT privacy_setup();
SELECT field_define('crm.customer.email', normaliser => 'lower_email');
SELECT field_define('crm.customer.phone');
SELECT field_define('shop.customer.email', tenant => 'shop');

-- Sealed, and opened: each time other bytes, and the same text.
SELECT unseal('crm.customer.email', seal('crm.customer.email', 'Ada@example.com'));
SELECT seal('crm.customer.email', 'Ada@example.com') = seal('crm.customer.email', 'Ada@example.com') AS same;
SELECT value, unseal('crm.customer.email', seal('crm.customer.email', value)) = value AS opens
FROM (VALUES (''), ('a'), ('Анна Петровна'), ('王小明'), ('🙂'), (E'two\nlines')) v (value);
SELECT unseal('crm.customer.email', seal('crm.customer.email', repeat('long ', 100000))) = repeat('long ', 100000) AS opens;
SELECT unseal_bytes('crm.customer.email', seal_bytes('crm.customer.email', '\x00ff00')) AS bytes;
-- Bound to a row.
SELECT unseal('crm.customer.email', seal('crm.customer.email', 'Ada@example.com', '17'), '17');
-- What a value says without a key.
SELECT i.* FROM (SELECT seal('crm.customer.email', 'Ada@example.com', '17') AS s) q, sealed_info(s) i;
SELECT i.* FROM (SELECT seal_deterministic('crm.customer.email', 'Ada@example.com') AS s) q, sealed_info(s) i;
SELECT sealed_key_version(seal('crm.customer.email', 'x'));
-- NULL stays NULL.
SELECT seal('crm.customer.email', NULL), seal_bytes('crm.customer.email', NULL), seal_deterministic('crm.customer.email', NULL),
    seal_deterministic_all('crm.customer.email', NULL), unseal('crm.customer.email', NULL), unseal_bytes('crm.customer.email', NULL),
    seal_again('crm.customer.email', NULL), seal_blind_index('crm.customer.email', NULL), sealed_key_version(NULL);

-- Deterministic: one value, made by test/unit/sealed_answers.py from the same root key.
SELECT seal_deterministic('crm.customer.email', 'ada@example.com');
SELECT seal_deterministic_all('crm.customer.email', 'ada@example.com');
SELECT unseal('crm.customer.email', seal_deterministic('crm.customer.email', ''));
-- Values that the same program sealed, with a nonce and a row key.
SELECT unseal('crm.customer.email', 'cd1.AQEBAAAAAAFcu1huG2OJTwv5lBsG3SHhPWHa_iOaDvkWSfYTbPx_aXoQsLllCOneFsrdwysA9Sq04Mqp'::sealed);
SELECT unseal('crm.customer.email', 'cd1.AQEDAAAAAAFcu1hul_y-etYHhQfPFN4UM79CB8tbIAGlnBuspwjTbThg9NhenCIlSaUIx2U'::sealed, '4711');

-- Every failure to open says the same.
CREATE TABLE value AS
    SELECT seal('crm.customer.email', 'ada@example.com') AS free, seal('crm.customer.email', 'ada@example.com', '17') AS bound,
           seal_deterministic('crm.customer.email', 'ada@example.com') AS deterministic;
SELECT unseal('crm.customer.phone', free) FROM value;
SELECT unseal('shop.customer.email', free) FROM value;
SELECT unseal('crm.customer.email', bound, '18') FROM value;
SELECT unseal('crm.customer.email', bound) FROM value;
SELECT unseal('crm.customer.email', free, '17') FROM value;
SELECT unseal('crm.customer.email', deterministic, '17') FROM value;
SELECT unseal('crm.customer.email', set_byte(free::bytea, 20, get_byte(free::bytea, 20) # 1)::sealed) FROM value;
SELECT unseal('crm.customer.email', set_byte(free::bytea, 7, 2)::sealed) FROM value;
SELECT unseal_bytes('crm.customer.email', set_byte(free::bytea, 4, 77)::sealed) FROM value;
SELECT seal_again('crm.customer.email', bound, '18') FROM value;
SELECT seal_blind_index('crm.customer.email', bound, '18') FROM value;
-- Bytes that are no text.
SELECT unseal('crm.customer.email', seal_bytes('crm.customer.email', '\xff'));
SELECT unseal('crm.customer.email', seal_bytes('crm.customer.email', '\x610062'));

-- The type: text, bytes, order, constraints.
SELECT count(*) AS same FROM value WHERE free::text::sealed = free AND free::bytea::sealed = free;
SELECT 'ada@example.com'::sealed;
SELECT 'cd1.'::sealed;
SELECT 'cd1.AQEAAAAAAAFcu1hu'::sealed;
SELECT 'cd1.AQEAAAAAAAFcu1huZeoMmcJpgvPNt9YUyQWspx'::sealed;
SELECT 'cd1.AgEAAAAAAAFcu1huZeoMmcJpgvPNt9YUyQWspw'::sealed;
SELECT 'cd1.AQEEAAAAAAFcu1huZeoMmcJpgvPNt9YUyQWspw'::sealed;
SELECT ''::bytea::sealed;
SELECT '\x0101000000000000'::bytea::sealed;
SELECT '\x01010000000000005cbb586e00000000000000000000000000000000'::bytea::sealed;
CREATE TABLE account (login sealed PRIMARY KEY, referrer sealed REFERENCES account);
INSERT INTO account SELECT seal_deterministic('crm.customer.email', 'user' || i), seal_deterministic('crm.customer.email', 'user1') FROM generate_series(1, 5) i;
INSERT INTO account VALUES (seal_deterministic('crm.customer.email', 'user3'));
SELECT count(*), count(DISTINCT login), count(DISTINCT referrer) FROM account;
SELECT count(*) FROM account a JOIN account b ON a.referrer = b.login;
SELECT count(*) FROM account WHERE login IN (SELECT referrer FROM account);
SELECT count(*) FILTER (WHERE a.login < b.login) AS less, count(*) FILTER (WHERE a.login <= b.login) AS at_most,
    count(*) FILTER (WHERE a.login > b.login) AS more, count(*) FILTER (WHERE a.login <> b.login) AS other FROM account a, account b;
SET enable_seqscan = off;
EXPLAIN (COSTS off) SELECT * FROM account WHERE login = 'cd1.AQEAAAAAAAFcu1huZeoMmcJpgvPNt9YUyQWspw';
-- Without the schema in search_path the operator is not found; it says so, and compares nothing else instead.
SET search_path = public;
SELECT count(*) FROM account a JOIN account b ON a.referrer = b.login;
SELECT count(*) FROM account a JOIN account b ON a.referrer OPERATOR(customer_data.=) b.login;
SELECT count(*) FROM account WHERE login = ANY (customer_data.seal_deterministic_all('crm.customer.email', 'user2'));
SELECT count(*) FROM account WHERE login OPERATOR(customer_data.=) ANY (customer_data.seal_deterministic_all('crm.customer.email', 'user2'));
SELECT count(*) FROM (SELECT referrer, count(*) FROM account GROUP BY referrer) q;
SET search_path = public, customer_data;
RESET enable_seqscan;

-- A protected column.
CREATE TABLE customer (id integer PRIMARY KEY, email sealed, email_index bytea, phone text, login sealed UNIQUE);
CREATE TRIGGER protect_email BEFORE INSERT OR UPDATE ON customer
    FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.customer.email', 'email', 'id', 'email_index');
CREATE TRIGGER protect_phone BEFORE INSERT OR UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.customer.phone', 'phone');
CREATE TRIGGER protect_login BEFORE INSERT OR UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.customer.phone', 'login');
INSERT INTO customer
    SELECT i, seal('crm.customer.email', 'User' || i || '@Example.com', i::text), blind_index('crm.customer.email', 'User' || i || '@Example.com'),
           seal('crm.customer.phone', '+49 170 ' || i)::text, seal_deterministic('crm.customer.phone', 'login' || i)
    FROM generate_series(1, 1000) i;
INSERT INTO customer (id) VALUES (0);
INSERT INTO customer (id, phone) VALUES (-1, '+49 170 1234567');
INSERT INTO customer (id, phone) VALUES (-1, seal('crm.customer.email', '+49 170 1234567')::text);
INSERT INTO customer (id, phone) VALUES (-1, seal('crm.customer.phone', '+49 170 1234567', '-1')::text);
INSERT INTO customer (id, email) VALUES (-1, seal('crm.customer.email', 'x'));
INSERT INTO customer (id, email) VALUES (-1, seal('shop.customer.email', 'x', '-1'));
UPDATE customer SET phone = 'none' WHERE id = 5;
UPDATE customer SET id = -5 WHERE id = 5;
UPDATE customer SET id = -5, email = seal('crm.customer.email', unseal('crm.customer.email', email, id::text), '-5') WHERE id = 5;
UPDATE customer SET email_index = email_index;
SELECT id, unseal('crm.customer.email', email, id::text) FROM customer
WHERE email_index = ANY (blind_index_all('crm.customer.email', ' USER77@example.com'));
-- Triggers fire by name: a later one is not seen.
CREATE FUNCTION write_plaintext() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.phone := '+49 170 1234567'; RETURN NEW; END $$;
BEGIN;
CREATE TRIGGER after_protection BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION write_plaintext();
UPDATE customer SET phone = phone WHERE id = 6;
ROLLBACK;
BEGIN;
CREATE TRIGGER zz_after_protection BEFORE UPDATE ON customer FOR EACH ROW EXECUTE FUNCTION write_plaintext();
UPDATE customer SET phone = phone WHERE id = 6;
SELECT phone FROM customer WHERE id = 6;
ROLLBACK;
DROP FUNCTION write_plaintext;
-- Triggers that are none.
SELECT seal_protect();
CREATE TRIGGER wrong AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.customer.email', 'login');
INSERT INTO account VALUES (seal_deterministic('crm.customer.email', 'user9'));
DROP TRIGGER wrong ON account;
CREATE TRIGGER wrong BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.customer.email', 'email');
INSERT INTO account VALUES (seal_deterministic('crm.customer.email', 'user9'));
DROP TRIGGER wrong ON account;
CREATE TRIGGER wrong BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.customer.email');
INSERT INTO account VALUES (seal_deterministic('crm.customer.email', 'user9'));
DROP TRIGGER wrong ON account;
CREATE TRIGGER wrong BEFORE INSERT ON account FOR EACH ROW EXECUTE FUNCTION seal_protect('nobody', 'login');
INSERT INTO account VALUES (seal_deterministic('crm.customer.email', 'user9'));
DROP TRIGGER wrong ON account;
CREATE TABLE numbers (i integer);
CREATE TRIGGER wrong BEFORE INSERT ON numbers FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.customer.email', 'i');
INSERT INTO numbers VALUES (1);
DROP TABLE numbers;

-- Another version for deterministic values: unique over both, found under both.
SELECT * FROM rotation_status();
SELECT field_rotate('crm.customer.phone', 2);
SELECT column_name, key_version, rows, is_target FROM rotation_status();
INSERT INTO customer (id, login) VALUES (2001, seal_deterministic('crm.customer.phone', 'login7'));
INSERT INTO customer (id, login) VALUES (2001, (seal_deterministic_all('crm.customer.phone', 'login7'))[2]);
INSERT INTO customer (id, login) VALUES (2001, seal_deterministic('crm.customer.phone', 'newcomer'));
INSERT INTO customer (id, login) VALUES (2002, (seal_deterministic_all('crm.customer.phone', 'newcomer'))[2]);
INSERT INTO customer (id, login) VALUES (2001, seal_deterministic('crm.customer.phone', 'login7')) ON CONFLICT (login) DO NOTHING;
INSERT INTO customer (id, login) SELECT 2002, seal_deterministic('crm.customer.phone', 'login7')
    WHERE NOT EXISTS (SELECT FROM customer WHERE login = ANY (seal_deterministic_all('crm.customer.phone', 'login7')));
UPDATE customer SET login = seal_again('crm.customer.phone', login) WHERE id = 7;
UPDATE customer SET login = seal_deterministic('crm.customer.phone', 'login7') WHERE id = 8;
SELECT id FROM customer WHERE login = ANY (seal_deterministic_all('crm.customer.phone', 'login7'));
SELECT id FROM customer WHERE login = ANY (seal_deterministic_all('crm.customer.phone', 'login8'));
CALL seal_rotate('customer', 'login', 100);
SELECT column_name, key_version, rows, is_target FROM rotation_status();
SELECT field_rotated('crm.customer.phone');
SELECT id FROM customer WHERE login = seal_deterministic('crm.customer.phone', 'login8');
SELECT relation, column_name, field, key_version, rows, finished_at > started_at AS finished FROM customer_store.seal_rotation;
-- Nothing to do.
CALL seal_rotate('customer', 'email');
-- Bad input.
CALL seal_rotate('customer', 'email_index');
CALL seal_rotate('customer', 'nothing');
CALL seal_rotate('customer', 'email', 0);
CALL seal_rotate(NULL, 'email');
CALL seal_rotate('pg_views', 'email');
SELECT seal_rotate_step('customer', 'email', 100, '{1}');
BEGIN;
CALL seal_rotate('customer', 'email');
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT seal_rotate_step('customer', 'email', 100);
ROLLBACK;
SELECT seal(NULL, 'x');
SELECT unseal(NULL, NULL);
SELECT seal('nobody', 'x');
SELECT seal_deterministic('nobody', 'x');
SELECT seal('crm.customer.email', repeat('x', 268435457));
SELECT ('cd1.' || repeat('A', 357914056))::sealed;

DROP TABLE value, account, customer;
DROP SCHEMA customer_store CASCADE;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
