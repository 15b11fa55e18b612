# A physical standby reads stored values and computes as the primary does.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "fsync = off\n");
$primary->start;
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

$primary->safe_psql(
	'postgres', q{
CREATE EXTENSION customer_data;
SELECT customer_data.rfm_setup();
INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment) VALUES ('mine', 1, 'Everyone');
SELECT customer_data.segment_setup();
SELECT customer_data.segment_define('s', 'SELECT generate_series(1, 3)');
SELECT customer_data.segment_refresh('s');
SELECT customer_data.model_setup();
SELECT customer_data.model_save('churn', customer_data.churn_fit(customer_data.dataset_agg(f, 'gone'), 'tree')) FROM (SELECT amount::float8, amount % 7 > 3 AS gone FROM customer_data.simulate_purchases(200, 2)) f;
CREATE TABLE history AS
    SELECT customer_id, customer_data.purchase_agg(occurred_at, amount) AS s
    FROM customer_data.simulate_purchases(500, 2) GROUP BY customer_id;
CREATE TABLE stored AS
    SELECT customer_data.purchase_book_agg(customer_id, occurred_at, amount) AS book
    FROM customer_data.simulate_purchases(500, 2);
});
$primary->wait_for_catchup($standby);

for my $query (
	q{SELECT md5(string_agg(s::text, ',' ORDER BY customer_id)) FROM history},
	q{SELECT md5(string_agg(r::text, ',' ORDER BY r.customer_id)) FROM stored, customer_data.rfm_table(book, '2030-01-01'::date) r},
	q{SELECT md5(string_agg(r::text, ',' ORDER BY r.segment)) FROM stored, customer_data.rfm_segment_summary(book, '2030-01-01'::date, 5, 'dense', 'mine') r},
	q{SELECT count(DISTINCT score) FROM (SELECT customer_data.rfm_score(s, '2030-01-01'::date) OVER () AS score FROM history) q},
	q{SELECT md5(customer_data.kmeans_fit(customer_data.dataset_agg(f), 3)::text) FROM (SELECT amount::float8 AS amount, occurred_at FROM customer_data.simulate_purchases(200, 2)) f},
	q{SELECT count(*), sum(amount) FROM customer_data.simulate_purchases(500, 2)},
	q{SELECT md5(customer_data.clv_fit(customer_data.clv_agg(s, '2030-01-01'::date, '7 days'))::text) FROM history},
	q{SELECT sum(customer_data.clv_value(customer_data.clv_model('bg/nbd', '{0.243,4.414,0.793,2.426}', '7 days', '{6.25,3.74,15.44}'), s, '2030-01-01'::date, '1 year')) FROM (SELECT s FROM history ORDER BY customer_id) q},
	q{SELECT array_agg(subject ORDER BY subject) FROM customer_data.segment_members('s')},
	q{SELECT customer_data.segment_explain('s')},
	q{SELECT md5(customer_data.model('churn')::text)},
	q{SELECT count(*) FROM customer_data.churn_observations('SELECT customer_id, occurred_at FROM customer_data.simulate_purchases(50, 2)', '60 days')},
	q{SELECT md5(customer_data.dataset_agg(p)::text) FROM customer_data.simulate_purchases(500, 2) p},
	q{SELECT customer_data.rfm_segment(ROW(1, 1, 1, '111')::customer_data.rfm_score, 'mine')})
{
	is($standby->safe_psql('postgres', $query), $primary->safe_psql('postgres', $query), "on the standby: $query");
}
my ($status, $out, $err) = $standby->psql('postgres', 'SELECT customer_data.rfm_setup()');
is($status, 0, 'rfm_setup has nothing to do there');
($status, $out, $err) = $standby->psql('postgres', q{SELECT customer_data.segment_refresh('s')});
like($err, qr/in a read-only transaction|during recovery/, 'segment_refresh cannot write there');
$primary->safe_psql('postgres', 'DROP SCHEMA customer_store CASCADE');
$primary->wait_for_catchup($standby);
($status, $out, $err) = $standby->psql('postgres', 'SELECT customer_data.rfm_setup()');
like($err, qr/cannot execute CREATE SCHEMA in a read-only transaction/, 'and cannot write there');

$standby->promote;
is($standby->safe_psql('postgres', q{
	INSERT INTO history SELECT -1, customer_data.purchase_agg('2024-01-01'::date, 5.0) RETURNING customer_data.purchase_count(s)}), '1',
	'and after promotion it goes on');
$standby->stop;
$primary->stop;
done_testing();
