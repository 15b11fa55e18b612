// Relations that are open.
#pragma once
#include "pg/bridge.hpp"
extern "C" {
#include "executor/spi.h"
#include "utils/rel.h"
}

namespace cd::pg {

// Raises if there is no such column. Nothing with a destructor may be alive.
inline AttrNumber column_number(Relation table, const char *name) {
    const int number = SPI_fnumber(RelationGetDescr(table), name);
    if (number <= 0)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("table \"%s\" has no column \"%s\"", RelationGetRelationName(table), name)));
    return static_cast<AttrNumber>(number);
}

} // namespace cd::pg
