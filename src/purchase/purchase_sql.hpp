// How other bindings read and make values of type purchase_summary.
#pragma once
#include "pg/varlena.hpp"
#include "purchase/purchase.hpp"

namespace cd::purchase {

Stored stored_of(Bytes content);
Stored stored_arg(FunctionCallInfo fcinfo, int i);
Datum packed_datum(const Figures &, const std::uint8_t *gaps);

} // namespace cd::purchase
