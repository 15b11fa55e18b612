// Proportional hazards as a value: coefficients, the course of the hazard, and how well they fit.
#pragma once
#include "common/json.hpp"
#include "survival/cox_design.hpp"

namespace cd::survival {

class CoxModel {
  public:
    static constexpr const char *type = "cox_model";
    // A longer course of the hazard is thinned out.
    static constexpr std::size_t max_times = 4096;

    struct Term {
        Status status;
        double mean, estimate, std_error;   // in units of the data
        std::optional<double> proportional; // as in CoxTerm
    };
    struct Summary {
        std::uint64_t rows, skipped, events;
        double null_log_likelihood, log_likelihood, degrees_of_freedom;
        std::optional<double> concordance, proportional;
        std::uint64_t proportional_degrees, iterations;
        bool converged;
        double chi_square() const { return std::max(0.0, 2 * (log_likelihood - null_log_likelihood)); }
    };

    CoxModel(const dataset::View &, std::string_view duration, std::string_view entry, const CoxOptions &, Poll);
    explicit CoxModel(Bytes flat);

    const dataset::Columns &columns() const { return columns_; }
    const std::vector<Term> &terms() const { return terms_; }
    std::string term_name(std::size_t term) const;
    Ties ties() const { return ties_; }
    const Summary &summary() const { return summary_; }
    bool converged() const { return summary_.converged; }
    std::uint64_t iterations() const { return summary_.iterations; }
    // A term without a finite coefficient, or nothing.
    std::optional<std::size_t> infinite_term() const;

    // The course of the hazard of a customer who has the mean of every term; of one who has 0 in every term it is so
    // many times that.
    std::span<const double> times() const { return time_; }
    std::span<const double> hazards() const { return hazard_; } // cumulative
    double risk_at_zero() const;

    // Of a row's features: its hazard as a multiple of that of the mean customer. Undefined if a feature is missing.
    std::optional<double> risk(const double *features) const;
    // The share that is still there after `horizon` of those who were after `since`. Undefined beyond the longest
    // duration.
    std::optional<double> survival(const double *features, double horizon, double since) const;

    void tell(Json &json, Poll poll) const;

    std::size_t room() const;
    std::uint8_t *put(std::uint8_t *to) const;

  private:
    double cumulative_hazard(double duration) const;
    void set_first_terms();

    dataset::Columns columns_;
    std::vector<Term> terms_;
    Ties ties_;
    Summary summary_;
    std::vector<double> time_, hazard_;
    double longest_;                 // duration of a row
    std::vector<std::size_t> first_; // term of each column
    double of_means_ = 0;            // what the means of categories subtract from the linear predictor
};

void check_horizon_since(double horizon, double since);

} // namespace cd::survival
