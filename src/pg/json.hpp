// jsonb as a result.
#pragma once
#include "common/json.hpp"
#include "pg/bridge.hpp"
extern "C" {
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
}

namespace cd::pg {

inline Datum jsonb_datum(const Json &json) {
    const char *const text = json.str().c_str();
    return call([text] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(text)); });
}

} // namespace cd::pg
