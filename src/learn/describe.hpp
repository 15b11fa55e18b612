// How models are stored and told: see common/archive.hpp.
#pragma once
#include "common/archive.hpp"
#include "learn/calibration.hpp"
#include "learn/linear.hpp"
#include "learn/logistic.hpp"
#include "learn/tree.hpp"

namespace cd::learn {

template <class A> void describe(A &a, Linear::Effect &e) {
    a("slope", e.slope);
    a("mean", e.mean);
    a("missing", e.missing);
    a("level", e.level);
    a("importance", e.importance);
}
template <class A> void describe(A &a, Linear &linear) {
    a("base", linear.base);
    a("effects", linear.effects);
}

template <class A> void describe(A &a, Coefficient &c) {
    a("name", c.name);
    a("estimate", c.estimate);
    a("std_error", c.std_error);
    a("z", c.z);
    a("p_value", c.p_value);
    a("odds_ratio", c.odds_ratio);
    a("vif", c.vif);
}

template <class A> void describe(A &a, Node &node) {
    bool leaf = node.is_leaf();
    a("leaf", leaf);
    a("cover", node.cover);
    a("value", node.value);
    if (leaf) {
        if constexpr (A::reads) node.feature = Node::leaf;
        return;
    }
    a("feature", node.feature);
    a("threshold", node.threshold);
    a("set", node.set);
    a("missing_left", node.missing_left);
    a("left", node.left);
    a("right", node.right);
    a("gain", node.gain);
}
template <class A> void describe(A &a, Tree &tree) {
    a("nodes", tree.nodes);
    a("sets", tree.sets);
}
template <class A> void describe(A &a, Ensemble &ensemble) {
    a("base", ensemble.base);
    a("average", ensemble.average);
    a("trees", ensemble.trees);
}

constexpr std::uint64_t count(Scores) { return 3; }
const char *name_of(Scores scores);
constexpr std::uint64_t count(Calibration::Method) { return 3; }
template <class A> void describe(A &a, Calibration::Point &point) {
    a("at", point.at);
    a("value", point.value);
}
template <class A> void describe(A &a, Calibration &calibration) {
    a("scores", calibration.scores);
    a("method", calibration.method);
    if (calibration.method == Calibration::Method::platt) {
        a("slope", calibration.line.slope);
        a("shift", calibration.line.shift);
    } else if (calibration.method == Calibration::Method::isotonic)
        a("points", calibration.points);
}

// What is wrong with a model that anybody has written; null if it can be used with these columns.
const char *fault(const Linear &linear, const dataset::Columns &columns);
const char *fault(const Ensemble &ensemble, const dataset::Columns &columns, Poll poll);
const char *fault(const Calibration &calibration);

} // namespace cd::learn
