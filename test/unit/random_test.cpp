#include "crypto/random.hpp"
#include "vectors.hpp"
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace cd;
using namespace cd::test;
using crypto::LockedBytes;
using Buffer = std::vector<std::uint8_t>;
using Nonce = std::array<std::uint8_t, 16>;

namespace {

Nonce nonce() {
    Nonce bytes{};
    crypto::random_bytes(bytes);
    return bytes;
}

// What a child of fork draws.
Nonce nonce_of_child() {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = fork();
    if (child == 0) {
        const Nonce drawn = nonce();
        _exit(write(ends[1], drawn.data(), drawn.size()) == static_cast<ssize_t>(drawn.size()) ? 0 : 1);
    }
    Nonce drawn{};
    EXPECT_EQ(read(ends[0], drawn.data(), drawn.size()), static_cast<ssize_t>(drawn.size()));
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    close(ends[0]);
    close(ends[1]);
    return drawn;
}

} // namespace

// Nonces, in and across the 4 KiB that are taken at a time.
TEST(Random, NeverRepeats) {
    std::set<Nonce> seen;
    for (int i = 0; i < 2000; ++i) EXPECT_TRUE(seen.insert(nonce()).second);
    for (const std::size_t size : {0U, 1U, 15U, 1000U, 1024U, 1025U, 4096U, 4097U, 100000U}) {
        Buffer one(size), other(size);
        crypto::random_bytes(one);
        crypto::random_bytes(other);
        EXPECT_TRUE(size < 15 || one != other);
    }
}
// Each bit is set in half of 100000 bytes: 50000, with a standard deviation of sqrt(100000) / 2 = 158. Six of them on
// either side are exceeded by chance once in 60 million runs of eight bits.
TEST(Random, BitsAreSetHalfOfTheTime) {
    std::array<int, 8> set{};
    for (int i = 0; i < 10000; ++i) {
        std::array<std::uint8_t, 10> bytes;
        crypto::random_bytes(bytes);
        for (const std::uint8_t byte : bytes)
            for (unsigned bit = 0; bit < 8; ++bit) set[bit] += byte >> bit & 1;
    }
    for (const int n : set) EXPECT_NEAR(n, 50000, 6 * 158);
}
TEST(Random, ParentAndChildrenDrawOtherBytes) {
    nonce(); // a buffer is there before the fork
    const Nonce first = nonce_of_child(), second = nonce_of_child(), own = nonce();
    EXPECT_NE(first, second);
    EXPECT_NE(first, own);
    EXPECT_NE(second, own);
}

TEST(LockedBytes, KeepACopy) {
    const bool secure = crypto::open_secure_heap();
    EXPECT_EQ(crypto::open_secure_heap(), secure);
    Buffer root(32, 0x5a);
    LockedBytes locked{Bytes(root)};
    root.assign(32, 0);
    EXPECT_EQ(hex_of(locked.bytes()), hex_of(Buffer(32, 0x5a)));
    EXPECT_EQ(crypto::lock_again(locked), secure);
    LockedBytes moved = std::move(locked);
    EXPECT_TRUE(locked.bytes().empty());
    EXPECT_EQ(moved.bytes().size(), 32U);
    LockedBytes empty{Bytes{}};
    EXPECT_FALSE(crypto::lock_again(empty));
    empty = std::move(moved);
    EXPECT_EQ(hex_of(empty.bytes()), hex_of(Buffer(32, 0x5a)));
}
// More than the secure heap's 64 KiB: the rest lies in ordinary memory, and lock_again tells.
TEST(LockedBytes, OutgrowTheSecureHeap) {
    const bool secure = crypto::open_secure_heap();
    std::vector<LockedBytes> many;
    for (int i = 0; i < 100; ++i) many.emplace_back(Bytes(Buffer(1024, static_cast<std::uint8_t>(i))));
    std::size_t locked = 0;
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(many[static_cast<std::size_t>(i)].bytes()[1023], i);
        locked += crypto::lock_again(many[static_cast<std::size_t>(i)]);
    }
    EXPECT_LE(locked, 64U);
    EXPECT_TRUE(!secure || locked > 40) << locked;
}
TEST(Wipe, LeavesZeroes) {
    Buffer bytes(100, 1);
    crypto::wipe(bytes.data(), bytes.size());
    EXPECT_EQ(bytes, Buffer(100));
}
