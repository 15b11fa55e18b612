// clv_model in SQL: the fit, what it found, and how it compares.
#include "clv/clv_agg_sql.hpp"
#include "clv/clv_fit.hpp"
#include "clv/clv_sql.hpp"
#include "clv/tracking.hpp"
#include "math/distribution.hpp"
#include "math/elementary.hpp"
#include "pg/array.hpp"
#include <cmath>

namespace cd::clv {

namespace {

Datum fit_model(FunctionCallInfo fcinfo) {
    const FitOptions options = fit_options(pg::text_arg(fcinfo->args[1].value), PG_GETARG_INT32(2));
    Datum model = 0;
    with_customers(ClvState::arg(fcinfo->args[0].value),
                   [&](const Customers &c) { model = pg::model_datum(ClvModel(fit(c, options, work()))); });
    return model;
}

void check_count(const char *argument, std::span<const double> given, const char *model,
                 std::span<const char *const> names) {
    if (given.size() == names.size()) return;
    std::string all;
    for (const char *const name : names) all += (all.empty() ? "" : ", ") + std::string(name);
    throw Error(sqlstate::invalid_parameter,
                std::string(argument) + " must have " + std::to_string(names.size()) + " values for model \"" + model +
                    "\"",
                "It has " + std::to_string(given.size()) + ".", "They are " + all + ", in this order.");
}

// (model, parameters, unit, spend)
Datum model_of(FunctionCallInfo fcinfo) {
    enum { model, parameters, unit, spend };
    for (const int required : {model, parameters, unit})
        if (fcinfo->args[required].isnull) PG_RETURN_NULL();
    const Process process = process_called(pg::text_arg(fcinfo->args[model].value));
    const std::int64_t micros = pg::unit_micros(DatumGetIntervalP(fcinfo->args[unit].value));
    const auto of_purchases = pg::elements<double>(fcinfo->args[parameters].value, "parameters");
    const bool has_spend = !fcinfo->args[spend].isnull;
    const auto of_spend =
        has_spend ? pg::elements<double>(fcinfo->args[spend].value, "spend") : std::span<const double>();
    check_count("parameters", of_purchases, name_of(process), parameters_of(process));
    if (has_spend) check_count("spend", of_spend, GammaGamma::name, GammaGamma::parameter_names);
    Fitted fitted;
    fitted.unit = static_cast<std::uint64_t>(micros);
    fitted.process = process;
    fitted.purchases = given_part(of_purchases);
    if (has_spend) fitted.spend = given_part(of_spend);
    return pg::model_datum(ClvModel(std::move(fitted)));
}

// The models that were compared, best first, with their AIC.
std::string choice_of(const std::vector<Candidate> &candidates) {
    std::string choice;
    for (const Candidate &one : candidates) {
        choice += choice.empty() ? "chosen by AIC: " : ", ";
        choice += std::string(name_of(one.process)) + " " + digits(std::round(one.aic * 100) / 100);
        if (!one.converged) choice += " (did not converge)";
    }
    return choice;
}

Datum summary(FunctionCallInfo fcinfo) {
    PartRows rows(fcinfo, PG_GETARG_FLOAT8(1));
    const ClvModel m = pg::model_arg<ClvModel>(fcinfo);
    const Fitted &fitted = m.fitted();
    rows.add(name_of(fitted.process), fitted.purchases, parameters_of(fitted.process), {},
             choice_of(fitted.candidates));
    if (!fitted.spend) PG_RETURN_NULL();
    rows.add(GammaGamma::name, *fitted.spend, GammaGamma::parameter_names, spend_bounds, {});
    if (fitted.correlation) rows.add_correlation(*fitted.correlation, fitted.spend->customers);
    PG_RETURN_NULL();
}

Datum compare_models(FunctionCallInfo fcinfo) {
    enum {
        model,
        parameters,
        log_likelihood,
        aic,
        bic,
        holdout_purchases,
        holdout_expected,
        mean_absolute_error,
        root_mean_square_error,
        converged,
        best,
        remark,
        count
    };
    const FitOptions options = fit_options("auto", PG_GETARG_INT32(1));
    pg::ResultRows result(fcinfo);
    with_customers(ClvState::arg(fcinfo->args[0].value), [&](const Customers &c) {
        const double held = held_out_purchases(c);
        for (const Compared &one : compare(c, options, work())) {
            Datum values[count] = {};
            bool nulls[count] = {};
            const std::string said =
                one.part.converged() ? "" : fault_of(one.part, parameters_of(one.process)[one.part.which]);
            values[model] = pg::text_column(name_of(one.process));
            values[parameters] = Int32GetDatum(static_cast<std::int32_t>(one.part.parameters.size()));
            values[log_likelihood] = Float8GetDatum(one.part.log_likelihood);
            values[aic] = Float8GetDatum(one.part.aic());
            values[bic] = Float8GetDatum(one.part.bic());
            values[holdout_purchases] = Float8GetDatum(held);
            nulls[holdout_purchases] = !c.frame().holdout;
            nulls[holdout_expected] = nulls[mean_absolute_error] = nulls[root_mean_square_error] = !one.hold_out;
            if (one.hold_out) {
                values[holdout_expected] = Float8GetDatum(one.hold_out->expected);
                values[mean_absolute_error] = Float8GetDatum(one.hold_out->mean_absolute_error);
                values[root_mean_square_error] = Float8GetDatum(one.hold_out->root_mean_square_error);
            }
            values[converged] = BoolGetDatum(one.part.converged());
            values[best] = BoolGetDatum(one.best);
            nulls[remark] = said.empty();
            if (!said.empty()) values[remark] = pg::text_column(said);
            result.add(values, nulls);
        }
    });
    PG_RETURN_NULL();
}

Datum tracking(FunctionCallInfo fcinfo) {
    enum { period, period_end, held_out, expected, actual, expected_total, actual_total, count };
    pg::ResultRows result(fcinfo);
    const ClvState::Arg customers = ClvState::arg(fcinfo->args[1].value);
    const ClvModel model = pg::model_arg<ClvModel>(fcinfo);
    require_converged(model, false, PG_GETARG_BOOL(2));
    with_customers(customers, [&](const Customers &c) {
        for (const Period &p : track(model, c, pg::interrupts)) {
            Datum values[count] = {};
            bool nulls[count] = {};
            values[period] = Int64GetDatum(p.number);
            nulls[period_end] = !p.end;
            if (p.end) values[period_end] = DateADTGetDatum(*p.end);
            values[held_out] = BoolGetDatum(p.held_out);
            values[expected] = Float8GetDatum(p.expected);
            values[actual] = Float8GetDatum(p.actual);
            values[expected_total] = Float8GetDatum(p.expected_total);
            values[actual_total] = Float8GetDatum(p.actual_total);
            result.add(values, nulls);
        }
    });
    PG_RETURN_NULL();
}

} // namespace
} // namespace cd::clv

using namespace cd;
using namespace cd::clv;

CD_DEFINE_MODEL_WITH(clv_model, ClvModel, pg::NoText)
CD_DEFINE(cd_clv_model_from_jsonb, (pg::model_from_jsonb<ClvModel, 8>))
CD_DEFINE(cd_clv_fit, fit_model)
CD_DEFINE(cd_clv_model, model_of)
CD_DEFINE(cd_clv_model_summary, cd::clv::summary)
CD_DEFINE(cd_clv_compare, compare_models)
CD_DEFINE(cd_clv_tracking, tracking)
