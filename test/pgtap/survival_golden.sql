-- Survival of a telephone company's customers and of patients against R's package survival (../shared/data/golden/survival.json;
-- skipped where that folder is not there).
\set has_data `test -d ../shared/data/golden && echo 1 || echo 0`
BEGIN;
SELECT plan(21);
\if :has_data

SET LOCAL client_min_messages = warning;
SET LOCAL search_path = customer_data, public;
CREATE TEMP TABLE raw (id text, gender text, senior int, partner text, dependents text, tenure int, phone text, lines text, internet text, security text, backup text,
    protection text, support text, tv text, movies text, contract text, paperless text, payment text, monthly numeric, total text, churn text);
\copy raw FROM PROGRAM 'gzip -dc ../shared/data/telco_churn.csv.gz' CSV HEADER
CREATE TEMP TABLE telco AS
    SELECT tenure, churn = 'Yes' AS churned, contract, gender, payment, senior, monthly, partner = 'Yes' AS partner, paperless = 'Yes' AS paperless, internet FROM raw;
CREATE TEMP TABLE lung (inst int, days int, status int, age int, sex int, ph_ecog int, ph_karno int, pat_karno int, meal_cal int, wt_loss int);
\copy lung FROM PROGRAM 'gzip -dc ../shared/data/lung_survival.csv.gz' CSV HEADER
\set golden `cat ../shared/data/golden/survival.json`
CREATE TEMP TABLE golden AS SELECT :'golden'::jsonb AS g;

-- Curves with both kinds of intervals

CREATE TEMP TABLE summary AS
    SELECT 'telco' AS data_set, 'all' AS kind, survival_agg(tenure, churned) AS s FROM telco
    UNION ALL SELECT 'telco', contract, survival_agg(tenure, churned) FROM telco GROUP BY contract
    UNION ALL SELECT 'lung', 'all', survival_agg(days, status = 2) FROM lung
    UNION ALL SELECT 'lung', sex::text, survival_agg(days, status = 2) FROM lung GROUP BY sex;
CREATE TEMP TABLE km (kind text, time float8, n_risk bigint, n_event bigint, n_censor bigint, survival text, std_err text, loglog_low text, loglog_high text, log_low text, log_high text, hazard text);
CREATE TEMP TABLE golden_km AS SELECT 'telco' AS data_set, * FROM km LIMIT 0;
\copy km FROM '../shared/data/golden/telco_km.csv' CSV HEADER
INSERT INTO golden_km SELECT 'telco', * FROM km;
TRUNCATE km;
\copy km FROM '../shared/data/golden/lung_km.csv' CSV HEADER
INSERT INTO golden_km SELECT 'lung', * FROM km;
UPDATE golden_km SET kind = regexp_replace(kind, '^.*=', '');
CREATE TEMP TABLE curve AS
    SELECT data_set, kind, a.*, b.low AS log_low, b.high AS log_high
    FROM summary, survival_curve(s) a JOIN LATERAL survival_curve(s, method => 'log') b USING (time);
SELECT is((SELECT count(*) FROM golden_km JOIN curve USING (data_set, kind, time)), (SELECT count(*) FROM golden_km), 'every time of every golden curve is there');
SELECT cmp_ok((SELECT count(*) FROM golden_km), '>', 400::bigint, 'and they are many');
SELECT is_empty($$ SELECT * FROM golden_km JOIN curve USING (data_set, kind, time) WHERE (n_risk, n_event, n_censor) <> (at_risk, events, censored) $$, 'the same customers are at risk, depart and are lost');
-- Undefined is NA there and NULL here.
SELECT is_empty($$
    SELECT data_set, kind, time, u.* FROM golden_km g JOIN curve c USING (data_set, kind, time),
        unnest(ARRAY[g.survival, g.std_err, g.loglog_low, g.loglog_high, g.log_low, g.log_high, g.hazard],
               ARRAY[c.survival, c.std_error, c.low, c.high, c.log_low, c.log_high, c.cumulative_hazard]) WITH ORDINALITY AS u (expected, seen, what)
    WHERE NOT CASE WHEN expected ~ '^(NA|NaN|)$' THEN seen IS NULL ELSE seen IS NOT NULL AND abs(expected::float8 - seen) < 1e-10 END
$$, 'shares, their errors, both intervals, and hazards');
SELECT is_empty($$
    SELECT expected, d.*, r.* FROM summary, LATERAL (
            SELECT value FROM golden, jsonb_array_elements(g -> data_set -> 'median_by_contract') WHERE value ->> 'group' = kind
            UNION ALL SELECT g -> data_set -> 'median' FROM golden WHERE kind = 'all') e (expected),
        summary(s) d, survival_rmst_interval(s, 72) r
    WHERE (d.rows, d.events) <> ((expected ->> 'records')::int, (expected ->> 'events')::int)
       OR (d.median, d.low, d.high) IS DISTINCT FROM ((expected ->> 'median')::float8, (expected ->> '0.95LCL')::float8, (expected ->> '0.95UCL')::float8)
       OR data_set = 'telco' AND NOT (abs(r.mean - (expected ->> 'rmean')::float8) < 1e-9 AND abs(r.std_error - (expected ->> 'se(rmean)')::float8) < 1e-9)
$$, 'medians with their intervals, and restricted means');
SELECT results_eq($$ SELECT m.* FROM summary, survival_median_interval(s, method => 'log') m WHERE data_set = 'lung' AND kind = 'all' $$, 'VALUES (310::float8, 285::float8, 363::float8)', 'the median that R prints');
SELECT results_eq($$ SELECT round(survival_at(s, t)::numeric, 6) FROM summary, unnest('{90,180,365,730}'::int[]) t WHERE data_set = 'lung' AND kind = 'all' ORDER BY t $$,
    'VALUES (.881579), (.721671), (.409242), (.115693)', 'patients after three months, six, a year and two');
SELECT results_eq($$ SELECT round(survival_at(s, t)::numeric, 6) FROM summary, unnest('{1,12,24,36,48,60,72}'::int[]) t WHERE data_set = 'telco' AND kind = 'all' ORDER BY t $$,
    'VALUES (.945961), (.843200), (.788736), (.748545), (.708840), (.664404), (.592790)', 'customers after a month and up to six years');

-- Log-rank tests

CREATE TEMP TABLE compared AS
    SELECT 'telco' AS data_set, 'logrank_contract' AS test, array_agg(kind ORDER BY kind) AS names, array_agg(s ORDER BY kind) AS s FROM (SELECT contract AS kind, survival_agg(tenure, churned) AS s FROM telco GROUP BY 1) q
    UNION ALL SELECT 'telco', 'logrank_gender', array_agg(kind ORDER BY kind), array_agg(s ORDER BY kind) FROM (SELECT gender AS kind, survival_agg(tenure, churned) AS s FROM telco GROUP BY 1) q
    UNION ALL SELECT 'telco', 'logrank_payment', array_agg(kind ORDER BY kind), array_agg(s ORDER BY kind) FROM (SELECT payment AS kind, survival_agg(tenure, churned) AS s FROM telco GROUP BY 1) q
    UNION ALL SELECT 'lung', 'logrank_sex', array_agg(kind ORDER BY kind), array_agg(s ORDER BY kind) FROM (SELECT sex::text AS kind, survival_agg(days, status = 2) AS s FROM lung GROUP BY 1) q;
SELECT is_empty($$
    SELECT test, l.*, e FROM compared, golden, LATERAL (SELECT g -> data_set -> test) x (e), logrank(s) l
    WHERE NOT (abs(chi_square / (e ->> 'chisq')::float8 - 1) < 1e-10 AND degrees_of_freedom = (e ->> 'df')::int AND abs(log10_p - (e ->> 'log10_p')::float8) < 1e-8 * abs(log10_p)) OR e IS NULL
$$, 'log-rank tests, down to p = 1e-511');
SELECT is_empty($$
    SELECT test, t.*, expected FROM compared, golden, logrank_table(names, s) WITH ORDINALITY AS t (group_name, rows, events, observed, expected, ratio, i), LATERAL (SELECT g -> data_set -> test) x (e)
    WHERE NOT (group_name = e -> 'groups' ->> (i - 1)::int AND rows = (e -> 'n' -> (i - 1)::int)::int AND observed = (e -> 'observed' -> (i - 1)::int)::float8
        AND abs(t.expected - (e -> 'expected' -> (i - 1)::int)::float8) < 1e-8)
$$, 'and the events that they expect');

-- Proportional hazards

CREATE TEMP TABLE model AS
    SELECT 'telco' AS data_set, ties, cox_fit(dataset_agg(f, 'churned'), 'tenure', ties => ties) AS m
    FROM (SELECT tenure, churned, senior, monthly, partner, paperless, internet, contract FROM telco) f, unnest('{efron,breslow}'::text[]) AS ties GROUP BY ties
    UNION ALL SELECT 'lung', ties, cox_fit(dataset_agg(f, 'died'), 'days', ties => ties)
    FROM (SELECT days, status = 2 AS died, age, sex, ph_ecog FROM lung) f, unnest('{efron,breslow}'::text[]) AS ties GROUP BY ties;
-- Terms are in the same order, by other names.
CREATE TEMP VIEW term AS
    SELECT data_set, ties, c.*, e AS expected FROM model, golden, coefficients(m) WITH ORDINALITY AS c (name, estimate, std_error, z, p_value, hazard_ratio, low, high, status, i),
        LATERAL (SELECT g -> data_set -> ('cox_' || ties) -> 'coef' -> (i - 1)::int) x (e);
SELECT is((SELECT count(*) FROM term WHERE expected IS NOT NULL), 22::bigint, 'eight terms and three, twice');
SELECT is_empty($$
    SELECT data_set, ties, name, u.* FROM term, unnest(ARRAY['coef', 'std_err', 'z', 'hazard_ratio'], ARRAY[estimate, std_error, z, hazard_ratio]) AS u (what, seen)
    WHERE NOT abs(seen - (expected ->> what)::float8) < 1e-7 * greatest(1, abs(seen)) OR seen IS NULL
$$, 'coefficients, standard errors, z, hazard ratios');
SELECT is_empty($$ SELECT data_set, ties, name, p_value, expected FROM term WHERE NOT abs(ln(p_value) - ln((expected ->> 'p_value')::float8)) < 1e-6 OR p_value IS NULL $$, 'p-values');
SELECT is_empty($$
    SELECT data_set, model.ties, u.* FROM model, golden, summary(m) s, LATERAL (SELECT g -> data_set -> ('cox_' || model.ties)) x (e),
        unnest(ARRAY['n', 'events', 'loglik_null', 'loglik', 'concordance', 'lr'],
               ARRAY[s.rows, s.events, s.log_likelihood_null, s.log_likelihood, s.concordance, s.chi_square],
               ARRAY[e ->> 'n', e ->> 'events', e ->> 'loglik_null', e ->> 'loglik', e ->> 'concordance', e -> 'lr_test' ->> 0]) AS u (what, seen, expected)
    WHERE NOT abs(seen - expected::float8) < 1e-9 * greatest(1, abs(seen)) OR seen IS NULL OR expected IS NULL
$$, 'rows, events, likelihoods, concordance, likelihood ratios');
SELECT is((SELECT array_agg(s.degrees_of_freedom ORDER BY data_set, m.ties) FROM model m, summary(m.m) s), '{3,3,8,8}'::float8[], 'degrees of freedom');
SELECT is_empty($$
    SELECT data_set, ties, t.*, e FROM model, golden, cox_ph_test(m) WITH ORDINALITY AS t (name, chi_square, degrees_of_freedom, p_value, log10_p, i),
        LATERAL (SELECT g -> data_set -> ('cox_' || ties) -> 'ph_test' -> (i - 1)::int) x (e)
    WHERE NOT (abs(chi_square - (e ->> 'chisq')::float8) < 1e-6 AND degrees_of_freedom = (e ->> 'df')::int AND abs(log10_p - log((e ->> 'p_value')::float8)) < 1e-6) OR e IS NULL OR chi_square IS NULL
$$, 'tests of proportionality (cox.zph)');
CREATE TEMP TABLE basehaz (time float8, hazard float8);
CREATE TEMP TABLE golden_basehaz AS SELECT ''::text AS ties, * FROM basehaz LIMIT 0;
\copy basehaz FROM '../shared/data/golden/telco_cox_efron_basehaz.csv' CSV HEADER
INSERT INTO golden_basehaz SELECT 'efron', * FROM basehaz;
TRUNCATE basehaz;
\copy basehaz FROM '../shared/data/golden/telco_cox_breslow_basehaz.csv' CSV HEADER
INSERT INTO golden_basehaz SELECT 'breslow', * FROM basehaz;
-- At 0 nobody departs, so that is no time of ours.
SELECT is_empty($$
    SELECT ties, time, hazard, cumulative_hazard FROM golden_basehaz g LEFT JOIN (SELECT ties, b.* FROM model, cox_baseline(m, at => 'zero') b WHERE data_set = 'telco') b USING (ties, time)
    WHERE NOT abs(hazard - coalesce(cumulative_hazard, 0)) < 1e-7 * greatest(1, hazard) OR (cumulative_hazard IS NULL AND hazard > 0)
$$, 'the course of the hazard (basehaz)');
-- The model without the features that the references need: analytics with two columns and the contract.
CREATE TEMP TABLE small AS
    SELECT cox_fit(dataset_agg(f, 'churned'), 'tenure') AS m FROM (SELECT tenure, churned, monthly, senior, contract FROM telco) f;
SELECT is_empty($$
    SELECT c.name, estimate, expected FROM small, coefficients(m) c JOIN (VALUES ('monthly', .0001342956), ('senior', .0227685688), ('contract = One year', -2.1871047830), ('contract = Two year', -4.2174382156)) v (name, expected) USING (name)
    WHERE NOT abs(estimate - expected) < 1e-8
$$, 'a smaller model');
SELECT ok(abs(concordance - .7632405) < 5e-8, format('and its concordance, %s', concordance)) FROM small, summary(m);
-- Everything there is, as it came: services say the same again and again.
SELECT set_eq($$
    SELECT name FROM coefficients((SELECT cox_fit(dataset_agg(f, 'churned', NULL, '{id,total}'), 'tenure') FROM (SELECT id, tenure, churn = 'Yes' AS churned, internet, phone, lines, security, backup,
        protection, support, tv, movies, contract, total FROM raw) f)) WHERE status = 'aliased' AND estimate IS NULL
$$, $$ VALUES ('lines = No phone service'), ('security = No internet service'), ('backup = No internet service'), ('protection = No internet service'), ('support = No internet service'),
    ('tv = No internet service'), ('movies = No internet service') $$, 'columns that say the same are named');
SELECT ok(bool_and(risk > 0), 'every customer has a risk') FROM (SELECT cox_risk(m, t) AS risk FROM model, telco t WHERE data_set = 'telco' AND ties = 'efron') q;

\else
SELECT * FROM skip('../shared/data is not there', 21);
\endif
SELECT * FROM finish();
ROLLBACK;
