#include "pg/store.hpp"
#include "pg/varlena.hpp"
extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
}

namespace cd::pg {

Query::Query() {
    call([] {
        if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "could not connect to SPI");
    });
}

// SPI_finish only frees memory. After an error of the backend the transaction is being aborted, which does it.
Query::~Query() {
    if (std::uncaught_exceptions() == 0) SPI_finish();
}

Value text_value(std::string_view text) {
    return {TEXTOID, call([&text] { return text_datum(text); }), false};
}
Value text_or_null(const std::string *text) { return text ? text_value(*text) : Value{TEXTOID, 0, true}; }

namespace {

// Runs a statement, planned or not, and returns what SPI says. The rows go to the receiver, or to SPI_tuptable.
int execute(const char *text, SPIPlanPtr plan, std::initializer_list<Value> values, bool read_only,
            DestReceiver *receiver = nullptr) {
    return call([&] {
        ParamListInfo const parameters = makeParamList(static_cast<int>(values.size()));
        ParamExternData *parameter = parameters->params;
        for (const Value &value : values) *parameter++ = {value.datum, value.null, PARAM_FLAG_CONST, value.type};
        SPIExecuteOptions options{};
        options.params = parameters;
        options.read_only = read_only;
        options.dest = receiver;
        const int result = plan ? SPI_execute_plan_extended(plan, &options) : SPI_execute_extended(text, &options);
        if (result < 0) elog(ERROR, "unexpected result of a statement: %s", SPI_result_code_string(result));
        return result;
    });
}

void require_select(int result) {
    if (result != SPI_OK_SELECT)
        call([result] { elog(ERROR, "unexpected result of a query: %s", SPI_result_code_string(result)); });
}

} // namespace

void Query::read(const char *text, std::string_view argument, See see) { read(text, {text_value(argument)}, see); }

void Query::read(const char *text, std::initializer_list<Value> values, See see) {
    read_into(nullptr, text, values, see);
}

void Query::read_into(DestReceiver *receiver, const char *text, std::initializer_list<Value> values, See see) {
    require_select(execute(text, nullptr, values, see == See::statement, receiver));
    rows_ = SPI_processed;
}

void Query::write(const char *text, std::initializer_list<Value> values) {
    execute(text, nullptr, values, false);
    rows_ = SPI_processed;
}

void Query::read(Statement &statement, std::initializer_list<Value> values, See see) {
    require_select(execute(nullptr, statement.plan(values), values, see == See::statement));
    rows_ = SPI_processed;
}

void Query::write(Statement &statement, std::initializer_list<Value> values) {
    execute(nullptr, statement.plan(values), values, false);
    rows_ = SPI_processed;
}

SPIPlanPtr Statement::plan(std::initializer_list<Value> values) {
    if (plan_) return plan_;
    const char *const sql = sql_;
    return plan_ = call([sql, &values] {
               constexpr std::size_t most = 16;
               Oid types[most];
               std::size_t n = 0;
               for (const Value &value : values)
                   if (n < most) types[n++] = value.type;
               SPIPlanPtr const made = SPI_prepare_cursor(sql, static_cast<int>(n), types, CURSOR_OPT_GENERIC_PLAN);
               if (!made || n < values.size() || SPI_keepplan(made) != 0)
                   elog(ERROR, "could not prepare a statement: %s", SPI_result_code_string(SPI_result));
               return made;
           });
}

LatestSnapshot::LatestSnapshot() : pushed_(!IsInParallelMode()) {
    if (pushed_) call([] { PushActiveSnapshot(GetLatestSnapshot()); });
}
LatestSnapshot::~LatestSnapshot() {
    if (pushed_ && std::uncaught_exceptions() == 0) PopActiveSnapshot();
}

void Query::give(const char *name, Tuplestorestate *rows, TupleDesc row) {
    call([name, rows, row] {
        auto *const relation = static_cast<EphemeralNamedRelation>(palloc0(sizeof(EphemeralNamedRelationData)));
        relation->md.name = pstrdup(name);
        relation->md.tupdesc = row;
        relation->md.enrtype = ENR_NAMED_TUPLESTORE;
        relation->md.enrtuples = static_cast<double>(tuplestore_tuple_count(rows));
        relation->reldata = rows;
        if (SPI_register_relation(relation) != SPI_OK_REL_REGISTER) elog(ERROR, "could not register rows of a query");
    });
}

Datum Query::value(std::uint64_t row, int column, Oid type) const {
    return call([row, column, type] {
        // A trigger or rule of the table may have left out what was to be returned.
        if (!SPI_tuptable || row >= SPI_tuptable->numvals)
            elog(ERROR, "row " UINT64_FORMAT " of a query is not there", row + 1);
        TupleDesc const description = SPI_tuptable->tupdesc;
        if (SPI_gettypeid(description, column) != type) elog(ERROR, "column %d of a query has another type", column);
        bool null;
        const Datum value = SPI_getbinval(SPI_tuptable->vals[row], description, column, &null);
        if (null) elog(ERROR, "unexpected NULL in column %d of a query", column);
        return value;
    });
}

bool Query::null(std::uint64_t row, int column) const {
    return call([row, column] {
        bool null;
        SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &null);
        return null;
    });
}

std::string Query::text(std::uint64_t row, int column) const {
    const Datum datum = value(row, column, TEXTOID);
    const Bytes bytes = call([datum] { return bytes_arg(datum); });
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

std::string user_name(Oid user) {
    const char *const name = call([user] { return GetUserNameFromId(user, true); });
    return name ? name : "a role that was dropped";
}

namespace {

// A relation of one of our schemas. Plain data.
struct Relation {
    Oid id = InvalidOid, owner = InvalidOid;
    bool is_table = false;
};

Relation relation(const char *name, const char *in = store) {
    return call([name, in] {
        Relation found;
        const Oid schema = get_namespace_oid(in, true);
        if (OidIsValid(schema)) found.id = get_relname_relid(name, schema);
        if (!OidIsValid(found.id)) return found;
        HeapTuple const tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(found.id));
        if (!HeapTupleIsValid(tuple)) return Relation{};
        const auto *const row = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
        found.owner = row->relowner;
        found.is_table = row->relkind == RELKIND_RELATION || row->relkind == RELKIND_PARTITIONED_TABLE;
        ReleaseSysCache(tuple);
        return found;
    });
}

// Its owner, or InvalidOid if there is no such schema.
Oid schema_owner(const char *name) {
    return call([name] {
        Oid owner = InvalidOid;
        const Oid schema = get_namespace_oid(name, true);
        HeapTuple const tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
        if (!HeapTupleIsValid(tuple)) return owner;
        owner = reinterpret_cast<Form_pg_namespace>(GETSTRUCT(tuple))->nspowner;
        ReleaseSysCache(tuple);
        return owner;
    });
}

bool caller_may_use_schema(const char *name) {
    return call([name] {
        const Oid schema = get_namespace_oid(name, false);
#if PG_VERSION_NUM >= 160000
        return object_aclcheck(NamespaceRelationId, schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
#else
        return pg_namespace_aclcheck(schema, GetUserId(), ACL_USAGE) == ACLCHECK_OK;
#endif
    });
}

[[noreturn]] void refuse_right(const std::string &what, const std::string &detail, const std::string &hint) {
    throw Error(sqlstate::insufficient_privilege, what, detail, hint);
}

// Its owner; it becomes that of a new one.
Oid make_schema(Query &query, const Schema &schema, Oid owner) {
    if (const Oid found = schema_owner(schema.name); OidIsValid(found)) return found;
    const std::string name = user_name(owner);
    const std::string quoted = call([&name] { return quote_identifier(name.c_str()); });
    query.write(("CREATE SCHEMA " + std::string(schema.name) + " AUTHORIZATION " + quoted).c_str());
    query.write(("COMMENT ON SCHEMA " + std::string(schema.name) + " IS '" + schema.comment + "'").c_str());
    return owner;
}

// As the owner of the table. 0 where there is none.
int shape_of(Query &query, const char *feature, Query::See see) {
    query.read("SELECT version::pg_catalog.int4 FROM customer_store.shape WHERE feature::pg_catalog.text "
               "OPERATOR(pg_catalog.=) $1",
               feature, see);
    return query.rows() == 1 ? query.integer(0, 1) : 0;
}

} // namespace

Oid table_id(const char *table, const char *schema) { return relation(table, schema).id; }

Oid owner_for_caller(const char *table, AclMode rights, const char *schema) {
    struct Right {
        AclMode mode;
        const char *name;
    };
    static constexpr Right known[] = {
        {ACL_SELECT, "SELECT"}, {ACL_INSERT, "INSERT"}, {ACL_UPDATE, "UPDATE"}, {ACL_DELETE, "DELETE"}};
    const Relation found = relation(table, schema);
    if (!OidIsValid(found.id)) return InvalidOid;
    const std::string name = std::string(schema) + "." + table;
    const bool enters = caller_may_use_schema(schema);
    for (const Right &right : known) {
        if (!(rights & right.mode)) continue;
        if (enters &&
            call([&found, &right] { return pg_class_aclcheck(found.id, GetUserId(), right.mode) == ACLCHECK_OK; }))
            continue;
        refuse_right("permission denied for table " + name,
                     user_name(GetUserId()) + " lacks " + (enters ? right.name : "USAGE on the schema") + ".",
                     std::string("Its owner grants USAGE on schema ") + schema + " and " + right.name +
                         " on the table.");
    }
    return found.owner;
}

void check_shape(const char *feature, int known) {
    const Relation shape = relation("shape");
    int seen = 0;
    if (OidIsValid(shape.id)) {
        const AsUser owner(shape.owner);
        Query query;
        seen = shape_of(query, feature, Query::See::statement);
    }
    if (seen != known)
        throw Error(
            sqlstate::not_set_up, std::string("the tables of ") + feature + " in customer_store have another shape",
            "They have shape " + std::to_string(seen) + ", this version knows shape " + std::to_string(known) + ".",
            std::string("Run SELECT customer_data.") + feature + "_setup().");
}

void set_up(const char *feature, int shape, std::initializer_list<NewTable> tables) {
    Query query;
    // Two setups at once would race for the same names.
    query.write("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('customer_store', 0))");
    call([] { AcceptInvalidationMessages(); }); // what the other one made while we waited
    const Oid owner = make_schema(query, store_schema, GetUserId());
    if (!call([owner] { return has_privs_of_role(GetUserId(), owner); }))
        refuse_right("schema customer_store belongs to another role",
                     "It is owned by " + user_name(owner) + ", and " + user_name(GetUserId()) +
                         " does not have the rights of that role.",
                     "Run setup as the owner of the schema, or be granted membership in that role.");
    // Whatever is there already was made by the schema's owner, or by one whom we must not act for.
    const auto check = [owner](const char *name, const Schema &schema) {
        const Relation found = relation(name, schema.name);
        if (OidIsValid(found.id) && (found.owner != owner || !found.is_table))
            refuse_right(std::string(schema.name) + "." + name + " is not a table of the schema's owner",
                         "It is owned by " + user_name(found.owner) + ", the schema by " + user_name(owner) + ".",
                         "Drop or rename it, or give it to the owner of the schema.");
    };
    check("shape", store_schema);
    for (const NewTable &table : tables) {
        if (const Oid other = make_schema(query, *table.schema, owner); other != owner)
            refuse_right(std::string("schema ") + table.schema->name + " belongs to another role",
                         "It is owned by " + user_name(other) + ", and schema customer_store by " + user_name(owner) +
                             ".",
                         "Drop or rename it, or give it to the owner of customer_store.");
        check(table.name, *table.schema);
    }
    const AsUser as_owner(owner);
    if (!OidIsValid(relation("shape").id)) {
        query.write("CREATE TABLE customer_store.shape (feature text PRIMARY KEY, version integer NOT NULL)");
        query.write("COMMENT ON TABLE customer_store.shape IS "
                    "'which shape the tables of a feature have; written by its setup function'");
        // Whoever may use the schema may see what fits it.
        query.write("GRANT SELECT ON customer_store.shape TO PUBLIC");
    }
    const int seen = shape_of(query, feature, Query::See::now);
    if (seen > shape)
        throw Error(sqlstate::not_set_up, "customer_store was set up by a newer customer_data",
                    std::string("The tables of ") + feature + " have shape " + std::to_string(seen) +
                        ", this version knows shape " + std::to_string(shape) + ".",
                    "Run ALTER EXTENSION customer_data UPDATE.");
    for (const NewTable &table : tables)
        if (!OidIsValid(relation(table.name, table.schema->name).id)) query.write(table.statements);
    if (seen == 0) {
        const std::string insert = std::string("INSERT INTO customer_store.shape (feature, version) VALUES ('") +
                                   feature + "', " + std::to_string(shape) + ")";
        query.write(insert.c_str());
    }
}

} // namespace cd::pg
