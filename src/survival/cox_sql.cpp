// Proportional hazards in SQL.
#include "dataset/model_sql.hpp"
#include "math/distribution.hpp"
#include "pg/rows.hpp"
#include "survival/cox_model.hpp"
#include "survival/curve.hpp"
#include <cmath>
#include <limits>
#include <numbers>

namespace cd::survival {
namespace {

using dataset::KeptModel, dataset::model_arg, dataset::model_datum;

Datum fit(FunctionCallInfo fcinfo) {
    enum { d, duration, entry, ties, l2, max_iterations, tolerance };
    const NullableDatum *const args = fcinfo->args;
    CoxOptions options;
    options.ties = ties_named(pg::text_arg(args[ties].value));
    options.l2 = DatumGetFloat8(args[l2].value);
    options.max_iterations = DatumGetInt32(args[max_iterations].value);
    options.tolerance = DatumGetFloat8(args[tolerance].value);
    check_options(options);
    const std::string_view of_duration = pg::text_arg(args[duration].value), of_entry = pg::text_arg(args[entry].value);
    return model_datum(CoxModel(dataset::view_arg(args[d].value), of_duration, of_entry, options, pg::interrupts));
}

Datum coefficients(FunctionCallInfo fcinfo) {
    enum { name, estimate, std_error, z, p_value, hazard_ratio, low, high, status, count };
    const double confidence = PG_GETARG_FLOAT8(1);
    math::check_confidence(confidence);
    const double quantile = math::confidence_quantile(confidence);
    pg::ResultRows result(fcinfo);
    const CoxModel model = model_arg<CoxModel>(fcinfo);
    for (std::size_t j = 0; j < model.terms().size(); ++j) {
        const CoxModel::Term &term = model.terms()[j];
        Datum values[count] = {};
        bool nulls[count] = {false, true, true, true, true, true, true, true, false};
        values[name] = pg::text_column(model.term_name(j));
        values[status] = pg::text_column(name_of(term.status));
        if (term.status == Status::estimated) {
            pg::set(values[estimate], nulls[estimate], term.estimate);
            pg::set(values[hazard_ratio], nulls[hazard_ratio], std::exp(term.estimate));
            pg::set(values[std_error], nulls[std_error], term.std_error);
            pg::set(values[low], nulls[low], std::exp(term.estimate - quantile * term.std_error));
            pg::set(values[high], nulls[high], std::exp(term.estimate + quantile * term.std_error));
            if (const double score = term.estimate / term.std_error; std::isfinite(score)) {
                pg::set(values[z], nulls[z], score);
                pg::set(values[p_value], nulls[p_value], math::normal_two_sided(score));
            }
        } else if (term.status == Status::infinite) {
            pg::set(values[estimate], nulls[estimate],
                    std::copysign(std::numeric_limits<double>::infinity(), term.estimate));
            pg::set(values[hazard_ratio], nulls[hazard_ratio],
                    term.estimate < 0 ? 0 : std::numeric_limits<double>::infinity());
        }
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

// p-value of a test, and its logarithm to base 10.
void set_tail(double chi_square, double degrees, Datum (&values)[2], bool (&nulls)[2]) {
    nulls[0] = nulls[1] = !(degrees > 0);
    if (nulls[0]) return;
    const double log = math::log_chi_square_tail(chi_square, degrees);
    values[0] = Float8GetDatum(std::exp(log));
    values[1] = Float8GetDatum(log / std::numbers::ln10);
}

Datum summary(FunctionCallInfo fcinfo) {
    enum {
        rows,
        skipped,
        events,
        ties,
        log_likelihood_null,
        log_likelihood,
        chi_square,
        degrees_of_freedom,
        p_value,
        log10_p,
        concordance,
        iterations,
        converged,
        count
    };
    TupleDesc const row = pg::result_row(fcinfo);
    const CoxModel model = model_arg<CoxModel>(fcinfo);
    const CoxModel::Summary &s = model.summary();
    Datum values[count] = {}, tail[2] = {};
    bool nulls[count] = {}, no_tail[2] = {};
    values[rows] = UInt64GetDatum(s.rows);
    values[skipped] = UInt64GetDatum(s.skipped);
    values[events] = UInt64GetDatum(s.events);
    values[ties] = pg::text_column(name_of(model.ties()));
    values[log_likelihood_null] = Float8GetDatum(s.null_log_likelihood);
    values[log_likelihood] = Float8GetDatum(s.log_likelihood);
    values[chi_square] = Float8GetDatum(s.chi_square());
    values[degrees_of_freedom] = Float8GetDatum(s.degrees_of_freedom);
    set_tail(s.chi_square(), s.degrees_of_freedom, tail, no_tail);
    values[p_value] = tail[0];
    nulls[p_value] = no_tail[0];
    values[log10_p] = tail[1];
    nulls[log10_p] = no_tail[1];
    pg::set(values[concordance], nulls[concordance], s.concordance);
    values[iterations] = UInt64GetDatum(s.iterations);
    values[converged] = BoolGetDatum(s.converged);
    return pg::call([row, &values, &nulls] { return pg::row_datum(row, values, nulls); });
}

Datum ph_test(FunctionCallInfo fcinfo) {
    enum { name, chi_square, degrees_of_freedom, p_value, log10_p, count };
    pg::ResultRows result(fcinfo);
    const CoxModel model = model_arg<CoxModel>(fcinfo);
    const auto add = [&result](std::string_view of, const std::optional<double> &test, std::uint64_t degrees) {
        Datum values[count] = {}, tail[2] = {};
        bool nulls[count] = {}, no_tail[2] = {};
        values[name] = pg::text_column(of);
        values[degrees_of_freedom] = Int32GetDatum(static_cast<std::int32_t>(degrees));
        pg::set(values[chi_square], nulls[chi_square], test);
        set_tail(test.value_or(0), test ? static_cast<double>(degrees) : 0, tail, no_tail);
        values[p_value] = tail[0];
        nulls[p_value] = no_tail[0];
        values[log10_p] = tail[1];
        nulls[log10_p] = no_tail[1];
        result.add(values, nulls);
    };
    for (std::size_t j = 0; j < model.terms().size(); ++j)
        add(model.term_name(j), model.terms()[j].proportional, model.terms()[j].proportional ? 1 : 0);
    add("all together", model.summary().proportional, model.summary().proportional_degrees);
    PG_RETURN_NULL();
}

[[noreturn]] void refuse_unconverged(const CoxModel &model) {
    if (const auto term = model.infinite_term())
        throw Error(sqlstate::not_set_up, "the model has no finite coefficient of \"" + model.term_name(*term) + "\"",
                    "The likelihood grows with it for ever: the term alone tells some who depart from some who stay.",
                    "Leave the column out, put rare values together, or fit with l2 => 1; allow_unconverged => true "
                    "takes the coefficient that was reached.");
    throw Error(sqlstate::not_set_up, "the model has not converged",
                "It was given up after " + std::to_string(model.iterations()) + " iterations.",
                "Fit it with more max_iterations, or say allow_unconverged => true.");
}

// Hazards relative to what a course of them is for.
Datum baseline(FunctionCallInfo fcinfo) {
    enum { time, hazard, survival, count };
    const std::string_view at = pg::text_arg(fcinfo->args[1].value);
    if (at != "mean" && at != "zero")
        throw Error(sqlstate::invalid_parameter, "unknown baseline \"" + std::string(at) + "\"", "",
                    "Known are 'mean' (a customer who has the mean of every term) and 'zero' (0 in every term).");
    const bool zero = at == "zero";
    pg::ResultRows result(fcinfo);
    const CoxModel model = model_arg<CoxModel>(fcinfo);
    if (!model.converged() && !PG_GETARG_BOOL(2)) refuse_unconverged(model);
    const double factor = zero ? model.risk_at_zero() : 1;
    for (std::size_t i = 0; i < model.times().size(); ++i) {
        pg::interrupts.every(i);
        const double sum = model.hazards()[i] > 0 ? factor * model.hazards()[i] : 0;
        Datum values[count] = {Float8GetDatum(model.times()[i]), Float8GetDatum(sum), Float8GetDatum(std::exp(-sum))};
        bool nulls[count] = {};
        result.add(values, nulls);
    }
    PG_RETURN_NULL();
}

enum class Form { record, array };

// The features of the row that a function is called with, after the model and before allow_unconverged.
template <Form form> const double *features_arg(FunctionCallInfo fcinfo, KeptModel<CoxModel> &model) {
    if (!model->converged() && !PG_GETARG_BOOL(PG_NARGS() - 1)) refuse_unconverged(*model);
    return form == Form::record ? model.record(fcinfo) : model.array(fcinfo);
}
template <Form form> Datum risk(FunctionCallInfo fcinfo) {
    KeptModel<CoxModel> model(fcinfo);
    return pg::number_or_null(fcinfo, model->risk(features_arg<form>(fcinfo, model)));
}
// (model, features, horizon, since, allow_unconverged)
template <Form form> Datum survival(FunctionCallInfo fcinfo) {
    const double horizon = PG_GETARG_FLOAT8(2), since = PG_GETARG_FLOAT8(3);
    check_horizon_since(horizon, since);
    KeptModel<CoxModel> model(fcinfo);
    return pg::number_or_null(fcinfo, model->survival(features_arg<form>(fcinfo, model), horizon, since));
}

} // namespace
} // namespace cd::survival

using namespace cd;
using namespace cd::survival;

CD_DEFINE_MODEL(cox_model, CoxModel)
CD_DEFINE(cd_cox_fit, fit)
CD_DEFINE(cd_cox_coefficients, coefficients)
CD_DEFINE(cd_cox_summary, summary)
CD_DEFINE(cd_cox_ph_test, ph_test)
CD_DEFINE(cd_cox_baseline, baseline)
CD_DEFINE(cd_cox_risk_row, risk<Form::record>)
CD_DEFINE(cd_cox_risk_array, risk<Form::array>)
CD_DEFINE(cd_cox_survival_row, cd::survival::survival<Form::record>)
CD_DEFINE(cd_cox_survival_array, cd::survival::survival<Form::array>)
