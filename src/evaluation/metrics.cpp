#include "evaluation/metrics.hpp"
#include "math/distribution.hpp"
#include "math/elementary.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>
#include <limits>

namespace cd::evaluation {

using math::Sum;

namespace {

bool one_class(const Evaluation &e) { return e.positives() == 0 || e.negatives() == 0; }

template <class Visit> void each_score(const Evaluation &e, Visit &&visit) {
    each_value(e.positive(), e.negative(), e.poll(), visit);
}

} // namespace

std::optional<double> roc_auc(const Evaluation &e) {
    if (one_class(e)) return {};
    Product pairs = 0; // twice those in which the positive one scores higher
    std::uint64_t above = 0;
    each_score(e, [&](double, std::uint64_t positives, std::uint64_t negatives) {
        pairs += Product{negatives} * (2 * Product{above} + positives);
        above += positives;
    });
    return static_cast<double>(pairs) / static_cast<double>(2 * Product{e.positives()} * e.negatives());
}

// A positive one of score s has the component (negatives below s + half of those at s) / all negatives, a negative one
// (positives above s + half of those at s) / all positives. Both have the mean AUC; its variance is the sum of their
// sample variances, each over the size of its class.
std::optional<Interval> roc_auc_interval(const Evaluation &e, double confidence) {
    const std::optional<double> auc = roc_auc(e);
    if (!auc) return {};
    Interval result{*auc, {}, {}, {}};
    if (e.positives() < 2 || e.negatives() < 2) return result;
    const auto positives = static_cast<double>(e.positives()), negatives = static_cast<double>(e.negatives());
    Sum of_positives, of_negatives;
    double positives_above = 0, negatives_above = 0;
    each_score(e, [&](double, std::uint64_t p, std::uint64_t n) {
        const auto here_p = static_cast<double>(p), here_n = static_cast<double>(n);
        const double a = (negatives - negatives_above - here_n / 2) / negatives - *auc;
        const double b = (positives_above + here_p / 2) / positives - *auc;
        of_positives.add(here_p * a * a);
        of_negatives.add(here_n * b * b);
        positives_above += here_p;
        negatives_above += here_n;
    });
    result.std_error = std::sqrt(of_positives.value() / (positives - 1) / positives +
                                 of_negatives.value() / (negatives - 1) / negatives);
    const double margin = math::confidence_quantile(confidence) * *result.std_error;
    result.low = std::max(0.0, *auc - margin);
    result.high = std::min(1.0, *auc + margin);
    return result;
}

std::optional<double> pr_auc(const Evaluation &e) {
    if (e.positives() == 0) return {};
    Sum sum;
    std::uint64_t found = 0, chosen = 0;
    each_score(e, [&](double, std::uint64_t positives, std::uint64_t negatives) {
        found += positives;
        chosen += positives + negatives;
        sum.add(static_cast<double>(positives) * (static_cast<double>(found) / static_cast<double>(chosen)));
    });
    return sum.value() / static_cast<double>(e.positives());
}

std::optional<double> ks(Sample a, Sample b, Poll poll) {
    if (a.empty() || b.empty()) return {};
    const std::uint64_t size_a = size(a, poll), size_b = size(b, poll);
    std::uint64_t above_a = 0, above_b = 0;
    Product largest = 0;
    each_value(a, b, poll, [&](double, std::uint64_t of_a, std::uint64_t of_b) {
        above_a += of_a;
        above_b += of_b;
        const Product x = Product{above_a} * size_b, y = Product{above_b} * size_a;
        largest = std::max(largest, x > y ? x - y : y - x);
    });
    return static_cast<double>(largest) / static_cast<double>(Product{size_a} * size_b);
}

bool are_probabilities(const Evaluation &e) {
    for (const Sample s : {e.positive(), e.negative()})
        if (!s.empty() && !(s.front().value >= 0 && s.back().value <= 1)) return false;
    return true;
}

void check_probabilities(const Evaluation &e) {
    if (are_probabilities(e)) return;
    double least = std::numeric_limits<double>::infinity(), largest = -least;
    for (const Sample s : {e.positive(), e.negative()}) {
        if (s.empty()) continue;
        least = std::min(least, s.front().value);
        largest = std::max(largest, s.back().value);
    }
    throw Error(sqlstate::invalid_parameter, "scores must be probabilities between 0 and 1",
                "They are between " + digits(least) + " and " + digits(largest) + ".",
                "Ranks need no probabilities: roc_auc, pr_auc, ks and gain_table take any scores.");
}

std::optional<double> log_loss(const Evaluation &e) {
    check_probabilities(e);
    if (e.rows() == 0) return {};
    Sum sum;
    const auto add = [&e, &sum](Sample sample, auto probability) {
        for (std::size_t i = 0; i < sample.size(); ++i) {
            e.poll().every(i);
            const double p = probability(sample[i].value);
            if (p == 0) return false;
            sum.add(-static_cast<double>(sample[i].count) * math::log(p));
        }
        return true;
    };
    if (!add(e.positive(), [](double s) { return s; }) || !add(e.negative(), [](double s) { return 1 - s; }))
        return std::numeric_limits<double>::infinity();
    return std::max(0.0, sum.value() / static_cast<double>(e.rows()));
}

std::optional<double> brier(const Evaluation &e) {
    check_probabilities(e);
    if (e.rows() == 0) return {};
    Sum sum;
    const auto add = [&e, &sum](Sample sample, double outcome) {
        for (std::size_t i = 0; i < sample.size(); ++i) {
            e.poll().every(i);
            const double error = outcome - sample[i].value;
            sum.add(static_cast<double>(sample[i].count) * (error * error));
        }
    };
    add(e.positive(), 1);
    add(e.negative(), 0);
    return sum.value() / static_cast<double>(e.rows());
}

Interval wilson(double successes, double n, double quantile) {
    const double share = successes / n, z2 = quantile * quantile;
    const double centre = (successes + z2 / 2) / (n + z2);
    const double margin = quantile / (n + z2) * std::sqrt(n * share * (1 - share) + z2 / 4);
    return {share, {}, std::clamp(centre - margin, 0.0, share), std::clamp(centre + margin, share, 1.0)};
}

} // namespace cd::evaluation
