// Bytes of stored values: little-endian, variable-length integers, and a reader that never leaves its input.
#pragma once
#include "common/error.hpp"
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace cd {

static_assert(std::endian::native == std::endian::little, "fixed-width fields are copied as they stand");

using Bytes = std::span<const std::uint8_t>;

inline constexpr std::size_t max_varint = 10;

// LEB128: seven bits a byte, lowest first.
inline std::uint8_t *put_varint(std::uint8_t *to, std::uint64_t value) {
    while (value >= 0x80) {
        *to++ = static_cast<std::uint8_t>(value | 0x80);
        value >>= 7;
    }
    *to++ = static_cast<std::uint8_t>(value);
    return to;
}
inline std::size_t varint_size(std::uint64_t value) {
    return static_cast<std::size_t>(std::bit_width(value | 1) + 6) / 7;
}
constexpr std::uint64_t zigzag(std::int64_t v) {
    return (static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t v) { return static_cast<std::int64_t>((v >> 1) ^ (~(v & 1) + 1)); }

template <class T> std::uint8_t *put_fixed(std::uint8_t *to, T value) {
    std::memcpy(to, &value, sizeof value);
    return to + sizeof value;
}

// Reads our own bytes or anybody's: whatever is not exactly what a writer makes is refused.
class Reader {
  public:
    Reader(Bytes bytes, const char *type) : at_(bytes.data()), end_(at_ + bytes.size()), type_(type) {}

    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    const std::uint8_t *position() const { return at_; }

    [[noreturn]] void refuse(const char *what) const {
        throw Error(sqlstate::invalid_binary, std::string("invalid ") + type_, what,
                    "Values of this type come from its aggregate; pass them on unchanged.");
    }
    void require(bool condition, const char *what) const {
        if (!condition) refuse(what);
    }
    Bytes take(std::size_t n) {
        require(n <= left(), "It ends too early.");
        const Bytes taken(at_, n);
        at_ += n;
        return taken;
    }
    template <class T> T fixed() {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    std::uint64_t varint(std::uint64_t max = UINT64_MAX) {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const std::uint8_t byte = fixed<std::uint8_t>();
            require(shift < 63 || byte <= 1, "An integer is too long.");
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) {
                require(byte != 0 || shift == 0, "An integer is not in its shortest form.");
                break;
            }
        }
        require(value <= max, "An integer is out of range.");
        return value;
    }
    void version(std::uint8_t known) {
        const auto seen = fixed<std::uint8_t>();
        if (seen != known)
            throw Error(sqlstate::invalid_binary, std::string("unknown version of ") + type_,
                        "Version byte " + std::to_string(seen) + ", this library knows " + std::to_string(known) + ".",
                        "Update the extension, or restore a value that this version wrote.");
    }
    void end() const { require(left() == 0, "Bytes follow its end."); }

  private:
    const std::uint8_t *at_, *end_;
    const char *type_;
};

// Finite doubles of a stored value.
template <class Doubles> std::uint8_t *put_doubles(const Doubles &values, std::uint8_t *to) {
    for (const double value : values) to = put_fixed(to, value);
    return to;
}
inline std::vector<double> read_doubles(Reader &reader, std::size_t n) {
    reader.require(n <= reader.left() / sizeof(double), "It ends too early.");
    std::vector<double> values(n);
    for (double &value : values) {
        value = reader.fixed<double>();
        reader.require(value - value == 0, "A number is not finite.");
    }
    return values;
}

} // namespace cd
