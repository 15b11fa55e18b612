// The purchase histories of all customers: an open-addressing index over entries that lie in the order of arrival.
//
// GROUP BY pays two cache misses and an executor round trip per row. Here rows are gathered 128 at a time; the index
// slot of each is prefetched when it arrives, its entry when the slot is read, and only then is anything touched. An
// entry's hot half is one cache line. Entries never move, so growth copies only the index.
#pragma once
#include "math/random.hpp"
#include "purchase/purchase.hpp"
#include <algorithm>
#include <array>
#include <bit>
#include <functional>
#include <memory_resource>
#include <string_view>

namespace cd::purchase {

// Memory for things that live as long as the book. Blocks of a few sizes are handed back and used again.
class Arena {
  public:
    explicit Arena(std::pmr::memory_resource *memory) : memory_(memory) {}

    std::uint8_t *take(std::size_t n) {
        n = (n + 7) & ~std::size_t{7};
        if (n > left_) refill(n);
        std::uint8_t *const taken = at_;
        at_ += n;
        left_ -= n;
        return taken;
    }
    // Blocks of 16 << size_class bytes.
    std::uint8_t *take_block(unsigned size_class) {
        std::uint8_t *&head = free_[size_class];
        if (!head) return take(std::size_t{16} << size_class);
        std::uint8_t *const block = head;
        std::memcpy(&head, block, sizeof head);
        return block;
    }
    void give_back(std::uint8_t *block, unsigned size_class) {
        put_fixed(block, free_[size_class]);
        free_[size_class] = block;
    }

  private:
    void refill(std::size_t n) {
        left_ = std::max(n, next_);
        next_ = std::min<std::size_t>(2 * next_, 8 << 20);
        at_ = static_cast<std::uint8_t *>(memory_->allocate(left_, 8));
    }
    std::pmr::memory_resource *memory_;
    std::uint8_t *at_ = nullptr;
    std::size_t left_ = 0, next_ = 4096;
    std::array<std::uint8_t *, 32> free_{};
};

// Elements that never move: piece k holds 64 << k of them.
template <class T> class Pieces {
  public:
    T &operator[](std::uint32_t i) const {
        const unsigned piece = static_cast<unsigned>(std::bit_width(i / 64 + 1)) - 1;
        return pieces_[piece][i - (((1u << piece) - 1) * 64)];
    }
    // Makes room for element i, which follows the last one.
    void extend(std::uint32_t i, std::pmr::memory_resource *memory) {
        const unsigned piece = static_cast<unsigned>(std::bit_width(i / 64 + 1)) - 1;
        if (pieces_[piece]) return;
        // On a cache line's border; allocators give 8 bytes.
        constexpr std::size_t line = 64;
        void *const raw = memory->allocate((sizeof(T) * 64 << piece) + line, 8);
        pieces_[piece] = reinterpret_cast<T *>((reinterpret_cast<std::uintptr_t>(raw) + line - 1) & ~(line - 1));
    }

  private:
    std::array<T *, 26> pieces_{};
};

// What the three kinds of ids need. View is how an id is passed, Stored how an entry holds it.
struct BigintKey {
    using View = std::int64_t;
    using Stored = std::int64_t;
    static constexpr std::uint8_t kind = 1;
    static constexpr const char *type = "purchase_book";
    static constexpr std::size_t min_flat_size = sizeof(View);
    static std::uint64_t hash(View v, std::uint64_t seed) { return math::mix(static_cast<std::uint64_t>(v) ^ seed); }
    static View view(Stored s) { return s; }
    static Stored store(View v, Arena &) { return v; }
    static std::size_t flat_size(View) { return sizeof(View); }
    static std::uint8_t *put(View v, std::uint8_t *to) { return put_fixed(to, v); }
    static View get(Reader &in) { return in.fixed<View>(); }
};
struct Uuid {
    std::uint64_t high, low;
    bool operator==(const Uuid &) const = default;
};
struct UuidKey {
    using View = Uuid;
    using Stored = Uuid;
    static constexpr std::uint8_t kind = 2;
    static constexpr const char *type = "purchase_book_uuid";
    static constexpr std::size_t min_flat_size = sizeof(View);
    static std::uint64_t hash(View v, std::uint64_t seed) { return math::mix(math::mix(v.high ^ seed) + v.low); }
    static View view(Stored s) { return s; }
    static Stored store(View v, Arena &) { return v; }
    static std::size_t flat_size(View) { return sizeof(View); }
    static std::uint8_t *put(View v, std::uint8_t *to) { return put_fixed(to, v); }
    static View get(Reader &in) { return in.fixed<View>(); }
};
struct TextKey {
    using View = std::string_view;
    using Stored = const std::uint8_t *; // four bytes of length, then the text
    static constexpr std::uint8_t kind = 3;
    static constexpr const char *type = "purchase_book_text";
    static constexpr std::size_t min_flat_size = 1;
    static std::uint64_t hash(View v, std::uint64_t seed) {
        return math::mix(std::_Hash_bytes(v.data(), v.size(), seed));
    }
    static View view(Stored s) {
        std::uint32_t size;
        std::memcpy(&size, s, sizeof size);
        return {reinterpret_cast<const char *>(s + sizeof size), size};
    }
    static Stored store(View v, Arena &arena) {
        std::uint8_t *const to = arena.take(sizeof(std::uint32_t) + v.size());
        std::copy(v.begin(), v.end(), put_fixed(to, static_cast<std::uint32_t>(v.size())));
        return to;
    }
    static std::size_t flat_size(View v) { return varint_size(v.size()) + v.size(); }
    static std::uint8_t *put(View v, std::uint8_t *to) {
        to = put_varint(to, v.size());
        return std::copy(v.begin(), v.end(), to);
    }
    static View get(Reader &in) {
        const Bytes text = in.take(static_cast<std::size_t>(in.varint(UINT32_MAX)));
        return {reinterpret_cast<const char *>(text.data()), text.size()};
    }
};

template <class Key> class Book {
  public:
    using View = typename Key::View;

    // All memory comes from `memory` and goes back with it; a book needs no destructor. `limit` bounds the flat size,
    // and with it the memory, which is about four times that.
    // `seed` goes into the hashes; no result depends on it.
    Book(std::pmr::memory_resource *memory, std::size_t limit, std::uint64_t seed)
        : memory_(memory), arena_(memory), limit_(limit), seed_(seed) {
        index_ = new_index(index_bits_);
    }

    // One row; without a time or an amount it is counted as skipped.
    void add(View key, Micros t, double amount) {
        check_time(t);
        check_amount(amount);
        gather(key, t, amount);
    }
    void skip(View key) { gather(key, 0, skipped_row); }
    void skip_unknown() { ++skipped_; }

    // Adds a flat book. One that may not be our own work goes into an empty book; every byte of it is checked, and that
    // no id stands twice.
    enum class From { ourselves, anybody };
    void merge(Bytes flat, From from, Poll poll);

    std::uint64_t customers() const { return const_cast<Book *>(this)->settled().count_; }
    std::uint64_t skipped() const { return skipped_; }

    // Calls visit(id, figures, gaps) for every customer, in the order of their first rows.
    template <class Visit> void each(Visit &&visit, Poll poll) const {
        const_cast<Book *>(this)->settled();
        for (std::uint32_t i = 0; i < count_; ++i) {
            poll.every(i);
            const Hot &hot = hot_[i];
            const Figures f = figures(hot, cold_[i]);
            visit(Key::view(hot.key), f, hot.gaps());
        }
    }

  private:
    static constexpr double skipped_row = __builtin_nan(""); // no amount is NaN
    static constexpr std::size_t batch = 128;
    // A stored summary of ten purchases, without its id. The limit is watched by this estimate while the book grows,
    // and by the true size when it is flattened.
    static constexpr std::size_t typical_flat_figures = 36;

    struct Hot {
        typename Key::Stored key;
        Micros last;
        Sum gross;
        std::uint32_t purchases, days, gap_bytes;
        std::uint8_t size_class; // 0: the gaps stand here, else in a block of 16 << size_class bytes
        std::uint8_t room[19];

        std::uint8_t *block() const {
            std::uint8_t *pointer;
            std::memcpy(&pointer, room, sizeof pointer);
            return pointer;
        }
        const std::uint8_t *gaps() const { return size_class ? block() : room; }
        std::size_t capacity() const { return size_class ? std::size_t{16} << size_class : sizeof room; }
    };
    struct Cold {
        Micros first;
        Sum first_day, refunded;
        std::uint64_t refunds, skipped;
    };
    static Figures figures(const Hot &hot, const Cold &cold) {
        Figures f;
        f.first = cold.first;
        f.last = hot.last;
        f.purchases = hot.purchases;
        f.gross = hot.gross;
        f.first_day = cold.first_day;
        f.refunded = cold.refunded;
        f.refunds = cold.refunds;
        f.skipped = cold.skipped;
        f.days = hot.days;
        f.gap_bytes = hot.gap_bytes;
        return f;
    }
    // An entry as add_purchase wants to see it.
    struct Entry {
        Book &book;
        Hot &hot;
        Cold &cold;
        Micros &first() { return cold.first; }
        Micros &last() { return hot.last; }
        std::uint32_t &purchases() { return hot.purchases; }
        std::uint32_t &days() { return hot.days; }
        std::uint32_t &gap_bytes() { return hot.gap_bytes; }
        Sum &gross() { return hot.gross; }
        Sum &first_day() { return cold.first_day; }
        Sum &refunded() { return cold.refunded; }
        std::uint64_t &refunds() { return cold.refunds; }
        std::uint8_t *gaps(std::size_t more) {
            if (hot.gap_bytes + more > hot.capacity()) book.spill(hot, hot.gap_bytes + more);
            return hot.size_class ? hot.block() : hot.room;
        }
    };
    // The upper half of an id's hash says where it stands in the index, so the index grows without reading an id.
    struct Slot {
        std::uint32_t tag, entry; // entry + 1; 0 is free
    };
    struct Row {
        Micros t;
        double amount;
    };

    void gather(View key, Micros t, double amount) {
        const View kept = keep(key);
        const auto tag = static_cast<std::uint32_t>(Key::hash(kept, seed_) >> 32);
        __builtin_prefetch(&index_[tag >> (32 - index_bits_)]);
        keys_[gathered_] = kept;
        tags_[gathered_] = tag;
        rows_[gathered_] = {t, amount};
        if (++gathered_ == batch) settled();
    }
    // Text is only lent to us for the call.
    View keep(View key) {
        if constexpr (std::is_same_v<View, std::string_view>) {
            if (texts_used_ + key.size() > texts_size_) {
                settled(); // and all of the room is free again
                if (key.size() > texts_size_) {
                    texts_size_ = std::max<std::size_t>(2 * key.size(), 8192);
                    texts_ = reinterpret_cast<char *>(arena_.take(texts_size_));
                }
            }
            char *const to = texts_ + texts_used_;
            std::copy(key.begin(), key.end(), to);
            texts_used_ += key.size();
            return {to, key.size()};
        } else {
            return key;
        }
    }
    // Works off the gathered rows.
    Book &settled() {
        const std::size_t n = gathered_;
        gathered_ = 0;
        texts_used_ = 0;
        locate(n, [this](std::size_t i, Entry entry) {
            const Row &row = rows_[i];
            if (std::isnan(row.amount)) {
                ++entry.cold.skipped;
                return;
            }
            if (entry.hot.purchases == UINT32_MAX) refuse_count();
            add_purchase(entry, row.t, row.amount);
        });
        return *this;
    }

    // Finds or makes the entries of keys_[0..n) in three passes, so that what the next pass reads is already on its
    // way.
    template <class Apply> void locate(std::size_t n, Apply &&apply) {
        if (2 * (std::size_t{count_} + n) > (std::size_t{1} << index_bits_)) grow_index(count_ + n);
        std::uint32_t entries[batch];
        for (std::size_t i = 0; i < n; ++i) {
            entries[i] = find(tags_[i], keys_[i], [](std::uint32_t) { return true; });
            __builtin_prefetch(&hot_[entries[i]]);
        }
        for (std::size_t i = 0; i < n; ++i) {
            const Hot &hot = hot_[entries[i]];
            if (Key::view(hot.key) != keys_[i]) // another id with the same tag
                entries[i] =
                    find(tags_[i], keys_[i], [&](std::uint32_t e) { return Key::view(hot_[e].key) == keys_[i]; });
            else if (hot.size_class)
                __builtin_prefetch(hot.block() + hot.gap_bytes);
        }
        for (std::size_t i = 0; i < n; ++i) apply(i, Entry{*this, hot_[entries[i]], cold_[entries[i]]});
    }
    // The first entry of that tag which is accepted, or a new one.
    template <class Accept> std::uint32_t find(std::uint32_t tag, View key, Accept &&accept) {
        const std::size_t mask = (std::size_t{1} << index_bits_) - 1;
        std::size_t at = tag >> (32 - index_bits_);
        for (; index_[at].entry; at = (at + 1) & mask)
            if (index_[at].tag == tag && accept(index_[at].entry - 1)) return index_[at].entry - 1;
        const std::uint32_t made = make_entry(key);
        index_[at] = {tag, made + 1};
        return made;
    }
    std::uint32_t make_entry(View key) {
        charge(Key::flat_size(key) + typical_flat_figures);
        if (count_ == UINT32_MAX / 2) refuse_count();
        const std::uint32_t i = count_;
        hot_.extend(i, memory_);
        cold_.extend(i, memory_);
        new (&hot_[i]) Hot{};
        new (&cold_[i]) Cold{};
        hot_[i].key = Key::store(key, arena_);
        ++count_;
        return i;
    }
    void spill(Hot &hot, std::size_t needed) {
        unsigned size_class = hot.size_class + 1u;
        while ((std::size_t{16} << size_class) < needed) ++size_class;
        charge((std::size_t{16} << size_class) - hot.capacity());
        std::uint8_t *const block = arena_.take_block(size_class);
        std::memcpy(block, hot.gaps(), hot.gap_bytes);
        if (hot.size_class) arena_.give_back(hot.block(), hot.size_class);
        std::memcpy(hot.room, &block, sizeof block);
        hot.size_class = static_cast<std::uint8_t>(size_class);
    }
    void charge(std::size_t bytes) {
        flat_estimate_ += bytes;
        if (flat_estimate_ > limit_) refuse_size(Key::type, flat_estimate_, limit_);
    }

    Slot *new_index(unsigned bits) {
        const std::size_t bytes = sizeof(Slot) << bits;
        return static_cast<Slot *>(std::memset(memory_->allocate(bytes, 8), 0, bytes));
    }
    void grow_index(std::size_t entries) {
        unsigned bits = index_bits_;
        while ((std::size_t{1} << bits) < 2 * entries) ++bits;
        if (bits == index_bits_) return;
        Slot *const old = index_;
        const std::size_t old_size = std::size_t{1} << index_bits_, mask = (std::size_t{1} << bits) - 1;
        index_ = new_index(bits);
        for (std::size_t i = 0; i < old_size; ++i) {
            if (!old[i].entry) continue;
            std::size_t at = old[i].tag >> (32 - bits);
            while (index_[at].entry) at = (at + 1) & mask;
            index_[at] = old[i];
        }
        index_bits_ = bits;
        memory_->deallocate(old, sizeof(Slot) * old_size, 8);
    }
    void merge_entry(Entry entry, const Stored &other);

    std::pmr::memory_resource *memory_;
    Arena arena_;
    std::size_t limit_, flat_estimate_ = 0;
    std::uint64_t seed_, skipped_ = 0;
    Pieces<Hot> hot_;
    Pieces<Cold> cold_;
    std::uint32_t count_ = 0;
    unsigned index_bits_ = 8;
    Slot *index_;

    std::size_t gathered_ = 0, texts_used_ = 0, texts_size_ = 0;
    char *texts_ = nullptr;
    std::array<View, batch> keys_;
    std::array<std::uint32_t, batch> tags_;
    std::array<Row, batch> rows_;
};

// A flat book: version, kind of id, rows without an id, customers; then id, size and stored summary of each.
inline constexpr std::uint8_t book_version = 1;

template <class Key> class FlatBook {
  public:
    explicit FlatBook(Bytes flat) : in_(flat, Key::type) {
        in_.version(book_version);
        in_.require(in_.fixed<std::uint8_t>() == Key::kind, "It holds ids of another kind.");
        skipped_ = in_.varint(INT64_MAX);
        customers_ = in_.varint(UINT32_MAX / 2);
        in_.require(customers_ <= in_.left() / (Key::min_flat_size + 3), "It ends too early.");
    }
    std::uint64_t customers() const { return customers_; }
    std::uint64_t skipped() const { return skipped_; }

    // Calls visit(id, stored bytes) for every customer.
    template <class Visit> void each_stored(Visit &&visit, Poll poll) const {
        Reader in = in_;
        for (std::uint64_t i = 0; i < customers_; ++i) {
            poll.every(i);
            const auto key = Key::get(in);
            visit(key, in.take(static_cast<std::size_t>(in.varint(UINT32_MAX))));
        }
        in.end();
    }
    template <class Visit> void each(Visit &&visit, Poll poll) const {
        each_stored(
            [&](typename Key::View key, Bytes bytes) {
                const Stored stored = unpack(bytes);
                visit(key, stored.figures, stored.gaps);
            },
            poll);
    }

  private:
    Reader in_;
    std::uint64_t skipped_, customers_;
};

inline std::uint8_t *put_book_header(std::uint8_t kind, std::uint64_t skipped, std::uint64_t customers,
                                     std::uint8_t *to) {
    *to++ = book_version;
    *to++ = kind;
    return put_varint(put_varint(to, skipped), customers);
}
inline constexpr std::size_t max_book_header = 2 + 2 * max_varint;

template <class Key>
std::uint8_t *put_book_entry(typename Key::View key, const Figures &f, const std::uint8_t *gaps, std::uint8_t *to) {
    to = Key::put(key, to);
    // The size stands in front. Nearly all summaries need one byte for it; the others are moved on by what is missing.
    std::uint8_t *const body = to + 1;
    const auto size = static_cast<std::size_t>(pack(f, gaps, body) - body);
    if (const std::size_t more = varint_size(size) - 1) std::memmove(body + more, body, size);
    return put_varint(to, size) + size;
}
template <class Key> std::size_t max_book_entry(typename Key::View key, const Figures &f) {
    return Key::flat_size(key) + max_varint + max_packed_figures + f.gap_bytes;
}

extern template class Book<BigintKey>;
extern template class Book<UuidKey>;
extern template class Book<TextKey>;

} // namespace cd::purchase
