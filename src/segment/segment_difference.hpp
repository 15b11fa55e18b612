// Who entered and who departed: the members as they are kept against the subjects of a query.
//
// A hash table of the members through which the subjects pass. In SQL the same is a full join, which took two to three
// times as long with a million of either. Memory is looked at in the order in which it was written wherever it can be,
// since a table of millions is in no cache.
#pragma once
#include "common/error.hpp"
#include <cstdint>
#include <functional>
#include <limits>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace cd::segment {

class Difference {
  public:
    // Throws when its memory would grow over `limit` bytes.
    Difference(std::pmr::memory_resource *memory, std::size_t limit, const Poll &poll)
        : text_(memory), entries_(memory), slots_(memory), limit_(limit), poll_(poll) {}

    // First all members, then the subjects that were found; the same one again makes no difference.
    void member(std::string_view subject) { append(subject, hash_of(subject), kept); }
    void found(std::string_view subject) {
        if (slots_.empty()) build(first_slots);
        const std::uint32_t hash = hash_of(subject);
        Slot &slot = slot_of(hash, subject);
        if (slot.entry != none) {
            Entry &entry = entries_[slot.entry];
            stayed_ += entry.state() == kept;
            if (entry.state() == kept) entry.place += stayed - kept;
            return;
        }
        slot = {hash, append(subject, hash, entered)};
        if (entries_.size() * 2 > slots_.size()) build(slots_.size() * 2);
    }

    std::uint64_t stayed_count() const { return stayed_; }
    // visit(subject, whether it entered), in the order in which they came.
    template <class Visit> void each_change(Visit &&visit) const {
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            poll_.every(i);
            if (entries_[i].state() == kept || entries_[i].state() == entered)
                visit(text_of(entries_[i]), entries_[i].state() == entered);
        }
    }

  private:
    enum State : std::uint32_t { kept, stayed, entered, twice };
    // The state stands in the two low bits of the place of the text, so that an entry has 16 bytes.
    struct Entry {
        std::uint64_t place;
        std::uint32_t hash, length;
        State state() const { return static_cast<State>(place & 3); }
    };
    struct Slot {
        std::uint32_t hash, entry;
    };
    static constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::size_t first_slots = 1024;

    static std::uint32_t hash_of(std::string_view subject) {
        const std::size_t full = std::hash<std::string_view>()(subject);
        return static_cast<std::uint32_t>(full ^ (full >> 32));
    }
    std::string_view text_of(const Entry &entry) const { return {text_.data() + (entry.place >> 2), entry.length}; }

    Slot &slot_of(std::uint32_t hash, std::string_view subject) {
        for (std::size_t at = hash & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
            Slot &slot = slots_[at];
            if (slot.entry == none || (slot.hash == hash && text_of(entries_[slot.entry]) == subject)) return slot;
        }
    }
    std::uint32_t append(std::string_view subject, std::uint32_t hash, State state) {
        // What is full doubles, and while it does the old one is still there.
        const std::size_t bytes =
            text_.capacity() + entries_.capacity() * sizeof(Entry) + slots_.capacity() * sizeof(Slot);
        const bool grows = text_.size() + subject.size() > text_.capacity() || entries_.size() == entries_.capacity();
        if (entries_.size() >= none - 1 || (grows && bytes > limit_ / 3)) refuse();
        const std::size_t start = text_.size();
        text_.insert(text_.end(), subject.begin(), subject.end());
        entries_.push_back({start << 2 | state, hash, static_cast<std::uint32_t>(subject.size())});
        return static_cast<std::uint32_t>(entries_.size() - 1);
    }
    // Anew, with at least so many slots, half of them free.
    void build(std::size_t size) {
        while (size < entries_.size() * 2) size *= 2;
        if (size * sizeof(Slot) > limit_ / 3) refuse();
        slots_.assign(size, Slot{0, none});
        constexpr std::size_t ahead = 16;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            poll_.every(i);
            if (i + ahead < entries_.size()) __builtin_prefetch(&slots_[entries_[i + ahead].hash & (size - 1)], 1);
            Entry &entry = entries_[i];
            if (entry.state() == twice) continue;
            Slot &slot = slot_of(entry.hash, text_of(entry));
            if (slot.entry == none)
                slot = {entry.hash, static_cast<std::uint32_t>(i)};
            else
                entry.place |= twice; // a member twice, where somebody dropped the key of the table
        }
    }
    [[noreturn]] void refuse() const {
        throw Error(sqlstate::program_limit, "the segment is too large for customer_data.max_segment_memory",
                    "It was reached after " + std::to_string(entries_.size()) + " subjects.",
                    "Raise customer_data.max_segment_memory, or split the segment.");
    }

    std::pmr::vector<char> text_;
    std::pmr::vector<Entry> entries_;
    std::pmr::vector<Slot> slots_;
    std::size_t limit_;
    Poll poll_;
    std::uint64_t stayed_ = 0;
};

} // namespace cd::segment
