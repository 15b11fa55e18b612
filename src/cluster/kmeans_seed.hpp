// Where k-means starts from.
#pragma once
#include "cluster/points.hpp"
#include "common/error.hpp"
#include "math/random.hpp"

namespace cd::cluster {

// k different rows by k-means++ (Arthur and Vassilvitskii 2007): each next one is drawn with probability proportional
// to its weighted squared distance from the nearest one before. As they propose, several are drawn and the one that
// leaves the smallest sum of distances is taken; 2 + ln k of them, as in scikit-learn. If fewer rows differ, one of
// each.
std::vector<std::size_t> kmeans_seed(const Points &points, std::size_t k, math::Random &random, Poll poll);

// Of numbers whose squares are beyond a double.
[[noreturn]] void refuse_range();

} // namespace cd::cluster
