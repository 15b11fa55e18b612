CREATE TABLE purchase AS
SELECT customer_id, occurred_at, amount FROM simulate_purchases(20000);
DROP TABLE line;
