-- Values that keep their shape: card numbers, phone numbers, account numbers.

CREATE FUNCTION customer_data.fpe_encrypt(field text, value text) RETURNS text
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_fpe_encrypt';
COMMENT ON FUNCTION customer_data.fpe_encrypt(text, text) IS 'value with other characters of the field''s alphabet, in the same places; deterministic, and not authenticated';
CREATE FUNCTION customer_data.fpe_decrypt(field text, value text, key_version integer DEFAULT NULL) RETURNS text
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_fpe_decrypt';
COMMENT ON FUNCTION customer_data.fpe_decrypt(text, text, integer) IS 'the value that fpe_encrypt made this of, with the field''s version of the key or the one given';

REVOKE EXECUTE ON FUNCTION customer_data.fpe_encrypt(text, text), customer_data.fpe_decrypt(text, text, integer) FROM PUBLIC;
