#include "learn/grow.hpp"
#include "learn_data.hpp"
#include <gtest/gtest.h>
#include <set>

using namespace cd;
using namespace cd::learn;
using math::Random;

namespace {

// Gradients and hessians that histograms keep exactly: multiples of 2^-10.
struct Drawn {
    Gradients gradients;
    std::vector<double> g, h;

    Drawn(std::size_t rows, Random &random) {
        gradients.gradient_unit = gradients.hessian_unit = 0x1p-30;
        gradients.hessian_bound = 1;
        for (std::size_t i = 0; i < rows; ++i) {
            const auto a = static_cast<std::int64_t>(random.bits() % 2001) - 1000;
            const auto b = static_cast<std::int64_t>(random.bits() % 1000) + 1;
            gradients.of.push_back(Gradients::pack(a << 20, b << 20));
            g.push_back(static_cast<double>(a) / 1024);
            h.push_back(static_cast<double>(b) / 1024);
        }
    }
};

// A split as a set of rows, by the definition of its gain.
struct Naive {
    const std::vector<double> &g, &h;
    double l2, min_leaf, best = 0;

    void offer(const std::vector<std::uint32_t> &rows, const std::vector<std::uint8_t> &left) {
        double gl = 0, hl = 0, gr = 0, hr = 0, nl = 0, nr = 0;
        for (const std::uint32_t row : rows) {
            (left[row] ? gl : gr) += g[row];
            (left[row] ? hl : hr) += h[row];
            ++(left[row] ? nl : nr);
        }
        if (nl < min_leaf || nr < min_leaf || nl == 0 || nr == 0) return;
        best = std::max(best, gl * gl / (hl + l2) + gr * gr / (hr + l2) - (gl + gr) * (gl + gr) / (hl + hr + l2));
    }
    // All thresholds with both directions of what is missing, all subsets of levels.
    void all_splits(const Table &t, const std::vector<std::uint32_t> &rows) {
        std::vector<std::uint8_t> left(t.rows());
        for (std::size_t f = 0; f < t.columns.size(); ++f) {
            const std::vector<double> &x = t.columns[f];
            std::set<double> values;
            for (const std::uint32_t row : rows)
                if (!dataset::is_missing(x[row])) values.insert(x[row]);
            if (!t.category.empty() && t.category[f]) {
                const std::vector<double> levels(values.begin(), values.end());
                for (unsigned subset = 0; subset < 1U << levels.size(); ++subset) {
                    for (const std::uint32_t row : rows)
                        left[row] = subset >> (std::ranges::find(levels, x[row]) - levels.begin()) & 1;
                    offer(rows, left);
                }
            } else {
                for (const double threshold : values)
                    for (const bool missing_left : {false, true}) {
                        for (const std::uint32_t row : rows)
                            left[row] = dataset::is_missing(x[row]) ? missing_left : x[row] <= threshold;
                        offer(rows, left);
                    }
            }
        }
    }
};

Table small(Random &random, std::size_t rows) {
    Table t;
    t.category = {0, 1, 0};
    t.columns.resize(3);
    for (std::size_t i = 0; i < rows; ++i) {
        t.columns[0].push_back(random.uniform() < 0.3 ? dataset::missing : std::floor(6 * random.uniform()));
        t.columns[1].push_back(std::floor(6 * random.uniform()));
        t.columns[2].push_back(random.normal());
        t.label.push_back(random.uniform() < 0.4);
    }
    t.label[0] = 0, t.label[1] = 1;
    return t;
}

// Rows of a leaf, by the raw features, by the bins, and as the grower left them.
void expect_one_way(const Problem &p, const Grown &grown, std::span<const std::uint32_t> rows) {
    std::vector<std::uint32_t> leaf(p.bins.rows, Node::leaf);
    for (std::uint32_t node = 0; node < grown.tree.nodes.size(); ++node)
        for (std::uint32_t at = grown.range[node].begin; at < grown.range[node].end; ++at) leaf[rows[at]] = node;
    for (const std::uint32_t row : rows) {
        ASSERT_EQ(grown.leaf_of(p.bins.row(row)), leaf[row]);
        const std::vector<double> x = p.features(row);
        ASSERT_EQ(&grown.tree.leaf_of(p.inputs.columns, x.data()), &grown.tree.nodes[leaf[row]]);
    }
}

std::vector<std::vector<std::uint32_t>> rows_of_nodes(const Grown &grown, std::span<const std::uint32_t> rows) {
    std::vector<std::vector<std::uint32_t>> of(grown.tree.nodes.size());
    for (std::size_t i = of.size(); i-- > 0;) {
        const Node &node = grown.tree.nodes[i];
        if (node.is_leaf())
            of[i].assign(rows.begin() + grown.range[i].begin, rows.begin() + grown.range[i].end);
        else
            for (const std::uint32_t child : {node.left, node.right})
                of[i].insert(of[i].end(), of[child].begin(), of[child].end());
    }
    return of;
}

// g and h of a classification tree.
std::pair<std::vector<double>, std::vector<double>> gini_of(const Target &target) {
    std::pair<std::vector<double>, std::vector<double>> gh;
    for (std::size_t row = 0; row < target.rows(); ++row) {
        gh.first.push_back(target.label[row] ? -target.weight_of(row) : 0);
        gh.second.push_back(target.weight_of(row));
    }
    return gh;
}

} // namespace

TEST(Grow, FirstSplitIsTheBestOfAll) {
    Random random(1, 1);
    int leaves_mattered = 0;
    for (int round = 0; round < 400; ++round) {
        const std::size_t rows = 3 + random.bits() % 60; // some are sorted, some counted
        Table t = small(random, rows);
        Problem p(t);
        const Drawn drawn(rows, random);
        const FixedWeights weights(p.target);
        for (const double min_leaf : {0.0, 6.0}) {
            // A constraint breaks the theorem that says which subsets of levels to try.
            if (min_leaf > 0) t.columns[1].assign(rows, 1);
            const Problem *problem = &p;
            std::unique_ptr<Problem> plain;
            if (min_leaf > 0) problem = (plain = std::make_unique<Problem>(t)).get();
            const GrowOptions options{.leaves = 2, .min_leaf = min_leaf, .l2 = round % 2 == 0 ? 0.0 : 1.5};
            Grower grower(problem->bins, weights, options);
            const Grown grown = grower.grow(drawn.gradients, p.all(), p.workers);
            Naive naive{drawn.g, drawn.h, options.l2, min_leaf};
            naive.all_splits(t, p.all());
            ASSERT_NEAR(grown.tree.nodes[0].gain, naive.best, 1e-9 * (1 + naive.best)) << round;
            ASSERT_EQ(grown.tree.nodes.size(), naive.best > 1e-9 ? 3U : 1U);
            expect_one_way(*problem, grown, grower.rows());
            Naive unbound{drawn.g, drawn.h, options.l2, 0};
            unbound.all_splits(t, p.all());
            leaves_mattered += min_leaf > 0 && unbound.best > naive.best + 1e-9;
        }
    }
    EXPECT_GT(leaves_mattered, 50);
}

// With histograms, their differences, and few rows: no node of a large tree has a better split than its own, and
// what could still be split is not a leaf.
TEST(Grow, EverySplitIsTheBestOfItsNode) {
    Random random(2, 1);
    for (const bool weighted : {false, true}) {
        Table t = mixed(6000, random);
        t.columns.pop_back();
        t.category.pop_back();
        // All values are bins, so that the splits of the raw values can be compared.
        for (double &v : t.columns[0]) v = std::round(v * 20) / 20;
        for (double &v : t.columns[2]) v = std::round(v * 20) / 20;
        for (double &level : t.columns[3]) level = std::floor(level / 2);
        if (weighted)
            for (std::size_t i = 0; i < t.rows(); ++i) t.weight.push_back(1 + std::floor(4 * random.uniform()));
        Problem p(t);
        const auto [g, h] = gini_of(p.target);
        const FixedWeights weights(p.target);
        const GrowOptions options{.leaves = 0, .min_leaf = 0};
        Grower grower(p.bins, weights, options);
        const Grown grown = grower.grow(gini_gradients(p.target, weights), p.all(), p.workers);
        const auto rows = rows_of_nodes(grown, grower.rows());
        ASSERT_GT(grown.tree.nodes.size(), 1000U);
        for (std::size_t i = 0; i < grown.tree.nodes.size(); ++i) {
            if (i > 40 && i % 10 != 0) continue;
            Naive naive{g, h, 0, 0};
            naive.all_splits(t, rows[i]);
            ASSERT_NEAR(grown.tree.nodes[i].gain, naive.best, 1e-7 * (1 + naive.best)) << i << " " << rows[i].size();
        }
        expect_one_way(p, grown, grower.rows());
    }
}

TEST(Grow, TheSplitThatGainsMostComesFirst) {
    Random random(3, 1);
    const Table t = mixed(3000, random);
    Problem p(t);
    const GiniOptions options{.leaves = 20};
    const Grown all = grow_gini(p.bins, p.target, p.all(), {}, p.workers);
    const Grown some = grow_gini(p.bins, p.target, p.all(), options, p.workers);
    EXPECT_EQ(some.tree.nodes.size(), 39U);
    const std::vector<Node> &nodes = all.tree.nodes;
    for (std::uint32_t made = 1; made < nodes.size(); made += 2) {
        const auto split = std::ranges::find(nodes, made, &Node::left);
        ASSERT_NE(split, nodes.end());
        for (std::uint32_t i = 0; i < made; ++i)
            ASSERT_TRUE(nodes[i].is_leaf() || nodes[i].left < made || nodes[i].gain <= split->gain);
        // The smaller tree is where the larger one was.
        if (made >= some.tree.nodes.size()) continue;
        const Node &same_one = some.tree.nodes[static_cast<std::size_t>(split - nodes.begin())];
        EXPECT_EQ(same_one.left, made);
        EXPECT_EQ(same_one.gain, split->gain);
    }
}

TEST(Grow, ValuesAndCovers) {
    Random random(4, 1);
    Table t = mixed(3000, random);
    for (std::size_t i = 0; i < t.rows(); ++i) t.weight.push_back(0.1 + random.uniform());
    Problem p(t);
    const FixedWeights weights(p.target);
    Gradients gradients;
    std::vector<double> g, h;
    gradients.gradient_unit = 0x1p-29, gradients.hessian_unit = 0x1p-31;
    for (std::size_t i = 0; i < t.rows(); ++i) {
        g.push_back(2 * random.uniform() - 1);
        h.push_back(0.25 * random.uniform());
        gradients.of.push_back(Gradients::pack(std::llround(g[i] * 0x1p29), std::llround(h[i] * 0x1p31)));
    }
    const GrowOptions options{.leaves = 31, .min_leaf = 30, .l2 = 2, .gain_factor = 0.5};
    Grower grower(p.bins, weights, options);
    const Grown grown = grower.grow(gradients, p.all(), p.workers);
    const auto rows = rows_of_nodes(grown, grower.rows());
    EXPECT_EQ(grown.tree.nodes.size(), 61U);
    const auto taken = [](double sum, double below) { return sum * sum / below / 2; };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto sums = [&](std::size_t node) {
            double a = 0, b = 0, w = 0;
            for (const std::uint32_t row : rows[node]) a += g[row], b += h[row], w += t.weight[row];
            return std::array{a, b + options.l2, w};
        };
        const auto [a, b, w] = sums(i);
        const Node &node = grown.tree.nodes[i];
        EXPECT_NEAR(node.value, -a / b, 1e-7);
        EXPECT_NEAR(node.cover, w, 1e-6);
        EXPECT_GE(node.cover, options.min_leaf * (1 - 1e-9));
        if (node.is_leaf()) continue;
        const auto [al, bl, wl] = sums(node.left);
        const auto [ar, br, wr] = sums(node.right);
        EXPECT_NEAR(node.gain, taken(al, bl) + taken(ar, br) - taken(a, b), 1e-3);
    }
}

// Twice the gain is what the Gini impurity loses.
TEST(Grow, GiniOfAKnownTable) {
    // 6 rows with x = 1, one of them positive; 4 with x = 2, three of them; so 10 with 4 positives.
    Table t;
    t.columns = {{1, 1, 1, 1, 1, 1, 2, 2, 2, 2}};
    t.label = {1, 0, 0, 0, 0, 0, 1, 1, 1, 0};
    Problem p(t);
    const Grown grown = grow_gini(p.bins, p.target, p.all(), {.min_split = 2, .min_leaf = 1}, p.workers);
    ASSERT_EQ(grown.tree.nodes.size(), 3U);
    const Node &root = grown.tree.nodes[0];
    EXPECT_EQ(root.threshold, 1.5);
    EXPECT_NEAR(root.gain, 10 * 2 * .4 * .6 - (6 * 2. / 6 * 5 / 6 + 4 * 2 * .75 * .25), 1e-12);
    EXPECT_DOUBLE_EQ(root.value, 0.4);
    EXPECT_EQ(root.cover, 10);
    EXPECT_DOUBLE_EQ(grown.tree.nodes[1].value, 1.0 / 6);
    EXPECT_EQ(grown.tree.nodes[1].cover, 6);
    EXPECT_DOUBLE_EQ(grown.tree.nodes[2].value, 0.75);
    EXPECT_EQ(grow_gini(p.bins, p.target, p.all(), {}, p.workers).tree.nodes.size(), 1U); // fewer than min_split
    // On the second half of the rows alone x is constant.
    const std::vector<std::uint32_t> half{6, 7, 8, 9};
    const Grown part = grow_gini(p.bins, p.target, half, {.min_split = 2, .min_leaf = 1}, p.workers);
    EXPECT_EQ(part.tree.nodes.size(), 1U);
    EXPECT_DOUBLE_EQ(part.tree.nodes[0].value, 0.75);
}

TEST(Grow, WhereMissingGoes) {
    const double none = dataset::missing;
    Table t;
    t.label = {0, 0, 0, 1, 1, 0, 0, 1, 1, 1};
    const auto root = [&t](std::vector<double> x) {
        t.columns = {std::move(x)};
        Problem p(t);
        const Grown grown =
            grow_gini(p.bins, p.target, p.all(), {.min_split = 2, .min_leaf = 1, .leaves = 2}, p.workers);
        return grown.tree.nodes[0];
    };
    EXPECT_FALSE(root({1, 1, 1, none, none, 1, 1, 2, 2, 2}).missing_left); // with the positives
    EXPECT_TRUE(root({2, 2, 2, none, none, 2, 2, 1, 1, 1}).missing_left);
    // None is missing in the fit: with the many.
    EXPECT_TRUE(root({1, 1, 1, 1, 1, 1, 1, 2, 2, 2}).missing_left);
    EXPECT_FALSE(root({1, 1, 1, 2, 2, 2, 2, 2, 2, 2}).missing_left);
    // To be missing is all that tells them apart.
    const Node apart = root({1, 2, 3, none, none, 4, 5, none, none, none});
    EXPECT_FALSE(apart.missing_left);
    EXPECT_GT(apart.threshold, 5);
    EXPECT_TRUE(std::isfinite(apart.threshold));
}

TEST(Grow, MonotoneOnAGrid) {
    Random random(5, 1);
    for (const int sign : {1, -1}) {
        Table t;
        t.columns.resize(3);
        for (std::size_t i = 0; i < 4000; ++i) {
            for (auto &column : t.columns) column.push_back(std::round(8 * random.normal()) / 8);
            if (random.uniform() < 0.1) t.columns[0][i] = dataset::missing;
            const double x = t.columns[0][i], y = t.columns[1][i];
            const double score = dataset::is_missing(x) ? 0 : sign * x + 2 * std::sin(4 * x) * (y > 0);
            t.label.push_back(random.uniform() < 1 / (1 + std::exp(-score)));
        }
        Problem p(t);
        const auto breaks = [&](const Grown &grown) {
            int n = 0;
            for (double y = -3; y <= 3; y += 0.25)
                for (double z = -3; z <= 3; z += 0.5) {
                    double before = -HUGE_VAL;
                    for (double x = -3; x <= 3; x += 0.0625) {
                        const double at[] = {x, y, z}, value = sign * grown.tree.leaf_of(p.inputs.columns, at).value;
                        n += value < before;
                        before = value;
                    }
                }
            return n;
        };
        GiniOptions options{.min_split = 2, .min_leaf = 5};
        EXPECT_GT(breaks(grow_gini(p.bins, p.target, p.all(), options, p.workers)), 100);
        options.monotone = {static_cast<std::int8_t>(sign), 0, 0};
        const Grown grown = grow_gini(p.bins, p.target, p.all(), options, p.workers);
        EXPECT_EQ(breaks(grown), 0);
        EXPECT_GT(grown.tree.nodes.size(), 50U);
    }
}

TEST(Grow, NothingToSplit) {
    Table t;
    t.columns = {{7, 7, 7, 7}, {dataset::missing, dataset::missing, dataset::missing, dataset::missing}, {1, 1, 1, 1}};
    t.category = {0, 0, 1};
    t.label = {0, 1, 0, 1};
    Problem p(t);
    const GiniOptions loose{.min_split = 0, .min_leaf = 0};
    EXPECT_EQ(grow_gini(p.bins, p.target, p.all(), loose, p.workers).tree.nodes.size(), 1U);
    // A value that has the same share of both labels on both sides gains nothing.
    t.columns[0] = {1, 1, 2, 2};
    Problem q(t);
    EXPECT_EQ(grow_gini(q.bins, q.target, q.all(), loose, q.workers).tree.nodes.size(), 1U);
    t = t.of({0, 1});
    t.columns[0] = {1, 2};
    Problem two(t);
    EXPECT_EQ(grow_gini(two.bins, two.target, two.all(), loose, two.workers).tree.nodes.size(), 3U);
    EXPECT_EQ(grow_gini(two.bins, two.target, two.all(), {}, two.workers).tree.nodes.size(), 1U);
}

TEST(Grow, SameInAnyOrderWithAnyThreads) {
    Random random(6, 1);
    Table t = mixed(70'000, random); // enough for several tasks
    for (const bool weighted : {false, true}) {
        if (weighted)
            for (std::size_t i = 0; i < t.rows(); ++i) t.weight.push_back(random.uniform() + 0.01);
        Problem p(t), shuffled_problem(t.of(shuffled(t.rows(), random)), 2), four(t, 4);
        const GiniOptions options{.leaves = 300};
        const Grown grown = grow_gini(p.bins, p.target, p.all(), options, p.workers);
        EXPECT_EQ(grown.tree.nodes.size(), 599U);
        for (Problem *other : {&shuffled_problem, &four})
            EXPECT_TRUE(
                same(grown.tree, grow_gini(other->bins, other->target, other->all(), options, other->workers).tree));
    }
}

TEST(Grow, WeightIsRepetition) {
    Random random(7, 1);
    Table t = mixed(2000, random), repeated;
    // All values are bins, so that both have the same ones.
    for (auto &column : t.columns)
        for (double &v : column) v = std::round(v * 10) / 10;
    std::vector<std::size_t> rows;
    for (std::size_t i = 0; i < t.rows(); ++i) rows.insert(rows.end(), 1 + i % 4, i);
    repeated = t.of(rows);
    for (std::size_t i = 0; i < t.rows(); ++i) t.weight.push_back(static_cast<double>(1 + i % 4));
    Problem a(t), b(repeated);
    const Grown one = grow_gini(a.bins, a.target, a.all(), {}, a.workers),
                other = grow_gini(b.bins, b.target, b.all(), {}, b.workers);
    EXPECT_GT(one.tree.nodes.size(), 100U);
    EXPECT_TRUE(same(one.tree, other.tree));
}

TEST(Grow, SomeColumnsForEachNode) {
    Random random(8, 1);
    const Table t = mixed(5000, random);
    Problem p(t);
    const FixedWeights weights(p.target);
    const Gradients gradients = gini_gradients(p.target, weights);
    const GrowOptions options{.leaves = 200, .min_leaf = 5, .features_per_node = 1};
    Grower grower(p.bins, weights, options);
    const auto seen = [&](std::uint64_t seed, std::vector<std::uint32_t> columns) {
        std::set<std::uint32_t> features;
        const Grown grown = grower.grow(gradients, p.all(), p.workers, columns, seed);
        for (const Node &node : grown.tree.nodes)
            if (!node.is_leaf()) features.insert(node.feature);
        expect_one_way(p, grown, grower.rows());
        return std::pair(grown.tree.nodes[0].feature, features);
    };
    std::set<std::uint32_t> roots;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const auto [root, features] = seen(seed, {});
        roots.insert(root);
        EXPECT_EQ(features, (std::set<std::uint32_t>{0, 1, 2, 3})); // the constant one never
        EXPECT_EQ(seen(seed, {}).first, root);
    }
    EXPECT_EQ(roots.size(), 4U);
    EXPECT_EQ(seen(1, {1, 3}).second, (std::set<std::uint32_t>{1, 3}));
}

TEST(Grow, CanBeCancelled) {
    Random random(9, 1);
    Problem p(mixed(60'000, random));
    static int left;
    const Poll poll([] {
        if (left-- == 0) throw Error("57014", "canceled");
    });
    int calls = 0;
    for (bool done = false; !done; calls = calls * 3 / 2 + 1) {
        left = calls;
        Workers workers(1, poll);
        try {
            grow_gini(p.bins, p.target, p.all(), {.leaves = 31}, workers);
            done = true;
        } catch (const Error &error) {
            ASSERT_STREQ(error.state(), "57014");
        }
    }
    EXPECT_GT(calls, 50);
}
