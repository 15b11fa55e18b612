#include "learn/grow.hpp"
#include "learn/histogram.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>

namespace cd::learn {

namespace {

// So few rows are sorted by their bins instead of being added to a histogram.
constexpr std::size_t few_rows = 32;
constexpr std::size_t ahead = 24;               // rows that are fetched before they are needed
constexpr std::size_t partition_rows = 1 << 15; // of a task
// Below it a hessian says nothing about its loss any more.
constexpr double least_hessian = 1e-3;

using Range = Grown::Range;

// A leaf that may be split.
struct Leaf {
    std::uint32_t node = 0;
    Range range;
    std::size_t depth = 0;
    Sums sums;
    Bounds bounds;
    Split split;
    std::unique_ptr<Histogram> histogram; // of all columns; null if it has few rows

    std::size_t rows() const { return range.end - range.begin; }
};

// The best split first, of equally good ones the oldest node's.
struct Later {
    bool operator()(const Leaf &a, const Leaf &b) const {
        return a.split.gain < b.split.gain || (a.split.gain == b.split.gain && a.node > b.node);
    }
};

} // namespace

struct Grower::Growth {
    const Bins &bins;
    const FixedWeights &weights;
    const GrowOptions &options;
    HistogramBuilder builder;

    LargeVector<std::uint32_t> rows, spare;
    std::vector<std::unique_ptr<Histogram>> unused;
    Histogram scratch;
    Cells cells;

    // Of the tree that grows:
    const Gradients *gradients = nullptr;
    Workers *workers = nullptr;
    std::vector<std::uint32_t> columns, begin;
    SplitRules rules;
    double gradient_unit = 0, hessian_unit = 0; // of histograms
    std::uint64_t seed = 0;
    Grown grown;
    std::vector<Bounds> bounds; // by node

    Growth(const Bins &b, const FixedWeights &w, const GrowOptions &o) : bins(b), weights(w), options(o), builder(b) {}

    std::span<const std::uint32_t> rows_of(const Range &range) const {
        return {rows.data() + range.begin, rows.data() + range.end};
    }
    double weight_of(const Leaf &leaf) const {
        if (gradients->hessian_is_weight) return leaf.sums.hessian;
        if (weights.of.empty()) return static_cast<double>(leaf.rows());
        std::uint64_t sum = 0;
        for (const std::uint32_t row : rows_of(leaf.range)) sum += weights.of[row];
        return static_cast<double>(sum) * weights.unit;
    }

    // Narrow sums as numbers. Where the weight is not the hessian, hessians only bound it, and with weights not even
    // that, for those of light rows are rounded.
    Sums sums_of(const Histogram::Bin &bin) const {
        const double hessian = static_cast<double>(bin.hessian) * hessian_unit;
        const double bound = gradients->hessian_is_weight ? hessian
                             : weights.of.empty()         ? hessian / gradients->hessian_bound * (1 - 0x1p-15)
                                                          : 0;
        return {static_cast<double>(bin.gradient) * gradient_unit, hessian, bound};
    }

    void cells_of_histogram(const Histogram::Bin *bin, std::size_t n) {
        cells.n = 0;
        cells.weighed = gradients->hessian_is_weight;
        for (std::size_t b = 0; b < n; ++b)
            if (bin[b].hessian != 0 || bin[b].gradient != 0) cells.add(b, sums_of(bin[b]));
    }

    void cells_of_rows(std::span<const std::uint32_t> some, std::uint32_t feature) {
        cells.n = 0;
        cells.weighed = gradients->hessian_is_weight;
        std::array<std::uint32_t, few_rows> order; // the bin, then the place
        for (std::size_t i = 0; i < some.size(); ++i) {
            const std::uint32_t key = bins.row(some[i])[feature] * 256U + static_cast<std::uint32_t>(i);
            std::size_t at = i;
            for (; at > 0 && order[at - 1] > key; --at) order[at] = order[at - 1];
            order[at] = key;
        }
        for (std::size_t i = 0; i < some.size();) {
            const std::uint32_t bin_number = order[i] / 256;
            Histogram::Bin sum;
            for (; i < some.size() && order[i] / 256 == bin_number; ++i)
                sum.add(Narrow::of(gradients->of[some[order[i] % 256]]));
            if (sum.hessian != 0 || sum.gradient != 0) cells.add(bin_number, sums_of(sum));
        }
    }

    void weigh_cells(std::span<const std::uint32_t> some, std::uint32_t feature) {
        std::array<std::uint64_t, max_bins> weight{};
        for (std::size_t i = 0; i < some.size(); ++i) {
            workers->poll().every(i);
            weight[bins.row(some[i])[feature]] += weights[some[i]];
        }
        for (std::size_t i = 0; i < cells.n; ++i)
            cells.sums[i].weight = static_cast<double>(weight[cells.bin[i]]) * weights.unit;
        cells.weighed = true;
    }

    Split best_by(const Leaf &leaf, std::uint32_t feature, const Histogram::Bin *bin, bool weigh) {
        const auto some = rows_of(leaf.range);
        if (bin)
            cells_of_histogram(bin, bins.features[feature].bins);
        else
            cells_of_rows(some, feature);
        if (weigh) weigh_cells(some, feature);
        Sums total = leaf.sums;
        total.weight = 0;
        for (std::size_t i = 0; i < cells.n; ++i) total.weight += cells.sums[i].weight;
        const int monotone = options.monotone.empty() ? 0 : options.monotone[feature];
        Split split = find_split(cells, total, bins.features[feature], monotone, rules, leaf.bounds);
        split.feature = feature;
        return split;
    }

    // The columns in the order in which a node tries them.
    std::vector<std::uint32_t> draw_columns(std::uint32_t node) const {
        std::vector<std::uint32_t> drawn = columns;
        math::Random random(seed, node);
        for (std::size_t i = 0; i + 1 < drawn.size(); ++i)
            std::swap(drawn[i], drawn[i + random.bits() % (drawn.size() - i)]);
        return drawn;
    }

    // The best split by these columns, whose histograms begin where `at` says. The weights of sides are known only
    // where it is cheap; a split that is best without them is weighed, until one stays the best.
    Split best_of(const Leaf &leaf, std::span<const std::uint32_t> tried, std::span<const std::uint32_t> at,
                  const Histogram *histogram) {
        std::vector<Split> best(tried.size());
        const auto find = [&](std::size_t i, bool weigh) {
            best[i] = best_by(leaf, tried[i], histogram ? histogram->of.data() + at[i] : nullptr, weigh);
        };
        for (std::size_t i = 0; i < tried.size(); ++i) find(i, false);
        for (;;) {
            const auto first = std::ranges::max_element(best, [](const Split &a, const Split &b) {
                return a.gain < b.gain || (a.gain == b.gain && a.feature > b.feature);
            });
            if (first->gain == 0 || first->certain) return *first;
            find(static_cast<std::size_t>(first - best.begin()), true);
        }
    }

    Split best_of_drawn(const Leaf &leaf) {
        const std::vector<std::uint32_t> drawn = draw_columns(leaf.node);
        Split split;
        // More columns than asked for only if those cannot be split by.
        for (std::size_t first = 0; first < drawn.size() && split.gain == 0; first += options.features_per_node) {
            const auto tried =
                std::span(drawn).subspan(first, std::min(options.features_per_node, drawn.size() - first));
            split = best_of_some(leaf, tried);
        }
        return split;
    }

    Split best_of_some(const Leaf &leaf, std::span<const std::uint32_t> tried) {
        if (leaf.rows() <= few_rows) return best_of(leaf, tried, {}, nullptr);
        const std::vector<std::uint32_t> at = HistogramBuilder::places(bins, tried);
        builder.build(*gradients, rows_of(leaf.range), tried, at, scratch, *workers);
        return best_of(leaf, tried, at, &scratch);
    }

    bool draws() const { return options.features_per_node != 0 && options.features_per_node < columns.size(); }
    bool keeps_histogram(const Leaf &leaf) const { return !draws() && leaf.rows() > begin.back(); }

    bool may_split(const Leaf &leaf) const {
        if (options.depth != 0 && leaf.depth >= options.depth) return false;
        const double weight = weight_of(leaf);
        return leaf.rows() >= 2 && weight >= 2 * options.min_leaf && weight >= options.min_split;
    }

    void find(Leaf &leaf) {
        workers->poll()();
        if (leaf.histogram)
            leaf.split = best_of(leaf, columns, begin, leaf.histogram.get());
        else if (draws())
            leaf.split = best_of_drawn(leaf);
        else
            leaf.split = best_of_some(leaf, columns);
    }

    void build(Leaf &leaf) {
        if (unused.empty()) unused.push_back(std::make_unique<Histogram>());
        leaf.histogram = std::move(unused.back());
        unused.pop_back();
        builder.build(*gradients, rows_of(leaf.range), columns, begin, *leaf.histogram, *workers);
    }
    void release(std::unique_ptr<Histogram> &histogram) {
        if (histogram) unused.push_back(std::move(histogram));
    }

    // Stably: the rows that go left, then the others. Returns how many go left.
    std::uint32_t partition(const Range &range, const Split &split) {
        std::array<std::uint8_t, max_bins> left;
        for (std::size_t bin = 0; bin < max_bins; ++bin) left[bin] = contains(split.left, bin);
        const std::size_t n = range.end - range.begin;
        const std::uint8_t *const of = bins.column(split.feature);
        const std::size_t tasks = (n + partition_rows - 1) / partition_rows;
        std::vector<std::size_t> kept(tasks); // how many of a task's rows go left: to its front; others into `spare`
        const auto first_of = [&](std::size_t task) { return range.begin + task * partition_rows; };
        const auto end_of = [&](std::size_t task) { return std::min<std::size_t>(range.end, first_of(task + 1)); };
        workers->run(tasks, [&](std::size_t task, Poll poll) {
            poll();
            std::uint32_t *to = rows.data() + first_of(task), *other = spare.data() + first_of(task);
            const std::uint32_t *const begin_of_task = to, *const end = rows.data() + end_of(task);
            for (const std::uint32_t *from = to; from != end; ++from) {
                const std::uint32_t row = *from;
                const std::uint8_t goes = left[of[row]];
                *to = row;
                *other = row;
                to += goes;
                other += goes ^ 1;
            }
            kept[task] = static_cast<std::size_t>(to - begin_of_task);
        });
        auto to = rows.begin() + range.begin;
        const auto place = [](auto v, std::size_t i) { return v + static_cast<std::ptrdiff_t>(i); };
        for (std::size_t t = 0; t < tasks; ++t)
            to = std::copy(place(rows.begin(), first_of(t)), place(rows.begin(), first_of(t) + kept[t]), to);
        const auto middle = to;
        for (std::size_t t = 0; t < tasks; ++t)
            to = std::copy(place(spare.begin(), first_of(t)), place(spare.begin(), end_of(t) - kept[t]), to);
        return static_cast<std::uint32_t>(middle - rows.begin()) - range.begin;
    }

    std::uint32_t add_node(const Range &range, const Bounds &b) {
        grown.tree.nodes.emplace_back();
        grown.left.emplace_back();
        grown.range.push_back(range);
        bounds.push_back(b);
        return static_cast<std::uint32_t>(grown.tree.nodes.size() - 1);
    }

    // Writes the split into the tree, and makes its two leaves.
    std::array<Leaf, 2> split(Leaf &leaf) {
        const Split &by = leaf.split;
        const std::uint32_t middle = leaf.range.begin + partition(leaf.range, by);
        std::array<Leaf, 2> child;
        Leaf &left = child[0], &right = child[1];
        left.range = {leaf.range.begin, middle};
        right.range = {middle, leaf.range.end};
        left.sums = by.left_sums;
        right.sums = leaf.sums - by.left_sums;
        left.bounds = right.bounds = leaf.bounds;
        left.depth = right.depth = leaf.depth + 1;
        // Both sides stay on theirs of the middle between them, so that no later split can break the order.
        const int monotone =
            options.monotone.empty() || by.last == Split::all_values ? 0 : options.monotone[by.feature];
        if (monotone != 0) {
            const double a = value_of(left.sums.gradient, left.sums.hessian, options.l2, leaf.bounds),
                         b = value_of(right.sums.gradient, right.sums.hessian, options.l2, leaf.bounds);
            const double between = a / 2 + b / 2;
            (monotone > 0 ? left : right).bounds.high = between;
            (monotone > 0 ? right : left).bounds.low = between;
        }
        left.node = add_node(left.range, left.bounds);
        right.node = add_node(right.range, right.bounds);

        const Bins::Feature &feature = bins.features[by.feature];
        Tree &tree = grown.tree;
        Node &node = tree.nodes[leaf.node];
        node.feature = by.feature;
        node.left = left.node;
        node.right = right.node;
        node.missing_left = contains(by.left, 0);
        node.gain = by.gain * options.gain_factor;
        grown.left[leaf.node] = by.left;
        grown.range[leaf.node] = {};
        if (feature.category) {
            node.set = static_cast<std::uint32_t>(tree.sets.size());
            tree.sets.resize(tree.sets.size() + feature.of_level.size() / 64 + (feature.of_level.size() % 64 != 0));
            for (std::size_t code = 1; code < feature.of_level.size(); ++code)
                if (contains(by.left, feature.of_level[code])) tree.sets[node.set + code / 64] |= 1ULL << (code % 64);
        } else {
            node.threshold = by.last <= feature.cuts.size() ? feature.cuts[by.last - 1] : DBL_MAX;
        }
        return child;
    }

    void begin_tree(const Gradients &g, std::span<const std::uint32_t> some, Workers &w,
                    std::span<const std::uint32_t> features, std::uint64_t s) {
        gradients = &g;
        workers = &w;
        seed = s;
        rows.assign(some.begin(), some.end());
        spare.resize(rows.size());
        columns.assign(features.begin(), features.end());
        if (columns.empty()) {
            columns.resize(bins.features.size());
            std::iota(columns.begin(), columns.end(), 0U);
        }
        // What has one value cannot be split by.
        std::erase_if(columns, [this](std::uint32_t f) { return bins.features[f].bins < 2; });
        begin = HistogramBuilder::places(bins, columns);
        gradient_unit = g.gradient_unit * Narrow::one;
        hessian_unit = g.hessian_unit * Narrow::one;
        rules = {.min_leaf = options.min_leaf,
                 .min_hessian = g.hessian_is_weight ? 0 : least_hessian,
                 .l2 = options.l2,
                 .level_l2 = options.level_l2,
                 .level_smoothing = options.level_smoothing,
                 .min_gain = options.min_gain / options.gain_factor,
                 .bounded = std::ranges::any_of(options.monotone, [](int m) { return m != 0; })};
        grown = {};
        bounds.clear();
    }

    Leaf root() {
        Leaf leaf;
        leaf.range = {0, static_cast<std::uint32_t>(rows.size())};
        leaf.node = add_node(leaf.range, leaf.bounds);
        Histogram::Bin sum;
        if (!columns.empty() && keeps_histogram(leaf)) {
            build(leaf);
            for (std::size_t b = 0; b < begin[1]; ++b) sum += leaf.histogram->of[b]; // every row is in one
        } else {
            for (std::size_t i = 0; i < rows.size(); ++i) {
                workers->poll().every(i);
                sum.add(Narrow::of(gradients->of[rows[i]]));
            }
        }
        leaf.sums = sums_of(sum);
        return leaf;
    }

    // Values and covers: of leaves from all bits of their rows, of the others from their children.
    void fill_values() {
        struct Exact {
            std::int64_t gradient = 0, hessian = 0;
            std::uint64_t weight = 0;
        };
        std::vector<Node> &nodes = grown.tree.nodes;
        std::vector<Exact> exact(nodes.size());
        workers->run(nodes.size(), [&](std::size_t i, Poll poll) {
            if (!nodes[i].is_leaf()) return;
            poll();
            Exact sum;
            const auto some = rows_of(grown.range[i]);
            for (std::size_t at = 0; at < some.size(); ++at) {
                __builtin_prefetch(&gradients->of[some[std::min(at + ahead, some.size() - 1)]]);
                const std::uint32_t row = some[at];
                sum.gradient += Gradients::gradient(gradients->of[row]);
                sum.hessian += Gradients::hessian(gradients->of[row]);
                sum.weight += weights[row];
            }
            exact[i] = sum;
        });
        for (std::size_t i = nodes.size(); i-- > 0;) {
            Node &node = nodes[i];
            if (!node.is_leaf())
                for (const Exact &child : {exact[node.left], exact[node.right]}) {
                    exact[i].gradient += child.gradient;
                    exact[i].hessian += child.hessian;
                    exact[i].weight += child.weight;
                }
            node.value =
                value_of(static_cast<double>(exact[i].gradient) * gradients->gradient_unit,
                         static_cast<double>(exact[i].hessian) * gradients->hessian_unit, options.l2, bounds[i]);
            node.cover = gradients->hessian_is_weight ? static_cast<double>(exact[i].hessian) * gradients->hessian_unit
                                                      : static_cast<double>(exact[i].weight) * weights.unit;
        }
    }

    Grown grow() {
        std::vector<Leaf> leaves; // a heap
        std::size_t count = 1;
        const auto full = [&] { return options.leaves != 0 && count >= options.leaves; };
        const auto keep = [&](Leaf &leaf) {
            if (leaf.split.gain == 0) return release(leaf.histogram);
            leaves.push_back(std::move(leaf));
            std::ranges::push_heap(leaves, Later());
        };
        Leaf first = root();
        if (!full() && !columns.empty() && may_split(first)) find(first);
        keep(first);
        while (!leaves.empty() && !full()) {
            std::ranges::pop_heap(leaves, Later());
            Leaf leaf = std::move(leaves.back());
            leaves.pop_back();
            std::array<Leaf, 2> child = split(leaf);
            if (++count; !full()) find_children(leaf, child);
            for (Leaf &each : child) keep(each);
            release(leaf.histogram);
        }
        for (Leaf &leaf : leaves) release(leaf.histogram);
        fill_values();
        return std::move(grown);
    }

    void find_children(Leaf &parent, std::array<Leaf, 2> &child) {
        const bool may[2] = {may_split(child[0]), may_split(child[1])};
        const std::size_t large = child[0].rows() < child[1].rows(), small = 1 - large;
        if (parent.histogram && (may[0] || may[1])) {
            // The one is built, the other is what the parent has more.
            build(child[small]);
            child[large].histogram = std::move(parent.histogram);
            child[large].histogram->subtract(*child[small].histogram);
        }
        for (const std::size_t i : {small, large}) {
            if (may[i]) find(child[i]);
            if (!keeps_histogram(child[i])) release(child[i].histogram);
        }
    }
};

Grower::Grower(const Bins &bins, const FixedWeights &weights, const GrowOptions &options)
    : growth_(std::make_unique<Growth>(bins, weights, options)) {}
Grower::~Grower() = default;

Grown Grower::grow(const Gradients &gradients, std::span<const std::uint32_t> rows, Workers &workers,
                   std::span<const std::uint32_t> features, std::uint64_t seed) {
    growth_->begin_tree(gradients, rows, workers, features, seed);
    return growth_->grow();
}

std::span<const std::uint32_t> Grower::rows() const { return growth_->rows; }

Gradients gini_gradients(const Target &target, const FixedWeights &weights) {
    Gradients gradients;
    gradients.hessian_is_weight = true;
    // A weight of 1 without others is as exact as any, also in the narrow bits.
    const int shift = weights.of.empty() ? 30 : 0;
    gradients.gradient_unit = gradients.hessian_unit = std::ldexp(weights.unit, -shift);
    gradients.of.reserve(target.rows());
    for (std::size_t row = 0; row < target.rows(); ++row) {
        const std::int64_t weight = static_cast<std::int64_t>(weights[row]) << shift;
        gradients.of.push_back(Gradients::pack(target.label[row] ? -weight : 0, weight));
    }
    return gradients;
}

Grown grow_gini(const Bins &bins, const Target &target, std::span<const std::uint32_t> rows, const GiniOptions &options,
                Workers &workers) {
    const FixedWeights weights(target);
    const GrowOptions all{.leaves = options.leaves,
                          .depth = options.depth,
                          .min_leaf = options.min_leaf,
                          .min_split = options.min_split,
                          .gain_factor = 2,
                          .monotone = options.monotone};
    return Grower(bins, weights, all).grow(gini_gradients(target, weights), rows, workers);
}

} // namespace cd::learn
