#include "cluster/kmeans_scan.hpp"
#include "iris.hpp"
#include "math/random.hpp"
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::cluster;
using math::Random;

namespace {

Points irises() {
    Points points;
    points.rows = 150, points.numbers = 4;
    for (const auto &row : cd::test::iris) points.number.insert(points.number.end(), std::begin(row), std::end(row));
    return points;
}

// Round clusters of standard deviation 1, `apart` from one another along a line.
Points blobs(std::size_t rows, std::size_t clusters, double apart, std::uint64_t seed) {
    Random random(seed, 1);
    Points points;
    points.rows = rows, points.numbers = 2;
    for (std::size_t row = 0; row < rows; ++row) {
        points.number.push_back(apart * static_cast<double>(row % clusters) + random.normal());
        points.number.push_back(random.normal());
    }
    return points;
}

// The definition, for rows that count once, and repeated as often as their weights say.
double plain_silhouette(const Points &p, const Partition &partition) {
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < p.rows; ++row)
        rows.insert(rows.end(), static_cast<std::size_t>(p.weight_of(row)), row);
    double total = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::vector<double> sum(partition.k), n(partition.k);
        for (std::size_t j = 0; j < rows.size(); ++j) {
            if (j == i) continue;
            double square = 0;
            for (std::size_t c = 0; c < p.numbers; ++c)
                square += std::pow(p.numbers_of(rows[i])[c] - p.numbers_of(rows[j])[c], 2);
            for (std::size_t c = 0; c < p.categories; ++c)
                square += p.codes_of(rows[i])[c] == p.codes_of(rows[j])[c] ? 0 : p.mismatch;
            sum[partition.label[rows[j]]] += std::sqrt(square);
            ++n[partition.label[rows[j]]];
        }
        const std::size_t own = partition.label[rows[i]];
        if (n[own] == 0) continue;
        double b = INFINITY;
        for (std::size_t c = 0; c < partition.k; ++c)
            if (c != own && n[c] > 0) b = std::min(b, sum[c] / n[c]);
        const double a = sum[own] / n[own];
        if (a != b) total += (b - a) / std::max(a, b);
    }
    return total / static_cast<double>(rows.size());
}

} // namespace

// Sums of squares of R's kmeans(iris[1:4], k, nstart = 1000); the other two by scikit-learn 1.2.1.
TEST(KmeansScan, Iris) {
    struct Known {
        double wss, silhouette, calinski_harabasz;
    };
    const Known known[] = {{152.34795176, 0.6810461692, 513.92454598},
                           {78.85144143, 0.5528190124, 561.62775663},
                           {57.22847321, 0.4980505050, 530.76580819},
                           {46.44618205, 0.4887488871, 495.54148768},
                           {39.03998725, 0.3648340040, 473.85060683}};
    const auto scans = kmeans_scan(irises(), {.k_max = 6, .restarts = 100, .resamples = 2});
    ASSERT_EQ(scans.size(), 5U);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(scans[i].k, static_cast<int>(i) + 2);
        EXPECT_NEAR(scans[i].wss, known[i].wss, 1e-8);
        EXPECT_NEAR(scans[i].silhouette.value(), known[i].silhouette, 1e-10);
        EXPECT_NEAR(scans[i].calinski_harabasz.value(), known[i].calinski_harabasz, 1e-8);
    }
}

TEST(KmeansScan, SilhouettesByDefinition) {
    Random random(3, 3);
    for (int round = 0; round < 200; ++round) {
        Points p;
        p.rows = 2 + random.bits() % 30, p.numbers = random.bits() % 3, p.categories = 2, p.levels = {3, 3};
        p.mismatch = 0.5;
        for (std::size_t i = 0; i < p.rows * p.numbers; ++i) p.number.push_back(static_cast<double>(random.bits() % 5));
        for (std::size_t i = 0; i < p.rows * 2; ++i)
            p.category.push_back(static_cast<std::uint32_t>(random.bits() % 3));
        if (round % 2)
            for (std::size_t i = 0; i < p.rows; ++i) p.weight.push_back(static_cast<double>(1 + random.bits() % 3));
        std::vector<Partition> partitions;
        for (std::size_t k = 2; k < 6; ++k) { // the last cluster stays empty, and others may
            partitions.push_back({k, {0, 1}});
            while (partitions.back().label.size() < p.rows)
                partitions.back().label.push_back(static_cast<std::uint32_t>(random.bits() % std::max(k - 1, 2UL)));
        }
        const auto s = silhouettes(p, partitions, {});
        for (std::size_t i = 0; i < s.size(); ++i)
            ASSERT_NEAR(s[i].value(), plain_silhouette(p, partitions[i]), 1e-12) << round;
    }
}

TEST(KmeansScan, Undefined) {
    Points p = blobs(6, 2, 10, 1);
    const auto scans = kmeans_scan(p, {.k_min = 1, .k_max = 6, .resamples = 1});
    EXPECT_FALSE(scans[0].silhouette || scans[0].calinski_harabasz || scans[0].stability);
    EXPECT_TRUE(scans[1].silhouette && scans[1].calinski_harabasz && scans[1].stability);
    EXPECT_EQ(scans[5].wss, 0);
    EXPECT_EQ(scans[5].silhouette, 0.0); // every row is alone
    EXPECT_FALSE(scans[5].calinski_harabasz);
    EXPECT_FALSE(scans[5].stability); // no resample has six different rows
    EXPECT_FALSE(kmeans_scan(p, {.k_max = 2, .resamples = 0})[0].stability);
    const Partition one{2, {1, 1, 1, 1, 1, 1}};
    EXPECT_FALSE(silhouettes(p, {&one, 1}, {})[0]);
    EXPECT_FALSE(calinski_harabasz(3, 0, 10, 2));
}

TEST(KmeansScan, StabilityTellsClustersFromPieces) {
    const auto scans = kmeans_scan(blobs(600, 3, 20, 2), {.k_max = 5});
    EXPECT_EQ(scans[1].stability, 1); // three clusters, found in every resample without a mistake
    EXPECT_LT(scans[0].stability.value(), 1);
    EXPECT_LT(scans[2].stability.value(), 0.9);
    EXPECT_GT(scans[1].silhouette.value(), scans[0].silhouette.value());
    EXPECT_GT(scans[1].silhouette.value(), scans[2].silhouette.value());
}

// A resample of two rows, or of one twice: then it has no two clusters and does not count. In the others the clusters
// are the two rows.
TEST(KmeansScan, ResamplesWithTooFewRowsDoNotCount) {
    Points p;
    p.rows = 2, p.numbers = 1, p.number = {1, 2};
    EXPECT_EQ(stability(p, {2, {0, 1}}, {.resamples = 100}, {}), 1);
}

// Two far groups; the partition cuts both of them in halves, while every resample is cut between them. So a cluster has
// one quarter of the rows in common with a cluster found, and three quarters lie in one of the two.
TEST(KmeansScan, StabilityByHand) {
    Points p;
    p.rows = 400, p.numbers = 1;
    Partition across{2, {}};
    for (std::uint32_t row = 0; row < 400; ++row) {
        p.number.push_back(row < 200 ? row % 2 : 1000 + row % 2);
        across.label.push_back(row % 2);
    }
    EXPECT_NEAR(stability(p, across, {.resamples = 50}, {}).value(), 1.0 / 3, 0.02);
}

TEST(KmeansScan, SampleSpeaksForAll) {
    const Points p = blobs(4000, 4, 5, 4);
    const auto all = kmeans_scan(p, {.restarts = 3, .resamples = 0, .sample_rows = 4000});
    const auto some = kmeans_scan(p, {.restarts = 3, .resamples = 0, .sample_rows = 1000});
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].wss, some[i].wss);
        // Silhouettes have a standard deviation of about 0.2.
        EXPECT_NEAR(all[i].silhouette.value(), some[i].silhouette.value(), 4 * 0.2 / std::sqrt(1000));
        EXPECT_NE(all[i].silhouette, some[i].silhouette);
    }
    EXPECT_EQ(kmeans_scan(p, {.restarts = 3, .resamples = 0, .sample_rows = 1000})[3].silhouette, some[3].silhouette);
}

TEST(KmeansScan, OptionsHaveBounds) {
    for (const KmeansScanOptions options : {KmeansScanOptions{.k_min = 0},
                                            {.k_min = 5, .k_max = 4},
                                            {.k_max = max_clusters + 1},
                                            {.resamples = -1},
                                            {.resamples = 1001},
                                            {.sample_rows = 1},
                                            {.sample_rows = 100'001},
                                            {.restarts = 0}}) {
        try {
            kmeans_scan(irises(), options);
            ADD_FAILURE();
        } catch (const Error &error) {
            EXPECT_STREQ(error.state(), sqlstate::invalid_parameter);
        }
    }
}

TEST(KmeansScan, CanBeCancelled) {
    static int left;
    const Poll poll([] {
        if (left-- == 0) throw Error("57014", "canceled");
    });
    for (left = 0; left < 2000; left = 2 * left + 1) {
        const int before = left;
        EXPECT_THROW(kmeans_scan(irises(), {}, poll), Error) << before;
        left = before;
    }
}

// One iteration is not enough for the irises, nor for their resamples.
TEST(KmeansScan, WhatHasNotConvergedIsRefused) {
    try {
        kmeans_scan(irises(), {.k_min = 3, .k_max = 3, .restarts = 1, .max_iterations = 1});
        ADD_FAILURE();
    } catch (const Error &error) {
        EXPECT_STREQ(error.state(), sqlstate::not_set_up);
        EXPECT_STREQ(error.what(), "the clusters for k = 3 have not converged");
    }
}

TEST(KmeansScan, AnEmptyRangeSaysSo) {
    try {
        kmeans_scan(irises(), {.k_min = 5, .k_max = 4});
        ADD_FAILURE();
    } catch (const Error &error) {
        EXPECT_STREQ(error.what(), "k_max is less than k_min");
    }
}
