#include "learn/cart.hpp"
#include "learn/held_out.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>
#include <queue>

namespace cd::learn {

namespace {

double impurity(const Node &node) { return node.cover * node.value * (1 - node.value); }

// Leaf values: shares drawn towards that of all rows, by two of them.
struct Smoothing {
    double more, positives;
    explicit Smoothing(const Target &target)
        : more(2 * target.total / static_cast<double>(target.rows())), positives(more * target.base_rate()) {}
    double operator()(const Node &node) const { return (node.cover * node.value + positives) / (node.cover + more); }
};

// Two sums over the leaves of each tree of a sequence, entered as what changes from one to the next.
struct Sequence {
    std::vector<double> first, second;
    explicit Sequence(std::size_t trees) : first(trees + 1), second(trees + 1) {}
    void add(std::size_t from, std::size_t to, double a, double b) {
        first[from] += a;
        first[to] -= a;
        second[from] += b;
        second[to] -= b;
    }
    void finish() {
        std::partial_sum(first.begin(), first.end(), first.begin());
        std::partial_sum(second.begin(), second.end(), second.begin());
    }
};

// Calls visit(node, from, to) for every node, that is a leaf of the trees from, ..., to - 1 of those
// pruned at these complexities, ascending: from its own place in the order of pruning up to its parent's.
template <class Visit>
void each_leaf(const Tree &tree, const std::vector<double> &order, const std::vector<double> &complexities, Poll poll,
               Visit &&visit) {
    const auto place = [&complexities](double complexity) {
        return static_cast<std::size_t>(std::ranges::lower_bound(complexities, complexity) - complexities.begin());
    };
    std::vector<std::size_t> to(tree.nodes.size(), complexities.size());
    for (std::size_t at = 0; at < tree.nodes.size(); ++at) {
        poll.every(at);
        const Node &node = tree.nodes[at];
        const std::size_t from = node.is_leaf() ? 0 : place(order[at]);
        if (!node.is_leaf()) to[node.left] = to[node.right] = from;
        if (from < to[at]) visit(at, from, to[at]);
    }
}

// Mean log loss, and its standard error, of the trees of the sequence, each fold's rows by trees from the other rows.
// Their complexities are those between which the tree of all rows stays the same, at the geometric mean (Breiman et
// al., section 3.4.2).
void cross_validate(const Bins &bins, const Target &target, const CartOptions &options, const GiniOptions &gini,
                    const std::vector<double> &begins, std::vector<Cart::Size> &sizes, Workers &workers,
                    const Work &work) {
    const Smoothing smoothing(target);
    const FixedWeights weights(target);
    std::vector<double> complexities;
    for (std::size_t i = 0; i + 1 < begins.size(); ++i) complexities.push_back(std::sqrt(begins[i] * begins[i + 1]));
    complexities.push_back(DBL_MAX);
    const int folds = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(options.folds), target.rows()));
    // Hangs on the content of the rows alone.
    const std::vector<std::uint64_t> keys =
        held_out_keys(row_keys(bins, target, options.seed, workers), target, options.seed);
    const std::vector<std::uint8_t> fold_of = deal(target, keys, static_cast<std::size_t>(folds), work.poll);
    Sequence losses(begins.size()); // and their squares
    for (int fold = 0; fold < folds; ++fold) {
        std::vector<std::uint32_t> learnt, left_out;
        for (std::uint32_t row = 0; row < target.rows(); ++row) {
            work.poll.every(row);
            (fold_of[row] == fold ? left_out : learnt).push_back(row);
        }
        const Grown grown = grow_gini(bins, target, learnt, gini, workers);
        const std::vector<Node> &nodes = grown.tree.nodes;
        struct Seen { // integers, so that the order of the rows does not show
            std::uint64_t label[2] = {};
        };
        std::vector<Seen> seen(nodes.size());
        for (std::size_t i = 0; i < left_out.size(); ++i) {
            work.poll.every(i);
            const std::uint32_t row = left_out[i];
            seen[grown.leaf_of(bins.row(row))].label[target.label[row]] += weights[row];
        }
        for (std::size_t at = nodes.size(); at-- > 0;) {
            if (nodes[at].is_leaf()) continue;
            for (std::size_t label = 0; label < 2; ++label)
                seen[at].label[label] = seen[nodes[at].left].label[label] + seen[nodes[at].right].label[label];
        }
        const std::vector<double> order = prune_order(grown.tree, work.poll);
        each_leaf(grown.tree, order, complexities, work.poll, [&](std::size_t at, std::size_t from, std::size_t to) {
            const double p = smoothing(nodes[at]);
            const double none = weights.unit * static_cast<double>(seen[at].label[0]), of_none = -math::log(1 - p);
            const double event = weights.unit * static_cast<double>(seen[at].label[1]), of_event = -math::log(p);
            losses.add(from, to, none * of_none + event * of_event,
                       none * of_none * of_none + event * of_event * of_event);
        });
        if (work.tell)
            work.tell("fold " + std::to_string(fold + 1) + " of " + std::to_string(folds) + ": a tree of " +
                      std::to_string(nodes.size() / 2 + 1) + " leaves");
    }
    losses.finish();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        sizes[i].loss = losses.first[i] / target.total;
        const double variance = losses.second[i] / target.total - sizes[i].loss * sizes[i].loss;
        sizes[i].error = std::sqrt(std::max(0.0, variance) / static_cast<double>(target.rows()));
    }
}

} // namespace

// Breiman et al., section 3.3: again and again, the node becomes a leaf that is worth least for each leaf below it.
// What it is worth changes when something below it is pruned, so older entries of the queue are passed over.
std::vector<double> prune_order(const Tree &tree, Poll poll) {
    const std::vector<Node> &nodes = tree.nodes;
    std::vector<double> order(nodes.size(), 0), below(nodes.size()); // impurity of the leaves below
    std::vector<std::uint32_t> leaves(nodes.size(), 1), parent(nodes.size(), 0);
    std::vector<bool> open(nodes.size());
    struct Link {
        double worth;
        std::uint32_t node, leaves;
        bool operator<(const Link &other) const { // the least comes first; of equal ones the upper
            return worth != other.worth ? worth > other.worth : node > other.node;
        }
    };
    std::priority_queue<Link> queue;
    const auto enter = [&](std::uint32_t at) {
        const double worth = std::max(0.0, impurity(nodes[at]) - below[at]) / (leaves[at] - 1);
        queue.push({worth, at, leaves[at]});
    };
    for (auto at = static_cast<std::uint32_t>(nodes.size()); at-- > 0;) {
        poll.every(at);
        const Node &node = nodes[at];
        open[at] = !node.is_leaf();
        below[at] = impurity(node);
        if (node.is_leaf()) continue;
        parent[node.left] = parent[node.right] = at;
        below[at] = below[node.left] + below[node.right];
        leaves[at] = leaves[node.left] + leaves[node.right];
        enter(at);
    }
    const double whole = impurity(nodes[0]);
    double reached = 0; // rises, but for rounding
    std::vector<std::uint32_t> removed;
    for (std::size_t round = 0; !queue.empty(); ++round) {
        poll.every(round);
        const Link link = queue.top();
        queue.pop();
        if (!open[link.node] || link.leaves != leaves[link.node]) continue;
        reached = std::max(reached, whole > 0 ? link.worth / whole : 0);
        for (removed = {link.node}; !removed.empty();) {
            const std::uint32_t at = removed.back();
            removed.pop_back();
            if (!open[at]) continue;
            open[at] = false;
            order[at] = reached;
            removed.push_back(nodes[at].left);
            removed.push_back(nodes[at].right);
        }
        const double more = impurity(nodes[link.node]) - below[link.node];
        for (std::uint32_t at = link.node; at != 0;) {
            at = parent[at];
            below[at] += more;
            leaves[at] -= link.leaves - 1;
            enter(at);
        }
    }
    return order;
}

Tree pruned(const Tree &tree, const Bins &bins, const std::vector<double> &order, double complexity, Poll poll) {
    Tree smaller;
    std::vector<std::uint32_t> from = {0}; // where each node stands in the larger tree
    for (std::size_t at = 0; at < from.size(); ++at) {
        poll.every(at);
        Node node = tree.nodes[from[at]];
        if (order[from[at]] <= complexity) { // of leaves it is 0
            node = {.cover = node.cover, .value = node.value};
        } else {
            if (const Bins::Feature &feature = bins.features[node.feature]; feature.category) {
                const auto begin = tree.sets.begin() + node.set;
                node.set = static_cast<std::uint32_t>(smaller.sets.size());
                smaller.sets.insert(smaller.sets.end(), begin,
                                    begin + static_cast<std::ptrdiff_t>((feature.of_level.size() + 63) / 64));
            }
            from.push_back(node.left);
            from.push_back(node.right);
            node.left = static_cast<std::uint32_t>(from.size()) - 2;
            node.right = node.left + 1;
        }
        smaller.nodes.push_back(node);
    }
    return smaller;
}

Cart grow_cart(const Bins &bins, const Target &target, const CartOptions &options, Workers &workers, const Work &work) {
    const auto count_of_rows = static_cast<double>(target.rows());
    const double one = target.total / count_of_rows; // the mean weight
    GiniOptions gini{options.min_split, options.min_leaf, options.max_depth, 0, options.monotone};
    if (gini.min_leaf == 0) gini.min_leaf = one * std::clamp(std::floor(count_of_rows / 50), 7.0, 100.0);
    if (gini.min_split == 0) gini.min_split = one * 20;
    const Smoothing smoothing(target);
    std::vector<std::uint32_t> rows(target.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    const Tree full = grow_gini(bins, target, rows, gini, workers).tree;
    const std::vector<double> order = prune_order(full, work.poll);

    // The trees of the sequence begin at these complexities. A split that is worth nothing is in none of them.
    std::vector<double> begins = {0};
    std::ranges::copy_if(order, std::back_inserter(begins), [](double complexity) { return complexity > 0; });
    std::ranges::sort(begins);
    begins.erase(std::unique(begins.begin(), begins.end()), begins.end());
    const std::size_t count = begins.size();
    Sequence shape(count); // leaves, and their impurity
    each_leaf(full, order, begins, work.poll, [&](std::size_t at, std::size_t from, std::size_t to) {
        shape.add(from, to, 1, impurity(full.nodes[at]));
    });
    shape.finish();
    Cart cart;
    std::size_t allowed = count - 1; // from here on they are small enough
    for (std::size_t i = 0; i < count; ++i) {
        const auto leaves = static_cast<std::size_t>(shape.first[i] + 0.5);
        cart.sizes.push_back({begins[i], leaves, shape.second[i] / impurity(full.nodes[0])});
        if (options.max_leaves == 0 || leaves <= options.max_leaves) allowed = std::min(allowed, i);
    }
    if (options.complexity) {
        const auto after = std::ranges::upper_bound(begins, *options.complexity);
        cart.chosen = std::max(allowed, static_cast<std::size_t>(after - begins.begin()) - 1);
    } else {
        cross_validate(bins, target, options, gini, begins, cart.sizes, workers, work);
        cart.chosen = allowed;
        for (std::size_t i = allowed; i < count; ++i) // of equal ones the smallest tree
            if (cart.sizes[i].loss <= cart.sizes[cart.chosen].loss) cart.chosen = i;
        if (options.one_se) {
            const double bound = cart.sizes[cart.chosen].loss + cart.sizes[cart.chosen].error;
            for (std::size_t i = cart.chosen; i < count; ++i)
                if (cart.sizes[i].loss <= bound) cart.chosen = i;
        }
    }
    cart.complexity = begins[cart.chosen];
    cart.ensemble.average = true;
    Tree &tree = cart.ensemble.trees.emplace_back(pruned(full, bins, order, cart.complexity, work.poll));
    for (Node &node : tree.nodes) node.value = smoothing(node);
    return cart;
}

} // namespace cd::learn
