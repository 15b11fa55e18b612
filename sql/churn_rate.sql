-- How many subscribers leave, and how much of the revenue stays?
SET TIME ZONE 'UTC';
SET datestyle = ISO;
SET intervalstyle = postgres;
CREATE TABLE subscription (customer_id integer, starts_at date, ends_at date, amount numeric(10,2));
INSERT INTO subscription VALUES
    (1, '2025-01-01', NULL, 100),
    (2, '2025-01-01', '2025-02-01', 50),                                        -- leaves
    (3, '2025-01-15', '2025-02-10', 19.99), (3, '2025-02-10', NULL, 9.99),      -- takes a cheaper plan
    (4, '2025-01-01', NULL, 20), (4, '2025-02-15', NULL, 5);                    -- takes one more
SELECT period_start::date, period_end::date, customers_at_start, churned_customers, new_customers, customers_at_end, round(churn_rate::numeric, 4) AS churn_rate
FROM customer_data.churn_rate('SELECT * FROM subscription', until => '2025-04-01');
SELECT period_start::date, revenue_at_start, churned_revenue, contraction, expansion, new_revenue, revenue_at_end,
    round(net_revenue_retention::numeric, 4) AS net_revenue_retention, round(gross_revenue_retention::numeric, 4) AS gross_revenue_retention
FROM customer_data.churn_rate('SELECT * FROM subscription', until => '2025-04-01');
SELECT period_start::date, period_end::date, customers_at_start, churned_customers, revenue_at_start
FROM customer_data.churn_rate('SELECT customer_id, starts_at, ends_at FROM subscription', '2 weeks', '2025-01-20', '2025-02-17');
SELECT * FROM customer_data.churn_rate('SELECT * FROM subscription WHERE false');
\set VERBOSITY default
SELECT * FROM customer_data.churn_rate('SELECT customer_id, amount, starts_at FROM subscription');
SELECT * FROM customer_data.churn_rate('SELECT customer_id FROM subscription');
SELECT * FROM customer_data.churn_rate('SELECT * FROM subscription', every => '0');
SELECT * FROM customer_data.churn_rate('TRUNCATE subscription');
DROP TABLE subscription;
