-- Churn and retention of subscriptions.

CREATE FUNCTION customer_data.churn_rate(subscriptions text, every interval DEFAULT '1 month', since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        OUT period_start timestamptz, OUT period_end timestamptz,
        OUT customers_at_start bigint, OUT churned_customers bigint, OUT new_customers bigint, OUT customers_at_end bigint, OUT churn_rate float8,
        OUT revenue_at_start float8, OUT churned_revenue float8, OUT contraction float8, OUT expansion float8, OUT new_revenue float8, OUT revenue_at_end float8,
        OUT net_revenue_retention float8, OUT gross_revenue_retention float8)
    RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'cd_churn_rate';
COMMENT ON FUNCTION customer_data.churn_rate(text, interval, timestamptz, timestamptz) IS 'churn of customers, net and gross retention of revenue from each date to the next; subscriptions is a query of (customer_id, starts_at, ends_at [, amount])';
