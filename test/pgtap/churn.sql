-- What churn_features returns is what models are fitted from.
BEGIN;
SELECT no_plan();
SELECT results_eq($$
    SELECT (SELECT array_agg(name) FROM customer_data.dataset_columns(q.d) WHERE name IN ('customer_id', 'observed_at', 'active_since', 'tenure', 'censored', 'churned')),
        (SELECT count(*) FROM customer_data.dataset_columns(q.d)), customer_data.dataset_rows(q.d), customer_data.dataset_skipped(q.d)
    FROM (SELECT customer_data.dataset_agg(f, 'churned', NULL, '{customer_id,observed_at,active_since,tenure,censored}') AS d
          FROM customer_data.churn_features('SELECT 1, date ''2024-01-01'' + i, i FROM generate_series(0, 99) i', '30 days') f) q
$$, $$ VALUES (NULL::text[], 20::bigint, 2::bigint, 1::bigint) $$, 'twenty features and the label; the date that is not decided is skipped');
SELECT * FROM finish();
ROLLBACK;
