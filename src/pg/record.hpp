// Rows of any row type, taken apart.
#pragma once
#include "pg/bridge.hpp"
extern "C" {
#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "utils/typcache.h"
}

namespace cd::pg {

// Plain data, kept from row to row for the time of a query. Nothing with a destructor may be alive.
class Record {
  public:
    // Takes a row apart. True if it is of another type than the row before; `context` keeps the description.
    bool open(Datum datum, MemoryContext context) {
        HeapTupleHeader const row = DatumGetHeapTupleHeader(datum);
        const Oid type = HeapTupleHeaderGetTypeId(row);
        const std::int32_t modifier = HeapTupleHeaderGetTypMod(row);
        // ALTER TYPE keeps the type, but the server then clears the identifier of its description.
        const bool changed =
            type != type_ || modifier != modifier_ || (composite_ && composite_->tupDesc_identifier != identifier_);
        if (changed) describe(type, modifier, context);
        if (doubles_ && !(row->t_infomask & HEAP_HASNULL) && HeapTupleHeaderGetNatts(row) == description_->natts) {
            memcpy(values_, reinterpret_cast<const char *>(row) + row->t_hoff, size() * sizeof(Datum));
            memset(nulls_, 0, size() * sizeof(bool));
            return changed;
        }
        HeapTupleData tuple;
        tuple.t_len = HeapTupleHeaderGetDatumLength(row);
        ItemPointerSetInvalid(&tuple.t_self);
        tuple.t_tableOid = InvalidOid;
        tuple.t_data = row;
        heap_deform_tuple(&tuple, description_, values_, nulls_);
        return changed;
    }
    int columns() const { return description_->natts; }
    const FormData_pg_attribute &column(int i) const { return *TupleDescAttr(description_, i); }
    Datum value(int i) const { return values_[i]; }
    bool is_null(int i) const { return nulls_[i]; }

  private:
    std::size_t size() const { return static_cast<std::size_t>(description_->natts); }
    void describe(Oid type, std::int32_t modifier, MemoryContext context) {
        type_ = InvalidOid;
        MemoryContext const previous = MemoryContextSwitchTo(context);
        if (description_) {
            FreeTupleDesc(description_);
            pfree(values_);
            pfree(nulls_);
            description_ = nullptr;
        }
        TupleDesc const description = lookup_rowtype_tupdesc_copy(type, modifier);
        const auto n = static_cast<std::size_t>(description->natts) + 1; // one more, for a row of no columns
        values_ = static_cast<Datum *>(palloc(n * sizeof(Datum)));
        nulls_ = static_cast<bool *>(palloc(n * sizeof(bool)));
        description_ = description;
        MemoryContextSwitchTo(previous);
        doubles_ = true;
        for (int i = 0; i < columns(); ++i) doubles_ &= column(i).attbyval && column(i).attlen == sizeof(Datum);
        // Descriptions of anonymous rows are kept as long as the session.
        composite_ = type == RECORDOID ? nullptr : lookup_type_cache(type, TYPECACHE_TUPDESC);
        identifier_ = composite_ ? composite_->tupDesc_identifier : 0;
        type_ = type;
        modifier_ = modifier;
    }

    Oid type_ = InvalidOid;
    std::int32_t modifier_ = -1;
    const TypeCacheEntry *composite_ = nullptr; // entries stay where they are
    std::uint64_t identifier_ = 0;
    bool doubles_ = false; // all columns have the size of a Datum: without NULL they lie there as in an array
    TupleDesc description_ = nullptr;
    Datum *values_ = nullptr;
    bool *nulls_ = nullptr;
};

} // namespace cd::pg
