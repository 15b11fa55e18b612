# Nothing gives back a row that was revealed: no rollback, error, kill or crash. And whatever was revealed is on record.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $field = 'crm.customer.email';
my $keys = PostgreSQL::Test::Utils::tempdir() . '/keys';
my $root = 'c0ffee00112233445566778899aabbccddeeff0102030405060708090a0b0c0d';

sub write_keys
{
	open my $file, '>', $keys or die $!;
	print $file "1: $root\n";
	close $file;
	chmod 0600, $keys;
}
write_keys();

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', qq{
fsync = off
customer_data.key_file = '$keys'
customer_data.max_tickets = 200
max_prepared_transactions = 4
max_connections = 30
restart_after_crash = on
log_line_prefix = '%m [%p] %u '
});
$node->start;
$node->safe_psql('postgres', qq{
CREATE EXTENSION customer_data;
SELECT customer_data.privacy_setup();
SELECT customer_data.field_define('$field', normaliser => 'lower_email');
SELECT customer_data.field_define('crm.customer.phone');
CREATE ROLE agent LOGIN;
CREATE ROLE colleague LOGIN;
CREATE ROLE support;
GRANT support TO agent, colleague;
GRANT EXECUTE ON FUNCTION customer_data.reveal_request, customer_data.reveal, customer_data.reveal_bytes TO support;
CREATE TABLE customer AS SELECT i AS id, customer_data.seal('$field', 'marker' || i || '\@example.com', i::text) AS email
    FROM generate_series(1, 1000) i;
UPDATE customer SET email = NULL WHERE id = 1000;
GRANT SELECT ON customer TO PUBLIC;
SELECT customer_data.reveal_grant('$field', 'support');
});

sub request
{
	my ($rows, %option) = @_;
	my $ttl = $option{ttl} // '1 hour';
	my ($status, $out, $err) = $node->psql('postgres',
		"SELECT customer_data.reveal_request('$field', 'complaint', 'call 812', $rows, '$ttl')",
		extra_params => [ '-U', $option{role} // 'agent' ]);
	die $err if $status;
	return $out;
}

# A query that reveals the customers of a condition.
sub reveals
{
	my ($ticket, $where) = @_;
	return "SELECT customer_data.reveal('$ticket', '$field', email, id::text) FROM customer WHERE $where";
}

sub psql
{
	my ($query, $role) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $query, extra_params => [ '-U', $role // 'agent' ]);
	return ($out, $err);
}

# What of a ticket is counted, as the log tells it.
sub logged
{
	my ($ticket, $column) = @_;
	return $node->safe_psql('postgres', "SELECT $column FROM customer_data.reveal_log() WHERE ticket = '$ticket'");
}

my ($out, $err);

# Without shared memory

($out, $err) = psql("SELECT customer_data.reveal_request('$field', 'complaint', 'call 812')");
like($err, qr/only where the server has loaded customer_data.*HINT: .*shared_preload_libraries = 'customer_data'/s,
	'no ticket without shared_preload_libraries');
($out, $err) = psql(reveals('00000000-0000-4000-8000-000000000000', 'id = 1'));
like($err, qr/HINT: .*shared_preload_libraries = 'customer_data'/, 'and no reveal');
is($node->safe_psql('postgres', 'SELECT count(*) FROM customer_data.reveal_log()'), '0', 'the log can be read all the same');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'customer_data'\n");
$node->restart;

# Counting

my $ticket = request(5);
like($ticket, qr/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'a ticket is a UUID of version 4');
($out, $err) = psql(reveals($ticket, 'id <= 2'));
is($out, "marker1\@example.com\nmarker2\@example.com", 'two values are revealed');
is(logged($ticket, 'revealed, revealed_at_most, max_rows, state, role, session_role, purpose, reason'),
	'2|2|5|open|agent|agent|complaint|call 812', 'and on record');
($out, $err) = psql(reveals($ticket, 'id = 1000') . ';' . reveals($ticket, 'id = 1000'));
is(logged($ticket, 'revealed'), '2', 'NULL is not charged');
($out, $err) = psql(reveals($ticket, 'id <= 3'));
is($out, "marker1\@example.com\nmarker2\@example.com\nmarker3\@example.com", 'the last three rows');
($out, $err) = psql(reveals($ticket, 'id = 1'));
like($err, qr/the ticket cannot be used\nDETAIL:  All of its rows/, 'exactly max_rows, and no more');
is(logged($ticket, 'revealed, state'), '5|spent', 'it is spent');
$ticket = request(3);
($out, $err) = psql(reveals($ticket, 'id <= 4'));
is($out, '', 'a query for more than is left gives nothing');
is(logged($ticket, 'revealed, state'), '3|spent', 'and costs what was opened for it');

# No refunds

$ticket = request(100);
psql('BEGIN; ' . reveals($ticket, 'id <= 2') . '; ROLLBACK');
is(logged($ticket, 'revealed'), '2', 'a rollback gives nothing back');
psql('BEGIN; SAVEPOINT s; ' . reveals($ticket, 'id <= 3') . '; ROLLBACK TO s; COMMIT');
is(logged($ticket, 'revealed'), '5', 'nor does a savepoint');
psql("SELECT customer_data.reveal('$ticket', '$field', email, id::text), 1 / (4 - id) FROM customer WHERE id <= 4");
is(logged($ticket, 'revealed'), '9', 'nor does an error in the middle');
psql("DO \$\$ BEGIN FOR i IN 1 .. 3 LOOP BEGIN PERFORM customer_data.reveal('$ticket', '$field', email, id::text) FROM customer WHERE id = i; RAISE 'no'; "
	. "EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END \$\$");
is(logged($ticket, 'revealed'), '12', 'nor does an exception that is caught');
psql("SELECT customer_data.reveal('$ticket', '$field', email, 'another row') FROM customer WHERE id = 1");
is(logged($ticket, 'revealed'), '13', 'an attempt at another row is charged as well');
psql('BEGIN READ ONLY; ' . reveals($ticket, 'id = 1') . '; COMMIT');
is(logged($ticket, 'revealed'), '14', 'a transaction that reads only');
psql('BEGIN; ' . reveals($ticket, 'id = 1') . "; PREPARE TRANSACTION 'p'");
is(logged($ticket, 'revealed'), '15', 'one that is prepared');
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'p'});
is(logged($ticket, 'revealed'), '15', 'and rolled back then');
($out, $err) = psql("SET statement_timeout = '200ms'; SELECT customer_data.reveal('$ticket', '$field', email, id::text), pg_sleep(0.05) FROM customer WHERE id <= 50");
like($err, qr/statement timeout/, 'a query is cancelled');
cmp_ok(logged($ticket, 'revealed'), '>', 15, 'what it had revealed stays charged');

$ticket = request(1000);
my $session = $node->background_psql('postgres', extra_params => [ '-U', 'agent' ], on_error_stop => 0);
my $pid = $session->query('SELECT pg_backend_pid()');
$session->query('BEGIN; ' . reveals($ticket, 'id <= 7'));
is(logged($ticket, 'revealed'), '7', 'the log tells what a transaction under way has revealed');
$session->query('ROLLBACK');
$session->query('BEGIN; ' . reveals($ticket, 'id <= 3'));
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid, 10000)");
eval { $session->quit };
is(logged($ticket, 'revealed'), '10', 'nor does the end of the session');

# Transactions within a procedure, and a cursor that outlives one.
$ticket = request(100);
psql("DO \$\$ DECLARE c record; email text; BEGIN FOR c IN SELECT * FROM customer WHERE id <= 6 LOOP "
	. "email := customer_data.reveal('$ticket', '$field', c.email, c.id::text); IF c.id = 6 THEN ROLLBACK; ELSE COMMIT; END IF; END LOOP; END \$\$");
is(logged($ticket, 'revealed'), '6', 'a procedure that commits row by row');
is($node->safe_psql('postgres', "SELECT string_agg(revealed::text, ',' ORDER BY revealed) FROM customer_store.reveal_use WHERE ticket = '$ticket'"),
	'1,2,3,4,5,6', 'each of its transactions adds a record, and the log what was rolled back');
($out, $err) = psql("BEGIN; DECLARE c CURSOR WITH HOLD FOR " . reveals($ticket, 'id <= 2') . "; COMMIT; FETCH ALL FROM c");
is($out, "marker1\@example.com\nmarker2\@example.com", 'a cursor that outlives its transaction');
is($node->safe_psql('postgres', "SELECT max(revealed) FROM customer_store.reveal_use WHERE ticket = '$ticket'"), '8', 'is recorded with it');

# Whose ticket

$ticket = request(10);
($out, $err) = psql(reveals($ticket, 'id = 1'), 'colleague');
like($err, qr/DETAIL:  There is no such ticket of role "colleague"/, 'a ticket of another role');
my $unknown = $err;
($out, $err) = psql(reveals('00000000-0000-4000-8000-000000000000', 'id = 1'), 'colleague');
(my $same = $err) =~ s/00000000-0000-4000-8000-000000000000/$ticket/g;
is($same, $unknown, 'is told from none by no word');
($out, $err) = psql('SET ROLE support; ' . reveals($ticket, 'id = 1'));
like($err, qr/DETAIL:  There is no such ticket of role "support" in a session of "agent"/, 'SET ROLE is another role');
($out, $err) = psql(qq{PREPARE p AS } . reveals($ticket, 'id = 1') . q{; EXECUTE p; SET ROLE support; EXECUTE p});
like($out, qr/^marker1\@example.com$/, 'a prepared query reveals to the role');
like($err, qr/no such ticket of role "support"/, 'and not to another one');
($out, $err) = psql("SELECT customer_data.reveal('$ticket', '$field', email, id::text), set_config('role', 'support', false) FROM customer WHERE id <= 2");
like($err, qr/no such ticket of role "support"/, 'also where the role changes from row to row');
($out, $err) = psql("SELECT customer_data.reveal('$ticket', 'crm.customer.phone', email, id::text) FROM customer WHERE id = 1");
like($err, qr/DETAIL:  It is for field "crm.customer.email", not for "crm.customer.phone"/, 'a ticket of another field');
($out, $err) = psql("BEGIN; SELECT customer_data.reveal_request('$field', 'complaint', 'call 812', 5) AS own \\gset\nSAVEPOINT s;"
	. reveals(":own", 'id = 1') =~ s/':own'/:'own'/r . '; ROLLBACK');
like($err, qr/DETAIL:  It was requested in this transaction/, 'a ticket of the same transaction');
($out, $err) = psql("BEGIN; SAVEPOINT s; SELECT customer_data.reveal_request('$field', 'complaint', 'call 812', 5) AS own \\gset\nRELEASE s; SAVEPOINT t;"
	. reveals(":own", 'id = 1') =~ s/':own'/:'own'/r . '; ROLLBACK');
like($err, qr/DETAIL:  It was requested in this transaction/, 'nor of a subtransaction of it');
my $short = request(10, ttl => '1 second');
($out, $err) = psql(reveals($short, 'id = 1') . '; SELECT pg_sleep(1.1); ' . reveals($short, 'id = 1'));
like($out, qr/^marker1\@example.com/, 'a ticket of one second');
like($err, qr/DETAIL:  It has expired/, 'expires');
is(logged($short, 'revealed, state'), '1|expired', 'and is counted');
my $unused = request(10, ttl => '1 second');
$node->poll_query_until('postgres', "SELECT expires_at < clock_timestamp() FROM customer_store.reveal_ticket WHERE ticket = '$unused'");
($out, $err) = psql(reveals($unused, 'id = 1'));
like($err, qr/DETAIL:  It has expired/, 'also one that was not used before');
# Within one statement.
$short = request(1000, ttl => '1 second');
($out, $err) = psql("SELECT customer_data.reveal('$short', '$field', email, id::text), pg_sleep(0.1) FROM customer WHERE id <= 50");
like($err, qr/DETAIL:  It has expired/, 'in the middle of a statement');

$node->safe_psql('postgres', "SELECT customer_data.reveal_revoke('$field', 'support')");
($out, $err) = psql("\\set VERBOSITY verbose\n" . reveals($ticket, 'id = 1'));
like($err, qr/ZC005: no right to reveal field "crm.customer.email"/, 'an open ticket is of no use without the grant');
$node->safe_psql('postgres', "SELECT customer_data.reveal_grant('$field', 'support', clock_timestamp() - interval '1 second')");
($out, $err) = psql("\\set VERBOSITY verbose\n" . reveals($ticket, 'id = 1'));
like($err, qr/ZC005/, 'nor after the grant has ended');
$node->safe_psql('postgres', "SELECT customer_data.reveal_grant('$field', 'support')");
($out, $err) = psql(reveals($ticket, 'id = 1'));
is($out, 'marker1@example.com', 'and again with it');

# Another database of the same server, with a copy of the ticket.
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE template0');
$node->run_log([ 'sh', '-c', 'pg_dump -h ' . $node->host . ' -p ' . $node->port . ' postgres | psql -X -q -h ' . $node->host . ' -p ' . $node->port . ' copy' ]);
my ($status, $stdout, $stderr) = $node->psql('copy', reveals($ticket, 'id = 1'), extra_params => [ '-U', 'agent' ]);
like($stderr, qr/DETAIL:  It is void/, 'a copy of a ticket in another database is void');

# Eight sessions at once: 400 attempts at 100 rows.
$ticket = request(100);
my @sessions = map { $node->background_psql('postgres', extra_params => [ '-U', 'agent' ], on_error_stop => 0) } 1 .. 8;
my $loop = qq{
DO \$\$
DECLARE revealed int := 0;
BEGIN
	PERFORM pg_advisory_lock_shared(1);
	FOR i IN 1 .. 50 LOOP
		BEGIN
			PERFORM customer_data.reveal('$ticket', '$field', email, id::text) FROM customer WHERE id = i;
			revealed := revealed + 1;
		EXCEPTION WHEN SQLSTATE 'ZC006' THEN NULL;
		END;
		PERFORM pg_sleep(0.001);
	END LOOP;
	RAISE WARNING 'revealed %', revealed;
END
\$\$;
\\echo finished
};
my $gate = $node->background_psql('postgres');
$gate->query('SELECT pg_advisory_lock(1)');
$_->query_until(qr/started/, "\\echo started\n$loop") for @sessions;
$node->poll_query_until('postgres', q{SELECT count(*) = 8 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted}) or die;
$gate->query('SELECT pg_advisory_unlock(1)');
$gate->quit;
my ($sum, $parts) = (0, 0);
for my $one (@sessions)
{
	$one->{run}->pump until $one->{stdout} =~ /finished/;
	$one->{stderr} =~ /revealed (\d+)/ or die $one->{stderr};
	$sum += $1;
	$parts++ if $1 > 0;
	$one->{stdout} = $one->{stderr} = '';
	$one->quit;
}
is($sum, 100, 'eight sessions at once reveal max_rows together');
cmp_ok($parts, '>', 1, 'and several of them did');
is(logged($ticket, 'revealed, state'), '100|spent', 'which is what the log says');

# The table of tickets: 30 places, none of which an open ticket loses, and seven for a role.
$node->append_conf('postgresql.conf', "customer_data.max_tickets = 30\n");
$node->restart;
my @seven = map { request(1) } 1 .. 7;
psql(reveals($_, 'id = 1')) for @seven;
my $eighth = request(1);
($out, $err) = psql("\\set VERBOSITY verbose\n" . reveals($eighth, 'id = 1'));
like($err, qr/53400: too many tickets of this role are in use\nDETAIL:  7 of its tickets .* is 30, of which a role has at most a quarter\.\nHINT:  Wait until one expires/,
	'a role has a quarter of the places, also where its tickets are spent');
is(logged($eighth, 'revealed, state'), '0|open', 'the ticket that was refused keeps its rows');
($out, $err) = psql("SET ROLE support; SELECT customer_data.reveal_request('$field', 'complaint', 'call 812') AS t \\gset\n"
	. "SELECT customer_data.reveal(:'t', '$field', email, id::text) FROM customer WHERE id = 1");
is($out, 'marker1@example.com', 'another role has its own');
($out, $err) = psql(reveals($seven[0], 'id = 1'));
like($err, qr/All of its rows have been revealed/, 'and tickets in use are told as before');
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', qq{
CREATE EXTENSION customer_data; SELECT customer_data.privacy_setup(); SELECT customer_data.field_define('$field'); SELECT customer_data.reveal_grant('$field', 'agent');
CREATE TABLE customer AS SELECT customer_data.seal('$field', 'x') AS email;
GRANT SELECT ON customer TO agent; GRANT EXECUTE ON FUNCTION customer_data.reveal_request, customer_data.reveal TO agent});
($status, $stdout, $stderr) = $node->psql('second', "SELECT customer_data.reveal_request('$field', 'complaint', 'call 812') AS t \\gset\n"
	. "SELECT customer_data.reveal(:'t', '$field', email) FROM customer", extra_params => [ '-U', 'agent' ]);
like($stderr, qr/too many tickets of this role are in use/, 'in all databases together');
$node->safe_psql('postgres', join '', map { "CREATE ROLE desk$_ LOGIN IN ROLE support;" } 1 .. 4);
$node->restart;
my %of = map { $_ => 'desk' . ($_ % 5 || '') } 1 .. 30;
$_ eq 'desk' and $_ = 'agent' for values %of;
my @tickets = map { request(2, ttl => $_ == 30 ? '1 second' : '1 hour', role => $of{$_}) } 1 .. 30;
psql(reveals($tickets[ $_ - 1 ], 'id = 1'), $of{$_}) for reverse 1 .. 30;
my $last = pop @tickets;
my $more = request(1);
$node->poll_query_until('postgres', "SELECT expires_at < clock_timestamp() FROM customer_store.reveal_ticket WHERE ticket = '$last'");
($out, $err) = psql(reveals($more, 'id = 1'));
is($out, 'marker1@example.com', 'the place of a ticket that has expired is given to another one');
$more = request(1);
($out, $err) = psql("\\set VERBOSITY verbose\n" . reveals($more, 'id = 1'));
like($err, qr/53400: too many tickets are in use.*HINT: .*raise the setting/s, 'but not that of an open one');
psql(reveals($tickets[ $_ - 1 ], 'id = 1'), $of{$_}) for 1 .. 29;
is($node->safe_psql('postgres', qq{SELECT count(*) FILTER (WHERE revealed = 2 AND state = 'spent') FROM customer_data.reveal_log()
	WHERE ticket = ANY ('{@{[join ',', @tickets]}}')}), '29', 'and they have what was left');
is(logged($last, 'revealed, revealed_at_most, state'), '|2|expired', 'what one had revealed that lost its place, nobody knows for certain');

# The server's log

$node->append_conf('postgresql.conf', "customer_data.max_tickets = 200\n");
$node->restart;
$node->append_conf('postgresql.conf', qq{
log_statement = all
log_min_messages = debug5
log_min_duration_statement = 0
log_error_verbosity = verbose
debug_print_plan = on
});
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('debug_print_plan') = 'on'});
my $offset = -s $node->logfile;
$ticket = request(3);
psql('BEGIN; ' . reveals($ticket, 'id = 1') . '; ' . reveals($ticket, 'id = 2') . '; ROLLBACK');
psql("SELECT customer_data.reveal('$ticket', '$field', email, 'another') FROM customer WHERE id = 3");
my $log = substr(slurp_file($node->logfile), $offset);
my $line = qr/LOG: .*customer_data reveal: role "agent", session role "agent", field "crm.customer.email", purpose "complaint", reason "call 812", at most 3 rows, ticket $ticket\n/;
my $lines = () = $log =~ /$line/g;
is($lines, 2, 'each transaction that uses a ticket has one line, rolled back or not');
unlike($log, qr/marker\d/, 'no value is in the log at debug5');
unlike($log, qr/$root|c0ffee00|[0-9a-f]{64}/i, 'and no key');
unlike($log, qr/\Q@{[unpack 'H*', 'marker1']}\E/i, 'nor a value in hex');
$node->append_conf('postgresql.conf', "log_statement = none\nlog_min_messages = warning\nlog_min_duration_statement = -1\ndebug_print_plan = off\n");
$node->reload;

# Canaries

$node->safe_psql('postgres', qq{
SELECT customer_data.reveal_canary('$field', 'nobody\@example.com');
INSERT INTO customer VALUES (2000, customer_data.seal('$field', 'nobody\@example.com', '2000'))});
$ticket = request(10);
$offset = -s $node->logfile;
($out, $err) = psql("SET client_min_messages = log; BEGIN; " . reveals($ticket, 'id = 1') . ';' . reveals($ticket, 'id = 2000') . '; ROLLBACK');
is($out, "marker1\@example.com\nnobody\@example.com", 'a canary is revealed as any value');
is($err, '', 'and whoever reveals it is told nothing');
like(substr(slurp_file($node->logfile), $offset), qr/LOG: .*customer_data canary revealed: role "agent", session role "agent", field "crm.customer.email", ticket $ticket\n/,
	'the log is told, also where it is rolled back');
is(logged($ticket, 'canaries, revealed'), '1|2', 'and reveal_log');
is($node->safe_psql('postgres', q{SELECT role, kind, value, tickets FROM customer_data.reveal_anomalies(days => 2)}), 'agent|canary|1|1', 'and reveal_anomalies');

# Nobody's words end their quotes, or the line: not those of a request, and not a name.

$node->safe_psql('postgres', qq{CREATE ROLE "x"", purpose ""y\nLOG:  z" IN ROLE support; GRANT "x"", purpose ""y\nLOG:  z" TO agent});
($out, $err) = psql(qq{SET ROLE "x"", purpose ""y\nLOG:  z"; }
	. qq{SELECT customer_data.reveal_request('$field', 'legal', 'x", at most 1 rows, ticket 0', 3) AS t \\gset\n}
	. "SELECT customer_data.reveal(:'t', '$field', email, id::text) FROM customer WHERE id = 1");
is($out, 'marker1@example.com', 'a role and a reason with quotes');
like(substr(slurp_file($node->logfile), $offset),
	qr/LOG: .*customer_data reveal: role "x"", purpose ""y\?LOG:  z", session role "agent", field "\Q$field\E", purpose "legal", reason "x"", at most 1 rows, ticket 0", at most 3 rows, ticket [-0-9a-f]{36}\n/,
	'stay between their own');

# A wrapper with its owner's rights

$node->safe_psql('postgres', qq{
CREATE FUNCTION email(ticket uuid, wanted int) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT customer_data.reveal(ticket, ''$field'', email, id::text) FROM public.customer WHERE id = wanted';
CREATE FUNCTION ask() RETURNS uuid LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'SELECT customer_data.reveal_request(''$field'', ''wrapped'', ''a form'')';
CREATE ROLE clerk LOGIN; CREATE ROLE other_clerk LOGIN});
($ticket, $err) = psql('SELECT ask()', 'clerk');
($out, $err) = psql("SELECT email('$ticket', 1)", 'other_clerk');
like($err, qr/There is no such ticket of role "[^"]+" in a session of "other_clerk"/, 'a ticket of a wrapper is of the session that asked');
($out, $err) = psql("SELECT email('$ticket', 1)", 'clerk');
is($out, 'marker1@example.com', 'which may use it');
like(logged($ticket, 'role, session_role'), qr/^(?!clerk)[^|]+\|clerk$/, 'and both roles are on record');

# Kills and crashes

$ticket = request(20);
my $recorded = request(20);
psql(reveals($recorded, 'id <= 4'));
$session = $node->background_psql('postgres', extra_params => [ '-U', 'agent' ], on_error_stop => 0);
$pid = $session->query('SELECT pg_backend_pid()');
$session->query('BEGIN; ' . reveals($ticket, 'id <= 7'));
my $started = $node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()');
kill 'KILL', $pid;
eval { $session->quit };
$node->poll_query_until('postgres', 'SELECT true') or die 'the server did not come back';
is($node->safe_psql('postgres', 'SELECT pg_postmaster_start_time()'), $started, 'a backend was killed, and the postmaster has gone on');
($out, $err) = psql(reveals($ticket, 'id = 1'));
like($err, qr/DETAIL:  It is void: the server was restarted/, 'the crash voids open tickets');
is(logged($ticket, 'revealed, revealed_at_most, state'), '|20|void', 'and nobody knows how much of it was revealed, at most all');
is(logged($recorded, 'revealed, revealed_at_most, state'), '|20|void', 'nor of one with a record');
is($node->safe_psql('postgres', "SELECT max(revealed) FROM customer_store.reveal_use WHERE ticket = '$recorded'"), '4', 'whose record is there');

$ticket = request(20);
psql('BEGIN; ' . reveals($ticket, 'id <= 7') . '; ROLLBACK');
$node->stop('immediate');
$node->start;
($out, $err) = psql(reveals($ticket, 'id = 1'));
like($err, qr/DETAIL:  It is void/, 'as does a kill of the server');
is($node->safe_psql('postgres', "SELECT max_rows, reason FROM customer_store.reveal_ticket WHERE ticket = '$ticket'"), '20|call 812', 'and the ticket is on record');

# On disk before anything is revealed, where other transactions do not wait for it.
$node->append_conf('postgresql.conf', "wal_writer_delay = 10s\nsynchronous_commit = off\n");
$node->restart;
$out = $node->safe_psql('postgres', qq{
SELECT customer_data.reveal_grant('$field', current_user);
SELECT pg_sleep(0.3);
CREATE TABLE note (text text);
INSERT INTO note VALUES ('x');
SELECT pg_current_wal_insert_lsn() AS before \\gset
SELECT pg_current_wal_flush_lsn() < :'before';
SELECT customer_data.reveal_request('$field', 'complaint', 'call 812') AS ticket \\gset
SELECT pg_current_wal_flush_lsn() > :'before'});
like($out, qr/\nt\nt$/, 'a ticket is on disk when it is committed, also with synchronous_commit = off');

# A standby

$ticket = request(5);
psql(reveals($ticket, 'id <= 2'));
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
($status, $stdout, $stderr) = $standby->psql('postgres', "\\set VERBOSITY verbose\n" . reveals($ticket, 'id = 1'), extra_params => [ '-U', 'agent' ]);
like($stderr, qr/25006: nothing is revealed on a standby.*HINT:  Reveal on the primary/s, 'nothing is revealed on a standby');
($status, $stdout, $stderr) = $standby->psql('postgres', "SELECT customer_data.reveal_request('$field', 'complaint', 'call 812')", extra_params => [ '-U', 'agent' ]);
like($stderr, qr/nothing is revealed on a standby/, 'nor asked for');
is($standby->safe_psql('postgres', "SELECT revealed, revealed_at_most, state FROM customer_data.reveal_log() WHERE ticket = '$ticket'"), '|5|unknown',
	'the log can be read there, but does not know');
$standby->promote;
($status, $stdout, $stderr) = $standby->psql('postgres', reveals($ticket, 'id = 1'), extra_params => [ '-U', 'agent' ]);
like($stderr, qr/DETAIL:  It is void/, 'and a standby that is promoted has no open tickets');
$standby->stop;
$node->stop;
done_testing();
