-- Labels and features for models of churn, from a query of events.

CREATE FUNCTION customer_data.churn_observations(activity text, inactivity interval, lead interval DEFAULT '0', every interval DEFAULT '1 month',
        horizon interval DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        OUT customer_id text, OUT observed_at timestamptz, OUT active_since timestamptz, OUT tenure interval, OUT churned boolean, OUT censored boolean)
    RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100000 AS 'MODULE_PATHNAME', 'cd_churn_observations';
COMMENT ON FUNCTION customer_data.churn_observations(text, interval, interval, interval, interval, timestamptz, timestamptz) IS 'one row for each customer and date on which he was active, and whether he churned then; activity is a query of (customer_id, occurred_at)';
CREATE FUNCTION customer_data.churn_features(activity text, inactivity interval, lead interval DEFAULT '0', every interval DEFAULT '1 month',
        horizon interval DEFAULT NULL, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        short_window interval DEFAULT '30 days', medium_window interval DEFAULT '90 days', long_window interval DEFAULT '365 days',
        OUT customer_id text, OUT observed_at timestamptz, OUT active_since timestamptz, OUT tenure interval, OUT churned boolean, OUT censored boolean,
        OUT recency_days float8, OUT tenure_days float8, OUT lifetime_days float8, OUT comebacks float8,
        OUT events_short float8, OUT events_medium float8, OUT events_long float8,
        OUT days_short float8, OUT days_medium float8, OUT days_long float8,
        OUT amount_short float8, OUT amount_medium float8, OUT amount_long float8, OUT amount_mean float8,
        OUT event_trend float8, OUT amount_trend float8,
        OUT gap_mean_days float8, OUT gap_deviation_days float8, OUT gap_variation float8, OUT silence float8)
    RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100000 AS 'MODULE_PATHNAME', 'cd_churn_features';
COMMENT ON FUNCTION customer_data.churn_features(text, interval, interval, interval, interval, timestamptz, timestamptz, interval, interval, interval) IS 'the rows of churn_observations with what was known of the customer before observed_at - lead; activity is a query of (customer_id, occurred_at [, amount])';
