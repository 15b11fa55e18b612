#include "segment/segment_compile_sql.hpp"
#include "pg/varlena.hpp"
extern "C" {
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "parser/parse_coerce.h"
#include "utils/acl.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
}

namespace cd::segment {

namespace {

std::string quote_name(const std::string &name) {
    return pg::call([&name] { return quote_identifier(name.c_str()); });
}
std::string quote_text(const std::string &text) {
    return pg::call([&text] { return static_cast<const char *>(quote_literal_cstr(text.c_str())); });
}
// The type as the server names it inside: "character" would be character(1) in a cast, bpchar is of any length.
std::string type_name(Oid type) {
    return pg::call([type] {
        const bits16 flags = FORMAT_TYPE_FORCE_QUALIFY | FORMAT_TYPE_TYPEMOD_GIVEN;
        return static_cast<const char *>(format_type_extended(type, -1, flags));
    });
}
std::string cast(const std::string &expression, const char *type) { return expression + "::pg_catalog." + type; }
std::string infix(const char *name) { return std::string(" OPERATOR(pg_catalog.") + name + ") "; }

// An operator as it is written: " OPERATOR(schema.name) ".
std::string operator_name(Oid id) {
    return pg::call([id] {
        List *names = nullptr, *arguments = nullptr; // strings
        format_operator_parts(id, &names, &arguments, false);
        const char *const schema = quote_identifier(static_cast<const char *>(linitial(names)));
        return static_cast<const char *>(
            psprintf(" OPERATOR(%s.%s) ", schema, static_cast<const char *>(lsecond(names))));
    });
}
bool is_volatile(Oid id) {
    return pg::call([id] { return func_volatile(get_opcode(id)) == PROVOLATILE_VOLATILE; });
}

// The operator of the type's own order or equality; InvalidOid if it has none.
Oid own_operator(Oid type, StrategyNumber strategy) {
    return pg::call([type, strategy] {
        TypeCacheEntry *const entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY | TYPECACHE_EQ_OPR);
        if (OidIsValid(entry->btree_opf))
            return get_opfamily_member(entry->btree_opf, entry->btree_opintype, entry->btree_opintype,
                                       static_cast<int16>(strategy));
        return strategy == BTEqualStrategyNumber ? entry->eq_opr : InvalidOid;
    });
}

// As text, unless a function of somebody else's would make it so.
std::string text_of(const std::string &expression, Oid type) {
    const bool foreign = pg::call([type] {
        Oid function = InvalidOid;
        return find_coercion_pathway(TEXTOID, type, COERCION_EXPLICIT, &function) == COERCION_PATH_FUNC &&
               function >= FirstNormalObjectId;
    });
    if (foreign)
        throw Error("42804", expression + " cannot be compared as text",
                    "Its type " + type_name(type) +
                        " has a cast of its own, a function that would run as whoever refreshes.",
                    "Compare columns of one type, or of a type of PostgreSQL.");
    return cast(expression, "text");
}

// left = ANY (SELECT right ...): both by the operator of their type, or of pg_catalog between the two, else as text.
struct Equality {
    std::string left, right, op;
};
Equality equality(std::string left, Oid left_type, std::string right, Oid right_type) {
    const Oid found =
        left_type == right_type ? own_operator(left_type, BTEqualStrategyNumber) : pg::call([left_type, right_type] {
            List *const name = list_make2(makeString(pstrdup("pg_catalog")), makeString(pstrdup("=")));
            return OpernameGetOprid(name, left_type, right_type);
        });
    if (OidIsValid(found)) return {std::move(left), std::move(right), operator_name(found)};
    return {text_of(left, left_type), text_of(right, right_type), infix("=")};
}

Oid owner_of(Oid relation) {
    HeapTuple const tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(tuple)) return InvalidOid;
    const Oid owner = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple))->relowner;
    ReleaseSysCache(tuple);
    return owner;
}

// A column's type beneath domains; InvalidOid if there is none of that name.
Oid column_type(Oid relation, const std::string &name) {
    return pg::call([relation, &name] {
        const AttrNumber number = get_attnum(relation, name.c_str());
        return number > 0 ? getBaseType(get_atttype(relation, number)) : InvalidOid;
    });
}

Oid required_type(Oid relation, const std::string &name, const std::string &before) {
    const Oid type = column_type(relation, name);
    if (!OidIsValid(type))
        throw Error("42703", before + "column \"" + name + "\" does not exist in " + relation_name(relation), "",
                    "Names are case-sensitive here, and stand without quotes.");
    return type;
}

char category_of(Oid type) {
    char category;
    bool preferred;
    pg::call([&] { get_type_category_preferred(type, &category, &preferred); });
    return category;
}

bool is_time(Oid type) { return type == TIMESTAMPTZOID || type == TIMESTAMPOID || type == DATEOID; }

Oid time_type_of(Oid relation, const std::string &name, const std::string &before) {
    const Oid type = required_type(relation, name, before);
    if (!is_time(type))
        throw Error("42804", before + "column \"" + name + "\" is no time", "It is of type " + type_name(type) + ".",
                    "Name a column of type timestamptz, timestamp or date.");
    return type;
}

} // namespace

std::string relation_name(Oid relation) {
    const char *const name = pg::call([relation]() -> const char * {
        const char *const found = get_rel_name(relation);
        return found ? quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), found) : nullptr;
    });
    if (!name) throw Error("42P01", "there is no such relation", "Its number is " + std::to_string(relation) + ".");
    return name;
}

void check_event(Oid relation, const std::string &subject, const std::string &time) {
    required_type(relation, subject, "");
    time_type_of(relation, time, "");
}

Compiler::Compiler(Oid owner, Oid profile, const std::string &key, const std::vector<Dependent> &segments)
    : owner_(owner), profile_(profile), profile_name_(relation_name(profile)), key_("p." + quote_name(key)),
      key_type_(required_type(profile, key, "")) {
    for (const Dependent &d : segments) segments_.insert(d.name);
    for (const auto &[name, value] : {std::pair{"search_path", safe_path},
                                      {"DateStyle", "ISO"},
                                      {"TimeZone", "UTC"},
                                      {"IntervalStyle", "postgres"},
                                      {"extra_float_digits", "1"},
                                      {"bytea_output", "hex"}})
        reader_.settings.set(name, value);
    const std::string rows = "SELECT " + key_ + " FROM " + profile_name_ + " AS p";
    if (pg::uses_volatile_functions({rows.c_str(), safe_path, GetUserId()}))
        throw Error(sqlstate::invalid_parameter, "profile " + profile_name_ + " uses a volatile function", "",
                    "Use only what gives the same answer for the same rows.");
}

Compiler::Column Compiler::column(const Node &node, const std::string &name) const {
    const Oid type = required_type(profile_, name, place(node));
    const Oid collation = pg::call([this, &name] {
        Oid declared, found;
        std::int32_t modifier;
        get_atttypetypmodcoll(profile_, get_attnum(profile_, name.c_str()), &declared, &modifier, &found);
        return found;
    });
    return {"p." + quote_name(name), type, collation};
}

const Compiler::Event &Compiler::event(const Node &node, const std::string &name) {
    const auto known = events_.find(name);
    if (known != events_.end()) return known->second;
    Event event;
    std::string relation;
    {
        AsOwner as_owner(owner_);
        pg::Query &query = as_owner.query;
        query.read("SELECT relation::text, subject_column::text, time_column::text FROM customer_store.segment_event "
                   "WHERE name::text = $1",
                   name);
        if (query.rows() == 0)
            refuse(node, "event \"" + name + "\" is not declared", "",
                   "Declare it with segment_event_define(name, relation, subject_column, time_column).",
                   sqlstate::undefined_object);
        relation = query.text(0, 1);
        event.subject = query.text(0, 2);
        event.time = query.text(0, 3);
    }
    const Oid id = pg::call([&relation] {
        const NullableDatum found = [&relation] {
            LOCAL_FCINFO(fcinfo, 1);
            InitFunctionCallInfoData(*fcinfo, nullptr, 1, InvalidOid, nullptr, nullptr);
            fcinfo->args[0] = {pg::text_datum(relation), false};
            const Datum result = to_regclass(fcinfo);
            return NullableDatum{result, fcinfo->isnull};
        }();
        return found.isnull ? InvalidOid : DatumGetObjectId(found.value);
    });
    if (!OidIsValid(id))
        refuse(node, "relation " + relation + " of event \"" + name + "\" does not exist", "",
               "Declare the event again.", sqlstate::undefined_object);
    // Who may declare events may have named anything. A view's functions run as whoever reads it.
    if (!pg::call([id] {
            const char kind = get_rel_relkind(id);
            return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE ||
                   has_privs_of_role(owner_of(id), GetUserId());
        }))
        refuse(node, "event \"" + name + "\" is not of a table",
               "It reads " + relation_name(id) + ", which belongs to a role without your rights.",
               "Let the event be declared on a table, or have the view given to a role that has your rights.",
               sqlstate::insufficient_privilege);
    event.relation = relation_name(id);
    event.subject_type = required_type(id, event.subject, place(node));
    event.time_type = time_type_of(id, event.time, place(node));
    event.subject = "e." + quote_name(event.subject);
    event.time = "e." + quote_name(event.time);
    const std::string rows = "SELECT " + event.subject + ", " + event.time + " FROM " + event.relation + " AS e";
    if (pg::uses_volatile_functions({rows.c_str(), safe_path, GetUserId()}))
        refuse(node, "event \"" + name + "\" uses a volatile function", "It reads " + event.relation + ".",
               "Use only what gives the same answer for the same rows.");
    return events_.emplace(name, std::move(event)).first->second;
}

// Read and written by the type itself: what it does not take is an error now, and what it gives back reads the same in
// every session.
std::string Compiler::literal(const Node &node, Oid type, const std::string &value) const {
    const std::string_view moving = category_of(type) == TYPCATEGORY_DATETIME ? moving_word(value) : "";
    if (!moving.empty())
        refuse(node, "\"" + value + "\" would stay what it is now",
               "Values are read once, when the rule is defined: " + std::string(moving) + " would be that day's.",
               "Use did with within, a column such as an age in a view that is the profile, or a fixed time.");
    const pg::ErrorContext context(place(node) + "value \"" + value + "\"");
    if (type == MONEYOID)
        refuse(node, "money cannot be compared", "What an amount reads as depends on the session.",
               "Let the profile be a view with the amount as numeric.", "42804");
    const char *const text = pg::call([type, &value] {
        Oid in, out, parameter;
        bool varlena;
        getTypeInputInfo(type, &in, &parameter);
        getTypeOutputInfo(type, &out, &varlena);
        const Datum datum = OidInputFunctionCall(in, const_cast<char *>(value.c_str()), parameter, -1);
        return static_cast<const char *>(OidOutputFunctionCall(out, datum));
    });
    return quote_text(text) + "::" + type_name(type);
}

// Low and high the wrong way around are between nothing, which nobody asks for.
void Compiler::check_order(const Node &node, const Column &column, Oid less, const std::vector<Json> &values) const {
    const pg::ErrorContext context(place(node) + "between");
    const bool reversed = pg::call([&] {
        Oid in, parameter;
        getTypeInputInfo(column.type, &in, &parameter);
        const auto read = [&](const Json &value) {
            return OidInputFunctionCall(in, const_cast<char *>(value.text.c_str()), parameter, -1);
        };
        return DatumGetBool(OidFunctionCall2Coll(get_opcode(less), column.collation, read(values[1]), read(values[0])));
    });
    if (reversed)
        refuse(node, "the low value of between comes after the high one",
               "The values are " + values[0].text + " and " + values[1].text + ".", "Write the low value first.");
}

std::string Compiler::compare(const Node &node, const Compare &c) const {
    const Column left = column(node, c.column);
    const auto refuse_type = [&](const std::string &what) {
        refuse(node, "column \"" + c.column + "\" cannot be compared so", "It is of type " + type_name(left.type) + ".",
               what, "42804");
    };
    const auto op = [&](StrategyNumber strategy, bool negated = false) {
        Oid id = own_operator(left.type, strategy);
        if (negated && OidIsValid(id)) id = pg::call([id] { return get_negator(id); });
        if (!OidIsValid(id)) refuse_type("Compare a column of a type that has an order.");
        if (is_volatile(id))
            refuse(node, "the operator" + operator_name(id) + "of column \"" + c.column + "\" is volatile", "",
                   "Use only what gives the same answer for the same rows.");
        return operator_name(id);
    };
    const auto value = [&](std::size_t i) { return literal(node, left.type, c.values[i].text); };
    const auto one = [&](StrategyNumber strategy, bool negated = false) {
        return left.sql + op(strategy, negated) + value(0);
    };
    const auto among = [&](const char *quantor, bool negated) {
        std::string list;
        for (std::size_t i = 0; i < c.values.size(); ++i) list += (i == 0 ? "" : ", ") + value(i);
        return left.sql + op(BTEqualStrategyNumber, negated) + quantor + " (ARRAY[" + list + "])";
    };
    const auto as_text = [&] {
        const char category = category_of(left.type);
        if (category != TYPCATEGORY_STRING && category != TYPCATEGORY_ENUM)
            refuse_type("starts with and contains are for text.");
        return cast(left.sql, "text");
    };
    switch (c.is) {
    case Comparison::equal: return one(BTEqualStrategyNumber);
    case Comparison::not_equal: return one(BTEqualStrategyNumber, true);
    case Comparison::less: return one(BTLessStrategyNumber);
    case Comparison::less_equal: return one(BTLessEqualStrategyNumber);
    case Comparison::greater: return one(BTGreaterStrategyNumber);
    case Comparison::greater_equal: return one(BTGreaterEqualStrategyNumber);
    case Comparison::in: return among("ANY", false);
    case Comparison::not_in: return among("ALL", true);
    case Comparison::between:
        check_order(node, left, own_operator(left.type, BTLessStrategyNumber), c.values);
        return "(" + left.sql + op(BTGreaterEqualStrategyNumber) + value(0) + " AND " + left.sql +
               op(BTLessEqualStrategyNumber) + value(1) + ")";
    case Comparison::null: return left.sql + " IS NULL";
    case Comparison::not_null: return left.sql + " IS NOT NULL";
    case Comparison::starts_with: return as_text() + infix("^@") + quote_text(c.values[0].text);
    case Comparison::contains:
        return "pg_catalog.strpos(" + as_text() + ", " + quote_text(c.values[0].text) + ")" + infix(">") + "0";
    }
    return {};
}

std::string Compiler::did(const Node &node, const Did &d) {
    const Event &e = event(node, d.event);
    // Days are UTC days. A timestamp or date without a zone is in UTC.
    const bool zoned = e.time_type == TIMESTAMPTZOID;
    const auto utc = [](const std::string &time) { return "pg_catalog.timezone('UTC', " + time + ")"; };
    const auto bound = [&](const std::string &text) {
        const std::string time = literal(node, TIMESTAMPTZOID, text);
        return zoned ? time : utc(time);
    };
    const std::string now = zoned ? "pg_catalog.now()" : utc("pg_catalog.now()");
    const std::string end = d.before ? bound(*d.before) : now;
    const Equality equal = equality(key_, key_type_, e.subject, e.subject_type);
    std::string text = equal.left + equal.op + "ANY (SELECT " + equal.right + " FROM " + e.relation + " AS e WHERE " +
                       e.subject + " IS NOT NULL AND " + e.time + infix(d.before ? "<" : "<=") + end;
    if (d.since) text += " AND " + e.time + infix(">=") + bound(*d.since);
    if (d.within) {
        const std::string span = literal(node, INTERVALOID, *d.within);
        const bool positive = pg::call([&d] {
            const Datum interval = DirectFunctionCall3(interval_in, CStringGetDatum(d.within->c_str()),
                                                       ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
            Interval zero{};
            return DatumGetBool(DirectFunctionCall2(interval_gt, interval, IntervalPGetDatum(&zero)));
        });
        if (!positive) refuse(node, "within must be longer than zero", "It is " + *d.within + ".");
        const std::string start = (zoned ? utc(end) : end) + infix("-") + span;
        text += " AND " + e.time + infix(">=") + (zoned ? utc(start) : "(" + start + ")");
    }
    const auto count = [](const char *op, std::uint32_t n) {
        return "pg_catalog.count(*)" + infix(op) + std::to_string(n);
    };
    // At most so many, or never: everybody but those with more.
    const bool complement = d.times == 0;
    std::string having;
    if (complement && *d.at_most > 0) having = count(">", *d.at_most);
    if (!complement && d.times > 1) having = count(">=", d.times);
    if (!complement && d.at_most) having += (having.empty() ? "" : " AND ") + count("<=", *d.at_most);
    if (!having.empty()) text += " GROUP BY " + equal.right + " HAVING " + having;
    text += ")";
    return complement ? "(" + text + ") IS NOT TRUE" : text;
}

std::string Compiler::within_km(const Node &node, const WithinKm &w) const {
    const auto angle = [&](const std::string &name) {
        const Column found = column(node, name);
        if (found.type != FLOAT8OID && found.type != FLOAT4OID && found.type != NUMERICOID)
            refuse(node, "column \"" + name + "\" is no angle", "It is of type " + type_name(found.type) + ".",
                   "Name a column of type float8, float4 or numeric, in degrees.", "42804");
        return found;
    };
    const Column latitude = angle(w.latitude_column), longitude = angle(w.longitude_column);
    // By the columns as they are, so that an index helps.
    const auto between = [](const Column &c, double low, double high) {
        const char *const type = c.type == NUMERICOID ? "numeric" : "float8";
        return c.sql + infix(">=") + cast("'" + number_text(low) + "'", type) + " AND " + c.sql + infix("<=") +
               cast("'" + number_text(high) + "'", type);
    };
    const auto degrees = [](const Column &c) { return c.type == FLOAT8OID ? c.sql : cast(c.sql, "float8"); };
    const auto literal = [](double value) { return cast("'" + number_text(value) + "'", "float8"); };
    const Band band = latitudes(w);
    // What distance_km would refuse is no place. Of an AND the planner chooses the order, of a CASE not.
    return "(" + between(latitude, band.low, band.high) + " AND CASE WHEN " + between(latitude, -90, 90) + " AND " +
           between(longitude, -360, 360) + " THEN customer_data.distance_km(" + degrees(latitude) + ", " +
           degrees(longitude) + ", " + literal(w.latitude) + ", " + literal(w.longitude) + ")" + infix("<=") +
           literal(w.km) + " END)";
}

std::string Compiler::tag(const Node &node, const Tag &t) const {
    const Column tags = column(node, t.column);
    const Oid element = pg::call([&tags] {
        const Oid found = get_element_type(tags.type);
        return OidIsValid(found) ? getBaseType(found) : InvalidOid;
    });
    if (element != TEXTOID && element != VARCHAROID)
        refuse(node, "column \"" + t.column + "\" holds no tags", "It is of type " + type_name(tags.type) + ".",
               "Keep tags in a column of type text[].", "42804");
    return tags.sql + infix("@>") + "ARRAY[" + quote_text(t.tag) + "]::" + type_name(tags.type);
}

std::string Compiler::sql(const Node &leaf) {
    if (const auto *const c = std::get_if<Compare>(&leaf.what)) return compare(leaf, *c);
    if (const auto *const d = std::get_if<Did>(&leaf.what)) return did(leaf, *d);
    if (const auto *const w = std::get_if<WithinKm>(&leaf.what)) return within_km(leaf, *w);
    if (const auto *const t = std::get_if<Tag>(&leaf.what)) return tag(leaf, *t);
    const auto &used = std::get<InSegment>(leaf.what);
    if (!segments_.contains(used.segment))
        refuse(leaf, "segment \"" + used.segment + "\" does not exist", "",
               "SELECT name FROM customer_store.segment lists what there is.", sqlstate::undefined_object);
    const Equality equal = equality(key_, key_type_, "m.subject", TEXTOID);
    return equal.left + equal.op + "ANY (SELECT " + equal.right + " FROM customer_data.segment_members(" +
           quote_text(used.segment) + ", 'infinity') AS m)";
}

std::string Compiler::query(const Node &root) {
    return "SELECT " + key_ + "\nFROM " + profile_name_ + " AS p\nWHERE " + condition(root, *this, 4);
}

std::string Compiler::counts(const Node &root) {
    // Every leaf is computed once for each row, whatever stands above it.
    struct Computed final : LeafSql {
        std::map<const Node *, std::string> column;
        std::string sql(const Node &leaf) override { return "q." + column.at(&leaf); }
    } computed;
    std::string leaves, nodes;
    each_node(root, [&](const Node &node) {
        if (node.group()) return;
        const std::string name = "c" + std::to_string(computed.column.size() + 1);
        leaves += (leaves.empty() ? "(" : ",\n    (") + sql(node) + ") IS TRUE AS " + name;
        computed.column[&node] = name;
    });
    each_node(root, [&](const Node &node) {
        nodes += (nodes.empty() ? "" : ",\n    ") +
                 ("pg_catalog.count(*) FILTER (WHERE " + condition(node, computed, 8)) + ")";
    });
    return "SELECT " + nodes + "\nFROM (SELECT " + leaves + "\n    FROM " + profile_name_ + " AS p WHERE " + key_ +
           " IS NOT NULL OFFSET 0) AS q";
}

} // namespace cd::segment
