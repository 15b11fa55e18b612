// Small datasets for the tests of learning.
#pragma once
#include "dataset/dataset.hpp"
#include "learn/bins.hpp"
#include "math/random.hpp"
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

namespace cd::learn {

// Columns of numbers or codes (0 is missing in a category), a label, and weights and customers if there are any.
struct Table {
    std::vector<std::vector<double>> columns;
    std::vector<std::uint8_t> category; // by column: whether it is one
    std::vector<std::uint8_t> label;
    std::vector<double> weight;
    std::vector<double> customer; // dataset::missing: of nobody

    std::size_t rows() const { return label.size(); }
    Table of(const std::vector<std::size_t> &some) const {
        Table t;
        t.category = category;
        for (const auto &column : columns) {
            t.columns.emplace_back();
            for (const std::size_t row : some) t.columns.back().push_back(column[row]);
        }
        for (const std::size_t row : some) {
            t.label.push_back(label[row]);
            if (!weight.empty()) t.weight.push_back(weight[row]);
            if (!customer.empty()) t.customer.push_back(customer[row]);
        }
        return t;
    }
};

inline dataset::Dataset dataset_of(const Table &table, std::pmr::memory_resource *memory) {
    dataset::Shape shape(memory);
    double most = 0;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
        const bool category = !table.category.empty() && table.category[c];
        shape.columns.emplace_back("f" + std::to_string(c + 1),
                                   category ? dataset::Kind::category : dataset::Kind::number);
        if (category) most = std::max(most, *std::ranges::max_element(table.columns[c]));
    }
    shape.columns.emplace_back("label", dataset::Kind::number);
    shape.has_label = true;
    shape.has_weight = !table.weight.empty();
    if (shape.has_weight) shape.columns.emplace_back("weight", dataset::Kind::number);
    shape.has_customer = !table.customer.empty();
    if (shape.has_customer) shape.columns.emplace_back("customer", dataset::Kind::number);
    dataset::Dataset data(memory, SIZE_MAX);
    data.fit_shape(shape);
    // Levels are named so that their order by name is that of the codes, whatever the order of the rows.
    const auto level = [](double code) { return std::to_string(100'000 + static_cast<int>(code)); };
    for (std::size_t row = 0; row < table.rows(); ++row) {
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            const double value = table.columns[c][row];
            if (!shape.columns[c].is_category())
                data.put(c, value);
            else
                data.put(c, value == 0 ? 0 : data.code(c, level(value)));
        }
        data.put(shape.label(), table.label[row]);
        if (shape.has_weight) data.put(shape.weight(), table.weight[row]);
        if (shape.has_customer) data.put(shape.customer(), table.customer[row]);
        data.end_row();
    }
    return data;
}

// All that a fit starts from.
struct Problem {
    std::unique_ptr<std::pmr::memory_resource> memory = std::make_unique<std::pmr::monotonic_buffer_resource>();
    dataset::Dataset data;
    dataset::View view;
    Workers workers;
    Inputs inputs;
    Target target;
    Bins bins;
    std::vector<std::vector<double>> columns; // as FeatureReader gives them

    explicit Problem(const Table &table, int threads = 1, Poll poll = {})
        : data(dataset_of(table, memory.get())), view(data), workers(threads, poll), inputs(view, {}), target(view, {}),
          bins(make_bins(view, inputs, target, workers)) {
        for (std::size_t f = 0; f < inputs.columns.size(); ++f) {
            columns.push_back(inputs.numbers(view, f, {}));
            if (!inputs.columns[f].is_category()) continue;
            const std::vector<std::uint32_t> codes = inputs.categories(view, f, {});
            columns.back().assign(codes.begin(), codes.end());
        }
    }

    std::vector<double> features(std::size_t row) const {
        std::vector<double> values;
        for (const auto &column : columns) values.push_back(column[row]);
        return values;
    }
    std::vector<std::uint32_t> all() const {
        std::vector<std::uint32_t> rows(bins.rows);
        std::iota(rows.begin(), rows.end(), 0U);
        return rows;
    }
};

inline std::vector<std::size_t> shuffled(std::size_t n, math::Random &random) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.bits() % i]);
    return order;
}

// Numbers with few and many values, missing ones, and a category; the label hangs on all of them.
inline Table mixed(std::size_t rows, math::Random &random) {
    Table t;
    t.columns.resize(5);
    t.category = {0, 0, 0, 1, 0};
    for (std::size_t row = 0; row < rows; ++row) {
        const double a = random.normal(), b = std::floor(4 * random.uniform()), c = random.normal();
        const double level = std::floor(8 * random.uniform()); // 0 is missing
        const bool gone = random.uniform() < 0.2;
        t.columns[0].push_back(a);
        t.columns[1].push_back(b);
        t.columns[2].push_back(gone ? dataset::missing : c);
        t.columns[3].push_back(level);
        t.columns[4].push_back(7); // says nothing
        const double score = a + 0.5 * b - 1 + (gone ? 0.7 : 0.4 * c * c) + (level == 3 || level == 6 ? 1.0 : -0.3);
        t.label.push_back(random.uniform() < 1 / (1 + std::exp(-score)));
    }
    return t;
}

inline bool same(const Tree &a, const Tree &b) {
    const auto same_node = [](const Node &x, const Node &y) {
        return x.feature == y.feature && x.left == y.left && x.right == y.right && x.threshold == y.threshold &&
               x.set == y.set && x.missing_left == y.missing_left && x.gain == y.gain && x.cover == y.cover &&
               x.value == y.value;
    };
    return a.sets == b.sets && std::ranges::equal(a.nodes, b.nodes, same_node);
}
inline bool same(const Ensemble &a, const Ensemble &b) {
    return a.base == b.base && std::ranges::equal(a.trees, b.trees, [](auto &x, auto &y) { return same(x, y); });
}

} // namespace cd::learn
