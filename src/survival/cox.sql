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
