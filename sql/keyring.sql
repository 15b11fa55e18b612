-- Root keys come from outside of the database; fields say what they are used for. The server of the tests has two fixed keys.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
SET search_path = public, customer_data;
\pset null '(null)'

-- Before the tables are there.
SELECT field_define('crm.customer.email');
SELECT * FROM key_check();
SELECT privacy_setup();
SELECT privacy_setup();
SELECT key_version, status, available, matches FROM key_check();
SELECT locked, reason, provider, key_version, versions, misplaced_settings FROM key_status();
-- A check value tells one key from another, and nothing about it: HKDF of 00 01 … 1f with label "check".
SELECT version, check_value, retired_at FROM customer_store.key_version;

SELECT field_define('crm.customer.email', category => 'personal', normaliser => 'lower_email', blind_bits => 40);
SELECT field_define('analytics', identifier => 'none');
SELECT field_define('acme.email', tenant => 'acme', key_version => 2);
SELECT field, tenant, category, identifier, normaliser, key_version, previous_version, blind_bits FROM customer_store.field ORDER BY field;
SELECT key_version, status FROM key_check();
-- What describes a field may change; what its values depend on may not.
SELECT field_define('crm.customer.email', category => 'financial', normaliser => 'lower_email', blind_bits => 40);
SELECT category FROM customer_store.field WHERE field = 'crm.customer.email';
SELECT field_define('crm.customer.email', normaliser => 'digits', blind_bits => 40);
SELECT field_define('crm.customer.email', normaliser => 'lower_email', blind_bits => 40, tenant => 'acme');
SELECT field_define('crm.customer.email', normaliser => 'lower_email', blind_bits => 40, key_version => 2);

-- Another version for what is deterministic.
SELECT field_rotate('analytics', 2);
SELECT key_version, previous_version FROM customer_store.field WHERE field = 'analytics';
SELECT field_rotate('analytics', 2);
SELECT field_rotate('analytics', 1);
SELECT field_rotated('analytics');
SELECT key_version, previous_version FROM customer_store.field WHERE field = 'analytics';
SELECT field_rotate('nobody', 2);
SELECT field_rotated('nobody');

-- The end of a version.
SELECT key_retire(1);
SELECT key_retire(2);
SELECT key_retire(3);

-- Nobody gives a key, or the place of one, in SQL.
SET customer_data.key_file = '/tmp/key';
SET LOCAL customer_data.key_command = 'echo';
ALTER SYSTEM SET customer_data.key_file = '/tmp/key';
ALTER SYSTEM SET customer_data.key_version = 2;
ALTER DATABASE postgres SET customer_data.key_command = 'echo';
ALTER ROLE CURRENT_USER SET customer_data.key_version = 2;
SELECT set_config('customer_data.key_versions', '1', true);
SET customer_data.key = 'x';

-- Bad input.
SELECT field_define('');
SELECT field_define(NULL);
SELECT field_define('f', category => 'secret');
SELECT field_define('f', identifier => 'maybe');
SELECT field_define('f', normaliser => 'rot13');
SELECT field_define('f', blind_bits => 0);
SELECT field_define('f', key_version => 0);
SELECT field_define('f', key_version => 3);
SELECT field_define('f', keep_left => -1);
SELECT field_rotate(NULL);
SELECT field_rotate('analytics', 0);
SELECT field_rotate('analytics', 3);
SELECT field_rotated(NULL);
SELECT key_retire(NULL);

-- A root that is not the one that it was is told at once.
BEGIN;
UPDATE customer_store.key_version SET check_value = decode(repeat('00', 16), 'hex') WHERE version = 1;
SELECT key_version, available, matches FROM key_check();
SELECT field_define('other');
ROLLBACK;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
