#include "math/tallies.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <cmath>

namespace cd::math {

void Tallies::merge(Reader &in, std::uint64_t total, double least) {
    const std::uint64_t distinct = in.varint(total);
    in.require(distinct <= in.left(), "It ends too early.");
    if (fresh_.empty()) fresh_.reserve(distinct);
    std::uint64_t sum = 0;
    double before = 0;
    for (std::uint64_t i = 0; i < distinct; ++i) {
        poll_.every(i);
        const auto value = in.fixed<double>();
        in.require(std::isfinite(value) && !(value == 0 && std::signbit(value)), "A value is not finite.");
        in.require(value >= least, "A value is out of range.");
        in.require(i == 0 || value > before, "Values do not ascend.");
        const std::uint64_t count = in.varint(total);
        in.require(count > 0, "A count is zero.");
        in.require(count <= total - sum, "Counts do not add up.");
        fresh_.push_back({before = value, count});
        sum += count;
    }
    in.require(sum == total, "Counts do not add up.");
}

void Tallies::count() {
    if (fresh_.empty()) return;
    const auto by_value = [](const Tally &a, const Tally &b) { return a.value < b.value; };
    polled(fresh_.size(), poll_, by_value, [this](auto less) {
        if (!std::is_sorted(fresh_.begin(), fresh_.end(), less)) std::sort(fresh_.begin(), fresh_.end(), less);
    });

    std::size_t distinct = 0;
    for (std::size_t i = 1; i < fresh_.size(); ++i) {
        poll_.every(i);
        if (fresh_[i].value == fresh_[distinct].value)
            fresh_[distinct].count += fresh_[i].count;
        else
            fresh_[++distinct] = fresh_[i];
    }
    fresh_.resize(distinct + 1);

    std::pmr::vector<Tally> merged(counted_.get_allocator());
    merged.reserve(counted_.size() + fresh_.size());
    bytes_ = 0;
    for (auto a = counted_.begin(), b = fresh_.begin(); a != counted_.end() || b != fresh_.end();) {
        poll_.every(merged.size());
        if (b == fresh_.end() || (a != counted_.end() && a->value < b->value))
            merged.push_back(*a++);
        else if (a == counted_.end() || b->value < a->value)
            merged.push_back(*b++);
        else
            merged.push_back({a->value, a++->count + b++->count});
        bytes_ += sizeof(double) + varint_size(merged.back().count);
    }
    counted_ = std::move(merged);
    fresh_.clear();
}

std::uint8_t *Tallies::flatten(std::uint8_t *to) const {
    to = put_varint(to, counted_.size());
    for (std::size_t i = 0; i < counted_.size(); ++i) {
        poll_.every(i);
        to = put_varint(put_fixed(to, counted_[i].value), counted_[i].count);
    }
    return to;
}

} // namespace cd::math
