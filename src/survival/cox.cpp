#include "survival/cox.hpp"
#include "math/cholesky.hpp"
#include <algorithm>
#include <cmath>
#include <string>

namespace cd::survival {

using math::Cholesky, math::Index, math::Matrix, math::Vector;

namespace {

constexpr const char *ties_names[] = {"efron", "breslow"};
constexpr const char *status_names[] = {"estimated", "aliased", "infinite"};

// Of the information that a term has, the share that others must leave to it.
constexpr double alias_tolerance = 1e-11;

class Fit {
  public:
    Fit(const CoxRows &rows, const CoxOptions &options, Poll poll)
        : rows_(rows), options_(options), poll_(poll), terms_(static_cast<Index>(rows.terms)),
          likelihood_(rows, options.ties, poll), at_(Vector::Zero(terms_)), last_(Vector::Zero(terms_)) {
        fit_.terms.resize(rows.terms);
    }

    CoxFit run() {
        likelihood_.move_to(at_);
        now_ = likelihood_.derivatives();
        fit_.null_log_likelihood = now_.log_likelihood;
        find_aliases();
        iterate();
        describe();
        return std::move(fit_);
    }

  private:
    bool is_aliased(Index i) const { return term(i).status == Status::aliased; }
    const CoxTerm &term(Index i) const { return fit_.terms[static_cast<std::size_t>(i)]; }
    CoxTerm &term(Index i) { return fit_.terms[static_cast<std::size_t>(i)]; }

    void find_aliases() {
        Matrix information = now_.information;
        for (Index i = 0; i < terms_; ++i)
            // Rounding makes a constant of many rows look like a little.
            if (information(i, i) > 0) information(i, i) += options_.l2;
        const Cholesky triangle(std::move(information), alias_tolerance, poll_);
        for (Index i = 0; i < terms_; ++i)
            if (triangle.is_left_out(i)) term(i).status = Status::aliased;
    }

    double objective(const Derivatives &d, const Vector &at) const {
        return d.log_likelihood - options_.l2 / 2 * at.squaredNorm();
    }
    // Of the objective; terms that are aliased do not move.
    Cholesky curvature() const {
        Matrix a = now_.information;
        for (Index i = 0; i < terms_; ++i) {
            a(i, i) += options_.l2;
            if (!is_aliased(i)) continue;
            a.row(i).head(i).setZero();
            a.col(i).tail(terms_ - i).setZero();
        }
        return Cholesky(std::move(a), 0, poll_);
    }
    double precision() const { return options_.tolerance * (1 + std::abs(objective(now_, at_))); }

    bool move(const Vector &step) {
        double length = 1;
        for (int halvings = 0; halvings < 40; ++halvings, length /= 2) {
            const Vector there = at_ + length * step;
            if (!likelihood_.move_to(there)) continue;
            Derivatives then = likelihood_.derivatives();
            if (!(objective(then, there) >= objective(now_, at_) - 1e-3 * precision())) continue;
            at_ = there;
            now_ = std::move(then);
            return true;
        }
        // What was tried last was not taken.
        likelihood_.move_to(at_);
        now_ = likelihood_.derivatives();
        return false;
    }

    void iterate() {
        for (int i = 1; i <= options_.max_iterations; ++i) {
            const Vector slope = now_.gradient - options_.l2 * at_, step = curvature().solve(slope);
            const bool flat = step.dot(slope) / 2 <= precision();
            const bool still = (step.array().abs() <= 1e-6 * at_.array().abs() + 1e-9).all();
            fit_.iterations = static_cast<std::uint64_t>(i);
            if (flat && !still && find_infinite(step)) return;
            if (!move(step)) {
                fit_.converged = flat;
                return;
            }
            if (flat && still) {
                fit_.converged = true;
                return;
            }
            last_ = step;
        }
    }

    // Where the likelihood is flat, a step of Newton's is much shorter than the one before, unless the maximum is at
    // infinity: there it stays as long.
    bool find_infinite(const Vector &step) {
        bool found = false;
        for (Index i = 0; i < terms_; ++i) {
            const double length = std::abs(step(i)), before = std::abs(last_(i));
            if (is_aliased(i) || before == 0 || length <= before / 2 || length <= 1e-3 * std::abs(at_(i))) continue;
            term(i).status = Status::infinite;
            found = true;
        }
        return found;
    }

    void describe() {
        fit_.log_likelihood = now_.log_likelihood;
        double sum = 0;
        for (std::size_t i = likelihood_.times(); i-- > 0;) {
            fit_.time.push_back(likelihood_.time(i));
            fit_.hazard.push_back(sum += likelihood_.hazards()[i]);
        }
        fit_.concordance = concordance(rows_, likelihood_.predictors(), poll_);
        const Cholesky triangle = curvature();
        const Matrix inverse = triangle.inverse(poll_);
        for (Index i = 0; i < terms_; ++i) {
            if (is_aliased(i)) continue;
            term(i).estimate = at_(i);
            if (triangle.is_left_out(i)) term(i).status = Status::infinite;
            if (term(i).status != Status::estimated) {
                fit_.converged = false;
                continue;
            }
            term(i).std_error = std::sqrt(inverse(i, i));
            // The trace of information and inverse, which is the number of terms if there is no penalty.
            fit_.degrees_of_freedom += 1 - options_.l2 * inverse(i, i);
        }
        for (Index i = 0; i < terms_; ++i)
            if (term(i).status == Status::infinite) ++fit_.degrees_of_freedom;
        if (fit_.converged && options_.l2 == 0) test_proportionality(triangle);
    }

    // The score test of the terms times g(t) being terms too, for g = 1 - Kaplan and Meier's curve just before t
    // (Grambsch and Therneau 1994; the exact test of cox.zph of R since 2020). With u and V the score and information
    // of the new terms, C the information that they share with the old ones and I that of these, V - C' I^-1 C is the
    // variance of u.
    void test_proportionality(const Cholesky &triangle) {
        std::vector<double> g = likelihood_.left_before();
        double mean = 0, weight = 0;
        for (std::size_t i = 0; i < g.size(); ++i) {
            mean += likelihood_.weight_of_events(i) * g[i];
            weight += likelihood_.weight_of_events(i);
        }
        for (double &value : g) value = mean / weight - value;
        const Derivatives first = likelihood_.derivatives(g);
        for (double &value : g) value *= value;
        const Derivatives second = likelihood_.derivatives(g);
        Vector score = first.gradient;
        const Matrix shared = first.information.selfadjointView<Eigen::Lower>();
        Matrix variance = second.information;
        for (Index i = 0; i < terms_; ++i) {
            poll_();
            // Rows of terms that are aliased are 0 in what solve gives.
            variance.col(i) -= shared * triangle.solve(shared.col(i));
        }
        for (Index i = 0; i < terms_; ++i) {
            if (is_aliased(i)) {
                variance.row(i).head(i).setZero();
                variance.col(i).tail(terms_ - i).setZero();
                score(i) = 0;
            } else if (variance(i, i) > alias_tolerance * second.information(i, i))
                term(i).proportional = score(i) * score(i) / variance(i, i);
            else
                variance(i, i) = 0;
        }
        const Cholesky joint(variance, alias_tolerance, poll_);
        fit_.proportional_degrees = static_cast<std::uint64_t>(joint.rank());
        if (joint.rank() > 0) fit_.proportional = std::max(0.0, score.dot(joint.solve(score)));
    }

    const CoxRows &rows_;
    const CoxOptions &options_;
    Poll poll_;
    Index terms_;
    PartialLikelihood likelihood_;
    Vector at_, last_; // the coefficients, and the step that led to them
    Derivatives now_;
    CoxFit fit_;
};

} // namespace

Ties ties_named(std::string_view name) {
    for (std::size_t i = 0; i < std::size(ties_names); ++i)
        if (name == ties_names[i]) return static_cast<Ties>(i);
    throw Error(sqlstate::invalid_parameter, "unknown ties \"" + std::string(name) + "\"", "",
                "Known are 'efron' and 'breslow'.");
}
const char *name_of(Ties ties) { return ties_names[static_cast<std::size_t>(ties)]; }

const char *name_of(Status status) { return status_names[static_cast<std::size_t>(status)]; }

void check_options(const CoxOptions &options) {
    if (!(options.l2 >= 0 && std::isfinite(options.l2)))
        throw Error(sqlstate::invalid_parameter, "l2 must be a finite number and not negative",
                    "l2 is " + digits(options.l2) + ".",
                    "0 is no penalty; 1 counts little against some hundred events.");
    if (options.max_iterations < 1 || options.max_iterations > 1000)
        throw Error(sqlstate::invalid_parameter, "max_iterations must be between 1 and 1000",
                    "max_iterations is " + std::to_string(options.max_iterations) + ".", "The usual number is 30.");
    if (!(options.tolerance > 0 && options.tolerance < 1))
        throw Error(sqlstate::invalid_parameter, "tolerance must be between 0 and 1",
                    "tolerance is " + digits(options.tolerance) + ".", "The usual one is 1e-9.");
}

CoxFit cox(const CoxRows &rows, const CoxOptions &options, Poll poll) { return Fit(rows, options, poll).run(); }

} // namespace cd::survival
