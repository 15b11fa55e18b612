#include "math/tallies.hpp"

namespace cd::math {

template class BasicTallies<double>;

} // namespace cd::math
