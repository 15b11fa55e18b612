#include "clv/clv_fit.hpp"
#include "common/workers.hpp"
#include "math/elementary.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>

namespace cd::clv {

namespace {

constexpr std::uint64_t min_customers = 10;
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

  private:
    std::vector<double> x_, t_x_, t_, customers_;
};

// Pairs of purchases and average amounts as columns, every `every`th.
class Amounts {
  public:
    Amounts(const Customers &customers, std::size_t every, Poll poll) {
        for (std::size_t i = 0; i < customers.spent().size(); i += every) {
            poll.every(i);
            const auto &[spent, count] = customers.spent()[i];
            x_.push_back(spent.x);
            average_.push_back(spent.average);
            customers_.push_back(static_cast<double>(count));
        }
    }
    Spending spending() const { return {x_, average_, customers_}; }

  private:
    std::vector<double> x_, average_, customers_;
};

// Starts are compared on few rows. Of very many rows, some are worth coming near the maximum on. Rows is made of
// (customers, every, poll), and the last one has all rows.
template <class Rows> std::vector<Rows> samples(const Customers &customers, std::size_t rows, Poll poll) {
    constexpr std::size_t few = 2000, some = 40000, very_many = 8 * some;
    std::vector<Rows> all;
    if (rows > few) all.emplace_back(customers, (rows - 1) / few + 1, poll);
    if (rows > very_many) all.emplace_back(customers, (rows - 1) / some + 1, poll);
    all.emplace_back(customers, 1, poll);
    return all;
}

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
            for (const auto &[a, b] : {std::pair(0.8, 2.0), {0.8, 10.0}, {5.0, 50.0}})
                all.push_back({r, r / (2 * scale.rate), a, b});
        }
    }
    return all;
}

// A block of rows at a time, on any thread, and added in the order of the blocks: the same sum on any number of
// threads.
Derivatives log_likelihood(Process process, const Parameters &parameters, const Histories &rows, Workers &workers) {
    constexpr std::size_t block = 4096;
    std::vector<Derivatives> parts((rows.size() + block - 1) / block);
    workers.run(parts.size(), [&](std::size_t i, Poll poll) {
        const std::size_t from = i * block, n = std::min(block, rows.size() - from);
        const Histories some{rows.x.subspan(from, n), rows.t_x.subspan(from, n), rows.t.subspan(from, n),
                             rows.customers.subspan(from, n)};
        parts[i] = with_process(process, [&]<class M>() { return M::log_likelihood(parameters, some, poll); });
    });
    Derivatives sum;
    for (const Derivatives &part : parts) {
        sum.value += part.value;
        for (std::size_t i = 0; i < max_parameters; ++i) {
            sum.gradient[i] += part.gradient[i];
            for (std::size_t j = 0; j < max_parameters; ++j) sum.hessian[i][j] += part.hessian[i][j];
        }
    }
    return sum;
}

// Of the last of these likelihoods, of ever more rows. The best start is that of the first.
Maximum best_maximum(const std::vector<Parameters> &starts, const Bounds &bounds,
                     const std::vector<LogLikelihood> &likelihoods, std::uint64_t max_iterations, Poll poll) {
    constexpr std::uint64_t tries = 40;
    std::optional<Maximum> best;
    for (const Parameters &start : starts) {
        Maximum found = maximise(likelihoods.front(), bounds, start, std::min(tries, max_iterations), poll);
        if (!best || found.log_likelihood > best->log_likelihood) best = std::move(found);
    }
    const bool goes_on = likelihoods.size() == 1 && best->end == End::too_few_iterations;
    for (std::size_t i = goes_on ? 0 : 1; i < likelihoods.size(); ++i) {
        // Where a sample ran away, all of them may not: not from so far out.
        const bool near = best->end == End::converged || best->end == End::too_few_iterations;
        best = maximise(likelihoods[i], bounds, near ? best->at : starts.front(), max_iterations, poll);
    }
    return *best;
}

Part fit_process(Process process, const std::vector<Columns> &samples, std::uint64_t customers,
                 const FitOptions &options, Workers &workers) {
    const std::size_t n = parameters_of(process).size();
    std::vector<LogLikelihood> likelihoods;
    for (const Columns &rows : samples)
        likelihoods.push_back(
            [&](const Parameters &p) { return log_likelihood(process, p, rows.histories(), workers); });
    const Scale scale(samples.back().histories()); // a sample may have nobody who came back
    return as_part(best_maximum(starts(process, scale), {n, {}}, likelihoods, options.max_iterations, workers.poll()),
                   n, customers);
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
                    c.frame().discrete
                        ? "Choose a longer history, or a shorter unit: purchases of one opportunity count once."
                        : "Choose a longer history: purchases of one day count once.");
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
    const std::vector<Columns> rows = samples<Columns>(c, c.seen().size(), work.poll);
    Workers workers(work.threads, work.poll);
    std::vector<Compared> fits;
    for (const Process process : options.process ? std::vector{*options.process} : candidates(c)) {
        fits.push_back({process, fit_process(process, rows, c.customers(), options, workers), {}, false});
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
    if (c.spenders() < min_customers) return;
    const std::vector<Amounts> rows = samples<Amounts>(c, c.spent().size(), poll);
    std::vector<LogLikelihood> likelihoods;
    for (const Amounts &some : rows) likelihoods.push_back(GammaGamma::Likelihood(some.spending(), poll));
    const Spending all = rows.back().spending();
    double mean = 0, n = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        poll.every(i);
        mean += all.average[i] * all.customers[i];
        n += all.customers[i];
    }
    mean /= n;
    const Maximum found = best_maximum({{1, 4, 3 * mean}, {6, 4, mean / 2}}, {3, spend_bounds}, likelihoods,
                                       options.max_iterations, poll);
    fitted.spend = as_part(found, GammaGamma::parameter_names.size(), c.spenders());
    if (const auto r = correlation(all, 0.95, poll)) fitted.correlation = r->value;
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

Process process_called(std::string_view name) {
    if (const std::optional<Process> process = process_named(name)) return *process;
    throw Error(
        sqlstate::invalid_parameter, "unknown model \"" + std::string(name) + "\"", "",
        "Known are 'bg/nbd', 'mbg/nbd', 'pareto/nbd', 'nbd', and 'bg/bb' for opportunities; to fit also 'auto', "
        "which takes the one with the lowest AIC.");
}

FitOptions fit_options(std::string_view model, std::int64_t max_iterations) {
    FitOptions options;
    if (model != "auto") options.process = process_called(model);
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
