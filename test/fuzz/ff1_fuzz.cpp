// FF1 with any radix, length and tweak: what it takes it gives back.
#include "fpe/ff1.hpp"
#include <algorithm>
#include <cstdlib>
#include <vector>

using namespace cd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const crypto::Aes aes(std::vector<std::uint8_t>(32, 1));
    if (size < 4) return 0;
    const unsigned radix = data[0] + 256U * data[1] + 65536U * (data[2] & 1U);
    const Bytes rest(data + 4, size - 4), tweak = rest.first(std::min<std::size_t>(data[3], rest.size()));
    std::vector<fpe::Digit> digits;
    for (std::size_t at = tweak.size(); at + 1 < rest.size(); at += 2)
        digits.push_back(static_cast<fpe::Digit>((rest[at] + 256U * rest[at + 1]) % std::max(radix, 1U)));
    try {
        const fpe::Ff1 ff1(aes, radix, digits.size(), tweak);
        std::vector<fpe::Digit> changed = digits;
        ff1.encrypt(changed);
        ff1.decrypt(changed);
        if (changed != digits) std::abort();
    } catch (const Error &) {
    }
    return 0;
}
