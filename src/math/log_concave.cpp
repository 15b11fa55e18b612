#include "math/log_concave.hpp"
#include "math/quadrature.hpp"
#include <algorithm>
#include <vector>

namespace cd::math {

namespace {

PanelRule rule_of(std::size_t nodes, double length, double fall) {
    PanelRule rule{nodes, length, fall, {}, {}};
    const Quadrature quadrature = gauss_legendre(nodes);
    std::copy_n(quadrature.at.begin(), nodes, rule.at);
    std::copy_n(quadrature.weight.begin(), nodes, rule.weight);
    return rule;
}

} // namespace

// Where the relative error of e^(-a u) (c + e^u)^-k stays below 2e-15, for all c from e^-6 to e^6 and all shares of the
// two factors in the slope, by the same rules with 19 digits. In theory it falls as rho^(-2 nodes), with the ellipse of
// Bernstein kept off the zeros of c + e^u, at a distance of pi.
const PanelRule &panel_rule(double length, double fall) {
    static const PanelRule rules[] = {rule_of(6, .25, 1), rule_of(8, 1, 2), rule_of(10, 1.5, 6), rule_of(12, 2, 10),
                                      rule_of(PanelRule::max_nodes, longest_panel, largest_fall)};
    return *std::find_if(std::begin(rules), std::end(rules) - 1,
                         [&](const PanelRule &rule) { return length <= rule.length && fall <= rule.fall; });
}

} // namespace cd::math
