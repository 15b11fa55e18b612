// Settings of the module.
#pragma once
#include "pg/bridge.hpp"
#include <cstddef>

namespace cd {

std::size_t max_dataset_memory(); // customer_data.max_dataset_memory in bytes
std::size_t max_book_memory();    // customer_data.max_book_memory in bytes

} // namespace cd
