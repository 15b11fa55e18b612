// anonymity_summary from anybody's bytes: what is accepted is written the same, merges with itself, and its measures
// are in their range.
#include "mask/anonymity.hpp"
#include <cmath>
#include <cstdlib>

using namespace cd;
using namespace cd::mask;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const Bytes input(data, size);
    const auto require = [](bool condition) {
        if (!condition) std::abort();
    };
    try {
        std::pmr::monotonic_buffer_resource memory;
        Anonymity summary(&memory, 64 << 20, 1, Poll{}), twice(&memory, 64 << 20, 2, Poll{});
        summary.merge(input);
        std::vector<std::uint8_t> again;
        summary.flatten([&again](std::size_t n) {
            again.resize(n);
            return again.data();
        });
        require(again.size() == size && std::memcmp(again.data(), data, size) == 0);
        if (summary.rows() == 0) return 0;

        const Anonymity::Risk risk = summary.risk();
        const auto values = static_cast<double>(summary.values());
        require(risk.k >= 1 && risk.k <= summary.rows() && summary.unique_rows() <= summary.rows());
        require(risk.l_distinct >= 1 && risk.l_distinct <= values);
        require(risk.l_entropy >= 1 && risk.l_entropy <= values);
        require(risk.t >= 0 && risk.t <= 1);
        std::size_t fields = 0;
        for (const Class &c : summary.smallest(3, UINT64_MAX))
            summary.each_field(c.number, [&fields](const Field &) { ++fields; });
        require(fields == std::min<std::size_t>(3, summary.classes()) * summary.quasi_identifiers());
        for (const Distance distance : {Distance::number, Distance::text}) try {
                const double t = summary.t_closeness(distance);
                require(t >= 0 && t <= 1);
            } catch (const Error &) {
            }

        twice.merge(input);
        twice.merge(again);
        require(twice.rows() == 2 * summary.rows() && twice.classes() == summary.classes());
        require(twice.risk().t == risk.t && std::abs(twice.risk().l_entropy - risk.l_entropy) <= 1e-9 * values);
    } catch (const Error &) {
    }
    return 0;
}
