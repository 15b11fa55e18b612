#include "pg/bridge.hpp"
#include <cstring>
#if PG_VERSION_NUM >= 160000
extern "C" {
#include "nodes/miscnodes.h"
}
#endif
extern "C" {
#include "mb/pg_wchar.h"
}

namespace cd::pg {

static int pack_sqlstate(const char *s) { return MAKE_SQLSTATE(s[0], s[1], s[2], s[3], s[4]); }

void fill(Failure &f, const char *state, const char *message, const char *detail, const char *hint) noexcept {
    f.state = pack_sqlstate(state);
    strlcpy(f.message, message, sizeof f.message);
    strlcpy(f.detail, detail, sizeof f.detail);
    strlcpy(f.hint, hint, sizeof f.hint);
}

// strlcpy may have cut a character in two.
static const char *whole(const char *text, char *buffer, size_t size) {
    const size_t length = strlen(text);
    const int kept = pg_mbcliplen(text, static_cast<int>(length), static_cast<int>(size - 1));
    memcpy(buffer, text, static_cast<size_t>(kept));
    buffer[kept] = '\0';
    return buffer;
}

static void report(const Failure &f, [[maybe_unused]] fmNodePtr context) {
    if (f.pending) PG_RE_THROW();
    char message[sizeof f.message], detail[sizeof f.detail], hint[sizeof f.hint];
    whole(f.message, message, sizeof message);
    whole(f.detail, detail, sizeof detail);
    whole(f.hint, hint, sizeof hint);
    // What protects values fails where one is at hand: the server's log shall not tell it with the statement, or with
    // the line of a COPY.
    const bool hidden = ERRCODE_TO_CATEGORY(f.state) == MAKE_SQLSTATE('Z', 'C', '0', '0', '0');
#if PG_VERSION_NUM >= 160000
    errsave(context,
            (errcode(f.state), errmsg_internal("%s", message), detail[0] ? errdetail_internal("%s", detail) : 0,
             hint[0] ? errhint("%s", hint) : 0, errhidestmt(hidden), errhidecontext(hidden)));
#else
    ereport(ERROR, (errcode(f.state), errmsg_internal("%s", message), detail[0] ? errdetail_internal("%s", detail) : 0,
                    hint[0] ? errhint("%s", hint) : 0, errhidestmt(hidden), errhidecontext(hidden)));
#endif
}

void raise(const Failure &f) {
    report(f, nullptr);
    pg_unreachable();
}

void raise_soft(const Failure &f, fmNodePtr context) { report(f, context); }

} // namespace cd::pg
