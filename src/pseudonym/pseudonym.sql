-- One-way values: pseudonyms that join, and blind indexes that find what was sealed.

CREATE FUNCTION customer_data.pseudonym(domain text, value text) RETURNS uuid
    LANGUAGE C STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'cd_pseudonym';
COMMENT ON FUNCTION customer_data.pseudonym(text, text) IS 'the value''s pseudonym in a domain that field_define has declared: the same for the same normalised value, and unrelated to that of another domain';

CREATE FUNCTION customer_data.blind_index(field text, value text) RETURNS bytea
    LANGUAGE C STABLE PARALLEL SAFE COST 5 AS 'MODULE_PATHNAME', 'cd_blind_index';
COMMENT ON FUNCTION customer_data.blind_index(text, text) IS 'what stands beside a sealed value so that it can be found: some bits of a keyed hash of the normalised value, under the primary key version';
CREATE FUNCTION customer_data.blind_index_all(field text, value text) RETURNS bytea[]
    LANGUAGE C STABLE PARALLEL SAFE COST 10 AS 'MODULE_PATHNAME', 'cd_blind_index_all';
COMMENT ON FUNCTION customer_data.blind_index_all(text, text) IS 'the blind indexes that a value may have under all key versions in use, primary first: WHERE email_index = ANY (blind_index_all(...))';
REVOKE EXECUTE ON FUNCTION customer_data.pseudonym(text, text), customer_data.blind_index(text, text),
    customer_data.blind_index_all(text, text) FROM PUBLIC;

CREATE FUNCTION customer_data.blind_bits(rows bigint) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_blind_bits';
COMMENT ON FUNCTION customer_data.blind_bits(bigint) IS 'how many bits of a blind index suit a column of so many rows: the most with which two to four rows are expected for each index by chance';
CREATE FUNCTION customer_data.normalise(normaliser text, value text) RETURNS text
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_normalise';
COMMENT ON FUNCTION customer_data.normalise(text, text) IS 'the value as it is compared and hashed: by lower_email, e164, digits, last4, nfc_casefold or none, or a version such as lower_email/1';
