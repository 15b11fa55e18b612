// Customers for tests: with days of purchases, or drawn from the process that a model assumes.
#pragma once
#include "clv/customers.hpp"
#include "math/random.hpp"
#include <memory>
#include <string>
#include <vector>

namespace cd::test {

using clv::Customers, clv::History;
using math::Random;
using purchase::Day;

inline constexpr purchase::Micros day = purchase::micros_per_day;

// The purchases of a customer: days, and amounts.
class Bought {
  public:
    explicit Bought(const std::vector<Day> &days, double amount = 10) {
        for (const Day on : days) purchase::add_purchase(*this, on * day + day / 2, amount);
    }
    Bought(std::initializer_list<std::pair<Day, double>> purchases) {
        for (const auto &[on, amount] : purchases) purchase::add_purchase(*this, on * day + day / 2, amount);
    }
    purchase::Stored stored() const { return {f_, bytes_.data()}; }

    purchase::Micros &first() { return f_.first; }
    purchase::Micros &last() { return f_.last; }
    std::uint64_t &purchases() { return f_.purchases; }
    std::uint32_t &days() { return f_.days; }
    std::uint32_t &gap_bytes() { return f_.gap_bytes; }
    math::Sum &gross() { return f_.gross; }
    math::Sum &first_day() { return f_.first_day; }
    math::Sum &refunded() { return f_.refunded; }
    std::uint64_t &refunds() { return f_.refunds; }
    std::uint8_t *gaps(std::size_t more) {
        bytes_.resize(f_.gap_bytes + more);
        return bytes_.data();
    }

  private:
    purchase::Figures f_;
    std::vector<std::uint8_t> bytes_;
};

// A summary with its own memory.
struct Summary {
    std::unique_ptr<std::pmr::monotonic_buffer_resource> memory =
        std::make_unique<std::pmr::monotonic_buffer_resource>();
    Customers customers{memory.get(), std::size_t{1} << 30, Poll{}};

    explicit Summary(const clv::Frame &frame) { customers.set_frame(frame); }
    Summary() = default;
    Customers *operator->() { return &customers; }
    const Customers &counted() const {
        customers.count();
        return customers;
    }
    std::vector<std::uint8_t> bytes() const {
        customers.count();
        std::vector<std::uint8_t> flat(customers.flat_size());
        flat.resize(static_cast<std::size_t>(customers.flatten(flat.data()) - flat.data()));
        return flat;
    }
};

inline std::string refusal(const auto &body) {
    try {
        body();
    } catch (const Error &e) {
        return std::string(e.state()) + " " + e.what();
    }
    return "";
}

// Purchases at a rate, until a time that is not seen.
inline History buy(Random &random, double rate, double until, double t) {
    History h{0, 0, t};
    for (double at = random.exponential() / rate; at < std::min(until, t); at += random.exponential() / rate) {
        ++h.x;
        h.t_x = at;
    }
    return h;
}

} // namespace cd::test
