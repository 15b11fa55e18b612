// Logarithm and exponential from + - * / alone: the same bits on every machine and with every C library, where
// std::log and std::exp may differ in the last place. Within 2 units in the last place of the true value.
#pragma once
#include <cstddef>

namespace cd::math {

double log(double x); // x > 0 and finite
double exp(double x); // |x| < 700

// The same of many numbers, and several times as fast. They end at the ends of what is finite.
void log_all(double *x, std::size_t n);
void exp_all(double *x, std::size_t n);

} // namespace cd::math
