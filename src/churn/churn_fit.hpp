// Fitting a model of who leaves: one call for all algorithms, whose options are looked at before any work begins.
#pragma once
#include "churn/churn_model.hpp"
#include "evaluation/distribution.hpp"
#include "common/work.hpp"

namespace cd::churn {

// In the order of the arguments of churn_fit.
enum class Choice : std::uint8_t {
    trees,
    leaves,
    depth,
    learning_rate,
    min_leaf,
    min_split,
    subsample,
    feature_fraction,
    l1,
    l2,
    firth,
    complexity,
    max_iterations,
    early_stopping,
    count
};
enum class ChoiceType { whole, real, flag };
ChoiceType type_of(Choice);

enum class CalibrationChoice : std::uint8_t { by_algorithm, automatic, none, platt, isotonic };
CalibrationChoice calibration_named(std::string_view name);

struct FitOptions {
    Algorithm algorithm = Algorithm::boosting;
    std::array<std::optional<double>, static_cast<std::size_t>(Choice::count)> choices;
    struct Direction {
        std::string feature;
        double sign;
    };
    std::vector<Direction> monotone;
    CalibrationChoice calibrate = CalibrationChoice::by_algorithm;
    std::uint64_t seed = 0;

    std::optional<double> &operator[](Choice c) { return choices[static_cast<std::size_t>(c)]; }
    const std::optional<double> &operator[](Choice c) const { return choices[static_cast<std::size_t>(c)]; }
};

// Fits the probabilities of a model to outcomes of another population; the scores are its probabilities there.
void recalibrate(ChurnModel &model, const evaluation::Evaluation &outcomes, Poll poll);

ChurnModel fit(const dataset::View &view, const FitOptions &options, const Work &work);

} // namespace cd::churn
