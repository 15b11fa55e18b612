-- Segments: ordered rules over scores of 5 bins, first match wins. 'classic' and 'r_rfm' are in code, a
-- user's own are rows of customer_store.rfm_segment_rule.

CREATE FUNCTION customer_data.rfm_segment(score customer_data.rfm_score) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_segment';
COMMENT ON FUNCTION customer_data.rfm_segment(customer_data.rfm_score) IS 'segment of a score of 5 bins by the ten classic segments';
CREATE FUNCTION customer_data.rfm_segment(score customer_data.rfm_score, rules text) RETURNS text
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_rfm_segment_rules';
COMMENT ON FUNCTION customer_data.rfm_segment(customer_data.rfm_score, text) IS 'segment of a score of 5 bins by a named rule set: classic, r_rfm, or rows of customer_store.rfm_segment_rule; Others if no rule matches';
CREATE FUNCTION customer_data.rfm_segment_rules(rules text DEFAULT 'classic',
        OUT rule_number integer, OUT segment text, OUT recency_low smallint, OUT recency_high smallint,
        OUT frequency_low smallint, OUT frequency_high smallint, OUT monetary_low smallint, OUT monetary_high smallint)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 10 AS 'MODULE_PATHNAME', 'cd_rfm_segment_rules_rows';
COMMENT ON FUNCTION customer_data.rfm_segment_rules(text) IS 'the rules of a set in the order in which they are tried';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id bigint, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book, timestamptz, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book, timestamptz, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id bigint, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_date';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book, date, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_date';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book, date, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book_uuid, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id uuid, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_uuid_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book_uuid, timestamptz, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book_uuid, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_uuid_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book_uuid, timestamptz, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book_uuid, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id uuid, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_uuid_date';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book_uuid, date, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book_uuid, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_uuid_date';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book_uuid, date, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book_text, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id text, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_text_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book_text, timestamptz, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book_text, as_of timestamptz, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_text_timestamptz';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book_text, timestamptz, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';

CREATE FUNCTION customer_data.rfm_table(book customer_data.purchase_book_text, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense',
        OUT customer_id text, OUT recency_days integer, OUT frequency bigint, OUT monetary float8,
        OUT r smallint, OUT f smallint, OUT m smallint, OUT code text, OUT segment text)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 10000 AS 'MODULE_PATHNAME', 'cd_rfm_table_purchase_book_text_date';
COMMENT ON FUNCTION customer_data.rfm_table(customer_data.purchase_book_text, date, integer, text) IS 'one row per customer: values, scores and classic segment (with 5 bins)';
CREATE FUNCTION customer_data.rfm_segment_summary(book customer_data.purchase_book_text, as_of date, bins integer DEFAULT 5, method text DEFAULT 'dense', rules text DEFAULT 'classic',
        OUT segment text, OUT customers bigint, OUT share float8, OUT revenue float8, OUT revenue_share float8,
        OUT recency_days float8, OUT frequency float8, OUT monetary float8)
    RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'cd_rfm_segment_summary_purchase_book_text_date';
COMMENT ON FUNCTION customer_data.rfm_segment_summary(customer_data.purchase_book_text, date, integer, text, text) IS 'one row per segment for a chart: customers and revenue with shares, mean recency, frequency and monetary; segment NULL holds customers without a score';
