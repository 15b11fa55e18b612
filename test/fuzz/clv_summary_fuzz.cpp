// clv_summary from anybody's bytes: what is accepted is written the same, merges with itself, and can be fitted to.
#include "clv/clv_fit.hpp"
#include "clv/tracking.hpp"
#include <cstdlib>

using namespace cd;
using namespace cd::clv;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const Bytes input(data, size);
    const auto flat = [](const Customers &c) {
        std::vector<std::uint8_t> bytes(c.flat_size());
        bytes.resize(static_cast<std::size_t>(c.flatten(bytes.data()) - bytes.data()));
        return bytes;
    };
    try {
        std::pmr::monotonic_buffer_resource memory;
        Customers customers(&memory, 64 << 20, Poll{});
        customers.merge(input);
        customers.count();
        check_consistent(customers);
        const std::vector<std::uint8_t> again = flat(customers);
        if (again.size() != size || std::memcmp(again.data(), data, size) != 0) std::abort();
        if (customers.empty()) return 0;
        double n = 0, x = 0;
        for (const auto &[seen, count] : customers.seen()) {
            check_history({seen.x, seen.t_x, seen.t}, customers.frame().discrete);
            n += static_cast<double>(count);
            x += seen.x * static_cast<double>(count);
        }
        if (n != static_cast<double>(customers.customers()) || x != repeat_purchases(customers)) std::abort();

        Customers twice(&memory, 64 << 20, Poll{});
        twice.merge(input);
        twice.merge(again);
        twice.count();
        if (twice.customers() != 2 * customers.customers() || twice.seen().size() != customers.seen().size())
            std::abort();

        // The time of a fit to opportunities grows with the largest number of them, that of tracking with the longest
        // time squared.
        const Frame &frame = customers.frame();
        double longest = frame.holdout.value_or(0);
        for (const auto &tally : customers.seen()) longest = std::max(longest, tally.value.t);
        if (frame.discrete && longest > 1000) return 0;
        const ClvModel model(fit(customers, {{}, 3}, {}));
        if (frame.days() > 1 && longest * frame.days() < 1000) track(model, customers, {});
    } catch (const Error &) {
    }
    return 0;
}
