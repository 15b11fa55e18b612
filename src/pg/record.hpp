// Rows of any row type, taken apart.
#pragma once
#include "pg/bridge.hpp"
extern "C" {
#include "access/htup_details.h"
#include "utils/typcache.h"
}

namespace cd::pg {

// Plain data, kept from row to row. Nothing with a destructor may be alive.
class Record {
  public:
    // Takes a row apart. True if it is of another type than the row before; `context` keeps the description.
    bool open(Datum datum, MemoryContext context) {
        HeapTupleHeader const row = DatumGetHeapTupleHeader(datum);
        const Oid type = HeapTupleHeaderGetTypeId(row);
        const std::int32_t modifier = HeapTupleHeaderGetTypMod(row);
        // Changes with ALTER TABLE too, which keeps the type.
        const std::uint64_t identifier = assign_record_type_identifier(type, modifier);
        const bool changed = identifier != identifier_;
        if (changed) describe(type, modifier, context);
        HeapTupleData tuple;
        tuple.t_len = HeapTupleHeaderGetDatumLength(row);
        ItemPointerSetInvalid(&tuple.t_self);
        tuple.t_tableOid = InvalidOid;
        tuple.t_data = row;
        heap_deform_tuple(&tuple, description_, values_, nulls_);
        identifier_ = identifier;
        return changed;
    }
    int columns() const { return description_->natts; }
    const FormData_pg_attribute &column(int i) const { return *TupleDescAttr(description_, i); }
    Datum value(int i) const { return values_[i]; }
    bool is_null(int i) const { return nulls_[i]; }

  private:
    void describe(Oid type, std::int32_t modifier, MemoryContext context) {
        MemoryContext const previous = MemoryContextSwitchTo(context);
        identifier_ = 0;
        description_ = lookup_rowtype_tupdesc_copy(type, modifier);
        const auto n = static_cast<std::size_t>(description_->natts);
        values_ = static_cast<Datum *>(palloc(n * sizeof(Datum)));
        nulls_ = static_cast<bool *>(palloc(n * sizeof(bool)));
        MemoryContextSwitchTo(previous);
    }

    std::uint64_t identifier_ = 0;
    TupleDesc description_ = nullptr;
    Datum *values_ = nullptr;
    bool *nulls_ = nullptr;
};

} // namespace cd::pg
