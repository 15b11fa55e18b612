// Clusters in SQL: fitting k-means and mixtures, choosing k, finding the cluster of a row, describing the clusters.
#include "cluster/gmm_model.hpp"
#include "cluster/kmeans_model.hpp"
#include "cluster/kmeans_scan.hpp"
#include "dataset/model_sql.hpp"
#include "pg/rows.hpp"

namespace cd::cluster {
namespace {

using dataset::KeptModel, dataset::model_arg, dataset::model_datum, dataset::View;

Scale scale_arg(FunctionCallInfo fcinfo, int i) { return scale_named(pg::text_arg(fcinfo->args[i].value)); }

Datum fit_kmeans(FunctionCallInfo fcinfo) {
    enum { d, k, seed, scale, restarts, max_iterations, tolerance };
    const NullableDatum *const args = fcinfo->args;
    KmeansOptions options;
    options.k = DatumGetInt32(args[k].value);
    options.seed = static_cast<std::uint64_t>(DatumGetInt64(args[seed].value));
    options.restarts = DatumGetInt32(args[restarts].value);
    options.max_iterations = DatumGetInt32(args[max_iterations].value);
    options.tolerance = DatumGetFloat8(args[tolerance].value);
    const Scale how = scale_arg(fcinfo, scale);
    return model_datum(KmeansModel(dataset::view_arg(args[d].value), how, options, pg::interrupts));
}

Datum fit_gmm(FunctionCallInfo fcinfo) {
    enum { d, k, covariance, seed, restarts, max_iterations, tolerance, covariance_floor };
    const NullableDatum *const args = fcinfo->args;
    GmmOptions options;
    options.k = DatumGetInt32(args[k].value);
    options.covariance = covariance_named(pg::text_arg(args[covariance].value));
    options.seed = static_cast<std::uint64_t>(DatumGetInt64(args[seed].value));
    options.restarts = DatumGetInt32(args[restarts].value);
    options.max_iterations = DatumGetInt32(args[max_iterations].value);
    options.tolerance = DatumGetFloat8(args[tolerance].value);
    options.covariance_floor = DatumGetFloat8(args[covariance_floor].value);
    return model_datum(GmmModel(dataset::view_arg(args[d].value), options, pg::interrupts));
}

Datum scan(FunctionCallInfo fcinfo) {
    enum { d, k_min, k_max, seed, scale, restarts, max_iterations, resamples, sample_rows };
    const NullableDatum *const args = fcinfo->args;
    pg::ResultRows result(fcinfo);
    KmeansScanOptions options;
    options.k_min = DatumGetInt32(args[k_min].value);
    options.k_max = DatumGetInt32(args[k_max].value);
    options.seed = static_cast<std::uint64_t>(DatumGetInt64(args[seed].value));
    options.restarts = DatumGetInt32(args[restarts].value);
    options.max_iterations = DatumGetInt32(args[max_iterations].value);
    options.resamples = DatumGetInt32(args[resamples].value);
    options.sample_rows = DatumGetInt32(args[sample_rows].value);
    const Scale how = scale_arg(fcinfo, scale);
    const View view = dataset::view_arg(args[d].value);
    const Inputs inputs = inputs_of(view, how, pg::interrupts);
    for (const KmeansScan &row : kmeans_scan(points_of(view, inputs, pg::interrupts), options, pg::interrupts)) {
        enum { k, wss, silhouette, calinski_harabasz, stability, count };
        Datum values[count] = {};
        bool nulls[count] = {};
        values[k] = Int32GetDatum(row.k);
        values[wss] = Float8GetDatum(row.wss);
        pg::set(values[silhouette], nulls[silhouette], row.silhouette);
        pg::set(values[calinski_harabasz], nulls[calinski_harabasz], row.calinski_harabasz);
        pg::set(values[stability], nulls[stability], row.stability);
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

enum class Form { record, array };

// The features of the row that a function is called with, after (model, features) and before allow_unconverged.
template <Form form, class M> const double *features_arg(FunctionCallInfo fcinfo, KeptModel<M> &model) {
    if (!model->converged() && !DatumGetBool(fcinfo->args[PG_NARGS() - 1].value))
        throw Error(sqlstate::not_set_up, "the model has not converged",
                    "It was given up after " + std::to_string(model->iterations()) + " iterations.",
                    "Fit it with more max_iterations, or say allow_unconverged => true.");
    return form == Form::record ? model.record(fcinfo) : model.array(fcinfo);
}

template <Form form> Datum cluster_kmeans(FunctionCallInfo fcinfo) {
    KeptModel<KmeansModel> model(fcinfo);
    return Int32GetDatum(static_cast<std::int32_t>(model->nearest(features_arg<form>(fcinfo, model)).point + 1));
}
template <Form form> Datum distance_kmeans(FunctionCallInfo fcinfo) {
    KeptModel<KmeansModel> model(fcinfo);
    return Float8GetDatum(std::sqrt(model->nearest(features_arg<form>(fcinfo, model)).square));
}

template <Form form> Datum cluster_gmm(FunctionCallInfo fcinfo) {
    KeptModel<GmmModel> model(fcinfo);
    return Int32GetDatum(static_cast<std::int32_t>(model->most_probable(features_arg<form>(fcinfo, model)) + 1));
}
template <Form form> Datum distance_gmm(FunctionCallInfo fcinfo) {
    KeptModel<GmmModel> model(fcinfo);
    return Float8GetDatum(model->distance(model->most_probable(features_arg<form>(fcinfo, model))));
}
template <Form form> Datum probabilities_gmm(FunctionCallInfo fcinfo) {
    KeptModel<GmmModel> model(fcinfo);
    return pg::float_array(model->probabilities(features_arg<form>(fcinfo, model)));
}
// (model, features, cluster, allow_unconverged)
template <Form form> Datum probability_gmm(FunctionCallInfo fcinfo) {
    KeptModel<GmmModel> model(fcinfo);
    const int cluster = DatumGetInt32(fcinfo->args[2].value);
    if (cluster < 1 || static_cast<std::size_t>(cluster) > model->clusters())
        throw Error(sqlstate::invalid_parameter, "there is no such cluster",
                    "cluster is " + std::to_string(cluster) + ", the model has " + std::to_string(model->clusters()) +
                        " clusters, from 1 on.",
                    "Leave it out to have the probabilities of all.");
    return Float8GetDatum(
        model->probabilities(features_arg<form>(fcinfo, model))[static_cast<std::size_t>(cluster - 1)]);
}

template <class M> Datum cards(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    const M model = model_arg<M>(fcinfo);
    const Inputs &inputs = model.inputs();
    const Profile &profile = model.profile();
    const std::vector<std::string> names = names_of(inputs, profile, pg::interrupts);
    for (std::size_t c = 0; c < profile.clusters(); ++c) {
        pg::interrupts();
        enum { cluster, name, size, share, centre, differences, count };
        Datum values[count] = {};
        bool nulls[count] = {};
        values[cluster] = Int32GetDatum(static_cast<std::int32_t>(c + 1));
        values[name] = pg::text_column(names[c]);
        values[size] = UInt64GetDatum(profile.rows[c]);
        values[share] = Float8GetDatum(profile.share[c]);
        Json middle;
        tell_centre(inputs, profile, c, middle);
        values[centre] = pg::jsonb_datum(middle);
        Json apart;
        tell_differences(inputs, profile, c, apart);
        values[differences] = pg::jsonb_datum(apart);
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

template <class M> Datum profiles(FunctionCallInfo fcinfo) {
    pg::ResultRows result(fcinfo);
    const M model = model_arg<M>(fcinfo);
    const Inputs &inputs = model.inputs();
    const Profile &profile = model.profile();
    const std::vector<std::string> names = names_of(inputs, profile, pg::interrupts);
    for (std::size_t c = 0; c < profile.clusters(); ++c) {
        pg::interrupts();
        for (std::size_t f = 0; f < profile.features; ++f) {
            enum { cluster, name, feature, kind, category, value, overall, z, count };
            const dataset::Column &column = inputs.columns[f];
            const Trait &trait = profile.trait(c, f);
            Datum values[count] = {};
            bool nulls[count] = {};
            values[cluster] = Int32GetDatum(static_cast<std::int32_t>(c + 1));
            values[name] = pg::text_column(names[c]);
            values[feature] = pg::text_column(column.name);
            values[kind] = pg::text_column(column.is_category() ? "categorical" : "numeric");
            nulls[category] = trait.level == 0;
            if (!nulls[category]) values[category] = pg::text_column(column.levels[trait.level]);
            values[value] = Float8GetDatum(trait.value);
            values[overall] = Float8GetDatum(trait.overall);
            values[z] = Float8GetDatum(z_score(inputs, profile, c, f));
            result.add(values, nulls);
        }
    }
    PG_RETURN_NULL();
}

std::uint64_t rows_of(const Profile &profile) {
    std::uint64_t rows = 0;
    for (const std::uint64_t n : profile.rows) rows += n;
    return rows;
}

Datum summary_kmeans(FunctionCallInfo fcinfo) {
    enum { clusters, features, rows, scale, wss, iterations, converged, count };
    TupleDesc const row = pg::result_row(fcinfo);
    const KmeansModel model = model_arg<KmeansModel>(fcinfo);
    Datum values[count] = {};
    bool nulls[count] = {};
    values[clusters] = Int32GetDatum(static_cast<std::int32_t>(model.clusters()));
    values[features] = Int32GetDatum(static_cast<std::int32_t>(model.columns().size()));
    values[rows] = UInt64GetDatum(rows_of(model.profile()));
    values[scale] = pg::text_column(name_of(model.scale()));
    values[wss] = Float8GetDatum(model.wss());
    values[iterations] = UInt64GetDatum(model.iterations());
    values[converged] = BoolGetDatum(model.converged());
    return pg::call([row, &values, &nulls] { return pg::row_datum(row, values, nulls); });
}

Datum summary_gmm(FunctionCallInfo fcinfo) {
    enum { clusters, features, rows, covariance, log_likelihood, bic, iterations, converged, count };
    TupleDesc const row = pg::result_row(fcinfo);
    const GmmModel model = model_arg<GmmModel>(fcinfo);
    Datum values[count] = {};
    bool nulls[count] = {};
    values[clusters] = Int32GetDatum(static_cast<std::int32_t>(model.clusters()));
    values[features] = Int32GetDatum(static_cast<std::int32_t>(model.columns().size()));
    values[rows] = UInt64GetDatum(rows_of(model.profile()));
    values[covariance] = pg::text_column(name_of(model.covariance()));
    values[log_likelihood] = Float8GetDatum(model.log_likelihood());
    values[bic] = Float8GetDatum(model.bic());
    values[iterations] = UInt64GetDatum(model.iterations());
    values[converged] = BoolGetDatum(model.converged());
    return pg::call([row, &values, &nulls] { return pg::row_datum(row, values, nulls); });
}

} // namespace
} // namespace cd::cluster

using namespace cd;
using namespace cd::cluster;

CD_DEFINE_MODEL(kmeans_model, KmeansModel)
CD_DEFINE(cd_kmeans_fit, fit_kmeans)
CD_DEFINE(cd_kmeans_scan, scan)
CD_DEFINE(cd_kmeans_summary, summary_kmeans)
CD_DEFINE(cd_kmeans_cards, cards<KmeansModel>)
CD_DEFINE(cd_kmeans_profile, profiles<KmeansModel>)
CD_DEFINE(cd_kmeans_cluster_row, cluster_kmeans<Form::record>)
CD_DEFINE(cd_kmeans_cluster_array, cluster_kmeans<Form::array>)
CD_DEFINE(cd_kmeans_distance_row, distance_kmeans<Form::record>)
CD_DEFINE(cd_kmeans_distance_array, distance_kmeans<Form::array>)

CD_DEFINE_MODEL(gmm_model, GmmModel)
CD_DEFINE(cd_gmm_fit, fit_gmm)
CD_DEFINE(cd_gmm_summary, summary_gmm)
CD_DEFINE(cd_gmm_cards, cards<GmmModel>)
CD_DEFINE(cd_gmm_profile, profiles<GmmModel>)
CD_DEFINE(cd_gmm_cluster_row, cluster_gmm<Form::record>)
CD_DEFINE(cd_gmm_cluster_array, cluster_gmm<Form::array>)
CD_DEFINE(cd_gmm_distance_row, distance_gmm<Form::record>)
CD_DEFINE(cd_gmm_distance_array, distance_gmm<Form::array>)
CD_DEFINE(cd_gmm_probabilities_row, probabilities_gmm<Form::record>)
CD_DEFINE(cd_gmm_probabilities_array, probabilities_gmm<Form::array>)
CD_DEFINE(cd_gmm_probability_row, probability_gmm<Form::record>)
CD_DEFINE(cd_gmm_probability_array, probability_gmm<Form::array>)
