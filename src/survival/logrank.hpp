// Whether groups of customers stay equally long.
#pragma once
#include "survival/survival.hpp"
#include <optional>
#include <vector>

namespace cd::survival {

struct LogrankGroup {
    std::uint64_t rows = 0;
    double observed = 0, expected = 0; // events, weighted as the test is
};
struct Logrank {
    std::vector<LogrankGroup> groups;
    std::uint64_t degrees_of_freedom = 0;
    // Undefined with less than two groups in which an event could have happened.
    std::optional<double> chi_square, log10_p;
    std::optional<double> p_value() const;
};

inline constexpr std::size_t max_groups = 1000;

// Of counted summaries of disjoint rows. Each time counts as S^rho, S being the share of all that is left just before:
// rho = 0 is the log-rank test (Mantel 1966), 1 the test of Peto and Peto 1972, which looks more at the early times
// (Harrington and Fleming 1982).
Logrank logrank(const std::vector<const Survival *> &groups, double rho, Poll poll);

} // namespace cd::survival
