// The customers that a model of purchases is fitted to: distinct histories with their counts, what repeat buyers spend,
// and how many bought when. Mergeable, and exact in any order.
#pragma once
#include "clv/history.hpp"
#include "math/tallies.hpp"
#include "purchase/purchase.hpp"
#include <compare>
#include <optional>

namespace cd::clv {

using purchase::Day, purchase::Micros;

// A history, and the repeat purchases that followed it in the hold-out.
struct Seen {
    double x, t_x, t, held;
    auto operator<=>(const Seen &) const = default;
    std::size_t flat_size() const;
    std::uint8_t *put(std::uint8_t *to) const;
    static Seen get(Reader &);
};
// What a repeat buyer spends on average, the first purchase left out.
struct Spent {
    double x, average;
    auto operator<=>(const Spent &) const = default;
    std::size_t flat_size() const;
    std::uint8_t *put(std::uint8_t *to) const;
    static Spent get(Reader &);
};

// What all customers of a summary have in common.
struct Frame {
    Micros unit = 0;
    bool discrete = false;         // times count opportunities, of which each has a purchase or not
    std::optional<Day> as_of;      // unless there are only numbers
    std::optional<double> holdout; // its length in units
    bool operator==(const Frame &) const = default;

    double days() const { return static_cast<double>(unit) / static_cast<double>(purchase::micros_per_day); }
    double in_units(std::int64_t days) const;
};
void check_frame(const Frame &);
void check_history(const History &, bool discrete);

// The history of a customer up to a day. Not of one who had not bought yet.
std::optional<History> history_of(const purchase::Stored &, Day as_of, Micros unit);
// The same in opportunities: periods of a unit that follow the first purchase.
std::optional<History> opportunities_of(const purchase::Stored &, Day as_of, Micros unit);
inline std::optional<History> history_of(const purchase::Stored &s, Day as_of, Micros unit, bool discrete) {
    return discrete ? opportunities_of(s, as_of, unit) : history_of(s, as_of, unit);
}
// The average amount of a day with a repeat purchase. Refuses purchases after as_of, of which it would know.
std::optional<double> average_of(const purchase::Stored &, Day as_of, Micros unit, bool discrete);
std::optional<double> average_of(const purchase::Stored &);

class Customers {
  public:
    Customers(std::pmr::memory_resource *memory, std::size_t limit, Poll poll)
        : limit_(limit), poll_(poll), seen_(memory, poll), spent_(memory, poll), bought_(memory) {}

    // Before a customer is added; again with the same.
    void set_frame(const Frame &);
    void add(const History &, const std::optional<double> &average, double held = 0);
    void add(const purchase::Stored &, const purchase::Stored *held, Day holdout_until);
    void skip() { grow(skipped_, 1); }
    // Adds a flat summary, of which every byte is checked; when it is refused, this one is of no further use.
    void merge(Bytes flat);

    bool empty() const { return !framed_; }
    const Frame &frame() const { return frame_; } // unless it is empty
    std::uint64_t customers() const { return customers_; }
    std::uint64_t skipped() const { return skipped_; } // without a history
    std::uint64_t later() const { return later_; }     // had not bought yet
    std::uint64_t repeaters() const { return spenders_ + unpriced_; }
    std::uint64_t spenders() const { return spenders_; }

    // Brings everything into its final form; changes no answer.
    void count() const;
    // Of what is counted.
    std::size_t flat_size() const;
    std::uint8_t *flatten(std::uint8_t *to) const;
    std::span<const math::BasicTally<Seen>> seen() const { return seen_.counted(); }
    std::span<const math::BasicTally<Spent>> spent() const { return spent_.counted(); }

    // Repeat purchases by day, from the first one with any on: days after as_of, or opportunities after the first
    // purchase. Nothing if there are only numbers.
    std::int32_t first_bought() const { return first_bought_; }
    std::span<const std::uint64_t> bought() const { return bought_; }
    Poll poll() const { return poll_; }

  private:
    void grow(std::uint64_t &total, std::uint64_t more) const;
    void buy(std::int64_t at, std::uint64_t times = 1);
    void count_if_many();
    void check_size() const;

    std::size_t limit_;
    Poll poll_;
    bool framed_ = false;
    Frame frame_;
    std::uint64_t customers_ = 0, skipped_ = 0, later_ = 0, spenders_ = 0, unpriced_ = 0;
    mutable math::BasicTallies<Seen> seen_; // counting changes the form, not the contents
    mutable math::BasicTallies<Spent> spent_;
    std::int32_t first_bought_ = 0;
    std::pmr::vector<std::uint64_t> bought_;
};

// Of counted customers.
double repeat_purchases(const Customers &);
double held_out_purchases(const Customers &);
// Refuses a counted summary whose purchases by day are not those of its histories, which no customers can make.
void check_consistent(const Customers &);

} // namespace cd::clv
