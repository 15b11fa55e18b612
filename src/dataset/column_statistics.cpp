#include "dataset/column_statistics.hpp"
#include "math/sort.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>

namespace cd::dataset {

namespace {

// The values that occur, ascending, and how often.
std::vector<ValueCount> counted_numbers(std::vector<double> &values, Poll poll) {
    math::polled(values.size(), poll, std::less<>(), [&](auto less) { std::sort(values.begin(), values.end(), less); });
    std::vector<ValueCount> counts;
    for (std::size_t i = 0; i < values.size(); ++i) {
        poll.every(i);
        if (counts.empty() || counts.back().value != values[i]) counts.push_back({values[i], 0});
        ++counts.back().rows;
    }
    return counts;
}

std::vector<ValueCount> counted_codes(const std::vector<double> &codes, std::size_t levels) {
    std::vector<ValueCount> counts(levels);
    for (std::size_t i = 0; i < levels; ++i) counts[i] = {static_cast<double>(i + 1), 0};
    for (const double code : codes) ++counts[static_cast<std::size_t>(code) - 1].rows;
    std::erase_if(counts, [](const ValueCount &c) { return c.rows == 0; });
    return counts;
}

// Two passes: the second one, about the mean, loses nothing to a large mean.
void describe(const std::vector<double> &values, ColumnStatistics &s) {
    const auto n = static_cast<double>(values.size());
    const double smallest = values.front(), largest = values.back();
    const double extent = std::max(std::abs(smallest), std::abs(largest));
    const double scale = extent > 1e140 ? 1 / extent : 1; // else squares may be infinite
    math::Sum sum, square;
    for (const double v : values) sum.add(v * scale);
    const double mean = sum.value() / n;
    for (const double v : values) square.add((v * scale - mean) * (v * scale - mean));
    s.min = smallest;
    s.max = largest;
    s.mean = std::clamp(mean / scale, smallest, largest);
    if (values.size() > 1) s.sd = std::sqrt(square.value() / (n - 1)) / scale;
    if (s.sd && !std::isfinite(*s.sd)) s.sd.reset(); // beyond the largest double
}

} // namespace

ColumnStatistics statistics(const View &view, std::size_t column, Poll poll) {
    ColumnStatistics s;
    const Column &about = view.shape().columns[column];
    std::vector<double> values = view.column<double>(column, poll);
    std::erase_if(values, [&](double v) { return about.is_category() ? v == 0 : is_missing(v); });
    s.n = values.size();
    s.missing = view.rows() - s.n;
    std::vector<ValueCount> counts =
        about.is_category() ? counted_codes(values, about.levels.size()) : counted_numbers(values, poll);
    s.distinct = counts.size();
    if (!about.is_category() && s.n > 0) describe(values, s);
    const std::size_t top = std::min(top_values, counts.size());
    const auto before = [&](const ValueCount &a, const ValueCount &b) {
        if (a.rows != b.rows) return a.rows > b.rows;
        if (!about.is_category()) return a.value < b.value;
        const auto text = [&](const ValueCount &c) { return about.levels[static_cast<std::uint32_t>(c.value)]; };
        return text(a) < text(b);
    };
    std::partial_sort(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(top), counts.end(), before);
    s.top.assign(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(top));
    return s;
}

} // namespace cd::dataset
