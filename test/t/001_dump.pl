# Everything that stores our types or calls our functions survives pg_dump and restore, into a database whose
# search_path is empty, and DROP EXTENSION leaves what belongs to the user.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE source');
$node->safe_psql('postgres', 'CREATE DATABASE target');

$node->safe_psql(
	'source', q{
CREATE EXTENSION customer_data;
SET search_path = customer_data, public;
SELECT rfm_setup();
INSERT INTO customer_store.rfm_segment_rule (rules, rule_number, segment, recency_low, monetary_low)
    VALUES ('mine', 1, 'Best', 4, 4), ('mine', 2, 'Rest', 1, 1);

CREATE TABLE public.purchase AS SELECT * FROM simulate_purchases(300, 7);
CREATE TABLE public.history AS
    SELECT customer_id, purchase_agg(occurred_at, amount) AS s FROM public.purchase GROUP BY customer_id;
CREATE TABLE public.book AS
    SELECT purchase_book_agg(customer_id, occurred_at, amount) AS book,
           purchase_book_agg(md5(customer_id::text)::uuid, occurred_at, amount) AS book_uuid,
           purchase_book_agg(customer_id::text, occurred_at, amount) AS book_text
    FROM public.purchase;
CREATE TABLE public.cuts AS
    SELECT summary, rfm_bins(summary) AS dense, rfm_bins(summary, 5, 'quantile') AS quantile, rfm_bins(summary, 12) AS twelve
    FROM (SELECT rfm_agg(purchase_recency_days(s, '2030-01-01'::date), purchase_count(s), purchase_revenue(s)) AS summary
          FROM public.history) q;
CREATE TABLE public.spread AS SELECT lorenz_agg(purchase_revenue(s)) AS l, gini_agg(purchase_revenue(s)) AS gini FROM public.history;
CREATE TABLE public.evaluated AS
    SELECT evaluation_agg(1 / purchase_count(s)::float8, purchase_recency_days(s, '2030-01-01'::date) > 1700) AS e, drift_agg(purchase_revenue(s)) AS d
    FROM public.history WHERE purchase_count(s) > 0;
CREATE VIEW public.gain AS SELECT g.* FROM public.evaluated, gain_table(e) g;
CREATE TABLE public.features AS
    SELECT dataset_agg(f, 'monetary', NULL, '{}', 'customer_id') AS d
    FROM (SELECT customer_id, CASE WHEN customer_id % 3 > 0 THEN 'segment ' || customer_id % 7 END AS segment,
                 purchase_count(s) AS frequency, purchase_revenue(s) AS monetary FROM public.history) f;
CREATE VIEW public.feature_statistics AS SELECT c.* FROM public.features, dataset_columns(d) c;
-- Models, and what they say of rows: in a view, a generated column and an index. A literal in DDL is the model as text.
CREATE TABLE public.model AS
    SELECT kmeans_fit(d, 3) AS kmeans, gmm_fit(d, 2) AS gmm, pca_fit(d, 2) AS pca
    FROM (SELECT dataset_agg(ARRAY[purchase_count(s), purchase_revenue(s)]) AS d FROM public.history) q;
CREATE VIEW public.clustered AS
    SELECT customer_id, cluster(kmeans, a) AS kmeans, cluster_probability(gmm, a) AS gmm, pca_scores(pca, a) AS pca
    FROM public.model, public.history, LATERAL (SELECT ARRAY[purchase_count(s), purchase_revenue(s)] AS a) q;
CREATE VIEW public.card AS SELECT c.* FROM public.model, cluster_cards(kmeans) c;
DO $do$
BEGIN
    EXECUTE (SELECT format('CREATE TABLE public.assigned (f1 float8, f2 float8, cluster integer
        GENERATED ALWAYS AS (customer_data.cluster(%L::customer_data.kmeans_model, ARRAY[f1, f2])) STORED)', kmeans) FROM public.model);
    INSERT INTO public.assigned SELECT purchase_count(s), purchase_revenue(s) FROM public.history;
    EXECUTE (SELECT format('CREATE INDEX ON public.assigned (customer_data.cluster_distance(%L::customer_data.kmeans_model, ARRAY[f1, f2]))', kmeans) FROM public.model);
END $do$;
-- Models of who leaves: in a table, saved, and in a generated column.
CREATE TABLE public.churn AS
    SELECT algorithm, churn_fit(d, algorithm) AS model
    FROM (SELECT dataset_agg((purchase_count(s) < 5)::integer, ARRAY[purchase_revenue(s)]) AS d FROM public.history) q, unnest('{logistic,tree,boosting}'::text[]) AS algorithm;
SELECT model_setup();
SELECT model_save('churn', model, algorithm) FROM public.churn ORDER BY algorithm;
CREATE VIEW public.leaving AS SELECT customer_id, predict(m, ARRAY[purchase_revenue(s)]) AS p FROM public.history, model('churn') m;
DO $do$
BEGIN
    EXECUTE (SELECT format('CREATE TABLE public.at_risk (f1 float8, p float8
        GENERATED ALWAYS AS (customer_data.predict(%L::customer_data.churn_model, ARRAY[f1])) STORED)', model) FROM public.churn WHERE algorithm = 'tree');
    INSERT INTO public.at_risk SELECT purchase_revenue(s) FROM public.history;
END $do$;
CREATE TABLE public.cox AS
    SELECT cox_fit(dataset_agg(f, 'gone'), 'days') AS model, survival_agg(days, gone) AS s
    FROM (SELECT purchase_recency_days(s, '2030-01-01'::date) AS days, purchase_revenue(s) AS revenue, customer_id % 3 > 0 AS gone FROM public.history) f;
CREATE VIEW public.curve AS SELECT c.* FROM public.cox, survival_curve(s) c;
-- Models of value: in a table, in a view, in a generated column and in an index.
CREATE TABLE public.worth AS
    SELECT c, clv_fit(c, 'bg/nbd') AS model, sbg_fit('{1000,631,468,382,326}'::bigint[], '1 year') AS contract
    FROM (SELECT clv_agg(s, date '2030-01-01', '7 days') AS c FROM public.history) q;
CREATE VIEW public.valued AS
    SELECT customer_id, clv_value(model, s, date '2030-01-01', '1 year', allow_unconverged => true) AS value, (t).expected
    FROM public.history, public.worth, LATERAL (SELECT t FROM clv_tracking(model, c, true) t WHERE period = 52) t;
CREATE TABLE public.person (id int, email text, shown text GENERATED ALWAYS AS (customer_data.mask_email(email)) STORED, born date, network inet);
INSERT INTO public.person (id, email, born, network) SELECT g, 'person' || g || '@example.com', date '1990-01-01' + g, '10.0.0.0'::inet + g FROM generate_series(1, 300) g;
CREATE INDEX ON public.person (customer_data.generalize_date(born, 'month'), customer_data.generalize_ip(network));
CREATE MATERIALIZED VIEW public.hidden AS SELECT customer_data.anonymity_agg(shown, customer_data.generalize_date(born, 'month')::text, id::text) AS a FROM public.person;
CREATE TABLE public.alive (x float8, t_x float8, t float8, p float8 GENERATED ALWAYS AS (customer_data.clv_alive(customer_data.clv_model('nbd', '{1,2}', '7 days'), x, t_x, t)) STORED);
INSERT INTO public.alive SELECT (r).x, (r).t_x, (r).t FROM (SELECT purchase_repeat(s, date '2030-01-01') AS r FROM public.history) q;
CREATE INDEX ON public.alive (clv_purchases(clv_model('bg/nbd', '{0.243,4.414,0.793,2.426}', '7 days'), x, t_x, t, '1 year'));
CREATE TABLE public.repeated AS SELECT customer_id, purchase_repeat(s, '2030-01-01'::date) AS repeated FROM public.history;

-- Functions in a generated column, in indexes, in a check, in views and in a materialized view.
CREATE TABLE public.scored (
    customer_id bigint, bins rfm_bins, recency_days float8, frequency float8, monetary float8,
    score rfm_score GENERATED ALWAYS AS (rfm_score(bins, recency_days, frequency, monetary)) STORED,
    CHECK (rfm_segment(rfm_score(bins, recency_days, frequency, monetary)) <> ''));
INSERT INTO public.scored
    SELECT customer_id, dense, purchase_recency_days(s, '2030-01-01'::date), purchase_count(s), purchase_revenue(s)
    FROM public.history, public.cuts;
-- A segment with members, changes and a rule.
SELECT segment_setup();
SELECT segment_event_define('purchase', 'public.purchase', 'customer_id', 'occurred_at');
SELECT segment_define_rule('frequent', '{"did": "purchase", "times": 5}', 'public.scored', 'customer_id', 'behavioural');
SELECT segment_refresh('frequent');
SELECT segment_define_rule('frequent', '{"did": "purchase", "times": 7}', 'public.scored', 'customer_id', 'behavioural');
SELECT segment_refresh('frequent');
CREATE INDEX ON public.history (purchase_revenue(s));
CREATE INDEX ON public.history (purchase_recency_days(s, '2030-01-01'::date));
CREATE INDEX ON public.scored (rfm_segment(score));
CREATE VIEW public.windowed AS
    SELECT customer_id, rfm_score(s, '2030-01-01'::date) OVER () AS score FROM public.history;
CREATE VIEW public.staged AS
    SELECT customer_id, lifecycle_stage(s, '2030-01-01'::date) AS stage, abc_class(purchase_revenue(s)) OVER () AS class FROM public.history;
CREATE VIEW public.mine AS SELECT customer_id, rfm_segment(score, 'mine') FROM public.scored;
CREATE VIEW public.doubled AS SELECT customer_id, s + s AS s, (s + s)::jsonb AS readable FROM public.history;
CREATE MATERIALIZED VIEW public.report AS
    SELECT r.* FROM (SELECT purchase_book_agg(customer_id, occurred_at, amount) AS b FROM public.purchase) q,
        rfm_table(q.b, '2030-01-01'::date) r;
});

# Every row of every relation of the user, as text.
sub content
{
	my ($database) = @_;
	my @relations = split /\n/, $node->safe_psql($database,
		q{SELECT oid::regclass FROM pg_class WHERE relkind IN ('r', 'v', 'm')
		  AND relnamespace::regnamespace::text IN ('public', 'customer_store') ORDER BY oid::regclass::text});
	return join "\n", map {
		"$_ " . $node->safe_psql($database, "SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM $_ t")
	} @relations;
}

my $before = content('source');
like($before, qr/^report 300\|/m, 'there is something to dump');

my $dump = $node->basedir . '/dump';
$node->command_ok([ 'pg_dump', '-f', "$dump.sql", '-d', $node->connstr('source') ], 'dump as SQL');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$dump.sql", '-d', $node->connstr('target') ],
	'restore of SQL');
is(content('target'), $before, 'restored from SQL, everything is the same');
is($node->safe_psql('target', "SELECT count(*) FROM pg_index WHERE indrelid IN ('history'::regclass, 'scored'::regclass, 'assigned'::regclass) AND indisvalid"),
	'4', 'indexes on our functions are there');

$node->safe_psql('postgres', 'CREATE DATABASE parallel');
$node->command_ok([ 'pg_dump', '-Fd', '-j', '2', '-f', "$dump.dir", '-d', $node->connstr('source') ], 'dump as a directory');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-j', '2', '-d', $node->connstr('parallel'), "$dump.dir" ], 'restore of a directory');
is(content('parallel'), $before, 'restored from a directory, everything is the same');

# The index is used and agrees with the table.
is($node->safe_psql('target', q{
	SET enable_seqscan = off;
	SELECT count(*) FROM history WHERE customer_data.purchase_revenue(s) >= 100}),
	$node->safe_psql('target', q{
	SET enable_indexscan = off; SET enable_bitmapscan = off;
	SELECT count(*) FROM history WHERE customer_data.purchase_revenue(s) >= 100}),
	'a restored index finds what the table has');
$node->safe_psql('target', 'REFRESH MATERIALIZED VIEW report');
is(content('target'), $before, 'a refreshed materialized view is the same');

# The extension goes; the user's records stay and are used again by the next one.
my ($status, $out, $err) = $node->psql('target', 'DROP EXTENSION customer_data');
isnt($status, 0, 'DROP EXTENSION refuses while columns have our types');
like($err, qr/depends on/, 'and says what depends on it');
$node->safe_psql('target', 'SET client_min_messages = error; DROP EXTENSION customer_data CASCADE');
is($node->safe_psql('target', 'SELECT rules, segment FROM customer_store.rfm_segment_rule ORDER BY rule_number'),
	"mine|Best\nmine|Rest", 'DROP EXTENSION CASCADE leaves customer_store');
is($node->safe_psql('target', q{
	CREATE EXTENSION customer_data;
	SELECT entered, departed, stayed > 0 FROM customer_data.segment_refresh('frequent');
	SELECT customer_data.segment_explain('frequent');
	DROP EXTENSION customer_data}), "0|0|t\ndid purchase at least 7 times", 'and segments go on with a new extension');
is($node->safe_psql('target', 'SELECT count(*) FROM purchase'), $node->safe_psql('source', 'SELECT count(*) FROM purchase'),
	'and the tables of the user');
is($node->safe_psql('target', q{
	CREATE EXTENSION customer_data;
	SELECT customer_data.rfm_segment(ROW(5, 1, 5, '515')::customer_data.rfm_score, 'mine')}), 'Best',
	'a new extension finds the old rules');

$node->stop;
done_testing();
