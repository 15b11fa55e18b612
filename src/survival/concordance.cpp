#include "survival/concordance.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <numeric>

namespace cd::survival {

namespace {

// Sums of weights by rank that change (Fenwick 1994).
class Sums {
  public:
    explicit Sums(std::size_t ranks) : sum_(ranks + 1) {}
    void add(std::size_t rank, double weight) {
        total_ += weight;
        for (std::size_t i = rank + 1; i < sum_.size(); i += i & -i) sum_[i] += weight;
    }
    double below(std::size_t rank) const {
        double sum = 0;
        for (std::size_t i = rank; i > 0; i &= i - 1) sum += sum_[i];
        return sum;
    }
    double total() const { return total_; }

  private:
    std::vector<double> sum_;
    double total_ = 0;
};

// From 0 on, equal scores having the same.
std::vector<std::uint32_t> ranks_of(std::span<const double> score, Poll poll) {
    std::vector<std::uint32_t> order(score.size()), rank(score.size());
    std::iota(order.begin(), order.end(), 0);
    const auto less = [score](std::uint32_t a, std::uint32_t b) { return score[a] < score[b]; };
    math::polled(score.size(), poll, less, [&order](auto polled) { std::sort(order.begin(), order.end(), polled); });
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        poll.every(i);
        if (i > 0 && score[order[i]] != score[order[i - 1]]) ++next;
        rank[order[i]] = next;
    }
    return rank;
}

} // namespace

std::optional<double> concordance(const Outcomes &of, std::span<const double> score, Poll poll) {
    const std::vector<std::uint32_t> rank = ranks_of(score, poll);
    const std::size_t n = of.rows();
    Sums later(n);
    double pairs = 0, right = 0;
    std::size_t gone = 0;
    for (std::size_t begin = 0, end; begin < n; begin = end) {
        const double time = of.duration[begin];
        const auto add = [&](bool events) {
            for (end = begin; end < n && of.duration[end] == time; ++end) {
                poll.every(end);
                if (of.event[end] == events) later.add(rank[end], of.weight_of(end));
            }
        };
        add(false); // who is lost from sight at a time departs later, if ever
        for (; gone < of.by_entry.size() && of.entry[of.by_entry[gone]] >= time; ++gone)
            later.add(rank[of.by_entry[gone]], -of.weight_of(of.by_entry[gone]));
        for (std::size_t i = begin; i < n && of.duration[i] == time; ++i) {
            poll.every(i);
            if (!of.event[i]) continue;
            const double lower = later.below(rank[i]), equal = later.below(rank[i] + std::size_t{1}) - lower;
            right += of.weight_of(i) * (lower + equal / 2);
            pairs += of.weight_of(i) * later.total();
        }
        add(true);
    }
    if (!(pairs > 0)) return {};
    return std::clamp(right / pairs, 0.0, 1.0);
}

} // namespace cd::survival
