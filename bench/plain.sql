-- The whole question in plain SQL, the ways a user would write it: purchases to customers, five classes in each
-- dimension, segments, customers and revenue per segment. The classes are counted before they get names, so that
-- the CASE runs 125 times and not once per customer.

SET client_min_messages = warning;
DROP VIEW IF EXISTS by_ntile, by_ntile_numeric, by_percentile, by_percentile_laid_out;
DROP FUNCTION IF EXISTS segment_name;

CREATE VIEW by_ntile AS
SELECT r, f, m, count(*) AS customers, sum(monetary) AS revenue
FROM (SELECT ntile(5) OVER (ORDER BY last) AS r, ntile(5) OVER (ORDER BY frequency) AS f,
             ntile(5) OVER (ORDER BY monetary) AS m, monetary
      FROM (SELECT max(occurred_at) AS last, count(*) AS frequency, sum(amount::float8) AS monetary
            FROM tx GROUP BY customer_id) customer) scored
GROUP BY 1, 2, 3;

CREATE VIEW by_ntile_numeric AS
SELECT r, f, m, count(*) AS customers, sum(monetary) AS revenue
FROM (SELECT ntile(5) OVER (ORDER BY last) AS r, ntile(5) OVER (ORDER BY frequency) AS f,
             ntile(5) OVER (ORDER BY monetary) AS m, monetary
      FROM (SELECT max(occurred_at) AS last, count(*) AS frequency, sum(amount) AS monetary
            FROM tx GROUP BY customer_id) customer) scored
GROUP BY 1, 2, 3;

CREATE VIEW by_percentile AS
WITH customer AS MATERIALIZED (
    SELECT max(occurred_at) AS last, count(*) AS frequency, sum(amount::float8) AS monetary FROM tx GROUP BY customer_id
), cut AS MATERIALIZED (
    SELECT percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY last) AS last,
           percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY frequency) AS frequency,
           percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY monetary) AS monetary
    FROM customer
)
SELECT 1 + width_bucket(c.last, cut.last) AS r, 1 + width_bucket(c.frequency, cut.frequency) AS f,
       1 + width_bucket(c.monetary, cut.monetary) AS m, count(*) AS customers, sum(c.monetary) AS revenue
FROM customer c, cut GROUP BY 1, 2, 3;

-- The same from a table that has been laid out for such questions (bench/purchases.sql).
CREATE VIEW by_percentile_laid_out AS
WITH customer AS MATERIALIZED (
    SELECT max(occurred_at) AS last, count(*) AS frequency, sum(amount::float8) AS monetary FROM tx_laid_out GROUP BY customer_id
), cut AS MATERIALIZED (
    SELECT percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY last) AS last,
           percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY frequency) AS frequency,
           percentile_disc(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY monetary) AS monetary
    FROM customer
)
SELECT 1 + width_bucket(c.last, cut.last) AS r, 1 + width_bucket(c.frequency, cut.frequency) AS f,
       1 + width_bucket(c.monetary, cut.monetary) AS m, count(*) AS customers, sum(c.monetary) AS revenue
FROM customer c, cut GROUP BY 1, 2, 3;

-- Names for the classes, as rfm_segment(score) gives them.
CREATE FUNCTION segment_name(r integer, f integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN r = 5 AND f >= 4 THEN 'Champions'
            WHEN r >= 3 AND f >= 4 THEN 'Loyal Customers'
            WHEN r >= 4 AND f >= 2 THEN 'Potential Loyalist'
            WHEN r = 5 THEN 'New Customers'
            WHEN r = 4 THEN 'Promising'
            WHEN r = 3 AND f = 3 THEN 'Need Attention'
            WHEN r = 3 THEN 'About To Sleep'
            WHEN f = 5 THEN 'Can''t Lose Them'
            WHEN f >= 3 THEN 'At Risk'
            ELSE 'Hibernating' END;
