#include "dataset/column_statistics.hpp"
#include "math/sort.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>

namespace cd::dataset {

namespace {

std::vector<ValueCount> counted_codes(const std::vector<double> &codes, std::size_t levels, Poll poll) {
    std::vector<ValueCount> counts(levels);
    for (std::size_t i = 0; i < levels; ++i) counts[i] = {static_cast<double>(i + 1), 0};
    for (std::size_t i = 0; i < codes.size(); ++i) {
        poll.every(i);
        ++counts[static_cast<std::size_t>(codes[i]) - 1].rows;
    }
    std::erase_if(counts, [](const ValueCount &c) { return c.rows == 0; });
    return counts;
}

void keep_most_frequent(std::vector<ValueCount> &counts, const Column &about, Poll poll) {
    const auto before = [&about](const ValueCount &a, const ValueCount &b) {
        if (a.rows != b.rows) return a.rows > b.rows;
        if (!about.is_category()) return a.value < b.value;
        const auto text = [&about](const ValueCount &c) { return about.levels[static_cast<std::uint32_t>(c.value)]; };
        return text(a) < text(b);
    };
    const std::size_t top = std::min(top_values, counts.size());
    math::polled(counts.size(), poll, before, [&](auto less) {
        std::partial_sort(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(top), counts.end(), less);
    });
    counts.resize(top);
}

void count_numbers(std::vector<double> &values, const Column &about, ColumnStatistics &s, Poll poll) {
    math::polled(values.size(), poll, std::less<>(), [&](auto less) { std::sort(values.begin(), values.end(), less); });
    for (std::size_t i = 0, begin = 0; i < values.size(); ++i) {
        poll.every(i);
        if (i + 1 < values.size() && values[i + 1] == values[i]) continue;
        ++s.distinct;
        s.top.push_back({values[i], i + 1 - begin});
        if (s.top.size() == 64 * top_values) keep_most_frequent(s.top, about, poll);
        begin = i + 1;
    }
    keep_most_frequent(s.top, about, poll);
}

// Two passes: the second one, about the mean, loses nothing to a large mean. Of values in ascending order.
void describe(const std::vector<double> &values, ColumnStatistics &s, Poll poll) {
    const auto n = static_cast<double>(values.size());
    const double smallest = values.front(), largest = values.back();
    const double extent = std::max(std::abs(smallest), std::abs(largest));
    // A power of two near 1 / extent: else squares may be infinite, or nothing.
    const double scale = extent == 0 ? 1 : std::ldexp(1, std::clamp(-std::ilogb(extent), -1000, 1000));
    math::Sum sum, square;
    for (std::size_t i = 0; i < values.size(); ++i) {
        poll.every(i);
        sum.add(values[i] * scale);
    }
    const double mean = std::clamp(sum.value() / n, smallest * scale, largest * scale);
    for (std::size_t i = 0; i < values.size(); ++i) {
        poll.every(i);
        square.add((values[i] * scale - mean) * (values[i] * scale - mean));
    }
    s.min = smallest;
    s.max = largest;
    s.mean = mean / scale;
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
    if (about.is_category()) {
        s.top = counted_codes(values, about.levels.size(), poll);
        s.distinct = s.top.size();
        keep_most_frequent(s.top, about, poll);
    } else if (s.n > 0) {
        count_numbers(values, about, s, poll);
        describe(values, s, poll);
    }
    return s;
}

} // namespace cd::dataset
