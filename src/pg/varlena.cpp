#include "pg/varlena.hpp"
extern "C" {
#include "common/base64.h"
}

namespace cd::pg {

#if PG_VERSION_NUM >= 180000
using Base64Byte = std::uint8_t;
#else
using Base64Byte = char;
#endif

char *to_base64(Bytes bytes) {
    // pg_b64_enc_len and pg_b64_dec_len compute in int, which large values overflow.
    if (bytes.size() > max_stored) elog(ERROR, "value of %zu bytes has no text form", bytes.size());
    const std::size_t room = (bytes.size() + 2) / 3 * 4;
    char *const text = static_cast<char *>(palloc(room + 1));
    const int n = pg_b64_encode(reinterpret_cast<const Base64Byte *>(bytes.data()), static_cast<int>(bytes.size()),
                                text, static_cast<int>(room));
    if (n < 0) elog(ERROR, "could not encode base64");
    text[n] = '\0';
    return text;
}

Bytes from_base64(const char *text, const char *type) {
    const std::size_t size = strlen(text), room = size / 4 * 3 + 3;
    auto *const bytes = static_cast<std::uint8_t *>(palloc(room + 1));
    const int n =
        pg_b64_decode(text, static_cast<int>(size), reinterpret_cast<Base64Byte *>(bytes), static_cast<int>(room));
    if (n < 0)
        throw Error(sqlstate::invalid_text, std::string("invalid input for type ") + type, "It is not base64.",
                    "Values of this type come from its aggregate; pass them on unchanged.");
    return {bytes, static_cast<std::size_t>(n)};
}

} // namespace cd::pg
