#include "survival/cox_design.hpp"
#include "math/sort.hpp"
#include "survival/survival.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

namespace cd::survival {

using dataset::Column, dataset::View, dataset::chunk_rows, dataset::is_missing;

namespace {

constexpr std::size_t none = SIZE_MAX;

std::size_t column_named(const View &view, std::string_view name, const char *argument) {
    std::string names;
    for (std::size_t c = 0; c < view.features(); ++c) {
        const Column &column = view.shape().columns[c];
        if (column.name == name) {
            if (!column.is_category()) return c;
            throw Error(sqlstate::datatype_mismatch, "column \"" + std::string(name) + "\" is no number",
                        std::string("It is named as the ") + argument + ", and is a category.",
                        "Give a number of days, months or the like, or an interval.");
        }
        (names += names.empty() ? "\"" : ", \"") += std::string(column.name) + '"';
    }
    throw Error(sqlstate::undefined_column, "the dataset has no column \"" + std::string(name) + "\"",
                std::string("It is named as the ") + argument + "; besides label and weight there are " + names + ".",
                "Name the column: cox_fit(d, duration => 'tenure').");
}

void require_label(const View &view) {
    if (view.rows() == 0)
        throw Error(sqlstate::invalid_parameter, "the dataset has no rows",
                    view.skipped() > 0 ? "All " + std::to_string(view.skipped()) + " rows were skipped."
                                       : "dataset_agg was given none.",
                    "Rows without a label or weight are skipped; look at where they come from.");
    if (!view.shape().has_label)
        throw Error(sqlstate::invalid_parameter, "the dataset has no label", "The label says who departed.",
                    "Name a boolean column as the label: dataset_agg(f, 'churned').");
}

std::vector<std::uint8_t> events_of(const View &view, Poll poll) {
    const std::vector<double> label = view.column<double>(view.shape().label(), poll);
    std::vector<std::uint8_t> event(label.size());
    for (std::size_t i = 0; i < label.size(); ++i) {
        poll.every(i);
        if (label[i] != 0 && label[i] != 1)
            throw Error(sqlstate::invalid_parameter, "a label is neither true nor false",
                        "That of row " + std::to_string(i + 1) + " is " + digits(label[i]) + ".",
                        "Give a boolean column that says who departed as the label.");
        event[i] = label[i] == 1;
    }
    return event;
}

// Which rows have a value in each column.
class Complete {
  public:
    Complete(const View &view, Poll poll) : view_(view), keep_(view.rows(), 1), missing_(view.features()) {
        std::vector<double> values(chunk_rows);
        view.each(
            [&](std::size_t first, const View::Chunk &chunk) {
                for (std::size_t c = 0; c < view.features(); ++c) {
                    const bool category = view.shape().columns[c].is_category();
                    chunk.read(c, values.data());
                    for (std::size_t i = 0; i < chunk.rows(); ++i) {
                        const bool absent = category ? values[i] == 0 : is_missing(values[i]);
                        missing_[c] += absent;
                        if (absent) keep_[first + i] = 0;
                    }
                }
            },
            poll);
        rows_ = static_cast<std::size_t>(std::count(keep_.begin(), keep_.end(), 1));
        if (rows_ == 0) refuse();
    }
    bool operator[](std::size_t row) const { return keep_[row]; }
    std::size_t rows() const { return rows_; }

  private:
    [[noreturn]] void refuse() const {
        std::string seen;
        for (std::size_t c = 0; c < missing_.size(); ++c)
            if (missing_[c] > 0)
                seen += (seen.empty() ? "" : ", ") + ("\"" + std::string(view_.shape().columns[c].name) + "\" in ") +
                        std::to_string(missing_[c]);
        throw Error(sqlstate::invalid_parameter, "no row has a value in each column",
                    "Missing are " + seen + " of " + std::to_string(view_.rows()) + " rows.",
                    "Leave columns out that are mostly unknown, or give them a value: coalesce(age, 40) AS age, "
                    "age IS NULL AS age_unknown.");
    }

    const View &view_;
    std::vector<std::uint8_t> keep_;
    std::vector<std::uint64_t> missing_;
    std::size_t rows_ = 0;
};

// A category with the values that occur in complete rows; `code` becomes their new codes.
Column sorted_category(const View &view, std::size_t c, const Complete &complete, std::vector<std::uint32_t> &code,
                       Poll poll) {
    const Column &column = view.shape().columns[c];
    code.assign(column.levels.size() + std::size_t{1}, 0);
    std::vector<std::uint32_t> values(chunk_rows);
    view.each(
        [&](std::size_t first, const View::Chunk &chunk) {
            chunk.read(c, values.data());
            for (std::size_t i = 0; i < chunk.rows(); ++i)
                if (complete[first + i]) code[values[i]] = 1;
        },
        poll);
    std::vector<std::uint32_t> used;
    for (std::uint32_t v = 1; v < code.size(); ++v)
        if (code[v]) used.push_back(v);
    std::sort(used.begin(), used.end(), [&column](auto a, auto b) { return column.levels[a] < column.levels[b]; });
    Column sorted(column.name, column.kind, column.name.get_allocator());
    for (const std::uint32_t v : used) code[v] = sorted.levels.add(column.levels[v]);
    return sorted;
}

// Rows in the order that the likelihood wants them in: last the shortest duration.
std::vector<std::uint32_t> by_duration(const std::vector<double> &duration, const Complete &complete, Poll poll) {
    std::vector<std::uint32_t> order;
    order.reserve(complete.rows());
    for (std::size_t i = 0; i < duration.size(); ++i) {
        poll.every(i);
        if (complete[i]) order.push_back(static_cast<std::uint32_t>(i));
    }
    const auto later = [&duration](std::uint32_t a, std::uint32_t b) {
        return duration[a] > duration[b] || (duration[a] == duration[b] && a < b);
    };
    math::polled(order.size(), poll, later, [&order](auto less) { std::sort(order.begin(), order.end(), less); });
    return order;
}

template <class T>
std::vector<T> permuted(const std::vector<T> &of, const std::vector<std::uint32_t> &order, Poll poll) {
    std::vector<T> result(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        poll.every(i);
        result[i] = of[order[i]];
    }
    return result;
}

void take_entries(Outcomes &rows, Poll poll) {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
        poll.every(i);
        check_entry(rows.duration[i], rows.entry[i]);
        if (rows.entry[i] > 0)
            rows.by_entry.push_back(static_cast<std::uint32_t>(i));
        else
            rows.entry[i] = -1;
    }
    const auto later = [&entry = rows.entry](std::uint32_t a, std::uint32_t b) {
        return entry[a] > entry[b] || (entry[a] == entry[b] && a < b);
    };
    math::polled(rows.by_entry.size(), poll, later,
                 [&rows](auto less) { std::sort(rows.by_entry.begin(), rows.by_entry.end(), less); });
}

// Brings the terms to mean 0 and standard deviation 1. A constant becomes 0.
void scale(CoxDesign &design, Poll poll) {
    const std::size_t p = design.rows.terms, n = design.rows.rows();
    std::vector<double> &x = design.rows.x;
    std::vector<double> sum(p), squares(p), low(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(p)), high = low;
    const std::vector<double> origin = low;
    double weight = 0;
    const auto each = [&](auto &&use) {
        for (std::size_t row = 0; row < n; ++row) {
            poll.every(row);
            for (std::size_t j = 0; j < p; ++j) use(row, j, x[row * p + j]);
        }
    };
    for (std::size_t row = 0; row < n; ++row) weight += design.rows.weight_of(row);
    each([&](std::size_t row, std::size_t j, double value) {
        sum[j] += design.rows.weight_of(row) * (value - origin[j]);
        low[j] = std::min(low[j], value);
        high[j] = std::max(high[j], value);
    });
    design.mean.resize(p);
    design.scale.assign(p, 1);
    for (std::size_t j = 0; j < p; ++j) design.mean[j] = low[j] == high[j] ? low[j] : origin[j] + sum[j] / weight;
    each([&](std::size_t row, std::size_t j, double &value) {
        value -= design.mean[j];
        squares[j] += design.rows.weight_of(row) * value * value;
    });
    std::vector<double> inverse(p, 0);
    for (std::size_t j = 0; j < p; ++j) {
        const double sd = std::sqrt(squares[j] / (weight > 1 ? weight - 1 : weight));
        if (!(sd > 0)) continue;
        if (!std::isfinite(sd) || !std::isfinite(1 / sd))
            throw Error(sqlstate::out_of_range, "a column has too large or too small numbers",
                        "Its standard deviation is " + digits(sd) + ".", "Give it in another unit.");
        design.scale[j] = sd;
        inverse[j] = 1 / sd;
    }
    each([&](std::size_t, std::size_t j, double &value) { value *= inverse[j]; });
}

} // namespace

std::size_t terms_of(const Column &column) { return column.is_category() ? column.levels.size() - std::size_t{1} : 1; }
std::size_t terms_of(const dataset::Columns &columns) {
    return std::accumulate(columns.begin(), columns.end(), std::size_t{0},
                           [](std::size_t sum, const Column &column) { return sum + terms_of(column); });
}

CoxDesign cox_design(const View &view, std::string_view duration, std::string_view entry, Poll poll) {
    require_label(view);
    const std::size_t duration_column = column_named(view, duration, "duration");
    const std::size_t entry_column = entry.empty() ? none : column_named(view, entry, "entry");
    if (duration_column == entry_column)
        throw Error(sqlstate::invalid_parameter, "duration and entry are the same column",
                    "Both are \"" + std::string(duration) + "\".",
                    "entry is the age at which a customer was first seen.");
    if (view.rows() > UINT32_MAX)
        throw Error(sqlstate::program_limit, "too many rows for cox_fit",
                    "There are " + std::to_string(view.rows()) + ".", "Fit from a sample of them.");
    const Complete complete(view, poll);
    CoxDesign design;
    design.skipped = view.skipped() + view.rows() - complete.rows();

    std::vector<std::vector<std::uint32_t>> code(view.features());
    for (std::size_t c = 0; c < view.features(); ++c) {
        if (c == duration_column || c == entry_column) continue;
        const Column &column = view.shape().columns[c];
        design.columns.push_back(column.is_category() ? sorted_category(view, c, complete, code[c], poll) : column);
    }
    const std::size_t p = design.rows.terms = terms_of(design.columns);
    if (design.columns.empty())
        throw Error(sqlstate::invalid_parameter, "the dataset has no features",
                    "All its columns are label, weight, duration, entry or ignored.",
                    "Give dataset_agg rows with at least one column that may explain who departs.");
    if (p > max_terms)
        throw Error(sqlstate::program_limit, "too many terms for cox_fit",
                    "There are " + std::to_string(p) + ", the limit is " + std::to_string(max_terms) +
                        ". A category has one for each value but one.",
                    "Name the customer's id in ignore; group rare values into one.");

    const std::vector<double> durations = view.column<double>(duration_column, poll);
    const std::vector<std::uint32_t> order = by_duration(durations, complete, poll);
    CoxRows &rows = design.rows;
    rows.duration = permuted(durations, order, poll);
    for (std::size_t i = 0; i < rows.duration.size(); ++i) {
        poll.every(i);
        check_duration(rows.duration[i], "duration");
    }
    rows.event = permuted(events_of(view, poll), order, poll);
    design.events = static_cast<std::uint64_t>(std::count(rows.event.begin(), rows.event.end(), 1));
    if (design.events == 0)
        throw Error(sqlstate::invalid_parameter, "nobody departs",
                    "The label is false in all " + std::to_string(rows.rows()) + " complete rows.",
                    "Without a departure there is nothing to explain; look at the label.");
    if (view.shape().has_weight) rows.weight = permuted(view.column<double>(view.shape().weight(), poll), order, poll);
    if (entry_column != none) {
        rows.entry = permuted(view.column<double>(entry_column, poll), order, poll);
        take_entries(rows, poll);
    }

    // Where each row goes, and then its terms there.
    std::vector<std::uint32_t> place(view.rows());
    for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = static_cast<std::uint32_t>(i);
    rows.x.resize(rows.rows() * p);
    std::vector<double> values(chunk_rows * view.features());
    view.each(
        [&](std::size_t first, const View::Chunk &chunk) {
            for (std::size_t c = 0; c < view.features(); ++c) chunk.read(c, values.data() + c, view.features());
            for (std::size_t i = 0; i < chunk.rows(); ++i) {
                if (!complete[first + i]) continue;
                double *to = rows.x.data() + place[first + i] * p;
                for (std::size_t c = 0; c < view.features(); ++c) {
                    const double value = values[i * view.features() + c];
                    if (c == duration_column || c == entry_column) continue;
                    if (!view.shape().columns[c].is_category()) {
                        *to++ = value;
                        continue;
                    }
                    const Column &column = design.columns[c - (c > duration_column) - (c > entry_column)];
                    if (const std::uint32_t level = code[c][static_cast<std::size_t>(value)]; level > 1)
                        to[level - 2] = 1;
                    to += terms_of(column);
                }
            }
        },
        poll);
    if (p > 0) scale(design, poll);
    return design;
}

} // namespace cd::survival
