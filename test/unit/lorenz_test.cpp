#include "segment/lorenz.hpp"
#include "math/random.hpp"
#include <cfloat>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::segment;
using math::Random;

namespace {

Lorenz of(std::pmr::memory_resource &memory, const std::vector<double> &values) {
    Lorenz s(&memory, SIZE_MAX, Poll{});
    for (const double v : values) s.add(v);
    return s;
}
double gini(const std::vector<double> &values) {
    std::pmr::monotonic_buffer_resource memory;
    const Lorenz s = of(memory, values);
    return s.defined() ? s.gini() : -1;
}
std::vector<std::uint8_t> flat(const Lorenz &s) {
    s.count();
    std::vector<std::uint8_t> bytes(s.flat_size());
    EXPECT_EQ(s.flatten(bytes.data()), bytes.data() + bytes.size());
    return bytes;
}
std::string merge_state(const std::vector<std::uint8_t> &bytes) {
    std::pmr::monotonic_buffer_resource memory;
    Lorenz s(&memory, SIZE_MAX, Poll{});
    try {
        s.merge(bytes);
    } catch (const Error &e) {
        return e.state();
    }
    return "";
}

} // namespace

TEST(Lorenz, PublishedGini) {
    // (2 i - n - 1) x: -4 1 - 2 2 + 0 3 + 2 4 + 4 10 = 40; n sum = 5 20 = 100.
    EXPECT_DOUBLE_EQ(gini({1, 2, 3, 4, 10}), 0.4);
    // The worked example of a spreadsheet for students, 20 incomes in thousands: 0.38625 = 2472 / (20 320).
    EXPECT_DOUBLE_EQ(gini({1, 3, 4, 5, 6, 8, 8, 9, 11, 12, 14, 17, 19, 21, 23, 27, 29, 32, 33, 38}), 0.38625);
    // The incomes of the help page of R package ineq: (2 i - 11) x add up to 307688, and x to 66586.
    EXPECT_DOUBLE_EQ(gini({541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261}), 307688 / (10 * 66586.0));
}

TEST(Lorenz, GiniAtTheEnds) {
    EXPECT_EQ(gini({7, 7, 7}), 0);
    EXPECT_EQ(gini({0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1}), 0);
    EXPECT_EQ(gini({5}), 0);
    EXPECT_DOUBLE_EQ(gini({0, 0, 0, 9}), 0.75); // (n - 1) / n
    EXPECT_EQ(gini({0, 0}), -1);
    EXPECT_EQ(gini({}), -1);
    EXPECT_DOUBLE_EQ(gini({DBL_MAX, 2 * (DBL_MAX / 4), DBL_MAX / 4}), (-2 * 1 + 0 * 2 + 2 * 4) / (3 * 7.0));
    EXPECT_DOUBLE_EQ(gini({DBL_MIN, 2 * DBL_MIN, 4 * DBL_MIN}), 6 / 21.0);
}

// The other definition: mean absolute difference of all pairs over twice the mean.
TEST(Lorenz, AgreesWithTheDefinition) {
    Random random(1, 1);
    for (int round = 0; round < 3000; ++round) {
        const std::size_t n = 1 + random.bits() % 60;
        std::vector<double> values;
        for (std::size_t i = 0; i < n; ++i)
            values.push_back(round % 2 ? static_cast<double>(random.bits() % 9) : random.gamma(0.4) * 100);
        std::pmr::monotonic_buffer_resource memory;
        const Lorenz s = of(memory, values);
        std::sort(values.begin(), values.end());
        long double total = 0, differences = 0;
        for (const double v : values) {
            total += v;
            for (const double w : values) differences += std::abs(v - w);
        }
        ASSERT_EQ(s.defined(), total > 0);
        if (total == 0) continue;
        const auto count = static_cast<long double>(n);
        ASSERT_NEAR(s.gini(), static_cast<double>(differences / (2 * count * total)), 1e-14);

        // The curve: linear between the points (k / n, share of the k lowest).
        const auto share = [&](long double population) {
            const long double position = population * count;
            long double sum = 0;
            for (std::size_t i = 0; i < n; ++i)
                sum += std::clamp(position - static_cast<long double>(i), 0.0L, 1.0L) * values[i];
            return static_cast<double>(sum / total);
        };
        const int points = 1 + static_cast<int>(random.bits() % 150);
        int calls = 0;
        s.curve(points, [&](int i, double seen) {
            EXPECT_EQ(i, calls++);
            EXPECT_NEAR(seen, share(static_cast<long double>(i) / points), 1e-14);
            if (i == 0 || i == points) {
                EXPECT_EQ(seen, i == 0 ? 0 : 1);
            }
        });
        ASSERT_EQ(calls, points + 1);
        for (const double top : {0.0, 0.01, 0.2, 0.5, 1.0}) ASSERT_NEAR(s.top_share(top), 1 - share(1 - top), 1e-14);
    }
}

TEST(Lorenz, PartsInAnyOrderMakeTheSameBytes) {
    Random random(2, 1);
    for (int round = 0; round < 300; ++round) {
        std::pmr::monotonic_buffer_resource memory;
        Lorenz whole = of(memory, {}), parts[3] = {of(memory, {}), of(memory, {}), of(memory, {})};
        for (std::size_t i = 0, n = round % 10 ? random.bits() % 300 : 40000; i < n; ++i) {
            Lorenz &part = parts[random.bits() % 3];
            if (random.bits() % 50 == 0) {
                whole.skip();
                part.skip();
                continue;
            }
            const double v = static_cast<double>(random.bits() % 5000) / 100;
            whole.add(v);
            part.add(v);
        }
        const auto a = flat(parts[0]), b = flat(parts[1]);
        parts[2].merge(b);
        parts[2].merge(a);
        ASSERT_EQ(flat(parts[2]), flat(whole));
        ASSERT_EQ(parts[2].skipped(), whole.skipped());
        ASSERT_EQ(parts[2].count_of_values(), whole.count_of_values());
        ASSERT_EQ(parts[2].defined(), whole.defined());
        if (whole.defined()) {
            ASSERT_EQ(parts[2].gini(), whole.gini());
        }
    }
}

TEST(Lorenz, Bounds) {
    std::pmr::monotonic_buffer_resource memory;
    Lorenz s(&memory, 4096, Poll{});
    EXPECT_THROW(
        {
            for (int i = 0; i < 100000; ++i) s.add(i);
        },
        Error);
    for (const double v : {-1.0, static_cast<double>(NAN), HUGE_VAL}) EXPECT_THROW(of(memory, {v}), Error);
    EXPECT_NO_THROW(of(memory, {-0.0}));
    for (const int points : {0, -1, 10001}) EXPECT_THROW(check_points(points), Error);
    for (const double top : {-0.1, 1.1, static_cast<double>(NAN)}) EXPECT_THROW(check_top(top), Error);
}

TEST(Lorenz, RefusesWhatNoSummaryIs) {
    std::pmr::monotonic_buffer_resource memory;
    const auto good = flat(of(memory, {1, 2, 2}));
    EXPECT_EQ(merge_state(good), "");
    ASSERT_EQ(good.size(), 1u + 1 + 1 + 1 + 2 * 9);
    for (std::size_t n = 0; n < good.size(); ++n)
        EXPECT_EQ(merge_state({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)}), "22P03");
    auto bad = good;
    bad.push_back(0);
    EXPECT_EQ(merge_state(bad), "22P03");
    bad = good;
    bad[0] = 2; // version
    EXPECT_EQ(merge_state(bad), "22P03");
    bad = good;
    bad[11] |= 0x80; // the sign of the first value: -1 ascends to 2, but is below zero
    EXPECT_EQ(merge_state(bad), "22P03");
}
