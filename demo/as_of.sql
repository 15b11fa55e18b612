-- The day after the last purchase; refunds alone have a last day too.
SELECT coalesce(max(occurred_at) FILTER (WHERE amount >= 0), max(occurred_at))::date + 1 FROM purchase;
