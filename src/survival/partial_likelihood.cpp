#include "survival/partial_likelihood.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>

namespace cd::survival {

using math::Index, math::Matrix, math::Vector;

namespace {

using Rows = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using Row = Eigen::Map<const Vector>;
using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Rows whose products with each other are quick enough to be waited for.
std::size_t block_rows(Index terms) {
    return static_cast<std::size_t>(std::clamp<Index>((1 << 22) / std::max<Index>(1, terms * terms), 16, 1024));
}
// Risks are summed, and so are their inverses. A customer who as good as never departs is nothing unusual, and has the
// least of all risks.
constexpr double min_predictor = -600, max_predictor = 300;

} // namespace

// Outer products of the means at risk, gathered into blocks.
class PartialLikelihood::Means {
  public:
    Means(Index terms, Poll poll)
        : poll_(poll), size_(static_cast<Index>(block_rows(terms))), left_(2 * size_, terms), right_(2 * size_, terms) {
    }
    // Subtracts a s s' - b (s t' + t s') + c t t' for means s and t, the sums times `inverse`.
    void subtract(const Vector &sum, const Vector &of_events, double inverse, double a, double b, double c,
                  Matrix &from) {
        left_.row(n_) = inverse * sum;
        right_.row(n_) = a * left_.row(n_);
        ++n_;
        if (b != 0) {
            left_.row(n_) = inverse * of_events;
            right_.row(n_ - 1) -= b * left_.row(n_);
            right_.row(n_) = c * left_.row(n_) - b * left_.row(n_ - 1);
            ++n_;
        }
        if (n_ > 2 * size_ - 2) flush(from);
    }
    void flush(Matrix &from) {
        poll_();
        from.triangularView<Eigen::Lower>() -= left_.topRows(n_).transpose() * right_.topRows(n_);
        n_ = 0;
    }

  private:
    Poll poll_;
    Index size_, n_ = 0;
    RowMatrix left_, right_;
};

PartialLikelihood::PartialLikelihood(const CoxRows &rows, Ties ties, Poll poll)
    : rows_(rows), ties_(ties), poll_(poll), terms_(static_cast<Index>(rows.terms)) {
    math::fix_blocking();
    const std::size_t n = rows.rows();
    std::size_t entered = 0;
    for (std::size_t begin = 0, end; begin < n; begin = end) {
        Moment moment{rows.duration[begin], begin, 0, 0, 0, 0};
        for (end = begin; end < n && rows.duration[end] == moment.time; ++end) {
            poll.every(end);
            if (!rows.event[end]) continue;
            ++moment.events;
            moment.weight += rows.weight_of(end);
        }
        if (moment.events == 0) continue;
        while (entered < rows.by_entry.size() && rows.entry[rows.by_entry[entered]] >= moment.time) ++entered;
        moment.end = end;
        moment.entered = entered;
        moments_.push_back(moment);
    }
    predictor_.resize(n);
    risk_.resize(n);
    expected_.resize(n);
    hazard_.resize(moments_.size());
    relief_.resize(moments_.size());
}

std::vector<double> PartialLikelihood::left_before() const {
    std::vector<double> at_risk(times()), left(times());
    double weight = 0;
    std::size_t added = 0, removed = 0;
    for (std::size_t i = 0; i < times(); ++i) {
        for (; added < moments_[i].end; ++added) {
            poll_.every(added);
            weight += rows_.weight_of(added);
        }
        for (; removed < moments_[i].entered; ++removed) weight -= rows_.weight_of(rows_.by_entry[removed]);
        at_risk[i] = weight;
    }
    double share = 1;
    for (std::size_t i = times(); i-- > 0;) {
        left[i] = share;
        share *= 1 - moments_[i].weight / at_risk[i];
    }
    return left;
}

bool PartialLikelihood::move_to(const Vector &coefficients) {
    const std::size_t block = block_rows(terms_);
    for (std::size_t first = 0; first < rows_.rows(); first += block) {
        poll_();
        const std::size_t n = std::min(block, rows_.rows() - first);
        Eigen::Map<Vector>(predictor_.data() + first, static_cast<Index>(n)) =
            Rows(rows_.x.data() + first * rows_.terms, static_cast<Index>(n), terms_) * coefficients;
        for (std::size_t i = first; i < first + n; ++i) {
            if (!(predictor_[i] <= max_predictor)) return false;
            risk_[i] = rows_.weight_of(i) * math::exp(std::max(min_predictor, predictor_[i]));
        }
    }
    return true;
}

void PartialLikelihood::add(Sums &sums, std::size_t row, double sign) const {
    const double risk = sign * risk_[row];
    sums.risk += risk;
    sums.x += risk * Row(rows_.x.data() + row * rows_.terms, terms_);
}

void PartialLikelihood::refresh(Sums &sums, const Moment &moment) const {
    sums.clear();
    for (std::size_t row = 0; row < moment.end; ++row) {
        poll_.every(row);
        if (!(rows_.entry[row] >= moment.time)) add(sums, row, 1);
    }
}

// From the last time to the first, so that rows are added as they come; late entries are taken away again.
double PartialLikelihood::pass(std::span<const double> factors, Matrix &information) {
    Sums sums(terms_), events(terms_);
    Means means(terms_, poll_);
    double log_likelihood = 0, largest = 0;
    std::size_t added = 0, removed = 0;
    for (std::size_t k = 0; k < times(); ++k) {
        const Moment &moment = moments_[k];
        poll_.every(k);
        for (; added < moment.end; ++added) {
            poll_.every(added);
            add(sums, added, 1);
        }
        largest = std::max(largest, sums.risk);
        for (; removed < moment.entered; ++removed) {
            poll_.every(removed);
            add(sums, rows_.by_entry[removed], -1);
        }
        // What is left of a large sum has few right digits.
        if (removed > 0 && !(sums.risk > 1e-5 * largest)) {
            refresh(sums, moment);
            largest = sums.risk;
        }
        // Efron: the nth of d events finds what is left when n / d of all of them are gone.
        const bool shared = moment.events > 1 && ties_ == Ties::efron;
        if (shared) events.clear();
        for (std::size_t row = moment.begin; row < moment.end; ++row) {
            if (!rows_.event[row]) continue;
            log_likelihood += rows_.weight_of(row) * predictor_[row];
            if (shared) add(events, row, 1);
        }
        const std::size_t turns = shared ? moment.events : 1;
        const double factor = factors.empty() ? 1 : factors[k], weight = moment.weight / static_cast<double>(turns);
        double hazard = 0, relief = 0, a = 0, b = 0, c = 0;
        for (std::size_t turn = 0; turn < turns; ++turn) {
            const double gone = static_cast<double>(turn) / static_cast<double>(turns);
            const double risk = shared ? sums.risk - gone * events.risk : sums.risk, share = sums.risk / risk;
            log_likelihood -= weight * math::log(risk);
            hazard += weight / risk;
            relief += weight * gone / risk;
            a += weight * share * share;
            b += weight * gone * share * share;
            c += weight * gone * gone * share * share;
        }
        hazard_[k] = factor * hazard;
        relief_[k] = factor * relief;
        means.subtract(sums.x, events.x, 1 / sums.risk, factor * a, factor * b, factor * c, information);
    }
    means.flush(information);
    return log_likelihood;
}

// Of each row the hazards of the times at which it is at risk add up, from its entry to its end.
void PartialLikelihood::spread_hazards() {
    std::vector<double> since(times() + 1); // the sum of those of a time and all before it
    for (std::size_t k = times(); k-- > 0;) since[k] = since[k + 1] + hazard_[k];
    std::size_t k = 0;
    for (std::size_t row = 0; row < rows_.rows(); ++row) {
        poll_.every(row);
        while (k < times() && moments_[k].end <= row) ++k;
        expected_[row] = since[k] - (rows_.event[row] ? relief_[k] : 0);
    }
    k = 0;
    for (std::size_t i = 0; i < rows_.by_entry.size(); ++i) {
        poll_.every(i);
        while (k < times() && moments_[k].entered <= i) ++k;
        expected_[rows_.by_entry[i]] -= since[k];
    }
    for (std::size_t row = 0; row < rows_.rows(); ++row) expected_[row] *= risk_[row];
}

// The second moments at risk, summed over the times, are those of the rows, each with what it makes expect: so they
// are products of matrices, and nothing is ever taken away from them.
void PartialLikelihood::gather(std::span<const double> factors, Derivatives &to) const {
    const std::size_t block = block_rows(terms_);
    std::vector<double> rest(block);
    RowMatrix weighted;
    std::size_t k = 0;
    for (std::size_t first = 0; first < rows_.rows(); first += block) {
        poll_();
        const std::size_t n = std::min(block, rows_.rows() - first);
        const Rows x(rows_.x.data() + first * rows_.terms, static_cast<Index>(n), terms_);
        weighted = Row(expected_.data() + first, static_cast<Index>(n)).asDiagonal() * x;
        to.information.triangularView<Eigen::Lower>() += x.transpose() * weighted;
        for (std::size_t row = first; row < first + n; ++row) {
            while (k < times() && moments_[k].end <= row) ++k;
            rest[row - first] = -expected_[row];
            if (rows_.event[row]) rest[row - first] += (factors.empty() ? 1 : factors[k]) * rows_.weight_of(row);
        }
        to.gradient.noalias() += x.transpose() * Row(rest.data(), static_cast<Index>(n));
    }
}

Derivatives PartialLikelihood::derivatives(std::span<const double> factors) {
    Derivatives at;
    at.gradient = Vector::Zero(terms_);
    at.information = Matrix::Zero(terms_, terms_);
    at.log_likelihood = pass(factors, at.information);
    spread_hazards();
    gather(factors, at);
    return at;
}

} // namespace cd::survival
