-- Distances for segments within a radius.

CREATE FUNCTION customer_data.distance_km(latitude_1 float8, longitude_1 float8, latitude_2 float8, longitude_2 float8) RETURNS float8
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_distance_km';
COMMENT ON FUNCTION customer_data.distance_km(float8, float8, float8, float8) IS 'great-circle distance in km of two points given in degrees, on a sphere of radius 6371.0088 km';
