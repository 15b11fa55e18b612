// What a provider of root keys writes: refused, or read into keys that a ring holds.
#include "keyring/keyring.hpp"
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    cd::keyring::Keyring ring;
    try {
        cd::keyring::read_keys(text, 1, ring);
    } catch (const cd::Error &e) {
        // Nothing of a line is shown; the texts of ours are short.
        if (std::string_view(e.state()) != cd::sqlstate::keyring_locked || e.detail().size() > 120) std::abort();
        return 0;
    }
    if (ring.versions().empty()) std::abort();
    for (const cd::keyring::Version version : ring.versions()) ring.check_value(version);
    return 0;
}
