-- Masks: so much of a value that one knows which is meant. Generalisations: a value made coarser, to group by.

CREATE FUNCTION customer_data.mask_text(value text, keep_left integer, keep_right integer, mask text DEFAULT '*') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_text';
COMMENT ON FUNCTION customer_data.mask_text(text, integer, integer, text) IS 'the first and last characters of a text, each other one masked; all of it if no other one were left. A letter with its marks, a flag or an emoji is one character';
CREATE FUNCTION customer_data.mask_email(value text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_email';
COMMENT ON FUNCTION customer_data.mask_email(text) IS 'first character, three stars whatever the length, and the domain: a***@example.com; *** for what is no e-mail address';
CREATE FUNCTION customer_data.mask_name(value text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_name';
COMMENT ON FUNCTION customer_data.mask_name(text) IS 'first letter of each word and two stars whatever the length: A** M**; of Chinese, Japanese and Korean names only the first character';
CREATE FUNCTION customer_data.mask_phone(value text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_phone';
COMMENT ON FUNCTION customer_data.mask_phone(text) IS 'country code after a leading + and the last two digits, as far as at least five digits stay hidden: +49 *** *****78; *** for what is no phone number';
CREATE FUNCTION customer_data.mask_card(value text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_mask_card';
COMMENT ON FUNCTION customer_data.mask_card(text) IS 'last four of 12 to 19 digits: **** **** **** 1111; none of other numbers, and *** for what is no number';

CREATE FUNCTION customer_data.generalize_date(value date, period text) RETURNS date
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_date';
COMMENT ON FUNCTION customer_data.generalize_date(date, text) IS 'first day of the day, week, month, quarter, year or decade; weeks begin with Monday';
CREATE FUNCTION customer_data.generalize_date(value timestamptz, period text) RETURNS date
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_timestamptz';
COMMENT ON FUNCTION customer_data.generalize_date(timestamptz, text) IS 'first day of the day, week, month, quarter, year or decade of the UTC day; weeks begin with Monday';
CREATE FUNCTION customer_data.generalize_number(value float8, width float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_number_float8';
COMMENT ON FUNCTION customer_data.generalize_number(float8, float8) IS 'lower end of the band of this width that a number is in: 37 in bands of 10 is 30; numbers are taken for the decimals that they were written as';
CREATE FUNCTION customer_data.generalize_number(value numeric, width numeric) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_number_numeric';
COMMENT ON FUNCTION customer_data.generalize_number(numeric, numeric) IS 'lower end of the band of this width that a number is in: 37 in bands of 10 is 30; exact';
CREATE FUNCTION customer_data.generalize_ip(value inet, ipv4_bits integer DEFAULT 24, ipv6_bits integer DEFAULT 48) RETURNS cidr
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_ip';
COMMENT ON FUNCTION customer_data.generalize_ip(inet, integer, integer) IS 'network of an address; an IPv4 address inside of an IPv6 one keeps no more bits than by itself';
CREATE FUNCTION customer_data.generalize_postcode(value text, keep integer) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_generalize_postcode';
COMMENT ON FUNCTION customer_data.generalize_postcode(text, integer) IS 'first characters of a postcode, and a star for each other one: 476**';
