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
