// Tails and quantiles of the distributions that tests and intervals need.
#pragma once

namespace cd::math {

// P(|Z| >= |z|).
double normal_two_sided(double z);

} // namespace cd::math
