// What long work tells while it runs, when customer_data.progress is on.
#pragma once
#include "pg/bridge.hpp"
#include <string>

namespace cd::pg {

// Objects may be alive.
inline void tell(const std::string &line) {
    const char *const text = line.c_str();
    call([text] { ereport(INFO, errmsg_internal("%s", text)); });
}

} // namespace cd::pg
