#include "learn/split.hpp"
#include <algorithm>
#include <cmath>

namespace cd::learn {

namespace {

// Gains below this much of their terms may be rounding.
constexpr double rounding = 0x1p-40;

// What the best value of a side takes from twice the loss: G^2 / (H + l2) unless a bound keeps it from that value.
double taken(const Sums &side, double l2, double value) {
    return -value * (2 * side.gradient + (side.hessian + l2) * value);
}

class Search {
  public:
    Search(const Cells &cells, const Sums &total, double l2, const SplitRules &rules, const Bounds &bounds)
        : cells_(cells), total_(total), l2_(l2), rules_(rules), bounds_(bounds),
          parent_(taken(total, rules.l2, value_of(total.gradient, total.hessian, rules.l2, bounds))) {}

    // Whether this is the best so far.
    bool offer(const Sums &left, int monotone = 0) {
        const Sums right = total_ - left;
        const bool certain = left.weight >= rules_.min_leaf && right.weight >= rules_.min_leaf;
        if (cells_.weighed && !certain) return false;
        if (!(left.hessian > 0 && right.hessian > 0)) return false;
        if (left.hessian < rules_.min_hessian || right.hessian < rules_.min_hessian) return false;
        double children;
        if (rules_.bounded) {
            const double low = value_of(left.gradient, left.hessian, l2_, bounds_),
                         high = value_of(right.gradient, right.hessian, l2_, bounds_);
            if (monotone * (high - low) < 0) return false;
            children = taken(left, l2_, low) + taken(right, l2_, high);
        } else {
            children = left.gradient * left.gradient / (left.hessian + l2_) +
                       right.gradient * right.gradient / (right.hessian + l2_);
        }
        const double gain = children - parent_;
        if (!(gain > best.gain && gain > rules_.min_gain && gain > rounding * children)) return false;
        best.gain = gain;
        best.certain = certain;
        best.left_sums = left;
        return true;
    }
    bool left_is_heavier() const { return best.left_sums.hessian >= total_.hessian - best.left_sums.hessian; }

    Split best;

  private:
    const Cells &cells_;
    const Sums &total_;
    const double l2_;
    const SplitRules &rules_;
    const Bounds &bounds_;
    const double parent_;
};

Split split_number(const Cells &cells, const Sums &total, int monotone, const SplitRules &rules, const Bounds &bounds) {
    const bool some_missing = cells.bin[0] == 0;
    Search search(cells, total, rules.l2, rules, bounds);
    Sums left;
    bool missing_left = false;
    for (std::size_t i = some_missing; i < cells.n; ++i) {
        left += cells.sums[i];
        const bool all = i + 1 == cells.n; // the missing alone go right
        // In the middle of bins that are empty here.
        const std::uint32_t last = all ? Split::all_values : (cells.bin[i] + cells.bin[i + 1]) / 2U;
        if ((!all || some_missing) && search.offer(left, all ? 0 : monotone)) {
            search.best.last = last;
            missing_left = false;
        }
        if (all || !some_missing) continue;
        Sums with_missing = left;
        with_missing += cells.sums[0];
        if (!search.offer(with_missing, monotone)) continue;
        search.best.last = last;
        missing_left = true;
    }
    Split &best = search.best;
    if (best.gain == 0) return best;
    if (!some_missing) missing_left = search.left_is_heavier();
    for (std::size_t bin = !missing_left; bin <= best.last; ++bin) insert(best.left, bin);
    return best;
}

Split split_levels(const Cells &cells, const Sums &total, const SplitRules &rules, const Bounds &bounds) {
    const double mean = total.gradient / total.hessian, smoothing = rules.level_smoothing;
    std::array<double, max_bins> rank;
    std::array<std::uint16_t, max_bins> order;
    for (std::size_t i = 0; i < cells.n; ++i) {
        const double below = cells.sums[i].hessian + smoothing;
        rank[i] = below > 0 ? (cells.sums[i].gradient + smoothing * mean) / below : mean;
        order[i] = static_cast<std::uint16_t>(i);
    }
    std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(cells.n),
              [&rank](auto a, auto b) { return rank[a] < rank[b] || (rank[a] == rank[b] && a < b); });
    Search search(cells, total, rules.l2 + (cells.n > 4 ? rules.level_l2 : 0), rules, bounds);
    Sums left;
    std::size_t levels_left = 0;
    for (std::size_t i = 0; i + 1 < cells.n; ++i) {
        left += cells.sums[order[i]];
        if (search.offer(left)) levels_left = i + 1;
    }
    Split &best = search.best;
    if (best.gain == 0) return best;
    if (search.left_is_heavier()) {
        best.left.fill(~std::uint64_t{0});
        for (std::size_t i = levels_left; i < cells.n; ++i)
            best.left[cells.bin[order[i]] / 64] &= ~(1ULL << (cells.bin[order[i]] % 64));
    } else {
        for (std::size_t i = 0; i < levels_left; ++i) insert(best.left, cells.bin[order[i]]);
    }
    return best;
}

} // namespace

Split find_split(const Cells &cells, const Sums &total, const Bins::Feature &feature, int monotone,
                 const SplitRules &rules, const Bounds &bounds) {
    if (cells.n < 2 || !(total.hessian > 0)) return {};
    return feature.category ? split_levels(cells, total, rules, bounds)
                            : split_number(cells, total, monotone, rules, bounds);
}

} // namespace cd::learn
