#include "learn/terms.hpp"
#include <algorithm>
#include <cmath>

namespace cd::learn {

using dataset::View, dataset::Column, dataset::chunk_rows;

namespace {

[[noreturn]] void refuse_range(const Column &column) {
    throw Error(sqlstate::out_of_range, "column \"" + std::string(column.name) + "\" has numbers out of range",
                "Their mean or standard deviation is beyond double precision.",
                "Scale the column, and look for absurd values.");
}

// Two passes: the mean from the differences to the first number, so that a constant column has a standard deviation of
// exactly 0, then the squares, in a unit with which they neither overflow nor vanish. Chunks are summed by themselves,
// so that the error of a sum does not grow with all rows.
struct Moments {
    double first = dataset::missing, shift = 0, spread = 0, unit = 1, squares = 0;
    double known = 0, unknown = 0; // weights
    double mean = 0;

    template <class Weight> void add(const double *x, std::size_t n, Weight weight) {
        if (dataset::is_missing(first)) {
            const double *const found = std::find_if_not(x, x + n, dataset::is_missing);
            if (found != x + n) first = *found;
        }
        double part_shift = 0, part_known = 0, part_unknown = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double difference = x[i] - first, w = weight(i);
            const bool here = !dataset::is_missing(x[i]);
            part_shift += here ? w * difference : 0;
            spread = std::max(spread, here ? std::abs(difference) : 0);
            part_known += here ? w : 0;
            part_unknown += here ? 0 : w;
        }
        shift += part_shift;
        known += part_known;
        unknown += part_unknown;
    }
    void end_first(const Column &column) {
        if (known > 0) mean = first + shift / known;
        if (!std::isfinite(mean) || !std::isfinite(spread)) refuse_range(column);
        if (spread > 0) unit = std::ldexp(1.0, -std::clamp(std::ilogb(spread), -1000, 1000));
    }
    template <class Weight> void add_squares(const double *x, std::size_t n, Weight weight) {
        double part = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const double difference = dataset::is_missing(x[i]) ? 0 : (x[i] - mean) * unit;
            part += weight(i) * difference * difference;
        }
        squares += part;
    }
    double sd(const Column &column) const {
        const double sd = std::sqrt(squares / (known + unknown)) / unit;
        if (spread > 0 && !(std::isnormal(sd) && std::isnormal(1 / sd))) refuse_range(column);
        return spread > 0 ? sd : 0;
    }
};

Term indicator(Term::Kind kind, std::size_t feature, std::uint32_t level, std::string name, double count,
               double total) {
    return {kind, feature, level, std::move(name), count / total, std::sqrt(count * (total - count)) / total};
}

} // namespace

Terms::Terms(const View &view, const Inputs &inputs, std::span<const double> weight, Poll poll) {
    const std::size_t features = inputs.columns.size();
    std::vector<Moments> moments(features);
    share.resize(features);
    for (std::size_t f = 0; f < features; ++f) share[f].resize(inputs.columns[f].levels.size() + 1U);

    std::vector<double> x(chunk_rows);
    std::vector<std::uint32_t> code(chunk_rows);
    // visit(i) is the weight of row i of the chunk.
    const auto weighted = [weight](std::size_t first, auto &&visit) {
        if (weight.empty())
            visit([](std::size_t) { return 1.0; });
        else
            visit([w = weight.data() + first](std::size_t i) { return w[i]; });
    };
    view.each(
        [&](std::size_t first, const View::Chunk &chunk) {
            weighted(first, [&](auto w) {
                double sum = 0;
                for (std::size_t i = 0; i < chunk.rows(); ++i) sum += w(i);
                total += sum;
                for (std::size_t f = 0; f < features; ++f) {
                    if (!inputs.columns[f].is_category()) {
                        chunk.read(f, x.data());
                        moments[f].add(x.data(), chunk.rows(), w);
                        continue;
                    }
                    chunk.read(f, code.data());
                    for (std::size_t i = 0; i < chunk.rows(); ++i) share[f][inputs.codes[f][code[i]]] += w(i);
                }
            });
        },
        poll);
    for (std::size_t f = 0; f < features; ++f)
        if (!inputs.columns[f].is_category()) moments[f].end_first(inputs.columns[f]);
    view.each(
        [&](std::size_t first, const View::Chunk &chunk) {
            weighted(first, [&](auto w) {
                for (std::size_t f = 0; f < features; ++f) {
                    if (moments[f].spread == 0) continue;
                    chunk.read(f, x.data());
                    moments[f].add_squares(x.data(), chunk.rows(), w);
                }
            });
        },
        poll);

    for (std::size_t f = 0; f < features; ++f) {
        poll();
        const Column &column = inputs.columns[f];
        const std::string name(column.name);
        std::vector<double> &count = share[f];
        double all = 0; // the sum of these very counts, so that the only level of a category has all of it
        if (column.is_category()) {
            for (const double c : count) all += c;
            bool reference = true;
            for (std::uint32_t level = 1; level < count.size(); ++level) {
                if (count[level] == 0) continue;
                if (!reference)
                    terms.push_back(indicator(Term::Kind::level, f, level,
                                              name + " = " + std::string(column.levels[level]), count[level], all));
                reference = false;
            }
        } else {
            terms.push_back({Term::Kind::number, f, 0, name, moments[f].mean, moments[f].sd(column)});
            count[0] = moments[f].unknown;
            all = moments[f].known + moments[f].unknown;
        }
        if (count[0] > 0) terms.push_back(indicator(Term::Kind::missing, f, 0, name + " is missing", count[0], all));
        for (double &c : count) c /= all;
    }
    if (terms.size() > max_terms)
        throw Error(sqlstate::program_limit, "too many columns for a linear model",
                    "With one for each value of a category there are " + std::to_string(terms.size()) +
                        ", the limit is " + std::to_string(max_terms) + ".",
                    "Leave columns out, or group rare values of categories into one.");
}

void Terms::read(const View::Chunk &chunk, const Inputs &inputs, std::span<const std::size_t> some, double *to,
                 std::size_t stride) const {
    std::vector<double> x(chunk.rows());
    std::vector<std::uint32_t> code(chunk.rows());
    std::size_t have = SIZE_MAX; // the feature that was read last
    for (const std::size_t j : some) {
        const Term &term = terms[j];
        const bool category = inputs.columns[term.feature].is_category();
        if (term.feature != have) {
            have = term.feature;
            if (category) {
                chunk.read(have, code.data());
                for (std::uint32_t &c : code) c = inputs.codes[have][c];
            } else
                chunk.read(have, x.data());
        }
        const double mean = term.mean, scale = term.scale(), zero = -mean * scale, one = (1 - mean) * scale;
        if (category)
            std::transform(code.begin(), code.end(), to, [&](std::uint32_t c) { return c == term.level ? one : zero; });
        else if (term.kind == Term::Kind::missing)
            std::transform(x.begin(), x.end(), to, [&](double v) { return dataset::is_missing(v) ? one : zero; });
        else
            std::transform(x.begin(), x.end(), to,
                           [&](double v) { return dataset::is_missing(v) ? 0 : (v - mean) * scale; });
        to += stride;
    }
}

Linear linear_of(const Terms &terms, const Inputs &inputs, double b0, std::span<const double> b) {
    Linear linear;
    linear.base = b0;
    linear.effects.resize(inputs.columns.size());
    for (std::size_t f = 0; f < inputs.columns.size(); ++f)
        if (inputs.columns[f].is_category()) linear.effects[f].level.resize(terms.share[f].size());
    for (std::size_t j = 0; j < terms.size(); ++j) {
        const Term &term = terms.terms[j];
        if (term.constant()) continue;
        Linear::Effect &effect = linear.effects[term.feature];
        const double slope = b[j] / term.sd;
        if (term.kind == Term::Kind::number) {
            effect.slope = slope;
            effect.mean = term.mean;
            effect.importance = std::abs(b[j]);
        } else if (!effect.level.empty())
            effect.level[term.level] = slope; // level[0] is what is missing until the end of this function
        else {
            // Rows where the number is known are the measure, so they add nothing in the mean.
            effect.missing = slope;
            effect.importance = std::hypot(effect.importance, b[j]);
            linear.base -= slope * term.mean;
        }
    }
    for (std::size_t f = 0; f < inputs.columns.size(); ++f) {
        Linear::Effect &effect = linear.effects[f];
        const std::vector<double> &share = terms.share[f];
        double mean = 0, square = 0;
        for (std::size_t c = 0; c < effect.level.size(); ++c) mean += share[c] * effect.level[c];
        for (std::size_t c = 0; c < effect.level.size(); ++c) {
            effect.level[c] -= mean;
            square += share[c] * effect.level[c] * effect.level[c];
        }
        if (effect.level.empty()) continue;
        effect.importance = std::sqrt(square);
        effect.missing = share[0] > 0 ? effect.level[0] : 0;
        for (std::size_t c = 0; c < effect.level.size(); ++c)
            if (c == 0 || share[c] == 0) effect.level[c] = effect.missing;
    }
    return linear;
}

} // namespace cd::learn
