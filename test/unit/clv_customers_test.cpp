#include "clv_data.hpp"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::clv;
using test::Bought, test::day, test::refusal, test::Summary;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), none = std::numeric_limits<double>::quiet_NaN();
const Frame plain{7 * day, false, {}, {}}, held_out{7 * day, false, {}, 13.0}, opportunities{7 * day, true, {}, {}};

std::string refused(const Frame &frame, const History &h, std::optional<double> average = {}, double held = 0) {
    return refusal([&] {
        Summary s(frame);
        s->add(h, average, held);
    });
}
bool same(const std::optional<History> &a, const History &b) {
    return a && a->x == b.x && a->t_x == b.t_x && a->t == b.t;
}

} // namespace

TEST(ClvCustomers, ImpossibleHistoriesAreRefused) {
    for (const double x : {-1.0, 0.5, 4294967296.0, inf, none})
        EXPECT_EQ(refused(plain, {x, 1, 2}), "22023 x must be a whole number of repeat purchases") << x;
    for (const double t : {-1.0, inf, -inf, none}) {
        EXPECT_EQ(refused(plain, {1, 1, t}), "22023 t_x and t must be finite numbers and not negative") << t;
        EXPECT_EQ(refused(plain, {1, t, 2}), "22023 t_x and t must be finite numbers and not negative") << t;
    }
    EXPECT_EQ(refused(plain, {1, 2.5, 2}), "22023 t_x must not be after t");
    EXPECT_EQ(refused(plain, {0, 1, 2}), "22023 t_x must be 0 without a repeat purchase, and only then");
    EXPECT_EQ(refused(plain, {1, 0, 2}), "22023 t_x must be 0 without a repeat purchase, and only then");
    for (const History h : {History{1, 1.5, 2}, {1, 1, 2.5}, {3, 2, 2}})
        EXPECT_EQ(refused(opportunities, h), "22023 opportunities must be whole, with at most one purchase each");
    for (const History h : {History{0, 0, 0}, {0, 0, 1e308}, {4294967295, 5e-324, 5e-324}, {1, 2, 2}, {0, -0.0, -0.0}})
        EXPECT_EQ(refused(plain, h), "");
    EXPECT_EQ(refused(opportunities, {2, 2, 2}), "");
}

TEST(ClvCustomers, ImpossibleAmountsAndHoldOutsAreRefused) {
    for (const double average : {-1.0, inf, none})
        EXPECT_EQ(refused(plain, {1, 1, 2}, average), "22023 average must be a finite number and not negative");
    for (const double held : {-1.0, 0.5, inf, none, 4294967296.0})
        EXPECT_EQ(refused(held_out, {1, 1, 2}, {}, held), "22023 holdout_x must be a whole number of purchases");
    EXPECT_EQ(refused(plain, {1, 1, 2}, {}, 1), "22023 holdout_x must be a whole number of purchases");
    for (const double length : {0.0, -1.0, inf, none})
        EXPECT_EQ(refusal([&] { Summary({day, false, {}, length}); }), "22023 the hold-out must be longer than zero");
}

TEST(ClvCustomers, AllHaveTheSameFrame) {
    const std::string message = "22023 customers of a clv_summary must be seen in the same way";
    const Frame frames[] = {plain,
                            held_out,
                            opportunities,
                            {8 * day, false, {}, {}},
                            {7 * day, false, 5, {}},
                            {7 * day, false, 6, {}},
                            {7 * day, false, {}, 12.0}};
    for (const Frame &a : frames)
        for (const Frame &b : frames) {
            if (a == b) continue;
            EXPECT_EQ(refusal([&] { Summary(a)->set_frame(b); }), message);
            EXPECT_EQ(refusal([&] { Summary(a)->merge(Summary(b).bytes()); }), message);
        }
}

TEST(ClvCustomers, AnEmptySummaryMergesWithAny) {
    Summary full(plain), empty;
    full->add({2, 3, 4}, 5.0);
    const auto bytes = full.bytes();
    full->merge(empty.bytes());
    EXPECT_EQ(full.bytes(), bytes);
    empty->merge(bytes);
    EXPECT_EQ(empty.bytes(), bytes);
}

// Whoever spends nothing on average is a customer without an amount.
TEST(ClvCustomers, CountsAreThoseOfTheRows) {
    Summary s(held_out);
    s->add(History{0, 0, 10}, {}, 1);
    s->add({0, 0, 10}, 99.0, 1);
    s->add({2, 3, 10}, 5.0, 0);
    s->add({2, 3, 10}, 0.0, 0);
    s->add(History{2, 3, 10}, {}, 4);
    s->skip();
    const Customers &c = s.counted();
    EXPECT_EQ(c.customers(), 5u);
    EXPECT_EQ(c.skipped(), 1u);
    EXPECT_EQ(c.repeaters(), 3u);
    EXPECT_EQ(c.spenders(), 1u);
    EXPECT_EQ(repeat_purchases(c), 6);
    EXPECT_EQ(held_out_purchases(c), 6);
    ASSERT_EQ(c.seen().size(), 3u); // (0, 0, 10, 1) twice, (2, 3, 10, 0) twice, (2, 3, 10, 4)
    EXPECT_EQ(c.seen()[0].count, 2u);
    EXPECT_EQ(c.seen()[1].count, 2u);
    EXPECT_EQ(c.seen()[2].value.held, 4);
    ASSERT_EQ(c.spent().size(), 1u);
    EXPECT_EQ(c.spent()[0].value.average, 5);
}

TEST(ClvCustomers, OrderAndMergesDoNotMatter) {
    struct Row {
        Bought bought, after;
    };
    std::vector<Row> rows;
    test::Random random(1, 1);
    for (int i = 0; i < 500; ++i) {
        std::vector<Day> days, after;
        for (Day on = -400 + static_cast<Day>(random.uniform() * 500); on <= 100;
             on += 1 + static_cast<Day>(random.exponential() * 40))
            days.push_back(on);
        for (Day on = 101; random.uniform() < 0.4; on += 9) after.push_back(on);
        rows.push_back({Bought(days, 1 + random.uniform()), Bought(after)});
    }
    const Frame frame{36 * day / 24, false, 100, 20.0};
    const auto add = [](Summary &s, const Row &row) {
        const purchase::Stored after = row.after.stored();
        s->add(row.bought.stored(), &after, 130);
    };
    Summary whole(frame), reversed(frame), merged;
    for (const Row &row : rows) add(whole, row);
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) add(reversed, *row);
    std::vector<std::vector<std::uint8_t>> parts;
    for (std::size_t at = 0; at < rows.size(); at += 37) {
        Summary part(frame);
        for (std::size_t i = at; i < std::min(at + 37, rows.size()); ++i) add(part, rows[i]);
        parts.push_back(part.bytes());
    }
    std::rotate(parts.begin(), parts.begin() + 5, parts.end());
    for (const auto &part : parts) merged->merge(part);
    EXPECT_EQ(reversed.bytes(), whole.bytes());
    EXPECT_EQ(merged.bytes(), whole.bytes());
    check_consistent(merged.counted());
    EXPECT_GT(held_out_purchases(merged.counted()), 100);
}

TEST(ClvCustomers, EveryTruncationAndByteIsCheckedOrKept) {
    Summary s({7 * day, false, 100, 4.0});
    const Bought one({{0, 5}, {20, 7}, {90, 8}}), other({{100, 1}}), later({{101, 1}}), after({{105, 1}, {128, 1}});
    const purchase::Stored held = after.stored();
    s->add(one.stored(), &held, 128);
    s->add(other.stored(), nullptr, 128);
    s->add(later.stored(), nullptr, 128);
    s->skip();
    const std::vector<std::uint8_t> bytes = s.bytes();
    const auto check = [](const std::vector<std::uint8_t> &flat) {
        try {
            Summary read;
            read->merge(flat);
            check_consistent(read.counted());
            EXPECT_EQ(read.bytes(), flat);
            return true;
        } catch (const Error &e) {
            EXPECT_FALSE(std::string(e.what()).empty());
            return false;
        }
    };
    EXPECT_TRUE(check(bytes));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(check({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)})) << size;
    std::size_t refused = 0, all = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        for (int value = 0; value < 256; ++value, ++all) {
            std::vector<std::uint8_t> changed = bytes;
            changed[i] = static_cast<std::uint8_t>(value);
            refused += !check(changed);
        }
    EXPECT_GT(refused, all / 4);
}

// Purchases by day are those of the histories, or no customers made them.
TEST(ClvCustomers, PurchasesByDayMustAddUp) {
    Summary dated({day, false, 10, {}});
    dated->add(Bought({0, 5}).stored(), nullptr, 10);
    check_consistent(dated.counted());
    Summary forged({day, false, 10, {}});
    forged->add({1, 5, 10}, 3.0); // a history without its day
    EXPECT_EQ(refusal([&] { check_consistent(forged.counted()); }), "22P03 invalid clv_summary");
}

// First purchase on day -3, as_of is day 60: 63 days. Days of repeats are 4, 11, 39 and 53 days later.
TEST(ClvCustomers, HistoriesAreInUnits) {
    const Bought bought({-3, -3, 1, 8, 36, 50});
    EXPECT_TRUE(same(history_of(bought.stored(), 60, 7 * day), {4, 53.0 / 7, 9}));
    EXPECT_TRUE(same(history_of(bought.stored(), 60, 36 * day / 24), {4, 53 / 1.5, 42}));
    EXPECT_TRUE(same(history_of(bought.stored(), 36, day), {3, 39, 39}));
    EXPECT_TRUE(same(history_of(bought.stored(), -3, day), {0, 0, 0}));
    EXPECT_FALSE(history_of(bought.stored(), -4, day));
    // 1903 is day -35429; nothing is special about 1970 or 2000.
    EXPECT_TRUE(same(history_of(Bought({-35429, -35422}).stored(), -35400, 7 * day), {1, 1, 29.0 / 7}));
}

// The same days in opportunities: the k-th period of 7 days ends 7 k days after the first purchase and has 4 in the
// 1st, 11 in the 2nd, 39 in the 6th, 53 in the 8th; 63 days are 9 of them. In periods of 36 hours these are the 3rd,
// the 8th, the 26th and the 36th (53 / 1.5 = 35.33) of 42.
TEST(ClvCustomers, OpportunitiesAreCountedByHand) {
    const Bought bought({-3, -3, 1, 8, 36, 50});
    EXPECT_TRUE(same(opportunities_of(bought.stored(), 60, 7 * day), {4, 8, 9}));
    EXPECT_TRUE(same(opportunities_of(bought.stored(), 60, 36 * day / 24), {4, 36, 42}));
    // Of 30 days: 4 and 11 fall into the 1st, 39 and 53 into the 2nd; the 3rd has not ended.
    EXPECT_TRUE(same(opportunities_of(bought.stored(), 60, 30 * day), {2, 2, 2}));
    // A purchase in a period that has not ended is not counted: at as_of = 56 there are 59 / 7 = 8.43, 53 is in the
    // 8th; at as_of = 51 there are 54 / 7 = 7.71, and only the 6th is the last.
    EXPECT_TRUE(same(opportunities_of(bought.stored(), 56, 7 * day), {4, 8, 8}));
    EXPECT_TRUE(same(opportunities_of(bought.stored(), 51, 7 * day), {3, 6, 7}));
    EXPECT_TRUE(same(opportunities_of(bought.stored(), -3, 7 * day), {0, 0, 0}));
    EXPECT_FALSE(opportunities_of(bought.stored(), -4, 7 * day));
    // The last day of a period belongs to it.
    EXPECT_TRUE(same(opportunities_of(Bought({0, 7, 14}).stored(), 14, 7 * day), {2, 2, 2}));
}

// 5 + 6 on the first day are left out: (7 + 1 + 9) over 2 days.
TEST(ClvCustomers, AveragesLeaveTheFirstDayOut) {
    const Bought bought({{0, 5}, {0, 6}, {3, 7}, {3, 1}, {4, 9}});
    EXPECT_EQ(average_of(bought.stored()), 8.5);
    EXPECT_EQ(average_of(bought.stored(), 4, purchase::micros_per_day, false), 8.5);
    EXPECT_EQ(average_of(Bought({{0, 5}, {0, 6}}).stored()), std::nullopt);
    EXPECT_EQ(average_of(Bought(std::vector<Day>{}).stored(), 4, purchase::micros_per_day, false), std::nullopt);
    EXPECT_EQ(refusal([&] { average_of(bought.stored(), 3, purchase::micros_per_day, false); }),
              "22023 the summary has purchases after as_of");
}

TEST(ClvCustomers, PurchasesAreGatheredByDay) {
    Summary s({day, false, 100, 20.0});
    const Bought a({90, 95, 100}), b({80, 95}), future({101}), after({100, 105, 120, 121});
    const purchase::Stored held = after.stored();
    s->add(a.stored(), &held, 120); // 100 is as_of, and counted; 121 is after the hold-out
    s->add(b.stored(), nullptr, 120);
    s->add(future.stored(), nullptr, 120);
    s->add(Bought(std::vector<Day>{}).stored(), nullptr, 120);
    const Customers &c = s.counted();
    EXPECT_EQ(c.later(), 2u);
    EXPECT_EQ(c.customers(), 2u);
    EXPECT_EQ(held_out_purchases(c), 2);
    ASSERT_EQ(c.first_bought(), -5);
    std::vector<std::uint64_t> bought(26); // from day -5 to day 20
    bought[0] = 2;
    bought[5] = bought[10] = bought[25] = 1;
    EXPECT_TRUE(std::ranges::equal(c.bought(), bought));
}

TEST(ClvCustomers, GrowsNoFurtherThanItsLimit) {
    std::pmr::monotonic_buffer_resource memory;
    Customers c(&memory, 20000, Poll{});
    c.set_frame(plain);
    EXPECT_EQ(refusal([&] {
                  for (int i = 1; i < 200000; ++i) c.add({1, 1.0 * i, 2.0 * i}, {});
                  c.count();
              }).substr(0, 5),
              "54000");
    Summary wide({day, false, 1 << 21, {}});
    EXPECT_EQ(refusal([&] {
                  wide->add(Bought({0, 1, 1 << 21}).stored(), nullptr, 0);
              }),
              "54000 purchases are too far apart");
}
