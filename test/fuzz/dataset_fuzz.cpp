// A flat dataset: refused, or read completely, merged into an empty one, and written again as it came.
#include "dataset/dataset.hpp"
#include "dataset/column_statistics.hpp"
#include <cstdlib>

using namespace cd;
using namespace cd::dataset;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const Bytes input(data, size);
    try {
        check(input, Poll{});
    } catch (const Error &) {
        return 0;
    }
    // From here on nothing may be refused.
    const View view(input);
    for (std::size_t c = 0; c < view.shape().columns.size(); ++c) {
        const ColumnStatistics s = statistics(view, c, Poll{});
        if (s.n + s.missing != view.rows() || view.column<double>(c, Poll{}).size() != view.rows()) std::abort();
    }
    std::pmr::monotonic_buffer_resource memory;
    Dataset again(&memory, SIZE_MAX);
    again.merge(input, Poll{});
    std::vector<std::uint8_t> bytes(again.flat_room());
    const std::uint8_t *const end = again.flatten(bytes.data());
    if (static_cast<std::size_t>(end - bytes.data()) != size || std::memcmp(bytes.data(), data, size) != 0)
        std::abort();
    return 0;
}
