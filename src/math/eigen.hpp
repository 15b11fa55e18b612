// Linear algebra. The one header that includes Eigen, so that its settings are the same everywhere. Its objects own
// heap memory that PostgreSQL does not know of: they live inside one function, and plain arrays come in through
// Eigen::Map.
#pragma once
#include <stdexcept>
#include <string>

namespace cd::math {

// What Eigen checks can only be broken by a mistake of ours, and then it is an error instead of the end of the server.
[[noreturn]] inline void eigen_check_failed(const char *check) {
    throw std::logic_error(std::string("Eigen: ") + check);
}

} // namespace cd::math

#define eigen_assert(x) ((x) ? static_cast<void>(0) : ::cd::math::eigen_check_failed(#x))
#define EIGEN_DONT_PARALLELIZE
#define EIGEN_MPL2_ONLY
#define EIGEN_NO_IO
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>

namespace cd::math {

using Matrix = Eigen::MatrixXd; // column by column
using Vector = Eigen::VectorXd;
using Index = Eigen::Index;

// Eigen cuts the sums of a product to the size of the caches it finds. The same cuts on every machine give the same
// bits; whoever multiplies says this first.
inline void fix_blocking() { Eigen::setCpuCacheSizes(32 << 10, 256 << 10, 2 << 20); }

} // namespace cd::math
