// Bytes that nobody else should see: they are wiped before their memory is given back.
#pragma once
#include "common/bytes.hpp"
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cd::crypto {

// What OPENSSL_cleanse does: no compiler leaves it out.
void wipe(void *, std::size_t) noexcept;

// A secret for the length of a block.
template <std::size_t N> class Secret {
  public:
    Secret() = default;
    ~Secret() { wipe(bytes_.data(), N); }
    Secret(const Secret &) = delete;
    Secret &operator=(const Secret &) = delete;
    std::uint8_t *data() { return bytes_.data(); }
    const std::uint8_t *data() const { return bytes_.data(); }
    static constexpr std::size_t size() { return N; }
    std::span<std::uint8_t, N> span() { return std::span<std::uint8_t, N>(bytes_); }
    std::span<const std::uint8_t, N> span() const { return std::span<const std::uint8_t, N>(bytes_); }

  private:
    std::array<std::uint8_t, N> bytes_{};
};

// Memory of secrets that stay: OpenSSL's secure heap, which is locked against swapping, left out of core dumps, and
// between guard pages. Where the system does not give it, ordinary memory; either way it is wiped when it goes.
class LockedBytes {
  public:
    LockedBytes() = default;
    explicit LockedBytes(Bytes copy_of);
    ~LockedBytes();
    LockedBytes(LockedBytes &&) noexcept;
    LockedBytes &operator=(LockedBytes &&) noexcept;
    Bytes bytes() const { return {data_, size_}; }

  private:
    std::uint8_t *data_ = nullptr;
    std::size_t size_ = 0;
};

// Asks the system for the secure heap, once in a process tree: a child of fork inherits it. False where it is refused.
bool open_secure_heap() noexcept;
// Whether the bytes lie in it, and are locked in this process: locks do not pass through fork, so this sets them again.
bool lock_again(const LockedBytes &) noexcept;

} // namespace cd::crypto
