// Values to many digits by a definition, and how far ours are from them.
#pragma once
#include "clv/history.hpp"
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <string>

namespace cd::test {

struct GridValue {
    const char *function;
    clv::Parameters parameters;
    std::array<double, 4> at;
    double expected;
};

// The largest relative error of each function.
class Accuracy {
  public:
    void add(const GridValue &value, double actual) {
        const double error = std::abs(actual - value.expected) / std::abs(value.expected);
        Worst &worst = worst_[value.function];
        ++worst.values;
        if (error <= worst.error) return;
        worst.error = error;
        worst.at = value;
    }
    void expect_below(double limit) const {
        for (const auto &[function, worst] : worst_) {
            const auto &[p, at, values] = std::tie(worst.at.parameters, worst.at.at, worst.values);
            EXPECT_LE(worst.error, limit)
                << function << " of (" << p[0] << ", " << p[1] << ", " << p[2] << ", " << p[3] << ") at (" << at[0]
                << ", " << at[1] << ", " << at[2] << ", " << at[3] << ")";
            ::testing::Test::RecordProperty(function, std::to_string(values) + " values, largest relative error " +
                                                          digits(worst.error));
        }
    }

  private:
    struct Worst {
        double error = 0;
        int values = 0;
        GridValue at{};
    };
    std::map<std::string, Worst> worst_;
};

// An entry of the derivatives, by the name that it has in a grid.
inline double derivative(const clv::Derivatives &d, const std::string &name) {
    const auto index = [&name](std::size_t from_end) {
        return static_cast<std::size_t>(name[name.size() - from_end] - '0');
    };
    if (name.starts_with("gradient")) return d.gradient[index(1)];
    if (name.starts_with("hessian")) return d.hessian[index(2)][index(1)];
    return d.value;
}

// At the maximum a step of Newton's method goes nowhere, and minus the inverse of the second derivatives is the
// covariance of the estimates. Both whatever found the maximum.
struct AtMaximum {
    double step[clv::max_parameters], std_error[clv::max_parameters];
};
inline AtMaximum at_maximum(const clv::Derivatives &d, std::size_t n) {
    double a[clv::max_parameters][2 * clv::max_parameters] = {}; // the information beside the identity
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) a[i][j] = -d.hessian[i][j];
        a[i][n + i] = 1;
    }
    for (std::size_t i = 0; i < n; ++i) // Gauss and Jordan; the information is positive definite
        for (std::size_t row = 0; row < n; ++row) {
            const double factor = row == i ? 1 - 1 / a[i][i] : a[row][i] / a[i][i];
            for (std::size_t j = 0; j < 2 * n; ++j) a[row][j] -= factor * a[i][j];
        }
    AtMaximum result{};
    for (std::size_t i = 0; i < n; ++i) {
        result.std_error[i] = std::sqrt(a[i][n + i]);
        for (std::size_t j = 0; j < n; ++j) result.step[i] += a[i][n + j] * d.gradient[j];
    }
    return result;
}

} // namespace cd::test
