// Distances of one row from many points at once: what k-means, its seeding, silhouettes and cluster() have in common.
#pragma once
#include "cluster/points.hpp"
#include <algorithm>
#include <limits>

namespace cd::cluster {

// Eight points side by side. Every lane adds up one distance in the order of the columns, numbers before categories, so
// it has the bits of the plain loop, whatever vectors the processor has.
class Centres {
  public:
    static constexpr std::size_t lanes = 8;

    // As many points as wanted, infinitely far away until they are set.
    Centres(std::size_t size, std::size_t numbers, std::size_t categories, double mismatch);
    Centres(std::size_t size, const Points &like) : Centres(size, like.numbers, like.categories, like.mismatch) {}

    void set(std::size_t point, const double *number, const std::uint32_t *category);
    std::size_t size() const { return size_; }
    std::size_t padded() const { return start_.size(); } // up to whole groups of lanes

    // The squared distances, padded() of them; those past size() are infinite.
    void measure(const double *number, const std::uint32_t *category, double *squares) const {
        measure_(*this, number, category, squares);
    }

  private:
    using Measure = void (*)(const Centres &, const double *, const std::uint32_t *, double *);
    template <std::size_t width>
    static void measure_lanes(const Centres &, const double *, const std::uint32_t *, double *);
    static void measure_plain(const Centres &, const double *, const std::uint32_t *, double *);
    static void measure_avx2(const Centres &, const double *, const std::uint32_t *, double *);

    std::size_t size_, numbers_, categories_;
    double mismatch_;
    std::vector<double> start_; // 0, or infinity of a point that is not set
    std::vector<double> value_; // group by group, column by column, the lanes; codes as doubles, which are exact
    Measure measure_;
};

struct Nearest {
    std::size_t point;
    double square, next; // the squared distance of the nearest point, and of the nearest of the others
};

// Of equally near points the first one. Without branches, for they would not be foreseen.
inline Nearest nearest_of(const double *squares, std::size_t size) {
    Nearest found{0, squares[0], std::numeric_limits<double>::infinity()};
    for (std::size_t c = 1; c < size; ++c) {
        const double square = squares[c];
        found.next = std::min(found.next, std::max(found.square, square));
        found.point = square < found.square ? c : found.point;
        found.square = std::min(found.square, square);
    }
    return found;
}

} // namespace cd::cluster
