-- Churn and retention of subscriptions: values from arithmetic, the textbook's SQL, and what is refused.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, customer_data;
SET LOCAL timezone = 'UTC';
CREATE TABLE subscription (customer_id integer, starts_at date, ends_at date, amount numeric);
INSERT INTO subscription VALUES
    (1, '2020-01-01', NULL, 100),          -- stays
    (2, '2020-01-01', '2020-02-01', 50),   -- gone on 1 February: it ends at, not after
    (3, '2020-01-15', '2020-02-10', 19.99), (3, '2020-02-10', NULL, 9.99),  -- changes to a cheaper plan
    (4, '2020-01-01', '2020-02-20', 10), (4, '2020-02-25', NULL, 10.10),    -- away for five days within the month
    (5, '2020-02-02', '2020-02-28', 77),   -- came and went within a month: never seen
    (6, '2020-01-01', NULL, 20), (6, '2020-02-15', '2020-03-15', 5),        -- one more for a month
    (7, '2020-03-01', '2020-02-01', 1),    -- ends before it begins: never active
    (8, '2020-02-01', NULL, NULL);         -- free
SELECT results_eq($$
    SELECT period_start::date, customers_at_start, churned_customers, new_customers, customers_at_end, churn_rate,
        revenue_at_start, churned_revenue, contraction, expansion, new_revenue, revenue_at_end, net_revenue_retention, gross_revenue_retention
    FROM churn_rate('SELECT * FROM subscription', until => '2020-04-01')
$$, $$
    -- 1 January: customers 1, 2, 4, 6: 100 + 50 + 10 + 20 = 180. On 1 February 2 has gone; 3 and 8 are new, with 19.99.
    VALUES (date '2020-01-01', 4::bigint, 1::bigint, 2::bigint, 5::bigint, 1 / 4.0::float8,
            180::float8, 50::float8, 0::float8, 0::float8, 19.99::float8, 149.99::float8, 130 / 180.0::float8, 130 / 180.0::float8),
    -- 1 February: 100 + 19.99 + 10 + 20 = 149.99. 3 pays 10 less, 4 pays 0.10 more, 6 pays 5 more.
           ('2020-02-01', 5, 0, 0, 5, 0,
            149.99, 0, 10, 5.1, 0, 145.09, 145.09::float8 / 149.99, 139.99::float8 / 149.99),
    -- 1 March: 100 + 9.99 + 10.10 + 25 = 145.09. 6 pays 5 less.
           ('2020-03-01', 5, 0, 0, 5, 0,
            145.09, 0, 5, 0, 0, 140.09, 140.09::float8 / 145.09, 140.09::float8 / 145.09)
$$, 'three months of eight customers');
SELECT results_eq($$ SELECT customers_at_start, churned_customers, new_customers, churn_rate, revenue_at_start, net_revenue_retention FROM churn_rate('SELECT customer_id, starts_at, ends_at FROM subscription', since => '2020-02-01', until => '2020-03-01') $$,
    $$ VALUES (5::bigint, 0::bigint, 0::bigint, 0::float8, NULL::float8, NULL::float8) $$, 'without amounts: customers alone');
SELECT results_eq($$ SELECT period_start, period_end, customers_at_start, churned_customers FROM churn_rate('SELECT * FROM subscription', '21 days', '2020-01-20', '2020-02-22') $$,
    $$ VALUES (timestamptz '2020-01-20', timestamptz '2020-02-10', 5::bigint, 1::bigint) $$, 'periods count from since, and are over at until');
SELECT results_eq($$ SELECT min(period_start), max(period_end) FROM churn_rate('SELECT * FROM subscription') $$,
    $$ VALUES (timestamptz '2020-01-01', timestamptz '2020-03-01') $$, 'without bounds: from the first start to the last change');
SELECT results_eq($$ SELECT max(period_end) = date_trunc('month', now()) FROM churn_rate('SELECT 1, now() - interval ''1 year'', now() + interval ''1 year'', 1') $$,
    $$ VALUES (true) $$, 'but not into the future');
SELECT results_eq($$ SELECT customers_at_start, churn_rate, net_revenue_retention, new_customers FROM churn_rate('SELECT 1, date ''2020-01-10'', NULL::date, 1', until => '2020-02-01') $$,
    $$ VALUES (0::bigint, NULL::float8, NULL::float8, 1::bigint) $$, 'of nobody nothing is a share');

-- The textbook (Gold 2020, listings 2.1 and 2.2, and what 2.4 takes for downsell) for each month of a larger table, amounts in cents.
TRUNCATE subscription;
INSERT INTO subscription
SELECT i % 400, date '2021-01-01' + (a & 1023)::int, CASE WHEN b & 7 > 0 THEN date '2021-01-01' + (a & 1023)::int + (b >> 3 & 511)::int END, ((c & 65535) / 100.0)::numeric(12,2)
FROM generate_series(1, 1500) i, LATERAL (SELECT hashint8extended(i, 1) & 65535 AS a, hashint8extended(i, 2) & 65535 AS b, hashint8extended(i, 3) AS c) h;
CREATE FUNCTION textbook(begins timestamptz, ends timestamptz, OUT customers bigint, OUT churned bigint, OUT joined bigint, OUT revenue numeric, OUT lost numeric,
        OUT less numeric, OUT more numeric, OUT joined_revenue numeric) LANGUAGE sql AS $$
    WITH start_accounts AS (
        SELECT customer_id, sum(amount) AS total FROM subscription WHERE starts_at <= begins AND (ends_at > begins OR ends_at IS NULL) GROUP BY 1
    ), end_accounts AS (
        SELECT customer_id, sum(amount) AS total FROM subscription WHERE starts_at <= ends AND (ends_at > ends OR ends_at IS NULL) GROUP BY 1
    )
    SELECT count(s.total), count(*) FILTER (WHERE e.total IS NULL), count(*) FILTER (WHERE s.total IS NULL), coalesce(sum(s.total), 0),
        coalesce(sum(s.total) FILTER (WHERE e.total IS NULL), 0), coalesce(sum(s.total - e.total) FILTER (WHERE e.total < s.total), 0),
        coalesce(sum(e.total - s.total) FILTER (WHERE e.total > s.total), 0), coalesce(sum(e.total) FILTER (WHERE s.total IS NULL), 0)
    FROM start_accounts s FULL JOIN end_accounts e USING (customer_id)
$$;
SELECT is_empty(format($$
    SELECT r.*, t.* FROM churn_rate('SELECT * FROM subscription', %L, %L, '2025-06-01') r, textbook(period_start, period_end) t
    WHERE (customers_at_start, churned_customers, new_customers, customers_at_end) IS DISTINCT FROM (customers, churned, joined, customers - churned + joined)
       OR (revenue_at_start::numeric, churned_revenue::numeric, contraction::numeric, expansion::numeric, new_revenue::numeric) IS DISTINCT FROM (revenue, lost, less, more, joined_revenue)
       OR revenue_at_end::numeric <> revenue - lost - less + more + joined_revenue
       OR churn_rate IS DISTINCT FROM churned::float8 / nullif(customers, 0)
       OR net_revenue_retention IS DISTINCT FROM (revenue - lost - less + more)::float8 / nullif(revenue, 0)
       OR gross_revenue_retention IS DISTINCT FROM (revenue - lost - less)::float8 / nullif(revenue, 0)
$$, every, since), format('the textbook, to the cent, every %s since %s', every, since))
FROM (VALUES ('1 month', NULL), ('1 month', '2021-03-31'), ('1 week', '2022-01-01'), ('1 year', NULL), ('12 hours', '2021-06-01')) v (every, since);
SELECT is(count(*), 53::bigint, 'all months from the first start on') FROM churn_rate('SELECT * FROM subscription', until => '2025-06-01');
CREATE TEMP TABLE here AS SELECT r::text FROM churn_rate('SELECT customer_id, starts_at, ends_at, amount / 3 FROM subscription', until => '2025-06-01') r;
SELECT results_eq('SELECT r::text FROM churn_rate(''SELECT customer_id, starts_at, ends_at, amount / 3 FROM subscription ORDER BY amount'', until => ''2025-06-01'') r', 'TABLE here', 'in any order of rows');

-- Types and rows that cannot be used.
SELECT results_eq(format('SELECT customers_at_end, revenue_at_end FROM churn_rate(%L, until => ''2020-02-01'')', query), $$ VALUES (1::bigint, 3::float8) $$, 'read: ' || query)
FROM unnest(ARRAY['SELECT ''a'', timestamptz ''2020-01-05'', timestamptz ''infinity'', 3', 'SELECT 7, timestamp ''2020-01-05'', NULL::date, 3.0', 'SELECT NULL, date ''2020-01-05'', NULL::date, 5 UNION ALL SELECT 1, ''2020-01-05'', ''infinity'', 3']) query;
SELECT is_empty($$ SELECT * FROM churn_rate('SELECT 1, now(), now() WHERE false') $$, 'no subscriptions');
SELECT throws_ok(call, state, message, call) FROM (VALUES
    ('SELECT * FROM churn_rate(NULL)', '22004', 'subscriptions must not be NULL'),
    ('SELECT * FROM churn_rate(''SELECT 1, now(), now()'', NULL)', '22004', 'every must not be NULL'),
    ('SELECT * FROM churn_rate(''SELECT 1, now(), now()'', ''0'')', '22023', 'every must be longer than zero'),
    ('SELECT * FROM churn_rate(''SELECT 1, now(), now()'', until => ''infinity'')', '22023', 'until must be a finite time'),
    ('SELECT * FROM churn_rate(''SELECT 1, now()'')', '22023', 'the query must have the columns customer_id, starts_at, ends_at and perhaps an amount'),
    ('SELECT * FROM churn_rate(''SELECT 1, now(), 5'')', '42804', 'ends_at must be a timestamptz, timestamp or date'),
    ('SELECT * FROM churn_rate(''SELECT 1, date ''''-infinity'''', now()'')', '22023', 'starts_at must be a finite time'),
    ('SELECT * FROM churn_rate(''SELECT 1, now(), date ''''-infinity'''''')', '22023', 'ends_at must be a finite time'),
    ('SELECT * FROM churn_rate(''SELECT 1, now(), now(), ''''NaN''''::real'')', '22023', 'amount must be a finite number'),
    ('SELECT * FROM churn_rate(''SELECT 1, date ''''2020-01-01'''', NULL::date'', ''1 microsecond'', until => ''2020-01-02'')', '54000', 'there are too many dates')
) v (call, state, message);

SELECT * FROM finish();
ROLLBACK;
