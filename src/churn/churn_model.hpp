// A model that says how probable it is that a customer leaves, as a value: what is needed to predict and explain, and
// what is known about its fit. No rows of the data.
#pragma once
#include "learn/calibration.hpp"
#include "learn/describe.hpp"
#include "learn/logistic.hpp"
#include "learn/predictor.hpp"
#include "learn/tree_shap.hpp"
#include <array>
#include <memory>

namespace cd::churn {

enum class Algorithm : std::uint8_t { logistic, tree, forest, boosting };
constexpr std::uint64_t count(Algorithm) { return 4; }
const char *name_of(Algorithm);
Algorithm algorithm_named(std::string_view name);

// What the model was fitted with.
struct Option {
    std::string name;
    double value = 0;
};

struct Fitted {
    Algorithm algorithm = Algorithm::boosting;
    std::string label;
    std::uint64_t rows = 0;
    double weight = 0, positives = 0; // sums of weights
    std::vector<Option> options;
    bool converged = true;
    // Of a logistic regression
    learn::Linear linear;
    std::vector<learn::Coefficient> coefficients;
    std::uint64_t iterations = 0;
    std::vector<std::string> separating; // columns that tell the outcomes apart without fail
    double log_likelihood = 0, null_log_likelihood = 0;
    // Of trees
    learn::Ensemble ensemble;
    std::uint64_t held_out_rows = 0;
    std::optional<double> held_out_loss; // mean log loss, before calibration
    learn::Calibration calibration;
};

struct Contribution {
    std::size_t feature;
    double value; // in log-odds
};

class ChurnModel {
  public:
    static constexpr const char *type = "churn_model";
    // Version and a hash of the rest: two values that begin alike are the same.
    static constexpr std::size_t identity = 17;

    ChurnModel(dataset::Columns columns, Fitted fitted, Poll poll);
    explicit ChurnModel(Bytes flat, Poll poll = {});
    ChurnModel(const JsonValue &json, Poll poll);

    const dataset::Columns &columns() const { return columns_; }
    const Fitted &fitted() const { return fitted_; }
    bool is_linear() const { return fitted_.algorithm == Algorithm::logistic; }

    // Of a row's features.
    double probability(const double *features);
    // Of a score as the algorithm has it, before calibration.
    double probability_of(double score) const;
    // What each feature adds to the log-odds; returns those of the average row, which complete the sum.
    double contributions(const double *features, std::vector<double> &to);

    // By feature: how much the model uses it, all together 1; and in how many splits.
    struct Importance {
        double share = 0;
        std::uint64_t splits = 0;
    };
    std::vector<Importance> importance() const;

    // Of the log-odds of this model in a new population.
    void recalibrate(const learn::Judged &judged, Poll poll);

    void tell(Json &json, Poll poll) const;
    std::size_t room() const;
    std::uint8_t *put(std::uint8_t *to) const;
    // Version and hash as they stand before such content: tests reach what is behind them.
    static std::array<std::uint8_t, identity> identity_of(Bytes content);
    // Text other than that of the columns.
    template <class Visit> void each_text(Visit &&visit) const {
        visit(fitted_.label);
        for (const Option &option : fitted_.options) visit(option.name);
        for (const learn::Coefficient &coefficient : fitted_.coefficients) visit(coefficient.name);
        for (const std::string &name : fitted_.separating) visit(name);
    }

  private:
    const char *fault(Poll poll) const;
    double raw_score(const double *features);

    dataset::Columns columns_;
    Fitted fitted_;
    Poll poll_;
    // Made when they are first asked for. They refer to the model, which stays where it is from then on.
    std::unique_ptr<learn::Predictor> predictor_;
    std::unique_ptr<learn::TreeShap> shap_;
};

} // namespace cd::churn
