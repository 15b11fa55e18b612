// Stages of a customer by the customer's own rhythm of buying.
#pragma once
#include "purchase/purchase.hpp"

namespace cd::segment {

// The rhythm of a customer is the mean gap between purchase days, drawn towards a usual rhythm that counts as `weight`
// gaps: (weight usual + sum of gaps) / (weight + gaps). It is the posterior mean under exponential gaps with a gamma
// prior, the model of purchases of Ehrenberg 1959. A customer of one day has the usual one.
struct Rhythm {
    double usual_days, weight;
};
void check_rhythm(const Rhythm &);

// Days since the last purchase, in rhythms. `repeat` is in days.
double silence(const purchase::Repeat &repeat, const Rhythm &rhythm);

enum class Stage { newcomer, active, at_risk, dormant, lost };
inline constexpr int stages = 5;
inline constexpr const char *stage_names[stages] = {"new", "active", "at_risk", "dormant", "lost"};

struct Thresholds {
    double at_risk, dormant, lost; // rhythms of silence
};
void check_thresholds(const Thresholds &);

// new: one purchase day so far, and not overdue yet; of the others the silence decides.
Stage stage_of(const purchase::Repeat &repeat, const Rhythm &rhythm, const Thresholds &after);

} // namespace cd::segment
