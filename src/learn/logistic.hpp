// Logistic regression: the logarithm of the odds of an event as a sum over features.
#pragma once
#include "learn/terms.hpp"
#include "common/work.hpp"
#include <optional>

namespace cd::learn {

struct LogisticOptions {
    // What is minimised is the log-loss of an average row, plus l1 sum |b_j| + l2 / 2 sum b_j^2 over the coefficients
    // of columns in units of their standard deviation (of a population); the intercept is free. So lambda and alpha of
    // glmnet are l1 = lambda alpha and l2 = lambda (1 - alpha), and C of scikit-learn is l2 = 1 / (C rows).
    double l1 = 0, l2 = 0;
    // Maximum of the likelihood times the root of the determinant of the information (Firth 1993). It is finite where
    // the likelihood has no maximum, and less biased where rows are few. Not together with l1 or l2.
    bool firth = false;
    int max_iterations = 200; // Newton takes about 6; Firth many if rows are hardly more than columns
};

// In the units of the data. What a row lacks counts as the mean of the column, so the intercept is the score of a row
// of zeros of which nothing is missing.
struct Coefficient {
    std::string name;                 // '(intercept)', then as of Terms
    std::optional<double> estimate;   // none if the column says nothing that those before it do not say
    std::optional<double> odds_ratio; // by which the odds change if the column grows by 1; none beyond 1e304
    std::optional<double> std_error;  // from here on: none with l1 or l2, and if the fit did not converge
    std::optional<double> z, p_value; // Wald's test that the coefficient is 0, two-sided
    std::optional<double> vif;        // variance inflation factor, not of the intercept
};

struct Logistic {
    Linear linear;
    std::vector<Coefficient> coefficients;
    double log_likelihood = 0, null_log_likelihood = 0; // without penalties; the latter of an intercept alone
    std::uint64_t iterations = 0;
    bool converged = false;
    // Coefficients grow without end, for some rows can be told from the others without fail (Albert and Anderson 1984).
    // What is here is the fit at the time when that was seen.
    bool separated = false;
    std::vector<std::string> separating; // the columns that tell them

    std::uint64_t parameters() const; // coefficients other than 0
};

Logistic logistic(const dataset::View &view, const Inputs &inputs, const Target &target, const LogisticOptions &options,
                  const Work &work);

} // namespace cd::learn
