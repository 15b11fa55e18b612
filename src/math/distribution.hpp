// Tails and quantiles of the distributions that tests and intervals need.
#pragma once

namespace cd::math {

// z with P(Z <= z) = p of a standard normal Z, 0 < p < 1.
double normal_quantile(double p);
// P(|Z| >= |z|).
double normal_two_sided(double z);
// ln P(X >= x) of a chi-square X with so many degrees of freedom, a number above 0. Its logarithm, because the tail
// itself soon is below every double.
double log_chi_square_tail(double x, double degrees);

// Intervals: refuses a confidence that is not between 0 and 1; and the z that they reach to on both sides.
void check_confidence(double confidence);
double confidence_quantile(double confidence);

} // namespace cd::math
