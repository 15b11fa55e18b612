// How models are stored and told: see common/archive.hpp.
#pragma once
#include "common/archive.hpp"
#include "learn/linear.hpp"
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

// The reader's columns are those of the model, read before.
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

// What is wrong with a model that anybody has written; null if it can be used with these columns.
const char *fault(const Linear &linear, const dataset::Columns &columns);
const char *fault(const Ensemble &ensemble, const dataset::Columns &columns, Poll poll);

} // namespace cd::learn
