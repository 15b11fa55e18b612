-- Value classes, concentration, age bands, radius, lifecycle stages.
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET search_path = public, customer_data;
\pset null '(null)'
CREATE TABLE customer (name text, country text, revenue numeric, birth_date date, latitude float8, longitude float8);
INSERT INTO customer VALUES
    ('Ada', 'UK', 500, '1990-05-17', 51.5074, -0.1278), ('Ben', 'UK', 300, '2004-02-29', 53.4808, -2.2426),
    ('Cem', 'TR', 100, '1958-11-02', 41.0082, 28.9784), ('Dora', 'DE', 50, '1984-01-31', 52.5200, 13.4050),
    ('Eve', 'DE', 25, '2007-07-07', 48.1351, 11.5820), ('Fay', 'UK', 25, NULL, NULL, NULL), ('Gus', 'TR', 0, '1971-12-24', 39.9334, 32.8597),
    ('Hal', 'UK', NULL, '1999-09-09', 51.4545, -2.5879);

-- Running total 500, 800, 900, 950, 1000, 1000: 50 %, 80 %, 90 %, 95 %, 100 %. Eve and Fay share a class.
SELECT name, revenue, abc_class(revenue) OVER () AS class FROM customer ORDER BY revenue DESC NULLS LAST, name;
SELECT class, count(*), sum(revenue) FROM (SELECT revenue, abc_class(revenue) OVER () AS class FROM customer) c GROUP BY 1 ORDER BY 1;
-- Within a country; other cuts; four classes.
SELECT country, name, abc_class(revenue) OVER (PARTITION BY country) AS within, abc_class(revenue, '{0.5}') OVER () AS half,
       abc_class(revenue::float8, cuts => '{0.5,0.8,0.95}') OVER () AS four
FROM customer ORDER BY country, revenue DESC NULLS LAST, name;
-- One who has nearly all is in A; with nothing to share there is no class.
SELECT v, abc_class(v) OVER () FROM unnest('{970,20,10}'::float8[]) v;
SELECT v, abc_class(v) OVER () FROM unnest('{0,0}'::float8[]) v;

-- Concentration. (-4 1 - 2 2 + 0 3 + 2 4 + 4 10) / (5 20) = 40 / 100.
SELECT gini_agg(v), gini_agg(v::numeric) AS of_numeric, gini_agg(v::float8) AS of_float8 FROM (VALUES (1), (2), (3), (4), (10)) t (v);
SELECT country, round(gini_agg(revenue)::numeric, 4) AS gini FROM customer GROUP BY 1 ORDER BY 1;
CREATE TABLE spread AS SELECT country, lorenz_agg(revenue) AS s FROM customer GROUP BY 1;
SELECT country, lorenz_count(s), lorenz_skipped(s), round(lorenz_gini(s)::numeric, 4) AS gini, round(lorenz_top_share(s)::numeric, 4) AS top_fifth,
       s::text::lorenz_summary::text = s::text AS exact, pg_column_size(s) AS bytes FROM spread ORDER BY 1;
SELECT lorenz_gini(rollup(s)) = (SELECT gini_agg(revenue) FROM customer) AS equal, lorenz_count(rollup(s)) FROM spread;
SELECT l.population_share, round(l.value_share::numeric, 4) AS value_share FROM (SELECT rollup(s) AS s FROM spread) a, lorenz(a.s, 5) l;
SELECT count(*), min(value_share), max(value_share) FROM (SELECT lorenz_agg(revenue) AS s FROM customer) a, lorenz(a.s) l;
SELECT gini_agg(revenue), lorenz_count(lorenz_agg(revenue)), lorenz_top_share(lorenz_agg(revenue)) FROM customer WHERE false;
SELECT gini_agg(0), lorenz_count(lorenz_agg(0)), lorenz_skipped(lorenz_agg(NULL::numeric)) FROM generate_series(1, 3);
-- A summary is handed on as it is: only from the scalar subquery is it flattened.
SET client_min_messages = debug1;
SELECT lorenz_gini(lorenz_agg(v)), gini_agg(v) FROM generate_series(1, 4) v;
SELECT count(*) FROM (SELECT lorenz_agg(v) AS s FROM generate_series(1, 4) v) a, lorenz(a.s, 4);
SELECT lorenz_gini((SELECT lorenz_agg(v) FROM generate_series(1, 4) v));
RESET client_min_messages;

-- Ages in whole years; 29 February has its birthday on 1 March.
SELECT name, birth_date, age_band(birth_date, date '2026-01-01') AS band, age_band_number(birth_date, date '2026-01-01') AS number
FROM customer ORDER BY number, name;
SELECT age_band(date '2004-02-29', date '2022-02-28') AS before, age_band(date '2004-02-29', date '2022-03-01') AS after;
SELECT age_band('2000-01-01', date '2026-01-01', edges => '{20,26,27}'), age_band('1990-05-17', timestamptz '2008-05-16 23:59+00'), age_band(NULL, date '2026-01-01');

-- Distance to Berlin: on both sides of a radius of 1000 km.
SELECT name, round(distance_km(latitude, longitude, 52.52, 13.405)::numeric, 1) AS km, distance_km(latitude, longitude, 52.52, 13.405) <= 1000 AS near FROM customer ORDER BY km;
SELECT round(distance_km(0, 0, 1, 0)::numeric, 3) AS degree, round(distance_km(0, 179.5, 0, -179.5)::numeric, 3) AS date_line, round(distance_km(90, 0, -90, 0)::numeric, 3) AS poles;

-- Stages by the customer's own rhythm.
CREATE TABLE purchase (name text, at date);
INSERT INTO purchase
SELECT 'weekly', date '2025-06-01' + 7 * i FROM generate_series(0, 20) i    -- to 2025-10-19
UNION ALL SELECT 'quarterly', date '2024-10-19' + 91 * i FROM generate_series(0, 4) i -- to 2025-10-18
UNION ALL SELECT 'once', date '2025-10-19';
CREATE TABLE history AS SELECT name, purchase_agg(at, 10.0) AS s FROM purchase GROUP BY 1;
-- Rhythms: (30 + 140) / 21 = 8.1 days, (30 + 364) / 5 = 78.8 days, 30 days.
SELECT as_of, name, round(lifecycle_silence(s, as_of)::numeric, 2) AS silence, lifecycle_stage(s, as_of) AS stage
FROM history, unnest(ARRAY[date '2025-10-20', '2025-11-08', '2025-12-31', '2026-06-01']) AS as_of ORDER BY 1, 2;
SELECT name, lifecycle_stage(s, date '2025-12-31', rhythm => '60 days', rhythm_weight => 4, at_risk_after => 1, dormant_after => 2, lost_after => 4) AS stage FROM history ORDER BY 1;
SELECT name, lifecycle_stage(s, timestamptz '2024-10-20') AS then, lifecycle_stage(s, NULL::date) AS unknown FROM history ORDER BY 1;

-- Bad input.
SELECT abc_class(revenue) FROM customer;
SELECT abc_class(-1) OVER ();
SELECT abc_class('NaN') OVER ();
SELECT abc_class('Infinity'::float8) OVER ();
SELECT abc_class(1, NULL) OVER ();
SELECT abc_class(1, '{}') OVER ();
SELECT abc_class(1, '{80,95}') OVER ();
SELECT abc_class(1, '{0.95,0.8}') OVER ();
SELECT abc_class(1, '{0.5,NULL}') OVER ();
SELECT abc_class(revenue, ARRAY[1 / (1 + length(name))::float8]) OVER () FROM customer;
SELECT gini_agg(-0.5);
SELECT lorenz_agg('NaN'::float8);
SELECT lorenz(lorenz_agg(1), 0);
SELECT lorenz_top_share(lorenz_agg(1), 20);
SELECT 'AQE='::lorenz_summary;
SELECT age_band('2026-01-02', date '2026-01-01');
SELECT age_band('infinity', date '2026-01-01');
SELECT age_band('2000-01-01', date '2026-01-01', '{}');
SELECT age_band('2000-01-01', date '2026-01-01', '{18,18}');
SELECT age_band('2000-01-01', date '2026-01-01', '{-5,18}');
SELECT distance_km(139.69, 35.69, 0, 0);
SELECT distance_km(0, 400, 0, 0);
SELECT distance_km(0, 0, 0, 'NaN');
SELECT lifecycle_stage(s, date '2025-12-31', '1 month') FROM history;
SELECT lifecycle_stage(s, date '2025-12-31', '0 days') FROM history;
SELECT lifecycle_stage(s, date '2025-12-31', rhythm_weight => -1) FROM history;
SELECT lifecycle_stage(s, date '2025-12-31', at_risk_after => 5) FROM history;
SELECT lifecycle_stage(s, 'infinity'::date) FROM history;
DROP TABLE customer, spread, purchase, history;
