-- Evaluation and drift: each number against plain SQL or arithmetic, and what is refused.
BEGIN;
SELECT no_plan();
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
\ir include/attack.sql

-- Scores with many ties, few, none; scores that know nothing, and that know everything; one class; logits. Labels follow
-- the score but for chance.
CREATE TEMP TABLE score AS
    SELECT name, i, round(p::numeric, digits)::float8 AS score, u < p AS label
    FROM generate_series(1, 600) i,
        LATERAL (SELECT (hashint8extended(i, 3) & 1048575) / 1048576.0 AS p, (hashint8extended(i, 4) & 1048575) / 1048576.0 AS u) h,
        LATERAL (VALUES ('ties', 1), ('few ties', 3), ('no ties', 10)) AS v (name, digits)
    UNION ALL SELECT 'chance', i, i % 7 / 7.0, i % 3 = 0 FROM generate_series(1, 420) i
    UNION ALL SELECT 'perfect', i, i / 100.0, i > 70 FROM generate_series(1, 100) i
    UNION ALL SELECT 'all left', i, i / 10.0, true FROM generate_series(1, 9) i
    UNION ALL SELECT 'nobody left', i, i / 10.0, false FROM generate_series(1, 9) i
    UNION ALL SELECT 'logits', i, ln(p / (1 - p)), u < p
        FROM generate_series(1, 300) i, LATERAL (SELECT i / 301.0 AS p, (hashint8extended(i, 5) & 1048575) / 1048576.0 AS u) h;
CREATE TEMP TABLE evaluated AS
    SELECT name, evaluation_agg(score, label) AS e, count(*) AS n, count(*) FILTER (WHERE label) AS p, count(*) FILTER (WHERE NOT label) AS q FROM score GROUP BY name;

-- Published values

SELECT is(metric, expected, format('the toy of scikit-learn: %s', name))
FROM (SELECT evaluation_agg(s, y) AS e FROM unnest(ARRAY[0.1, 0.4, 0.35, 0.8], ARRAY[false, false, true, true]) t (s, y)) q,
    LATERAL (VALUES ('AUC', round(roc_auc(e)::numeric, 9), 0.750000000), ('average precision', round(pr_auc(e)::numeric, 9), 0.833333333), ('Brier', round(brier(e)::numeric, 9), 0.158125000),
        ('log loss', round(log_loss(e)::numeric, 9), 0.472287954)) AS m (name, metric, expected);
SELECT is(round(psi(ARRAY[.1, .2, .3, .25, .15], ARRAY[.12, .18, .28, .24, .18])::numeric, 15), 0.013011365527796, 'population stability of shares');
SELECT is(round(psi(ARRAY[20, 40, 60, 50, 30], ARRAY[6, 9, 14, 12, 9])::numeric, 15), 0.013011365527796, 'and of counts');

-- Metrics against plain SQL

CREATE TEMP TABLE expected AS
    SELECT name,
        (SELECT avg(CASE WHEN a.score > b.score THEN 1 WHEN a.score = b.score THEN 0.5 ELSE 0 END) FROM score a JOIN score b USING (name) WHERE name = v.name AND a.label AND NOT b.label)::float8 AS roc_auc,
        (SELECT avg(found / chosen::float8) FROM (SELECT label, count(*) FILTER (WHERE label) OVER d AS found, count(*) OVER d AS chosen
             FROM score s WHERE s.name = v.name WINDOW d AS (ORDER BY score DESC)) q WHERE label) AS pr_auc,
        (SELECT max(abs(found / nullif(p, 0)::float8 - (chosen - found) / nullif(q, 0)::float8)) FROM (SELECT count(*) FILTER (WHERE label) OVER d AS found, count(*) OVER d AS chosen
             FROM score s WHERE s.name = v.name WINDOW d AS (ORDER BY score DESC)) s) AS ks,
        CASE WHEN name <> 'logits' THEN (SELECT avg((label::int - score) ^ 2) FROM score s WHERE s.name = v.name) END AS brier,
        CASE WHEN name <> 'logits' THEN (SELECT avg(CASE WHEN CASE WHEN label THEN score ELSE 1 - score END = 0 THEN 'Infinity' ELSE -ln(nullif(CASE WHEN label THEN score ELSE 1 - score END, 0)) END)
             FROM score s WHERE s.name = v.name) END AS log_loss
    FROM evaluated v;
SELECT ok(seen IS NOT DISTINCT FROM wanted OR abs(seen - wanted) <= 1e-12 * greatest(1, abs(wanted)), format('%s: %s is %s', name, metric, wanted))
FROM evaluated JOIN expected x USING (name), summary(e) s,
    LATERAL (VALUES ('AUC', s.roc_auc, x.roc_auc), ('average precision', s.pr_auc, x.pr_auc), ('KS', s.ks, x.ks), ('Brier', s.brier, x.brier), ('log loss', s.log_loss, x.log_loss)) AS m (metric, seen, wanted)
ORDER BY name, metric;
SELECT is((SELECT count(*) FROM expected WHERE roc_auc IS NULL), 2::bigint, 'one class alone has no AUC');
SELECT is((SELECT roc_auc FROM expected WHERE name = 'perfect'), 1::float8, 'a perfect score has all');
SELECT results_eq($$ SELECT name, s.rows, s.skipped, s.positives, s.base_rate FROM evaluated, summary(e) s ORDER BY 1 $$,
    $$ SELECT name, n, 0::bigint, p, p / n::float8 FROM evaluated ORDER BY 1 $$, 'summary: rows and base rate');
SELECT is_empty($$
    SELECT name FROM evaluated, summary(e) s
    WHERE (roc_auc(e), pr_auc(e), customer_data.ks(e)) IS DISTINCT FROM (s.roc_auc, s.pr_auc, s.ks)
        OR name <> 'logits' AND (customer_data.log_loss(e), customer_data.brier(e)) IS DISTINCT FROM (s.log_loss, s.brier)
$$, 'summary has what the functions of its columns give');
SELECT is((SELECT (s.log_loss, s.brier) FROM evaluated, summary(e) s WHERE name = 'logits'), (NULL::float8, NULL::float8), 'summary: what is no probability has neither log loss nor Brier score');

-- DeLong: the variance of the shares that each one beats.
CREATE TEMP TABLE delong AS
    SELECT name, sqrt(max(part) FILTER (WHERE label) + max(part) FILTER (WHERE NOT label)) AS std_error
    FROM (SELECT name, label, var_samp(share) / count(*) AS part
          FROM (SELECT name, a.i, a.label, avg(CASE WHEN a.score = b.score THEN 0.5 WHEN (a.score > b.score) = a.label THEN 1 ELSE 0 END)::float8 AS share
                FROM score a JOIN score b USING (name) WHERE a.label <> b.label GROUP BY name, a.i, a.label) s
          GROUP BY name, label) v
    GROUP BY name;
SELECT ok(abs(i.std_error - d.std_error) <= 1e-12 AND i.auc = roc_auc(e)
        AND abs(i.low - greatest(0, auc - 1.959963984540054 * d.std_error)) <= 1e-12 AND abs(i.high - least(1, auc + 1.959963984540054 * d.std_error)) <= 1e-12, format('%s: standard error of AUC is %s', name, d.std_error))
FROM evaluated JOIN delong d USING (name), roc_auc_interval(e) i ORDER BY name;
SELECT is((SELECT count(*) FROM delong), 6::bigint, 'six have both classes');
SELECT cmp_ok((SELECT (w.high - w.low) / (n.high - n.low) - 2.5758293035489 / 1.6448536269514722 FROM evaluated, roc_auc_interval(e, 0.99) w, roc_auc_interval(e, 0.9) n WHERE name = 'ties')::numeric(20, 12), '=', 0.0, 'intervals are as wide as their confidence');
SELECT is((SELECT (auc, std_error, low, high)::text FROM roc_auc_interval((SELECT evaluation_agg(i, i = 3) FROM generate_series(1, 3) i))), '(1,,,)', 'of one positive one no interval');
SELECT is((SELECT count(*) FROM evaluated, roc_auc_interval(e) i WHERE auc IS NULL), 2::bigint, 'and nothing of one class');

-- Gain table: of untied scores the rows in order, of tied ones the parts.

SELECT results_eq($$ SELECT decile, g.customers, g.churners, g.least_score FROM evaluated, gain_table(e) g WHERE name = 'no ties' ORDER BY 1 $$,
    $$ SELECT decile::int, count(*), count(*) FILTER (WHERE label)::float8, min(score) FROM (SELECT *, ntile(10) OVER (ORDER BY score DESC) AS decile FROM score WHERE name = 'no ties') q GROUP BY 1 ORDER BY 1 $$,
    'gain_table of 600 different scores: as ntile');
SELECT is_empty($$
    SELECT name, groups, g.decile, g.churners, expected FROM evaluated, generate_series(1, 13) AS groups, gain_table(e, groups) g,
        LATERAL (SELECT sum(CASE WHEN label THEN greatest(0, least(ends, above + ties) - greatest(begins, above)) / ties::float8 ELSE 0 END) AS expected
                 FROM (SELECT label, count(*) OVER (PARTITION BY score) AS ties, count(*) OVER (ORDER BY score DESC) - count(*) OVER (PARTITION BY score) AS above FROM score s WHERE s.name = evaluated.name) t,
                      LATERAL (SELECT (decile - 1) * n / groups AS begins, decile * n / groups AS ends) b) x
    WHERE abs(g.churners - expected) > 1e-9 OR g.customers <> g.decile * n / groups - (g.decile - 1) * n / groups
        OR g.rate IS DISTINCT FROM g.churners / nullif(g.customers, 0) OR abs(g.lift - g.rate / nullif(p / n::float8, 0)) > 1e-12
        OR abs(g.cumulative_share - g.cumulative_churners / nullif(p, 0)) > 1e-12 OR abs(g.cumulative_lift - g.cumulative_churners / nullif(g.cumulative_customers, 0) / nullif(p / n::float8, 0)) > 1e-12
$$, 'gain_table: each group has its part of those it shares a score with');
SELECT is_empty($$
    SELECT name FROM evaluated, LATERAL (SELECT sum(customers) AS customers, sum(churners) AS churners, max(cumulative_customers) AS last, count(*) AS rows FROM gain_table(e, 7)) g
    WHERE (g.customers, g.last, g.rows) <> (n, n, 7) OR abs(churners - p) > 1e-9
$$, 'gain_table: everyone is in it once');
SELECT is((SELECT count(*) FROM evaluated, gain_table(e) WHERE name = 'nobody left' AND (rate = 0) AND lift IS NULL AND cumulative_share IS NULL AND cumulative_lift IS NULL), 9::bigint,
    'without churners there is no lift');
SELECT results_eq($$ SELECT customers, churners, rate, least_score FROM gain_table((SELECT evaluation_agg(i, i = 3) FROM generate_series(1, 3) i), 5) $$,
    $$ VALUES (0::bigint, 0::float8, NULL::float8, NULL::float8), (1, 1, 1, 3), (0, 0, NULL, NULL), (1, 0, 0, 2), (1, 0, 0, 1) $$, 'more groups than customers');

-- Calibration

SELECT is_empty($$
    SELECT bin, low, high, customers, churners, round(predicted::numeric, 12), observed FROM evaluated, calibration_table(e, 10, 'width') WHERE name = 'few ties'
    EXCEPT SELECT greatest(ceil(score::numeric * 10), 1)::int, min(score), max(score), count(*), count(*) FILTER (WHERE label), round(avg(score)::numeric, 12), count(*) FILTER (WHERE label) / count(*)::float8 FROM score WHERE name = 'few ties' GROUP BY 1
$$, 'calibration_table: bins of equal width');
SELECT is_empty($$
    SELECT bin, low, high, customers, churners, round(predicted::numeric, 12) FROM evaluated, calibration_table(e, 8) WHERE name = 'ties'
    EXCEPT SELECT (1 + 8 * (2 * less + equal - 1) / (2 * 600))::int, min(score), max(score), count(*), count(*) FILTER (WHERE label), round(avg(score)::numeric, 12)
           FROM (SELECT *, rank() OVER (ORDER BY score) - 1 AS less, count(*) OVER (PARTITION BY score) AS equal FROM score WHERE name = 'ties') q GROUP BY 1
$$, 'calibration_table: bins by the middle rank of ties');
SELECT is_empty($$
    SELECT name, method FROM evaluated, unnest(ARRAY['quantile', 'width']) method,
        LATERAL (SELECT sum(customers) AS customers, sum(churners) AS churners, sum(customers * abs(predicted - observed)) / n AS error, bool_and(low <= predicted AND predicted <= high) AS inside,
            bool_and(observed_low <= observed AND observed <= observed_high) AS covered FROM calibration_table(e, 9, method)) c
    WHERE name <> 'logits' AND ((customers, churners) <> (n, p) OR NOT inside OR NOT covered OR abs(error - calibration_error(e, 9, method)) > 1e-12)
$$, 'calibration_table: everyone is in it, and calibration_error is its mean distance');
-- Newcombe, Statistics in Medicine 17, 1998: 15 of 148 are between 6.24 and 16.05 percent.
SELECT results_eq($$ SELECT observed, round(observed_low::numeric, 4), round(observed_high::numeric, 4) FROM calibration_table((SELECT evaluation_agg(0.1, i <= 15) FROM generate_series(1, 148) i)) $$,
    $$ VALUES (15 / 148.0::float8, 0.0624, 0.1605) $$, 'calibration_table: Wilson interval');

-- Thresholds

SELECT is_empty($$
    SELECT name, r.threshold FROM evaluated, roc_points(e) r,
        LATERAL (SELECT count(*) FILTER (WHERE label) AS tp, count(*) FILTER (WHERE NOT label) AS fp FROM score s WHERE s.name = evaluated.name AND score >= r.threshold) x
    WHERE (r.customers, r.churners) <> (tp + fp, tp) OR r.true_positive_rate IS DISTINCT FROM tp / nullif(p, 0)::float8 OR r.false_positive_rate IS DISTINCT FROM fp / nullif(q, 0)::float8
$$, 'roc_points: who reaches each threshold');
SELECT results_eq($$ SELECT name, count(*), max(threshold), min(threshold) FROM evaluated, roc_points(e) GROUP BY 1 ORDER BY 1 $$,
    $$ SELECT name, 1 + count(DISTINCT score), 'Infinity'::float8, min(score) FROM score GROUP BY 1 ORDER BY 1 $$, 'roc_points: nobody, and each score');
-- The area under the points by trapezoids is the AUC.
SELECT is_empty($$
    SELECT name, area FROM evaluated, LATERAL (SELECT sum((x - before_x) * (y + before_y) / 2) AS area FROM (
        SELECT false_positive_rate AS x, true_positive_rate AS y, lag(false_positive_rate) OVER w AS before_x, lag(true_positive_rate) OVER w AS before_y FROM roc_points(e) WINDOW w AS (ORDER BY threshold DESC)) t) a
    WHERE p > 0 AND q > 0 AND abs(area - roc_auc(e)) > 1e-12
$$, 'roc_points: the area below them is roc_auc');
SELECT is_empty($$
    SELECT name, t FROM evaluated, unnest(ARRAY[-1, 0, 0.1, 0.5, 0.77, 1, 'Infinity', '-Infinity']::float8[]) t, confusion(e, t) c,
        LATERAL (SELECT count(*) FILTER (WHERE label AND score >= t) AS tp, count(*) FILTER (WHERE NOT label AND score >= t) AS fp FROM score s WHERE s.name = evaluated.name) x,
        LATERAL (SELECT q - fp AS tn, p - tp AS fn) y
    WHERE (c.true_positive, c.false_positive, c.true_negative, c.false_negative) <> (tp, fp, tn, fn)
        OR c.precision IS DISTINCT FROM tp / nullif(tp + fp, 0)::float8 OR c.recall IS DISTINCT FROM tp / nullif(p, 0)::float8 OR c.specificity IS DISTINCT FROM tn / nullif(q, 0)::float8
        OR c.accuracy IS DISTINCT FROM (tp + tn) / n::float8 OR c.f1 IS DISTINCT FROM 2 * tp / nullif(2 * tp + fp + fn, 0)::float8
$$, 'confusion: counts and shares');
SELECT is((SELECT f.true_positive + f.false_positive FROM evaluated, confusion(e) f WHERE name = 'ties'), (SELECT count(*) FROM score WHERE name = 'ties' AND score >= 0.5), 'confusion: at 0.5 if nothing is said');
SELECT is_empty($$
    SELECT name, cost, value, rate FROM evaluated, (VALUES (1, 10, 1), (1, 3, 0.5), (5, 4, 1), (0, 1, 1), (1, 0, 1), (2, 9, 0.3)) AS c (cost, value, rate), best_threshold(e, cost, value, rate) b,
        LATERAL (SELECT churners * value * rate - customers * cost AS profit, customers, threshold FROM roc_points(e) ORDER BY 1 DESC, 2 LIMIT 1) x
    WHERE (b.threshold, b.customers) <> (x.threshold, x.customers) OR abs(b.profit - x.profit) > 1e-9 OR abs(b.profit_of_all - (p * value * rate - n * cost)) > 1e-9 OR b.profit < greatest(0, b.profit_of_all)
        OR b.contacted_share <> b.customers / n::float8
$$, 'best_threshold: the best of all points, the fewest contacts of equal ones');
SELECT is((SELECT (threshold, customers, churners, profit)::text FROM evaluated, best_threshold(e, 10, 5) WHERE name = 'ties'), '(Infinity,0,0,0)', 'best_threshold: who costs more than he brings is not contacted');

-- Order, parts, transformations

SELECT is_empty($$ SELECT name FROM evaluated JOIN (SELECT name, evaluation_agg(score, label ORDER BY hashint4(i)) AS other FROM score GROUP BY 1) o USING (name) WHERE e::text <> other::text $$, 'the order of rows does not matter');
SELECT is_empty($$
    SELECT name FROM evaluated JOIN (SELECT name, rollup(part) AS other FROM (SELECT name, evaluation_agg(score, label) AS part FROM score GROUP BY name, i % 7) p GROUP BY 1) o USING (name) WHERE e::text <> other::text
$$, 'rollup of parts is the whole');
SELECT is_empty($$
    SELECT name FROM evaluated JOIN (SELECT name, evaluation_agg(atan(3 * score) - 2, label) AS other FROM score GROUP BY 1) o USING (name)
    WHERE (roc_auc(e), pr_auc(e), customer_data.ks(e)) IS DISTINCT FROM (roc_auc(other), pr_auc(other), customer_data.ks(other))
$$, 'what goes by order alone does not see a monotone transformation');
SELECT is((SELECT (s.rows, s.skipped, s.positives)::text FROM (SELECT evaluation_agg(a, b) AS e FROM (VALUES (0.5, true), (NULL, true), (0.5, NULL), (NULL, NULL)) v (a, b)) q, summary(e) s), '(1,3,1)', 'NULL is skipped and counted');
SELECT is((SELECT s::text FROM (SELECT evaluation_agg(a, true) AS e FROM generate_series(1, 0) a) q, summary(e) s), '(0,0,0,,,,,,)', 'of no rows nothing is defined');
SELECT is((SELECT count(*) FROM (SELECT evaluation_agg(a, true) AS e FROM generate_series(1, 0) a) q,
    LATERAL (SELECT 1 FROM gain_table(e) UNION ALL SELECT 1 FROM calibration_table(e) UNION ALL SELECT 1 FROM roc_points(e)) t), 0::bigint, 'and the tables are empty');
SELECT is((SELECT (b IS NULL, calibration_error(e) IS NULL, c::text)::text FROM (SELECT evaluation_agg(a, true) AS e FROM generate_series(1, 0) a) q, best_threshold(e, 1, 1) b, confusion(e) c), '(t,t,"(0,0,0,0,,,,,)")', 'as is the rest');

-- hash_split: SHA-256 of the key in UTF-8, first eight hexadecimal digits over 2^32.

CREATE FUNCTION pg_temp.place(key text) RETURNS float8 LANGUAGE sql AS $$
    SELECT ('x' || left(encode(sha256(convert_to(key, 'UTF8')), 'hex'), 8))::bit(32)::bigint / 4294967296.0::float8
$$;
SELECT is_empty($$
    SELECT key FROM (SELECT 'customer ' || i AS key FROM generate_series(1, 3000) i UNION ALL VALUES (''), ('Zoë'), ('キー'), (repeat('long', 5000))) k, pg_temp.place(key) at
    WHERE hash_split(key, 0.7, 0.2) <> CASE WHEN at < 0.7 THEN 1 WHEN at < 0.7::float8 + 0.2::float8 THEN 2 ELSE 3 END
        OR hash_split(key, VARIADIC ARRAY[0.25, 0.25, 0.25, 0.25]) <> 1 + floor(at * 4) OR hash_split(key, 1) <> 1
$$, 'hash_split: what other programs would compute');
-- FIPS 180-2, appendix B.1: ba7816bf.
SELECT results_eq($$ SELECT hash_split('abc', f) FROM unnest(ARRAY[0.7283, 0.7284]) f $$, $$ VALUES (2), (1) $$, 'hash_split: abc stands at 0.72839');
-- Chi-square with nine degrees of freedom: above 27.88 with probability 0.001. Keys as they come, and those of one part split again.
SELECT cmp_ok((SELECT sum((n - 10000) ^ 2 / 10000)::float8 FROM (SELECT count(*) AS n FROM generate_series(1, 100000) i GROUP BY hash_split(i::text, VARIADIC array_fill(0.1::float8, ARRAY[10]))) q), '<', 27.88::float8, 'hash_split: ten parts are equally large');
SELECT cmp_ok((SELECT sum((n - total / 10) ^ 2 / (total / 10))::float8 FROM (SELECT count(*) AS n, sum(count(*)) OVER () AS total FROM generate_series(1, 200000) i
    WHERE hash_split(i::text, 0.5) = 1 GROUP BY hash_split(i || ':2', VARIADIC array_fill(0.1::float8, ARRAY[10]))) q), '<', 27.88::float8, 'hash_split: another suffix is another split');
SELECT is((SELECT count(DISTINCT hash_split(i::text, VARIADIC array_fill(0.1::float8, ARRAY[10]))) FROM generate_series(1, 1000) i), 10::bigint, 'hash_split: ten tenths leave nothing');

-- Drift

CREATE TEMP TABLE month AS
    SELECT m, i, CASE WHEN h % 10 >= m THEN (h % 1000 / 10 + m * 3)::float8 END AS amount, CASE h % 7 WHEN 0 THEN NULL WHEN 1 THEN 'new ' || m WHEN 2 THEN 'b' ELSE 'a' END AS plan, 5 AS fixed
    FROM generate_series(1, 3) m, generate_series(1, 1000) i, LATERAL (SELECT hashint8extended(i, m) & 1048575 AS h) q;
CREATE TEMP TABLE drifted AS SELECT m, drift_agg(amount) AS d, dataset_agg(r) AS f FROM (SELECT m, month.amount, r FROM month, LATERAL (SELECT amount, plan, fixed) r) v GROUP BY m;
-- Bins by definition: of ten, the border of bin k is the least value that k tenths do not exceed; no value has a tenth.
CREATE FUNCTION pg_temp.psi_of_months(a integer, b integer) RETURNS float8 LANGUAGE sql AS $$
    SELECT sum((y - x) * ln(y / x)) FROM (
        SELECT count(*) FILTER (WHERE m = a) / 1000.0::float8 AS x, count(*) FILTER (WHERE m = b) / 1000.0::float8 AS y
        FROM (SELECT m, CASE WHEN amount IS NOT NULL THEN width_bucket(-amount, (SELECT array_agg(-q ORDER BY -q) FROM unnest(percentile_disc) q)) END AS bin
              FROM month, (SELECT percentile_disc(ARRAY[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) WITHIN GROUP (ORDER BY amount) FROM month WHERE m = a) p WHERE m IN (a, b)) v
        GROUP BY bin) s
$$;
SELECT is(round(psi(x.d, y.d)::numeric, 12), round(pg_temp.psi_of_months(x.m, y.m)::numeric, 12), format('psi of months %s and %s', x.m, y.m)) FROM drifted x, drifted y ORDER BY x.m, y.m;
SELECT is(round(ks(x.d, y.d)::numeric, 12), (SELECT round(max(abs(f - g))::numeric, 12) FROM (SELECT
        count(*) FILTER (WHERE m = x.m) OVER w / count(*) FILTER (WHERE m = x.m) OVER ()::float8 AS f,
        count(*) FILTER (WHERE m = y.m) OVER w / count(*) FILTER (WHERE m = y.m) OVER ()::float8 AS g
    FROM month WHERE amount IS NOT NULL AND m IN (x.m, y.m) WINDOW w AS (ORDER BY amount)) s), format('ks of months %s and %s', x.m, y.m)) FROM drifted x, drifted y WHERE x.m < y.m ORDER BY x.m, y.m;
SELECT results_eq($$ SELECT feature, kind, r.psi, r.ks, missing_expected, missing_actual, verdict FROM drifted x, drifted y, drift(x.f, y.f) r WHERE x.m = 1 AND y.m = 3 AND feature = 'amount' $$,
    $$ SELECT 'amount', 'numeric', psi(x.d, y.d), ks(x.d, y.d), s.missing, t.missing, 'major' FROM drifted x, drifted y, summary(x.d) s, summary(y.d) t WHERE x.m = 1 AND y.m = 3 $$,
    'drift of datasets: numbers as drift_agg has them');
SELECT is((SELECT round(r.psi::numeric, 12) FROM drifted x, drifted y, drift(x.f, y.f) r WHERE x.m = 1 AND y.m = 2 AND feature = 'plan'),
    (SELECT round(sum((y - x) * ln(y / x))::numeric, 12) FROM (SELECT greatest(count(*) FILTER (WHERE m = 1) / 1000.0, 0.0001) AS x, greatest(count(*) FILTER (WHERE m = 2) / 1000.0, 0.0001) AS y
        FROM month WHERE m < 3 GROUP BY plan) s), 'drift of datasets: levels, new ones and missing ones are bins');
SELECT is((SELECT (r.psi, r.ks, r.verdict)::text FROM drifted x, drifted y, drift(x.f, y.f) r WHERE x.m = 1 AND y.m = 3 AND feature = 'fixed'), '(0,0,stable)', 'a constant is stable');
SELECT is((SELECT string_agg(feature, ' ') FROM drifted x, drifted y, drift(x.f, y.f) WHERE x.m = 1 AND y.m = 3), 'amount plan fixed', 'features in the order of the expected dataset');
SELECT is((SELECT string_agg(r.feature || ' ' || r.verdict, ', ') FROM (SELECT dataset_agg(f, 'y') AS a FROM (SELECT i AS x, i % 2 AS y FROM generate_series(1, 20) i) f) q,
    (SELECT dataset_agg(f) AS b FROM (SELECT 'more' AS other, i AS x FROM generate_series(1, 20) i) f) p, drift(a, b) r), 'x stable', 'a label is no feature, and further columns are not compared');
SELECT is((SELECT s::text FROM drifted, summary(d) s WHERE m = 1), (SELECT (count(amount), count(*) - count(amount), count(DISTINCT amount), min(amount), max(amount), avg(amount))::text FROM month WHERE m = 1), 'summary of a drift_summary');
SELECT is((SELECT (psi(a, b), ks(a, b))::text FROM (SELECT drift_agg(x) AS a FROM generate_series(1, 0) x) q, (SELECT drift_agg(x) AS b FROM generate_series(1, 5) x) p), '(,)', 'nothing to compare with');
SELECT is((SELECT psi(a, b) FROM (SELECT drift_agg(NULL) AS a FROM generate_series(1, 4)) q, (SELECT drift_agg(x) AS b FROM generate_series(1, 5) x) p)::numeric(20, 12),
    (2 * (1 - 0.0001) * ln(10000.0))::numeric(20, 12), 'all missing before, none now');
SELECT is((SELECT rollup(part)::text FROM (SELECT drift_agg(amount) AS part FROM month WHERE m = 1 GROUP BY i % 5) p), (SELECT d::text FROM drifted WHERE m = 1), 'rollup of drift_summary');
SELECT is((SELECT psi(x.e, y.e) FROM evaluated x, evaluated y WHERE x.name = 'no ties' AND y.name = 'chance'),
    (SELECT psi(x, y) FROM (SELECT drift_agg(score) AS x FROM score WHERE name = 'no ties') a, (SELECT drift_agg(score) AS y FROM score WHERE name = 'chance') b), 'psi of scores, whatever their labels');

-- What is refused, and the HINT that says what to do.
SELECT is((SELECT (state, has_hint) FROM pg_temp.refusal('SELECT ' || call || ' FROM (SELECT evaluation_agg(i / 10.0, i > 5) AS e, evaluation_agg(i, i > 5) AS no_probability, drift_agg(i) AS d, dataset_agg(ARRAY[i]) AS f FROM generate_series(0, 10) i) q')), ('22023'::text, true),
    call || ' is refused, with a HINT')
FROM unnest(ARRAY['evaluation_agg(''NaN'', true)', 'evaluation_agg(''Infinity'', true)', 'evaluation_agg(''-Infinity'', false)', 'drift_agg(''NaN'')', 'drift_agg(''Infinity'')',
    'log_loss(no_probability)', 'brier(no_probability)', 'calibration_table(no_probability)', 'calibration_error(no_probability)',
    'roc_auc_interval(e, 0)', 'roc_auc_interval(e, 1)', 'roc_auc_interval(e, 95)', 'roc_auc_interval(e, ''NaN'')',
    'gain_table(e, 0)', 'gain_table(e, 10001)', 'calibration_table(e, 0)', 'calibration_table(e, 10, ''dense'')', 'calibration_table(e, 10, ''width'', 2)', 'calibration_error(e, -1)', 'calibration_error(e, 10, '''')',
    'confusion(e, ''NaN'')', 'best_threshold(e, -1, 1)', 'best_threshold(e, 1, ''NaN'')', 'best_threshold(e, 1, ''Infinity'')', 'best_threshold(e, 1, 1, 1.1)', 'best_threshold(e, 1, 1, -0.1)',
    'psi(e, e, 0)', 'psi(d, d, 10001)', 'drift(f, f, 0)', 'psi(ARRAY[1, 2], ARRAY[1])', 'psi(ARRAY[1, -2], ARRAY[1, 2])', 'psi(ARRAY[1, 2], ARRAY[1, ''NaN'']::float8[])',
    'hash_split(''a'', 0)', 'hash_split(''a'', -0.5)', 'hash_split(''a'', 80)', 'hash_split(''a'', 0.8, 0.3)', 'hash_split(''a'', ''NaN'')', 'hash_split(''a'', VARIADIC ''{}'')']) AS call;
SELECT is((SELECT state FROM pg_temp.refusal('SELECT ' || call)), expected, call || ' is refused')
FROM (VALUES ('hash_split(''a'', VARIADIC ''{0.5,NULL}'')', '22023'), ('psi(ARRAY[[1, 2]], ARRAY[[1, 2]])', '22023'), ('psi(ARRAY[1, NULL], ARRAY[1, 2])', '22023'),
    ('best_threshold(evaluation_agg(1, true), 1, 1e308) FROM generate_series(1, 9)', '22003'), ('psi(ARRAY[1e308, 1e308], ARRAY[1, 2])', '22003'),
    ('drift(a, b) FROM (SELECT dataset_agg(f) AS a FROM (SELECT 1 AS x) f) q, (SELECT dataset_agg(f) AS b FROM (SELECT 1 AS y) f) p', '42703'),
    ('drift(a, b) FROM (SELECT dataset_agg(f) AS a FROM (SELECT 1 AS x) f) q, (SELECT dataset_agg(f) AS b FROM (SELECT ''1'' AS x) f) p', '42804')) AS c (call, expected);

-- Hostile text.
CREATE TEMP TABLE attacked AS
    SELECT 'evaluation_summary' AS type, h.* FROM (SELECT evaluation_agg(score, label)::text AS s FROM score WHERE name = 'ties' AND i < 60) q,
        pg_temp.hostile('evaluation_summary', s, ARRAY['SELECT $1::text', 'SELECT summary($1), roc_auc_interval($1), confusion($1), best_threshold($1, 1, 5)', 'SELECT count(*) FROM gain_table($1, 7), roc_points($1)',
            'SELECT count(*) FROM calibration_table($1)', 'SELECT rollup(v) FROM (SELECT $1 AS v UNION ALL SELECT $1) q', 'SELECT psi($1, $1)']) h
    UNION ALL
    SELECT 'drift_summary', h.* FROM (SELECT drift_agg(amount)::text AS s FROM month WHERE i < 40) q,
        pg_temp.hostile('drift_summary', s, ARRAY['SELECT $1::text', 'SELECT summary($1), psi($1, $1), ks($1, $1)', 'SELECT rollup(v) FROM (SELECT $1 AS v UNION ALL SELECT $1) q']) h;
SELECT is(wrong, '', format('hostile text of %s: %s refused, %s taken for values and used', type, refused, accepted)) FROM attacked;
SELECT cmp_ok(refused, '>', 100::bigint, format('most of it is refused: %s', type)) FROM attacked;

-- Memory
SET LOCAL customer_data.max_book_memory = '64kB';
SELECT throws_ok('SELECT roc_auc(evaluation_agg(i, i % 2 = 0)) FROM generate_series(1, 50000) i', '54000', 'evaluation_summary is too large', 'an evaluation_summary over the limit is refused');
SELECT throws_ok('SELECT drift_agg(i) FROM generate_series(1, 50000) i', '54000', 'drift_summary is too large', 'and a drift_summary');
SELECT lives_ok('SELECT roc_auc(evaluation_agg(round(i / 500.0), i % 2 = 0)) FROM generate_series(1, 50000) i', 'equal scores take no room');

SELECT * FROM finish();
ROLLBACK;
