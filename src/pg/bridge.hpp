// The wall between C++ and the backend, and the only header that includes postgres.h.
//
// C++ to backend: CD_FUNCTION defines an entry point. Whatever its body throws is turned into an ereport after the
// last destructor has run. Backend to C++: a backend function that can raise is called either while nothing with a
// destructor is alive, or through pg::call, which turns the longjmp into an exception. A backend error stays on the
// backend's own error stack meanwhile, so SQLSTATE, detail, hint and context reach the user unchanged.
#pragma once
#include "common/error.hpp"
#include <new>
#include <stdexcept>
#include <type_traits>

// PostgreSQL 15 leaves PGDLLEXPORT empty on Linux; we hide everything else (see exports.map).
#ifndef PGDLLEXPORT
#define PGDLLEXPORT __attribute__((visibility("default")))
#endif
extern "C" {
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
}
#undef Abs
#undef Max
#undef Min
#undef _

namespace cd::pg {

// Thrown while a backend error waits on the backend's error stack. Not a std::exception, so that no handler for
// those can swallow it.
struct Pending {};

template <class F> auto call(F &&body) -> decltype(body()) {
    using Result = decltype(body());
    static_assert(std::is_trivially_destructible_v<std::remove_reference_t<F>>, "capture by reference only");
    static_assert(std::is_void_v<Result> || std::is_trivially_copyable_v<Result>, "return plain data only");
    MemoryContext const context = CurrentMemoryContext;
    sigjmp_buf *const outer = PG_exception_stack;
    ErrorContextCallback *const callbacks = error_context_stack;
    sigjmp_buf here;
    if (sigsetjmp(here, 0) == 0) { // nothing local is written after this line, so nothing need be volatile
        PG_exception_stack = &here;
        if constexpr (std::is_void_v<Result>) {
            body();
            PG_exception_stack = outer;
            error_context_stack = callbacks;
            return;
        } else {
            Result result = body();
            PG_exception_stack = outer;
            error_context_stack = callbacks;
            return result;
        }
    }
    PG_exception_stack = outer;
    error_context_stack = callbacks;
    MemoryContextSwitchTo(context);
    throw Pending{};
}

inline void check_interrupts() {
    if (unlikely(INTERRUPTS_PENDING_CONDITION())) call([] { ProcessInterrupts(); });
}
inline constexpr Poll interrupts{check_interrupts};

// An error in plain data: it outlives the exception and all destructors. Longer texts are cut at a whole character.
struct Failure {
    bool pending;
    int state;
    char message[512], detail[1024], hint[512];
};
void fill(Failure &, const char *state, const char *message, const char *detail = "", const char *hint = "") noexcept;
[[noreturn]] void raise(const Failure &);
// For input functions: leaves a soft error where the caller asked for one (PostgreSQL 16 and later), else raises.
void raise_soft(const Failure &, fmNodePtr context);

// Runs a body of ours for the backend: the one place that catches everything. `handle` gets what was thrown, after the
// last destructor.
template <class Body, class Handle> auto guarded(Body &&body, Handle &&handle) {
    Failure failure;
    failure.pending = false;
    try {
        return body();
    } catch (const Pending &) {
        failure.pending = true;
    } catch (const Error &e) {
        fill(failure, e.state(), e.what(), e.detail().c_str(), e.hint().c_str());
    } catch (const std::bad_alloc &) {
        fill(failure, "53200", "out of memory");
    } catch (const std::exception &e) {
        fill(failure, "XX000", e.what());
    } catch (...) {
        fill(failure, "XX000", "unknown C++ exception");
    }
    return handle(failure);
}
template <class Body> auto guarded(Body &&body) {
    return guarded(body, [](const Failure &failure) -> decltype(body()) { raise(failure); });
}

enum class Errors { hard, soft };
template <auto Body, Errors Mode> Datum entry(FunctionCallInfo fcinfo) {
    const auto body = [fcinfo] { return Body(fcinfo); };
    if constexpr (Mode == Errors::hard)
        return guarded(body);
    else
        return guarded(body, [fcinfo](const Failure &failure) {
            raise_soft(failure, fcinfo->context);
            fcinfo->isnull = true;
            return Datum{0};
        });
}

} // namespace cd::pg

// CD_FUNCTION(cd_name) { ... fcinfo ... } defines the SQL-callable function cd_name. CD_DEFINE does so for a body that
// already stands somewhere, for instance an instance of a template.
#define CD_DEFINE_WITH(name, errors, ...)                                                                              \
    extern "C" {                                                                                                       \
    PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                                                                          \
    PG_FUNCTION_INFO_V1(name);                                                                                         \
    }                                                                                                                  \
    Datum name(PG_FUNCTION_ARGS) { return cd::pg::entry<(__VA_ARGS__), cd::pg::Errors::errors>(fcinfo); }
#define CD_DEFINE(name, ...) CD_DEFINE_WITH(name, hard, __VA_ARGS__)
#define CD_DEFINE_INPUT(name, ...) CD_DEFINE_WITH(name, soft, __VA_ARGS__)
#define CD_FUNCTION(name)                                                                                              \
    static Datum name##_body([[maybe_unused]] FunctionCallInfo fcinfo);                                                \
    CD_DEFINE(name, name##_body)                                                                                       \
    static Datum name##_body([[maybe_unused]] FunctionCallInfo fcinfo)
