# Rotation while others read and write, killed half-way, and values restored where there are no keys.
use strict;
use warnings;
use File::Basename qw(dirname);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @root = map { my $first = 32 * $_; join '', map { sprintf '%02x', $first + $_ } 0 .. 31 } 0 .. 3;
my $dir = PostgreSQL::Test::Utils::tempdir();
my $independent = dirname(__FILE__) . '/../unit/sealed_answers.py';

sub write_keys
{
	my (@versions) = @_;
	open my $file, '>', "$dir/root_key" or die $!;
	print $file "$_: $root[$_]\n" for @versions;
	close $file;
	chmod 0600, "$dir/root_key";
}

# The SQLSTATE and message of a statement's error.
sub error_of
{
	my ($node, $sql, %options) = @_;
	my ($out, $err) = ('', '');
	$node->psql('postgres', "\\set VERBOSITY verbose\n$sql", stderr => \$err, on_error_stop => 0, %options);
	return $err =~ /ERROR:  (\w+: .*)/ ? $1 : "none: $err";
}

write_keys(1, 2);
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nrestart_after_crash = on\nlog_statement = all\nautovacuum = off\ndeadlock_timeout = 50ms\n"
	. "customer_data.key_file = '$dir/root_key'\ncustomer_data.key_version = 1\n");
$node->start;

sub primary_version
{
	my ($version) = @_;
	$node->adjust_conf('postgresql.conf', 'customer_data.key_version', $version);
	$node->reload;
	$node->poll_query_until('postgres', "SELECT current_setting('customer_data.key_version') = '$version'")
		or die 'the setting does not arrive';
}
sub query { return $node->safe_psql('postgres', $_[0]); }

my $rows = 4000;
query(qq{
CREATE EXTENSION customer_data;
SET search_path = public, customer_data;
SELECT privacy_setup();
SELECT field_define('crm.customer.email', normaliser => 'lower_email');
SELECT field_define('crm.customer.login', tenant => 'acme');
CREATE TABLE customer (id integer PRIMARY KEY, email sealed, email_index bytea, login sealed UNIQUE, note text DEFAULT '');
CREATE INDEX ON customer (email_index);
CREATE TRIGGER protect_email BEFORE INSERT OR UPDATE ON customer
    FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.customer.email', 'email', 'id', 'email_index');
CREATE TRIGGER protect_login BEFORE INSERT OR UPDATE ON customer
    FOR EACH ROW EXECUTE FUNCTION seal_protect('crm.customer.login', 'login');
INSERT INTO customer (id, email, email_index, login)
    SELECT i, seal('crm.customer.email', 'User' || i || '\@example.com', i::text), blind_index('crm.customer.email', 'user' || i || '\@example.com'),
           seal_deterministic('crm.customer.login', 'login' || i)
    FROM generate_series(1, $rows) i;
});
# Whether every value opens and says what it was.
my $intact = q{SELECT count(*) FROM customer WHERE customer_data.unseal('crm.customer.email', email, id::text) = 'User' || id || '@example.com'
	AND customer_data.unseal('crm.customer.login', login) = 'login' || id};
is(query($intact), $rows, 'all is there');
my $status = q{SELECT column_name, key_version, rows, is_target FROM customer_data.rotation_status()};

# ---------------------------------------------------------------------------------------------------------
# Another program opens what the server sealed, and seals what the server opens.
SKIP:
{
	skip 'there is no python3', 3 if system('python3 -c "" 2>/dev/null') != 0;
	my ($in, $out) = (query(q{SELECT encode(id::text::bytea, 'hex') || ' ' || email FROM customer ORDER BY id LIMIT 50}) . "\n", '');
	IPC::Run::run([ 'python3', $independent, 'open', $root[1], '', 'crm.customer.email' ], '<', \$in, '>', \$out);
	is($out, join('', map { unpack('H*', "User$_\@example.com") . "\n" } 1 .. 50), 'an independent program opens values bound to rows');
	$in = query(q{SELECT '- ' || login FROM customer ORDER BY id LIMIT 50}) . "\n";
	IPC::Run::run([ 'python3', $independent, 'open', $root[1], 'acme', 'crm.customer.login' ], '<', \$in, '>', \$out);
	is($out, join('', map { unpack('H*', "login$_") . "\n" } 1 .. 50), 'and deterministic ones');
	$in = join '', map { '3 ' . unpack('H*', $_) . ' ' . unpack('H*', "text $_") . "\n" } 1 .. 50;
	IPC::Run::run([ 'python3', $independent, 'seal', $root[1], 'seal', '', 'crm.customer.email', '1' ], '<', \$in, '>', \$out);
	my @sealed = split /\n/, $out;
	is(query('SELECT string_agg(v, $$,$$ ORDER BY i) FROM (VALUES '
			. join(', ', map { "($_, customer_data.unseal('crm.customer.email', '$sealed[$_ - 1]', '$_'))" } 1 .. 50) . ') x (i, v)'),
		join(',', map { "text $_" } 1 .. 50), 'the server opens what that program sealed');
}

# ---------------------------------------------------------------------------------------------------------
# A new version for randomised values, while others read.
my $old = $node->background_psql('postgres');
$old->query_safe(q{BEGIN; SELECT customer_data.sealed_key_version(customer_data.seal('crm.customer.email', 'x'))});
primary_version(2);
query('CREATE TABLE search (times integer); CREATE TABLE enough ()');
my $reader = q{DO $$
DECLARE
    found bigint;
    times integer := 0;
BEGIN
    WHILE NOT EXISTS (SELECT FROM pg_class WHERE relname = 'enough_now') LOOP
        SELECT count(*) INTO found FROM (VALUES (17), (1999), (3998)) v (n)
        WHERE (SELECT count(*) FROM customer WHERE email_index = ANY (customer_data.blind_index_all('crm.customer.email', 'user' || n || '@example.com'))
               AND customer_data.unseal('crm.customer.email', email, id::text) = 'User' || n || '@example.com') = 1;
        IF found <> 3 THEN RAISE 'a row was not found'; END IF;
        times := times + 1;
        COMMIT;
    END LOOP;
    INSERT INTO search VALUES (times);
END $$};
# One command that lasts: it never hears of the new setting.
my $reading = $node->background_psql('postgres', on_error_stop => 0);
$reading->query_until(qr/reading/, "\\echo reading\n$reader;\n");
my $rotation = $node->background_psql('postgres', on_error_stop => 0);
my $pid = $rotation->query('SELECT pg_backend_pid()');
chomp $pid;
$rotation->query_until(qr/rotating/, "\\echo rotating\nCALL customer_data.seal_rotate('customer', 'email', 50);\n");
# Whoever began before keeps the version that it had. The rotation waits for it, and then finds what it has written.
$node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid")
	or die 'the rotation does not wait';
is(query("$status WHERE column_name = 'email'"), "email|1|$rows|f", 'nothing is changed before all know the new version');
$old->query_safe(q{UPDATE customer SET email = customer_data.seal('crm.customer.email', 'User9@example.com', '9') WHERE id = 9});
$old->query_safe('COMMIT');
$old->quit;
$rotation->query('SELECT 1');
$rotation->quit;
query('ALTER TABLE enough RENAME TO enough_now');
$reading->query('SELECT 1');
$reading->quit;
cmp_ok(query('SELECT coalesce(sum(times), 0) FROM search'), '>', 10, 'whoever searched meanwhile found every row');
is(query("$status WHERE column_name = 'email'"), "email|2|$rows|t", 'every value has the new version');
is(query($intact), $rows, 'and says what it said');
is(query(q{SELECT count(*) FROM customer WHERE email_index = customer_data.blind_index('crm.customer.email', 'user' || id || '@example.com')}),
	$rows, 'the blind index has the new version too');
is(query(q{SELECT relation, column_name, field, key_version, rows, finished_at IS NOT NULL FROM customer_store.seal_rotation}),
	"public.customer|email|crm.customer.email|2|$rows|t", 'the record of it');

# ---------------------------------------------------------------------------------------------------------
# Deterministic values: others change the same rows, the backend is killed half-way, and the rotation goes on.
query(q{SELECT customer_data.field_rotate('crm.customer.login', 2)});
my $holder = $node->background_psql('postgres');
$holder->query_safe(q{BEGIN; SELECT id FROM customer WHERE id = 2000 FOR UPDATE});
$rotation = $node->background_psql('postgres', on_error_stop => 0);
$pid = $rotation->query('SELECT pg_backend_pid()');
chomp $pid;
$rotation->query_until(qr/rotating/, "\\echo rotating\nCALL customer_data.seal_rotate('customer', 'login', 100);\n");
$node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $pid")
	or die 'the rotation does not come to the row';
my ($done) = query(q{SELECT count(*) FROM customer WHERE customer_data.sealed_key_version(login) = 2});
ok($done > 0 && $done < $rows, "it is half-way, at $done of $rows, and waits for a row");
is(query(q{SELECT count(*) FROM generate_series(1, 4000, 37) i WHERE NOT EXISTS (SELECT FROM customer
	WHERE login OPERATOR(customer_data.=) ANY (customer_data.seal_deterministic_all('crm.customer.login', 'login' || i)))}),
	0, 'every value is found half-way');
like(error_of($node, qq{INSERT INTO customer (id, login) VALUES (0, customer_data.seal_deterministic('crm.customer.login', 'login$_'))}),
	qr/^23505/, "login$_ is unique half-way")
	for 3, 2500, 4000;
kill 'KILL', $pid;
eval { $rotation->quit };
eval { $holder->quit };
$node->poll_query_until('postgres', 'SELECT true') or die 'no recovery';
my $after = query(q{SELECT count(*) FROM customer WHERE customer_data.sealed_key_version(login) = 2});
is($after, $done, 'after a kill -9 the batches that were committed stay');
is(query($intact), $rows, 'every value opens');

# Somebody writes to a row that the rotation is about to change.
sub waits_for
{
	my ($process, $what) = @_;
	$node->poll_query_until('postgres', "SELECT $process = ANY (pg_blocking_pids($pid))") or die "the rotation does not come to $what";
}
sub session
{
	my $session = $node->background_psql('postgres');
	my $process = $session->query_safe('SELECT pg_backend_pid()');
	chomp $process;
	return ($session, $process);
}
my ($first, $first_pid) = session();
$first->query_safe(q{BEGIN; SELECT id FROM customer WHERE id = 2000 FOR UPDATE});
$rotation = $node->background_psql('postgres', on_error_stop => 0);
$pid = $rotation->query('SELECT pg_backend_pid()');
chomp $pid;
$rotation->query_until(qr/rotating/, "\\echo rotating\nCALL customer_data.seal_rotate('customer', 'login', 100);\n");
waits_for($first_pid, 'the first row');
my ($writer, $writer_pid) = session();
$writer->query_safe(q{BEGIN; UPDATE customer SET note = 'changed', login = customer_data.seal_deterministic('crm.customer.login', 'another') WHERE id = 3000});
$writer->query_safe(q{UPDATE customer SET note = 'changed' WHERE id = 3100});
$first->query_safe('COMMIT');
waits_for($writer_pid, 'the second row');
$writer->query_safe('COMMIT');
$_->quit for $first, $writer;
$rotation->query('SELECT 1');
$rotation->quit;
is(query(q{SELECT note, customer_data.unseal('crm.customer.login', login) FROM customer WHERE id IN (3000, 3100) ORDER BY id}),
	"changed|another\nchanged|login3100", 'what somebody else wrote meanwhile is there');
query(q{UPDATE customer SET login = customer_data.seal_deterministic('crm.customer.login', 'login3000') WHERE id = 3000});
is(query("$status WHERE column_name = 'login'"), "login|2|$rows|t", 'begun again, it comes to its end');
is(query($intact), $rows, 'and every value says what it said');
query(q{SELECT customer_data.field_rotated('crm.customer.login')});

# A transaction that knows nothing of the rotation, and one that does, write the same value.
query(q{SELECT customer_data.field_rotate('crm.customer.login', 1)});
query(q{CALL customer_data.seal_rotate('customer', 'login'); SELECT customer_data.field_rotated('crm.customer.login')});
my $before = $node->background_psql('postgres');
$before->query_safe(q{BEGIN; SELECT customer_data.seal_deterministic('crm.customer.login', 'x') IS NULL});
query(q{SELECT customer_data.field_rotate('crm.customer.login', 2)});
my $later = $node->background_psql('postgres', on_error_stop => 0);
my $later_pid = $later->query('SELECT pg_backend_pid()');
chomp $later_pid;
$later->query_until(qr/writing/, "\\echo writing\nINSERT INTO customer (id, login) VALUES (5001, customer_data.seal_deterministic('crm.customer.login', 'twice'));\n");
$node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $later_pid")
	or die 'nobody waits';
$before->query_safe(q{INSERT INTO customer (id, login) VALUES (5000, customer_data.seal_deterministic('crm.customer.login', 'twice'))});
$before->query_safe('COMMIT');
$before->quit;
$later->query('SELECT 1');
$later->quit;
is(query(q{SELECT string_agg(id::text, ',') FROM customer WHERE login OPERATOR(customer_data.=) ANY (customer_data.seal_deterministic_all('crm.customer.login', 'twice'))}),
	'5000', 'two transactions, each with a version of its own, do not write one value twice');
query(q{DELETE FROM customer WHERE id >= 5000});

# ---------------------------------------------------------------------------------------------------------
# A database of another encoding has the same fields, rows and values.
query(q{CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0});
my $foreign = q{SET client_encoding = 'UTF8'; SET search_path = public, customer_data; SET client_min_messages = error;
	CREATE EXTENSION IF NOT EXISTS customer_data; SELECT privacy_setup();
	SELECT field_define('größe', tenant => 'Zoë', normaliser => 'nfc_casefold');};
my $made = q{SELECT seal_deterministic('größe', 'Übergröße'), blind_index('größe', 'Übergröße');};
is($node->safe_psql('latin', "$foreign $made"), query("$foreign $made"), 'names and values of fields are UTF-8 in every database');
my $bound = query(q{SELECT customer_data.seal('größe', 'Übergröße', 'Straße 1')});
is($node->safe_psql('latin', qq{SET client_encoding = 'UTF8'; SELECT customer_data.unseal('größe', '$bound', 'Straße 1')}), 'Übergröße', 'and so are row keys');
query('DROP DATABASE latin');

# ---------------------------------------------------------------------------------------------------------
# Without keys: a dump is restored as it is, in the middle of a rotation too.
query(q{CALL customer_data.seal_rotate('customer', 'login'); SELECT customer_data.field_rotated('crm.customer.login')});
my $content = q{SELECT md5(string_agg(c::text, ';' ORDER BY id)) FROM customer c};
my $sum = query($content);
my $bare = PostgreSQL::Test::Cluster->new('bare');
$bare->init;
$bare->append_conf('postgresql.conf', "fsync = off\nlog_statement = none\n");
$bare->start;
command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", $node->connstr('postgres') ], 'pg_dump');
command_ok([ 'pg_restore', '-e', '-d', $bare->connstr('postgres'), "$dir/dump" ], 'pg_restore into a cluster without keys');
is($bare->safe_psql('postgres', $content), $sum, 'the values are those that they were');
$bare->safe_psql('postgres', 'TRUNCATE customer');
command_ok([ 'pg_restore', '-e', '-a', '-t', 'customer', '-d', $bare->connstr('postgres'), "$dir/dump" ],
	'and its data alone, through the triggers');
is($bare->safe_psql('postgres', $content), $sum, 'the values are those that they were');
my $read = q{SELECT customer_data.unseal('crm.customer.email', email, id::text) FROM customer WHERE id = 1};
like(error_of($bare, $read), qr/^ZC/, 'nobody reads them there');
like(error_of($bare, q{UPDATE customer SET email = email WHERE id = 1}), qr/^none/, 'they may be written back');
like(error_of($bare, q{UPDATE customer SET id = -1 WHERE id = 1}), qr/^ZC004/, 'and the trigger knows what may not, without a key');
is($bare->safe_psql('postgres', q{SELECT count(*) FROM customer_data.rotation_status()}), 2, 'nor do their versions need one');

# What is refused is not in the log instead.
$bare->safe_psql('postgres', q{CREATE TABLE plain (id integer, phone text);
	CREATE TRIGGER protect BEFORE INSERT ON plain FOR EACH ROW EXECUTE FUNCTION customer_data.seal_protect('crm.customer.email', 'phone')});
my $at = -s $bare->logfile;
like(error_of($bare, q{INSERT INTO plain VALUES (1, '+49 170 1234567')}), qr/^ZC004/, 'plaintext is refused');
like(error_of($bare, qq{COPY plain FROM STDIN;\n1\t+49 170 1234567\n\\.\n}), qr/^ZC004/, 'in COPY too');
my $log = substr(slurp_file($bare->logfile), $at);
is(() = $log =~ /takes only values sealed/g, 2, 'the log has the errors');
unlike($log, qr/1234567/, 'and not what was refused');

# With the keys they open.
$bare->append_conf('postgresql.conf', "customer_data.key_file = '$dir/root_key'\ncustomer_data.key_version = 2\nshared_preload_libraries = customer_data\n");
$bare->restart;
is($bare->safe_psql('postgres', $read), 'User1@example.com', 'with the keys they open');
# A version whose root key is gone is named; one that never was is not.
write_keys(2);
$bare->restart;
$bare->safe_psql('postgres', q{CREATE TABLE old AS SELECT customer_data.seal('crm.customer.email', 'x') AS value});
my $version = q{SELECT customer_data.unseal('crm.customer.email', set_byte(value::bytea, 7, %d)::customer_data.sealed) FROM old};
like(error_of($bare, sprintf $version, 1), qr/^ZC002: .*version 1/, 'a version that was in use and has no root key here');
like(error_of($bare, sprintf $version, 9), qr/^ZC003: the sealed value cannot be opened/, 'a version that never was');
$bare->stop;

$node->stop;
done_testing();
