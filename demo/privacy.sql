-- Privacy: e-mails that a thief of the database cannot read, and analysts can still join, find and count

-- The demo has no addresses of its customers, so it makes some.
SELECT privacy_setup() AS done \gset
SELECT field_define('demo.contact.email', normaliser => 'lower_email') AS done \gset
SELECT field_define('demo.newsletter', normaliser => 'lower_email', identifier => 'none') AS done \gset
SELECT clock_timestamp() AS start \gset
CREATE TABLE contact AS
SELECT customer_id, seal('demo.contact.email', email, customer_id::text) AS email, blind_index('demo.contact.email', email) AS email_index,
       pseudonym('demo.newsletter', email) AS person
FROM (SELECT customer_id, 'Customer.' || customer_id || '@example.com' AS email FROM (SELECT DISTINCT customer_id FROM purchase) c) c;
SELECT shown(1000 * extract(epoch FROM clock_timestamp() - :'start'::timestamptz)::float8) AS milliseconds, shown(count(*)) AS addresses FROM contact \gset
CREATE INDEX ON contact (email_index);
COMMENT ON TABLE contact IS 'an address of every customer, sealed for its row, with an index to find it and a pseudonym; made by the demo';
CREATE TRIGGER protect_email BEFORE INSERT OR UPDATE ON contact
    FOR EACH ROW EXECUTE FUNCTION customer_data.seal_protect('demo.contact.email', 'email', 'customer_id', 'email_index');
-- What another department has: no address and no id of a customer.
CREATE TABLE newsletter AS
SELECT pseudonym('demo.newsletter', 'customer.' || customer_id || '@EXAMPLE.com') AS person, hash_split(customer_id::text, 0.2, 0.2, 0.2, 0.2) AS opened
FROM contact WHERE hash_split(customer_id || 'reads', 0.4) = 1;
COMMENT ON TABLE newsletter IS 'who opened how many newsletters, by pseudonym; made by the demo';

\echo :addresses addresses sealed, with a blind index and a pseudonym each, in :milliseconds ms. A row as it is stored:
\echo
\pset footer off
\pset border 0
SELECT customer_id AS customer, left(email::text, 44) || '…' AS email, email_index, person FROM contact ORDER BY customer_id LIMIT 1;
\echo Newsletters joined with purchases by pseudonym
\echo
SELECT opened, shown(count(*), 9) AS customers, shown(avg(revenue), 19, 2) AS "revenue a customer"
FROM newsletter JOIN contact USING (person) JOIN (SELECT customer_id, sum(amount)::float8 AS revenue FROM purchase GROUP BY 1) p USING (customer_id)
GROUP BY opened ORDER BY opened;
SELECT customer_id AS wanted FROM contact ORDER BY md5(customer_id::text) LIMIT 1 \gset
\echo Found by its address, however it is written, through the blind index
\echo
SELECT customer_id AS customer FROM contact WHERE email_index = ANY (blind_index_all('demo.contact.email', ' CUSTOMER.' || :'wanted' || '@example.com'));

-- A ticket says who, why and how much, and is committed before anything is shown.
SELECT reveal_grant('demo.contact.email', current_user) AS done \gset
SELECT reveal_request('demo.contact.email', 'complaint', 'case 812', max_rows => 1) AS ticket \gset
\echo Read back with a ticket for one row
\echo
SELECT customer_id AS customer, reveal(:'ticket', 'demo.contact.email', email, customer_id::text) AS email
FROM contact WHERE customer_id::text = :'wanted';
\echo which stands in the log of reveals
\echo
SELECT role, field, purpose, reason, revealed || ' of ' || max_rows AS rows, state FROM reveal_log();
\echo and in the log of the server
\echo
\pset tuples_only on
SELECT regexp_replace(substr(line, strpos(line, 'customer_data reveal')), ', (field|purpose|ticket)', E',\n    \\1', 'g') AS line
FROM regexp_split_to_table(pg_read_file(:'log'), E'\n') AS line
WHERE line LIKE '%' || :'ticket' || '%' ORDER BY line DESC LIMIT 1;
