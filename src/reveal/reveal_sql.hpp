// What the functions of reveals share.
#pragma once
#include "keyring/keyring_sql.hpp"
#include "pg/user_query.hpp"
#include "reveal/shared_tickets_sql.hpp"

namespace cd::reveal {

// What a ticket may be asked for; the times are those of shared memory as well.
inline constexpr std::int32_t most_rows = 1000000;
inline constexpr std::int64_t longest_life = USECS_PER_DAY;

// The owner of a table on which the caller has these rights. Throws 55000 before privacy_setup(), 42501 without them.
Oid owner_of(const char *table, AclMode rights);
// Nothing can be recorded on a standby.
void refuse_on_standby();
bool may_write();
// Throws ZC005 unless the current role, or one whose rights it has, was granted the field.
void require_grant(const std::string &field);

// Of an argument that is not NULL. Objects may be alive.
std::string text_argument(FunctionCallInfo, int);
std::string text_of(const pg_uuid_t &);
// As it stands between quotes in a line of the log, which nobody's words can end, nor the line: a quote is doubled.
std::string in_log(std::string_view);
pg::Value uuid_value(const pg_uuid_t &);
inline pg::Value integer_value(std::int64_t value) {
    return {INT4OID, Int32GetDatum(static_cast<std::int32_t>(value)), false};
}
inline pg::Value bigint_value(std::uint64_t value) {
    return {INT8OID, Int64GetDatum(static_cast<std::int64_t>(value)), false};
}

// Whether it is one of the values that nobody should ever reveal.
bool is_canary(const keyring::Field &, Bytes plaintext);

// The counts of shared memory as a table `live` (ticket, revealed, canaries, used_at) of the query.
void give_live(pg::Query &, const std::vector<Count> &);
// Gives them, and adds to customer_store.reveal_use those that say more than the records there.
void add_uses(pg::Query &, const std::vector<Count> &);
// Writes to the tables what shared memory knows better, so that less is unknown after a restart. It waits for nobody.
void record_counts();

} // namespace cd::reveal
