// Values of type survival_summary as arguments.
#pragma once
#include "customer_data.hpp"
#include "pg/table_state.hpp"
#include "survival/survival.hpp"

namespace cd::survival {

struct SurvivalState : Survival {
    static constexpr const char *type = "survival_summary";
    explicit SurvivalState(std::pmr::memory_resource *memory) : Survival(memory, max_book_memory(), pg::interrupts) {}

    Bytes flatten(pg::ContextMemory &memory) const {
        count();
        const std::size_t size = flat_size();
        if (size > pg::max_stored) refuse_size(type, size, pg::max_stored);
        auto *const flat = static_cast<std::uint8_t *>(memory.allocate(size, 8));
        Survival::flatten(flat);
        return {flat, size};
    }
    static Bytes check(Bytes untrusted) {
        // Not bounded by a setting: what one session could store, another one must be able to restore and read.
        std::pmr::monotonic_buffer_resource memory;
        Survival summary(&memory, SIZE_MAX, pg::interrupts);
        summary.merge(untrusted);
        summary.count();
        check_consistent(summary);
        return untrusted;
    }
};
using SummaryState = pg::TableState<SurvivalState>;

// A counted summary as an argument: the object itself, or one made from the flat form.
template <class Use> auto with_summary(Datum summary_datum, Use &&use) {
    const SummaryState::Arg arg = SummaryState::arg(summary_datum);
    if (arg.object) {
        arg.object->count();
        return use(*arg.object);
    }
    std::pmr::monotonic_buffer_resource memory;
    Survival summary(&memory, SIZE_MAX, pg::interrupts);
    summary.merge(arg.flat);
    summary.count();
    return use(summary);
}

} // namespace cd::survival
