// Values that keep their shape: characters of an alphabet become other ones of it, a number of them at either end and
// all punctuation stay. Between the characters that stay it is FF1, with those as its tweak.
#pragma once
#include "fpe/ff1.hpp"
#include <string>
#include <string_view>
#include <vector>

namespace cd::fpe {

class Format {
  public:
    // Fewer values could be tried out, NIST SP 800-38G revision 1.
    static constexpr unsigned min_values = 1'000'000;
    static constexpr std::size_t max_characters = 512, max_size = 8192; // of the alphabet, and bytes in all

    // `alphabet` is "radix10" (0-9), "radix36" (0-9a-z), "radix62" (0-9A-Za-z), or characters of UTF-8, each once.
    // With `luhn`, which wants radix10, values have a right check digit before and after. Throws 22023.
    Format(std::string_view alphabet, int keep_left, int keep_right, bool luhn);
    // Throws 22023 where the value is not of this format, 54000 if it is too long; never with what is in it.
    std::string encrypt(const crypto::Aes &, std::string_view utf8, Poll) const;
    std::string decrypt(const crypto::Aes &, std::string_view utf8, Poll) const;

  private:
    struct Parsed;

    int digit(char32_t) const;
    void parse(std::string_view value, Parsed &) const;
    std::string transform(const crypto::Aes &, std::string_view value, bool forward, Poll) const;

    std::size_t keep_left_, keep_right_;
    bool luhn_;
    std::vector<std::string> characters_;             // by digit
    std::array<std::int32_t, 128> ascii_;             // digit, or one of those below 0 in digit()
    std::vector<std::pair<char32_t, Digit>> further_; // in order
    std::size_t needed_;                              // characters that have min_values values
};

} // namespace cd::fpe
