-- RFM (recency, frequency, monetary): who are the best customers, who is about to be lost?

-- The whole question in one call: purchases to a book of all customers, the book to scores and segments. Purchases
-- after the day of the analysis are not known on that day.
SELECT clock_timestamp() AS start \gset
CREATE TABLE rfm AS
SELECT r.*
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book
      FROM purchase WHERE occurred_at < date :'as_of' + 1) b,
     rfm_table(b.book, date :'as_of') r;
SELECT shown(count(*)) AS customers,
       shown(1000 * extract(epoch FROM clock_timestamp() - :'start'::timestamptz)::float8) AS milliseconds
FROM rfm \gset
COMMENT ON TABLE rfm IS 'score and segment of every customer on the day of the analysis, made by the demo';
\echo Every customer as of :as_of is now in table demo.rfm (customers: :customers, took :milliseconds ms).
\echo

\pset footer off
\pset border 0
SELECT coalesce(segment, '(no purchase)') AS segment,
       shown(customers, 9) AS customers, shown(100 * share, 8, 1) AS "% of all",
       shown(revenue, 13) AS revenue, shown(100 * revenue_share, 12, 1) AS "% of revenue",
       shown(recency_days, 8) AS "days ago", shown(frequency, 9, 1) AS purchases, shown(monetary, 12) AS "revenue each"
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book
      FROM purchase WHERE occurred_at < date :'as_of' + 1) b,
     rfm_segment_summary(b.book, date :'as_of') s
ORDER BY s.revenue DESC, s.customers DESC;

\echo What a score means
\echo
SELECT score,
       max(range) FILTER (WHERE dimension = 'recency') AS "last purchase, days ago",
       max(range) FILTER (WHERE dimension = 'frequency') AS "number of purchases",
       max(range) FILTER (WHERE dimension = 'monetary') AS revenue
FROM (SELECT t.dimension, t.score,
             CASE WHEN t.low >= t.high THEN 'nobody'
                  WHEN t.high IS NULL THEN coalesce(first || ' and more', 'any')
                  WHEN t.low IS NULL THEN CASE WHEN whole THEN 'up to ' ELSE '' END || last
                  WHEN first = last THEN first
                  ELSE first || ' to ' || last END AS range
      FROM (SELECT rfm_bins(rfm_agg(recency_days, frequency, monetary)) AS bins FROM rfm) b,
           rfm_thresholds(b.bins) t,
           LATERAL (SELECT t.dimension <> 'monetary') w(whole),
           -- A class that nobody reaches begins just above the last value, which need not be whole.
           LATERAL (SELECT CASE WHEN whole THEN shown(ceil(t.low)) ELSE shown(t.low, 0, 2) END,
                           CASE WHEN whole THEN shown(ceil(t.high) - 1) ELSE 'under ' || shown(t.high, 0, 2) END
                   ) l(first, last)
     ) ranges
GROUP BY score ORDER BY score DESC;

\echo The ten best customers
\echo
SELECT left(customer_id::text, 30) AS customer_id, code, segment, recency_days AS "days ago", frequency AS purchases,
       shown(monetary, 16, 2) AS revenue
FROM rfm ORDER BY r + f + m DESC NULLS LAST, monetary DESC LIMIT 10;
