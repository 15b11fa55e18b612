// jsonb as a result, and as an argument.
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

// A jsonb value, which may be nested so deeply, or too_deep() is called, which throws.
JsonValue json_value(Datum jsonb, int max_depth, void (*too_deep)());

} // namespace cd::pg
