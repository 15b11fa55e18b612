// Sums of gradients and hessians by bin, over the rows of a node.
#pragma once
#include "learn/grow.hpp"

namespace cd::learn {

// 15 bits of a row's gradient and hessian, in one word: so that one addition serves both, and 65,535 rows fit.
struct Narrow {
    static constexpr int dropped = 15;
    static constexpr double one = 1 << dropped; // in units of Gradients
    static constexpr std::size_t rows = 1 << 15;

    static std::int64_t of(std::int64_t word) {
        constexpr std::int64_t half = 1 << (dropped - 1), both = half * (1LL << 32) + half;
        constexpr std::int64_t mask = ~std::int64_t{0xffffffff} | 0xffffffff >> dropped;
        return (word + both) >> dropped & mask;
    }
};

class Histogram {
  public:
    struct Bin {
        std::int64_t gradient = 0, hessian = 0; // in Narrow::one units of Gradients
        void add(std::int64_t narrow) {
            gradient += Gradients::gradient(narrow);
            hessian += Gradients::hessian(narrow);
        }
        Bin &operator+=(const Bin &other) {
            gradient += other.gradient, hessian += other.hessian;
            return *this;
        }
    };
    std::vector<Bin> of; // the bins of the first column, of the second, ...

    void subtract(const Histogram &part) {
        for (std::size_t i = 0; i < of.size(); ++i) {
            of[i].gradient -= part.of[i].gradient;
            of[i].hessian -= part.of[i].hessian;
        }
    }
};

// Builds them, of some columns of the bins.
class HistogramBuilder {
  public:
    explicit HistogramBuilder(const Bins &bins) : bins_(bins) {}

    // begin[i] is where the bins of column i stand in histograms; the last one is their size.
    static std::vector<std::uint32_t> places(const Bins &bins, std::span<const std::uint32_t> columns);

    void build(const Gradients &gradients, std::span<const std::uint32_t> rows, std::span<const std::uint32_t> columns,
               std::span<const std::uint32_t> begin, Histogram &to, Workers &workers);

  private:
    struct Part {
        std::vector<std::int64_t> narrow; // all 0 between uses
        Histogram sum;
    };
    void add(const Gradients &gradients, std::span<const std::uint32_t> rows, std::span<const std::uint32_t> columns,
             std::span<const std::uint32_t> begin, std::vector<std::int64_t> &narrow, Histogram &to, Poll poll) const;

    const Bins &bins_;
    std::vector<Part> parts_; // of each task
};

} // namespace cd::learn
