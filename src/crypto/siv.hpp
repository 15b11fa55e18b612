// AES-256-SIV, RFC 5297: authenticated, and safe where a nonce repeats or there is none. OpenSSL 3.0 has it too, but
// fails on the empty string and cannot use a context again, so S2V and CTR stand here over kept AES contexts.
#pragma once
#include "crypto/aes.hpp"
#include <initializer_list>

namespace cd::crypto {

// CMAC, NIST SP 800-38B and RFC 4493.
class Cmac {
  public:
    explicit Cmac(Bytes key); // as of Aes
    ~Cmac();
    Cmac(Cmac &&) noexcept = default;
    Cmac &operator=(Cmac &&) noexcept = default;
    // Of the two parts one after another; the first one has whole blocks, and is empty unless the second has bytes.
    Block operator()(Bytes blocks, Bytes rest, Poll = {}) const;
    Block operator()(Bytes message) const;

  private:
    Aes aes_;
    Block subkey1_, subkey2_;
};

class Siv {
  public:
    static constexpr std::size_t key_size = 64, tag_size = block_size;
    explicit Siv(Bytes key); // key_size bytes; published examples have 32 and 48 too

    // S2V over the first components of associated data, of which many messages have the same.
    Block begin(std::initializer_list<Bytes> components) const;
    // S2V goes on with more components.
    Block add(const Block &begun, Bytes component) const;

    // tag ‖ ciphertext: `out` has tag_size + plaintext.size() bytes. They must not overlap. Both poll at every half
    // megabyte.
    void seal(const Block &begun, Bytes plaintext, std::uint8_t *out, Poll = {}) const;
    // Writes sealed.size() - tag_size bytes. False, and all of them wiped, unless the tag is right; it is compared in
    // constant time. They are wiped too if the poll throws. `sealed` has at least tag_size bytes.
    [[nodiscard]] bool open(const Block &begun, Bytes sealed, std::uint8_t *plaintext, Poll = {}) const;

  private:
    Block s2v_final(const Block &begun, Bytes plaintext, Poll) const;
    void ctr(const Block &tag, Bytes in, std::uint8_t *out, Poll) const;

    Cmac mac_;
    Aes cipher_;
    Block zero_; // CMAC of a zero block, where S2V begins
};

} // namespace cd::crypto
