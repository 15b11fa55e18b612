// A query that a user wrote, as text: one SELECT, run as that user, reading only.
//
// SPI's read-only flag does not bind the functions inside a query, so XactReadOnly is set while it runs. It runs in the
// restricted mode of foreign keys and REFRESH MATERIALIZED VIEW, so that it cannot become another role (a session of a
// superuser that had only SET ROLE), and whatever it sets is undone. What a read-only transaction of the server allows,
// it may do: advisory locks, large objects before PostgreSQL 16, COPY TO a file or program for those who have that
// right.
#pragma once
#include "pg/query_rows.hpp"
#include "pg/store.hpp"

namespace cd::pg {

struct UserQuery {
    const char *text;
    const char *search_path; // as for SET search_path
    Oid user;
};

// Settings of the block's duration; after an error, the (sub)transaction's end restores them.
class Settings {
  public:
    Settings();
    ~Settings(); // undoes all since
    Settings(const Settings &) = delete;
    Settings &operator=(const Settings &) = delete;
    void set(const char *name, const char *value);

  private:
    int level_;
};

class ReadOnly {
  public:
    ReadOnly() : before_(XactReadOnly) { XactReadOnly = true; }
    ~ReadOnly() { XactReadOnly = before_; }
    ReadOnly(const ReadOnly &) = delete;
    ReadOnly &operator=(const ReadOnly &) = delete;

  private:
    bool before_;
};

// The block reads only, as this user, with this search_path.
class AsReader {
  public:
    AsReader(Oid user, const char *search_path) : user_(user) { settings.set("search_path", search_path); }

  private:
    AsUser user_;
    ReadOnly read_only_; // undone after the settings, of which transaction_read_only may be one

  public:
    Settings settings;
};

// Throws unless the text is one SELECT that only reads, with so many columns. It is parsed, not executed.
void check_user_query(const UserQuery &, int columns);
// Whether it does so anywhere, also behind a view or a policy.
bool uses_volatile_functions(const UserQuery &);

inline constexpr const char *safe_path = "pg_catalog, pg_temp";

// A block in which the tables of customer_store are read and written as their owner. Names in it, and in what the owner
// has put behind the tables, are found where no caller's search_path leads.
class AsOwner {
  public:
    explicit AsOwner(Oid owner) : user_(owner) { settings_.set("search_path", safe_path); }
    Query query;

  private:
    AsUser user_;
    Settings settings_;
};

// What is committed now.
void each_text(const UserQuery &, TextVisitor &);
// What the calling statement sees, so that whoever calls it may be stable.
void each_row(const UserQuery &, RowVisitor &);
// Its rows as they are, those committed now. The store is made in, and goes with, the memory context that is current.
struct StoredRows {
    Tuplestorestate *rows;
    TupleDesc row;
};
StoredRows rows_of(const UserQuery &);

// While it lives, errors of the backend have one more line of CONTEXT.
class ErrorContext {
  public:
    explicit ErrorContext(std::string line) : line_(std::move(line)), callback_{} {
        callback_.previous = error_context_stack;
        callback_.callback = [](void *self) {
            errcontext("%s", static_cast<const ErrorContext *>(self)->line_.c_str());
        };
        callback_.arg = this;
        error_context_stack = &callback_;
    }
    ~ErrorContext() { error_context_stack = callback_.previous; }
    ErrorContext(const ErrorContext &) = delete;
    ErrorContext &operator=(const ErrorContext &) = delete;

  private:
    std::string line_;
    ErrorContextCallback callback_;
};

} // namespace cd::pg
