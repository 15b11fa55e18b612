# Aggregates are split over workers, and what the parts add up to is what one process gets.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nmax_worker_processes = 8\nmax_parallel_workers = 4\nwork_mem = '64MB'\n");
$node->start;
$node->safe_psql(
	'postgres', q{
CREATE EXTENSION customer_data;
CREATE TABLE purchase AS
    SELECT customer_id, occurred_at, occurred_at::date AS occurred_on, amount, amount::float8 AS amount_float,
        md5(customer_id::text)::uuid AS id_uuid, 'c' || customer_id AS id_text
    FROM customer_data.simulate_purchases(10000, 11);
-- Refunds and rows to skip take part.
INSERT INTO purchase
    SELECT customer_id, occurred_at + interval '1 hour', occurred_on, -amount / 3, -amount_float / 3, id_uuid, id_text
    FROM purchase WHERE customer_id % 5 = 0;
INSERT INTO purchase SELECT customer_id, NULL, NULL, 1, 1, id_uuid, id_text FROM purchase WHERE customer_id % 100 = 0;
CREATE TABLE part AS
    SELECT customer_id, customer_id % 16 AS shop, customer_data.purchase_agg(occurred_at, amount) AS s FROM purchase GROUP BY 1, occurred_at > '2024-06-01';
CREATE TABLE measured AS
    SELECT customer_data.purchase_recency_days(s, '2030-01-01'::date)::float8 AS recency_days,
        customer_data.purchase_count(s)::float8 AS frequency, customer_data.purchase_revenue(s) AS monetary, customer_id % 16 AS shop
    FROM (SELECT customer_id, customer_data.purchase_agg(occurred_at, amount) AS s FROM purchase GROUP BY 1) q;
CREATE TABLE book AS
    SELECT customer_id % 16 AS shop, customer_data.purchase_book_agg(customer_id, occurred_at, amount) AS b,
        customer_data.purchase_book_agg(id_uuid, occurred_at, amount) AS b_uuid,
        customer_data.purchase_book_agg(id_text, occurred_at, amount) AS b_text
    FROM purchase GROUP BY 1;
CREATE TABLE counted AS SELECT shop, customer_data.rfm_agg(recency_days, frequency, monetary) AS r,
    customer_data.lorenz_agg(monetary) AS l, customer_data.evaluation_agg(monetary, frequency > 9) AS e, customer_data.drift_agg(monetary) AS d,
    customer_data.survival_agg(recency_days, frequency > 5, recency_days / 3) AS survival,
    customer_data.clv_agg(frequency, recency_days / 3, recency_days, abs(monetary), '7 days', shop, 13) AS clv
    FROM measured GROUP BY 1;
ALTER TABLE book SET (parallel_workers = 2);
ALTER TABLE counted SET (parallel_workers = 2);
ANALYZE;
});

my $serial = 'SET max_parallel_workers_per_gather = 0;';
my $parallel = q{
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off;};

sub partial_plan
{
	my ($query) = @_;
	my $plan = $node->safe_psql('postgres', "$parallel EXPLAIN (COSTS OFF) $query");
	return $plan =~ /Finalize .*Aggregate/ && $plan =~ /Partial .*Aggregate/ && $plan =~ /Workers Planned: 2/ ? 1 : $plan;
}

# The exact part of a summary, and its sums.
my $exact = join ', ', map { "customer_data.purchase_$_(s)" } qw(count days first last skipped);
my $sums = 'ARRAY[customer_data.purchase_revenue(s), customer_data.purchase_refunds(s), customer_data.purchase_average(s, '
  . "'repeat_day')]";

# compare NAME QUERY: QUERY gives (key, s); once by one process, once by workers.
sub compare_summaries
{
	my ($name, $query) = @_;
	is(partial_plan($query), 1, "$name: partial and final aggregate");
	$node->safe_psql('postgres', "$serial CREATE TABLE one AS $query");
	$node->safe_psql('postgres', "DROP TABLE IF EXISTS many; $parallel SELECT 1; CREATE TABLE many AS $query");
	is($node->safe_psql('postgres', qq{
		SELECT count(*) FROM (SELECT key, $exact, s::jsonb -> 'days' FROM one EXCEPT SELECT key, $exact, s::jsonb -> 'days' FROM many) q}),
		'0', "$name: counts, times and days are the same to the bit");
	is($node->safe_psql('postgres', qq{
		SELECT count(*) FROM (SELECT key, $sums AS sums FROM one) a JOIN (SELECT key, $sums AS sums FROM many) b USING (key),
			unnest(a.sums, b.sums) AS u (x, y)
		WHERE x IS DISTINCT FROM y AND NOT abs(x - y) <= 1e-12 * greatest(abs(x), abs(y))}), '0', "$name: sums agree to 1e-12");
	is($node->safe_psql('postgres', 'SELECT count(*) FROM one'), $node->safe_psql('postgres', 'SELECT count(*) FROM many'),
		"$name: the same groups");
	$node->safe_psql('postgres', 'DROP TABLE one, many');
	return;
}

for my $arguments ('occurred_at, amount', 'occurred_at, amount_float', 'occurred_on, amount', 'occurred_on, amount_float')
{
	compare_summaries("purchase_agg($arguments)",
		"SELECT customer_id AS key, customer_data.purchase_agg($arguments) AS s FROM purchase GROUP BY customer_id");
}
compare_summaries('rollup of purchase summaries', 'SELECT shop AS key, customer_data.rollup(s) AS s FROM part GROUP BY shop');
compare_summaries('one summary of everything', 'SELECT 1 AS key, customer_data.purchase_agg(occurred_at, amount) AS s FROM purchase');

# What the parts add up to is also what the raw rows give.
is($node->safe_psql('postgres', qq{
	SELECT count(*) FROM (
		SELECT key, $exact FROM (SELECT customer_id AS key, customer_data.purchase_agg(occurred_at, amount) AS s FROM purchase GROUP BY 1) q
		EXCEPT SELECT key, $exact FROM (SELECT customer_id AS key, customer_data.rollup(s) AS s FROM part GROUP BY 1) q) q}),
	'0', 'rollup of parts = all rows');

# Counts of distinct values are exact, so their text is the same.
for my $query (
	'SELECT customer_data.rfm_agg(recency_days, frequency, monetary) FROM measured',
	'SELECT customer_data.rollup(r) FROM counted',
	'SELECT customer_data.lorenz_agg(monetary), customer_data.gini_agg(monetary::numeric) FROM measured',
	'SELECT customer_data.rollup(l) FROM counted',
	'SELECT customer_data.evaluation_agg(monetary, frequency > 9), customer_data.drift_agg(monetary) FROM measured',
	'SELECT customer_data.roc_auc(customer_data.evaluation_agg(monetary, frequency > 9)) FROM measured',
	'SELECT customer_data.rollup(e), customer_data.rollup(d) FROM counted',
	'SELECT customer_data.survival_agg(monetary, frequency > 5) FROM measured WHERE monetary >= 0',
	'SELECT customer_data.survival_agg(recency_days, frequency > 5, recency_days / 3) FROM measured',
	'SELECT customer_data.rollup(survival) FROM counted',
	q{SELECT customer_data.clv_agg(s, '2030-01-01'::date, '7 days', s, '2031-01-01'::date), customer_data.clv_opportunity_agg(s, '2030-01-01'::date, '30 days') FROM part},
	q{SELECT customer_data.clv_agg(frequency, recency_days / 3, recency_days, abs(monetary), '7 days', shop, 13) FROM measured},
	q{SELECT customer_data.anonymity_agg(shop::text, (frequency::int % 7)::text, nullif(recency_days::int % 5, 3)::text) FROM measured},
	'SELECT customer_data.rollup(clv) FROM counted')
{
	is(partial_plan($query), 1, "$query: partial and final aggregate");
	is($node->safe_psql('postgres', "$parallel $query"), $node->safe_psql('postgres', "$serial $query"), 'and the same to the bit');
}
is($node->safe_psql('postgres', "$parallel SELECT customer_data.rollup(r) FROM counted"),
	$node->safe_psql('postgres', "$serial SELECT customer_data.rfm_agg(recency_days, frequency, monetary) FROM measured"),
	'rollup of parts = all rows');

is($node->safe_psql('postgres', "$parallel SELECT customer_data.rollup(l) FROM counted"),
	$node->safe_psql('postgres', "$serial SELECT customer_data.lorenz_agg(monetary) FROM measured"), 'of lorenz_summary too');
is($node->safe_psql('postgres', "$parallel SELECT customer_data.rollup(e), customer_data.rollup(d) FROM counted"),
	$node->safe_psql('postgres', "$serial SELECT customer_data.evaluation_agg(monetary, frequency > 9), customer_data.drift_agg(monetary) FROM measured"),
	'of evaluation_summary and drift_summary too');

is($node->safe_psql('postgres', "$parallel SELECT customer_data.rollup(survival) FROM counted"),
	$node->safe_psql('postgres', "$serial SELECT customer_data.survival_agg(recency_days, frequency > 5, recency_days / 3) FROM measured"),
	'of survival_summary too');
is($node->safe_psql('postgres', "$parallel SELECT customer_data.rollup(clv) FROM counted"),
	$node->safe_psql('postgres', "$serial SELECT customer_data.clv_agg(frequency, recency_days / 3, recency_days, abs(monetary), '7 days', shop, 13) FROM measured"),
	'of clv_summary too');

# Books: raw rows on one process on purpose, the rollup on many.
for my $type (['b', 'customer_id'], ['b_uuid', 'id_uuid'], ['b_text', 'id_text'])
{
	my ($column, $id) = @$type;
	my $raw = "SELECT customer_data.purchase_book_agg($id, occurred_at, amount) AS b FROM purchase";
	my $rollup = "SELECT customer_data.rollup($column) AS b FROM book";
	my $plan = $node->safe_psql('postgres', "$parallel EXPLAIN (COSTS OFF) $raw");
	unlike($plan, qr/Partial/, "purchase_book_agg($id) is serial");
	is(partial_plan($rollup), 1, "rollup($column): partial and final aggregate");
	my $rows = sub { "SELECT r.customer_id::text AS key, r.summary AS s FROM ($_[0]) q, customer_data.purchase_book_rows(q.b) r" };
	$node->safe_psql('postgres', "$serial CREATE TABLE one AS " . $rows->($raw));
	# CREATE TABLE AS takes a parallel plan as well.
	$node->safe_psql('postgres', "$parallel CREATE TABLE many AS " . $rows->($rollup));
	is($node->safe_psql('postgres', 'SELECT count(*) FROM one'), '10000', "purchase_book_agg($id) has all customers");
	is($node->safe_psql('postgres', qq{
		SELECT count(*) FROM (SELECT key, $exact, s::jsonb -> 'days' FROM one EXCEPT SELECT key, $exact, s::jsonb -> 'days' FROM many) q}),
		'0', "rollup($column) of parts = purchase_book_agg of all rows");
	$node->safe_psql('postgres', 'DROP TABLE one, many');
}

# Datasets: gathered by one process on purpose, from the workers' scans; so the order of the rows may differ.
{
	my $query = q{SELECT c.name, c.n, c.missing, c.min, c.max, round(c.mean::numeric, 6) AS mean, round(c.sd::numeric, 6) AS sd, c.distinct_values, c.top_values
		FROM (SELECT customer_data.dataset_agg(p) AS d FROM (SELECT amount, id_text, occurred_on FROM purchase WHERE amount <> 77) p) q, customer_data.dataset_columns(q.d) c};
	my $plan = $node->safe_psql('postgres', "$parallel EXPLAIN (COSTS OFF) $query");
	like($plan, qr/Aggregate\n.*Gather\n.*Parallel Seq Scan/s, 'dataset_agg gathers what workers scan');
	unlike($plan, qr/Partial/, 'and is not split');
	is($node->safe_psql('postgres', "$parallel $query"), $node->safe_psql('postgres', "$serial $query"), 'columns are the same as of one process');
	# An anonymous row that a worker made.
	my $rows = q{SELECT customer_data.dataset_rows(customer_data.dataset_agg(r))
		FROM (SELECT ROW(amount, id_text) AS r FROM purchase WHERE amount <> 77 OFFSET 0) q};
	is($node->safe_psql('postgres', "$parallel $rows"), $node->safe_psql('postgres', 'SELECT count(*) FROM purchase WHERE amount <> 77'),
		'rows that workers make are read');
}
# Clusters of rows in workers, of a model that is handed to them and of one that each reads from its table.
$node->safe_psql('postgres', q{CREATE TABLE model AS
	SELECT customer_data.kmeans_fit(d, 40) AS kmeans, customer_data.gmm_fit(d, 3) AS gmm, customer_data.pca_fit(d, 2, 'zscore') AS pca
	FROM (SELECT customer_data.dataset_agg(ARRAY[recency_days, frequency, monetary]) AS d FROM measured) q});
for my $model ('(SELECT kmeans FROM model)', 'model.kmeans')
{
	my $query = "SELECT customer_data.cluster($model, ARRAY[recency_days, frequency, monetary]) AS c, count(*), sum(monetary::numeric(20,2))
		FROM measured" . ($model =~ /SELECT/ ? '' : ', model') . ' GROUP BY 1 ORDER BY 1';
	like($node->safe_psql('postgres', "$parallel EXPLAIN (COSTS OFF) $query"), qr/Parallel Seq Scan on measured/, "$model: workers read the rows");
	is($node->safe_psql('postgres', "$parallel $query"), $node->safe_psql('postgres', "$serial $query"), 'and find the clusters that one process finds');
}
{
	my $query = 'SELECT md5(string_agg(t, chr(10) ORDER BY t)) FROM (
		SELECT concat(customer_data.cluster_probability(gmm, a), customer_data.pca_scores(pca, a), customer_data.cluster_distance(kmeans, f)) AS t
		FROM model, (SELECT ARRAY[recency_days, frequency, monetary] AS a, recency_days AS f1, frequency AS f2, monetary AS f3 FROM measured) f) q';
	is($node->safe_psql('postgres', "$parallel $query"), $node->safe_psql('postgres', "$serial $query"), 'probabilities, scores and distances of rows in workers');
}

{
	$node->safe_psql('postgres', q{ALTER TABLE model ADD cox customer_data.cox_model; UPDATE model SET cox = (
		SELECT customer_data.cox_fit(customer_data.dataset_agg(f, 'gone'), 'recency_days') FROM (SELECT recency_days, frequency, monetary, shop % 3 > 0 AS gone FROM measured) f)});
	my $query = 'SELECT md5(string_agg(t, chr(10) ORDER BY t)) FROM (
		SELECT concat(customer_data.cox_risk(cox, m), customer_data.cox_survival(cox, ARRAY[m.frequency, m.monetary], m.recency_days)) AS t FROM model, measured m) q';
	is($node->safe_psql('postgres', "$parallel $query"), $node->safe_psql('postgres', "$serial $query"), 'risks of rows in workers');
}

{
	$node->safe_psql('postgres', q{ALTER TABLE model ADD clv customer_data.clv_model; UPDATE model SET clv = (
		SELECT customer_data.clv_fit(customer_data.clv_agg(s, '2030-01-01'::date, '7 days'), 'nbd') FROM part)});
	my $query = q{SELECT md5(string_agg(t, chr(10) ORDER BY t)) FROM (
		SELECT concat(customer_data.clv_purchases(clv, frequency, recency_days / 3, recency_days, '1 year'), customer_data.clv_value(clv, frequency, recency_days / 3, recency_days, abs(monetary), '1 year', allow_unconverged => true)) AS t FROM model, measured) q};
	is($node->safe_psql('postgres', "$parallel $query"), $node->safe_psql('postgres', "$serial $query"), 'values of rows in workers');
}

{
	$node->safe_psql('postgres', q{ALTER TABLE model ADD forest customer_data.churn_model, ADD boosting customer_data.churn_model; UPDATE model SET (forest, boosting) = (
		SELECT customer_data.churn_fit(d, 'forest', trees => 10), customer_data.churn_fit(d) FROM (
			SELECT customer_data.dataset_agg(f, 'gone') AS d FROM (SELECT recency_days, frequency, monetary, frequency + shop % 7 < 9 AS gone FROM measured) f) q)});
	my $query = 'SELECT md5(string_agg(t, chr(10) ORDER BY t)) FROM (
		SELECT concat(customer_data.predict(forest, m), customer_data.predict(boosting, ARRAY[m.recency_days, m.frequency, m.monetary])) AS t FROM model, measured m) q';
	like($node->safe_psql('postgres', "$parallel EXPLAIN (COSTS OFF) $query"), qr/Parallel Seq Scan on measured/, 'workers predict');
	is($node->safe_psql('postgres', "$parallel $query"), $node->safe_psql('postgres', "$serial $query"), 'what one process predicts, two models at once');
}

# Functions in workers.
is($node->safe_psql('postgres', qq{$parallel
	EXPLAIN (COSTS OFF) SELECT count(*) FROM part WHERE customer_data.purchase_revenue(s) > 100}) =~ /Parallel Seq Scan/ ? 1 : 0, 1,
	'accessors run in workers');

$node->stop;
done_testing();
