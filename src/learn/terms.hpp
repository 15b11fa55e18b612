// Features as the columns of a linear model. A number is a column; of a category every value that some row has is a 0/1
// column, but for the first in C order; and whatever was missing in some row has one more that says so. A missing
// number itself counts as the mean of those that are known.
#pragma once
#include "learn/inputs.hpp"
#include "learn/linear.hpp"
#include <span>

namespace cd::learn {

// The matrices of a linear model have the square of this.
inline constexpr std::size_t max_terms = 2000;

struct Term {
    enum class Kind : std::uint8_t { number, level, missing };
    Kind kind = Kind::number;
    std::size_t feature = 0;
    std::uint32_t level = 0; // of a level: its code as of Inputs
    std::string name;        // tenure; Contract = One year; TotalCharges is missing
    // Over the rows of the fit, by weight; the standard deviation is that of a population.
    double mean = 0, sd = 0;

    bool constant() const { return sd == 0; } // so it says nothing: no model has a coefficient for it
    double scale() const { return constant() ? 0 : 1 / sd; }
};

struct Terms {
    std::vector<Term> terms;
    // Of a category: the share of the rows by code as of Inputs. share[f][0], of a number too: what is missing.
    std::vector<std::vector<double>> share;
    double total = 0; // weight of all rows

    // `weight` is empty if all are 1. Throws if there are too many columns, or too large numbers.
    Terms(const dataset::View &view, const Inputs &inputs, std::span<const double> weight, Poll poll);

    std::size_t size() const { return terms.size(); }

    // The rows of a chunk, standardised: the columns of some terms, `stride` apart.
    void read(const dataset::View::Chunk &chunk, const Inputs &inputs, std::span<const std::size_t> some, double *to,
              std::size_t stride) const;
};

// The score b0 + sum of b_j (x_j - mean_j) / sd_j, by features; b_j is 0 for columns without a coefficient. A category
// adds 0 in the mean of all rows, a number in the mean of the rows where it is known.
Linear linear_of(const Terms &terms, const Inputs &inputs, double b0, std::span<const double> b);

} // namespace cd::learn
