#include "learn/describe.hpp"
#include <cmath>

namespace cd::learn {

namespace {

constexpr double most_summed = 1e300; // of what is added up over the nodes or effects of a model

bool too_large(double x) { return !(std::abs(x) <= largest); }

} // namespace

const char *fault(const Linear &linear, const dataset::Columns &columns) {
    if (linear.effects.size() != columns.size()) return "It has not one effect for each feature.";
    if (too_large(linear.base)) return "Its base is out of range.";
    for (std::size_t f = 0; f < columns.size(); ++f) {
        const std::size_t levels = columns[f].is_category() ? columns[f].levels.size() + 1 : 0;
        const double importance = linear.effects[f].importance;
        if (!(importance >= 0 && importance <= most_summed)) return "An effect has an impossible importance.";
        if (linear.effects[f].level.size() != levels) return "An effect has not one value for each level.";
    }
    return nullptr;
}

namespace {

// Every node but the root is the child of exactly one that stands before it, and has rows.
const char *fault(const Tree &tree, const dataset::Columns &columns) {
    const std::size_t n = tree.nodes.size();
    if (n == 0) return "A tree has no nodes.";
    std::vector<bool> reached(n);
    for (std::size_t i = 0; i < n; ++i) {
        const Node &node = tree.nodes[i];
        if (i > 0 && !reached[i]) return "A node of a tree has no parent.";
        if (!(node.cover >= 0 && node.cover <= most_summed))
            return "A node of a tree has an impossible number of rows.";
        if (!(node.gain >= 0 && node.gain <= most_summed)) return "A node of a tree has an impossible gain.";
        if (too_large(node.value)) return "A number of a tree is out of range.";
        if (node.is_leaf()) continue;
        if (node.feature >= columns.size()) return "A node of a tree asks for no feature.";
        for (const std::uint32_t child : {node.left, node.right}) {
            if (child <= i || child >= n) return "A child of a node does not stand behind it.";
            if (reached[child]) return "A node of a tree has two parents.";
            reached[child] = true;
        }
        const dataset::Column &column = columns[node.feature];
        if (column.is_category() && (node.set > tree.sets.size() || tree.sets.size() - node.set < set_words(column)))
            return "The set of a node is not there.";
    }
    return nullptr;
}

} // namespace

const char *fault(const Ensemble &ensemble, const dataset::Columns &columns, Poll poll) {
    if (ensemble.average && ensemble.trees.empty()) return "It has no trees.";
    if (too_large(ensemble.base)) return "Its base is out of range.";
    for (const Tree &tree : ensemble.trees) {
        poll();
        if (const char *const found = fault(tree, columns)) return found;
    }
    return nullptr;
}

const char *name_of(Scores scores) {
    switch (scores) {
    case Scores::log_odds: return "log_odds";
    case Scores::probability: return "probability";
    case Scores::votes: break;
    }
    return "votes";
}

const char *fault(const Calibration &calibration) {
    switch (calibration.method) {
    case Calibration::Method::none: break;
    case Calibration::Method::platt:
        if (!(calibration.line.slope > 0)) return "Its calibration does not rise.";
        if (too_large(calibration.line.slope) || too_large(calibration.line.shift))
            return "A number of its calibration is out of range.";
        break;
    case Calibration::Method::isotonic:
        if (calibration.points.size() < 2) return "Its calibration has too few points.";
        for (std::size_t i = 1; i < calibration.points.size(); ++i)
            if (!(calibration.points[i].at > calibration.points[i - 1].at &&
                  calibration.points[i].value > calibration.points[i - 1].value))
                return "Its calibration does not rise.";
        for (const Calibration::Point &end : {calibration.points.front(), calibration.points.back()})
            if (too_large(end.at) || too_large(end.value)) return "A number of its calibration is out of range.";
    }
    return nullptr;
}

} // namespace cd::learn
