# A backend that is killed while it builds a book takes nothing with it: the server recovers, stored values are whole.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "restart_after_crash = on\n");
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION customer_data;
CREATE TABLE stored AS
    SELECT customer_data.purchase_book_agg(customer_id, occurred_at, amount) AS book
    FROM customer_data.simulate_purchases(2000, 5)});
my $fingerprint = q{SELECT md5(book::text), customer_data.purchase_book_count(book) FROM stored};
my $before = $node->safe_psql('postgres', $fingerprint);
like($before, qr/\|2000$/, 'a book is stored');

my $killed = 0;
for my $try (1 .. 3)
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $session->query('SELECT pg_backend_pid()');
	$session->query_until(qr/started/, q{
\echo started
INSERT INTO stored SELECT customer_data.purchase_book_agg(customer_id, occurred_at, amount)
FROM customer_data.simulate_purchases(3000000, 1);
});
	$node->poll_query_until('postgres',
		"SELECT count(*) = 1 FROM pg_stat_activity WHERE pid = $pid AND state = 'active' AND query LIKE 'INSERT%'") or last;
	select(undef, undef, undef, 0.2 + 0.3 * $try);
	$killed++ if kill 'KILL', $pid;
	eval { $session->quit };
	$node->poll_query_until('postgres', 'SELECT true') or last;
	is($node->safe_psql('postgres', $fingerprint), $before, "stored values are whole after kill -9, number $try");
}
is($killed, 3, 'three backends were killed at work');

# The whole server at once.
$node->stop('immediate');
$node->start;
is($node->safe_psql('postgres', $fingerprint), $before, 'and after an immediate shutdown');
is($node->safe_psql('postgres', q{
	SELECT customer_data.purchase_book_count(customer_data.purchase_book_agg(customer_id, occurred_at, amount))
	FROM customer_data.simulate_purchases(2000, 5)}), '2000', 'new books can be built');
$node->stop;
done_testing();
