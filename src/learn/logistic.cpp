#include "learn/logistic.hpp"
#include "learn/elastic_net.hpp"
#include "learn/logistic_rows.hpp"
#include "math/distribution.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>

namespace cd::learn {

using math::Cholesky;
using math::Index;
using math::Matrix;
using math::Vector;

namespace {

// Columns of which the others explain all but this share of the variance say nothing new. In terms of lengths that is
// between R's 1e-7 and what sums of squares can tell from rounding.
constexpr double collinear = 1e-11;

// Converged when the next step would gain less than half of this for an average row. That step is still made, and as
// its error is the square of the one before, the coefficients are exact.
constexpr double least_gain = 1e-14;
// Firth's steps know the second derivatives only about, so each shortens the error by a factor.
constexpr double least_gain_firth = 1e-16;

// Chunks that show where to begin, if there are many more.
constexpr std::size_t sample_chunks = 64;

void check(const LogisticOptions &options) {
    for (const auto &[name, value] : {std::pair{"l1", options.l1}, std::pair{"l2", options.l2}}) {
        if (value >= 0 && std::isfinite(value)) continue;
        throw Error(sqlstate::invalid_parameter, std::string(name) + " must be a number from 0 on",
                    "It is " + digits(value) + ".", "Without a penalty it is 0; 0.01 is a usual one.");
    }
    if (options.firth && (options.l1 > 0 || options.l2 > 0))
        throw Error(sqlstate::invalid_parameter, "firth does not go together with l1 or l2",
                    "l1 is " + digits(options.l1) + ", l2 is " + digits(options.l2) + ".", "Choose one penalty.");
    if (options.max_iterations < 1)
        throw Error(sqlstate::invalid_parameter, "max_iterations must be at least 1",
                    "It is " + std::to_string(options.max_iterations) + ".", "Leave it out to have the usual value.");
}

// None beyond double precision: of a column in large units, where 1 is many times its whole range.
std::optional<double> odds_of(double log_odds) {
    if (std::abs(log_odds) < 700) return math::exp(log_odds);
    return log_odds > 0 ? std::nullopt : std::optional(0.);
}

// What is minimised, in units of the loss of all rows, at some coefficients.
struct Point {
    Vector b;
    LogisticSums sums;
    double value = 0;
    // Of all but l1; 0 where there is no coefficient.
    Vector gradient;
    Matrix curvature;
};

class Fit {
  public:
    Fit(const dataset::View &view, const Inputs &inputs, const Target &target, const LogisticOptions &options,
        const Work &work)
        : inputs_(inputs), target_(target), options_(options), work_(work),
          terms_(view, inputs, target.weight, work.poll), rows_(view, inputs, target, terms_, work),
          chunks_(view.chunks()), size_(static_cast<Index>(1 + terms_.size())) {}

    Logistic run();

  private:
    bool plain() const { return options_.l1 == 0 && options_.l2 == 0 && !options_.firth; }
    const Term &term(Index j) const { return terms_.terms[static_cast<std::size_t>(j - 1)]; }
    Cholesky factor(const Matrix &matrix) const { return Cholesky(matrix, 0, work_.poll); }
    Point at(Vector b, std::size_t sample = 1) const;
    void remove(Matrix &curvature, Vector &gradient) const;
    Vector step(const Point &point, double tolerance) const;
    bool advance(Point &point, const Vector &step, double decrement, std::size_t sample = 1) const;
    Vector start() const;
    void find_left_out(Point &point);
    bool is_separated(const Vector &step, Logistic &result) const;
    void tell_coefficients(const Point &point, Logistic &result) const;

    const Inputs &inputs_;
    const Target &target_;
    const LogisticOptions &options_;
    const Work &work_;
    const Terms terms_;
    const LogisticRows rows_;
    const std::size_t chunks_;
    const Index size_;
    std::vector<Index> left_out_; // coefficients that there are not
};

Point Fit::at(Vector b, std::size_t sample) const {
    Point point;
    point.b = std::move(b);
    point.sums = rows_.sums(point.b, sample);
    const auto slopes = point.b.tail(size_ - 1);
    const double l1 = options_.l1 * point.sums.weight, l2 = options_.l2 * point.sums.weight;
    point.value = point.sums.loss + l1 * slopes.lpNorm<1>() + l2 / 2 * slopes.squaredNorm();
    point.gradient = point.sums.gradient;
    point.curvature = point.sums.information;
    for (Index j = 1; j < size_ && l2 > 0; ++j) {
        if (term(j).constant()) continue;
        point.gradient[j] += l2 * point.b[j];
        point.curvature(j, j) += l2;
    }
    remove(point.curvature, point.gradient);
    if (options_.firth) {
        const Cholesky information = factor(point.curvature);
        const bool full = information.rank() + static_cast<Index>(left_out_.size()) == size_;
        point.value -= full ? information.log_determinant() / 2 : -HUGE_VAL;
        const LogisticSums penalty = rows_.firth(point.b, information);
        point.gradient += penalty.gradient;
        point.curvature += penalty.information;
        remove(point.curvature, point.gradient);
    }
    return point;
}

// What is 0 there, steps leave alone.
void Fit::remove(Matrix &curvature, Vector &gradient) const {
    for (const Index j : left_out_) {
        gradient[j] = 0;
        curvature.row(j).setZero();
        curvature.col(j).setZero();
    }
}

// Newton's.
Vector Fit::step(const Point &point, double tolerance) const {
    if (options_.l1 > 0)
        return elastic_net_step(point.curvature, point.gradient, point.b, point.sums.weight * options_.l1, work_.poll);
    return Cholesky(point.curvature, tolerance, work_.poll).solve(-point.gradient);
}

// Halves a step until it gains something (Armijo's rule), up to the rounding of a sum over rows.
bool Fit::advance(Point &point, const Vector &step, double decrement, std::size_t sample) const {
    for (double part = 1; part > 1e-9; part /= 2) {
        Point next = at(point.b + part * step, sample);
        if (!(next.value <= point.value - 1e-4 * part * decrement + 1e-12 * std::abs(point.value))) continue;
        point = std::move(next);
        return true;
    }
    return false;
}

// The fit of an intercept alone; of many rows, that of a sample of them.
Vector Fit::start() const {
    Vector b = Vector::Zero(size_);
    b[0] = math::log(target_.positives / (target_.total - target_.positives));
    if (options_.firth || chunks_ < 4 * sample_chunks) return b;
    const std::size_t sample = chunks_ / sample_chunks;
    Point point = at(std::move(b), sample);
    for (int i = 0; i < 6; ++i) {
        const Vector d = step(point, collinear);
        const double decrement = d.dot(point.curvature * d);
        if (!advance(point, d, decrement, sample) || decrement < 1e-5 * point.sums.weight) break;
    }
    return point.b;
}

// In the order of the terms, as R's glm does. With l1 any column may stay, and with l2 most.
void Fit::find_left_out(Point &point) {
    const Cholesky found(point.curvature, options_.l1 > 0 ? 0 : collinear, work_.poll);
    bool again = options_.firth && found.rank() < size_;
    for (Index j = 1; j < size_; ++j) {
        if (options_.l1 > 0 ? !term(j).constant() : !found.is_left_out(j)) continue;
        left_out_.push_back(j);
        again |= !term(j).constant();
        point.b[j] = 0;
    }
    if (again) point = at(std::move(point.b));
}

// Where rows are separated, Newton's steps never end: each moves those rows by about 1, all towards their labels, and
// no other row. Where there is a maximum, steps as short as this one get shorter by the square.
bool Fit::is_separated(const Vector &step, Logistic &result) const {
    const LogisticRows::Move move = rows_.move(step);
    if (!(move.most > 0.5 && move.least > -1e-6 * move.most)) return false;
    // By a standard deviation of a number, or from 0 to 1.
    Vector effect = step.cwiseAbs();
    effect[0] = 0;
    for (Index j = 1; j < size_; ++j)
        if (term(j).kind != Term::Kind::number) effect[j] *= term(j).scale();
    const double least = 1e-3 * effect.maxCoeff();
    for (Index j = 1; j < size_; ++j)
        if (effect[j] > least) result.separating.push_back(term(j).name);
    return true;
}

// The covariance of the estimates is the inverse of the information. A variance inflation factor is the variance of an
// estimate over what it were if the column had the same weighted variance and no correlation with others; that is the
// diagonal of the inverse of the correlation matrix of the estimates (Fox and Monette 1992).
void Fit::tell_coefficients(const Point &point, Logistic &result) const {
    const Vector &b = point.b;
    Matrix information = point.sums.information, covariance;
    Vector none = Vector::Zero(size_);
    remove(information, none);
    if (result.converged && options_.l1 == 0 && options_.l2 == 0) covariance = factor(information).inverse(work_.poll);
    const auto add = [&](std::string name, double estimate, double std_error) -> Coefficient & {
        if (!std::isfinite(estimate))
            throw Error(sqlstate::out_of_range, "a coefficient is beyond double precision",
                        "It is that of \"" + name + "\".", "Scale the column.");
        Coefficient &told = result.coefficients.emplace_back();
        told.name = std::move(name);
        told.estimate = estimate;
        told.odds_ratio = odds_of(estimate);
        if (!(std_error > 0 && std::isfinite(std_error))) return told;
        told.std_error = std_error;
        told.z = estimate / std_error;
        told.p_value = math::normal_two_sided(*told.z);
        return told;
    };
    // From columns (x - mean) / sd to x.
    Vector to_intercept = Vector::Zero(size_);
    to_intercept[0] = 1;
    for (Index j = 1; j < size_; ++j) to_intercept[j] = -term(j).mean * term(j).scale();
    for (const Index j : left_out_) to_intercept[j] = 0;
    const bool known = covariance.size() > 0;
    add("(intercept)", to_intercept.dot(b), known ? std::sqrt(to_intercept.dot(covariance * to_intercept)) : 0);
    for (Index j = 1; j < size_; ++j) {
        if (std::ranges::binary_search(left_out_, j)) {
            result.coefficients.emplace_back().name = term(j).name;
            continue;
        }
        const double scale = term(j).scale(), variance = known ? covariance(j, j) : 0;
        Coefficient &told = add(term(j).name, b[j] * scale, std::sqrt(variance) * scale);
        const double with_intercept = information(j, 0);
        if (told.std_error)
            told.vif = variance * (information(j, j) - with_intercept * with_intercept / information(0, 0));
    }
}

Logistic Fit::run() {
    Logistic result;
    const double negatives = target_.total - target_.positives;
    result.null_log_likelihood = target_.positives * math::log(target_.positives / target_.total) +
                                 negatives * math::log(negatives / target_.total);
    Point point = at(start());
    find_left_out(point);
    double before = HUGE_VAL;
    for (;;) {
        const Vector d = step(point, 0);
        const double decrement = d.dot(point.curvature * d), gain = decrement / point.sums.weight;
        if (gain <= (options_.firth ? least_gain_firth : least_gain)) {
            point.sums.loss += point.sums.gradient.dot(d) + d.dot(point.sums.information * d) / 2;
            point.b += d;
            result.converged = true;
            break;
        }
        if (plain() && gain < 1e-9 && decrement > before / 10 && is_separated(d, result)) {
            result.separated = true;
            break;
        }
        if (result.iterations == static_cast<std::uint64_t>(options_.max_iterations)) break;
        before = decrement;
        if (!advance(point, d, decrement)) break;
        ++result.iterations;
        if (work_.tell)
            work_.tell("iteration " + std::to_string(result.iterations) + ": log-loss of an average row " +
                       digits(point.sums.loss / point.sums.weight));
    }
    result.log_likelihood = -point.sums.loss;
    tell_coefficients(point, result);
    result.linear = linear_of(terms_, inputs_, point.b[0], {point.b.data() + 1, static_cast<std::size_t>(size_ - 1)});
    return result;
}

} // namespace

std::uint64_t Logistic::parameters() const {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(coefficients, [](const Coefficient &c) { return c.estimate && *c.estimate != 0; }));
}

Logistic logistic(const dataset::View &view, const Inputs &inputs, const Target &target, const LogisticOptions &options,
                  const Work &work) {
    check(options);
    if (!std::isfinite(target.total))
        throw Error(sqlstate::out_of_range, "weights are too large", "Their sum is beyond double precision.",
                    "Scale them down.");
    return Fit(view, inputs, target, options, work).run();
}

} // namespace cd::learn
