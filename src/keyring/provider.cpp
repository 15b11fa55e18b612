#include "keyring/provider.hpp"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cd::keyring {

namespace {

[[noreturn]] void refuse(const char *what, const std::string &detail, const std::string &hint) {
    throw Error(sqlstate::keyring_locked, std::string("no root key from ") + what, detail, hint);
}

std::string reason(int error) { return std::string(std::strerror(error)) + "."; }

constexpr const char *key_file = "customer_data.key_file";
constexpr const char *key_command = "customer_data.key_command";

class File {
  public:
    explicit File(int file = -1) : file_(file) {}
    ~File() { close(); }
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    int get() const { return file_; }
    void close() {
        if (file_ >= 0) ::close(file_);
        file_ = -1;
    }

  private:
    int file_;
};

// A process with all that it started. Whoever leaves early kills it.
class Process {
  public:
    explicit Process(pid_t id) : id_(id) {}
    ~Process() {
        if (ended_) return;
        ::kill(-id_, SIGKILL);
        while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;
    bool ended(int &status) {
        const pid_t seen = ::waitpid(id_, &status, WNOHANG);
        ended_ = seen == id_ || (seen < 0 && errno != EINTR);
        if (seen < 0) status = -1;
        return ended_;
    }

  private:
    pid_t id_;
    bool ended_ = false;
};

// posix_spawn's two objects.
struct Spawn {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    Spawn() {
        posix_spawn_file_actions_init(&files);
        posix_spawnattr_init(&attributes);
    }
    ~Spawn() {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
    Spawn(const Spawn &) = delete;
    Spawn &operator=(const Spawn &) = delete;
};

pid_t start(const std::string &command, int output) {
    Spawn spawn;
    posix_spawn_file_actions_addopen(&spawn.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&spawn.files, output, STDOUT_FILENO);
    // The server blocks and handles signals in its own way, which a program must not inherit.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&spawn.attributes, &none);
    posix_spawnattr_setsigdefault(&spawn.attributes, &all);
    posix_spawnattr_setpgroup(&spawn.attributes, 0);
    posix_spawnattr_setflags(&spawn.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::string shell = "sh", option = "-c", text = command;
    char *const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t id;
    const int error = posix_spawn(&id, "/bin/sh", &spawn.files, &spawn.attributes, arguments, environ);
    if (error != 0)
        refuse(key_command, "The shell could not be started: " + reason(error), "See to it that /bin/sh runs.");
    return id;
}

[[noreturn]] void refuse_time() {
    refuse(key_command, "The command took more than " + std::to_string(time_limit) + " seconds.",
           "Run it by hand as the server's user.");
}

} // namespace

bool ProvidedText::read_from(int file, const char *what) {
    char piece[4096];
    ssize_t n;
    while ((n = ::read(file, piece, sizeof piece)) < 0 && errno == EINTR) {
    }
    const int error = errno;
    const bool fits = n <= 0 || bytes_.size() + static_cast<std::size_t>(n) < max_provided;
    if (n > 0 && fits) bytes_.insert(bytes_.end(), piece, piece + n);
    crypto::wipe(piece, sizeof piece);
    if (n < 0) refuse(what, "Reading failed: " + reason(error), "See to it that the server's user can read it.");
    if (!fits)
        refuse(what, "It gives " + std::to_string(max_provided) + " bytes or more.", "Root keys are short lines.");
    return n > 0;
}

bool names_version(std::string_view pattern) {
    for (std::size_t i = 0; i + 1 < pattern.size(); ++i)
        if (pattern[i] == '%' && pattern[++i] == 'v') return true;
    return false;
}

std::string with_version(std::string_view pattern, Version version) {
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char next = pattern[i] == '%' && i + 1 < pattern.size() ? pattern[i + 1] : '\0';
        if (next == 'v')
            text += std::to_string(version);
        else
            text += pattern[i];
        if (next == 'v' || next == '%') ++i;
    }
    return text;
}

void read_key_file(const std::string &path, ProvidedText &into) {
    // Without O_NONBLOCK the opening of a FIFO would wait.
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (file.get() < 0)
        refuse(key_file, "The file could not be opened: " + reason(errno),
               "See to it that the server's user can read it.");
    struct stat status;
    if (::fstat(file.get(), &status) != 0) refuse(key_file, "fstat failed: " + reason(errno), "Use a regular file.");
    if (!S_ISREG(status.st_mode)) refuse(key_file, "It is not a regular file.", "Use a regular file.");
    char mode[8];
    std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode) & 07777u);
    if (status.st_uid != ::geteuid() && status.st_uid != 0)
        refuse(key_file, "The file belongs to another user.", "Give it to the server's user or to root.");
    if (status.st_mode & (status.st_uid == ::geteuid() ? 077 : 027))
        refuse(key_file, std::string("The file has mode ") + mode + ".",
               "Set mode 0600, or 0640 if it belongs to root and to the server's group.");
    while (into.read_from(file.get(), key_file)) {
    }
}

void run_key_command(const std::string &command, ProvidedText &into, Poll poll) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + std::chrono::seconds(time_limit);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) refuse(key_command, "There is no pipe: " + reason(errno), "Try again.");
    const File from(ends[0]);
    File to(ends[1]);
    Process process(start(command, to.get()));
    to.close();
    const auto wait = [&](bool for_output) {
        poll();
        if (Clock::now() >= deadline) refuse_time();
        struct pollfd ready = {from.get(), POLLIN, 0};
        return ::poll(&ready, for_output ? 1 : 0, for_output ? 50 : 1) > 0;
    };
    for (;;)
        if (wait(true) && !into.read_from(from.get(), key_command)) break;
    int status;
    while (!process.ended(status)) wait(false);
    if (status == 0) return;
    refuse(key_command,
           WIFEXITED(status) ? "The command ended with exit code " + std::to_string(WEXITSTATUS(status)) + "."
                             : std::string("The command was ended by a signal."),
           "Run it by hand as the server's user; what it writes to standard error stands in the server's log.");
}

} // namespace cd::keyring
