#include "learn/calibration.hpp"
#include "math/log_odds.hpp"
#include "math/random.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <tuple>

namespace cd::learn {

namespace {

using Method = Calibration::Method;

constexpr const char *methods[] = {"none", "platt", "isotonic"};
constexpr double split_vote = 0.0005;
constexpr int folds = 5;

// Rounding may make of two points one.
void add_point(std::vector<Calibration::Point> &points, double at, double value) {
    if (points.empty() || (at > points.back().at && value > points.back().value)) points.push_back({at, value});
}

// Rows in the order of their log odds.
struct Row {
    double x, weight;
    bool label;
    std::uint64_t customer;
};

std::vector<Row> rows_of(const Judged &judged, const Calibration &scale, Poll poll) {
    std::vector<Row> rows;
    rows.reserve(judged.rows());
    for (std::size_t i = 0; i < judged.rows(); ++i) {
        poll.every(i);
        if (judged.weight_of(i) > 0)
            rows.push_back({scale.log_odds(judged.score[i]), judged.weight_of(i), judged.label[i] != 0,
                            judged.customer.empty() ? nobody : judged.customer[i]});
    }
    math::polled(
        rows.size(), poll,
        [](const Row &a, const Row &b) {
            return std::tie(a.x, a.label, a.weight, a.customer) < std::tie(b.x, b.label, b.weight, b.customer);
        },
        [&rows](auto less) { std::sort(rows.begin(), rows.end(), less); });
    return rows;
}

struct Totals {
    double weight = 0, positives = 0, unit = 1; // unit: the mean weight, which counts as one row
};
Totals totals_of(const std::vector<Row> &rows) {
    Totals totals;
    for (const Row &row : rows) {
        totals.weight += row.weight;
        totals.positives += row.label ? row.weight : 0;
    }
    if (!rows.empty()) totals.unit = totals.weight / static_cast<double>(rows.size());
    return totals;
}

// Log loss of a line, its gradient and its second derivatives; the labels are not quite 0 and 1.
struct Derivatives {
    double loss = 0, by_slope = 0, by_shift = 0, slopes = 0, both = 0, shifts = 0;
};
Derivatives derivatives(const std::vector<Row> &rows, const Totals &totals, const Line &line, Poll poll) {
    const double negatives = totals.weight - totals.positives;
    const double high = (totals.positives + totals.unit) / (totals.positives + 2 * totals.unit);
    const double low = totals.unit / (negatives + 2 * totals.unit);
    Derivatives d;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        poll.every(i);
        const auto &[x, weight, label, customer] = rows[i];
        const double at = line.slope * x + line.shift, target = label ? high : low;
        const double p = math::probability(at);
        const double gradient = weight * (p - target), curvature = weight * p * (1 - p);
        d.loss += weight * (math::log_1_exp(at) - target * at);
        d.by_slope += gradient * x;
        d.by_shift += gradient;
        d.slopes += curvature * x * x;
        d.both += curvature * x;
        d.shifts += curvature;
    }
    return d;
}

// Platt 2000 by Newton's method with backtracking, as Lin, Lin and Weng 2007, algorithm 1. With `keep_slope` the shift
// alone is fitted.
Line fit_line(const std::vector<Row> &rows, const Totals &totals, bool keep_slope, Poll poll) {
    constexpr double ridge = 1e-12; // against a second derivative of 0
    const double negatives = totals.weight - totals.positives;
    Line line{keep_slope ? 1.0 : 0.0, 0};
    if (!keep_slope) line.shift = math::log((totals.positives + totals.unit) / (negatives + totals.unit));
    Derivatives d = derivatives(rows, totals, line, poll);
    for (int round = 0; round < 100; ++round) {
        const double a = d.slopes + ridge * totals.weight, c = d.shifts + ridge * totals.weight, b = d.both;
        Line step{0, -d.by_shift / c};
        if (const double determinant = a * c - b * b; !keep_slope && determinant > 0)
            step = {-(c * d.by_slope - b * d.by_shift) / determinant, -(a * d.by_shift - b * d.by_slope) / determinant};
        const double descent = step.slope * d.by_slope + step.shift * d.by_shift;
        if (!(descent < -1e-14 * totals.weight)) break;
        bool better = false;
        for (double length = 1; length > 1e-10 && !better; length /= 2) {
            const Line next{line.slope + length * step.slope, line.shift + length * step.shift};
            const Derivatives there = derivatives(rows, totals, next, poll);
            better = there.loss < d.loss + 1e-4 * length * descent;
            if (!better) continue;
            line = next;
            d = there;
        }
        if (!better) break;
    }
    return line;
}

// Neighbours of which the left one is not below the right one become one, until none are left: the pool of adjacent
// violators (Ayer, Brunk, Ewing, Reid, Silverman 1955).
template <class Block, class Value> void pool(std::vector<Block> &blocks, Value &&value, Poll poll) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        poll.every(i);
        Block block = blocks[i];
        while (kept > 0 && value(blocks[kept - 1]) >= value(block)) {
            Block &before = blocks[--kept];
            before.add(block);
            block = before;
        }
        blocks[kept++] = block;
    }
    blocks.resize(kept);
}

struct Block {
    double weight, positives, lowest, highest, sum; // sum of weight * x
    void add(const Block &next) {
        weight += next.weight;
        positives += next.positives;
        highest = next.highest;
        sum += next.sum;
    }
};

// A row of the base rate is added to each block, so that none is 0 or 1; those that fall by it are pooled again. Blocks
// are points at their mean, and what is between them is interpolated: no scores become equal.
std::vector<Calibration::Point> fit_isotonic(const std::vector<Row> &rows, Poll poll) {
    const Totals totals = totals_of(rows);
    std::vector<Block> blocks;
    for (const auto &[x, weight, label, customer] : rows) {
        const Block one{weight, label ? weight : 0, x, x, weight * x};
        if (!blocks.empty() && blocks.back().lowest == x)
            blocks.back().add(one);
        else
            blocks.push_back(one);
    }
    const double more = totals.unit * totals.positives / totals.weight;
    const auto smoothed = [&](const Block &block) { return (block.positives + more) / (block.weight + totals.unit); };
    pool(
        blocks, [](const Block &block) { return block.positives / block.weight; }, poll);
    pool(blocks, smoothed, poll);
    std::vector<Calibration::Point> points;
    for (const Block &block : blocks)
        add_point(points, std::clamp(block.sum / block.weight, block.lowest, block.highest),
                  math::log_odds(smoothed(block)));
    if (points.size() < 2) return {};
    // Next to the ends the function may be as steep as it likes, but not far beyond them.
    const auto slope = [](const auto &from, const auto &to) {
        return std::min(1.0, (to.value - from.value) / (to.at - from.at));
    };
    const auto first = points[0], last = points.back();
    const double before = slope(first, points[1]), after = slope(points[points.size() - 2], last);
    points.insert(points.begin(), {first.at - 1, first.value - before});
    points.push_back({last.at + 1, last.value + after});
    return points;
}

std::optional<Calibration> fit(const std::vector<Row> &rows, Calibration scale, Method method, Poll poll) {
    const Totals totals = totals_of(rows);
    scale.method = method;
    if (method == Method::none) return scale;
    if (!(totals.positives > 0 && totals.positives < totals.weight)) return std::nullopt;
    if (method == Method::platt) {
        scale.line = fit_line(rows, totals, false, poll);
        // What is next to flat is not told from what falls.
        if (!(scale.line.slope > 1e-6)) return std::nullopt;
    } else {
        scale.points = fit_isotonic(rows, poll);
        if (scale.points.size() < 2) return std::nullopt;
    }
    return scale;
}

double piecewise(const std::vector<Calibration::Point> &points, double x) {
    auto right = std::ranges::upper_bound(points.begin() + 1, points.end() - 1, x, {}, &Calibration::Point::at);
    const auto left = right - 1;
    const double way = (x - left->at) / (right->at - left->at);
    return std::lerp(left->value, right->value, std::clamp(way, -largest, largest));
}

double calibrated(const Calibration &calibration, double x) {
    if (calibration.method == Method::none) return x;
    if (calibration.method == Method::platt) return calibration.line.slope * x + calibration.line.shift;
    return piecewise(calibration.points, x);
}

} // namespace

const char *name_of(Method method) { return methods[static_cast<std::size_t>(method)]; }

double Calibration::raw_log_odds(double score) const {
    if (scores == Scores::log_odds) return score;
    const double more = scores == Scores::votes ? split_vote : 0;
    return math::log(std::max(score + more, DBL_MIN) / std::max(1 - score + more, DBL_EPSILON));
}

double Calibration::log_odds(double score) const { return calibrated(*this, raw_log_odds(score)); }

std::optional<Calibration> calibrate(const Judged &judged, Scores scores, Method method, Poll poll) {
    Calibration scale;
    scale.scores = scores;
    return fit(rows_of(judged, scale, poll), scale, method, poll);
}

Calibration calibrate(const Judged &judged, Scores scores, Poll poll) {
    Calibration scale;
    scale.scores = scores;
    const std::vector<Row> rows = rows_of(judged, scale, poll);
    double loss[std::size(methods)] = {};
    for (std::uint64_t fold = 0; fold < folds; ++fold) {
        std::vector<Row> learnt, left_out; // by customer or place in the order: the same however the rows came
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::uint64_t drawn = math::mix(rows[i].customer == nobody ? i : rows[i].customer);
            (drawn % folds == fold ? left_out : learnt).push_back(rows[i]);
        }
        for (const Method method : {Method::none, Method::platt, Method::isotonic}) {
            double &sum = loss[static_cast<std::size_t>(method)];
            const std::optional<Calibration> fitted = fit(learnt, scale, method, poll);
            if (!fitted) sum = DBL_MAX;
            for (std::size_t i = 0; fitted && i < left_out.size(); ++i) {
                poll.every(i);
                const double x = calibrated(*fitted, left_out[i].x);
                sum += left_out[i].weight * math::log_1_exp(left_out[i].label ? -x : x);
            }
        }
    }
    const auto best = static_cast<Method>(std::ranges::min_element(loss) - loss);
    return fit(rows, scale, best, poll).value_or(scale);
}

Calibration recalibrate(const Calibration &calibration, const Judged &judged, Poll poll) {
    const std::vector<Row> rows = rows_of(judged, {}, poll);
    if (rows.empty()) return calibration;
    Totals totals = totals_of(rows);
    totals.unit = 1;
    Line line = fit_line(rows, totals, false, poll);
    if (!(line.slope > 1e-6)) line = fit_line(rows, totals, true, poll);
    Calibration both = calibration;
    if (both.method == Method::isotonic) {
        both.points.clear();
        for (const auto &[at, value] : calibration.points) add_point(both.points, at, line.slope * value + line.shift);
    } else {
        both.method = Method::platt;
        both.line = {line.slope * calibration.line.slope, line.slope * calibration.line.shift + line.shift};
    }
    return both;
}

double calibrate_contributions(const Calibration &calibration, double base, double score, std::span<double> to) {
    const double from = calibration.log_odds(base);
    double low = base, high = score;
    if (low == high) { // contributions may still be there that cancel
        const double little = 1e-6 * std::max(1.0, std::abs(score));
        low -= little;
        high += little;
    }
    const double factor = std::min((calibration.log_odds(high) - calibration.log_odds(low)) / (high - low), largest);
    for (double &contribution : to) contribution *= factor;
    return from;
}

std::vector<double> isotonic(std::span<const double> values, std::span<const double> weights, Poll poll) {
    struct Mean {
        double weight, sum;
        std::size_t rows;
        void add(const Mean &next) {
            weight += next.weight;
            sum += next.sum;
            rows += next.rows;
        }
        double value() const { return sum / weight; }
    };
    std::vector<Mean> blocks;
    for (std::size_t i = 0; i < values.size(); ++i) blocks.push_back({weights[i], weights[i] * values[i], 1});
    pool(
        blocks, [](const Mean &block) { return block.value(); }, poll);
    std::vector<double> fitted;
    for (const Mean &block : blocks) fitted.insert(fitted.end(), block.rows, block.value());
    return fitted;
}

} // namespace cd::learn
