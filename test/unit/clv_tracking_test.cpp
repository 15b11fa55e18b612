#include "clv/tracking.hpp"
#include "clv_data.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::clv;
using test::Bought, test::day, test::refusal, test::Summary;

namespace {

// Of a process whose expected purchases are known: NBD, r / alpha a unit.
ClvModel nbd(Micros unit, double rate) {
    Fitted f;
    f.unit = static_cast<std::uint64_t>(unit);
    f.process = Process::nbd;
    const double parameters[] = {2, 2 / rate};
    f.purchases = given_part(parameters);
    return ClvModel(f);
}

} // namespace

// As of day 30, weeks end on days ..., 16, 23, 30, 37, 44 and, as the hold-out ends there, 48. Customers came on days
// 2 and 20; a third one comes on day 31, and is not of these.
TEST(ClvTracking, CountsByHand) {
    Summary s({7 * day, false, 30, 18.0 / 7});
    const Bought a({2, 3, 9, 23, 30}), b({20, 24}), later({31, 40});
    const Bought a_after({30, 31, 37, 38, 48, 49}), b_after({48});
    const purchase::Stored a_held = a_after.stored(), b_held = b_after.stored();
    s->add(a.stored(), &a_held, 48);
    s->add(b.stored(), &b_held, 48);
    s->add(later.stored(), nullptr, 48);
    const std::vector<Period> periods = track(nbd(7 * day, 0.35), s.counted(), {});
    // Days up to 9, 16, 23, 30: repeats of a on 3, 9 | - | 23 | 30, of b on 24. Then 31, 37 | 38 | 48, 48.
    const struct {
        Day end;
        bool held_out;
        double actual, days;
    } expected[] = {{9, false, 2, 7},       {16, false, 0, 14},     {23, false, 1, 21 + 3}, {30, false, 2, 28 + 10},
                    {37, true, 2, 35 + 17}, {44, true, 1, 42 + 24}, {48, true, 2, 46 + 28}};
    ASSERT_EQ(periods.size(), std::size(expected));
    double actual = 0, before = 0;
    for (std::size_t i = 0; i < periods.size(); ++i) {
        const Period &p = periods[i];
        EXPECT_EQ(p.number, static_cast<std::int64_t>(i) + 1);
        EXPECT_EQ(p.end, expected[i].end);
        EXPECT_EQ(p.held_out, expected[i].held_out);
        EXPECT_EQ(p.actual, expected[i].actual) << i;
        EXPECT_EQ(p.actual_total, actual += expected[i].actual);
        EXPECT_NEAR(p.expected_total, 0.05 * expected[i].days, 1e-12) << i; // 0.35 a week is 0.05 a day
        EXPECT_NEAR(p.expected, 0.05 * expected[i].days - before, 1e-12) << i;
        before = 0.05 * expected[i].days;
    }
}

// Of the first opportunity two customers had one, of the second and third one.
TEST(ClvTracking, OfOpportunities) {
    Summary s({7 * day, true, 30, {}});
    s->add(Bought({0, 5, 21}).stored(), nullptr, 0); // 4 opportunities, the 1st and the 3rd taken
    s->add(Bought({20, 26}).stored(), nullptr, 0);   // one, taken
    s->add(Bought({28, 29}).stored(), nullptr, 0);   // none yet
    Fitted f;
    f.unit = 7 * day;
    f.process = Process::bg_bb;
    const double parameters[] = {3, 1, 1, 1e12}; // nobody departs: 0.75 each
    f.purchases = given_part(parameters);
    const std::vector<Period> periods = track(ClvModel(f), s.counted(), {});
    ASSERT_EQ(periods.size(), 4u);
    const double actual[] = {2, 0, 1, 0}, expected[] = {1.5, 0.75, 0.75, 0.75};
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(periods[i].actual, actual[i]);
        EXPECT_NEAR(periods[i].expected, expected[i], 1e-9);
        EXPECT_FALSE(periods[i].end);
    }
}

// A unit that is no whole number of days: periods end on the day that their end falls on, and totals are the same.
TEST(ClvTracking, UnitsNeedNotBeDays) {
    const Bought a({-400, -399, -390, -388, -365});
    for (const Micros unit : {36 * day / 24, day, 5 * day / 2, 100 * day}) {
        Summary s({unit, false, -360, {}});
        s->add(a.stored(), nullptr, 0);
        const double days = static_cast<double>(unit) / static_cast<double>(day);
        const std::vector<Period> periods = track(nbd(unit, days), s.counted(), {});
        ASSERT_EQ(periods.size(), std::ceil(40 / days));
        EXPECT_EQ(periods.back().end, -360);
        EXPECT_EQ(periods.back().actual_total, 4);
        EXPECT_NEAR(periods.back().expected_total, 40, 1e-9); // one a day
        double sum = 0;
        for (const Period &p : periods) sum += p.actual;
        EXPECT_EQ(sum, 4);
    }
}

TEST(ClvTracking, RefusesWhatItCannotTrack) {
    Summary numbers({7 * day, false, {}, {}}), dated({7 * day, false, 30, {}});
    numbers->add({1, 2, 3}, {});
    EXPECT_TRUE(track(nbd(7 * day, 1), dated.counted(), {}).empty());
    dated->add(Bought({1, 8}).stored(), nullptr, 0);
    EXPECT_EQ(refusal([&] { track(nbd(7 * day, 1), numbers.counted(), {}); }), "22023 these customers have no dates");
    EXPECT_EQ(refusal([&] { track(nbd(day, 1), dated.counted(), {}); }),
              "22023 the model counts in another unit than the customers");
    Summary ages({1, false, 30, {}}); // a unit of a microsecond
    ages->add(Bought({1, 8}).stored(), nullptr, 0);
    EXPECT_EQ(refusal([&] { track(nbd(1, 1), ages.counted(), {}); }), "54000 there are too many periods");
}
