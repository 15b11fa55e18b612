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
