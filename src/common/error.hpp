// What a kernel may know of its host: how to fail, and how to let a user cancel. No Postgres here.
#pragma once
#include <exception>
#include <string>
#include <utility>

namespace cd {

namespace sqlstate {
inline constexpr const char *data_corrupted = "XX001";
inline constexpr const char *insufficient_privilege = "42501";
inline constexpr const char *invalid_binary = "22P03";
inline constexpr const char *invalid_parameter = "22023";
inline constexpr const char *invalid_text = "22P02";
inline constexpr const char *not_set_up = "55000";
inline constexpr const char *out_of_range = "22003";
inline constexpr const char *program_limit = "54000";
inline constexpr const char *datatype_mismatch = "42804";
inline constexpr const char *undefined_column = "42703";
inline constexpr const char *undefined_object = "42704";
} // namespace sqlstate

// The only way to fail. DETAIL says what was seen, HINT what to do.
class Error : public std::exception {
  public:
    Error(const char *state, std::string message, std::string detail = {}, std::string hint = {})
        : state_(state), message_(std::move(message)), detail_(std::move(detail)), hint_(std::move(hint)) {}
    const char *what() const noexcept override { return message_.c_str(); }
    const char *state() const noexcept { return state_; }
    const std::string &detail() const noexcept { return detail_; }
    const std::string &hint() const noexcept { return hint_; }

  private:
    const char *state_;
    std::string message_, detail_, hint_;
};

// A number as DETAIL shows it: the shortest digits that are this one.
std::string digits(double);

// A value grew over its stated bound, customer_data.max_book_memory.
[[noreturn]] void refuse_size(const char *type, std::size_t bytes, std::size_t limit);

// Every loop over rows or iterations calls this; the host may throw from it. Unit tests leave it empty.
class Poll {
  public:
    constexpr Poll() = default;
    constexpr explicit Poll(void (*check)()) : check_(check) {}
    void operator()() const {
        if (check_) check_();
    }
    // For tight loops: looks only once in 4096 rounds.
    void every(std::size_t round) const {
        if ((round & 4095) == 0) (*this)();
    }

  private:
    void (*check_)() = nullptr;
};

} // namespace cd
