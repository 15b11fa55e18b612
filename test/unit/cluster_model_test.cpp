#include "cluster/gmm_model.hpp"
#include "cluster/kmeans_model.hpp"
#include "cluster/pca_model.hpp"
#include "iris.hpp"
#include <cmath>
#include <gtest/gtest.h>
#include <set>

using namespace cd;
using namespace cd::cluster;
using dataset::missing;

namespace {

// Rows of a few columns; in columns of categories a number n > 0 stands for the value "v<n>", 0 for the missing one.
struct Table {
    std::pmr::monotonic_buffer_resource memory;
    dataset::Dataset set{&memory, std::size_t{1} << 30};

    Table(std::vector<std::pair<const char *, dataset::Kind>> columns, const std::vector<std::vector<double>> &rows,
          bool weighted = false) {
        dataset::Shape shape(&memory);
        for (const auto &[name, kind] : columns) shape.columns.emplace_back(name, kind);
        shape.has_weight = weighted;
        set.fit_shape(shape);
        for (const auto &row : rows) {
            for (std::size_t c = 0; c < row.size(); ++c)
                set.put(c, columns[c].second == dataset::Kind::number || row[c] == 0
                               ? row[c]
                               : set.code(c, "v" + std::to_string(static_cast<int>(row[c]))));
            set.end_row();
        }
    }
    dataset::View view() const { return dataset::View(set); }
};
constexpr auto number = dataset::Kind::number, category = dataset::Kind::category;

std::string refusal(const auto &body) {
    try {
        body();
    } catch (const Error &e) {
        return std::string(e.state()) + " " + e.what();
    }
    return "";
}

template <class M> std::vector<std::uint8_t> bytes_of(const M &model) {
    std::vector<std::uint8_t> bytes(model.room());
    bytes.resize(static_cast<std::size_t>(model.put(bytes.data()) - bytes.data()));
    return bytes;
}

Profile described(const dataset::View &view, const Inputs &inputs, std::span<const std::uint32_t> label,
                  std::size_t clusters) {
    return profile_of(inputs, totals_of(points_of(view, inputs, {}), label, clusters, {}));
}

} // namespace

// 1, 2, 3, 10: mean 4, squares about it 9 + 4 + 1 + 36 = 50, sd sqrt(50 / 3). Type-7 quantiles: 1.75, 2.5, 4.75.
TEST(Inputs, ScalesAreThoseOfTheValuesThatAreThere) {
    const Table table({{"x", number}}, {{1}, {missing}, {2}, {3}, {10}});
    const Input z = inputs_of(table.view(), Scale::zscore, Poll{}).inputs[0];
    EXPECT_DOUBLE_EQ(z.mean, 4);
    EXPECT_DOUBLE_EQ(z.sd, std::sqrt(50.0 / 3));
    EXPECT_DOUBLE_EQ(z.coordinate(10), 6 / std::sqrt(50.0 / 3));
    EXPECT_EQ(z.coordinate(missing), 0);
    const Input plain = inputs_of(table.view(), Scale::none, Poll{}).inputs[0];
    EXPECT_EQ(plain.coordinate(10), 10);
    EXPECT_EQ(plain.coordinate(missing), 4);
    const Input robust = inputs_of(table.view(), Scale::robust, Poll{}).inputs[0];
    EXPECT_DOUBLE_EQ(robust.center, 2.5);
    EXPECT_DOUBLE_EQ(robust.scale, 3 / 1.3489795003921634);
    EXPECT_EQ(robust.coordinate(missing), 0);
    EXPECT_DOUBLE_EQ(robust.raw(robust.coordinate(10)), 10);
}

// 1 twice and 4 once: mean 2, squares 1 + 1 + 4 = 6, sd sqrt(6 / 2).
TEST(Inputs, WeightsCountAsRepeatedRows) {
    const Table table({{"x", number}, {"w", number}}, {{1, 2}, {4, 1}}, true);
    const Inputs inputs = inputs_of(table.view(), Scale::zscore, Poll{});
    ASSERT_EQ(inputs.columns.size(), 1u);
    EXPECT_DOUBLE_EQ(inputs.inputs[0].mean, 2);
    EXPECT_DOUBLE_EQ(inputs.inputs[0].sd, std::sqrt(3.0));
    EXPECT_EQ(points_of(table.view(), inputs, Poll{}).weight, (std::vector<double>{2, 1}));
}

// A mean far from 0 loses nothing: 1e9 + {4, 7, 13, 16} has the variance 30, chunks of 1024 rows put together as well.
TEST(Inputs, LargeMeansKeepTheirVariance) {
    std::vector<std::vector<double>> rows;
    for (int i = 0; i < 4000; ++i)
        rows.push_back({1e9 + std::vector<double>{4, 7, 13, 16}[static_cast<std::size_t>(i % 4)]});
    const Table table({{"x", number}}, rows);
    const Input input = inputs_of(table.view(), Scale::zscore, Poll{}).inputs[0];
    EXPECT_DOUBLE_EQ(input.mean, 1e9 + 10);
    EXPECT_NEAR(input.sd * input.sd, 22.5 * 4000 / 3999, 1e-9); // population variance (36 + 9 + 9 + 36) / 4
}

TEST(Inputs, ConstantColumnsAndTiesDoNotDivideByZero) {
    const Table table({{"same", number}, {"ties", number}}, {{5, 0}, {5, 0}, {5, 0}, {5, 0}, {5, 9}});
    for (const Scale scale : {Scale::none, Scale::zscore, Scale::robust}) {
        const Points points = points_of(table.view(), inputs_of(table.view(), scale, Poll{}), Poll{});
        for (const double x : points.number) EXPECT_TRUE(std::isfinite(x));
        if (scale != Scale::none) {
            EXPECT_EQ(points.number[0], 0);
        }
    }
    // Quartiles of 0, 0, 0, 0, 9 are equal: the standard deviation takes their place.
    const Input ties = inputs_of(table.view(), Scale::robust, Poll{}).inputs[1];
    EXPECT_DOUBLE_EQ(ties.scale, ties.sd);
}

// Half the average standard deviation of the coordinates: of scaled numbers 1 / 2, of x = 0, 4 as it is sqrt(8) / 2.
TEST(Inputs, TheWeightOfACategory) {
    const Table table({{"x", number}, {"c", category}}, {{0, 1}, {4, 2}});
    EXPECT_DOUBLE_EQ(inputs_of(table.view(), Scale::zscore, Poll{}).mismatch, 0.5);
    EXPECT_DOUBLE_EQ(inputs_of(table.view(), Scale::none, Poll{}).mismatch, std::sqrt(8.0) / 2);
    const Table words({{"c", category}}, {{1}, {2}});
    EXPECT_EQ(inputs_of(words.view(), Scale::zscore, Poll{}).mismatch, 1);
    const Points points = points_of(table.view(), inputs_of(table.view(), Scale::none, Poll{}), Poll{});
    EXPECT_EQ(points.category, (std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ(points.levels, (std::vector<std::uint32_t>{3})); // the missing one is a level
}

TEST(Inputs, WhatCannotBeUsedIsRefused) {
    const Table nothing({{"x", number}, {"n", number}}, {{1, missing}, {2, missing}});
    EXPECT_EQ(refusal([&] { inputs_of(nothing.view(), Scale::zscore, Poll{}); }), "22023 column \"n\" has no value");
    const Table empty({{"x", number}, {"c", category}}, {});
    EXPECT_EQ(refusal([&] { inputs_of(empty.view(), Scale::zscore, Poll{}); }), "22023 the dataset has no rows");
    // Before it is said that a mixture has no use for categories.
    EXPECT_EQ(refusal([&] { require_numbers(empty.view(), "gmm_fit", 1); }), "22023 the dataset has no rows");
    const Table word({{"c", category}}, {{0}});
    EXPECT_EQ(refusal([&] { inputs_of(word.view(), Scale::zscore, Poll{}); }), "22023 column \"c\" has no value");
    const Table huge({{"x", number}}, {{1e300}, {-1e300}});
    EXPECT_EQ(refusal([&] { inputs_of(huge.view(), Scale::zscore, Poll{}); }),
              "22003 column \"x\" has too large numbers");
    std::vector<std::vector<double>> rows;
    for (unsigned i = 1; i <= max_values; ++i) rows.push_back({static_cast<double>(i)});
    EXPECT_EQ(refusal([&] { inputs_of(Table({{"id", category}}, rows).view(), Scale::zscore, Poll{}); }), "");
    rows.push_back({max_values + 1.0});
    EXPECT_EQ(refusal([&] {
                  inputs_of(Table({{"id", category}}, rows).view(), Scale::zscore, Poll{});
              }),
              "54000 column \"id\" has too many different values");
}

// Two clusters of x = 0, 2 and 10, 12, 14; colour v1, v1 and v2, v2, v1.
TEST(Profile, MeansSharesAndZScoresByHand) {
    const Table table({{"x", number}, {"colour", category}}, {{0, 1}, {2, 1}, {10, 2}, {12, 2}, {14, 1}});
    const dataset::View view = table.view();
    const Inputs inputs = inputs_of(view, Scale::zscore, Poll{});
    const std::vector<std::uint32_t> label{1, 1, 0, 0, 0};
    const Profile profile = described(view, inputs, label, 2);
    EXPECT_EQ(profile.rows, (std::vector<std::uint64_t>{3, 2}));
    EXPECT_DOUBLE_EQ(profile.share[0], 0.6);
    EXPECT_DOUBLE_EQ(profile.trait(0, 0).value, 12);
    EXPECT_DOUBLE_EQ(profile.trait(0, 0).overall, 7.6);
    // Squares about 7.6: 57.76 + 31.36 + 5.76 + 19.36 + 40.96 = 155.2; sd sqrt(155.2 / 4).
    EXPECT_DOUBLE_EQ(z_score(inputs, profile, 0, 0), 4.4 / std::sqrt(38.8));
    EXPECT_DOUBLE_EQ(z_score(inputs, profile, 1, 0), -6.6 / std::sqrt(38.8));
    // v2 in 2 of 3 rows, overall in 2 of 5: (2/3 - 2/5) / sqrt(2/5 x 3/5).
    EXPECT_EQ(inputs.columns[1].levels[profile.trait(0, 1).level], "v2");
    EXPECT_DOUBLE_EQ(z_score(inputs, profile, 0, 1), (2.0 / 3 - 0.4) / std::sqrt(0.24));
    EXPECT_EQ(names_of(inputs, profile, {}), (std::vector<std::string>{"high x, colour v2", "low x, colour v1"}));
    EXPECT_EQ(distinguishing(inputs, profile, 0), (std::vector<std::size_t>{0, 1}));
}

TEST(Profile, NamesAreWordsAndDiffer) {
    const auto name = [](const char *column, double first) {
        // One row lies (1.5 - 0) / sd apart from the two others, which are alike.
        const Table table({{column, number}}, {{first}, {0}, {0}});
        const dataset::View view = table.view();
        const Inputs inputs = inputs_of(view, Scale::zscore, Poll{});
        return names_of(inputs, described(view, inputs, std::vector<std::uint32_t>{0, 1, 1}, 2), {})[0];
    };
    EXPECT_EQ(name("spend", 1), "high spend");
    EXPECT_EQ(name("total_spend", -1), "low total spend");
    EXPECT_EQ(name("recency_days", 1), "long ago");
    EXPECT_EQ(name("days_since_order", -1), "recent");
    for (const char *column : {"days_since", "weeks_since", "months_since", "years_since", "order_days_since"}) {
        EXPECT_EQ(name(column, 1), "long ago") << column;
        EXPECT_EQ(name(column, -1), "recent") << column;
    }
    EXPECT_EQ(name("customer_since", 1), "new"); // a date
    EXPECT_EQ(name("since", -1), "long-standing");
    EXPECT_EQ(name("recency_score", 1), "high recency score");
    EXPECT_EQ(name("rank_age", -1), "low rank age");
    EXPECT_EQ(name("days_since_rank", 1), "high days since rank");
    EXPECT_EQ(name("age", 1), "older");
    EXPECT_EQ(name("age", -1), "young");
    EXPECT_EQ(name("wage", 1), "high wage");
    EXPECT_EQ(name("tenure", -1), "new");

    // Ten thousand clusters on a line have few names between them, and are numbered.
    std::vector<std::vector<double>> rows;
    std::vector<std::uint32_t> label;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        rows.push_back({static_cast<double>(i)});
        label.push_back(i);
    }
    const Table line({{"x", number}}, rows);
    const Inputs inputs = inputs_of(line.view(), Scale::zscore, Poll{});
    const std::vector<std::string> names = names_of(inputs, described(line.view(), inputs, label, label.size()), {});
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
    EXPECT_EQ(names[0], "low x");
    EXPECT_EQ(names[1], "low x (2)");
    EXPECT_EQ(names[5000],
              "average (" +
                  std::to_string(1 + std::count_if(names.begin(), names.begin() + 5000,
                                                   [](const std::string &n) { return n.starts_with("average"); })) +
                  ")");
}

TEST(Profile, AWordIsSaidOnce) {
    const Table table({{"recency", number}, {"days_since_visit", number}, {"spend", number}},
                      {{9, 9, 1}, {0, 0, 0}, {0, 0, 0.5}});
    const dataset::View view = table.view();
    const Inputs inputs = inputs_of(view, Scale::zscore, Poll{});
    EXPECT_EQ(names_of(inputs, described(view, inputs, std::vector<std::uint32_t>{0, 1, 1}, 2), {})[0],
              "long ago, high spend");
}

// The mean of every column is 0. Standard deviations of a and b: sqrt(564 / 4) and sqrt(521.5 / 4), so clusters 0 and 2
// have the z-scores 0.76 and 0.70, cluster 1 has 0.67 and 0.79: the same phrases in another order. Cluster 1 lies
// farthest from cluster 0 in e, 0.04 and 0.42, but above the mean itself, so that it cannot be called low; next in c,
// 1 / sqrt(42 / 4) = 0.31 and 0; then in d, 0.5 / sqrt(36.5 / 4) = 0.17 and 0. Cluster 2 is as cluster 0.
TEST(Profile, NamesThatSayTheSameAreToldApart) {
    const Table table(
        {{"a", number}, {"b", number}, {"c", number}, {"d", number}, {"e", number}},
        {{9, 8, 0, 0, 2}, {8, 9, 1, 0.5, 0.2}, {9, 8, 0, 0, 2}, {-13, -12.5, 4, 4, 4}, {-13, -12.5, -5, -4.5, -8.2}});
    const Inputs inputs = inputs_of(table.view(), Scale::zscore, Poll{});
    const std::vector<std::uint32_t> label{0, 1, 2, 3, 3};
    EXPECT_EQ(
        names_of(inputs, described(table.view(), inputs, label, 4), {}),
        (std::vector<std::string>{"high a, high b", "high b, high a, high c", "high a, high b (2)", "low a, low b"}));
}

// Twelve rows each: of cluster 0 five with v1, four with v2, three with v3; of cluster 1 four, five, three; of cluster
// 2 four of each. v1 and v2 are 13 of 36 rows, so the z-score of having it is (5/12 - 13/36) / sqrt(13/36 x 23/36) =
// 0.12.
TEST(Profile, ACategoryTellsApartToo) {
    std::vector<std::vector<double>> rows;
    std::vector<std::uint32_t> label;
    const int counts[3][3] = {{5, 4, 3}, {4, 5, 3}, {4, 4, 4}};
    for (std::uint32_t c = 0; c < 3; ++c)
        for (int level = 0; level < 3; ++level)
            for (int i = 0; i < counts[c][level]; ++i) {
                rows.push_back({c < 2 ? 1.0 : -2.0, level + 1.0});
                label.push_back(c);
            }
    const Table table({{"x", number}, {"word", category}}, rows);
    const Inputs inputs = inputs_of(table.view(), Scale::zscore, Poll{});
    EXPECT_EQ(names_of(inputs, described(table.view(), inputs, label, 3), {}),
              (std::vector<std::string>{"high x", "high x, word v2", "low x"}));
}

// Rounding of sums is not told: 0.1 + 0.2 + 0.3 - 0.6 is 1.1e-16, and (0.1 + 0.2 + 0.3) / 3 is 0.20000000000000004. But
// where a column's spread is in its last digits they are data: 1e12 + 1/1024 against a standard deviation of 1/1024.
TEST(Profile, RoundingIsNotTold) {
    const Table table({{"x", number}, {"y", number}, {"z", number}}, {{0.1, 0.1, 1e12},
                                                                      {0.2, 0.2, 1e12},
                                                                      {0.3, 0.3, 1e12},
                                                                      {-0.6, 0.2, 1e12},
                                                                      {5, 7, 1e12 + 1.0 / 1024},
                                                                      {-5, 9, 1e12 + 1.0 / 1024}});
    const Inputs inputs = inputs_of(table.view(), Scale::none, Poll{});
    const Profile profile = described(table.view(), inputs, std::vector<std::uint32_t>{0, 0, 0, 0, 1, 1}, 2);
    EXPECT_EQ(profile.trait(0, 0).value, 0);
    EXPECT_EQ(profile.trait(0, 0).overall, 0);
    EXPECT_EQ(profile.trait(0, 1).value, 0.2);
    EXPECT_EQ(profile.trait(0, 1).overall, 2.8); // 16.8 / 6
    EXPECT_EQ(profile.trait(1, 2).value, 1e12 + 1.0 / 1024);
}

TEST(ClusterModel, GivesBackWhatWasWritten) {
    std::vector<std::vector<double>> rows;
    for (const auto &row : test::iris) rows.push_back({row[0], row[1], row[2], row[3]});
    const Table table({{"a", number}, {"b", number}, {"c", number}, {"d", number}}, rows);
    KmeansOptions options;
    options.k = 3;
    KmeansModel kmeans(table.view(), Scale::zscore, options, Poll{});
    EXPECT_NEAR(kmeans.wss(), 138.8883597, 5e-8); // R, kmeans(scale(iris[, 1:4]), 3)
    const auto bytes = bytes_of(kmeans);
    KmeansModel again(bytes);
    EXPECT_EQ(bytes_of(again), bytes);
    GmmOptions mixture;
    mixture.k = 2;
    const auto gmm = bytes_of(GmmModel(table.view(), mixture, Poll{}));
    GmmModel gmm_again(gmm);
    EXPECT_EQ(bytes_of(gmm_again), gmm);
    const auto pca = bytes_of(PcaModel(table.view(), 4, Scale::none, Poll{}));
    PcaModel pca_again(pca);
    EXPECT_EQ(bytes_of(pca_again), pca);
    for (const auto &row : rows) {
        EXPECT_EQ(kmeans.nearest(row.data()).square, again.nearest(row.data()).square);
        const auto p = gmm_again.probabilities(row.data());
        EXPECT_NEAR(p[0] + p[1], 1, 1e-15);
    }
    // Every shorter value and every one with something behind it is refused.
    for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_THROW(KmeansModel(Bytes(bytes).first(n)), Error);
    for (std::size_t n = 0; n < gmm.size(); ++n) EXPECT_THROW(GmmModel(Bytes(gmm).first(n)), Error);
    for (std::size_t n = 0; n < pca.size(); ++n) EXPECT_THROW(PcaModel(Bytes(pca).first(n)), Error);
}

TEST(ClusterModel, AbsurdRowsAreRefused) {
    const Table table({{"x", number}, {"y", number}}, {{0, 1}, {1, 5}, {9, 2}, {10, 3}});
    KmeansOptions options;
    options.k = 2;
    KmeansModel kmeans(table.view(), Scale::zscore, options, Poll{});
    const double far[] = {1e200, 0}, farther[] = {-1.7e308, 1.7e308}, unknown[] = {missing, missing};
    EXPECT_EQ(refusal([&] { kmeans.nearest(far); }), "22003 the row has too large numbers for this model");
    EXPECT_EQ(refusal([&] { kmeans.nearest(farther); }), "22003 the row has too large numbers for this model");
    EXPECT_TRUE(std::isfinite(kmeans.nearest(unknown).square));
    // Along y = x: 0.7 x 1.7e308 twice.
    const Table diagonal({{"x", number}, {"y", number}}, {{0, 0}, {1, 1}, {9, 9}, {10, 11}});
    PcaModel pca(diagonal.view(), 2, Scale::none, Poll{});
    const double both[] = {1.7e308, 1.7e308};
    EXPECT_EQ(refusal([&] { pca.scores(both); }), "22003 the row has too large numbers for this model");
    EXPECT_NEAR(pca.scores(unknown)[0], 0, 1e-12); // in the middle of the data
    GmmOptions mixture;
    mixture.k = 1;
    GmmModel gmm(table.view(), mixture, Poll{});
    EXPECT_EQ(gmm.probabilities(farther)[0], 1);
    EXPECT_TRUE(std::isfinite(gmm.distance(gmm.most_probable(farther))));
}
