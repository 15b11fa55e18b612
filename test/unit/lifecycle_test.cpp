#include "segment/lifecycle.hpp"
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::segment;

namespace {

constexpr Rhythm usual{30, 1};
constexpr Thresholds after{2, 3, 6};

const char *stage(double x, double t_x, double silent_days) {
    return stage_names[static_cast<int>(stage_of({x, t_x, t_x + silent_days}, usual, after))];
}

} // namespace

TEST(Lifecycle, RhythmIsDrawnTowardsTheUsualOne) {
    // Four gaps of ten days: (30 + 40) / (1 + 4) = 14 days.
    EXPECT_DOUBLE_EQ(silence({4, 40, 40 + 28}, usual), 2);
    EXPECT_DOUBLE_EQ(silence({4, 40, 40 + 20}, {30, 0}), 2); // 10 days, nothing else counts
    EXPECT_NEAR(silence({4, 40, 40 + 50}, {30, 1e12}), 50.0 / 30, 1e-9);
    EXPECT_DOUBLE_EQ(silence({0, 0, 45}, usual), 1.5); // one purchase day: the usual rhythm
    EXPECT_DOUBLE_EQ(silence({0, 0, 45}, {30, 0}), 1.5);
    EXPECT_EQ(silence({3, 60, 60}, usual), 0);
}

TEST(Lifecycle, Stages) {
    EXPECT_STREQ(stage(0, 0, 0), "new");
    EXPECT_STREQ(stage(0, 0, 60), "new");
    EXPECT_STREQ(stage(0, 0, 61), "at_risk");
    EXPECT_STREQ(stage(4, 40, 28), "active"); // rhythm 14 days
    EXPECT_STREQ(stage(4, 40, 29), "at_risk");
    EXPECT_STREQ(stage(4, 40, 42), "at_risk");
    EXPECT_STREQ(stage(4, 40, 43), "dormant");
    EXPECT_STREQ(stage(4, 40, 84), "dormant");
    EXPECT_STREQ(stage(4, 40, 85), "lost");
    EXPECT_STREQ(stage(4, 1000, 85), "active"); // rhythm 206 days: the same silence is usual for this one
}

TEST(Lifecycle, Refusals) {
    for (const double weight : {-1.0, static_cast<double>(NAN), HUGE_VAL})
        EXPECT_THROW(check_rhythm({30, weight}), Error);
    EXPECT_NO_THROW(check_rhythm({30, 0}));
    EXPECT_NO_THROW(check_thresholds({1, 1, 1}));
    for (const Thresholds &bad : {Thresholds{0, 3, 6},
                                  {-1, 3, 6},
                                  {2, 1, 6},
                                  {2, 3, 2},
                                  {NAN, 3, 6},
                                  {2, NAN, 6},
                                  {2, 3, NAN},
                                  {2, 3, HUGE_VAL}})
        EXPECT_THROW(check_thresholds(bad), Error);
}
