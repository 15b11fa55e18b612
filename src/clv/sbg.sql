-- How long customers with a contract will renew it.

CREATE TYPE customer_data.sbg_model;
COMMENT ON TYPE customer_data.sbg_model IS 'model of contracts that are renewed or not: shifted beta-geometric';
CREATE FUNCTION customer_data.sbg_model_in(cstring) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_in';
COMMENT ON FUNCTION customer_data.sbg_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.sbg_model_out(customer_data.sbg_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_out';
COMMENT ON FUNCTION customer_data.sbg_model_out(customer_data.sbg_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.sbg_model_recv(internal) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_recv';
COMMENT ON FUNCTION customer_data.sbg_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.sbg_model_send(customer_data.sbg_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_send';
COMMENT ON FUNCTION customer_data.sbg_model_send(customer_data.sbg_model) IS 'binary output with a version byte';
CREATE TYPE customer_data.sbg_model (
    INPUT = customer_data.sbg_model_in, OUTPUT = customer_data.sbg_model_out, RECEIVE = customer_data.sbg_model_recv, SEND = customer_data.sbg_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
CREATE FUNCTION customer_data.sbg_model_to_jsonb(model customer_data.sbg_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_to_jsonb';
COMMENT ON FUNCTION customer_data.sbg_model_to_jsonb(customer_data.sbg_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.sbg_model AS jsonb) WITH FUNCTION customer_data.sbg_model_to_jsonb(customer_data.sbg_model);
COMMENT ON CAST (customer_data.sbg_model AS jsonb) IS 'a model for reading and for other programs; nothing of it is lost';
CREATE FUNCTION customer_data.sbg_model_from_jsonb(model jsonb) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_model_from_jsonb';
COMMENT ON FUNCTION customer_data.sbg_model_from_jsonb(jsonb) IS 'a model from what the cast to jsonb made, checked completely; the function of the cast from jsonb';
CREATE CAST (jsonb AS customer_data.sbg_model) WITH FUNCTION customer_data.sbg_model_from_jsonb(jsonb);
COMMENT ON CAST (jsonb AS customer_data.sbg_model) IS 'a model from what the cast to jsonb made';

CREATE FUNCTION customer_data.sbg_fit(s customer_data.survival_summary, unit interval, max_iterations integer DEFAULT 200) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_fit_summary';
COMMENT ON FUNCTION customer_data.sbg_fit(customer_data.survival_summary, interval, integer) IS 'fits a model of renewals by maximum likelihood: durations count renewals, an event at t is a customer who left at the t-th, one without had renewed t times; unit is the time between renewals';
CREATE FUNCTION customer_data.sbg_fit(survivors bigint[], unit interval, max_iterations integer DEFAULT 200) RETURNS customer_data.sbg_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_fit_survivors';
COMMENT ON FUNCTION customer_data.sbg_fit(bigint[], interval, integer) IS 'fits a model of renewals by maximum likelihood: survivors are how many customers there were at first, after one renewal, after two, and so on';
CREATE FUNCTION customer_data.summary(model customer_data.sbg_model, confidence float8 DEFAULT 0.95,
    OUT part text, OUT parameter text, OUT estimate float8, OUT std_error float8, OUT low float8, OUT high float8, OUT log_likelihood float8, OUT aic float8, OUT bic float8,
    OUT customers bigint, OUT iterations bigint, OUT converged boolean, OUT remark text) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 2 AS 'MODULE_PATHNAME', 'cd_sbg_model_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.sbg_model, float8) IS 'parameters of a model with standard errors and intervals, its likelihood, and whether it converged';
CREATE FUNCTION customer_data.sbg_survival(model customer_data.sbg_model, renewals integer, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_survival';
COMMENT ON FUNCTION customer_data.sbg_survival(customer_data.sbg_model, integer, boolean) IS 'share of new customers who will renew so many times at least';
CREATE FUNCTION customer_data.sbg_retention(model customer_data.sbg_model, renewal integer, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_retention';
COMMENT ON FUNCTION customer_data.sbg_retention(customer_data.sbg_model, integer, boolean) IS 'share of the customers who come as far as this renewal and make it; it rises, for those who leave easily have left';
CREATE FUNCTION customer_data.sbg_renewals(model customer_data.sbg_model, renewed integer, ahead integer, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_renewals';
COMMENT ON FUNCTION customer_data.sbg_renewals(customer_data.sbg_model, integer, integer, boolean) IS 'expected renewals of a customer, who has made so many, at so many occasions ahead';
CREATE FUNCTION customer_data.sbg_residual_renewals(model customer_data.sbg_model, renewed integer, discount_rate float8 DEFAULT 0.1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_sbg_residual_renewals';
COMMENT ON FUNCTION customer_data.sbg_residual_renewals(customer_data.sbg_model, integer, float8, boolean) IS 'expected renewals of a customer, who has made so many, at all occasions ahead, the next one in full and later ones discounted at a rate per year (DERL)';
