// A part of a model as a value: what the fit of one likelihood found.
#pragma once
#include "clv/maximum.hpp"
#include "common/archive.hpp"

namespace cd::clv {

constexpr std::uint64_t count(End) { return 4; }
const char *name_of(End);

// A part of the model as it was fitted, or as somebody gave it: then nothing was observed.
struct Part {
    std::vector<double> parameters, covariance; // the latter of ln(parameter - bound), by rows; empty if unknown
    std::uint64_t customers = 0;
    double log_likelihood = 0;
    std::uint64_t iterations = 0;
    End end = End::converged;
    std::uint64_t which = 0; // see Maximum
    bool grows = false;

    bool converged() const { return end == End::converged; }
    double aic() const { return 2 * static_cast<double>(parameters.size()) - 2 * log_likelihood; }
    double bic() const;
};
template <class A> void describe(A &a, Part &p) {
    a("parameters", p.parameters);
    a("covariance", p.covariance);
    a("customers", p.customers);
    a("log_likelihood", p.log_likelihood);
    a("iterations", p.iterations);
    a("end", p.end);
    a("which", p.which);
    a("grows", p.grows);
}
// Parameters of a maximum, or as somebody gave them.
Part as_part(const Maximum &, std::size_t parameters, std::uint64_t customers);
Part given_part(std::span<const double> parameters);
Parameters as_parameters(std::span<const double>);

// What anybody's part has wrong; null if it is one of so many parameters above these bounds.
const char *fault(const Part &, std::size_t parameters, const Parameters &above);

} // namespace cd::clv
