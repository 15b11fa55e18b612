#include "crypto/secret.hpp"
#include <algorithm>
#include <new>
#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace cd::crypto {

void wipe(void *bytes, std::size_t size) noexcept { OPENSSL_cleanse(bytes, size); }

LockedBytes::LockedBytes(Bytes copy_of) {
    if (copy_of.empty()) return;
    // The secure heap may be full: then ordinary memory, as lock_again tells.
    void *memory = OPENSSL_secure_malloc(copy_of.size());
    if (!memory) memory = OPENSSL_malloc(copy_of.size());
    if (!memory) throw std::bad_alloc();
    data_ = static_cast<std::uint8_t *>(memory);
    size_ = copy_of.size();
    std::copy(copy_of.begin(), copy_of.end(), data_);
}

// Knows which of the two heaps the memory is of, and wipes it in both.
LockedBytes::~LockedBytes() { OPENSSL_secure_clear_free(data_, size_); }

LockedBytes::LockedBytes(LockedBytes &&other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

LockedBytes &LockedBytes::operator=(LockedBytes &&other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

bool open_secure_heap() noexcept {
    // 2 tells that there is a heap, but neither lock nor guard.
    static const bool opened = CRYPTO_secure_malloc_initialized() || CRYPTO_secure_malloc_init(65536, 32) == 1;
    return opened;
}

bool lock_again(const LockedBytes &secret) noexcept {
    const Bytes bytes = secret.bytes();
    if (bytes.empty() || !CRYPTO_secure_allocated(bytes.data())) return false;
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto address = reinterpret_cast<std::uintptr_t>(bytes.data());
    const auto within = address % page;
    return mlock(bytes.data() - within, within + bytes.size()) == 0;
}

} // namespace cd::crypto
