// Values of type clv_summary as arguments.
#pragma once
#include "clv/customers.hpp"
#include "customer_data.hpp"
#include "pg/table_state.hpp"
#include <algorithm>

namespace cd::clv {

struct CustomersState : Customers {
    static constexpr const char *type = "clv_summary";
    explicit CustomersState(std::pmr::memory_resource *memory) : Customers(memory, max_book_memory(), pg::interrupts) {}

    Bytes flatten(pg::ContextMemory &memory) const {
        count();
        const std::size_t room = flat_size();
        auto *const flat = static_cast<std::uint8_t *>(memory.allocate(room, 8));
        const auto size = static_cast<std::size_t>(Customers::flatten(flat) - flat);
        if (size > pg::max_stored) refuse_size(type, size, pg::max_stored);
        return {flat, size};
    }
    static Bytes check(Bytes untrusted) {
        // Not bounded by a setting: what one session could store, another one must be able to restore and read.
        std::pmr::monotonic_buffer_resource memory;
        Customers customers(&memory, SIZE_MAX, pg::interrupts);
        customers.merge(untrusted);
        customers.count();
        check_consistent(customers);
        return untrusted;
    }
};
using ClvState = pg::TableState<CustomersState>;

// Calls use with the counted customers of an argument, taken while nothing with a destructor was alive: the object
// itself, or one made from the flat form.
template <class Use> void with_customers(const ClvState::Arg &arg, Use &&use) {
    if (arg.object) {
        arg.object->count();
        return use(static_cast<const Customers &>(*arg.object));
    }
    std::pmr::monotonic_buffer_resource memory;
    Customers customers(&memory, SIZE_MAX, pg::interrupts);
    customers.merge(arg.flat);
    customers.count();
    use(static_cast<const Customers &>(customers));
}

} // namespace cd::clv
