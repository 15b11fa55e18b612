-- What was loaded, in words.
ANALYZE purchase;
COMMENT ON TABLE purchase IS 'one row per purchase; a negative amount is a refund';
SELECT format('purchases   %s of %s customers, %s to %s', shown(count(*) FILTER (WHERE amount >= 0)),
              shown(count(DISTINCT customer_id)), min(occurred_at)::date, max(occurred_at)::date)
FROM purchase;
SELECT format('refunds     %s, %s', shown(count(*)), shown(sum(amount)::float8, 0, 2))
FROM purchase WHERE amount < 0 HAVING count(*) > 0;
SELECT format('revenue     %s', shown(sum(amount)::float8, 0, 2)) FROM purchase;
