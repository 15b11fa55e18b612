-- Metrics of eight models on the test customers of a real company, against those of scikit-learn
-- (../shared/data/golden; skipped where that folder is not there).
\set has_data `test -d ../shared/data/golden && echo 1 || echo 0`
BEGIN;
SELECT plan(51);
\if :has_data

SET LOCAL search_path = customer_data, public;
CREATE TEMP TABLE predicted (id text, y integer, logit_mle float8, "logit_l2_C=0.01" float8, "logit_l2_C=1.0" float8,
    decision_tree_depth5 float8, decision_tree_depth5_leaf50 float8, random_forest_300_leaf5 float8, hist_gradient_boosting float8);
\copy predicted FROM PROGRAM 'gzip -dc ../shared/data/golden/telco_churn_test_predictions.csv.gz' CSV HEADER
CREATE TEMP TABLE document (line_number serial, line text);
\copy document (line) FROM '../shared/data/golden/churn.json' WITH (DELIMITER E'\x01', QUOTE E'\x02', FORMAT csv)
CREATE TEMP TABLE golden AS
    SELECT model, (metric->>'auc')::float8 AS auc, (metric->>'log_loss')::float8 AS log_loss, (metric->>'brier')::float8 AS brier,
        (metric->>'average_precision')::float8 AS average_precision, (metric->>'lift_top_decile')::float8 AS lift
    FROM (SELECT string_agg(line, '' ORDER BY line_number)::jsonb AS d FROM document) q, jsonb_each(d #> '{telco_churn,test}') AS m (model, metric);
-- The base rate is that of the training rows, for everyone.
CREATE TEMP TABLE score AS
    SELECT id, y = 1 AS label, model, value::float8 AS score
    FROM predicted p, jsonb_each_text(to_jsonb(p) - '{id,y}'::text[]) AS m (model, value)
    UNION ALL
    SELECT id, y = 1, 'base_rate', (SELECT (string_agg(line, '' ORDER BY line_number)::jsonb #>> '{telco_churn,churn_rate_train}')::float8 FROM document)
    FROM predicted;
SELECT is((SELECT count(*) FROM golden), 8::bigint, 'eight models');
SELECT is((SELECT count(*) FROM score), 8 * 1389::bigint, 'of 1,389 customers each');

-- A certainty that was wrong costs infinitely much; scikit-learn 1.2 counts it as the machine epsilon.
CREATE TEMP TABLE measured AS
    SELECT model, evaluation_agg(score, label) AS e, evaluation_agg(least(greatest(score, 2.220446049250313e-16), 1 - 2.220446049250313e-16), label) AS clipped
    FROM score GROUP BY model;
SELECT set_eq($$ SELECT model FROM measured WHERE customer_data.log_loss(e) = 'Infinity' $$, $$ VALUES ('decision_tree_depth5'), ('decision_tree_depth5_leaf50') $$,
    'two trees have leaves of one class, and are wrong for certain');
SELECT cmp_ok(abs(seen - expected), '<=', 1e-9::float8, format('%s: %s is %s', model, metric, expected))
FROM golden JOIN measured USING (model),
    LATERAL (VALUES ('AUC', roc_auc(e), auc), ('average precision', pr_auc(e), average_precision), ('Brier score', customer_data.brier(e), golden.brier),
        ('log loss', customer_data.log_loss(clipped), golden.log_loss)) AS m (metric, seen, expected)
ORDER BY model, metric;

-- scikit-learn's tenth are the first 138 in an order which breaks ties by chance; where no tie stands at its end, there
-- is one answer.
CREATE TEMP TABLE top AS
    SELECT model, g.*, (SELECT count(DISTINCT score) FROM (SELECT score, row_number() OVER (ORDER BY score DESC) AS place FROM score s WHERE s.model = m.model) q
        WHERE place IN (138, 139)) = 2 AS clear
    FROM measured m, gain_table(e) g WHERE decile = 1;
SELECT is((SELECT count(*) FROM top WHERE clear), 5::bigint, 'the first tenth of five models ends between two scores');
SELECT cmp_ok(abs(top.lift - golden.lift), '<=', 1e-9::float8, format('%s: lift of the top decile is %s', model, golden.lift))
FROM top JOIN golden USING (model) WHERE clear ORDER BY model;
-- Where all have the same score, every tenth has its share.
SELECT cmp_ok(abs(lift - 1), '<=', 1e-12::float8, format('base rate, decile %s: lift 1', decile)) FROM measured, gain_table(e) g WHERE model = 'base_rate' ORDER BY decile;

\else
SELECT * FROM skip('../shared/data is not there', 51);
\endif
SELECT * FROM finish();
ROLLBACK;
