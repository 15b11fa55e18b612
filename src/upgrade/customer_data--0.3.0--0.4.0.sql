\echo Use "ALTER EXTENSION customer_data UPDATE" to load this file. \quit

-- src/dataset/dataset.sql: whose row it is
CREATE FUNCTION customer_data.dataset_agg_accum(state customer_data.dataset, features record, label text, weight text, ignore text[], customer text) RETURNS customer_data.dataset
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_agg_row';
COMMENT ON FUNCTION customer_data.dataset_agg_accum(customer_data.dataset, record, text, text, text[], text) IS 'adds one row to a dataset; transition of dataset_agg';
CREATE AGGREGATE customer_data.dataset_agg(features record, label text, weight text, ignore text[], customer text) (
    SFUNC = customer_data.dataset_agg_accum, STYPE = customer_data.dataset, SSPACE = 1048576,
    FINALFUNC = customer_data.dataset_agg_final, FINALFUNC_MODIFY = READ_ONLY, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.dataset_agg(record, text, text, text[], text) IS 'the same, with the column that says whose row it is: models hold out all rows of a customer together; kept as a hash';

CREATE FUNCTION customer_data.dataset_customer(d customer_data.dataset) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_dataset_customer';
COMMENT ON FUNCTION customer_data.dataset_customer(customer_data.dataset) IS 'name of the column that says whose row it is; NULL if there is none';


-- src/clv/clv.sql
-- What customers without a contract will buy and are worth: customers gathered for a model, and its fit.

CREATE TYPE customer_data.clv_summary;
COMMENT ON TYPE customer_data.clv_summary IS 'customers for a model of their purchases: distinct histories with counts, average amounts of repeat buyers, purchases by day, and the unit of time; mergeable and exact. Personal data: histories and amounts of single customers stand in it';
CREATE FUNCTION customer_data.clv_summary_in(cstring) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_in';
COMMENT ON FUNCTION customer_data.clv_summary_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.clv_summary_out(customer_data.clv_summary) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_out';
COMMENT ON FUNCTION customer_data.clv_summary_out(customer_data.clv_summary) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.clv_summary_recv(internal) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_recv';
COMMENT ON FUNCTION customer_data.clv_summary_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.clv_summary_send(customer_data.clv_summary) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_send';
COMMENT ON FUNCTION customer_data.clv_summary_send(customer_data.clv_summary) IS 'binary output with a version byte';
CREATE TYPE customer_data.clv_summary (
    INPUT = customer_data.clv_summary_in, OUTPUT = customer_data.clv_summary_out, RECEIVE = customer_data.clv_summary_recv, SEND = customer_data.clv_summary_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);

-- A date is that UTC day. Amounts and histories come from summaries, or as numbers.

CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of timestamptz, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_timestamptz';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, timestamptz, interval) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of date, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_date';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, date, interval) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, x float8, t_x float8, t float8, average float8, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_numbers';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, float8, float8, float8, float8, interval) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of timestamptz, unit interval, holdout customer_data.purchase_summary, holdout_until timestamptz) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_timestamptz';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, timestamptz, interval, customer_data.purchase_summary, timestamptz) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of date, unit interval, holdout customer_data.purchase_summary, holdout_until date) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_date';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, date, interval, customer_data.purchase_summary, date) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_agg_accum(state customer_data.clv_summary, x float8, t_x float8, t float8, average float8, unit interval, holdout_x float8, holdout_t float8) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_accum_numbers';
COMMENT ON FUNCTION customer_data.clv_agg_accum(customer_data.clv_summary, float8, float8, float8, float8, interval, float8, float8) IS 'adds one customer; transition of clv_agg';
CREATE FUNCTION customer_data.clv_opportunity_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of timestamptz, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunity_agg_accum_timestamptz';
COMMENT ON FUNCTION customer_data.clv_opportunity_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, timestamptz, interval) IS 'adds one customer; transition of clv_opportunity_agg';
CREATE FUNCTION customer_data.clv_opportunity_agg_accum(state customer_data.clv_summary, s customer_data.purchase_summary, as_of date, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunity_agg_accum_date';
COMMENT ON FUNCTION customer_data.clv_opportunity_agg_accum(customer_data.clv_summary, customer_data.purchase_summary, date, interval) IS 'adds one customer; transition of clv_opportunity_agg';
CREATE FUNCTION customer_data.clv_opportunity_agg_accum(state customer_data.clv_summary, x float8, t_x float8, t float8, average float8, unit interval) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunity_agg_accum_numbers';
COMMENT ON FUNCTION customer_data.clv_opportunity_agg_accum(customer_data.clv_summary, float8, float8, float8, float8, interval) IS 'adds one customer; transition of clv_opportunity_agg';
CREATE FUNCTION customer_data.clv_agg_combine(state customer_data.clv_summary, summary customer_data.clv_summary) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_combine';
COMMENT ON FUNCTION customer_data.clv_agg_combine(customer_data.clv_summary, customer_data.clv_summary) IS 'merges two summaries; NULL counts as empty; combine function of clv_agg and rollup';
CREATE FUNCTION customer_data.clv_agg_final(state customer_data.clv_summary) RETURNS customer_data.clv_summary
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_agg_final';
COMMENT ON FUNCTION customer_data.clv_agg_final(customer_data.clv_summary) IS 'hands a summary on without copying it; final function of clv_agg and rollup';

CREATE AGGREGATE customer_data.clv_agg(s customer_data.purchase_summary, as_of timestamptz, unit interval) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(customer_data.purchase_summary, timestamptz, interval) IS 'gathers customers for a model, one row each: their purchases up to and with as_of, times counted in units';
CREATE AGGREGATE customer_data.clv_agg(s customer_data.purchase_summary, as_of date, unit interval) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(customer_data.purchase_summary, date, interval) IS 'gathers customers for a model, one row each: their purchases up to and with as_of, times counted in units';
CREATE AGGREGATE customer_data.clv_agg(x float8, t_x float8, t float8, average float8, unit interval) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(float8, float8, float8, float8, interval) IS 'gathers customers from numbers: repeat purchases, time of the last one and of the end of what is known, both since the first purchase and in units, and the average amount of a repeat purchase';
CREATE AGGREGATE customer_data.clv_agg(s customer_data.purchase_summary, as_of timestamptz, unit interval, holdout customer_data.purchase_summary, holdout_until timestamptz) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(customer_data.purchase_summary, timestamptz, interval, customer_data.purchase_summary, timestamptz) IS 'gathers customers with a hold-out, on which models can be compared: purchases after as_of, up to and with holdout_until';
CREATE AGGREGATE customer_data.clv_agg(s customer_data.purchase_summary, as_of date, unit interval, holdout customer_data.purchase_summary, holdout_until date) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(customer_data.purchase_summary, date, interval, customer_data.purchase_summary, date) IS 'gathers customers with a hold-out, on which models can be compared: purchases after as_of, up to and with holdout_until';
CREATE AGGREGATE customer_data.clv_agg(x float8, t_x float8, t float8, average float8, unit interval, holdout_x float8, holdout_t float8) (
    SFUNC = customer_data.clv_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_agg(float8, float8, float8, float8, interval, float8, float8) IS 'gathers customers from numbers, with holdout_x purchases in a hold-out that is holdout_t units long';
CREATE AGGREGATE customer_data.clv_opportunity_agg(s customer_data.purchase_summary, as_of timestamptz, unit interval) (
    SFUNC = customer_data.clv_opportunity_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_opportunity_agg(customer_data.purchase_summary, timestamptz, interval) IS 'gathers customers for model bg/bb, one row each: which of the periods of one unit that followed the first purchase had one';
CREATE AGGREGATE customer_data.clv_opportunity_agg(s customer_data.purchase_summary, as_of date, unit interval) (
    SFUNC = customer_data.clv_opportunity_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_opportunity_agg(customer_data.purchase_summary, date, interval) IS 'gathers customers for model bg/bb, one row each: which of the periods of one unit that followed the first purchase had one';
CREATE AGGREGATE customer_data.clv_opportunity_agg(x float8, t_x float8, t float8, average float8, unit interval) (
    SFUNC = customer_data.clv_opportunity_agg_accum, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.clv_opportunity_agg(float8, float8, float8, float8, interval) IS 'gathers customers for model bg/bb from numbers: x of t opportunities had a purchase, the last of these was number t_x';
CREATE AGGREGATE customer_data.rollup(summary customer_data.clv_summary) (
    SFUNC = customer_data.clv_agg_combine, STYPE = customer_data.clv_summary, SSPACE = 65536,
    FINALFUNC = customer_data.clv_agg_final, FINALFUNC_MODIFY = READ_ONLY,
    COMBINEFUNC = customer_data.clv_agg_combine, PARALLEL = SAFE);
COMMENT ON AGGREGATE customer_data.rollup(customer_data.clv_summary) IS 'merges stored summaries of disjoint sets of customers';

CREATE FUNCTION customer_data.summary(s customer_data.clv_summary,
    OUT customers bigint, OUT repeaters bigint, OUT purchases float8, OUT spenders bigint, OUT histories bigint, OUT skipped bigint, OUT later bigint, OUT unit interval,
    OUT as_of date, OUT holdout_until date, OUT opportunities boolean)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_summary_describe';
COMMENT ON FUNCTION customer_data.summary(customer_data.clv_summary) IS 'a clv_summary in one row: its customers, who of them came back and who has an average amount, distinct histories, rows left out (NULL; not yet a customer), and its frame';
CREATE FUNCTION customer_data.clv_opportunities(s customer_data.purchase_summary, as_of timestamptz, unit interval) RETURNS customer_data.purchase_repeat
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunities_timestamptz';
COMMENT ON FUNCTION customer_data.clv_opportunities(customer_data.purchase_summary, timestamptz, interval) IS 'how many of the t periods of one unit that followed the first purchase had one: x, the last of these was number t_x; NULL before the first purchase';
CREATE FUNCTION customer_data.clv_opportunities(s customer_data.purchase_summary, as_of date, unit interval) RETURNS customer_data.purchase_repeat
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_opportunities_date';
COMMENT ON FUNCTION customer_data.clv_opportunities(customer_data.purchase_summary, date, interval) IS 'how many of the t periods of one unit that followed the first purchase had one: x, the last of these was number t_x; NULL before the first purchase';

CREATE TYPE customer_data.clv_model;
COMMENT ON TYPE customer_data.clv_model IS 'model of purchases without a contract and of what they are worth: bg/nbd, mbg/nbd, pareto/nbd, nbd or bg/bb, with gamma-gamma';
CREATE FUNCTION customer_data.clv_model_in(cstring) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_in';
COMMENT ON FUNCTION customer_data.clv_model_in(cstring) IS 'text input: base64 of the binary form, checked completely';
CREATE FUNCTION customer_data.clv_model_out(customer_data.clv_model) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_out';
COMMENT ON FUNCTION customer_data.clv_model_out(customer_data.clv_model) IS 'text output: base64 of the binary form, exact';
CREATE FUNCTION customer_data.clv_model_recv(internal) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_recv';
COMMENT ON FUNCTION customer_data.clv_model_recv(internal) IS 'binary input, checked completely';
CREATE FUNCTION customer_data.clv_model_send(customer_data.clv_model) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_send';
COMMENT ON FUNCTION customer_data.clv_model_send(customer_data.clv_model) IS 'binary output with a version byte';
CREATE TYPE customer_data.clv_model (
    INPUT = customer_data.clv_model_in, OUTPUT = customer_data.clv_model_out, RECEIVE = customer_data.clv_model_recv, SEND = customer_data.clv_model_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
CREATE FUNCTION customer_data.clv_model_to_jsonb(model customer_data.clv_model) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_to_jsonb';
COMMENT ON FUNCTION customer_data.clv_model_to_jsonb(customer_data.clv_model) IS 'a model for reading and for other programs; the function of the cast to jsonb';
CREATE CAST (customer_data.clv_model AS jsonb) WITH FUNCTION customer_data.clv_model_to_jsonb(customer_data.clv_model);
COMMENT ON CAST (customer_data.clv_model AS jsonb) IS 'a model for reading and for other programs; nothing of it is lost';
CREATE FUNCTION customer_data.clv_model_from_jsonb(model jsonb) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model_from_jsonb';
COMMENT ON FUNCTION customer_data.clv_model_from_jsonb(jsonb) IS 'a model from what the cast to jsonb made, checked completely; the function of the cast from jsonb';
CREATE CAST (jsonb AS customer_data.clv_model) WITH FUNCTION customer_data.clv_model_from_jsonb(jsonb);
COMMENT ON CAST (jsonb AS customer_data.clv_model) IS 'a model from what the cast to jsonb made';

CREATE FUNCTION customer_data.clv_fit(c customer_data.clv_summary, model text DEFAULT 'auto', max_iterations integer DEFAULT 200) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 AS 'MODULE_PATHNAME', 'cd_clv_fit';
COMMENT ON FUNCTION customer_data.clv_fit(customer_data.clv_summary, text, integer) IS 'fits a model of purchases by maximum likelihood (bg/nbd, mbg/nbd, pareto/nbd, nbd, bg/bb), and gamma-gamma for what they are worth; auto takes the one with the lowest AIC';
CREATE FUNCTION customer_data.clv_model(model text, parameters float8[], unit interval, spend float8[] DEFAULT NULL) RETURNS customer_data.clv_model
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_model';
COMMENT ON FUNCTION customer_data.clv_model(text, float8[], interval, float8[]) IS 'a model from parameters that are known, in the order of summary(); spend are p, q and v of gamma-gamma';
CREATE FUNCTION customer_data.summary(model customer_data.clv_model, confidence float8 DEFAULT 0.95,
    OUT part text, OUT parameter text, OUT estimate float8, OUT std_error float8, OUT low float8, OUT high float8, OUT log_likelihood float8, OUT aic float8, OUT bic float8,
    OUT customers bigint, OUT iterations bigint, OUT converged boolean, OUT remark text) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 8 AS 'MODULE_PATHNAME', 'cd_clv_model_summary';
COMMENT ON FUNCTION customer_data.summary(customer_data.clv_model, float8) IS 'parameters of a model with standard errors and intervals, its likelihood, and whether it converged; the correlation of purchases and average amounts, of which gamma-gamma assumes none';
CREATE FUNCTION customer_data.clv_compare(c customer_data.clv_summary, max_iterations integer DEFAULT 200,
    OUT model text, OUT parameters integer, OUT log_likelihood float8, OUT aic float8, OUT bic float8,
    OUT holdout_purchases float8, OUT holdout_expected float8, OUT mean_absolute_error float8, OUT root_mean_square_error float8, OUT converged boolean, OUT best boolean, OUT remark text) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 4 AS 'MODULE_PATHNAME', 'cd_clv_compare';
COMMENT ON FUNCTION customer_data.clv_compare(customer_data.clv_summary, integer) IS 'all models of purchases for these customers, the best one by AIC first, with errors of a customer in the hold-out if there is one';
CREATE FUNCTION customer_data.clv_tracking(model customer_data.clv_model, c customer_data.clv_summary, allow_unconverged boolean DEFAULT false,
    OUT period bigint, OUT period_end date, OUT held_out boolean, OUT expected float8, OUT actual float8, OUT expected_total float8, OUT actual_total float8) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 AS 'MODULE_PATHNAME', 'cd_clv_tracking';
COMMENT ON FUNCTION customer_data.clv_tracking(customer_data.clv_model, customer_data.clv_summary, boolean) IS 'repeat purchases of all customers, expected and made in each period of one unit, and up to its end: whether the model follows what customers did';

-- src/clv/clv_predict.sql
-- What a model says of one customer, who comes as a purchase_summary or as numbers in the unit of the model.

CREATE FUNCTION customer_data.clv_alive(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_alive_timestamptz';
COMMENT ON FUNCTION customer_data.clv_alive(customer_data.clv_model, customer_data.purchase_summary, timestamptz, boolean) IS 'probability that a customer has not left by as_of';
CREATE FUNCTION customer_data.clv_alive(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_alive_date';
COMMENT ON FUNCTION customer_data.clv_alive(customer_data.clv_model, customer_data.purchase_summary, date, boolean) IS 'probability that a customer has not left by as_of';
CREATE FUNCTION customer_data.clv_alive(model customer_data.clv_model, x float8, t_x float8, t float8, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_alive_numbers';
COMMENT ON FUNCTION customer_data.clv_alive(customer_data.clv_model, float8, float8, float8, boolean) IS 'probability that a customer has not left by t: from numbers in the unit of the model';
CREATE FUNCTION customer_data.clv_purchases(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_purchases_timestamptz';
COMMENT ON FUNCTION customer_data.clv_purchases(customer_data.clv_model, customer_data.purchase_summary, timestamptz, interval, boolean) IS 'expected purchases of a customer within a horizon after as_of';
CREATE FUNCTION customer_data.clv_purchases(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_purchases_date';
COMMENT ON FUNCTION customer_data.clv_purchases(customer_data.clv_model, customer_data.purchase_summary, date, interval, boolean) IS 'expected purchases of a customer within a horizon after as_of';
CREATE FUNCTION customer_data.clv_purchases(model customer_data.clv_model, x float8, t_x float8, t float8, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_purchases_numbers';
COMMENT ON FUNCTION customer_data.clv_purchases(customer_data.clv_model, float8, float8, float8, interval, boolean) IS 'expected purchases of a customer within a horizon after t: from numbers in the unit of the model';
CREATE FUNCTION customer_data.clv_residual_purchases(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, discount_rate float8 DEFAULT 0.1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_residual_timestamptz';
COMMENT ON FUNCTION customer_data.clv_residual_purchases(customer_data.clv_model, customer_data.purchase_summary, timestamptz, float8, boolean) IS 'expected purchases of a customer after as_of, for ever, each discounted continuously by its time at a rate per year (DERT)';
CREATE FUNCTION customer_data.clv_residual_purchases(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, discount_rate float8 DEFAULT 0.1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_residual_date';
COMMENT ON FUNCTION customer_data.clv_residual_purchases(customer_data.clv_model, customer_data.purchase_summary, date, float8, boolean) IS 'expected purchases of a customer after as_of, for ever, each discounted continuously by its time at a rate per year (DERT)';
CREATE FUNCTION customer_data.clv_residual_purchases(model customer_data.clv_model, x float8, t_x float8, t float8, discount_rate float8 DEFAULT 0.1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_residual_numbers';
COMMENT ON FUNCTION customer_data.clv_residual_purchases(customer_data.clv_model, float8, float8, float8, float8, boolean) IS 'expected purchases of a customer after t, for ever, each discounted continuously by its time at a rate per year (DERT): from numbers in the unit of the model';
CREATE FUNCTION customer_data.clv_spend(model customer_data.clv_model, s customer_data.purchase_summary, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_spend';
COMMENT ON FUNCTION customer_data.clv_spend(customer_data.clv_model, customer_data.purchase_summary, boolean) IS 'expected amount of a purchase of a customer; of all customers if there was no repeat purchase';
CREATE FUNCTION customer_data.clv_spend(model customer_data.clv_model, x float8, average float8, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_clv_spend_numbers';
COMMENT ON FUNCTION customer_data.clv_spend(customer_data.clv_model, float8, float8, boolean) IS 'expected amount of a purchase of a customer with x repeat purchases of this average: from numbers';
CREATE FUNCTION customer_data.clv_value(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'cd_clv_value_timestamptz';
COMMENT ON FUNCTION customer_data.clv_value(customer_data.clv_model, customer_data.purchase_summary, timestamptz, interval, float8, float8, boolean) IS 'what a customer will be worth within a horizon after as_of: expected amount times expected purchases of each period of one unit, discounted from its end at a rate per year, times margin';
CREATE FUNCTION customer_data.clv_value(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'cd_clv_value_date';
COMMENT ON FUNCTION customer_data.clv_value(customer_data.clv_model, customer_data.purchase_summary, date, interval, float8, float8, boolean) IS 'what a customer will be worth within a horizon after as_of: expected amount times expected purchases of each period of one unit, discounted from its end at a rate per year, times margin';
CREATE FUNCTION customer_data.clv_value(model customer_data.clv_model, x float8, t_x float8, t float8, average float8, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'cd_clv_value_numbers';
COMMENT ON FUNCTION customer_data.clv_value(customer_data.clv_model, float8, float8, float8, float8, interval, float8, float8, boolean) IS 'what a customer will be worth within a horizon after t: expected amount times expected purchases of each period of one unit, discounted from its end at a rate per year, times margin; from numbers in the unit of the model';
CREATE FUNCTION customer_data.clv_value_interval(model customer_data.clv_model, s customer_data.purchase_summary, as_of timestamptz, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, confidence float8 DEFAULT 0.95, allow_unconverged boolean DEFAULT false,
    OUT value float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME', 'cd_clv_value_interval_timestamptz';
COMMENT ON FUNCTION customer_data.clv_value_interval(customer_data.clv_model, customer_data.purchase_summary, timestamptz, interval, float8, float8, float8, boolean) IS 'clv_value with its standard error and interval, from those of the parameters (delta method)';
CREATE FUNCTION customer_data.clv_value_interval(model customer_data.clv_model, s customer_data.purchase_summary, as_of date, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, confidence float8 DEFAULT 0.95, allow_unconverged boolean DEFAULT false,
    OUT value float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME', 'cd_clv_value_interval_date';
COMMENT ON FUNCTION customer_data.clv_value_interval(customer_data.clv_model, customer_data.purchase_summary, date, interval, float8, float8, float8, boolean) IS 'clv_value with its standard error and interval, from those of the parameters (delta method)';
CREATE FUNCTION customer_data.clv_value_interval(model customer_data.clv_model, x float8, t_x float8, t float8, average float8, horizon interval, discount_rate float8 DEFAULT 0.1, margin float8 DEFAULT 1, confidence float8 DEFAULT 0.95, allow_unconverged boolean DEFAULT false,
    OUT value float8, OUT std_error float8, OUT low float8, OUT high float8)
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200 AS 'MODULE_PATHNAME', 'cd_clv_value_interval_numbers';
COMMENT ON FUNCTION customer_data.clv_value_interval(customer_data.clv_model, float8, float8, float8, float8, interval, float8, float8, float8, boolean) IS 'clv_value with its standard error and interval, from those of the parameters (delta method): from numbers';
CREATE FUNCTION customer_data.clv_expected(model customer_data.clv_model, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_expected';
COMMENT ON FUNCTION customer_data.clv_expected(customer_data.clv_model, interval, boolean) IS 'expected repeat purchases of a new customer within a horizon after the first purchase';
CREATE FUNCTION customer_data.clv_purchase_probability(model customer_data.clv_model, purchases integer, horizon interval, allow_unconverged boolean DEFAULT false) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_clv_purchase_probability';
COMMENT ON FUNCTION customer_data.clv_purchase_probability(customer_data.clv_model, integer, interval, boolean) IS 'probability that a new customer makes so many repeat purchases within a horizon after the first purchase';

-- src/clv/sbg.sql
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
