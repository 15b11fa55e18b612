\echo Use "ALTER EXTENSION customer_data UPDATE" to load this file. \quit

-- src/evaluation/evaluation.sql
-- How good predictions were: scores against what happened, what to do with them, and whether customers have changed.

CREATE TYPE customer_data.evaluation_summary;
COMMENT ON TYPE customer_data.evaluation_summary IS 'scores and outcomes: the distinct scores of each outcome with their counts; mergeable and exact';
CREATE FUNCTION customer_data.evaluation_summary_in(cstring) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary_in';
COMMENT ON FUNCTION customer_data.evaluation_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.evaluation_summary_out(customer_data.evaluation_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary_out';
COMMENT ON FUNCTION customer_data.evaluation_summary_out(customer_data.evaluation_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.evaluation_summary_recv(internal) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary_recv';
COMMENT ON FUNCTION customer_data.evaluation_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.evaluation_summary_send(customer_data.evaluation_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary_send';
COMMENT ON FUNCTION customer_data.evaluation_summary_send(customer_data.evaluation_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.evaluation_summary (
    INPUT = customer_data.evaluation_summary_in, OUTPUT = customer_data.evaluation_summary_out,
    RECEIVE = customer_data.evaluation_summary_recv, SEND = customer_data.evaluation_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.evaluation_agg_accum(state customer_data.evaluation_summary, score float8, label boolean) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_agg_accum';
COMMENT ON FUNCTION customer_data.evaluation_agg_accum(customer_data.evaluation_summary, float8, boolean) IS 'adds one row; transition of evaluation_agg';
CREATE FUNCTION customer_data.evaluation_agg_combine(state customer_data.evaluation_summary, summary customer_data.evaluation_summary) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_agg_combine';
COMMENT ON FUNCTION customer_data.evaluation_agg_combine(customer_data.evaluation_summary, customer_data.evaluation_summary) IS 'merges two summaries; NULL counts as empty; combine function of evaluation_agg and rollup';
CREATE FUNCTION customer_data.evaluation_agg_final(state customer_data.evaluation_summary) RETURNS customer_data.evaluation_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_agg_final';
COMMENT ON FUNCTION customer_data.evaluation_agg_final(customer_data.evaluation_summary) IS 'hands a summary on without copying it; final function of evaluation_agg and rollup';
CREATE AGGREGATE customer_data.evaluation_agg(score float8, label boolean) (
    SFUNC = customer_data.evaluation_agg_accum, STYPE = customer_data.evaluation_summary, SSPACE = 65536,
    FINALFUNC = customer_data.evaluation_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.evaluation_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.evaluation_agg(float8, boolean) IS 'scores of customers and whether it happened, one row each; a row with a NULL is skipped and counted';
CREATE AGGREGATE customer_data.rollup(summary customer_data.evaluation_summary) (
    SFUNC = customer_data.evaluation_agg_combine, STYPE = customer_data.evaluation_summary, SSPACE = 65536,
    FINALFUNC = customer_data.evaluation_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.evaluation_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.evaluation_summary) IS 'merges stored summaries of disjoint sets of rows';

CREATE FUNCTION customer_data.summary(e customer_data.evaluation_summary,
    OUT rows bigint, OUT skipped bigint, OUT positives bigint, OUT base_rate float8, OUT roc_auc float8, OUT pr_auc float8,
    OUT log_loss float8, OUT brier float8, OUT ks float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.evaluation_summary) IS 'an evaluation in one row; NULL is what is not defined, as log_loss of scores that are no probabilities';

-- One number each. Scores of roc_auc, pr_auc and ks are any numbers, those of log_loss and brier probabilities.

CREATE FUNCTION customer_data.roc_auc(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_roc_auc';
COMMENT ON FUNCTION customer_data.roc_auc(customer_data.evaluation_summary) IS 'area under the ROC curve: the chance that a positive one scores above a negative one, ties counting half; NULL without both';
CREATE FUNCTION customer_data.roc_auc_interval(e customer_data.evaluation_summary, confidence float8 DEFAULT 0.95,
    OUT auc float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_roc_auc_interval';
COMMENT ON FUNCTION customer_data.roc_auc_interval(customer_data.evaluation_summary, float8) IS 'roc_auc with its standard error and interval by DeLong; NULL with fewer than two of each';
CREATE FUNCTION customer_data.pr_auc(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_pr_auc';
COMMENT ON FUNCTION customer_data.pr_auc(customer_data.evaluation_summary) IS 'average precision: the area under the precision-recall curve in steps; NULL without a positive one';
CREATE FUNCTION customer_data.log_loss(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_log_loss';
COMMENT ON FUNCTION customer_data.log_loss(customer_data.evaluation_summary) IS 'mean of -ln(probability given to what happened); Infinity if a certainty was wrong; NULL for no rows';
CREATE FUNCTION customer_data.brier(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_brier';
COMMENT ON FUNCTION customer_data.brier(customer_data.evaluation_summary) IS 'mean squared difference of probability and outcome; NULL for no rows';
CREATE FUNCTION customer_data.ks(e customer_data.evaluation_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_ks';
COMMENT ON FUNCTION customer_data.ks(customer_data.evaluation_summary) IS 'largest distance of the shares of positive and negative ones above a score (Kolmogorov-Smirnov); NULL without both';

-- Can the probabilities be taken at their word?

CREATE FUNCTION customer_data.calibration_table(e customer_data.evaluation_summary, bins integer DEFAULT 10, method text DEFAULT 'quantile', confidence float8 DEFAULT 0.95,
    OUT bin integer, OUT low float8, OUT high float8, OUT customers bigint, OUT churners bigint, OUT predicted float8, OUT observed float8,
    OUT observed_low float8, OUT observed_high float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_evaluation_calibration_table';
COMMENT ON FUNCTION customer_data.calibration_table(customer_data.evaluation_summary, integer, text, float8) IS 'mean probability and observed rate with its Wilson interval, in bins of equally many rows (quantile) or equal width (width); equal scores share a bin';
CREATE FUNCTION customer_data.calibration_error(e customer_data.evaluation_summary, bins integer DEFAULT 10, method text DEFAULT 'quantile') RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_calibration_error';
COMMENT ON FUNCTION customer_data.calibration_error(customer_data.evaluation_summary, integer, text) IS 'expected calibration error: mean distance of predicted and observed in the bins of calibration_table; NULL for no rows';

-- Whom to choose.

CREATE FUNCTION customer_data.gain_table(e customer_data.evaluation_summary, groups integer DEFAULT 10,
    OUT decile integer, OUT customers bigint, OUT churners float8, OUT rate float8, OUT lift float8, OUT cumulative_customers bigint,
    OUT cumulative_churners float8, OUT cumulative_share float8, OUT cumulative_lift float8, OUT least_score float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_evaluation_gain_table';
COMMENT ON FUNCTION customer_data.gain_table(customer_data.evaluation_summary, integer) IS 'customers by score in equal groups, the highest first: who left, and how many times more than on average; ties that a border divides are shared out';
CREATE FUNCTION customer_data.roc_points(e customer_data.evaluation_summary,
    OUT threshold float8, OUT false_positive_rate float8, OUT true_positive_rate float8, OUT customers bigint, OUT churners bigint)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1000 AS 'MODULE_PATHNAME', 'cd_evaluation_roc_points';
COMMENT ON FUNCTION customer_data.roc_points(customer_data.evaluation_summary) IS 'the ROC curve: nobody (threshold Infinity), then those who score at least each threshold';
CREATE FUNCTION customer_data.confusion(e customer_data.evaluation_summary, threshold float8 DEFAULT 0.5,
    OUT true_positive bigint, OUT false_positive bigint, OUT true_negative bigint, OUT false_negative bigint,
    OUT "precision" float8, OUT recall float8, OUT specificity float8, OUT accuracy float8, OUT f1 float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_confusion';
COMMENT ON FUNCTION customer_data.confusion(customer_data.evaluation_summary, float8) IS 'counts of right and wrong if whoever scores at least the threshold is called positive; NULL for shares of nobody';
CREATE FUNCTION customer_data.best_threshold(e customer_data.evaluation_summary, contact_cost float8, save_value float8, save_rate float8 DEFAULT 1,
    OUT threshold float8, OUT customers bigint, OUT churners bigint, OUT contacted_share float8, OUT profit float8, OUT profit_of_all float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_evaluation_best_threshold';
COMMENT ON FUNCTION customer_data.best_threshold(customer_data.evaluation_summary, float8, float8, float8) IS 'whom to contact for the most profit: save_value * save_rate for each churner reached, less contact_cost for each customer; Infinity is nobody';

-- Parts of customers that stay the same.

CREATE FUNCTION customer_data.hash_split(key text, VARIADIC fractions float8[]) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_hash_split';
COMMENT ON FUNCTION customer_data.hash_split(text, float8[]) IS 'part of a key, from 1: a function of its SHA-256 alone; fractions are shares of the parts, what they leave is one more';

-- Whether customers have changed since.

CREATE TYPE customer_data.drift_summary;
COMMENT ON TYPE customer_data.drift_summary IS 'the distinct values of a column with their counts; mergeable and exact, to be compared with another';
CREATE FUNCTION customer_data.drift_summary_in(cstring) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary_in';
COMMENT ON FUNCTION customer_data.drift_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.drift_summary_out(customer_data.drift_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary_out';
COMMENT ON FUNCTION customer_data.drift_summary_out(customer_data.drift_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.drift_summary_recv(internal) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary_recv';
COMMENT ON FUNCTION customer_data.drift_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.drift_summary_send(customer_data.drift_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary_send';
COMMENT ON FUNCTION customer_data.drift_summary_send(customer_data.drift_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.drift_summary (
    INPUT = customer_data.drift_summary_in, OUTPUT = customer_data.drift_summary_out,
    RECEIVE = customer_data.drift_summary_recv, SEND = customer_data.drift_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.drift_agg_accum(state customer_data.drift_summary, value float8) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_agg_accum';
COMMENT ON FUNCTION customer_data.drift_agg_accum(customer_data.drift_summary, float8) IS 'adds one row; transition of drift_agg';
CREATE FUNCTION customer_data.drift_agg_combine(state customer_data.drift_summary, summary customer_data.drift_summary) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_agg_combine';
COMMENT ON FUNCTION customer_data.drift_agg_combine(customer_data.drift_summary, customer_data.drift_summary) IS 'merges two summaries; NULL counts as empty; combine function of drift_agg and rollup';
CREATE FUNCTION customer_data.drift_agg_final(state customer_data.drift_summary) RETURNS customer_data.drift_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_agg_final';
COMMENT ON FUNCTION customer_data.drift_agg_final(customer_data.drift_summary) IS 'hands a summary on without copying it; final function of drift_agg and rollup';
CREATE AGGREGATE customer_data.drift_agg(value float8) (
    SFUNC = customer_data.drift_agg_accum, STYPE = customer_data.drift_summary, SSPACE = 65536,
    FINALFUNC = customer_data.drift_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.drift_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.drift_agg(float8) IS 'values of a column, one row each; NULL is counted as missing';
CREATE AGGREGATE customer_data.rollup(summary customer_data.drift_summary) (
    SFUNC = customer_data.drift_agg_combine, STYPE = customer_data.drift_summary, SSPACE = 65536,
    FINALFUNC = customer_data.drift_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.drift_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.drift_summary) IS 'merges stored summaries of disjoint sets of rows';

CREATE FUNCTION customer_data.summary(d customer_data.drift_summary,
    OUT rows bigint, OUT missing bigint, OUT distinct_values bigint, OUT min float8, OUT max float8, OUT mean float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_drift_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.drift_summary) IS 'a column in one row: rows with and without value, distinct values, range, mean';
CREATE FUNCTION customer_data.psi(expected float8[], actual float8[]) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_psi_of_shares';
COMMENT ON FUNCTION customer_data.psi(float8[], float8[]) IS 'population stability index of shares or counts in the same bins; NULL if one has nothing';
CREATE FUNCTION customer_data.psi(expected customer_data.evaluation_summary, actual customer_data.evaluation_summary, bins integer DEFAULT 10) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_psi_of_evaluations';
COMMENT ON FUNCTION customer_data.psi(customer_data.evaluation_summary, customer_data.evaluation_summary, integer) IS 'population stability index of scores, in bins of equally many expected ones; NULL if one has no rows';
CREATE FUNCTION customer_data.psi(expected customer_data.drift_summary, actual customer_data.drift_summary, bins integer DEFAULT 10) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_psi_of_drifts';
COMMENT ON FUNCTION customer_data.psi(customer_data.drift_summary, customer_data.drift_summary, integer) IS 'population stability index of a column, in bins of equally many expected values and one of missing ones; NULL if one has no rows';
CREATE FUNCTION customer_data.ks(expected customer_data.drift_summary, actual customer_data.drift_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_ks_of_drifts';
COMMENT ON FUNCTION customer_data.ks(customer_data.drift_summary, customer_data.drift_summary) IS 'largest distance of two distribution functions (Kolmogorov-Smirnov), 0 to 1; NULL if one has no values';
CREATE FUNCTION customer_data.drift(expected customer_data.dataset, actual customer_data.dataset, bins integer DEFAULT 10,
    OUT feature text, OUT kind text, OUT psi float8, OUT ks float8, OUT missing_expected bigint, OUT missing_actual bigint, OUT verdict text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_drift_of_datasets';
COMMENT ON FUNCTION customer_data.drift(customer_data.dataset, customer_data.dataset, integer) IS 'how each feature has changed between two datasets: population stability index, ks of numbers, missing rows; verdict stable (psi below 0.1), moderate (below 0.25) or major';

-- src/survival/cox.sql
-- Who leaves sooner: proportional hazards.

CREATE TYPE customer_data.cox_model;
COMMENT ON TYPE customer_data.cox_model IS 'proportional hazards found by cox_fit: coefficients and the course of the hazard; no rows of the data';

CREATE FUNCTION customer_data.cox_model_in(cstring) RETURNS customer_data.cox_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_in';
COMMENT ON FUNCTION customer_data.cox_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.cox_model_out(customer_data.cox_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_out';
COMMENT ON FUNCTION customer_data.cox_model_out(customer_data.cox_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.cox_model_recv(internal) RETURNS customer_data.cox_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_recv';
COMMENT ON FUNCTION customer_data.cox_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.cox_model_send(customer_data.cox_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_send';
COMMENT ON FUNCTION customer_data.cox_model_send(customer_data.cox_model) IS 'binary output with a version byte';

CREATE TYPE customer_data.cox_model (
    INPUT = customer_data.cox_model_in, OUTPUT = customer_data.cox_model_out, RECEIVE = customer_data.cox_model_recv, SEND = customer_data.cox_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.cox_model_to_jsonb(model customer_data.cox_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_model_to_jsonb';
COMMENT ON FUNCTION customer_data.cox_model_to_jsonb(customer_data.cox_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.cox_model AS jsonb) WITH FUNCTION customer_data.cox_model_to_jsonb(customer_data.cox_model);
COMMENT ON CAST (customer_data.cox_model AS jsonb) IS 'a model for reading and for other programs';

CREATE FUNCTION customer_data.cox_fit(d customer_data.dataset, duration text DEFAULT 'duration', entry text DEFAULT '', ties text DEFAULT 'efron', l2 float8 DEFAULT 0, max_iterations integer DEFAULT 30, tolerance float8 DEFAULT 1e-9) RETURNS customer_data.cox_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_fit';
COMMENT ON FUNCTION customer_data.cox_fit(customer_data.dataset, text, text, text, float8, integer, float8) IS 'how much each feature multiplies the rate at which customers depart; the label of the dataset says who departed, duration and entry are names of its columns; ties is efron or breslow, l2 a ridge penalty on scaled coefficients';
CREATE FUNCTION customer_data.coefficients(model customer_data.cox_model, confidence float8 DEFAULT 0.95,
    OUT name text, OUT estimate float8, OUT std_error float8, OUT z float8, OUT p_value float8, OUT hazard_ratio float8, OUT low float8, OUT high float8, OUT status text) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_cox_coefficients';
COMMENT ON FUNCTION customer_data.coefficients(customer_data.cox_model, float8) IS 'coefficients and hazard ratios with their interval; status is estimated, aliased (a constant, or told by the columns before it: NULL) or infinite';
CREATE FUNCTION customer_data.summary(model customer_data.cox_model,
    OUT rows bigint, OUT skipped bigint, OUT events bigint, OUT ties text, OUT log_likelihood_null float8, OUT log_likelihood float8, OUT chi_square float8, OUT degrees_of_freedom float8,
    OUT p_value float8, OUT log10_p float8, OUT concordance float8, OUT iterations bigint, OUT converged boolean)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.cox_model) IS 'a model in one row: rows used and skipped, likelihood ratio test of all terms, and concordance (how often the one with the higher risk departs first)';
CREATE FUNCTION customer_data.cox_ph_test(model customer_data.cox_model,
    OUT name text, OUT chi_square float8, OUT degrees_of_freedom integer, OUT p_value float8, OUT log10_p float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_cox_ph_test';
COMMENT ON FUNCTION customer_data.cox_ph_test(customer_data.cox_model) IS 'whether hazards are proportional: a small p_value says that the effect of a term changes with time; NULL with l2 and where there is no test';
CREATE FUNCTION customer_data.cox_baseline(model customer_data.cox_model, at text DEFAULT 'mean', allow_unconverged boolean DEFAULT false,
    OUT "time" float8, OUT cumulative_hazard float8, OUT survival float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'cd_cox_baseline';
COMMENT ON FUNCTION customer_data.cox_baseline(customer_data.cox_model, text, boolean) IS 'course of the hazard of a customer who has the mean of every term, or 0 in every term with at => ''zero''';
CREATE FUNCTION customer_data.cox_risk(model customer_data.cox_model, features record, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_risk_row';
COMMENT ON FUNCTION customer_data.cox_risk(customer_data.cox_model, record, boolean) IS 'how many times the rate of the mean customer a row departs at; its row is matched by the names of its columns; NULL if a feature is missing or of an unknown value';
CREATE FUNCTION customer_data.cox_risk(model customer_data.cox_model, features float8[], allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_risk_array';
COMMENT ON FUNCTION customer_data.cox_risk(customer_data.cox_model, float8[], boolean) IS 'how many times the rate of the mean customer a row departs at; its features are in the order of the model; NULL if one is missing';
CREATE FUNCTION customer_data.cox_survival(model customer_data.cox_model, features record, horizon float8, since float8 DEFAULT 0, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_survival_row';
COMMENT ON FUNCTION customer_data.cox_survival(customer_data.cox_model, record, float8, float8, boolean) IS 'probability to be still there after horizon, of one who was after since; its row is matched by the names of its columns; NULL beyond the longest duration, and where cox_risk is';
CREATE FUNCTION customer_data.cox_survival(model customer_data.cox_model, features float8[], horizon float8, since float8 DEFAULT 0, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_cox_survival_array';
COMMENT ON FUNCTION customer_data.cox_survival(customer_data.cox_model, float8[], float8, float8, boolean) IS 'probability to be still there after horizon, of one who was after since; its features are in the order of the model; NULL beyond the longest duration, and where cox_risk is';

-- src/survival/survival.sql
-- When customers leave: counts of durations, known and not yet known, as a value, and what they say.

CREATE TYPE customer_data.survival_summary;
COMMENT ON TYPE customer_data.survival_summary IS 'how long customers stayed, as far as it is known: distinct durations with their counts of events, censored rows and late entries; mergeable and exact';
CREATE FUNCTION customer_data.survival_summary_in(cstring) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_summary_in';
COMMENT ON FUNCTION customer_data.survival_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.survival_summary_out(customer_data.survival_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_summary_out';
COMMENT ON FUNCTION customer_data.survival_summary_out(customer_data.survival_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.survival_summary_recv(internal) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_summary_recv';
COMMENT ON FUNCTION customer_data.survival_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.survival_summary_send(customer_data.survival_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_summary_send';
COMMENT ON FUNCTION customer_data.survival_summary_send(customer_data.survival_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.survival_summary (
    INPUT = customer_data.survival_summary_in, OUTPUT = customer_data.survival_summary_out,
    RECEIVE = customer_data.survival_summary_recv, SEND = customer_data.survival_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

CREATE FUNCTION customer_data.survival_agg_accum(state customer_data.survival_summary, duration float8, event boolean) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_agg_accum';
COMMENT ON FUNCTION customer_data.survival_agg_accum(customer_data.survival_summary, float8, boolean) IS 'adds one customer; transition of survival_agg';
CREATE FUNCTION customer_data.survival_agg_accum(state customer_data.survival_summary, duration float8, event boolean, entry float8) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_agg_accum';
COMMENT ON FUNCTION customer_data.survival_agg_accum(customer_data.survival_summary, float8, boolean, float8) IS 'adds one customer; transition of survival_agg';
CREATE FUNCTION customer_data.survival_agg_combine(state customer_data.survival_summary, summary customer_data.survival_summary)
    RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_agg_combine';
COMMENT ON FUNCTION customer_data.survival_agg_combine(customer_data.survival_summary, customer_data.survival_summary) IS 'merges two summaries; NULL counts as empty; combine function of survival_agg and rollup';
CREATE FUNCTION customer_data.survival_agg_final(state customer_data.survival_summary) RETURNS customer_data.survival_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_agg_final';
COMMENT ON FUNCTION customer_data.survival_agg_final(customer_data.survival_summary) IS 'hands a summary on without copying it; final function of survival_agg and rollup';
CREATE AGGREGATE customer_data.survival_agg(duration float8, event boolean) (
    SFUNC = customer_data.survival_agg_accum, STYPE = customer_data.survival_summary, SSPACE = 65536,
    FINALFUNC = customer_data.survival_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.survival_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.survival_agg(float8, boolean) IS 'one row per customer: how long, and whether that ended (true) or goes on (false, censored); NULL rows are skipped and counted';
CREATE AGGREGATE customer_data.survival_agg(duration float8, event boolean, entry float8) (
    SFUNC = customer_data.survival_agg_accum, STYPE = customer_data.survival_summary, SSPACE = 65536,
    FINALFUNC = customer_data.survival_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.survival_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.survival_agg(float8, boolean, float8) IS 'the same, with the age at which a customer was first seen (left truncation), 0 for those seen from the beginning';
CREATE AGGREGATE customer_data.rollup(summary customer_data.survival_summary) (
    SFUNC = customer_data.survival_agg_combine, STYPE = customer_data.survival_summary, SSPACE = 65536,
    FINALFUNC = customer_data.survival_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.survival_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.survival_summary) IS 'merges stored summaries of disjoint sets of customers';

CREATE FUNCTION customer_data.survival_curve(s customer_data.survival_summary, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT "time" float8, OUT at_risk bigint, OUT events bigint, OUT censored bigint, OUT survival float8, OUT std_error float8, OUT low float8, OUT high float8,
    OUT cumulative_hazard float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'cd_survival_curve';
COMMENT ON FUNCTION customer_data.survival_curve(customer_data.survival_summary, float8, text) IS 'share of customers who are still there after each time (Kaplan-Meier) with standard error (Greenwood) and interval (log-log, log or plain), and the cumulative hazard (Nelson-Aalen)';
CREATE FUNCTION customer_data.survival_at(s customer_data.survival_summary, duration float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_at';
COMMENT ON FUNCTION customer_data.survival_at(customer_data.survival_summary, float8) IS 'share of customers who are still there after this duration; NULL beyond the longest one, unless nobody is left';
CREATE FUNCTION customer_data.survival_at_interval(s customer_data.survival_summary, duration float8, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT survival float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_at_interval';
COMMENT ON FUNCTION customer_data.survival_at_interval(customer_data.survival_summary, float8, float8, text) IS 'survival_at with standard error and interval';
CREATE FUNCTION customer_data.survival_median(s customer_data.survival_summary) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_median';
COMMENT ON FUNCTION customer_data.survival_median(customer_data.survival_summary) IS 'duration after which half of the customers have departed; NULL if that is not seen';
CREATE FUNCTION customer_data.survival_median_interval(s customer_data.survival_summary, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT median float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_median_interval';
COMMENT ON FUNCTION customer_data.survival_median_interval(customer_data.survival_summary, float8, text) IS 'survival_median with its interval (Brookmeyer and Crowley); NULL for an end that is not seen';
CREATE FUNCTION customer_data.survival_quantile(s customer_data.survival_summary, probability float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_quantile';
COMMENT ON FUNCTION customer_data.survival_quantile(customer_data.survival_summary, float8) IS 'duration after which this share of the customers has departed; NULL if that is not seen';
CREATE FUNCTION customer_data.survival_quantile_interval(s customer_data.survival_summary, probability float8, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT quantile float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_quantile_interval';
COMMENT ON FUNCTION customer_data.survival_quantile_interval(customer_data.survival_summary, float8, float8, text) IS 'survival_quantile with its interval (Brookmeyer and Crowley); NULL for an end that is not seen';
CREATE FUNCTION customer_data.survival_rmst(s customer_data.survival_summary, horizon float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_rmst';
COMMENT ON FUNCTION customer_data.survival_rmst(customer_data.survival_summary, float8) IS 'mean duration up to a horizon (restricted mean survival time), for instance customer months within the first year; NULL beyond the longest duration, unless nobody is left';
CREATE FUNCTION customer_data.survival_rmst_interval(s customer_data.survival_summary, horizon float8, confidence float8 DEFAULT 0.95,
    OUT mean float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_rmst_interval';
COMMENT ON FUNCTION customer_data.survival_rmst_interval(customer_data.survival_summary, float8, float8) IS 'survival_rmst with standard error and interval';
CREATE FUNCTION customer_data.summary(s customer_data.survival_summary, confidence float8 DEFAULT 0.95, method text DEFAULT 'log-log',
    OUT rows bigint, OUT skipped bigint, OUT events bigint, OUT censored bigint, OUT late_entries bigint, OUT median float8, OUT low float8, OUT high float8, OUT longest float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_survival_describe';
COMMENT ON FUNCTION customer_data.summary(customer_data.survival_summary, float8, text) IS 'a survival_summary in one row: its rows, the median with its interval, and the longest duration';

CREATE FUNCTION customer_data.logrank(summaries customer_data.survival_summary[], rho float8 DEFAULT 0,
    OUT groups integer, OUT rows bigint, OUT events bigint, OUT chi_square float8, OUT degrees_of_freedom integer, OUT p_value float8, OUT log10_p float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_logrank';
COMMENT ON FUNCTION customer_data.logrank(customer_data.survival_summary[], float8) IS 'whether groups of customers stay equally long: log-rank test, with rho => 1 that of Peto and Peto, which looks more at the early times; log10_p where p_value is below every number';
CREATE FUNCTION customer_data.logrank_table(group_names text[], summaries customer_data.survival_summary[], rho float8 DEFAULT 0,
    OUT group_name text, OUT rows bigint, OUT events bigint, OUT observed float8, OUT expected float8, OUT ratio float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_logrank_table';
COMMENT ON FUNCTION customer_data.logrank_table(text[], customer_data.survival_summary[], float8) IS 'what the log-rank test compares: events of each group, those expected if groups did not matter, and their ratio';

-- src/churn/churn.sql
-- Models that say who will leave, and why: fitted from a dataset with a label.

CREATE TYPE customer_data.churn_model;
COMMENT ON TYPE customer_data.churn_model IS 'a model fitted by churn_fit: what it needs to predict and to explain; no rows of the data';

CREATE FUNCTION customer_data.churn_model_in(cstring) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_in';
COMMENT ON FUNCTION customer_data.churn_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.churn_model_out(customer_data.churn_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_out';
COMMENT ON FUNCTION customer_data.churn_model_out(customer_data.churn_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.churn_model_recv(internal) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_recv';
COMMENT ON FUNCTION customer_data.churn_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.churn_model_send(customer_data.churn_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_send';
COMMENT ON FUNCTION customer_data.churn_model_send(customer_data.churn_model) IS 'binary output with a version byte';

CREATE TYPE customer_data.churn_model (
    INPUT = customer_data.churn_model_in, OUTPUT = customer_data.churn_model_out, RECEIVE = customer_data.churn_model_recv, SEND = customer_data.churn_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = external
);

CREATE FUNCTION customer_data.churn_model_to_jsonb(model customer_data.churn_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_to_jsonb';
COMMENT ON FUNCTION customer_data.churn_model_to_jsonb(customer_data.churn_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.churn_model AS jsonb) WITH FUNCTION customer_data.churn_model_to_jsonb(customer_data.churn_model);
COMMENT ON CAST (customer_data.churn_model AS jsonb) IS 'a model for reading and for other programs; nothing of it is lost';
CREATE FUNCTION customer_data.churn_model_from_jsonb(model jsonb) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_model_from_jsonb';
COMMENT ON FUNCTION customer_data.churn_model_from_jsonb(jsonb) IS 'a model from what the cast to jsonb made, checked completely; the function of the cast from jsonb';
CREATE CAST (jsonb AS customer_data.churn_model) WITH FUNCTION customer_data.churn_model_from_jsonb(jsonb);
COMMENT ON CAST (jsonb AS customer_data.churn_model) IS 'a model from what the cast to jsonb made';

CREATE FUNCTION customer_data.churn_fit(d customer_data.dataset, algorithm text DEFAULT 'boosting',
    trees integer DEFAULT NULL, leaves integer DEFAULT NULL, depth integer DEFAULT NULL, learning_rate float8 DEFAULT NULL,
    min_leaf float8 DEFAULT NULL, min_split float8 DEFAULT NULL, subsample float8 DEFAULT NULL, feature_fraction float8 DEFAULT NULL,
    l1 float8 DEFAULT NULL, l2 float8 DEFAULT NULL, firth boolean DEFAULT NULL, complexity float8 DEFAULT NULL,
    max_iterations integer DEFAULT NULL, early_stopping boolean DEFAULT NULL,
    monotone jsonb DEFAULT NULL, calibrate text DEFAULT NULL, seed bigint DEFAULT 0) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_fit';
COMMENT ON FUNCTION customer_data.churn_fit(customer_data.dataset, text, integer, integer, integer, float8, float8, float8, float8, float8, float8, float8, boolean, float8, integer, boolean, jsonb, text, bigint)
    IS 'a model of the label of a dataset by boosting, forest, tree or logistic; an option that is NULL is as the algorithm has it, and one that it does not have is refused';

CREATE FUNCTION customer_data.summary(model customer_data.churn_model,
    OUT algorithm text, OUT label text, OUT rows bigint, OUT base_rate float8, OUT features integer, OUT trees integer, OUT leaves bigint,
    OUT log_likelihood float8, OUT null_log_likelihood float8, OUT aic float8, OUT held_out_rows bigint, OUT held_out_log_loss float8,
    OUT calibration text, OUT iterations bigint, OUT converged boolean, OUT separating text[], OUT options jsonb)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.churn_model) IS 'how a model was fitted, and how well; NULL for what its algorithm does not have';
CREATE FUNCTION customer_data.coefficients(model customer_data.churn_model,
    OUT name text, OUT estimate float8, OUT std_error float8, OUT z float8, OUT p_value float8, OUT odds_ratio float8, OUT vif float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_churn_coefficients';
COMMENT ON FUNCTION customer_data.coefficients(customer_data.churn_model) IS 'the coefficients of a logistic regression, the intercept first; NULL for a column that those before it determine';
CREATE FUNCTION customer_data.feature_importance(model customer_data.churn_model,
    OUT feature text, OUT importance float8, OUT splits bigint) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'cd_churn_importance';
COMMENT ON FUNCTION customer_data.feature_importance(customer_data.churn_model) IS 'how much a model uses each feature, the largest first, together 1: by gain of its splits, or by standard deviation of what it adds to the log-odds';

CREATE FUNCTION customer_data.predict(model customer_data.churn_model, features record, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_churn_predict_row';
COMMENT ON FUNCTION customer_data.predict(customer_data.churn_model, record, boolean) IS 'how probable it is that a customer leaves; his row is matched by the names of its columns';
CREATE FUNCTION customer_data.predict(model customer_data.churn_model, features float8[], allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_churn_predict_array';
COMMENT ON FUNCTION customer_data.predict(customer_data.churn_model, float8[], boolean) IS 'how probable it is that a customer leaves; his features are in the order of the model';

CREATE FUNCTION customer_data.explain(model customer_data.churn_model, features record, top integer DEFAULT 3, allow_unconverged boolean DEFAULT false,
    OUT feature text, OUT value text, OUT contribution float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'cd_churn_explain_row';
COMMENT ON FUNCTION customer_data.explain(customer_data.churn_model, record, integer, boolean) IS 'what a prediction comes from, in log-odds: the features that matter most, then (other features) and (baseline); all together are the log-odds that predict has';
CREATE FUNCTION customer_data.explain(model customer_data.churn_model, features float8[], top integer DEFAULT 3, allow_unconverged boolean DEFAULT false,
    OUT feature text, OUT value text, OUT contribution float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 5 AS 'MODULE_PATHNAME', 'cd_churn_explain_array';
COMMENT ON FUNCTION customer_data.explain(customer_data.churn_model, float8[], integer, boolean) IS 'what a prediction comes from, in log-odds; the features are in the order of the model';

CREATE FUNCTION customer_data.tree_rules(model customer_data.churn_model,
    OUT rule text, OUT rows float8, OUT rate float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_churn_tree_rules';
COMMENT ON FUNCTION customer_data.tree_rules(customer_data.churn_model) IS 'the leaves of a single tree as conditions to read, the highest rate first, with the rows of the fit that came there';
CREATE FUNCTION customer_data.tree_sql(model customer_data.churn_model) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_tree_sql';
COMMENT ON FUNCTION customer_data.tree_sql(customer_data.churn_model) IS 'a single tree as one CASE expression over columns of its names: the same probability as predict, without the extension';

CREATE FUNCTION customer_data.tree_sql(model customer_data.churn_model, features record) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_tree_sql_row';
COMMENT ON FUNCTION customer_data.tree_sql(customer_data.churn_model, record) IS 'the same for columns of the types of this row: booleans, dates and times are read as the numbers that a dataset has of them';

CREATE FUNCTION customer_data.calibrate(model customer_data.churn_model, e customer_data.evaluation_summary) RETURNS customer_data.churn_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_churn_calibrate';
COMMENT ON FUNCTION customer_data.calibrate(customer_data.churn_model, customer_data.evaluation_summary) IS 'the model with its probabilities fitted to the outcomes of another population, as evaluation_agg(predict(model, row), outcome) has them; the order of customers stays';

CREATE FUNCTION customer_data.cross_validate(d customer_data.dataset, folds integer DEFAULT 5, algorithm text DEFAULT 'boosting',
    trees integer DEFAULT NULL, leaves integer DEFAULT NULL, depth integer DEFAULT NULL, learning_rate float8 DEFAULT NULL,
    min_leaf float8 DEFAULT NULL, min_split float8 DEFAULT NULL, subsample float8 DEFAULT NULL, feature_fraction float8 DEFAULT NULL,
    l1 float8 DEFAULT NULL, l2 float8 DEFAULT NULL, firth boolean DEFAULT NULL, complexity float8 DEFAULT NULL,
    max_iterations integer DEFAULT NULL, early_stopping boolean DEFAULT NULL,
    monotone jsonb DEFAULT NULL, calibrate text DEFAULT NULL, seed bigint DEFAULT 0,
    OUT fold integer, OUT rows bigint, OUT positives bigint, OUT roc_auc float8, OUT pr_auc float8, OUT log_loss float8, OUT brier float8, OUT ks float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME', 'cd_churn_cross_validate';
COMMENT ON FUNCTION customer_data.cross_validate(customer_data.dataset, integer, text, integer, integer, integer, float8, float8, float8, float8, float8, float8, float8, boolean, float8, integer, boolean, jsonb, text, bigint)
    IS 'the metrics of each part of a dataset under a model that was fitted from the other parts; options as in churn_fit';

-- src/churn/churn_observations.sql
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

-- src/churn/churn_rate.sql
-- Churn and retention of subscriptions.

CREATE FUNCTION customer_data.churn_rate(subscriptions text, every interval DEFAULT '1 month', since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL,
        OUT period_start timestamptz, OUT period_end timestamptz,
        OUT customers_at_start bigint, OUT churned_customers bigint, OUT new_customers bigint, OUT customers_at_end bigint, OUT churn_rate float8,
        OUT revenue_at_start float8, OUT churned_revenue float8, OUT contraction float8, OUT expansion float8, OUT new_revenue float8, OUT revenue_at_end float8,
        OUT net_revenue_retention float8, OUT gross_revenue_retention float8)
    RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL UNSAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'cd_churn_rate';
COMMENT ON FUNCTION customer_data.churn_rate(text, interval, timestamptz, timestamptz) IS 'churn of customers, net and gross retention of revenue from each date to the next; subscriptions is a query of (customer_id, starts_at, ends_at [, amount])';

-- src/churn/model_setup.sql
-- A registry of models: rows of customer_store.model, in the form that does not depend on the extension being there.

CREATE FUNCTION customer_data.model_setup() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'cd_model_setup';
COMMENT ON FUNCTION customer_data.model_setup() IS 'makes customer_store.model for saved models and their versions; harmless to repeat';

CREATE FUNCTION customer_data.model_save(name text, model customer_data.churn_model, note text DEFAULT NULL, query text DEFAULT NULL, metrics jsonb DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_model_save';
COMMENT ON FUNCTION customer_data.model_save(text, customer_data.churn_model, text, text, jsonb) IS 'keeps a model under a name, as its next version, which is returned; query and metrics say what it was fitted from and how good it was';
CREATE FUNCTION customer_data.model(name text, version integer DEFAULT NULL) RETURNS customer_data.churn_model
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_model';
COMMENT ON FUNCTION customer_data.model(text, integer) IS 'a saved model, the newest unless a version is given; call it in FROM, so that it is read once';
