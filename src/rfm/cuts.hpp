// Cut points from the order of a sample. A Sample knows its sorted order x[0] <= ... <= x[n-1] and answers
//   size()   at(i): x[i]   rank(v): how many are less than v, and equal   next(v): the smallest above v
// Above the largest value of the sample comes the next double, so that a class which no value reaches begins there: a
// customer beyond all that were seen gets the score beyond theirs.
#pragma once
#include "math/sort.hpp"
#include "rfm/rfm.hpp"
#include <cmath>
#include <limits>

namespace cd::rfm {

using math::polled;

struct Rank {
    std::int64_t less, equal;
};
// Cut points are finite, as values are.
inline double finite(double value) {
    using Limits = std::numeric_limits<double>;
    return std::clamp(value, Limits::lowest(), Limits::max());
}
inline double just_above(double value) {
    return finite(std::nextafter(value, std::numeric_limits<double>::infinity()));
}

// Method 'dense'. With lt values worse and eq equal to it, a value scores 1 + floor(bins (2 lt + eq - 1) / (2 n)): the
// middle rank of its ties, scaled to bins. Written with ascending ranks and m = 2 less + equal - 1, the cut of class k
// is the smallest value with
//   bins m >= 2 n k             where more is better;
//   bins m >= 2 n k - 2 bins + 1  for recency, where the worse values are the larger ones and m' = 2 (n - 1) - m.
inline std::int64_t dense_threshold(std::int64_t n, Dimension d, std::int64_t bins, std::int64_t k) {
    return 2 * n * k - (d == recency ? 2 * bins - 1 : 0);
}
// The value with ties over sorted positions first..last has m = first + last. So the cut is among the ties at this
// position, or just above them.
inline std::int64_t dense_position(std::int64_t n, Dimension d, std::int64_t bins, std::int64_t k) {
    const std::int64_t threshold = dense_threshold(n, d, bins, k);
    return threshold <= 0 ? 0 : (threshold + 2 * bins - 1) / (2 * bins);
}
template <class Sample> double dense_cut(const Sample &sample, Dimension d, int bins, int k) {
    const std::int64_t n = sample.size(), position = dense_position(n, d, bins, k);
    const double value = sample.at(std::min(position, n - 1));
    const Rank rank = sample.rank(value);
    if (bins * (2 * rank.less + rank.equal - 1) >= dense_threshold(n, d, bins, k)) return value;
    return sample.next(value);
}

// Method 'quantile': R's quantile type 7 (Hyndman and Fan 1996) at k / bins, plus 1, as rfm_table_order in the R
// package rfm 0.3.0 computes it. Index and interpolation are R's, to the rounding.
struct QuantileIndex {
    std::int64_t low, high;
    double weight;
    QuantileIndex(std::int64_t n, int bins, int k) {
        const double index = 1 + static_cast<double>(n - 1) * (k * (1.0 / bins));
        low = static_cast<std::int64_t>(std::floor(index)) - 1;
        high = static_cast<std::int64_t>(std::ceil(index)) - 1;
        weight = index - std::floor(index);
    }
};
template <class Sample> double quantile_cut(const Sample &sample, int bins, int k) {
    const QuantileIndex index(sample.size(), bins, k);
    double q = sample.at(index.low);
    const double above = sample.at(index.high);
    if (index.weight > 0 && above != q) q = (1 - index.weight) * q + index.weight * above;
    return finite(q + 1);
}

template <class Sample> Bins::Cuts cuts_of_sample(const Sample &sample, Dimension d, int bins, Method method) {
    Bins::Cuts cuts;
    for (int k = 1; k < bins; ++k)
        cuts.push(method == Method::dense ? dense_cut(sample, d, bins, k) : quantile_cut(sample, bins, k));
    return cuts;
}

} // namespace cd::rfm
