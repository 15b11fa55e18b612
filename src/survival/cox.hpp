// Proportional hazards: how much each feature multiplies the rate at which customers depart.
#pragma once
#include "survival/partial_likelihood.hpp"

namespace cd::survival {

struct CoxOptions {
    Ties ties = Ties::efron;
    double l2 = 0; // the penalty is l2 / 2 times the squares of the coefficients of scaled terms
    int max_iterations = 30;
    double tolerance = 1e-9;
};
void check_options(const CoxOptions &);
Ties ties_named(std::string_view name);
const char *name_of(Ties ties);

// What is known of a coefficient. One is aliased if its term is constant, or a sum of those before it; and infinite if
// the likelihood grows with it for ever: the term alone separates those who depart from those who stay.
enum class Status : std::uint8_t { estimated, aliased, infinite };
const char *name_of(Status status);

struct CoxTerm {
    Status status = Status::estimated;
    double estimate = 0, std_error = 0; // of the scaled term; 0 unless estimated, but for what an infinite one came to
    std::optional<double> proportional{}; // chi-square of its test of proportionality, with one degree of freedom
};

struct CoxFit {
    std::vector<CoxTerm> terms;
    double null_log_likelihood = 0, log_likelihood = 0, degrees_of_freedom = 0;
    std::uint64_t iterations = 0;
    bool converged = false;
    std::vector<double> time, hazard; // times of events, ascending, and the cumulative hazard of mean values
    std::optional<double> concordance;
    std::optional<double> proportional; // of all terms together
    std::uint64_t proportional_degrees = 0;
};

// There is an event. Newton's method with halved steps.
CoxFit cox(const CoxRows &, const CoxOptions &, Poll);

} // namespace cd::survival
