// What sets the members of a segment apart from everybody.
#pragma once
#include "dataset/dataset.hpp"

namespace cd::segment {

// A number, or one value of a category.
struct Contrast {
    std::size_t feature;
    std::uint32_t level = 0; // of a category, 0 is the missing value
    // Means of members and of all rows that have the number; of a category the shares of all rows.
    std::optional<double> members, base;
    std::optional<double> index; // 100 members / base, where base > 0
    // How many standard errors the members' mean lies from that of all, had they been drawn from all rows without
    // looking: with S the sample sd of all N rows, n of them drawn, it is S sqrt((1 / n) (1 - n / N)) (Cochran 1977,
    // 2.22). For the share of a value this is the hypergeometric standard deviation.
    std::optional<double> z;
};

// The label of the dataset says who is a member: 1, or 0. Features in their order, values of a category the most
// frequent first, and only those that occur.
std::vector<Contrast> contrasts(const dataset::View &view, Poll poll);

} // namespace cd::segment
