#include "segment/segment_store_sql.hpp"
#include "pg/json.hpp"
#include "pg/varlena.hpp"
extern "C" {
#include "utils/acl.h"
#include "utils/fmgrprotos.h"
}

namespace cd::segment {

Oid owner_for_caller(std::initializer_list<Uses> tables) {
    Oid owner = InvalidOid;
    for (const Uses &used : tables) {
        const Oid found = pg::owner_for_caller(used.table, used.rights);
        if (!OidIsValid(found))
            throw Error(sqlstate::not_set_up, std::string("there is no table customer_store.") + used.table, "",
                        "Run SELECT customer_data.segment_setup().");
        if (OidIsValid(owner) && found != owner)
            throw Error(sqlstate::insufficient_privilege, "the tables of segments belong to different roles",
                        std::string("customer_store.") + used.table + " is owned by " + pg::user_name(found) +
                            ", another one by " + pg::user_name(owner) + ".",
                        "Give all of them to one role.");
        owner = found;
    }
    pg::check_shape("segment", 1);
    return owner;
}

void refuse_unknown(const std::string &name) {
    throw Error(sqlstate::undefined_object, "segment \"" + name + "\" does not exist", "",
                "SELECT name FROM customer_store.segment lists what there is; segment_define makes one.");
}

Definition definition(Oid owner, const std::string &name, Lock lock) {
    AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    std::string text = "SELECT query::text, search_path::text, definer::text, profile::text, rule::jsonb, "
                       "refreshed_at::timestamptz FROM customer_store.segment WHERE name::text = $1";
    if (lock == Lock::row)
        query.write((text + " FOR NO KEY UPDATE").c_str(), {pg::text_value(name)});
    else
        query.read(text.c_str(), name);
    if (query.rows() == 0) refuse_unknown(name);
    Definition found;
    found.name = name;
    found.query = query.text(0, 1);
    found.search_path = query.text(0, 2);
    found.definer = query.text(0, 3);
    if (!query.null(0, 4) && !query.null(0, 5)) {
        found.profile = query.text(0, 4);
        found.rule = json_tree(query.value(0, 5, JSONBOID));
    }
    if (!query.null(0, 6)) found.refreshed_at = query.time(0, 6);
    return found;
}

std::vector<Dependent> all_definitions(Oid owner) {
    AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    // One row for each segment and each one that it uses.
    query.read("SELECT s.name::text, coalesce(u, '')::text FROM customer_store.segment s "
               "LEFT JOIN LATERAL unnest(s.uses::text[]) AS u ON true ORDER BY s.name::text COLLATE \"C\"",
               {}, pg::Query::See::now);
    std::vector<Dependent> all;
    for (std::uint64_t i = 0; i < query.rows(); ++i) {
        pg::interrupts.every(i);
        const std::string name = query.text(i, 1), used = query.text(i, 2);
        if (all.empty() || all.back().name != name) all.push_back({name, {}});
        if (!used.empty()) all.back().uses.push_back(used);
    }
    return all;
}

// Whoever may write the row may have written the definer's name too. Policies keep those who were granted to their own
// name; the owner of the table is bound by nothing, as the owner of any table with triggers. So a definer who refreshes
// his own segment trusts him (docs, Rights); for everybody else a query runs as its definer only where that gives the
// owner nothing he could not have, and the caller nothing he has not.
Oid runner(const Definition &d, Oid owner) {
    const auto has = [](Oid member, Oid role) {
        return pg::call([member, role] { return has_privs_of_role(member, role); });
    };
    const auto super = [](Oid user) { return pg::call([user] { return superuser_arg(user); }); };
    const Oid caller = GetUserId();
    const Oid definer = pg::call([&d] { return get_role_oid(d.definer.c_str(), true); });
    const std::string what = "segment \"" + d.name + "\" may not be run by " + pg::user_name(caller);
    if (!OidIsValid(definer))
        throw Error(sqlstate::insufficient_privilege, what, "Its definer " + d.definer + " does not exist any more.",
                    "Define the segment again.");
    if (super(definer)) {
        if (super(owner)) return caller;
        if (has(caller, owner)) return owner;
    } else if (definer == caller || (has(caller, definer) && has(owner, definer)))
        return definer;
    throw Error(sqlstate::insufficient_privilege, what,
                "It was defined by " + d.definer + ", and its table is owned by " + pg::user_name(owner) + ".",
                "Its definer may refresh it; so may whoever has the rights of the definer, if the owner has them too. "
                "Or define the segment again.");
}

Json json_tree(Datum jsonb) {
    // Twice the depth of rules: each has an object and perhaps an array.
    return pg::json_value(jsonb, 2 * max_depth + 4, [] {
        throw Error(sqlstate::program_limit, "the rule is nested too deeply",
                    "The limit is " + std::to_string(max_depth) + " levels.",
                    "Define an inner part as a segment of its own, and name it with in_segment.");
    });
}

} // namespace cd::segment
