// Results of several columns or rows.
#pragma once
#include "pg/varlena.hpp"
#include <optional>
extern "C" {
#include "access/htup_details.h"
#include "executor/executor.h"
#include "executor/tstoreReceiver.h"
#include "funcapi.h"
#include "utils/tuplestore.h"
}

namespace cd::pg {

// The row type of the function's result, made to last as long as the context.
inline TupleDesc new_result_row(FunctionCallInfo fcinfo, MemoryContext context) {
    MemoryContext const previous = MemoryContextSwitchTo(context);
    TupleDesc row;
    if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE)
        elog(ERROR, "function must return a row type");
    row = BlessTupleDesc(row);
    MemoryContextSwitchTo(previous);
    return row;
}
inline TupleDesc new_result_row(FunctionCallInfo fcinfo) { return new_result_row(fcinfo, fcinfo->flinfo->fn_mcxt); }
// The same, looked up once per query. Not for support functions of aggregates: on Citus they get a new flinfo for every
// row.
inline TupleDesc result_row(FunctionCallInfo fcinfo) {
    if (!fcinfo->flinfo->fn_extra) fcinfo->flinfo->fn_extra = new_result_row(fcinfo);
    return static_cast<TupleDesc>(fcinfo->flinfo->fn_extra);
}

inline Datum row_datum(TupleDesc row, Datum *values, bool *nulls) {
    return HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
}

// A column of such a row: what is undefined is NULL.
inline void set(Datum &value, bool &null, const std::optional<double> &number) {
    null = !number;
    if (number) value = Float8GetDatum(*number);
}

// A text as a column; objects may be alive.
inline Datum text_column(std::string_view text) {
    return call([&text] { return text_datum(text); });
}

// A number as the result of a function: what is undefined is NULL.
inline Datum number_or_null(FunctionCallInfo fcinfo, const std::optional<double> &number) {
    if (!number) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(*number);
}

// A result of many rows. Make it while nothing with a destructor is alive; add() may be called at any time.
class ResultRows {
  public:
    explicit ResultRows(FunctionCallInfo fcinfo) {
        InitMaterializedSRF(fcinfo, 0);
        const auto *const result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
        store_ = result->setResult;
        row_ = result->setDesc;
    }
    template <std::size_t N> void add(Datum (&values)[N], bool (&nulls)[N]) {
        Assert(N == static_cast<std::size_t>(row_->natts));
        call([this, &values, &nulls] { tuplestore_putvalues(store_, row_, values, nulls); });
    }

    // For a query whose columns are those of the result.
    DestReceiver *receiver() {
        return call([this] {
            DestReceiver *const made = CreateDestReceiver(DestTuplestore);
            SetTuplestoreDestReceiverParams(made, store_, CurrentMemoryContext, true, row_,
                                            "The tables of the extension have other columns.");
            return made;
        });
    }

  private:
    Tuplestorestate *store_;
    TupleDesc row_;
};

} // namespace cd::pg
