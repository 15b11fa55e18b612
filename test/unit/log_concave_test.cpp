#include "math/log_concave.hpp"
#include <gtest/gtest.h>

using namespace cd::math;

namespace {
const auto ignore = [](const double *, std::size_t) {};
}

// Falling, constant and rising: the integral of e^(slope u) is (e^(slope length) - 1) / slope.
TEST(LogConcave, Exponentials) {
    for (const double slope : {-1e9, -1e3, -37.0, -1.0, -1e-3, 1e-9, .3, 5.0, 60.0})
        for (const double length : {1e-12, .01, .7, 1.9, 8.0}) {
            const double sum = integral_of_exp(
                length, [=](double, double) { return std::abs(slope); },
                [=](const double *u, double *g, std::size_t n) {
                    for (std::size_t i = 0; i < n; ++i) g[i] = slope * u[i];
                },
                ignore);
            EXPECT_NEAR(sum / (std::expm1(slope * length) / slope), 1, 1e-13) << slope << " " << length;
        }
}

// e^u (c + e^u)^-k over (0, length), relative to its start: with d = (e^length - 1) / (c + 1) it is
// (c + 1) (1 - (1 + d)^(1-k)) / (k - 1).
TEST(LogConcave, PowersOfSums) {
    for (const double c : {1e-12, 1e-3, .2, 1.0, 7.0, 1e3, 1e12})
        for (const double k : {1.5, 3.0, 20.0, 501.0})
            for (const double length : {1e-3, 1.1, 4.0, 35.0}) {
                const double sum = integral_of_exp(
                    length,
                    [=](double from, double further) {
                        const double growth = std::exp(from) * further;
                        return 1 + k * std::min(1.0, growth / (c + growth));
                    },
                    [=](const double *u, double *g, std::size_t n) {
                        for (std::size_t i = 0; i < n; ++i) g[i] = u[i] - k * std::log1p(std::expm1(u[i]) / (c + 1));
                    },
                    ignore);
                const double d = std::expm1(length) / (c + 1);
                EXPECT_NEAR(sum / (-(c + 1) * std::expm1((1 - k) * std::log1p(d)) / (k - 1)), 1, 1e-13)
                    << c << " " << k << " " << length;
            }
}

// What is seen has the weight of what is summed up: the mean of u under e^-u over (0, 40) is 1.
TEST(LogConcave, Visits) {
    double seen[PanelRule::max_nodes], weighted = 0;
    const double sum = integral_of_exp(
        40, [](double, double) { return 1.0; },
        [&](const double *u, double *g, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) g[i] = -(seen[i] = u[i]);
        },
        [&](const double *f, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) weighted += f[i] * seen[i];
        });
    EXPECT_NEAR(sum, 1, 1e-14);
    EXPECT_NEAR(weighted, 1, 1e-14);
}

TEST(LogConcave, LeavesOutWhatIsNothing) {
    int panels = 0;
    const double sum = integral_of_exp(
        1e300, [](double, double) { return 1.0; },
        [](const double *u, double *g, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) g[i] = -u[i];
        },
        [&](const double *, std::size_t) { ++panels; });
    EXPECT_NEAR(sum, 1, 1e-14);
    EXPECT_LE(panels, 22); // e^-42 is below 2^-60
}
