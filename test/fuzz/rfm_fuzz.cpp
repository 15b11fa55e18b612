// rfm_bins and rfm_summary from anybody's bytes.
#include "rfm/rfm_summary.hpp"
#include <cstdlib>

using namespace cd;
using namespace cd::rfm;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const Bytes input(data, size);
    try {
        const Bins bins = unpack(input);
        std::vector<std::uint8_t> again(max_packed_bins);
        if (static_cast<std::size_t>(pack(bins, again.data()) - again.data()) != size ||
            std::memcmp(again.data(), data, size) != 0)
            std::abort();
        bins.score(1, 2, 3);
    } catch (const Error &) {
    }
    try {
        std::pmr::monotonic_buffer_resource memory;
        Summary summary(&memory, 64 << 20, Poll{});
        summary.merge(input);
        summary.count();
        std::vector<std::uint8_t> again(summary.flat_size());
        summary.flatten(again.data());
        if (again.size() != size || std::memcmp(again.data(), data, size) != 0) std::abort();
        if (summary.customers() > 0)
            for (const Method method : {Method::dense, Method::quantile}) summary.bins(5, method);
    } catch (const Error &) {
    }
    return 0;
}
