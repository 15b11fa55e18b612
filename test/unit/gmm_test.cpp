#include "cluster/gmm.hpp"
#include "faithful.hpp"
#include "iris.hpp"
#include "math/random.hpp"
#include <cfloat>
#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

using namespace cd;
using namespace cd::cluster;
using math::Random;

namespace {

template <std::size_t N, std::size_t D> Points points_of(const double (&table)[N][D]) {
    Points p;
    p.rows = N;
    p.numbers = D;
    for (const auto &row : table) p.number.insert(p.number.end(), row, row + D);
    return p;
}

// Eruptions are short or long; nothing lies near three minutes.
std::vector<std::uint32_t> faithful_labels() {
    std::vector<std::uint32_t> label;
    for (const auto &row : test::faithful) label.push_back(row[0] > 3);
    return label;
}
std::vector<std::uint32_t> species() { // 50 rows each
    std::vector<std::uint32_t> label;
    for (std::uint32_t i = 0; i < 150; ++i) label.push_back(i / 50);
    return label;
}

// To the last digit that the data determine.
GmmOptions exactly(int k, Covariance kind = Covariance::full) {
    GmmOptions options;
    options.k = k;
    options.covariance = kind;
    options.tolerance = 1e-15;
    options.max_iterations = 20000;
    return options;
}

GmmDensity density_of(const Gmm &m, const std::vector<double> &offset) {
    return {m.components, m.columns, m.kind, m.mean.data(), m.whitener.data(), offset.data()};
}

// The log-likelihood by its definition, from what a model says about itself: covariance, not whitener. By elimination.
double naive_log_likelihood(const Gmm &m, const Points &p) {
    const std::size_t d = m.columns;
    double sum = 0;
    for (std::size_t i = 0; i < p.rows; ++i) {
        double density = 0;
        for (std::size_t c = 0; c < m.components; ++c) {
            std::vector<double> a(d * d), x(d);
            for (std::size_t j = 0; j < d; ++j) {
                x[j] = p.number[i * d + j] - m.mean[c * d + j];
                for (std::size_t l = 0; l < d; ++l)
                    a[j * d + l] = m.kind == Covariance::full ? m.covariance[(c * d + j) * d + l]
                                   : j == l                   ? m.covariance[c * d + j]
                                                              : 0;
            }
            double square = 0, determinant = 1;
            for (std::size_t j = 0; j < d; ++j) {
                determinant *= a[j * d + j];
                square += x[j] * x[j] / a[j * d + j];
                for (std::size_t r = j + 1; r < d; ++r) {
                    const double f = a[r * d + j] / a[j * d + j];
                    x[r] -= f * x[j];
                    for (std::size_t l = j; l < d; ++l) a[r * d + l] -= f * a[j * d + l];
                }
            }
            density += m.weight[c] * std::exp(-square / 2) /
                       std::sqrt(std::pow(2 * std::numbers::pi, static_cast<double>(d)) * determinant);
        }
        sum += p.weight_of(i) * std::log(density);
    }
    return sum;
}

void expect_same(const std::vector<double> &a, const std::vector<double> &b, double relative) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], relative * std::max(1.0, std::abs(b[i])));
}

// A sound model whatever the data: everything finite, components in order, shapes above the floor.
void expect_sound(const Gmm &m, const Points &p) {
    double weights = 0;
    std::uint64_t rows = 0;
    for (std::size_t c = 0; c < m.components; ++c) {
        weights += m.weight[c];
        rows += m.size[c];
        if (c) {
            EXPECT_LE(m.weight[c], m.weight[c - 1]);
        }
    }
    EXPECT_NEAR(weights, 1, 1e-12);
    EXPECT_EQ(rows, p.rows);
    EXPECT_TRUE(std::isfinite(m.log_likelihood) && std::isfinite(m.bic));
    for (const auto *array : {&m.mean, &m.covariance, &m.whitener})
        for (const double x : *array) EXPECT_TRUE(std::isfinite(x));
}

Points random_points(Random &random, std::size_t rows, std::size_t numbers) {
    Points p;
    p.rows = rows;
    p.numbers = numbers;
    for (std::size_t i = 0; i < rows; ++i) {
        const double centre = 4 * static_cast<double>(random.bits() % 3);
        for (std::size_t j = 0; j < numbers; ++j) p.number.push_back(centre * (j % 2 ? 1 : -1) + random.normal());
    }
    return p;
}

const char *state_of(const Points &p, const GmmOptions &options, const std::vector<std::uint32_t> &label = {}) {
    try {
        gmm(p, label, options);
    } catch (const Error &e) {
        EXPECT_FALSE(e.detail().empty());
        return e.state();
    }
    return "none";
}

struct Cancelled {};
int polls_left = 0;
void cancel() {
    if (--polls_left < 0) throw Cancelled{};
}

} // namespace

// Published for the R package mclust (Scrucca and others 2016) and recomputed with scikit-learn without its ridge.
TEST(Gmm, OldFaithful) {
    const Points p = points_of(test::faithful);
    for (const bool given : {true, false}) {
        const Gmm m = gmm(p, given ? faithful_labels() : std::vector<std::uint32_t>{}, exactly(2));
        EXPECT_TRUE(m.converged);
        EXPECT_NEAR(m.log_likelihood, -1130.26396018, 1e-8);
        EXPECT_NEAR(m.bic, 2322.19174310, 1e-7); // 2 * 1130.26396 + 11 ln 272
        EXPECT_EQ(m.parameters, 11u);
        expect_same(m.weight, {.6441271, .3558729}, 5e-8);
        expect_same(m.mean, {4.2896620, 79.968115, 2.0363885, 54.478517}, 5e-8);
        expect_same(m.covariance, {.1699684, .9406093, .9406093, 36.0462113, .0691677, .4351676, .4351676, 33.6972821},
                    5e-8);
        EXPECT_EQ(m.size, (std::vector<std::uint64_t>{175, 97}));
        EXPECT_NEAR(m.log_likelihood, naive_log_likelihood(m, p), 1e-8);
    }
}

// scikit-learn 1.2.1 with reg_covar = 0 and tol = 1e-15, from the same hard labels.
TEST(Gmm, AgreesWithScikitLearn) {
    const Points faithful = points_of(test::faithful), iris = points_of(test::iris);
    Gmm m = gmm(faithful, faithful_labels(), exactly(2, Covariance::diagonal));
    EXPECT_NEAR(m.log_likelihood, -1147.80635254, 1e-8);
    EXPECT_NEAR(m.bic, 2346.06492367, 1e-7);
    EXPECT_EQ(m.parameters, 9u);
    expect_same(m.weight, {.6434832637, .3565167363}, 1e-7);
    expect_same(m.mean, {4.2910704904, 79.9856215462, 2.0379156719, 54.4929537457}, 1e-8);
    expect_same(m.covariance, {.1681511197, 35.7733512381, .0703367505, 33.7558463242}, 1e-8);
    EXPECT_NEAR(m.log_likelihood, naive_log_likelihood(m, faithful), 1e-8);

    m = gmm(iris, species(), exactly(3));
    EXPECT_NEAR(m.log_likelihood, -180.18547713, 1e-7);
    EXPECT_NEAR(m.bic, 580.83890720, 1e-6);
    EXPECT_EQ(m.parameters, 44u);
    expect_same(m.weight, {.3674734775, .3333333333, .2991931892}, 1e-6);
    EXPECT_EQ(m.size, (std::vector<std::uint64_t>{55, 50, 45}));
    EXPECT_NEAR(m.log_likelihood, naive_log_likelihood(m, iris), 1e-8);

    m = gmm(iris, species(), exactly(3, Covariance::diagonal));
    EXPECT_NEAR(m.log_likelihood, -306.86046051, 1e-7);
    EXPECT_NEAR(m.bic, 743.99743864, 1e-6);
    EXPECT_NEAR(m.log_likelihood, naive_log_likelihood(m, iris), 1e-8);
}

// One Gaussian: ln L = -n/2 (d ln 2 pi + ln det S + d), S the covariance with divisor n.
TEST(Gmm, OneComponentIsClosedForm) {
    const Points p = points_of(test::faithful);
    const double n = 272;
    double mean[2] = {}, s[3] = {};
    for (const auto &row : test::faithful)
        for (const int j : {0, 1}) mean[j] += row[j] / n;
    for (const auto &row : test::faithful) {
        const double x = row[0] - mean[0], y = row[1] - mean[1];
        s[0] += x * x / n;
        s[1] += x * y / n;
        s[2] += y * y / n;
    }
    const double ln_2_pi = std::log(2 * std::numbers::pi);
    Gmm m = gmm(p, {}, exactly(1));
    EXPECT_TRUE(m.converged);
    expect_same(m.mean, {mean[0], mean[1]}, 1e-14);
    expect_same(m.covariance, {s[0], s[1], s[1], s[2]}, 1e-13);
    EXPECT_NEAR(m.log_likelihood, -n / 2 * (2 * ln_2_pi + std::log(s[0] * s[2] - s[1] * s[1]) + 2), 1e-9);
    EXPECT_NEAR(m.bic, -2 * m.log_likelihood + 5 * std::log(n), 1e-9);
    m = gmm(p, {}, exactly(1, Covariance::diagonal));
    EXPECT_NEAR(m.log_likelihood, -n / 2 * (2 * ln_2_pi + std::log(s[0] * s[2]) + 2), 1e-9);
    EXPECT_NEAR(m.bic, -2 * m.log_likelihood + 4 * std::log(n), 1e-9);
}

TEST(Gmm, WeightsAreRepeatedRows) {
    for (const Covariance kind : {Covariance::full, Covariance::diagonal}) {
        Points weighted = points_of(test::iris), repeated;
        std::vector<std::uint32_t> label;
        for (std::size_t i = 0; i < weighted.rows; ++i) {
            weighted.weight.push_back(static_cast<double>(1 + i % 4));
            for (std::size_t copy = 0; copy <= i % 4; ++copy, ++repeated.rows) {
                repeated.number.insert(repeated.number.end(), test::iris[i], test::iris[i] + 4);
                label.push_back(static_cast<std::uint32_t>(i / 50));
            }
        }
        repeated.numbers = 4;
        const Gmm a = gmm(weighted, species(), exactly(3, kind)), b = gmm(repeated, label, exactly(3, kind));
        EXPECT_NEAR(a.log_likelihood, b.log_likelihood, 1e-8);
        EXPECT_NEAR(a.bic, b.bic, 1e-8);
        expect_same(a.weight, b.weight, 1e-5);
        expect_same(a.mean, b.mean, 1e-5);
        expect_same(a.covariance, b.covariance, 1e-5);
        EXPECT_EQ(a.size[0] + a.size[1] + a.size[2], 150u); // rows, not weights
    }
}

TEST(Gmm, OrderOfRowsAndUnitsDoNotMatter) {
    const Points p = points_of(test::iris);
    const double ln_unit = std::log(1e9) + std::log(1e-7);
    for (const Covariance kind : {Covariance::full, Covariance::diagonal}) {
        const Gmm m = gmm(p, species(), exactly(3, kind));
        Points other = p;
        std::vector<std::uint32_t> label;
        for (std::size_t i = 0; i < p.rows; ++i) {
            const std::size_t from = i * 37 % 150; // 37 and 150 have no common divisor
            label.push_back(static_cast<std::uint32_t>(from / 50));
            for (std::size_t j = 0; j < 4; ++j) other.number[i * 4 + j] = p.number[from * 4 + j];
            other.number[i * 4] = other.number[i * 4] * 1e9 + 5e9;
            other.number[i * 4 + 2] *= -1e-7;
        }
        const Gmm o = gmm(other, label, exactly(3, kind));
        EXPECT_NEAR(o.log_likelihood, m.log_likelihood - 150 * ln_unit, 1e-6);
        expect_same(o.weight, m.weight, 1e-5);
        EXPECT_EQ(o.size, m.size);
        for (std::size_t c = 0; c < 3; ++c) {
            EXPECT_NEAR(o.mean[c * 4], m.mean[c * 4] * 1e9 + 5e9, 1e4);
            EXPECT_NEAR(o.mean[c * 4 + 2], m.mean[c * 4 + 2] * -1e-7, 1e-12);
        }
    }
}

TEST(Gmm, NoIterationLosesLikelihood) {
    Random random(3, 1);
    for (int round = 0; round < 20; ++round) {
        Points p = random_points(random, 30 + random.bits() % 100, 1 + random.bits() % 4);
        if (round % 2) // rows on a line and on a grid, so that the floor binds
            for (std::size_t i = 0; i < p.rows; ++i)
                for (std::size_t j = 0; j < p.numbers; ++j)
                    p.number[i * p.numbers + j] = std::round(p.number[i * p.numbers]);
        GmmOptions options;
        options.k = 1 + static_cast<int>(random.bits() % 5);
        options.covariance = round % 4 < 2 ? Covariance::full : Covariance::diagonal;
        options.covariance_floor = round % 3 ? 1e-6 : 0.01;
        options.tolerance = 1e-300;
        options.seed = static_cast<std::uint64_t>(round);
        double before = -HUGE_VAL;
        for (options.max_iterations = 1; options.max_iterations < 20; ++options.max_iterations) {
            const Gmm m = gmm(p, {}, options);
            ASSERT_GE(m.log_likelihood, before - 1e-9 * std::abs(before)) << round << ' ' << options.max_iterations;
            before = m.log_likelihood;
            if (m.converged) break;
            ASSERT_EQ(m.iterations, static_cast<std::uint64_t>(options.max_iterations));
        }
        options.tolerance = 1e-6;
        options.max_iterations = 200;
        expect_sound(gmm(p, {}, options), p);
    }
}

// Components want to collapse onto rows that are equal; the floor is where they stop.
TEST(Gmm, FloorHoldsComponentsOpen) {
    Random random(4, 1);
    Points p;
    p.rows = 150;
    p.numbers = 2;
    for (std::size_t i = 0; i < p.rows; ++i) {
        p.number.push_back(static_cast<double>(random.bits() % 3)); // like a number of orders
        p.number.push_back(random.normal());
    }
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < p.rows; ++i) mean += p.number[2 * i] / 150;
    for (std::size_t i = 0; i < p.rows; ++i) variance += (p.number[2 * i] - mean) * (p.number[2 * i] - mean) / 150;
    for (const Covariance kind : {Covariance::full, Covariance::diagonal})
        for (const double floor : {1e-6, 1e-3}) {
            GmmOptions options;
            options.k = 3;
            options.covariance = kind;
            options.covariance_floor = floor;
            options.restarts = 6;
            options.tolerance = 1e-6;
            const Gmm m = gmm(p, {}, options);
            EXPECT_TRUE(m.converged);
            expect_sound(m, p);
            const std::size_t stride = kind == Covariance::full ? 4 : 2;
            for (std::size_t c = 0; c < 3; ++c) {
                EXPECT_NEAR(m.mean[2 * c], std::round(m.mean[2 * c]), 1e-3);
                EXPECT_GE(m.covariance[c * stride], floor * variance * (1 - 1e-9));
                // A full one lies along the other axis, but for what chance tilts it within the floor.
                EXPECT_LE(m.covariance[c * stride], floor * variance * (kind == Covariance::full ? 1.5 : 1 + 1e-9));
            }
        }
}

TEST(Gmm, DegenerateDataEndWithASoundModel) {
    GmmOptions options;
    for (const Covariance kind : {Covariance::full, Covariance::diagonal}) {
        options.covariance = kind;
        options.k = 4;
        Points p; // all rows equal
        p.rows = 10;
        p.numbers = 3;
        p.number.assign(30, 0.1);
        Gmm m = gmm(p, {}, options);
        expect_sound(m, p);
        for (const double x : m.mean) EXPECT_DOUBLE_EQ(x, 0.1);

        p = points_of(test::iris); // a constant column, whose sd counts as 1, and one that repeats another
        for (std::size_t i = 0; i < p.rows; ++i) {
            p.number[i * 4 + 1] = 0.1;
            p.number[i * 4 + 3] = 7 * p.number[i * 4];
        }
        m = gmm(p, species(), options);
        expect_sound(m, p);
        for (std::size_t c = 0; c < 4; ++c) {
            EXPECT_DOUBLE_EQ(m.mean[c * 4 + 1], 0.1);
            const std::size_t at = kind == Covariance::full ? (c * 4 + 1) * 4 + 1 : c * 4 + 1;
            EXPECT_NEAR(m.covariance[at], options.covariance_floor, 1e-15);
        }

        options.k = 10; // as many components as rows, more columns than rows, one label for all
        Random random(5, 1);
        p = random_points(random, 10, 12);
        expect_sound(gmm(p, {}, options), p);
        expect_sound(gmm(p, std::vector<std::uint32_t>(10, 3), options), p);

        p = random_points(random, 3000, 2); // groups so far apart that shares of the others are 0, not denormal
        std::vector<std::uint32_t> half;
        for (std::size_t i = 0; i < p.rows; ++i) {
            half.push_back(static_cast<std::uint32_t>(i % 2));
            p.number[2 * i] += half[i] * 1e8;
        }
        options.k = 2;
        m = gmm(p, half, options);
        expect_sound(m, p);
        EXPECT_EQ(m.size, (std::vector<std::uint64_t>{1500, 1500}));
    }
}

TEST(Gmm, SeedDecidesAndRestartsDoNotHarm) {
    Random random(6, 1);
    const Points p = random_points(random, 300, 3);
    GmmOptions options;
    options.k = 5;
    options.tolerance = 1e-4;
    options.seed = 9;
    const Gmm one = gmm(p, {}, options), same = gmm(p, {}, options);
    EXPECT_EQ(one.mean, same.mean);
    EXPECT_EQ(one.log_likelihood, same.log_likelihood);
    options.restarts = 8;
    const Gmm best = gmm(p, {}, options);
    EXPECT_GE(best.log_likelihood, one.log_likelihood);
    options.seed = 10;
    EXPECT_NE(gmm(p, {}, options).mean, best.mean);
    // The first start is the one that is given.
    options.restarts = 1;
    std::vector<std::uint32_t> label;
    for (std::size_t i = 0; i < p.rows; ++i) label.push_back(static_cast<std::uint32_t>(i % 5));
    const Gmm given = gmm(p, label, options);
    options.seed = 11;
    EXPECT_EQ(gmm(p, label, options).mean, given.mean);
}

TEST(Gmm, WhitenerIsTheRootOfTheInverse) {
    const Gmm m = gmm(points_of(test::iris), species(), exactly(3));
    for (std::size_t c = 0; c < 3; ++c) {
        const double *const a = &m.whitener[c * 16], *const s = &m.covariance[c * 16];
        for (std::size_t i = 0; i < 4; ++i)
            for (std::size_t j = 0; j < 4; ++j) { // A S A' is the identity
                double sum = 0;
                for (std::size_t k = 0; k < 4; ++k)
                    for (std::size_t l = 0; l < 4; ++l) sum += a[i * 4 + k] * s[k * 4 + l] * a[j * 4 + l];
                EXPECT_NEAR(sum, i == j, 1e-11);
                if (j > i) {
                    EXPECT_EQ(a[i * 4 + j], 0);
                }
            }
    }
}

TEST(Gmm, PosteriorsAreThoseOfTheFit) {
    for (const std::size_t d : {1u, 2u, 3u, 4u, 5u, 8u, 11u})
        for (const Covariance kind : {Covariance::full, Covariance::diagonal}) {
            Random random(7, d);
            const Points p = random_points(random, 500, d);
            GmmOptions options;
            options.k = 3;
            options.covariance = kind;
            const Gmm m = gmm(p, {}, options);
            const auto offset = gmm_offset(m);
            const GmmDensity density = density_of(m, offset);
            double log_likelihood = 0, joint[3], probability[3];
            std::vector<std::uint64_t> size(3);
            std::vector<double> mass(3);
            for (std::size_t i = 0; i < p.rows; ++i) {
                const double log_density = gmm_posterior(density, &p.number[i * d], joint, probability);
                log_likelihood += log_density;
                EXPECT_NEAR(probability[0] + probability[1] + probability[2], 1, 1e-14);
                for (std::size_t c = 0; c < 3; ++c) {
                    EXPECT_NEAR(probability[c], std::exp(joint[c] - log_density), 1e-12);
                    mass[c] += probability[c];
                }
                ++size[static_cast<std::size_t>(std::max_element(joint, joint + 3) - joint)];
            }
            EXPECT_NEAR(log_likelihood, m.log_likelihood, 1e-8);
            EXPECT_NEAR(log_likelihood, naive_log_likelihood(m, p), 1e-7);
            EXPECT_EQ(size, m.size);
            // At a stationary point a weight is the mean probability.
            for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(mass[c] / 500, m.weight[c], 1e-3);
        }
}

TEST(Gmm, OutliersHaveProbabilitiesToo) {
    const Gmm m = gmm(points_of(test::faithful), faithful_labels(), exactly(2));
    const auto offset = gmm_offset(m);
    for (const double far : {1e6, 1e100, 1e200, DBL_MAX})
        for (const double sign : {-1.0, 1.0}) {
            const double row[] = {sign * far, -sign * far};
            double joint[2], probability[2];
            const double log_density = gmm_posterior(density_of(m, offset), row, joint, probability);
            EXPECT_TRUE(std::isfinite(log_density) && log_density < -1e6);
            EXPECT_TRUE(std::isfinite(joint[0]) && std::isfinite(joint[1]));
            EXPECT_NEAR(probability[0] + probability[1], 1, 1e-15);
        }
    // Far out the wider component has it all: in this direction the one of the long eruptions.
    const double row[] = {1e6, 0};
    double joint[2], probability[2];
    gmm_posterior(density_of(m, offset), row, joint, probability);
    EXPECT_EQ(probability[0], 1);
    EXPECT_EQ(probability[1], 0);

    // In the data that are fitted: a million standard deviations from everything else.
    Points p = points_of(test::faithful);
    p.number[0] = 1e6;
    GmmOptions options;
    options.k = 3;
    expect_sound(gmm(p, {}, options), p);
}

TEST(Gmm, RefusesWhatMakesNoSense) {
    const Points p = points_of(test::faithful);
    const auto with = [](auto change) {
        GmmOptions options;
        change(options);
        return options;
    };
    EXPECT_STREQ(state_of(p, GmmOptions{}), "none");
    EXPECT_STREQ(state_of(p, with([](GmmOptions &o) { o.k = 0; })), "22023");
    EXPECT_STREQ(state_of(p, with([](GmmOptions &o) { o.k = 273; })), "22023");
    EXPECT_STREQ(state_of(p, with([](GmmOptions &o) { o.restarts = 0; })), "22023");
    EXPECT_STREQ(state_of(p, with([](GmmOptions &o) { o.max_iterations = 0; })), "22023");
    for (const double bad : {0.0, -1.0, 2.0, HUGE_VAL, std::nan("")}) {
        EXPECT_STREQ(state_of(p, with([bad](GmmOptions &o) { o.tolerance = bad; })), "22023");
        EXPECT_STREQ(state_of(p, with([bad](GmmOptions &o) { o.covariance_floor = bad; })), "22023");
    }
    EXPECT_STREQ(state_of(p, GmmOptions{}, std::vector<std::uint32_t>(271)), "22023");
    EXPECT_STREQ(state_of(p, GmmOptions{}, std::vector<std::uint32_t>(272, 2)), "22023");
    EXPECT_STREQ(state_of(Points{}, GmmOptions{}), "22023");
    Points other = p;
    other.categories = 1;
    EXPECT_STREQ(state_of(other, GmmOptions{}), "22023");
    other = p;
    other.number[0] = 1e200;
    EXPECT_STREQ(state_of(other, GmmOptions{}), "22003");
}

TEST(Gmm, CanBeCancelledAnywhere) {
    Random random(8, 1);
    const Points p = random_points(random, 600, 3);
    GmmOptions options;
    options.k = 3;
    options.restarts = 2;
    options.max_iterations = 3;
    const std::size_t blocks = 600 / 256 + 1;
    int polls = 0;
    for (bool cancelled = true; cancelled; ++polls) {
        polls_left = polls;
        cancelled = false;
        try {
            gmm(p, {}, options, Poll(cancel));
        } catch (const Cancelled &) {
            cancelled = true;
        }
    }
    EXPECT_GT(polls, static_cast<int>(blocks) * 2 * (1 + 4)); // every block of every pass
}
