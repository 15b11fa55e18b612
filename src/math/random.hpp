// Random numbers that are a function of (seed, stream) alone: integers by SplitMix64 (Steele, Lea, Flood 2014), the
// rest by + - * / sqrt and our own logarithm, so a seed gives the same bits on every machine.
#pragma once
#include "math/elementary.hpp"
#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>

namespace cd::math {

// The finalizer of SplitMix64: a bijection that spreads every input bit over all output bits.
constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// Of bytes, eight at a time, the last ones filled up with zeros.
inline std::uint64_t hash(std::span<const std::uint8_t> bytes, std::uint64_t start) {
    std::uint64_t word;
    for (; bytes.size() >= sizeof word; bytes = bytes.subspan(sizeof word)) {
        std::memcpy(&word, bytes.data(), sizeof word);
        start = mix(start + word);
    }
    word = 0;
    if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
    return mix(start + word);
}

class Random {
  public:
    Random(std::uint64_t seed, std::uint64_t stream) : state_(mix(mix(seed) + stream)) {}

    std::uint64_t bits() { return mix(state_ += 0x9e3779b97f4a7c15); }

    // In (0, 1), never an end.
    double uniform() { return (static_cast<double>(bits() >> 11) + 0.5) * 0x1p-53; }

    double exponential() { return -log(uniform()); }

    // Marsaglia's polar method.
    double normal() {
        for (;;) {
            const double u = 2 * uniform() - 1, v = 2 * uniform() - 1;
            const double s = u * u + v * v;
            if (s < 1 && s > 0) return u * std::sqrt(-2 * log(s) / s);
        }
    }

    // Scale 1. Marsaglia and Tsang 2000; below shape 1 by Gamma(a) = Gamma(a + 1) U^(1/a).
    double gamma(double shape) {
        if (shape < 1) {
            const double above = gamma(shape + 1); // drawn first: the order of operands is the compiler's to choose
            return above * exp(log(uniform()) / shape);
        }
        const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
        for (;;) {
            const double x = normal();
            double v = 1 + c * x;
            if (v <= 0) continue;
            v = v * v * v;
            if (log(uniform()) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
        }
    }

    double beta(double a, double b) {
        const double x = gamma(a), y = gamma(b);
        return x / (x + y);
    }

  private:
    std::uint64_t state_;
};

} // namespace cd::math
