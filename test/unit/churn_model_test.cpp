#include "churn/churn_validate.hpp"
#include "labelled.hpp"
#include "math/log_odds.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::churn;

namespace {

constexpr const char *algorithms[] = {"logistic", "tree", "forest", "boosting"};

// Log odds x + 2 for contract "a", x - 2 else; a tenth of x is missing.
test::Labelled customers(std::size_t n, std::uint64_t seed) {
    math::Random random(seed, 0);
    std::vector<double> x, label;
    std::vector<std::string> contract;
    for (std::size_t i = 0; i < n; ++i) {
        const double value = random.normal();
        contract.push_back(i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "?");
        label.push_back(random.uniform() < math::probability(value + (i % 3 == 0 ? 2 : -2)));
        x.push_back(i % 10 == 0 ? dataset::missing : value);
    }
    return test::Labelled().number("x", x).category("contract", contract).label(label);
}

FitOptions by(const char *algorithm) {
    FitOptions options;
    options.algorithm = algorithm_named(algorithm);
    return options;
}

template <class M> std::vector<std::uint8_t> stored(const M &model) {
    std::vector<std::uint8_t> bytes(model.room());
    bytes.resize(static_cast<std::size_t>(model.put(bytes.data()) - bytes.data()));
    return bytes;
}

std::string refusal(const auto &body) {
    try {
        body();
    } catch (const Error &e) {
        return std::string(e.state()) + " " + e.what();
    }
    return "";
}

} // namespace

TEST(ChurnModel, StoredAndReadItPredictsTheSame) {
    test::Labelled table = customers(2000, 1);
    const dataset::View view = table.view();
    for (const char *algorithm : algorithms) {
        ChurnModel model = fit(view, by(algorithm), {});
        const std::vector<std::uint8_t> bytes = stored(model);
        ChurnModel again(bytes);
        EXPECT_EQ(stored(again), bytes);
        for (const double x : {-3.0, 0.0, 0.7, dataset::missing})
            for (const double contract : {0.0, 1.0, 2.0}) {
                const double row[] = {x, contract};
                EXPECT_EQ(model.probability(row), again.probability(row)) << algorithm;
            }
    }
}

TEST(ChurnModel, BytesThatAreNoModelAreRefused) {
    test::Labelled table = customers(200, 1);
    std::vector<std::uint8_t> bytes = stored(fit(table.view(), by("tree"), {}));
    for (std::size_t i = 0; i < bytes.size(); i += 7) {
        std::vector<std::uint8_t> bad = bytes;
        bad[i] ^= 1;
        EXPECT_NE(refusal([&] { ChurnModel model{Bytes(bad)}; }), "");
        // With the right hash, too, nothing but a model is taken for one.
        const auto head = ChurnModel::identity_of(Bytes(bad).subspan(ChurnModel::identity));
        std::ranges::copy(head, bad.begin());
        refusal([&] {
            const ChurnModel model{Bytes(bad)};
            EXPECT_EQ(stored(model), bad);
        });
    }
    for (std::size_t n = 0; n < bytes.size(); n += 5)
        EXPECT_NE(refusal([&] { ChurnModel model{Bytes(bytes).first(n)}; }), "");
}

// By the definition: contributions and baseline are the log odds of the probability.
// Bytes that are well formed, and a model that must not be used.
TEST(ChurnModel, ImpossibleModelsAreRefused) {
    using Points = std::vector<learn::Calibration::Point>;
    const auto refused = [](Algorithm algorithm, auto &&change) {
        dataset::Columns columns;
        columns.emplace_back("x", dataset::Kind::number);
        Fitted fitted;
        fitted.algorithm = algorithm;
        fitted.ensemble.trees.push_back({{{.feature = 0, .left = 1, .right = 2}, {}, {}}, {}});
        fitted.linear.effects.resize(1);
        change(fitted);
        const std::vector<std::uint8_t> bytes = stored(ChurnModel(columns, fitted, {}));
        return refusal([&bytes] { ChurnModel model(bytes); });
    };
    const auto calibrated = [](const Points &points) {
        return [points](Fitted &f) {
            f.calibration.method = learn::Calibration::Method::isotonic;
            f.calibration.points = points;
        };
    };
    for (const Algorithm a : {Algorithm::logistic, Algorithm::tree, Algorithm::forest, Algorithm::boosting})
        EXPECT_EQ(refused(a, [](Fitted &) {}), "");
    const std::string no_model = "22P03 invalid churn_model";
    EXPECT_EQ(refused(Algorithm::tree, [](Fitted &f) { f.ensemble.trees.clear(); }), no_model);
    EXPECT_EQ(refused(Algorithm::tree, [](Fitted &f) { f.ensemble.trees.push_back(f.ensemble.trees[0]); }), no_model);
    EXPECT_EQ(refused(Algorithm::boosting, [](Fitted &f) { f.ensemble.base = 1e308; }), no_model);
    EXPECT_EQ(refused(Algorithm::boosting, [](Fitted &f) { f.ensemble.trees[0].nodes[1].value = -1e308; }), no_model);
    EXPECT_EQ(refused(Algorithm::boosting, [](Fitted &f) { f.ensemble.trees[0].nodes[1].cover = 1e308; }), no_model);
    EXPECT_EQ(refused(Algorithm::boosting, [](Fitted &f) { f.ensemble.trees[0].nodes[0].gain = -1; }), no_model);
    EXPECT_EQ(refused(Algorithm::boosting, [](Fitted &f) { f.ensemble.trees[0].nodes[0].gain = 1e308; }), no_model);
    EXPECT_EQ(refused(Algorithm::logistic, [](Fitted &f) { f.linear.effects[0].importance = -1; }), no_model);
    EXPECT_EQ(refused(Algorithm::logistic, [](Fitted &f) { f.linear.base = 1e308; }), no_model);
    EXPECT_EQ(refused(Algorithm::forest, calibrated({{-1e308, -1}, {1, 1}})), no_model);
    EXPECT_EQ(refused(Algorithm::forest, calibrated({{-1, -1}, {1, 1e308}})), no_model);
    EXPECT_EQ(refused(Algorithm::forest, calibrated({{-1, -1}, {1, 1}})), "");
}

// JSON has no negative zero, so none is written, and what would not be written the same is not read.
TEST(ChurnModel, ANegativeZeroIsRefused) {
    for (const double zero : {0.0, -0.0}) {
        std::uint8_t bytes[sizeof zero];
        std::memcpy(bytes, &zero, sizeof zero);
        Reader reader(bytes, "number");
        Get get(reader, {});
        double seen = 1;
        EXPECT_EQ(refusal([&] { get.value(seen); }), std::signbit(zero) ? "22P03 invalid number" : "");
    }
}

// A calibration that is as steep as it can be, from 0: what is beyond its end is a number still.
TEST(ChurnModel, ASteepCalibrationOverflowsNowhere) {
    dataset::Columns columns;
    columns.emplace_back("x", dataset::Kind::number);
    Fitted fitted;
    fitted.ensemble.trees.push_back({{{.feature = 0, .left = 1, .right = 2}, {.value = -1e100}, {.value = 1e100}}, {}});
    fitted.calibration.method = learn::Calibration::Method::isotonic;
    fitted.calibration.points = {{-5e-324, -1e100}, {0, 0}};
    const std::vector<std::uint8_t> bytes = stored(ChurnModel(columns, fitted, {}));
    ChurnModel model(bytes);
    for (const double x : {-1.0, 1.0}) {
        EXPECT_NEAR(model.probability(&x), x > 0, 1e-100);
        std::vector<double> contributions;
        EXPECT_TRUE(std::isfinite(model.contributions(&x, contributions)));
        EXPECT_TRUE(std::isfinite(contributions[0]));
    }
}

TEST(ChurnModel, ContributionsAddUp) {
    test::Labelled table = customers(2000, 2);
    const dataset::View view = table.view();
    for (const char *algorithm : algorithms) {
        ChurnModel model = fit(view, by(algorithm), {});
        std::vector<double> contributions;
        for (const double x : {-3.0, 0.0, 0.7, dataset::missing})
            for (const double contract : {0.0, 1.0, 2.0}) {
                const double row[] = {x, contract};
                double sum = model.contributions(row, contributions);
                for (const double c : contributions) sum += c;
                EXPECT_NEAR(sum, math::log_odds(model.probability(row)), 1e-9) << algorithm;
            }
    }
}

TEST(ChurnModel, WhatMattersIsFound) {
    test::Labelled table = customers(4000, 3);
    const dataset::View view = table.view();
    for (const char *algorithm : algorithms) {
        ChurnModel model = fit(view, by(algorithm), {});
        const auto importance = model.importance();
        EXPECT_NEAR(importance[0].share + importance[1].share, 1, 1e-12);
        EXPECT_GT(importance[1].share, importance[0].share) << algorithm;
        const double leaves[] = {1, 1}, stays[] = {-1, 2}; // "a" is 1 in C order
        EXPECT_GT(model.probability(leaves), 0.8) << algorithm;
        EXPECT_LT(model.probability(stays), 0.2) << algorithm;
    }
}

TEST(ChurnModel, Recalibrated) {
    test::Labelled table = customers(4000, 4);
    const dataset::View view = table.view();
    ChurnModel model = fit(view, by("boosting"), {});
    const double row[] = {0.3, 1};
    const double before = model.probability(row);
    // One group of which a tenth left where half was expected, one of which a half where nine tenths were: odds are a
    // ninth of the expected.
    std::pmr::monotonic_buffer_resource memory;
    evaluation::Evaluation outcomes(&memory, SIZE_MAX, {});
    for (int i = 0; i < 10000; ++i) {
        outcomes.add(0.5, i % 10 == 0);
        outcomes.add(0.9, i % 2 == 0);
    }
    recalibrate(model, outcomes, {});
    EXPECT_NEAR(math::log_odds(model.probability(row)), math::log_odds(before) - std::log(9), 0.01);
}

TEST(ChurnFit, OptionsAreOfTheirAlgorithm) {
    test::Labelled table = customers(100, 5);
    const dataset::View view = table.view();
    const auto with = [&](const char *algorithm, Choice choice, double value) {
        FitOptions options = by(algorithm);
        options[choice] = value;
        return refusal([&] { fit(view, options, {}); });
    };
    EXPECT_EQ(with("logistic", Choice::trees, 5), "22023 trees is no option of algorithm logistic");
    EXPECT_EQ(with("forest", Choice::learning_rate, 0.1), "22023 learning_rate is no option of algorithm forest");
    EXPECT_EQ(with("boosting", Choice::learning_rate, 0), "22023 learning_rate is out of range");
    EXPECT_EQ(with("boosting", Choice::learning_rate, std::nan("")), "22023 learning_rate is out of range");
    EXPECT_EQ(with("boosting", Choice::early_stopping, 0),
              "22023 without early stopping the number of trees must be said");
    EXPECT_EQ(with("tree", Choice::depth, 3), "");
}

TEST(CrossValidate, EveryRowOnce) {
    test::Labelled table = customers(1000, 6);
    const dataset::View view = table.view();
    const learn::Target target(view, {});
    const std::vector<Fold> folds = cross_validate(view, 4, by("logistic"), SIZE_MAX, {});
    ASSERT_EQ(folds.size(), 4U);
    std::uint64_t rows = 0, positives = 0;
    for (const Fold &fold : folds) {
        rows += fold.rows;
        positives += fold.positives;
        EXPECT_NEAR(static_cast<double>(fold.rows), 250, 1);
        EXPECT_NEAR(static_cast<double>(fold.positives), target.positives / 4, 1);
        EXPECT_GT(fold.roc_auc.value(), 0.8);
    }
    EXPECT_EQ(rows, 1000U);
    EXPECT_EQ(static_cast<double>(positives), target.positives);
}
