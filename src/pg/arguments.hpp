// Arguments that a call cannot do without.
#pragma once
#include "pg/bridge.hpp"
#include <initializer_list>
#include <string>

namespace cd::pg {

// Throws where one of the first arguments, of these names, is NULL: a command that did nothing for a NULL would be
// taken for one that did.
inline void require_arguments(FunctionCallInfo fcinfo, std::initializer_list<const char *> names) {
    int i = 0;
    for (const char *const name : names) {
        ++i;
        if (fcinfo->args[i - 1].isnull)
            throw Error("22004", std::string(name) + " must not be NULL", "Argument " + std::to_string(i) + " is NULL.",
                        "Give a value; a subquery without a row gives NULL.");
    }
}

} // namespace cd::pg
