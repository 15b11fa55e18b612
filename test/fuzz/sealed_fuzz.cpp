// Sealed values from anybody's bytes and anybody's text.
#include "seal/seal_key.hpp"
#include <cstdlib>

using namespace cd;
using namespace cd::seal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const SealKey key = [] {
        const std::array<std::uint8_t, SealKey::key_size> bytes{};
        return SealKey(bytes, "tenant", "field", 1);
    }();
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    try {
        std::vector<std::uint8_t> value(value_size(text));
        read_text(text, value.data());
        // There is one text for a value.
        std::string again(text_size(value.size()), '?');
        put_text(value, again.data());
        if (again != text) std::abort();
    } catch (const Error &) {
    }
    try {
        const Sealed sealed = Sealed::parse({data, size});
        const auto header = sealed.header.bytes();
        if (std::memcmp(header.data(), data, header.size()) != 0) std::abort();
        if (header.size() + sealed.nonce.size() + sealed.body.size() != size) std::abort();
        std::vector<std::uint8_t> plaintext(sealed.plaintext_size());
        const std::uint8_t row[] = {'1'};
        // Nobody guesses a tag.
        if (key.open(sealed, std::nullopt, plaintext.data())) std::abort();
        if (key.open(sealed, Bytes(row), plaintext.data())) std::abort();
    } catch (const Error &) {
    }
    return 0;
}
