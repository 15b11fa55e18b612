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
