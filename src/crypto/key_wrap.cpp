#include "crypto/key_wrap.hpp"
#include "crypto/errors.hpp"
#include <algorithm>
#include <memory>
#include <openssl/err.h>
#include <openssl/evp.h>

namespace cd::crypto {

namespace {

constexpr std::size_t largest = 65536; // of a key; the lengths of OpenSSL are int

struct Free {
    void operator()(EVP_CIPHER_CTX *context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

Context begin(Bytes wrapping, int encrypt) {
    static const EVP_CIPHER *const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-WRAP-PAD", nullptr);
    Context context(EVP_CIPHER_CTX_new());
    if (context) EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    if (!cipher || !context ||
        EVP_CipherInit_ex(context.get(), cipher, nullptr, wrapping.data(), nullptr, encrypt) != 1)
        openssl_refused("AES-256 key wrap");
    return context;
}

} // namespace

std::vector<std::uint8_t> wrap_key(std::span<const std::uint8_t, 32> wrapping, Bytes key) {
    if (key.empty() || key.size() > largest)
        throw Error(sqlstate::invalid_parameter, "a key of this size cannot be wrapped",
                    "It has " + std::to_string(key.size()) + " bytes.", "A key has 1 to 65536 bytes.");
    const Context context = begin(wrapping, 1);
    std::vector<std::uint8_t> wrapped((key.size() + 7) / 8 * 8 + 8);
    int size = 0;
    if (EVP_EncryptUpdate(context.get(), wrapped.data(), &size, key.data(), static_cast<int>(key.size())) != 1 ||
        static_cast<std::size_t>(size) != wrapped.size())
        openssl_refused("AES-256 key wrap");
    return wrapped;
}

bool unwrap_key(std::span<const std::uint8_t, 32> wrapping, Bytes wrapped, std::span<std::uint8_t> key) {
    if (key.empty() || key.size() > largest || wrapped.size() != (key.size() + 7) / 8 * 8 + 8) return false;
    const Context context = begin(wrapping, 0);
    std::vector<std::uint8_t> unwrapped(wrapped.size());
    int size = 0;
    const bool right = EVP_DecryptUpdate(context.get(), unwrapped.data(), &size, wrapped.data(),
                                         static_cast<int>(wrapped.size())) == 1 &&
                       static_cast<std::size_t>(size) == key.size();
    if (right)
        std::copy_n(unwrapped.begin(), key.size(), key.begin());
    else
        ERR_clear_error();
    wipe(unwrapped.data(), unwrapped.size());
    return right;
}

} // namespace cd::crypto
