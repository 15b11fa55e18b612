// Whether customers are still those that a model was made for: the population stability index (Siddiqi, Credit Risk
// Scorecards, 2006), the sum over bins of (actual - expected) ln(actual / expected), both as shares of their total.
#pragma once
#include "dataset/dataset.hpp"
#include "evaluation/distribution.hpp"
#include <optional>
#include <vector>

namespace cd::evaluation {

// A share of nothing counts as this, if the other one is above it: else the logarithm would be infinite.
inline constexpr double least_share = 1e-4;

// Of shares, or counts, in corresponding bins; they are divided by their sums. Undefined if a sum is 0.
std::optional<double> psi(std::span<const double> expected, std::span<const double> actual);
void check_shares(std::span<const double> expected, std::span<const double> actual);

// Of two samples and their missing values, which are a bin of their own. The other bins have about equally many of the
// expected values. Undefined if one has no rows.
std::optional<double> psi(Sample expected, std::uint64_t expected_missing, Sample actual, std::uint64_t actual_missing,
                          int bins, Poll);
std::optional<double> psi(const Evaluation &expected, const Evaluation &actual, int bins);
std::optional<double> psi(const Drift &expected, const Drift &actual, int bins);

std::optional<double> mean(const Drift &);

// The borders of those bins: a value is in bin i if i borders are below it. Values of which each is as frequent as a
// whole bin have a bin of their own, so that no move away from them stays unseen.
std::vector<double> borders(Sample expected, int bins, Poll);

// The usual reading: below 0.1 stable, below 0.25 moderate, else major.
const char *verdict(double psi);

struct FeatureDrift {
    std::optional<double> psi, ks; // ks of numbers
    std::uint64_t missing_expected, missing_actual;
};
// Features of `expected`, found in `actual` by their names.
class DatasetDrift {
  public:
    DatasetDrift(const dataset::View &expected, const dataset::View &actual, int bins, Poll);
    FeatureDrift feature(std::size_t i) const;

  private:
    FeatureDrift of_numbers(std::size_t i) const;
    FeatureDrift of_categories(std::size_t i) const;

    const dataset::View &expected_, &actual_;
    int bins_;
    Poll poll_;
    std::vector<std::size_t> column_; // of a feature in actual
};

} // namespace cd::evaluation
