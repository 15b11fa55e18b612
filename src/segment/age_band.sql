-- Bands of age in whole years.

CREATE FUNCTION customer_data.age_band(birth_date date, as_of date, edges integer[] DEFAULT '{18,25,35,45,55,65}') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_age_band_date';
COMMENT ON FUNCTION customer_data.age_band(date, date, integer[]) IS 'band of the age in whole years: under 18, 18-24, ... 65+';
CREATE FUNCTION customer_data.age_band(birth_date date, as_of timestamptz, edges integer[] DEFAULT '{18,25,35,45,55,65}') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_age_band_timestamptz';
COMMENT ON FUNCTION customer_data.age_band(date, timestamptz, integer[]) IS 'band of the age in whole years: under 18, 18-24, ... 65+; the UTC day of as_of counts';
CREATE FUNCTION customer_data.age_band_number(birth_date date, as_of date, edges integer[] DEFAULT '{18,25,35,45,55,65}') RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_age_band_number_date';
COMMENT ON FUNCTION customer_data.age_band_number(date, date, integer[]) IS 'number of the band of age_band, for sorting: 0 below the first edge, then 1, 2 ...';
CREATE FUNCTION customer_data.age_band_number(birth_date date, as_of timestamptz, edges integer[] DEFAULT '{18,25,35,45,55,65}') RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_age_band_number_timestamptz';
COMMENT ON FUNCTION customer_data.age_band_number(date, timestamptz, integer[]) IS 'number of the band of age_band, for sorting: 0 below the first edge, then 1, 2 ...; the UTC day of as_of counts';
