#include "common/workers.hpp"
#include <atomic>
#include <chrono>
#include <csignal>
#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <vector>

using namespace cd;

namespace {

void pause_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

std::size_t threads_of_process() {
    std::size_t n = 0;
    std::FILE *status = std::fopen("/proc/self/status", "r");
    char line[256];
    while (status && std::fgets(line, sizeof line, status)) std::sscanf(line, "Threads: %zu", &n);
    if (status) std::fclose(status);
    return n;
}

} // namespace

TEST(Workers, EveryTaskOnce) {
    for (const int threads : {1, 2, 4}) {
        Workers workers(threads, {});
        EXPECT_EQ(workers.threads(), threads);
        for (const std::size_t n : {0, 1, 2, 3, 1000}) {
            std::vector<std::atomic<int>> done(n);
            workers.run(n, [&](std::size_t i, Poll) { ++done[i]; });
            for (const auto &times : done) ASSERT_EQ(times, 1);
        }
    }
}

TEST(Workers, ManyShortJobs) {
    Workers workers(3, {});
    std::atomic<std::size_t> sum{0};
    for (std::size_t job = 0; job < 5000; ++job) workers.run(3, [&](std::size_t i, Poll) { sum += i; });
    EXPECT_EQ(sum, 15000U);
}

TEST(Workers, RunAtTheSameTime) {
    Workers workers(4, {});
    std::atomic<int> here{0};
    // Each waits for the other three: with fewer threads it would not end.
    workers.run(4, [&](std::size_t, Poll) {
        ++here;
        while (here < 4) std::this_thread::yield();
    });
    EXPECT_EQ(here, 4);
}

TEST(Workers, NoneTakesSignalsOrStays) {
    const std::size_t before = threads_of_process();
    ASSERT_GE(before, 1U);
    sigset_t mine_before, mine_after;
    pthread_sigmask(SIG_SETMASK, nullptr, &mine_before);
    {
        Workers workers(3, {});
        EXPECT_EQ(threads_of_process(), before + 2);
        const std::thread::id caller = std::this_thread::get_id();
        std::atomic<int> here{0}, open{0};
        workers.run(3, [&](std::size_t, Poll) {
            ++here;
            while (here < 3) std::this_thread::yield();
            if (std::this_thread::get_id() == caller) return;
            sigset_t mask;
            pthread_sigmask(SIG_SETMASK, nullptr, &mask);
            for (const int signal : {SIGINT, SIGTERM, SIGALRM, SIGURG, SIGUSR1, SIGUSR2, SIGHUP, SIGQUIT})
                open += !sigismember(&mask, signal);
        });
        EXPECT_EQ(open, 0);
    }
    pthread_sigmask(SIG_SETMASK, nullptr, &mine_after);
    EXPECT_EQ(sigismember(&mine_before, SIGINT), sigismember(&mine_after, SIGINT));
    EXPECT_EQ(threads_of_process(), before);
}

TEST(Workers, WhatATaskThrowsEndsAll) {
    for (const int threads : {1, 2, 4}) {
        Workers workers(threads, {});
        std::atomic<int> done{0};
        try {
            workers.run(1000, [&](std::size_t i, Poll) {
                if (i == 7) throw Error("22023", "seven", "It is 7.");
                pause_ms(1);
                ++done;
            });
            FAIL();
        } catch (const Error &error) {
            EXPECT_STREQ(error.what(), "seven");
            EXPECT_EQ(error.detail(), "It is 7.");
        }
        EXPECT_LT(done, 100);
        EXPECT_THROW(workers.run(2, [](std::size_t, Poll) { throw std::bad_alloc(); }), std::bad_alloc);
        // It can be used again.
        done = 0;
        workers.run(10, [&](std::size_t, Poll) { ++done; });
        EXPECT_EQ(done, 10);
    }
}

TEST(Workers, HostCancelsLongTasks) {
    static std::atomic<int> polls;
    static std::thread::id caller;
    caller = std::this_thread::get_id();
    for (const int threads : {1, 2, 4}) {
        polls = 0;
        const Poll host([] {
            EXPECT_EQ(std::this_thread::get_id(), caller); // the host is asked by its own thread alone
            if (++polls > 3) throw Error("57014", "canceled");
        });
        Workers workers(threads, host);
        // Tasks that never end by themselves.
        EXPECT_THROW(workers.run(8,
                                 [](std::size_t, Poll poll) {
                                     for (;; pause_ms(1)) poll();
                                 }),
                     Error)
            << threads;
        EXPECT_EQ(polls, 4);
    }
}

// The caller has nothing to do but to wait for the others: it still asks the host.
TEST(Workers, HostCancelsWhileWaiting) {
    static std::atomic<bool> canceled;
    canceled = false;
    const std::thread::id caller = std::this_thread::get_id();
    Workers workers(2, Poll([] {
                        if (canceled) throw Error("57014", "canceled");
                    }));
    std::atomic<bool> other{false};
    EXPECT_THROW(workers.run(2,
                             [&](std::size_t, Poll poll) {
                                 if (std::this_thread::get_id() == caller) {
                                     while (!other) std::this_thread::yield();
                                     return;
                                 }
                                 other = true;
                                 pause_ms(30);
                                 canceled = true;
                                 for (;; pause_ms(1)) poll();
                             }),
                 Error);
}
