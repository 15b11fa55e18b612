// Functions that define segments and show what was defined.
#include "pg/array.hpp"
#include "pg/rows.hpp"
#include "pg/varlena.hpp"
#include "segment/segment_compile_sql.hpp"
extern "C" {
#include "utils/guc.h"
}

namespace cd::segment {
namespace {

std::string string_arg(FunctionCallInfo fcinfo, int i) {
    const Datum datum = fcinfo->args[i].value;
    const std::string_view text = pg::call([datum] { return pg::text_arg(datum); });
    return std::string(text);
}
std::optional<std::string> optional_arg(FunctionCallInfo fcinfo, int i) {
    if (fcinfo->args[i].isnull) return std::nullopt;
    return string_arg(fcinfo, i);
}
std::string name_arg(FunctionCallInfo fcinfo, int i) { return NameStr(*DatumGetName(fcinfo->args[i].value)); }

void check_name(const std::string &name) {
    if (name.empty())
        throw Error(sqlstate::invalid_parameter, "the name must not be empty", "", "Give it a name, such as 'vip'.");
}

// A definition before it is stored.
struct New {
    std::string name, query, search_path;
    std::optional<std::string> category, description;
    Datum rule = 0;
    std::optional<std::string> profile, key;
    std::vector<std::string> uses;
};

void store(Oid owner, const New &d) {
    const auto text = [](const std::optional<std::string> &value) {
        return pg::text_or_null(value ? &*value : nullptr);
    };
    const std::string definer = pg::user_name(GetUserId());
    AsOwner as_owner(owner);
    const pg::Value uses = {TEXTARRAYOID, pg::text_array_datum(d.uses), false};
    as_owner.query.write(
        "INSERT INTO customer_store.segment "
        "(name, category, description, query, rule, profile, key, uses, search_path, definer) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (name) DO UPDATE SET "
        "(category, description, query, rule, profile, key, uses, search_path, definer, defined_at) = "
        "ROW(excluded.category, excluded.description, excluded.query, excluded.rule, excluded.profile, excluded.key, "
        "excluded.uses, excluded.search_path, excluded.definer, now())",
        {pg::text_value(d.name),
         text(d.category),
         text(d.description),
         pg::text_value(d.query),
         {JSONBOID, d.rule, d.rule == 0},
         text(d.profile),
         text(d.key),
         uses,
         pg::text_value(d.search_path),
         pg::text_value(definer)});
}

Oid owner_for_definition() {
    return owner_for_caller({{"segment", ACL_SELECT | ACL_INSERT | ACL_UPDATE}, {"segment_event", ACL_SELECT}});
}
Oid owner_for_reading() { return owner_for_caller({{"segment", ACL_SELECT}}); }

// Two definitions at once could close a circle that neither sees.
void lock_definitions(Oid owner) {
    // A snapshot from before the lock would not see what others have defined meanwhile, and a circle could be closed.
    if (IsolationUsesXactSnapshot())
        throw Error("25001", "segments are defined at isolation level READ COMMITTED",
                    "This transaction keeps one snapshot to its end.",
                    "Define the segment in a transaction of its own.");
    AsOwner as_owner(owner);
    as_owner.query.write("SELECT pg_advisory_xact_lock(hashtextextended('customer_store.segment', 0))");
}

// The segments that a rule names. Throws where one of them uses this one.
std::vector<std::string> check_uses(const Node &root, const std::string &name, const std::vector<Dependent> &all) {
    std::vector<std::string> uses;
    const auto each_use = [&root](auto &&visit) {
        each_node(root, [&](const Node &node) {
            if (const auto *const used = std::get_if<InSegment>(&node.what)) visit(node, used->segment);
        });
    };
    each_use([&](const Node &, const std::string &used) { uses.push_back(used); });
    if (way_back(all, name, uses).empty()) return uses;
    each_use([&](const Node &node, const std::string &used) {
        const std::string way = way_back(all, name, {used});
        if (!way.empty())
            refuse(node, "segment \"" + name + "\" would use itself", "It would use " + way + ".",
                   "Leave one of these out.");
    });
    return uses;
}

Definition shown(FunctionCallInfo fcinfo) { return definition(owner_for_reading(), string_arg(fcinfo, 0)); }

Datum text_result(const std::string &text) {
    return pg::call([&text] { return pg::text_datum(text); });
}

} // namespace
} // namespace cd::segment

using namespace cd;
using namespace cd::segment;

CD_FUNCTION(cd_segment_define) {
    require_arguments(fcinfo, {"name", "query"});
    New d{string_arg(fcinfo, 0),
          string_arg(fcinfo, 1),
          "",
          optional_arg(fcinfo, 2),
          optional_arg(fcinfo, 3),
          0,
          {},
          {},
          {}};
    check_name(d.name);
    const char *const path = pg::call([] { return GetConfigOption("search_path", false, false); });
    d.search_path = path;
    const Oid owner = owner_for_definition();
    pg::check_user_query({d.query.c_str(), d.search_path.c_str(), GetUserId()}, 1);
    lock_definitions(owner);
    store(owner, d);
    PG_RETURN_VOID();
}

CD_FUNCTION(cd_segment_define_rule) {
    require_arguments(fcinfo, {"name", "rule", "profile", "key"});
    New d{string_arg(fcinfo, 0), "", safe_path, optional_arg(fcinfo, 4), optional_arg(fcinfo, 5), 0, {}, {}, {}};
    check_name(d.name);
    d.rule = fcinfo->args[1].value;
    d.key = name_arg(fcinfo, 3);
    const Oid owner = owner_for_definition();
    const segment::Node rule = parse(json_tree(d.rule));
    lock_definitions(owner);
    const std::vector<Dependent> all = all_definitions(owner);
    d.uses = check_uses(rule, d.name, all);
    {
        Compiler compiler(owner, DatumGetObjectId(fcinfo->args[2].value), *d.key, all);
        d.query = compiler.query(rule);
        d.profile = compiler.profile();
    }
    pg::check_user_query({d.query.c_str(), safe_path, GetUserId()}, 1);
    store(owner, d);
    PG_RETURN_VOID();
}

CD_FUNCTION(cd_segment_event_define) {
    require_arguments(fcinfo, {"name", "relation", "subject_column", "time_column"});
    const std::string name = string_arg(fcinfo, 0), subject = name_arg(fcinfo, 2), time = name_arg(fcinfo, 3);
    const Oid relation = DatumGetObjectId(fcinfo->args[1].value);
    check_name(name);
    const Oid owner = owner_for_caller({{"segment_event", ACL_SELECT | ACL_INSERT | ACL_UPDATE}});
    check_event(relation, subject, time);
    const std::string relation_text = relation_name(relation);
    AsOwner as_owner(owner);
    as_owner.query.write(
        "INSERT INTO customer_store.segment_event (name, relation, subject_column, time_column) "
        "VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO UPDATE SET (relation, subject_column, time_column) = "
        "ROW(excluded.relation, excluded.subject_column, excluded.time_column)",
        {pg::text_value(name), pg::text_value(relation_text), pg::text_value(subject), pg::text_value(time)});
    PG_RETURN_VOID();
}

CD_FUNCTION(cd_segment_sql) { return text_result(shown(fcinfo).query); }

CD_FUNCTION(cd_segment_explain) {
    const Definition d = shown(fcinfo);
    return text_result(d.profile ? explain(parse(d.rule)) : "what this query returns:\n" + d.query);
}

CD_FUNCTION(cd_segment_preview) {
    require_arguments(fcinfo, {"rule", "profile", "key"});
    pg::ResultRows result(fcinfo);
    const Oid owner = owner_for_caller({{"segment", ACL_SELECT}, {"segment_event", ACL_SELECT}});
    const segment::Node rule = parse(json_tree(fcinfo->args[0].value));
    std::string query;
    {
        Compiler compiler(owner, DatumGetObjectId(fcinfo->args[1].value), name_arg(fcinfo, 2), all_definitions(owner));
        query = compiler.counts(rule);
    }
    const pg::StoredRows counted = pg::rows_of({query.c_str(), safe_path, GetUserId()});
    TupleTableSlot *const row = pg::call([&counted] {
        TupleTableSlot *const slot = MakeSingleTupleTableSlot(counted.row, &TTSOpsMinimalTuple);
        tuplestore_gettupleslot(counted.rows, true, false, slot);
        slot_getallattrs(slot);
        return slot;
    });
    int i = 0;
    each_node(rule, [&](const segment::Node &node) {
        Datum values[] = {text_result(node.path.empty() ? "rule" : node.path), Int32GetDatum(node.depth),
                          text_result(words(node)), row->tts_values[i++]};
        bool nulls[4] = {};
        result.add(values, nulls);
    });
    pg::call([row, &counted] {
        ExecDropSingleTupleTableSlot(row);
        tuplestore_end(counted.rows);
    });
    PG_RETURN_NULL();
}
