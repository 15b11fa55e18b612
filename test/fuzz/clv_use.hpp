// What may be asked of a clv_model or sbg_model that anybody made.
#pragma once
#include "clv/clv_model.hpp"
#include "common/json.hpp"
#include <cmath>
#include <cstdlib>

namespace cd::test {

// Reads a model, if the bytes are one, writes it again in both ways, and uses it.
template <class M, class Use> void read_back(Bytes input, Use use) {
    try {
        const M model(input);
        std::vector<std::uint8_t> again(model.room());
        const std::uint8_t *const end = model.put(again.data());
        if (static_cast<std::size_t>(end - again.data()) != input.size() ||
            std::memcmp(again.data(), input.data(), input.size()) != 0)
            std::abort();
        Json json;
        model.tell(json, {});
        use(model);
    } catch (const Error &) {
    }
}

// An answer inside its range, or an error.
template <class Answer> void within(double low, double high, Answer answer) {
    try {
        // Weights add up to 1 to the precision of doubles.
        if (const double value = answer(); !(value >= low && value <= high * (1 + 1e-9))) std::abort();
    } catch (const Error &) {
    }
}

inline void predict(const clv::ClvModel &model, const clv::History &h, double average, bool wide) {
    constexpr double any = 1.7e308;
    const double length = wide ? 1e5 : 52, force = wide ? 1e-9 : 0.002;
    within(0, 0, [&] { return model.check(h), 0; });
    within(0, 1, [&] { return model.alive(h); });
    within(0, any, [&] { return model.purchases(h, length); });
    within(0, any, [&] { return model.new_purchases(length); });
    for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{50}})
        within(0, 1, [&] { return model.new_probability(n, length); });
    within(0, any, [&] { return model.residual(h, force); });
    if (!model.fitted().spend) return;
    within(0, any, [&] { return model.spend(h.x, average); });
    within(0, any, [&] {
        clv::Horizon horizon(wide ? 2000 : length, force, {});
        if (!model.has_covariance()) return model.value(h, average, horizon);
        const clv::Estimate e = model.value_interval(h, average, horizon, 0.95);
        if (!(e.low <= e.value && e.value <= e.high && e.std_error >= 0)) std::abort();
        return e.value;
    });
}

} // namespace cd::test
