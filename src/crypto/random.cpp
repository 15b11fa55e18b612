#include "crypto/random.hpp"
#include "crypto/errors.hpp"
#include <algorithm>
#include <openssl/rand.h>
#include <pthread.h>

namespace cd::crypto {

namespace {

struct {
    std::array<std::uint8_t, 4096> bytes; // the last `left` of them were not given out
    std::size_t left;
} pool;

// Two processes that give out the same bytes would repeat nonces.
void forget() {
    wipe(pool.bytes.data(), pool.bytes.size());
    pool.left = 0;
}

void fresh(std::span<std::uint8_t> out) {
    constexpr std::size_t at_once = std::size_t{1} << 30; // lengths of OpenSSL are int
    while (!out.empty()) {
        const std::size_t n = std::min(out.size(), at_once);
        if (RAND_bytes(out.data(), static_cast<int>(n)) != 1) openssl_refused("random bytes");
        out = out.subspan(n);
    }
}

} // namespace

void random_bytes(std::span<std::uint8_t> out) {
    if (out.size() > pool.left) {
        if (out.size() > pool.bytes.size() / 4) return fresh(out);
        static const bool forgets = pthread_atfork(nullptr, nullptr, forget) == 0;
        if (!forgets) return fresh(out);
        pool.left = 0; // if OpenSSL refuses, nothing of what is there counts
        fresh(pool.bytes);
        pool.left = pool.bytes.size();
    }
    std::uint8_t *from = pool.bytes.data() + (pool.bytes.size() - pool.left);
    std::copy_n(from, out.size(), out.begin());
    wipe(from, out.size());
    pool.left -= out.size();
}

} // namespace cd::crypto
