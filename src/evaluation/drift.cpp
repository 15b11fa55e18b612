#include "evaluation/drift.hpp"
#include "evaluation/metrics.hpp"
#include "math/elementary.hpp"
#include "math/sort.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>
#include <limits>

namespace cd::evaluation {

using dataset::View;

void check_shares(std::span<const double> expected, std::span<const double> actual) {
    if (expected.size() != actual.size())
        throw Error(sqlstate::invalid_parameter, "expected and actual must have the same bins",
                    "expected has " + std::to_string(expected.size()) + " elements, actual has " +
                        std::to_string(actual.size()) + ".",
                    "Give a bin that is empty in one of them the share 0.");
    for (const std::span<const double> shares : {expected, actual})
        for (const double share : shares)
            if (!(share >= 0 && std::isfinite(share)))
                throw Error(sqlstate::invalid_parameter, "shares must be finite numbers of at least zero",
                            "One is " + digits(share) + ".", "Counts of rows will do as well.");
}

std::optional<double> psi(std::span<const double> expected, std::span<const double> actual) {
    double expected_total = 0, actual_total = 0;
    for (const double share : expected) expected_total += share;
    for (const double share : actual) actual_total += share;
    if (!(expected_total > 0 && actual_total > 0)) return {};
    if (!std::isfinite(expected_total) || !std::isfinite(actual_total))
        throw Error(sqlstate::out_of_range, "sum of shares is out of range", "", "Divide them by a common number.");
    const auto or_least = [](double share, double other) { return share > 0 ? share : std::min(least_share, other); };
    double sum = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const double e = expected[i] / expected_total, a = actual[i] / actual_total;
        if (e == a) continue;
        const double some_e = or_least(e, a), some_a = or_least(a, e);
        sum += (some_a - some_e) * (math::log(some_a) - math::log(some_e));
    }
    return sum;
}

std::vector<double> borders(Sample expected, int bins, Poll poll) {
    const auto count = static_cast<std::uint64_t>(bins);
    const std::uint64_t total = size(expected, poll);
    std::uint64_t passed = 0, next = 1; // `next` of the quantiles k / bins is to come
    std::vector<double> borders;
    const auto add = [&borders](double border) {
        if (std::isfinite(border) && (borders.empty() || borders.back() < border)) borders.push_back(border);
    };
    for (std::size_t i = 0; i < expected.size(); ++i) {
        poll.every(i);
        const Tally &tally = expected[i];
        passed += tally.count;
        const bool frequent = Product{count} * tally.count >= total;
        if (frequent) add(std::nextafter(tally.value, -std::numeric_limits<double>::infinity()));
        // The quantile k / bins is the least value that k / bins of all do not exceed.
        const bool quantile = next < count && Product{count} * passed >= Product{next} * total;
        while (next < count && Product{count} * passed >= Product{next} * total) ++next;
        if (frequent || quantile) add(tally.value);
    }
    return borders;
}

namespace {

// Rows of each bin; the last one is of those without value.
std::vector<double> counts(Sample sample, std::uint64_t missing, const std::vector<double> &borders, Poll poll) {
    std::vector<double> counts(borders.size() + 2);
    std::size_t bin = 0;
    for (std::size_t i = 0; i < sample.size(); ++i) {
        poll.every(i);
        while (bin < borders.size() && borders[bin] < sample[i].value) ++bin;
        counts[bin] += static_cast<double>(sample[i].count);
    }
    counts.back() = static_cast<double>(missing);
    return counts;
}

// The numbers of a column that are there.
std::vector<Tally> counted(const View &view, std::size_t column, Poll poll) {
    std::vector<double> values = view.column<double>(column, poll);
    std::erase_if(values, dataset::is_missing);
    math::polled(values.size(), poll, std::less<>(), [&](auto less) { std::sort(values.begin(), values.end(), less); });
    std::vector<Tally> tallies;
    for (std::size_t i = 0; i < values.size(); ++i) {
        poll.every(i);
        if (tallies.empty() || tallies.back().value != values[i]) tallies.push_back({values[i], 0});
        ++tallies.back().count;
    }
    return tallies;
}

// The scores of both classes.
std::vector<Tally> all_scores(const Evaluation &e) {
    std::vector<Tally> all;
    all.reserve(e.positive().size() + e.negative().size());
    each_value(e.positive(), e.negative(), e.poll(), [&all](double score, std::uint64_t p, std::uint64_t n) {
        all.push_back({score, p + n});
    });
    std::reverse(all.begin(), all.end());
    return all;
}

} // namespace

std::optional<double> psi(Sample expected, std::uint64_t expected_missing, Sample actual, std::uint64_t actual_missing,
                          int bins, Poll poll) {
    const std::vector<double> cuts = borders(expected, bins, poll);
    return psi(counts(expected, expected_missing, cuts, poll), counts(actual, actual_missing, cuts, poll));
}

std::optional<double> psi(const Evaluation &expected, const Evaluation &actual, int bins) {
    return psi(all_scores(expected), 0, all_scores(actual), 0, bins, expected.poll());
}

std::optional<double> psi(const Drift &expected, const Drift &actual, int bins) {
    return psi(expected.values(), expected.skipped(), actual.values(), actual.skipped(), bins, expected.poll());
}

// Weighted, so that no sum overflows.
std::optional<double> mean(const Drift &drift) {
    const Sample values = drift.values();
    if (values.empty()) return {};
    math::Sum sum;
    for (std::size_t i = 0; i < values.size(); ++i) {
        drift.poll().every(i);
        sum.add(values[i].value * (static_cast<double>(values[i].count) / static_cast<double>(drift.rows())));
    }
    return std::clamp(sum.value(), values.front().value, values.back().value);
}

const char *verdict(double psi) { return psi < 0.1 ? "stable" : psi < 0.25 ? "moderate" : "major"; }

DatasetDrift::DatasetDrift(const View &expected, const View &actual, int bins, Poll poll)
    : expected_(expected), actual_(actual), bins_(bins), poll_(poll) {
    const auto &theirs = actual.shape().columns;
    for (std::size_t i = 0; i < expected.features(); ++i) {
        const dataset::Column &column = expected.shape().columns[i];
        std::size_t found = 0;
        while (found < actual.features() && theirs[found].name != column.name) ++found;
        const std::string name(column.name);
        if (found == actual.features())
            throw Error(sqlstate::undefined_column, "feature \"" + name + "\" is missing from the actual dataset",
                        "The expected one has it.", "Make both datasets with the same columns, or name it in ignore.");
        if (theirs[found].kind != column.kind)
            throw Error(sqlstate::datatype_mismatch,
                        "feature \"" + name + "\" is of another kind in the actual dataset",
                        column.is_category() ? "It was a category and is a number now."
                                             : "It was a number and is a category now.",
                        "Cast the column to the same type in both queries.");
        column_.push_back(found);
    }
}

FeatureDrift DatasetDrift::feature(std::size_t i) const {
    return expected_.shape().columns[i].is_category() ? of_categories(i) : of_numbers(i);
}

FeatureDrift DatasetDrift::of_numbers(std::size_t i) const {
    const std::vector<Tally> expected = counted(expected_, i, poll_), actual = counted(actual_, column_[i], poll_);
    const std::uint64_t missing_expected = expected_.rows() - size(expected, poll_),
                        missing_actual = actual_.rows() - size(actual, poll_);
    return {psi(expected, missing_expected, actual, missing_actual, bins_, poll_), ks(expected, actual, poll_),
            missing_expected, missing_actual};
}

FeatureDrift DatasetDrift::of_categories(std::size_t i) const {
    const dataset::Levels &levels = expected_.shape().columns[i].levels;
    const dataset::Levels &theirs = actual_.shape().columns[column_[i]].levels;
    // A level that only the actual one has comes after those of the expected one; 0 are the missing ones.
    std::vector<std::size_t> bin_of(theirs.size() + std::size_t{1});
    std::size_t bins = levels.size() + std::size_t{1};
    for (std::uint32_t code = 1; code <= theirs.size(); ++code) {
        poll_.every(code);
        const std::uint32_t known = levels.find(theirs[code]);
        bin_of[code] = known ? known : bins++;
    }
    std::vector<double> expected(bins), actual(bins);
    const auto read = [this](const View &view, std::size_t column, auto &&count) {
        const std::vector<double> codes = view.column<double>(column, poll_);
        for (std::size_t row = 0; row < codes.size(); ++row) {
            poll_.every(row);
            count(static_cast<std::size_t>(codes[row]));
        }
    };
    read(expected_, i, [&expected](std::size_t code) { ++expected[code]; });
    read(actual_, column_[i], [&actual, &bin_of](std::size_t code) { ++actual[bin_of[code]]; });
    return {psi(expected, actual), {}, static_cast<std::uint64_t>(expected[0]), static_cast<std::uint64_t>(actual[0])};
}

} // namespace cd::evaluation
