-- What bench/run measures, in this order. A row is
--
--   -- ROW name
--   -- TARGET 2.5               how many times faster ours has to be (below 1: slower is allowed)
--   -- GOAL 2000                milliseconds, with 1,000,000 customers
--   -- SET name=value ...       for all sides of the row; also names of SETTINGS (a plan set parallel must be parallel)
--   -- NOTE text                shown with the row
--   -- SAME                     the sides must give the same rows
--   -- HASH                     also shows the memory and batches of hash aggregation
--   -- AFTER statement          run after each execution of a side that writes, and not measured
--   -- PER purchases rows       also shows rows per second; how many they are, by table constant
--   -- OURS
--   query;
--   -- INSTEAD label            of several, the fastest is the opponent; the others are shown
--   -- SET name=value ... | ... for this side only; with | the query is tried with each
--   -- PROGRAM name arguments   instead of a query: of this directory; a row without what it needs is skipped
--   -- PLAN regex               what the plan of a side has to contain; after OURS and FLOOR too
--   query;
--   -- LESS                     after the query of a side: its time is subtracted
--   query;
-- INSTEAD as before        the opponent of the row before
--   -- FLOOR label              what no way to do it can avoid; shown only
--   query;
--
-- and FACT is a row without sides: a query of text that is shown. Columns of table constant (bench/tables.sql) are psql
-- variables. OFFSET 1000000000 makes the server compute all rows and send none.

-- SETTINGS serial max_parallel_workers_per_gather=0
-- SETTINGS parallel max_parallel_workers_per_gather=2 parallel_setup_cost=0 parallel_tuple_cost=0 min_parallel_table_scan_size=0
-- SETTINGS by_index enable_partitionwise_aggregate=on enable_seqscan=off enable_hashagg=off

-- ROW purchase_agg, one history per customer
-- TARGET 0.77
-- NOTE 0.77 is 1.3 times the time. The other side keeps no days.
-- SET serial enable_sort=off
-- HASH
-- PER purchases rows
-- OURS
-- PLAN HashAggregate
SELECT customer_id, purchase_agg(occurred_at, amount) FROM tx GROUP BY customer_id OFFSET 1000000000;
-- INSTEAD count, sum(amount::float8), max, min by customer
-- PLAN HashAggregate
SELECT customer_id, count(*), sum(amount::float8), max(occurred_at), min(occurred_at)
FROM tx GROUP BY customer_id OFFSET 1000000000;
-- FLOOR count(*) by customer
SELECT customer_id, count(*) FROM tx GROUP BY customer_id OFFSET 1000000000;

-- ROW rfm_score window over all customers
-- TARGET 2.5
-- SET serial
-- PER customers customers
-- OURS
SELECT (s).code, count(*)
FROM (SELECT rfm_score(recency_days, frequency, monetary) OVER () AS s FROM feature) x GROUP BY 1;
-- INSTEAD three ntile(5), code by ||
SELECT code, count(*)
FROM (SELECT (ntile(5) OVER (ORDER BY recency_days DESC))::text || (ntile(5) OVER (ORDER BY frequency))::text
             || (ntile(5) OVER (ORDER BY monetary))::text AS code FROM feature) x GROUP BY 1;
-- INSTEAD three ntile(5), code made after grouping
-- SET serial | parallel
SELECT concat(r, f, m), n
FROM (SELECT r, f, m, count(*) AS n
      FROM (SELECT ntile(5) OVER (ORDER BY recency_days DESC) AS r, ntile(5) OVER (ORDER BY frequency) AS f,
                   ntile(5) OVER (ORDER BY monetary) AS m FROM feature) x GROUP BY 1, 2, 3) y;
-- FLOOR a window call that returns a ready composite
SELECT (s).code, count(*)
FROM (SELECT lag(ROW(1, 1, 1, '111')::rfm_score, 0) OVER () AS s FROM feature) x GROUP BY 1;
-- FLOOR a window call that returns a number
SELECT s, count(*) FROM (SELECT lag(1, 0) OVER () AS s FROM feature) x GROUP BY 1;

-- ROW purchases to segments, rfm_segment_summary
-- TARGET 3
-- GOAL 2000
-- NOTE Ours on one core, and it keeps the days. Both sides give segment, customers and revenue.
-- NOTE The SQL of the other side is in bench/plain.sql; work_mem=4MB and jit=on is PostgreSQL as it comes.
-- PER purchases rows
-- OURS
-- PLAN ^(?!(?s:.*)Gather)
SELECT s.segment, s.customers, s.revenue
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM tx) b,
     rfm_segment_summary(b.book, date :'as_of') s;
-- INSTEAD ntile, sum(amount::float8)
-- SET serial | serial work_mem=1GB | serial jit=on | parallel | parallel work_mem=1GB
SELECT segment_name(r, f), sum(customers), sum(revenue) FROM by_ntile GROUP BY 1;
-- INSTEAD ntile, sum(amount)
-- SET serial | parallel | work_mem=4MB jit=on
SELECT segment_name(r, f), sum(customers), sum(revenue) FROM by_ntile_numeric GROUP BY 1;
-- INSTEAD percentile_disc, sum(amount::float8)
-- SET serial | parallel
SELECT segment_name(r, f), sum(customers), sum(revenue) FROM by_percentile GROUP BY 1;

-- ROW purchases to segments, rfm_table and GROUP BY
-- TARGET 3
-- GOAL 2000
-- PER purchases rows
-- OURS
-- PLAN ^(?!(?s:.*)Gather)
SELECT r.segment, count(*), sum(r.monetary)
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM tx) b, rfm_table(b.book, date :'as_of') r
GROUP BY 1;
-- INSTEAD as before

-- ROW the same, against a table laid out for customers
-- NOTE 16 hash partitions and an index with all columns: more to store and to write, and the planner has to be told.
-- PER purchases rows
-- OURS
SELECT s.segment, s.customers, s.revenue
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM tx) b,
     rfm_segment_summary(b.book, date :'as_of') s;
-- INSTEAD percentile_disc, partitions
-- SET parallel enable_partitionwise_aggregate=on enable_indexonlyscan=off
-- PLAN Parallel Append
SELECT segment_name(r, f), sum(customers), sum(revenue) FROM by_percentile_laid_out GROUP BY 1;
-- INSTEAD percentile_disc, partitions and index
-- SET serial by_index | parallel by_index
-- PLAN Index Only Scan
SELECT segment_name(r, f), sum(customers), sum(revenue) FROM by_percentile_laid_out GROUP BY 1;

-- ROW purchase_book_agg, all histories in one value
-- PER purchases rows
-- SET serial enable_sort=off
-- OURS
SELECT purchase_book_count(purchase_book_agg(customer_id, occurred_at, amount)) FROM tx;
-- INSTEAD count, sum(amount::float8), max, min by customer
-- PLAN HashAggregate
SELECT customer_id, count(*), sum(amount::float8), max(occurred_at), min(occurred_at)
FROM tx GROUP BY customer_id OFFSET 1000000000;
-- INSTEAD the same, sum(amount)
-- PLAN HashAggregate
SELECT customer_id, count(*), sum(amount), max(occurred_at), min(occurred_at)
FROM tx GROUP BY customer_id OFFSET 1000000000;
-- FLOOR a scan that counts the rows
SELECT count(*) FROM tx;
-- FLOOR a scan that reads the amounts
SELECT count(amount) FROM tx;

-- ROW serial purchase_book_agg against a parallel one
-- NOTE Below 1 the parallel one would win: with one worker and the leader, two and the leader, or two without.
-- SAME
-- OURS
SELECT s.segment, s.customers
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM tx) b,
     rfm_segment_summary(b.book, date :'as_of') s;
-- INSTEAD partial books, combined
-- SET parallel max_parallel_workers_per_gather=1 | parallel | parallel parallel_leader_participation=off
-- PLAN Partial Aggregate
SELECT s.segment, s.customers
FROM (SELECT parallel_book_agg(customer_id, occurred_at, amount) AS book FROM tx) b,
     rfm_segment_summary(b.book, date :'as_of') s;

-- ROW serial against parallel, a hundredth of the customers
-- NOTE The same number of purchases.
-- SAME
-- OURS
SELECT s.segment, s.customers
FROM (SELECT purchase_book_agg(customer_id % :hundredth, occurred_at, amount) AS book FROM tx) b,
     rfm_segment_summary(b.book, date :'as_of') s;
-- INSTEAD partial books, combined
-- SET parallel max_parallel_workers_per_gather=1 | parallel | parallel parallel_leader_participation=off
-- PLAN Partial Aggregate
SELECT s.segment, s.customers
FROM (SELECT parallel_book_agg(customer_id % :hundredth, occurred_at, amount) AS book FROM tx) b,
     rfm_segment_summary(b.book, date :'as_of') s;

-- ROW rollup of monthly histories, busy customers
-- NOTE A tenth of the customers with a hundred purchases each; 24 partitions of one history per customer and month.
-- SET serial enable_sort=off
-- SAME
-- PER purchases rows
-- OURS
SELECT sum(purchase_count(history)), sum(purchase_days(history)), round(sum(purchase_revenue(history))::numeric, 2)
FROM (SELECT rollup(history) AS history FROM busy_month GROUP BY customer_id) x;
-- INSTEAD purchase_agg of all purchases again
SELECT sum(purchase_count(history)), sum(purchase_days(history)), round(sum(purchase_revenue(history))::numeric, 2)
FROM (SELECT purchase_agg(occurred_at, amount) AS history FROM tx_busy GROUP BY customer_id) x;

-- ROW rollup of eight books of a quarter
-- SET serial
-- NOTE There is not much to save: a customer who buys in a quarter buys three times in it.
-- SAME
-- PER purchases rows
-- OURS
SELECT s.segment, s.customers
FROM (SELECT rollup(book) AS book FROM part_book) b, rfm_segment_summary(b.book, date :'as_of') s;
-- INSTEAD purchase_book_agg of all purchases again
SELECT s.segment, s.customers
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM tx) b,
     rfm_segment_summary(b.book, date :'as_of') s;

-- ROW yesterday's book and today's purchases
-- SET serial
-- SAME
-- PER purchases rows
-- OURS
SELECT s.segment, s.customers
FROM (SELECT rollup(book) AS book
      FROM (SELECT book FROM book_before
            UNION ALL SELECT purchase_book_agg(customer_id, occurred_at, amount) FROM tx_today) parts) b,
     rfm_segment_summary(b.book, date :'as_of') s;
-- INSTEAD purchase_book_agg of all purchases again
SELECT s.segment, s.customers
FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book FROM tx) b,
     rfm_segment_summary(b.book, date :'as_of') s;

-- ROW one customer, 100,000 purchases, in the order of time
-- SET serial
-- SAME
-- OURS
SELECT purchase_count(history), purchase_days(history), round(purchase_revenue(history)::numeric, 2),
       purchase_first(history), purchase_last(history)
FROM (SELECT purchase_agg(occurred_at, amount) AS history FROM big_in_time) x;
-- INSTEAD aggregates, and count(DISTINCT day)
SELECT count(*), count(DISTINCT (occurred_at AT TIME ZONE 'UTC')::date), round(sum(amount), 2),
       min(occurred_at), max(occurred_at)
FROM big_in_time;

-- ROW one customer, 100,000 purchases, in no order
-- SET serial
-- SAME
-- OURS
SELECT purchase_count(history), purchase_days(history), round(purchase_revenue(history)::numeric, 2),
       purchase_first(history), purchase_last(history)
FROM (SELECT purchase_agg(occurred_at, amount) AS history FROM big_in_no_order) x;
-- INSTEAD aggregates, and count(DISTINCT day)
SELECT count(*), count(DISTINCT (occurred_at AT TIME ZONE 'UTC')::date), round(sum(amount), 2),
       min(occurred_at), max(occurred_at)
FROM big_in_no_order;

-- ROW one customer, 100,000 days with purchases, no order
-- SET serial
-- NOTE 274 years; nobody buys like this.
-- SAME
-- OURS
SELECT purchase_count(history), purchase_days(history), round(purchase_revenue(history)::numeric, 2),
       purchase_first(history), purchase_last(history)
FROM (SELECT purchase_agg(occurred_long_ago, amount) AS history FROM big_in_no_order) x;
-- INSTEAD aggregates, and count(DISTINCT day)
SELECT count(*), count(DISTINCT (occurred_long_ago AT TIME ZONE 'UTC')::date), round(sum(amount), 2),
       min(occurred_long_ago), max(occurred_long_ago)
FROM big_in_no_order;

-- ROW rfm_score by stored cut points, row by row
-- SET serial
-- SAME
-- PER customers customers
-- OURS
SELECT code, count(*)
FROM (SELECT (rfm_score(:'bins'::rfm_bins, recency_days, frequency, monetary)).code FROM feature) x GROUP BY 1 ORDER BY 1;
-- INSTEAD three CASE with the same cut points, code by ||
SELECT code, count(*)
FROM (SELECT (:recency_cases)::text || (:frequency_cases)::text || (:monetary_cases)::text AS code FROM feature) x
GROUP BY 1 ORDER BY 1;
-- INSTEAD three CASE, code made after grouping
SELECT concat(r, f, m) AS code, n
FROM (SELECT :recency_cases AS r, :frequency_cases AS f, :monetary_cases AS m, count(*) AS n
      FROM feature GROUP BY 1, 2, 3) x
ORDER BY 1;

-- ROW abc_class window over all customers
-- TARGET 1.4
-- SET serial
-- SAME
-- PER customers customers
-- OURS
SELECT class, count(*) FROM (SELECT abc_class(monetary) OVER () AS class FROM feature) x GROUP BY 1 ORDER BY 1;
-- INSTEAD running total and CASE
SELECT class, count(*)
FROM (SELECT CASE WHEN running <= 0.8 * total THEN 'A' WHEN running <= 0.95 * total THEN 'B' ELSE 'C' END AS class
      FROM (SELECT sum(monetary) OVER (ORDER BY monetary DESC) AS running, sum(monetary) OVER () AS total FROM feature) y) x
GROUP BY 1 ORDER BY 1;
-- INSTEAD the total by a second scan
SELECT class, count(*)
FROM (SELECT CASE WHEN running <= 0.8 * total THEN 'A' WHEN running <= 0.95 * total THEN 'B' ELSE 'C' END AS class
      FROM (SELECT sum(monetary) OVER (ORDER BY monetary DESC) AS running, total
            FROM feature, (SELECT sum(monetary) AS total FROM feature) t) y) x
GROUP BY 1 ORDER BY 1;
-- FLOOR a window call that returns a number
SELECT s, count(*) FROM (SELECT lag(1, 0) OVER () AS s FROM feature) x GROUP BY 1;

-- ROW gini_agg of all customers
-- TARGET 2
-- SET serial
-- SAME
-- PER customers customers
-- OURS
SELECT round(gini_agg(monetary)::numeric, 9) FROM feature;
-- INSTEAD row_number, and the size by a second scan
SELECT round((sum((2 * i - n - 1) * monetary) / (max(n) * sum(monetary)))::numeric, 9)
FROM (SELECT monetary, row_number() OVER (ORDER BY monetary) AS i FROM feature) x, (SELECT count(*) AS n FROM feature) y;
-- INSTEAD row_number and count over the window
SELECT round((sum((2 * i - n - 1) * monetary) / (max(n) * sum(monetary)))::numeric, 9)
FROM (SELECT monetary, row_number() OVER (ORDER BY monetary) AS i, count(*) OVER () AS n FROM feature) x;
-- FLOOR a scan that reads the values
SELECT count(monetary) FROM feature;

-- ROW simulate_purchases
-- SET serial
-- NOTE The other side makes rows of the same shape, but no customers who come back and leave.
-- PER simulated purchases
-- OURS
SELECT count(*) FROM simulate_purchases(:tenth);
-- INSTEAD generate_series and random()
SELECT count(*)
FROM (SELECT (random() * :tenth)::bigint AS customer_id, round((random() * 100)::numeric, 2) AS amount,
             timestamptz '2024-01-01' + random() * interval '730 days' AS occurred_at
      FROM generate_series(1, :simulated) OFFSET 0) x
WHERE num_nonnulls(customer_id, occurred_at, amount) = 3;

-- ROW segment_refresh, one member in a hundred changes
-- TARGET 5
-- NOTE Each time half a percent enters and as many depart, in turn. Ours also writes the history of changes.
-- SET serial
-- AFTER VACUUM customer_store.segment_member, customer_store.segment_change, customer_store.segment, member
-- PER customers customers
-- OURS
SELECT * FROM segment_refresh('bench');
-- INSTEAD delete and insert all members
WITH gone AS (DELETE FROM member WHERE segment = 'bench' RETURNING 1)
INSERT INTO member SELECT 'bench', subject, now() FROM found WHERE (SELECT count(*) FROM gone) >= 0;
-- FLOOR the query, and a scan of the members
SELECT (SELECT count(subject) FROM found), (SELECT count(subject) FROM member WHERE segment = 'bench');

-- ROW the same, against EXCEPT both ways
-- SET serial
-- AFTER VACUUM customer_store.segment_member, customer_store.segment_change, customer_store.segment, member
-- OURS
SELECT * FROM segment_refresh('bench');
-- INSTEAD EXCEPT both ways, no history
WITH gone AS (DELETE FROM member WHERE segment = 'bench' AND subject IN
                  (SELECT subject FROM member WHERE segment = 'bench' EXCEPT SELECT subject FROM found))
INSERT INTO member SELECT 'bench', subject, now()
FROM (SELECT subject FROM found EXCEPT SELECT subject FROM member WHERE segment = 'bench') entered;

-- ROW dataset_agg from a record of 20 numbers
-- TARGET 0.5
-- NOTE 0.5 is twice the time. A dataset keeps every number; a sum keeps none.
-- SET serial
-- PER customers rows
-- OURS
-- PLAN ^(?!(?s:.*)Gather)
SELECT dataset_rows(dataset_agg(f)) FROM feature20 f;
-- INSTEAD sum of each column
SELECT sum(f1), sum(f2), sum(f3), sum(f4), sum(f5), sum(f6), sum(f7), sum(f8), sum(f9), sum(f10), sum(f11),
       sum(f12), sum(f13), sum(f14), sum(f15), sum(f16), sum(f17), sum(f18), sum(f19), sum(f20)
FROM feature20;
-- FLOOR count of whole rows
SELECT count(f) FROM feature20 f;

-- ROW dataset_agg from an array of 20 numbers
-- TARGET 0.67
-- NOTE 0.67 is 1.5 times the time.
-- SET serial
-- PER customers rows
-- OURS
-- PLAN ^(?!(?s:.*)Gather)
SELECT dataset_rows(dataset_agg(ARRAY[f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20]))
FROM feature20;
-- INSTEAD as before
-- FLOOR count of arrays
SELECT count(ARRAY[f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20])
FROM feature20;

-- ROW kmeans_fit, 8 clusters, against scikit-learn and export
-- TARGET 2
-- NOTE Both scale the columns, and start once. The other side uses two threads.
-- SET serial
-- PER customers rows
-- OURS
SELECT s.* FROM (SELECT kmeans_fit(dataset_agg(f), 8, restarts => 1) AS model FROM feature20 f) q, summary(q.model) s;
-- INSTEAD binary COPY, numpy, scikit-learn
-- PROGRAM sklearn_kmeans export 8

-- ROW kmeans_fit, 8 clusters, against scikit-learn alone
-- TARGET 1
-- NOTE The other side has its data in memory already; dataset_agg counts for ours.
-- SET serial
-- OURS
SELECT s.* FROM (SELECT kmeans_fit(dataset_agg(f), 8, restarts => 1) AS model FROM feature20 f) q, summary(q.model) s;
-- INSTEAD scikit-learn
-- PROGRAM sklearn_kmeans bare 8

-- ROW cluster() of every row, 8 clusters, from a record
-- NOTE The target is 1.8 million rows a second and core.
-- GOAL 556
-- SET serial
-- PER customers rows
-- OURS
SELECT sum(cluster((SELECT model FROM feature20_model), f)) FROM feature20 f;
-- INSTEAD eight squared distances in SQL, and the least
SELECT sum(cluster) FROM nearest;
-- FLOOR the whole row
SELECT count(f) FROM feature20 f;

-- ROW cluster() of every row, 8 clusters, from an array
-- GOAL 556
-- SET serial
-- PER customers rows
-- OURS
SELECT sum(cluster((SELECT model FROM feature20_model), ARRAY[f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15,f16,f17,f18,f19,f20]))
FROM feature20;
-- INSTEAD as before
-- FLOOR the array
SELECT count(ARRAY[f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15,f16,f17,f18,f19,f20]) FROM feature20;

-- ROW evaluation_agg and roc_auc of all customers
-- TARGET 3
-- NOTE The quicker queries of the other side are wrong where scores are equal; here none are.
-- SET serial
-- SAME
-- PER customers rows
-- OURS
SELECT round(roc_auc(evaluation_agg(score, label))::numeric, 9) FROM score;
-- INSTEAD row_number, no ties
SELECT round(((sum(place) FILTER (WHERE label) - p * (p + 1) / 2) / (p * (n - p)))::numeric, 9)
FROM (SELECT label, row_number() OVER (ORDER BY score) AS place FROM score) s,
     (SELECT count(*) FILTER (WHERE label)::numeric AS p, count(*) AS n FROM score) c
GROUP BY p, n;
-- INSTEAD rank and count of ties
SELECT round(((sum(place) FILTER (WHERE label) - p * (p + 1) / 2) / (p * (n - p)))::numeric, 9)
FROM (SELECT label, rank() OVER (ORDER BY score) + (count(*) OVER (PARTITION BY score) - 1) / 2.0 AS place FROM score) s,
     (SELECT count(*) FILTER (WHERE label)::numeric AS p, count(*) AS n FROM score) c
GROUP BY p, n;
-- INSTEAD running count of those below, by score
SELECT round((sum((below + n / 2.0) * p) / (sum(p) * sum(n)))::numeric, 9)
FROM (SELECT p, n, sum(n) OVER (ORDER BY score) - n AS below
      FROM (SELECT score, count(*) FILTER (WHERE label) AS p, count(*) FILTER (WHERE NOT label) AS n FROM score GROUP BY score) g) s;
-- FLOOR count(DISTINCT score)
SELECT count(DISTINCT score) FROM score;
-- FLOOR a scan that reads both
SELECT count(score) FILTER (WHERE label) FROM score;

-- ROW gain table of all customers
-- TARGET 2
-- NOTE ntile puts equal scores into one tenth or the other by chance; here none are equal.
-- SET serial
-- SAME
-- PER customers rows
-- OURS
SELECT decile, customers, churners
FROM (SELECT evaluation_agg(score, label) AS e FROM score) q, gain_table(q.e)
ORDER BY 1;
-- INSTEAD ntile(10)
SELECT 11 - decile AS decile, count(*), count(*) FILTER (WHERE label)
FROM (SELECT label, ntile(10) OVER (ORDER BY score) AS decile FROM score) s
GROUP BY 1 ORDER BY 1;

-- ROW psi of a score, two months
-- TARGET 2
-- SET serial
-- SAME
-- PER customers rows
-- OURS
SELECT round(psi(drift_agg(score), drift_agg(later))::numeric, 9) FROM score;
-- INSTEAD percentile_disc, width_bucket
SELECT round(sum((a - e) * ln(a / e))::numeric, 9)
FROM (SELECT count(*) FILTER (WHERE NOT later)::float8 / :customers AS e, count(*) FILTER (WHERE later)::float8 / :customers AS a
      FROM (SELECT width_bucket(-v.value, cuts) AS bin, v.later
            FROM (SELECT array_agg(-q ORDER BY -q) AS cuts
                  FROM unnest((SELECT percentile_disc(ARRAY[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) WITHIN GROUP (ORDER BY score) FROM score)) q) c,
                 score, LATERAL (VALUES (score, false), (later, true)) v (value, later)) b
      GROUP BY bin) s;
-- FLOOR two counts of distinct values
SELECT count(DISTINCT score), count(DISTINCT later) FROM score;

-- ROW hash_split of all customers
-- NOTE The same hash by functions of PostgreSQL.
-- SET serial
-- SAME
-- PER customers rows
-- OURS
SELECT hash_split(customer_id::text, 0.8) AS part, count(*) FROM feature GROUP BY 1 ORDER BY 1;
-- INSTEAD sha256, encode, bit(32)
SELECT CASE WHEN ('x' || left(encode(sha256(convert_to(customer_id::text, 'UTF8')), 'hex'), 8))::bit(32)::bigint < 0.8 * 4294967296 THEN 1 ELSE 2 END AS part, count(*)
FROM feature GROUP BY 1 ORDER BY 1;
-- FLOOR sha256 of the ids
SELECT count(sha256(customer_id::text::bytea)) FROM feature;
-- ROW churn_features, against windows and a join
-- TARGET 5
-- NOTE A tenth of the customers, each month. Ours has three times the features; the other side has those that one join gives.
-- SET serial
-- SAME
-- OURS
SELECT count(*), count(*) FILTER (WHERE churned), sum(events_short), sum(events_medium), sum(events_long), round(sum(amount_short)),
       round(sum(amount_long)), round(sum(recency_days))
FROM churn_features('SELECT customer_id, occurred_at, amount FROM tx_tenth', '60 days') WHERE NOT censored;
-- INSTEAD gaps by lag, then a join of dates and purchases
-- SET serial | parallel
SELECT count(*), count(*) FILTER (WHERE churned), sum(events_short), sum(events_medium), sum(events_long), round(sum(amount_short)),
       round(sum(amount_long)), round(sum(recency_days))
FROM churn_by_join;
-- ROW survival curve of a million tenures in months
-- NOTE The other side has no intervals, and fails where nobody is left.
-- TARGET 0.67
-- SET serial
-- PER customers rows
-- OURS
SELECT c.time, c.survival FROM (SELECT survival_agg(floor(duration), churned) AS s FROM tenure20) q, survival_curve(q.s) c;
-- INSTEAD count by month, running sums by window functions
SELECT month, exp(sum(ln(1 - events::float8 / at_risk)) OVER (ORDER BY month))
FROM (SELECT month, events, sum(n) OVER (ORDER BY month DESC) AS at_risk
      FROM (SELECT floor(duration) AS month, count(*) AS n, count(*) FILTER (WHERE churned) AS events FROM tenure20 GROUP BY 1) c) r
WHERE events < at_risk;

-- ROW the same of tenures that are all distinct
-- TARGET 1
-- SET serial
-- PER customers rows
-- OURS
SELECT count(c.survival) FROM (SELECT survival_agg(duration, churned) AS s FROM tenure20) q, survival_curve(q.s) c;
-- INSTEAD as before
SELECT count(s)
FROM (SELECT exp(sum(ln(1 - events::float8 / at_risk)) OVER (ORDER BY month)) AS s
      FROM (SELECT month, events, sum(n) OVER (ORDER BY month DESC) AS at_risk
            FROM (SELECT duration AS month, count(*) AS n, count(*) FILTER (WHERE churned) AS events FROM tenure20 GROUP BY 1) c) r
      WHERE events < at_risk) k;

-- ROW cox_fit of 20 numbers, against R and export
-- TARGET 2
-- SET serial
-- PER customers rows
-- OURS
SELECT s.* FROM (SELECT cox_fit(dataset_agg(t, 'churned')) AS model FROM tenure20 t) q, summary(q.model) s;
-- INSTEAD COPY, R, package survival
-- PROGRAM r_coxph export

-- ROW cox_fit of 20 numbers, against R alone
-- TARGET 1
-- NOTE The other side has its data in memory already; dataset_agg counts for ours, and so does the test of proportionality.
-- SET serial
-- OURS
SELECT s.* FROM (SELECT cox_fit(dataset_agg(t, 'churned')) AS model FROM tenure20 t) q, summary(q.model) s;
-- INSTEAD R, package survival
-- PROGRAM r_coxph bare
-- ROW churn_fit by logistic regression, against scikit-learn and export
-- TARGET 2
-- NOTE Without a penalty. Ours also gives standard errors.
-- SET serial
-- PER customers rows
-- OURS
SELECT s.* FROM (SELECT churn_fit(dataset_agg(c, 'churned'), 'logistic') AS model FROM churner c) q, summary(q.model) s;
-- INSTEAD binary COPY, numpy, scikit-learn
-- PROGRAM sklearn_churn logistic export

-- ROW churn_fit by logistic regression, against scikit-learn alone
-- TARGET 1
-- NOTE The other side has its data in memory already; dataset_agg counts for ours.
-- SET serial
-- OURS
SELECT s.* FROM (SELECT churn_fit(dataset_agg(c, 'churned'), 'logistic') AS model FROM churner c) q, summary(q.model) s;
-- INSTEAD scikit-learn
-- PROGRAM sklearn_churn logistic bare

-- ROW churn_fit by boosting, 100 trees of 31 leaves, one thread, against scikit-learn and export
-- TARGET 1
-- NOTE Four fifths of the rows. The other side uses two threads.
-- SET serial customer_data.threads=1
-- OURS
SELECT s.* FROM (SELECT churn_fit(dataset_agg(t, 'churned'), trees => 100, leaves => 31, learning_rate => 0.1, early_stopping => false) AS model
                 FROM training t) q, summary(q.model) s;
-- INSTEAD binary COPY, numpy, scikit-learn
-- PROGRAM sklearn_churn boosting export

-- ROW churn_fit by boosting, 100 trees of 31 leaves, two threads, against scikit-learn and export
-- TARGET 1
-- SET serial customer_data.threads=2
-- OURS
SELECT s.* FROM (SELECT churn_fit(dataset_agg(t, 'churned'), trees => 100, leaves => 31, learning_rate => 0.1, early_stopping => false) AS model
                 FROM training t) q, summary(q.model) s;
-- INSTEAD binary COPY, numpy, scikit-learn
-- PROGRAM sklearn_churn boosting export

-- ROW predict by boosting, 100 trees of 31 leaves, one core
-- NOTE The target is 400,000 rows a second and core.
-- GOAL 2500
-- SET serial
-- PER customers rows
-- OURS
SELECT sum(predict((SELECT boosting FROM churn_models), c)) FROM churner c;
-- INSTEAD scikit-learn, two threads, neither export nor import
-- PROGRAM sklearn_churn score bare
-- FLOOR the whole row
SELECT count(c) FROM churner c;

-- ROW predict by boosting in a parallel query
-- NOTE Two cores.
-- GOAL 1250
-- SET parallel
-- PER customers rows
-- OURS
-- PLAN Gather
SELECT sum(predict((SELECT boosting FROM churn_models), c)) FROM churner c;
-- INSTEAD as before

-- ROW predict by logistic regression, from a record
-- NOTE The target is 2 million rows a second and core.
-- GOAL 500
-- SET serial
-- PER customers rows
-- OURS
SELECT sum(predict((SELECT logistic FROM churn_models), c)) FROM churner c;
-- INSTEAD the formula in SQL
SELECT sum(p) FROM scored;
-- FLOOR the whole row
SELECT count(c) FROM churner c;

-- ROW predict by logistic regression, from an array
-- GOAL 500
-- SET serial
-- PER customers rows
-- OURS
SELECT sum(predict((SELECT logistic FROM churn_models), ARRAY[f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15,f16,f17,f18,f19,f20]))
FROM churner;
-- INSTEAD as before
-- FLOOR the array
SELECT count(ARRAY[f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15,f16,f17,f18,f19,f20]) FROM churner;

-- ROW clv_agg of histories
-- NOTE The other side has neither average amounts nor purchases by day.
-- SET serial
-- PER customers customers
-- OURS
SELECT s.* FROM (SELECT clv_agg(history, date :'as_of', '7 days') AS c FROM summary) q, summary(q.c) s;
-- INSTEAD count(*) of distinct rows of purchase_repeat
SELECT count(*)
FROM (SELECT r.x, r.t_x, r.t, count(*) FROM summary, purchase_repeat(history, date :'as_of', '7 days') r GROUP BY 1, 2, 3) q;
-- FLOOR purchase_repeat of every history
SELECT count(r.x) FROM summary, purchase_repeat(history, date :'as_of', '7 days') r;

-- ROW clv_agg of numbers
-- TARGET 1
-- SET serial
-- PER customers customers
-- OURS
SELECT s.* FROM (SELECT clv_agg(x, t_x, t, average, '7 days') AS c FROM buyer) q, summary(q.c) s;
-- INSTEAD count(*) of the same distinct histories, and averages
SELECT count(*) FROM (SELECT count(*) FROM buyer GROUP BY GROUPING SETS ((x, t_x, t), (x, average))) q;

-- ROW clv_fit of bg/nbd
-- TARGET 5
-- NOTE Both sides have their customers already, ours in a stored clv_summary; the rows above show what it takes to gather them.
-- SET serial
-- PER customers customers
-- OURS
SELECT s.* FROM clv_customers, summary(clv_fit(histories, 'bg/nbd')) s;
-- INSTEAD numpy, L-BFGS-B
-- PROGRAM numpy_btyd bg_nbd bare

-- ROW clv_fit of gamma-gamma
-- TARGET 10
-- NOTE Ours also fits an NBD, to a hundred distinct histories. The other side is the likelihood of the package lifetimes,
-- NOTE which Debian does not have.
-- SET serial
-- PER customers customers
-- OURS
SELECT s.* FROM clv_customers, summary(clv_fit(amounts, 'nbd')) s;
-- INSTEAD numpy, L-BFGS-B
-- PROGRAM numpy_btyd gamma_gamma bare

-- ROW clv_agg and clv_fit, bg/nbd and gamma-gamma
-- TARGET 5
-- NOTE Everything counts on both sides, but for the numbers of each customer, which the other side finds in a table.
-- SET serial
-- PER customers customers
-- OURS
SELECT s.* FROM (SELECT clv_fit(clv_agg(history, date :'as_of', '7 days'), 'bg/nbd') AS model FROM summary) q, summary(q.model) s;
-- INSTEAD binary COPY, numpy, L-BFGS-B
-- PROGRAM numpy_btyd both export

-- ROW clv_fit of all four models, one thread
-- NOTE The other side fits one of the four.
-- GOAL 6000
-- SET serial customer_data.threads=1
-- OURS
SELECT s.* FROM clv_customers, summary(clv_fit(customers)) s;
-- INSTEAD numpy, L-BFGS-B: bg/nbd and gamma-gamma
-- PROGRAM numpy_btyd both bare

-- ROW clv_fit of all four models, two threads
-- SET serial customer_data.threads=2
-- OURS
SELECT s.* FROM clv_customers, summary(clv_fit(customers)) s;
-- INSTEAD as before

-- ROW clv_value of a year in weeks, one core
-- NOTE The goal is 500,000 customers a second and core. The other side sums over twelve months, ours over 52 weeks.
-- GOAL 2000
-- SET serial
-- PER customers customers
-- OURS
SELECT sum(clv_value((SELECT bg_nbd FROM clv_models), history, date :'as_of', '52 weeks')) FROM summary;
-- INSTEAD numpy, hyp2f1, neither export nor import
-- PROGRAM numpy_btyd value bare
-- FLOOR the number of purchases of every history
SELECT sum(purchase_count(history)) FROM summary;

-- ROW clv_value of a year in weeks, in a parallel query
-- NOTE Two cores.
-- GOAL 1000
-- SET parallel
-- PER customers customers
-- OURS
-- PLAN Gather
SELECT sum(clv_value((SELECT bg_nbd FROM clv_models), history, date :'as_of', '52 weeks')) FROM summary;
-- INSTEAD as before

-- ROW clv_value of a year in weeks, pareto/nbd, one core
-- GOAL 2000
-- SET serial
-- PER customers customers
-- OURS
SELECT sum(clv_value((SELECT pareto_nbd FROM clv_models), history, date :'as_of', '52 weeks')) FROM summary;
-- INSTEAD as before

-- ROW clv_value_interval of a tenth of the customers, one core
-- SET serial
-- PER tenth customers
-- OURS
SELECT sum((clv_value_interval((SELECT bg_nbd FROM clv_models), history, date :'as_of', '52 weeks')).std_error)
FROM (SELECT history FROM summary LIMIT :tenth) s;
-- INSTEAD clv_value
SELECT sum(clv_value((SELECT bg_nbd FROM clv_models), history, date :'as_of', '52 weeks'))
FROM (SELECT history FROM summary LIMIT :tenth) s;

-- ROW clv_purchases within a year, one core
-- NOTE From plain numbers. The other side has its data in memory already, and loses digits where ours does not.
-- SET serial
-- PER customers customers
-- OURS
SELECT sum(clv_purchases((SELECT bg_nbd FROM clv_models), x, t_x, t, '1 year')) FROM buyer;
-- INSTEAD numpy, hyp2f1
-- PROGRAM numpy_btyd purchases bare

-- ROW seal, a million e-mails, net of the scan
-- TARGET 1.5
-- NOTE Ours is authenticated and has a nonce of its own for each value; the other side is neither. The goal is 2.
-- SET serial
-- PER customers e-mails
-- OURS
SELECT count(seal('crm.customer.email', email)) FROM mail;
-- LESS
SELECT count(length(email)) FROM mail;
-- INSTEAD encrypt of pgcrypto, 'aes'
SELECT count(encrypt(email::bytea, '0123456789abcdef', 'aes')) FROM mail;
-- LESS
SELECT count(length(email)) FROM mail;

-- ROW unseal, net of the scan
-- TARGET 1.5
-- NOTE The goal is 2.
-- SET serial
-- PER customers e-mails
-- OURS
SELECT count(unseal('crm.customer.email', sealed)) FROM mail;
-- LESS
SELECT count(length(sealed::bytea)) FROM mail;
-- INSTEAD decrypt of pgcrypto, 'aes'
SELECT count(decrypt(encrypted, '0123456789abcdef', 'aes')) FROM mail;
-- LESS
SELECT count(length(encrypted)) FROM mail;

-- ROW pseudonym, net of the scan
-- TARGET 2.5
-- SET serial
-- PER customers e-mails
-- OURS
SELECT count(pseudonym('crm.customer.email', email)) FROM mail;
-- LESS
SELECT count(length(email)) FROM mail;
-- INSTEAD hmac of pgcrypto, 'sha256'
SELECT count(hmac(email, '0123456789abcdef0123456789abcdef', 'sha256')) FROM mail;
-- LESS
SELECT count(length(email)) FROM mail;

-- ROW blind_index, net of the scan
-- TARGET 2.5
-- SET serial
-- PER customers e-mails
-- OURS
SELECT count(blind_index('crm.customer.email', email)) FROM mail;
-- LESS
SELECT count(length(email)) FROM mail;
-- INSTEAD as before

-- ROW fpe_encrypt of cards with 16 digits, net of the scan
-- GOAL 1000
-- NOTE 1000 ms are 1 µs a card. The other side gives bytes, not a card.
-- SET serial
-- PER customers cards
-- OURS
SELECT count(fpe_encrypt('crm.customer.card', card)) FROM mail;
-- LESS
SELECT count(length(card)) FROM mail;
-- INSTEAD encrypt of pgcrypto, 'aes'
SELECT count(encrypt(card::bytea, '0123456789abcdef', 'aes')) FROM mail;
-- LESS
SELECT count(length(card)) FROM mail;

-- ROW k, l and t of a table, three quasi-identifiers
-- TARGET 2
-- NOTE The other side gives k and l only.
-- SET serial
-- PER customers customers
-- OURS
SELECT (s).k, (s).l_distinct, (s).t
FROM (SELECT summary(a) AS s FROM (SELECT anonymity_agg(stage, country, age_group, sex) AS a FROM mail OFFSET 0) q OFFSET 0) q;
-- INSTEAD GROUP BY with count and count(DISTINCT)
SELECT min(n), min(l) FROM (SELECT count(*) AS n, count(DISTINCT stage) AS l FROM mail GROUP BY country, age_group, sex) q;

-- ROW mask_email, net of the scan
-- TARGET 2.5
-- SET serial
-- PER customers e-mails
-- OURS
SELECT count(mask_email(email)) FROM mail;
-- LESS
SELECT count(length(email)) FROM mail;
-- INSTEAD regexp_replace
SELECT count(regexp_replace(email, '^(.)[^@]*', '\1***')) FROM mail;
-- LESS
SELECT count(length(email)) FROM mail;

-- FACT area under the ROC curve, last fifth of the rows
SELECT format('boosting %s, logistic regression %s', round(roc_auc(b)::numeric, 4), round(roc_auc(l)::numeric, 4))
FROM (SELECT evaluation_agg(predict(boosting, c), churned) AS b, evaluation_agg(predict(logistic, c), churned) AS l
      FROM churner c, churn_models WHERE c.ctid >= format('(%s,0)', (SELECT relpages * 4 / 5 FROM pg_class WHERE oid = 'churner'::regclass))::tid) q;

-- FACT bytes per customer
SELECT format('in a stored book: %s as it is sent, %s in the table',
              round(octet_length(purchase_book_send(book)) / :customers.0, 1), round(pg_column_size(book) / :customers.0, 1))
FROM book
UNION ALL
SELECT format('in a table of histories: %s a history, %s a row with its id', round(avg(pg_column_size(history)), 1),
              round(pg_relation_size('summary') / count(*)::numeric, 1)) FROM summary;

-- FACT bytes of rfm_bins
SELECT pg_column_size(bins)::text FROM constant;
