-- Purchases to try things on: the process that lifetime-value models assume.

CREATE FUNCTION customer_data.simulate_purchases(customers integer, seed bigint DEFAULT 0, days integer DEFAULT 730,
        OUT customer_id bigint, OUT occurred_at timestamptz, OUT amount numeric)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_simulate_purchases';
COMMENT ON FUNCTION customer_data.simulate_purchases(integer, bigint, integer) IS 'BG/NBD purchases with gamma-gamma spend, about ten a customer; bit-equal for a seed on every machine';
