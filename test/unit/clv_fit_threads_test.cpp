#include "clv/clv_fit.hpp"
#include <gtest/gtest.h>

namespace cd::clv {
namespace {

// 16,000 distinct histories in no order of theirs: enough for a sample and many blocks.
void gather(Customers &customers) {
    customers.set_frame({purchase::micros_per_day, false, {}, {}});
    for (int i = 0; i < 16000; ++i) {
        const double x = i * 37 % 11 * (i % 3), t = 100 + i % 401, last = x > 0 ? t * (1 + i * 53 % 997) / 998 : 0;
        customers.add({x, last, t}, x > 0 ? std::optional(1.0 + i % 89) : std::nullopt);
    }
    customers.count();
}

TEST(ClvFitThreads, TheSameWithAnyNumberOfThreads) {
    std::pmr::monotonic_buffer_resource memory;
    Customers customers(&memory, SIZE_MAX, {});
    gather(customers);
    EXPECT_GT(customers.seen().size(), 2 * 4096u);
    const auto flat = [&](int threads) {
        const ClvModel model(fit(customers, {}, {{}, nullptr, threads}));
        std::vector<std::uint8_t> bytes(model.room());
        bytes.resize(static_cast<std::size_t>(model.put(bytes.data()) - bytes.data()));
        EXPECT_EQ(model.fitted().candidates.size(), 4u);
        return bytes;
    };
    const auto alone = flat(1);
    EXPECT_EQ(alone, flat(2));
    EXPECT_EQ(alone, flat(5));
}

// What a poll throws, in the caller or not, ends the fit.
TEST(ClvFitThreads, ThreadsCanBeCancelled) {
    std::pmr::monotonic_buffer_resource memory;
    Customers customers(&memory, SIZE_MAX, {});
    gather(customers);
    static int polls;
    polls = 0;
    const Poll cancel([] {
        if (++polls > 1000) throw Error("57014", "canceling statement due to user request");
    });
    EXPECT_THROW(fit(customers, {}, {cancel, nullptr, 3}), Error);
}

} // namespace
} // namespace cd::clv
