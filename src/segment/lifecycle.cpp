#include "segment/lifecycle.hpp"
#include <string>

namespace cd::segment {

void check_rhythm(const Rhythm &rhythm) {
    if (!(rhythm.weight >= 0 && std::isfinite(rhythm.weight)))
        throw Error(sqlstate::invalid_parameter, "rhythm_weight must be finite and not negative",
                    "rhythm_weight is " + digits(rhythm.weight) + ".",
                    "It is how many gaps the usual rhythm counts for, 1 by default.");
}

void check_thresholds(const Thresholds &after) {
    if (!(after.at_risk > 0 && after.dormant >= after.at_risk && after.lost >= after.dormant &&
          std::isfinite(after.lost)))
        throw Error(sqlstate::invalid_parameter,
                    "at_risk_after, dormant_after and lost_after must be above 0, finite and in this order",
                    "They are " + digits(after.at_risk) + ", " + digits(after.dormant) + " and " + digits(after.lost) +
                        ".",
                    "They are multiples of the customer's rhythm. Give all three if you change one.");
}

double silence(const purchase::Repeat &repeat, const Rhythm &rhythm) {
    const double days = repeat.x > 0 ? (rhythm.weight * rhythm.usual_days + repeat.t_x) / (rhythm.weight + repeat.x)
                                     : rhythm.usual_days;
    return (repeat.t - repeat.t_x) / days;
}

Stage stage_of(const purchase::Repeat &repeat, const Rhythm &rhythm, const Thresholds &after) {
    const double rhythms = silence(repeat, rhythm);
    if (rhythms > after.lost) return Stage::lost;
    if (rhythms > after.dormant) return Stage::dormant;
    if (rhythms > after.at_risk) return Stage::at_risk;
    return repeat.x > 0 ? Stage::active : Stage::newcomer;
}

} // namespace cd::segment
