#include "cluster/centres.hpp"
#include <cstring>

namespace cd::cluster {

#if defined(__x86_64__)
#define CD_AVX2 __attribute__((target("avx2")))
#endif

Centres::Centres(std::size_t size, std::size_t numbers, std::size_t categories, double mismatch)
    : size_(size), numbers_(numbers), categories_(categories), mismatch_(mismatch),
      start_((size + lanes - 1) / lanes * lanes, std::numeric_limits<double>::infinity()),
      value_(start_.size() * (numbers + categories)), measure_(measure_plain) {
#ifdef CD_AVX2
    if (__builtin_cpu_supports("avx2")) measure_ = measure_avx2;
#endif
}

void Centres::set(std::size_t point, const double *number, const std::uint32_t *category) {
    start_[point] = 0;
    double *value = value_.data() + point / lanes * lanes * (numbers_ + categories_) + point % lanes;
    for (std::size_t j = 0; j < numbers_; ++j, value += lanes) *value = number[j];
    for (std::size_t j = 0; j < categories_; ++j, value += lanes) *value = category[j];
}

// Vectors of the compiler, `width` doubles each, so that -O2 needs not find them.
template <std::size_t width>
[[gnu::always_inline]] inline void Centres::measure_lanes(const Centres &centres, const double *number,
                                                          const std::uint32_t *category, double *squares) {
    typedef double Vector __attribute__((vector_size(width * sizeof(double))));
    typedef std::int64_t Mask __attribute__((vector_size(width * sizeof(double))));
    constexpr std::size_t vectors = lanes / width;
    const double *value = centres.value_.data();
    const Vector mismatch = Vector{} + centres.mismatch_;
    for (std::size_t group = 0; group < centres.padded(); group += lanes) {
        Vector sum[vectors];
#pragma GCC unroll 4
        for (std::size_t v = 0; v < vectors; ++v)
            std::memcpy(&sum[v], &centres.start_[group + v * width], sizeof sum[v]);
        for (std::size_t j = 0; j < centres.numbers_; ++j, value += lanes) {
            const double x = number[j];
#pragma GCC unroll 4
            for (std::size_t v = 0; v < vectors; ++v) {
                Vector difference;
                std::memcpy(&difference, value + v * width, sizeof difference);
                difference -= x;
                sum[v] += difference * difference;
            }
        }
        for (std::size_t j = 0; j < centres.categories_; ++j, value += lanes) {
            const double code = category[j];
#pragma GCC unroll 4
            for (std::size_t v = 0; v < vectors; ++v) {
                Vector mode;
                std::memcpy(&mode, value + v * width, sizeof mode);
                sum[v] += reinterpret_cast<Vector>((mode != code) & reinterpret_cast<Mask>(mismatch));
            }
        }
#pragma GCC unroll 4
        for (std::size_t v = 0; v < vectors; ++v) std::memcpy(squares + group + v * width, &sum[v], sizeof sum[v]);
    }
}

void Centres::measure_plain(const Centres &centres, const double *number, const std::uint32_t *category,
                            double *squares) {
    measure_lanes<2>(centres, number, category, squares);
}
#ifdef CD_AVX2
CD_AVX2 void Centres::measure_avx2(const Centres &centres, const double *number, const std::uint32_t *category,
                                   double *squares) {
    measure_lanes<4>(centres, number, category, squares);
}
#endif

} // namespace cd::cluster
