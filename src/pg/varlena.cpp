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
    const int size = static_cast<int>(bytes.size());
    const int room = pg_b64_enc_len(size);
    char *const text = static_cast<char *>(palloc(static_cast<Size>(room) + 1));
    const int n = pg_b64_encode(reinterpret_cast<const Base64Byte *>(bytes.data()), size, text, room);
    if (n < 0) elog(ERROR, "could not encode base64");
    text[n] = '\0';
    return text;
}

Bytes from_base64(const char *text, const char *type) {
    const int size = static_cast<int>(strlen(text));
    const int room = pg_b64_dec_len(size);
    auto *const bytes = static_cast<std::uint8_t *>(palloc(static_cast<Size>(room) + 1));
    const int n = pg_b64_decode(text, size, reinterpret_cast<Base64Byte *>(bytes), room);
    if (n < 0)
        throw Error(sqlstate::invalid_text, std::string("invalid input for type ") + type, "It is not base64.",
                    "Values of this type come from its aggregate; pass them on unchanged.");
    return {bytes, static_cast<std::size_t>(n)};
}

} // namespace cd::pg
