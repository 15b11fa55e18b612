// Settings of the module.
#pragma once
#include "common/work.hpp"
#include "pg/bridge.hpp"
#include <cstddef>

namespace cd {

// Settings of that name; memory in bytes.
std::size_t max_book_memory();
std::size_t max_dataset_memory();
std::size_t max_segment_memory();
inline constexpr int max_threads = 64;
int threads();
bool progress();
// How a fit is run under these settings.
Work work();

} // namespace cd
