#include "common/error.hpp"
#include <charconv>

namespace cd {

std::string digits(double value) {
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

void refuse_size(const char *type, std::size_t bytes, std::size_t limit) {
    const auto kilobytes = [](std::size_t n) { return std::to_string((n + 1023) / 1024) + " kB"; };
    throw Error(sqlstate::program_limit, std::string(type) + " is too large",
                "Stored, it would take about " + kilobytes(bytes) + "; the limit is " + kilobytes(limit) + ".",
                "Raise customer_data.max_book_memory, or make several, for instance one per country or shop.");
}

} // namespace cd
