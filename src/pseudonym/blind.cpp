#include "pseudonym/blind.hpp"
#include <algorithm>
#include <bit>

namespace cd::pseudonym {

namespace {

Bytes bytes_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()}; }

} // namespace

crypto::Digest ValueHash::operator()(Normaliser normaliser, std::string_view utf8) const {
    Room room;
    const std::string_view name = normaliser_name(normaliser);
    const std::uint8_t length[4] = {0, 0, 0, static_cast<std::uint8_t>(name.size())};
    return hmac_({length, bytes_of(name), bytes_of(normalise(normaliser, utf8, room))});
}

Uuid uuid_of(const crypto::Digest &digest) {
    Uuid uuid;
    std::copy_n(digest.begin(), uuid.size(), uuid.begin());
    uuid[6] = static_cast<std::uint8_t>(0x80 | (uuid[6] & 0x0f)); // version 8
    uuid[8] = static_cast<std::uint8_t>(0x80 | (uuid[8] & 0x3f)); // variant 10
    return uuid;
}

Blind blind_of(const crypto::Digest &digest, int bits) {
    Blind blind;
    std::copy_n(digest.begin(), blind.size(), blind.begin());
    if (bits % 8 != 0) {
        std::uint8_t &last = blind[static_cast<std::size_t>(bits / 8)];
        last = static_cast<std::uint8_t>(last & 0xff00u >> bits % 8);
    }
    return blind;
}

int blind_bits(std::int64_t rows) {
    if (rows < 1)
        throw Error(sqlstate::invalid_parameter, "rows must be positive", "rows is " + std::to_string(rows) + ".",
                    "Give the number of rows that the column will have.");
    return std::max(min_blind_bits, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(rows))) - 2);
}

} // namespace cd::pseudonym
