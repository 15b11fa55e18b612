#include "purchase/purchase_simulation.hpp"
#include <gtest/gtest.h>

using namespace cd::purchase;

// FNV-1a over (customer, microseconds, cents) of 500 customers. The number was computed by an implementation of the
// same process in Python, whose floats are IEEE doubles too.
TEST(PurchaseSimulation, IsBitEqualForASeed) {
    std::uint64_t hash = 0xcbf29ce484222325, rows = 0;
    for (std::int64_t customer = 1; customer <= 500; ++customer)
        simulate_customer(42, static_cast<std::uint64_t>(customer), 730, [&](Micros t, std::int64_t cents) {
            ++rows;
            for (const std::int64_t v : {customer, t, cents})
                for (int i = 0; i < 8; ++i) {
                    hash ^= static_cast<std::uint8_t>(v >> (8 * i));
                    hash *= 0x100000001b3;
                }
        });
    EXPECT_EQ(rows, 4542u);
    EXPECT_EQ(hash, 0xf7f9d95c0ef882bu);
}

// About ten purchases a customer, and the mean amount of Gamma-Gamma, shape * scale / (spread - 1) = 35.
TEST(PurchaseSimulation, HasItsMoments) {
    constexpr std::uint64_t customers = 200000;
    double rows = 0, cents = 0;
    for (std::uint64_t customer = 1; customer <= customers; ++customer)
        simulate_customer(0, customer, 730, [&](Micros t, std::int64_t c) {
            ++rows;
            cents += static_cast<double>(c);
            ASSERT_GE(t, simulation_start);
            ASSERT_LT(t, simulation_start + 730 * micros_per_day);
        });
    EXPECT_NEAR(rows / customers, 10, 0.2);
    EXPECT_NEAR(cents / rows / 100, 35, 0.5);
}
