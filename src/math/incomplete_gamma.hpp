// The upper incomplete gamma function, scaled so that it neither overflows nor underflows.
#pragma once

namespace cd::math {

// e^x E_s(x) = e^x x^(s-1) Gamma(1-s, x), the integral of (1+z)^-s e^(-x z) over all z > 0; s, x > 0.
double scaled_exponential_integral(double s, double x);

} // namespace cd::math
