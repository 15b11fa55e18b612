// Normalisers on anybody's bytes: nothing fails, and what is normal stays as it is.
#include "pseudonym/normaliser.hpp"
#include <cstdlib>

using namespace cd::pseudonym;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char *>(data), size);
    for (const Normaliser n : {Normaliser::none_1, Normaliser::digits_1, Normaliser::e164_1, Normaliser::last4_1,
                               Normaliser::lower_email_1, Normaliser::nfc_casefold_1}) {
        const std::string once = normalise(n, input);
        // Folding makes three characters of one at most, and composition none.
        if (once.size() > 3 * size + 1 || normalise(n, once) != once) std::abort();
    }
    find_normaliser(input);
    return 0;
}
