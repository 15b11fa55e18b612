// How long customers stay, as far as it is known: counts of distinct durations, mergeable, and exact in any order.
#pragma once
#include "math/tallies.hpp"

namespace cd::survival {

void check_duration(double duration, const char *argument);
// Of a question, not of a customer.
void check_time(double time, const char *argument);
void check_entry(double duration, double entry);

class Survival {
  public:
    Survival(std::pmr::memory_resource *memory, std::size_t limit, Poll poll)
        : limit_(limit), poll_(poll), events_(memory, poll), censored_(memory, poll), entries_(memory, poll) {}

    // A customer seen from `entry` on, who departed after this duration or, without the event, was still there. An
    // entry of 0 means from the beginning.
    void add(double duration, bool event, double entry = 0);
    void skip() { grow(skipped_, 1); }
    // Adds a flat summary, of which every byte is checked; when it is refused, this one is of no further use.
    void merge(Bytes flat);

    std::uint64_t rows() const { return event_rows_ + censored_rows_; }
    std::uint64_t skipped() const { return skipped_; }
    std::uint64_t event_rows() const { return event_rows_; }
    std::uint64_t censored_rows() const { return censored_rows_; }
    std::uint64_t entry_rows() const { return entry_rows_; } // of those who were not seen from the beginning

    // Brings everything into its final form; changes no answer.
    void count() const;
    // Of what is counted.
    std::size_t flat_size() const;
    std::uint8_t *flatten(std::uint8_t *to) const;

    // Of what is counted: distinct durations and entries, ascending.
    std::span<const math::Tally> events() const { return events_.counted(); }
    std::span<const math::Tally> censored() const { return censored_.counted(); }
    std::span<const math::Tally> entries() const { return entries_.counted(); }
    Poll poll() const { return poll_; }

  private:
    void grow(std::uint64_t &total, std::uint64_t more) const;
    void count_if_many();
    void check_size() const;

    std::size_t limit_;
    Poll poll_;
    std::uint64_t event_rows_ = 0, censored_rows_ = 0, entry_rows_ = 0, skipped_ = 0;
    mutable math::Tallies events_, censored_, entries_; // counting changes the form, not the contents
};

// What happens at one time: who is there just before, with a late entry before and not at it, and who departs or is
// lost from sight.
struct Step {
    double time;
    std::uint64_t at_risk, events, censored;
};

// Along the times of a counted summary.
class Walk {
  public:
    explicit Walk(const Survival &);
    // Times ascend from call to call.
    Step at(double time);
    // The next time at which anybody departs or is lost from sight. False at the end.
    bool next(Step &step);

  private:
    std::span<const math::Tally> events_, censored_, entries_;
    std::uint64_t entered_, gone_ = 0;
    std::size_t event_ = 0, censor_ = 0, entry_ = 0; // the first ones that are not before last_
    double last_ = -1;
};

// Refuses a counted summary with more late entries than customers who depart after them, which no rows can make.
void check_consistent(const Survival &);

} // namespace cd::survival
