// purchase_book, purchase_book_uuid and purchase_book_text in SQL: one template, three instances.
#include "purchase/purchase_book_sql.hpp"
#include "pg/number.hpp"
#include "pg/rows.hpp"
#include "pg/time.hpp"
#include "purchase/purchase_sql.hpp"

namespace cd::purchase {
namespace {

using pg::DateArg, pg::Float8Arg, pg::NumericArg, pg::TimestamptzArg;

template <class Key> using State = pg::TableState<BookState<Key>>;

template <class Key, class Time, class Amount> Datum accumulate(FunctionCallInfo fcinfo) {
    typename State<Key>::Transition book(fcinfo);
    const NullableDatum *const row = fcinfo->args + 1;
    if (row[0].isnull) {
        book->skip_unknown();
    } else if (row[1].isnull || row[2].isnull) {
        book->skip(KeyDatum<Key>::view(row[0].value));
    } else {
        const Micros t = Time::micros(row[1].value);
        book->add(KeyDatum<Key>::view(row[0].value), t, Amount::value(row[2].value));
    }
    return book.result();
}

template <class Key> Datum rows(FunctionCallInfo fcinfo) {
    const BookArg<Key> book(fcinfo->args[0].value);
    pg::ResultRows result(fcinfo);
    std::size_t room = 1024;
    auto *summary = static_cast<struct varlena *>(palloc(room));
    KeyDatum<Key> id_datum;
    book.each([&](auto id, const Figures &f, const std::uint8_t *gaps) {
        const std::size_t needed = VARHDRSZ + max_packed_figures + f.gap_bytes;
        if (needed > room) {
            room = 2 * needed;
            pg::call([&summary, room] { summary = static_cast<struct varlena *>(repalloc(summary, room)); });
        }
        auto *const content = reinterpret_cast<std::uint8_t *>(VARDATA(summary));
        SET_VARSIZE(summary, static_cast<std::size_t>(pack(f, gaps, content) - content) + VARHDRSZ);
        Datum values[] = {id_datum(id), PointerGetDatum(summary)};
        bool nulls[] = {false, false};
        result.add(values, nulls);
    });
    PG_RETURN_NULL();
}

template <class Key> Datum count(FunctionCallInfo fcinfo) {
    return UInt64GetDatum(BookArg<Key>(fcinfo->args[0].value).customers());
}

// Rows without a customer, and rows of customers without time or amount.
template <class Key> Datum skipped(FunctionCallInfo fcinfo) {
    const BookArg<Key> book(fcinfo->args[0].value);
    std::uint64_t n = book.skipped();
    book.each([&n](auto, const Figures &f, const std::uint8_t *) { n += f.skipped; });
    return UInt64GetDatum(n);
}

template <class Key> Datum without(FunctionCallInfo fcinfo) {
    const BookArg<Key> book(fcinfo->args[0].value);
    const auto erased = KeyDatum<Key>::view(fcinfo->args[1].value);
    std::size_t room = max_book_header;
    std::uint64_t customers = 0;
    book.each([&](auto id, const Figures &f, const std::uint8_t *) {
        if (id == erased) return;
        ++customers;
        room += max_book_entry<Key>(id, f);
    });
    std::uint8_t *flat;
    pg::call([&flat, room] { flat = static_cast<std::uint8_t *>(MemoryContextAllocHuge(CurrentMemoryContext, room)); });
    std::uint8_t *end = put_book_header(Key::kind, book.skipped(), customers, flat);
    book.each([&](auto id, const Figures &f, const std::uint8_t *gaps) {
        if (id != erased) end = put_book_entry<Key>(id, f, gaps, end);
    });
    const auto size = static_cast<std::size_t>(end - flat);
    if (size > pg::max_stored) refuse_size(Key::type, size, pg::max_stored);
    return pg::copy_datum({flat, size});
}

} // namespace
} // namespace cd::purchase

using namespace cd::purchase;

#define CD_BOOK(name, Key)                                                                                             \
    CD_DEFINE_INPUT(cd_##name##_in, State<Key>::in)                                                                    \
    CD_DEFINE(cd_##name##_out, State<Key>::out)                                                                        \
    CD_DEFINE_INPUT(cd_##name##_recv, State<Key>::recv)                                                                \
    CD_DEFINE(cd_##name##_send, State<Key>::send_)                                                                     \
    CD_DEFINE(cd_##name##_agg_accum_timestamptz_float8, accumulate<Key, TimestamptzArg, Float8Arg>)                    \
    CD_DEFINE(cd_##name##_agg_accum_timestamptz_numeric, accumulate<Key, TimestamptzArg, NumericArg>)                  \
    CD_DEFINE(cd_##name##_agg_accum_date_float8, accumulate<Key, DateArg, Float8Arg>)                                  \
    CD_DEFINE(cd_##name##_agg_accum_date_numeric, accumulate<Key, DateArg, NumericArg>)                                \
    CD_DEFINE(cd_##name##_agg_combine, State<Key>::combine)                                                            \
    CD_DEFINE(cd_##name##_agg_final, State<Key>::final)                                                                \
    CD_DEFINE(cd_##name##_rows, rows<Key>)                                                                             \
    CD_DEFINE(cd_##name##_count, count<Key>)                                                                           \
    CD_DEFINE(cd_##name##_skipped, skipped<Key>)                                                                       \
    CD_DEFINE(cd_##name##_without, without<Key>)

CD_BOOK(purchase_book, BigintKey)
CD_BOOK(purchase_book_uuid, UuidKey)
CD_BOOK(purchase_book_text, TextKey)
