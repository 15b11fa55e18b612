#include "learn/describe.hpp"

namespace cd::learn {

const char *fault(const Linear &linear, const dataset::Columns &columns) {
    if (linear.effects.size() != columns.size()) return "It has not one effect for each feature.";
    for (std::size_t f = 0; f < columns.size(); ++f) {
        const std::size_t levels = columns[f].is_category() ? columns[f].levels.size() + 1 : 0;
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
        if (!(node.cover >= 0)) return "A node of a tree has less than no rows.";
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
        break;
    case Calibration::Method::isotonic:
        if (calibration.points.size() < 2) return "Its calibration has too few points.";
        for (std::size_t i = 1; i < calibration.points.size(); ++i)
            if (!(calibration.points[i].at > calibration.points[i - 1].at &&
                  calibration.points[i].value > calibration.points[i - 1].value))
                return "Its calibration does not rise.";
    }
    return nullptr;
}

} // namespace cd::learn
