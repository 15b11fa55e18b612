// sbg_model in SQL.
#include "clv/clv_sql.hpp"
#include "clv/sbg_model.hpp"
#include "math/elementary.hpp"
#include "pg/array.hpp"
#include "survival/survival_sql.hpp"
#include <algorithm>
#include <cmath>

namespace cd::clv {
namespace {

struct Nothing {
    explicit Nothing(const SbgModel &) {}
};
using Model = pg::KeptModel<SbgModel, Nothing>;

std::uint64_t iterations_arg(FunctionCallInfo fcinfo) {
    const std::int32_t n = PG_GETARG_INT32(2);
    if (n < 1)
        throw Error(sqlstate::invalid_parameter, "max_iterations must be at least 1",
                    "It is " + std::to_string(n) + ".", "200 is enough.");
    return static_cast<std::uint64_t>(n);
}
// The time between renewals only turns a rate per year into one of theirs, so it may be months.
std::uint64_t unit_arg(FunctionCallInfo fcinfo) {
    const double micros = std::round(span_micros(PG_GETARG_INTERVAL_P(1)));
    if (!(micros >= 1 && micros < 9e18))
        throw Error(sqlstate::invalid_parameter, "unit must be longer than zero", "",
                    "It is the time from a renewal to the next, for instance interval '1 month'.");
    return static_cast<std::uint64_t>(micros);
}

Datum fit_summary(FunctionCallInfo fcinfo) {
    const std::uint64_t unit = unit_arg(fcinfo), iterations = iterations_arg(fcinfo);
    return survival::with_summary(fcinfo->args[0].value, [&](const survival::Survival &s) {
        return pg::model_datum(SbgModel(unit, fit(Contracts(s, pg::interrupts), iterations, pg::interrupts)));
    });
}
Datum fit_survivors(FunctionCallInfo fcinfo) {
    const std::uint64_t unit = unit_arg(fcinfo), iterations = iterations_arg(fcinfo);
    const auto survivors = pg::elements<std::int64_t>(fcinfo->args[0].value, "survivors");
    return pg::model_datum(SbgModel(unit, fit(Contracts(survivors), iterations, pg::interrupts)));
}

Datum summary(FunctionCallInfo fcinfo) {
    PartRows rows(fcinfo, PG_GETARG_FLOAT8(1));
    const SbgModel model = pg::model_arg<SbgModel>(fcinfo);
    rows.add(Sbg::name, model.part(), Sbg::parameter_names, {}, {});
    PG_RETURN_NULL();
}

// The contract of the first argument, if it may be used: the last argument says whether in any case.
Sbg contract_arg(FunctionCallInfo fcinfo) {
    const Model model(fcinfo);
    if (!model->part().converged() && !DatumGetBool(fcinfo->args[PG_NARGS() - 1].value))
        throw Error(sqlstate::not_set_up, "the model has not converged",
                    fault_of(model->part(), Sbg::parameter_names[model->part().which]),
                    "Give more customers or a longer history, or say allow_unconverged => true.");
    return model->contract();
}
double renewals_arg(FunctionCallInfo fcinfo, int i, const char *name, double least) {
    const double n = PG_GETARG_INT32(i);
    if (n < least || n > Sbg::max_renewals)
        throw Error(sqlstate::invalid_parameter, std::string(name) + " is out of range",
                    "It is " + digits(n) + "; possible is " + digits(least) + " to " + digits(Sbg::max_renewals) + ".",
                    "Count renewals.");
    return n;
}

Datum survival_of(FunctionCallInfo fcinfo) {
    PG_RETURN_FLOAT8(contract_arg(fcinfo).survival(renewals_arg(fcinfo, 1, "renewals", 0)));
}
Datum retention(FunctionCallInfo fcinfo) {
    PG_RETURN_FLOAT8(contract_arg(fcinfo).retention(renewals_arg(fcinfo, 1, "renewal", 1)));
}
Datum renewals(FunctionCallInfo fcinfo) {
    const double renewed = renewals_arg(fcinfo, 1, "renewed", 0), ahead = renewals_arg(fcinfo, 2, "ahead", 0);
    double expected;
    contract_arg(fcinfo).renewals(renewed, {&ahead, 1}, &expected);
    PG_RETURN_FLOAT8(expected);
}
Datum residual(FunctionCallInfo fcinfo) {
    const Model model(fcinfo);
    const Sbg contract = contract_arg(fcinfo);
    const double discount =
        math::expm1(std::min(700.0, discount_force(PG_GETARG_FLOAT8(2), static_cast<Micros>(model->unit()))));
    PG_RETURN_FLOAT8(contract.residual(renewals_arg(fcinfo, 1, "renewed", 0), discount));
}

} // namespace
} // namespace cd::clv

using namespace cd;
using namespace cd::clv;

CD_DEFINE_MODEL_WITH(sbg_model, SbgModel, pg::NoText)
CD_DEFINE(cd_sbg_model_from_jsonb, (pg::model_from_jsonb<SbgModel, 8>))
CD_DEFINE(cd_sbg_fit_summary, fit_summary)
CD_DEFINE(cd_sbg_fit_survivors, fit_survivors)
CD_DEFINE(cd_sbg_model_summary, cd::clv::summary)
CD_DEFINE(cd_sbg_survival, survival_of)
CD_DEFINE(cd_sbg_retention, retention)
CD_DEFINE(cd_sbg_renewals, renewals)
CD_DEFINE(cd_sbg_residual_renewals, residual)
