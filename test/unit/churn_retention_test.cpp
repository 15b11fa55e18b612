#include "churn/retention.hpp"
#include "math/random.hpp"
#include <gtest/gtest.h>
#include <cmath>
#include <map>

using namespace cd;
using namespace cd::churn;

namespace {

// From 0 to below.
std::uint64_t draw(math::Random &random, std::uint64_t below) { return random.bits() % below; }

} // namespace

TEST(Money, LeavesNoTrace) {
    using math::Money;
    Money sum;
    for (int i = 1; i <= 1'000'000; ++i) sum += Money(i % 2 ? 0.1 : -0.3);
    EXPECT_EQ(sum.value(), -100'000);
    EXPECT_EQ((sum + Money(1e15) + Money(0.07) - Money(1e15) - sum).value(), 0.07);
    EXPECT_EQ((Money(1.0 / 3) + Money(0.1) - Money(1.0 / 3)).value(), 0.1);
    EXPECT_EQ((Money(19.99) + Money(5) - Money(19.99) - Money(5)).value(), 0);
    EXPECT_EQ(Money(-0.0).value(), 0);
    EXPECT_EQ(Money(-1e300).value(), -1e300);
    Money large; // ten thousandths that a bigint would not hold
    for (int i = 0; i < 100'000; ++i) large += Money(2e11 + 0.0625);
    EXPECT_EQ(large.value(), 2e16 + 6250);
}

// Customers by the words of the definition: looked up at every date.
TEST(Retention, ByDefinition) {
    math::Random random(9, 0);
    const auto drawn = [&random](int below) {
        return static_cast<std::int64_t>(draw(random, static_cast<std::uint64_t>(below)));
    };
    for (int round = 0; round < 300; ++round) {
        std::vector<Micros> dates = period_dates({0, 10, 0}, 0, 0, (20 + drawn(100)) * math::day_micros, {});
        for (Micros &date : dates) date /= math::day_micros; // days will do
        std::vector<std::vector<Subscription>> customers(static_cast<std::size_t>(drawn(30)));
        Retention retention(dates);
        for (auto &mine : customers) {
            for (std::int64_t n = drawn(5); n >= 0; --n) {
                const Micros start = drawn(120) - 10;
                mine.push_back(
                    {start, drawn(4) == 0 ? no_end : start + drawn(40) - 2, static_cast<double>(drawn(500)) / 100});
            }
            retention.add(mine, {});
        }
        const std::vector<Period> periods = retention.periods();
        ASSERT_EQ(periods.size() + 1, dates.size());
        for (const Period &p : periods) {
            std::int64_t at_start = 0, churned = 0, joined = 0;
            std::int64_t revenue = 0, lost = 0, less = 0, more = 0, won = 0; // in cents
            for (const auto &mine : customers) {
                const auto at = [&mine](Micros t) {
                    std::optional<std::int64_t> cents;
                    for (const Subscription &s : mine)
                        if (s.starts_at <= t && s.ends_at > t) cents = cents.value_or(0) + std::llround(s.amount * 100);
                    return cents;
                };
                const auto before = at(p.start), after = at(p.end);
                at_start += before.has_value();
                revenue += before.value_or(0);
                if (before && !after) ++churned, lost += *before;
                if (!before && after) ++joined, won += *after;
                if (before && after) (*after < *before ? less : more) += std::abs(*after - *before);
            }
            EXPECT_EQ(p.customers, at_start);
            EXPECT_EQ(p.churned, churned);
            EXPECT_EQ(p.joined, joined);
            const auto money = [](std::int64_t cents) { return static_cast<double>(cents) / 100; };
            EXPECT_EQ(p.revenue.value(), money(revenue));
            EXPECT_EQ(p.lost.value(), money(lost));
            EXPECT_EQ(p.contraction.value(), money(less));
            EXPECT_EQ(p.expansion.value(), money(more));
            EXPECT_EQ(p.joined_revenue.value(), money(won));
            EXPECT_EQ(p.retained().value(), money(revenue - lost - less + more));
        }
    }
}

TEST(Retention, PeriodDates) {
    constexpr Micros day = math::day_micros;
    const auto dates = [](const Span &every, std::optional<Micros> since, Micros first, Micros until) {
        std::vector<Micros> days = period_dates(every, since, first, until, {});
        for (Micros &date : days) date /= day;
        return days;
    };
    using Days = std::vector<Micros>;
    EXPECT_EQ(dates({1, 0, 0}, {}, 370 * day, 430 * day), (Days{366, 397, 425})); // January and February 2001
    EXPECT_EQ(dates({0, 7, 0}, {}, 366 * day, 380 * day), (Days{366, 373, 380}));
    EXPECT_EQ(dates({0, 7, 0}, 100 * day, 366 * day, 380 * day), (Days{366, 373, 380}));
    EXPECT_EQ(dates({0, 7, 0}, 370 * day, 366 * day, 380 * day), (Days{370, 377}));
    EXPECT_EQ(dates({0, 7, 0}, {}, 366 * day, 360 * day), Days{});
    EXPECT_THROW(dates({0, 0, 1}, {}, 0, day), Error);
}
