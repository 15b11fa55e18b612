// How good scores are, in one number. What is undefined, as the area under the curve of one class, is no number.
#pragma once
#include "evaluation/distribution.hpp"
#include <optional>

namespace cd::evaluation {

struct Interval {
    double value;
    std::optional<double> std_error, low, high;
};

// The chance that somebody of one class scores higher than somebody of the other, ties counting half: the area under
// the ROC curve, and the statistic of Mann and Whitney (Hanley and McNeil, Radiology 143, 1982). Counted in integers.
std::optional<double> roc_auc(const Evaluation &);
// The same with the normal interval by the variance of DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988), from
// midranks (Sun and Xu, IEEE Signal Processing Letters 21, 2014). It needs two of each class.
std::optional<Interval> roc_auc_interval(const Evaluation &, double confidence);

// Average precision: precision at each score, weighted by the recall gained there, ties as one step. No interpolation.
std::optional<double> pr_auc(const Evaluation &);

// The largest difference of the shares of two samples that are above a value (Kolmogorov and Smirnov).
std::optional<double> ks(Sample a, Sample b, Poll);
inline std::optional<double> ks(const Evaluation &e) { return ks(e.positive(), e.negative(), e.poll()); }

// Whether all scores are between 0 and 1.
bool are_probabilities(const Evaluation &);
// These refuse others. The mean of -ln(probability given to what happened): infinite if that was 0 once.
std::optional<double> log_loss(const Evaluation &);
// The mean squared difference of probability and outcome (Brier, Monthly Weather Review 78, 1950).
std::optional<double> brier(const Evaluation &);
void check_probabilities(const Evaluation &);

// The interval of a share by Wilson (Journal of the American Statistical Association 22, 1927), for a normal quantile.
Interval wilson(double successes, double n, double quantile);

} // namespace cd::evaluation
