// Random trees and rows, for what has to hold for any.
#pragma once
#include "dataset/dataset.hpp"
#include "learn/tree.hpp"
#include "math/random.hpp"

namespace cd::test {

// Features are numbers, but every third is a category of `levels` values.
inline dataset::Columns random_columns(std::size_t features, std::uint32_t levels = 5) {
    dataset::Columns columns;
    for (std::size_t f = 0; f < features; ++f) {
        dataset::Column &column =
            columns.emplace_back("f" + std::to_string(f), f % 3 == 2 ? dataset::Kind::category : dataset::Kind::number);
        if (column.is_category())
            for (std::uint32_t code = 1; code <= levels; ++code) column.levels.add("level " + std::to_string(code));
    }
    return columns;
}

// Grows leaf by leaf until there are `leaves`; always the last one with `chain`, which makes it as deep as it can be.
inline learn::Tree random_tree(const dataset::Columns &columns, std::size_t leaves, math::Random &random,
                               bool chain = false, int cuts = 1000) {
    learn::Tree tree;
    tree.nodes.resize(1);
    tree.nodes[0].cover = 1000;
    std::vector<std::uint32_t> open = {0};
    while (open.size() < leaves) {
        const std::size_t chosen = chain ? open.size() - 1 : random.bits() % open.size();
        const std::uint32_t at = open[chosen], left = static_cast<std::uint32_t>(tree.nodes.size());
        tree.nodes.resize(left + 2);
        learn::Node &node = tree.nodes[at];
        node.feature = static_cast<std::uint32_t>(random.bits() % columns.size());
        node.left = left;
        node.right = left + 1;
        node.missing_left = random.bits() & 1;
        if (columns[node.feature].is_category()) {
            node.set = static_cast<std::uint32_t>(tree.sets.size());
            for (std::uint32_t word = 0; word < learn::set_words(columns[node.feature]); ++word)
                tree.sets.push_back(random.bits());
        } else {
            node.threshold = static_cast<double>(random.bits() % static_cast<std::uint64_t>(cuts)) / cuts;
        }
        const double share = 0.1 + 0.8 * random.uniform();
        tree.nodes[left].cover = node.cover * share;
        tree.nodes[left + 1].cover = node.cover - tree.nodes[left].cover;
        open[chosen] = left;
        open.push_back(left + 1);
    }
    for (learn::Node &node : tree.nodes) node.value = random.normal();
    return tree;
}

inline learn::Ensemble random_ensemble(const dataset::Columns &columns, std::size_t trees, std::size_t leaves,
                                       math::Random &random) {
    learn::Ensemble ensemble;
    ensemble.base = random.normal();
    for (std::size_t t = 0; t < trees; ++t) ensemble.trees.push_back(random_tree(columns, leaves, random));
    return ensemble;
}

// One value in ten is missing; numbers often meet a threshold.
inline std::vector<double> random_row(const dataset::Columns &columns, math::Random &random) {
    std::vector<double> row;
    for (const dataset::Column &column : columns) {
        const bool none = random.bits() % 10 == 0;
        if (column.is_category())
            row.push_back(none ? 0 : static_cast<double>(1 + random.bits() % column.levels.size()));
        else
            row.push_back(none ? dataset::missing : static_cast<double>(random.bits() % 1000) / 1000);
    }
    return row;
}

} // namespace cd::test
