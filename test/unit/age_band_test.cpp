#include "segment/age_band.hpp"
#include <chrono>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::segment;

namespace {

constexpr std::int32_t edges[] = {18, 25, 35, 45, 55, 65};

std::chrono::sys_days sys(std::int32_t day) {
    return std::chrono::sys_days(std::chrono::year(2000) / 1 / 1) + std::chrono::days(day);
}
std::int32_t day(int y, unsigned m, unsigned d) {
    const auto date = std::chrono::year(y) / std::chrono::month(m) / std::chrono::day(d);
    return static_cast<std::int32_t>((std::chrono::sys_days(date) - sys(0)).count());
}
std::string name(std::int32_t years) { return band_name(band_of(years, edges), edges); }

} // namespace

TEST(AgeBand, ABirthdayMakesOneYearOlder) {
    EXPECT_EQ(age_years(day(1990, 6, 15), day(2008, 6, 14)), 17);
    EXPECT_EQ(age_years(day(1990, 6, 15), day(2008, 6, 15)), 18);
    EXPECT_EQ(age_years(day(1990, 12, 31), day(1991, 1, 1)), 0);
    EXPECT_EQ(age_years(day(1990, 6, 15), day(1990, 6, 15)), 0);
    EXPECT_THROW(age_years(day(1990, 6, 15), day(1990, 6, 14)), Error);
}

TEST(AgeBand, TheLeapDay) {
    EXPECT_EQ(age_years(day(2004, 2, 29), day(2022, 2, 28)), 17);
    EXPECT_EQ(age_years(day(2004, 2, 29), day(2022, 3, 1)), 18);
    EXPECT_EQ(age_years(day(2004, 2, 29), day(2024, 2, 28)), 19);
    EXPECT_EQ(age_years(day(2004, 2, 29), day(2024, 2, 29)), 20);
    EXPECT_EQ(age_years(day(2000, 2, 29), day(2100, 2, 28)), 99); // 2100 has no 29 February
}

// Against the calendar of the standard library, over all days of 1,200 years and random pairs.
TEST(AgeBand, AgreesWithChrono) {
    std::int32_t birth = day(1899, 1, 1);
    for (std::int32_t as_of = birth; as_of < day(3099, 1, 1); ++as_of) {
        if (as_of % 37 == 0) birth += (as_of - birth) % 91;
        const std::chrono::year_month_day from(sys(birth)), to(sys(as_of));
        const bool reached = std::pair(unsigned(to.month()), unsigned(to.day())) >=
                             std::pair(unsigned(from.month()), unsigned(from.day()));
        ASSERT_EQ(age_years(birth, as_of), int(to.year()) - int(from.year()) - !reached) << birth << " " << as_of;
    }
    EXPECT_EQ(age_years(day(-4712, 1, 1), day(2000, 1, 1)), 6712); // 4713 BC
}

TEST(AgeBand, Names) {
    EXPECT_EQ(name(0), "under 18");
    EXPECT_EQ(name(17), "under 18");
    EXPECT_EQ(name(18), "18-24");
    EXPECT_EQ(name(24), "18-24");
    EXPECT_EQ(name(25), "25-34");
    EXPECT_EQ(name(64), "55-64");
    EXPECT_EQ(name(65), "65+");
    EXPECT_EQ(name(120), "65+");
    const std::int32_t single[] = {18, 19};
    EXPECT_EQ(band_name(1, single), "18");
}

TEST(AgeBand, Refusals) {
    const auto refused = [](std::vector<std::int32_t> e) {
        try {
            check_edges(e);
        } catch (const Error &error) {
            EXPECT_STREQ(error.state(), "22023");
            EXPECT_FALSE(error.detail().empty() || error.hint().empty());
            return true;
        }
        return false;
    };
    EXPECT_FALSE(refused({18, 25}));
    EXPECT_FALSE(refused({0}));
    EXPECT_TRUE(refused(std::vector<std::int32_t>()));
    EXPECT_TRUE(refused({-1}));
    EXPECT_TRUE(refused({18, 18}));
    EXPECT_TRUE(refused({25, 18}));
    std::vector<std::int32_t> many(100);
    for (std::size_t i = 0; i < 100; ++i) many[i] = static_cast<std::int32_t>(i);
    EXPECT_FALSE(refused(many));
    many.push_back(100);
    EXPECT_TRUE(refused(many));
}
