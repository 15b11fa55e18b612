// Sealed values and wrapped keys of anybody: they do not open, and leave nothing; what is sealed opens.
#include "crypto/key_wrap.hpp"
#include "crypto/siv.hpp"
#include <algorithm>
#include <cstdlib>
#include <vector>

using namespace cd;
using crypto::Siv;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    static const Siv siv(std::vector<std::uint8_t>(64, 1));
    const Bytes input(data, size), first = input.first(size / 3);
    const crypto::Block begun = siv.add(siv.begin({first}), input.subspan(size / 2));
    std::vector<std::uint8_t> sealed(size + Siv::tag_size), opened(size, 0xee);
    siv.seal(begun, input, sealed.data());
    if (!siv.open(begun, sealed, opened.data()) || !std::ranges::equal(opened, input)) std::abort();
    if (size < Siv::tag_size) return 0;
    opened.assign(size - Siv::tag_size, 0xee);
    if (siv.open(begun, input, opened.data())) std::abort(); // a tag of 128 bits is not guessed
    if (std::ranges::any_of(opened, [](std::uint8_t byte) { return byte != 0; })) std::abort();
    static const std::array<std::uint8_t, 32> wrapping{};
    std::array<std::uint8_t, 32> key{};
    for (const std::size_t key_size : {1U, 31U, 32U})
        if (crypto::unwrap_key(wrapping, input, std::span(key).first(key_size))) std::abort();
    return 0;
}
