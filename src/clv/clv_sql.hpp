// How the bindings of the feature read customers and models.
#pragma once
#include "clv/clv_model.hpp"
#include "pg/model.hpp"
#include "pg/rows.hpp"
#include "pg/time.hpp"

namespace cd::clv {

// A span of any length: a year has 365.25 days, and a month is a twelfth of it.
inline double span_micros(const Interval *span) {
    return (static_cast<double>(span->month) * (365.25 / 12) + static_cast<double>(span->day)) *
               static_cast<double>(USECS_PER_DAY) +
           static_cast<double>(span->time);
}
inline double horizon_in_units(const Interval *horizon, Micros unit) {
    const double length = span_micros(horizon) / static_cast<double>(unit);
    if (!(length >= 0))
        throw Error(sqlstate::invalid_parameter, "horizon must not be negative", "It is " + digits(length) + " units.",
                    "It is the time after as_of, for instance interval '1 year'.");
    return length;
}
// Of a year, as e^force - 1 = discount_rate in a year of 365.25 days.
double discount_force(double discount_rate, Micros unit);

// Refuses a model that has not converged, or that knows nothing of amounts where they are asked for.
void require_converged(const ClvModel &, bool with_spend, bool allow_unconverged);

// What is wrong with a part that has not converged.
std::string fault_of(const Part &, const char *parameter);

// Rows of summary(): the parameters of the parts of a model. Make it while nothing with a destructor is alive.
class PartRows {
  public:
    PartRows(FunctionCallInfo fcinfo, double confidence);
    void add(const char *name, const Part &, std::span<const char *const> names, const Parameters &above,
             const std::string &remark);
    void add_correlation(double correlation, std::uint64_t customers);

  private:
    double confidence_, quantile_;
    pg::ResultRows rows_;
};

} // namespace cd::clv
