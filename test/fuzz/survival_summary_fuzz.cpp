// survival_summary from anybody's bytes: what is accepted is written the same, and has a curve.
#include "survival/curve.hpp"
#include "survival/logrank.hpp"
#include <cstdlib>

using namespace cd;
using namespace cd::survival;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    try {
        std::pmr::monotonic_buffer_resource memory;
        Survival summary(&memory, 64 << 20, Poll{});
        summary.merge(Bytes(data, size));
        summary.count();
        check_consistent(summary);
        std::vector<std::uint8_t> again(summary.flat_size());
        summary.flatten(again.data());
        if (again.size() != size || std::memcmp(again.data(), data, size) != 0) std::abort();
        double survival = 1, time = -1;
        each_point(summary, [&](const Point &point) {
            if (!(point.time > time && point.survival <= survival && point.survival >= 0)) std::abort();
            if (point.at_risk > summary.rows() || point.events + point.censored > point.at_risk) std::abort();
            time = point.time;
            survival = point.survival;
        });
        for (const Scale scale : {Scale::plain, Scale::log, Scale::log_log}) {
            const Band band(0.95, scale);
            const auto half = survival_at(summary, time / 2, band);
            if (half && !(half->value >= 0 && half->value <= 1)) std::abort();
            quantile(summary, 0.5, band);
            if (const auto mean = restricted_mean(summary, 10, band); mean && !(mean->value >= 0 && mean->value <= 10))
                std::abort();
        }
        const Logrank test = logrank({&summary, &summary}, 0, Poll{});
        if (test.chi_square && !(*test.chi_square >= 0)) std::abort();
    } catch (const Error &) {
    }
    return 0;
}
