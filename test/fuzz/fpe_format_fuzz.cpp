// Declarations and values of format-preserving encryption: what is encrypted comes back, in the same places.
#include "fpe/fpe_format.hpp"
#include <algorithm>
#include <cstdlib>

using namespace cd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const crypto::Aes aes(std::vector<std::uint8_t>(32, 1));
    if (size < 4) return 0;
    const std::string_view rest(reinterpret_cast<const char *>(data) + 4, size - 4);
    const std::size_t alphabet_size = std::min<std::size_t>(data[0], rest.size());
    // 4 to 6 have a name instead.
    static constexpr std::string_view names[] = {"radix10", "radix36", "radix62"};
    const bool named = data[0] >= 4 && data[0] <= 6;
    const std::string_view alphabet = named ? names[data[0] - 4] : rest.substr(0, alphabet_size),
                           value = named ? rest : rest.substr(alphabet_size);
    try {
        const fpe::Format format(alphabet, data[1] % 8, data[2] % 8, (data[3] & 1) != 0);
        try {
            const std::string encrypted = format.encrypt(aes, value, Poll{});
            if (format.decrypt(aes, encrypted, Poll{}) != value) std::abort();
        } catch (const Error &) {
            try {
                format.decrypt(aes, value, Poll{});
                std::abort();
            } catch (const Error &) {
            }
        }
    } catch (const Error &) {
    }
    return 0;
}
