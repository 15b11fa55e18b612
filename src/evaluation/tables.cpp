#include "evaluation/tables.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>
#include <string>

namespace cd::evaluation {

void check_groups(int groups, const char *argument) {
    if (groups < 1 || groups > max_groups)
        throw Error(sqlstate::invalid_parameter, std::string(argument) + " must be between 1 and 10000",
                    std::string(argument) + " is " + std::to_string(groups) + ".", "The usual number is 10.");
}

std::vector<Gain> gain_table(const Evaluation &e, int groups) {
    std::vector<Gain> table;
    if (e.rows() == 0) return table;
    const auto count = static_cast<std::uint64_t>(groups);
    const auto end_of = [&e, count](std::uint64_t group) {
        return static_cast<std::uint64_t>(Product{group} * e.rows() / count);
    };
    std::uint64_t above = 0, positives_above = 0;
    each_value(e.positive(), e.negative(), e.poll(),
               [&](double score, std::uint64_t positives, std::uint64_t negatives) {
                   const std::uint64_t ties = positives + negatives;
                   for (std::uint64_t end; table.size() < count && (end = end_of(table.size() + 1)) <= above + ties;) {
                       Gain group;
                       group.cumulative_rows = end;
                       const std::uint64_t taken = end - above;
                       group.cumulative_positives =
                           static_cast<double>(positives_above) +
                           static_cast<double>(Product{positives} * taken) / static_cast<double>(ties);
                       const Gain before = table.empty() ? Gain{} : table.back();
                       group.rows = end - before.cumulative_rows;
                       group.positives = group.cumulative_positives - before.cumulative_positives;
                       group.least = score;
                       table.push_back(group);
                   }
                   above += ties;
                   positives_above += positives;
               });
    return table;
}

Binning binning_named(std::string_view method) {
    if (method == "quantile") return Binning::quantile;
    if (method == "width") return Binning::width;
    throw Error(sqlstate::invalid_parameter, "method must be quantile or width",
                "method is \"" + std::string(method) + "\".",
                "The bins of quantile have equally many rows, those of width are equally wide.");
}

std::vector<CalibrationBin> calibration_table(const Evaluation &e, int bins, Binning method) {
    check_probabilities(e);
    const auto count = static_cast<std::uint64_t>(bins);
    const auto by_rank = [&e, count](std::uint64_t below, std::uint64_t ties) {
        return static_cast<int>(Product{count} * (2 * Product{below} + ties - 1) / (2 * Product{e.rows()}));
    };
    const auto by_width = [bins](double score) {
        // The product may round to the wrong side of a border.
        const auto border = [bins](int bin) { return static_cast<double>(bin) / bins; };
        int bin = std::clamp(static_cast<int>(score * bins), 0, bins - 1);
        while (bin > 0 && score <= border(bin)) --bin;
        while (bin < bins - 1 && score > border(bin + 1)) ++bin;
        return bin;
    };
    std::vector<CalibrationBin> table;
    math::Sum predicted;
    const auto close = [&table, &predicted] {
        if (table.empty()) return;
        CalibrationBin &bin = table.back();
        bin.predicted = std::clamp(predicted.value() / static_cast<double>(bin.rows), bin.low, bin.high);
        predicted = {};
    };
    std::uint64_t left = e.rows();
    each_value(e.positive(), e.negative(), e.poll(),
               [&](double score, std::uint64_t positives, std::uint64_t negatives) {
                   const std::uint64_t ties = positives + negatives;
                   left -= ties;
                   const int number = 1 + (method == Binning::quantile ? by_rank(left, ties) : by_width(score));
                   if (table.empty() || table.back().number != number) {
                       close();
                       table.push_back({number, score, score, 0, 0, 0});
                   }
                   CalibrationBin &bin = table.back();
                   bin.low = score;
                   bin.rows += ties;
                   bin.positives += positives;
                   predicted.add(score * static_cast<double>(ties));
               });
    close();
    std::reverse(table.begin(), table.end());
    return table;
}

std::optional<double> calibration_error(const Evaluation &e, int bins, Binning method) {
    if (e.rows() == 0) return {};
    double sum = 0;
    for (const CalibrationBin &bin : calibration_table(e, bins, method))
        sum += std::abs(static_cast<double>(bin.rows) * bin.predicted - static_cast<double>(bin.positives));
    return sum / static_cast<double>(e.rows());
}

Chosen chosen_at(const Evaluation &e, double threshold) {
    if (std::isnan(threshold))
        throw Error(sqlstate::invalid_parameter, "threshold must be a number", "threshold is NaN.",
                    "With a probability of 0.5 or more something is more likely than not.");
    const auto reaching = [&e, threshold](Sample sample) {
        std::uint64_t rows = 0;
        for (std::size_t i = sample.size(); i > 0 && sample[i - 1].value >= threshold; --i) {
            e.poll().every(i);
            rows += sample[i - 1].count;
        }
        return rows;
    };
    return {threshold, reaching(e.positive()), reaching(e.negative())};
}

void Campaign::check() const {
    const auto amount = [](double value, const char *argument) {
        if (!(value >= 0 && std::isfinite(value)))
            throw Error(sqlstate::invalid_parameter,
                        std::string(argument) + " must be a finite amount of at least zero",
                        std::string(argument) + " is " + digits(value) + ".",
                        "Costs and values are in the same currency, for one customer.");
    };
    amount(contact_cost, "contact_cost");
    amount(save_value, "save_value");
    if (!(save_rate >= 0 && save_rate <= 1))
        throw Error(sqlstate::invalid_parameter, "save_rate must be between 0 and 1",
                    "save_rate is " + digits(save_rate) + ".", "If one of five stays when contacted, it is 0.2.");
}

double Campaign::profit(const Chosen &chosen) const {
    const double profit = save_value * save_rate * static_cast<double>(chosen.positives) -
                          contact_cost * static_cast<double>(chosen.rows());
    if (!std::isfinite(profit))
        throw Error(sqlstate::out_of_range, "profit is out of range",
                    "It is that of " + std::to_string(chosen.rows()) + " customers.", "Use a larger unit of money.");
    return profit;
}

Chosen best_threshold(const Evaluation &e, const Campaign &campaign) {
    Chosen best;
    double most = 0;
    each_threshold(e, [&](const Chosen &chosen) {
        const double profit = campaign.profit(chosen);
        if (chosen.rows() > 0 && profit <= most) return;
        most = profit;
        best = chosen;
    });
    return best;
}

} // namespace cd::evaluation
