// A flat book of each kind of id: refused, or merged and written again as it came.
#include "purchase/purchase_book.hpp"
#include <cstdlib>
#include <vector>

using namespace cd;
using namespace cd::purchase;

template <class Key> static void try_kind(Bytes input) {
    try {
        std::pmr::monotonic_buffer_resource memory;
        Book<Key> book(&memory, 64 << 20, 0);
        book.merge(input, Book<Key>::From::anybody, Poll{});
        std::size_t room = max_book_header;
        book.each([&](auto id, const Figures &f, const std::uint8_t *) { room += max_book_entry<Key>(id, f); }, Poll{});
        std::vector<std::uint8_t> again(room);
        std::uint8_t *end = put_book_header(Key::kind, book.skipped(), book.customers(), again.data());
        book.each(
            [&](auto id, const Figures &f, const std::uint8_t *gaps) { end = put_book_entry<Key>(id, f, gaps, end); },
            Poll{});
        if (static_cast<std::size_t>(end - again.data()) != input.size() ||
            std::memcmp(again.data(), input.data(), input.size()) != 0)
            std::abort();
    } catch (const Error &) {
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    try_kind<BigintKey>({data, size});
    try_kind<UuidKey>({data, size});
    try_kind<TextKey>({data, size});
    return 0;
}
