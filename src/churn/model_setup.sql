-- A registry of models: rows of customer_store.model, in the form that does not depend on the extension being there.

CREATE FUNCTION customer_data.model_setup() RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'cd_model_setup';
COMMENT ON FUNCTION customer_data.model_setup() IS 'makes customer_store.model for saved models and their versions; harmless to repeat';

CREATE FUNCTION customer_data.model_save(name text, model customer_data.churn_model, note text DEFAULT NULL, query text DEFAULT NULL, metrics jsonb DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'cd_model_save';
COMMENT ON FUNCTION customer_data.model_save(text, customer_data.churn_model, text, text, jsonb) IS 'keeps a model under a name, as its next version, which is returned; query and metrics say what it was fitted from and how good it was';
CREATE FUNCTION customer_data.model(name text, version integer DEFAULT NULL) RETURNS customer_data.churn_model
    LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'cd_model';
COMMENT ON FUNCTION customer_data.model(text, integer) IS 'a saved model, the newest unless a version is given; call it in FROM, so that it is read once';
