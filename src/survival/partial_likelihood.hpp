// The partial likelihood of proportional hazards (Cox 1972, 1975), its gradient and its information.
#pragma once
#include "math/eigen.hpp"
#include "survival/concordance.hpp"

namespace cd::survival {

// How events at the same time count: as if they came one after the other in every order (Efron 1977), or as if each
// found all of them at risk (Breslow 1974).
enum class Ties : std::uint8_t { efron, breslow };

struct CoxRows : Outcomes {
    std::size_t terms = 0;
    std::vector<double> x; // rows x terms, of mean 0 and standard deviation 1
};

struct Derivatives {
    double log_likelihood = 0;
    math::Vector gradient;
    math::Matrix information; // the lower triangle
};

class PartialLikelihood {
  public:
    PartialLikelihood(const CoxRows &rows, Ties ties, Poll poll);

    // Times of events, the last one first.
    std::size_t times() const { return moments_.size(); }
    double time(std::size_t i) const { return moments_[i].time; }
    double weight_of_events(std::size_t i) const { return moments_[i].weight; }
    // Share of all that is left just before each time.
    std::vector<double> left_before() const;

    // Takes these coefficients. False if the relative risk of a row then leaves what can be computed with.
    bool move_to(const math::Vector &coefficients);
    // There. Each time counts by its factor, if there are factors; the likelihood is of those without.
    Derivatives derivatives(std::span<const double> factors = {});
    // Linear predictors of the rows, and of the last derivatives the hazard of each time of a row of mean values.
    std::span<const double> predictors() const { return predictor_; }
    std::span<const double> hazards() const { return hazard_; }

  private:
    // Rows [0, end) last until this time, rows [begin, end) end at it; of by_entry [0, entered) enter at it or later.
    struct Moment {
        double time;
        std::size_t begin, end, entered, events;
        double weight; // of the events
    };
    // Of the rows at risk: sum of the risks, and of the risks times x.
    struct Sums {
        double risk = 0;
        math::Vector x;
        explicit Sums(math::Index terms) : x(math::Vector::Zero(terms)) {}
        void clear() {
            risk = 0;
            x.setZero();
        }
    };
    class Means;
    double pass(std::span<const double> factors, math::Matrix &information);
    void add(Sums &sums, std::size_t row, double sign) const;
    void refresh(Sums &sums, const Moment &moment) const;
    void spread_hazards();
    void gather(std::span<const double> factors, Derivatives &to) const;

    const CoxRows &rows_;
    Ties ties_;
    Poll poll_;
    math::Index terms_;
    std::vector<Moment> moments_;
    std::vector<double> predictor_, risk_; // of each row; the risk is its weight times the exponential
    std::vector<double> hazard_, relief_;  // of each time; the relief is what the events at it had less of it
    std::vector<double> expected_;         // of each row: the events that its risk and time at risk make expect
};

} // namespace cd::survival
