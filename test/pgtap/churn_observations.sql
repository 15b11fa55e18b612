-- Observations and features against plain SQL, and nothing of them from the future.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = public, customer_data;
SET LOCAL timezone = 'UTC';

CREATE TABLE event (customer_id bigint, occurred_at timestamptz, amount numeric);
CREATE INDEX ON event (customer_id, occurred_at);

-- A small shop, looked at with the eyes: gaps of 30 days keep a period, longer ones end it.
INSERT INTO event VALUES
    (1, '2020-01-10', 10), (1, '2020-02-09', 20), (1, '2020-03-20', 30), -- 30 days, then 40
    (2, '2020-01-31 12:00', 5), (2, '2020-02-28', 5), (2, '2020-03-25', NULL), (2, '2020-04-20', 5),
    (3, '2020-02-01', 1);
SELECT results_eq($$
    SELECT customer_id, observed_at, active_since, tenure, churned, censored
    FROM churn_observations('SELECT customer_id, occurred_at FROM event', '30 days')
$$, $$
    VALUES ('1', timestamptz '2020-02-01', timestamptz '2020-01-10', interval '22 days', false, false), -- 9 February + 30 days is after 2 March
           ('1', '2020-03-01', '2020-01-10', '51 days', true, false),                                  -- over on 10 March
           ('1', '2020-04-01', '2020-03-20', '12 days', NULL, true),                                   -- decided on 1 May
           ('2', '2020-02-01', '2020-01-31 12:00', '12:00:00', false, false),
           ('2', '2020-03-01', '2020-01-31 12:00', '29 days 12:00', false, false),
           ('2', '2020-04-01', '2020-01-31 12:00', '60 days 12:00', NULL, true),
           ('3', '2020-03-01', '2020-02-01', '29 days', true, false)  -- the event of 1 February is not before that date
$$, 'observations of a small shop');
SELECT results_eq($$
    SELECT customer_id, observed_at, churned, censored
    FROM churn_observations('SELECT customer_id, occurred_at FROM event', '30 days', until => '2020-05-20') WHERE observed_at >= '2020-04-01'
$$, $$
    VALUES ('1', timestamptz '2020-04-01', true, false), ('2', '2020-04-01', false, false), ('2', '2020-05-01', NULL, true)
$$, 'with a later end of what is known: 20 April + 30 days holds 1 May');
SELECT results_eq($$
    SELECT customer_id, observed_at, recency_days, tenure_days, lifetime_days, comebacks, events_short, events_long, amount_short, amount_long, silence
    FROM churn_features('SELECT * FROM event', '30 days', lead => '5 days', since => '2020-04-04', until => '2020-04-01')
$$, $$
    -- The cutoff is 30 March: one event in the 30 days before it, three in all; gaps of 30 and 40 days.
    VALUES ('1', timestamptz '2020-04-04', 10::float8, 10::float8, 80::float8, 1::float8, 1::float8, 3::float8, 30::float8, 60::float8, 10 / 35.0::float8),
           ('2', '2020-04-04', 5, 58.5, 58.5, 0, 1, 3, NULL, 10, 5 / 27.0::float8) -- 31 January, 28 February, 25 March: 28 and 26 days
$$, 'features of a small shop, as of today');
SELECT results_eq($$
    SELECT observed_at FROM churn_observations($q$ SELECT 1, timestamptz '2020-01-01' + i * interval '1 day' FROM generate_series(0, 150) i $q$,
        '7 days', since => '2020-01-31')
$$, $$ VALUES (timestamptz '2020-01-31'), ('2020-02-29'), ('2020-03-31'), ('2020-04-30') $$, 'the 31st comes back after a shorter month');
SELECT results_eq($$
    SELECT min(observed_at), max(observed_at) FROM churn_observations($q$ SELECT 1, timestamptz '1999-12-30' + i * interval '1 day' FROM generate_series(0, 10) i $q$,
        '2 days', every => '1 week', until => '2000-01-20')
$$, $$ VALUES (timestamptz '2000-01-03', timestamptz '2000-01-10') $$, 'weeks begin on Monday, also before the origin');

-- The same in plain SQL. Arguments as of churn_features; the end of what is known is given.
CREATE FUNCTION plain(inactivity interval, lead interval, every interval, horizon interval, since timestamptz, until timestamptz)
    RETURNS TABLE (customer_id text, observed_at timestamptz, active_since timestamptz, tenure interval, churned boolean, censored boolean,
        recency_days numeric, tenure_days numeric, lifetime_days numeric, comebacks numeric,
        events_short numeric, events_medium numeric, events_long numeric, days_short numeric, days_medium numeric, days_long numeric,
        amount_short numeric, amount_medium numeric, amount_long numeric, amount_mean numeric, event_trend numeric, amount_trend numeric,
        gap_mean_days numeric, gap_deviation_days numeric, gap_variation numeric, silence numeric)
    LANGUAGE sql AS $$
    WITH grid AS (
        SELECT coalesce(since, '2001-01-01') + k * every AS observed_at, coalesce(since, '2001-01-01') + (k + 1) * every AS next
        FROM generate_series(CASE WHEN since IS NULL THEN -1000 ELSE 0 END, 3000) k
    ), date AS (
        SELECT observed_at, observed_at - lead AS cutoff,
               CASE WHEN horizon IS NULL THEN greatest(next, observed_at + inactivity) ELSE observed_at + horizon END AS decided
        FROM grid WHERE observed_at - lead <= until
    ), known AS (
        SELECT * FROM event WHERE occurred_at <= until
    ), marked AS (
        SELECT *, (lag(occurred_at) OVER (PARTITION BY customer_id ORDER BY occurred_at) + inactivity >= occurred_at) IS NOT TRUE AS begins FROM known
    ), numbered AS (
        SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY customer_id ORDER BY occurred_at) AS number FROM marked
    ), period AS (
        SELECT customer_id, number, min(occurred_at) AS began, max(occurred_at) + inactivity AS ended FROM numbered GROUP BY 1, 2
    )
    SELECT p.customer_id::text, d.observed_at, p.began, d.observed_at - p.began, CASE WHEN d.decided <= until THEN p.ended < d.decided END, d.decided > until,
        s.recency, extract(epoch FROM d.cutoff - p.began) / 86400, s.lifetime, p.number - 1,
        s.e1, s.e2, s.e3, s.d1, s.d2, s.d3, s.a1, s.a2, s.a3, s.mean,
        s.e1 / least(30, s.lifetime) / (nullif(s.e3, 0) / least(365, s.lifetime)),
        CASE WHEN s.a3 > 0 THEN s.a1 / least(30, s.lifetime) / (s.a3 / least(365, s.lifetime)) END,
        g.mean, g.deviation, g.deviation / g.mean, s.recency / g.mean
    FROM period p JOIN date d ON d.cutoff > p.began AND d.cutoff <= p.ended
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM d.cutoff - max(occurred_at)) / 86400 AS recency, extract(epoch FROM d.cutoff - min(occurred_at)) / 86400 AS lifetime,
            count(*) FILTER (WHERE in1)::numeric AS e1, count(*) FILTER (WHERE in2)::numeric AS e2, count(*) FILTER (WHERE in3)::numeric AS e3,
            count(DISTINCT day) FILTER (WHERE in1) AS d1, count(DISTINCT day) FILTER (WHERE in2) AS d2, count(DISTINCT day) FILTER (WHERE in3) AS d3,
            CASE WHEN bool_or(in1) THEN sum(amount) FILTER (WHERE in1) ELSE 0 END AS a1,
            CASE WHEN bool_or(in2) THEN sum(amount) FILTER (WHERE in2) ELSE 0 END AS a2,
            CASE WHEN bool_or(in3) THEN sum(amount) FILTER (WHERE in3) ELSE 0 END AS a3,
            avg(amount) FILTER (WHERE in3) AS mean
        FROM event k, LATERAL (SELECT occurred_at >= d.cutoff - interval '30 days' AS in1, occurred_at >= d.cutoff - interval '90 days' AS in2,
            occurred_at >= d.cutoff - interval '365 days' AS in3, (occurred_at AT TIME ZONE 'UTC')::date AS day) w
        WHERE k.customer_id = p.customer_id AND occurred_at < d.cutoff
    ) s CROSS JOIN LATERAL (
        SELECT avg(gap) AS mean, stddev_samp(gap) AS deviation
        FROM (SELECT day - lag(day) OVER (ORDER BY day) AS gap
              FROM (SELECT DISTINCT (occurred_at AT TIME ZONE 'UTC')::date AS day FROM event k
                    WHERE k.customer_id = p.customer_id AND occurred_at < d.cutoff AND occurred_at >= d.cutoff - interval '365 days') x) y
    ) g
$$;
-- Rows in which the two differ, of both; numbers to 12 digits.
CREATE FUNCTION near(float8, numeric) RETURNS boolean LANGUAGE sql AS $$
    SELECT coalesce(abs($1 - $2::float8) <= 1e-12 * greatest(abs($2::float8), 1), $1 IS NULL AND $2 IS NULL)
$$;
CREATE FUNCTION differences(inactivity interval, lead interval, every interval, horizon interval, since timestamptz, until timestamptz)
    RETURNS TABLE (customer_id text, observed_at timestamptz) LANGUAGE sql AS $$
    SELECT customer_id, observed_at
    FROM churn_features('SELECT * FROM event', inactivity, lead, every, horizon, since, until) f
    FULL JOIN plain(inactivity, lead, every, horizon, since, until) p USING (customer_id, observed_at)
    WHERE (f.active_since, f.tenure, f.churned, f.censored) IS DISTINCT FROM (p.active_since, p.tenure, p.churned, p.censored)
       OR NOT (near(f.recency_days, p.recency_days) AND near(f.tenure_days, p.tenure_days) AND near(f.lifetime_days, p.lifetime_days)
               AND near(f.comebacks, p.comebacks)
               AND near(f.events_short, p.events_short) AND near(f.events_medium, p.events_medium) AND near(f.events_long, p.events_long)
               AND near(f.days_short, p.days_short) AND near(f.days_medium, p.days_medium) AND near(f.days_long, p.days_long)
               AND near(f.amount_short, p.amount_short) AND near(f.amount_medium, p.amount_medium) AND near(f.amount_long, p.amount_long)
               AND near(f.amount_mean, p.amount_mean) AND near(f.event_trend, p.event_trend) AND near(f.amount_trend, p.amount_trend)
               AND near(f.gap_mean_days, p.gap_mean_days) AND near(f.gap_deviation_days, p.gap_deviation_days)
               AND near(f.gap_variation, p.gap_variation) AND near(f.silence, p.silence))
$$;
SELECT is_empty($$ SELECT * FROM differences('30 days', '5 days', '1 month', NULL, NULL, '2020-05-20') $$, 'the small shop in plain SQL');

-- A shop of 300 customers, with refunds, amounts that are missing, and purchases at midnight and at the same moment.
TRUNCATE event;
INSERT INTO event SELECT customer_id, occurred_at, CASE WHEN random < 0.05 THEN NULL WHEN random < 0.1 THEN -amount ELSE amount END
FROM (SELECT *, (hashint8extended(row_number() OVER (), 1) & 1023) / 1024.0 AS random FROM simulate_purchases(300, seed => 5)) s;
INSERT INTO event SELECT customer_id, date_trunc('day', occurred_at), 1.5 FROM event WHERE customer_id % 3 = 0;
INSERT INTO event SELECT * FROM event WHERE customer_id % 10 = 0;
ANALYZE event;
SELECT cmp_ok(count(*), '>', 1000::bigint, 'a shop with observations') FROM churn_observations('SELECT * FROM event', '60 days');
SELECT is_empty(format('SELECT * FROM differences(%L, %L, %L, %L, %L, %L)', inactivity, lead, every, horizon, since, until),
    format('as plain SQL: silent for %s, lead %s, every %s, horizon %s, since %s', inactivity, lead, every, horizon, since))
FROM (VALUES
    ('60 days', '0', '1 month', NULL, NULL, '2025-12-31'), ('60 days', '0', '1 month', '30 days', NULL, '2025-10-15 13:00'),
    ('1 month', '10 days', '1 month', NULL, '2024-03-31', '2026-06-01'), ('90 days', '1 month', '2 weeks', '3 months', NULL, '2025-07-01'),
    ('7 days', '36 hours', '10 days', NULL, '2024-01-15 18:30', '2025-12-31'), ('1 year', '0', '3 months', NULL, NULL, '2025-12-31'),
    ('45 days', '60 days', '1 month 2 days 3 hours', NULL, '2024-01-30', '2025-11-11')
) v (inactivity, lead, every, horizon, since, until);

-- Whatever the session's time zone is, and in whatever order the rows come.
CREATE TEMP TABLE here AS SELECT row_number() OVER () AS place, f.* FROM churn_features('SELECT * FROM event', '60 days', '3 days') f;
SET LOCAL timezone = 'America/St_Johns';
CREATE TEMP TABLE there AS SELECT row_number() OVER () AS place, f.* FROM churn_features('SELECT * FROM event ORDER BY amount, occurred_at', '60 days', '3 days') f;
SET LOCAL timezone = 'UTC';
SELECT is_empty($$ SELECT place FROM here FULL JOIN there USING (place) WHERE here IS DISTINCT FROM there $$,
    'the same rows in the same order, in another time zone and from rows in another order');
SELECT is_empty($$ SELECT customer_id, observed_at FROM churn_observations('SELECT * FROM event', '60 days', '3 days') GROUP BY 1, 2 HAVING count(*) > 1 $$,
    'one row for each customer and date');
SELECT is_empty($$
    (SELECT customer_id, observed_at, active_since, tenure, churned, censored FROM churn_features('SELECT * FROM event', '60 days', '3 days')
     EXCEPT SELECT * FROM churn_observations('SELECT customer_id, occurred_at FROM event', '60 days', '3 days'))
    UNION ALL
    (SELECT * FROM churn_observations('SELECT customer_id, occurred_at FROM event', '60 days', '3 days')
     EXCEPT SELECT customer_id, observed_at, active_since, tenure, churned, censored FROM churn_features('SELECT * FROM event', '60 days', '3 days'))
$$, 'features stand beside the same observations');

-- Leakage. Forty times: a date of the grid is drawn, and what happened at or after its cutoff is deleted, shifted, doubled, or
-- made up. Of that date no row appears, vanishes, or changes in any column but the label.
CREATE TEMP TABLE truth AS SELECT observed_at, f FROM (SELECT observed_at, to_jsonb(f) - '{churned,censored}'::text[] AS f
    FROM churn_features('SELECT * FROM event', '60 days', '10 days', until => '2026-03-01') f) q;
CREATE TEMP TABLE label AS SELECT customer_id, observed_at, churned FROM churn_observations('SELECT * FROM event', '60 days', '10 days', until => '2026-03-01');
CREATE FUNCTION leaks(seed integer, OUT changed_features bigint, OUT changed_labels bigint) LANGUAGE plpgsql AS $$
DECLARE
    at timestamptz;
    future text;
BEGIN
    PERFORM setseed(seed / 100.0);
    SELECT observed_at INTO at FROM truth GROUP BY 1 ORDER BY random() LIMIT 1;
    future := CASE seed % 4
        WHEN 0 THEN 'SELECT 1, NULL::timestamptz, 0 WHERE false'
        WHEN 1 THEN 'SELECT customer_id, occurred_at + random() * interval ''200 days'', amount * 7 FROM event WHERE occurred_at >= %1$L'
        WHEN 2 THEN 'SELECT customer_id, occurred_at, amount FROM event, generate_series(1, 2) WHERE occurred_at >= %1$L'
        ELSE 'SELECT (random() * 400)::int, timestamptz %1$L + random() * random() * interval ''90 days'', random()::numeric FROM generate_series(1, 3000)
              UNION ALL SELECT customer_id, %1$L, 99 FROM event' END; -- at the cutoff itself, too
    CREATE TEMP TABLE other AS SELECT f.*, to_jsonb(f) - '{churned,censored}'::text[] AS known
        FROM churn_features(format('SELECT * FROM event WHERE occurred_at < %1$L UNION ALL (' || future || ')', at - interval '10 days'), '60 days', '10 days',
            until => '2026-03-01') f;
    SELECT count(*) INTO changed_features
    FROM ((SELECT t.f FROM truth t WHERE observed_at <= at EXCEPT SELECT known FROM other)
          UNION ALL (SELECT known FROM other WHERE observed_at <= at EXCEPT SELECT t.f FROM truth t)) x;
    SELECT count(*) INTO changed_labels FROM label l JOIN other o USING (customer_id, observed_at) WHERE observed_at = at AND l.churned <> o.churned;
    DROP TABLE other;
END
$$;
CREATE TEMP TABLE attempt AS SELECT seed, l.* FROM generate_series(1, 40) seed, leaks(seed) l;
SELECT is_empty('SELECT * FROM attempt WHERE changed_features <> 0', 'no future changes a feature, or who is observed');
SELECT cmp_ok(count(*) FILTER (WHERE changed_labels > 0), '>', 20::bigint, 'but it changes labels: the futures were different') FROM attempt;
-- The test would see a leak: events on the day before the cutoff change something.
SELECT isnt_empty($$
    SELECT f FROM truth EXCEPT SELECT to_jsonb(f) - '{churned,censored}'::text[]
    FROM churn_features('SELECT * FROM event UNION ALL SELECT 1, timestamptz ''2025-03-01'' - interval ''10 days 1 microsecond'', 1', '60 days', '10 days', until => '2026-03-01') f
$$, 'what lies a microsecond before the cutoff is known');

-- A period that is over gives one true label, its last, where windows of labels do not overlap.
SELECT is_empty($$
    SELECT customer_id, active_since FROM churn_observations('SELECT * FROM event', '20 days', until => '2026-12-31')
    GROUP BY 1, 2 HAVING count(*) FILTER (WHERE churned) <> 1 OR (array_agg(churned ORDER BY observed_at DESC))[1] IS NOT true
$$, 'every active period that ended churned once, on its last date');
-- A date is censored for all or for none.
SELECT is_empty($$
    SELECT observed_at FROM churn_observations('SELECT * FROM event', '60 days') GROUP BY 1
    HAVING count(DISTINCT censored) > 1 OR bool_or(censored <> (churned IS NULL)) OR bool_or(censored) <> (observed_at + interval '60 days' > (SELECT max(occurred_at) FROM event))
$$, 'a date is censored as a whole, until its horizon is over');

-- Rows that cannot be used, and types.
SELECT results_eq($$ SELECT customer_id FROM churn_observations($q$ VALUES (NULL, timestamptz '2020-01-01'), ('a', NULL), ('b', '2020-01-01') $q$, '60 days', until => '2020-02-01') $$,
    $$ VALUES ('b') $$, 'rows without a customer or a time are skipped');
SELECT results_eq(format('SELECT customer_id, observed_at FROM churn_observations(%L, ''40 days'', until => ''2020-02-01'')', query), $$ VALUES ('7', timestamptz '2020-02-01') $$, 'read: ' || query)
FROM unnest(ARRAY['SELECT 7, date ''2020-01-05''', 'SELECT 7::char(3), timestamp ''2020-01-05''', 'SELECT 7::numeric, timestamptz ''2020-01-05'', 7', 'VALUES (''7'', date ''2020-01-05'')',
    'WITH q AS (SELECT 7::bigint, now() - now() + timestamptz ''2020-01-05'') SELECT * FROM q ORDER BY 1 LIMIT 1']) query;
SELECT results_eq(format('SELECT amount_long FROM churn_features(%L, ''40 days'', until => ''2020-02-01'')', 'SELECT 7, date ''2020-01-05'', 2::' || type), $$ VALUES (2::float8) $$, 'amounts: ' || type)
FROM unnest(ARRAY['smallint', 'integer', 'bigint', 'real', 'float8', 'numeric']) type;
SELECT is_empty($$ SELECT * FROM churn_features('SELECT 1, now(), 1 WHERE false', '1 day') $$, 'no events');
SELECT is_empty($$ SELECT * FROM churn_features('SELECT 1, timestamptz ''2020-01-01'', 1', '1 day', until => '2019-01-01') $$, 'no events that are known');
SELECT is_empty($$ SELECT * FROM churn_features('SELECT 1, timestamptz ''2020-01-01'', 1', '1 day', since => '2030-01-01') $$, 'no date');
SELECT results_eq($$ SELECT count(*), count(*) FILTER (WHERE censored), count(*) FILTER (WHERE observed_at = timestamptz '294270-01-01') FROM churn_observations($q$ VALUES (1, timestamptz '4714-11-24 00:00 BC'), (1, '294276-12-31') $q$, '600000 years', every => '10 years') $$,
    $$ VALUES (29899::bigint, 29899::bigint, 0::bigint) $$, 'from the first to the last time that there is');
SELECT throws_ok(call, state, message, call) FROM (VALUES
    ('SELECT * FROM churn_observations(NULL, ''1 day'')', '22004', 'activity must not be NULL'),
    ('SELECT * FROM churn_observations(''SELECT 1, now()'', NULL)', '22004', 'inactivity must not be NULL'),
    ('SELECT * FROM churn_observations(''SELECT 1, now()'', ''1 day'', NULL)', '22004', 'lead must not be NULL'),
    ('SELECT * FROM churn_features(''SELECT 1, now()'', ''1 day'', long_window => NULL)', '22004', 'long_window must not be NULL'),
    ('SELECT * FROM churn_observations(''SELECT 1, now()'', ''0'')', '22023', 'inactivity must be longer than zero'),
    ('SELECT * FROM churn_observations(''SELECT 1, now()'', ''1 month -1 day'')', '22023', 'inactivity must be longer than zero'),
    ('SELECT * FROM churn_observations(''SELECT 1, now()'', ''1 day'', ''-1 day'')', '22023', 'lead must not be negative'),
    ('SELECT * FROM churn_observations(''SELECT 1, now()'', ''1 day'', every => ''0'')', '22023', 'every must be longer than zero'),
    ('SELECT * FROM churn_observations(''SELECT 1, now()'', ''1 day'', horizon => ''0'')', '22023', 'horizon must be longer than zero'),
    ('SELECT * FROM churn_observations(''SELECT 1, now()'', ''1 day'', since => ''infinity'')', '22023', 'since must be a finite time'),
    ('SELECT * FROM churn_observations(''SELECT 1, now()'', ''1 day'', until => ''-infinity'')', '22023', 'until must be a finite time'),
    ('SELECT * FROM churn_features(''SELECT 1, now()'', ''1 day'', short_window => ''91 days'')', '22023', 'short_window, medium_window and long_window must not become shorter'),
    ('SELECT * FROM churn_observations(''SELECT 1'', ''1 day'')', '22023', 'the query must have the columns customer_id, occurred_at and perhaps an amount'),
    ('SELECT * FROM churn_observations(''SELECT 1, now(), 1, 1'', ''1 day'')', '22023', 'the query must have the columns customer_id, occurred_at and perhaps an amount'),
    ('SELECT * FROM churn_observations(''SELECT 1, 1'', ''1 day'')', '42804', 'occurred_at must be a timestamptz, timestamp or date'),
    ('SELECT * FROM churn_observations(''SELECT 1, now(), true'', ''1 day'')', '42804', 'amount must be a number'),
    ('SELECT * FROM churn_observations(''SELECT 1, timestamp ''''infinity'''''', ''1 day'')', '22023', 'occurred_at must be a finite time'),
    ('SELECT * FROM churn_observations(''SELECT 1, date ''''-infinity'''''', ''1 day'')', '22023', 'occurred_at must be a finite time'),
    ('SELECT * FROM churn_observations(''SELECT 1, date ''''5000000-01-01'''''', ''1 day'')', '22023', 'occurred_at must be a finite time'),
    ('SELECT * FROM churn_observations(''SELECT 1, now(), ''''NaN''''::numeric'', ''1 day'')', '22023', 'amount must be a finite number'),
    ('SELECT * FROM churn_observations(''SELECT 1, now(), ''''-Infinity''''::real'', ''1 day'')', '22023', 'amount must be a finite number'),
    ('SELECT * FROM churn_observations(''SELECT 1, timestamptz ''''2020-01-01'''''', ''1 day'', every => ''1 second'', until => ''2021-01-01'')', '54000', 'there are too many dates')
) v (call, state, message);
-- From 4713 BC to 293001 there are more microseconds than 64 bits have
SELECT is((SELECT tenure FROM customer_data.churn_observations($q$ VALUES (1, timestamptz '4713-01-01 BC'), (1, '294000-01-01') $q$, '298900 years', every => '1000 years') ORDER BY observed_at DESC LIMIT 1),
    make_interval(days => date '293001-01-01' - date '4713-01-01 BC'), 'a tenure is longer than times are wide');
SELECT is((SELECT tenure_days FROM customer_data.churn_features($q$ VALUES (1, timestamptz '4713-01-01 BC'), (1, '294000-01-01') $q$, '298900 years', every => '1000 years') ORDER BY observed_at DESC LIMIT 1),
    (date '293001-01-01' - date '4713-01-01 BC')::float8, 'and so are its days');
SET LOCAL customer_data.max_dataset_memory = '1MB';
SELECT throws_ok($$ SELECT * FROM churn_observations('SELECT i, now() FROM generate_series(1, 100000) i', '1 day') $$, '54000',
    'the rows of the query need more than customer_data.max_dataset_memory', 'memory has a bound');

SELECT * FROM finish();
ROLLBACK;
