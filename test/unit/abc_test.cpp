#include "segment/abc.hpp"
#include "math/random.hpp"
#include "segment/share.hpp"
#include <algorithm>
#include <cfloat>
#include <gtest/gtest.h>
#include <string>
#include <vector>

using namespace cd;
using namespace cd::segment;
using math::Random;

namespace {

std::string letters(std::vector<double> values, const std::vector<double> &cuts = {0.8, 0.95}) {
    auto sorted = values;
    const AbcClasses classes = abc_classes(sorted, cuts);
    if (!classes.defined) return "none";
    std::string result;
    for (const double v : values) result += static_cast<char>('A' + classes.class_of(v));
    return result;
}

} // namespace

TEST(Abc, RunningTotalUpToACutBelongsToItsClass) {
    EXPECT_EQ(letters({50, 30, 15, 5}), "AABC");      // 50, 80, 95, 100 %: a cut that is just reached is not exceeded
    EXPECT_EQ(letters({5, 15, 50, 30}), "CBAA");      // any order
    EXPECT_EQ(letters({50, 31, 14, 5}), "ABBC");      // 50, 81, 95, 100 %
    EXPECT_EQ(letters({70, 29, 1}), "ACC");           // 70, 99, 100 %
    EXPECT_EQ(letters({40, 25, 20, 10, 5}), "AABBC"); // 40, 65, 85, 95, 100 %
}

TEST(Abc, TiesShareAClass) {
    EXPECT_EQ(letters({50, 20, 20, 10}), "ABBC"); // 50, 90, 90, 100 %
    EXPECT_EQ(letters({40, 40, 20}), "AAC");      // 80, 80, 100 %
}

TEST(Abc, TheLargestValueIsInTheFirstClass) {
    EXPECT_EQ(letters({7}), "A");
    EXPECT_EQ(letters({7, 7, 7}), "AAA");
    EXPECT_EQ(letters({97, 3}), "AC");
    EXPECT_EQ(letters({90, 5, 4, 1}), "ABCC"); // 90: above the cut, and still A; 95; 99; 100
}

TEST(Abc, ZeroIsNoPartOfTheTotal) {
    EXPECT_EQ(letters({0, 0}), "none");
    EXPECT_EQ(letters({}), "none");
    EXPECT_EQ(letters({80, 15, 5, 0, 0}), "ABCCC");
}

// By integers: class = number of cuts k with 100 running > k total, except for the largest value. Amounts are cents, so
// that shares are decimals that binary fractions only come near.
TEST(Abc, AgreesWithIntegers) {
    Random random(1, 1);
    for (int round = 0; round < 20000; ++round) {
        const std::size_t n = 1 + random.bits() % 30;
        const std::uint64_t largest = 1 + random.bits() % (round % 2 ? 10 : 5000);
        std::vector<std::int64_t> units;
        for (std::size_t i = 0; i < n; ++i) units.push_back(static_cast<std::int64_t>(random.bits() % largest));
        std::vector<std::int64_t> percent;
        for (std::int64_t k = 1; k < 100; ++k)
            if (percent.size() < max_cuts && random.bits() % 20 == 0) percent.push_back(k);
        if (percent.empty()) percent = {80};
        std::vector<double> values, cuts;
        for (const std::int64_t u : units) values.push_back(static_cast<double>(u) / 100);
        for (const std::int64_t k : percent) cuts.push_back(static_cast<double>(k) / 100);

        std::int64_t total = 0;
        for (const std::int64_t u : units) total += u;
        std::string expected = total == 0 ? "none" : "";
        for (std::size_t i = 0; total > 0 && i < n; ++i) {
            std::int64_t running = 0;
            bool is_largest = true;
            for (const std::int64_t u : units) {
                if (u >= units[i]) running += u;
                is_largest = is_largest && u <= units[i];
            }
            std::int64_t c = 0;
            for (const std::int64_t k : percent) c += !is_largest && 100 * running > k * total;
            expected += static_cast<char>('A' + c);
        }
        ASSERT_EQ(letters(values, cuts), expected);
    }
}

TEST(Abc, AnyOrderAndAnySize) {
    Random random(2, 1);
    std::vector<double> values;
    for (int i = 0; i < 300000; ++i) values.push_back(random.gamma(0.3) * 1000); // long enough to be sorted with polls
    auto shuffled = values;
    for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[random.bits() % i]);
    const double cuts[] = {0.5, 0.8, 0.95};
    const AbcClasses a = abc_classes(values, cuts), b = abc_classes(shuffled, cuts);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(a.least[i], b.least[i]);
    EXPECT_LT(a.least[2], a.least[1]);
    EXPECT_EQ(letters({DBL_MAX, DBL_MAX / 2, DBL_MAX / 4, DBL_MAX / 64}),
              "ABCC"); // 64 : 32 : 16 : 1, so 57, 85, 99, 100 %
}

TEST(Abc, SortingCanBeCancelled) {
    static int polls;
    polls = 0;
    std::vector<double> values(1 << 19);
    Random random(3, 1);
    for (double &v : values) v = random.uniform();
    const double cuts[] = {0.8};
    abc_classes(values, cuts, Poll([] { ++polls; }));
    EXPECT_GT(polls, 100);
}

TEST(Abc, Refusals) {
    const auto cuts_state = [](std::vector<double> cuts) -> std::string {
        try {
            check_cuts(cuts);
        } catch (const Error &e) {
            EXPECT_FALSE(e.hint().empty());
            return e.state();
        }
        return "";
    };
    EXPECT_EQ(cuts_state({0.8, 0.95}), "");
    EXPECT_EQ(cuts_state(std::vector<double>()), "22023");
    EXPECT_EQ(cuts_state({0}), "22023");
    EXPECT_EQ(cuts_state({1}), "22023");
    EXPECT_EQ(cuts_state({80, 95}), "22023");
    EXPECT_EQ(cuts_state({0.8, 0.8}), "22023");
    EXPECT_EQ(cuts_state({0.8, NAN}), "22023");
    std::vector<double> many;
    for (int i = 1; i <= 25; ++i) many.push_back(i / 30.0);
    EXPECT_EQ(cuts_state(many), "");
    many.push_back(0.99);
    EXPECT_EQ(cuts_state(many), "22023");
    for (const double v : {-1.0, -DBL_MIN, static_cast<double>(NAN), HUGE_VAL}) EXPECT_THROW(check_value(v), Error);
    for (const double v : {0.0, -0.0, DBL_MAX}) EXPECT_NO_THROW(check_value(v));
}
