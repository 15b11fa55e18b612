// Logarithm and exponential from + - * / alone: the same bits on every machine and with every C library, where
// std::log and std::exp may differ in the last place. Within 2 units in the last place of the true value.
#pragma once

namespace cd::math {

double log(double x); // x > 0 and finite
double exp(double x); // |x| < 700

} // namespace cd::math
