// Rows of a query, handed over one by one as they come out of the executor.
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

class RowVisitor {
  public:
    // Both may throw; what they allocate in the current context is kept with the rows, or goes with the row.
    virtual void columns(TupleDesc) = 0; // before the first row
    virtual void visit(TupleTableSlot *) = 0;

  protected:
    ~RowVisitor() = default;
};

class RowReceiver {
  public:
    static DestReceiver *make(RowVisitor &visitor) {
        return call([&visitor] {
            auto *const r = static_cast<RowReceiver *>(palloc0(sizeof(RowReceiver)));
            r->receiver_ = {receive, start, nothing, nothing, DestTuplestore};
            r->visitor_ = &visitor;
            r->scratch_ = AllocSetContextCreate(CurrentMemoryContext, "row of a query", ALLOCSET_DEFAULT_SIZES);
            return &r->receiver_;
        });
    }

  private:
    // The executor calls them, so nothing may be thrown out of them.
    static void start(DestReceiver *self, int, TupleDesc row) {
        guarded([self, row] { reinterpret_cast<RowReceiver *>(self)->visitor_->columns(row); });
    }
    static bool receive(TupleTableSlot *slot, DestReceiver *self) {
        return guarded([slot, self] {
            auto *const r = reinterpret_cast<RowReceiver *>(self);
            MemoryContext const previous = MemoryContextSwitchTo(r->scratch_);
            r->visitor_->visit(slot);
            MemoryContextSwitchTo(previous);
            MemoryContextReset(r->scratch_);
            return true;
        });
    }
    static void nothing(DestReceiver *) {}

    DestReceiver receiver_; // first, so that the pointers convert
    RowVisitor *visitor_;
    MemoryContext scratch_;
};

// Values of a column as text, by its type's own output. Its functions call the backend directly.
class TextColumn {
  public:
    void open(Oid column_type) {
        const Oid type = getBaseType(column_type);
        plain_ = type == TEXTOID || type == VARCHAROID;
        padded_ = type == BPCHAROID; // the cast to text strips what the output function shows
        Oid function;
        bool varlena;
        getTypeOutputInfo(type, &function, &varlena);
        fmgr_info(function, &output_);
    }
    std::string_view text(Datum value) {
        const std::string_view text = plain_ ? text_arg(value) : std::string_view(OutputFunctionCall(&output_, value));
        return padded_ ? text.substr(0, text.find_last_not_of(' ') + 1) : text;
    }

  private:
    FmgrInfo output_;
    bool plain_, padded_;
};

class TextVisitor {
  public:
    virtual void visit(std::string_view) = 0; // may throw

  protected:
    ~TextVisitor() = default;
};

// The first column of each row as text, NULLs left out.
class TextRows final : public RowVisitor {
  public:
    explicit TextRows(TextVisitor &visitor) : visitor_(visitor) {}
    void columns(TupleDesc row) override { text_.open(TupleDescAttr(row, 0)->atttypid); }
    void visit(TupleTableSlot *slot) override {
        bool null;
        const Datum value = slot_getattr(slot, 1, &null);
        if (!null) visitor_.visit(text_.text(value));
    }

  private:
    TextVisitor &visitor_;
    TextColumn text_;
};

} // namespace cd::pg
