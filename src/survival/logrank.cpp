#include "survival/logrank.hpp"
#include "math/cholesky.hpp"
#include "math/distribution.hpp"
#include "math/sort.hpp"
#include <cmath>
#include <numbers>
#include <string>

namespace cd::survival {

std::optional<double> Logrank::p_value() const {
    if (!log10_p) return {};
    return std::pow(10, *log10_p);
}

namespace {

std::vector<double> event_times(const std::vector<const Survival *> &groups, Poll poll) {
    std::vector<double> times;
    for (const Survival *const group : groups)
        for (const math::Tally &tally : group->events()) {
            poll.every(times.size());
            times.push_back(tally.value);
        }
    math::polled(times.size(), poll, std::less<>(),
                 [&times](auto less) { std::sort(times.begin(), times.end(), less); });
    times.erase(std::unique(times.begin(), times.end()), times.end());
    return times;
}

} // namespace

// At each time d of n customers depart. If groups do not matter, those of group i are drawn without replacement from
// n[i]: mean d n[i] / n, covariances d (n - d) / (n - 1) (delta n[i] / n - n[i] n[j] / n^2).
Logrank logrank(const std::vector<const Survival *> &groups, double rho, Poll poll) {
    if (groups.size() > max_groups)
        throw Error(sqlstate::program_limit, "too many groups for a log-rank test",
                    "There are " + std::to_string(groups.size()) + ", the limit is " + std::to_string(max_groups) + ".",
                    "Put small groups together.");
    if (!(rho >= 0 && std::isfinite(rho)))
        throw Error(sqlstate::invalid_parameter, "rho must be a finite number and not negative",
                    "rho is " + digits(rho) + ".", "0 is the log-rank test, 1 that of Peto and Peto.");
    const auto k = static_cast<math::Index>(groups.size());
    Logrank result;
    result.groups.resize(groups.size());
    std::vector<Walk> walks;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        walks.emplace_back(*groups[i]);
        result.groups[i].rows = groups[i]->rows();
    }
    math::Matrix covariance = math::Matrix::Zero(k, k);
    math::Vector at_risk(k), difference = math::Vector::Zero(k);
    double left = 1;
    for (const double time : event_times(groups, poll)) {
        poll();
        double n = 0, d = 0;
        const double weight = rho == 0 ? 1 : std::pow(left, rho);
        for (std::size_t i = 0; i < groups.size(); ++i) {
            const Step step = walks[i].at(time);
            n += at_risk(static_cast<math::Index>(i)) = static_cast<double>(step.at_risk);
            d += static_cast<double>(step.events);
            result.groups[i].observed += weight * static_cast<double>(step.events);
        }
        for (std::size_t i = 0; i < groups.size(); ++i)
            result.groups[i].expected += weight * d * at_risk(static_cast<math::Index>(i)) / n;
        left *= 1 - d / n;
        if (n < 2) continue;
        const double factor = weight * weight * d * (n - d) / (n - 1);
        covariance.diagonal() += factor / n * at_risk;
        covariance.selfadjointView<Eigen::Lower>().rankUpdate(at_risk, -factor / (n * n));
    }
    for (math::Index i = 0; i < k; ++i) {
        const LogrankGroup &group = result.groups[static_cast<std::size_t>(i)];
        difference(i) = group.observed - group.expected;
    }
    // Differences add up to 0, so one group is always left out: the last that says something.
    const math::Cholesky covariances(covariance, 1e-10, poll);
    result.degrees_of_freedom = static_cast<std::uint64_t>(covariances.rank());
    if (result.degrees_of_freedom == 0) return result;
    result.chi_square = std::max(0.0, difference.dot(covariances.solve(difference)));
    result.log10_p =
        math::log_chi_square_tail(*result.chi_square, static_cast<double>(covariances.rank())) / std::numbers::ln10;
    return result;
}

} // namespace cd::survival
