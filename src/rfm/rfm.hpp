// RFM scores: cut points of the three dimensions, and the class of a value among them.
#pragma once
#include "common/bytes.hpp"
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cd::rfm {

enum Dimension { recency, frequency, monetary };
inline constexpr int dimensions = 3;
inline constexpr const char *dimension_names[dimensions] = {"recency", "frequency", "monetary"};

enum class Method {
    dense,   // equal values score the same, and without ties class sizes differ by at most one
    quantile // as the R package rfm 0.3.0
};
Method method_named(std::string_view);

inline constexpr int min_bins = 2, max_bins = 100;
void check_bins(int bins);

[[noreturn]] void refuse_value(Dimension, double);
inline void check_value(Dimension d, double value) {
    if (!std::isfinite(value)) [[unlikely]]
        refuse_value(d, value);
}

struct Score {
    std::int16_t recency, frequency, monetary;
    bool operator==(const Score &) const = default;
};

// '543'; with more than 9 bins in a dimension '10-5-5'.
struct Code {
    char text[12];
    unsigned size;
};
Code code_of(Score, bool more_than_9_bins);

// The score of a class: short recency is good, the rest is better the higher it is. The one place that says so; the
// map is its own inverse.
constexpr int score_of_class(int d, int bins, int c) { return d == recency ? bins - c : c + 1; }

// Cut points of all dimensions: values below the first cut are in class 0, a cut is the smallest value of its class.
// Plain data, so that a scalar function can read it for each row.
struct Bins {
    struct Cuts {
        std::uint8_t size = 0;
        std::array<double, max_bins - 1> at;

        void push(double cut) { at[size++] = cut; }
        int class_of(double value) const {
            if (size > 16) return static_cast<int>(std::upper_bound(at.begin(), at.begin() + size, value) - at.begin());
            int n = 0;
            for (std::size_t i = 0; i < size; ++i) n += at[i] <= value;
            return n;
        }
    };
    std::array<Cuts, dimensions> cuts;

    int bins(std::size_t d) const { return cuts[d].size + 1; }
    bool more_than_9() const {
        return std::any_of(cuts.begin(), cuts.end(), [](const Cuts &c) { return c.size >= 9; });
    }
    Score score(double recency_days, double frequency_value, double monetary_value) const {
        return {score(recency, recency_days), score(frequency, frequency_value), score(monetary, monetary_value)};
    }

  private:
    std::int16_t score(std::size_t d, double value) const {
        return static_cast<std::int16_t>(score_of_class(static_cast<int>(d), bins(d), cuts[d].class_of(value)));
    }
};

// Fixed cut points: throws unless they are finite, strictly ascending and of a possible number.
void check_given(int dimension, std::span<const double> cuts);

// The values of one dimension, put in a new order by this. Not empty.
Bins::Cuts cuts_of(std::span<double> values, Dimension, int bins, Method, Poll poll = {});

// Stored form: a version byte, and the cuts of each dimension.
inline constexpr std::uint8_t bins_version = 1;
inline constexpr std::size_t max_packed_bins = 1 + dimensions * (1 + sizeof(double) * (max_bins - 1));
std::uint8_t *pack(const Bins &, std::uint8_t *to);
Bins unpack(Bytes);

} // namespace cd::rfm
