// A column of numbers as counts of distinct ones: mergeable, and exact in any order.
#pragma once
#include "common/bytes.hpp"
#include <algorithm>
#include <limits>
#include <memory_resource>
#include <vector>

namespace cd::math {

struct Tally {
    double value;
    std::uint64_t count;
};

// Numbers as they come, and what they were counted into so far. Numbers are finite; -0.0 is not one.
class Tallies {
  public:
    Tallies(std::pmr::memory_resource *memory, Poll poll) : poll_(poll), fresh_(memory), counted_(memory) {}

    void add(double value) { fresh_.push_back({value, 1}); }
    // Adds a flat column of `total` numbers, none below `least`, of which every byte is checked.
    void merge(Reader &in, std::uint64_t total, double least = std::numeric_limits<double>::lowest());

    // Whether to count now, so that a tally is moved a bounded number of times, however few come at once.
    bool many() const { return fresh_.size() >= std::max(min_fresh, counted_.size() / 2); }
    void count();

    // What was counted: ascending values, each once.
    std::span<const Tally> counted() const { return counted_; }
    std::size_t flat_size() const { return varint_size(counted_.size()) + bytes_; }
    std::uint8_t *flatten(std::uint8_t *to) const;

  private:
    static constexpr std::size_t min_fresh = 1 << 14;

    Poll poll_;
    std::pmr::vector<Tally> fresh_, counted_;
    std::size_t bytes_ = 0; // of the counted ones when flat
};

} // namespace cd::math
