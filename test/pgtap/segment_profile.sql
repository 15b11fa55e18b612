-- segment_profile: against the same in plain SQL, and its errors.
BEGIN;
SELECT no_plan();
SET LOCAL search_path = public, customer_data;

CREATE TEMP TABLE customer AS
SELECT i AS customer_id, i % 5 = 0 AND i % 3 > 0 AS member, (i * 37 % 101)::float8 AS age,
       CASE WHEN i % 7 > 0 THEN (i % 5 * 10 + i * 13 % 17)::float8 END AS spend,
       CASE WHEN i % 11 > 0 THEN (ARRAY['DE', 'FR', 'UK'])[1 + (i * i + i % 5) % 3] END AS country
FROM generate_series(1, 1000) i;
CREATE TEMP TABLE profile AS
SELECT p.* FROM (SELECT dataset_agg(c, 'member', NULL, '{customer_id}') AS d FROM customer c) q, segment_profile(q.d) p;

-- Plain SQL: S sqrt((1 / n) (1 - n / N)) with the sample standard deviation is the error of the mean of n of N.
CREATE TEMP VIEW numbers AS
SELECT 'age' AS feature, NULL AS category, member, age AS x FROM customer
UNION ALL SELECT 'spend', NULL, member, spend FROM customer WHERE spend IS NOT NULL
UNION ALL SELECT 'country', v, member, (country IS NOT DISTINCT FROM v)::int
    FROM customer, (VALUES ('DE'), ('FR'), ('UK'), (NULL)) w (v);
CREATE TEMP TABLE plain AS
SELECT feature, CASE feature WHEN 'country' THEN 'categorical' ELSE 'numeric' END AS kind, category, avg(x) FILTER (WHERE member) AS members, avg(x) AS base,
       100 * avg(x) FILTER (WHERE member) / avg(x) AS index,
       (avg(x) FILTER (WHERE member) - avg(x))
       / (stddev_samp(x) * sqrt((1 - count(*) FILTER (WHERE member) / count(*)::float8) / count(*) FILTER (WHERE member))) AS z_score
FROM numbers GROUP BY 1, 2, 3;

SELECT results_eq(
    $$ SELECT feature, kind, category, round(members::numeric, 9), round(base::numeric, 9), round(index::numeric, 6), round(z_score::numeric, 6)
       FROM profile ORDER BY 1, 2, 3 $$,
    $$ SELECT feature, kind, category, round(members::numeric, 9), round(base::numeric, 9), round(index::numeric, 6), round(z_score::numeric, 6)
       FROM plain ORDER BY 1, 2, 3 $$, 'as in plain SQL, for numbers and for every value of a category');
SELECT is((SELECT array_agg(feature ORDER BY n) FROM (SELECT feature, row_number() OVER () AS n FROM profile) p),
    '{age,spend,country,country,country,country}', 'features in their order');
SELECT ok((SELECT bool_and(base <= before IS NOT FALSE) FROM (SELECT base, lag(base) OVER () AS before FROM profile WHERE feature = 'country') p),
    'the most frequent value first');
-- 4 of 10 rows, 3 of them among the 5 of value a. The hypergeometric variance of the count is 4 (5/10) (5/10) (6/9) = 2/3,
-- so z = (3 - 2) / sqrt(2/3).
SELECT results_eq(
    $$ SELECT p.category, round(p.members::numeric, 12), p.base, round(p.index::numeric, 9), round(p.z_score::numeric, 9)
       FROM (SELECT dataset_agg(f, 'm') AS d FROM (SELECT i <= 4 AS m, CASE WHEN i <= 3 OR i > 8 THEN 'a' ELSE 'b' END AS v
                                                   FROM generate_series(1, 10) i) f) q, segment_profile(q.d) p WHERE category = 'a' $$,
    $$ VALUES ('a', 0.75, 0.5::float8, 150.0, round((1 / sqrt(2 / 3.0))::numeric, 9)) $$, 'z is that of the hypergeometric distribution');

SELECT results_eq(
    $$ SELECT p.members, p.base, p.index, p.z_score
       FROM (SELECT dataset_agg(f, 'm') AS d FROM (VALUES (false, 1.0), (false, 3)) f (m, x)) q, segment_profile(q.d) p $$,
    $$ VALUES (NULL::float8, 2::float8, NULL::float8, NULL::float8) $$, 'no members: no mean of theirs');
SELECT results_eq(
    $$ SELECT p.members, p.base, p.index, p.z_score
       FROM (SELECT dataset_agg(f, 'm') AS d FROM (VALUES (true, -1.0), (true, 1)) f (m, x)) q, segment_profile(q.d) p $$,
    $$ VALUES (0::float8, 0::float8, NULL::float8, NULL::float8) $$, 'all are members, and a mean of 0 has no index');
SELECT throws_ok($$ SELECT segment_profile(dataset_agg(f)) FROM (VALUES (1)) f (x) $$, '22023', 'the dataset has no label', 'a label is needed');
SELECT throws_ok($$ SELECT segment_profile(dataset_agg(f, 'm')) FROM (VALUES (1, 2)) f (x, m) $$, '22023',
    'a member is neither true nor false', 'which is true or false');
SELECT throws_ok($$ SELECT segment_profile(dataset_agg(f, 'm', 'w', NULL)) FROM (VALUES (1, true, 2)) f (x, m, w) $$, '22023',
    'the profile of a segment takes no weights', 'and no weights');

SELECT throws_ok($$ SELECT segment_profile(dataset_agg(f, 'm')) FROM (VALUES (1, true)) f (x, m) WHERE false $$, '22023',
    'the dataset has no rows', 'nor with no rows');

SELECT * FROM finish();
ROLLBACK;
