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
