// Algorithms of the standard library that a user can cancel.
#pragma once
#include "common/error.hpp"
#include <cstddef>
#include <cstdint>

namespace cd::math {

// Runs an algorithm which takes an order on n values. The order polls once in 2^20 comparisons; fewer values than 2^18
// are quick, and quicker without.
template <class Less, class Algorithm> void polled(std::size_t n, Poll poll, Less less, Algorithm &&algorithm) {
    poll();
    if (n < 1 << 18) return algorithm(less);
    std::uint32_t comparisons = 0; // stands outside, for algorithms copy their order
    algorithm([less, poll, &comparisons](const auto &a, const auto &b) {
        if ((++comparisons & ((1 << 20) - 1)) == 0) [[unlikely]]
            poll();
        return less(a, b);
    });
}

} // namespace cd::math
