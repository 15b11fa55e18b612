// What a summary of this feature keeps: the numbers of one or several groups as counts of distinct ones. Mergeable, and
// exact in any order and any parts.
#pragma once
#include "math/tallies.hpp"
#include <array>
#include <utility>

namespace cd::evaluation {

using math::Tally;
// Ascending values, each once.
using Sample = std::span<const Tally>;
std::uint64_t size(Sample, Poll); // with those that are equal

template <std::size_t Groups> class Distributions {
  public:
    Distributions(const char *type, std::pmr::memory_resource *memory, std::size_t limit, Poll poll)
        : type_(type), limit_(limit), poll_(poll),
          values_([ memory, poll ]<std::size_t... I>(std::index_sequence<I...>) {
              return std::array{((void)I, math::Tallies(memory, poll))...};
          }(std::make_index_sequence<Groups>())) {}

    void add(std::size_t group, double value);
    void skip() { grow(skipped_, 1); }
    // Adds a flat summary, of which every byte is checked; when it is refused, this one is of no further use.
    void merge(Bytes flat);

    std::uint64_t size(std::size_t group) const { return sizes_[group]; }
    std::uint64_t skipped() const { return skipped_; }
    Sample sample(std::size_t group) const {
        count(group);
        return values_[group].counted();
    }
    Poll poll() const { return poll_; }

    // Brings everything into its final form; changes no answer.
    void count() const;
    // Of what is counted.
    std::size_t flat_size() const;
    std::uint8_t *flatten(std::uint8_t *to) const;

  private:
    // All rows together are a bigint.
    void grow(std::uint64_t &part, std::uint64_t more);
    void count(std::size_t group) const;

    const char *type_;
    std::size_t limit_;
    Poll poll_;
    std::uint64_t total_ = 0, skipped_ = 0;
    std::array<std::uint64_t, Groups> sizes_{};
    mutable std::array<math::Tallies, Groups> values_; // counting changes the form, not the contents
};
extern template class Distributions<1>;
extern template class Distributions<2>;

// Scores of those who did what was predicted, and of those who did not.
class Evaluation : public Distributions<2> {
  public:
    static constexpr const char *type = "evaluation_summary";
    Evaluation(std::pmr::memory_resource *memory, std::size_t limit, Poll poll)
        : Distributions(type, memory, limit, poll) {}
    void add(double score, bool label) { Distributions::add(label, score); }

    Sample positive() const { return sample(1); }
    Sample negative() const { return sample(0); }
    std::uint64_t positives() const { return size(1); }
    std::uint64_t negatives() const { return size(0); }
    std::uint64_t rows() const { return size(0) + size(1); }
};

// One column of numbers; the skipped ones are its missing values.
class Drift : public Distributions<1> {
  public:
    static constexpr const char *type = "drift_summary";
    Drift(std::pmr::memory_resource *memory, std::size_t limit, Poll poll) : Distributions(type, memory, limit, poll) {}
    void add(double value) { Distributions::add(0, value); }

    Sample values() const { return sample(0); }
    std::uint64_t rows() const { return size(0); }
};

// Calls visit(value, how many in a, how many in b) for each value of two samples, the largest first.
template <class Visit> void each_value(Sample a, Sample b, Poll poll, Visit &&visit) {
    std::size_t i = a.size(), j = b.size();
    for (std::size_t round = 0; i > 0 || j > 0; ++round) {
        poll.every(round);
        const bool in_a = j == 0 || (i > 0 && a[i - 1].value >= b[j - 1].value);
        const bool in_b = i == 0 || (j > 0 && b[j - 1].value >= a[i - 1].value);
        const double value = in_a ? a[i - 1].value : b[j - 1].value;
        const std::uint64_t of_a = in_a ? a[--i].count : 0, of_b = in_b ? b[--j].count : 0;
        visit(value, of_a, of_b);
    }
}

// Products of two numbers of rows.
__extension__ using Product = unsigned __int128;

} // namespace cd::evaluation
