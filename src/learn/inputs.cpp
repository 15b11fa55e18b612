#include "learn/inputs.hpp"
#include <algorithm>
#include <numeric>

namespace cd::learn {

using dataset::Column, dataset::View;

namespace {

void require_rows(const View &view) {
    if (view.rows() > 0) return;
    throw Error(sqlstate::invalid_parameter, "the dataset has no rows",
                std::to_string(view.skipped()) + " rows were skipped, because their label or weight is NULL.",
                "A model is fitted from rows whose label is known.");
}

} // namespace

Inputs::Inputs(const View &view, Poll poll) {
    require_rows(view);
    const std::size_t features = view.features();
    if (features == 0)
        throw Error(sqlstate::invalid_parameter, "the dataset has no features", "It has a label or weight only.",
                    "Add the columns that a model may look at.");
    codes.resize(features);
    for (std::size_t f = 0; f < features; ++f) {
        poll();
        const Column &seen = view.shape().columns[f];
        Column &column = columns.emplace_back(seen.name, seen.kind);
        if (!seen.is_category()) continue;
        const std::uint32_t levels = seen.levels.size();
        if (levels > max_levels)
            throw Error(sqlstate::program_limit,
                        "category \"" + std::string(seen.name) + "\" has more than 65,535 different values",
                        "It has " + std::to_string(levels) + ".",
                        "Such a column names a row instead of describing it: leave it out, or group its values.");
        std::vector<std::uint32_t> order(levels);
        std::iota(order.begin(), order.end(), 1U);
        std::ranges::sort(order, {}, [&seen](std::uint32_t code) { return seen.levels[code]; });
        codes[f].resize(levels + 1U);
        for (const std::uint32_t code : order) codes[f][code] = column.levels.add(seen.levels[code]);
    }
}

std::vector<double> Inputs::numbers(const View &view, std::size_t feature, Poll poll) const {
    return view.column<double>(feature, poll);
}

std::vector<std::uint32_t> Inputs::categories(const View &view, std::size_t feature, Poll poll) const {
    std::vector<std::uint32_t> all = view.column<std::uint32_t>(feature, poll);
    for (std::uint32_t &code : all) code = codes[feature][code];
    return all;
}

Target::Target(const View &view, Poll poll) {
    const dataset::Shape &shape = view.shape();
    if (!shape.has_label)
        throw Error(sqlstate::invalid_parameter, "the dataset has no label", "It was gathered without naming one.",
                    "Name the column of the outcome, for instance dataset_agg(f, 'churned').");
    require_rows(view);
    const std::string name(shape.columns[shape.label()].name);
    const std::vector<double> values = view.column<double>(shape.label(), poll);
    if (shape.has_weight) weight = view.column<double>(shape.weight(), poll);
    if (shape.has_customer)
        for (const double hash : view.column<double>(shape.customer(), poll))
            customer.push_back(dataset::is_missing(hash) ? nobody : static_cast<std::uint64_t>(hash));
    label.resize(values.size());
    for (std::size_t row = 0; row < values.size(); ++row) {
        poll.every(row);
        if (values[row] != 0 && values[row] != 1)
            throw Error(sqlstate::invalid_parameter, "label \"" + name + "\" is neither true nor false",
                        "A row has " + digits(values[row]) + ".",
                        "Give a boolean, or 1 for customers who left and 0 for those who stayed.");
        label[row] = values[row] == 1;
        total += weight_of(row);
        if (label[row]) positives += weight_of(row);
    }
    if (positives == 0 || positives == total)
        throw Error(sqlstate::invalid_parameter, "label \"" + name + "\" has one class only",
                    "All " + std::to_string(values.size()) + " rows are " + (positives == 0 ? "false." : "true."),
                    "A model needs rows of both outcomes.");
}

} // namespace cd::learn
