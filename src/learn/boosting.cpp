#include "learn/boosting.hpp"
#include "math/log_odds.hpp"
#include "math/elementary.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace cd::learn {

namespace {

constexpr std::size_t block_rows = 1 << 14;
constexpr std::size_t ahead = 24; // rows that are fetched before they are needed
constexpr int most_trees = 1000;
constexpr std::size_t folds = 5;
constexpr double held_out_share = 0.1;
constexpr std::size_t most_held_out = 100'000;

// What is drawn for a tree has a stream of its own.
constexpr std::uint64_t feature_stream = 1, split_stream = 2;

// Two rows at once, which every processor that PostgreSQL runs on can do.
typedef double Pair __attribute__((vector_size(16)));
typedef std::int64_t IntegerPair __attribute__((vector_size(16)));

// Added to a number below 2^51 it leaves the nearest integer in the low bits.
constexpr double to_integer = 0x1.8p52;
IntegerPair integer_bits(Pair x) { return std::bit_cast<IntegerPair>(x); }

// 1 / (1 + e^-x) to 1e-12. e^y = 2^k e^r with |r| <= ln 2 / 2, by its Taylor series: r^11/11! is below 3e-13.
Pair sigmoid(Pair x) {
    constexpr double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;
    constexpr double limit = 40; // beyond, the hessian is nothing
    Pair y = -x;
    y = y < limit ? y : Pair{limit, limit};
    y = y > -limit ? y : Pair{-limit, -limit};
    const Pair shifted = y * 0x1.71547652b82fep+0 + to_integer, k = shifted - to_integer;
    const Pair r = (y - k * ln2_high) - k * ln2_low;
    Pair series = r * (1.0 / 3628800) + 1.0 / 362880;
    for (const double c : {1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1.0, 1.0})
        series = series * r + c;
    const Pair power = std::bit_cast<Pair>((integer_bits(shifted) + 1023) << 52);
    return 1 / (1 + series * power);
}

double log_odds(const Target &target, const FixedWeights &weights, std::span<const std::uint32_t> rows, Poll poll) {
    std::uint64_t all = 0, positive = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        poll.every(i);
        all += weights[rows[i]];
        if (target.label[rows[i]]) positive += weights[rows[i]];
    }
    auto share = static_cast<double>(positive) / static_cast<double>(all);
    // A part of few rows may have one class only.
    if (positive == 0 || positive == all) {
        const auto rest = 1 / (2 * static_cast<double>(rows.size()) + 2);
        share = positive == 0 ? rest : 1 - rest;
    }
    return math::log(share / (1 - share));
}

// What all fits have in common.
struct Problem {
    const Bins &bins;
    const Target &target;
    const FixedWeights &weights;
    const BoostingOptions &options;
    const GrowOptions &grow;
    const std::vector<std::uint64_t> &keys; // empty if nothing is drawn by them
};

// Boosting on some rows, tree by tree.
class Boost {
  public:
    Boost(const Problem &problem, std::vector<std::uint32_t> rows, std::vector<std::uint32_t> held_out, Poll poll)
        : problem_(problem), rows_(std::move(rows)), held_out_(std::move(held_out)),
          grower_(problem.bins, problem.weights, problem.grow) {
        ensemble.base = log_odds(problem.target, problem.weights, rows_, poll);
        score_.assign(problem.bins.rows, ensemble.base);
        gradients_.of.resize(problem.bins.rows);
        const double unit = problem.weights.of.empty() ? 1 / Gradients::one : problem.weights.unit;
        gradients_.gradient_unit = unit;
        gradients_.hessian_unit = unit / 4;
    }

    // False if there is nothing left to split, and never will be.
    bool add_tree(Workers &workers) {
        if (ended_) return false;
        const BoostingOptions &options = problem_.options;
        const auto number = static_cast<std::uint64_t>(ensemble.trees.size());
        find_gradients(workers);
        const bool samples = options.subsample < 1;
        if (samples) sample(number, workers.poll());
        Grown grown = grower_.grow(gradients_, samples ? std::span<const std::uint32_t>(sampled_) : rows_, workers,
                                   draw_features(number), math::mix(options.seed + split_stream) + number);
        for (Node &node : grown.tree.nodes) node.value *= problem_.options.learning_rate;
        ended_ = grown.tree.nodes.size() == 1 && !samples && options.feature_fraction == 1;
        if (ended_) return false;
        add_to_scores(grown, workers);
        ensemble.trees.push_back(std::move(grown.tree));
        return true;
    }

    // The sum over the held-out rows, in units of loss_unit.
    std::int64_t held_out_loss(Poll poll) const {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < held_out_.size(); ++i) {
            poll.every(i);
            const std::uint32_t row = held_out_[i];
            const double loss = math::log_1_exp(problem_.target.label[row] ? -score_[row] : score_[row]);
            sum += std::llround(loss * problem_.target.weight_of(row) / loss_unit);
        }
        return sum;
    }
    const std::vector<std::uint32_t> &held_out() const { return held_out_; }
    double score(std::uint32_t row) const { return score_[row]; }

    Ensemble ensemble;

  private:
    void find_gradients(Workers &workers) {
        const std::size_t n = score_.size();
        workers.run((n + block_rows - 1) / block_rows, [&](std::size_t block, Poll poll) {
            poll();
            const std::size_t end = std::min(n, (block + 1) * block_rows);
            std::size_t row = block * block_rows;
            for (; row + 2 <= end; row += 2) {
                const IntegerPair words = words_of(Pair{score_[row], score_[row + 1]}, row, row + 1);
                gradients_.of[row] = words[0];
                gradients_.of[row + 1] = words[1];
            }
            if (row < end) gradients_.of[row] = words_of(Pair{score_[row], score_[row]}, row, row)[0];
        });
    }
    // Gradient weight (p - y) and hessian weight p (1 - p) of two rows.
    IntegerPair words_of(Pair score, std::size_t a, std::size_t b) const {
        const std::vector<std::uint32_t> &of = problem_.weights.of;
        const std::vector<std::uint8_t> &label = problem_.target.label;
        const Pair weight = of.empty() ? Pair{Gradients::one, Gradients::one}
                                       : Pair{static_cast<double>(of[a]), static_cast<double>(of[b])};
        const Pair p = sigmoid(score), y = {static_cast<double>(label[a]), static_cast<double>(label[b])};
        const Pair gradient = weight * (p - y) + to_integer, hessian = 4 * weight * (p * (1 - p)) + to_integer;
        const IntegerPair zero = integer_bits(Pair{to_integer, to_integer});
        return ((integer_bits(gradient) - zero) << 32) + (integer_bits(hessian) - zero);
    }

    void sample(std::uint64_t tree, Poll poll) {
        const auto limit = static_cast<std::uint64_t>(problem_.options.subsample * 0x1p53);
        sampled_.clear();
        left_out_.clear();
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            poll.every(i);
            const std::uint32_t row = rows_[i];
            (math::mix(problem_.keys[row] + (tree + 1) * 0x9e3779b97f4a7c15) >> 11 < limit ? sampled_ : left_out_)
                .push_back(row);
        }
    }
    std::vector<std::uint32_t> draw_features(std::uint64_t tree) const {
        std::vector<std::uint32_t> features;
        if (problem_.options.feature_fraction >= 1) return features;
        features.resize(problem_.bins.features.size());
        std::iota(features.begin(), features.end(), 0U);
        const auto count = static_cast<std::size_t>(
            std::ceil(problem_.options.feature_fraction * static_cast<double>(features.size())));
        math::Random random(problem_.options.seed + feature_stream, tree);
        for (std::size_t i = 0; i < count; ++i)
            std::swap(features[i], features[i + random.bits() % (features.size() - i)]);
        features.resize(std::max<std::size_t>(1, count));
        std::ranges::sort(features);
        return features;
    }

    void add_to_scores(const Grown &grown, Workers &workers) {
        const std::vector<Node> &nodes = grown.tree.nodes;
        workers.run(nodes.size(), [&](std::size_t i, Poll poll) {
            if (!nodes[i].is_leaf()) return;
            poll();
            const auto rows = grower_.rows().subspan(grown.range[i].begin, grown.range[i].end - grown.range[i].begin);
            for (std::size_t at = 0; at < rows.size(); ++at) {
                __builtin_prefetch(&score_[rows[std::min(at + ahead, rows.size() - 1)]], 1);
                score_[rows[at]] += nodes[i].value;
            }
        });
        for (const std::vector<std::uint32_t> &others : {std::cref(held_out_), std::cref(left_out_)})
            workers.run((others.size() + block_rows - 1) / block_rows, [&](std::size_t block, Poll poll) {
                poll();
                for (std::size_t i = block * block_rows; i < std::min(others.size(), (block + 1) * block_rows); ++i)
                    score_[others[i]] += nodes[grown.leaf_of(problem_.bins.row(others[i]))].value;
            });
    }

    const Problem &problem_;
    const std::vector<std::uint32_t> rows_, held_out_;
    Grower grower_;
    Gradients gradients_;
    LargeVector<double> score_; // of all rows
    std::vector<std::uint32_t> sampled_, left_out_;
    bool ended_ = false;
};

// Which rows a fit learns from, and which it holds out.
struct Part {
    std::vector<std::uint32_t> rows, held_out;
};

std::vector<std::uint32_t> all_rows(std::size_t n) {
    std::vector<std::uint32_t> rows(n);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

// Folds of few rows, else one part.
std::vector<Part> parts_of(const Target &target, const std::vector<std::uint64_t> &keys, std::uint64_t seed, bool few,
                           Poll poll) {
    const std::vector<std::uint64_t> held_keys = held_out_keys(keys, target, seed);
    const double share =
        std::min(held_out_share, static_cast<double>(most_held_out) / static_cast<double>(target.rows()));
    const std::vector<std::uint8_t> part =
        few ? deal(target, held_keys, folds, poll) : hold_out(target, held_keys, share, poll);
    std::vector<Part> parts(few ? folds : 1);
    for (std::uint32_t row = 0; row < part.size(); ++row)
        for (std::size_t p = 0; p < parts.size(); ++p)
            (part[row] == p ? parts[p].held_out : parts[p].rows).push_back(row);
    return parts;
}

std::string fixed_digits(double value) {
    const auto units = std::to_string(std::llround(value * 1e5));
    return "0." + std::string(units.size() < 5 ? 5 - units.size() : 0, '0') + units;
}

// Boosts all parts, tree by tree, and looks at what they hold out.
class Race {
  public:
    Race(const Problem &problem, std::vector<Part> parts, Workers &workers) : workers_(workers) {
        boosts_.resize(parts.size());
        each([&](std::size_t i, Workers &own) {
            boosts_[i] =
                std::make_unique<Boost>(problem, std::move(parts[i].rows), std::move(parts[i].held_out), own.poll());
        });
        std::uint64_t weight = 0;
        for (const auto &boost : boosts_)
            for (const std::uint32_t row : boost->held_out()) weight += problem.weights[row];
        weight_ = static_cast<double>(weight) * problem.weights.unit;
        look();
    }

    // Until there are as many trees, or, with patience, none for so long bettered the loss.
    void run(int trees, int patience, const Work &work) {
        for (int tree = 1; tree <= trees; ++tree) {
            std::vector<std::uint8_t> grew(boosts_.size());
            each([&](std::size_t i, Workers &own) { grew[i] = boosts_[i]->add_tree(own); });
            if (std::ranges::count(grew, 0) == std::ssize(grew)) break;
            look();
            if (work.tell && tree % 20 == 0)
                work.tell("tree " + std::to_string(tree) + " of at most " + std::to_string(trees) +
                          ", held-out log loss " + fixed_digits(loss.back()));
            if (patience > 0 && tree - best >= patience) break;
        }
        if (patience == 0) keep_last();
    }

    Boost &first() { return *boosts_[0]; }
    // Of the rows that were held out, after `best` trees.
    HeldOut held_out() const {
        std::vector<std::pair<std::uint32_t, double>> scored;
        for (std::size_t i = 0; i < boosts_.size(); ++i)
            for (std::size_t j = 0; j < best_scores_[i].size(); ++j)
                scored.emplace_back(boosts_[i]->held_out()[j], best_scores_[i][j]);
        std::ranges::sort(scored);
        HeldOut held_out;
        for (const auto &[row, score] : scored) {
            held_out.rows.push_back(row);
            held_out.scores.push_back(score);
        }
        return held_out;
    }

    int best = 0;             // how many trees
    std::vector<double> loss; // mean, after 0, 1, ... trees

  private:
    // Parts side by side if there are several, else one with all threads.
    template <class Step> void each(Step &&step) {
        if (boosts_.size() == 1) return step(0, workers_);
        workers_.run(boosts_.size(), [&](std::size_t i, Poll poll) {
            Workers alone(1, poll);
            step(i, alone);
        });
    }
    void look() {
        std::vector<std::int64_t> losses(boosts_.size());
        each([&](std::size_t i, Workers &own) { losses[i] = boosts_[i]->held_out_loss(own.poll()); });
        const std::int64_t sum = std::accumulate(losses.begin(), losses.end(), std::int64_t{0});
        loss.push_back(static_cast<double>(sum) * loss_unit / weight_);
        if (!best_scores_.empty() && sum >= best_loss_) return;
        best_loss_ = sum;
        keep_last();
    }
    void keep_last() {
        best = static_cast<int>(loss.size()) - 1;
        best_scores_.resize(boosts_.size());
        for (std::size_t i = 0; i < boosts_.size(); ++i) {
            best_scores_[i].clear();
            for (const std::uint32_t row : boosts_[i]->held_out()) best_scores_[i].push_back(boosts_[i]->score(row));
        }
    }

    Workers &workers_;
    std::vector<std::unique_ptr<Boost>> boosts_;
    double weight_ = 0; // of what is held out
    std::int64_t best_loss_ = 0;
    std::vector<std::vector<double>> best_scores_;
};

void check_options(const BoostingOptions &options) {
    const auto refuse = [](const char *message, double seen) {
        throw Error(sqlstate::invalid_parameter, message, "It is " + digits(seen) + ".",
                    "Leave it out to have the usual value.");
    };
    if (options.trees < 0 || options.trees > max_trees) refuse("trees must be between 1 and 10000", options.trees);
    if (options.leaves != 0 && (options.leaves < 2 || options.leaves > max_leaves))
        refuse("leaves must be between 2 and 65536", options.leaves);
    if (!(options.learning_rate >= 0 && options.learning_rate <= 1))
        refuse("learning_rate must be between 0 and 1", options.learning_rate);
    if (!(options.min_leaf >= 0 && std::isfinite(options.min_leaf)))
        refuse("min_leaf must not be negative", options.min_leaf);
    if (!(options.l2 >= 0 && std::isfinite(options.l2))) refuse("l2 must not be negative", options.l2);
    if (!(options.subsample >= 0 && options.subsample <= 1))
        refuse("subsample must be above 0 and at most 1", options.subsample);
    if (!(options.feature_fraction > 0 && options.feature_fraction <= 1))
        refuse("feature_fraction must be above 0 and at most 1", options.feature_fraction);
    if (options.patience < 1) refuse("patience must be at least 1", options.patience);
    if (options.trees == 0 && !options.hold_out)
        throw Error(sqlstate::invalid_parameter, "trees must be given if no rows are held out",
                    "Neither was asked for.",
                    "The number of trees is chosen by the loss of rows that they were not grown from.");
}

} // namespace

Boosted boost(const Bins &bins, const Target &target, const BoostingOptions &given, Workers &workers,
              const Work &work) {
    check_options(given);
    const bool few = bins.rows <= cross_fit_rows;
    BoostingOptions options = given;
    // Few rows are learnt too well too soon: small steps, of small trees that do not all see the same rows.
    if (options.leaves == 0) options.leaves = few ? 8 : 31;
    if (options.learning_rate == 0) options.learning_rate = few ? 0.05 : 0.1;
    if (options.subsample == 0) options.subsample = few ? 0.6 : 1;
    const int trees = options.trees == 0 ? most_trees : options.trees,
              patience = options.trees == 0 ? options.patience : 0;

    const FixedWeights weights(target);
    const GrowOptions grow{.leaves = static_cast<std::size_t>(options.leaves),
                           .min_leaf = options.min_leaf,
                           .l2 = options.l2,
                           .gain_factor = 0.5,
                           .level_l2 = 10,
                           .level_smoothing = 10,
                           .monotone = options.monotone};
    std::vector<std::uint64_t> keys;
    if (options.hold_out || options.subsample < 1) keys = row_keys(bins, target, options.seed, workers);
    const Problem problem{bins, target, weights, options, grow, keys};

    Boosted boosted;
    const auto fit_all = [&](int count) {
        Boost all(problem, all_rows(bins.rows), {}, workers.poll());
        for (int tree = 1; tree <= count && all.add_tree(workers); ++tree)
            if (work.tell && tree % 20 == 0)
                work.tell("tree " + std::to_string(tree) + " of " + std::to_string(count) + " from all rows");
        boosted.ensemble = std::move(all.ensemble);
    };
    if (!options.hold_out) {
        fit_all(trees);
        return boosted;
    }
    Race race(problem, parts_of(target, keys, options.seed, few, workers.poll()), workers);
    race.run(trees, patience, work);
    boosted.held_out = race.held_out();
    boosted.loss = std::move(race.loss);
    if (few) {
        boosted.folds = folds;
        fit_all(race.best);
    } else {
        boosted.ensemble = std::move(race.first().ensemble);
        boosted.ensemble.trees.resize(static_cast<std::size_t>(race.best));
    }
    return boosted;
}

} // namespace cd::learn
