// hash_split(key, VARIADIC fractions)
#include "evaluation/hash_split.hpp"
#include "pg/array.hpp"
extern "C" {
#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"
}

using namespace cd;

CD_FUNCTION(cd_hash_split) {
    const std::string_view key = pg::text_arg(fcinfo->args[0].value);
    const std::span<const double> fractions = pg::elements<double>(fcinfo->args[1].value, "fractions");
    evaluation::check_fractions(fractions);
    // In UTF-8, so that a key has the same part in databases of every encoding.
    const char *const utf8 = pg_server_to_any(key.data(), static_cast<int>(key.size()), PG_UTF8);
    const Datum bytes = utf8 == key.data() ? fcinfo->args[0].value : CStringGetTextDatum(utf8);
    const Bytes digest = pg::bytes_arg(DirectFunctionCall1(sha256_bytea, bytes));
    PG_RETURN_INT32(evaluation::part_of(digest, fractions));
}
