#include "learn/boosting.hpp"
#include "learn/forest.hpp"
#include "learn_data.hpp"
#include "math/elementary.hpp"
#include <gtest/gtest.h>

using namespace cd;
using namespace cd::learn;
using math::Random;

namespace {

double log_loss(double probability, bool label) { return -std::log(label ? probability : 1 - probability); }
double sigmoid(double score) { return 1 / (1 + std::exp(-score)); }

double score_of(const Problem &p, const Ensemble &ensemble, std::size_t row) {
    const std::vector<double> x = p.features(row);
    double sum = ensemble.base;
    for (const Tree &tree : ensemble.trees) sum += tree.leaf_of(p.inputs.columns, x.data()).value;
    return ensemble.average ? sum / static_cast<double>(ensemble.trees.size()) : sum;
}

double mean_loss(const Problem &p, const std::vector<std::uint32_t> &rows, const std::vector<double> &probabilities) {
    double sum = 0, weight = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        sum += p.target.weight_of(rows[i]) * log_loss(probabilities[i], p.target.label[rows[i]]);
        weight += p.target.weight_of(rows[i]);
    }
    return sum / weight;
}

double base_loss(const Problem &p) {
    const double rate = p.target.base_rate();
    return -rate * std::log(rate) - (1 - rate) * std::log(1 - rate);
}

template <class Options, class Fit> void expect_refused(const Fit &fit, const Options &options) {
    try {
        fit(options);
        FAIL();
    } catch (const Error &error) {
        EXPECT_STREQ(error.state(), sqlstate::invalid_parameter);
        EXPECT_FALSE(error.hint().empty());
    }
}

} // namespace

// Friedman 2001 with Newton's steps, one by one, by the definitions.
TEST(Boosting, FirstTreesByDefinition) {
    Table t;
    t.columns = {{1, 1, 1, 1, 2, 2, 2, 2, 3, 3}};
    t.label = {0, 0, 1, 0, 1, 1, 1, 0, 1, 1};
    t.weight = {1, 2, 1, 1, 1, 1, 2, 1, 1, 1};
    Problem p(t);
    const BoostingOptions options{
        .trees = 3, .leaves = 3, .learning_rate = 0.5, .min_leaf = 0, .l2 = 0.125, .subsample = 1, .hold_out = false};
    const Boosted boosted = boost(p.bins, p.target, options, p.workers, {});
    ASSERT_EQ(boosted.ensemble.trees.size(), 3U);
    EXPECT_TRUE(boosted.loss.empty());
    EXPECT_TRUE(boosted.held_out.rows.empty());
    EXPECT_NEAR(boosted.ensemble.base, std::log(7.0 / 5), 1e-12);
    std::vector<double> score(10, boosted.ensemble.base);
    for (const Tree &tree : boosted.ensemble.trees) {
        // Three leaves, one for each value.
        ASSERT_EQ(tree.nodes.size(), 5U);
        for (const double value : {1.0, 2.0, 3.0}) {
            double g = 0, h = 0;
            for (std::size_t i = 0; i < 10; ++i) {
                if (t.columns[0][i] != value) continue;
                const double chance = sigmoid(score[i]);
                g += t.weight[i] * (chance - t.label[i]);
                h += t.weight[i] * chance * (1 - chance);
            }
            EXPECT_NEAR(tree.leaf_of(p.inputs.columns, &value).value, -0.5 * g / (h + 0.125), 1e-8);
        }
        for (std::size_t i = 0; i < 10; ++i) score[i] += tree.leaf_of(p.inputs.columns, &t.columns[0][i]).value;
    }
}

TEST(Boosting, CrossFittingFewRows) {
    Random random(1, 1);
    Problem p(mixed(3000, random));
    const Boosted boosted = boost(p.bins, p.target, {}, p.workers, {});
    EXPECT_EQ(boosted.folds, 5);
    EXPECT_EQ(boosted.held_out.rows, p.all());
    const auto best = std::ranges::min_element(boosted.loss) - boosted.loss.begin();
    EXPECT_EQ(boosted.ensemble.trees.size(), static_cast<std::size_t>(best));
    EXPECT_GT(best, 20);
    EXPECT_EQ(boosted.loss.size(), static_cast<std::size_t>(best) + 51); // it waited 50 trees more
    EXPECT_NEAR(boosted.loss[0], base_loss(p), 1e-5);
    std::vector<double> probabilities;
    for (const double score : boosted.held_out.scores) probabilities.push_back(sigmoid(score));
    EXPECT_NEAR(mean_loss(p, boosted.held_out.rows, probabilities), boosted.loss[static_cast<std::size_t>(best)], 1e-6);
    EXPECT_LT(boosted.loss[static_cast<std::size_t>(best)], 0.9 * boosted.loss[0]);
    // What a row is scored for calibration comes from trees that have not seen it: it fits worse.
    std::vector<double> seen;
    for (const std::uint32_t row : p.all()) seen.push_back(sigmoid(score_of(p, boosted.ensemble, row)));
    EXPECT_LT(mean_loss(p, p.all(), seen), 0.98 * boosted.loss[static_cast<std::size_t>(best)]);
    // As good on rows that nobody has seen.
    Problem other(mixed(3000, random));
    std::vector<double> fresh;
    for (const std::uint32_t row : other.all()) fresh.push_back(sigmoid(score_of(other, boosted.ensemble, row)));
    EXPECT_NEAR(mean_loss(other, other.all(), fresh), boosted.loss[static_cast<std::size_t>(best)], 0.03);
}

TEST(Boosting, HoldOutOfManyRows) {
    Random random(2, 1);
    Problem p(mixed(cross_fit_rows + 10'000, random));
    const BoostingOptions options{.leaves = 4, .learning_rate = 1, .patience = 3};
    const Boosted boosted = boost(p.bins, p.target, options, p.workers, {});
    EXPECT_EQ(boosted.folds, 0);
    EXPECT_NEAR(static_cast<double>(boosted.held_out.rows.size()), 6000, 5 * std::sqrt(6000 * 0.9));
    const auto best = std::ranges::min_element(boosted.loss) - boosted.loss.begin();
    EXPECT_EQ(boosted.ensemble.trees.size(), static_cast<std::size_t>(best));
    EXPECT_GT(best, 3);
    for (std::size_t i = 0; i < boosted.held_out.rows.size(); i += 37)
        ASSERT_NEAR(boosted.held_out.scores[i], score_of(p, boosted.ensemble, boosted.held_out.rows[i]), 1e-12);
}

TEST(Boosting, SameInAnyOrderWithAnyThreads) {
    Random random(3, 1);
    for (const std::size_t rows : {std::size_t{800}, cross_fit_rows + 1}) {
        Table t = mixed(rows, random);
        for (std::size_t i = 0; i < rows / 4; ++i) // some rows are the same
            for (auto &column : t.columns) column[i] = column[i % 50];
        Problem p(t), other(t.of(shuffled(rows, random)), 2), four(t, 4);
        const BoostingOptions options{
            .trees = rows < 1000 ? 0 : 12, .subsample = 0.7, .feature_fraction = 0.6, .seed = 3};
        const Boosted one = boost(p.bins, p.target, options, p.workers, {});
        ASSERT_GT(one.ensemble.trees.size(), 5U);
        for (Problem *each : {&other, &four}) {
            const Boosted again = boost(each->bins, each->target, options, each->workers, {});
            EXPECT_TRUE(same(one.ensemble, again.ensemble));
            EXPECT_EQ(one.loss, again.loss);
            EXPECT_EQ(one.held_out.rows.size(), again.held_out.rows.size());
        }
        BoostingOptions seeded = options;
        seeded.seed = 4;
        EXPECT_FALSE(same(one.ensemble, boost(p.bins, p.target, seeded, p.workers, {}).ensemble));
    }
}

TEST(Boosting, MonotoneOnAGrid) {
    Random random(4, 1);
    Table t;
    t.columns.resize(2);
    for (std::size_t i = 0; i < 3000; ++i) {
        for (auto &column : t.columns) column.push_back(random.normal());
        const double score = t.columns[0][i] + 2 * std::sin(4 * t.columns[0][i]) * (t.columns[1][i] > 0);
        t.label.push_back(random.uniform() < sigmoid(score));
    }
    Problem p(t);
    const auto breaks = [&](const std::vector<std::int8_t> &monotone) {
        const BoostingOptions options{.trees = 60, .leaves = 12, .monotone = monotone, .hold_out = false};
        const Boosted boosted = boost(p.bins, p.target, options, p.workers, {});
        int n = 0;
        for (double y = -2; y <= 2; y += 0.25) {
            double before = -HUGE_VAL;
            for (double x = -3; x <= 3; x += 0.03) {
                const double at[] = {x, y};
                double score = 0;
                for (const Tree &tree : boosted.ensemble.trees) score += tree.leaf_of(p.inputs.columns, at).value;
                n += score < before - 1e-12; // the order of adding leaves differs
                before = score;
            }
        }
        return n;
    };
    EXPECT_GT(breaks({}), 100);
    EXPECT_EQ(breaks({1, 0}), 0);
}

TEST(Boosting, FewestRows) {
    Table t;
    t.columns = {{1, 2}};
    t.label = {0, 1};
    Problem p(t);
    const Boosted boosted = boost(p.bins, p.target, {}, p.workers, {});
    EXPECT_EQ(boosted.ensemble.trees.size(), 0U);
    EXPECT_EQ(boosted.ensemble.base, 0);
    for (const double score : boosted.held_out.scores) EXPECT_TRUE(std::isfinite(score));
    const Forest forest = grow_forest(p.bins, p.target, {}, p.workers, {});
    for (const double score : forest.held_out.scores) EXPECT_TRUE(score >= 0 && score <= 1);
}

TEST(Boosting, OptionsHaveBounds) {
    Random random(5, 1);
    Problem p(mixed(100, random));
    const auto fit = [&p](const BoostingOptions &options) { boost(p.bins, p.target, options, p.workers, {}); };
    for (const BoostingOptions &bad : {BoostingOptions{.trees = -1},
                                       {.trees = max_trees + 1},
                                       {.leaves = 1},
                                       {.learning_rate = -0.1},
                                       {.learning_rate = std::nan("")},
                                       {.min_leaf = -1},
                                       {.min_leaf = HUGE_VAL},
                                       {.l2 = -1},
                                       {.subsample = 1.5},
                                       {.feature_fraction = 0},
                                       {.patience = 0},
                                       {.hold_out = false}})
        expect_refused(fit, bad);
    const auto forest = [&p](const ForestOptions &options) { grow_forest(p.bins, p.target, options, p.workers, {}); };
    for (const ForestOptions &bad :
         {ForestOptions{.trees = 0}, {.min_leaf = -1}, {.leaves = 1}, {.features_per_node = 6}, {.subsample = 2}})
        expect_refused(forest, bad);
}

TEST(Boosting, TellsAndCanBeCancelled) {
    Random random(6, 1);
    Problem p(mixed(2000, random));
    static std::vector<std::string> lines;
    lines.clear();
    const Work work{.poll = {}, .tell = [](const std::string &line) { lines.push_back(line); }, .threads = 1};
    boost(p.bins, p.target, {.trees = 40}, p.workers, work);
    ASSERT_EQ(lines.size(), 4U); // two of the folds, two of all rows
    EXPECT_TRUE(lines[0].starts_with("tree 20 of at most 40, held-out log loss 0.")) << lines[0];
    EXPECT_EQ(lines[3], "tree 40 of 40 from all rows");
    static int left;
    for (const bool forest : {false, true})
        for (const int after : {0, 1, 10, 100, 1000}) {
            left = after;
            Workers workers(2, Poll([] {
                                if (left-- <= 0) throw Error("57014", "canceled");
                            }));
            if (forest)
                EXPECT_THROW(grow_forest(p.bins, p.target, {}, workers, {}), Error);
            else
                EXPECT_THROW(boost(p.bins, p.target, {}, workers, {}), Error);
        }
}

TEST(Forest, OutOfBag) {
    Random random(7, 1);
    Problem p(mixed(3000, random));
    const Forest forest = grow_forest(p.bins, p.target, {}, p.workers, {});
    EXPECT_EQ(forest.ensemble.trees.size(), 300U);
    EXPECT_TRUE(forest.ensemble.average);
    EXPECT_EQ(forest.held_out.rows, p.all()); // 300 bootstrap samples leave out every row
    EXPECT_NEAR(mean_loss(p, forest.held_out.rows, forest.held_out.scores), forest.loss, 1e-9);
    EXPECT_LT(forest.loss, 0.92 * base_loss(p));
    std::vector<double> seen, fresh;
    for (const std::uint32_t row : p.all()) seen.push_back(score_of(p, forest.ensemble, row));
    EXPECT_LT(mean_loss(p, p.all(), seen), 0.95 * forest.loss);
    Problem other(mixed(3000, random));
    for (const std::uint32_t row : other.all()) fresh.push_back(score_of(other, forest.ensemble, row));
    EXPECT_NEAR(mean_loss(other, other.all(), fresh), forest.loss, 0.03);
}

// A bootstrap sample has 1 - 1/e of the rows, and as many drawn as there are rows.
TEST(Forest, SizeOfSamples) {
    Random random(8, 1);
    Problem p(mixed(20'000, random));
    const Forest bootstrap = grow_forest(p.bins, p.target, {.trees = 10}, p.workers, {});
    for (const Tree &tree : bootstrap.ensemble.trees)
        EXPECT_NEAR(tree.nodes[0].cover, 20'000, 5 * std::sqrt(20'000.0)); // Poisson: variance 1 a row
    const Forest half = grow_forest(p.bins, p.target, {.trees = 10, .subsample = 0.5}, p.workers, {});
    for (const Tree &tree : half.ensemble.trees) EXPECT_NEAR(tree.nodes[0].cover, 10'000, 5 * std::sqrt(20'000 * 0.25));
    const double never = std::pow(0.5, 10); // out of no bag
    EXPECT_NEAR(static_cast<double>(half.held_out.rows.size()), 20'000 * (1 - never), 5 * std::sqrt(20'000 * never));
    const Forest all = grow_forest(p.bins, p.target, {.trees = 3, .subsample = 1}, p.workers, {});
    EXPECT_TRUE(all.held_out.rows.empty());
    EXPECT_EQ(all.ensemble.trees[0].nodes[0].cover, 20'000);
    EXPECT_FALSE(same(all.ensemble.trees[0], all.ensemble.trees[1])); // they try other features
}

TEST(Forest, SameInAnyOrderWithAnyThreads) {
    Random random(9, 1);
    Table t = mixed(4000, random);
    for (std::size_t i = 0; i < t.rows(); ++i) t.weight.push_back(0.1 + random.uniform());
    Problem p(t), other(t.of(shuffled(t.rows(), random)), 2), four(t, 4);
    const ForestOptions options{.trees = 30, .min_leaf = 5, .seed = 2};
    const Forest one = grow_forest(p.bins, p.target, options, p.workers, {});
    for (Problem *each : {&other, &four})
        EXPECT_TRUE(same(one.ensemble, grow_forest(each->bins, each->target, options, each->workers, {}).ensemble));
    EXPECT_EQ(grow_forest(four.bins, four.target, options, four.workers, {}).held_out.scores, one.held_out.scores);
}

TEST(Forest, LeavesAreLimited) {
    Random random(10, 1);
    Problem p(mixed(5000, random));
    const Forest forest = grow_forest(p.bins, p.target, {.trees = 5, .min_leaf = 1, .leaves = 40}, p.workers, {});
    for (const Tree &tree : forest.ensemble.trees) EXPECT_EQ(tree.nodes.size(), 79U);
}
