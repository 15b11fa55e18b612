#include "keyring/process_sql.hpp"
#include "crypto/self_test.hpp"
#include "keyring/provider.hpp"
#include "pg/user_query.hpp"
#include <algorithm>
extern "C" {
#include "access/parallel.h"
#include "access/xact.h"
#include "storage/lmgr.h"
#include "utils/guc.h"
#include "utils/inval.h"
}

namespace cd::keyring {

namespace {

char *key_file, *key_command, *key_versions;
int key_version = 1;

struct Process {
    Keyring ring;
    std::string fetched_with; // the provider's settings
    bool tested = false, heap = false, preloaded = false;
    int locked_in = 0; // the process whose locks are set
    bool is_locked = false;
    std::uint64_t ring_generation = 1;
    // Of the transaction.
    Version primary = 0; // none yet
    std::map<Version, Error> failures;
    std::optional<std::map<Version, Registered>> registry;
    Oid registry_table = InvalidOid;
    bool registry_is_stale = false; // another session has changed it
};

Process *the_process; // made at first use, and never freed: it has to outlive whatever runs at exit
std::uint64_t lookups = 1, transactions = 1;

void end_transaction() {
    ++lookups;
    ++transactions;
    if (!the_process) return;
    the_process->primary = 0;
    the_process->failures.clear();
    the_process->registry.reset();
}

void at_transaction(XactEvent event, void *) {
    switch (event) {
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_PARALLEL_COMMIT:
    case XACT_EVENT_ABORT:
    case XACT_EVENT_PARALLEL_ABORT:
    case XACT_EVENT_PREPARE: end_transaction(); break;
    default: break;
    }
}

// What a subtransaction wrote is undone, and may have been looked up.
void at_subtransaction(SubXactEvent event, SubTransactionId, SubTransactionId, void *) {
    if (event == SUBXACT_EVENT_ABORT_SUB) forget_lookups();
}

// Comes while any of our functions may be at work with what was looked up: it goes at the next look.
void at_change(Datum, Oid relation) {
    if (OidIsValid(relation) && relation != the_process->registry_table) return;
    ++lookups;
    the_process->registry_is_stale = true;
}

std::string provider_settings() {
    return std::string(key_file ? key_file : "") + '\n' + (key_command ? key_command : "");
}

Process &process() {
    if (!the_process) {
        the_process = new Process;
        the_process->heap = crypto::open_secure_heap();
        pg::call([] {
            RegisterXactCallback(at_transaction, nullptr);
            RegisterSubXactCallback(at_subtransaction, nullptr);
            CacheRegisterRelcacheCallback(at_change, Datum{0});
        });
    }
    Process &p = *the_process;
    // Another provider has other keys; a transaction goes on with those it has.
    if (p.primary == 0 && !p.ring.versions().empty() && p.fetched_with != provider_settings()) {
        p.ring.forget();
        ++p.ring_generation;
    }
    return p;
}

[[noreturn]] void refuse_provider(const char *detail) {
    throw Error(sqlstate::keyring_locked, "the keyring is locked", detail,
                "Set customer_data.key_file or customer_data.key_command in postgresql.conf, and reload.");
}

// All that the provider gives when it is asked for one version.
void ask_provider(Process &p, Version version) {
    const bool file = key_file && *key_file, command = key_command && *key_command;
    if (!file && !command) refuse_provider("Neither customer_data.key_file nor customer_data.key_command is set.");
    if (file && command) refuse_provider("Both customer_data.key_file and customer_data.key_command are set.");
    const char *const setting = file ? key_file : key_command;
    ProvidedText given;
    if (file)
        read_key_file(with_version(setting, version), given);
    else
        run_key_command(with_version(setting, version), given, IsUnderPostmaster ? pg::interrupts : Poll());
    // All of it, or nothing.
    Keyring keys;
    read_keys(given.text(), names_version(setting) ? version : 1, keys);
    p.ring.take(keys);
    p.fetched_with = provider_settings();
}

void fetch(Process &p, Version version) {
    if (p.ring.has(version)) return;
    if (const auto failure = p.failures.find(version); failure != p.failures.end()) throw failure->second;
    try {
        if (!p.tested)
            if (const char *const failed = crypto::self_test())
                throw Error(sqlstate::keyring_locked, "the keyring is locked",
                            std::string("The self-test of ") + failed + " failed.",
                            "OpenSSL is broken or set up in an unusual way: see its configuration.");
        p.tested = true;
        ask_provider(p, version);
        if (!p.ring.has(version))
            throw Error(sqlstate::keyring_locked, "the keyring is locked",
                        "The provider gives no key of version " + std::to_string(version) + ".",
                        "Let it give one, or set customer_data.key_version to a version that it has.");
    } catch (const Error &failure) {
        p.failures.insert_or_assign(version, failure);
        throw;
    }
}

bool check_versions(char **value, void **, GucSource) {
    for (const char *c = *value; *c; ++c)
        if (!strchr("0123456789, ", *c)) {
            GUC_check_errdetail("It is a list of versions, as in \"1, 2\".");
            return false;
        }
    return true;
}

std::vector<Version> versions_to_preload() {
    std::vector<Version> all = {static_cast<Version>(key_version)};
    std::uint64_t number = 0;
    for (const char *c = key_versions ? key_versions : "";; ++c) {
        if (*c >= '0' && *c <= '9') {
            number = std::min<std::uint64_t>(number * 10 + static_cast<std::uint64_t>(*c - '0'), max_version);
            continue;
        }
        if (number != 0) all.push_back(static_cast<Version>(number));
        number = 0;
        if (!*c) return all;
    }
}

Oid registry_table() { return pg::table_id("key_version"); }

std::map<Version, Registered> read_registry(Process &p) {
    const Oid owner = store_owner();
    p.registry_table = registry_table();
    std::map<Version, Registered> found;
    pg::AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    const pg::LatestSnapshot now;
    static constinit pg::Statement look(
        "SELECT version::int4, check_value::bytea, retired_at IS NOT NULL FROM customer_store.key_version");
    query.read(look, {});
    for (std::uint64_t i = 0; i < query.rows(); ++i) {
        const Datum datum = query.value(i, 2, BYTEAOID);
        const Bytes check = pg::call([datum] { return pg::bytes_arg(datum); });
        Registered row{{}, DatumGetBool(query.value(i, 3, BOOLOID))};
        if (check.size() != row.check.size())
            throw Error(sqlstate::data_corrupted, "customer_store.key_version was changed by hand",
                        "A check value has " + std::to_string(check.size()) + " bytes.", "Restore the table.");
        std::copy(check.begin(), check.end(), row.check.begin());
        found.emplace(static_cast<Version>(query.integer(i, 1)), row);
    }
    return found;
}

enum class VersionLock : std::uint16_t { registration = 3, use = 5 }; // 4 is that of fields

LOCKTAG version_tag(Version version, VersionLock kind) {
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0x63646b76, version, static_cast<std::uint16_t>(kind));
    return tag;
}

bool may_write() { return !XactReadOnly && !IsInParallelMode() && !RecoveryInProgress(); }

} // namespace

std::uint64_t generation() { return lookups; }
std::uint64_t transaction() { return transactions; }
std::uint64_t ring_generation() { return process().ring_generation; }
void forget_lookups() {
    ++lookups;
    if (the_process) the_process->registry.reset();
}

void define_settings() {
    // Only whoever may write the server's configuration files decides where keys come from; no session, no catalog.
    constexpr int flags = GUC_SUPERUSER_ONLY | GUC_DISALLOW_IN_AUTO_FILE;
    DefineCustomStringVariable("customer_data.key_command",
                               "Command that writes root keys to its standard output; %v is the version.",
                               "It writes one key, or lines \"VERSION: KEY\", in hex or base64.", &key_command, "",
                               PGC_SIGHUP, flags, nullptr, nullptr, nullptr);
    DefineCustomStringVariable("customer_data.key_file", "File with root keys; %v is the version.",
                               "It has one key, which is version 1, or lines \"VERSION: KEY\", in hex or base64.",
                               &key_file, "", PGC_SIGHUP, flags, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("customer_data.key_version", "Version of the root key that new values are sealed with.",
                            "A transaction keeps the version that it first used.", &key_version, key_version, 1,
                            static_cast<int>(max_version), PGC_SIGHUP, flags, nullptr, nullptr, nullptr);
    DefineCustomStringVariable("customer_data.key_versions", "Older versions that are fetched when the server starts.",
                               "Versions that are not named are fetched by each process that needs them.",
                               &key_versions, "", PGC_SIGHUP, flags, check_versions, nullptr, nullptr);
}

void preload() {
    const auto log = [](const pg::Failure &failure) {
        ereport(LOG,
                (errmsg("customer_data: %s", failure.message), failure.detail[0] ? errdetail("%s", failure.detail) : 0,
                 failure.hint[0] ? errhint("%s", failure.hint) : 0));
    };
    // Nothing is set, nothing is wanted.
    if (!(key_file && *key_file) && !(key_command && *key_command)) return;
    for (const Version version : versions_to_preload()) {
        pg::guarded([version] { fetch(process(), version); }, log);
        end_transaction(); // a child may try again
    }
    if (the_process) the_process->preloaded = true;
}

Provider provider() {
    const bool file = key_file && *key_file, command = key_command && *key_command;
    return {file == command ? nullptr : file ? "key_file" : "key_command", process().preloaded};
}

Version primary_version() {
    Process &p = process();
    if (p.primary == 0) p.primary = static_cast<Version>(key_version);
    return p.primary;
}

void fetch(Version version) { fetch(process(), version); }
const Keyring &ring() { return process().ring; }

bool memory_is_locked() {
    Process &p = process();
    if (p.locked_in != MyProcPid) p.is_locked = p.heap && p.ring.locked_in_memory();
    p.locked_in = MyProcPid;
    return p.is_locked;
}

const std::map<Version, Registered> &registry() {
    Process &p = process();
    for (int times = 0; !p.registry || (p.registry_is_stale && times < 3); ++times) {
        p.registry_is_stale = false;
        p.registry = read_registry(p);
    }
    return *p.registry;
}

void check_root(Version version) {
    const auto registered = registry().find(version);
    if (registered == registry().end() || ring().check_value(version) == registered->second.check) return;
    throw Error(sqlstate::keyring_locked,
                "the root key of version " + std::to_string(version) + " is not the one that it was",
                "Its check value differs from the one in customer_store.key_version.",
                "Give back the key that belongs to this database, or take another version for another key.");
}

void use_version(Version version) {
    // Workers belong to a leader's transaction, and write nothing.
    if (IsInParallelMode()) return;
    pg::call([version] {
        const LOCKTAG tag = version_tag(version, VersionLock::use);
        LockAcquire(&tag, ShareLock, false, false);
        AcceptInvalidationMessages(); // it may have been retired before we had the lock
    });
}

void wait_for_users(Version version) {
    pg::call([version] { WaitForLockers(version_tag(version, VersionLock::use), ExclusiveLock, false); });
}

void register_version(Version version) {
    if (registry().contains(version) || !may_write()) return;
    const Oid owner = store_owner();
    // Somebody else who is about to may roll back, and leave our values without a registered version: so we wait for
    // him.
    pg::call([version] {
        const LOCKTAG tag = version_tag(version, VersionLock::registration);
        LockAcquire(&tag, ExclusiveLock, false, false);
        AcceptInvalidationMessages();
    });
    if (registry().contains(version)) return;
    const std::array<std::uint8_t, 16> check = ring().check_value(version);
    const Datum datum = pg::call([&check] { return pg::copy_datum(check); });
    {
        pg::AsOwner as_owner(owner);
        as_owner.query.write(
            "INSERT INTO customer_store.key_version (version, check_value) VALUES ($1, $2) "
            "ON CONFLICT DO NOTHING",
            {{INT4OID, Int32GetDatum(static_cast<std::int32_t>(version)), false}, {BYTEAOID, datum, false}});
    }
    registry_changed();
}

void registry_changed() {
    const Oid table = registry_table();
    pg::call([table] { CacheInvalidateRelcacheByRelid(table); });
    forget_lookups();
}

} // namespace cd::keyring
