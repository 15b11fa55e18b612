// AES on single blocks, under one key, forwards only: all that SIV and FF1 need. The context of OpenSSL is kept,
// for to make one costs a hundred times what it does with a block.
#pragma once
#include "crypto/secret.hpp"

struct evp_cipher_ctx_st;

namespace cd::crypto {

inline constexpr std::size_t block_size = 16;
using Block = std::array<std::uint8_t, block_size>;

// Exclusive or.
inline void add_to(std::uint8_t *block, const std::uint8_t *other) {
    std::uint64_t a[2], b[2];
    std::memcpy(a, block, block_size);
    std::memcpy(b, other, block_size);
    a[0] ^= b[0];
    a[1] ^= b[1];
    std::memcpy(block, a, block_size);
}
// Numbers in blocks are big-endian.
inline std::uint64_t load(const std::uint8_t *from) {
    std::uint64_t value;
    std::memcpy(&value, from, sizeof value);
    return __builtin_bswap64(value);
}
inline void store(std::uint8_t *to, std::uint64_t value) { put_fixed(to, __builtin_bswap64(value)); }

class Aes {
  public:
    // 32 bytes; published examples have 16 and 24 too. Throws keyring_locked if OpenSSL refuses.
    explicit Aes(Bytes key);
    ~Aes();
    Aes(Aes &&) noexcept;
    Aes &operator=(Aes &&) noexcept;
    // `out` may be `in`.
    void encrypt(const std::uint8_t *in, std::uint8_t *out, std::size_t blocks = 1) const;
    // CBC-MAC goes on with whole blocks.
    void chain(Block &state, Bytes blocks) const {
        for (std::size_t at = 0; at < blocks.size(); at += block_size) {
            add_to(state.data(), blocks.data() + at);
            encrypt(state.data(), state.data());
        }
    }

  private:
    evp_cipher_ctx_st *context_;
};

} // namespace cd::crypto
