#include "learn/tree_shap.hpp"
#include "random_trees.hpp"
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <numeric>

using namespace cd;
using namespace cd::learn;
using cd::test::random_columns, cd::test::random_ensemble, cd::test::random_row, cd::test::random_tree;
using math::Random;

namespace {

std::vector<double> contributions(const dataset::Columns &columns, const Ensemble &ensemble,
                                  const std::vector<double> &row) {
    std::vector<double> phi(columns.size());
    TreeShap(columns, ensemble).contributions(row.data(), phi.data());
    return phi;
}

// What a tree is expected to say if only the features in `known` are (Lundberg, Erion, Lee 2018, algorithm 1).
double expected(const Tree &tree, const dataset::Columns &columns, const std::vector<double> &row, unsigned known,
                std::uint32_t at = 0) {
    const Node &node = tree.nodes[at];
    if (node.is_leaf()) return node.value;
    if (known >> node.feature & 1)
        return expected(tree, columns, row, known, tree.goes_left(node, columns, row.data()) ? node.left : node.right);
    const double left = tree.nodes[node.left].cover, right = tree.nodes[node.right].cover;
    return (left * expected(tree, columns, row, known, node.left) +
            right * expected(tree, columns, row, known, node.right)) /
           (left + right);
}

// Shapley's definition: the mean over all orders of the features, here over all sets that stand before one.
std::vector<double> by_definition(const Ensemble &ensemble, const dataset::Columns &columns,
                                  const std::vector<double> &row) {
    const std::size_t features = columns.size();
    std::vector<double> game(std::size_t{1} << features);
    for (unsigned known = 0; known < game.size(); ++known)
        for (const Tree &tree : ensemble.trees) game[known] += expected(tree, columns, row, known);
    std::vector<double> phi(features);
    for (unsigned known = 0; known < game.size(); ++known)
        for (std::size_t f = 0; f < features; ++f) {
            if (known >> f & 1) continue;
            const int before = __builtin_popcount(known), after = static_cast<int>(features) - before - 1;
            const double weight =
                std::tgamma(before + 1) * std::tgamma(after + 1) / std::tgamma(static_cast<double>(features) + 1);
            phi[f] += weight * (game[known | 1U << f] - game[known]);
        }
    if (ensemble.average)
        for (double &value : phi) value /= static_cast<double>(ensemble.trees.size());
    return phi;
}

double size_of(const std::vector<double> &phi) {
    return std::accumulate(phi.begin(), phi.end(), 0.0, [](double sum, double x) { return sum + std::abs(x); });
}

// fever = feature 0, cough = feature 1; leaves 0, 0, 0, 80 and `more` if the second is true.
Ensemble fever_and_cough(double more) {
    Tree tree;
    tree.nodes.resize(7);
    const auto inner = [&](std::size_t at, std::uint32_t feature, std::uint32_t left, double cover) {
        Node &node = tree.nodes[at];
        node.feature = feature;
        node.left = left;
        node.right = left + 1;
        node.threshold = 0.5;
        node.cover = cover;
    };
    inner(0, 0, 1, 4);
    inner(1, 1, 3, 2);
    inner(2, 1, 5, 2);
    const double values[] = {0, more, 0, 80 + more};
    for (std::size_t leaf = 0; leaf < 4; ++leaf) {
        tree.nodes[3 + leaf].cover = 1;
        tree.nodes[3 + leaf].value = values[leaf];
    }
    Ensemble ensemble;
    ensemble.trees.push_back(tree);
    return ensemble;
}

} // namespace

// Lundberg, Erion, Lee 2018, figure 1.
TEST(TreeShap, FeverAndCough) {
    const dataset::Columns columns = [] {
        dataset::Columns two;
        two.emplace_back("fever", dataset::Kind::number);
        two.emplace_back("cough", dataset::Kind::number);
        return two;
    }();
    const Ensemble a = fever_and_cough(0), b = fever_and_cough(10);
    EXPECT_DOUBLE_EQ(TreeShap(columns, a).base(), 20);
    EXPECT_DOUBLE_EQ(TreeShap(columns, b).base(), 25);
    const std::vector<double> in_a = contributions(columns, a, {1, 1}), in_b = contributions(columns, b, {1, 1});
    EXPECT_NEAR(in_a[0], 30, 1e-13);
    EXPECT_NEAR(in_a[1], 30, 1e-13);
    EXPECT_NEAR(in_b[0], 30, 1e-13);
    EXPECT_NEAR(in_b[1], 35, 1e-13);
}

TEST(TreeShap, IsShapleysDefinition) {
    Random random(1, 0);
    const dataset::Columns columns = random_columns(7);
    for (int round = 0; round < 60; ++round) {
        Ensemble ensemble = random_ensemble(columns, 1 + random.bits() % 4, 1 + random.bits() % 25, random);
        ensemble.average = round % 2;
        const std::vector<double> row = random_row(columns, random);
        const std::vector<double> phi = contributions(columns, ensemble, row);
        const std::vector<double> defined = by_definition(ensemble, columns, row);
        for (std::size_t f = 0; f < columns.size(); ++f) EXPECT_NEAR(phi[f], defined[f], 1e-13 * (1 + size_of(phi)));
    }
}

TEST(TreeShap, AddsUpToTheScore) {
    Random random(2, 0);
    for (const std::size_t features : {1, 3, 20, 60}) {
        const dataset::Columns columns = random_columns(features);
        for (int round = 0; round < 10; ++round) {
            Ensemble ensemble = random_ensemble(columns, 20, 31, random);
            ensemble.average = round % 2;
            TreeShap shap(columns, ensemble);
            const std::vector<double> row = random_row(columns, random);
            std::vector<double> phi(features);
            shap.contributions(row.data(), phi.data());
            const double score = ensemble.score(columns, row.data());
            EXPECT_NEAR(std::accumulate(phi.begin(), phi.end(), shap.base()), score, 1e-12 * std::abs(score));
        }
    }
}

// Path lengths of 3,000 splits, over few features that come again and over many that do not.
TEST(TreeShap, DeepTreesLoseNoDigits) {
    Random random(3, 0);
    for (const std::size_t features : {2, 90, 1500}) {
        const dataset::Columns columns = random_columns(features);
        Ensemble ensemble;
        ensemble.trees.push_back(random_tree(columns, 3001, random, true));
        std::vector<Node> &nodes = ensemble.trees[0].nodes;
        for (std::size_t at = nodes.size(); at-- > 0;)
            nodes[at].cover = nodes[at].is_leaf() ? 1 : nodes[nodes[at].left].cover + nodes[nodes[at].right].cover;
        TreeShap shap(columns, ensemble);
        for (int round = 0; round < 3; ++round) {
            const std::vector<double> row = random_row(columns, random);
            std::vector<double> phi(features);
            shap.contributions(row.data(), phi.data());
            const double score = ensemble.score(columns, row.data());
            EXPECT_NEAR(std::accumulate(phi.begin(), phi.end(), shap.base()), score, 1e-12 * (1 + size_of(phi)));
        }
    }
}

TEST(TreeShap, DummyAndSymmetry) {
    Random random(4, 0);
    const dataset::Columns columns = random_columns(8), few = random_columns(7);
    for (int round = 0; round < 20; ++round) {
        // The last feature is not asked.
        const Ensemble ensemble = random_ensemble(few, 5, 20, random);
        const std::vector<double> row = random_row(columns, random);
        EXPECT_EQ(contributions(columns, ensemble, row)[7], 0);

        // Twins: each tree once as it is, once with features 0 and 1 exchanged, which have the same value.
        Ensemble twins = ensemble;
        for (Tree tree : ensemble.trees) {
            for (Node &node : tree.nodes)
                if (node.feature <= 1) node.feature = 1 - node.feature;
            twins.trees.push_back(tree);
        }
        std::vector<double> same = row;
        same[1] = same[0];
        const std::vector<double> phi = contributions(columns, twins, same);
        EXPECT_NEAR(phi[0], phi[1], 1e-13 * (1 + size_of(phi)));
    }
}

// Rows of weight 0 give branches that no row of the fit is in; the sum holds, and nothing becomes NaN.
TEST(TreeShap, BranchesWithoutCover) {
    Random random(5, 0);
    const dataset::Columns columns = random_columns(4);
    for (int round = 0; round < 50; ++round) {
        Ensemble ensemble = random_ensemble(columns, 3, 20, random);
        for (Tree &tree : ensemble.trees)
            for (Node &node : tree.nodes)
                if (random.bits() % 3 == 0) node.cover = 0;
        TreeShap shap(columns, ensemble);
        const std::vector<double> row = random_row(columns, random);
        std::vector<double> phi(columns.size());
        shap.contributions(row.data(), phi.data());
        const double score = ensemble.score(columns, row.data());
        EXPECT_NEAR(std::accumulate(phi.begin(), phi.end(), shap.base()), score, 1e-12 * (1 + size_of(phi)));
    }
}

TEST(TreeShap, CanBeCancelled) {
    struct Cancelled {};
    static int left;
    Random random(6, 0);
    const dataset::Columns columns = random_columns(4);
    const Ensemble ensemble = random_ensemble(columns, 20, 8, random);
    left = 1000;
    const Poll poll([] {
        if (--left == 0) throw Cancelled();
    });
    TreeShap shap(columns, ensemble, poll);
    std::vector<double> row = random_row(columns, random), phi(columns.size());
    left = 10;
    EXPECT_THROW(shap.contributions(row.data(), phi.data()), Cancelled);
}
