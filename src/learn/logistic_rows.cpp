#include "learn/logistic_rows.hpp"
#include "math/elementary.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>

namespace cd::learn {

using dataset::View, dataset::chunk_rows;
using math::Index;
using math::Matrix;
using math::Vector;

namespace {

constexpr auto n = static_cast<Index>(chunk_rows); // constant, so that loops need no remainder

// Features with more terms are summed by code instead of as columns of 0 and 1.
constexpr std::size_t most_dense = 8;

// Chunks are summed by parts, and the parts in order: with as many threads as one likes the bits are the same.
constexpr std::size_t most_parts = 16;

Index index(std::size_t i) { return static_cast<Index>(i); }

// Rows between two looks at the user, where each costs the square of the columns.
Index rows_at_once(Index columns) { return std::clamp<Index>(100'000'000 / (columns * columns) / 16 * 16, 16, n); }

} // namespace

// The rows of a chunk, filled up with rows of weight 0.
struct LogisticRows::Block {
    std::size_t rows = 0;
    Matrix dense;                    // n x (1 + dense terms); the first column is 1
    std::vector<std::uint32_t> code; // by groups: the column of each row, 0 is none
    Vector label = Vector::Zero(n), weight = Vector::Zero(n);

    Block(std::size_t columns, std::size_t groups)
        : dense(Matrix::Zero(n, index(1 + columns))), code(groups * chunk_rows) {
        dense.col(0).setOnes();
    }
};

// Coefficients as the rows take them: sparse columns are 0 or 1.
struct LogisticRows::Scores {
    Vector dense;
    std::vector<double> sparse; // [0] is 0
};

struct LogisticRows::Partial {
    LogisticSums sums; // of dense columns, and then sparse ones as they stand; place dense is that of no column
    Vector score = Vector(n), tail = Vector(n), log = Vector(n), residual = Vector(n), variance = Vector(n);
    Matrix scaled; // dense columns times the root of the variance

    Partial(Index dense, Index sparse) : scaled(n, dense) {
        const Index size = dense + sparse;
        sums.gradient = Vector::Zero(size);
        sums.information = Matrix::Zero(size, size);
    }
};

LogisticRows::LogisticRows(const View &view, const Inputs &inputs, const Target &target, const Terms &terms,
                           const Work &work)
    : view_(view), inputs_(inputs), target_(target), terms_(terms), poll_(work.poll) {
    std::vector<std::size_t> count(inputs.columns.size());
    for (const Term &term : terms.terms) ++count[term.feature];
    for (std::size_t j = 0; j < terms.size(); ++j) {
        const Term &term = terms.terms[j];
        if (count[term.feature] <= most_dense) {
            dense_.push_back(j);
            continue;
        }
        sparse_.push_back(j);
        if (groups_.empty() || groups_.back().feature != term.feature)
            groups_.push_back({term.feature, std::vector<std::uint32_t>(inputs.codes[term.feature].size())});
        for (std::size_t code = 0; code < groups_.back().column.size(); ++code)
            if (inputs.codes[term.feature][code] == term.level)
                groups_.back().column[code] = static_cast<std::uint32_t>(sparse_.size());
    }
}

void LogisticRows::read(std::size_t chunk, Block &block) const {
    const View::Chunk part = view_.chunk(chunk);
    block.rows = part.rows();
    terms_.read(part, inputs_, dense_, block.dense.data() + n, chunk_rows);
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        std::uint32_t *const code = block.code.data() + g * chunk_rows;
        part.read(groups_[g].feature, code);
        for (std::size_t i = 0; i < block.rows; ++i) code[i] = groups_[g].column[code[i]];
    }
    const std::size_t first = chunk * chunk_rows;
    for (std::size_t i = 0; i < block.rows; ++i) {
        block.label[index(i)] = target_.label[first + i];
        block.weight[index(i)] = target_.weight_of(first + i);
    }
    block.weight.tail(n - index(block.rows)).setZero();
    if (block.rows < chunk_rows)
        for (std::size_t g = 0; g < groups_.size(); ++g)
            std::fill_n(block.code.data() + g * chunk_rows + block.rows, chunk_rows - block.rows, 0U);
}

LogisticRows::Scores LogisticRows::scores_of(const Vector &b) const {
    Scores scores;
    scores.dense.resize(index(1 + dense_.size()));
    double intercept = b[0];
    for (std::size_t d = 0; d < dense_.size(); ++d) scores.dense[index(1 + d)] = b[index(1 + dense_[d])];
    scores.sparse.push_back(0);
    for (const std::size_t j : sparse_) {
        const Term &term = terms_.terms[j];
        const double slope = b[index(1 + j)] / term.sd;
        scores.sparse.push_back(slope);
        intercept -= slope * term.mean;
    }
    scores.dense[0] = intercept;
    return scores;
}

void LogisticRows::score(const Block &block, const Scores &scores, Vector &score) const {
    score.noalias() = block.dense * scores.dense;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        const std::uint32_t *const code = block.code.data() + g * chunk_rows;
        double *const to = score.data();
        for (Index i = 0; i < n; ++i) to[i] += scores.sparse[code[i]];
    }
}

// With t = exp(-|score|) nothing overflows: the probability of the event is 1 / (1 + t) or t / (1 + t), and the loss
// log(1 + exp(-+score)) is what the score lies on the wrong side by, plus log(1 + t).
void LogisticRows::add(const Block &block, const Scores &scores, Partial &partial) const {
    score(block, scores, partial.score);
    double *const s = partial.score.data(), *const t = partial.tail.data(), *const log = partial.log.data();
    double *const residual = partial.residual.data(), *const variance = partial.variance.data();
    const double *const label = block.label.data(), *const weight = block.weight.data();
    for (Index i = 0; i < n; ++i) t[i] = -std::abs(s[i]);
    math::exp_all(t, chunk_rows);
    for (Index i = 0; i < n; ++i) log[i] = 1 + t[i];
    math::log_all(log, chunk_rows);
    double weights = 0, loss = 0;
    for (Index i = 0; i < n; ++i) {
        const double sum = 1 + t[i], share = 1 / sum;
        const double probability = s[i] >= 0 ? share : t[i] * share;
        const double towards = label[i] == 1 ? -s[i] : s[i];
        // The last part is what 1 + t was rounded by.
        const double one = std::max(towards, 0.0) + (log[i] + (t[i] - (sum - 1)) * share);
        weights += weight[i];
        loss += weight[i] * one;
        residual[i] = weight[i] * (probability - label[i]);
        variance[i] = weight[i] * (t[i] * share * share);
    }
    LogisticSums &sums = partial.sums;
    sums.weight += weights;
    sums.loss += loss;

    const Index dense = block.dense.cols();
    sums.gradient.head(dense).noalias() += block.dense.transpose() * partial.residual;
    partial.scaled = block.dense.array().colwise() * partial.variance.array().sqrt();
    const Index step = rows_at_once(dense);
    for (Index i = 0; i < n; i += step) {
        poll_();
        const auto some = partial.scaled.middleRows(i, std::min(step, n - i));
        sums.information.topLeftCorner(dense, dense).selfadjointView<Eigen::Lower>().rankUpdate(some.transpose());
    }
    const Index size = sums.gradient.size();
    for (std::size_t g = 0; g < groups_.size(); ++g) {
        const std::uint32_t *const code = block.code.data() + g * chunk_rows;
        double *const gradient = sums.gradient.data() + dense, *const information = sums.information.data() + dense;
        for (Index i = 0; i < n; ++i) gradient[code[i]] += residual[i];
        for (Index i = 0; i < n; ++i) information[code[i] + (dense + code[i]) * size] += variance[i];
        for (Index d = 0; d < dense; ++d) {
            const double *const x = block.dense.col(d).data();
            double *const column = information + d * size;
            for (Index i = 0; i < n; ++i) column[code[i]] += variance[i] * x[i];
        }
        for (std::size_t h = 0; h < g; ++h) {
            const std::uint32_t *const other = block.code.data() + h * chunk_rows;
            for (Index i = 0; i < n; ++i) information[code[i] + (dense + other[i]) * size] += variance[i];
        }
    }
}

// From the columns of a partial sum to the terms: a sparse one becomes (x - mean) / sd, where x is 0 or 1.
LogisticSums LogisticRows::finish(Partial &all) const {
    LogisticSums sums;
    sums.weight = all.sums.weight;
    sums.loss = all.sums.loss;
    const Index dense = index(1 + dense_.size()), size = index(1 + terms_.size());
    Vector &gradient = all.sums.gradient;
    Matrix &information = all.sums.information;
    std::vector<Index> place(static_cast<std::size_t>(gradient.size())); // of a column: that of its term
    for (std::size_t d = 0; d < dense_.size(); ++d) place[1 + d] = index(1 + dense_[d]);
    if (!sparse_.empty()) {
        information.triangularView<Eigen::StrictlyUpper>() = information.transpose();
        for (std::size_t k = 0; k < sparse_.size(); ++k) {
            poll_();
            const Term &term = terms_.terms[sparse_[k]];
            const Index c = dense + 1 + index(k);
            place[static_cast<std::size_t>(c)] = index(1 + sparse_[k]);
            gradient[c] = (gradient[c] - term.mean * gradient[0]) / term.sd;
            information.col(c) = (information.col(c) - term.mean * information.col(0)) / term.sd;
            information.row(c) = (information.row(c) - term.mean * information.row(0)) / term.sd;
        }
    }
    sums.gradient.resize(size);
    sums.information.resize(size, size);
    for (Index c = 0; c < gradient.size(); ++c) {
        if (c == dense) continue;
        const Index to = place[static_cast<std::size_t>(c)];
        sums.gradient[to] = gradient[c];
        for (Index r = c; r < gradient.size(); ++r) {
            if (r == dense) continue;
            const Index other = place[static_cast<std::size_t>(r)];
            sums.information(to, other) = sums.information(other, to) = information(r, c);
        }
    }
    return sums;
}

LogisticSums LogisticRows::sums(const Vector &b, std::size_t step) const {
    math::fix_blocking();
    const Scores scores = scores_of(b);
    const Index dense = index(1 + dense_.size()), sparse = groups_.empty() ? 0 : index(1 + sparse_.size());
    const std::size_t chunks = view_.chunks(), part = (chunks + most_parts - 1) / most_parts;
    Block block(dense_.size(), groups_.size());
    Partial all(dense, sparse), partial(dense, sparse);
    for (std::size_t begin = 0; begin < chunks; begin += part) {
        partial.sums.weight = partial.sums.loss = 0;
        partial.sums.gradient.setZero();
        partial.sums.information.setZero();
        for (std::size_t chunk = begin; chunk < std::min(begin + part, chunks); ++chunk) {
            if (chunk % step != 0) continue;
            read(chunk, block);
            add(block, scores, partial);
        }
        all.sums.weight += partial.sums.weight;
        all.sums.loss += partial.sums.loss;
        all.sums.gradient += partial.sums.gradient;
        all.sums.information += partial.sums.information;
    }
    return finish(all);
}

// Firth 1993; Heinze and Schemper 2002. The derivative is the sum of -h (1/2 - p) x, where h = p (1 - p) x' I^-1 x is
// the leverage of the row, and I the information. That of p is p (1 - p) x, while h hardly changes: so a row counts for
// 1 + h rows.
LogisticSums LogisticRows::firth(const Vector &b, const math::Cholesky &information) const {
    math::fix_blocking();
    const Index size = index(1 + terms_.size()), step = rows_at_once(size);
    LogisticSums sums;
    sums.gradient = Vector::Zero(size);
    sums.information = Matrix::Zero(size, size);
    Vector score(n), residual(n), root(n);
    Matrix rows = Matrix::Zero(n, size), white(size, n);
    rows.col(0).setOnes();
    std::vector<std::size_t> every(terms_.size());
    std::iota(every.begin(), every.end(), std::size_t{0});
    for (std::size_t chunk = 0; chunk < view_.chunks(); ++chunk) {
        const View::Chunk part = view_.chunk(chunk);
        terms_.read(part, inputs_, every, rows.data() + n, chunk_rows);
        score.noalias() = rows * b;
        white = rows.transpose();
        for (Index i = 0; i < n; i += step) {
            poll_();
            information.whiten(white.middleCols(i, std::min(step, n - i)));
        }
        residual.setZero();
        root.setZero();
        for (Index i = 0; i < index(part.rows()); ++i) {
            const double t = math::exp(-std::min(std::abs(score[i]), 690.0)), share = 1 / (1 + t);
            const double variance = t * share * share;
            const double over_half = (score[i] >= 0 ? 1 - t : t - 1) * share / 2; // p - 1/2
            const double weight = target_.weight_of(chunk * chunk_rows + static_cast<std::size_t>(i));
            const double leverage = variance * white.col(i).squaredNorm();
            residual[i] = weight * leverage * over_half;
            root[i] = std::sqrt(weight * leverage * variance);
        }
        sums.gradient.noalias() += rows.transpose() * residual;
        white = (rows.array().colwise() * root.array()).matrix().transpose();
        for (Index i = 0; i < n; i += step) {
            poll_();
            const auto some = white.middleCols(i, std::min(step, n - i));
            sums.information.selfadjointView<Eigen::Lower>().rankUpdate(some);
        }
    }
    sums.information.triangularView<Eigen::StrictlyUpper>() = sums.information.transpose();
    return sums;
}

LogisticRows::Move LogisticRows::move(const Vector &step) const {
    const Scores scores = scores_of(step);
    Block block(dense_.size(), groups_.size());
    Vector moved(n);
    Move move;
    for (std::size_t chunk = 0; chunk < view_.chunks(); ++chunk) {
        poll_();
        read(chunk, block);
        score(block, scores, moved);
        for (Index i = 0; i < index(block.rows); ++i) {
            const double towards = block.label[i] == 1 ? moved[i] : -moved[i];
            move.least = std::min(move.least, towards);
            move.most = std::max(move.most, towards);
        }
    }
    return move;
}

} // namespace cd::learn
