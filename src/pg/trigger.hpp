// Row triggers in C.
#pragma once
#include "pg/bridge.hpp"
#include <string>
extern "C" {
#include "commands/trigger.h"
#include "utils/rel.h"
}

namespace cd::pg {

// The call of a trigger BEFORE INSERT OR UPDATE ... FOR EACH ROW. Throws if it is another one.
inline TriggerData *before_write(FunctionCallInfo fcinfo, const char *function) {
    auto *const trigger = CALLED_AS_TRIGGER(fcinfo) ? reinterpret_cast<TriggerData *>(fcinfo->context) : nullptr;
    if (!trigger || !TRIGGER_FIRED_BEFORE(trigger->tg_event) || !TRIGGER_FIRED_FOR_ROW(trigger->tg_event) ||
        TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
        throw Error("39P01", std::string(function) + " is for a trigger BEFORE INSERT OR UPDATE FOR EACH ROW",
                    trigger ? "The trigger fires at another time." : "It was called as a function.",
                    std::string("CREATE TRIGGER ... BEFORE INSERT OR UPDATE ON ... FOR EACH ROW EXECUTE FUNCTION "
                                "customer_data.") +
                        function + "(...).");
    return trigger;
}
// The row as it would be written.
inline HeapTuple new_row(const TriggerData *trigger) {
    return TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
}
inline HeapTuple old_row(const TriggerData *trigger) {
    return TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_trigtuple : nullptr;
}

// Whether a column is the same in two rows, byte by byte.
bool is_same(Relation, AttrNumber column, HeapTuple, HeapTuple);
// Whether a unique index that holds at once has the column, or an expression with it.
bool is_unique(Relation, AttrNumber column);
// Whether two versions of a row are the same for all such indexes.
bool is_same_to_indexes(Relation, AttrNumber column, HeapTuple, HeapTuple);
// Whether another row than `own` (which may be null) stands in the way of a row, for some unique index with the column.
// It looks at what is committed and, having waited for them, at what other transactions are about to write.
bool is_taken(Relation, AttrNumber column, HeapTuple row, const ItemPointerData *own);

} // namespace cd::pg
