// Models as arguments: parsed once per query, and the rows of the query read as their features.
#pragma once
#include "dataset/dataset_sql.hpp"
#include "dataset/feature_sql.hpp"
#include "pg/array.hpp"
#include "pg/json.hpp"
#include "pg/record.hpp"
#include <algorithm>

namespace cd::dataset {

// Reads rows as the features of a model: records by the names of their columns, arrays in the order of the model.
class FeatureReader {
  public:
    explicit FeatureReader(const Columns &columns);

    // A number, `missing`, or the code of a category, for each feature. A category that the model has not seen is a
    // missing one. Valid until the next row. Nothing with a destructor may be alive.
    const double *record(Datum row, MemoryContext context);
    const double *array(Datum row);

  private:
    struct Field {
        int attribute;
        Feature feature;
    };
    void plan();

    const Columns &columns_;
    const Column *category_; // the first one, or null
    pg::Record record_;
    std::vector<Field> fields_; // one per feature
    std::vector<double> features_;
};

// A model as a value. M has
//   static constexpr const char *type   its name
//   explicit M(Bytes flat)              parses these, anybody's, bytes; or throws
//   const Columns &columns() const      its features
//   std::size_t room() const            at least the size of its flat form
//   std::uint8_t *put(std::uint8_t *) const
//   void tell(Json &, Poll) const       for people and other programs
template <class M> Datum model_datum(const M &model) {
    const std::size_t room = model.room();
    if (room > pg::max_stored)
        throw Error(sqlstate::program_limit, std::string(M::type) + " is too large",
                    "It has " + std::to_string(room / 1024) + " kB; a value that can be dumped has at most " +
                        std::to_string(pg::max_stored / 1024) + " kB.");
    struct varlena *value;
    pg::call([&value, room] { value = static_cast<struct varlena *>(palloc(room + VARHDRSZ)); });
    auto *const content = reinterpret_cast<std::uint8_t *>(VARDATA(value));
    SET_VARSIZE(value, static_cast<std::size_t>(model.put(content) - content) + VARHDRSZ);
    return PointerGetDatum(value);
}
template <class M> M model_arg(FunctionCallInfo fcinfo) { return M(pg::bytes_arg(fcinfo->args[0].value)); }

template <class M> Datum accept_model(Bytes untrusted) {
    {
        const M model(untrusted);
        check_text(model.columns(), M::type);
        std::vector<std::uint8_t> again(model.room());
        const std::uint8_t *const end = model.put(again.data());
        if (!std::ranges::equal(untrusted, Bytes(again.data(), end)))
            Reader(untrusted, M::type).refuse("It is not in the form that this type is written in.");
    }
    return pg::copy_datum(untrusted);
}
template <class M> Datum model_in(FunctionCallInfo fcinfo) {
    return accept_model<M>(pg::from_base64(DatumGetCString(fcinfo->args[0].value), M::type));
}
template <class M> Datum model_recv(FunctionCallInfo fcinfo) { return accept_model<M>(pg::receive(fcinfo)); }
inline Datum model_out(FunctionCallInfo fcinfo) {
    PG_RETURN_CSTRING(pg::to_base64(pg::bytes_arg(fcinfo->args[0].value)));
}
inline Datum model_send(FunctionCallInfo fcinfo) { return pg::send(pg::bytes_arg(fcinfo->args[0].value)); }

template <class M> Datum model_to_jsonb(FunctionCallInfo fcinfo) {
    const M model = model_arg<M>(fcinfo);
    Json json;
    model.tell(json, pg::interrupts);
    return pg::jsonb_datum(json);
}

// A model as an argument, kept from call to call while it stays the same.
template <class M> class KeptModel {
    struct Kept {
        MemoryContext context; // of this, and what belongs to it
        Bytes argument;        // as it was passed: where a toasted value is, or the value
        M model;
        FeatureReader reader;
        MemoryContextCallback at_end;
        Kept(MemoryContext c, Bytes a, Bytes flat) : context(c), argument(a), model(flat), reader(model.columns()) {}
    };

  public:
    explicit KeptModel(FunctionCallInfo fcinfo) {
        const Datum given = fcinfo->args[0].value;
        const auto *const pointer = reinterpret_cast<const struct varlena *>(DatumGetPointer(given));
        // The bytes themselves: an address may meanwhile hold another model.
        const Bytes argument(reinterpret_cast<const std::uint8_t *>(pointer), VARSIZE_ANY(pointer));
        kept_ = static_cast<Kept *>(fcinfo->flinfo->fn_extra);
        if (!kept_ || kept_->argument.size() != argument.size() ||
            memcmp(kept_->argument.data(), argument.data(), argument.size()) != 0)
            keep(fcinfo->flinfo, argument, pg::bytes_arg(given));
    }
    M *operator->() const { return &kept_->model; }
    M &operator*() const { return kept_->model; }

    // Features of the second argument: a record, or an array.
    const double *record(FunctionCallInfo fcinfo) {
        return kept_->reader.record(fcinfo->args[1].value, kept_->context);
    }
    const double *array(FunctionCallInfo fcinfo) { return kept_->reader.array(fcinfo->args[1].value); }

  private:
    void keep(FmgrInfo *function, Bytes argument, Bytes flat) {
        if (kept_) {
            function->fn_extra = nullptr;
            MemoryContextDelete(kept_->context);
        }
        MemoryContext const context = AllocSetContextCreate(function->fn_mcxt, "model", ALLOCSET_DEFAULT_SIZES);
        auto *const copy = static_cast<std::uint8_t *>(MemoryContextAllocHuge(context, argument.size()));
        memcpy(copy, argument.data(), argument.size());
        kept_ = new (MemoryContextAlloc(context, sizeof(Kept))) Kept(context, {copy, argument.size()}, flat);
        kept_->at_end.func = [](void *kept) { static_cast<Kept *>(kept)->~Kept(); };
        kept_->at_end.arg = kept_;
        MemoryContextRegisterResetCallback(context, &kept_->at_end);
        function->fn_extra = kept_;
    }

    Kept *kept_;
};

} // namespace cd::dataset

// What every type of model has: input, output and the cast to jsonb.
#define CD_DEFINE_MODEL(name, M)                                                                                       \
    CD_DEFINE_INPUT(cd_##name##_in, cd::dataset::model_in<M>)                                                          \
    CD_DEFINE(cd_##name##_out, cd::dataset::model_out)                                                                 \
    CD_DEFINE_INPUT(cd_##name##_recv, cd::dataset::model_recv<M>)                                                      \
    CD_DEFINE(cd_##name##_send, cd::dataset::model_send)                                                               \
    CD_DEFINE(cd_##name##_to_jsonb, cd::dataset::model_to_jsonb<M>)
