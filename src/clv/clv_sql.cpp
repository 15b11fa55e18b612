#include "clv/clv_sql.hpp"
#include "math/distribution.hpp"
#include "math/elementary.hpp"
#include <cmath>

namespace cd::clv {

// What ln(1 + d) a unit is, with a year of 365.25 days.
double discount_force(double discount_rate, Micros unit) {
    if (!(discount_rate >= 0 && std::isfinite(discount_rate)))
        throw Error(sqlstate::invalid_parameter, "discount_rate must be a finite number and not negative",
                    "It is " + digits(discount_rate) + ".", "0.1 is ten percent a year.");
    return math::log1p(discount_rate) * (static_cast<double>(unit) / (365.25 * static_cast<double>(USECS_PER_DAY)));
}

// What is wrong with a part that has not converged.
std::string fault_of(const Part &part, const char *parameter) {
    switch (part.end) {
    case End::too_few_iterations: return "It was given up after " + std::to_string(part.iterations) + " iterations.";
    case End::runs_away:
        return std::string("The likelihood has no largest value: it rises for ever as ") + parameter +
               (part.grows ? " grows." : " shrinks.");
    case End::flat: return std::string("The data do not tell what ") + parameter + " is.";
    default: return {};
    }
}

void require_converged(const ClvModel &model, bool with_spend, bool allow_unconverged) {
    const Fitted &fitted = model.fitted();
    if (with_spend && !fitted.spend)
        throw Error(sqlstate::not_set_up, "the model knows nothing of amounts",
                    "It was fitted to fewer than ten repeat customers with an average amount, or given without spend.",
                    "Fit it to customers with amounts, or give clv_model() the parameters p, q and v.");
    if (allow_unconverged) return;
    constexpr const char *message = "the model has not converged";
    if (!fitted.purchases.converged())
        throw Error(sqlstate::not_set_up, message,
                    fault_of(fitted.purchases, parameters_of(fitted.process)[fitted.purchases.which]),
                    "Fit it with model => 'auto', which takes one that converges ('nbd' has nobody leave), or say "
                    "allow_unconverged => true.");
    if (with_spend && !fitted.spend->converged())
        throw Error(sqlstate::not_set_up, message,
                    fault_of(*fitted.spend, GammaGamma::parameter_names[fitted.spend->which]),
                    "Average amounts that are all alike need no model of spend; else say allow_unconverged => true.");
}

PartRows::PartRows(FunctionCallInfo fcinfo, double confidence) : confidence_(confidence), quantile_(0), rows_(fcinfo) {
    math::check_confidence(confidence);
    quantile_ = math::confidence_quantile(confidence);
}

namespace {

enum {
    part_name,
    parameter,
    estimate,
    std_error,
    low,
    high,
    log_likelihood,
    aic,
    bic,
    customers,
    iterations,
    converged,
    remark,
    columns
};

} // namespace

void PartRows::add(const char *name, const Part &part, std::span<const char *const> names, const Parameters &above,
                   const std::string &of_choice) {
    const std::size_t n = part.parameters.size();
    const std::string said = part.converged() ? of_choice : fault_of(part, names[part.which]);
    for (std::size_t i = 0; i < n; ++i) {
        Datum values[columns] = {};
        bool nulls[columns] = {};
        values[part_name] = pg::text_column(name);
        values[parameter] = pg::text_column(names[i]);
        values[estimate] = Float8GetDatum(part.parameters[i]);
        nulls[std_error] = nulls[low] = nulls[high] = part.covariance.empty();
        if (!part.covariance.empty()) {
            // Of the logarithm, so that the limits stay where the parameter may be.
            const double distance = part.parameters[i] - above[i], log_error = std::sqrt(part.covariance[i * n + i]),
                         reach = std::min(quantile_ * log_error, 699.0);
            values[std_error] = Float8GetDatum(distance * log_error);
            values[low] = Float8GetDatum(above[i] + distance * math::exp(-reach));
            values[high] = Float8GetDatum(above[i] + distance * math::exp(reach));
        }
        nulls[log_likelihood] = nulls[aic] = nulls[bic] = nulls[customers] = nulls[iterations] = part.customers == 0;
        values[log_likelihood] = Float8GetDatum(part.log_likelihood);
        values[aic] = Float8GetDatum(part.aic());
        values[bic] = Float8GetDatum(part.bic());
        values[customers] = UInt64GetDatum(part.customers);
        values[iterations] = UInt64GetDatum(part.iterations);
        values[converged] = BoolGetDatum(part.converged());
        nulls[remark] = said.empty();
        if (!said.empty()) values[remark] = pg::text_column(said);
        rows_.add(values, nulls);
    }
}

void PartRows::add_correlation(double correlation, std::uint64_t of_customers) {
    const Correlation r = correlation_of(correlation, std::max(4.0, static_cast<double>(of_customers)), confidence_);
    Datum values[columns] = {};
    bool nulls[columns];
    std::fill(nulls, nulls + columns, true);
    const auto set = [&](int column, Datum value) {
        values[column] = value;
        nulls[column] = false;
    };
    set(part_name, pg::text_column(GammaGamma::name));
    set(parameter, pg::text_column("correlation"));
    set(estimate, Float8GetDatum(r.value));
    set(low, Float8GetDatum(r.low));
    set(high, Float8GetDatum(r.high));
    set(customers, UInt64GetDatum(of_customers));
    set(remark, pg::text_column("of purchases and average amount, which the model takes to be independent"));
    rows_.add(values, nulls);
}

} // namespace cd::clv
