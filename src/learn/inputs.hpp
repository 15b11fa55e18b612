// What supervised models learn from: the features of a dataset, its label of two classes, its weights and
// customers.
#pragma once
#include "dataset/dataset.hpp"

namespace cd::learn {

// A category with more values than this says who a row is, not what it is like.
inline constexpr std::uint32_t max_levels = 65'535;

// Features as a model keeps them: the values of a category in C order, so that the order of the rows does not show.
struct Inputs {
    dataset::Columns columns;
    std::vector<std::vector<std::uint32_t>> codes; // of a category: its code here by its code in the dataset

    // Throws if the dataset has no rows, no features, or a category of too many values.
    Inputs(const dataset::View &view, Poll poll);

    // A whole column: numbers or dataset::missing; codes as of `columns`, 0 is missing.
    std::vector<double> numbers(const dataset::View &view, std::size_t feature, Poll poll) const;
    std::vector<std::uint32_t> categories(const dataset::View &view, std::size_t feature, Poll poll) const;
};

// A row of which nobody says whose it is.
inline constexpr std::uint64_t nobody = UINT64_MAX;

struct Target {
    std::vector<std::uint8_t> label;     // 1 is the event
    std::vector<double> weight;          // empty if all are 1
    std::vector<std::uint64_t> customer; // whose row it is, as dataset::customer_of; empty if nobody asked
    double total = 0, positives = 0;     // sums of weights

    // Throws if the dataset has no label, one that is neither 0 nor 1, or one class only.
    Target(const dataset::View &view, Poll poll);

    std::size_t rows() const { return label.size(); }
    double weight_of(std::size_t row) const { return weight.empty() ? 1 : weight[row]; }
    double base_rate() const { return positives / total; }
};

} // namespace cd::learn
