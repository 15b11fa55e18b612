-- Aggregates of a distributed table: computed on the workers, and equal to those of an ordinary one.
SELECT current_setting('shared_preload_libraries') ~ '\mcitus\M' AS has_citus \gset
\if :has_citus

SELECT plan(11);
SET client_min_messages = warning;
CREATE TABLE local_purchase AS SELECT * FROM customer_data.simulate_purchases(2000, 1);
CREATE TABLE distributed_purchase (LIKE local_purchase);
SELECT create_distributed_table('distributed_purchase', 'customer_id') AS made \gset
INSERT INTO distributed_purchase SELECT * FROM local_purchase;

CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    lines text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (VERBOSE, COSTS OFF) ' || query LOOP
        lines := lines || line || E'\n';
    END LOOP;
    RETURN lines;
END
$$;

-- By the distribution key, whole histories are made on the workers.
CREATE TABLE by_customer AS
    SELECT customer_id, customer_data.purchase_agg(occurred_at, amount) AS s FROM distributed_purchase GROUP BY customer_id;
SELECT is_empty($$
    SELECT customer_id FROM by_customer JOIN (SELECT customer_id, customer_data.purchase_agg(occurred_at, amount) AS l FROM local_purchase GROUP BY 1) q USING (customer_id)
    WHERE customer_data.purchase_count(s) <> customer_data.purchase_count(l) OR customer_data.purchase_days(s) <> customer_data.purchase_days(l)
       OR customer_data.purchase_last(s) <> customer_data.purchase_last(l)
       OR abs(customer_data.purchase_revenue(s) - customer_data.purchase_revenue(l)) > 1e-12 * customer_data.purchase_revenue(l)
$$, 'purchase_agg by the distribution key');
SELECT is((SELECT count(*) FROM by_customer), (SELECT count(DISTINCT customer_id) FROM local_purchase), 'all customers');

-- By nothing, parts are made on the workers and combined on the coordinator.
SELECT matches(pg_temp.plan_of('SELECT customer_data.purchase_agg(occurred_at, amount) FROM distributed_purchase'), 'worker_partial_agg|worker_binary_partial_agg',
    'purchase_agg of everything is split');
SELECT is((SELECT customer_data.purchase_count(customer_data.purchase_agg(occurred_at, amount)) FROM distributed_purchase), (SELECT count(*) FROM local_purchase),
    'and complete');

-- Two steps, both on the workers.
SELECT matches(pg_temp.plan_of($$
    SELECT customer_data.rfm_agg(customer_data.purchase_recency_days(s, '2030-01-01'::date), customer_data.purchase_count(s), customer_data.purchase_revenue(s))
    FROM (SELECT customer_id, customer_data.purchase_agg(occurred_at, amount) AS s FROM distributed_purchase GROUP BY customer_id) q$$),
    'worker_partial_agg|worker_binary_partial_agg', 'rfm_agg over purchase_agg is split');
SELECT is((SELECT customer_data.rfm_customers(customer_data.rfm_agg(customer_data.purchase_recency_days(s, '2030-01-01'::date), customer_data.purchase_count(s), customer_data.purchase_revenue(s)))
    FROM (SELECT customer_id, customer_data.purchase_agg(occurred_at, amount) AS s FROM distributed_purchase GROUP BY customer_id) q),
    (SELECT count(DISTINCT customer_id) FROM local_purchase), 'and counts every customer');

-- Scores, merged from counts.
SELECT matches(pg_temp.plan_of('SELECT customer_data.evaluation_agg(amount, customer_id % 3 = 0), customer_data.drift_agg(amount) FROM distributed_purchase'),
    'worker_partial_agg|worker_binary_partial_agg', 'evaluation_agg and drift_agg are split');
SELECT is((SELECT (customer_data.evaluation_agg(amount, customer_id % 3 = 0)::text, customer_data.drift_agg(amount)::text)::text FROM distributed_purchase),
    (SELECT (customer_data.evaluation_agg(amount, customer_id % 3 = 0)::text, customer_data.drift_agg(amount)::text)::text FROM local_purchase), 'and the same to the bit');

-- Raw rows of a book are pulled, stored books are not.
SELECT is((SELECT customer_data.purchase_book_count(customer_data.purchase_book_agg(customer_id, occurred_at, amount)) FROM distributed_purchase),
    (SELECT count(DISTINCT customer_id) FROM local_purchase), 'purchase_book_agg of raw rows');
CREATE TABLE stored_book (customer_group bigint, book customer_data.purchase_book);
SELECT create_distributed_table('stored_book', 'customer_group') AS made \gset
INSERT INTO stored_book SELECT customer_id % 8, customer_data.purchase_book_agg(customer_id, occurred_at, amount) FROM local_purchase GROUP BY 1;
SELECT matches(pg_temp.plan_of('SELECT customer_data.rollup(book) FROM stored_book'), 'worker_partial_agg|worker_binary_partial_agg', 'rollup of stored books is split');
SELECT is((SELECT customer_data.purchase_book_count(customer_data.rollup(book)) FROM stored_book), (SELECT count(DISTINCT customer_id) FROM local_purchase),
    'and has every customer');

DROP TABLE local_purchase, distributed_purchase, by_customer, stored_book;
SELECT * FROM finish();
\else
SELECT plan(1);
SELECT skip('shared_preload_libraries has no Citus', 1);
SELECT * FROM finish();
\endif
