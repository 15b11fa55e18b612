# Plaintext and keys are not where thieves look: logs, statistics, plans, dumps, replicas. And replicas read what was sealed.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = join '', map { sprintf '%02x', 3 * $_ } 1 .. 32;
my $secret = 'zaphod.beeblebrox';
my $dir = PostgreSQL::Test::Utils::tempdir();
open my $file, '>', "$dir/key" or die $!;
print $file "$root\n";
close $file;
chmod 0600, "$dir/key";

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', <<"END");
fsync = off
shared_preload_libraries = 'customer_data, pg_stat_statements'
customer_data.key_file = '$dir/key'
log_min_messages = debug5
log_statement = all
log_min_duration_statement = 0
log_error_verbosity = verbose
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
pg_stat_statements.track = all
END
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION customer_data;
CREATE EXTENSION pg_stat_statements;
SELECT customer_data.privacy_setup();
SELECT customer_data.field_define('crm.customer.email', normaliser => 'lower_email');
SELECT customer_data.field_define('crm.customer.phone');
CREATE TABLE customer (id int PRIMARY KEY, email customer_data.sealed, email_b bytea, email_d customer_data.sealed UNIQUE, p uuid);
CREATE INDEX ON customer (email_b);
});

# ---------------------------------------------------------------------------------------------------------
# Values travel as parameters.
open my $script, '>', "$dir/insert.sql" or die $!;
print $script <<'END';
INSERT INTO customer SELECT g, customer_data.seal('crm.customer.email', :value::text || g, g::text),
    customer_data.blind_index('crm.customer.email', :value::text || g), customer_data.seal_deterministic('crm.customer.email', :value::text || g),
    customer_data.pseudonym('crm.customer.email', :value::text || g) FROM generate_series(1, 500) g;
SELECT count(customer_data.unseal('crm.customer.email', email, id::text)) FROM customer WHERE email_b = ANY (customer_data.blind_index_all('crm.customer.email', :value::text || '7'));
END
close $script;
my $pgbench = sub {
	my ($name) = @_;
	return run_log([ 'pgbench', '-n', '-t', '1', '-M', 'prepared', '-D', "value=$secret", '-f', "$dir/$name", '-h', $node->host, '-p', $node->port, 'postgres' ],
		'>', '/dev/null', '2>', \my $err);
};
ok($pgbench->('insert.sql'), 'sealed through parameters');
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT email), count(DISTINCT email_d) FROM customer'), '500|500|500', 'all of them');
open $script, '>', "$dir/fail.sql" or die $!;
print $script "SELECT customer_data.unseal('crm.customer.phone', customer_data.seal('crm.customer.email', :value::text));\n";
close $script;
ok(!$pgbench->('fail.sql'), 'an error inside');
open $script, '>', "$dir/bytes.sql" or die $!;
print $script "SELECT customer_data.unseal('crm.customer.email', customer_data.seal_bytes('crm.customer.email', convert_to(:value::text, 'UTF8') || '\\xff'));\n";
close $script;
ok(!$pgbench->('bytes.sql'), 'and another one');

my $log = slurp_file($node->logfile);
like($log, qr/ZC003/, 'the log has the errors');
unlike($log, qr/\Q$secret/i, 'and no plaintext');
unlike($log, qr/$root/i, 'nor the key');
is($node->safe_psql('postgres', qq{SELECT count(*) FROM pg_stat_statements WHERE query ~ '$secret|$root'}), 0, 'nor has pg_stat_statements');

# ---------------------------------------------------------------------------------------------------------
# Statistics, indexes and plans.
$node->safe_psql('postgres', 'ALTER TABLE customer ALTER email SET STATISTICS 1000; ANALYZE customer; CREATE INDEX ON customer (email)');
my $plain = unpack 'H*', $secret;
is($node->safe_psql('postgres', qq{SELECT count(*) FROM pg_stats s WHERE tablename = 'customer' AND (s::text ~* '$secret' OR s::text ~* '$plain')}),
	0, 'statistics have no plaintext');
for my $volatile ('CREATE INDEX ON customer (customer_data.unseal(\'crm.customer.email\', email, id::text))',
	'ALTER TABLE customer ADD COLUMN clear text GENERATED ALWAYS AS (customer_data.unseal(\'crm.customer.email\', email, id::text)) STORED',
	'ALTER TABLE customer ADD COLUMN f text GENERATED ALWAYS AS (customer_data.fpe_decrypt(\'crm.customer.email\', id::text)) STORED')
{
	my ($ret, $out, $err) = $node->psql('postgres', $volatile);
	like($err, qr/IMMUTABLE|not immutable/i, 'no index and no generated column keeps plaintext');
}
for my $kept ('CREATE STATISTICS kept ON (customer_data.unseal(\'crm.customer.email\', email, id::text)) FROM customer; ANALYZE customer',
	'CREATE MATERIALIZED VIEW kept AS SELECT customer_data.fpe_decrypt(\'crm.customer.email\', id::text) FROM customer',
	'CREATE MATERIALIZED VIEW kept AS SELECT customer_data.unseal(\'crm.customer.email\', email, id::text) FROM customer',
	'CREATE MATERIALIZED VIEW kept AS SELECT customer_data.unseal_bytes(\'crm.customer.email\', email, id::text) FROM customer')
{
	my ($ret, $out, $err) = $node->psql('postgres', $kept);
	like($err, qr/nothing is opened for what the server keeps/, 'no statistics and no materialized view keep plaintext');
}
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_stats_ext_exprs WHERE most_common_vals IS NOT NULL OR histogram_bounds IS NOT NULL}), 0, 'and nothing of it is there');
$node->safe_psql('postgres', 'DROP STATISTICS kept');
my $plan = $node->safe_psql('postgres', q{EXPLAIN (VERBOSE) SELECT customer_data.unseal('crm.customer.email', (SELECT email FROM customer LIMIT 1), '1') WHERE customer_data.unseal('crm.customer.email', (SELECT email FROM customer LIMIT 1), '1') <> ''});
unlike($plan, qr/\Q$secret/i, 'plans have none');
# A constant that the planner could open.
my $constant = $node->safe_psql('postgres', q{SELECT email FROM customer WHERE id = 1});
unlike($node->safe_psql('postgres', qq{EXPLAIN (VERBOSE) SELECT * FROM customer WHERE id::text = customer_data.unseal('crm.customer.email', '$constant', '1')}),
	qr/\Q$secret/i, 'not even of a constant');

# ---------------------------------------------------------------------------------------------------------
# A standby has its own provider; it reads, seals for itself, and writes nothing.
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
my $all = q{SELECT md5(string_agg(concat(customer_data.unseal('crm.customer.email', email, id::text), email_d, p,
	customer_data.blind_index('crm.customer.email', customer_data.unseal('crm.customer.email', email, id::text)) = email_b), ',' ORDER BY id)) FROM customer};
is($standby->safe_psql('postgres', $all), $node->safe_psql('postgres', $all), 'a standby reads what the primary sealed');
is($standby->safe_psql('postgres', q{SELECT customer_data.unseal('crm.customer.email', customer_data.seal('crm.customer.email', 'x'))}), 'x', 'and can seal');
$standby->append_conf('postgresql.conf', "customer_data.key_file = ''\n");
$standby->restart;
is($standby->safe_psql('postgres', 'SELECT count(email), count(DISTINCT email_d) FROM customer'), '500|500', 'without a key it holds the values');
my ($ret, $out, $err) = $standby->psql('postgres', $all);
like($err, qr/the keyring is locked/, 'and cannot open them');
# What a thief of the replica has.
my $relation = $standby->data_dir . '/' . $standby->safe_psql('postgres', q{SELECT pg_relation_filepath('customer')});
unlike(slurp_file($relation), qr/\Q$secret/i, 'no plaintext in its files');
$standby->stop;

# ---------------------------------------------------------------------------------------------------------
# Logical replication and dumps carry bytes; nobody on the other side needs a key.
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->append_conf('postgresql.conf', "fsync = off\n");
$subscriber->start;
$subscriber->safe_psql('postgres', q{
CREATE EXTENSION customer_data;
CREATE TABLE customer (id int PRIMARY KEY, email customer_data.sealed, email_b bytea, email_d customer_data.sealed UNIQUE, p uuid);
});
my $publisher = $node->connstr . ' dbname=postgres';
for my $binary ('false', 'true')
{
	$node->safe_psql('postgres', 'CREATE PUBLICATION p FOR TABLE customer');
	$subscriber->safe_psql('postgres', "TRUNCATE customer; CREATE SUBSCRIPTION s CONNECTION '$publisher' PUBLICATION p WITH (binary = $binary)");
	$subscriber->wait_for_subscription_sync($node, 's');
	$node->safe_psql('postgres', q{UPDATE customer SET email = customer_data.seal('crm.customer.email', 'moved', '1') WHERE id = 1});
	$node->wait_for_catchup('s');
	my $bytes = q{SELECT md5(string_agg(customer::text, ',' ORDER BY id)) FROM customer};
	is($subscriber->safe_psql('postgres', $bytes), $node->safe_psql('postgres', $bytes), "logical replication without a key, binary = $binary");
	$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION s');
	$node->safe_psql('postgres', 'DROP PUBLICATION p');
}
my $dump = "$dir/dump.sql";
$node->command_ok([ 'pg_dump', '-f', $dump, '-d', $node->connstr('postgres') ], 'pg_dump');
unlike(slurp_file($dump), qr/\Q$secret\E|$root/i, 'no plaintext and no key in the dump');
$subscriber->safe_psql('postgres', 'CREATE DATABASE restored');
$subscriber->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $subscriber->connstr('restored'), '-f', $dump ], 'restored without a key');
my $bytes = q{SELECT md5(string_agg(customer::text, ',' ORDER BY id)) FROM customer};
is($subscriber->safe_psql('restored', $bytes), $node->safe_psql('postgres', $bytes), 'byte for byte');
# With the key it is read there, and a wrong one is told.
$subscriber->append_conf('postgresql.conf', "customer_data.key_file = '$dir/key'\n");
$subscriber->reload;
is($subscriber->safe_psql('restored', $all), $node->safe_psql('postgres', $all), 'and the key opens it there');
$subscriber->stop;
$node->stop;
done_testing();
