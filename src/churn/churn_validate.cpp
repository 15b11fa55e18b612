#include "churn/churn_validate.hpp"
#include "evaluation/metrics.hpp"
#include "learn/held_out.hpp"
#include "math/random.hpp"
#include <algorithm>

namespace cd::churn {

using dataset::Column, dataset::View;

namespace {

// By the seed and the number of the row, or of the seed and the customer.
std::vector<std::uint8_t> folds_of(const learn::Target &target, std::size_t folds, std::uint64_t seed, Poll poll) {
    std::vector<std::uint64_t> keys(target.rows());
    for (std::size_t row = 0; row < keys.size(); ++row) keys[row] = math::mix(math::mix(seed) + row);
    return learn::deal(target, learn::held_out_keys(std::move(keys), target, seed), folds, poll);
}

// The rows of a view as the features of a model of some of its rows.
class Features {
  public:
    Features(const View &view, const dataset::Columns &columns) : view_(view), width_(columns.size()) {
        codes_.resize(width_);
        for (std::size_t c = 0; c < width_; ++c) {
            const dataset::Levels &theirs = view.shape().columns[c].levels;
            codes_[c].push_back(0);
            for (std::uint32_t code = 1; code <= theirs.size(); ++code)
                codes_[c].push_back(columns[c].levels.find(theirs[code]));
        }
    }
    template <class Visit> void each(Visit &&visit, Poll poll) const {
        std::vector<double> rows(width_ * dataset::chunk_rows);
        view_.each(
            [&](std::size_t first, const View::Chunk &chunk) {
                for (std::size_t c = 0; c < width_; ++c) {
                    chunk.read(c, rows.data() + c, width_);
                    if (!view_.shape().columns[c].is_category()) continue;
                    for (std::size_t i = 0; i < chunk.rows(); ++i) {
                        double &code = rows[i * width_ + c];
                        code = codes_[c][static_cast<std::size_t>(code)];
                    }
                }
                for (std::size_t i = 0; i < chunk.rows(); ++i) visit(first + i, rows.data() + i * width_);
            },
            poll);
    }

  private:
    const View &view_;
    std::size_t width_;
    std::vector<std::vector<std::uint32_t>> codes_;
};

} // namespace

std::vector<Fold> cross_validate(const View &view, int folds, const FitOptions &options, std::size_t memory,
                                 const Work &work) {
    if (folds < 2 || folds > 100)
        throw Error(sqlstate::invalid_parameter, "folds must be between 2 and 100",
                    "It is " + std::to_string(folds) + ".", "The usual number is 5.");
    const learn::Target target(view, work.poll);
    const std::vector<std::uint8_t> fold = folds_of(target, static_cast<std::size_t>(folds), options.seed, work.poll);
    std::vector<Fold> result(static_cast<std::size_t>(folds));
    for (std::size_t k = 0; k < result.size(); ++k) {
        if (work.tell) work.tell("part " + std::to_string(k + 1) + " of " + std::to_string(folds));
        std::pmr::monotonic_buffer_resource room;
        dataset::Dataset others(&room, memory);
        {
            std::vector<std::uint8_t> keep(fold.size());
            std::ranges::transform(fold, keep.begin(), [k](std::uint8_t f) { return f != k; });
            others.add(view, work.poll, keep);
        }
        ChurnModel model = fit(View(others), options, work);
        if (!model.fitted().converged)
            throw Error(sqlstate::not_set_up, "the model of the other parts has not converged",
                        "Of part " + std::to_string(k + 1) + ".",
                        "Fit it with l2 => 0.001 or so, firth => true, or more max_iterations.");
        std::pmr::monotonic_buffer_resource counts;
        evaluation::Evaluation outcomes(&counts, memory, work.poll);
        Features(view, model.columns())
            .each(
                [&](std::size_t row, const double *features) {
                    if (fold[row] == k) outcomes.add(model.probability(features), target.label[row] != 0);
                },
                work.poll);
        result[k] = {outcomes.rows(),
                     outcomes.positives(),
                     evaluation::roc_auc(outcomes),
                     evaluation::pr_auc(outcomes),
                     outcomes.rows() > 0 ? evaluation::log_loss(outcomes) : std::nullopt,
                     outcomes.rows() > 0 ? evaluation::brier(outcomes) : std::nullopt,
                     evaluation::ks(outcomes)};
    }
    return result;
}

} // namespace cd::churn
