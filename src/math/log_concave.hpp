// Integrals of functions e^g whose exponent g is concave, such as the densities of waiting times that are mixtures over
// customers: panels as long as g allows, each with the rule of Gauss and Legendre that is long enough for it.
#pragma once
#include "common/error.hpp"
#include "math/elementary.hpp"
#include <cmath>
#include <cstddef>

namespace cd::math {

// A rule on (0, 1), and the panels it integrates to the precision of doubles: they are at most `length` long, and
// length times the steepest slope of g in them is at most `fall`.
struct PanelRule {
    static constexpr std::size_t max_nodes = 16;
    std::size_t nodes;
    double length, fall;
    double at[max_nodes], weight[max_nodes];
};

// The shortest rule for a panel. The longest panels there are hold for a rule of max_nodes.
const PanelRule &panel_rule(double length, double fall);
inline constexpr double longest_panel = 2, largest_fall = 20;

// The integral over (0, length) of e^g(u), where g is a sum of linear terms and of terms -k ln(c + e^u) and -k e^u with
// k, c >= 0, for which the errors of the rules are measured.
//   steepest(u, e)   bound of |g'| between u and u + ln e
//   exponents(u, g, n)   puts g of n numbers u; may keep what else it finds about them
//   visit(f, n)      the integrand times its weight at the nodes that exponents() saw last
// What lies beyond the point where the rest is below the rounding of the sum is left out.
template <class Steepest, class Exponents, class Visit>
double integral_of_exp(double length, Steepest steepest, Exponents exponents, Visit visit) {
    constexpr double exp_longest = 7.39; // and a little more
    constexpr int most_panels = 10000;   // a sensible integral has some ten
    double sum = 0, u[PanelRule::max_nodes], f[PanelRule::max_nodes];
    int panels = 0;
    for (double from = 0; from < length;) {
        if (++panels > most_panels)
            throw Error(sqlstate::out_of_range, "the integral is beyond double precision", "",
                        "Look for absurd times or parameters.");
        double step = longest_panel, growth = exp_longest, slope = 0;
        while (slope = steepest(from, growth), slope * step > largest_fall) {
            // The bound holds for all of the step, so also for a part of it. A small part deserves a bound of its own.
            if (slope * step <= 2 * largest_fall) {
                step = largest_fall / slope;
                break;
            }
            step /= 2;
            growth = std::sqrt(growth);
        }
        if (!(step > 0)) break; // an infinite slope
        const bool last = !(step < length - from);
        if (last) step = length - from;
        const PanelRule &rule = panel_rule(step, slope * step);
        for (std::size_t i = 0; i < rule.nodes; ++i) u[i] = from + step * rule.at[i];
        exponents(u, f, rule.nodes);
        exp_all(f, rule.nodes);
        for (std::size_t i = 0; i < rule.nodes; ++i) {
            f[i] *= step * rule.weight[i];
            sum += f[i];
        }
        visit(f, rule.nodes);
        if (last) break;
        from += step;
        // A concave g that falls goes on falling at least as steeply; while it rises, its end is not small.
        double end;
        exponents(&from, &end, 1);
        exp_all(&end, 1);
        if (end < 0x1p-60 * sum * steepest(from, 1)) break;
    }
    return sum;
}

} // namespace cd::math
