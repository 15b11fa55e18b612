# ALTER EXTENSION UPDATE from the last release gives exactly what a new installation gives, compared by catalog.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\n");
$node->start;

# Every member of the extension with all that its catalogs say of it; OIDs are given as names.
my $catalog = q{
SET search_path = pg_catalog;
SELECT (pg_identify_object(d.classid, d.objid, 0)).type || ' ' || (pg_identify_object(d.classid, d.objid, 0)).identity AS member,
	obj_description(d.objid, d.classid::regclass::text) AS comment,
	CASE d.classid
	WHEN 'pg_proc'::regclass THEN (
		SELECT concat_ws(' | ', prokind, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), lanname, provolatile, proparallel,
			proisstrict, proleakproof, prosecdef, proretset, procost, prorows, prosupport, prosrc, probin, pg_get_function_sqlbody(p.oid),
			proconfig, (SELECT string_agg(acl::text, ',' ORDER BY acl::text) FROM unnest(coalesce(proacl, acldefault('f', proowner))) acl),
			(SELECT concat_ws(' ', aggkind, aggnumdirectargs, aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggmtransfn,
				aggminvtransfn, aggmfinalfn, aggfinalextra, aggmfinalextra, aggfinalmodify, aggmfinalmodify, aggsortop::regoperator,
				aggtranstype::regtype, aggtransspace, aggmtranstype::regtype, aggmtransspace, agginitval, aggminitval)
			 FROM pg_aggregate WHERE aggfnoid = p.oid))
		FROM pg_proc p JOIN pg_language l ON l.oid = prolang WHERE p.oid = d.objid)
	WHEN 'pg_type'::regclass THEN (
		SELECT concat_ws(' | ', typtype, typcategory, typispreferred, typlen, typbyval, typalign, typstorage, typdelim, typinput, typoutput,
			typreceive, typsend, typmodin, typmodout, typanalyze, typsubscript, typnotnull, typbasetype::regtype, typdefault, typcollation::regcollation,
			(SELECT string_agg(acl::text, ',' ORDER BY acl::text) FROM unnest(coalesce(typacl, acldefault('T', typowner))) acl),
			(SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum)), ', ' ORDER BY attnum)
			 FROM pg_attribute WHERE attrelid = typrelid AND attnum > 0 AND NOT attisdropped),
			(SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid),
			(SELECT string_agg(conname || ' ' || pg_get_constraintdef(oid), ', ' ORDER BY conname) FROM pg_constraint WHERE contypid = t.oid))
		FROM pg_type t WHERE t.oid = d.objid)
	WHEN 'pg_operator'::regclass THEN (
		SELECT concat_ws(' | ', oprkind, oprcanmerge, oprcanhash, oprresult::regtype, oprcom::regoperator, oprnegate::regoperator, oprcode, oprrest, oprjoin)
		FROM pg_operator WHERE oid = d.objid)
	WHEN 'pg_cast'::regclass THEN (
		SELECT concat_ws(' | ', castfunc::regprocedure, castcontext, castmethod) FROM pg_cast WHERE oid = d.objid)
	WHEN 'pg_opclass'::regclass THEN (
		SELECT concat_ws(' | ', opcintype::regtype, opckeytype::regtype, opcdefault) FROM pg_opclass WHERE oid = d.objid)
	WHEN 'pg_opfamily'::regclass THEN (
		SELECT concat_ws(' | ', (SELECT string_agg(concat_ws(' ', amopstrategy, amopopr::regoperator, amoppurpose), ',' ORDER BY amopstrategy) FROM pg_amop WHERE amopfamily = d.objid),
			(SELECT string_agg(concat_ws(' ', amprocnum, amproc), ',' ORDER BY amprocnum) FROM pg_amproc WHERE amprocfamily = d.objid)))
	WHEN 'pg_namespace'::regclass THEN (
		SELECT string_agg(acl::text, ',' ORDER BY acl::text) FROM pg_namespace, unnest(coalesce(nspacl, acldefault('n', nspowner))) acl WHERE oid = d.objid)
	WHEN 'pg_class'::regclass THEN (
		SELECT concat_ws(' | ', relkind, CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END, reloptions,
			(SELECT string_agg(acl::text, ',' ORDER BY acl::text) FROM unnest(coalesce(relacl, acldefault('r', relowner))) acl),
			(SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum),
				pg_get_expr(adbin, adrelid)), ', ' ORDER BY attnum)
			 FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped))
		FROM pg_class c WHERE c.oid = d.objid)
	END AS definition
FROM pg_depend d
WHERE d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
  AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'customer_data')
ORDER BY 1};

sub members
{
	my ($database) = @_;
	return $node->safe_psql($database, $catalog);
}

$node->safe_psql('postgres', 'CREATE EXTENSION customer_data');
my $fresh = members('postgres');
cmp_ok(scalar(split /\n/, $fresh), '>', 50, 'the catalog of a new installation');
unlike($fresh, qr/\|$/m, 'says something of every member');

# A comparison that sees nothing proves nothing.
for my $change (
	'ALTER FUNCTION customer_data.purchase_count(customer_data.purchase_summary) STABLE',
	'ALTER FUNCTION customer_data.purchase_count(customer_data.purchase_summary) PARALLEL RESTRICTED',
	'ALTER FUNCTION customer_data.purchase_count(customer_data.purchase_summary) COST 7',
	'REVOKE EXECUTE ON FUNCTION customer_data.purchase_count(customer_data.purchase_summary) FROM PUBLIC',
	"COMMENT ON FUNCTION customer_data.purchase_count(customer_data.purchase_summary) IS 'another'",
	'ALTER EXTENSION customer_data DROP FUNCTION customer_data.purchase_count(customer_data.purchase_summary)',
	'REVOKE USAGE ON SCHEMA customer_data FROM PUBLIC')
{
	my $changed = $node->safe_psql('postgres', "BEGIN; $change; $catalog; ROLLBACK;");
	isnt($changed, $fresh, "the comparison sees: $change");
}

# Full scripts of releases are kept in src/upgrade, and installed from there.
my @released = map { /customer_data--(\d+\.\d+\.\d+)\.sql$/ ? $1 : () } glob('src/upgrade/customer_data--*.sql');
SKIP:
{
	skip 'there is no release to upgrade from', 1 unless @released;
	for my $version (@released)
	{
		(my $database = "from_$version") =~ s/\./_/g;
		$node->safe_psql('postgres', "CREATE DATABASE $database");
		$node->safe_psql($database, "CREATE EXTENSION customer_data VERSION '$version'");
		$node->safe_psql($database, 'ALTER EXTENSION customer_data UPDATE');
		is(members($database), $fresh, "$version updated = a new installation");
	}
}

$node->stop;
done_testing();
