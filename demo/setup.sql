CREATE EXTENSION customer_data;
CREATE SCHEMA demo;
ALTER DATABASE demo SET search_path = demo, customer_data, public;

-- What demo/read_purchases.pl fills: one row per line of the file.
CREATE UNLOGGED TABLE demo.line (
    order_id text,
    customer_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    price numeric NOT NULL,
    quantity numeric
);

-- Numbers as people read them, aligned at the right.
CREATE FUNCTION demo.shown(value float8, width integer DEFAULT 0, decimals integer DEFAULT 0) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT lpad(shown, greatest(width, length(shown)))
    FROM (SELECT to_char(round(value::numeric, decimals), 'FM999,999,999,999,999,990'
                         || CASE WHEN decimals > 0 THEN rpad('.', decimals + 1, '0') ELSE '' END)) t(shown);
END;
COMMENT ON FUNCTION demo.shown(float8, integer, integer) IS 'a number as the tables of the demo show it: 1,234.50';
