# Erasing a person: what other sessions, open transactions, restores and kills make of it, and the end of a version.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $dir = PostgreSQL::Test::Utils::tempdir();
my @roots = (undef, map { my $n = $_; join '', map { sprintf '%02x', ($n * 40 + $_) % 256 } 0 .. 31 } 1 .. 3);

sub write_keys
{
	my (@versions) = @_;
	open my $file, '>', "$dir/key" or die "$dir/key: $!";
	print $file "$_->[0]: $_->[1]\n" for @versions;
	close $file;
	chmod 0600, "$dir/key";
}

# The SQLSTATE and message of a statement's error, or its result.
sub outcome
{
	my ($node, $sql, $db) = @_;
	my ($out, $err) = ('', '');
	$node->psql($db // 'postgres', "\\set VERBOSITY verbose\n$sql", stdout => \$out, stderr => \$err, on_error_stop => 0);
	return $err =~ /ERROR:  (\w+): (.*)/ ? "$1: $2" : $out;
}

write_keys([ 1, $roots[1] ], [ 2, $roots[2] ]);
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "shared_preload_libraries = customer_data\ncustomer_data.key_file = '$dir/key'\n"
	. "restart_after_crash = on\nautovacuum = off\nmin_wal_size = 32MB\nwal_keep_size = 0\n");
$node->start;
sub sql { return $node->safe_psql('postgres', $_[0]); }
sql(q{CREATE EXTENSION customer_data; SELECT customer_data.privacy_setup();
	SELECT customer_data.field_define('email');
	CREATE TABLE customer (id text PRIMARY KEY, email customer_data.sealed);
	INSERT INTO customer SELECT id, customer_data.seal_for(id, 'email', id || '@example.com') FROM (SELECT 'c-' || g AS id FROM generate_series(1, 3000) g) AS s});

sub look { my ($id) = @_; return "SELECT customer_data.unseal('email', email, id) FROM customer WHERE id = '$id'"; }
my $erased = 'ZC007: the subject was erased';

# ---------------------------------------------------------------------------------------------------------
# Sessions that had the key.
{
	my @sessions = map { $node->background_psql('postgres', on_error_stop => 0) } 0 .. 1;
	$sessions[0]->query_safe('BEGIN');
	$sessions[1]->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
	is($_->query_safe(look('c-1')), 'c-1@example.com', 'a transaction reads the value, and keeps the key') for @sessions;

	my $shredder = $node->background_psql('postgres');
	$shredder->query_safe("BEGIN; SELECT customer_data.shred('c-1')");
	is(outcome($node, look('c-1')), 'c-1@example.com', 'others read on before the erasure is committed');
	$shredder->query_safe('ROLLBACK');
	is(outcome($node, look('c-1')), 'c-1@example.com', 'and after it was rolled back');
	is($shredder->query_safe("SELECT customer_data.shred('c-1')"), 't', 'a key is erased');
	$shredder->quit;

	is(outcome($node, look('c-1')), $erased, 'another session opens it no more');
	for my $session (@sessions)
	{
		$session->query(look('c-1'));
		like($session->{stderr}, qr/the subject was erased/, 'nor does the next statement of a transaction that had read it');
		$session->{stderr} = '';
		$session->query('ROLLBACK');
		$session->quit;
	}
	is(outcome($node, look('c-2')), 'c-2@example.com', 'nobody else is erased');

	# Statements that take no new lock, and one that is under way.
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$session->query_safe('BEGIN; PREPARE look AS ' . look('c-20'));
	is($session->query_safe('EXECUTE look'), 'c-20@example.com', 'a prepared statement keeps the key');
	sql(q{SELECT customer_data.shred('c-20')});
	$session->query('EXECUTE look');
	like($session->{stderr}, qr/the subject was erased/, 'and executed once more it opens nothing');
	$session->{stderr} = '';
	$session->query('ROLLBACK');
	$session->query_until(qr/begun/, "\\echo begun\nSELECT count(customer_data.unseal('email', email, id)), count(pg_sleep(0.05)) FROM customer, generate_series(1, 1000) WHERE id = 'c-21';\n");
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}), 'a statement opens a value again and again');
	sql(q{SELECT customer_data.shred('c-21')});
	$session->query('SELECT 1');
	like($session->{stderr}, qr/the subject was erased/, 'until it is erased');
	$session->quit;
}

# ---------------------------------------------------------------------------------------------------------
# First uses at the same time.
sub waits
{
	my ($what) = @_;
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'}), $what);
}
sub seal { my ($id, $text) = @_; return "INSERT INTO later VALUES ('$id', customer_data.seal_for('$id', 'email', '$text'))"; }
sql('CREATE TABLE later (id text, email customer_data.sealed)');
my $opened = q{SELECT string_agg(customer_data.unseal('email', email, id), ' ' ORDER BY customer_data.unseal('email', email, id)) FROM later WHERE id = '%s'};
for my $end ('COMMIT', 'ROLLBACK')
{
	my ($first, $second) = map { $node->background_psql('postgres', on_error_stop => 0) } 0 .. 1;
	$first->query_safe('BEGIN; ' . seal($end, 'one'));
	$second->query_until(qr/begun/, "\\echo begun\n" . seal($end, 'two') . ";\n");
	waits('who seals for the same new subject waits');
	$first->query_safe($end);
	$second->query_safe('SELECT 1');
	is(sql(sprintf $opened, $end), $end eq 'COMMIT' ? 'one two' : 'two', "after $end both have one key, and all values open");
	$_->quit for $first, $second;
}
{
	my ($first, $second) = map { $node->background_psql('postgres', on_error_stop => 0) } 0 .. 1;
	$first->query_safe('BEGIN; ' . seal('new', 'one'));
	$second->query_until(qr/begun/, "\\echo begun\nSELECT customer_data.shred('new');\n");
	waits('to erase waits for whoever makes the key');
	$first->query_safe('COMMIT');
	$second->query_safe('SELECT 1');
	is(outcome($node, sprintf $opened, 'new'), $erased, 'and erases it');
	is(sql(q{SELECT state FROM customer_data.shred_status('new') WHERE place = 'live'}), 'done', 'which leaves none');
	$first->query_safe(q{BEGIN; SELECT customer_data.shred('newer')});
	$second->query_until(qr/begun/, "\\set VERBOSITY verbose\n\\echo begun\n" . seal('newer', 'x') . ";\n");
	waits('who seals waits for an erasure');
	$first->query_safe('COMMIT');
	$second->query('SELECT 1');
	like($second->{stderr}, qr/$erased/, 'and is refused');
	is(sql(q{SELECT count(*) FROM later WHERE id = 'newer'}), 0, 'with nothing written');
	$_->quit for $first, $second;
}
# A transaction whose snapshot is older than the erasure.
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	$session->query_safe("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM customer");
	sql(q{SELECT customer_data.shred('unseen')});
	$session->query(seal('unseen', 'x'));
	like($session->{stderr}, qr/the subject was erased/, 'is refused as well');
	$session->quit;
}

# ---------------------------------------------------------------------------------------------------------
# What is left, and where.
sub states { my ($id) = @_; return sql("SELECT string_agg(place || ' ' || state, ', ') FROM customer_data.shred_status('$id')"); }
my $before = $node->background_psql('postgres');
$before->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
sql(q{SELECT customer_data.shred('c-3')});
like(sql(q{SELECT detail FROM customer_data.shred_status('c-3') WHERE place = 'table'}), qr/: 1, held by/, 'held by an older transaction');
sql('VACUUM customer_keys.subject_key');
like(states('c-3'), qr/table waiting/, 'VACUUM cannot remove it then');
$before->query_safe('COMMIT');
$before->quit;
sql('VACUUM customer_keys.subject_key');
like(states('c-3'), qr/live done, table done, wal waiting/, 'then it can; a crash would still read WAL');
sql('CHECKPOINT');
like(states('c-3'), qr/table done, wal waiting/, 'a segment from before is there');
for (1 .. 8)
{
	sql('SELECT pg_switch_wal(); CREATE TABLE filler AS SELECT generate_series(1, 1000) g; DROP TABLE filler; CHECKPOINT');
}
like(states('c-3'), qr/table done, wal done/, 'until checkpoints have removed it');
is(sql(q{SELECT state, detail FROM customer_data.shred_status('c-3') WHERE place = 'replicas'}),
	'none|No replica is connected, and no slot waits for one; a replica that is away without a slot is not known here.',
	'of replicas it says what it cannot know');
sql(q{SELECT pg_create_physical_replication_slot('away', true)});
sql(q{SELECT customer_data.shred('c-4'); });
sql('VACUUM customer_keys.subject_key');
like(states('c-4'), qr/replicas waiting/, 'a slot keeps it for a replica that is away');
sql(q{SELECT pg_drop_replication_slot('away')});

# A standby has its own sessions.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
{
	my $session = $standby->background_psql('postgres', on_error_stop => 0);
	$session->query_safe('BEGIN');
	is($session->query_safe(look('c-5')), 'c-5@example.com', 'a standby opens values');
	like(outcome($standby, q{SELECT customer_data.seal_for('somebody', 'email', 'x')}), qr/^25006/, 'and makes no keys');
	# As long as somebody may see the row, it is not removed from pages that are read.
	my $holder = $node->background_psql('postgres');
	$holder->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
	$holder->query_safe('SELECT count(*) FROM customer_keys.subject_key');
	sql(q{SELECT customer_data.shred('c-5')});
	$node->wait_for_catchup($standby);
	is(outcome($standby, look('c-5')), $erased, 'an erasure reaches it');
	$session->query(look('c-5'));
	like($session->{stderr}, qr/the subject was erased/, 'in transactions that had the key as well');
	like(states('c-5'), qr/replicas waiting/, 'whose table may have the row until it is vacuumed');
	$session->query('ROLLBACK');
	$session->quit;
	$holder->query_safe('ROLLBACK');
	$holder->quit;
	sql('VACUUM customer_keys.subject_key');
	states('c-5');
	sql('SELECT pg_switch_wal()');
	$node->wait_for_catchup($standby);
	like(states('c-5'), qr/table done, .*replicas done/, 'here and there');
}
$standby->stop;

# ---------------------------------------------------------------------------------------------------------
# Files tell more than rows: what VACUUM moved together, and segments that were given another name. The bytes of the key
# are looked for as a thief of the disk would.
sub bytes_in { my ($file, $bytes) = @_; return index(slurp_file($file), $bytes) >= 0; }
sub segments_with { my ($bytes) = @_; return grep { bytes_in($_, $bytes) } grep { m{/[0-9A-F]{24}$} } glob($node->data_dir . '/pg_wal/*'); }
sql('VACUUM FULL customer_keys.subject_key');
sql(q{SELECT customer_data.seal_for('last', 'email', 'x')});
my $bytes = pack 'H*', sql(q{SELECT encode(wrapped, 'hex') FROM customer_keys.subject_key ORDER BY created_at DESC LIMIT 1});
sql(q{SELECT customer_data.shred('last')});
sub keys_file { sql('CHECKPOINT'); return $node->data_dir . '/' . sql(q{SELECT pg_relation_filepath('customer_keys.subject_key')}); }
sql('VACUUM customer_keys.subject_key');
ok(bytes_in(keys_file(), $bytes), 'VACUUM leaves the bytes of a row in its page');
like(sql(q{SELECT state || ' ' || detail FROM customer_data.shred_status('last') WHERE place = 'table'}), qr/^waiting .* free: 1; VACUUM FULL/, 'which the status tells');
like(states('last'), qr/wal waiting/, 'and WAL is not done before the table');
sql('VACUUM FULL customer_keys.subject_key');
ok(!bytes_in(keys_file(), $bytes), 'VACUUM FULL does not');
like(states('last'), qr/table done, wal waiting/, 'which the status tells too');
sub switch { sql('SELECT pg_switch_wal(); CREATE TABLE filler AS SELECT generate_series(1, 1000) g; DROP TABLE filler; CHECKPOINT'); }
my ($early, $switches) = (0, 0);
for (1 .. 50)
{
	switch();
	my $done = states('last') =~ /wal done/;
	$early ||= $done && segments_with($bytes);
	last if $done;
	++$switches;
}
cmp_ok($switches, '<', 50, 'WAL gets done');
ok(!$early, 'and no segment, recycled or not, has the bytes then');
sql(q{SELECT customer_data.seal_for('again', 'email', 'x')});
sql(q{CREATE TABLE old_keys AS SELECT * FROM customer_keys.subject_key ORDER BY created_at DESC LIMIT 1; SELECT customer_data.shred('again')});
sql('VACUUM FULL customer_keys.subject_key');
like(states('again'), qr/table done, wal waiting/, 'a key is erased');
for (1 .. 50) { last if states('again') =~ /wal done/; switch(); }
like(states('again'), qr/table done, wal done/, 'everywhere');
sql('INSERT INTO customer_keys.subject_key SELECT * FROM old_keys; CALL customer_data.subject_rewrap()');
sql('VACUUM FULL customer_keys.subject_key');
like(states('again'), qr/live done, table done, wal waiting/, 'a restore brings it back into WAL, also if subject_rewrap removes it at once');

# ---------------------------------------------------------------------------------------------------------
# Dumps.
my $old_keys = "$dir/keys.sql";
sub dump_to { my ($to, @options) = @_; command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, '-f', $to, @options, 'postgres' ], "pg_dump @options"); }
sub restore { my ($from, $db) = @_; $node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($db), '-f', $from ], "restored into $db"); }
dump_to($old_keys, '-n', 'customer_keys');
sql(q{SELECT customer_data.shred('c-6')});
dump_to("$dir/rest.sql", '-N', 'customer_keys');
unlike(slurp_file("$dir/rest.sql"), qr/customer_keys/, 'a dump leaves the keys out');
sql('CREATE DATABASE other');
restore("$dir/rest.sql", 'other');
is(outcome($node, 'SELECT count(email) FROM customer', 'other'), 3000, 'values are restored without them');
is(outcome($node, look('c-7'), 'other'), '55000: there is no table customer_keys.subject_key', 'and tell why they do not open');
outcome($node, 'SELECT customer_data.privacy_setup()', 'other');
is(outcome($node, look('c-7'), 'other'), 'ZC003: the sealed value cannot be opened', 'also once the table is there, like what was forged');
is(outcome($node, q{SELECT customer_data.seal_for('c-6', 'email', 'x')}, 'other'), $erased, 'who was erased is known there');
outcome($node, 'DROP SCHEMA customer_keys CASCADE', 'other');
restore($old_keys, 'other');
is(outcome($node, look('c-7'), 'other'), 'c-7@example.com', 'with the keys from a backup of their own they open');
is(outcome($node, look('c-6'), 'other'), $erased, 'but for those who were erased after it');
like(outcome($node, q{SELECT place, state, detail FROM customer_data.shred_status('c-6') LIMIT 1}, 'other'),
	qr/live\|waiting\|The key stands there again/, 'which the status tells');
is(outcome($node, q{SELECT customer_data.shred('c-6')}, 'other'), 't', 'they are erased once more');
is(outcome($node, q{SELECT state FROM customer_data.shred_status('c-6') LIMIT 1}, 'other'), 'done', 'and gone');

# ---------------------------------------------------------------------------------------------------------
# The next version of the root key, killed on the way.
like(outcome($node, 'SELECT customer_data.key_retire(1)'), qr/cannot be retired/, 'the primary version stays');
$node->append_conf('postgresql.conf', "customer_data.key_version = 2\n");
$node->reload;
$node->poll_query_until('postgres', 'SELECT key_version = 2 FROM customer_data.key_status()') or die 'no reload';
sql(q{SELECT customer_data.reveal_canary('email', 'nobody@example.com')});
sql(q{SELECT customer_data.field_rotate('email', 2); SELECT customer_data.field_rotated('email')});
like(outcome($node, 'SELECT customer_data.key_retire(1)'), qr/^55000/, 'a version that wraps keys cannot be retired');
my $versions = q{SELECT count(*) FILTER (WHERE key_version = 1) > 0, count(*) FILTER (WHERE key_version = 2) > 0, count(*) > 2900 FROM customer_keys.subject_key};
my $all = q{SELECT count(customer_data.unseal('email', email, id)) FROM customer WHERE id NOT IN ('c-1', 'c-20', 'c-21', 'c-3', 'c-4', 'c-5', 'c-6')};
{
	my $session = $node->background_psql('postgres', on_error_stop => 0);
	my $pid = $session->query_safe('SELECT pg_backend_pid()');
	$session->query_until(qr/begun/, "\\echo begun\nCALL customer_data.subject_rewrap(10);\n");
	$node->poll_query_until('postgres', 'SELECT count(*) >= 100 FROM customer_keys.subject_key WHERE key_version = 2') or die 'nothing rewrapped';
	is(kill('KILL', $pid), 1, 'whoever wraps them is killed at work');
	eval { $session->quit };
	$node->poll_query_until('postgres', 'SELECT true') or die 'no restart';
}
is(sql($versions), 't|t|t', 'a kill leaves keys under both versions');
is(sql($all), 2993, 'all of which open their values');
like(outcome($node, 'SELECT customer_data.key_retire(1)'), qr/^55000/, 'the version before is still needed');
# A key that does not unwrap stops it, and says where it stands.
sql(q{CREATE TABLE good AS SELECT * FROM customer_keys.subject_key WHERE key_version = 1 ORDER BY mark DESC LIMIT 1;
	UPDATE customer_keys.subject_key AS k SET wrapped = set_byte(k.wrapped, 70, get_byte(k.wrapped, 70) # 4) FROM good AS g WHERE g.mark = k.mark});
my $mark = sql(q{SELECT encode(mark, 'hex') FROM good});
{
	my ($out, $err) = ('', '');
	$node->psql('postgres', "\\set VERBOSITY verbose\nCALL customer_data.subject_rewrap(1000)", stdout => \$out, stderr => \$err, on_error_stop => 0);
	like($err, qr/ERROR:  ZC003: the key of a subject cannot be unwrapped\nDETAIL:  A row of .* another subject: mark $mark, tenant ""\.\nHINT:  Restore the row from a backup of customer_keys, or delete it/,
		'a row whose key does not unwrap is named');
	unlike($err, qr/@{[sql(q{SELECT encode(wrapped, 'hex') FROM good})]}/, 'without its key');
	sql(q{UPDATE customer_keys.subject_key AS k SET key_version = 7 FROM good AS g WHERE g.mark = k.mark});
	$node->psql('postgres', "CALL customer_data.subject_rewrap(1000)", stdout => \$out, stderr => \$err, on_error_stop => 0);
	like($err, qr/DETAIL:  .*mark $mark, tenant ""/, 'also where its version never was');
}
sql(q{UPDATE customer_keys.subject_key AS k SET key_version = g.key_version, wrapped = g.wrapped FROM good AS g WHERE g.mark = k.mark; DROP TABLE good});
sql('CALL customer_data.subject_rewrap(1000)');
is(sql($versions), 'f|t|t', 'the rest is done later');
is(sql(q{SELECT former_versions FROM customer_keys.subject_key GROUP BY 1}), '{1}', 'and each key tells where it has been');
is(sql($all), 2993, 'with values that open as before');
is(sql(q{SELECT customer_data.shred('c-8')}), 't', 'whoever is erased now');
like(sql(q{SELECT string_agg(state || ' ' || detail, ' ') FROM customer_data.shred_status('c-8') WHERE place = 'backups'}),
	qr/waiting .*version 1 of .*waiting .*version 2 of/, 'may be in backups of both versions');
like(outcome($node, 'SELECT customer_data.key_retire(1)'), qr/^55000/, 'a version that marks canaries cannot be retired');
sql('DELETE FROM customer_store.reveal_canary');
sql('SELECT customer_data.key_retire(1)');
like(sql(q{SELECT string_agg(state || ' ' || detail, ' ') FROM customer_data.shred_status('c-8') WHERE place = 'backups'}),
	qr/done .*version 1 of .*waiting .*version 2 of/, 'one of which is retired');
write_keys([ 2, $roots[2] ]);
$node->restart;
is(sql(q{SELECT count(customer_data.unseal('email', email, id)) FROM customer WHERE id NOT IN ('c-1', 'c-20', 'c-21', 'c-3', 'c-4', 'c-5', 'c-6', 'c-8')}), 2992,
	'without the first root key everything opens');
is(outcome($node, q{SELECT customer_data.seal_for('c-1', 'email', 'x')}), $erased, 'and who was erased under it is known');
sql('DROP SCHEMA customer_keys CASCADE');
restore($old_keys, 'postgres');
like(outcome($node, look('c-7')), qr/^ZC002: version 1 of the root key is retired/, 'keys of an older backup are of no use any more');

write_keys([ 2, $roots[3] ]);
$node->restart;
like(outcome($node, look('c-7')), qr/^ZC001: the root key of version 2 is not the one that it was/, 'a wrong root key is told');
like(outcome($node, q{SELECT customer_data.shred('c-9')}), qr/^ZC001/, 'nobody is erased with it, for nobody is known');

$node->stop;
done_testing();
