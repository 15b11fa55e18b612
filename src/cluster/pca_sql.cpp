// Principal components in SQL.
#include "cluster/pca_model.hpp"
#include "dataset/model_sql.hpp"
#include "pg/rows.hpp"

namespace cd::cluster {
namespace {

using dataset::KeptModel, dataset::model_arg, dataset::model_datum;

Datum fit(FunctionCallInfo fcinfo) {
    enum { d, components, scale };
    const NullableDatum *const args = fcinfo->args;
    const Scale how = scale_named(pg::text_arg(args[scale].value));
    const int n = DatumGetInt32(args[components].value);
    return model_datum(PcaModel(dataset::view_arg(args[d].value), n, how, pg::interrupts));
}

Datum scores_row(FunctionCallInfo fcinfo) {
    KeptModel<PcaModel> model(fcinfo);
    return pg::float_array(model->scores(model.record(fcinfo)));
}
Datum scores_array(FunctionCallInfo fcinfo) {
    KeptModel<PcaModel> model(fcinfo);
    return pg::float_array(model->scores(model.array(fcinfo)));
}

Datum summary(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    const PcaModel model = model_arg<PcaModel>(fcinfo);
    double cumulative = 0;
    for (std::size_t c = 0; c < model.components(); ++c) {
        cumulative += model.variance(c);
        Datum values[] = {Int32GetDatum(static_cast<std::int32_t>(c + 1)), Float8GetDatum(model.variance(c)),
                          Float8GetDatum(model.share(c)),
                          Float8GetDatum(model.total() > 0 ? std::min(1.0, cumulative / model.total()) : 0)};
        const bool constant = !(model.total() > 0); // shares of nothing
        bool nulls[] = {false, false, constant, constant};
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

Datum loadings(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    const PcaModel model = model_arg<PcaModel>(fcinfo);
    for (std::size_t c = 0; c < model.components(); ++c)
        for (std::size_t f = 0; f < model.columns().size(); ++f) {
            const std::string_view name = model.columns()[f].name;
            const Datum feature = pg::call([&name] { return pg::text_datum(name); });
            Datum values[] = {Int32GetDatum(static_cast<std::int32_t>(c + 1)), feature,
                              Float8GetDatum(model.loading(c, f))};
            bool nulls[] = {false, false, false};
            result.add(values, nulls);
        }
    PG_RETURN_NULL();
}

} // namespace
} // namespace cd::cluster

using namespace cd;
using namespace cd::cluster;

CD_DEFINE_MODEL(pca_model, PcaModel)
CD_DEFINE(cd_pca_fit, fit)
CD_DEFINE(cd_pca_summary, summary)
CD_DEFINE(cd_pca_loadings, loadings)
CD_DEFINE(cd_pca_scores_row, scores_row)
CD_DEFINE(cd_pca_scores_array, scores_array)
