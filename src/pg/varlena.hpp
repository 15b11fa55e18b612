// Variable-length values: views of arguments, new results, and the text form of all our types.
#pragma once
#include "common/bytes.hpp"
#include "pg/bridge.hpp"
#include <string_view>
extern "C" {
#include "libpq/pqformat.h"
#include "utils/builtins.h"
}

namespace cd::pg {

// The functions of this header call the backend directly: use them while nothing with a destructor is alive.

inline Bytes bytes_of(const void *value) {
    const auto *v = static_cast<const struct varlena *>(value);
    return {reinterpret_cast<const std::uint8_t *>(VARDATA_ANY(v)), VARSIZE_ANY_EXHDR(v)};
}
// Detoasted, but still with a short header where it has one: no alignment.
inline Bytes bytes_arg(Datum d) { return bytes_of(PG_DETOAST_DATUM_PACKED(d)); }
inline std::string_view text_arg(Datum d) {
    const Bytes b = bytes_arg(d);
    return {reinterpret_cast<const char *>(b.data()), b.size()};
}
inline Datum text_datum(std::string_view s) {
    return PointerGetDatum(cstring_to_text_with_len(s.data(), static_cast<int>(s.size())));
}

// Room for `n` bytes of content; finish() says how many were used.
struct NewVarlena {
    struct varlena *value;
    std::uint8_t *content;
    explicit NewVarlena(std::size_t n)
        : value(static_cast<struct varlena *>(palloc(n + VARHDRSZ))),
          content(reinterpret_cast<std::uint8_t *>(VARDATA(value))) {}
    Datum finish(const std::uint8_t *end) const {
        SET_VARSIZE(value, static_cast<std::size_t>(end - content) + VARHDRSZ);
        return PointerGetDatum(value);
    }
};
inline Datum copy_datum(Bytes bytes) {
    const NewVarlena copy(bytes.size());
    if (!bytes.empty()) memcpy(copy.content, bytes.data(), bytes.size()); // of no bytes there may be no place
    return copy.finish(copy.content + bytes.size());
}

// The largest value that pg_dump can carry: its text form has to fit into one allocation too.
inline constexpr std::size_t max_stored = (MaxAllocSize - (1 << 16)) / 4 * 3;

// Text form: base64 of the binary form, so that both have one parser. It is exact, and what Citus 13 sends.
char *to_base64(Bytes);
// Refuses what is not base64, naming the type.
Bytes from_base64(const char *text, const char *type);

inline Datum send(Bytes bytes) { return copy_datum(bytes); }
// All that is left of a message.
inline Bytes receive(FunctionCallInfo fcinfo) {
    StringInfo const message = reinterpret_cast<StringInfo>(DatumGetPointer(fcinfo->args[0].value));
    const int n = message->len - message->cursor;
    return {reinterpret_cast<const std::uint8_t *>(pq_getmsgbytes(message, n)), static_cast<std::size_t>(n)};
}

} // namespace cd::pg
