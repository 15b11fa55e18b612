// What is left of an erased key, and where.
#include "keyring/process_sql.hpp"
#include "pg/arguments.hpp"
#include "pg/relation.hpp"
#include "pg/rows.hpp"
#include "seal/seal_sql.hpp"
#include "seal/subject_sql.hpp"
#include <algorithm>
extern "C" {
#include "access/table.h"
#include "access/tableam.h"
#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "storage/bufmgr.h"
#include "storage/fd.h"
#include "storage/procarray.h"
#include "utils/pg_lsn.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"
}

namespace cd::seal {
namespace {

// A key as customer_keys.subject_key and customer_store.subject_erased tell of it.
struct State {
    std::optional<std::uint32_t> live; // number of the key that stands there
    keyring::Version version = 0;      // that it is wrapped under
    std::optional<std::uint32_t> erased;
    std::vector<keyring::Version> versions; // that erased keys were wrapped under
    TransactionId transaction = InvalidTransactionId;
    XLogRecPtr clean = InvalidXLogRecPtr; // where the table was first seen without them
    bool allowed = false;
};

State read(Oid owner, const pg::Value &tenant, const pg::Value &mark) {
    pg::AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    State state;
    query.read("SELECT number::int4, key_version::int4 FROM customer_keys.subject_key WHERE tenant = $1 AND mark = $2",
               {tenant, mark}, pg::Query::See::now);
    if (query.rows() == 1) {
        state.live = static_cast<std::uint32_t>(query.integer(0, 1));
        state.version = static_cast<keyring::Version>(query.integer(0, 2));
    }
    query.read("SELECT number::int4, transaction_id::xid8, clean_position::pg_lsn, allowed_at IS NOT NULL, v "
               "FROM customer_store.subject_erased LEFT JOIN LATERAL unnest(key_versions::int4[]) AS v ON true "
               "WHERE tenant = $1 AND mark = $2 ORDER BY v",
               {tenant, mark}, pg::Query::See::now);
    for (std::uint64_t i = 0; i < query.rows(); ++i) {
        state.erased = static_cast<std::uint32_t>(query.integer(i, 1));
        state.transaction = XidFromFullTransactionId(DatumGetFullTransactionId(query.value(i, 2, XID8OID)));
        if (!query.null(i, 3)) state.clean = DatumGetLSN(query.value(i, 3, PG_LSNOID));
        state.allowed = DatumGetBool(query.value(i, 4, BOOLOID));
        if (!query.null(i, 5)) state.versions.push_back(static_cast<keyring::Version>(query.integer(i, 5)));
    }
    return state;
}

// What lies of erased keys in the table's files, whoever may see it.
struct Remains {
    std::int64_t rows = 0;
    bool held = false;      // VACUUM cannot remove them yet
    std::int64_t pages = 0; // that VACUUM has cleaned: it moves rows together, and leaves bytes in what is free then
};

void count(Relation table, std::string_view tenant, Bytes mark, std::uint32_t erased, Remains &remains) {
    const AttrNumber tenant_column = pg::column_number(table, "tenant"), mark_column = pg::column_number(table, "mark"),
                     number_column = pg::column_number(table, "number");
    TableScanDesc const scan = table_beginscan(table, SnapshotAny, 0, nullptr);
    TupleTableSlot *const slot = table_slot_create(table, nullptr);
    while (table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
        CHECK_FOR_INTERRUPTS();
        bool null;
        const Datum marked = slot_getattr(slot, mark_column, &null);
        if (null) continue;
        const Bytes bytes = pg::bytes_of(DatumGetPointer(marked));
        if (bytes.size() != mark.size() || memcmp(bytes.data(), mark.data(), mark.size()) != 0) continue;
        const Bytes of = pg::bytes_of(DatumGetPointer(slot_getattr(slot, tenant_column, &null)));
        if (std::string_view(reinterpret_cast<const char *>(of.data()), of.size()) != tenant) continue;
        if (static_cast<std::uint32_t>(DatumGetInt32(slot_getattr(slot, number_column, &null))) <= erased)
            ++remains.rows;
    }
    ExecDropSingleTupleTableSlot(slot);
    table_endscan(scan);
}

// By the mark, which is as random as a key and stands in the same row.
void count_pages(Relation table, Bytes mark, Remains &remains) {
    if (table->rd_rel->relam != HEAP_TABLE_AM_OID) return;
    BufferAccessStrategy const strategy = GetAccessStrategy(BAS_BULKREAD);
    const BlockNumber blocks = RelationGetNumberOfBlocks(table);
    for (BlockNumber block = 0; block < blocks; ++block) {
        CHECK_FOR_INTERRUPTS();
        const Buffer buffer = ReadBufferExtended(table, MAIN_FORKNUM, block, RBM_NORMAL, strategy);
        LockBuffer(buffer, BUFFER_LOCK_SHARE);
        Page const page = BufferGetPage(buffer);
        const auto *const header = reinterpret_cast<const PageHeaderData *>(page);
        const char *const free = page + header->pd_lower, *const end = page + header->pd_upper;
        if (!PageIsNew(page) && std::search(free, end, mark.begin(), mark.end(), [](char a, std::uint8_t b) {
                                    return static_cast<std::uint8_t>(a) == b;
                                }) != end)
            ++remains.pages;
        UnlockReleaseBuffer(buffer);
    }
    FreeAccessStrategy(strategy);
}

Remains remains_in_table(std::string_view tenant, const Mark &mark, const State &state) {
    return pg::call([&] {
        Remains remains;
        List *const tables = find_all_inheritors(pg::table_id(keys_table, keys_schema), AccessShareLock, nullptr);
        for (int i = 0; i < list_length(tables); ++i) {
            Relation const table = table_open(list_nth_oid(tables, i), NoLock);
            if (table->rd_rel->relkind == RELKIND_RELATION) {
                count(table, tenant, mark, *state.erased, remains);
                count_pages(table, mark, remains);
                if (remains.rows > 0 &&
                    !TransactionIdPrecedes(state.transaction, GetOldestNonRemovableTransactionId(table)))
                    remains.held = true;
            }
            table_close(table, NoLock);
        }
        return remains;
    });
}

bool may_write() { return !XactReadOnly && !RecoveryInProgress(); }

// From here on WAL has no copy of the table's pages that holds the key.
XLogRecPtr note_clean(Oid owner, const pg::Value &tenant, const pg::Value &mark) {
    if (!may_write()) return InvalidXLogRecPtr;
    pg::AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    query.write("UPDATE customer_store.subject_erased SET clean_position = pg_current_wal_insert_lsn() "
                "WHERE tenant = $1 AND mark = $2 RETURNING clean_position",
                {tenant, mark});
    return query.rows() == 1 ? DatumGetLSN(query.value(0, 1, PG_LSNOID)) : InvalidXLogRecPtr;
}

XLogSegNo segment_of(XLogRecPtr position) {
    XLogSegNo segment;
    XLByteToSeg(position, segment, wal_segment_size);
    return segment;
}

// The server runs in its data directory.
XLogSegNo oldest_segment() {
    return pg::call([] {
        XLogSegNo oldest = segment_of(GetXLogWriteRecPtr());
        DIR *const directory = AllocateDir(XLOGDIR);
        while (const struct dirent *const entry = ReadDir(directory, XLOGDIR)) {
            if (!IsXLogFileName(entry->d_name)) continue;
            TimeLineID line;
            XLogSegNo segment;
            XLogFromFileName(entry->d_name, &line, &segment, wal_segment_size);
            oldest = std::min(oldest, segment);
        }
        FreeDir(directory);
        return oldest;
    });
}

// Files of older segments that were renamed to be written again: their pages tell where they were. Those ahead of WAL
// are as they were from the first page on, the one that is being written from some page on.
bool has_older_pages(const char *path, bool whole, XLogRecPtr position) {
    const int file = OpenTransientFile(path, O_RDONLY | PG_BINARY);
    if (file < 0) return errno != ENOENT; // renamed meanwhile; of what cannot be read nobody knows
    bool found = false;
    for (off_t at = 0; !found && at < (whole ? wal_segment_size : XLOG_BLCKSZ); at += XLOG_BLCKSZ) {
        CHECK_FOR_INTERRUPTS();
        XLogPageHeaderData page;
        if (pg_pread(file, &page, sizeof page, at) != static_cast<ssize_t>(sizeof page)) break;
        found = page.xlp_magic == XLOG_PAGE_MAGIC && page.xlp_pageaddr <= position;
    }
    CloseTransientFile(file);
    return found;
}

bool recycled_before(XLogRecPtr position) {
    const XLogSegNo first = segment_of(GetXLogWriteRecPtr()), last = segment_of(GetXLogInsertRecPtr());
    return pg::call([=] {
        bool found = false;
        DIR *const directory = AllocateDir(XLOGDIR);
        while (const struct dirent *const entry = found ? nullptr : ReadDir(directory, XLOGDIR)) {
            if (!IsXLogFileName(entry->d_name)) continue;
            TimeLineID line;
            XLogSegNo segment;
            XLogFromFileName(entry->d_name, &line, &segment, wal_segment_size);
            char path[MAXPGPATH];
            snprintf(path, sizeof path, XLOGDIR "/%s", entry->d_name);
            found = segment >= first && has_older_pages(path, segment <= last, position);
        }
        FreeDir(directory);
        return found;
    });
}

class Report {
  public:
    explicit Report(FunctionCallInfo fcinfo) : rows_(fcinfo) {}
    void add(const char *place, const char *state, const std::string &detail) {
        Datum values[] = {pg::text_column(place), pg::text_column(state), pg::text_column(detail)};
        bool nulls[std::size(values)] = {};
        rows_.add(values, nulls);
    }

  private:
    pg::ResultRows rows_;
};

void tell_wal(Report &report, XLogRecPtr clean) {
    if (clean == InvalidXLogRecPtr)
        return report.add("wal", "waiting", "Pages of the table get into it until the table is done.");
    if (pg::call([] { return GetRedoRecPtr(); }) <= clean)
        return report.add("wal", "waiting", "Recovery from a crash would read it; the next checkpoint ends that.");
    if (oldest_segment() <= segment_of(clean))
        return report.add("wal", "waiting",
                          "Older segments are still in pg_wal: later checkpoints remove them, unless a replication "
                          "slot, archiving or wal_keep_size holds them.");
    if (recycled_before(clean))
        return report.add("wal", "waiting",
                          "Older segments in pg_wal were recycled, and have their bytes until WAL is written over "
                          "them; wal_recycle = off removes segments instead.");
    report.add("wal", "done", "No segment from before is in pg_wal; archived ones are backups.");
}

// As far as the caller may see them.
void tell_replicas(Report &report, XLogRecPtr clean) {
    pg::Query query;
    query.read("SELECT 'replica ' || pg_catalog.quote_ident(application_name), replay_lsn "
               "FROM pg_catalog.pg_stat_replication UNION ALL "
               "SELECT 'inactive slot ' || pg_catalog.quote_ident(slot_name::pg_catalog.text), restart_lsn "
               "FROM pg_catalog.pg_replication_slots WHERE NOT active",
               {});
    if (query.rows() == 0)
        return report.add(
            "replicas", "none",
            "No replica is connected, and no slot waits for one; a replica that is away without a slot is "
            "not known here.");
    for (std::uint64_t i = 0; i < query.rows(); ++i) {
        const std::string name = query.null(i, 1) ? "a replica" : query.text(i, 1);
        if (query.null(i, 2)) {
            report.add("replicas", "unknown", name + ": its position is not visible to this role, or not known yet.");
            continue;
        }
        const bool done = clean != InvalidXLogRecPtr && DatumGetLSN(query.value(i, 2, PG_LSNOID)) > clean;
        report.add("replicas", done ? "done" : "waiting",
                   name + (done ? ": it has the table without the key." : ": it may still have the key in its table."));
    }
}

void tell_backups(Report &report, const State &state) {
    if (state.versions.empty())
        report.add("backups", "unknown", "There was no key here to erase; a backup of customer_keys may have one.");
    const auto &known = keyring::registry();
    for (const keyring::Version version : state.versions) {
        const auto found = known.find(version);
        const bool retired = found != known.end() && found->second.retired;
        const std::string name = "version " + std::to_string(version) + " of the root key";
        report.add("backups", retired ? "done" : "waiting",
                   retired ? "They hold the key wrapped under " + name +
                                 ", which is retired: nobody can unwrap it once that root key is destroyed outside."
                           : "They hold the key wrapped under " + name +
                                 ", until that is retired with customer_data.key_retire and destroyed outside.");
    }
}

void tell_live(Report &report, const State &state) {
    if (!state.erased && state.live)
        report.add("live", "in use",
                   "The subject has a key, wrapped under version " + std::to_string(state.version) +
                       " of the root key.");
    else if (!state.erased)
        report.add("live", "none", "The subject has no key, and was not erased.");
    else if (state.live && *state.live <= *state.erased)
        report.add("live", "waiting",
                   "The key stands there again, as after a restore of customer_keys. Nothing is opened with it; "
                   "customer_data.shred deletes it.");
    else if (state.live)
        report.add("live", "done", "The key is deleted. The subject was allowed again, and has a new one.");
    else
        report.add("live", "done",
                   std::string("The key is deleted, and nothing is opened or sealed for the subject") +
                       (state.allowed ? " but with a new one, which is allowed." : "."));
}

} // namespace
} // namespace cd::seal

using namespace cd;
using namespace cd::seal;

CD_FUNCTION(cd_shred_status) {
    Report report(fcinfo);
    pg::require_arguments(fcinfo, {"subject", "tenant"});
    const std::string_view tenant = pg::text_arg(fcinfo->args[1].value);
    const Bytes subject = *row_key_arg(fcinfo, 0);
    const Oid owner = keys_owner(ACL_SELECT);
    const auto mark =
        find_mark(owner, tenant, {reinterpret_cast<const char *>(subject.data()), subject.size()}, Unknown::leave);
    if (!mark) {
        tell_live(report, {});
        return Datum{0};
    }
    const pg::Value tenant_value = pg::text_value(tenant), mark_value = bytes_value(*mark);
    State state = read(owner, tenant_value, mark_value);
    tell_live(report, state);
    if (!state.erased) return Datum{0};
    const Remains remains = remains_in_table(tenant, *mark, state);
    if (remains.rows > 0 || remains.pages > 0) {
        // After a restore of older keys it is not as clean as it was.
        if (state.clean != InvalidXLogRecPtr && may_write()) forget_clean(owner, tenant, *mark);
        state.clean = InvalidXLogRecPtr;
    }
    if (remains.rows > 0) {
        report.add("table", "waiting",
                   "Rows with the key in the files of customer_keys.subject_key: " + std::to_string(remains.rows) +
                       (remains.held ? ", held by a transaction, a standby or a slot from before."
                                     : "; VACUUM removes dead ones."));
    } else if (remains.pages > 0) {
        report.add("table", "waiting",
                   "Pages of customer_keys.subject_key with bytes of deleted rows in what is free: " +
                       std::to_string(remains.pages) + "; VACUUM FULL writes the table without them.");
    } else {
        if (state.clean == InvalidXLogRecPtr) state.clean = note_clean(owner, tenant_value, mark_value);
        report.add("table", "done", "No row with the key is in the files of customer_keys.subject_key.");
    }
    tell_wal(report, state.clean);
    tell_replicas(report, state.clean);
    tell_backups(report, state);
    return Datum{0};
}
