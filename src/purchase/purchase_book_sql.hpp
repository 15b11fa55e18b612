// How bindings read books, with any kind of id.
#pragma once
#include "customer_data.hpp"
#include "pg/table_state.hpp"
#include "purchase/purchase_book.hpp"
extern "C" {
#include "mb/pg_wchar.h"
#include "utils/uuid.h"
}

namespace cd::purchase {

// An id as an argument and as a result. Results are valid until the next one.
template <class Key> class KeyDatum;

template <> class KeyDatum<BigintKey> {
  public:
    static std::int64_t view(Datum d) { return DatumGetInt64(d); }
    Datum operator()(std::int64_t id) { return Int64GetDatum(id); }
};
template <> class KeyDatum<UuidKey> {
  public:
    static Uuid view(Datum d) {
        Uuid id;
        static_assert(sizeof id == UUID_LEN);
        memcpy(&id, DatumGetUUIDP(d), sizeof id);
        return id;
    }
    Datum operator()(const Uuid &id) {
        kept_ = id;
        return PointerGetDatum(&kept_);
    }

  private:
    Uuid kept_;
};
template <> class KeyDatum<TextKey> {
  public:
    static std::string_view view(Datum d) { return pg::text_arg(d); }
    Datum operator()(std::string_view id) {
        const std::size_t size = id.size() + VARHDRSZ;
        if (size > size_) {
            void *&kept = kept_;
            pg::call([&kept, size] { kept = palloc(size + size / 2); });
            size_ = size + size / 2;
        }
        SET_VARSIZE(kept_, size);
        memcpy(VARDATA(kept_), id.data(), id.size());
        return PointerGetDatum(kept_);
    }

  private:
    void *kept_ = nullptr;
    std::size_t size_ = 0;
};

// Bytes from outside are not yet text of this database.
inline void check_text(std::string_view id, const Figures &, const std::uint8_t *) {
    if (!pg_verify_mbstr(GetDatabaseEncoding(), id.data(), static_cast<int>(id.size()), true))
        throw Error(sqlstate::invalid_binary, "invalid purchase_book_text",
                    "A customer's id is not valid in the encoding of this database.");
}

// So that nobody can choose ids that meet in one place of the index.
inline std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    return pg_strong_random(&seed, sizeof seed) ? seed : 0;
}

template <class Key> struct BookState : Book<Key> {
    static constexpr const char *type = Key::type;
    explicit BookState(std::pmr::memory_resource *memory) : Book<Key>(memory, max_book_memory(), random_seed()) {}

    void merge(Bytes flat) { Book<Key>::merge(flat, Book<Key>::From::ourselves, pg::interrupts); }
    Bytes flatten(pg::ContextMemory &memory) const {
        std::size_t room = max_book_header;
        this->each([&](auto id, const Figures &f, const std::uint8_t *) { room += max_book_entry<Key>(id, f); },
                   pg::interrupts);
        auto *const flat = static_cast<std::uint8_t *>(memory.allocate(room, 8));
        std::uint8_t *end = put_book_header(Key::kind, this->skipped(), this->customers(), flat);
        this->each(
            [&](auto id, const Figures &f, const std::uint8_t *gaps) { end = put_book_entry<Key>(id, f, gaps, end); },
            pg::interrupts);
        const auto size = static_cast<std::size_t>(end - flat);
        const std::size_t limit = std::min(max_book_memory(), pg::max_stored);
        if (size > limit) refuse_size(type, size, limit);
        return {flat, size};
    }
    static Bytes check(Bytes untrusted) {
        // Not bounded by a setting: what one session could store, another one must be able to restore.
        std::pmr::monotonic_buffer_resource memory;
        Book<Key> book(&memory, SIZE_MAX, 0);
        book.merge(untrusted, Book<Key>::From::anybody, pg::interrupts);
        if constexpr (std::is_same_v<Key, TextKey>) book.each(check_text, pg::interrupts);
        return untrusted;
    }
};

// A book as an argument, in whichever form it came.
template <class Key> class BookArg {
  public:
    explicit BookArg(Datum d) : arg_(pg::TableState<BookState<Key>>::arg(d)) {}
    std::uint64_t customers() const {
        return arg_.object ? arg_.object->customers() : FlatBook<Key>(arg_.flat).customers();
    }
    std::uint64_t skipped() const { return arg_.object ? arg_.object->skipped() : FlatBook<Key>(arg_.flat).skipped(); }
    // Calls visit(id, figures, gaps) for every customer.
    template <class Visit> void each(Visit &&visit) const {
        if (arg_.object)
            arg_.object->each(visit, pg::interrupts);
        else
            FlatBook<Key>(arg_.flat).each(visit, pg::interrupts);
    }

  private:
    typename pg::TableState<BookState<Key>>::Arg arg_;
};

} // namespace cd::purchase
