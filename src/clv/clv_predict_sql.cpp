// What a clv_model says of a customer, who comes as a purchase_summary or as numbers.
#include "clv/clv_sql.hpp"
#include "math/distribution.hpp"
#include "purchase/purchase_sql.hpp"
#include <cmath>
#include <list>

namespace cd::clv {
namespace {

using pg::DateArg, pg::TimestamptzArg;

// What is kept beside a model: horizons of value, and the row type of a result.
class Plans {
  public:
    explicit Plans(const ClvModel &) {}
    Horizon &horizon(double length, double discount_rate, Micros unit) {
        for (auto plan = plans_.begin(); plan != plans_.end(); ++plan)
            if (plan->length == length && plan->discount_rate == discount_rate) {
                plans_.splice(plans_.begin(), plans_, plan);
                return plan->horizon;
            }
        if (!(length <= Horizon::max_periods))
            throw Error(sqlstate::invalid_parameter, "horizon has too many periods",
                        "It has " + digits(length) + " units; at most " + digits(Horizon::max_periods) +
                            " are possible.",
                        "Choose a shorter horizon, or fit the model in longer units.");
        plans_.push_front(
            {length, discount_rate, Horizon(length, discount_force(discount_rate, unit), pg::interrupts)});
        if (plans_.size() > most) plans_.pop_back();
        return plans_.front().horizon;
    }
    TupleDesc row(FunctionCallInfo fcinfo, MemoryContext context) {
        if (!row_) row_ = pg::new_result_row(fcinfo, context);
        return row_;
    }

  private:
    static constexpr std::size_t most = 4;
    struct Plan {
        double length, discount_rate;
        Horizon horizon;
    };
    std::list<Plan> plans_;
    TupleDesc row_ = nullptr;
};
using Model = pg::KeptModel<ClvModel, Plans>;

// A customer as arguments, after the model: (s, as_of) or (x, t_x, t). `next` is the argument that follows.
template <class Time> struct BySummary {
    static constexpr int next = 3, next_with_average = 3;
    purchase::Stored stored;
    Day as_of;
    explicit BySummary(FunctionCallInfo fcinfo)
        : stored(purchase::stored_arg(fcinfo, 1)), as_of(Time::day(fcinfo->args[2].value)) {}
    std::optional<History> history(const ClvModel &model) const {
        return model.discrete() ? opportunities_of(stored, as_of, model.unit())
                                : history_of(stored, as_of, model.unit());
    }
    std::optional<double> average(const ClvModel &model) const {
        return average_of(stored, as_of, model.unit(), model.discrete());
    }
};
struct ByNumbers {
    static constexpr int next = 4, next_with_average = 5;
    FunctionCallInfo fcinfo;
    explicit ByNumbers(FunctionCallInfo f) : fcinfo(f) {}
    std::optional<History> history(const ClvModel &model) const {
        const History h{PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};
        model.check(h);
        return h;
    }
    std::optional<double> average(const ClvModel &) const {
        if (fcinfo->args[4].isnull) return {};
        return PG_GETARG_FLOAT8(4);
    }
};

// The last argument.
bool allow_unconverged(FunctionCallInfo fcinfo) { return DatumGetBool(fcinfo->args[PG_NARGS() - 1].value); }
double horizon_arg(FunctionCallInfo fcinfo, int i, const ClvModel &model) {
    return horizon_in_units(DatumGetIntervalP(fcinfo->args[i].value), model.unit());
}
void check_average(double average) {
    if (!(average >= 0 && std::isfinite(average)))
        throw Error(sqlstate::invalid_parameter, "average must be a finite number and not negative",
                    "average is " + digits(average) + ".", "It is what a repeat purchase is worth on average.");
}
// An average that is unknown matters to a repeat buyer. Functions with an average see to their NULLs by themselves.
bool any_null_but_average(FunctionCallInfo fcinfo, int average) {
    for (int i = 0; i < PG_NARGS(); ++i)
        if (i != average && fcinfo->args[i].isnull) return true;
    return false;
}

template <class Customer> Datum alive(FunctionCallInfo fcinfo) {
    const Model model(fcinfo);
    require_converged(*model, false, allow_unconverged(fcinfo));
    const auto h = Customer(fcinfo).history(*model);
    if (!h) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(model->alive(*h));
}
template <class Customer> Datum purchases(FunctionCallInfo fcinfo) {
    const Model model(fcinfo);
    require_converged(*model, false, allow_unconverged(fcinfo));
    const double length = horizon_arg(fcinfo, Customer::next, *model);
    const auto h = Customer(fcinfo).history(*model);
    if (!h) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(model->purchases(*h, length));
}
template <class Customer> Datum residual(FunctionCallInfo fcinfo) {
    const Model model(fcinfo);
    require_converged(*model, false, allow_unconverged(fcinfo));
    const double rate = PG_GETARG_FLOAT8(Customer::next), force = discount_force(rate, model->unit());
    if (!(force > 0))
        throw Error(sqlstate::invalid_parameter, "discount_rate must be above zero",
                    "It is " + digits(rate) + ": purchases for ever have no sum without discount.",
                    "Use clv_purchases with a horizon.");
    const auto h = Customer(fcinfo).history(*model);
    if (!h) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(model->residual(*h, force));
}

// (model, s)
Datum spend_of_summary(FunctionCallInfo fcinfo) {
    const Model model(fcinfo);
    require_converged(*model, true, allow_unconverged(fcinfo));
    const purchase::Stored stored = purchase::stored_arg(fcinfo, 1);
    if (stored.figures.purchases == 0) PG_RETURN_NULL();
    if (!model->discrete())
        PG_RETURN_FLOAT8(model->spend(static_cast<double>(stored.figures.days) - 1, average_of(stored).value_or(0)));
    // Late enough for the last purchase to be in an opportunity.
    const auto late = static_cast<Day>(std::min<std::int64_t>(
        purchase::day_of(stored.figures.last) + 1 + model->unit() / purchase::micros_per_day, INT32_MAX));
    PG_RETURN_FLOAT8(model->spend(opportunities_of(stored, late, model->unit())->x,
                                  average_of(stored, late, model->unit(), true).value_or(0)));
}
// (model, x, average)
Datum spend_of_numbers(FunctionCallInfo fcinfo) {
    enum { of_model, of_x, of_average };
    if (any_null_but_average(fcinfo, of_average)) PG_RETURN_NULL();
    const Model model(fcinfo);
    require_converged(*model, true, allow_unconverged(fcinfo));
    const double x = PG_GETARG_FLOAT8(of_x);
    model->check({x, x > 0 ? x : 0, std::abs(x)});
    if (fcinfo->args[of_average].isnull && x > 0) PG_RETURN_NULL();
    const double average = fcinfo->args[of_average].isnull ? 0 : PG_GETARG_FLOAT8(of_average);
    check_average(average);
    PG_RETURN_FLOAT8(model->spend(x, average));
}

// What the functions of value have in common: (model, customer, horizon, discount_rate, margin, …)
template <class Customer> struct ValueOf {
    History h;
    double average, margin;
    Horizon *horizon;
    bool known = false;

    ValueOf(FunctionCallInfo fcinfo, const Model &model) {
        constexpr int next = Customer::next_with_average;
        require_converged(*model, true, allow_unconverged(fcinfo));
        margin = PG_GETARG_FLOAT8(next + 2);
        if (!std::isfinite(margin))
            throw Error(sqlstate::invalid_parameter, "margin must be a finite number", "It is " + digits(margin) + ".",
                        "It is the share of an amount that is earned.");
        horizon = &model.with().horizon(horizon_arg(fcinfo, next, *model), PG_GETARG_FLOAT8(next + 1), model->unit());
        const Customer customer(fcinfo);
        const auto history = customer.history(*model);
        if (!history) return;
        h = *history;
        const auto of_average = customer.average(*model);
        known = of_average || h.x == 0;
        average = of_average.value_or(0);
        check_average(average);
    }
};
template <class Customer> Datum value(FunctionCallInfo fcinfo) {
    if (any_null_but_average(fcinfo, Customer::next_with_average - 1)) PG_RETURN_NULL();
    const Model model(fcinfo);
    const ValueOf<Customer> of(fcinfo, model);
    if (!of.known) PG_RETURN_NULL();
    PG_RETURN_FLOAT8(of.margin * model->value(of.h, of.average, *of.horizon));
}
template <class Customer> Datum value_interval(FunctionCallInfo fcinfo) {
    if (any_null_but_average(fcinfo, Customer::next_with_average - 1)) PG_RETURN_NULL();
    const double confidence = PG_GETARG_FLOAT8(Customer::next_with_average + 3);
    math::check_confidence(confidence);
    const Model model(fcinfo);
    const ValueOf<Customer> of(fcinfo, model);
    if (!of.known) PG_RETURN_NULL();
    if (!model->has_covariance())
        throw Error(sqlstate::not_set_up, "the model has no standard errors",
                    "It was given by its parameters, or has not converged.", "Fit it with clv_fit.");
    const Estimate e = model->value_interval(of.h, of.average, *of.horizon, confidence);
    // A margin below zero exchanges the limits.
    Datum values[] = {Float8GetDatum(of.margin * e.value), Float8GetDatum(std::abs(of.margin) * e.std_error),
                      Float8GetDatum(of.margin * (of.margin < 0 ? e.high : e.low)),
                      Float8GetDatum(of.margin * (of.margin < 0 ? e.low : e.high))};
    bool nulls[4] = {};
    return pg::row_datum(model.with().row(fcinfo, model.context()), values, nulls);
}

Datum expected(FunctionCallInfo fcinfo) {
    const Model model(fcinfo);
    require_converged(*model, false, allow_unconverged(fcinfo));
    PG_RETURN_FLOAT8(model->new_purchases(horizon_arg(fcinfo, 1, *model)));
}
Datum probability(FunctionCallInfo fcinfo) {
    const Model model(fcinfo);
    require_converged(*model, false, allow_unconverged(fcinfo));
    const std::int32_t n = PG_GETARG_INT32(1);
    const double length = horizon_arg(fcinfo, 2, *model);
    if (n < 0) PG_RETURN_FLOAT8(0);
    PG_RETURN_FLOAT8(model->new_probability(static_cast<std::uint64_t>(n), length));
}

} // namespace
} // namespace cd::clv

using namespace cd;
using namespace cd::clv;

using ByTime = BySummary<TimestamptzArg>;
using ByDate = BySummary<DateArg>;

CD_DEFINE(cd_clv_alive_timestamptz, alive<ByTime>)
CD_DEFINE(cd_clv_alive_date, alive<ByDate>)
CD_DEFINE(cd_clv_alive_numbers, alive<ByNumbers>)
CD_DEFINE(cd_clv_purchases_timestamptz, purchases<ByTime>)
CD_DEFINE(cd_clv_purchases_date, purchases<ByDate>)
CD_DEFINE(cd_clv_purchases_numbers, purchases<ByNumbers>)
CD_DEFINE(cd_clv_residual_timestamptz, residual<ByTime>)
CD_DEFINE(cd_clv_residual_date, residual<ByDate>)
CD_DEFINE(cd_clv_residual_numbers, residual<ByNumbers>)
CD_DEFINE(cd_clv_spend, spend_of_summary)
CD_DEFINE(cd_clv_spend_numbers, spend_of_numbers)
CD_DEFINE(cd_clv_value_timestamptz, cd::clv::value<ByTime>)
CD_DEFINE(cd_clv_value_date, cd::clv::value<ByDate>)
CD_DEFINE(cd_clv_value_numbers, cd::clv::value<ByNumbers>)
CD_DEFINE(cd_clv_value_interval_timestamptz, value_interval<ByTime>)
CD_DEFINE(cd_clv_value_interval_date, value_interval<ByDate>)
CD_DEFINE(cd_clv_value_interval_numbers, value_interval<ByNumbers>)
CD_DEFINE(cd_clv_expected, expected)
CD_DEFINE(cd_clv_purchase_probability, probability)
