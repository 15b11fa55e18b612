// Type sealed: its forms, its order, and what it says of itself. No key is needed here.
#include "pg/rows.hpp"
#include "seal/sealed.hpp"
extern "C" {
#include "access/detoast.h"
#include "utils/fmgrprotos.h"
}

namespace cd::seal {
namespace {

Datum checked_datum(Bytes value) {
    Sealed::parse(value);
    return pg::copy_datum(value);
}

Datum input(FunctionCallInfo fcinfo) {
    const std::string_view given(PG_GETARG_CSTRING(0));
    const std::size_t size = value_size(given);
    const pg::NewVarlena value(size);
    read_text(given, value.content, pg::interrupts);
    return value.finish(value.content + size);
}

// Of a stored value, without fetching the rest of it.
Header header_arg(FunctionCallInfo fcinfo) {
    return Header::parse(pg::bytes_of(PG_DETOAST_DATUM_SLICE(fcinfo->args[0].value, 0, header_size)));
}

} // namespace
} // namespace cd::seal

using namespace cd;
using namespace cd::seal;

CD_DEFINE_INPUT(cd_sealed_in, input)
CD_FUNCTION(cd_sealed_out) {
    const Bytes value = pg::bytes_arg(fcinfo->args[0].value);
    const std::size_t size = text_size(value.size());
    auto *const written = static_cast<char *>(palloc(size + 1));
    put_text(value, written, pg::interrupts);
    written[size] = '\0';
    PG_RETURN_CSTRING(written);
}
CD_FUNCTION(cd_sealed_recv) { return checked_datum(pg::receive(fcinfo)); }
CD_FUNCTION(cd_sealed_send) { return pg::send(pg::bytes_arg(fcinfo->args[0].value)); }
CD_FUNCTION(cd_sealed_of_bytea) { return checked_datum(pg::bytes_arg(fcinfo->args[0].value)); }

// Values are compared as the bytes that they are, which is what bytea does.
CD_FUNCTION(cd_sealed_eq) { return byteaeq(fcinfo); }
CD_FUNCTION(cd_sealed_ne) { return byteane(fcinfo); }
CD_FUNCTION(cd_sealed_lt) { return bytealt(fcinfo); }
CD_FUNCTION(cd_sealed_le) { return byteale(fcinfo); }
CD_FUNCTION(cd_sealed_gt) { return byteagt(fcinfo); }
CD_FUNCTION(cd_sealed_ge) { return byteage(fcinfo); }
CD_FUNCTION(cd_sealed_cmp) { return byteacmp(fcinfo); }
CD_FUNCTION(cd_sealed_hash) { return hashvarlena(fcinfo); }
CD_FUNCTION(cd_sealed_hash_extended) { return hashvarlenaextended(fcinfo); }

CD_FUNCTION(cd_sealed_key_version) { PG_RETURN_INT32(static_cast<std::int32_t>(header_arg(fcinfo).version)); }
CD_FUNCTION(cd_sealed_info) {
    const Header header = header_arg(fcinfo);
    const std::size_t size = toast_raw_datum_size(fcinfo->args[0].value) - VARHDRSZ;
    Datum values[] = {Int32GetDatum(static_cast<std::int32_t>(header.version)),
                      BoolGetDatum(!(header.flags & randomised)), BoolGetDatum((header.flags & row_bound) != 0),
                      BoolGetDatum((header.flags & of_subject) != 0),
                      Int32GetDatum(static_cast<std::int32_t>(size - overhead(header.flags)))};
    bool nulls[std::size(values)] = {};
    return pg::row_datum(pg::result_row(fcinfo), values, nulls);
}
