// What scores are used for: whom to choose, and what a score is worth. Whoever scores highest is chosen first.
#pragma once
#include "evaluation/metrics.hpp"
#include <limits>
#include <string_view>
#include <vector>

namespace cd::evaluation {

inline constexpr int max_groups = 10000;
void check_groups(int groups, const char *argument);

// The best n / groups, the next n / groups, and so on: group g ends at place floor(g n / groups). Of equal scores that
// a border divides each group gets its part of the positive ones: what it would get on average over all orders of them.
struct Gain {
    std::uint64_t rows = 0, cumulative_rows = 0;
    double positives = 0, cumulative_positives = 0;
    double least = 0; // score of a group that has rows
};
std::vector<Gain> gain_table(const Evaluation &, int groups);

enum class Binning { quantile, width };
Binning binning_named(std::string_view method);

// Scores as a calibrated model would give them, and what happened. Equal scores share a bin. Those of Binning::quantile
// are about equally full: a score goes by the middle rank of its ties. Those of Binning::width are ((k - 1) / bins,
// k / bins], the first one with 0. Bins without rows are left out.
struct CalibrationBin {
    int number;
    double low, high; // of its scores
    std::uint64_t rows, positives;
    double predicted; // mean
};
std::vector<CalibrationBin> calibration_table(const Evaluation &, int bins, Binning);
// Expected calibration error: the mean over rows of |predicted - observed| of their bins (Naeini, Cooper and
// Hauskrecht, AAAI 2015).
std::optional<double> calibration_error(const Evaluation &, int bins, Binning);

// How many score at least so much.
struct Chosen {
    double threshold = 0;
    std::uint64_t positives = 0, negatives = 0;
    std::uint64_t rows() const { return positives + negatives; }
};
Chosen chosen_at(const Evaluation &, double threshold);
// Calls visit(Chosen) for nobody, whose threshold is infinite, and for each score, the highest first.
template <class Visit> void each_threshold(const Evaluation &e, Visit &&visit) {
    Chosen chosen{std::numeric_limits<double>::infinity()};
    visit(chosen);
    each_value(e.positive(), e.negative(), e.poll(),
               [&](double score, std::uint64_t positives, std::uint64_t negatives) {
                   chosen.threshold = score;
                   chosen.positives += positives;
                   chosen.negatives += negatives;
                   visit(chosen);
               });
}

struct Campaign {
    double contact_cost, save_value, save_rate;
    void check() const;
    double profit(const Chosen &) const; // refuses one that is no number
};
// The most profitable threshold; of several the highest, so that nobody is contacted in vain.
Chosen best_threshold(const Evaluation &, const Campaign &);

} // namespace cd::evaluation
