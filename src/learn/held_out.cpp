#include "learn/held_out.hpp"
#include "math/random.hpp"
#include "math/sort.hpp"
#include <algorithm>

namespace cd::learn {

namespace {

// What is drawn has streams of its own.
constexpr std::uint64_t hold_out_stream = 3, customer_stream = 4;

using Order = std::vector<std::pair<std::uint64_t, std::uint32_t>>; // key and row

template <class Key> Order in_order(std::size_t rows, Poll poll, Key &&key) {
    Order order(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        poll.every(row);
        order[row] = {key(row), static_cast<std::uint32_t>(row)};
    }
    math::polled(rows, poll, std::less<>(), [&order](auto less) { std::sort(order.begin(), order.end(), less); });
    return order;
}

// The rows of a customer: those that stand at begin, ..., end - 1 of the order.
struct Customer {
    std::uint64_t key;
    std::size_t begin, end;
    std::size_t rows() const { return end - begin; }
};

std::vector<Customer> customers_of(const Order &order, Poll poll) {
    std::vector<Customer> customers;
    for (std::size_t i = 0; i < order.size(); ++i) {
        poll.every(i);
        if (customers.empty() || customers.back().key != order[i].first) customers.push_back({order[i].first, i, i});
        customers.back().end = i + 1;
    }
    return customers;
}

// The largest first, each to the part that has the least of what he brings, in shares of all.
std::vector<std::uint8_t> deal_customers(const Target &target, const std::vector<std::uint64_t> &keys,
                                         std::size_t parts, Poll poll) {
    const Order order = in_order(keys.size(), poll, [&keys](std::size_t row) { return keys[row]; });
    std::vector<Customer> customers = customers_of(order, poll);
    const auto before = [](const Customer &a, const Customer &b) {
        return a.rows() != b.rows() ? a.rows() > b.rows() : a.key < b.key;
    };
    math::polled(customers.size(), poll, before,
                 [&customers](auto less) { std::sort(customers.begin(), customers.end(), less); });
    struct Counts {
        double of[3] = {}; // rows of label 0, of label 1, all
    };
    Counts all;
    for (const std::uint8_t label : target.label) ++all.of[label];
    all.of[2] = static_cast<double>(keys.size());
    std::vector<Counts> held(parts);
    std::vector<std::uint8_t> part(keys.size());
    for (std::size_t c = 0; c < customers.size(); ++c) {
        poll.every(c);
        Counts own;
        for (std::size_t i = customers[c].begin; i < customers[c].end; ++i) ++own.of[target.label[order[i].second]];
        own.of[2] = static_cast<double>(customers[c].rows());
        // By how much the sum of the squares of the parts' shares grows, but for what is the same for all parts.
        Counts weight;
        for (std::size_t k = 0; k < std::size(own.of); ++k) weight.of[k] = own.of[k] / (all.of[k] * all.of[k]);
        const auto cost = [&weight](const Counts &there) {
            return there.of[0] * weight.of[0] + there.of[1] * weight.of[1] + there.of[2] * weight.of[2];
        };
        const auto to = static_cast<std::size_t>(std::ranges::min_element(held, {}, cost) - held.begin());
        for (std::size_t k = 0; k < std::size(own.of); ++k) held[to].of[k] += own.of[k];
        for (std::size_t i = customers[c].begin; i < customers[c].end; ++i)
            part[order[i].second] = static_cast<std::uint8_t>(to);
    }
    return part;
}

} // namespace

std::vector<std::uint64_t> held_out_keys(std::vector<std::uint64_t> keys, const Target &target, std::uint64_t seed) {
    const std::vector<std::uint64_t> &customer = target.customer;
    if (customer.empty()) return keys;
    if (customer[0] != nobody && std::ranges::count(customer, customer[0]) == std::ssize(customer))
        throw Error(sqlstate::invalid_parameter, "all rows are of one customer",
                    "There are " + std::to_string(customer.size()) + " of them, and some must be held out.",
                    "Give rows of several customers, or leave the customer out of dataset_agg.");
    for (std::size_t row = 0; row < customer.size(); ++row)
        if (customer[row] != nobody) keys[row] = math::mix(math::mix(seed + customer_stream) + customer[row]);
    return keys;
}

std::vector<std::uint8_t> deal(const Target &target, const std::vector<std::uint64_t> &keys, std::size_t parts,
                               Poll poll) {
    if (!target.customer.empty()) return deal_customers(target, keys, parts, poll);
    // The upper bit is the class, so that each is dealt out on its own.
    const Order order = in_order(keys.size(), poll, [&](std::size_t row) {
        return keys[row] >> 1 | static_cast<std::uint64_t>(target.label[row]) << 63;
    });
    std::vector<std::uint8_t> part(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) part[order[i].second] = static_cast<std::uint8_t>(i % parts);
    return part;
}

std::vector<std::uint8_t> hold_out(const Target &target, const std::vector<std::uint64_t> &keys, double share,
                                   Poll poll) {
    const auto drawn = [&keys](std::size_t row) { return math::mix(keys[row] + hold_out_stream); };
    std::vector<std::uint8_t> part(keys.size(), 1);
    if (target.customer.empty()) {
        const auto limit = static_cast<std::uint64_t>(share * 0x1p53);
        for (std::size_t row = 0; row < keys.size(); ++row) part[row] = drawn(row) >> 11 >= limit;
        return part;
    }
    const Order order = in_order(keys.size(), poll, drawn);
    const std::vector<Customer> customers = customers_of(order, poll);
    const auto hold = [&](const Customer &customer) {
        for (std::size_t i = customer.begin; i < customer.end; ++i) part[order[i].second] = 0;
    };
    auto left = static_cast<std::size_t>(share * static_cast<double>(keys.size()));
    const Customer &smallest = *std::ranges::min_element(customers, {}, &Customer::rows);
    if (smallest.rows() > left) hold(smallest);
    for (const Customer &customer : customers) {
        if (customer.rows() > left) continue;
        hold(customer);
        left -= customer.rows();
    }
    return part;
}

} // namespace cd::learn
