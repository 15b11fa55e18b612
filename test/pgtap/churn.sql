-- What churn_features returns is what models are fitted from.
BEGIN;
SELECT no_plan();
SELECT results_eq($$
    SELECT c.name, c.role FROM (SELECT customer_data.dataset_agg(f, 'churned', NULL, '{customer_id,observed_at,active_since,tenure,censored}') AS d
        FROM customer_data.churn_features('SELECT 1, date ''2024-01-01'' + i, i FROM generate_series(0, 99) i', '30 days') f) q, customer_data.dataset_columns(q.d) c
    WHERE c.role <> 'feature' OR c.name IN ('recency_days', 'silence') ORDER BY 1
$$, $$ VALUES ('churned', 'label'), ('recency_days', 'feature'), ('silence', 'feature') $$, 'the label is no feature');
SELECT * FROM finish();
ROLLBACK;
