// Texts, each kept once and known by a number, and counts of pairs of such numbers: hash tables whose memory needs no
// destructor.
#pragma once
#include "common/error.hpp"
#include "math/random.hpp"
#include <limits>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace cd::mask {

class Interned {
  public:
    // `seed` goes into the hashes, so that nobody can choose texts that meet; no result depends on it.
    Interned(std::pmr::memory_resource *memory, std::uint64_t seed, Poll poll)
        : text_(memory), entries_(memory), slots_(memory), seed_(seed), poll_(poll) {}

    std::size_t size() const { return entries_.size(); }
    std::size_t bytes() const { return text_.size(); }
    std::size_t memory() const {
        return text_.capacity() + entries_.capacity() * sizeof(Entry) + slots_.capacity() * sizeof(Slot);
    }
    std::string_view operator[](std::size_t number) const {
        const Entry &entry = entries_[number];
        return {text_.data() + entry.place, entry.length};
    }

    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

    // The number of a text; that of a new one is the size() before.
    std::uint32_t number(std::string_view text) {
        if ((entries_.size() + 1) * 4 > slots_.size() * 3) grow();
        const std::uint32_t hash = hash_of(text);
        Slot &slot = slot_of(hash, text);
        if (slot.number == none) {
            entries_.push_back({text_.size(), static_cast<std::uint32_t>(text.size()), hash});
            text_.insert(text_.end(), text.begin(), text.end());
            slot = {hash, static_cast<std::uint32_t>(entries_.size() - 1)};
        }
        return slot.number;
    }

  private:
    struct Entry {
        std::uint64_t place;
        std::uint32_t length, hash;
    };
    struct Slot {
        std::uint32_t hash, number;
    };

    std::uint32_t hash_of(std::string_view text) const {
        const auto *const bytes = reinterpret_cast<const std::uint8_t *>(text.data());
        return static_cast<std::uint32_t>(math::hash({bytes, text.size()}, seed_ + text.size()) >> 32);
    }
    Slot &slot_of(std::uint32_t hash, std::string_view text) {
        for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
            Slot &slot = slots_[at];
            if (slot.number == none || (slot.hash == hash && (*this)[slot.number] == text)) return slot;
        }
    }
    void grow() {
        const std::size_t size = slots_.empty() ? 64 : slots_.size() * 2;
        slots_.assign(size, Slot{0, none});
        for (std::uint32_t i = 0; i < entries_.size(); ++i) {
            poll_.every(i);
            std::size_t at = entries_[i].hash & (size - 1);
            while (slots_[at].number != none) at = (at + 1) & (size - 1);
            slots_[at] = {entries_[i].hash, i};
        }
    }

    std::pmr::vector<char> text_;
    std::pmr::vector<Entry> entries_;
    std::pmr::vector<Slot> slots_;
    std::uint64_t seed_;
    Poll poll_;
};

class PairCounts {
  public:
    PairCounts(std::pmr::memory_resource *memory, std::uint64_t seed, Poll poll)
        : slots_(memory), seed_(seed), poll_(poll) {}

    std::size_t size() const { return size_; }
    std::size_t memory() const { return slots_.capacity() * sizeof(Slot); }

    // Whether the pair is new. Counts are above 0.
    bool add(std::uint32_t a, std::uint32_t b, std::uint64_t count) {
        if ((size_ + 1) * 4 > slots_.size() * 3) grow();
        Slot &slot = slot_of(std::uint64_t{a} << 32 | b);
        const bool fresh = slot.count == 0;
        if (fresh) {
            slot.pair = std::uint64_t{a} << 32 | b;
            ++size_;
        }
        slot.count += count;
        return fresh;
    }
    // Calls visit(a, b, count) for each pair, in no order.
    template <class Visit> void each(Visit &&visit) const {
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            poll_.every(i);
            if (slots_[i].count > 0)
                visit(static_cast<std::uint32_t>(slots_[i].pair >> 32), static_cast<std::uint32_t>(slots_[i].pair),
                      slots_[i].count);
        }
    }

  private:
    struct Slot {
        std::uint64_t pair, count; // free where count is 0
    };
    Slot &slot_of(std::uint64_t pair) {
        std::size_t at = math::mix(pair ^ seed_) & (slots_.size() - 1);
        while (slots_[at].count > 0 && slots_[at].pair != pair) at = (at + 1) & (slots_.size() - 1);
        return slots_[at];
    }
    void grow() {
        std::pmr::vector<Slot> old(slots_.get_allocator());
        old.swap(slots_);
        slots_.assign(old.empty() ? 64 : old.size() * 2, Slot{0, 0});
        for (std::size_t i = 0; i < old.size(); ++i) {
            poll_.every(i);
            if (old[i].count > 0) slot_of(old[i].pair) = old[i];
        }
    }

    std::pmr::vector<Slot> slots_;
    std::size_t size_ = 0;
    std::uint64_t seed_;
    Poll poll_;
};

} // namespace cd::mask
