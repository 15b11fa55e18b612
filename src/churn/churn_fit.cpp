#include "churn/churn_fit.hpp"
#include "evaluation/metrics.hpp"
#include "learn/boosting.hpp"
#include "learn/cart.hpp"
#include "learn/forest.hpp"
#include "learn/logistic.hpp"
#include <algorithm>
#include <cmath>

namespace cd::churn {

using dataset::View;
using learn::Calibration, learn::Inputs, learn::Target;

namespace {

constexpr unsigned logistic = 1, tree = 2, forest = 4, boosting = 8;

struct Known {
    const char *name;
    ChoiceType type;
    unsigned algorithms;
    double low, high;
    bool above = false; // low itself is too low
};
constexpr Known known[] = {
    {"trees", ChoiceType::whole, forest | boosting, 1, 10'000},
    {"leaves", ChoiceType::whole, tree | forest | boosting, 2, learn::max_leaves},
    {"depth", ChoiceType::whole, tree, 1, 30},
    {"learning_rate", ChoiceType::real, boosting, 0, 1, true},
    {"min_leaf", ChoiceType::real, tree | forest | boosting, 0, 1e12, true},
    {"min_split", ChoiceType::real, tree, 0, 1e12},
    {"subsample", ChoiceType::real, forest | boosting, 0, 1, true},
    {"feature_fraction", ChoiceType::real, forest | boosting, 0, 1, true},
    {"l1", ChoiceType::real, logistic, 0, 1e9},
    {"l2", ChoiceType::real, logistic | boosting, 0, 1e9},
    {"firth", ChoiceType::flag, logistic, 0, 1},
    {"complexity", ChoiceType::real, tree, 0, 1},
    {"max_iterations", ChoiceType::whole, logistic, 1, 10'000},
    {"early_stopping", ChoiceType::flag, boosting, 0, 1},
};
static_assert(std::size(known) == static_cast<std::size_t>(Choice::count));

void check(const FitOptions &options) {
    const unsigned algorithm = 1U << static_cast<unsigned>(options.algorithm);
    for (std::size_t i = 0; i < std::size(known); ++i) {
        if (!options.choices[i]) continue;
        const Known &k = known[i];
        const double value = *options.choices[i];
        if (!(k.algorithms & algorithm)) {
            std::string names;
            for (std::uint8_t a = 0; a < count(Algorithm{}); ++a)
                if (k.algorithms >> a & 1) (names += names.empty() ? "" : ", ") += name_of(static_cast<Algorithm>(a));
            throw Error(sqlstate::invalid_parameter,
                        std::string(k.name) + " is no option of algorithm " + name_of(options.algorithm),
                        "It belongs to " + names + ".", "Leave it out.");
        }
        if (!(value >= k.low && value <= k.high) || (k.above && value == k.low))
            throw Error(sqlstate::invalid_parameter, std::string(k.name) + " is out of range",
                        "It is " + digits(value) + ".",
                        "It is " + std::string(k.above ? "above " : "at least ") + digits(k.low) + " and at most " +
                            digits(k.high) + ".");
    }
    if (options.algorithm == Algorithm::logistic || options.algorithm == Algorithm::tree) {
        if (options.calibrate == CalibrationChoice::platt || options.calibrate == CalibrationChoice::isotonic)
            throw Error(sqlstate::invalid_parameter,
                        std::string("algorithm ") + name_of(options.algorithm) + " is not calibrated when it is fitted",
                        "Its probabilities are those of the rows it was fitted from.",
                        "Leave calibrate out; calibrate() fits the model to another population.");
    }
    if (options.algorithm == Algorithm::logistic) {
        if (!options.monotone.empty())
            throw Error(sqlstate::invalid_parameter, "monotone is no option of algorithm logistic",
                        "Each number has one direction there anyway.", "Leave it out.");
    }
}

std::vector<std::int8_t> monotone_of(const FitOptions &options, const Inputs &inputs) {
    std::vector<std::int8_t> signs;
    for (const FitOptions::Direction &direction : options.monotone) {
        signs.resize(inputs.columns.size());
        std::size_t f = 0;
        while (f < signs.size() && inputs.columns[f].name != direction.feature.c_str()) ++f;
        if (f == signs.size())
            throw Error(sqlstate::undefined_column, "monotone names \"" + direction.feature + "\"",
                        "The dataset has no such feature.", "Name features of the dataset.");
        if (inputs.columns[f].is_category())
            throw Error(sqlstate::datatype_mismatch, "monotone names \"" + direction.feature + "\"",
                        "It is a category, and has no direction.", "Name numbers only.");
        if (direction.sign != 1 && direction.sign != -1 && direction.sign != 0)
            throw Error(sqlstate::invalid_parameter, "monotone is neither 1 nor -1",
                        "For \"" + direction.feature + "\" it is " + digits(direction.sign) + ".",
                        "Say 1 where the probability may only rise with the feature, -1 where it may only fall.");
        signs[f] = static_cast<std::int8_t>(direction.sign);
    }
    return signs;
}

// Sets an option of a learner if the user chose one, and keeps what it was in the end.
class Chosen {
  public:
    Chosen(const FitOptions &options, Fitted &fitted) : options_(options), fitted_(fitted) {}
    template <class T> void set(T &option, Choice choice) {
        if (options_[choice]) keep(option = static_cast<T>(*options_[choice]), choice);
    }
    template <class T> void use(T &option, Choice choice) {
        if (options_[choice]) option = static_cast<T>(*options_[choice]);
        keep(option, choice);
    }
    template <class T> void keep(T value, Choice choice) {
        fitted_.options.push_back({known[static_cast<std::size_t>(choice)].name, static_cast<double>(value)});
    }

  private:
    const FitOptions &options_;
    Fitted &fitted_;
};

void fit_logistic(const View &view, const Inputs &inputs, const Target &target, const FitOptions &given, Fitted &fitted,
                  const Work &work) {
    learn::LogisticOptions options;
    Chosen chosen(given, fitted);
    chosen.use(options.l1, Choice::l1);
    chosen.use(options.l2, Choice::l2);
    chosen.use(options.firth, Choice::firth);
    chosen.use(options.max_iterations, Choice::max_iterations);
    if (options.firth && (options.l1 > 0 || options.l2 > 0))
        throw Error(sqlstate::invalid_parameter, "firth is a penalty of its own", "l1 or l2 is given too.",
                    "Choose one of them.");
    learn::Logistic found = learn::logistic(view, inputs, target, options, work);
    fitted.linear = std::move(found.linear);
    fitted.coefficients = std::move(found.coefficients);
    fitted.iterations = found.iterations;
    fitted.converged = found.converged;
    fitted.separating = std::move(found.separating);
    fitted.log_likelihood = found.log_likelihood;
    fitted.null_log_likelihood = found.null_log_likelihood;
}

// By rows that the trees which scored them had not seen.
void calibrate(const learn::HeldOut &held_out, learn::Scores scores, const Target &target, const FitOptions &options,
               Fitted &fitted, Poll poll) {
    using Method = learn::Calibration::Method;
    fitted.held_out_rows = held_out.rows.size();
    fitted.calibration.scores = scores;
    if (held_out.rows.empty()) return;
    learn::Judged judged;
    judged.score = held_out.scores;
    for (const std::uint32_t row : held_out.rows) {
        judged.label.push_back(target.label[row]);
        if (!target.weight.empty()) judged.weight.push_back(target.weight[row]);
        if (!target.customer.empty()) judged.customer.push_back(target.customer[row]);
    }
    switch (options.calibrate) {
    case CalibrationChoice::none: break;
    case CalibrationChoice::by_algorithm:
    case CalibrationChoice::automatic: fitted.calibration = learn::calibrate(judged, scores, poll); break;
    case CalibrationChoice::platt:
        fitted.calibration = learn::calibrate(judged, scores, Method::platt, poll).value_or(fitted.calibration);
        break;
    case CalibrationChoice::isotonic:
        fitted.calibration = learn::calibrate(judged, scores, Method::isotonic, poll).value_or(fitted.calibration);
        break;
    }
}

void fit_tree(const Inputs &inputs, const learn::Bins &bins, const Target &target, const FitOptions &given,
              Fitted &fitted, Workers &workers, const Work &work) {
    learn::CartOptions options;
    options.seed = given.seed;
    options.monotone = monotone_of(given, inputs);
    Chosen chosen(given, fitted);
    chosen.set(options.max_leaves, Choice::leaves);
    chosen.use(options.max_depth, Choice::depth);
    chosen.set(options.min_leaf, Choice::min_leaf);
    chosen.set(options.min_split, Choice::min_split);
    if (given[Choice::complexity]) options.complexity = *given[Choice::complexity];
    learn::Cart found = learn::grow_cart(bins, target, options, workers, work);
    chosen.keep(found.complexity, Choice::complexity);
    fitted.ensemble = std::move(found.ensemble);
    fitted.calibration.scores = learn::Scores::probability;
    // Of parts of the rows that its trees had not seen.
    if (!given[Choice::complexity] && found.sizes[found.chosen].loss > 0) {
        fitted.held_out_loss = found.sizes[found.chosen].loss;
        fitted.held_out_rows = target.rows();
    }
}

void fit_boosting(const Inputs &inputs, const learn::Bins &bins, const Target &target, const FitOptions &given,
                  Fitted &fitted, Workers &workers, const Work &work) {
    learn::BoostingOptions options;
    options.seed = given.seed;
    options.monotone = monotone_of(given, inputs);
    Chosen chosen(given, fitted);
    chosen.set(options.trees, Choice::trees);
    chosen.set(options.leaves, Choice::leaves);
    chosen.set(options.learning_rate, Choice::learning_rate);
    chosen.set(options.min_leaf, Choice::min_leaf);
    chosen.set(options.l2, Choice::l2);
    chosen.set(options.subsample, Choice::subsample);
    chosen.set(options.feature_fraction, Choice::feature_fraction);
    chosen.set(options.hold_out, Choice::early_stopping);
    if (!options.hold_out && options.trees == 0)
        throw Error(sqlstate::invalid_parameter, "without early stopping the number of trees must be said",
                    "early_stopping is false, and trees is NULL.", "The usual number is trees => 100.");
    learn::Boosted found = learn::boost(bins, target, options, workers, work);
    fitted.ensemble = std::move(found.ensemble);
    if (!given[Choice::trees]) chosen.keep(fitted.ensemble.trees.size(), Choice::trees);
    if (!found.loss.empty()) fitted.held_out_loss = *std::ranges::min_element(found.loss);
    calibrate(found.held_out, learn::Scores::log_odds, target, given, fitted, work.poll);
}

void fit_forest(const Inputs &inputs, const learn::Bins &bins, const Target &target, const FitOptions &given,
                Fitted &fitted, Workers &workers, const Work &work) {
    learn::ForestOptions options;
    options.seed = given.seed;
    options.monotone = monotone_of(given, inputs);
    Chosen chosen(given, fitted);
    chosen.use(options.trees, Choice::trees);
    chosen.set(options.leaves, Choice::leaves);
    chosen.use(options.min_leaf, Choice::min_leaf);
    chosen.set(options.subsample, Choice::subsample);
    if (given[Choice::feature_fraction])
        options.features_per_node = std::max<std::size_t>(
            1, static_cast<std::size_t>(*given[Choice::feature_fraction] * static_cast<double>(inputs.columns.size())));
    learn::Forest found = learn::grow_forest(bins, target, options, workers, work);
    fitted.ensemble = std::move(found.ensemble);
    if (!found.held_out.rows.empty()) fitted.held_out_loss = found.loss;
    calibrate(found.held_out, learn::Scores::votes, target, given, fitted, work.poll);
}

} // namespace

ChurnModel fit(const View &view, const FitOptions &options, const Work &work) {
    check(options);
    Inputs inputs(view, work.poll);
    const Target target(view, work.poll);
    Fitted fitted;
    fitted.algorithm = options.algorithm;
    fitted.label = view.shape().columns[view.shape().label()].name;
    fitted.rows = view.rows();
    fitted.weight = target.total;
    fitted.positives = target.positives;
    if (options.algorithm == Algorithm::logistic)
        fit_logistic(view, inputs, target, options, fitted, work);
    else {
        Workers workers(work.threads, work.poll);
        const learn::Bins bins = learn::make_bins(view, inputs, target, workers);
        switch (options.algorithm) {
        case Algorithm::tree: fit_tree(inputs, bins, target, options, fitted, workers, work); break;
        case Algorithm::forest: fit_forest(inputs, bins, target, options, fitted, workers, work); break;
        default: fit_boosting(inputs, bins, target, options, fitted, workers, work);
        }
        fitted.options.push_back({"seed", static_cast<double>(options.seed)});
    }
    return ChurnModel(std::move(inputs.columns), std::move(fitted), work.poll);
}

ChoiceType type_of(Choice choice) { return known[static_cast<std::size_t>(choice)].type; }

CalibrationChoice calibration_named(std::string_view name) {
    if (name == "auto") return CalibrationChoice::automatic;
    if (name == "none") return CalibrationChoice::none;
    if (name == "platt") return CalibrationChoice::platt;
    if (name == "isotonic") return CalibrationChoice::isotonic;
    throw Error(sqlstate::invalid_parameter, "calibration \"" + std::string(name) + "\" is not known", "",
                "Say auto, none, platt or isotonic.");
}

void recalibrate(ChurnModel &model, const evaluation::Evaluation &outcomes, Poll poll) {
    evaluation::check_probabilities(outcomes);
    if (outcomes.positives() == 0 || outcomes.negatives() == 0)
        throw Error(sqlstate::invalid_parameter, "the outcomes are of one class only",
                    "There are " + std::to_string(outcomes.rows()) + " rows, " + std::to_string(outcomes.positives()) +
                        " of them true.",
                    "Give outcomes of both classes.");
    learn::Calibration probability;
    probability.scores = learn::Scores::probability;
    learn::Judged judged;
    evaluation::each_value(outcomes.negative(), outcomes.positive(), poll,
                           [&](double p, std::uint64_t negatives, std::uint64_t positives) {
                               for (const bool label : {false, true}) {
                                   const std::uint64_t n = label ? positives : negatives;
                                   if (n == 0) continue;
                                   judged.score.push_back(probability.raw_log_odds(p));
                                   judged.label.push_back(label);
                                   judged.weight.push_back(static_cast<double>(n));
                               }
                           });
    model.recalibrate(judged, poll);
}

} // namespace cd::churn
