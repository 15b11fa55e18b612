#include "math/distribution.hpp"
#include <cmath>

namespace cd::math {

double normal_two_sided(double z) { return std::erfc(std::abs(z) / std::sqrt(2.0)); }

} // namespace cd::math
