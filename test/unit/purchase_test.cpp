#include "purchase/purchase.hpp"
#include "math/random.hpp"
#include "purchase/purchase_simulation.hpp"
#include <gtest/gtest.h>
#include <set>
#include <vector>

using namespace cd;
using namespace cd::purchase;
using math::Random;

namespace {

struct Purchase {
    Micros t;
    std::int64_t cents;
};

// What the issue says, written down without any cleverness.
struct Naive {
    std::vector<Purchase> rows;
    Figures figures(std::set<Day> &days) const {
        Figures f;
        std::int64_t gross = 0, refunded = 0, first_day = 0;
        for (const Purchase &p : rows) {
            if (p.cents < 0) {
                ++f.refunds;
                refunded -= p.cents;
                continue;
            }
            if (f.purchases == 0 || p.t < f.first) f.first = p.t;
            if (f.purchases == 0 || p.t > f.last) f.last = p.t;
            ++f.purchases;
            gross += p.cents;
            days.insert(day_of(p.t));
        }
        for (const Purchase &p : rows)
            if (p.cents >= 0 && day_of(p.t) == *days.begin()) first_day += p.cents;
        f.days = static_cast<std::uint32_t>(days.size());
        f.gross = Sum::of_decimal(100 * gross);
        f.refunded = Sum::of_decimal(100 * refunded);
        f.first_day = Sum::of_decimal(100 * first_day);
        return f;
    }
};

// Figures and gaps together, as add_purchase wants them.
struct History {
    Figures f;
    std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(64);
    Micros &first() { return f.first; }
    Micros &last() { return f.last; }
    std::uint64_t &purchases() { return f.purchases; }
    std::uint32_t &days() { return f.days; }
    std::uint32_t &gap_bytes() { return f.gap_bytes; }
    Sum &gross() { return f.gross; }
    Sum &first_day() { return f.first_day; }
    Sum &refunded() { return f.refunded; }
    std::uint64_t &refunds() { return f.refunds; }
    std::uint8_t *gaps(std::size_t more) {
        if (f.gap_bytes + more > bytes.size()) bytes.resize(2 * (f.gap_bytes + more));
        return bytes.data();
    }
    void add(const Purchase &p) { add_purchase(*this, p.t, static_cast<double>(p.cents) / 100); }
    std::vector<std::uint8_t> packed() const {
        std::vector<std::uint8_t> to(max_packed_figures + f.gap_bytes);
        to.resize(static_cast<std::size_t>(pack(f, bytes.data(), to.data()) - to.data()));
        return to;
    }
};

std::vector<Day> days_of(const DaySet &set) {
    std::vector<Day> days;
    each_day(set, [&](Day d) {
        days.push_back(d);
        return true;
    });
    return days;
}

void expect_equal(const Figures &seen, const std::uint8_t *gaps, const Naive &naive) {
    std::set<Day> days;
    const Figures f = naive.figures(days);
    ASSERT_EQ(seen.purchases, f.purchases);
    ASSERT_EQ(seen.refunds, f.refunds);
    ASSERT_EQ(seen.days, f.days);
    ASSERT_EQ(seen.gross.decimal(), f.gross.decimal());
    ASSERT_EQ(seen.refunded.decimal(), f.refunded.decimal());
    if (f.purchases == 0) return;
    ASSERT_EQ(seen.first, f.first);
    ASSERT_EQ(seen.last, f.last);
    ASSERT_EQ(seen.first_day.decimal(), f.first_day.decimal());
    ASSERT_EQ(days_of(seen.day_set(gaps)), std::vector<Day>(days.begin(), days.end()));
}

std::vector<Purchase> random_rows(Random &random) {
    // From a few rows on few days, where everything collides, to many rows over centuries.
    const std::size_t n = random.bits() % 60;
    const std::uint64_t span = std::uint64_t{1} << (random.bits() % 18);
    std::vector<Purchase> rows;
    for (std::size_t i = 0; i < n; ++i) {
        const auto day = static_cast<std::int64_t>(random.bits() % span) - static_cast<std::int64_t>(span / 2);
        const auto micros = static_cast<Micros>(random.bits() % 3) * (micros_per_day / 3);
        rows.push_back({day * micros_per_day + micros, static_cast<std::int64_t>(random.bits() % 10000) - 1000});
    }
    return rows;
}

} // namespace

TEST(Purchase, DayOfFloorsBefore2000) {
    EXPECT_EQ(day_of(0), 0);
    EXPECT_EQ(day_of(-1), -1);
    EXPECT_EQ(day_of(micros_per_day - 1), 0);
    EXPECT_EQ(day_of(-micros_per_day), -1);
    EXPECT_EQ(day_of(-micros_per_day - 1), -2);
}

TEST(Purchase, AnyOrderEqualsTheDefinition) {
    Random random(1, 1);
    for (int round = 0; round < 20000; ++round) {
        Naive naive{random_rows(random)};
        if (round % 2) std::sort(naive.rows.begin(), naive.rows.end(), [](auto &a, auto &b) { return a.t < b.t; });
        History h;
        for (const Purchase &p : naive.rows) h.add(p);
        expect_equal(h.f, h.bytes.data(), naive);
    }
}

// Long lists of short and of long gaps, where whole words of them are passed over.
TEST(Purchase, DaysInsertedAtRandomAreAllThere) {
    Random random(9, 1);
    for (const std::uint64_t span : {3000, 20000, 3000000}) {
        History h;
        std::set<Day> days;
        for (int i = 0; i < 6000; ++i) {
            const auto day = static_cast<Day>(random.bits() % span);
            days.insert(day);
            h.add({day * micros_per_day, 100});
        }
        EXPECT_EQ(days_of(h.f.day_set(h.bytes.data())), std::vector<Day>(days.begin(), days.end()));
    }
}

TEST(Purchase, PackedIsExactAndAccepted) {
    Random random(2, 1);
    for (int round = 0; round < 20000; ++round) {
        const Naive naive{random_rows(random)};
        History h;
        for (const Purchase &p : naive.rows) h.add(p);
        h.f.skipped = random.bits() % 3;
        const auto bytes = h.packed();
        ASSERT_LE(bytes.size(), max_packed_figures + h.f.gap_bytes);
        const Stored stored = unpack_untrusted(bytes);
        expect_equal(stored.figures, stored.gaps, naive);
        ASSERT_EQ(stored.figures.skipped, h.f.skipped);
        History again{stored.figures, std::vector<std::uint8_t>(stored.gaps, stored.gaps + stored.figures.gap_bytes)};
        ASSERT_EQ(again.packed(), bytes);
    }
}

// Merging parts gives the same bytes as seeing all rows.
TEST(Purchase, PartsMakeTheWhole) {
    Random random(3, 1);
    for (int round = 0; round < 20000; ++round) {
        const auto rows = random_rows(random);
        History whole, a, b;
        for (const Purchase &p : rows) {
            whole.add(p);
            (random.bits() % 2 ? a : b).add(p);
        }
        History sum;
        sum.bytes.resize(std::size_t{a.f.gap_bytes} + b.f.gap_bytes + max_gap);
        sum.f = a.f;
        if (a.f.purchases && b.f.purchases) {
            const Union both = merge_days(a.f.day_set(a.bytes.data()), b.f.day_set(b.bytes.data()), sum.bytes.data());
            sum.f.days = both.days;
            sum.f.gap_bytes = both.size;
        } else {
            const History &only = a.f.purchases ? a : b;
            sum.f.days = only.f.days;
            sum.f.gap_bytes = only.f.gap_bytes;
            std::copy_n(only.bytes.begin(), only.f.gap_bytes, sum.bytes.begin());
        }
        merge_figures(sum.f, b.f);
        ASSERT_EQ(sum.packed(), whole.packed());
    }
}

TEST(Purchase, RefusesEveryTruncationAndTrailingByte) {
    History h;
    for (int i = 0; i < 300; ++i) h.add({i * 7 * micros_per_day + i, i % 5 ? 1000 + i : -i});
    h.f.skipped = 3;
    auto bytes = h.packed();
    EXPECT_NO_THROW(unpack_untrusted(bytes));
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_THROW(unpack_untrusted(Bytes(bytes.data(), n)), Error) << n;
    bytes.push_back(1);
    EXPECT_THROW(unpack_untrusted(bytes), Error);
}

// A changed bit is refused, or it is another value that we could have written.
TEST(Purchase, AcceptsOnlyWhatItWouldWrite) {
    History h;
    for (int i = 0; i < 40; ++i) h.add({i * 9 * micros_per_day + i * 1000, 999 + i});
    h.add({5 * micros_per_day, -250});
    const auto good = h.packed();
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        auto bytes = good;
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1 << bit % 8));
        try {
            const Stored s = unpack_untrusted(bytes);
            const History again{s.figures, std::vector<std::uint8_t>(s.gaps, s.gaps + s.figures.gap_bytes)};
            EXPECT_EQ(again.packed(), bytes) << bit;
        } catch (const Error &) {
        }
    }
}

TEST(Purchase, RepeatCountsDaysUpToAsOf) {
    History h;
    for (const int day : {0, 0, 10, 24, 100}) h.add({day * micros_per_day + 5, 100});
    Repeat r;
    ASSERT_TRUE(repeat(h.f, h.bytes.data(), 38, 7 * micros_per_day, r));
    EXPECT_EQ(r.x, 2);
    EXPECT_EQ(r.t_x, 24 / 7.0);
    EXPECT_EQ(r.t, 38 / 7.0);
    ASSERT_TRUE(repeat(h.f, h.bytes.data(), 10, micros_per_day, r));
    EXPECT_EQ(r.x, 1);
    EXPECT_EQ(r.t_x, 10);
    EXPECT_EQ(r.t, 10);
    EXPECT_FALSE(repeat(h.f, h.bytes.data(), -1, micros_per_day, r));
}

TEST(Purchase, LogGapsIsTheSumOfLogarithms) {
    History h;
    for (const int day : {0, 3, 10, 300}) h.add({day * micros_per_day, 1});
    EXPECT_NEAR(log_gaps(h.f.day_set(h.bytes.data())), std::log(3 * 7 * 290.0), 1e-14);
}

TEST(Purchase, BadInputIsRefused) {
    EXPECT_THROW(check_amount(NAN), Error);
    EXPECT_THROW(check_amount(INFINITY), Error);
    EXPECT_THROW(check_time(INT64_MAX), Error);
    EXPECT_THROW(check_time(INT64_MIN), Error);
    History h;
    add_purchase(h, 0, 1.7e308);
    EXPECT_THROW(add_purchase(h, 0, 1.7e308), Error);
}
