#include "survival/curve.hpp"
#include "math/distribution.hpp"
#include <string>

namespace cd::survival {

namespace {

constexpr const char *scales[] = {"plain", "log", "log-log"};

// The first time at which a curve is at most at a level. Equal means up to rounding, as in R.
class Crossing {
  public:
    explicit Crossing(double level) : level_(level) {}
    void feed(double time, std::optional<double> height) {
        if (!height || !(*height < level_ + tolerance)) return;
        if (first_ == never) {
            first_ = time;
            height_ = *height;
        } else if (below_ == never && *height < height_)
            below_ = time;
    }
    std::optional<double> time() const {
        if (first_ == never) return {};
        return below_ < never && std::abs(height_ - level_) < tolerance ? (first_ + below_) / 2 : first_;
    }

  private:
    static constexpr double tolerance = 0x1p-26; // the root of the precision of doubles
    static constexpr double never = std::numeric_limits<double>::infinity();
    double level_, height_ = 0, first_ = never, below_ = never;
};

// Beyond the longest duration nothing is known, unless nobody was left.
bool is_seen(const Point &last, double duration) { return duration <= last.time || last.survival == 0; }

} // namespace

Scale scale_named(std::string_view name) {
    for (std::size_t i = 0; i < std::size(scales); ++i)
        if (name == scales[i]) return static_cast<Scale>(i);
    throw Error(sqlstate::invalid_parameter, "unknown method \"" + std::string(name) + "\" of intervals", "",
                "Known are 'log-log', 'log' (the default of R) and 'plain'.");
}

void check_probability(double probability) {
    if (!(probability > 0 && probability < 1))
        throw Error(sqlstate::invalid_parameter, "probability must be between 0 and 1",
                    "probability is " + digits(probability) + ".", "0.5 is the median.");
}
void check_horizon(double horizon) {
    if (!(horizon > 0 && std::isfinite(horizon)))
        throw Error(sqlstate::invalid_parameter, "horizon must be a finite number above 0",
                    "horizon is " + digits(horizon) + ".", "Give it in the unit of the durations.");
}

Band::Band(double confidence, Scale scale) : z_(math::confidence_quantile(confidence)), scale_(scale) {}

Limits Band::operator()(double survival, double greenwood) const {
    if (!(survival > 0)) return {};
    const double margin = z_ * std::sqrt(greenwood);
    switch (scale_) {
    case Scale::plain:
        return {std::max(0.0, survival - margin * survival), std::min(1.0, survival + margin * survival)};
    case Scale::log: return {survival * std::exp(-margin), std::min(1.0, survival * std::exp(margin))};
    default: {
        if (survival == 1) return {};
        const double log = std::log(survival), factor = std::exp(margin / log); // < 1
        return {std::exp(log / factor), std::exp(log * factor)};
    }
    }
}

std::optional<Estimate> survival_at(const Survival &s, double duration, const Band &band) {
    if (s.rows() == 0) return {};
    Point then{}, last{};
    each_point(s, [&](const Point &point) {
        if (point.time <= duration) then = point;
        last = point;
    });
    if (!is_seen(last, duration)) return {};
    return Estimate{then.survival, then.std_error(), band(then.survival, then.greenwood)};
}

Quantile quantile(const Survival &s, double probability, const Band &band) {
    Crossing middle(1 - probability), low(1 - probability), high(1 - probability);
    each_point(s, [&](const Point &point) {
        const Limits limits = band(point.survival, point.greenwood);
        middle.feed(point.time, point.survival);
        low.feed(point.time, limits.low);
        high.feed(point.time, limits.high);
    });
    return {middle.time(), {low.time(), high.time()}};
}

// Its variance is the sum of A^2 d / (n (n - d)), where A is the area from a time to the horizon (Kalbfleisch and
// Prentice 2002, section 1.4). The first pass finds the whole area.
std::optional<Estimate> restricted_mean(const Survival &s, double horizon, const Band &band) {
    if (s.rows() == 0) return {};
    // Calls visit(area up to this time, the share before it, this time) for those up to the horizon.
    const auto walk = [&s, horizon](auto &&visit) {
        Point before{};
        double area = 0;
        each_point(s, [&](const Point &point) {
            area += before.survival * (std::min(point.time, horizon) - std::min(before.time, horizon));
            visit(area, before, point);
            before = point;
        });
        return std::pair(before, area + before.survival * std::max(0.0, horizon - before.time));
    };
    const auto [last, mean] = walk([](double, const Point &, const Point &) {});
    if (!is_seen(last, horizon)) return {};
    double variance = 0;
    walk([&variance, total = mean, horizon](double area, const Point &before, const Point &point) {
        const double rest = total - area;
        if (point.time <= horizon) variance += rest * rest * (point.greenwood - before.greenwood);
    });
    const double error = std::sqrt(variance);
    return Estimate{mean, error, {std::max(0.0, mean - band.z() * error), std::min(horizon, mean + band.z() * error)}};
}

} // namespace cd::survival
