// lorenz_summary from anybody's bytes.
#include "segment/lorenz.hpp"
#include <cstdlib>

using namespace cd;
using namespace cd::segment;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    try {
        std::pmr::monotonic_buffer_resource memory;
        Lorenz summary(&memory, 64 << 20, Poll{});
        summary.merge(Bytes(data, size));
        summary.count();
        std::vector<std::uint8_t> again(summary.flat_size());
        summary.flatten(again.data());
        if (again.size() != size || std::memcmp(again.data(), data, size) != 0) std::abort();
        if (!summary.defined()) return 0;
        if (const double gini = summary.gini(); !(gini >= 0 && gini <= 1)) std::abort();
        double before = 0;
        summary.curve(7, [&before](int, double share) {
            if (!(share >= before && share <= 1)) std::abort();
            before = share;
        });
        if (before != 1) std::abort();
        if (const double top = summary.top_share(0.2); !(top >= 0 && top <= 1)) std::abort();
    } catch (const Error &) {
    }
    return 0;
}
