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

// A table in customer_store on which the caller has these rights: its owner. Throws 42501 if he has not; InvalidOid if
// there is none.
Oid owner_for_caller(const char *table, AclMode rights);
inline Oid readable_by_caller(const char *table) { return owner_for_caller(table, ACL_SELECT); }

std::string user_name(Oid user);

// The shape of a feature's tables, 0 before its setup. Throws unless it is the one that this version knows.
void check_shape(const char *feature, int known);

// Makes schema and tables of a feature, as <feature>_setup() does: `statements` create what `name` names, unless it is
// there. The schema becomes the caller's, or is the caller's or that of a role whose rights the caller has.
struct NewTable {
    const char *name, *statements;
};
void set_up(const char *feature, int shape, std::initializer_list<NewTable> tables);

} // namespace cd::pg
