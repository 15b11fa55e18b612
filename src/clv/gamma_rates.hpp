// What models of customers with gamma distributed rates of purchases (r, alpha) share.
#pragma once
#include "clv/history.hpp"
#include "math/gamma.hpp"
#include "math/sum.hpp"

namespace cd::clv {

// The log-likelihood of all customers, from that of one but for its part lnGamma(r+x) - lnGamma(r), which is the same
// for all rows with the same x: rest(row) gives its Derivatives.
template <class Rest> Derivatives sum_of_rows(double r, const Histories &rows, Poll poll, Rest rest) {
    Derivatives sum;
    math::Sum value;
    double x = -1, step = 0, step_by_r = 0, step_by_rr = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        poll.every(i);
        if (rows.x[i] != x) {
            x = rows.x[i];
            step = math::log_gamma_step(r, x);
            step_by_r = math::digamma_step(r, x);
            step_by_rr = math::trigamma_step(r, x);
        }
        Derivatives one = rest(rows[i]);
        one.gradient[0] += step_by_r;
        one.hessian[0][0] += step_by_rr;
        const double customers = rows.customers[i];
        value.add(customers * (one.value + step));
        for (std::size_t j = 0; j < max_parameters; ++j) {
            sum.gradient[j] += customers * one.gradient[j];
            for (std::size_t k = 0; k <= j; ++k) sum.hessian[j][k] += customers * one.hessian[j][k];
        }
    }
    sum.value = value.value();
    for (std::size_t j = 0; j < max_parameters; ++j)
        for (std::size_t k = 0; k < j; ++k) sum.hessian[k][j] = sum.hessian[j][k];
    return sum;
}

} // namespace cd::clv
