#include "crypto/aes.hpp"
#include "crypto/errors.hpp"
#include <algorithm>
#include <openssl/evp.h>
#include <utility>

namespace cd::crypto {

namespace {

// Fetched once in a process, for a fetch costs more than a thousand blocks. nullptr where OpenSSL has no such cipher.
const EVP_CIPHER *ecb(std::size_t key_size) {
    static const EVP_CIPHER *const aes256 = EVP_CIPHER_fetch(nullptr, "AES-256-ECB", nullptr);
    if (key_size == 32) return aes256;
    static const EVP_CIPHER *const aes192 = EVP_CIPHER_fetch(nullptr, "AES-192-ECB", nullptr);
    static const EVP_CIPHER *const aes128 = EVP_CIPHER_fetch(nullptr, "AES-128-ECB", nullptr);
    return key_size == 24 ? aes192 : key_size == 16 ? aes128 : nullptr;
}

} // namespace

Aes::Aes(Bytes key) : context_(EVP_CIPHER_CTX_new()) {
    const EVP_CIPHER *cipher = ecb(key.size());
    if (cipher && context_ && EVP_EncryptInit_ex(context_, cipher, nullptr, key.data(), nullptr) == 1 &&
        EVP_CIPHER_CTX_set_padding(context_, 0) == 1)
        return;
    EVP_CIPHER_CTX_free(context_);
    openssl_refused("AES-256");
}

Aes::~Aes() { EVP_CIPHER_CTX_free(context_); } // wipes the expanded key

Aes::Aes(Aes &&other) noexcept : context_(std::exchange(other.context_, nullptr)) {}

Aes &Aes::operator=(Aes &&other) noexcept {
    std::swap(context_, other.context_);
    return *this;
}

void Aes::encrypt(const std::uint8_t *in, std::uint8_t *out, std::size_t blocks) const {
    // Lengths of OpenSSL are int.
    constexpr std::size_t at_once = std::size_t{1} << 26;
    while (blocks > 0) {
        const std::size_t n = std::min(blocks, at_once), size = n * block_size;
        int written = 0;
        if (EVP_EncryptUpdate(context_, out, &written, in, static_cast<int>(size)) != 1 ||
            static_cast<std::size_t>(written) != size)
            openssl_refused("AES-256");
        in += size;
        out += size;
        blocks -= n;
    }
}

} // namespace cd::crypto
