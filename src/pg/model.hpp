// Models as values and as arguments: parsed once per query, not once per row.
#pragma once
#include "common/json.hpp"
#include "pg/json.hpp"
#include "pg/varlena.hpp"
#include <algorithm>
#include <vector>

namespace cd::pg {

// A model as a value. M has
//   static constexpr const char *type   its name
//   explicit M(Bytes flat)              parses these, anybody's, bytes; or throws
//   std::size_t room() const            at least the size of its flat form
//   std::uint8_t *put(std::uint8_t *) const
//   void tell(Json &, Poll) const       for people and other programs
// and may have
//   M(Bytes flat, Poll)                 the same, for models that take time to parse
//   static constexpr std::size_t identity   bytes of its flat form that no other model begins with
template <class M> Datum model_datum(const M &model) {
    const std::size_t room = model.room();
    if (room > max_stored)
        throw Error(sqlstate::program_limit, std::string(M::type) + " is too large",
                    "It has " + std::to_string(room / 1024) + " kB; a value that can be dumped has at most " +
                        std::to_string(max_stored / 1024) + " kB.");
    struct varlena *value;
    call([&value, room] { value = static_cast<struct varlena *>(palloc(room + VARHDRSZ)); });
    auto *const content = reinterpret_cast<std::uint8_t *>(VARDATA(value));
    SET_VARSIZE(value, static_cast<std::size_t>(model.put(content) - content) + VARHDRSZ);
    return PointerGetDatum(value);
}
template <class M> M parse_model(Bytes flat) {
    if constexpr (std::is_constructible_v<M, Bytes, Poll>)
        return M(flat, interrupts);
    else
        return M(flat);
}
template <class M> M model_arg(FunctionCallInfo fcinfo) { return parse_model<M>(bytes_arg(fcinfo->args[0].value)); }

// Text of anybody's bytes is not yet text of this database: Check(model) refuses what is not.
struct NoText {
    void operator()(const auto &) const {}
};
template <class M, class Check> Datum accept_model(Bytes untrusted) {
    {
        const M model = parse_model<M>(untrusted);
        Check{}(model);
        std::vector<std::uint8_t> again(model.room());
        const std::uint8_t *const end = model.put(again.data());
        if (!std::ranges::equal(untrusted, Bytes(again.data(), end)))
            Reader(untrusted, M::type).refuse("It is not in the form that this type is written in.");
    }
    return copy_datum(untrusted);
}
template <class M, class Check> Datum model_in(FunctionCallInfo fcinfo) {
    return accept_model<M, Check>(from_base64(DatumGetCString(fcinfo->args[0].value), M::type));
}
template <class M, class Check> Datum model_recv(FunctionCallInfo fcinfo) {
    return accept_model<M, Check>(receive(fcinfo));
}
inline Datum model_out(FunctionCallInfo fcinfo) { PG_RETURN_CSTRING(to_base64(bytes_arg(fcinfo->args[0].value))); }
inline Datum model_send(FunctionCallInfo fcinfo) { return send(bytes_arg(fcinfo->args[0].value)); }

template <class M> Datum model_to_jsonb(FunctionCallInfo fcinfo) {
    const M model = model_arg<M>(fcinfo);
    Json json;
    model.tell(json, interrupts);
    return jsonb_datum(json);
}

// A model from what the cast to jsonb made, which is nested so deeply.
template <class M, int max_depth> Datum model_from_jsonb(FunctionCallInfo fcinfo) {
    const JsonValue json = json_value(fcinfo->args[0].value, max_depth, [] {
        throw Error(sqlstate::invalid_text, std::string("jsonb is no ") + M::type, "It is nested too deeply.",
                    "Give what the cast to jsonb made.");
    });
    return model_datum(M(json, interrupts));
}

// A model as an argument, kept from call to call, and With(model) beside it. So are a few others, for a query that
// compares models.
template <class M, class With> class KeptModel {
    static constexpr int most = 8;
    struct Kept {
        Kept *next = nullptr;  // that was used before this
        MemoryContext context; // of this, and what belongs to it
        Bytes argument;        // as it was passed: where a toasted value is, or the value, or what it begins with
        M model;
        With with;
        MemoryContextCallback at_end;
        Kept(MemoryContext c, Bytes a, Bytes flat)
            : context(c), argument(a), model(parse_model<M>(flat)), with(model) {}
    };

  public:
    explicit KeptModel(FunctionCallInfo fcinfo) {
        const Datum given = fcinfo->args[0].value;
        const auto *const pointer = reinterpret_cast<const struct varlena *>(DatumGetPointer(given));
        // The bytes themselves: an address may meanwhile hold another model.
        std::size_t compared = VARSIZE_ANY(pointer);
        // A large model is not looked at as a whole for every row.
        if constexpr (requires { M::identity; })
            if (VARATT_IS_4B_U(pointer)) compared = std::min(compared, VARHDRSZ + M::identity);
        const Bytes argument(reinterpret_cast<const std::uint8_t *>(pointer), compared);
        kept_ = static_cast<Kept *>(fcinfo->flinfo->fn_extra);
        if (!kept_ || !is(*kept_, argument)) find(fcinfo->flinfo, argument, given);
    }
    M *operator->() const { return &kept_->model; }
    M &operator*() const { return kept_->model; }

    With &with() const { return kept_->with; }
    MemoryContext context() const { return kept_->context; }

  private:
    static bool is(const Kept &kept, Bytes argument) {
        return kept.argument.size() == argument.size() &&
               memcmp(kept.argument.data(), argument.data(), argument.size()) == 0;
    }
    // Not the first one.
    void find(FmgrInfo *function, Bytes argument, Datum given) {
        int n = 1;
        for (Kept *before = kept_; before && before->next; before = before->next, ++n) {
            Kept *const found = before->next;
            if (!is(*found, argument)) {
                if (n + 1 < most) continue;
                before->next = nullptr;
                MemoryContextDelete(found->context);
                break;
            }
            before->next = found->next;
            found->next = kept_;
            function->fn_extra = kept_ = found;
            return;
        }
        keep(function, argument, bytes_arg(given));
    }
    void keep(FmgrInfo *function, Bytes argument, Bytes flat) {
        MemoryContext const context = AllocSetContextCreate(function->fn_mcxt, "model", ALLOCSET_DEFAULT_SIZES);
        auto *const copy = static_cast<std::uint8_t *>(MemoryContextAllocHuge(context, argument.size()));
        memcpy(copy, argument.data(), argument.size());
        auto *const made = new (MemoryContextAlloc(context, sizeof(Kept))) Kept(context, {copy, argument.size()}, flat);
        made->at_end.func = [](void *kept) { static_cast<Kept *>(kept)->~Kept(); };
        made->at_end.arg = made;
        MemoryContextRegisterResetCallback(context, &made->at_end);
        made->next = kept_;
        function->fn_extra = kept_ = made;
    }

    Kept *kept_;
};

} // namespace cd::pg

// What every type of model has: input, output and the cast to jsonb. Check: see accept_model.
#define CD_DEFINE_MODEL_WITH(name, M, Check)                                                                           \
    CD_DEFINE_INPUT(cd_##name##_in, (cd::pg::model_in<M, Check>))                                                      \
    CD_DEFINE(cd_##name##_out, cd::pg::model_out)                                                                      \
    CD_DEFINE_INPUT(cd_##name##_recv, (cd::pg::model_recv<M, Check>))                                                  \
    CD_DEFINE(cd_##name##_send, cd::pg::model_send)                                                                    \
    CD_DEFINE(cd_##name##_to_jsonb, cd::pg::model_to_jsonb<M>)
