// Rows as they come, then customer by customer.
//
// A row is kept with the number of its customer in blocks that never move, and is copied once to where the rows of its
// customer lie. Customers come in the byte order of their ids, so the same rows give the same result in any order.
#pragma once
#include "dataset/columns.hpp"
#include "math/sort.hpp"
#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <span>

namespace cd::churn {

template <class Row> class ByCustomer {
  public:
    // Throws when it would take more than `limit` bytes.
    ByCustomer(std::pmr::memory_resource *memory, std::size_t limit, Poll poll)
        : memory_(memory), ids_(memory), blocks_(memory), limit_(limit), poll_(poll) {}

    void add(std::string_view customer, const Row &row) {
        const std::size_t used = rows_ % block_rows;
        if (used == 0) {
            charge(sizeof(Block));
            blocks_.push_back(static_cast<Block *>(memory_->allocate(sizeof(Block), alignof(Block))));
        }
        // Tables are often in the order of customers.
        if (last_ == 0 || ids_[last_] != customer) last_ = number(customer);
        blocks_.back()->customer[used] = last_ - 1;
        blocks_.back()->row[used] = row;
        ++rows_;
    }
    std::uint64_t rows() const { return rows_; }

    // visit(id, its rows in any order, which it may change). Once, at the end.
    template <class Visit> void each(Visit &&visit) {
        const std::size_t customers = ids_.size();
        charge(rows_ * sizeof(Row) + customers * (sizeof(std::uint64_t) + sizeof(Place)));
        std::pmr::vector<std::uint64_t> end(customers + 1, 0, memory_);
        each_block([&end](const Block &block, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) ++end[block.customer[i] + 1];
        });
        for (std::size_t c = 0; c < customers; ++c) end[c + 1] += end[c];
        std::pmr::vector<Row> rows(rows_, memory_);
        // What was the begin of each customer's rows becomes their end.
        each_block([&end, &rows](const Block &block, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) rows[end[block.customer[i]]++] = block.row[i];
        });
        std::size_t round = 0;
        for (const Place &place : in_order()) {
            poll_.every(round++);
            const std::size_t begin = place.customer == 0 ? 0 : end[place.customer - 1];
            visit(ids_[place.customer + 1], std::span<Row>(rows.data() + begin, end[place.customer] - begin));
        }
    }

  private:
    static constexpr std::size_t block_rows = 1 << 14;
    struct Block {
        Row row[block_rows];
        std::uint32_t customer[block_rows];
    };
    // The first letters of an id, as a number that sorts as they do.
    struct Place {
        std::uint64_t letters;
        std::uint32_t customer;
    };

    std::uint32_t number(std::string_view customer) {
        const std::uint32_t known = ids_.size();
        if ((known & 4095) == 0) poll_();
        const std::uint32_t found = ids_.add(customer);
        // Its tables double, and the old ones are still there meanwhile.
        if (ids_.size() != known) charge(2 * customer.size() + 6 * sizeof(std::size_t));
        return found;
    }
    void charge(std::size_t bytes) {
        bytes_ += bytes;
        if (bytes_ > limit_)
            throw Error(sqlstate::program_limit,
                        "the rows of the query need more than customer_data.max_dataset_memory",
                        "It was reached after " + std::to_string(rows_) + " rows of " + std::to_string(ids_.size()) +
                            " customers.",
                        "Raise customer_data.max_dataset_memory, or take some of the customers at a time.");
    }
    template <class Visit> void each_block(Visit &&visit) const {
        for (std::size_t b = 0; b < blocks_.size(); ++b) {
            poll_();
            visit(*blocks_[b], std::min<std::size_t>(block_rows, rows_ - b * block_rows));
        }
    }
    std::pmr::vector<Place> in_order() const {
        std::pmr::vector<Place> places(ids_.size(), memory_);
        for (std::uint32_t c = 0; c < ids_.size(); ++c) {
            poll_.every(c);
            unsigned char first[sizeof(std::uint64_t)] = {};
            const std::string_view id = ids_[c + 1];
            std::memcpy(first, id.data(), std::min(id.size(), sizeof first));
            std::uint64_t letters = 0;
            for (const unsigned char letter : first) letters = letters << 8 | letter;
            places[c] = {letters, c};
        }
        math::polled(
            places.size(), poll_,
            [this](const Place &a, const Place &b) {
                return a.letters != b.letters ? a.letters < b.letters : ids_[a.customer + 1] < ids_[b.customer + 1];
            },
            [&places](auto less) { std::sort(places.begin(), places.end(), less); });
        return places;
    }

    std::pmr::memory_resource *memory_;
    dataset::Levels ids_;
    std::pmr::vector<Block *> blocks_;
    std::uint64_t rows_ = 0;
    std::uint32_t last_ = 0;
    std::size_t limit_, bytes_ = 0;
    Poll poll_;
};

} // namespace cd::churn
