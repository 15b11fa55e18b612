#include "cluster/kmeans_seed.hpp"
#include "cluster/centres.hpp"
#include <cmath>

namespace cd::cluster {

void refuse_range() {
    throw Error(sqlstate::out_of_range, "numbers are too large to be clustered",
                "The sum of their squared distances is beyond the range of double precision.",
                "Scale the columns first.");
}

namespace {

constexpr std::size_t block = 4096;

class Seeding {
  public:
    Seeding(const Points &points, std::size_t trials, math::Random &random, Poll poll)
        : points_(points), trials_(trials), blocks_((points.rows + block - 1) / block), random_(random), poll_(poll),
          minimum_(points.rows, std::numeric_limits<double>::infinity()), sum_(trials * blocks_), total_(trials),
          near_(1 + trials, points), squares_(near_.padded()) {}

    std::size_t draw_by_weight();
    void choose(std::size_t row) { set(0, row); }
    std::size_t draw(std::size_t chosen);
    void propose(std::size_t trial, std::size_t row) { set(1 + trial, row); }
    std::size_t pass();
    double total(std::size_t trial) const { return total_[trial]; }

  private:
    void set(std::size_t lane, std::size_t row) { near_.set(lane, points_.numbers_of(row), points_.codes_of(row)); }
    std::size_t end(std::size_t b) const { return std::min(points_.rows, (b + 1) * block); }

    const Points &points_;
    std::size_t trials_, blocks_;
    math::Random &random_;
    Poll poll_;
    std::vector<double> minimum_; // the squared distance of each row from those chosen, all but the last one
    std::vector<double> sum_;     // trials x blocks: of these distances, if the trial's row were chosen too
    std::vector<double> total_;   // of each trial
    Centres near_;                // the row chosen last, then those of the trials
    std::vector<double> squares_;
};

std::size_t Seeding::draw_by_weight() {
    if (points_.weight.empty())
        return std::min(points_.rows - 1,
                        static_cast<std::size_t>(random_.uniform() * static_cast<double>(points_.rows)));
    double total = 0;
    for (std::size_t row = 0; row < points_.rows; ++row) {
        poll_.every(row);
        total += points_.weight[row];
    }
    double left = random_.uniform() * total;
    std::size_t row = 0;
    for (; row + 1 < points_.rows && (left -= points_.weight[row]) >= 0; ++row) poll_.every(row);
    return row;
}

// In proportion to the distances that are left after `chosen`, the trial that won the last pass.
std::size_t Seeding::draw(std::size_t chosen) {
    const double *sum = &sum_[chosen * blocks_];
    double left = random_.uniform() * total_[chosen];
    std::size_t at = 0, found = 0; // the last ones that count, should rounding leave a little at the end
    for (std::size_t b = 0; b < blocks_; ++b) {
        if (!(sum[b] > 0)) continue;
        at = b;
        if (left < sum[b]) break;
        left -= sum[b];
    }
    poll_();
    for (std::size_t row = at * block; row < end(at); ++row) {
        near_.measure(points_.numbers_of(row), points_.codes_of(row), squares_.data());
        const double mass = points_.weight_of(row) * std::min(minimum_[row], squares_[0]);
        if (!(mass > 0)) continue;
        found = row;
        if (left < mass) break;
        left -= mass;
    }
    return found;
}

// Brings the minimum up to date with the row chosen last, sums it up for every trial, and names the best trial.
std::size_t Seeding::pass() {
    std::fill(total_.begin(), total_.end(), 0);
    std::vector<double> sum(trials_);
    for (std::size_t b = 0; b < blocks_; ++b) {
        poll_();
        std::fill(sum.begin(), sum.end(), 0);
        for (std::size_t row = b * block; row < end(b); ++row) {
            near_.measure(points_.numbers_of(row), points_.codes_of(row), squares_.data());
            const double minimum = minimum_[row] = std::min(minimum_[row], squares_[0]);
            const double weight = points_.weight_of(row);
            for (std::size_t t = 0; t < trials_; ++t) sum[t] += weight * std::min(minimum, squares_[1 + t]);
        }
        for (std::size_t t = 0; t < trials_; ++t) {
            sum_[t * blocks_ + b] = sum[t];
            total_[t] += sum[t];
        }
    }
    return static_cast<std::size_t>(std::min_element(total_.begin(), total_.end()) - total_.begin());
}

} // namespace

std::vector<std::size_t> kmeans_seed(const Points &points, std::size_t k, math::Random &random, Poll poll) {
    const std::size_t trials = 2 + static_cast<std::size_t>(math::log(static_cast<double>(k)));
    Seeding seeding(points, trials, random, poll);
    std::vector<std::size_t> chosen{seeding.draw_by_weight()}, proposed(trials);
    if (k == 1) return chosen;
    seeding.choose(chosen.back());
    std::size_t best = seeding.pass(); // nothing is proposed yet: every trial sums up the distances from the first row
    for (;;) {
        if (!std::isfinite(seeding.total(best))) refuse_range();
        if (!(seeding.total(best) > 0)) return chosen; // every row equals one of those chosen
        for (std::size_t &row : proposed) row = seeding.draw(best);
        for (std::size_t t = 0; t < trials; ++t) seeding.propose(t, proposed[t]);
        best = seeding.pass();
        chosen.push_back(proposed[best]);
        if (chosen.size() == k) return chosen;
        seeding.choose(chosen.back());
    }
}

} // namespace cd::cluster
