// What was revealed, and what of it is unusual.
#include "pg/arguments.hpp"
#include "pg/rows.hpp"
#include "pg/time.hpp"
#include "reveal/anomalies.hpp"
#include "reveal/reveal_sql.hpp"
extern "C" {
#include "access/xlog.h"
#include "nodes/parsenodes.h"
}

namespace cd::reveal {

namespace {

pg::Value epoch_or_null() { return has_shared_memory() ? bigint_value(epoch()) : pg::Value{INT8OID, 0, true}; }
pg::Value database() { return {OIDOID, ObjectIdGetDatum(MyDatabaseId), false}; }

constexpr const char *kind_names[] = {"rate", "breadth", "hours", "canary"};

// Of a transaction that wrote, and of one that is under way or was rolled back and is known to shared memory alone.
std::vector<Activity> read_activities(Oid owner, TimestampTz begin, TimestampTz end, std::vector<std::string> &roles) {
    TimestampTz forgotten_until;
    const std::vector<Count> live = counts(forgotten_until);
    std::vector<Activity> activities;
    pg::AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    give_live(query, live);
    query.read(
        "WITH known AS (SELECT ticket::uuid, used_at::timestamptz, revealed::int4, canaries::int4 "
        "    FROM customer_store.reveal_use UNION ALL SELECT * FROM live), "
        // A ticket lives for a day at most.
        "near AS (SELECT * FROM known WHERE used_at >= $1 - interval '1 day' AND used_at < $2), "
        // What a record says more than the one before it.
        "step AS (SELECT ticket, used_at, revealed - lag(revealed, 1, 0) OVER w AS rows, "
        "        greatest(canaries - lag(canaries, 1, 0) OVER w, 0) AS canaries "
        "    FROM near WINDOW w AS (PARTITION BY ticket ORDER BY revealed, canaries, used_at)), "
        "asked AS (SELECT ticket::uuid, role::text COLLATE \"C\" AS role, field::text COLLATE \"C\" AS field, "
        "        requested_at::timestamptz FROM customer_store.reveal_ticket) "
        "SELECT role, floor(extract(epoch FROM used_at - timestamptz '2000-01-01 00:00+00') / 3600)::int4, "
        "    dense_rank() OVER (ORDER BY field)::int4, dense_rank() OVER (ORDER BY ticket)::int4, "
        "    sum(rows)::int8, sum(canaries)::int8 "
        "FROM step JOIN asked USING (ticket) "
        "WHERE used_at >= $1 AND (rows > 0 OR canaries > 0) GROUP BY role, 2, field, ticket "
        // When a role was seen first.
        "UNION ALL SELECT role, floor(extract(epoch FROM min(requested_at) - timestamptz '2000-01-01 00:00+00') / "
        "        3600)::int4, 0, 0, 0, 0 FROM asked GROUP BY role "
        "ORDER BY 1, 2, 3, 4",
        {pg::time_value(begin), pg::time_value(end)}, pg::Query::See::now);
    for (std::uint64_t i = 0; i < query.rows(); ++i) {
        pg::interrupts.every(i);
        std::string role = query.text(i, 1);
        if (roles.empty() || roles.back() != role) roles.push_back(std::move(role));
        activities.push_back({static_cast<std::uint32_t>(roles.size() - 1), query.integer(i, 2),
                              static_cast<std::uint32_t>(query.integer(i, 3)),
                              static_cast<std::uint32_t>(query.integer(i, 4)), query.bigint(i, 5), query.bigint(i, 6)});
    }
    return activities;
}

} // namespace

void give_live(pg::Query &query, const std::vector<Count> &live) {
    struct Rows {
        Tuplestorestate *store;
        TupleDesc row;
    };
    const Rows rows = pg::call([&live] {
        TupleDesc const row = CreateTemplateTupleDesc(4);
        TupleDescInitEntry(row, 1, "ticket", UUIDOID, -1, 0);
        TupleDescInitEntry(row, 2, "used_at", TIMESTAMPTZOID, -1, 0);
        TupleDescInitEntry(row, 3, "revealed", INT4OID, -1, 0);
        TupleDescInitEntry(row, 4, "canaries", INT4OID, -1, 0);
        Tuplestorestate *const store = tuplestore_begin_heap(true, false, work_mem);
        for (const Count &count : live) {
            Datum values[4] = {UUIDPGetDatum(&count.ticket), TimestampTzGetDatum(count.used_at),
                               Int32GetDatum(static_cast<std::int32_t>(count.revealed)),
                               Int32GetDatum(static_cast<std::int32_t>(count.canaries))};
            bool nulls[4] = {};
            tuplestore_putvalues(store, row, values, nulls);
        }
        return Rows{store, row};
    });
    query.give("live", rows.store, rows.row);
}

void add_uses(pg::Query &query, const std::vector<Count> &live) {
    give_live(query, live);
    query.write("INSERT INTO customer_store.reveal_use (ticket, used_at, revealed, canaries) "
                "SELECT ticket, used_at, revealed, canaries FROM live l WHERE l.revealed + l.canaries > "
                "coalesce((SELECT max(u.revealed + u.canaries) FROM customer_store.reveal_use u WHERE u.ticket = "
                "l.ticket), 0)");
}

void record_counts() {
    if (!may_write() || !has_shared_memory()) return;
    TimestampTz forgotten_until;
    const std::vector<Count> live = counts(forgotten_until);
    pg::AsOwner as_owner(owner_of("reveal_ticket", 0));
    pg::Query &query = as_owner.query;
    add_uses(query, live);
    // Final counts. It waits for nobody who is about to write the same ones; and a minute, lest somebody is about to
    // take the last row. A transaction with a snapshot of its own could fail here.
    if (IsolationUsesXactSnapshot()) return;
    query.write("UPDATE customer_store.reveal_ticket t SET revealed = coalesce(l.revealed, 0) FROM "
                "(SELECT ticket, expires_at FROM customer_store.reveal_ticket WHERE revealed IS NULL AND "
                "    expires_at < clock_timestamp() - interval '1 minute' AND epoch = $1 AND database = $2 "
                "    FOR UPDATE SKIP LOCKED) o LEFT JOIN live l ON l.ticket = o.ticket "
                "WHERE t.ticket = o.ticket AND (l.ticket IS NOT NULL OR o.expires_at > $3)",
                {bigint_value(epoch()), database(), pg::time_value(forgotten_until)});
}

CD_FUNCTION(cd_reveal_log) {
    pg::ResultRows rows(fcinfo);
    pg::require_arguments(fcinfo, {"since"});
    const TimestampTz since = DatumGetTimestampTz(fcinfo->args[0].value);
    owner_of("reveal_use", ACL_SELECT);
    const Oid owner = owner_of("reveal_ticket", ACL_SELECT);
    record_counts();
    TimestampTz forgotten_until;
    const std::vector<Count> live = counts(forgotten_until);
    DestReceiver *const receiver = rows.receiver();
    pg::AsOwner as_owner(owner);
    give_live(as_owner.query, live);
    as_owner.query.read_into(
        receiver,
        "SELECT ticket::uuid, role::name, session_role::name, field::text, purpose::text, reason::text, "
        "    client_address::inet, application::text, requested_at::timestamptz, expires_at::timestamptz, "
        "    max_rows::int4, known, coalesce(known, max_rows)::int4, canaries, last_used, "
        "    CASE WHEN known = max_rows THEN 'spent' WHEN expires_at <= clock_timestamp() THEN 'expired' "
        "        WHEN here THEN 'open' WHEN $5 THEN 'unknown' ELSE 'void' END "
        "FROM (SELECT t.*, here, greatest(l.canaries, u.canaries, 0) AS canaries, "
        "        CASE WHEN l.revealed > 0 THEN l.used_at ELSE u.used_at END AS last_used, "
        "        CASE WHEN t.revealed IS NOT NULL THEN t.revealed::int4 "
        "            WHEN greatest(l.revealed, u.revealed) = t.max_rows THEN t.max_rows::int4 "
        "            WHEN here AND l.ticket IS NOT NULL THEN l.revealed "
        // It has no place in shared memory: it was never used, unless its place was given away.
        "            WHEN here AND t.expires_at > $4 THEN 0 END AS known "
        "    FROM customer_store.reveal_ticket t LEFT JOIN live l ON l.ticket = t.ticket "
        "    LEFT JOIN (SELECT ticket, max(revealed)::int4 AS revealed, max(canaries)::int4 AS canaries, "
        "            max(used_at)::timestamptz AS used_at FROM customer_store.reveal_use WHERE used_at >= $1 GROUP BY "
        "ticket) u "
        "        ON u.ticket = t.ticket "
        "    CROSS JOIN LATERAL (SELECT (t.epoch = $2 AND t.database = $3) IS TRUE AS here) h "
        "    WHERE t.requested_at >= $1) r ORDER BY requested_at, ticket",
        {pg::time_value(since),
         epoch_or_null(),
         database(),
         pg::time_value(forgotten_until),
         {BOOLOID, BoolGetDatum(RecoveryInProgress()), false}},
        pg::Query::See::now);
    return Datum{0};
}

CD_FUNCTION(cd_reveal_anomalies) {
    pg::ResultRows rows(fcinfo);
    pg::require_arguments(fcinfo,
                          {"as_of", "days", "history_days", "min_days", "false_alarms", "rare_share", "min_hours"});
    const std::int32_t last = pg::TimestamptzArg::day(fcinfo->args[0].value);
    Bounds bounds;
    bounds.days = DatumGetInt32(fcinfo->args[1].value);
    bounds.history_days = DatumGetInt32(fcinfo->args[2].value);
    bounds.min_days = DatumGetInt32(fcinfo->args[3].value);
    bounds.false_alarms = DatumGetFloat8(fcinfo->args[4].value);
    bounds.rare_share = DatumGetFloat8(fcinfo->args[5].value);
    bounds.min_hours = DatumGetInt32(fcinfo->args[6].value);
    check(bounds);
    bounds.first_day = last - bounds.days + 1;
    owner_of("reveal_use", ACL_SELECT);
    const Oid owner = owner_of("reveal_ticket", ACL_SELECT);
    std::vector<std::string> roles;
    std::vector<Activity> activities =
        read_activities(owner, (std::int64_t{bounds.first_day} - bounds.history_days) * USECS_PER_DAY,
                        (std::int64_t{last} + 1) * USECS_PER_DAY, roles);
    for (const Anomaly &anomaly : anomalies(std::move(activities), bounds, pg::interrupts)) {
        NameData role;
        memset(&role, 0, sizeof role);
        memcpy(NameStr(role), roles[anomaly.role].data(),
               std::min<std::size_t>(roles[anomaly.role].size(), NAMEDATALEN - 1));
        Datum values[7] = {NameGetDatum(&role),
                           pg::text_column(kind_names[static_cast<std::size_t>(anomaly.kind)]),
                           TimestampTzGetDatum(std::int64_t{anomaly.hour} * USECS_PER_HOUR),
                           Float8GetDatum(anomaly.value),
                           Float8GetDatum(anomaly.baseline),
                           Float8GetDatum(anomaly.threshold),
                           Int64GetDatum(anomaly.tickets)};
        bool nulls[7] = {};
        rows.add(values, nulls);
    }
    return Datum{0};
}

} // namespace cd::reveal
