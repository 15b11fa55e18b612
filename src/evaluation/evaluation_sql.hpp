// The summaries of this feature as types of SQL.
#pragma once
#include "customer_data.hpp"
#include "evaluation/distribution.hpp"
#include "pg/rows.hpp"
#include "pg/table_state.hpp"
#include <optional>

namespace cd::evaluation {

template <class Summary> struct SummaryState : Summary {
    explicit SummaryState(std::pmr::memory_resource *memory) : Summary(memory, max_book_memory(), pg::interrupts) {}

    Bytes flatten(pg::ContextMemory &memory) const {
        this->count();
        const std::size_t size = this->flat_size();
        if (size > pg::max_stored) refuse_size(Summary::type, size, pg::max_stored);
        auto *const flat = static_cast<std::uint8_t *>(memory.allocate(size, 8));
        Summary::flatten(flat);
        return {flat, size};
    }
    static Bytes check(Bytes untrusted) {
        // Not bounded by a setting: what one session could store, another one must be able to restore and read.
        std::pmr::monotonic_buffer_resource memory;
        Summary(&memory, SIZE_MAX, pg::interrupts).merge(untrusted);
        return untrusted;
    }
};
template <class Summary> using StateOf = pg::TableState<SummaryState<Summary>>;

// A summary as an argument: the object itself, or one made from the flat form. Take all arguments before the first use:
// only then is nothing with a destructor alive.
template <class Summary> class SummaryArg {
  public:
    explicit SummaryArg(const NullableDatum &argument) : arg_(StateOf<Summary>::arg(argument.value)) {}
    template <class Use> auto use(Use &&use) const {
        if (arg_.object) return use(static_cast<const Summary &>(*arg_.object));
        std::pmr::monotonic_buffer_resource memory;
        Summary summary(&memory, SIZE_MAX, pg::interrupts);
        summary.merge(arg_.flat);
        return use(static_cast<const Summary &>(summary));
    }

  private:
    typename StateOf<Summary>::Arg arg_;
};

// A number of one summary, or of two, as a result: what is undefined is NULL.
template <class Summary, class Use> Datum number_of(FunctionCallInfo fcinfo, Use &&use) {
    const SummaryArg<Summary> summary(fcinfo->args[0]);
    return pg::number_or_null(fcinfo, summary.use([&use](const Summary &s) { return std::optional<double>(use(s)); }));
}
template <class Summary, class Use> Datum number_of_two(FunctionCallInfo fcinfo, Use &&use) {
    const SummaryArg<Summary> first(fcinfo->args[0]), second(fcinfo->args[1]);
    return pg::number_or_null(fcinfo, first.use([&](const Summary &a) {
        return second.use([&](const Summary &b) { return std::optional<double>(use(a, b)); });
    }));
}

} // namespace cd::evaluation
