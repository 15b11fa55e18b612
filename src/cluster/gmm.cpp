#include "cluster/gmm.hpp"
#include "math/eigen.hpp"
#include "math/elementary.hpp"
#include "math/random.hpp"
#include "math/sum.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace cd::cluster {

using math::Index;
using math::Matrix;
using math::Vector;
using Array = Eigen::ArrayXd;

namespace {

constexpr double ln_2_pi = 0x1.d67f1c864beb5p+0;
constexpr double ln_lost = -1e300; // instead of the logarithm of a weight of 0
constexpr double far = 1e300;      // instead of squared distances that overflow

constexpr double ln_least_share = -600; // smaller shares are 0: arithmetic with denormal numbers is slow

double ln_weight(double weight) { return weight > 0 ? math::log(weight) : ln_lost; }

void check(const Points &points, std::span<const std::uint32_t> label, const GmmOptions &options) {
    const auto refuse = [](const char *message, std::string detail,
                           const char *hint = "Leave it out to have the usual value.") {
        throw Error(sqlstate::invalid_parameter, message, std::move(detail), hint);
    };
    if (points.categories > 0)
        refuse("a Gaussian mixture needs numbers only",
               std::to_string(points.categories) + " of the columns are categories.",
               "Leave these columns out, turn them into numbers, or use k-means, which takes them.");
    if (points.numbers == 0) refuse("a Gaussian mixture needs at least one column", "There is none.", "");
    if (options.k < 1) refuse("k must be at least 1", "k is " + std::to_string(options.k) + ".", "Choose a larger k.");
    if (static_cast<std::size_t>(options.k) > points.rows)
        refuse("k is larger than the number of rows",
               "k is " + std::to_string(options.k) + ", there are " + std::to_string(points.rows) + " rows.",
               "Choose a smaller k.");
    if (options.restarts < 1) refuse("restarts must be at least 1", "It is " + std::to_string(options.restarts) + ".");
    if (options.max_iterations < 1)
        refuse("max_iterations must be at least 1", "It is " + std::to_string(options.max_iterations) + ".");
    if (!(options.tolerance > 0 && options.tolerance < 1))
        refuse("tolerance must be between 0 and 1", "It is " + std::to_string(options.tolerance) + ".");
    // Lower ones would drown in the rounding of a Cholesky factor.
    if (!(options.covariance_floor >= 1e-10 && options.covariance_floor <= 1))
        refuse("covariance_floor must be between 1e-10 and 1",
               "It is " + std::to_string(options.covariance_floor) + ".",
               "It is a share of the variance of the whole data.");
    if (!label.empty() && (label.size() != points.rows ||
                           *std::max_element(label.begin(), label.end()) >= static_cast<std::uint32_t>(options.k)))
        refuse("initial labels do not fit the rows", "Each row needs one label below k.", "");
}

// In units of the standard deviation of each column, around its mean. For diagonal mixtures the matrices are d x 1.
struct Component {
    double weight;
    Vector mean;
    Matrix lower;    // covariance = lower lower'
    Matrix whitener; // its inverse
};

// Sums over rows x of r, r z and r z z', where z = whitener (x - mean) with the parameters before the step. Near the
// solution the last one is close to r times the identity, whatever the shape of the component, and nothing cancels.
struct Moments {
    double weight = 0;
    Vector first;
    Matrix second; // lower triangle; d x 1 for diagonal mixtures
};

struct Fit {
    std::vector<Component> component;
    double log_likelihood = 0;
    std::uint64_t iterations = 0;
    bool converged = false;
    std::vector<std::uint64_t> size;
};

class Em {
  public:
    Em(const Points &points, const GmmOptions &options, Poll poll)
        : points_(points), options_(options), poll_(poll), d_(static_cast<Index>(points.numbers)), k_(options.k),
          full_(options.covariance == Covariance::full),
          // The whitened rows of a block, for all components, stay in the second-level cache.
          block_(std::clamp<Index>((1 << 17) / (d_ * k_) / 8 * 8, 32, 256)), centre_(Vector::Zero(d_)),
          scale_(Vector::Ones(d_)), x_(block_, d_), moved_(block_, d_),
          white_(static_cast<std::size_t>(k_), Matrix(block_, d_)), w_(block_), joint_(block_, k_), r_(block_, k_),
          moments_(static_cast<std::size_t>(k_)) {
        standardise();
    }

    Fit run(std::span<const std::uint32_t> label);
    std::vector<std::uint32_t> draw_labels(std::uint64_t stream);
    Gmm result(const Fit &fit) const;

  private:
    void standardise();
    template <class Body> void for_blocks(Body body);
    void clear_moments();
    void add_moments();
    void maximise();
    void set_covariance(Component &component, Matrix &covariance) const;
    double expect();
    Index shape_columns() const { return full_ ? d_ : 1; }

    const Points &points_;
    const GmmOptions &options_;
    const Poll poll_;
    const Index d_, k_;
    const bool full_;
    const Index block_;
    Vector centre_, scale_;
    double total_ = 0; // sum of weights
    // Of one block, a row of the matrix for each row; the last block is filled up with rows of weight 0.
    Matrix x_, moved_;
    std::vector<Matrix> white_;
    Array w_;
    Eigen::ArrayXXd joint_, r_;

    std::vector<Component> component_;
    std::vector<Moments> moments_;
    std::vector<std::uint64_t> size_;
};

void Em::standardise() {
    // Differences to the first row: those of a constant column are exactly 0.
    const Vector first = Eigen::Map<const Vector>(points_.number.data(), d_);
    Vector sum = Vector::Zero(d_), squares = Vector::Zero(d_);
    const auto row = [&](std::size_t i) {
        return Eigen::Map<const Vector>(points_.number.data() + i * points_.numbers, d_);
    };
    for (std::size_t i = 0; i < points_.rows; ++i) {
        poll_.every(i);
        total_ += points_.weight_of(i);
        sum += points_.weight_of(i) * (row(i) - first);
    }
    centre_ = first + sum / total_;
    for (std::size_t i = 0; i < points_.rows; ++i) {
        poll_.every(i);
        squares += points_.weight_of(i) * (row(i) - centre_).cwiseAbs2();
    }
    if (!squares.allFinite())
        throw Error(sqlstate::out_of_range, "variance is out of range",
                    "The squares of the numbers add up to more than a double precision number can hold.",
                    "Scale the columns first.");
    for (Index j = 0; j < d_; ++j)
        if (squares[j] > 0) scale_[j] = std::sqrt(squares[j] / total_);
}

// body(first row, rows) with x_ and w_ set.
template <class Body> void Em::for_blocks(Body body) {
    const auto step = static_cast<std::size_t>(block_);
    for (std::size_t begin = 0; begin < points_.rows; begin += step) {
        poll_();
        const std::size_t n = std::min(step, points_.rows - begin);
        const double *number = points_.number.data() + begin * points_.numbers;
        for (Index i = 0; i < static_cast<Index>(n); ++i) {
            double *x = x_.data() + i;
            for (Index j = 0; j < d_; ++j, x += block_) *x = (*number++ - centre_.data()[j]) / scale_.data()[j];
            w_.data()[i] = points_.weight_of(begin + static_cast<std::size_t>(i));
        }
        x_.bottomRows(block_ - static_cast<Index>(n)).setZero();
        w_.tail(block_ - static_cast<Index>(n)).setZero();
        body(begin, n);
    }
}

void Em::clear_moments() {
    for (Moments &m : moments_) m = {0, Vector::Zero(d_), Matrix::Zero(d_, shape_columns())};
}

// Of a block: r_ are responsibilities times row weights, white_ the whitened rows.
void Em::add_moments() {
    for (Index c = 0; c < k_; ++c) {
        Moments &m = moments_[static_cast<std::size_t>(c)];
        const Matrix &z = white_[static_cast<std::size_t>(c)];
        m.weight += r_.col(c).sum();
        moved_ = z.array().colwise() * r_.col(c);
        m.first += moved_.colwise().sum().transpose();
        if (full_)
            m.second.noalias() += moved_.transpose() * z;
        else
            m.second += moved_.cwiseProduct(z).colwise().sum().transpose();
    }
}

void Em::maximise() {
    double total = 0;
    for (const Moments &m : moments_) total += m.weight;
    for (std::size_t c = 0; c < component_.size(); ++c) {
        poll_();
        Component &g = component_[c];
        Moments &m = moments_[c];
        // A component that lost all its rows keeps its shape, and what is left of it is rounding.
        g.weight = m.weight > 1e-100 * total ? m.weight / total : 0;
        if (g.weight == 0) continue;
        m.first /= m.weight;
        m.second /= m.weight;
        if (full_) {
            g.mean += g.lower * m.first;
            m.second -= m.first * m.first.transpose();
            m.second = g.lower * m.second.selfadjointView<Eigen::Lower>() * g.lower.transpose();
        } else {
            g.mean += g.lower.cwiseProduct(m.first);
            m.second = (m.second - m.first.cwiseAbs2()).cwiseProduct(g.lower.cwiseAbs2());
        }
        set_covariance(g, m.second);
    }
}

// With the floor of GmmOptions. That no eigenvalue lies below it a Cholesky factor of the difference shows cheaply.
void Em::set_covariance(Component &g, Matrix &covariance) const {
    const double floor = options_.covariance_floor;
    if (!full_) {
        g.lower = covariance.cwiseMax(floor).cwiseSqrt();
        g.whitener = g.lower.cwiseInverse();
        return;
    }
    const Eigen::LLT<Matrix> above(covariance - floor * Matrix::Identity(d_, d_));
    if (above.info() != Eigen::Success) {
        const Eigen::SelfAdjointEigenSolver<Matrix> solver(covariance);
        if (solver.info() != Eigen::Success) throw std::logic_error("no eigenvalues of a symmetric matrix");
        covariance = solver.eigenvectors() * solver.eigenvalues().cwiseMax(floor).asDiagonal() *
                     solver.eigenvectors().transpose();
    }
    const Eigen::LLT<Matrix> factor(covariance);
    if (factor.info() != Eigen::Success) throw std::logic_error("a covariance above its floor is not positive");
    g.lower = factor.matrixL();
    g.whitener = g.lower.triangularView<Eigen::Lower>().solve(Matrix::Identity(d_, d_));
}

// Responsibilities and their moments under the parameters, in one pass over the rows; returns the log-likelihood.
double Em::expect() {
    clear_moments();
    std::fill(size_.begin(), size_.end(), 0);
    math::Sum log_likelihood;
    std::vector<double> offset;
    for (const Component &g : component_) {
        double sum = ln_weight(g.weight) - 0.5 * static_cast<double>(d_) * ln_2_pi;
        for (Index j = 0; j < d_; ++j) sum += math::log(full_ ? g.whitener(j, j) : g.whitener(j, 0));
        offset.push_back(sum);
    }
    Array highest(block_), sum(block_);
    for_blocks([&](std::size_t, std::size_t n) {
        for (Index c = 0; c < k_; ++c) {
            const Component &g = component_[static_cast<std::size_t>(c)];
            Matrix &z = white_[static_cast<std::size_t>(c)];
            moved_ = x_.rowwise() - g.mean.transpose();
            if (full_)
                z.noalias() = moved_ * g.whitener.transpose();
            else
                z = moved_ * g.whitener.col(0).asDiagonal();
            auto joint = joint_.col(c);
            joint = z.col(0).array().square();
            for (Index j = 1; j < d_; ++j) joint += z.col(j).array().square();
            joint = offset[static_cast<std::size_t>(c)] - 0.5 * joint.min(far);
            if (c == 0)
                highest = joint;
            else
                highest = highest.max(joint);
        }
        sum.setZero();
        for (Index c = 0; c < k_; ++c) {
            auto share = joint_.col(c) - highest;
            r_.col(c) = share.max(ln_least_share).exp();
            r_.col(c) = (share > ln_least_share).select(r_.col(c), 0.0);
            sum += r_.col(c);
        }
        log_likelihood.add((w_ * (highest + sum.log())).sum());
        sum = w_ / sum;
        r_.colwise() *= sum;
        for (Index i = 0; i < static_cast<Index>(n); ++i) {
            Index c = 0;
            while (joint_(i, c) < highest[i]) ++c;
            ++size_[static_cast<std::size_t>(c)];
        }
        add_moments();
    });
    return log_likelihood.value();
}

Fit Em::run(std::span<const std::uint32_t> label) {
    // The first step takes every row for certain, seen from the middle of the data.
    const Matrix unit = full_ ? Matrix(Matrix::Identity(d_, d_)) : Matrix(Matrix::Ones(d_, 1));
    component_.assign(static_cast<std::size_t>(k_), {0, Vector::Zero(d_), unit, unit});
    size_.assign(static_cast<std::size_t>(k_), 0);
    clear_moments();
    for_blocks([&](std::size_t begin, std::size_t n) {
        r_.setZero();
        for (std::size_t i = 0; i < n; ++i)
            r_(static_cast<Index>(i), static_cast<Index>(label[begin + i])) = w_[static_cast<Index>(i)];
        for (Matrix &z : white_) z = x_;
        add_moments();
    });
    maximise();
    // An empty cluster starts as the whole data, with the weight of one row.
    double weights = 0;
    for (Component &g : component_) {
        if (g.weight == 0) g.weight = 1 / static_cast<double>(points_.rows);
        weights += g.weight;
    }
    for (Component &g : component_) g.weight /= weights;

    Fit fit;
    double gain_before = 0;
    while (!fit.converged) {
        const double log_likelihood = expect();
        const double gain = (log_likelihood - fit.log_likelihood) / total_;
        fit.log_likelihood = log_likelihood;
        if (fit.iterations > 1) {
            // Gains that shrink by the factor a add up to gain a / (1 - a) from here on.
            const double a = gain / gain_before;
            fit.converged = gain <= 0 || (a < 1 && gain * std::max(1.0, a / (1 - a)) < options_.tolerance);
        } else if (fit.iterations == 1)
            fit.converged = gain <= 0;
        gain_before = gain;
        if (fit.iterations == static_cast<std::uint64_t>(options_.max_iterations) || fit.converged) break;
        maximise();
        ++fit.iterations;
    }
    fit.component = component_;
    fit.size = size_;
    return fit;
}

// The nearest of k rows drawn by k-means++, for every row.
std::vector<std::uint32_t> Em::draw_labels(std::uint64_t stream) {
    math::Random random(options_.seed, stream);
    std::vector<std::uint32_t> label(points_.rows, 0);
    std::vector<double> distance(points_.rows, 1); // squared; the first row is drawn by weight alone
    for (std::uint32_t c = 0; c < static_cast<std::uint32_t>(k_); ++c) {
        double sum = 0;
        for (std::size_t i = 0; i < points_.rows; ++i) sum += points_.weight_of(i) * distance[i];
        if (!(sum > 0)) break; // fewer different rows than components
        const double drawn = random.uniform() * sum;
        std::size_t centre = 0;
        double passed = 0;
        for (std::size_t i = 0; i < points_.rows && passed <= drawn; ++i) {
            if (distance[i] > 0) centre = i;
            passed += points_.weight_of(i) * distance[i];
        }
        for (std::size_t i = 0; i < points_.rows; ++i) {
            poll_.every(i);
            double square = 0;
            for (std::size_t j = 0; j < points_.numbers; ++j) {
                const double difference =
                    (points_.number[i * points_.numbers + j] - points_.number[centre * points_.numbers + j]) /
                    scale_.data()[j];
                square += difference * difference;
            }
            if (c == 0 || square < distance[i]) {
                distance[i] = square;
                label[i] = c;
            }
        }
    }
    return label;
}

// Back to the units of the points.
Gmm Em::result(const Fit &fit) const {
    Gmm gmm;
    gmm.components = static_cast<std::size_t>(k_);
    gmm.columns = points_.numbers;
    gmm.kind = options_.covariance;
    gmm.iterations = fit.iterations;
    gmm.converged = fit.converged;
    std::vector<std::size_t> order(fit.component.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const Component &p = fit.component[a], &q = fit.component[b];
        if (p.weight != q.weight) return p.weight > q.weight;
        return std::lexicographical_compare(p.mean.begin(), p.mean.end(), q.mean.begin(), q.mean.end());
    });
    for (const std::size_t c : order) {
        const Component &g = fit.component[c];
        gmm.weight.push_back(g.weight);
        gmm.size.push_back(fit.size[c]);
        const Matrix covariance = full_ ? Matrix(g.lower * g.lower.transpose()) : Matrix(g.lower.cwiseAbs2());
        for (Index i = 0; i < d_; ++i) {
            gmm.mean.push_back(centre_[i] + scale_[i] * g.mean[i]);
            for (Index j = 0; j < shape_columns(); ++j) {
                gmm.covariance.push_back(covariance(i, j) * scale_[i] * scale_[full_ ? j : i]);
                gmm.whitener.push_back(g.whitener(i, j) / scale_[full_ ? j : i]);
            }
        }
    }
    gmm.log_likelihood = fit.log_likelihood;
    for (const double scale : scale_) gmm.log_likelihood -= total_ * math::log(scale);
    const auto k = static_cast<std::uint64_t>(k_), d = static_cast<std::uint64_t>(d_);
    gmm.parameters = k * (full_ ? d + d * (d + 1) / 2 : 2 * d) + k - 1;
    gmm.bic = -2 * gmm.log_likelihood + static_cast<double>(gmm.parameters) * math::log(total_);
    return gmm;
}

// |whitener (row - mean)|^2. Four sums at a time, since each addition waits for the one before it in its sum; what they
// read to the right of the diagonal is 0.
double whitened_square(const double *whitener, std::size_t d, const double *row, const double *mean) {
    double square = 0;
    std::size_t i = 0;
    for (; i + 4 <= d; i += 4) {
        const double *const a = whitener + i * d, *const b = a + d, *const c = b + d, *const e = c + d;
        double p = 0, q = 0, r = 0, s = 0;
        for (std::size_t j = 0; j < i + 4; ++j) {
            const double x = row[j] - mean[j];
            p += a[j] * x;
            q += b[j] * x;
            r += c[j] * x;
            s += e[j] * x;
        }
        square += (p * p + q * q) + (r * r + s * s);
    }
    for (; i < d; ++i) {
        double p = 0;
        for (std::size_t j = 0; j <= i; ++j) p += whitener[i * d + j] * (row[j] - mean[j]);
        square += p * p;
    }
    return square;
}

} // namespace

Gmm gmm(const Points &points, std::span<const std::uint32_t> initial_label, const GmmOptions &options, Poll poll) {
    check(points, initial_label, options);
    math::fix_blocking();
    Em em(points, options, poll);
    std::optional<Fit> best;
    for (int start = 0; start < options.restarts; ++start) {
        Fit fit = start == 0 && !initial_label.empty() ? em.run(initial_label)
                                                       : em.run(em.draw_labels(static_cast<std::uint64_t>(start)));
        if (!best || fit.log_likelihood > best->log_likelihood) best = std::move(fit);
    }
    return em.result(*best);
}

std::vector<double> gmm_offset(const Gmm &model) {
    const std::size_t d = model.columns, stride = model.kind == Covariance::full ? d + 1 : 1;
    const double *diagonal = model.whitener.data();
    std::vector<double> offset;
    for (std::size_t c = 0; c < model.components; ++c, diagonal += model.kind == Covariance::full ? d * d : d) {
        double sum = ln_weight(model.weight[c]) - 0.5 * static_cast<double>(d) * ln_2_pi;
        for (std::size_t j = 0; j < d; ++j) sum += math::log(diagonal[j * stride]);
        offset.push_back(sum);
    }
    return offset;
}

double gmm_posterior(const GmmDensity &model, const double *row, double *joint, double *probability) {
    const std::size_t k = model.components, d = model.columns;
    const double *mean = model.mean, *whitener = model.whitener;
    double highest = -HUGE_VAL;
    for (std::size_t c = 0; c < k; ++c, mean += d) {
        double square = 0;
        if (model.kind == Covariance::full) {
            square = whitened_square(whitener, d, row, mean);
            whitener += d * d;
        } else
            for (std::size_t i = 0; i < d; ++i) {
                const double z = *whitener++ * (row[i] - mean[i]);
                square += z * z;
            }
        if (!(square < far)) square = far;
        joint[c] = model.offset[c] - 0.5 * square;
        highest = std::max(highest, joint[c]);
    }
    for (std::size_t c = 0; c < k; ++c) probability[c] = std::max(joint[c] - highest, ln_least_share);
    math::exp_all(probability, k);
    double sum = 0;
    for (std::size_t c = 0; c < k; ++c) {
        if (!(joint[c] - highest > ln_least_share)) probability[c] = 0;
        sum += probability[c];
    }
    for (std::size_t c = 0; c < k; ++c) probability[c] /= sum;
    return highest + math::log(sum);
}

} // namespace cd::cluster
