// rfm_bins and rfm_summary in SQL, and scoring by stored cut points.
#include "rfm/rfm_sql.hpp"
#include "customer_data.hpp"
#include "pg/array.hpp"
#include "pg/table_state.hpp"
#include "rfm/rfm_summary.hpp"

namespace cd::rfm {
namespace {

struct SummaryState : Summary {
    static constexpr const char *type = "rfm_summary";
    explicit SummaryState(std::pmr::memory_resource *memory) : Summary(memory, max_book_memory(), pg::interrupts) {}

    Bytes flatten(pg::ContextMemory &memory) const {
        count();
        const std::size_t size = flat_size();
        if (size > pg::max_stored) refuse_size(type, size, pg::max_stored);
        auto *const flat = static_cast<std::uint8_t *>(memory.allocate(size, 8));
        Summary::flatten(flat);
        return {flat, size};
    }
    static Bytes check(Bytes untrusted) {
        // Not bounded by a setting: what one session could store, another one must be able to restore and read.
        std::pmr::monotonic_buffer_resource memory;
        Summary(&memory, SIZE_MAX, pg::interrupts).merge(untrusted);
        return untrusted;
    }
};
using State = pg::TableState<SummaryState>;

// A summary as an argument: the object itself, or one made from the flat form.
template <class Use> auto with_summary(Datum d, Use &&use) {
    const State::Arg arg = State::arg(d);
    if (arg.object) return use(*arg.object);
    std::pmr::monotonic_buffer_resource memory;
    Summary summary(&memory, SIZE_MAX, pg::interrupts);
    summary.merge(arg.flat);
    return use(summary);
}

Datum accept_bins(Bytes untrusted) {
    unpack(untrusted);
    return pg::copy_datum(untrusted);
}
Datum bins_in(FunctionCallInfo fcinfo) {
    return accept_bins(pg::from_base64(DatumGetCString(fcinfo->args[0].value), "rfm_bins"));
}
Datum bins_recv(FunctionCallInfo fcinfo) { return accept_bins(pg::receive(fcinfo)); }

Datum bins_datum(const Bins &bins) {
    std::array<std::uint8_t, max_packed_bins> packed;
    const auto size = static_cast<std::size_t>(pack(bins, packed.data()) - packed.data());
    Datum result;
    const Bytes bytes(packed.data(), size);
    pg::call([&result, &bytes] { result = pg::copy_datum(bytes); });
    return result;
}

} // namespace
} // namespace cd::rfm

using namespace cd;
using namespace cd::rfm;

CD_DEFINE_INPUT(cd_rfm_summary_in, State::in)
CD_DEFINE(cd_rfm_summary_out, State::out)
CD_DEFINE_INPUT(cd_rfm_summary_recv, State::recv)
CD_DEFINE(cd_rfm_summary_send, State::send_)
CD_DEFINE(cd_rfm_agg_combine, State::combine)
CD_DEFINE(cd_rfm_agg_final, State::final)

CD_FUNCTION(cd_rfm_agg_accum) {
    State::Transition summary(fcinfo);
    const NullableDatum *const row = fcinfo->args + 1;
    if (row[0].isnull || row[1].isnull || row[2].isnull)
        summary->skip();
    else
        summary->add(DatumGetFloat8(row[0].value), DatumGetFloat8(row[1].value), DatumGetFloat8(row[2].value));
    return summary.result();
}

CD_FUNCTION(cd_rfm_customers) {
    return UInt64GetDatum(with_summary(fcinfo->args[0].value, [](const Summary &s) { return s.customers(); }));
}
CD_FUNCTION(cd_rfm_skipped) {
    return UInt64GetDatum(with_summary(fcinfo->args[0].value, [](const Summary &s) { return s.skipped(); }));
}

CD_DEFINE_INPUT(cd_rfm_bins_in, bins_in)
CD_DEFINE_INPUT(cd_rfm_bins_recv, bins_recv)
CD_FUNCTION(cd_rfm_bins_out) { PG_RETURN_CSTRING(pg::to_base64(pg::bytes_arg(fcinfo->args[0].value))); }
CD_FUNCTION(cd_rfm_bins_send) { return pg::send(pg::bytes_arg(fcinfo->args[0].value)); }

CD_FUNCTION(cd_rfm_bins_from_summary) {
    const int bins = PG_GETARG_INT32(1);
    check_bins(bins);
    const Method method = method_named(pg::text_arg(fcinfo->args[2].value));
    return with_summary(fcinfo->args[0].value, [&](const Summary &s) -> Datum {
        if (s.customers() == 0) PG_RETURN_NULL();
        return bins_datum(s.bins(bins, method));
    });
}

CD_FUNCTION(cd_rfm_bins_from_cuts) {
    std::span<const double> given[dimensions];
    constexpr const char *names[dimensions] = {"recency_cuts", "frequency_cuts", "monetary_cuts"};
    for (int d = 0; d < dimensions; ++d) given[d] = pg::elements<double>(fcinfo->args[d].value, names[d]);
    Bins bins;
    for (int d = 0; d < dimensions; ++d) {
        check_given(d, given[d]);
        for (const double cut : given[d]) bins.cuts[static_cast<std::size_t>(d)].push(cut);
    }
    return bins_datum(bins);
}

CD_FUNCTION(cd_rfm_thresholds) {
    const Bytes stored = pg::bytes_arg(fcinfo->args[0].value);
    pg::ResultRows result(fcinfo);
    Datum names[dimensions];
    for (int d = 0; d < dimensions; ++d) names[d] = pg::text_datum(dimension_names[d]);
    const Bins bins = unpack(stored);
    for (std::size_t d = 0; d < dimensions; ++d) {
        const int n = bins.bins(d);
        for (int score = 1; score <= n; ++score) {
            const int c = score_of_class(static_cast<int>(d), n, score - 1) - 1;
            Datum values[] = {names[d], Int16GetDatum(static_cast<std::int16_t>(score)), 0, 0};
            bool nulls[] = {false, false, c == 0, c == n - 1};
            if (c > 0) values[2] = Float8GetDatum(bins.cuts[d].at[static_cast<std::size_t>(c) - 1]);
            if (c < n - 1) values[3] = Float8GetDatum(bins.cuts[d].at[static_cast<std::size_t>(c)]);
            result.add(values, nulls);
        }
    }
    PG_RETURN_NULL();
}

CD_FUNCTION(cd_rfm_score_by_bins) {
    ScoreDatums &scores = ScoreDatums::of(fcinfo);
    const Bytes stored = pg::bytes_arg(fcinfo->args[0].value);
    const double r = PG_GETARG_FLOAT8(1), f = PG_GETARG_FLOAT8(2), m = PG_GETARG_FLOAT8(3);
    check_value(recency, r);
    check_value(frequency, f);
    check_value(monetary, m);
    const Bins bins = unpack(stored);
    return scores(bins.score(r, f, m), bins.more_than_9());
}
