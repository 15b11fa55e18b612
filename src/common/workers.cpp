#include "common/workers.hpp"
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

namespace cd {

namespace {

// Ends a task because another one, or the host, has failed.
struct Stopped : std::exception {};

// Jobs are short, and follow each other closely: whoever went to sleep at once would come late to most of them.
template <class Done> void look_out(Done &&done) {
    for (int i = 0; i < 200 && !done(); ++i) std::this_thread::yield();
}

thread_local const std::atomic<bool> *stop_of_thread = nullptr;

void check_stop() {
    if (stop_of_thread->load(std::memory_order_relaxed)) throw Stopped();
}

// Whoever starts a thread under it gives it a mask that lets no signal in: signals are for the backend's own thread.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked &) = delete;
    SignalsBlocked &operator=(const SignalsBlocked &) = delete;

  private:
    sigset_t before_;
};

} // namespace

struct Workers::Pool {
    std::mutex mutex;
    std::condition_variable work, done;
    std::atomic<bool> ending{false};         // from here to `error` changed under the mutex
    std::atomic<std::uint64_t> jobs{0};      // how many there were
    std::atomic<const Task *> task{nullptr}; // null between jobs
    std::atomic<int> active{0};              // threads that are at the job
    std::exception_ptr error;                // the first that a thread met
    std::size_t n = 0;                       // of the job: written before it begins
    std::atomic<std::size_t> next{0};
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;

    explicit Pool(int count) {
        const SignalsBlocked blocked;
        threads.reserve(static_cast<std::size_t>(count));
        try {
            for (int i = 0; i < count; ++i) threads.emplace_back([this] { serve(); });
        } catch (const std::exception &) {
            // The system has no more to give: those that run, and the caller, do the work.
        }
    }
    ~Pool() {
        {
            const std::lock_guard lock(mutex);
            ending = true;
        }
        work.notify_all();
        for (std::thread &thread : threads) thread.join();
    }

    void take_part(const Task &job, Poll poll) {
        while (!stop.load(std::memory_order_relaxed)) {
            const std::size_t i = next.fetch_add(1, std::memory_order_relaxed);
            if (i >= n) break;
            job(i, poll);
        }
    }

    void serve() noexcept {
        stop_of_thread = &stop;
        for (std::uint64_t seen = 0;;) {
            const auto called = [this, seen] { return ending || (task && jobs != seen); };
            look_out(called);
            std::unique_lock lock(mutex);
            work.wait(lock, called);
            if (ending) return;
            seen = jobs;
            const Task &job = *task;
            ++active;
            lock.unlock();
            std::exception_ptr thrown;
            try {
                take_part(job, Poll(check_stop));
            } catch (const Stopped &) {
            } catch (const std::exception &) { // all that kernels and the library throw
                thrown = std::current_exception();
                stop = true;
            }
            lock.lock();
            if (thrown && !error) error = thrown;
            if (--active == 0) done.notify_all();
        }
    }

    // A job of the caller: begun here, and ended, however it ends, before the caller goes on.
    class Job {
      public:
        Job(Pool &pool, std::size_t n, const Task &task) : pool_(pool) {
            {
                const std::lock_guard lock(pool.mutex);
                pool.n = n;
                pool.next = 0;
                pool.stop = false;
                pool.error = nullptr;
                pool.task = &task;
                ++pool.jobs;
            }
            pool.work.notify_all();
        }
        // For what is thrown, too: stops the others and waits for them, without the host.
        ~Job() {
            std::unique_lock lock(pool_.mutex);
            pool_.stop = true;
            pool_.task = nullptr;
            pool_.done.wait(lock, [this] { return pool_.active == 0; });
        }
        Job(const Job &) = delete;
        Job &operator=(const Job &) = delete;

        void wait(Poll poll) {
            {
                const std::lock_guard lock(pool_.mutex);
                pool_.task = nullptr; // who has not begun need not
            }
            look_out([this] { return pool_.active == 0; });
            std::unique_lock lock(pool_.mutex);
            while (!pool_.done.wait_for(lock, std::chrono::milliseconds(10), [this] { return pool_.active == 0; })) {
                lock.unlock();
                poll();
                lock.lock();
            }
        }

      private:
        Pool &pool_;
    };
};

Workers::Workers(int threads, Poll poll) : poll_(poll) {
    if (threads > 1) pool_ = std::make_unique<Pool>(threads - 1);
}

Workers::~Workers() = default;

int Workers::threads() const { return pool_ ? static_cast<int>(pool_->threads.size()) + 1 : 1; }

void Workers::run(std::size_t n, const Task &task) {
    poll_();
    if (!pool_ || n < 2) {
        for (std::size_t i = 0; i < n; ++i) task(i, poll_);
        return;
    }
    {
        Pool::Job job(*pool_, n, task);
        pool_->take_part(task, poll_);
        job.wait(poll_);
    }
    if (pool_->error) std::rethrow_exception(std::exchange(pool_->error, nullptr));
}

} // namespace cd
