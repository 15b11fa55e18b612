// What a summary of durations says: the share of customers who are still there (Kaplan and Meier 1958), with intervals,
// quantiles and the mean up to a horizon.
#pragma once
#include "survival/survival.hpp"
#include <cmath>
#include <optional>
#include <string_view>

namespace cd::survival {

// S = product of (1 - d / n) over the times up to this one, with d events among n at risk. Its variance is S^2 times
// `greenwood`, the sum of d / (n (n - d)) (Greenwood 1926). The cumulative hazard is the sum of d / n (Nelson 1969,
// Aalen 1978).
struct Point : Step {
    double survival = 1, greenwood = 0, hazard = 0;

    // Undefined once nobody is left.
    std::optional<double> std_error() const {
        if (!(survival > 0)) return {};
        return survival * std::sqrt(greenwood);
    }
};

// Calls visit(point) for each time of a counted summary at which anybody departs or is lost from sight.
template <class Visit> void each_point(const Survival &s, Visit &&visit) {
    Walk walk(s);
    Point point{};
    for (std::size_t i = 0; walk.next(point); ++i) {
        s.poll().every(i);
        const auto n = static_cast<double>(point.at_risk), d = static_cast<double>(point.events);
        if (point.events > 0) {
            point.survival *= 1 - d / n;
            if (point.events < point.at_risk) point.greenwood += d / (n * (n - d));
            point.hazard += d / n;
        }
        visit(static_cast<const Point &>(point));
    }
}

// How intervals of a share are made: on its own scale, on that of its logarithm (the default of R) or of the logarithm
// of the cumulative hazard (Kalbfleisch and Prentice 1980), which stays within 0 and 1 by itself.
enum class Scale : std::uint8_t { plain, log, log_log };
Scale scale_named(std::string_view name);

struct Limits {
    std::optional<double> low, high;
};
class Band {
  public:
    Band(double confidence, Scale scale);
    // Undefined where the share is 0, and on the scale log-log where it is 1.
    Limits operator()(double survival, double greenwood) const;
    double z() const { return z_; }

  private:
    double z_;
    Scale scale_;
};

struct Estimate {
    double value;
    std::optional<double> std_error;
    Limits limits;
};

// Share that is still there after this duration. Undefined beyond the longest one, unless nobody is left there.
std::optional<Estimate> survival_at(const Survival &, double duration, const Band &);

// When the share that departed reaches `probability`; if it stays there for a while, the middle of that while. Limits
// are where those of the curve reach it (Brookmeyer and Crowley 1982). Undefined if that is never seen.
struct Quantile {
    std::optional<double> value;
    Limits limits;
};
Quantile quantile(const Survival &, double probability, const Band &);
void check_probability(double probability);

// Mean duration up to a horizon: the area below the curve. Undefined as survival_at is.
std::optional<Estimate> restricted_mean(const Survival &, double horizon, const Band &);
void check_horizon(double horizon);

} // namespace cd::survival
