#include "learn/forest.hpp"
#include "math/elementary.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <atomic>
#include <cmath>

namespace cd::learn {

namespace {

constexpr int most_times = 8; // a row is drawn for a tree; more often has a probability of 1e-6
constexpr std::size_t trees_at_once = 4;
constexpr std::uint64_t split_stream = 1;

// How often rows are drawn. A bootstrap sample draws a row a number of times that is nearly Poisson with mean 1
// (Oza and Russell 2001): drawn for each row by itself, it does not hang on the order of the rows.
// All rows of a customer are drawn equally often, so that those out of bag are of customers whom the tree has not seen.
class Draw {
  public:
    explicit Draw(double subsample) {
        if (subsample > 0) {
            below_[0] = scaled(1 - subsample);
            std::fill(below_.begin() + 1, below_.end(), std::uint64_t{1} << 53);
            return;
        }
        double term = math::exp(-1.0), sum = term;
        for (int k = 0; k < most_times; ++k) {
            below_[static_cast<std::size_t>(k)] = scaled(sum);
            sum += term /= k + 1;
        }
    }
    int operator()(std::uint64_t key, std::uint64_t tree) const {
        const std::uint64_t drawn = math::mix(key + (tree + 1) * 0x9e3779b97f4a7c15) >> 11;
        int times = 0;
        while (times < most_times && drawn >= below_[static_cast<std::size_t>(times)]) ++times;
        return times;
    }

  private:
    static std::uint64_t scaled(double share) { return static_cast<std::uint64_t>(share * 0x1p53); }
    std::array<std::uint64_t, most_times> below_;
};

// Sums of probabilities and how many there are, in one integer, which several threads may add to in any order.
struct OutOfBag {
    static constexpr int count_shift = 44;
    static constexpr double unit = 0x1p-30;
    std::vector<std::uint64_t> sum;

    explicit OutOfBag(std::size_t rows) : sum(rows) {}
    void add(std::size_t row, double probability) {
        const auto value = static_cast<std::uint64_t>(std::llround(probability / unit));
        std::atomic_ref(sum[row]).fetch_add((std::uint64_t{1} << count_shift) + value, std::memory_order_relaxed);
    }
    std::uint64_t count(std::size_t row) const { return sum[row] >> count_shift; }
    double mean(std::size_t row) const {
        const std::uint64_t value = sum[row] & ((std::uint64_t{1} << count_shift) - 1);
        return static_cast<double>(value) * unit / static_cast<double>(count(row));
    }
};

struct Problem {
    const Bins &bins;
    const Target &target;
    const FixedWeights &weights;
    const std::vector<std::uint64_t> &keys;
    const Draw draw;
    const std::uint64_t seed;
};

// What a thread needs to grow trees, one after the other.
class Planter {
  public:
    Planter(const Problem &problem, const GrowOptions &grow)
        : problem_(problem), grower_(problem.bins, problem.weights, grow) {
        gradients_.hessian_is_weight = true;
        gradients_.of.resize(problem.bins.rows);
        // A weight, at most 2^30 units, drawn most_times fits into 30 bits.
        gradients_.gradient_unit = gradients_.hessian_unit =
            most_times * (problem.weights.of.empty() ? 1 / Gradients::one : problem.weights.unit);
    }

    Tree grow(std::uint64_t tree, OutOfBag &out_of_bag, Poll poll) {
        drawn_.clear();
        left_out_.clear();
        for (std::uint32_t row = 0; row < problem_.bins.rows; ++row) {
            poll.every(row);
            const int times = problem_.draw(problem_.keys[row], tree);
            (times > 0 ? drawn_ : left_out_).push_back(row);
            const std::int64_t one = problem_.weights.of.empty() ? 1LL << 30 : problem_.weights.of[row];
            const std::int64_t weight = (one * times + most_times / 2) / most_times;
            gradients_.of[row] = Gradients::pack(problem_.target.label[row] ? -weight : 0, weight);
        }
        if (drawn_.empty()) return {.nodes = {Node{.value = problem_.target.base_rate()}}, .sets = {}};
        Workers alone(1, poll);
        Grown grown = grower_.grow(gradients_, drawn_, alone, {}, math::mix(problem_.seed + split_stream) + tree);
        for (std::size_t i = 0; i < left_out_.size(); ++i) {
            poll.every(i);
            const std::uint32_t row = left_out_[i];
            out_of_bag.add(row, grown.tree.nodes[grown.leaf_of(problem_.bins.row(row))].value);
        }
        return std::move(grown.tree);
    }

  private:
    const Problem &problem_;
    Grower grower_;
    Gradients gradients_;
    std::vector<std::uint32_t> drawn_, left_out_;
};

void check_options(const ForestOptions &options, std::size_t features) {
    const auto refuse = [](const char *message, double seen) {
        throw Error(sqlstate::invalid_parameter, message, "It is " + digits(seen) + ".",
                    "Leave it out to have the usual value.");
    };
    if (options.trees < 1 || options.trees > max_trees) refuse("trees must be between 1 and 10000", options.trees);
    if (!(options.min_leaf >= 0 && std::isfinite(options.min_leaf)))
        refuse("min_leaf must not be negative", options.min_leaf);
    if (options.leaves == 1) refuse("leaves must be at least 2", 1);
    if (options.features_per_node > features)
        refuse("features_per_node must be at most the number of features",
               static_cast<double>(options.features_per_node));
    if (!(options.subsample >= 0 && options.subsample <= 1))
        refuse("subsample must be above 0 and at most 1", options.subsample);
}

void tell_progress(const Work &work, std::size_t grown, std::size_t trees) {
    if (work.tell) work.tell("tree " + std::to_string(grown) + " of " + std::to_string(trees));
}

} // namespace

Forest grow_forest(const Bins &bins, const Target &target, const ForestOptions &options, Workers &workers,
                   const Work &work) {
    const std::size_t features = bins.features.size();
    check_options(options, features);
    const auto trees = static_cast<std::size_t>(options.trees);
    const auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(features)));
    const GrowOptions grow{.leaves = options.leaves != 0 ? options.leaves : max_forest_nodes / trees / 2,
                           .min_leaf = options.min_leaf,
                           .gain_factor = 2,
                           .monotone = options.monotone,
                           .features_per_node = options.features_per_node != 0 ? options.features_per_node : root};
    const FixedWeights weights(target);
    const std::vector<std::uint64_t> keys =
        held_out_keys(row_keys(bins, target, options.seed, workers), target, options.seed);
    const Problem problem{bins, target, weights, keys, Draw(options.subsample), options.seed};

    Forest forest;
    forest.ensemble.average = true;
    forest.ensemble.trees.resize(trees);
    OutOfBag out_of_bag(bins.rows);
    const auto planters = std::min(trees, static_cast<std::size_t>(workers.threads()));
    std::vector<std::unique_ptr<Planter>> planter(planters);
    // Some trees at a time, so that progress is told between them.
    for (std::size_t first = 0; first < trees; first += planters * trees_at_once) {
        const std::size_t end = std::min(trees, first + planters * trees_at_once);
        workers.run(planters, [&](std::size_t p, Poll poll) {
            if (!planter[p]) planter[p] = std::make_unique<Planter>(problem, grow);
            for (std::size_t tree = first + p; tree < end; tree += planters)
                forest.ensemble.trees[tree] = planter[p]->grow(tree, out_of_bag, poll);
        });
        tell_progress(work, end, trees);
    }

    constexpr double surest = 1e-6; // a tree that is sure and wrong would have an infinite loss
    std::int64_t loss = 0;
    double weight = 0;
    for (std::uint32_t row = 0; row < bins.rows; ++row) {
        workers.poll().every(row);
        if (out_of_bag.count(row) == 0) continue;
        const double score = out_of_bag.mean(row);
        forest.held_out.rows.push_back(row);
        forest.held_out.scores.push_back(score);
        const double right = std::max(surest, target.label[row] ? score : 1 - score);
        loss -= std::llround(target.weight_of(row) * math::log(right) / loss_unit);
        weight += target.weight_of(row);
    }
    if (weight > 0) forest.loss = static_cast<double>(loss) * loss_unit / weight;
    return forest;
}

} // namespace cd::learn
