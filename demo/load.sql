-- Lines to purchases. :customer_type is bigint if all ids are such numbers, else text: ids keep their type.
\if :per_order
-- The lines of an order are one purchase, made when its first line was.
CREATE TABLE purchase AS
SELECT CAST(customer_id AS :customer_type) AS customer_id, min(occurred_at) AS occurred_at,
       sum(price * coalesce(quantity, 1)) AS amount
FROM line
GROUP BY line.customer_id, order_id;
\else
CREATE TABLE purchase AS
SELECT CAST(customer_id AS :customer_type) AS customer_id, occurred_at, price * coalesce(quantity, 1) AS amount
FROM line;
\endif
DROP TABLE line;
