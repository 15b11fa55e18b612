// Churn and retention of subscriptions in SQL.
#include "churn/by_customer.hpp"
#include "churn/query_columns_sql.hpp"
#include "churn/retention.hpp"
#include "customer_data.hpp"
#include "pg/arguments.hpp"
#include "pg/memory.hpp"

namespace cd::churn {
namespace {

class Subscriptions final : public CustomerRows {
  public:
    explicit Subscriptions(std::pmr::memory_resource *memory)
        : CustomerRows({"starts_at", "ends_at"}, "amount"), rows(memory, max_dataset_memory(), pg::interrupts) {}

    ByCustomer<Subscription> rows;
    Micros first = INT64_MAX, last = INT64_MIN;

  private:
    void take() override {
        const Micros start = *time(0), end = time(1).value_or(no_end); // infinity is no end
        if (start == INT64_MIN || start == INT64_MAX) refuse_infinite("starts_at");
        if (end == INT64_MIN) refuse_infinite("ends_at");
        rows.add(id(), {start, end, amount().value_or(0)});
        first = std::min(first, start);
        last = std::max(last, std::max(start, end == no_end ? start : end));
    }
};

} // namespace
} // namespace cd::churn

using namespace cd;
using namespace cd::churn;

CD_FUNCTION(cd_churn_rate) {
    pg::require_arguments(fcinfo, {"subscriptions", "every"});
    const Span every = span_arg(fcinfo, 1, "every", Least::above_zero);
    const std::optional<Micros> since = time_arg(fcinfo, 2, "since"), until = time_arg(fcinfo, 3, "until");
    pg::ResultRows result(fcinfo);
    MemoryContext const scratch =
        pg::call([] { return AllocSetContextCreate(CurrentMemoryContext, "churn", ALLOCSET_DEFAULT_SIZES); });
    {
        pg::ContextMemory memory(scratch);
        Subscriptions all(&memory);
        all.read(fcinfo, 0);
        if (all.rows.rows() == 0) PG_RETURN_NULL();
        // What is to come is not known yet.
        const Micros known_until = until.value_or(std::min(all.last, GetCurrentStatementStartTimestamp()));
        Retention retention(period_dates(every, since, all.first, known_until, pg::interrupts));
        all.rows.each(
            [&retention](std::string_view, std::span<Subscription> rows) { retention.add(rows, pg::interrupts); });
        for (const Period &p : retention.periods()) {
            enum {
                period_start,
                period_end,
                customers_at_start,
                churned_customers,
                new_customers,
                customers_at_end,
                churn_rate,
                revenue_at_start,
                churned_revenue,
                contraction,
                expansion,
                new_revenue,
                revenue_at_end,
                net_retention,
                gross_retention,
                count
            };
            Datum values[count] = {};
            bool nulls[count] = {};
            values[period_start] = TimestampTzGetDatum(p.start);
            values[period_end] = TimestampTzGetDatum(p.end);
            values[customers_at_start] = Int64GetDatum(p.customers);
            values[churned_customers] = Int64GetDatum(p.churned);
            values[new_customers] = Int64GetDatum(p.joined);
            values[customers_at_end] = Int64GetDatum(p.customers - p.churned + p.joined);
            pg::set(values[churn_rate], nulls[churn_rate], p.churn_rate());
            const auto money = [&](int column, const math::Money &sum) {
                pg::set(values[column], nulls[column],
                        all.has_amount() ? std::optional<double>(sum.value()) : std::nullopt);
            };
            money(revenue_at_start, p.revenue);
            money(churned_revenue, p.lost);
            money(contraction, p.contraction);
            money(expansion, p.expansion);
            money(new_revenue, p.joined_revenue);
            money(revenue_at_end, p.retained() + p.joined_revenue);
            pg::set(values[net_retention], nulls[net_retention], p.net_retention());
            pg::set(values[gross_retention], nulls[gross_retention], p.gross_retention());
            result.add(values, nulls);
        }
    }
    pg::call([scratch] { MemoryContextDelete(scratch); });
    PG_RETURN_NULL();
}
