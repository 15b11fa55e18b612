// Normalisers: rules by which values that mean the same become the same bytes, before they are hashed. A rule never
// changes, for indexes that stand in tables were made by it: a better one is another version, "lower_email/2".
//
// No rule fails: a batch of a million addresses does not end at the one that is none. All are independent of locales,
// ICU and the database's encoding.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cd::pseudonym {

enum class Normaliser : std::uint8_t { none_1, digits_1, e164_1, last4_1, lower_email_1, nfc_casefold_1 };

// "lower_email/1" or, for the newest version, "lower_email".
std::optional<Normaliser> find_normaliser(std::string_view name);
std::string_view normaliser_name(Normaliser); // always with its version
std::string normaliser_names();               // all there are, for a HINT

// Where a normalised value lies: a short one needs no allocation.
class Room {
  public:
    char *take(std::size_t n) {
        if (n <= near_.size()) return near_.data();
        far_.resize(n);
        return far_.data();
    }
    std::string &string() { return far_; }

  private:
    std::array<char, 256> near_;
    std::string far_;
};

// Longer values are refused, with 54000: what is compared as a whole is short, and a cancel shall not have to wait.
inline constexpr std::size_t max_value = std::size_t{1} << 20;

// The value's normal form, in `room` or where it is. Bytes that are not UTF-8 are kept as they are.
std::string_view normalise(Normaliser, std::string_view utf8, Room &room);
std::string normalise(Normaliser, std::string_view utf8);

} // namespace cd::pseudonym
