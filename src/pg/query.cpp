#include "pg/query.hpp"
#include "pg/varlena.hpp"
extern "C" {
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
}

namespace cd::pg {

bool relation_exists(const char *schema, const char *name) {
    return call([schema, name] {
        const Oid space = get_namespace_oid(schema, true);
        return OidIsValid(space) && OidIsValid(get_relname_relid(name, space));
    });
}

Query::Query() {
    call([] {
        if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "could not connect to SPI");
    });
}

// SPI_finish only frees memory. After an error of the backend the transaction is being aborted, which does it.
Query::~Query() {
    if (std::uncaught_exceptions() == 0) SPI_finish();
}

void Query::run(const char *text, std::string_view argument) {
    rows_ = call([text, &argument] {
        Oid types[] = {TEXTOID};
        Datum values[] = {text_datum(argument)};
        const int result = SPI_execute_with_args(text, 1, types, values, nullptr, true, 0);
        if (result != SPI_OK_SELECT) elog(ERROR, "unexpected result of a query: %s", SPI_result_code_string(result));
        return SPI_processed;
    });
}

Datum Query::value(std::uint64_t row, int column) const {
    return call([row, column] {
        bool null;
        const Datum value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &null);
        if (null) elog(ERROR, "unexpected NULL in column %d of a query", column);
        return value;
    });
}

std::string Query::text(std::uint64_t row, int column) const {
    const Datum datum = value(row, column);
    const Bytes bytes = call([datum] { return bytes_arg(datum); });
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

void check_shape(Query &query, const char *feature, int known) {
    query.run("SELECT version FROM customer_store.shape WHERE feature OPERATOR(pg_catalog.=) $1", feature);
    const int seen = query.rows() == 1 ? query.integer(0, 1) : 0;
    if (seen != known)
        throw Error(
            sqlstate::not_set_up, std::string("the tables of ") + feature + " in customer_store have another shape",
            "They have shape " + std::to_string(seen) + ", this version knows shape " + std::to_string(known) + ".",
            std::string("Run SELECT customer_data.") + feature + "_setup().");
}

} // namespace cd::pg
