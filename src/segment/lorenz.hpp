// How unevenly a total is spread: Lorenz curve and Gini coefficient, from counts of distinct values.
#pragma once
#include "math/tallies.hpp"
#include "segment/share.hpp"

namespace cd::segment {

inline constexpr int min_points = 1, max_points = 10000;
void check_points(int points);
void check_top(double population_share);

class Lorenz {
  public:
    Lorenz(std::pmr::memory_resource *memory, std::size_t limit, Poll poll)
        : limit_(limit), poll_(poll), values_(memory, poll) {}

    void add(double value);
    void skip() { grow(skipped_, 1); }
    // Adds a flat summary, of which every byte is checked; when it is refused, this one is of no further use.
    void merge(Bytes flat);

    std::uint64_t count_of_values() const { return size_; }
    std::uint64_t skipped() const { return skipped_; }

    // Undefined unless the total is above 0.
    bool defined() const;
    // G = sum over i of (2 i - n - 1) x[i] / (n sum of x), x ascending, i from 1: the mean absolute difference of two
    // values over twice the mean (Gini 1912; Sen, On Economic Inequality, 1973, section 2.7). Without the factor
    // n / (n - 1) of the estimator for samples. Of a defined one.
    double gini() const;
    // Share of the total that the largest values have which are this share of all. Of a defined one.
    double top_share(double population_share) const;
    // Calls visit(i, share of the total of the lowest i / points of all values) for i = 0 ... points. Of a defined one.
    template <class Visit> void curve(int points, Visit &&visit) const {
        Walk walk(*this);
        const auto parts = static_cast<std::uint64_t>(points);
        for (std::uint64_t i = 0; i <= parts; ++i) {
            // i n / points without a product that overflows.
            const std::uint64_t rest = i * (size_ % parts);
            visit(static_cast<int>(i), walk.share(i * (size_ / parts) + rest / parts,
                                                  static_cast<double>(rest % parts) / static_cast<double>(parts)));
        }
    }

    // Brings everything into its final form; changes no answer.
    void count() const;
    // Of what is counted.
    std::size_t flat_size() const;
    std::uint8_t *flatten(std::uint8_t *to) const;

  private:
    // Along the curve from the lowest value to the largest.
    class Walk {
      public:
        explicit Walk(const Lorenz &);
        // Of the lowest `position` values and a fraction of the next one. Positions ascend from call to call.
        double share(std::uint64_t position, double fraction);
        const math::Sum &total() const { return total_; }
        const Scaled &scaled() const { return scaled_; }

      private:
        std::span<const math::Tally> tallies_;
        Poll poll_;
        Scaled scaled_;
        math::Sum total_, below_; // below_: of the tallies before next_
        std::uint64_t passed_ = 0;
        std::size_t next_ = 0;
    };
    static void grow(std::uint64_t &total, std::uint64_t more);
    void count_if_many();
    void check_size() const;

    std::size_t limit_;
    Poll poll_;
    std::uint64_t size_ = 0, skipped_ = 0;
    mutable math::Tallies values_; // counting changes the form, not the contents
};

} // namespace cd::segment
