#!/usr/bin/env bash
# Rules of the house that a compiler does not check, as TAP: test/lint.sh [TREE]
# A rule is a function that prints what breaks it.
set -euo pipefail
shopt -s nullglob
cd "${1:-$(dirname "${BASH_SOURCE[0]}")/..}"

features=$(sed -n 's/^FEATURES *= *//p' Makefile)
number=0 broken=0

cpp_files() {
    find "$@" -name '*.cpp' -o -name '*.hpp' | sort
}

rule() {
    local name=$1 found
    shift
    number=$((number + 1))
    found=$("$@") || true
    if [ -z "$found" ]; then
        echo "ok $number - $name"
    else
        broken=$((broken + 1))
        echo "not ok $number - $name"
        sed 's/^/#   /' <<<"$found"
    fi
}

skip_rule() {
    number=$((number + 1))
    echo "ok $number - $1 # SKIP $2"
}

# Lines of C++ that match a pattern, outside of comments.
lines() {
    local pattern=$1
    shift
    cpp_files "$@" | xargs grep -nE "$pattern" | grep -vE '^[^:]*:[0-9]+: *//'
}

postgres_header_outside_pg() {
    lines '^ *# *include *[<"](postgres|postgres_ext|fmgr|c)\.h[>"]' src | grep -v '^src/pg/'
}
postgres_header_once() {
    local found
    found=$(lines '^ *# *include *[<"]postgres\.h' src)
    [ "$(grep -c . <<<"$found")" = 1 ] || echo "${found:-no file includes postgres.h}"
}
one_catch_all() {
    local found
    found=$(lines 'catch *\( *\.\.\. *\)' src)
    [ "$(grep -c . <<<"$found")" = 1 ] || echo "${found:-no file has a catch (...)}"
}
backend_errors_outside_pg() {
    lines '\b(ereport|elog) *\( *(ERROR|FATAL|PANIC)|\bPG_(TRY|CATCH|RE_THROW)\b' src | grep -v '^src/pg/'
}
more_than_one_eigen_header() {
    local found
    found=$(lines '^ *# *include *<(Eigen|unsupported/Eigen)/' src)
    [ "$(cut -d: -f1 <<<"$found" | sort -u | grep -c .)" -le 1 ] || echo "$found"
}
# Kernels are what CMakeLists.txt builds without PostgreSQL: all but the bindings and src/pg.
kernels_that_know_postgres() {
    lines '^ *# *include *["<](pg|access|catalog|commands|executor|funcapi|lib|libpq|nodes|optimizer|parser|port|storage|tcop|utils|windowapi|miscadmin)[/.]' src |
        grep -vE '^src/(pg/|[a-z_]+/[a-z_]+_sql\.[ch]pp:|customer_data\.[ch]pp:)'
}
pg_that_knows_a_feature() {
    lines "^ *# *include *\"(${features// /|})/" src/pg src/common src/math
}
forbidden_cxx() {
    lines '\bassert *\(|# *include *<(iostream|regex|locale|thread|mutex|future)>|-ffast-math|-march=native' src |
        # The one place that starts threads, by the rules that stand there.
        grep -vE '^src/common/workers\.cpp:[0-9]+:# *include *<(thread|mutex)>'
}
sql_not_plain() {
    grep -nE '^ *CREATE +(OR +REPLACE|[A-Z ]+ IF +NOT +EXISTS)' src/*.sql src/*/*.sql |
        # A setup function makes the user's tables, and may be repeated.
        grep -vE '^src/[a-z_]+/[a-z_]+_setup\.sql:[0-9]+: +CREATE TABLE IF NOT EXISTS customer_store\.'
}
sql_not_qualified() {
    grep -nE '^CREATE ' src/*.sql src/*/*.sql |
        grep -vE ':CREATE (SCHEMA customer_data;|(FUNCTION|TYPE|AGGREGATE|OPERATOR( CLASS)?|DOMAIN|VIEW|PROCEDURE) customer_data\.|CAST \(((jsonb|bytea) AS )?customer_data\.)'
}
missing_pieces() {
    local feature file
    for feature in $features; do
        for file in "src/$feature/$feature.sql" "docs/$feature.md" "sql/$feature.sql" "expected/$feature.out" "test/pgtap/$feature.sql"; do
            [ -e "$file" ] || echo "feature $feature has no $file"
        done
    done
    for feature in src/*/; do
        feature=$(basename "$feature")
        case " pg common math learn crypto upgrade $features " in
            *" $feature "*) ;;
            *) echo "src/$feature is not in the Makefile's FEATURES" ;;
        esac
    done
}
tests_without_expectation() {
    local file
    for file in sql/*.sql; do
        [ -e "expected/$(basename "$file" .sql).out" ] || echo "$file has no expected/$(basename "$file" .sql).out"
    done
    for file in test/isolation/specs/*.spec; do
        [ -e "test/isolation/expected/$(basename "$file" .spec).out" ] || echo "$file has no expected output"
    done
}
long_files() {
    find src \( -name '*.?pp' -o -name '*.sql' \) -not -path 'src/upgrade/*' | xargs wc -l | awk '$1 > 500 && $2 != "total" { print $2 " has " $1 " lines" }'
}
machine_paths() {
    grep -rnIE "(^|[^A-Za-z0-9_.\$}])/(work|home|root|mnt|Users)/" --include='*' . \
        --exclude-dir=.git --exclude-dir=build --exclude-dir=results --exclude-dir=output_iso --exclude-dir=tmp_check \
        --exclude='*.o' --exclude='*.d' --exclude='regression.*' --exclude=lint.sh
}
open_ends() {
    # Written so that the rule does not find itself.
    grep -rnIE '\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b' src test demo bench docs sql scripts Makefile CMakeLists.txt --exclude=lint.sh 2>/dev/null |
        # XX000 and mktemp patterns are no open ends.
        grep -vE 'mktemp|X{4}'
}
version_repeated_wrong() {
    local version
    version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" customer_data.control)
    [ -n "$version" ] || echo "customer_data.control has no default_version"
    [ ! -e META.json ] || grep -n '"version"' META.json | grep -vE "\"(version)\": *\"($version|1\.0\.0)\"" || true
}
not_formatted() {
    cpp_files src test | xargs clang-format --dry-run 2>&1 | sed -n 's/^\([^:]*\):.*warning.*/\1/p' | sort | uniq -c |
        awk '{ print $2 ": " $1 " places; clang-format -i mends them" }'
}
sql_symbols() {
    grep -rhoE "'MODULE_PATHNAME', *'[a-z0-9_]+'" src --include='*.sql' | sed -E "s/.*'([a-z0-9_]+)'$/\1/"
}
exported_symbols_and_sql_differ() {
    diff <({ sql_symbols | sed 'p; s/^/pg_finfo_/'; printf '%s\n' Pg_magic_func _PG_init; } | sort -u) \
        <(nm -D --defined-only customer_data.so | awk '{ print $3 }' | sed 's/@.*//' | sort -u) |
        sed -n 's/^< \(.*\)/\1 is not exported/p; s/^> \(.*\)/\1 is exported, but SQL does not name it/p'
}

rule "postgres.h and fmgr.h are included under src/pg alone" postgres_header_outside_pg
rule "one header includes postgres.h" postgres_header_once
rule "one function catches everything" one_catch_all
rule "no ereport(ERROR), elog(ERROR) or PG_TRY outside src/pg" backend_errors_outside_pg
rule "at most one header includes Eigen" more_than_one_eigen_header
rule "kernels include nothing of PostgreSQL or src/pg" kernels_that_know_postgres
rule "src/pg, src/common and src/math include no feature" pg_that_knows_a_feature
rule "no assert, iostream, regex, locale or threads" forbidden_cxx
rule "every CREATE is plain" sql_not_plain
rule "every CREATE names its schema" sql_not_qualified
rule "every feature has its SQL, docs page, regress pair and pgTAP file" missing_pieces
rule "every test has its expected output" tests_without_expectation
rule "no file of src is longer than 500 lines" long_files
rule "no paths of one machine" machine_paths
rule "nothing is left open" open_ends
rule "META.json has the version of the control file" version_repeated_wrong
# Other versions format otherwise.
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
    rule "C++ is formatted as .clang-format says" not_formatted
else
    skip_rule "C++ is formatted as .clang-format says" "there is no clang-format 14"
fi
if [ -e customer_data.so ]; then
    rule "exported symbols are the functions that SQL names" exported_symbols_and_sql_differ
else
    skip_rule "exported symbols are the functions that SQL names" "the module is not built"
fi
echo "1..$number"
[ "$broken" = 0 ]
