// The step of a fit with a penalty on absolute coefficients, which makes some of them exactly 0.
#pragma once
#include "common/error.hpp"
#include "math/eigen.hpp"

namespace cd::learn {

// The d that minimises g'd + d'H d / 2 + l1 (|b_1 + d_1| + |b_2 + d_2| + ...): near b a loss with the derivatives g and
// H. Coefficient 0 is not penalised. A coefficient whose diagonal of H is 0 stays as it is.
math::Vector elastic_net_step(const math::Matrix &h, const math::Vector &g, const math::Vector &b, double l1,
                              Poll poll = {});

} // namespace cd::learn
