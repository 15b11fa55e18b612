#include "clv/tracking.hpp"
#include <algorithm>
#include <cmath>

namespace cd::clv {

namespace {

constexpr std::size_t max_periods = 1'000'000;

// Customers by how long they are seen, in steps: days, or opportunities.
std::vector<double> by_age(const Customers &c, double step, Poll poll) {
    std::vector<double> ages;
    for (std::size_t i = 0; i < c.seen().size(); ++i) {
        poll.every(i);
        if (!(c.seen()[i].value.t * step <= static_cast<double>(max_periods)))
            throw Error(sqlstate::program_limit, "customers are seen for too long",
                        "One is seen for " + digits(c.seen()[i].value.t * step) + " days; at most " +
                            std::to_string(max_periods) + " are possible.",
                        "Look for wrong dates.");
        const auto age = static_cast<std::size_t>(std::llround(c.seen()[i].value.t * step));
        if (age >= ages.size()) ages.resize(age + 1);
        ages[age] += static_cast<double>(c.seen()[i].count);
    }
    return ages;
}

// Purchases up to and with a day or opportunity, as they come.
class Made {
  public:
    explicit Made(const Customers &c) : c_(c) {}
    double up_to(std::int64_t at) {
        for (; next_ < c_.bought().size() && c_.first_bought() + static_cast<std::int64_t>(next_) <= at; ++next_)
            sum_ += static_cast<double>(c_.bought()[next_]);
        return sum_;
    }

  private:
    const Customers &c_;
    std::size_t next_ = 0;
    double sum_ = 0;
};

// Expected repeat purchases of a new customer within 0, 1, ... steps; many at a time, for models share work between
// them.
std::vector<double> expected_by_age(const ClvModel &model, std::size_t steps, double step, Poll poll) {
    constexpr std::size_t block = 64;
    std::vector<double> length(steps + 1), expected(steps + 1);
    for (std::size_t i = 0; i <= steps; ++i) length[i] = static_cast<double>(i) / step;
    for (std::size_t i = 1; i <= steps; i += block) {
        poll();
        const std::size_t n = std::min(block, steps + 1 - i);
        model.new_purchases({&length[i], n}, &expected[i]);
    }
    return expected;
}

void add(std::vector<Period> &periods, std::optional<Day> end, bool held_out, double expected_total,
         double actual_total) {
    const Period before = periods.empty() ? Period{} : periods.back();
    periods.push_back({before.number + 1, end, held_out, expected_total - before.expected_total,
                       actual_total - before.actual_total, expected_total, actual_total});
}

std::vector<Period> track_opportunities(const ClvModel &model, const Customers &c, Poll poll) {
    const std::vector<double> ages = by_age(c, 1, poll);
    const std::vector<double> expected = expected_by_age(model, ages.size() - 1, 1, poll);
    Made made(c);
    std::vector<Period> periods;
    double seen = static_cast<double>(c.customers()), total = 0;
    for (std::size_t age = 1; age < ages.size(); ++age) {
        seen -= ages[age - 1]; // those who had fewer opportunities
        total += seen * (expected[age] - expected[age - 1]);
        add(periods, {}, false, total, made.up_to(static_cast<std::int64_t>(age)));
    }
    return periods;
}

} // namespace

// Fader, Hardie and Lee 2005, section 4.1: the expected repeat purchases of each customer since his first purchase,
// summed over customers. Periods end a whole number of units before or after as_of, on the day that this falls on.
std::vector<Period> track(const ClvModel &model, const Customers &c, Poll poll) {
    if (c.customers() == 0) return {};
    if (model.unit() != c.frame().unit || model.discrete() != c.frame().discrete)
        throw Error(sqlstate::invalid_parameter, "the model counts in another unit than the customers",
                    "Units are " + digits(static_cast<double>(model.unit()) / purchase::micros_per_day) + " and " +
                        digits(c.frame().days()) + " days.",
                    "Fit the model to customers with this unit.");
    if (!c.frame().as_of)
        throw Error(sqlstate::invalid_parameter, "these customers have no dates", "They were given as numbers.",
                    "Aggregate values of type purchase_summary.");
    if (c.frame().discrete) return track_opportunities(model, c, poll);

    const double unit = c.frame().days();
    const std::vector<double> ages = by_age(c, unit, poll);
    const double before = std::ceil(static_cast<double>(ages.size() - 1) / unit - 1e-9),
                 after = c.frame().holdout ? std::ceil(*c.frame().holdout - 1e-9) : 0;
    if (!(before + after <= static_cast<double>(max_periods)))
        throw Error(sqlstate::program_limit, "there are too many periods",
                    "There are " + digits(before + after) + " of them.", "Choose a longer unit.");
    const auto held_days = std::llround(c.frame().holdout.value_or(0) * unit);
    const std::vector<double> expected =
        expected_by_age(model, ages.size() - 1 + static_cast<std::size_t>(held_days), unit, poll);
    Made made(c);
    std::vector<Period> periods;
    for (double k = 1 - before; k <= after; ++k) {
        poll();
        const std::int64_t end = std::min<std::int64_t>(std::llround(std::floor(k * unit + 1e-9)), held_days);
        double total = 0;
        for (std::size_t age = end < 0 ? static_cast<std::size_t>(-end) : 0; age < ages.size(); ++age)
            total += ages[age] * expected[static_cast<std::size_t>(static_cast<std::int64_t>(age) + end)];
        add(periods, static_cast<Day>(*c.frame().as_of + end), k > 0, total, made.up_to(end));
    }
    return periods;
}

} // namespace cd::clv
