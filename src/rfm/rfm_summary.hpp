// All values of the three dimensions as counts of distinct ones: mergeable, and exact in any order.
#pragma once
#include "math/tallies.hpp"
#include "rfm/rfm.hpp"

namespace cd::rfm {

using math::Tally;

class Summary {
  public:
    Summary(std::pmr::memory_resource *memory, std::size_t limit, Poll poll);

    void add(double recency_days, double frequency_value, double monetary_value);
    void skip() { grow(skipped_, 1); }
    // Adds a flat summary, of which every byte is checked; when it is refused, this one is of no further use.
    void merge(Bytes flat);

    std::uint64_t customers() const { return customers_; }
    std::uint64_t skipped() const { return skipped_; }
    // Not of an empty one.
    Bins bins(int bins, Method method) const;

    // Brings everything into its final form; changes no answer.
    void count() const;
    // Of what is counted.
    std::size_t flat_size() const;
    std::uint8_t *flatten(std::uint8_t *to) const;

  private:
    static void grow(std::uint64_t &total, std::uint64_t more);
    void count_if_many(math::Tallies &values) const;
    void check_size() const;

    std::size_t limit_;
    Poll poll_;
    std::uint64_t customers_ = 0, skipped_ = 0;
    mutable std::array<math::Tallies, dimensions> values_; // counting changes the form, not the contents
};

} // namespace cd::rfm
