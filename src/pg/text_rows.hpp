// Rows of one column as text, handed over one by one.
#pragma once
#include "pg/bridge.hpp"
#include "pg/varlena.hpp"
#include <string_view>
extern "C" {
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "tcop/dest.h"
#include "utils/lsyscache.h"
}

namespace cd::pg {

class TextVisitor {
  public:
    virtual void visit(std::string_view) = 0; // may throw

  protected:
    ~TextVisitor() = default;
};

// A receiver for the executor: the first column by its type's own output, NULLs left out. Make it within pg::call.
class TextReceiver {
  public:
    static DestReceiver *make(TextVisitor &visitor) {
        auto *const r = static_cast<TextReceiver *>(palloc0(sizeof(TextReceiver)));
        r->receiver_ = {receive, start, nothing, nothing, DestTuplestore};
        r->visitor_ = &visitor;
        r->scratch_ = AllocSetContextCreate(CurrentMemoryContext, "rows as text", ALLOCSET_DEFAULT_SIZES);
        return &r->receiver_;
    }

  private:
    static void start(DestReceiver *self, int, TupleDesc row) {
        auto *const r = reinterpret_cast<TextReceiver *>(self);
        const Oid type = getBaseType(TupleDescAttr(row, 0)->atttypid);
        r->plain_ = type == TEXTOID || type == VARCHAROID;
        r->padded_ = type == BPCHAROID; // the cast to text strips what the output function shows
        Oid function;
        bool varlena;
        getTypeOutputInfo(type, &function, &varlena);
        fmgr_info(function, &r->output_);
    }
    // The executor calls it, so nothing may be thrown out of it.
    static bool receive(TupleTableSlot *slot, DestReceiver *self) {
        return guarded([slot, self] {
            auto *const r = reinterpret_cast<TextReceiver *>(self);
            bool null;
            const Datum value = slot_getattr(slot, 1, &null);
            if (null) return true;
            MemoryContext const previous = MemoryContextSwitchTo(r->scratch_);
            std::string_view text =
                r->plain_ ? text_arg(value) : std::string_view(OutputFunctionCall(&r->output_, value));
            if (r->padded_) text = text.substr(0, text.find_last_not_of(' ') + 1);
            MemoryContextSwitchTo(previous);
            r->visitor_->visit(text);
            MemoryContextReset(r->scratch_);
            return true;
        });
    }
    static void nothing(DestReceiver *) {}

    DestReceiver receiver_; // first, so that the pointers convert
    TextVisitor *visitor_;
    FmgrInfo output_;
    bool plain_, padded_;
    MemoryContext scratch_;
};

} // namespace cd::pg
