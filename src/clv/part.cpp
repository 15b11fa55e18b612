#include "clv/part.hpp"
#include "math/elementary.hpp"
#include <algorithm>

namespace cd::clv {

// Parameters outside of these are no model of anything: nothing of what models count with would be left of 1 beside a
// greater one.
static constexpr double least_parameter = 1e-15, largest_parameter = 1e15;

const char *name_of(End end) {
    constexpr const char *names[] = {"converged", "too few iterations", "runs away", "flat"};
    return names[static_cast<std::size_t>(end)];
}

double Part::bic() const {
    return static_cast<double>(parameters.size()) *
               math::log(static_cast<double>(std::max<std::uint64_t>(customers, 1))) -
           2 * log_likelihood;
}

Parameters as_parameters(std::span<const double> values) {
    Parameters parameters{};
    std::copy_n(values.begin(), std::min(values.size(), parameters.size()), parameters.begin());
    return parameters;
}

Part as_part(const Maximum &m, std::size_t parameters, std::uint64_t customers) {
    Part part;
    part.parameters.assign(m.at.begin(), m.at.begin() + static_cast<std::ptrdiff_t>(parameters));
    // Where those that run away were left is a matter of chance.
    if (m.end != End::converged)
        for (double &p : part.parameters) p = std::clamp(p, least_parameter, largest_parameter);
    part.covariance = m.covariance;
    part.customers = customers;
    part.log_likelihood = m.log_likelihood;
    part.iterations = m.iterations;
    part.end = m.end;
    part.which = m.which;
    part.grows = m.grows;
    return part;
}

Part given_part(std::span<const double> parameters) {
    Part part;
    part.parameters.assign(parameters.begin(), parameters.end());
    return part;
}

const char *fault(const Part &part, std::size_t parameters, const Parameters &above) {
    if (part.parameters.size() != parameters) return "It has another number of parameters.";
    for (std::size_t i = 0; i < parameters; ++i)
        if (!(part.parameters[i] > above[i] && part.parameters[i] >= least_parameter &&
              part.parameters[i] <= largest_parameter))
            return "A parameter is out of range.";
    if (part.which >= parameters) return "A parameter is unknown.";
    if (part.customers > INT64_MAX || part.iterations > INT64_MAX) return "A count is out of range.";
    const std::vector<double> &v = part.covariance;
    if (!v.empty() && v.size() != parameters * parameters) return "Its covariance has another size.";
    for (std::size_t i = 0; i < v.size(); ++i) {
        const std::size_t row = i / parameters, column = i % parameters;
        if (v[i] != v[column * parameters + row] || v[row * parameters + row] < 0) return "Its covariance is none.";
    }
    return nullptr;
}

} // namespace cd::clv
