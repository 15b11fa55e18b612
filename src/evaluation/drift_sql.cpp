// drift_summary in SQL, and population stability of shares, scores, columns and datasets.
#include "dataset/dataset_sql.hpp"
#include "evaluation/drift.hpp"
#include "evaluation/evaluation_sql.hpp"
#include "evaluation/metrics.hpp"
#include "evaluation/tables.hpp"
#include "pg/array.hpp"
#include "pg/rows.hpp"

namespace cd::evaluation {
namespace {

using State = StateOf<Drift>;

Datum accumulate(FunctionCallInfo fcinfo) {
    State::Transition summary(fcinfo);
    const NullableDatum &value = fcinfo->args[1];
    if (value.isnull)
        summary->skip();
    else
        summary->add(DatumGetFloat8(value.value));
    return summary.result();
}

Datum summary(FunctionCallInfo fcinfo) {
    enum { rows, missing, distinct_values, least, largest, average, count };
    TupleDesc const row = pg::result_row(fcinfo);
    const SummaryArg<Drift> arg(fcinfo->args[0]);
    Datum values[count] = {};
    bool nulls[count] = {};
    arg.use([&values, &nulls](const Drift &d) {
        const Sample sample = d.values();
        values[rows] = UInt64GetDatum(d.rows());
        values[missing] = UInt64GetDatum(d.skipped());
        values[distinct_values] = UInt64GetDatum(sample.size());
        const auto number = [&values, &nulls, &sample](int i, auto value) {
            pg::set(values[i], nulls[i], sample.empty() ? std::nullopt : std::optional<double>(value()));
        };
        number(least, [&sample] { return sample.front().value; });
        number(largest, [&sample] { return sample.back().value; });
        pg::set(values[average], nulls[average], mean(d));
    });
    return pg::row_datum(row, values, nulls);
}

template <class Summary> Datum psi_of(FunctionCallInfo fcinfo) {
    const int bins = PG_GETARG_INT32(2);
    check_groups(bins, "bins");
    return number_of_two<Summary>(fcinfo, [bins](const Summary &a, const Summary &b) { return psi(a, b, bins); });
}

Datum drift_of_datasets(FunctionCallInfo fcinfo) {
    enum { feature, kind, stability, distance, missing_expected, missing_actual, reading, count };
    const int bins = PG_GETARG_INT32(2);
    check_groups(bins, "bins");
    pg::ResultRows result(fcinfo);
    const dataset::State::Arg arguments[] = {dataset::State::arg(fcinfo->args[0].value),
                                             dataset::State::arg(fcinfo->args[1].value)};
    const dataset::View expected = dataset::view_of(arguments[0]), actual = dataset::view_of(arguments[1]);
    const DatasetDrift drift(expected, actual, bins, pg::interrupts);
    for (std::size_t i = 0; i < expected.features(); ++i) {
        const dataset::Column &column = expected.shape().columns[i];
        const FeatureDrift of = drift.feature(i);
        Datum values[count] = {};
        bool nulls[count] = {};
        const std::string_view texts[] = {column.name, column.is_category() ? "categorical" : "numeric",
                                          of.psi ? verdict(*of.psi) : ""};
        pg::call([&values, &texts] {
            values[feature] = pg::text_datum(texts[0]);
            values[kind] = pg::text_datum(texts[1]);
            values[reading] = pg::text_datum(texts[2]);
        });
        pg::set(values[stability], nulls[stability], of.psi);
        pg::set(values[distance], nulls[distance], of.ks);
        values[missing_expected] = UInt64GetDatum(of.missing_expected);
        values[missing_actual] = UInt64GetDatum(of.missing_actual);
        nulls[reading] = !of.psi;
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

} // namespace
} // namespace cd::evaluation

using namespace cd;
using namespace cd::evaluation;

CD_DEFINE_INPUT(cd_drift_summary_in, State::in)
CD_DEFINE(cd_drift_summary_out, State::out)
CD_DEFINE_INPUT(cd_drift_summary_recv, State::recv)
CD_DEFINE(cd_drift_summary_send, State::send_)
CD_DEFINE(cd_drift_agg_accum, accumulate)
CD_DEFINE(cd_drift_agg_combine, State::combine)
CD_DEFINE(cd_drift_agg_final, State::final)
CD_DEFINE(cd_drift_summary, summary)
CD_DEFINE(cd_psi_of_evaluations, psi_of<Evaluation>)
CD_DEFINE(cd_psi_of_drifts, psi_of<Drift>)
CD_DEFINE(cd_drift_of_datasets, drift_of_datasets)

CD_FUNCTION(cd_psi_of_shares) {
    const std::span<const double> expected = pg::elements<double>(fcinfo->args[0].value, "expected"),
                                  actual = pg::elements<double>(fcinfo->args[1].value, "actual");
    check_shares(expected, actual);
    return pg::number_or_null(fcinfo, psi(expected, actual));
}
CD_FUNCTION(cd_ks_of_drifts) {
    return number_of_two<Drift>(fcinfo,
                                [](const Drift &a, const Drift &b) { return ks(a.values(), b.values(), a.poll()); });
}
