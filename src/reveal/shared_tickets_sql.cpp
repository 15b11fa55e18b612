#include "reveal/shared_tickets_sql.hpp"
#include <algorithm>
extern "C" {
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/guc.h"
}

namespace cd::reveal {

struct alignas(64) Slot {
    pg_atomic_uint64 state;   // generation, and below it the rows that were revealed
    pg_atomic_uint64 used_at; // last, a TimestampTz
    pg_atomic_uint32 canaries;
    // These change under the lock, while it is exclusive.
    std::uint32_t max_rows;
    TimestampTz expires_at;
    pg_uuid_t ticket;
    Oid database; // InvalidOid where there never was a ticket
    Oid role;
};
static_assert(sizeof(Slot) == 64, "a slot has a cache line of its own");

namespace {

constexpr const char *tranche = "customer_data_reveal";
constexpr int rows_bits = 32;
int max_tickets = 1000;

struct alignas(64) Shared {
    LWLock *lock;
    std::uint64_t epoch;
    std::uint32_t size, used; // slots, and those that ever had a ticket
    TimestampTz forgotten_until;
};
Shared *shared;

Slot *slots() { return reinterpret_cast<Slot *>(shared + 1); }
Size shared_size() { return sizeof(Shared) + static_cast<Size>(max_tickets) * sizeof(Slot); }

std::uint32_t generation_of(std::uint64_t state) { return static_cast<std::uint32_t>(state >> rows_bits); }
std::uint32_t rows_of(std::uint64_t state) { return static_cast<std::uint32_t>(state); }

// The postmaster calls these, so nothing may be thrown out of them.
shmem_request_hook_type next_request;
shmem_startup_hook_type next_startup;

void at_request() {
    if (next_request) next_request();
    RequestAddinShmemSpace(shared_size());
    RequestNamedLWLockTranche(tranche, 1);
}

// Also after a crash, when everything in shared memory is made anew.
void at_startup() {
    if (next_startup) next_startup();
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found;
    shared = static_cast<Shared *>(ShmemInitStruct("customer_data tickets", shared_size(), &found));
    if (!found) {
        memset(static_cast<void *>(shared), 0, shared_size());
        shared->lock = &GetNamedLWLockTranche(tranche)->lock;
        shared->size = static_cast<std::uint32_t>(max_tickets);
        shared->forgotten_until = DT_NOBEGIN;
        for (std::uint32_t i = 0; i < shared->size; ++i) {
            pg_atomic_init_u64(&slots()[i].state, 0);
            pg_atomic_init_u64(&slots()[i].used_at, 0);
            pg_atomic_init_u32(&slots()[i].canaries, 0);
        }
        // 0 is no epoch: without random numbers there are no tickets.
        if (!pg_strong_random(&shared->epoch, sizeof shared->epoch)) shared->epoch = 0;
    }
    LWLockRelease(AddinShmemInitLock);
}

class Lock {
  public:
    explicit Lock(LWLockMode mode) {
        pg::call([mode] { LWLockAcquire(shared->lock, mode); });
    }
    ~Lock() { LWLockRelease(shared->lock); }
    Lock(const Lock &) = delete;
    Lock &operator=(const Lock &) = delete;
};

Slot *find(const pg_uuid_t &ticket) {
    for (std::uint32_t i = 0; i < shared->used; ++i) {
        Slot &slot = slots()[i];
        if (memcmp(&slot.ticket, &ticket, sizeof ticket) == 0 && slot.database == MyDatabaseId) return &slot;
    }
    return nullptr;
}

// Room for a new ticket: a slot that had none, or the one that expired first. Never one that is open: to forget its
// count would give it back.
Slot *room() {
    if (shared->used < shared->size) return &slots()[shared->used++];
    Slot *oldest = &slots()[0];
    for (std::uint32_t i = 1; i < shared->used; ++i)
        if (slots()[i].expires_at < oldest->expires_at) oldest = &slots()[i];
    if (oldest->expires_at >= GetCurrentTimestamp()) return nullptr;
    if (oldest->expires_at > shared->forgotten_until) shared->forgotten_until = oldest->expires_at;
    return oldest;
}

// So that no role keeps all others out. Roles are the server's, so its places in all databases count.
std::uint32_t most_of_a_role() { return std::max(shared->size / 4, std::uint32_t{1}); }

void require_share(Oid role) {
    const TimestampTz now = GetCurrentTimestamp();
    const Slot *const first = slots();
    const auto held = std::count_if(first, first + shared->used,
                                    [=](const Slot &slot) { return slot.role == role && slot.expires_at > now; });
    if (held < static_cast<std::ptrdiff_t>(most_of_a_role())) return;
    throw Error("53400", "too many tickets of this role are in use",
                std::to_string(held) + " of its tickets have not expired; customer_data.max_tickets is " +
                    std::to_string(max_tickets) + ", of which a role has at most a quarter.",
                "Wait until one expires, ask for fewer tickets of more rows or for tickets of shorter life, or raise "
                "customer_data.max_tickets and restart.");
}

// A ticket that may have lost its place is over, even if the clock was set back since.
bool is_over(TimestampTz expires_at) {
    return expires_at <= GetCurrentTimestamp() || expires_at <= shared->forgotten_until;
}

Ticket found(Slot *slot) { return {slot, generation_of(pg_atomic_read_u64(&slot->state))}; }

Count read(Slot &slot) {
    return {slot.ticket, rows_of(pg_atomic_read_u64(&slot.state)), pg_atomic_read_u32(&slot.canaries),
            static_cast<TimestampTz>(pg_atomic_read_u64(&slot.used_at))};
}

} // namespace

void request_shared_memory() {
    DefineCustomIntVariable("customer_data.max_tickets", "Tickets of reveals that may be in use at a time.",
                            "A ticket takes a place of 64 bytes at its first use, and gives it back when it expires.",
                            &max_tickets, max_tickets, 1, 100000, PGC_POSTMASTER, 0, nullptr, nullptr, nullptr);
    next_request = shmem_request_hook;
    shmem_request_hook = at_request;
    next_startup = shmem_startup_hook;
    shmem_startup_hook = at_startup;
}

bool has_shared_memory() { return shared && shared->epoch != 0; }

std::uint64_t epoch() {
    if (!has_shared_memory())
        throw Error(sqlstate::not_set_up, "values are revealed only where the server has loaded customer_data",
                    "What tickets have left is counted in shared memory, which is made when the server starts.",
                    "Set shared_preload_libraries = 'customer_data' in postgresql.conf, and restart.");
    return shared->epoch;
}

bool open_ticket(const pg_uuid_t &ticket, Oid role, std::uint32_t max_rows, TimestampTz expires_at, Ticket &opened) {
    epoch();
    {
        const Lock lock(LW_SHARED);
        if (Slot *const slot = find(ticket)) {
            opened = found(slot);
            return true;
        }
    }
    const Lock lock(LW_EXCLUSIVE);
    if (Slot *const slot = find(ticket)) {
        opened = found(slot);
        return true;
    }
    if (is_over(expires_at)) return false;
    require_share(role);
    Slot *const slot = room();
    if (!slot)
        throw Error("53400", "too many tickets are in use",
                    "customer_data.max_tickets is " + std::to_string(max_tickets) +
                        ", and none of those in use has expired.",
                    "Wait until one expires, ask for tickets of shorter life, or raise the setting and restart.");
    // The former ticket cannot be charged from here on, and the new one not before all of it is there.
    const std::uint64_t state = static_cast<std::uint64_t>(generation_of(pg_atomic_read_u64(&slot->state)) + 1)
                                << rows_bits;
    pg_atomic_write_u64(&slot->state, state);
    pg_memory_barrier();
    slot->ticket = ticket;
    slot->database = MyDatabaseId;
    slot->role = role;
    slot->max_rows = max_rows;
    slot->expires_at = expires_at;
    pg_atomic_write_u64(&slot->used_at, static_cast<std::uint64_t>(GetCurrentTimestamp()));
    pg_atomic_write_u32(&slot->canaries, 0);
    pg_memory_barrier(); // before the lock is released, and with it the generation known
    opened = found(slot);
    return true;
}

Charged charge(const Ticket &ticket) {
    Slot &slot = *ticket.slot;
    const TimestampTz now = GetCurrentTimestamp();
    std::uint64_t state = pg_atomic_read_u64(&slot.state);
    do {
        if (generation_of(state) != ticket.generation) return Charged::expired;
        pg_read_barrier(); // of the same ticket, if the generation still is the same when the row is taken
        if (now >= slot.expires_at) return Charged::expired;
        if (rows_of(state) >= slot.max_rows) return Charged::spent;
    } while (!pg_atomic_compare_exchange_u64(&slot.state, &state, state + 1));
    pg_atomic_write_u64(&slot.used_at, static_cast<std::uint64_t>(now));
    return Charged::yes;
}

void count_canary(const Ticket &ticket) { pg_atomic_fetch_add_u32(&ticket.slot->canaries, 1); }

bool count_of(const Ticket &ticket, Count &count) {
    if (!ticket.slot) return false;
    const Lock lock(LW_SHARED);
    if (found(ticket.slot).generation != ticket.generation) return false;
    count = read(*ticket.slot);
    return true;
}

std::vector<Count> counts(TimestampTz &forgotten_until) {
    std::vector<Count> all;
    forgotten_until = DT_NOBEGIN;
    if (!has_shared_memory()) return all;
    all.reserve(shared->size);
    const Lock lock(LW_SHARED);
    forgotten_until = shared->forgotten_until;
    for (std::uint32_t i = 0; i < shared->used; ++i)
        if (slots()[i].database == MyDatabaseId) all.push_back(read(slots()[i]));
    return all;
}

} // namespace cd::reveal
