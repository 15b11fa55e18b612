// The keyring of this process: settings, what was fetched, and what the present transaction holds on to.
#pragma once
#include "keyring/keyring_sql.hpp"

namespace cd::keyring {

// For _PG_init.
void define_settings();
// Fetches what the settings name, where the library is preloaded: children inherit it. A failure is a line in the log.
void preload();

struct Provider {
    const char *setting; // its name without prefix; nullptr if none or both are set
    bool preloaded;
};
Provider provider();

// Has the root key of the version in the ring, or throws ZC001 with the reason. It asks the provider once in a
// transaction.
void fetch(Version);
const Keyring &ring();
bool memory_is_locked();

// Versions as customer_store.key_version has them.
struct Registered {
    std::array<std::uint8_t, 16> check;
    bool retired;
};
const std::map<Version, Registered> &registry();
// Throws ZC001 unless the root key is the one that was registered.
void check_root(Version);
// Values are about to be made or opened with the version: whoever retires it waits for this transaction.
void use_version(Version);
void wait_for_users(Version);
// Writes the check value of a version that has none, unless nothing may be written here.
void register_version(Version);

// A column that the caller may read with values of the version that are to be rotated, of one field or of any; "" if
// there is none.
std::string column_with(Version, const std::string *field);

// Waits for the transactions that took the version for the pinned one of the field, and lets no other one take it
// before the end of this transaction: one that has begun the rotation itself is not seen by others yet.
void keep_users_out(const std::string &field, Version pinned);
// A table with values of the field of which the caller may not see all rows; "" if there is none.
std::string hidden_table(const std::string &field);

// Counts transactions.
std::uint64_t transaction();
// Something looked up has changed in the tables.
void forget_lookups();
// Versions were registered or retired: at the end of the transaction open ones of other sessions look again.
void registry_changed();

} // namespace cd::keyring
