// Logarithm and exponential from + - * / alone: the same bits on every machine and with every C library, where
// std::log and std::exp may differ in the last place. Within 2 units in the last place of the true
// value; expm1_all within 8.
#pragma once
#include <cstddef>

namespace cd::math {

double log(double x);         // x > 0 and finite
double exp(double x);         // |x| < 700
double exp_or_zero(double x); // x < 700, 0 where e^x is below every normal number

// ln(1 + x) and e^x - 1 without the digits that are lost where x is small.
double log1p(double x); // x > -1 and finite
double expm1(double x); // |x| < 700

// The same of many numbers, and several times as fast. They end at the ends of what is finite.
void log_all(double *x, std::size_t n);
void exp_all(double *x, std::size_t n);
void log1p_all(double *x, std::size_t n); // x > -1 and below 2^1022
void expm1_all(double *x, std::size_t n);

} // namespace cd::math
