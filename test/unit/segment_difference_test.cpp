#include "segment/segment_difference.hpp"
#include "segment/segment_order.hpp"
#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <string>

using namespace cd;
using namespace cd::segment;

namespace {

struct Result {
    std::set<std::string> entered, departed;
    std::uint64_t stayed;
};
Result difference(const std::vector<std::string> &members, const std::vector<std::string> &found) {
    std::pmr::monotonic_buffer_resource memory;
    Difference d(&memory, std::size_t{1} << 30, Poll{});
    for (const std::string &s : members) d.member(s);
    for (const std::string &s : found) d.found(s);
    Result result{{}, {}, d.stayed_count()};
    d.each_change([&](std::string_view s, bool entered) {
        const bool first = (entered ? result.entered : result.departed).emplace(s).second;
        EXPECT_TRUE(first) << s;
    });
    return result;
}

} // namespace

TEST(SegmentDifference, IsTheSetDifferenceBothWays) {
    std::uint64_t state = 1;
    const auto random = [&state](std::uint64_t n) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return (state >> 33) % n;
    };
    for (const std::uint64_t range : {1u, 10u, 3000u, 100000u}) {
        std::set<std::string> members, found;
        std::vector<std::string> rows;
        for (int i = 0; i < 5000; ++i) {
            members.insert(std::string(random(40), 'x') + std::to_string(random(range)));
            rows.push_back(std::string(random(40), 'x') + std::to_string(random(range)));
            if (random(3) == 0) rows.push_back(rows[random(rows.size())]);
        }
        found.insert(rows.begin(), rows.end());
        std::set<std::string> entered, departed;
        std::set_difference(found.begin(), found.end(), members.begin(), members.end(),
                            std::inserter(entered, entered.end()));
        std::set_difference(members.begin(), members.end(), found.begin(), found.end(),
                            std::inserter(departed, departed.end()));
        const Result result = difference({members.begin(), members.end()}, rows);
        EXPECT_EQ(result.entered, entered);
        EXPECT_EQ(result.departed, departed);
        EXPECT_EQ(result.stayed, members.size() - departed.size());
    }
}

TEST(SegmentDifference, KnowsItsEdges) {
    EXPECT_EQ(difference({}, {}).stayed, 0u);
    EXPECT_EQ(difference({"a", ""}, {}).departed, (std::set<std::string>{"", "a"}));
    EXPECT_EQ(difference({}, {"", "a", ""}).entered, (std::set<std::string>{"", "a"}));
    const std::string zero("a\0b", 3);
    EXPECT_EQ(difference({zero}, {"a", zero}).entered, (std::set<std::string>{"a"}));
    // A member twice counts once.
    const Result twice = difference({"a", "a", "b", "b"}, {"a"});
    EXPECT_EQ(twice.stayed, 1u);
    EXPECT_EQ(twice.departed, (std::set<std::string>{"b"}));
}

TEST(SegmentDifference, KeepsItsBound) {
    struct Counting final : std::pmr::memory_resource {
        std::size_t now = 0, most = 0;
        void *do_allocate(std::size_t bytes, std::size_t alignment) override {
            most = std::max(most, now += bytes);
            return std::pmr::new_delete_resource()->allocate(bytes, alignment);
        }
        void do_deallocate(void *p, std::size_t bytes, std::size_t alignment) override {
            now -= bytes;
            std::pmr::new_delete_resource()->deallocate(p, bytes, alignment);
        }
        bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }
    };
    for (const bool members : {true, false}) {
        Counting memory;
        constexpr std::size_t limit = 1 << 20;
        std::size_t n = 0;
        {
            Difference d(&memory, limit, Poll{});
            const auto fill = [&] {
                for (; n < 1000000; ++n) members ? d.member(std::to_string(n)) : d.found(std::to_string(n));
            };
            EXPECT_THROW(fill(), Error);
        }
        EXPECT_GT(n, 3000u);
        EXPECT_LE(memory.most, limit);
        EXPECT_EQ(memory.now, 0u);
    }
}

TEST(SegmentOrder, PlacesWhatIsUsedFirst) {
    const std::vector<Dependent> all{{"a", {"c", "b"}}, {"b", {"c", "c"}}, {"c", {}}, {"d", {"removed"}}, {"e", {}}};
    EXPECT_EQ(refresh_order(all, Poll{}), (std::vector<std::string>{"c", "b", "a", "d", "e"}));
    EXPECT_TRUE(refresh_order({}, Poll{}).empty());
    EXPECT_THROW(refresh_order({{"a", {"b"}}, {"b", {"a"}}, {"c", {}}}, Poll{}), Error);
    EXPECT_THROW(refresh_order({{"a", {"a"}}}, Poll{}), Error);
}

TEST(SegmentOrder, FindsTheWayBack) {
    const std::vector<Dependent> all{{"a", {}}, {"b", {"a"}}, {"c", {"b", "d"}}, {"d", {}}};
    EXPECT_EQ(way_back(all, "a", {"c"}), "c, b, a");
    EXPECT_EQ(way_back(all, "a", {"a"}), "a");
    EXPECT_EQ(way_back(all, "c", {"b", "d"}), "");
    // A circle elsewhere does not matter.
    EXPECT_EQ(way_back({{"x", {"y"}}, {"y", {"x"}}}, "a", {"x"}), "");
}
