// The logarithm of the gamma function and its derivatives, from + - * / and our own logarithm alone, so that they are
// the same everywhere. Arguments are above 0, steps at least 0.
#pragma once

namespace cd::math {

double log_gamma(double x);
double digamma(double x);
double trigamma(double x);

// The function at x + n less that at x, without the loss of digits of a subtraction.
double log_gamma_step(double x, double n);
double digamma_step(double x, double n);
double trigamma_step(double x, double n);

// ln(G(x + m + n) G(x) / (G(x + m) G(x + n))), that is ln(B(x, n) / B(x + m, n)), to its last digits also where it is
// next to 0. m is at least 0, x + n above 0.
double log_gamma_cross(double x, double m, double n);

// ln B(a, b), for its derivatives see digamma_step.
double log_beta(double a, double b);

} // namespace cd::math
