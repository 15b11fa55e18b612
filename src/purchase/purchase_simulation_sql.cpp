#include "pg/rows.hpp"
#include "purchase/purchase_simulation.hpp"
extern "C" {
#include "utils/numeric.h"
#include "utils/timestamp.h"
}

using namespace cd;
using namespace cd::purchase;

CD_FUNCTION(cd_simulate_purchases) {
    const std::int32_t customers = PG_GETARG_INT32(0), days = PG_GETARG_INT32(2);
    const auto seed = static_cast<std::uint64_t>(PG_GETARG_INT64(1));
    if (customers < 0)
        throw Error(sqlstate::invalid_parameter, "customers must not be negative",
                    "customers is " + std::to_string(customers) + ".");
    if (days < 1 || days > 100000)
        throw Error(sqlstate::invalid_parameter, "days must be between 1 and 100000",
                    "days is " + std::to_string(days) + ".");
    pg::ResultRows result(fcinfo);
    std::size_t rows = 0;
    for (std::int32_t customer = 1; customer <= customers; ++customer)
        simulate_customer(seed, static_cast<std::uint64_t>(customer), days, [&](Micros t, std::int64_t cents) {
            pg::interrupts.every(rows++);
            Numeric amount;
            pg::call([&amount, cents] { amount = int64_div_fast_to_numeric(cents, 2); });
            Datum values[] = {Int64GetDatum(customer), TimestampTzGetDatum(t), NumericGetDatum(amount)};
            bool nulls[] = {false, false, false};
            result.add(values, nulls);
            pfree(amount);
        });
    PG_RETURN_NULL();
}
