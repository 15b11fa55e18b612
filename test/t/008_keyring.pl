# Root keys: where they come from, when they are fetched, who may say so, and where they are not found.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $key = join '', map { sprintf '%02x', 200 - $_ } 0 .. 31;
my $other = join '', map { sprintf '%02x', 100 + $_ } 0 .. 31;
my $dir = PostgreSQL::Test::Utils::tempdir();

sub write_file
{
	my ($name, $text, $mode) = @_;
	open my $file, '>', "$dir/$name" or die "$dir/$name: $!";
	print $file $text;
	close $file;
	chmod $mode // 0600, "$dir/$name";
	return "$dir/$name";
}

sub lines { my ($name) = @_; return -e "$dir/$name" ? scalar(split /\n/, slurp_file("$dir/$name")) : 0; }

# The error of a statement, as "SQLSTATE: message | detail".
sub error_of
{
	my ($node, $sql, %options) = @_;
	my ($out, $err) = ('', '');
	$node->psql('postgres', "\\set VERBOSITY verbose\n$sql", stderr => \$err, on_error_stop => 0, %options);
	my ($state, $message) = $err =~ /ERROR:  (\w+): (.*)/;
	my ($detail) = $err =~ /DETAIL:  (.*)/;
	return ($state // 'none') . ': ' . ($message // $err) . ' | ' . ($detail // '');
}

my $fetches = write_file('command', "#!/bin/sh\necho run >>$dir/runs\necho '\$1: $key' | sed \"s/.1:/\$1:/\"\n", 0700);
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nlog_min_messages = debug5\nlog_min_duration_statement = 0\nlog_statement = all\n");
$node->append_conf('postgresql.conf', "customer_data.key_command = '$fetches %v'\n");

# ---------------------------------------------------------------------------------------------------------
# Not preloaded: the first use of each process.
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION customer_data; CREATE ROLE bob LOGIN; CREATE ROLE eve LOGIN');
is(lines('runs'), 0, 'nothing is fetched before it is needed');
$node->safe_psql('postgres', q{SELECT customer_data.privacy_setup(); SELECT customer_data.field_define('email')});
is(lines('runs'), 1, 'a session fetches once');
$node->safe_psql('postgres', q{SELECT customer_data.pseudonym('email', 'a') FROM generate_series(1, 1000)});
is(lines('runs'), 2, 'and so does the next one');
my $parallel = q{SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SELECT sum(hashtext(customer_data.pseudonym('email', g::text)::text)) FROM many};
$node->safe_psql('postgres', 'CREATE TABLE many AS SELECT generate_series(1, 20000) AS g; ANALYZE many');
my $serial = $node->safe_psql('postgres', q{SELECT sum(hashtext(customer_data.pseudonym('email', g::text)::text)) FROM many});
my $before = lines('runs');
is($node->safe_psql('postgres', $parallel), $serial, 'parallel workers derive the same keys');
cmp_ok(lines('runs'), '>', $before + 1, 'each of them asks the provider');

# A role that knows the settings' names takes them before the library is there.
for my $setting ('key_command', 'key_file')
{
	my ($ret, $out, $err) = $node->psql('postgres',
		"SET customer_data.$setting = 'touch $dir/hijacked'; SELECT customer_data.purchase_count(NULL); SHOW customer_data.$setting;",
		extra_params => [ '-U', 'bob' ], on_error_stop => 0);
	like($err, qr/cannot be changed now|permission denied to set parameter/, "$setting set before the library was loaded is put back");
	like($err, qr/must be superuser|permission denied to examine/, 'and is not shown');
	is($node->safe_psql('postgres', "SET customer_data.$setting = 'touch $dir/hijacked'; SELECT customer_data.purchase_count(NULL); SHOW customer_data.$setting;"),
		$setting eq 'key_command' ? "\n$fetches %v" : "\n", 'not even by a superuser');
}
{
	local $ENV{PGOPTIONS} = "-c customer_data.key_command='touch\\ $dir/hijacked'";
	# The option hides the file's value from this session, whose keyring stays locked then.
	like($node->safe_psql('postgres', q{SELECT customer_data.purchase_count(NULL); SELECT reason FROM customer_data.key_status();}),
		qr/Neither customer_data.key_file nor customer_data.key_command is set/, 'nor by options of the connection');
}
ok(!-e "$dir/hijacked", 'no such command ran');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_settings WHERE name ~ '^customer_data.key'}, extra_params => [ '-U', 'bob' ]),
	0, 'ordinary roles see none of the settings');

# What a role's settings had from before, everybody can read: it is told, and has no effect.
$node->safe_psql('postgres', qq{ALTER ROLE eve SET customer_data.key_command = 'touch $dir/hijacked'; ALTER DATABASE postgres SET customer_data.key_version = '7'});
is($node->safe_psql('postgres', q{SELECT unnest(misplaced_settings) FROM customer_data.key_status()}),
	"ALTER DATABASE postgres SET customer_data.key_version\nALTER ROLE eve SET customer_data.key_command", 'settings in catalogs are reported');
is($node->safe_psql('postgres', q{SELECT key_version FROM customer_data.key_status()}), 1, 'and ignored');
$node->safe_psql('postgres', 'ALTER ROLE eve RESET ALL; ALTER DATABASE postgres RESET ALL');
$node->safe_psql('postgres', qq{ALTER SYSTEM SET customer_data.key_command = '$fetches %v'});
is($node->safe_psql('postgres', q{SELECT unnest(misplaced_settings) FROM customer_data.key_status()}),
	'postgresql.auto.conf: customer_data.key_command', 'so are those of ALTER SYSTEM');
$node->safe_psql('postgres', 'ALTER SYSTEM RESET ALL');

# ---------------------------------------------------------------------------------------------------------
# Preloaded: once for all.
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'customer_data, pg_stat_statements'\n");
unlink "$dir/runs";
$node->restart;
is(lines('runs'), 1, 'the server fetches when it starts');
is($node->safe_psql('postgres', $parallel), $serial, 'a parallel query finds the same');
$node->safe_psql('postgres', q{SELECT customer_data.pseudonym('email', 'a')}) for 1 .. 3;
is(lines('runs'), 1, 'sessions and workers inherit the keys');
is($node->safe_psql('postgres', q{SELECT sum(hashtext(customer_data.pseudonym('email', g::text)::text)) FROM many}), $serial, 'which are the same');
is($node->safe_psql('postgres', 'SELECT locked, preloaded FROM customer_data.key_status()'), 'f|t', 'the status says so');

SKIP:
{
	skip 'no locked memory here', 1
		if $node->safe_psql('postgres', 'SELECT memory_locked FROM customer_data.key_status()') ne 't';
	my $session = $node->background_psql('postgres');
	$session->query_safe(q{SELECT memory_locked FROM customer_data.key_status()});
	my $pid = $session->query_safe('SELECT pg_backend_pid()');
	chomp $pid;
	my $found = grep { /^VmFlags:.*\blo\b/ && /\bdd\b/ } split /\n/, slurp_file("/proc/$pid/smaps");
	cmp_ok($found, '>=', 1, 'roots lie in memory that is locked and left out of core dumps');
	$session->quit;
}

# Another version: a reload, and a transaction that goes on with the one it has.
{
	my $session = $node->background_psql('postgres');
	$session->query_safe('BEGIN');
	my $old = $session->query_safe(q{SELECT customer_data.blind_index('email', 'x')});
	$node->append_conf('postgresql.conf', "customer_data.key_version = 2\n");
	$node->reload;
	$node->poll_query_until('postgres', 'SELECT key_version = 2 FROM customer_data.key_status()') or die 'no reload';
	isnt($node->safe_psql('postgres', q{SELECT customer_data.blind_index('email', 'x')}), $old, 'new transactions use the new version');
	is($session->query_safe(q{SELECT customer_data.blind_index('email', 'x')}), $old, 'an open one keeps its own');
	$session->query_safe('COMMIT');
	isnt($session->query_safe(q{SELECT customer_data.blind_index('email', 'x')}), $old, 'until it ends');
	$session->quit;
	is($node->safe_psql('postgres', q{SELECT string_agg(key_version || status || matches, ' ') FROM customer_data.key_check()}),
		'1activetrue 2primarytrue', 'both versions are known');
}

# ---------------------------------------------------------------------------------------------------------
# Providers that fail lock the keyring, and nothing else.
my %refused = (
	'exit 7' => 'exit code 7',
	'true' => 'no key in it',
	"echo '" . substr($key, 2) . "'" => 'has 31 bytes',
	"echo '$key$key$key'" => 'more than 64 bytes',
	"yes $key" => 'bytes or more',
	"echo 'not a key at all, sorry'" => 'neither of hex nor of base64',
	'cat /nonexistent' => 'exit code 1',
	"echo '3: $key'" => 'gives no key of version 1',
);
my $conf = slurp_file($node->data_dir . '/postgresql.conf');
sub configure
{
	my ($lines) = @_;
	open my $file, '>', $node->data_dir . '/postgresql.conf' or die $!;
	print $file $conf, $lines;
	close $file;
	$node->restart;
}
for my $command (sort keys %refused)
{
	(my $quoted = $command) =~ s/'/''/g;
	configure("customer_data.key_command = '$quoted'\n");
	my $error = error_of($node, q{SELECT customer_data.pseudonym('email', 'a')});
	# Another key than the one that is needed is not nothing.
	my $state = $command =~ /3:/ ? 'ZC002' : 'ZC001';
	like($error, qr/^$state: .*\Q$refused{$command}\E/, 'a command that gives no key: ' . $refused{$command});
	unlike($error, qr/$key/, 'is not shown');
}
is($node->safe_psql('postgres', 'SELECT customer_data.purchase_count(customer_data.purchase_agg(now(), 1::float8))'), 1, 'the server and the rest run on');
is($node->safe_psql('postgres', 'SELECT locked, reason IS NOT NULL, key_version FROM customer_data.key_status()'), 't|t|2', 'the status has the reason');

# A command that hangs: the server starts in spite of it, and a session can be cancelled.
configure("customer_data.key_command = 'sleep 1000'\n");
my $start = time;
like(error_of($node, q{SET statement_timeout = 300; SELECT customer_data.pseudonym('email', 'a')}), qr/^57014/, 'a command that hangs is cancelled');
cmp_ok(time - $start, '<', 4, 'at once');
like(slurp_file($node->logfile), qr/took more than 10 seconds/, 'when the server started, its time was limited');

# Files, as the server treats the key of its TLS.
my $file = write_file('key', "1: $key\n2: $other\n");
configure("customer_data.key_command = ''\ncustomer_data.key_file = '$file'\n");
is($node->safe_psql('postgres', q{SELECT sum(hashtext(customer_data.pseudonym('email', g::text)::text)) FROM many}), $serial, 'the same key from a file');
like(error_of($node, q{SELECT customer_data.blind_index('email', 'a')}), qr/^ZC001: the root key of version 2 is not the one that it was/,
	'a wrong root is told at once');
is($node->safe_psql('postgres', q{SELECT string_agg(key_version || matches::text, ' ') FROM customer_data.key_check()}), '1true 2false', 'and which one it is');
write_file('key', "1: $key\n2: $key\n");
$node->restart;
is($node->safe_psql('postgres', q{SELECT length(customer_data.blind_index('email', 'a'))}), 8, 'the right one is taken again');
chmod 0644, $file;
$node->restart;
like(error_of($node, q{SELECT customer_data.pseudonym('email', 'a')}), qr/^ZC001: .*mode 0644/, 'a file that others can read is refused');
chmod 0600, $file;
like($node->safe_psql('postgres', q{SELECT customer_data.pseudonym('email', 'a')}), qr/^[0-9a-f-]{36}$/, 'once it is mended, no restart is needed');
configure("customer_data.key_command = ''\ncustomer_data.key_file = '$dir'\n");
like(error_of($node, q{SELECT customer_data.pseudonym('email', 'a')}), qr/^ZC001: .*not a regular file/, 'a directory is refused');
configure("customer_data.key_file = '$file'\n");
like(error_of($node, q{SELECT customer_data.pseudonym('email', 'a')}), qr/^ZC001: .*Both/, 'two providers are refused');
configure("customer_data.key_command = ''\ncustomer_data.key_file = '$dir/%v.key'\ncustomer_data.key_versions = '1'\n");
write_file('1.key', $key);
write_file('2.key', $key);
is($node->safe_psql('postgres', q{SELECT sum(hashtext(customer_data.pseudonym('email', g::text)::text)) FROM many}), $serial, 'a file for each version');

# A version that was in use and whose key is gone, and the end of one.
unlink "$dir/1.key";
$node->restart;
like(error_of($node, q{SELECT customer_data.pseudonym('email', 'a')}), qr/^ZC002: version 1 of the root key is not here/, 'a missing older version is named');
is($node->safe_psql('postgres', q{SELECT count(*) FROM (SELECT customer_data.blind_index('email', 'a')) q}), 1, 'the primary goes on');
$node->safe_psql('postgres', q{SELECT customer_data.field_rotate('email', 2); SELECT customer_data.field_rotated('email'); SELECT customer_data.key_retire(1)});
is($node->safe_psql('postgres', q{SELECT cardinality(customer_data.blind_index_all('email', 'a'))}), 1, 'a retired version is searched for no more');

# ---------------------------------------------------------------------------------------------------------
# Where keys are not.
my $log = slurp_file($node->logfile);
unlike($log, qr/$key|$other/, 'no key in the log at debug5');
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');
is($node->safe_psql('postgres', qq{SELECT count(*) FROM pg_stat_statements WHERE query LIKE '%' || '$key' || '%'}), 0, 'none in pg_stat_statements');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_settings WHERE name ~ '^customer_data.key'}, extra_params => [ '-U', 'bob' ]),
	0, 'and no setting of keys for ordinary roles');
is(error_of($node, 'SELECT customer_data.key_status()', extra_params => [ '-U', 'bob' ]) =~ /^42501/ ? 1 : 0, 1, 'nor the status');

$node->stop;
done_testing();
