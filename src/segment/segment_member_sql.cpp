// Functions that refresh members and tell who they are.
#include "customer_data.hpp"
#include "pg/memory.hpp"
#include "pg/rows.hpp"
#include "pg/varlena.hpp"
#include "segment/segment_difference.hpp"
#include "segment/segment_store_sql.hpp"
extern "C" {
#include "catalog/namespace.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
}

namespace cd::segment {
namespace {

Oid owner_for_refresh() {
    return owner_for_caller({{"segment", ACL_SELECT},
                             {"segment_member", ACL_SELECT | ACL_INSERT | ACL_DELETE},
                             {"segment_change", ACL_INSERT}});
}

// What fits into an index beside the name of a segment.
constexpr std::size_t max_subject = 2000;

struct Counts {
    std::int64_t entered, departed, stayed;
};

struct Members final : pg::TextVisitor {
    Difference &difference;
    explicit Members(Difference &d) : difference(d) {}
    void visit(std::string_view subject) override { difference.member(subject); }
};
struct Found final : pg::TextVisitor {
    Difference &difference;
    explicit Found(Difference &d) : difference(d) {}
    void visit(std::string_view subject) override {
        if (subject.size() > max_subject)
            throw Error(sqlstate::program_limit, "the id of a subject is too long",
                        "It has " + std::to_string(subject.size()) + " bytes, the limit is " +
                            std::to_string(max_subject) + ".",
                        "Return the id of the customer, or a hash of it.");
        difference.found(subject);
    }
};

// (subject text, entered boolean)
pg::StoredRows new_changes() {
    return pg::call([] {
        TupleDesc const row = CreateTemplateTupleDesc(2);
        TupleDescInitEntry(row, 1, "subject", TEXTOID, -1, 0);
        TupleDescInitEntry(row, 2, "entered", BOOLOID, -1, 0);
        return pg::StoredRows{tuplestore_begin_heap(false, false, work_mem), row};
    });
}

// The row lock makes refreshes of a segment wait for each other; what runs after it sees what the one before has done.
Counts refresh(Oid owner, const std::string &name) {
    const pg::ErrorContext context("refresh of segment \"" + name + "\"");
    const Definition d = definition(owner, name, Lock::row);
    const Oid user = runner(d, owner);
    // No two refreshes of a segment are at the same time, whatever the clock says.
    const TimestampTz at = std::max(GetCurrentTimestamp(), d.refreshed_at ? *d.refreshed_at + 1 : DT_NOBEGIN);
    MemoryContext const scratch =
        pg::call([] { return AllocSetContextCreate(CurrentMemoryContext, "segment", ALLOCSET_DEFAULT_SIZES); });
    const pg::StoredRows changes = new_changes();
    Counts counts{};
    {
        pg::ContextMemory memory(scratch);
        Difference difference(&memory, max_segment_memory(), pg::interrupts);
        {
            AsOwner as_owner(owner);
            Members members(difference);
            pg::TextRows rows(members);
            as_owner.query.read_into(pg::RowReceiver::make(rows),
                                     "SELECT subject::text FROM customer_store.segment_member WHERE segment::text = $1",
                                     {pg::text_value(name)}, pg::Query::See::now);
        }
        Found found(difference);
        pg::each_text({d.query.c_str(), d.search_path.c_str(), user}, found);
        counts.stayed = static_cast<std::int64_t>(difference.stayed_count());
        difference.each_change([&](std::string_view subject, bool entered) {
            ++(entered ? counts.entered : counts.departed);
            pg::call([&] {
                Datum values[] = {pg::text_datum(subject), BoolGetDatum(entered)};
                bool nulls[2] = {};
                tuplestore_putvalues(changes.rows, changes.row, values, nulls);
                pfree(DatumGetPointer(values[0]));
            });
        });
    }
    {
        AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        if (counts.entered + counts.departed > 0) {
            query.give("changes", changes.rows, changes.row);
            // OFFSET 0 hides from the planner that all have one segment. Statistics that do not know it yet would say
            // that it has no members, and each of them would be compared with each change.
            query.write("WITH departed AS (DELETE FROM customer_store.segment_member m "
                        "USING (SELECT $1 AS segment, subject FROM changes WHERE NOT entered OFFSET 0) c "
                        "WHERE m.segment = c.segment AND m.subject = c.subject), "
                        "entered AS (INSERT INTO customer_store.segment_member (segment, subject, since) "
                        "SELECT $1, subject, $2 FROM changes WHERE entered) "
                        "INSERT INTO customer_store.segment_change (segment, subject, change, at) "
                        "SELECT $1, subject, CASE WHEN entered THEN 'entered' ELSE 'departed' END, $2 FROM changes",
                        {pg::text_value(name), pg::time_value(at)});
        }
        query.write("UPDATE customer_store.segment SET refreshed_at = $2 WHERE name = $1",
                    {pg::text_value(name), pg::time_value(at)});
    }
    pg::call([&changes, scratch] {
        tuplestore_end(changes.rows);
        MemoryContextDelete(scratch);
    });
    return counts;
}

// The owner may have hidden rows from the caller, but the query runs as the owner.
void refuse_row_security(const char *table) {
    const bool hidden = pg::call([table] {
        const Oid relation = get_relname_relid(table, get_namespace_oid(pg::store, false));
        return OidIsValid(relation) && check_enable_rls(relation, GetUserId(), true) == RLS_ENABLED;
    });
    if (hidden)
        throw Error(sqlstate::insufficient_privilege,
                    std::string("row security is in force on customer_store.") + table,
                    "It may hide rows from " + pg::user_name(GetUserId()) + ".", "Select from the table itself.");
}

// Rows of a query of the owner's tables, straight into the result.
void owners_rows(FunctionCallInfo fcinfo, Oid owner, const char *text, std::initializer_list<pg::Value> values) {
    for (const char *const table : {"segment_member", "segment_change"}) refuse_row_security(table);
    pg::ResultRows result(fcinfo);
    DestReceiver *const receiver = result.receiver();
    AsOwner as_owner(owner);
    as_owner.query.read_into(receiver, text, values);
}

} // namespace
} // namespace cd::segment

using namespace cd;
using namespace cd::segment;

CD_FUNCTION(cd_segment_refresh) {
    require_arguments(fcinfo, {"name"});
    TupleDesc const row = pg::result_row(fcinfo);
    const std::string_view given = pg::text_arg(fcinfo->args[0].value);
    const Counts counts = refresh(owner_for_refresh(), std::string(given));
    return pg::call([row, &counts] {
        Datum values[] = {Int64GetDatum(counts.entered), Int64GetDatum(counts.departed), Int64GetDatum(counts.stayed)};
        bool nulls[3] = {};
        return pg::row_datum(row, values, nulls);
    });
}

CD_FUNCTION(cd_segment_refresh_all) {
    pg::ResultRows result(fcinfo);
    const Oid owner = owner_for_refresh();
    for (const std::string &name : refresh_order(all_definitions(owner), pg::interrupts)) {
        const Counts counts = refresh(owner, name);
        Datum values[] = {pg::text_value(name).datum, Int64GetDatum(counts.entered), Int64GetDatum(counts.departed),
                          Int64GetDatum(counts.stayed)};
        bool nulls[4] = {};
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

CD_FUNCTION(cd_segment_members) {
    const std::string name(pg::text_arg(fcinfo->args[0].value));
    const TimestampTz at = DatumGetTimestampTz(fcinfo->args[1].value);
    const Oid owner = owner_for_caller({{"segment", ACL_SELECT}, {"segment_member", ACL_SELECT}});
    const Definition d = definition(owner, name);
    if (!d.refreshed_at)
        pg::ResultRows nobody_yet(fcinfo); // members of that name are of a segment that was deleted
    else if (at >= *d.refreshed_at)
        owners_rows(
            fcinfo, owner,
            "SELECT subject::text, since::timestamptz FROM customer_store.segment_member WHERE segment::text = $1",
            {pg::text_value(name)});
    else
        owners_rows(
            fcinfo, owner_for_caller({{"segment_change", ACL_SELECT}}),
            "SELECT subject, at FROM (SELECT DISTINCT ON (subject) subject::text, at::timestamptz, change::text "
            "FROM customer_store.segment_change WHERE segment::text = $1 AND at <= $2 "
            "ORDER BY subject, at DESC) last WHERE change = 'entered'",
            {pg::text_value(name), pg::time_value(at)});
    PG_RETURN_NULL();
}

CD_FUNCTION(cd_segment_overlap) {
    owners_rows(fcinfo, owner_for_caller({{"segment", ACL_SELECT}, {"segment_member", ACL_SELECT}}),
                R"sql(
        WITH size AS (SELECT s.name::text AS segment, count(m.subject) AS n
                      FROM customer_store.segment s LEFT JOIN customer_store.segment_member m ON m.segment = s.name
                      GROUP BY s.name),
             pair AS (SELECT a.segment::text AS segment_a, b.segment::text AS segment_b, count(*) AS n
                      FROM customer_store.segment_member a JOIN customer_store.segment_member b USING (subject)
                      WHERE a.segment::text COLLATE "C" < b.segment::text COLLATE "C" GROUP BY 1, 2)
        SELECT a.segment, b.segment, a.n, b.n, coalesce(p.n, 0), coalesce(p.n, 0)::float8 / nullif(a.n + b.n - coalesce(p.n, 0), 0)
        FROM size a JOIN size b ON a.segment COLLATE "C" < b.segment COLLATE "C"
             LEFT JOIN pair p ON p.segment_a = a.segment AND p.segment_b = b.segment
        ORDER BY a.segment COLLATE "C", b.segment COLLATE "C"
    )sql",
                {});
    PG_RETURN_NULL();
}
