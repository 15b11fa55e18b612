// Window functions: their arguments, row by row over the whole partition.
#pragma once
#include "pg/bridge.hpp"
extern "C" {
#include "nodes/primnodes.h"
#include "optimizer/optimizer.h"
#include "windowapi.h"
}

namespace cd::pg {

inline WindowObject window_of(FunctionCallInfo fcinfo) {
    WindowObject const window = PG_WINDOW_OBJECT();
    if (!WindowObjectIsValid(window)) elog(ERROR, "window function called outside a window");
    return window;
}

// Whether an argument may differ between the rows of a partition: constants, parameters and now() do not.
inline bool may_vary(FunctionCallInfo fcinfo, int argument) {
    auto *const expression =
        static_cast<Node *>(list_nth(castNode(WindowFunc, fcinfo->flinfo->fn_expr)->args, argument));
    return contain_var_clause(expression) || contain_volatile_functions(expression);
}

// Calls visit(row, value, is null) with one argument for each of the first `rows` rows of the partition; what cannot
// vary is evaluated once. Whatever the argument's expression allocates is freed every thousand rows. Nothing with a
// destructor may be alive.
template <class Visit> void each_row(FunctionCallInfo fcinfo, int argument, std::int64_t rows, Visit &&visit) {
    WindowObject const window = window_of(fcinfo);
    const bool varies = may_vary(fcinfo, argument);
    bool null = false, outside;
    Datum value = varies ? 0 : WinGetFuncArgCurrent(window, argument, &null);
    MemoryContext const scratch =
        AllocSetContextCreate(CurrentMemoryContext, "window arguments", ALLOCSET_DEFAULT_SIZES);
    MemoryContext const previous = MemoryContextSwitchTo(scratch);
    for (std::int64_t row = 0; row < rows; ++row) {
        if (row % 1024 == 0) {
            CHECK_FOR_INTERRUPTS();
            MemoryContextReset(scratch);
        }
        if (varies)
            value = WinGetFuncArgInPartition(window, argument, static_cast<int>(row), WINDOW_SEEK_HEAD, false, &null,
                                             &outside);
        visit(row, value, null);
    }
    MemoryContextSwitchTo(previous);
    MemoryContextDelete(scratch);
}

} // namespace cd::pg
