// AES on single blocks, under one key, forwards only: all that SIV and FF1 need. The context of OpenSSL is kept,
// for to make one costs a hundred times what it does with a block.
#pragma once
#include "crypto/secret.hpp"

struct evp_cipher_ctx_st;

namespace cd::crypto {

inline constexpr std::size_t block_size = 16;
using Block = std::array<std::uint8_t, block_size>;

class Aes {
  public:
    // 32 bytes; published examples have 16 and 24 too. Throws keyring_locked if OpenSSL refuses.
    explicit Aes(Bytes key);
    ~Aes();
    Aes(Aes &&) noexcept;
    Aes &operator=(Aes &&) noexcept;
    // `out` may be `in`.
    void encrypt(const std::uint8_t *in, std::uint8_t *out, std::size_t blocks = 1) const;

  private:
    evp_cipher_ctx_st *context_;
};

} // namespace cd::crypto
