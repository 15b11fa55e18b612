-- The schema is the extension's own, so nobody can prepare objects in it beforehand.
CREATE SCHEMA customer_data;
COMMENT ON SCHEMA customer_data IS 'customer_data: segmentation, RFM, churn, lifetime value, consent and pseudonymization inside queries';
GRANT USAGE ON SCHEMA customer_data TO PUBLIC;
