// Saved models: rows of customer_store.model.
#include "churn/churn_sql.hpp"
#include "pg/user_query.hpp"

namespace cd::churn {
namespace {

constexpr const char *kind = "churn_model";

Oid owner_for(AclMode rights) {
    const Oid owner = pg::owner_for_caller("model", rights);
    if (!OidIsValid(owner))
        throw Error(sqlstate::not_set_up, "there is no table customer_store.model", "",
                    "Run SELECT customer_data.model_setup().");
    pg::check_shape("model", 1);
    return owner;
}

std::string name_arg(FunctionCallInfo fcinfo) {
    if (fcinfo->args[0].isnull)
        throw Error(sqlstate::invalid_parameter, "a model needs a name", "It is NULL.", "Give one, such as 'churn'.");
    const Datum datum = fcinfo->args[0].value;
    const std::string_view text = pg::call([datum] { return pg::text_arg(datum); });
    if (text.empty())
        throw Error(sqlstate::invalid_parameter, "a model needs a name", "It is empty.", "Give one, such as 'churn'.");
    return std::string(text);
}

// (name, model, note, query, metrics)
Datum save(FunctionCallInfo fcinfo) {
    if (fcinfo->args[1].isnull)
        throw Error(sqlstate::invalid_parameter, "there is no model to save", "It is NULL.",
                    "Give what churn_fit returned.");
    const Datum given = fcinfo->args[1].value;
    const Datum model = pg::call([given] { return PointerGetDatum(PG_DETOAST_DATUM(given)); });
    const std::string name = name_arg(fcinfo);
    const Oid owner = owner_for(ACL_SELECT | ACL_INSERT);
    const std::string user = pg::user_name(GetUserId());
    const auto optional = [fcinfo](int i, Oid type) -> pg::Value {
        return {type, fcinfo->args[i].value, fcinfo->args[i].isnull};
    };
    pg::AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    // Two at once would both be the next version.
    query.write("SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('customer_store.model', 0))");
    query.write("INSERT INTO customer_store.model (name, version, kind, note, query, metrics, saved_by, model) "
                "SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, $6, $7 FROM customer_store.model "
                "WHERE name = $1 RETURNING version",
                {pg::text_value(name),
                 pg::text_value(kind),
                 optional(2, TEXTOID),
                 optional(3, TEXTOID),
                 optional(4, JSONBOID),
                 pg::text_value(user),
                 {BYTEAOID, model, false}});
    if (query.rows() != 1)
        throw Error(sqlstate::not_set_up, "the model was not saved", "customer_store.model took no row.",
                    "Look at the triggers and rules of the table.");
    return Int32GetDatum(query.integer(0, 1));
}

// (name, version)
Datum saved(FunctionCallInfo fcinfo) {
    const std::string name = name_arg(fcinfo);
    const bool newest = fcinfo->args[1].isnull;
    const pg::Value version = {INT4OID, fcinfo->args[1].value, newest};
    MemoryContext const context = CurrentMemoryContext;
    Datum model = 0;
    const Oid owner = owner_for(ACL_SELECT);
    {
        pg::AsOwner as_owner(owner);
        pg::Query &query = as_owner.query;
        query.read(
            "SELECT kind::pg_catalog.text, model FROM customer_store.model WHERE name = $1 AND version = coalesce($2, "
            "(SELECT max(version) FROM customer_store.model WHERE name = $1))",
            {pg::text_value(name), version});
        if (query.rows() == 0)
            throw Error(sqlstate::undefined_object,
                        newest ? "there is no model \"" + name + "\""
                               : "there is no version " + std::to_string(DatumGetInt32(version.datum)) +
                                     " of model \"" + name + "\"",
                        "", "customer_store.model has all names and versions.");
        const std::string seen = query.text(0, 1);
        if (seen != kind)
            throw Error(sqlstate::datatype_mismatch, "model \"" + name + "\" is no churn_model",
                        "It is a " + seen + ".", "Use the function of its kind.");
        const Datum stored = query.value(0, 2, BYTEAOID);
        model = pg::call([stored, context] {
            MemoryContext const previous = MemoryContextSwitchTo(context);
            const Datum copy = PointerGetDatum(PG_DETOAST_DATUM_COPY(stored));
            MemoryContextSwitchTo(previous);
            return copy;
        });
    }
    // Whoever owns the table may have put any bytes there.
    return pg::accept_model<ChurnModel, dataset::ModelText>(pg::bytes_of(DatumGetPointer(model)));
}

} // namespace
} // namespace cd::churn

CD_FUNCTION(cd_model_setup) {
    cd::pg::set_up("model", 1, {{"model", R"sql(
        CREATE TABLE customer_store.model (
            name text COLLATE "C" CHECK (name <> ''),
            version integer CHECK (version > 0),
            kind text NOT NULL,
            note text,
            query text,
            metrics jsonb,
            saved_by name NOT NULL DEFAULT current_user,
            saved_at timestamptz NOT NULL DEFAULT now(),
            model bytea NOT NULL,
            PRIMARY KEY (name, version)
        );
        COMMENT ON TABLE customer_store.model IS
            'models by name and version, in binary form; written by customer_data.model_save, read by customer_data.model';
        COMMENT ON COLUMN customer_store.model.query IS 'what it was fitted from; kept to be read, never executed';
    )sql"}});
    PG_RETURN_VOID();
}
CD_DEFINE(cd_model_save, cd::churn::save)
CD_DEFINE(cd_model, cd::churn::saved)
