# COPY in binary form gives every type back bit for bit; bytes that are not ours are refused, never believed.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\n");
$node->start;
$node->safe_psql(
	'postgres', q{
CREATE EXTENSION customer_data;
SET search_path = customer_data, public;
CREATE TABLE public.value AS
    WITH purchase AS (SELECT * FROM simulate_purchases(50, 3)),
         history AS (SELECT customer_id, purchase_agg(occurred_at, amount) AS s FROM purchase GROUP BY customer_id),
         counted AS (SELECT rfm_agg(purchase_recency_days(s, '2030-01-01'::date), purchase_count(s), purchase_revenue(s)) AS r FROM history)
    SELECT (SELECT kmeans_fit(dataset_agg(f, NULL, NULL, '{days}'), 2) FROM (SELECT 'c' || customer_id % 3 AS name, purchase_revenue(s) AS revenue,
                purchase_days(s) AS days FROM history) f) AS kmeans_model,
           (SELECT gmm_fit(dataset_agg(ARRAY[purchase_revenue(s), purchase_days(s)]), 2) FROM history) AS gmm_model,
           (SELECT pca_fit(dataset_agg(ARRAY[purchase_revenue(s), purchase_days(s)]), 2) FROM history) AS pca_model,
           (SELECT s FROM history ORDER BY customer_id LIMIT 1) AS purchase_summary,
           (SELECT purchase_book_agg(customer_id, occurred_at, amount) FROM purchase) AS purchase_book,
           (SELECT purchase_book_agg(md5(customer_id::text)::uuid, occurred_at, amount) FROM purchase) AS purchase_book_uuid,
           (SELECT purchase_book_agg(customer_id::text, occurred_at, amount) FROM purchase) AS purchase_book_text,
           (SELECT r FROM counted) AS rfm_summary,
           (SELECT rfm_bins(r) FROM counted) AS rfm_bins,
           (SELECT rfm_score(rfm_bins(r), 100, 5, 300) FROM counted) AS rfm_score,
           (SELECT lorenz_agg(purchase_revenue(s)) FROM history) AS lorenz_summary,
           (SELECT evaluation_agg(purchase_revenue(s), customer_id % 3 = 0) FROM history) AS evaluation_summary,
           (SELECT drift_agg(purchase_revenue(s)) FROM history) AS drift_summary,
           (SELECT survival_agg(purchase_days(s) + 2, purchase_count(s) > 3, customer_id % 3) FROM history) AS survival_summary,
           (SELECT cox_fit(dataset_agg(f, 'active'), 'days') FROM (SELECT 'c' || customer_id % 3 AS name, purchase_revenue(s) AS revenue, purchase_days(s) AS days,
                customer_id % 4 > 0 AS active FROM history) f) AS cox_model,
           (SELECT clv_agg(s, '2030-01-01'::date, '7 days', s, '2031-01-01'::date) FROM history) AS clv_summary,
           (SELECT clv_fit(clv_agg(s, '2030-01-01'::date, '7 days')) FROM history) AS clv_model,
           sbg_fit('{1000,631,468,382}'::bigint[], '1 year') AS sbg_model,
           -- Neither needs a key: version 1 of a field with tag aabbccdd.
           sealed('\x0101000000000001aabbccdd'::bytea || decode(repeat('5a', 16), 'hex')) AS sealed,
           (SELECT anonymity_agg('c' || customer_id % 5, (customer_id % 7)::text, nullif((customer_id % 3)::text, '1')) FROM history) AS anonymity_summary,
           (SELECT churn_fit(dataset_agg(f, 'gone'), 'forest', trees => 3) FROM (SELECT 'c' || customer_id % 3 AS name, purchase_revenue(s) AS revenue,
                customer_id % 4 > 0 AS gone FROM history) f) AS churn_model,
           (SELECT purchase_repeat(s, '2030-01-01'::date) FROM history ORDER BY customer_id LIMIT 1) AS purchase_repeat,
           (SELECT dataset_agg(f, 'days', NULL, NULL, 'customer_id') FROM (SELECT nullif(customer_id, 3) AS customer_id, 'c' || customer_id % 9 AS name, purchase_revenue(s) AS revenue,
                nullif(purchase_count(s), 1) AS purchases, purchase_days(s) AS days FROM history) f) AS dataset;
});

# Every type of the extension that can be stored has a column, so that no type to come is forgotten.
is($node->safe_psql('postgres', q{
	SELECT typname FROM pg_type t
	WHERE typnamespace = 'customer_data'::regnamespace AND typcategory <> 'A' AND typtype IN ('b', 'c')
	  AND NOT EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = 'value'::regclass AND atttypid = t.oid)}),
	'', 'every type is tried');

my $dir = $node->basedir;
for my $column (split /\n/, $node->safe_psql('postgres', q{SELECT attname FROM pg_attribute WHERE attrelid = 'value'::regclass AND attnum > 0 ORDER BY attnum}))
{
	my $type = "customer_data.$column";
	$node->safe_psql('postgres', qq{
		CREATE TABLE back_$column (v $type);
		COPY (SELECT $column FROM value) TO '$dir/$column.bin' (FORMAT binary);
		COPY back_$column FROM '$dir/$column.bin' (FORMAT binary);
		COPY (SELECT $column FROM value) TO '$dir/$column.txt';
		COPY back_$column FROM '$dir/$column.txt';});
	is($node->safe_psql('postgres', qq{
		SELECT count(*) FROM back_$column b, value WHERE b.v::text = $column\::text AND record_image_eq(ROW(b.v), ROW($column))}), '2',
		"$column comes back from binary and text the same to the bit");
	is($node->safe_psql('postgres', qq{SELECT count(*) FROM (SELECT $column FROM value UNION ALL SELECT NULL) q WHERE $column IS NULL}), '1',
		"$column may be NULL");

	# Composites are PostgreSQL's own to read.
	next if $column eq 'rfm_score' || $column eq 'purchase_repeat';

	# A header of COPY is 19 bytes, then 2 for the number of fields and 4 for the length of the value.
	open my $in, '<:raw', "$dir/$column.bin" or die $!;
	my $bytes = do { local $/; <$in> };
	close $in;
	my $length = unpack 'N', substr($bytes, 21, 4);
	my $value = substr($bytes, 25, $length);
	my @hostile = ('', "\0", substr($value, 0, 1), substr($value, 0, int($length / 2)), substr($value, 0, $length - 1),
		"$value\0", $value . $value, "\xff" x 8, "\xff" x 64, "\0" x 64, chr(ord(substr $value, 0, 1) + 1) . substr($value, 1));
	for my $i (0 .. 39)
	{
		my $at = int($i * $length / 40);
		my $changed = $value;
		substr($changed, $at, 1) = chr(ord(substr $changed, $at, 1) ^ (1 << $i % 8));
		push @hostile, $changed;
	}
	my $script = "\\set ON_ERROR_STOP 0\n\\set VERBOSITY sqlstate\n";
	for my $i (0 .. $#hostile)
	{
		open my $out, '>:raw', "$dir/hostile_${column}_$i" or die $!;
		print $out substr($bytes, 0, 21), pack('N', length $hostile[$i]), $hostile[$i], "\xff\xff";
		close $out;
		$script .= "COPY back_$column FROM '$dir/hostile_${column}_$i' (FORMAT binary);\n";
	}
	my ($out, $err) = ('', '');
	$node->psql('postgres', $script, stdout => \$out, stderr => \$err, on_error_die => 0, on_error_stop => 0);
	my @states = $err =~ /ERROR: +(\w{5})/g;
	is(join(' ', grep { !/^22|^54/ } @states), '', "hostile $column is refused by a clear error, or is a value");
	cmp_ok(scalar @states, '>=', 10, "and much of it is refused");
	# What was taken for a value can be written, and read again.
	is($node->safe_psql('postgres', qq{SELECT count(*) FROM back_$column WHERE v::text::$type\::text <> v::text}), '0',
		"whatever was accepted as $column is a value like others");
}

is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server is still the one that was started');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC/, 'and no backend fell');
$node->stop;
done_testing();
