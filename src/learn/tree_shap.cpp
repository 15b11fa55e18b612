#include "learn/tree_shap.hpp"
#include "math/quadrature.hpp"
#include <algorithm>
#include <cfloat>

namespace cd::learn {

// A leaf of value v is reached, if the features in S are known, with the probability of a product over the features on
// its path: of o, whether the row takes its edges, for those in S, and of z, the product of their shares, for others.
// The Shapley value of feature i is the mean over t of that game's change by i, where every other feature is in S with
// probability t (Owen 1972, multilinear extension):
//     v (o_i - z_i) * integral over t from 0 to 1 of the product over j != i of (t o_j + (1 - t) z_j).
// That is a polynomial in t of a degree below the number of features on the path, so the rule of Gauss and Legendre
// has it exactly, by sums of what is never negative: nothing is unwound, and deep trees lose no digits.
//
// All leaves below an edge share its factor. So one pass down multiplies, one pass up adds the leaves, and each edge
// gives its feature what the leaves below have by its factor, less what they would have by the factor of the edge above
// that asks the same feature (the scheme of linear TreeSHAP: Yu, Xu, Bifet, Read 2022).

TreeShap::TreeShap(const dataset::Columns &columns, const Ensemble &ensemble, Poll poll)
    : columns_(columns), ensemble_(ensemble), poll_(poll) {
    std::size_t largest = 0;
    paths_.reserve(ensemble.trees.size());
    for (const Tree &tree : ensemble.trees) {
        poll();
        paths_.push_back(paths_of(tree));
        largest = std::max(largest, tree.nodes.size());
    }
    if (ensemble.average) base_ /= static_cast<double>(ensemble.trees.size());
    base_ += ensemble.base;
    taken_.resize(largest);
    factor_.resize(largest);
    product_.resize(largest);
}

TreeShap::Paths TreeShap::paths_of(const Tree &tree) {
    Paths paths;
    std::vector<Edge> &edges = paths.edges;
    edges.resize(tree.nodes.size());
    std::vector<std::uint32_t> last(columns_.size()); // edge of each feature on the way to a node
    std::size_t known = 0, most = 1;                  // features on the way, and on the longest
    struct Visit {
        std::uint32_t node;
        bool leaving;
        double share, reached; // of the parent's rows, and of all
    };
    std::vector<Visit> ahead = {{0, false, 1, 1}};
    while (!ahead.empty()) {
        const auto [at, leaving, share, reached] = ahead.back();
        ahead.pop_back();
        poll_.every(at);
        const Node &node = tree.nodes[at];
        Edge &edge = edges[at];
        if (at != 0) {
            std::uint32_t &before = last[tree.nodes[edge.parent].feature];
            if (leaving) {
                before = edge.above;
                if (before == 0) --known;
                continue;
            }
            edge.above = before;
            edge.known_not = std::max(share * (before == 0 ? 1 : edges[before].known_not), DBL_MIN);
            if (before == 0) most = std::max(most, ++known);
            before = at;
            ahead.push_back({at, true, 0, 0});
        }
        if (node.is_leaf()) {
            base_ += reached * node.value;
            continue;
        }
        const double cover = tree.nodes[node.left].cover + tree.nodes[node.right].cover;
        for (const std::uint32_t child : {node.right, node.left}) {
            edges[child].parent = at;
            const double part = cover > 0 ? tree.nodes[child].cover / cover : 0.5;
            ahead.push_back({child, false, part, reached * part});
        }
    }
    const std::size_t points = (most + 1) / 2;
    std::vector<Points> &rule = rules_[points];
    if (rule.empty()) {
        const math::Quadrature all = math::gauss_legendre(points);
        rule.resize((points + lanes - 1) / lanes); // the last one is filled up with points of weight 0
        for (std::size_t i = 0; i < points; ++i) {
            rule[i / lanes].at[i % lanes] = all.at[i];
            rule[i / lanes].weight[i % lanes] = all.weight[i];
        }
    }
    paths.rule = &rule;
    return paths;
}

void TreeShap::contributions(const double *features, double *to) {
    std::fill_n(to, columns_.size(), 0.0);
    for (std::size_t t = 0; t < paths_.size(); ++t) {
        poll_();
        add(ensemble_.trees[t], paths_[t], features, to);
    }
    if (!ensemble_.average) return;
    for (std::size_t f = 0; f < columns_.size(); ++f) to[f] /= static_cast<double>(paths_.size());
}

void TreeShap::add(const Tree &tree, const Paths &paths, const double *features, double *to) {
    const std::vector<Node> &nodes = tree.nodes;
    const std::vector<Edge> &edges = paths.edges;
    const std::size_t size = nodes.size();
    for (std::size_t at = 0; at < size; ++at) {
        const Node &node = nodes[at];
        if (node.is_leaf()) continue;
        const bool left = tree.goes_left(node, columns_, features);
        const std::uint32_t above = edges[node.left].above; // the same of both
        const double open = above == 0 ? 1 : taken_[above];
        taken_[node.left] = left ? open : 0;
        taken_[node.right] = left ? 0 : open;
    }
    for (const Points &points : *paths.rule) {
        poll_();
        const Lanes t = points.at, rest = 1 - t, weight = points.weight;
        for (std::size_t at = 1; at < size; ++at) factor_[at] = taken_[at] * t + edges[at].known_not * rest;
        product_[0] = Lanes{} + 1;
        for (std::size_t at = 0; at < size; ++at) {
            const Node &node = nodes[at];
            if (node.is_leaf()) {
                product_[at] *= node.value;
                continue;
            }
            Lanes here = product_[at];
            if (const std::uint32_t above = edges[node.left].above; above != 0) here /= factor_[above];
            product_[node.left] = here * factor_[node.left];
            product_[node.right] = here * factor_[node.right];
            product_[at] = Lanes{}; // from here on the sum of what is below
        }
        for (std::uint32_t at = static_cast<std::uint32_t>(size) - 1; at > 0; --at) {
            const Edge &edge = edges[at];
            const Lanes below = product_[at];
            product_[edge.parent] += below;
            Lanes more = below / factor_[at] * (taken_[at] - edge.known_not);
            if (edge.above != 0)
                more -= below / factor_[edge.above] * (taken_[edge.above] - edges[edge.above].known_not);
            more *= weight;
            to[nodes[edge.parent].feature] += (more[0] + more[1]) + (more[2] + more[3]);
        }
    }
}

} // namespace cd::learn
