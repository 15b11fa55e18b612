// lorenz_summary in SQL, and gini_agg.
#include "customer_data.hpp"
#include "pg/number.hpp"
#include "pg/rows.hpp"
#include "pg/table_state.hpp"
#include "segment/lorenz.hpp"

namespace cd::segment {
namespace {

struct LorenzState : Lorenz {
    static constexpr const char *type = "lorenz_summary";
    explicit LorenzState(std::pmr::memory_resource *memory) : Lorenz(memory, max_book_memory(), pg::interrupts) {}

    Bytes flatten(pg::ContextMemory &memory) const {
        count();
        const std::size_t size = flat_size();
        if (size > pg::max_stored) refuse_size(type, size, pg::max_stored);
        auto *const flat = static_cast<std::uint8_t *>(memory.allocate(size, 8));
        Lorenz::flatten(flat);
        return {flat, size};
    }
    static Bytes check(Bytes untrusted) {
        // Not bounded by a setting: what one session could store, another one must be able to restore and read.
        std::pmr::monotonic_buffer_resource memory;
        Lorenz(&memory, SIZE_MAX, pg::interrupts).merge(untrusted);
        return untrusted;
    }
};
using State = pg::TableState<LorenzState>;

// A summary as an argument: the object itself, or one made from the flat form.
template <class Use> auto with_summary(Datum d, Use &&use) {
    const State::Arg arg = State::arg(d);
    if (arg.object) return use(*arg.object);
    std::pmr::monotonic_buffer_resource memory;
    Lorenz summary(&memory, SIZE_MAX, pg::interrupts);
    summary.merge(arg.flat);
    return use(summary);
}

template <class Amount> Datum accumulate(FunctionCallInfo fcinfo) {
    State::Transition summary(fcinfo);
    const NullableDatum &value = fcinfo->args[1];
    if (value.isnull)
        summary->skip();
    else
        summary->add(Amount::value(value.value));
    return summary.result();
}

// An accessor whose result is undefined unless the total is above 0.
template <class Use> Datum number_or_null(FunctionCallInfo fcinfo, Use &&use) {
    double result = 0;
    const bool defined = with_summary(fcinfo->args[0].value, [&result, &use](const Lorenz &s) {
        if (!s.defined()) return false;
        result = use(s);
        return true;
    });
    if (!defined) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(result);
}
Datum gini(FunctionCallInfo fcinfo) {
    if (fcinfo->args[0].isnull) PG_RETURN_NULL();
    return number_or_null(fcinfo, [](const Lorenz &s) { return s.gini(); });
}

} // namespace
} // namespace cd::segment

using namespace cd;
using namespace cd::segment;

CD_DEFINE_INPUT(cd_lorenz_summary_in, State::in)
CD_DEFINE(cd_lorenz_summary_out, State::out)
CD_DEFINE_INPUT(cd_lorenz_summary_recv, State::recv)
CD_DEFINE(cd_lorenz_summary_send, State::send_)
CD_DEFINE(cd_lorenz_agg_accum_float8, accumulate<pg::Float8Arg>)
CD_DEFINE(cd_lorenz_agg_accum_numeric, accumulate<pg::NumericArg>)
CD_DEFINE(cd_lorenz_agg_combine, State::combine)
CD_DEFINE(cd_lorenz_agg_final, State::final)
CD_DEFINE(cd_lorenz_gini, gini)

CD_FUNCTION(cd_lorenz_count) {
    return UInt64GetDatum(with_summary(fcinfo->args[0].value, [](const Lorenz &s) { return s.count_of_values(); }));
}
CD_FUNCTION(cd_lorenz_skipped) {
    return UInt64GetDatum(with_summary(fcinfo->args[0].value, [](const Lorenz &s) { return s.skipped(); }));
}
CD_FUNCTION(cd_lorenz_top_share) {
    const double population_share = PG_GETARG_FLOAT8(1);
    check_top(population_share);
    return number_or_null(fcinfo, [population_share](const Lorenz &s) { return s.top_share(population_share); });
}

CD_FUNCTION(cd_lorenz) {
    const int points = PG_GETARG_INT32(1);
    check_points(points);
    pg::ResultRows result(fcinfo);
    with_summary(fcinfo->args[0].value, [&result, points](const Lorenz &s) {
        if (!s.defined()) return;
        s.curve(points, [&result, points](int i, double share) {
            Datum values[] = {Float8GetDatum(static_cast<double>(i) / points), Float8GetDatum(share)};
            bool nulls[] = {false, false};
            result.add(values, nulls);
        });
    });
    PG_RETURN_NULL();
}
