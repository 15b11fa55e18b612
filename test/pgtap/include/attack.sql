-- Functions for tests of what must be refused.

-- How a query ends.
CREATE FUNCTION pg_temp.refusal(query text) RETURNS TABLE (state text, has_hint boolean) LANGUAGE plpgsql AS $$
DECLARE hint text;
BEGIN
    EXECUTE query;
    RETURN QUERY SELECT '00000', false;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, hint = PG_EXCEPTION_HINT;
    has_hint := hint <> '';
    RETURN NEXT;
END
$$;

-- Every byte of a value is turned and every length is tried. Nothing may fall; what is taken for a value is used like
-- one by each of the queries, where $1 stands for it. Only errors of data (22...) and limits (54...) are answers.
CREATE FUNCTION pg_temp.hostile(type text, value text, uses text[]) RETURNS TABLE (accepted bigint, refused bigint, wrong text) LANGUAGE plpgsql AS $$
DECLARE
    bytes bytea := decode(value, 'base64');
    candidate text;
    use text;
    state text;
BEGIN
    accepted := 0; refused := 0; wrong := '';
    FOR candidate IN
        SELECT encode(set_byte(bytes, at, get_byte(bytes, at) # (1 << bit)), 'base64') FROM generate_series(0, least(length(bytes), 300) - 1) AS at, unnest(ARRAY[0, 3, 7]) AS bit
        UNION ALL SELECT encode(substring(bytes FOR n), 'base64') FROM generate_series(0, least(length(bytes), 300) - 1) AS n
        UNION ALL SELECT encode(bytes || '\x00'::bytea, 'base64')
        UNION ALL SELECT encode(set_byte(set_byte(bytes, at, 255), at + 1, 255), 'base64') FROM generate_series(0, least(length(bytes), 300) - 2) AS at
        UNION ALL SELECT unnest(ARRAY['', ' ', '=', 'A', 'AA', '====', 'not base64!', value || '=', value || E'\n', repeat('/', 1000)])
    LOOP
        -- encode() breaks its lines, which our reader of base64 refuses before it looks at a byte.
        IF candidate <> value || E'\n' THEN candidate := replace(candidate, E'\n', ''); END IF;
        BEGIN
            EXECUTE format('SELECT %L::%s', candidate, type);
            accepted := accepted + 1;
            FOREACH use IN ARRAY uses LOOP
                BEGIN
                    EXECUTE replace(use, '$1', format('%L::%s', candidate, type));
                EXCEPTION WHEN OTHERS THEN
                    IF SQLSTATE !~ '^(22|54)' THEN wrong := wrong || format('%s: %s %s; ', use, SQLSTATE, SQLERRM); END IF;
                END;
            END LOOP;
        EXCEPTION WHEN OTHERS THEN
            refused := refused + 1;
            IF SQLSTATE !~ '^(22|54)' THEN wrong := wrong || format('%s %s; ', SQLSTATE, SQLERRM); END IF;
        END;
    END LOOP;
    RETURN NEXT;
END
$$;
