-- Stages of a customer by the customer's own rhythm.

CREATE FUNCTION customer_data.lifecycle_silence(s customer_data.purchase_summary, as_of timestamptz, rhythm interval DEFAULT '30 days', rhythm_weight float8 DEFAULT 1)
    RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lifecycle_silence_timestamptz';
COMMENT ON FUNCTION customer_data.lifecycle_silence(customer_data.purchase_summary, timestamptz, interval, float8) IS 'days since the last purchase up to as_of, as a multiple of the customer''s own rhythm; NULL without a purchase';
CREATE FUNCTION customer_data.lifecycle_silence(s customer_data.purchase_summary, as_of date, rhythm interval DEFAULT '30 days', rhythm_weight float8 DEFAULT 1)
    RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lifecycle_silence_date';
COMMENT ON FUNCTION customer_data.lifecycle_silence(customer_data.purchase_summary, date, interval, float8) IS 'days since the last purchase up to as_of, as a multiple of the customer''s own rhythm; NULL without a purchase';
CREATE FUNCTION customer_data.lifecycle_stage(s customer_data.purchase_summary, as_of timestamptz, rhythm interval DEFAULT '30 days', rhythm_weight float8 DEFAULT 1,
        at_risk_after float8 DEFAULT 2, dormant_after float8 DEFAULT 3, lost_after float8 DEFAULT 6)
    RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lifecycle_stage_timestamptz';
COMMENT ON FUNCTION customer_data.lifecycle_stage(customer_data.purchase_summary, timestamptz, interval, float8, float8, float8, float8) IS 'new, active, at_risk, dormant or lost at as_of, by the customer''s own rhythm; NULL without a purchase';
CREATE FUNCTION customer_data.lifecycle_stage(s customer_data.purchase_summary, as_of date, rhythm interval DEFAULT '30 days', rhythm_weight float8 DEFAULT 1,
        at_risk_after float8 DEFAULT 2, dormant_after float8 DEFAULT 3, lost_after float8 DEFAULT 6)
    RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_lifecycle_stage_date';
COMMENT ON FUNCTION customer_data.lifecycle_stage(customer_data.purchase_summary, date, interval, float8, float8, float8, float8) IS 'new, active, at_risk, dormant or lost at as_of, by the customer''s own rhythm; NULL without a purchase';
