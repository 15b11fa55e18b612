// FF1 of NIST SP 800-38G: a permutation of the strings of one length over an alphabet, another one for each tweak.
#pragma once
#include "crypto/aes.hpp"

namespace cd::fpe {

using Digit = std::uint16_t; // less than the radix

class Ff1 {
  public:
    // Radix 2 to 65536, 2 to max_length digits, and at least 100 such strings. The standard's revision asks for a
    // million of them: whoever lets users choose sees to it. The cipher must stay where it is.
    static constexpr std::size_t max_length = 65535;
    Ff1(const crypto::Aes &, unsigned radix, std::size_t length, Bytes tweak);
    // As many digits as were said.
    void encrypt(std::span<Digit> digits) const { transform(digits, true); }
    void decrypt(std::span<Digit> digits) const { transform(digits, false); }

  private:
    void transform(std::span<Digit>, bool forward) const;
    void transform_small(std::span<Digit>, bool forward) const;
    void transform_large(std::span<Digit>, bool forward) const;

    const crypto::Aes *aes_;
    unsigned radix_;
    std::size_t left_, right_;             // digits of the halves: u and v of the standard
    std::uint64_t left_size_, right_size_; // radix^u and radix^v; right_size_ is 0 if it takes more than 64 bits
    std::size_t number_size_;              // b: bytes of a half's number
    crypto::Block begun_{};                // CBC-MAC of what is the same in every round
    crypto::Block rest_{};                 // the tweak's end, which begins what is not
    std::size_t round_at_;                 // where the round's byte stands after it; the number follows
};

} // namespace cd::fpe
