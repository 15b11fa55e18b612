// Keys of persons, unwrapped for the length of a transaction.
#include "crypto/key_wrap.hpp"
#include "crypto/random.hpp"
#include "seal/subject_sql.hpp"
#include <algorithm>
#include <unordered_map>
extern "C" {
#include "access/parallel.h"
#include "catalog/pg_type.h"
#include "utils/inval.h"
}

namespace cd::seal {
namespace {

using keyring::Version;
using See = pg::Query::See;

// At most so many, 2 KB each.
constexpr std::size_t most_keys = 4096;

struct Process {
    std::unordered_map<std::string, SubjectKey> keys;
    std::map<std::pair<std::string, Version>, crypto::Hmac> wrapping; // by tenant
    std::optional<crypto::Hmac> mark_key;
    std::uint64_t generation = 0;
    Oid watched = InvalidOid; // the table whose changes end what is kept
    bool stale = false;
};
Process *the_process; // made at first use, and never freed

void forget(Process &process) {
    process.keys.clear();
    process.wrapping.clear();
    process.mark_key.reset();
}

void at_transaction(XactEvent event, void *) {
    switch (event) {
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_PARALLEL_COMMIT:
    case XACT_EVENT_ABORT:
    case XACT_EVENT_PARALLEL_ABORT:
    case XACT_EVENT_PREPARE: forget(*the_process); break;
    default: break;
    }
}

// Comes while any of our functions may be using a key.
void at_change(Datum, Oid relation) {
    if (!OidIsValid(relation) || relation == the_process->watched) the_process->stale = true;
}

Oid erased_table() {
    return pg::call([] { return pg::table_id("subject_erased"); });
}

// Where what was just read is kept. If another session has erased somebody meanwhile, it goes at the next look.
Process &to_keep() {
    if (!the_process) {
        the_process = new Process;
        pg::call([] {
            RegisterXactCallback(at_transaction, nullptr);
            CacheRegisterRelcacheCallback(at_change, Datum{0});
        });
    }
    Process &p = *the_process;
    if (p.generation != keyring::generation()) { // a subtransaction may have taken back what it wrote
        forget(p);
        p.watched = erased_table();
        p.generation = keyring::generation();
    }
    return p;
}

// What is kept, and was not erased by another session. A statement without a new lock on a table would not hear of it.
Process &process() {
    Process &p = to_keep();
    pg::call([] { AcceptInvalidationMessages(); });
    if (p.stale) {
        forget(p);
        p.watched = erased_table();
        p.stale = false;
    }
    return p;
}

constexpr const char *user = "A key in customer_keys.subject_key";
constexpr const char *mark_key_user = "The key of the marks in customer_store.subject_index";

// The key that one key is wrapped under: HMAC-SHA-256 of its place, whose key is derived for tenant and version.
using WrappingKey = crypto::Digest;
WrappingKey wrapping_key(const char *who, std::string_view tenant, std::string_view place, Version version) {
    Process &p = to_keep();
    const auto name = std::pair(std::string(tenant), version);
    auto found = p.wrapping.find(name);
    if (found == p.wrapping.end()) {
        crypto::Secret<32> key;
        keyring::require_version(who, version);
        keyring::derive({"subject", keyring::utf8(tenant), "", "AES-256-KWP"}, version, key.span());
        found = to_keep().wrapping.insert_or_assign(name, crypto::Hmac(key.span())).first;
    }
    return found->second({reinterpret_cast<const std::uint8_t *>(place.data()), place.size()});
}

template <std::size_t N>
void unwrap(const char *who, std::string_view tenant, std::string_view place, Version version, Bytes wrapped,
            crypto::Secret<N> &key) {
    WrappingKey wrapping = wrapping_key(who, tenant, place, version);
    const bool right = crypto::unwrap_key(wrapping, wrapped, key.span());
    crypto::wipe(wrapping.data(), wrapping.size());
    if (!right)
        throw Error(sqlstate::authentication_failed, "the key of a subject cannot be unwrapped",
                    std::string(who) + " was changed, or belongs to another subject.",
                    "Restore the row from a backup of the table.");
}
std::vector<std::uint8_t> wrap(const char *who, std::string_view tenant, std::string_view place, Version version,
                               Bytes key) {
    WrappingKey wrapping = wrapping_key(who, tenant, place, version);
    auto wrapped = crypto::wrap_key(wrapping, key);
    crypto::wipe(wrapping.data(), wrapping.size());
    return wrapped;
}

std::vector<std::uint8_t> bytes_of(const pg::Query &query, int column) {
    const Datum datum = query.value(0, column, BYTEAOID);
    const Bytes bytes = pg::call([datum] { return pg::bytes_arg(datum); });
    return {bytes.begin(), bytes.end()};
}

struct Wrapped {
    Version version;
    std::vector<std::uint8_t> bytes;
};

std::optional<Wrapped> read_mark_key(Oid owner) {
    pg::AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    const pg::LatestSnapshot now;
    static constinit pg::Statement read("SELECT key_version::int4, wrapped::bytea FROM customer_store.subject_index");
    query.read(read, {});
    if (query.rows() == 0) return std::nullopt;
    return Wrapped{static_cast<Version>(query.integer(0, 1)), bytes_of(query, 2)};
}

void write_mark_key(Oid owner) {
    const Version version = keyring::primary_version();
    crypto::Secret<mark_key_size> key;
    crypto::random_bytes(key.span());
    const auto wrapped = wrap(mark_key_user, "", "", version, key.span());
    pg::AsOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    query.read("SELECT FROM customer_keys.subject_key UNION ALL SELECT FROM customer_store.subject_erased LIMIT 1", {},
               See::now);
    if (query.rows() > 0)
        throw Error(sqlstate::data_corrupted, "customer_store.subject_index was changed by hand",
                    "It is empty, and there are marks that were made with its key.", "Restore the table.");
    query.write(
        "INSERT INTO customer_store.subject_index (key_version, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        {integer_value(version), bytes_value(wrapped)});
}

const crypto::Hmac *mark_key(Oid owner, Unknown unknown) {
    Process &p = process();
    if (p.mark_key) return &*p.mark_key;
    std::optional<Wrapped> found = read_mark_key(owner);
    if (!found) {
        if (unknown == Unknown::leave) return nullptr;
        write_mark_key(owner);
        found = read_mark_key(owner);
        if (!found)
            throw Error(sqlstate::data_corrupted, "customer_store.subject_index keeps no row",
                        "A row that was written is not there.", "Look for a trigger or a policy of the table.");
    }
    crypto::Secret<mark_key_size> key;
    unwrap(mark_key_user, "", "", found->version, found->bytes, key);
    Process &kept = to_keep();
    kept.mark_key.emplace(key.span());
    return &*kept.mark_key;
}

constexpr std::uint32_t last_number = 0x7fffffff; // that a column holds

// What the tables say of a person.
struct Row {
    std::uint32_t number = 0; // 0 where there is no key
    Wrapped wrapped{};
    std::uint32_t erased = 0; // up to this number
    bool refused = false;     // he was, and may not come back
    bool usable() const { return number > erased; }
};

Row read(Oid owner, std::string_view tenant, const Mark &mark) {
    AsKeysOwner as_owner(owner);
    pg::Query &query = as_owner.query;
    const pg::LatestSnapshot now;
    static constinit pg::Statement read(
        "SELECT k.number::int4, k.key_version::int4, k.wrapped::bytea, e.number::int4, e.allowed_at IS NULL "
        "FROM (SELECT $1::text AS tenant, $2::bytea AS mark) AS s "
        "LEFT JOIN customer_keys.subject_key AS k ON k.tenant = s.tenant AND k.mark = s.mark "
        "LEFT JOIN customer_store.subject_erased AS e ON e.tenant = s.tenant AND e.mark = s.mark");
    query.read(read, {pg::text_value(tenant), bytes_value(mark)});
    Row row;
    if (!query.null(0, 1)) {
        row.number = static_cast<std::uint32_t>(query.integer(0, 1));
        row.wrapped = {static_cast<Version>(query.integer(0, 2)), bytes_of(query, 3)};
    }
    if (!query.null(0, 4)) {
        row.erased = static_cast<std::uint32_t>(query.integer(0, 4));
        row.refused = DatumGetBool(query.value(0, 5, BOOLOID));
    }
    return row;
}

// Waits for a transaction that is making one, or is about to erase the person.
void write_new_key(Oid owner, std::string_view tenant, const Mark &mark, std::uint32_t number) {
    const Version version = keyring::primary_version();
    crypto::Secret<SubjectKey::key_size> key;
    crypto::random_bytes(key.span());
    const auto wrapped = wrap(user, tenant, wrapped_for(mark, number), version, key.span());
    pg::AsOwner as_owner(owner);
    // A key that was erased may have come back with an old backup.
    static constinit pg::Statement write(
        "INSERT INTO customer_keys.subject_key AS k (tenant, mark, number, key_version, wrapped) VALUES ($1, $2, $3, "
        "$4, "
        "$5) ON CONFLICT (tenant, mark) DO UPDATE SET number = excluded.number, key_version = excluded.key_version, "
        "former_versions = excluded.former_versions, wrapped = excluded.wrapped, created_at = excluded.created_at "
        "WHERE k.number < excluded.number");
    as_owner.query.write(write, {pg::text_value(tenant), bytes_value(mark), integer_value(number),
                                 integer_value(version), bytes_value(wrapped)});
}

[[noreturn]] void refuse_erased() {
    throw Error(sqlstate::no_subject_key, "the subject was erased",
                "The key that values of this subject were sealed with is gone.",
                "customer_data.subject_allow lets new values be sealed for the subject; what was erased stays erased.");
}

const SubjectKey &keep(std::string_view tenant, std::string_view subject, const Mark &mark, const Row &row) {
    crypto::Secret<SubjectKey::key_size> key;
    unwrap(user, tenant, wrapped_for(mark, row.number), row.wrapped.version, row.wrapped.bytes, key);
    Process &p = to_keep();
    if (p.keys.size() >= most_keys) p.keys.clear();
    std::string name = std::string(tenant) + '\0' + std::string(subject);
    return p.keys.insert_or_assign(std::move(name), SubjectKey(key.span(), row.number)).first->second;
}

const SubjectKey *kept(std::string_view tenant, std::string_view subject) {
    const Process &p = process();
    const auto found = p.keys.find(std::string(tenant) + '\0' + std::string(subject));
    return found == p.keys.end() ? nullptr : &found->second;
}

const SubjectKey &key_for_opening(std::string_view tenant, std::string_view subject) {
    if (const SubjectKey *const key = kept(tenant, subject)) return *key;
    const Oid owner = keys_owner();
    const std::optional<Mark> mark = find_mark(owner, tenant, subject, Unknown::leave);
    const Row row = mark ? read(owner, tenant, *mark) : Row();
    if (!row.usable() && row.erased > 0) refuse_erased();
    // It was forged, it belongs to somebody else, or a restore has left the key out: nobody can tell.
    if (!row.usable()) keyring::refuse_to_open();
    return keep(tenant, subject, *mark, row);
}

} // namespace

const SubjectKey &key_for_sealing(std::string_view tenant, std::string_view subject) {
    if (const SubjectKey *const key = kept(tenant, subject)) return *key;
    const Oid owner = keys_owner();
    const Mark mark = *find_mark(owner, tenant, subject, Unknown::make);
    Row row = read(owner, tenant, mark);
    if (!row.usable() && !row.refused) {
        if (row.erased == last_number)
            throw Error(sqlstate::data_corrupted, "customer_store.subject_erased was changed by hand",
                        "A number is " + std::to_string(last_number) + ", after which there is none.",
                        "Restore the table.");
        if (row.number > 0) forget_clean(owner, tenant, mark); // the new key takes the place of a restored one
        write_new_key(owner, tenant, mark, row.erased + 1);
        row = read(owner, tenant, mark); // another session may have been quicker, to make one or to erase
    }
    if (!row.usable()) refuse_erased();
    return keep(tenant, subject, mark, row);
}

Place place_of(const keyring::Field &field) {
    static struct {
        const keyring::Field *field;
        std::uint64_t generation;
        FieldTag tag;
    } recent;
    if (recent.field != &field || recent.generation != keyring::generation())
        recent = {&field, keyring::generation(), field_tag(field.bound_tenant, field.bound_name)};
    return {field.bound_tenant, field.bound_name, recent.tag};
}

bool open_of_subject(const keyring::Field &field, const Sealed &sealed, std::optional<Bytes> subject,
                     std::uint8_t *plaintext) {
    const Place place = place_of(field);
    if (!subject || sealed.header.field != place.tag) return false;
    const std::string_view name(reinterpret_cast<const char *>(subject->data()), subject->size());
    const SubjectKey &key = key_for_opening(field.tenant, name);
    if (sealed.header.version < key.number()) refuse_erased(); // the person came back, with another key
    return key.open(place, sealed, *subject, plaintext, pg::interrupts);
}

Oid keys_owner(AclMode rights) {
    const Oid store = keyring::store_owner();
    const Oid owner = pg::owner_for_caller(keys_table, rights, keys_schema);
    if (owner != store)
        throw Error(sqlstate::not_set_up,
                    OidIsValid(owner) ? "customer_keys.subject_key is not a table of the owner of customer_store"
                                      : "there is no table customer_keys.subject_key",
                    OidIsValid(owner) ? "It is owned by " + pg::user_name(owner) + "."
                                      : "A dump without schema customer_keys has no keys of subjects.",
                    "Restore schema customer_keys from its own backup, or run SELECT customer_data.privacy_setup().");
    return owner;
}

std::optional<Mark> find_mark(Oid owner, std::string_view tenant, std::string_view subject, Unknown unknown) {
    const crypto::Hmac *const key = mark_key(owner, unknown);
    if (!key) return std::nullopt;
    return mark_of(*key, keyring::utf8(tenant), subject);
}

std::vector<std::uint8_t> rewrap(std::string_view tenant, const Mark &mark, std::uint32_t number, Bytes wrapped,
                                 Version from, Version to) {
    crypto::Secret<SubjectKey::key_size> key;
    const std::string place = wrapped_for(mark, number);
    unwrap(user, tenant, place, from, wrapped, key);
    return wrap(user, tenant, place, to, key.span());
}

void rewrap_mark_key(Oid owner, Version to) {
    const std::optional<Wrapped> found = read_mark_key(owner);
    if (!found || found->version == to) return;
    crypto::Secret<mark_key_size> key;
    unwrap(mark_key_user, "", "", found->version, found->bytes, key);
    const auto wrapped = wrap(mark_key_user, "", "", to, key.span());
    pg::AsOwner as_owner(owner);
    as_owner.query.write("UPDATE customer_store.subject_index SET key_version = $1, wrapped = $2",
                         {integer_value(to), bytes_value(wrapped)});
}

void forget_clean(Oid owner, std::string_view tenant, const Mark &mark) {
    pg::AsOwner as_owner(owner);
    as_owner.query.write(
        "UPDATE customer_store.subject_erased SET clean_position = NULL WHERE tenant = $1 AND mark = $2",
        {pg::text_value(tenant), bytes_value(mark)});
}

void forget_everywhere() {
    const Oid table = erased_table();
    pg::call([table] { CacheInvalidateRelcacheByRelid(table); });
}

pg::Value bytes_value(Bytes bytes) {
    return {BYTEAOID, pg::call([&bytes] { return pg::copy_datum(bytes); }), false};
}
pg::Value integer_value(std::int64_t value) {
    return {INT4OID, Int32GetDatum(static_cast<std::int32_t>(value)), false};
}

} // namespace cd::seal
