-- The purchases, in the order of time as a shop's table has them.
SET client_min_messages = warning;
CREATE EXTENSION customer_data;
CREATE EXTENSION pg_prewarm;
CREATE TABLE tx AS
SELECT customer_id, occurred_at, amount::numeric(12,2)
FROM customer_data.simulate_purchases(:customers) ORDER BY occurred_at;

-- Busy customers: a tenth of the customers with ten times the purchases.
CREATE TABLE tx_busy AS
SELECT customer_id % (:customers / 10) AS customer_id, occurred_at, amount FROM tx ORDER BY occurred_at;

-- What could be done for questions about customers without the extension: partitions by customer, and an index that
-- has all columns.
BEGIN; -- rows of tables made in the same transaction need no log
CREATE TABLE tx_laid_out (LIKE tx) PARTITION BY HASH (customer_id);
SELECT format('CREATE TABLE tx_laid_out_%s PARTITION OF tx_laid_out FOR VALUES WITH (MODULUS 16, REMAINDER %s)', i, i)
FROM generate_series(0, 15) i \gexec
INSERT INTO tx_laid_out SELECT * FROM tx ORDER BY occurred_at;
COMMIT;
CREATE INDEX ON tx_laid_out (customer_id) INCLUDE (occurred_at, amount);

-- The planner shall know how many customers there are. From a sample it would guess a fraction of them.
SELECT count(DISTINCT customer_id) AS found FROM tx \gset
SELECT count(DISTINCT customer_id) AS found_busy FROM tx_busy \gset
ALTER TABLE tx ALTER customer_id SET (n_distinct = :found);
ALTER TABLE tx_busy ALTER customer_id SET (n_distinct = :found_busy);
ALTER TABLE tx_laid_out ALTER customer_id SET (n_distinct_inherited = :found);
SELECT format('ALTER TABLE %s ALTER customer_id SET (n_distinct = %s)', relid, :found / 16)
FROM pg_partition_tree('tx_laid_out') WHERE isleaf \gexec

VACUUM (FREEZE, ANALYZE);
SELECT format('ALTER DATABASE %I SET search_path = public, customer_data', current_database()) \gexec
CREATE TABLE purchases_complete AS SELECT :'key'::text AS key;
