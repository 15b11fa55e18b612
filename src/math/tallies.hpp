// Values as counts of distinct ones: mergeable, and exact in any order.
#pragma once
#include "common/bytes.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory_resource>
#include <vector>

namespace cd::math {

// How values are stored, for BasicTallies.
template <class Value> struct Flat {
    static std::size_t size(const Value &value) { return value.flat_size(); }
    static std::uint8_t *put(const Value &value, std::uint8_t *to) { return value.put(to); }
    static Value get(Reader &in) { return Value::get(in); } // refuses what no value can be
};
template <> struct Flat<double> {
    static std::size_t size(double) { return sizeof(double); }
    static std::uint8_t *put(double value, std::uint8_t *to) { return put_fixed(to, value); }
    static double get(Reader &in) {
        const auto value = in.fixed<double>();
        in.require(value - value == 0 && !(value == 0 && std::signbit(value)), "A value is not finite.");
        return value;
    }
};

template <class Value> struct BasicTally {
    Value value;
    std::uint64_t count;
};

// Values as they come, and what they were counted into so far. They are ordered, and stored as Flat says.
template <class Value> class BasicTallies {
    using Tally = BasicTally<Value>;

  public:
    BasicTallies(std::pmr::memory_resource *memory, Poll poll) : poll_(poll), fresh_(memory), counted_(memory) {}

    void add(const Value &value) { fresh_.push_back({value, 1}); }
    // Adds a flat column of `total` values, of which every byte is checked, and the value by check(in, value, count).
    template <class Check> void merge(Reader &in, std::uint64_t total, Check &&check);

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

template <class Value>
template <class Check>
void BasicTallies<Value>::merge(Reader &in, std::uint64_t total, Check &&check) {
    const std::uint64_t distinct = in.varint(total);
    in.require(distinct <= in.left(), "It ends too early.");
    if (fresh_.empty()) fresh_.reserve(distinct);
    std::uint64_t sum = 0;
    Value before{};
    for (std::uint64_t i = 0; i < distinct; ++i) {
        poll_.every(i);
        const Value value = Flat<Value>::get(in);
        in.require(i == 0 || before < value, "Values do not ascend.");
        const std::uint64_t count = in.varint(total);
        in.require(count > 0, "A count is zero.");
        in.require(count <= total - sum, "Counts do not add up.");
        check(in, value, count);
        fresh_.push_back({before = value, count});
        sum += count;
    }
    in.require(sum == total, "Counts do not add up.");
}

template <class Value> void BasicTallies<Value>::count() {
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
        bytes_ += Flat<Value>::size(merged.back().value) + varint_size(merged.back().count);
    }
    counted_ = std::move(merged);
    fresh_.clear();
}

template <class Value> std::uint8_t *BasicTallies<Value>::flatten(std::uint8_t *to) const {
    to = put_varint(to, counted_.size());
    for (std::size_t i = 0; i < counted_.size(); ++i) {
        poll_.every(i);
        to = put_varint(Flat<Value>::put(counted_[i].value, to), counted_[i].count);
    }
    return to;
}

extern template class BasicTallies<double>;

// A column of numbers: finite, and -0.0 is not one.
using Tally = BasicTally<double>;
class Tallies : public BasicTallies<double> {
  public:
    using BasicTallies::BasicTallies;
    void merge(Reader &in, std::uint64_t total, double least = std::numeric_limits<double>::lowest()) {
        BasicTallies::merge(in, total, [least](const Reader &reader, double value, std::uint64_t) {
            reader.require(value >= least, "A value is out of range.");
        });
    }
};

} // namespace cd::math
