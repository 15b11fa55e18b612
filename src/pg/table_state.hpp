// Whole-table states: a C++ object in a memory context of its own, which the backend knows as an expanded object. It is
// passed on by pointer and flattened only when it has to be stored.
//
// A type T has
//   T(std::pmr::memory_resource *)      an empty state; it is never destroyed, its memory goes with its context
//   void merge(Bytes flat)              adds a flat value of ours
//   Bytes flatten(ContextMemory &)      its flat form, in memory of that resource
//   static Bytes check(Bytes)           throws unless these, anybody's, bytes are a valid flat form
//   static constexpr const char *type   its name in messages
#pragma once
#include "pg/memory.hpp"
#include "pg/varlena.hpp"
extern "C" {
#include "utils/expandeddatum.h"
}

namespace cd::pg {

template <class T> class TableState {
    struct State;

  public:
    // An argument, as it came: flat bytes, or somebody's object.
    struct Arg {
        T *object; // or null
        Bytes flat;
    };
    static Arg arg(Datum d) {
        if (State *const state = expanded(d)) return {&state->object, {}};
        return {nullptr, bytes_arg(d)};
    }

    // The state of a transition function: the one that came, if we made it for this aggregate, else a new one with the
    // contents of the old. The caller changes it and returns result(). Nothing with a destructor may be alive.
    class Transition {
      public:
        explicit Transition(FunctionCallInfo fcinfo) {
            MemoryContext aggregate;
            if (!AggCheckCallContext(fcinfo, &aggregate)) aggregate = CurrentMemoryContext;
            const NullableDatum &given = fcinfo->args[0];
            if (!given.isnull && VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(given.value)) &&
                (state_ = expanded(given.value))) {
                result_ = given.value;
                state_->drop_flat();
                return;
            }
            state_ = make(aggregate, result_);
            if (given.isnull) return;
            const Arg old = arg(given.value);
            state_->object.merge(old.object ? flat_of(*expanded(given.value)) : old.flat);
        }
        T &operator*() { return state_->object; }
        T *operator->() { return &state_->object; }
        Datum result() const { return result_; }

      private:
        State *state_;
        Datum result_;
    };

    static Datum accept(Bytes untrusted) { return copy_datum(T::check(untrusted)); }

    static Datum in(FunctionCallInfo fcinfo) {
        return accept(from_base64(DatumGetCString(fcinfo->args[0].value), T::type));
    }
    static Datum recv(FunctionCallInfo fcinfo) { return accept(receive(fcinfo)); }
    static Datum out(FunctionCallInfo fcinfo) { PG_RETURN_CSTRING(to_base64(flat_arg(fcinfo->args[0].value))); }
    static Datum send_(FunctionCallInfo fcinfo) { return send(flat_arg(fcinfo->args[0].value)); }

    static Datum combine(FunctionCallInfo fcinfo) {
        if (fcinfo->args[1].isnull) {
            if (fcinfo->args[0].isnull) PG_RETURN_NULL();
            return fcinfo->args[0].value;
        }
        const Bytes other = flat_arg(fcinfo->args[1].value);
        Transition state(fcinfo);
        state->merge(other);
        return state.result();
    }

    // PostgreSQL 15 copies, and so flattens, an aggregate's result unless its pointer lies in the per-tuple context
    // (finalize_aggregate). So we return a pointer that does, to a small handle on the same state. It is read-only, so
    // that nobody (plpgsql does) takes the context for his own.
    static Datum final(FunctionCallInfo fcinfo) {
        if (fcinfo->args[0].isnull) {
            Datum empty;
            return PointerGetDatum(copy_of_flat(*make(CurrentMemoryContext, empty)));
        }
        State *const state = expanded(fcinfo->args[0].value);
        if (!state) return fcinfo->args[0].value;
        auto *const handle = static_cast<Handle *>(palloc(sizeof(Handle)));
        EOH_init_header(&handle->header, &methods, CurrentMemoryContext);
        handle->state = state;
        void *const pointer = palloc(EXPANDED_POINTER_SIZE);
        memcpy(pointer, handle->header.eoh_ro_ptr, EXPANDED_POINTER_SIZE);
        return PointerGetDatum(pointer);
    }

  private:
    struct State {
        ContextMemory memory;
        T object;
        Bytes flat; // kept from the size to the copy; dropped when the object changes
        explicit State(MemoryContext context) : memory(context), object(&memory) {}
        void drop_flat() {
            if (!flat.empty()) pfree(const_cast<std::uint8_t *>(flat.data()));
            flat = {};
        }
    };
    struct Handle {
        ExpandedObjectHeader header;
        State *state;
    };

    static State *make(MemoryContext parent, Datum &result) {
        MemoryContext const own = AllocSetContextCreate(parent, T::type, ALLOCSET_DEFAULT_SIZES);
        auto *const handle = static_cast<Handle *>(MemoryContextAlloc(own, sizeof(Handle)));
        EOH_init_header(&handle->header, &methods, own);
        handle->state = new (MemoryContextAlloc(own, sizeof(State))) State(own);
        result = EOHPGetRWDatum(&handle->header);
        return handle->state;
    }
    static State *expanded(Datum d) {
        if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(d))) return nullptr;
        ExpandedObjectHeader *const header = DatumGetEOHP(d);
        if (header->eoh_methods != &methods) elog(ERROR, "expanded object is not a %s", T::type);
        return reinterpret_cast<Handle *>(header)->state;
    }
    static Bytes flat_of(State &state) {
        if (state.flat.empty()) {
            state.flat = state.object.flatten(state.memory);
            const std::size_t size = state.flat.size();
            call([size] { ereport(DEBUG1, (errmsg_internal("%s flattened to %zu bytes", T::type, size))); });
        }
        return state.flat;
    }
    static Bytes flat_arg(Datum d) {
        State *const state = expanded(d);
        return state ? flat_of(*state) : bytes_arg(d);
    }
    static struct varlena *copy_of_flat(State &state) {
        return reinterpret_cast<struct varlena *>(DatumGetPointer(copy_datum(flat_of(state))));
    }

    // Called by the backend, so nothing may be thrown out of them.
    static Size flat_size(ExpandedObjectHeader *header) {
        return guarded([header] { return flat_of(*reinterpret_cast<Handle *>(header)->state).size() + VARHDRSZ; });
    }
    static void flatten_into(ExpandedObjectHeader *header, void *result, Size size) {
        const Bytes flat = reinterpret_cast<Handle *>(header)->state->flat;
        Assert(flat.size() + VARHDRSZ == size);
        SET_VARSIZE(result, size);
        memcpy(VARDATA(result), flat.data(), flat.size());
    }
    static constexpr ExpandedObjectMethods methods{flat_size, flatten_into};
};

} // namespace cd::pg
