// The maximum of a log-likelihood over parameters that are above a bound each, by Newton's method.
#pragma once
#include "clv/history.hpp"
#include <functional>
#include <vector>

namespace cd::clv {

struct Bounds {
    std::size_t parameters;
    Parameters above{}; // each parameter is greater than this
};

enum class End : std::uint8_t {
    converged,
    too_few_iterations,
    runs_away, // the likelihood grows as a parameter goes to its bound or to infinity
    flat,      // parameters of which the likelihood does not depend on all
};

struct Maximum {
    Parameters at{};
    double log_likelihood = 0;
    End end = End::converged;
    std::size_t which = 0; // the parameter that runs away, or that the likelihood depends on least
    bool grows = false;    // it runs to infinity, not to its bound
    std::uint64_t iterations = 0;
    std::vector<double> covariance; // of ln(parameter - bound), by rows; empty if there is none
};

using LogLikelihood = std::function<Derivatives(const Parameters &)>;

Maximum maximise(const LogLikelihood &, const Bounds &, const Parameters &start, std::uint64_t max_iterations,
                 Poll poll);

} // namespace cd::clv
