-- Values of a person, sealed with a key of his own that can be erased. The server of the tests has two fixed root keys.
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS customer_store, customer_keys CASCADE;
SET search_path = public, customer_data;
\pset null '(null)'

-- Before the tables are there.
SELECT seal_for('c-17', 'subject.email', 'ada@example.com');
SELECT shred('c-17');
SELECT * FROM shred_status('c-17');
SELECT privacy_setup();
SELECT field_define('subject.email'), field_define('subject.phone'), field_define('subject.acme', tenant => 'acme'),
    field_define('subject.later', key_version => 2);

CREATE TABLE subject_customer (id text PRIMARY KEY, email sealed, phone sealed);
INSERT INTO subject_customer SELECT id, seal_for(id, 'subject.email', email), seal_for(id, 'subject.phone', phone)
    FROM (VALUES ('c-17', 'ada@example.com', '+44 20 7946 0001'), ('c-18', 'grace@example.com', '')) AS v (id, email, phone);
-- The subject is the row key.
SELECT id, unseal('subject.email', email, id), unseal('subject.phone', phone, row_key => id) FROM subject_customer ORDER BY id;
SELECT (sealed_info(phone)).*, octet_length(phone::bytea) FROM subject_customer ORDER BY id;
SELECT unseal_bytes('subject.email', seal_bytes_for('c-17', 'subject.email', '\x00ff'), 'c-17');
SELECT seal_for('c-17', 'subject.email', NULL), unseal('subject.email', NULL, 'c-17');
-- One key for each person, wrapped; who it is, the table does not tell.
SELECT tenant, number, key_version, former_versions, length(mark), length(wrapped) FROM customer_keys.subject_key;
-- What stands there stays as it is when its column is sealed again.
SELECT seal_again('subject.email', email, id) = email FROM subject_customer ORDER BY id;

-- No value opens for another person, in another field or tenant, or without the person.
SELECT unseal('subject.email', email, 'c-18') FROM subject_customer WHERE id = 'c-17';
SELECT unseal('subject.phone', email, id) FROM subject_customer WHERE id = 'c-17';
SELECT unseal('subject.acme', email, id) FROM subject_customer WHERE id = 'c-17';
SELECT unseal('subject.email', email) FROM subject_customer WHERE id = 'c-17';
SELECT unseal('subject.email', email, 'nobody') FROM subject_customer WHERE id = 'c-17';
-- Nor do the two ways of sealing pass for each other.
SELECT unseal('subject.email', sealed(set_byte(email::bytea, 2, 3)), id) FROM subject_customer WHERE id = 'c-17';
SELECT unseal('subject.email', sealed(set_byte(seal('subject.email', 'x', 'c-17')::bytea, 2, 7)), 'c-17');

-- Erased, in this tenant.
SELECT seal_for('c-17', 'subject.acme', 'ada@acme.example') AS acme_email \gset
SELECT * FROM shred_status('c-17');
SELECT shred('c-17');
SELECT unseal('subject.email', email, id) FROM subject_customer WHERE id = 'c-17';
SELECT seal_for('c-17', 'subject.email', 'again@example.com');
SELECT unseal('subject.email', email, id) FROM subject_customer WHERE id = 'c-18';
SELECT unseal('subject.acme', :'acme_email', 'c-17');
SELECT place, state FROM shred_status('c-17');
SELECT place, state, detail FROM shred_status('c-17') WHERE place IN ('live', 'backups');
SELECT tenant, number, key_versions, erased_by = current_user AS by_us, allowed_at FROM customer_store.subject_erased;
-- There is nothing left to erase.
SELECT shred('c-17');
-- Who had no key is refused all the same: it may stand in a backup.
SELECT shred('c-99');
SELECT seal_for('c-99', 'subject.email', 'x');
SELECT place, state, detail FROM shred_status('c-99') WHERE place = 'backups';
-- The key may come back with a backup of customer_keys; it is of no use.
BEGIN;
CREATE TEMPORARY TABLE backup AS SELECT * FROM customer_keys.subject_key;
SELECT shred('c-18');
INSERT INTO customer_keys.subject_key SELECT * FROM backup EXCEPT SELECT * FROM customer_keys.subject_key;
SELECT unseal('subject.email', email, id) FROM subject_customer WHERE id = 'c-18';
ROLLBACK;
SELECT unseal('subject.email', email, id) FROM subject_customer WHERE id = 'c-18';

-- He comes back.
SELECT subject_allow('c-17');
SELECT place, state, detail FROM shred_status('c-17') WHERE place = 'live';
UPDATE subject_customer SET phone = seal_for(id, 'subject.phone', '+44 20 7946 0002') WHERE id = 'c-17';
SELECT sealed_key_version(phone), unseal('subject.phone', phone, id) FROM subject_customer WHERE id = 'c-17';
SELECT unseal('subject.email', email, id) FROM subject_customer WHERE id = 'c-17';
SELECT place, state, detail FROM shred_status('c-17') WHERE place = 'live';
SELECT shred('c-17');
SELECT number, key_versions FROM customer_store.subject_erased WHERE number > 1;

-- A key that was made in a subtransaction goes with it.
BEGIN;
SAVEPOINT before;
SELECT length(seal_for('c-20', 'subject.email', 'x')::text) > 0;
ROLLBACK TO before;
SELECT seal_for('c-20', 'subject.email', 'y') AS email \gset
COMMIT;
SELECT unseal('subject.email', :'email', 'c-20');
-- Erased and taken back.
BEGIN;
SELECT shred('c-20');
SAVEPOINT erased;
SELECT unseal('subject.email', :'email', 'c-20');
ROLLBACK;
SELECT unseal('subject.email', :'email', 'c-20');

-- A wrapped key opens under the version that it was wrapped under, and is taken to no other if it does not.
UPDATE customer_keys.subject_key SET key_version = 2 WHERE tenant = 'acme';
SELECT unseal('subject.acme', :'acme_email', 'c-17');
-- The mark in DETAIL is another one each time.
\set VERBOSITY terse
CALL subject_rewrap();
\set VERBOSITY default
UPDATE customer_keys.subject_key SET key_version = 1 WHERE tenant = 'acme';
SELECT unseal('subject.acme', :'acme_email', 'c-17');
CALL subject_rewrap(1);
-- A wrapped key does not fit another person.
UPDATE customer_keys.subject_key AS k SET wrapped = o.wrapped FROM customer_keys.subject_key AS o WHERE k.tenant = 'acme' AND o.tenant = '';
SELECT unseal('subject.acme', :'acme_email', 'c-17');
SELECT seal_for('c-17', 'subject.acme', 'x');

-- Without the schema of the keys, as after a restore that left it out.
BEGIN;
DROP SCHEMA customer_keys CASCADE;
SELECT unseal('subject.email', email, id) FROM subject_customer WHERE id = 'c-18';
ROLLBACK;
BEGIN;
DROP SCHEMA customer_keys CASCADE;
SELECT privacy_setup();
SAVEPOINT made;
SELECT unseal('subject.email', email, id) FROM subject_customer WHERE id = 'c-18';
ROLLBACK TO made;
-- Who was erased is still known.
SELECT seal_for('c-17', 'subject.email', 'x');
ROLLBACK;
BEGIN;
DELETE FROM customer_store.subject_index;
SELECT seal_for('c-30', 'subject.email', 'x');
ROLLBACK;

-- Bad input.
SELECT seal_for(NULL, 'subject.email', 'x');
SELECT seal_for('c-1', NULL, 'x');
SELECT seal_for('c-1', 'nothing', 'x');
SELECT seal_for('c-1', 'subject.email', repeat('x', 268435457));
SELECT shred(NULL);
SELECT shred('c-1', NULL);
SELECT subject_allow('c-1');
SELECT * FROM shred_status(NULL);
CALL subject_rewrap(0);
CALL subject_rewrap(NULL);
SELECT * FROM shred_status('c-1', 'nobody');

DROP TABLE subject_customer;
DROP SCHEMA customer_store, customer_keys CASCADE;
