#include "learn/predictor.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace cd::learn {

namespace {

// A split as a table has it: which leaves are left open when it sends a row right.
template <class Word> struct Split {
    std::uint32_t tree;
    const Node *node;
    Word keep;
};

// The splits of all trees by feature, and the leaves' values by tree and bit.
template <class Word>
std::vector<std::vector<Split<Word>>> splits_of(std::size_t features, const Ensemble &ensemble,
                                                std::vector<double> &values, Poll poll) {
    constexpr std::size_t bits = std::numeric_limits<Word>::digits;
    std::vector<std::vector<Split<Word>>> splits(features);
    values.resize(ensemble.trees.size() * bits);
    struct Visit {
        const Node *node;
        std::size_t from; // the first leaf below; of an inner node that is met again, with its left side done
        bool again;
    };
    std::vector<Visit> ahead;
    for (std::uint32_t t = 0; t < ensemble.trees.size(); ++t) {
        poll();
        const std::vector<Node> &nodes = ensemble.trees[t].nodes;
        std::size_t leaf = 0;
        ahead.push_back({nodes.data(), 0, false});
        while (!ahead.empty()) {
            const auto [node, from, again] = ahead.back();
            ahead.pop_back();
            if (node->is_leaf()) {
                values[t * bits + leaf++] = node->value;
            } else if (again) {
                const Word left = ((Word{1} << (leaf - from)) - 1) << from;
                splits[node->feature].push_back({t, node, static_cast<Word>(~left)});
                ahead.push_back({&nodes[node->right], leaf, false});
            } else {
                ahead.push_back({node, leaf, true});
                ahead.push_back({&nodes[node->left], leaf, false});
            }
        }
    }
    return splits;
}

} // namespace

template <class Word>
bool LeafTable<Word>::build(const dataset::Columns &columns, const Ensemble &ensemble, std::size_t limit, Poll poll) {
    trees_ = ensemble.trees.size();
    width_ = (trees_ + block - 1) / block * block;
    auto splits = splits_of<Word>(columns.size(), ensemble, values_, poll);
    std::size_t rows = 0;
    for (std::uint32_t column = 0; column < columns.size(); ++column) {
        poll();
        auto &of = splits[column];
        if (of.empty()) continue;
        Feature feature{column, rows * width_};
        rows += 2; // of what is missing, and of an interval or code
        if (columns[column].is_category()) {
            rows += columns[column].levels.size();
            categories_.push_back(feature);
            continue;
        }
        const auto threshold = [](const Split<Word> &split) { return split.node->threshold; };
        math::polled(
            of.size(), poll,
            [&threshold](const Split<Word> &a, const Split<Word> &b) { return threshold(a) < threshold(b); },
            [&of](auto less) { std::sort(of.begin(), of.end(), less); });
        for (std::size_t i = 0; i < of.size(); ++i) feature.half += i == 0 || threshold(of[i - 1]) != threshold(of[i]);
        rows += feature.half; // so far the number of thresholds
        numbers_.push_back(feature);
    }
    asked_ = categories_.size() + numbers_.size();
    // A search costs about as much as combining 75 words, and the walk through a tree as 150.
    if (asked_ * (75 + trees_) > 150 * trees_ || rows * width_ > limit / sizeof(Word)) return false;

    words_.resize(rows * width_);
    const auto all_open = [this](Word *row) { std::fill_n(row, width_, static_cast<Word>(~Word{0})); };
    const auto missing = [&](const Feature &feature) {
        Word *row = words_.data() + feature.words;
        all_open(row);
        for (const Split<Word> &split : splits[feature.column])
            if (!split.node->missing_left) row[split.tree] &= split.keep;
        return row + width_;
    };
    for (const Feature &feature : categories_) {
        Word *row = missing(feature);
        for (std::uint32_t code = 1; code <= columns[feature.column].levels.size(); ++code, row += width_) {
            poll();
            all_open(row);
            for (const Split<Word> &split : splits[feature.column])
                if (!ensemble.trees[split.tree].in_set(*split.node, code)) row[split.tree] &= split.keep;
        }
    }
    std::ranges::sort(numbers_, std::ranges::greater(), &Feature::half); // like ones are searched together
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
        Feature &feature = numbers_[i];
        feature.half = i % together == 0 ? std::bit_floor(feature.half) : numbers_[i - 1].half;
        Word *row = missing(feature);
        all_open(row);
        feature.thresholds = thresholds_.size();
        const auto &of = splits[feature.column];
        for (auto split = of.begin(); split != of.end();) { // above it a value goes right at one or more splits more
            poll();
            const double threshold = split->node->threshold;
            thresholds_.push_back(threshold);
            row = std::copy_n(row, width_, row + width_) - width_;
            for (; split != of.end() && split->node->threshold == threshold; ++split) row[split->tree] &= split->keep;
        }
        thresholds_.resize(feature.thresholds + 2 * feature.half - 1, std::numeric_limits<double>::infinity());
    }
    while (numbers_.size() % together != 0) numbers_.push_back(numbers_.back());
    found_.resize(categories_.size() + numbers_.size());
    return true;
}

// Without branches, for they would be guesses. What is missing is above no threshold.
template <class Word>
void LeafTable<Word>::search(const Feature *numbers, const double *features, const Word **found) const {
    double value[together];
    std::size_t above[together] = {}; // thresholds that are less than the value
    for (std::size_t i = 0; i < together; ++i) value[i] = features[numbers[i].column];
    for (std::size_t half = numbers->half; half > 0; half /= 2)
        for (std::size_t i = 0; i < together; ++i) {
            const bool less = thresholds_[numbers[i].thresholds + above[i] + half - 1] < value[i];
            above[i] += half & -static_cast<std::size_t>(less);
        }
    for (std::size_t i = 0; i < together; ++i) {
        const std::size_t row = (1 + above[i]) & -static_cast<std::size_t>(value[i] == value[i]);
        found[i] = words_.data() + numbers[i].words + row * width_;
    }
}

template <class Word> double LeafTable<Word>::add_up() const {
    typedef Word Vector __attribute__((vector_size(16))); // of the compiler, so that -O2 needs not find it
    constexpr std::size_t lanes = 16 / sizeof(Word);
    constexpr std::size_t bits = std::numeric_limits<Word>::digits;
    const auto load = [](const Word *from) {
        Vector vector;
        std::memcpy(&vector, from, sizeof vector);
        return vector;
    };
    const double *values = values_.data();
    double sum = 0;
    for (std::size_t first = 0; first < trees_; first += block) {
        Vector a = ~Vector{}, b = a, c = a, d = a;
        for (std::size_t i = 0; i < asked_; ++i) {
            const Word *row = found_[i] + first;
            a &= load(row);
            b &= load(row + lanes);
            c &= load(row + 2 * lanes);
            d &= load(row + 3 * lanes);
        }
        const Vector all[] = {a, b, c, d};
        Word leaves[block];
        std::memcpy(leaves, all, sizeof leaves);
        const std::size_t n = std::min(block, trees_ - first);
        for (std::size_t i = 0; i < n; ++i, values += bits) sum += values[std::countr_zero(leaves[i])];
    }
    return sum;
}

template <class Word> double LeafTable<Word>::sum(const double *features) {
    const Word **found = found_.data();
    for (const Feature &feature : categories_)
        *found++ = words_.data() + feature.words + static_cast<std::size_t>(features[feature.column]) * width_;
    for (std::size_t i = 0; i < numbers_.size(); i += together) search(&numbers_[i], features, found + i);
    return add_up();
}

namespace {

constexpr std::uint32_t is_category = 1U << 31, missing_left = 1U << 30, feature_bits = missing_left - 1;

} // namespace

void TreeWalk::build(const dataset::Columns &columns, const Ensemble &ensemble, Poll poll) {
    std::vector<std::uint32_t> place; // here, by node of a tree
    for (const Tree &tree : ensemble.trees) {
        poll();
        const auto first = static_cast<std::uint32_t>(steps_.size());
        const auto sets = sets_.size();
        sets_.insert(sets_.end(), tree.sets.begin(), tree.sets.end());
        roots_.push_back(first);
        place.assign(tree.nodes.size(), first);
        steps_.resize(first + tree.nodes.size());
        values_.resize(steps_.size());
        std::uint32_t free = first + 1;
        for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
            poll.every(i);
            const Node &node = tree.nodes[i];
            Step &step = steps_[place[i]];
            values_[place[i]] = node.value;
            if (node.is_leaf()) { // whatever the row's first feature is, the way from here is to here
                step = {std::numeric_limits<double>::infinity(), missing_left, place[i]};
                continue;
            }
            place[node.left] = free;
            place[node.right] = free + 1;
            step = {node.threshold, node.feature | (node.missing_left ? missing_left : 0), free};
            if (columns[node.feature].is_category()) {
                step.threshold = static_cast<double>(sets + node.set);
                step.question |= is_category;
            }
            free += 2;
        }
    }
}

inline std::uint32_t TreeWalk::next(std::uint32_t at, const double *features) const {
    const Step &step = steps_[at];
    const double value = features[step.question & feature_bits];
    bool left;
    if (step.question & is_category) {
        const auto code = static_cast<std::uint32_t>(value);
        left = code == 0 ? step.question & missing_left
                         : sets_[static_cast<std::size_t>(step.threshold) + code / 64] >> (code % 64) & 1;
    } else {
        left = (value <= step.threshold) | ((value != value) & ((step.question & missing_left) != 0));
    }
    return step.left + !left;
}

double TreeWalk::sum(const double *features) const {
    constexpr std::size_t together = 8;
    double sum = 0;
    for (std::size_t first = 0; first < roots_.size(); first += together) {
        const std::size_t n = std::min(together, roots_.size() - first);
        std::uint32_t at[together] = {};
        std::copy_n(roots_.data() + first, n, at);
        for (std::uint32_t moved = 1; moved != 0;) {
            moved = 0;
            for (std::size_t i = 0; i < together; ++i) {
                const std::uint32_t to = next(at[i], features);
                moved |= to ^ at[i];
                at[i] = to;
            }
        }
        for (std::size_t i = 0; i < n; ++i) sum += values_[at[i]];
    }
    return sum;
}

Predictor::Way Predictor::prepare() {
    std::size_t leaves = 0;
    for (const Tree &tree : ensemble_.trees) leaves = std::max(leaves, (tree.nodes.size() + 1) / 2);
    if (leaves <= 32 && small_.build(columns_, ensemble_, limit_, poll_)) return Way::small;
    if (leaves > 32 && leaves <= 64 && large_.build(columns_, ensemble_, limit_, poll_)) return Way::large;
    walk_.build(columns_, ensemble_, poll_);
    return Way::walk;
}

double Predictor::score(const double *features) {
    if (way_ == Way::plain) {
        if (rows_++ < few_rows) return ensemble_.score(columns_, features);
        way_ = prepare();
    }
    const double sum = way_ == Way::small   ? small_.sum(features)
                       : way_ == Way::large ? large_.sum(features)
                                            : walk_.sum(features);
    return ensemble_.base + (ensemble_.average ? sum / static_cast<double>(ensemble_.trees.size()) : sum);
}

template class LeafTable<std::uint32_t>;
template class LeafTable<std::uint64_t>;

} // namespace cd::learn
