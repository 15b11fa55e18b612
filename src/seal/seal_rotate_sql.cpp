// Columns are given a new version of the key, a range of blocks at a time, each in a transaction of its own. What is
// left to do is seen from the values themselves, so that a rotation which was killed is simply begun again.
#include "customer_data.hpp"
#include "keyring/field_sql.hpp"
#include "pg/arguments.hpp"
#include "pg/array.hpp"
#include "pg/progress.hpp"
#include "pg/rows.hpp"
#include "pg/user_query.hpp"
#include "seal/seal_protect_sql.hpp"
#include "seal/seal_sql.hpp"
#include <algorithm>
extern "C" {
#include "access/sysattr.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/partition.h"
#include "catalog/pg_inherits.h"
#include "storage/bufmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"
#include "utils/ruleutils.h"
}

namespace cd::seal {
namespace {

using See = pg::Query::See;

class OpenTable {
  public:
    explicit OpenTable(Oid id) : relation_(pg::call([id] { return table_open(id, AccessShareLock); })) {
        triggers_ = pg::call([this] { return CopyTriggerDesc(relation_->trigdesc); });
    }
    ~OpenTable() { // an error's end of the transaction closes it
        if (std::uncaught_exceptions() == 0) table_close(relation_, NoLock);
    }
    OpenTable(const OpenTable &) = delete;
    OpenTable &operator=(const OpenTable &) = delete;
    Relation relation() const { return relation_; }
    // A copy: what the relation's description has is freed when somebody analyzes the table.
    std::span<const Trigger> triggers() const {
        return triggers_
                   ? std::span<const Trigger>(triggers_->triggers, static_cast<std::size_t>(triggers_->numtriggers))
                   : std::span<const Trigger>();
    }

  private:
    Relation relation_;
    const TriggerDesc *triggers_;
};

std::string quoted(const char *name) {
    return pg::call([name] { return quote_identifier(name); });
}
std::string qualified(Oid relation) {
    return pg::call([relation] {
        return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation));
    });
}
std::string column_of_row(const char *column) { return "t." + quoted(column); }

// A column as SQL reads it, of type sealed whatever it is.
std::string sealed_column(Relation relation, const char *column) {
    const std::string name = column_of_row(column);
    return holds(relation, column_number(relation, column)) == Holds::sealed
               ? name
               : "CAST(" + name + " AS customer_data.sealed)";
}

// The tables with rows of a relation: itself, its partitions and whatever inherits from it, by their number.
std::vector<Oid> tables_of(Oid relation) {
    std::vector<Oid> tables;
    const List *const all = pg::call([relation] { return find_all_inheritors(relation, AccessShareLock, nullptr); });
    for (int i = 0; i < list_length(all); ++i) {
        const Oid id = list_nth_oid(all, i);
        switch (const char kind = pg::call([id] { return get_rel_relkind(id); })) {
        case RELKIND_RELATION: tables.push_back(id); break;
        case RELKIND_PARTITIONED_TABLE: break;
        default:
            throw Error("42809", qualified(id) + " is not a table", std::string("Its kind is \"") + kind + "\".",
                        "Rotate tables one by one, foreign ones where they are.");
        }
    }
    std::sort(tables.begin(), tables.end());
    return tables;
}

// How a table's column is declared.
Protected protection_of(const OpenTable &table, const char *column) {
    for (const Trigger &trigger : table.triggers()) {
        if (!is_protection(trigger)) continue;
        const Protected declared = protected_by(trigger);
        if (strcmp(declared.column, column) != 0) continue;
        if (declared.row_key) stored_column(table.relation(), declared.row_key);
        return declared;
    }
    throw Error(sqlstate::undefined_object,
                std::string("column \"") + column + "\" of " + qualified(RelationGetRelid(table.relation())) +
                    " is not declared",
                "It has no trigger that executes customer_data.seal_protect.",
                "The trigger says for which field the column is sealed, and with which row key.");
}

// A column with its field. None if the trigger names what there is not, and so lets nothing into the table: whoever
// owns that one shall not keep others from theirs.
struct Column {
    Protected declared;
    AttrNumber number;
    const keyring::Field &field;
};
std::optional<Column> column_of(Relation relation, const Trigger &trigger) {
    try {
        const Protected declared = protected_by(trigger);
        const AttrNumber number = column_number(relation, declared.column);
        holds(relation, number);
        return Column{declared, number, keyring::field(declared.field)};
    } catch (const Error &error) {
        for (const char *const wrong :
             {"39P01", sqlstate::undefined_column, sqlstate::datatype_mismatch, sqlstate::undefined_object})
            if (strcmp(error.state(), wrong) == 0) return std::nullopt;
        throw;
    }
}

// A value that decides on the partition of its row cannot change where it stands.
void refuse_partition_key(Oid table, const Protected &declared) {
    const List *const parents =
        pg::call([table] { return get_rel_relispartition(table) ? get_partition_ancestors(table) : NIL; });
    for (int i = 0; i < list_length(parents); ++i) {
        const OpenTable parent(list_nth_oid(parents, i));
        for (const char *const column : {declared.column, declared.blind_index}) {
            if (!column) continue;
            const bool decides = pg::call([&parent, column] {
                const AttrNumber number = get_attnum(RelationGetRelid(parent.relation()), column);
                bool in_expression;
                return has_partition_attrs(
                    parent.relation(), bms_make_singleton(number - FirstLowInvalidHeapAttributeNumber), &in_expression);
            });
            if (decides)
                throw Error("0A000",
                            qualified(RelationGetRelid(parent.relation())) + " is partitioned by \"" + column + "\"",
                            "A new version of the key brings rows to other partitions.",
                            "UPDATE that table with customer_data.seal_again, or partition it by another column.");
        }
    }
}

// Where a rotation is. It passes from step to step as a bigint[].
//
// Pass 0 makes the new version known, and commits that. Then it waits for those who are at work with the field and may
// know only older versions: they would search for values in a form that they no longer have. Only then is anything
// changed.
struct Position {
    std::int64_t table, block, end, changed, pass;
    std::int64_t primary, pinned; // what values get
};
enum : std::int64_t { announce = -1, wait = 0, first_pass = 1 };
constexpr std::size_t position_size = sizeof(Position) / sizeof(std::int64_t);
constexpr std::int64_t max_passes = 100;

Datum position_datum(const Position &position) {
    const std::int64_t numbers[] = {position.table, position.block,   position.end,   position.changed,
                                    position.pass,  position.primary, position.pinned};
    static_assert(std::size(numbers) == position_size);
    return pg::call([&numbers] {
        Datum values[position_size];
        for (std::size_t i = 0; i < position_size; ++i) values[i] = Int64GetDatum(numbers[i]);
        return PointerGetDatum(
            construct_array(values, position_size, INT8OID, sizeof(std::int64_t), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
    });
}
Position position_arg(FunctionCallInfo fcinfo, int argument) {
    if (fcinfo->args[argument].isnull) return {0, 0, -1, 0, announce, 0, 0};
    const auto numbers = pg::elements<std::int64_t>(fcinfo->args[argument].value, "state");
    if (numbers.size() != position_size)
        throw Error(sqlstate::invalid_parameter, "state is not one of a rotation",
                    "It has " + std::to_string(numbers.size()) + " numbers.", "CALL customer_data.seal_rotate.");
    return {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6]};
}

// At the beginning of a table.
Position at_table(Oid table, Position position) {
    position.table = table;
    position.block = 0;
    position.end = -1;
    return position;
}

void refuse_hidden_rows(Relation relation) {
    const Oid id = RelationGetRelid(relation);
    if (pg::call([id] { return check_enable_rls(id, InvalidOid, true) == RLS_ENABLED; }))
        throw Error(sqlstate::insufficient_privilege, "row-level security hides rows of " + qualified(id),
                    "Values in them would keep their version.", "Rotate it as its owner.");
}

// Where a block begins, as a tid.
pg::Value block_start(std::int64_t block) {
    auto *const tid = static_cast<ItemPointer>(pg::call([] { return palloc(sizeof(ItemPointerData)); }));
    *tid = {{static_cast<std::uint16_t>(block >> 16), static_cast<std::uint16_t>(block)}, 0};
    return {TIDOID, PointerGetDatum(tid), false};
}
pg::Value version_value(keyring::Version version) {
    return {INT4OID, Int32GetDatum(static_cast<std::int32_t>(version)), false};
}

struct Changed {
    std::int32_t version;
    std::int64_t rows;
};

// What SQL says of values in a column, with parameters $1 the field, $2 its pinned version and $3 the primary one.
struct Expressions {
    std::string value, row_key, version, subject, blind_index, is_stale;
    Expressions(Relation relation, const Protected &declared)
        : value(sealed_column(relation, declared.column)),
          row_key(declared.row_key ? "CAST(" + column_of_row(declared.row_key) + " AS pg_catalog.text)" : "NULL"),
          version("customer_data.sealed_key_version(" + value + ")") {
        const std::string info = "(customer_data.sealed_info(" + value + "))";
        subject = info + ".subject";
        // The key of a subject has no versions, but its blind index has: it is compared.
        std::string subject_is_stale = "false";
        if (declared.blind_index) {
            const std::string column = column_of_row(declared.blind_index);
            blind_index = "customer_data.seal_blind_index($1, " + value + ", " + row_key + ", " + column + ")";
            subject_is_stale = column + " IS NOT NULL AND pg_catalog.byteane(" + column + ", " + blind_index + ")";
        }
        is_stale = "CASE WHEN " + subject + " THEN " + subject_is_stale + " WHEN " + info + ".deterministic THEN " +
                   version + " OPERATOR(pg_catalog.<>) $2 ELSE " + version + " OPERATOR(pg_catalog.<>) $3 END";
    }
};

// Rows of these blocks whose values have another version than they should. A row that somebody changes meanwhile is
// looked at again as it then is.
std::vector<Changed> rotate_blocks(Relation relation, const Protected &declared, const keyring::Field &field,
                                   std::int64_t begin, std::int64_t end) {
    const Expressions sql(relation, declared);
    const std::string again = "customer_data.seal_again($1, " + sql.value + ", " + sql.row_key + ")";
    const bool as_text = holds(relation, column_number(relation, declared.column)) == Holds::text;
    std::string update = "WITH changed AS (UPDATE ONLY " + qualified(RelationGetRelid(relation)) + " AS t SET " +
                         quoted(declared.column) + " = " + (as_text ? "CAST(" + again + " AS pg_catalog.text)" : again);
    if (declared.blind_index) update += ", " + quoted(declared.blind_index) + " = " + sql.blind_index;
    update += " WHERE t.ctid OPERATOR(pg_catalog.>=) $4 AND t.ctid OPERATOR(pg_catalog.<) $5 AND " + sql.is_stale +
              " RETURNING CASE WHEN " + sql.subject + " THEN $3 ELSE " + sql.version +
              " END AS version) SELECT c.version, pg_catalog.count(*) FROM changed AS c GROUP BY c.version";
    const pg::ErrorContext where("rotation of values in blocks " + std::to_string(begin) + " to " +
                                 std::to_string(end - 1) + " of " + qualified(RelationGetRelid(relation)));
    pg::Query query;
    query.write(update.c_str(), {pg::text_value(field.name), version_value(field.pinned), version_value(field.primary),
                                 block_start(begin), block_start(end)});
    std::vector<Changed> changed;
    for (std::uint64_t i = 0; i < query.rows(); ++i) changed.push_back({query.integer(i, 1), query.bigint(i, 2)});
    return changed;
}

// Whether a value has another version than it should, all tables seen at one moment. A pass alone does not tell: others
// may move a row from blocks that it has not reached to those that it has left, and in the next pass again.
bool is_left(const std::vector<Oid> &tables, const char *column) {
    const pg::LatestSnapshot now;
    return std::any_of(tables.begin(), tables.end(), [column](Oid id) {
        const OpenTable table(id);
        const Protected declared = protection_of(table, column);
        refuse_hidden_rows(table.relation());
        const keyring::Field &field = keyring::field(declared.field);
        const pg::ErrorContext where("look for values of other versions in " + qualified(id));
        pg::Query query;
        query.read(("SELECT FROM ONLY " + qualified(id) + " AS t WHERE " +
                    Expressions(table.relation(), declared).is_stale + " LIMIT 1")
                       .c_str(),
                   {pg::text_value(field.name), version_value(field.pinned), version_value(field.primary)});
        return query.rows() > 0;
    });
}

// As customer_store.seal_rotation tells it.
void record(Oid owner, const std::string &relation, const char *column, const keyring::Field &field,
            const std::vector<Changed> &changed, bool finished) {
    pg::AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    constexpr const char *add =
        "INSERT INTO customer_store.seal_rotation AS r (relation, column_name, key_version, field, "
        "rows) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (relation, column_name, key_version) DO "
        "UPDATE SET rows = r.rows + excluded.rows, field = excluded.field, finished_at = NULL";
    for (const Changed &part : changed)
        query.write(add, {pg::text_value(relation),
                          pg::text_value(column),
                          {INT4OID, Int32GetDatum(part.version), false},
                          pg::text_value(field.name),
                          {INT8OID, Int64GetDatum(part.rows), false}});
    if (!finished) return;
    query.write(
        "UPDATE customer_store.seal_rotation SET finished_at = pg_catalog.clock_timestamp() WHERE relation = $1 "
        "AND column_name = $2 AND finished_at IS NULL",
        {pg::text_value(relation), pg::text_value(column)});
}

void tell(const std::string &relation, const char *column, const Position &position, const OpenTable &table) {
    if (!progress()) return;
    pg::tell("rotating " + relation + "." + column + ": pass " + std::to_string(position.pass) + ", block " +
             std::to_string(std::min(position.block, position.end)) + " of " + std::to_string(position.end) + " of " +
             qualified(RelationGetRelid(table.relation())) + ", " + std::to_string(position.changed) +
             " values changed");
}

} // namespace
} // namespace cd::seal

using namespace cd;
using namespace cd::seal;

// One batch of a rotation. NULL when nothing is left to do.
CD_FUNCTION(cd_seal_rotate_step) {
    pg::require_arguments(fcinfo, {"relation", "column_name", "batch"});
    const Oid relation = fcinfo->args[0].value ? DatumGetObjectId(fcinfo->args[0].value) : InvalidOid;
    const char *const column = NameStr(*DatumGetName(fcinfo->args[1].value));
    const int batch = DatumGetInt32(fcinfo->args[2].value);
    Position position = position_arg(fcinfo, 3);
    if (batch < 1 || batch > 10'000'000)
        throw Error(sqlstate::invalid_parameter, "batch must be between 1 and 10000000",
                    "batch is " + std::to_string(batch) + ".", "The usual number is 10000.");
    if (XactIsoLevel != XACT_READ_COMMITTED)
        throw Error(sqlstate::not_set_up, "seal_rotate needs isolation level read committed",
                    "In others a row that somebody else changes ends the rotation.",
                    "SET default_transaction_isolation = 'read committed'.");
    const Oid owner = pg::owner_for_caller("seal_rotation", ACL_SELECT | ACL_INSERT | ACL_UPDATE);
    pg::check_shape("privacy", keyring::privacy_shape);

    const std::vector<Oid> tables = tables_of(relation);
    const auto at = std::lower_bound(tables.begin(), tables.end(), static_cast<Oid>(position.table));
    if (at == tables.end()) PG_RETURN_NULL();
    const OpenTable table(*at);
    const Protected declared = protection_of(table, column);
    refuse_hidden_rows(table.relation());
    if (position.pass == wait) { // before this transaction uses the field itself: others may wait for it
        const Versions versions = versions_now(declared.field);
        keyring::wait_for_users(declared.field, versions.pinned);
        if (versions.previous) keyring::wait_for_users(declared.field, versions.previous);
        position.pass = first_pass;
        return position_datum(position);
    }
    const keyring::Field &field = keyring::field(declared.field);
    if (position.pass == announce)
        for (const Oid id : tables) {
            const OpenTable each(id);
            refuse_partition_key(id, protection_of(each, column));
        }
    if (position.pass == announce || position.primary != field.primary || position.pinned != field.pinned)
        return position_datum({tables.front(), 0, -1, 0, wait, field.primary, field.pinned});
    if (*at != static_cast<Oid>(position.table)) position = at_table(*at, position);
    if (position.end < 0) position.end = pg::call([&table] { return RelationGetNumberOfBlocks(table.relation()); });
    const FormData_pg_class &form = *table.relation()->rd_rel;
    const double rows_per_block =
        form.reltuples > 0 && form.relpages > 0 ? double{form.reltuples} / form.relpages : 100;
    const auto blocks = std::max<std::int64_t>(1, static_cast<std::int64_t>(batch / std::max(1., rows_per_block)));
    const std::int64_t next = std::min(position.block + blocks, position.end);
    std::vector<Changed> changed;
    if (position.block < next) changed = rotate_blocks(table.relation(), declared, field, position.block, next);
    for (const Changed &part : changed) position.changed += part.rows;
    position.block = next;
    const std::string name = qualified(relation);
    tell(name, column, position, table);

    // The next table, or all of them once more. First the batch is committed: whoever waits for its rows need not wait
    // while tables are read.
    if (position.block >= position.end && changed.empty()) {
        const bool last = at + 1 == tables.end();
        if (last && !is_left(tables, column)) {
            record(owner, name, column, field, changed, true);
            PG_RETURN_NULL();
        }
        if (last && position.pass >= max_passes)
            throw Error(sqlstate::not_set_up, "values do not keep their new version",
                        "After " + std::to_string(max_passes) + " passes there are still others.",
                        "Look for a trigger that brings them back, and for sessions that seal in long transactions.");
        position = at_table(last ? tables.front() : *(at + 1), position);
        if (last) {
            position.changed = 0;
            ++position.pass;
        }
    }
    record(owner, name, column, field, changed, false);
    return position_datum(position);
}

// Versions of the values that stand in declared columns, as far as the caller may read them. Those of subjects have a
// key of their own, without versions.
CD_FUNCTION(cd_rotation_status) {
    pg::ResultRows result(fcinfo);
    std::vector<Oid> tables;
    {
        pg::Query query;
        query.read("SELECT DISTINCT c.oid FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_class AS c ON c.oid "
                   "OPERATOR(pg_catalog.=) t.tgrelid JOIN pg_catalog.pg_proc AS p ON p.oid OPERATOR(pg_catalog.=) "
                   "t.tgfoid WHERE p.proname OPERATOR(pg_catalog.=) 'seal_protect' AND p.pronamespace "
                   "OPERATOR(pg_catalog.=) 'customer_data'::pg_catalog.regnamespace AND c.relkind "
                   "OPERATOR(pg_catalog.=) 'r' AND NOT pg_catalog.pg_is_other_temp_schema(c.relnamespace) "
                   "AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') "
                   "ORDER BY c.oid USING OPERATOR(pg_catalog.<)",
                   {});
        for (std::uint64_t i = 0; i < query.rows(); ++i) tables.push_back(DatumGetObjectId(query.value(i, 1, OIDOID)));
    }
    for (const Oid id : tables) {
        const OpenTable table(id);
        for (const Trigger &trigger : table.triggers()) {
            pg::check_interrupts();
            if (!is_protection(trigger)) continue;
            const std::optional<Column> column = column_of(table.relation(), trigger);
            if (!column) continue;
            const Protected &declared = column->declared;
            if (pg::call([id, &column] {
                    return pg_class_aclcheck(id, GetUserId(), ACL_SELECT) != ACLCHECK_OK &&
                           pg_attribute_aclcheck(id, column->number, GetUserId(), ACL_SELECT) != ACLCHECK_OK;
                }))
                continue;
            const keyring::Field &field = column->field;
            const std::string value = sealed_column(table.relation(), declared.column);
            const std::string count =
                "SELECT customer_data.sealed_key_version(" + value + "), (customer_data.sealed_info(" + value +
                ")).deterministic, pg_catalog.count(*) FROM ONLY " + qualified(id) + " AS t WHERE " +
                column_of_row(declared.column) + " IS NOT NULL AND NOT (customer_data.sealed_info(" + value +
                ")).subject GROUP BY 1, 2 ORDER BY 1, 2";
            pg::Query query;
            query.read(count.c_str(), {});
            for (std::uint64_t row = 0; row < query.rows(); ++row) {
                const auto version = static_cast<keyring::Version>(query.integer(row, 1));
                const bool deterministic = DatumGetBool(query.value(row, 2, BOOLOID));
                Datum values[] = {ObjectIdGetDatum(id),
                                  pg::text_column(declared.column),
                                  pg::text_column(field.name),
                                  Int32GetDatum(static_cast<std::int32_t>(version)),
                                  Int64GetDatum(query.bigint(row, 3)),
                                  BoolGetDatum(version == current_version(field, deterministic ? 0 : randomised))};
                bool nulls[std::size(values)] = {};
                result.add(values, nulls);
            }
        }
    }
    PG_RETURN_NULL();
}
