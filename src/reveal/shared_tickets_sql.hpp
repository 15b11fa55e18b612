// What is left of open tickets, in memory that all processes of the server share. A charge is never given back: no
// rollback, error or kill reaches it. A restart, also the one after a crash, begins a new epoch with empty memory, and
// tickets of another epoch are void.
#pragma once
#include "pg/store.hpp"
#include <string>
#include <vector>
extern "C" {
#include "port/atomics.h"
#include "utils/uuid.h"
}

namespace cd::reveal {

// For _PG_init, while libraries are preloaded.
void request_shared_memory();

// A random number for each start of the server. Throws 55000 if the library is not preloaded.
std::uint64_t epoch();
bool has_shared_memory();

struct Slot; // of a ticket that was used in this epoch

// The slot of a ticket as this process found it. A slot that is given to another ticket has another generation, so
// that whoever still holds on to it charges nobody.
struct Ticket {
    Slot *slot;
    std::uint32_t generation;
};
// False if it has expired. Throws 53400 if there is no place for it, or the role has a quarter of all.
bool open_ticket(const pg_uuid_t &, Oid role, std::uint32_t max_rows, TimestampTz expires_at, Ticket &);

enum class Charged { yes, spent, expired };
// Takes one row of what is left.
Charged charge(const Ticket &);
void count_canary(const Ticket &);

struct Count {
    pg_uuid_t ticket;
    std::uint32_t revealed, canaries;
    TimestampTz used_at; // last
};
// Of a ticket, if its slot still is its own.
bool count_of(const Ticket &, Count &);
// Of all tickets of this database. What expired may have made room for others: a ticket that expires later than
// `forgotten_until` and is not here was never used.
std::vector<Count> counts(TimestampTz &forgotten_until);

} // namespace cd::reveal
