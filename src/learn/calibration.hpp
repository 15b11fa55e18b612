// From scores to probabilities that come true: fitted on rows which the scores' model has not seen.
#pragma once
#include "learn/inputs.hpp"
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cd::learn {

inline constexpr double largest = 1e100; // of scores and stored numbers, so that nothing overflows on the way

// Scores and what became of the rows.
struct Judged {
    std::vector<double> score;
    std::vector<std::uint8_t> label;
    std::vector<double> weight;          // empty if all are 1
    std::vector<std::uint64_t> customer; // key of him whose row it is, or nobody; empty if nobody asked

    std::size_t rows() const { return score.size(); }
    double weight_of(std::size_t row) const { return weight.empty() ? 1 : weight[row]; }
};

// What the scores of a model are. Votes are mean probabilities that may be 0 or 1, so they are read as if a thousandth
// of a vote more had been split: then the order stays, and log odds are not beyond 7.6.
enum class Scores : std::uint8_t { log_odds, probability, votes };

struct Line { // slope * x + shift
    double slope = 1, shift = 0;
};

// A strictly rising function of the score, so that it changes no order.
struct Calibration {
    enum class Method : std::uint8_t { none, platt, isotonic };
    struct Point {
        double at, value; // both log odds
    };
    Scores scores = Scores::log_odds;
    Method method = Method::none;
    Line line;                 // of Platt
    std::vector<Point> points; // of isotonic: at least two, both coordinates rise; straight between them and beyond

    double raw_log_odds(double score) const;
    double log_odds(double score) const; // calibrated
};
const char *name_of(Calibration::Method method);

// The method whose log loss is least when each fifth of the rows, or of their customers, is judged by the fit to the
// others; the simpler one if it is the same. Without a method that fits, none.
Calibration calibrate(const Judged &judged, Scores scores, Poll poll);
// One method. Missing if it does not fit: what rises with the score must not fall, and two points are the least.
std::optional<Calibration> calibrate(const Judged &judged, Scores scores, Calibration::Method method, Poll poll);

// The same model in another population, where `judged` has its calibrated log odds for scores, and numbers of rows for
// weights: a line through them, or if that would not rise, a shift.
Calibration recalibrate(const Calibration &calibration, const Judged &judged, Poll poll);

// Contributions to the score, as those to the calibrated log odds: their sum and the returned base are log_odds(score)
// where before their sum and `base` were the score. All are stretched by the same factor.
double calibrate_contributions(const Calibration &calibration, double base, double score, std::span<double> to);

// The non-decreasing values nearest to these by weighted squares. Weights are positive.
std::vector<double> isotonic(std::span<const double> values, std::span<const double> weights, Poll poll = {});

} // namespace cd::learn
