// Threads for the length of one computation. A backend of PostgreSQL has one thread, and its signal handlers and error
// jumps rely on that. So the threads here take no signals, call nothing of the host, and are joined before their owner
// is gone; the thread that made them takes part in the work, and is the only one that asks the host whether to go on.
#pragma once
#include "common/error.hpp"
#include <cstddef>
#include <functional>
#include <memory>

namespace cd {

class Workers {
  public:
    // `poll` is the host's. With 1 nothing is started, and tasks run in the caller. If the system gives fewer threads
    // than asked for, those do the work.
    Workers(int threads, Poll poll);
    ~Workers();
    Workers(const Workers &) = delete;
    Workers &operator=(const Workers &) = delete;

    // Calls task(0, poll) to task(n - 1, poll), in any order and on any thread, and returns when all have ended. A task
    // polls what it is given: the host's in the caller, else whether the others have failed. What a task or the host
    // throws ends all of them, and is thrown here; of several the first. Not from within a task.
    using Task = std::function<void(std::size_t, Poll)>;
    void run(std::size_t n, const Task &task);

    int threads() const;
    Poll poll() const { return poll_; }

  private:
    struct Pool;
    Poll poll_;
    std::unique_ptr<Pool> pool_; // null if the caller works alone
};

} // namespace cd
