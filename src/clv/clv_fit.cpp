#include "clv/clv_fit.hpp"
#include "math/elementary.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>

namespace cd::clv {

namespace {

constexpr std::uint64_t min_customers = 10;
// Starts are compared on so many distinct histories.
constexpr std::size_t sample_size = 2000;

// Counted customers as columns, without what followed.
class Columns {
  public:
    // Every `every`th distinct history.
    Columns(const Customers &customers, std::size_t every, Poll poll) {
        const auto seen = customers.seen();
        for (std::size_t i = 0, distinct = 0; i < seen.size();) {
            poll.every(i);
            const Seen &s = seen[i].value;
            double n = 0;
            for (; i < seen.size() && seen[i].value.x == s.x && seen[i].value.t_x == s.t_x && seen[i].value.t == s.t;
                 ++i)
                n += static_cast<double>(seen[i].count);
            if (distinct++ % every != 0) continue;
            x_.push_back(s.x);
            t_x_.push_back(s.t_x);
            t_.push_back(s.t);
            customers_.push_back(n);
        }
    }
    Histories histories() const { return {x_, t_x_, t_, customers_}; }
    std::size_t size() const { return x_.size(); }

  private:
    std::vector<double> x_, t_x_, t_, customers_;
};

// Repeat purchases in a unit of time, and how long a customer is seen on average.
struct Scale {
    double rate, time;
    explicit Scale(const Histories &h) : rate(0), time(0) {
        double x = 0, t = 0, n = 0;
        for (std::size_t i = 0; i < h.size(); ++i) {
            x += h.customers[i] * h.x[i];
            t += h.customers[i] * h.t[i];
            n += h.customers[i];
        }
        rate = x / t;
        time = t / n;
    }
};

// Customers who differ much or less in their rate, and leave soon, late, or hardly.
std::vector<Parameters> starts(Process process, const Scale &scale) {
    std::vector<Parameters> all;
    for (const double r : {0.5, 1.5}) {
        switch (process) {
        case Process::nbd: all.push_back({r, r / scale.rate}); break;
        case Process::pareto_nbd:
            for (const double s : {0.5, 1.5}) all.push_back({r, r / (2 * scale.rate), s, s * scale.time});
            break;
        case Process::bg_bb:
            for (const double leaving : {0.1, 0.5}) all.push_back({r, r, 1, 1 / leaving});
            break;
        default:
            for (const double b : {2.0, 10.0}) all.push_back({r, r / (2 * scale.rate), 0.8, b});
        }
    }
    return all;
}

// The best of the starts, on a sample where there are many histories; from there on all of them.
Part fit_process(Process process, const Columns &all, const Columns &sample, std::uint64_t customers,
                 const FitOptions &options, Poll poll) {
    const std::size_t n = parameters_of(process).size();
    const Bounds bounds{n, {}};
    const auto maximum_of = [&](const Histories &h, const Parameters &start, std::uint64_t max_iterations) {
        const auto likelihood = [&](const Parameters &p) {
            return with_process(process, [&]<class M>() { return M::log_likelihood(p, h, poll); });
        };
        return maximise(likelihood, bounds, start, max_iterations, poll);
    };
    constexpr std::uint64_t tries = 40;
    std::optional<Maximum> best;
    for (const Parameters &start : starts(process, Scale(sample.histories()))) {
        Maximum found = maximum_of(sample.histories(), start, std::min(tries, options.max_iterations));
        if (!best || found.log_likelihood > best->log_likelihood) best = std::move(found);
    }
    // Where the sample ran away, all of them may not: not from so far out.
    if (all.size() > sample.size() || best->end == End::too_few_iterations) {
        const bool near = best->end == End::converged || best->end == End::too_few_iterations;
        const Parameters from = near ? best->at : starts(process, Scale(all.histories())).front();
        best = maximum_of(all.histories(), from, options.max_iterations);
    }
    return as_part(*best, n, customers);
}

void check_customers(const Customers &c) {
    if (c.customers() < min_customers)
        throw Error(sqlstate::invalid_parameter, "too few customers for a model of purchases",
                    "There are " + std::to_string(c.customers()) + ", and " + std::to_string(min_customers) +
                        " are needed at least.",
                    "Aggregate all customers, one row each, those with a single purchase included.");
    if (c.repeaters() == 0)
        throw Error(sqlstate::invalid_parameter, "no customer has come back",
                    "All " + std::to_string(c.customers()) + " have one purchase only.",
                    "Choose a longer history, or a shorter unit: purchases of one day count once.");
}

// Models of time for times, of opportunities for opportunities.
std::vector<Process> candidates(const Customers &c) {
    std::vector<Process> all;
    for (std::size_t i = 0; i < processes; ++i)
        if (const auto process = static_cast<Process>(i); is_discrete(process) == c.frame().discrete)
            all.push_back(process);
    return all;
}

std::vector<Compared> fit_all(const Customers &c, const FitOptions &options, const Work &work) {
    check_customers(c);
    if (options.process && is_discrete(*options.process) != c.frame().discrete)
        throw Error(sqlstate::invalid_parameter,
                    std::string("model \"") + name_of(*options.process) + "\" does not fit these customers",
                    c.frame().discrete ? "Their times count opportunities." : "Their times are no opportunities.",
                    c.frame().discrete ? "Use 'bg/bb', or aggregate with clv_agg."
                                       : "Aggregate opportunities with clv_opportunity_agg.");
    const Columns all(c, 1, work.poll), sample(c, (all.size() - 1) / sample_size + 1, work.poll);
    std::vector<Compared> fits;
    for (const Process process : options.process ? std::vector{*options.process} : candidates(c)) {
        fits.push_back({process, fit_process(process, all, sample, c.customers(), options, work.poll), {}, false});
        const Part &part = fits.back().part;
        if (work.tell)
            work.tell(std::string("clv_fit: ") + name_of(process) + ", log-likelihood " + digits(part.log_likelihood) +
                      ", " + name_of(part.end));
    }
    // The one that converged comes first.
    std::ranges::stable_sort(fits, [](const Compared &a, const Compared &b) {
        return std::pair(!a.part.converged(), a.part.aic()) < std::pair(!b.part.converged(), b.part.aic());
    });
    fits.front().best = true;
    return fits;
}

// Gamma-Gamma, if there are repeat buyers who paid.
void fit_spend(Fitted &fitted, const Customers &c, const FitOptions &options, Poll poll) {
    std::vector<double> x, average, customers;
    double mean = 0, n = 0;
    for (std::size_t i = 0; i < c.spent().size(); ++i) {
        poll.every(i);
        const auto &[spent, count] = c.spent()[i];
        x.push_back(spent.x);
        average.push_back(spent.average);
        customers.push_back(static_cast<double>(count));
        mean += spent.average * customers.back();
        n += customers.back();
    }
    if (c.spenders() < min_customers) return;
    const Spending spending{x, average, customers};
    const GammaGamma::Likelihood likelihood(spending, poll);
    mean /= n;
    std::optional<Maximum> best;
    for (const double p : {1.0, 6.0}) {
        Maximum found = maximise([&](const Parameters &at) { return likelihood(at); }, {3, spend_bounds},
                                 {p, 4, 3 * mean / p}, options.max_iterations, poll);
        if (!best || found.log_likelihood > best->log_likelihood) best = std::move(found);
    }
    fitted.spend = as_part(*best, GammaGamma::parameter_names.size(), c.spenders());
    if (const auto r = correlation(spending, 0.95, poll)) fitted.dependence = Dependence{r->value, r->low, r->high};
}

HoldOut hold_out(const Customers &c, const Compared &fit, Poll poll) {
    const Purchases model = make(fit.process, as_parameters(fit.part.parameters));
    const double length = *c.frame().holdout;
    math::Sum expected, absolute, square;
    for (std::size_t i = 0; i < c.seen().size(); ++i) {
        poll.every(i);
        const Seen &seen = c.seen()[i].value;
        double purchases;
        std::visit([&](const auto &m) { m.purchases({seen.x, seen.t_x, seen.t}, {&length, 1}, &purchases); }, model);
        const double n = static_cast<double>(c.seen()[i].count), error = purchases - seen.held;
        expected.add(n * purchases);
        absolute.add(n * std::abs(error));
        square.add(n * error * error);
    }
    const double n = static_cast<double>(c.customers());
    return {expected.value(), absolute.value() / n, std::sqrt(square.value() / n)};
}

} // namespace

FitOptions fit_options(std::string_view model, std::int64_t max_iterations) {
    FitOptions options;
    if (model != "auto" && !(options.process = process_named(model)))
        throw Error(sqlstate::invalid_parameter, "unknown model \"" + std::string(model) + "\"", "",
                    "Known are 'bg/nbd', 'mbg/nbd', 'pareto/nbd', 'nbd', 'bg/bb' for opportunities, and 'auto', which "
                    "takes the one with the lowest AIC.");
    if (max_iterations < 1)
        throw Error(sqlstate::invalid_parameter, "max_iterations must be at least 1",
                    "It is " + std::to_string(max_iterations) + ".");
    options.max_iterations = static_cast<std::uint64_t>(max_iterations);
    return options;
}

Fitted fit(const Customers &c, const FitOptions &options, const Work &work) {
    const std::vector<Compared> fits = fit_all(c, options, work);
    Fitted fitted;
    fitted.unit = static_cast<std::uint64_t>(c.frame().unit);
    fitted.process = fits.front().process;
    fitted.purchases = fits.front().part;
    if (!options.process)
        for (const Compared &one : fits)
            fitted.candidates.push_back({one.process, one.part.aic(), one.part.converged()});
    fit_spend(fitted, c, options, work.poll);
    return fitted;
}

std::vector<Compared> compare(const Customers &c, const FitOptions &options, const Work &work) {
    std::vector<Compared> fits = fit_all(c, options, work);
    if (c.frame().holdout)
        for (Compared &one : fits)
            if (one.part.converged()) one.hold_out = hold_out(c, one, work.poll);
    return fits;
}

} // namespace cd::clv
