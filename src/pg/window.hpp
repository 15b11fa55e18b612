// Window functions: their arguments, row by row over the whole partition.
#pragma once
#include "pg/bridge.hpp"
extern "C" {
#include "windowapi.h"
}

namespace cd::pg {

inline WindowObject window_of(FunctionCallInfo fcinfo) {
    WindowObject const window = PG_WINDOW_OBJECT();
    if (!WindowObjectIsValid(window)) elog(ERROR, "window function called outside a window");
    return window;
}

// Calls visit(row, value, is null) with one argument for each of the first `rows` rows of the partition. Whatever the
// argument's expression allocates is freed every thousand rows. Nothing with a destructor may be alive.
template <class Visit> void each_row(WindowObject window, int argument, std::int64_t rows, Visit &&visit) {
    MemoryContext const scratch =
        AllocSetContextCreate(CurrentMemoryContext, "window arguments", ALLOCSET_DEFAULT_SIZES);
    MemoryContext const previous = MemoryContextSwitchTo(scratch);
    for (std::int64_t row = 0; row < rows; ++row) {
        if (row % 1024 == 0) {
            CHECK_FOR_INTERRUPTS();
            MemoryContextReset(scratch);
        }
        bool null, outside;
        const Datum value =
            WinGetFuncArgInPartition(window, argument, static_cast<int>(row), WINDOW_SEEK_HEAD, false, &null, &outside);
        visit(row, value, null);
    }
    MemoryContextSwitchTo(previous);
    MemoryContextDelete(scratch);
}

} // namespace cd::pg
