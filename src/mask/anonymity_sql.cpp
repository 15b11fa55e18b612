// anonymity_summary in SQL.
#include "customer_data.hpp"
#include "mask/anonymity.hpp"
#include "pg/array.hpp"
#include "pg/rows.hpp"
#include "pg/table_state.hpp"
#include <memory>
extern "C" {
#include "access/tupmacs.h"
#include "mb/pg_wchar.h"
}

namespace cd::mask {
namespace {

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    return pg_strong_random(&seed, sizeof seed) ? seed : 0;
}

// Text of anybody's bytes is not yet text of this database.
void check_encoding(const Field &field) {
    if (field && !pg_verify_mbstr(GetDatabaseEncoding(), field->data(), static_cast<int>(field->size()), true))
        throw Error(sqlstate::invalid_binary, std::string("invalid ") + Anonymity::type,
                    "A value is not valid in the encoding of this database.",
                    "Restore it into a database of the encoding that it was made in.");
}

struct AnonymityState : Anonymity {
    explicit AnonymityState(std::pmr::memory_resource *memory)
        : Anonymity(memory, max_book_memory(), random_seed(), pg::interrupts) {}

    Bytes flatten(pg::ContextMemory &memory) const {
        return Anonymity::flatten([&memory](std::size_t size) {
            if (size > pg::max_stored) refuse_size(type, size, pg::max_stored);
            return static_cast<std::uint8_t *>(memory.allocate(size, 8));
        });
    }
    static Bytes check(Bytes untrusted) {
        // Not bounded by a setting: what one session could store, another one must be able to restore and read.
        std::pmr::monotonic_buffer_resource memory;
        Anonymity summary(&memory, SIZE_MAX, random_seed(), pg::interrupts);
        summary.merge(untrusted);
        summary.each_value(check_encoding);
        for (std::uint32_t i = 0; i < summary.classes(); ++i) {
            pg::interrupts.every(i);
            summary.each_field(i, check_encoding);
        }
        return untrusted;
    }
};
using State = pg::TableState<AnonymityState>;

// Calls use with the summary of the first argument: the object itself, or one made from the flat form. Make the
// argument while nothing with a destructor is alive.
template <class Use> auto with_summary(FunctionCallInfo fcinfo, Use &&use) {
    const State::Arg arg = State::arg(fcinfo->args[0].value);
    if (arg.object) return use(static_cast<const Anonymity &>(*arg.object));
    std::pmr::monotonic_buffer_resource memory;
    Anonymity summary(&memory, SIZE_MAX, random_seed(), pg::interrupts);
    summary.merge(arg.flat);
    return use(static_cast<const Anonymity &>(summary));
}

Field field_of(std::string_view text) { return text; }

// (state, sensitive, quasi_identifiers)
Datum accumulate(FunctionCallInfo fcinfo) {
    const NullableDatum *const args = fcinfo->args;
    if (args[2].isnull)
        throw Error("22004", "quasi_identifiers must not be NULL", "The whole array is NULL.",
                    "Give the columns one by one; NULL in one of them is a value of its own.");
    const ArrayType *const array = DatumGetArrayTypeP(args[2].value);
    if (ARR_NDIM(array) > 1)
        throw Error(sqlstate::invalid_parameter, "quasi_identifiers must have one dimension",
                    "It has " + std::to_string(ARR_NDIM(array)) + ".", "Give the columns one by one.");
    const bool known = !args[1].isnull;
    const std::string_view sensitive = known ? pg::text_arg(args[1].value) : std::string_view();
    State::Transition summary(fcinfo);
    const int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    const bits8 *const bitmap = ARR_NULLBITMAP(array);
    const char *at = ARR_DATA_PTR(array);
    summary->begin_row(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) {
        if (bitmap && !(bitmap[i / 8] & (1 << (i % 8)))) {
            summary->quasi_identifier({});
            continue;
        }
        // Elements of an array are never compressed or elsewhere.
        const Bytes text = pg::bytes_of(at);
        summary->quasi_identifier(field_of({reinterpret_cast<const char *>(text.data()), text.size()}));
        at += att_align_nominal(VARSIZE_ANY(at), TYPALIGN_INT);
    }
    summary->end_row(known ? field_of(sensitive) : Field());
    return summary.result();
}

// An accessor whose result is undefined without rows.
template <class Use> Datum number_or_null(FunctionCallInfo fcinfo, Use &&use) {
    return pg::number_or_null(fcinfo, with_summary(fcinfo, [&use](const Anonymity &s) {
                                  return s.rows() > 0 ? std::optional<double>(use(s)) : std::nullopt;
                              }));
}

double uniqueness(const Anonymity &s) { return static_cast<double>(s.unique_rows()) / static_cast<double>(s.rows()); }

Datum describe(FunctionCallInfo fcinfo) {
    enum { rows, classes, quasi_identifiers, sensitive_values, k, l_distinct, l_entropy, t, unique, count };
    TupleDesc const row = pg::result_row(fcinfo);
    Datum values[count] = {};
    bool nulls[count] = {};
    with_summary(fcinfo, [&values, &nulls](const Anonymity &s) {
        values[rows] = UInt64GetDatum(s.rows());
        values[classes] = UInt64GetDatum(s.classes());
        values[quasi_identifiers] = Int32GetDatum(static_cast<std::int32_t>(s.quasi_identifiers()));
        values[sensitive_values] = UInt64GetDatum(s.values());
        if (s.rows() == 0) {
            for (int i = k; i < count; ++i) nulls[i] = true;
            return;
        }
        const Anonymity::Risk risk = s.risk();
        values[k] = UInt64GetDatum(risk.k);
        values[l_distinct] = UInt64GetDatum(static_cast<std::uint64_t>(risk.l_distinct));
        values[l_entropy] = Float8GetDatum(risk.l_entropy);
        values[t] = Float8GetDatum(risk.t);
        values[unique] = Float8GetDatum(uniqueness(s));
    });
    return pg::row_datum(row, values, nulls);
}

Datum groups(FunctionCallInfo fcinfo) {
    const std::int64_t most = PG_GETARG_INT64(1), at_most = PG_GETARG_INT64(2);
    if (most < 0 || at_most < 0)
        throw Error(sqlstate::invalid_parameter, "groups and at_most must not be negative",
                    "groups is " + std::to_string(most) + ", at_most is " + std::to_string(at_most) + ".",
                    "groups is how many are wanted, at_most how many rows each may have.");
    pg::ResultRows result(fcinfo);
    MemoryContext const scratch = AllocSetContextCreate(CurrentMemoryContext, "group", ALLOCSET_DEFAULT_SIZES);
    with_summary(fcinfo, [&](const Anonymity &s) {
        enum { quasi_identifiers, rows, sensitive_values, l_entropy, t, count };
        const std::vector<Class> smallest =
            s.smallest(static_cast<std::size_t>(most), static_cast<std::uint64_t>(at_most));
        std::vector<Datum> texts(s.quasi_identifiers());
        const auto absent = std::make_unique<bool[]>(texts.size());
        for (const Class &group : smallest) {
            pg::interrupts();
            MemoryContextReset(scratch);
            MemoryContext const previous = MemoryContextSwitchTo(scratch);
            std::size_t i = 0;
            s.each_field(group.number, [&](const Field &field) {
                absent[i] = !field;
                texts[i++] = field ? pg::text_column(*field) : Datum{0};
            });
            bool *const null_fields = absent.get();
            Datum values[count] = {pg::call([&texts, null_fields] {
                                       int size = static_cast<int>(texts.size()), first = 1;
                                       return PointerGetDatum(construct_md_array(texts.data(), null_fields, 1, &size,
                                                                                 &first, TEXTOID, -1, false,
                                                                                 TYPALIGN_INT));
                                   }),
                                   UInt64GetDatum(group.rows), UInt64GetDatum(group.values),
                                   Float8GetDatum(group.l_entropy), Float8GetDatum(group.t)};
            bool nulls[count] = {};
            result.add(values, nulls);
            MemoryContextSwitchTo(previous);
        }
    });
    MemoryContextDelete(scratch);
    PG_RETURN_NULL();
}

} // namespace
} // namespace cd::mask

using namespace cd;
using namespace cd::mask;

CD_DEFINE_INPUT(cd_anonymity_summary_in, State::in)
CD_DEFINE(cd_anonymity_summary_out, State::out)
CD_DEFINE_INPUT(cd_anonymity_summary_recv, State::recv)
CD_DEFINE(cd_anonymity_summary_send, State::send_)
CD_DEFINE(cd_anonymity_agg_accum, accumulate)
CD_DEFINE(cd_anonymity_agg_combine, State::combine)
CD_DEFINE(cd_anonymity_agg_final, State::final)
CD_DEFINE(cd_anonymity_summary_describe, describe)
CD_DEFINE(cd_anonymity_groups, groups)

CD_FUNCTION(cd_k_anonymity) {
    const auto k = with_summary(fcinfo, [](const Anonymity &s) { return s.rows() > 0 ? s.k_anonymity() : 0; });
    if (k == 0) PG_RETURN_NULL();
    return UInt64GetDatum(k);
}
CD_FUNCTION(cd_l_diversity) {
    const Diversity kind = diversity_of(pg::text_arg(fcinfo->args[1].value));
    return number_or_null(fcinfo, [kind](const Anonymity &s) { return s.l_diversity(kind); });
}
CD_FUNCTION(cd_t_closeness) {
    const Distance distance = distance_of(pg::text_arg(fcinfo->args[1].value));
    return number_or_null(fcinfo, [distance](const Anonymity &s) { return s.t_closeness(distance); });
}
CD_FUNCTION(cd_uniqueness) { return number_or_null(fcinfo, uniqueness); }
