// Definitions, as they are kept in customer_store.
#pragma once
#include "pg/arguments.hpp"
#include "pg/store.hpp"
#include "pg/user_query.hpp"
#include "segment/segment_order.hpp"
#include "segment/segment_rule.hpp"
#include <optional>

namespace cd::segment {

// What a function does with the tables.
struct Uses {
    const char *table;
    AclMode rights;
};
// The owner of the tables, once it is sure that they are there, that they are one role's, and that the caller has these
// rights.
Oid owner_for_caller(std::initializer_list<Uses>);

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

using pg::AsOwner, pg::require_arguments, pg::safe_path;

// A jsonb value.
Json json_tree(Datum jsonb);

[[noreturn]] void refuse_unknown(const std::string &name);

} // namespace cd::segment
