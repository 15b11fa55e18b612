#include "common/error.hpp"

namespace cd {

void refuse_size(const char *type, std::size_t bytes, std::size_t limit) {
    const auto kilobytes = [](std::size_t n) { return std::to_string((n + 1023) / 1024) + " kB"; };
    throw Error(sqlstate::program_limit, std::string(type) + " is too large",
                "Stored, it would take about " + kilobytes(bytes) + "; the limit is " + kilobytes(limit) + ".",
                "Raise customer_data.max_book_memory, or make several, for instance one per country or shop.");
}

} // namespace cd
