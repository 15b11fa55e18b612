// How the columns of a dataset become what proportional hazards are fitted to.
#pragma once
#include "dataset/dataset.hpp"
#include "survival/cox.hpp"

namespace cd::survival {

// A number is a term, a category one for each of its values but the first: whether it has that value.
std::size_t terms_of(const dataset::Column &column);
std::size_t terms_of(const dataset::Columns &columns);
inline constexpr std::size_t max_terms = 500;

struct CoxDesign {
    CoxRows rows;
    dataset::Columns columns;        // values of categories in the order of their bytes
    std::vector<double> mean, scale; // of terms; those of constant ones have scale 1
    std::uint64_t skipped = 0;       // rows with a missing value, and those that the dataset had skipped
    std::uint64_t events = 0;
};

// The label says who departed. `entry` is the name of a column, or empty.
CoxDesign cox_design(const dataset::View &, std::string_view duration, std::string_view entry, Poll);

} // namespace cd::survival
