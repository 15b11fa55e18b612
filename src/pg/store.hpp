// Tables in schema customer_store belong to users. Whoever owns one may have put anything behind it: a view, a trigger,
// a default. So it is read and written as its owner, in the restricted mode that foreign keys and index functions use,
// and only after the caller's own rights were checked.
#pragma once
#include "pg/bridge.hpp"
#include "pg/rows.hpp"
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
extern "C" {
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/timestamp.h"
}

namespace cd::pg {

inline constexpr const char *store = "customer_store";
// A schema with tables of users, and its COMMENT.
struct Schema {
    const char *name, *comment;
};
inline constexpr Schema store_schema{store, "records kept by customer_data for their owner"};

// The current user is another one until the end of the block; after an error, until the transaction's end restores it.
class AsUser {
  public:
    explicit AsUser(Oid user) {
        GetUserIdAndSecContext(&previous_, &context_);
        SetUserIdAndSecContext(user, context_ | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    }
    ~AsUser() { SetUserIdAndSecContext(previous_, context_); }
    AsUser(const AsUser &) = delete;
    AsUser &operator=(const AsUser &) = delete;

  private:
    Oid previous_;
    int context_;
};

// A parameter of a query.
struct Value {
    Oid type;
    Datum datum;
    bool null;
};
Value text_value(std::string_view);
Value text_or_null(const std::string *);
inline Value time_value(TimestampTz at) { return {TIMESTAMPTZOID, TimestampTzGetDatum(at), false}; }

// A statement that is planned once in the process, for what runs once a row. Its parameters always have the same types,
// and its names do not depend on the search_path.
class Statement {
  public:
    constexpr explicit Statement(const char *sql) : sql_(sql) {}
    Statement(const Statement &) = delete;
    Statement &operator=(const Statement &) = delete;
    struct _SPI_plan *plan(std::initializer_list<Value> values);

  private:
    const char *sql_;
    struct _SPI_plan *plan_ = nullptr;
};

// What is committed at this moment is seen in the block by queries with See::statement, whatever the isolation of the
// transaction. Not in parallel mode, where they see what the statement sees.
class LatestSnapshot {
  public:
    LatestSnapshot();
    ~LatestSnapshot(); // after an error the transaction's end does it
    LatestSnapshot(const LatestSnapshot &) = delete;
    LatestSnapshot &operator=(const LatestSnapshot &) = delete;

  private:
    bool pushed_;
};

// A connection to SPI. If an error leaves it open, the transaction's end closes it.
class Query {
  public:
    Query();
    ~Query(); // calls nothing that raises
    Query(const Query &) = delete;
    Query &operator=(const Query &) = delete;

    // A query that reads; `text` may use $1. It sees what the calling statement sees, or what is there now.
    enum class See { statement, now };
    void read(const char *text, std::string_view argument, See see = See::statement);
    void read(const char *text, std::initializer_list<Value> values, See see = See::statement);
    // The same, its rows into the receiver.
    void read_into(DestReceiver *, const char *text, std::initializer_list<Value> values, See see = See::statement);
    // A statement that writes; it may return rows.
    void write(const char *text, std::initializer_list<Value> values = {});
    void read(Statement &, std::initializer_list<Value> values, See see = See::statement);
    void write(Statement &, std::initializer_list<Value> values);
    // What the next statements know as a table of that name.
    void give(const char *name, Tuplestorestate *rows, TupleDesc row);

    std::uint64_t rows() const { return rows_; }
    // Columns count from 1. They must have that type, and not be NULL.
    std::int64_t bigint(std::uint64_t row, int column) const { return DatumGetInt64(value(row, column, INT8OID)); }
    TimestampTz time(std::uint64_t row, int column) const {
        return DatumGetTimestampTz(value(row, column, TIMESTAMPTZOID));
    }
    std::int16_t smallint(std::uint64_t row, int column) const { return DatumGetInt16(value(row, column, INT2OID)); }
    std::int32_t integer(std::uint64_t row, int column) const { return DatumGetInt32(value(row, column, INT4OID)); }
    std::string text(std::uint64_t row, int column) const;

    Datum value(std::uint64_t row, int column, Oid type) const;
    bool null(std::uint64_t row, int column) const;

  private:
    std::uint64_t rows_ = 0;
};

// A table on which the caller has these rights: its owner. Throws 42501 if he has not; InvalidOid if there is none. In
// customer_store, unless another schema is named.
Oid owner_for_caller(const char *table, AclMode rights, const char *schema = store);
// InvalidOid if there is none.
Oid table_id(const char *table, const char *schema = store);
inline Oid readable_by_caller(const char *table) { return owner_for_caller(table, ACL_SELECT); }

std::string user_name(Oid user);

// The shape of a feature's tables, 0 before its setup. Throws unless it is the one that this version knows.
void check_shape(const char *feature, int known);

// Makes schema and tables of a feature, as <feature>_setup() does: `statements` create what `name` names, unless it is
// there. Schema customer_store becomes the caller's, or is the caller's or that of a role whose rights the caller has;
// other schemas have the same owner.
struct NewTable {
    const char *name, *statements;
    const Schema *schema = &store_schema;
};
void set_up(const char *feature, int shape, std::initializer_list<NewTable> tables);

} // namespace cd::pg
