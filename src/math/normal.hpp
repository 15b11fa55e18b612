// The standard normal distribution.
#pragma once

namespace cd::math {

// The value that a standard normal variable stays below with this probability, 0 < p < 1; relative error about 1e-16
// (Wichura, Algorithm AS 241, Applied Statistics 37, 1988, routine PPND16).
double normal_quantile(double p);

} // namespace cd::math
