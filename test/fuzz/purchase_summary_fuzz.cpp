// Whatever is accepted is exactly what we would write, and can be worked with.
#include "purchase/purchase.hpp"
#include <cstdlib>
#include <vector>

using namespace cd;
using namespace cd::purchase;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const Bytes input(data, size);
    try {
        const Stored s = unpack_untrusted(input);
        std::vector<std::uint8_t> again(max_packed_figures + s.figures.gap_bytes);
        const std::uint8_t *const end = pack(s.figures, s.gaps, again.data());
        if (static_cast<std::size_t>(end - again.data()) != size || std::memcmp(again.data(), data, size) != 0)
            std::abort();
        Repeat r;
        if (s.figures.purchases > 0) {
            repeat(s.figures, s.gaps, day_of(s.figures.last), micros_per_day, r);
            if (r.x != s.figures.days - 1.0) std::abort();
            std::vector<std::uint8_t> merged(2 * s.figures.gap_bytes + max_gap);
            const DaySet set = s.figures.day_set(s.gaps);
            const Union both = merge_days(set, set, merged.data());
            if (both.days != s.figures.days || both.size != s.figures.gap_bytes) std::abort();
            log_gaps(set);
        }
        Figures sum = s.figures;
        merge_figures(sum, s.figures);
    } catch (const Error &) {
    }
    return 0;
}
