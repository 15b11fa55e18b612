#include "learn/histogram.hpp"
#include <algorithm>

namespace cd::learn {

namespace {

constexpr std::size_t ahead = 24;          // rows that are fetched before they are needed
constexpr std::size_t task_rows = 1 << 13; // fewer are not worth a task

// Narrow sums of a column stand so far from those of the next: not a power of two, which would put the same bin of all
// columns into one place of the cache.
constexpr std::size_t stride = max_bins + 8;

// `at` says where the chosen columns are in a row; with `all` they are the first ones.
template <bool all>
void add_rows(const std::uint8_t *bins, std::size_t width, const std::int64_t *words,
              std::span<const std::uint32_t> rows, std::span<const std::uint32_t> at, std::int64_t *narrow) {
    const std::size_t n = at.size(), n4 = n / 4 * 4;
    const auto bin = [&at](const std::uint8_t *row, std::size_t j) { return row[all ? j : at[j]]; };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::size_t later = rows[std::min(i + ahead, rows.size() - 1)];
        __builtin_prefetch(words + later);
        __builtin_prefetch(bins + later * width);
        __builtin_prefetch(bins + later * width + width - 1);
        const std::uint8_t *const row = bins + rows[i] * width;
        const std::int64_t word = Narrow::of(words[rows[i]]);
        std::int64_t *to = narrow;
        std::size_t j = 0;
        for (; j < n4; j += 4, to += 4 * stride) {
            to[bin(row, j)] += word;
            to[stride + bin(row, j + 1)] += word;
            to[2 * stride + bin(row, j + 2)] += word;
            to[3 * stride + bin(row, j + 3)] += word;
        }
        for (; j < n; ++j, to += stride) to[bin(row, j)] += word;
    }
}

} // namespace

std::vector<std::uint32_t> HistogramBuilder::places(const Bins &bins, std::span<const std::uint32_t> columns) {
    std::vector<std::uint32_t> begin{0};
    for (const std::uint32_t f : columns) begin.push_back(begin.back() + bins.features[f].bins);
    return begin;
}

void HistogramBuilder::add(const Gradients &gradients, std::span<const std::uint32_t> rows,
                           std::span<const std::uint32_t> columns, std::span<const std::uint32_t> begin,
                           std::vector<std::int64_t> &narrow, Histogram &to, Poll poll) const {
    if (narrow.size() < columns.size() * stride) narrow.resize(columns.size() * stride);
    const bool all = columns.size() == bins_.features.size();
    for (std::size_t first = 0; first < rows.size(); first += Narrow::rows) {
        poll();
        const auto block = rows.subspan(first, std::min(Narrow::rows, rows.size() - first));
        (all ? add_rows<true> : add_rows<false>)(bins_.of.data(), bins_.features.size(), gradients.of.data(), block,
                                                 columns, narrow.data());
        for (std::size_t c = 0; c < columns.size(); ++c)
            for (std::size_t i = begin[c], from = c * stride; i < begin[c + 1]; ++i, ++from) {
                to.of[i].add(narrow[from]);
                narrow[from] = 0;
            }
    }
}

void HistogramBuilder::build(const Gradients &gradients, std::span<const std::uint32_t> rows,
                             std::span<const std::uint32_t> columns, std::span<const std::uint32_t> begin,
                             Histogram &to, Workers &workers) {
    to.of.assign(begin.back(), {});
    const std::size_t tasks =
        std::clamp<std::size_t>(rows.size() / task_rows, 1, static_cast<std::size_t>(workers.threads()));
    if (parts_.size() < tasks) parts_.resize(tasks);
    workers.run(tasks, [&](std::size_t i, Poll poll) {
        const std::size_t first = rows.size() * i / tasks, end = rows.size() * (i + 1) / tasks;
        Histogram &sum = i == 0 ? to : parts_[i].sum;
        if (i > 0) sum.of.assign(begin.back(), {});
        add(gradients, rows.subspan(first, end - first), columns, begin, parts_[i].narrow, sum, poll);
    });
    for (std::size_t i = 1; i < tasks; ++i)
        for (std::size_t bin = 0; bin < begin.back(); ++bin) to.of[bin] += parts_[i].sum.of[bin];
}

} // namespace cd::learn
