// Definitions, as they are kept in customer_store.
#pragma once
#include "pg/arguments.hpp"
#include "pg/store.hpp"
#include "pg/user_query.hpp"
#include "segment/segment_order.hpp"
#include "segment/segment_rule.hpp"
#include <optional>

namespace cd::segment {

inline constexpr const char *safe_path = "pg_catalog, pg_temp";

// What a function does with the tables.
struct Uses {
    const char *table;
    AclMode rights;
};
// The owner of the tables, once it is sure that they are there, that they are one role's, and that the caller has these
// rights.
Oid owner_for_caller(std::initializer_list<Uses>);

// A block in which the tables are read and written as their owner.
class AsOwner {
  public:
    explicit AsOwner(Oid owner) : user_(owner) { settings_.set("search_path", safe_path); }
    pg::Query query;

  private:
    pg::AsUser user_;
    pg::Settings settings_;
};

struct Definition {
    std::string name, query, search_path, definer;
    std::optional<std::string> profile; // of a rule
    Json rule;
    std::optional<TimestampTz> refreshed_at;
};
// Throws 42704 if there is none.
enum class Lock { none, row };
Definition definition(Oid owner, const std::string &name, Lock = Lock::none);
std::vector<Dependent> all_definitions(Oid owner);

// As whom the query of a definition may run for the caller. Throws 42501 if as nobody.
Oid runner(const Definition &, Oid owner);

using pg::require_arguments;

// A jsonb value.
Json json_tree(Datum jsonb);

[[noreturn]] void refuse_unknown(const std::string &name);

} // namespace cd::segment
