-- Rules of the catalog, for every feature there is and will be. Each rule is a query for what breaks it; an exception
-- stands in the test with its reason, and fails the test once it is none.
BEGIN;
SELECT no_plan();

CREATE TEMP VIEW member AS
    SELECT classid, objid, (pg_identify_object(classid, objid, 0)).identity
    FROM pg_depend
    WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass
      AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'customer_data');
CREATE TEMP VIEW routine AS
    SELECT p.*, p.oid::regprocedure::text AS signature FROM pg_proc p JOIN member ON classid = 'pg_proc'::regclass AND objid = p.oid;
CREATE TEMP VIEW aggregate AS
    SELECT a.*, r.signature, r.proname, r.proargtypes, r.proparallel FROM pg_aggregate a JOIN routine r ON r.oid = a.aggfnoid;
-- What PostgreSQL itself calls with what it made: the words of the user's rules do not apply there.
CREATE TEMP VIEW support AS
    SELECT unnest(ARRAY[aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn, aggminvtransfn, aggmfinalfn])::oid AS oid
    FROM aggregate
    UNION
    SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend, typmodin, typmodout])::oid
    FROM pg_type t JOIN member ON classid = 'pg_type'::regclass AND objid = t.oid
    UNION
    SELECT oprcode FROM pg_operator o JOIN member ON classid = 'pg_operator'::regclass AND objid = o.oid
    UNION ALL
    SELECT amproc FROM pg_amproc p JOIN pg_opclass c ON c.opcfamily = p.amprocfamily JOIN member ON classid = 'pg_opclass'::regclass AND objid = c.oid;

SELECT isnt_empty('SELECT * FROM routine', 'the extension has functions, so the rules have something to say');

-- Where things are

SELECT is_empty($$
    SELECT identity FROM member
    WHERE (pg_identify_object(classid, objid, 0)).schema <> 'customer_data'
$$, 'everything is in schema customer_data');
SELECT isnt_empty($$
    SELECT 1 FROM member WHERE classid = 'pg_namespace'::regclass AND identity = 'customer_data'
$$, 'the schema belongs to the extension');
SELECT is_empty($$
    SELECT identity FROM member JOIN pg_class c ON classid = 'pg_class'::regclass AND objid = c.oid WHERE relkind IN ('r', 'p', 'm', 'S')
$$, 'no table belongs to the extension: records are the user''s');
SELECT is_empty($$
    SELECT signature FROM routine
    WHERE prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')
      AND (prosrc !~ '^cd_[a-z0-9_]+$' OR probin <> '$libdir/customer_data')
$$, 'symbols of the module start with cd_');
SELECT is_empty($$
    SELECT signature, lanname FROM routine JOIN pg_language l ON l.oid = prolang WHERE lanname NOT IN ('c', 'sql', 'plpgsql', 'internal')
      OR (lanname = 'internal' AND prokind <> 'a')
$$, 'functions are in C, SQL or PL/pgSQL');

-- Words

SELECT is_empty($$
    SELECT classid::regclass, identity FROM member
    WHERE obj_description(objid, classid::regclass::text) IS NULL
      -- The description of a composite type is on the type.
      AND NOT (classid = 'pg_class'::regclass AND (SELECT relkind FROM pg_class WHERE oid = objid) = 'c')
      AND NOT (classid = 'pg_type'::regclass AND (SELECT typcategory FROM pg_type WHERE oid = objid) = 'A')
$$, 'everything has a comment');
CREATE TEMP VIEW name_used AS
    SELECT signature AS place, unnest(proargnames) AS name FROM routine
    UNION
    SELECT identity, attname FROM member JOIN pg_attribute ON classid = 'pg_class'::regclass AND attrelid = objid AND attnum > 0
    UNION
    SELECT identity, attname FROM member JOIN pg_type t ON classid = 'pg_type'::regclass AND objid = t.oid
        JOIN pg_attribute ON attrelid = typrelid AND attnum > 0
    UNION
    SELECT identity, (pg_identify_object(classid, objid, 0)).name FROM member WHERE classid <> 'pg_operator'::regclass;
SELECT is_empty($$
    SELECT place, name FROM name_used WHERE name IN (SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T'))
$$, 'no argument, column or object is named by a reserved word');
SELECT is_empty($$
    SELECT place, name FROM name_used WHERE name !~ '^[a-z][a-z0-9_]*$' AND name <> ''
$$, 'no name needs quotes');
SELECT is_empty($$
    SELECT signature FROM routine
    WHERE oid NOT IN (SELECT oid FROM support) AND pronargs > 0 AND (proargnames IS NULL OR '' = ANY (proargnames))
$$, 'every argument of a function that users call has a name');
SELECT is_empty($$
    SELECT signature FROM routine WHERE oid NOT IN (SELECT oid FROM support) AND prorettype = 'record'::regtype AND proargmodes IS NULL
$$, 'results have named columns');

-- Types

SELECT is_empty($$
    SELECT identity FROM member JOIN pg_type t ON classid = 'pg_type'::regclass AND objid = t.oid
    WHERE typtype = 'b' AND typcategory <> 'A' AND (typreceive = 0 OR typsend = 0)
$$, 'every type has binary input and output');

-- Aggregates

CREATE TEMP TABLE serial_aggregate (signature text, reason text);
INSERT INTO serial_aggregate
    SELECT format('customer_data.purchase_book_agg(%s,%s,%s)', id, at, amount),
           'raw rows: with a million customers the table of each worker is nearly full size and has to be flattened: measured no faster, three times the memory, and a part must fit into one message; stored books have rollup'
    FROM unnest(ARRAY['bigint', 'uuid', 'text']) AS id,
         unnest(ARRAY['timestamp with time zone', 'date']) AS at,
         unnest(ARRAY['double precision', 'numeric']) AS amount;
INSERT INTO serial_aggregate
    SELECT format('customer_data.%s', signature),
           'rows are gathered, not summed up: parts of workers cost 2.6 times the work and three times the memory, and their order would change from run to run'
    FROM unnest(ARRAY['dataset_agg(record)', 'dataset_agg(record,text)', 'dataset_agg(record,text,text,text[])', 'dataset_agg(record,text,text,text[],text)', 'dataset_agg(double precision[])',
        'dataset_agg(double precision,double precision[])', 'dataset_agg(double precision,double precision[],double precision)',
        'rollup(customer_data.dataset)']) AS signature;
CREATE TEMP TABLE untyped_aggregate (signature text, reason text);
INSERT INTO untyped_aggregate
    SELECT format('customer_data.dataset_agg(%s)', arguments),
           'a row of any query, whose columns are known by name; it is serial, so no worker and no other node has to read an anonymous row'
    FROM unnest(ARRAY['record', 'record,text', 'record,text,text,text[]', 'record,text,text,text[],text']) AS arguments;

SELECT set_eq('SELECT signature FROM aggregate WHERE aggcombinefn = 0', 'SELECT signature FROM serial_aggregate',
    'every aggregate has a combine function but those that are serial on purpose');
SELECT is_empty($$ SELECT signature FROM aggregate WHERE proparallel <> 's' $$, 'every aggregate is parallel safe');
SELECT set_eq($$
    SELECT DISTINCT signature FROM aggregate, unnest(proargtypes::oid[] || aggtranstype::oid) AS argument
    WHERE (SELECT typtype FROM pg_type WHERE oid = argument) = 'p'
$$, 'SELECT signature FROM untyped_aggregate',
    'no aggregate has a state of type internal, or an argument of type record, "any" or a polymorphic one');
SELECT is_empty($$
    SELECT a.signature FROM aggregate a JOIN pg_type t ON t.oid = a.aggtranstype
    WHERE NOT EXISTS (SELECT 1 FROM aggregate r
                      WHERE r.proname = 'rollup' AND r.proargtypes = array_to_string(ARRAY[t.oid], ' ')::oidvector
                        AND (r.aggcombinefn <> 0 OR r.signature IN (SELECT signature FROM serial_aggregate)))
      AND t.typnamespace = 'customer_data'::regnamespace
$$, 'every state has a rollup');
SELECT is_empty($$ SELECT signature FROM aggregate WHERE aggfinalmodify <> 'r' OR aggmfinalmodify <> 'r' $$,
    'no final function changes its state: other aggregates may share it');
SELECT is_empty($$ SELECT signature FROM aggregate WHERE aggkind <> 'n' $$, 'no aggregate needs an order of its rows');
SELECT is_empty($$
    SELECT a.signature, f.signature FROM aggregate a JOIN routine f
        ON f.oid IN (a.aggtransfn::oid, a.aggcombinefn::oid, a.aggfinalfn::oid)
    WHERE f.provolatile <> 'i' OR f.proparallel <> 's'
$$, 'support functions of aggregates are immutable and parallel safe');
SELECT is_empty($$
    SELECT a.signature, f.signature FROM aggregate a JOIN routine f ON f.oid = a.aggcombinefn::oid WHERE f.proisstrict
$$, 'combine functions decide themselves what an empty part means');

-- How functions are marked. Immutable and parallel safe is the rule; whatever is not stands here.

SELECT set_eq($$
    SELECT signature, provolatile::text, proparallel::text FROM routine WHERE (provolatile, proparallel) <> ('i', 's') AND prokind <> 'a'
$$, $$
    SELECT signature, 'v' AS volatile, 'u' AS parallel FROM routine WHERE proname IN ('rfm_setup', 'model_setup', 'model_save') -- make or write tables
    UNION ALL -- read the user's rules
    SELECT signature, 's', 's' FROM routine WHERE proname IN ('rfm_segment_rules', 'rfm_segment_summary')
    UNION ALL
    VALUES ('customer_data.rfm_segment(customer_data.rfm_score,text)', 's', 's')
    UNION ALL -- write definitions and members
    SELECT signature, 'v', 'u' FROM routine WHERE proname ~ '^segment_(setup|define|define_rule|event_define|refresh|refresh_all)$'
    UNION ALL -- runs a query that reads what is committed now
    SELECT signature, 'v', 'u' FROM routine WHERE proname = 'segment_preview'
    UNION ALL -- run a query that sets who may read what, which a parallel query may not
    SELECT signature, 's', 'u' FROM routine WHERE proname IN ('churn_observations', 'churn_features', 'churn_rate')
    UNION ALL -- reads saved models
    VALUES ('customer_data.model(text,integer)', 's', 's')
    UNION ALL -- read definitions and members
    SELECT signature, 's', 's' FROM routine WHERE proname IN ('segment_sql', 'segment_explain', 'segment_members', 'segment_overlap')
    UNION ALL -- depend on the keyring and on declared fields; never immutable, for then what they open would be kept
    SELECT signature, 's', 's' FROM routine WHERE proname IN ('seal_deterministic', 'seal_deterministic_all', 'seal_blind_index', 'unseal', 'unseal_bytes',
        'pseudonym', 'blind_index', 'blind_index_all', 'fpe_encrypt', 'fpe_decrypt')
    UNION ALL -- another value each time
    SELECT signature, 'v', 's' FROM routine WHERE proname IN ('seal', 'seal_bytes', 'seal_again')
    UNION ALL -- write fields, versions, tickets, keys of subjects and what stands in columns; a trigger
    SELECT signature, 'v', 'u' FROM routine WHERE proname ~ '^(privacy_setup|field_|key_check|key_retire|reveal|seal_protect|seal_rotate|seal_for|seal_bytes_for|shred|subject_)'
    UNION ALL -- looks at this process
    SELECT signature, 'v', 'r' FROM routine WHERE proname = 'key_status'
    UNION ALL -- reads tables of the caller, with what only a leader may set
    SELECT signature, 's', 'u' FROM routine WHERE proname = 'rotation_status'
$$, 'what is not immutable and parallel safe');
SELECT is_empty($$ SELECT signature FROM routine WHERE prokind = 'w' AND provolatile = 'v' $$,
    'no window function is volatile: .* would evaluate it once per column');
SELECT is_empty($$
    SELECT signature FROM routine
    WHERE prokind = 'f' AND pronargs > 0 AND NOT proisstrict AND oid NOT IN (SELECT oid FROM support)
      -- Commands refuse NULL where they need a value.
      AND prorettype <> 'void'::regtype AND proname NOT IN ('segment_refresh', 'segment_preview', 'churn_observations', 'churn_features', 'churn_rate', 'model_save', 'model',
          -- An option that is NULL is as the algorithm has it; without a dataset they refuse.
          'churn_fit', 'cross_validate',
          -- A value that is NULL stays NULL, a field or rule that is NULL is an error; a row key is optional.
          'seal', 'seal_bytes', 'seal_for', 'seal_bytes_for', 'seal_deterministic', 'seal_deterministic_all', 'unseal', 'unseal_bytes', 'seal_again', 'seal_blind_index',
          'seal_rotate_step', 'shred', 'shred_status', 'subject_rewrap_step', 'pseudonym', 'blind_index', 'blind_index_all', 'normalise', 'fpe_encrypt', 'fpe_decrypt',
          'reveal_request', 'reveal', 'reveal_bytes', 'reveal_log', 'reveal_anomalies')
      -- An average amount that is unknown does not matter to a customer without repeat purchases, and a model may be without spend.
      AND NOT (proname ~ '^clv_(spend|value|value_interval)$' AND 'average' = ANY (proargnames)) AND proname <> 'clv_model'
$$, 'functions of values return NULL for NULL');

-- Rights

SELECT is_empty($$ SELECT signature FROM routine WHERE prosecdef $$, 'no function runs with the rights of its owner');
SELECT is_empty($$
    SELECT signature FROM routine JOIN pg_language l ON l.oid = prolang
    WHERE lanname IN ('sql', 'plpgsql') AND prosqlbody IS NULL
      -- A procedure that commits can have no settings: these two qualify every name.
      AND proname NOT IN ('seal_rotate', 'subject_rewrap')
      AND NOT coalesce(proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)
$$, 'functions in SQL and PL/pgSQL have a parsed body or a fixed search_path');
SELECT ok(has_schema_privilege('public', 'customer_data', 'USAGE') AND NOT has_schema_privilege('public', 'customer_data', 'CREATE'),
    'everyone may use the schema, nobody may add to it');
CREATE TEMP TABLE public_name (name text);
INSERT INTO public_name SELECT unnest(ARRAY[
    -- purchase
    'purchase_agg', 'purchase_summary_add', 'purchase_summary_to_jsonb', 'purchase_first', 'purchase_last', 'purchase_count',
    'purchase_days', 'purchase_skipped', 'purchase_revenue', 'purchase_refunds', 'purchase_average',
    'purchase_recency_days', 'purchase_repeat', 'purchase_book_agg', 'purchase_book_rows', 'purchase_book_count',
    'purchase_book_without', 'simulate_purchases',
    -- rfm; rfm_setup makes its tables as the caller, who needs the right to make a schema
    'rfm_agg', 'rfm_customers', 'rfm_skipped', 'rfm_bins', 'rfm_thresholds', 'rfm_score', 'rfm_segment', 'rfm_segment_rules',
    'rfm_segment_summary', 'rfm_table', 'rfm_setup',
    -- segment: values and bands
    'abc_class', 'gini_agg', 'lorenz_agg', 'lorenz_count', 'lorenz_skipped', 'lorenz_gini', 'lorenz_top_share', 'lorenz',
    'age_band', 'age_band_number', 'distance_km', 'lifecycle_silence', 'lifecycle_stage',
    -- segment; the rights on customer_store decide who may define, refresh and read
    'segment_setup', 'segment_define', 'segment_define_rule', 'segment_event_define', 'segment_sql', 'segment_explain', 'segment_preview',
    'segment_refresh', 'segment_refresh_all', 'segment_members', 'segment_overlap', 'segment_profile', 'tag_agg',
    -- dataset
    'dataset_agg', 'dataset_customer', 'dataset_rows', 'dataset_skipped', 'dataset_columns',
    -- cluster
    'kmeans_fit', 'kmeans_scan', 'gmm_fit', 'pca_fit', 'cluster', 'cluster_distance', 'cluster_probability', 'cluster_cards',
    'cluster_profile', 'pca_scores', 'pca_loadings', 'kmeans_model_to_jsonb', 'gmm_model_to_jsonb', 'pca_model_to_jsonb',
    -- evaluation
    'evaluation_agg', 'roc_auc', 'roc_auc_interval', 'pr_auc', 'log_loss', 'brier', 'ks', 'calibration_table', 'calibration_error',
    'gain_table', 'roc_points', 'confusion', 'best_threshold', 'hash_split', 'drift_agg', 'psi', 'drift',
    -- churn: the caller reads what he may read
    'churn_observations', 'churn_features', 'churn_rate',
    'churn_fit', 'cross_validate', 'predict', 'explain', 'feature_importance', 'tree_rules', 'tree_sql', 'calibrate',
    'churn_model_to_jsonb', 'churn_model_from_jsonb',
    -- model_setup makes its table as the caller; the others check his rights on it
    'model_setup', 'model_save', 'model',
    -- survival
    'survival_agg', 'survival_curve', 'survival_at', 'survival_at_interval', 'survival_median', 'survival_median_interval', 'survival_quantile',
    'survival_quantile_interval', 'survival_rmst', 'survival_rmst_interval', 'logrank', 'logrank_table',
    'cox_fit', 'coefficients', 'cox_ph_test', 'cox_baseline', 'cox_risk', 'cox_survival', 'cox_model_to_jsonb',
    -- clv
    'clv_agg', 'clv_opportunity_agg', 'clv_opportunities', 'clv_fit', 'clv_model', 'clv_compare', 'clv_tracking', 'clv_alive', 'clv_purchases', 'clv_residual_purchases',
    'clv_spend', 'clv_value', 'clv_value_interval', 'clv_expected', 'clv_purchase_probability', 'clv_model_to_jsonb', 'clv_model_from_jsonb',
    'sbg_fit', 'sbg_survival', 'sbg_retention', 'sbg_renewals', 'sbg_residual_renewals', 'sbg_model_to_jsonb', 'sbg_model_from_jsonb',
    -- keyring, seal: what needs no key
    'sealed', 'sealed_key_version', 'sealed_info',
    -- pseudonym
    'blind_bits', 'normalise',
    -- mask
    'mask_email', 'mask_phone', 'mask_card', 'mask_name', 'mask_text', 'generalize_date', 'generalize_number', 'generalize_ip', 'generalize_postcode',
    'anonymity_agg', 'anonymity_groups', 'k_anonymity', 'l_diversity', 't_closeness', 'uniqueness',
    -- every summary, dataset and model
    'rollup', 'summary']);
INSERT INTO public_name SELECT DISTINCT proname FROM routine
    -- Whoever may call an aggregate or use a type needs these: Citus calls them by name.
    WHERE oid IN (SELECT oid FROM support) AND proname NOT IN (SELECT name FROM public_name);
SELECT set_eq($$
    SELECT DISTINCT proname::text FROM routine
    WHERE EXISTS (SELECT 1 FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0 AND privilege_type = 'EXECUTE')
$$, 'SELECT name FROM public_name', 'PUBLIC may execute what is listed, and nothing else');
SELECT is_empty($$
    SELECT identity FROM member JOIN pg_class c ON classid = 'pg_class'::regclass AND objid = c.oid,
        aclexplode(coalesce(relacl, acldefault('r', relowner))) WHERE grantee = 0 AND relkind <> 'c'
$$, 'PUBLIC has no right on a relation');

-- NULL in every argument, and in each one while the others have a value

CREATE TEMP TABLE sample (type regtype, expression text);
INSERT INTO sample VALUES
    ('boolean', 'true'), ('smallint', '2'), ('integer', '5'), ('bigint', '7'), ('double precision', '1.5'), ('numeric', '2.5'),
    ('text', '''dense'''), ('uuid', '''00000000-0000-0000-0000-000000000001'''), ('date', '''2020-02-03'''),
    ('timestamptz', '''2020-02-03 04:05:06+00'''), ('interval', '''7 days'''), ('double precision[]', '''{1,2}'''), ('integer[]', '''{1,2}'''), ('bigint[]', '''{9,4,2}'''),
    ('bytea', '''\x00'''), ('inet', '''10.1.2.3'''), ('cstring', '''AAAA'''), ('jsonb', '''{}'''), ('text[]', '''{}'''), ('name', '''oid'''), ('regclass', '''pg_catalog.pg_class'''),
    -- A row with a column that is named like the sample of text.
    ('record', '(SELECT q FROM (SELECT 1.5 AS dense, 2 AS other) q)'),
    ('customer_data.dataset', '(SELECT customer_data.dataset_agg(ARRAY[1, 2.5]))');
-- Models of two features, which are named like the columns of the sample of record.
INSERT INTO sample
    SELECT format('customer_data.%s_model', name)::regtype,
        format('(SELECT customer_data.%s_fit(customer_data.dataset_agg(f), 1) FROM (VALUES (1.5, 2), (2.5, 4)) f (dense, other))', name)
    FROM unnest(ARRAY['kmeans', 'gmm', 'pca']) AS name;
INSERT INTO sample VALUES
    ('customer_data.cox_model', '(SELECT customer_data.cox_fit(customer_data.dataset_agg(f, ''gone''), ''days'') FROM (VALUES (1.5, 2, 3, true), (2.5, 4, 5, true), (2, 1, 4, false)) f (dense, other, days, gone))'),
    ('customer_data.churn_model', '(SELECT customer_data.churn_fit(customer_data.dataset_agg(f, ''gone''), ''logistic'', l2 => 0.1) FROM (VALUES (1.5, 2, true), (2.5, 4, false), (2, 1, false)) f (dense, other, gone))'),
    ('customer_data.clv_model', 'customer_data.clv_model(''nbd'', ''{1,2}'', ''7 days'', ''{6,4,15}'')'),
    ('customer_data.sbg_model', 'customer_data.sbg_fit(''{100,70,55,47}''::bigint[], ''1 year'')'),
    ('customer_data.survival_summary[]', '(SELECT array_agg(s) FROM (SELECT customer_data.survival_agg(i, true) AS s FROM generate_series(1, 4) i GROUP BY i % 2) q)');
-- A value of each type that an aggregate or function without such an argument can make.
DO $$
DECLARE
    maker record;
    arguments text;
    made boolean := true;
BEGIN
    WHILE made LOOP
        made := false;
        FOR maker IN
            SELECT r.*, array_agg(CASE WHEN r.provariadic <> 0 AND position = r.pronargs THEN 'VARIADIC ' ELSE '' END || s.expression || '::' || s.type ORDER BY position) AS given
            FROM routine r, unnest(proargtypes::oid[]) WITH ORDINALITY AS argument (type, position) JOIN sample s USING (type)
            WHERE r.prokind IN ('a', 'f') AND NOT r.proretset AND r.oid NOT IN (SELECT oid FROM support)
              AND r.prorettype NOT IN (SELECT type FROM sample)
              AND NOT r.proargtypes::oid[] && ARRAY['cstring'::regtype::oid, 'internal'::regtype::oid]
            GROUP BY r.oid, r.proname, r.signature, r.prorettype, r.pronargs, r.prokind,
                r.proargtypes, r.pronamespace, r.proowner, r.prolang, r.procost, r.prorows, r.provariadic, r.prosupport, r.prosecdef,
                r.proleakproof, r.proisstrict, r.proretset, r.provolatile, r.proparallel, r.pronargdefaults, r.proallargtypes,
                r.proargmodes, r.proargnames, r.proargdefaults, r.protrftypes, r.prosrc, r.probin, r.prosqlbody, r.proconfig, r.proacl
            HAVING count(*) = r.pronargs
        LOOP
            CONTINUE WHEN EXISTS (SELECT 1 FROM sample WHERE type = maker.prorettype);
            INSERT INTO sample VALUES (maker.prorettype,
                format('(SELECT customer_data.%I(%s))', maker.proname, array_to_string(maker.given, ', ')));
            made := true;
        END LOOP;
    END LOOP;
END
$$;
SELECT is_empty($$
    SELECT DISTINCT argument::regtype FROM routine, unnest(proargtypes::oid[]) AS argument
    WHERE argument NOT IN (SELECT type FROM sample) AND argument <> 'internal'::regtype
$$, 'there is a sample of every argument type');

CREATE TEMP TABLE call AS
    WITH variant AS (
        -- Variant 0: all arguments are NULL. Variant n: the nth one.
        SELECT r.oid, variant,
            coalesce(string_agg(CASE WHEN r.provariadic <> 0 AND position = r.pronargs THEN 'VARIADIC ' ELSE '' END || CASE WHEN variant IN (0, position) OR s.expression IS NULL THEN 'NULL' ELSE s.expression END
                || '::' || format_type(argument, NULL), ', ' ORDER BY position), '') AS arguments
        FROM routine r
            CROSS JOIN generate_series(0, r.pronargs) AS variant
            LEFT JOIN unnest(r.proargtypes::oid[]) WITH ORDINALITY AS a (argument, position) ON true
            LEFT JOIN sample s ON s.type = argument
        -- PostgreSQL lets nobody call a function of internal from SQL, not even with NULL.
        WHERE 'internal'::regtype <> ALL (r.proargtypes::oid[])
          -- A procedure that commits may not be called from here, and a trigger function from nowhere.
          AND r.prokind <> 'p' AND r.prorettype <> 'trigger'::regtype
        GROUP BY r.oid, variant
    )
    SELECT signature,
        CASE prokind
            WHEN 'a' THEN format('SELECT count(v::text) FROM (SELECT customer_data.%1$I(%2$s) AS v FROM generate_series(1, 3)) q', proname, arguments)
            WHEN 'w' THEN format('SELECT count(v::text) FROM (SELECT customer_data.%1$I(%2$s) OVER () AS v FROM generate_series(1, 3)) q', proname, arguments)
            ELSE CASE WHEN proretset THEN format('SELECT count(v::text) FROM (SELECT * FROM customer_data.%1$I(%2$s) LIMIT 100) v', proname, arguments)
                -- The result of an output function is only for PostgreSQL to read.
                ELSE format('SELECT count(*) FROM (SELECT customer_data.%1$I(%2$s) AS v OFFSET 0) q WHERE v IS NULL', proname, arguments) END
        END AS query
    FROM routine JOIN variant USING (oid)
    UNION
    SELECT signature, format('SELECT customer_data.%I(%s) FROM generate_series(1, 0)', proname, arguments)
    FROM routine JOIN variant USING (oid) WHERE prokind = 'a' AND variant = 0
    UNION
    SELECT signature, format('SELECT count(v::text) FROM (SELECT customer_data.%I(%s) OVER (ORDER BY i) AS v FROM generate_series(1, 3) i) q', proname, arguments)
    FROM routine JOIN variant USING (oid) WHERE prokind = 'a';

CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text;
    message text;
BEGIN
    EXECUTE query;
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    RETURN state || ' ' || message;
END
$$;
CREATE TEMP TABLE called AS SELECT signature, query, pg_temp.outcome(query) AS outcome FROM call;
SELECT is_empty($$ SELECT outcome, query FROM called WHERE outcome ~ '^XX' $$, 'no NULL is an internal error');
-- A query of this test that is wrong itself must not pass for an answer of a function.
SELECT is_empty($$ SELECT outcome, query FROM called WHERE outcome ~ '^42' AND outcome !~ '^42(501|704) '
      -- The sample of text is no query.
      AND NOT (outcome = '42601 syntax error at or near "dense"' AND signature ~ 'churn_(observations|features|rate)') $$, 'every function could be called');
SELECT is_empty($$
    SELECT c.outcome, c.query FROM called c JOIN routine r USING (signature)
    WHERE r.proisstrict AND r.prokind = 'f' AND NOT r.proretset AND c.query ~ 'NULL::' AND c.query !~ '\(SELECT' AND c.outcome <> '00000'
$$, 'a strict function answers NULL with NULL');

SELECT * FROM finish();
ROLLBACK;
