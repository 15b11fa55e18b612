// Text for kernels that know UTF-8 alone, and back.
#pragma once
#include "pg/varlena.hpp"
extern "C" {
#include "mb/pg_wchar.h"
}

namespace cd::pg {

// Text of the database as UTF-8, so that databases of other encodings agree; may allocate in the current context. In
// SQL_ASCII nobody knows what bytes mean: they come as they are. Objects may be alive.
inline std::string_view utf8(std::string_view text) {
    const int encoding = GetDatabaseEncoding();
    if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII || text.empty()) return text;
    const char *const converted =
        call([&text] { return pg_server_to_any(text.data(), static_cast<int>(text.size()), PG_UTF8); });
    return converted == text.data() ? text : std::string_view(converted);
}
// Nothing with a destructor may be alive.
inline std::string_view utf8_arg(Datum d) { return utf8(text_arg(d)); }

// What came from such text, as text of the database. Objects may be alive.
inline Datum text_of_utf8(std::string_view utf8) {
    return call([&utf8] {
        const int size = static_cast<int>(utf8.size());
        if (GetDatabaseEncoding() == PG_SQL_ASCII) return text_datum(utf8);
        const char *const converted = pg_any_to_server(utf8.data(), size, PG_UTF8);
        return text_datum(converted == utf8.data() ? utf8 : std::string_view(converted));
    });
}

} // namespace cd::pg
