-- From purchases to a model of who leaves: what is known of customers becomes a dataset with a label.
SELECT customer_data.dataset_rows(d) AS rows, customer_data.dataset_skipped(d) AS censored
FROM (SELECT customer_data.dataset_agg(f, 'churned', NULL, '{customer_id,observed_at,active_since,tenure,censored}') AS d
      FROM customer_data.churn_features($$ SELECT customer_id, date '2024-01-01' + 11 * i % (90 * customer_id) AS day, customer_id + i
          FROM generate_series(1, 8) customer_id, generate_series(1, 60) i $$, '30 days') f) q;
