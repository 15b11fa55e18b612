#include "purchase/purchase_book.hpp"

namespace cd::purchase {

template <class Key> void Book<Key>::merge_entry(Entry entry, const Stored &other) {
    const Figures &b = other.figures;
    Figures a = figures(entry.hot, entry.cold);
    if (b.purchases > 0) {
        if (a.purchases == 0) {
            std::memcpy(entry.gaps(b.gap_bytes), other.gaps, b.gap_bytes);
            entry.hot.days = b.days;
            entry.hot.gap_bytes = b.gap_bytes;
        } else {
            const DaySet mine{day_of(a.first), day_of(a.last), entry.hot.days, entry.gaps(b.gap_bytes + max_gap),
                              entry.hot.gap_bytes};
            const std::size_t room = std::size_t{mine.size} + b.gap_bytes + max_gap;
            unsigned size_class = 0;
            while ((std::size_t{16} << size_class) < room) ++size_class;
            std::uint8_t *const merged = arena_.take_block(size_class);
            const Union both = merge_days(mine, b.day_set(other.gaps), merged);
            std::memcpy(entry.gaps(0), merged, both.size);
            arena_.give_back(merged, size_class);
            entry.hot.days = both.days;
            entry.hot.gap_bytes = both.size;
        }
    }
    merge_figures(a, b);
    if (a.purchases > UINT32_MAX) refuse_count();
    entry.cold.first = a.first;
    entry.hot.last = a.last;
    entry.hot.purchases = static_cast<std::uint32_t>(a.purchases);
    entry.hot.gross = a.gross;
    entry.cold.first_day = a.first_day;
    entry.cold.refunded = a.refunded;
    entry.cold.refunds = a.refunds;
    entry.cold.skipped = a.skipped;
}

template <class Key> void Book<Key>::merge(Bytes flat, From from, Poll poll) {
    const FlatBook<Key> other(flat);
    settled();
    skipped_ += other.skipped();
    if (skipped_ > INT64_MAX) refuse_count();
    // Flat entries may come in the order of another index; inserted into a growing one they would cluster.
    grow_index(count_ + other.customers());
    const std::uint32_t before = count_;
    std::array<Bytes, batch> bodies;
    std::size_t n = 0;
    const auto work_off = [&] {
        locate(n, [&](std::size_t i, Entry entry) {
            merge_entry(entry, from == From::ourselves ? unpack(bodies[i]) : unpack_untrusted(bodies[i]));
        });
        n = 0;
    };
    other.each_stored(
        [&](View key, Bytes body) {
            keys_[n] = key;
            tags_[n] = static_cast<std::uint32_t>(Key::hash(key, seed_) >> 32);
            bodies[n] = body;
            __builtin_prefetch(&index_[tags_[n] >> (32 - index_bits_)]);
            if (++n == batch) work_off();
        },
        poll);
    work_off();
    if (from == From::anybody && count_ - before != other.customers())
        throw Error(sqlstate::invalid_binary, std::string("invalid ") + Key::type, "A customer stands in it twice.");
}

template class Book<BigintKey>;
template class Book<UuidKey>;
template class Book<TextKey>;

} // namespace cd::purchase
