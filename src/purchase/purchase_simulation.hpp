// Purchases of invented customers by the process that BG/NBD and Gamma-Gamma models assume.
#pragma once
#include "math/random.hpp"
#include "purchase/purchase.hpp"

namespace cd::purchase {

// BG/NBD (Fader, Hardie and Lee 2005), time in days: purchases at rate lambda ~ Gamma(r, alpha), after each repeat
// purchase the customer leaves with probability p ~ Beta(a, b). Gamma-Gamma (Fader and Hardie 2013): the amounts of a
// customer are Gamma(shape, nu) with nu ~ Gamma(spread, scale), mean shape * scale / (spread - 1).
struct SimulationParameters {
    double r = 1.1, alpha = 30, a = 0.6, b = 12;
    double shape = 6.25, spread = 3.75, scale = 15.4;
};

// 2024-01-01, from where `days` are counted.
inline constexpr Micros simulation_start = 8766 * micros_per_day;

// One customer's purchases, first to last. The first falls anywhere in the time simulated. Its numbers come from
// (seed, customer) alone, so customers can be made in any order.
template <class Visit>
void simulate_customer(std::uint64_t seed, std::uint64_t customer, std::int32_t days, Visit &&visit) {
    const SimulationParameters p;
    math::Random random(seed, customer);
    const double end = days;
    const double lambda = random.gamma(p.r) / p.alpha;
    const double leaves = random.beta(p.a, p.b);
    const double nu = random.gamma(p.spread) / p.scale;
    double t = random.uniform() * end;
    for (bool repeat = false; t < end; repeat = true) {
        const auto cents = static_cast<std::int64_t>(random.gamma(p.shape) / nu * 100 + 0.5);
        visit(simulation_start + static_cast<Micros>(t * static_cast<double>(micros_per_day / 1'000'000)) * 1'000'000,
              cents < 1 ? 1 : cents);
        if (repeat && random.uniform() < leaves) return;
        t += random.exponential() / lambda;
    }
}

} // namespace cd::purchase
