#include "rfm/rfm_segment.hpp"

namespace cd::rfm {

namespace {

struct ShippedRule {
    const char *segment;
    Score low, high;
};

// The ten segments of the recency-frequency grid that marketers know; every cell has one. Money does not decide here:
// it tells apart customers within a segment.
constexpr ShippedRule classic[] = {
    {"Champions", {5, 4, 1}, {5, 5, 5}},
    {"Loyal Customers", {3, 4, 1}, {4, 5, 5}},
    {"Potential Loyalist", {4, 2, 1}, {5, 3, 5}},
    {"New Customers", {5, 1, 1}, {5, 1, 5}},
    {"Promising", {4, 1, 1}, {4, 1, 5}},
    {"Need Attention", {3, 3, 1}, {3, 3, 5}},
    {"About To Sleep", {3, 1, 1}, {3, 2, 5}},
    {"Can't Lose Them", {1, 5, 1}, {2, 5, 5}},
    {"At Risk", {1, 3, 1}, {2, 4, 5}},
    {"Hibernating", {1, 1, 1}, {2, 2, 5}},
};

// The rules in the vignette of the R package rfm 0.3.0, in its order.
constexpr ShippedRule r_rfm[] = {
    {"Champions", {5, 5, 5}, {5, 5, 5}},       {"Potential Loyalist", {3, 3, 2}, {5, 5, 5}},
    {"Loyal Customers", {2, 2, 2}, {4, 4, 4}}, {"Promising", {3, 1, 3}, {4, 3, 5}},
    {"New Customers", {4, 1, 1}, {5, 3, 5}},   {"Can't Lose Them", {1, 3, 4}, {2, 4, 5}},
    {"At Risk", {1, 2, 4}, {2, 5, 5}},         {"Need Attention", {1, 3, 3}, {3, 5, 5}},
    {"About To Sleep", {2, 1, 1}, {3, 3, 4}},  {"Lost", {1, 1, 1}, {1, 5, 5}},
};

} // namespace

bool shipped_rules(std::string_view name, Rules &rules) {
    std::span<const ShippedRule> found;
    if (name == "classic")
        found = classic;
    else if (name == "r_rfm")
        found = r_rfm;
    else
        return false;
    rules.clear();
    for (const ShippedRule &rule : found) rules.push_back({rule.segment, rule.low, rule.high});
    return true;
}

Segments::Segments(const Rules &rules) {
    each_score([&](Score s) {
        std::size_t i = 0;
        while (i < rules.size() && !rules[i].matches(s)) ++i;
        rule_[score_index(s)] = i;
    });
}

void refuse_bins(const std::string &seen) {
    throw Error(sqlstate::invalid_parameter, "segments are defined for scores of 5 bins", seen,
                "Score with bins => 5, or group by the code yourself.");
}

} // namespace cd::rfm
