#include "segment/abc.hpp"
#include "math/sort.hpp"
#include "segment/share.hpp"
#include <functional>
#include <string>

namespace cd::segment {

using math::Sum;

void refuse_value(double value) {
    const bool negative = value < 0 && std::isfinite(value);
    throw Error(sqlstate::invalid_parameter, "value must be finite and not negative",
                negative            ? "value is " + digits(value) + ", and nothing below zero is a share of a total."
                : std::isnan(value) ? "value is NaN."
                                    : "value is infinite.",
                negative ? "Use greatest(value, 0), for instance for customers whose refunds exceed their purchases."
                         : "Use NULL for an unknown value; such rows do not take part.");
}

void check_cuts(std::span<const double> cuts) {
    if (cuts.empty() || cuts.size() > max_cuts)
        throw Error(sqlstate::invalid_parameter, "cuts must have between 1 and 25 shares",
                    "It has " + std::to_string(cuts.size()) + ".", "Two cuts make three classes: '{0.8,0.95}'.");
    double before = 0;
    for (const double cut : cuts) {
        if (!(cut > before && cut < 1))
            throw Error(sqlstate::invalid_parameter, "cuts must ascend between 0 and 1",
                        digits(cut) + " stands where a share above " + digits(before) + " and below 1 is wanted.",
                        "Give shares of the running total, largest values first: '{0.8,0.95}'.");
        before = cut;
    }
}

namespace {

// Calls visit(value, how many) for each distinct value, in order.
template <class Visit> void each_group(std::span<const double> sorted, Poll poll, Visit &&visit) {
    for (std::size_t i = 0; i < sorted.size();) {
        const std::size_t begin = i;
        while (i < sorted.size() && sorted[i] == sorted[begin]) poll.every(++i);
        visit(sorted[begin], static_cast<double>(i - begin));
    }
}

} // namespace

AbcClasses abc_classes(std::span<double> values, std::span<const double> cuts, Poll poll) {
    math::polled(values.size(), poll, std::greater<>(),
                 [values](auto greater) { std::sort(values.begin(), values.end(), greater); });
    AbcClasses classes;
    if (values.empty() || values[0] == 0) return classes;
    classes.defined = true;
    classes.cuts = cuts.size();

    const Scaled scaled(values[0]);
    Sum total;
    each_group(values, poll, [&](double value, double n) { total.add(scaled(value, n)); });

    // A share that is a cut but for the rounding of the sums does not exceed it.
    const double rounding = total.high * 0x1p-72;
    std::array<Sum, max_cuts> limits;
    for (std::size_t i = 0; i < cuts.size(); ++i) limits[i] = Sum::of(cuts[i]).times(total);

    Sum running;
    each_group(values, poll, [&, c = std::size_t{0}](double value, double n) mutable {
        running.add(scaled(value, n));
        if (value < values[0])
            while (c < cuts.size() && running.minus(limits[c]).high > rounding) ++c;
        for (std::size_t i = c; i < cuts.size(); ++i) classes.least[i] = value;
    });
    return classes;
}

} // namespace cd::segment
