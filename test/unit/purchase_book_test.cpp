#include "purchase/purchase_book.hpp"
#include <gtest/gtest.h>
#include <map>

using namespace cd;
using namespace cd::purchase;
using math::Random;

namespace {

constexpr std::size_t no_limit = SIZE_MAX;

// A book with memory of its own.
template <class Key> struct Owned {
    std::pmr::monotonic_buffer_resource memory;
    Book<Key> book;
    explicit Owned(std::size_t limit = no_limit) : book(&memory, limit, 0) {}
};

template <class Key> std::vector<std::uint8_t> flat(const Book<Key> &book) {
    std::vector<std::uint8_t> bytes(max_book_header);
    std::uint8_t *end = put_book_header(Key::kind, book.skipped(), book.customers(), bytes.data());
    bytes.resize(static_cast<std::size_t>(end - bytes.data()));
    book.each(
        [&](auto id, const Figures &f, const std::uint8_t *gaps) {
            const std::size_t at = bytes.size();
            bytes.resize(at + max_book_entry<Key>(id, f));
            end = put_book_entry<Key>(id, f, gaps, bytes.data() + at);
            bytes.resize(static_cast<std::size_t>(end - bytes.data()));
        },
        Poll{});
    return bytes;
}

// Each customer's stored summary, by id.
template <class Key> auto contents(const Book<Key> &book) {
    std::map<std::string, std::vector<std::uint8_t>> result;
    const auto bytes = flat(book);
    FlatBook<Key>(bytes).each_stored(
        [&](auto id, Bytes stored) {
            std::string name;
            if constexpr (std::is_same_v<Key, TextKey>)
                name = id;
            else
                name.assign(reinterpret_cast<const char *>(&id), sizeof id);
            EXPECT_TRUE(result.emplace(name, std::vector<std::uint8_t>(stored.begin(), stored.end())).second);
        },
        Poll{});
    return result;
}

struct Row {
    std::int64_t id;
    Micros t;
    double amount;
};
std::vector<Row> random_rows(std::uint64_t seed, std::size_t n, std::uint64_t customers) {
    Random random(seed, 0);
    std::vector<Row> rows;
    for (std::size_t i = 0; i < n; ++i)
        rows.push_back({static_cast<std::int64_t>(random.bits() % customers) - 50,
                        static_cast<Micros>(random.bits() % 4000) * (micros_per_day / 2),
                        static_cast<double>(static_cast<std::int64_t>(random.bits() % 100000) - 5000) / 100});
    return rows;
}

std::uint64_t unmix(std::uint64_t z) { // the inverse of math::mix
    z = (z ^ (z >> 31) ^ (z >> 62)) * 0x319642b2d24d8ec3;
    z = (z ^ (z >> 27) ^ (z >> 54)) * 0x96de1b173f119089;
    return z ^ (z >> 30) ^ (z >> 60);
}

} // namespace

TEST(PurchaseBook, IsOneSummaryPerCustomer) {
    const auto rows = random_rows(1, 200000, 3000);
    Owned<BigintKey> all;
    std::map<std::int64_t, Owned<BigintKey>> alone;
    for (const Row &r : rows) {
        all.book.add(r.id, r.t, r.amount);
        alone.try_emplace(r.id).first->second.book.add(r.id, r.t, r.amount);
    }
    EXPECT_EQ(all.book.customers(), alone.size());
    std::map<std::string, std::vector<std::uint8_t>> expected;
    for (const auto &[id, one] : alone) expected.merge(contents(one.book));
    EXPECT_EQ(contents(all.book), expected);
}

TEST(PurchaseBook, PartsMakeTheWholeForEveryKindOfId) {
    const auto rows = random_rows(2, 50000, 2000);
    const auto check = [&]<class Key>(Key, auto id) {
        Owned<Key> whole, sum;
        Owned<Key> parts[3];
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const Row &r = rows[i];
            const auto key = id(r.id);
            if (i % 1000 == 0) {
                whole.book.skip(key);
                parts[i % 3].book.skip(key);
                whole.book.skip_unknown();
                parts[i % 3].book.skip_unknown();
            }
            whole.book.add(key, r.t, r.amount);
            parts[i % 3].book.add(key, r.t, r.amount);
        }
        for (const auto &part : parts) sum.book.merge(flat(part.book), Book<Key>::From::ourselves, Poll{});
        Owned<Key> again;
        again.book.merge(flat(sum.book), Book<Key>::From::anybody, Poll{});
        EXPECT_EQ(flat(again.book), flat(sum.book));
        EXPECT_EQ(sum.book.skipped(), 50u);
        EXPECT_EQ(contents(sum.book), contents(whole.book));
    };
    check(BigintKey{}, [](std::int64_t id) { return id; });
    check(UuidKey{}, [](std::int64_t id) { return Uuid{static_cast<std::uint64_t>(id), 7}; });
    static std::string name;
    check(TextKey{}, [](std::int64_t id) {
        name = id % 7 ? "customer " + std::to_string(id) : std::string(static_cast<std::size_t>(id + 100) * 30, 'x');
        return std::string_view(name);
    });
}

// Ids whose hashes agree in the half that the index looks at.
TEST(PurchaseBook, TellsIdsWithEqualTagsApart) {
    Owned<BigintKey> o;
    std::vector<std::int64_t> ids;
    for (std::uint64_t low = 0; low < 300; ++low) {
        ids.push_back(static_cast<std::int64_t>(unmix(0x1234567800000000 | low)));
        ASSERT_EQ(math::mix(static_cast<std::uint64_t>(ids.back())) >> 32, 0x12345678u);
    }
    for (int round = 0; round < 3; ++round)
        for (const std::int64_t id : ids) o.book.add(id, round * micros_per_day, static_cast<double>(id & 0xff));
    EXPECT_EQ(o.book.customers(), ids.size());
    std::size_t i = 0;
    o.book.each(
        [&](std::int64_t id, const Figures &f, const std::uint8_t *) {
            EXPECT_EQ(id, ids[i++]);
            EXPECT_EQ(f.purchases, 3u);
            EXPECT_EQ(f.gross.value(), 3.0 * static_cast<double>(id & 0xff));
        },
        Poll{});
}

TEST(PurchaseBook, KeepsAHundredThousandDays) {
    Owned<BigintKey> o;
    for (int i = 0; i < 100000; ++i) o.book.add(1, Micros{i} * micros_per_day, 1);
    o.book.each(
        [&](std::int64_t, const Figures &f, const std::uint8_t *) {
            EXPECT_EQ(f.days, 100000u);
            EXPECT_EQ(f.gap_bytes, 99999u);
        },
        Poll{});
}

TEST(PurchaseBook, StopsAtItsLimit) {
    Owned<BigintKey> o(100000);
    try {
        for (std::int64_t id = 0; id < 100000; ++id) o.book.add(id, 0, 1);
        FAIL() << "no limit";
    } catch (const Error &e) {
        EXPECT_STREQ(e.state(), "54000");
        EXPECT_NE(e.hint().find("max_book_memory"), std::string::npos);
    }
    Owned<BigintKey> days(20000);
    EXPECT_THROW(for (int i = 0; i < 100000; ++i) days.book.add(1, Micros{i} * micros_per_day, 1), Error);
}

TEST(PurchaseBook, RefusesForeignBytes) {
    Owned<BigintKey> o;
    for (std::int64_t id = 0; id < 5; ++id) o.book.add(id, id * micros_per_day, 1.5);
    const auto good = flat(o.book);
    for (std::size_t n = 0; n < good.size(); ++n) {
        Owned<BigintKey> other;
        EXPECT_THROW(other.book.merge(Bytes(good.data(), n), Book<BigintKey>::From::anybody, Poll{}), Error);
    }
    Owned<UuidKey> other_kind;
    EXPECT_THROW(other_kind.book.merge(good, Book<UuidKey>::From::anybody, Poll{}), Error);
    // The same customer twice.
    auto twice = flat(o.book);
    twice[3] = 2;
    twice.resize(4);
    const auto entry = std::vector<std::uint8_t>(good.begin() + 4, good.begin() + 4 + 9 + good[12]);
    for (int i = 0; i < 2; ++i) twice.insert(twice.end(), entry.begin(), entry.end());
    Owned<BigintKey> o2;
    EXPECT_THROW(o2.book.merge(twice, Book<BigintKey>::From::anybody, Poll{}), Error);
}
